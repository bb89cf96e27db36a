#include "contracts/governance/records.h"

#include <array>

#include "contracts/state_row.h"
#include "core/check.h"
#include "core/encoding.h"
#include "core/limits.h"

namespace keten::governance {
namespace {

constexpr std::string_view kNamespace = "governance/";
constexpr std::string_view kCurrent = "current";
constexpr std::string_view kPending = "pending";
constexpr std::string_view kOpen = "open";
constexpr std::string_view kCounters = "counters";

Bytes join(std::string_view kind, ByteView rest) {
  Bytes key = to_bytes(kind);
  key.insert(key.end(), rest.begin(), rest.end());
  return key;
}

Bytes full(ByteView key) { return join(kNamespace, key); }

/// Big-endian, so that keys sort like numbers.
template <std::size_t N>
Bytes numbered(std::string_view kind, std::uint64_t value) {
  std::array<std::uint8_t, N> bytes{};
  for (std::size_t i = 0; i < N; ++i) { bytes.at(N - 1 - i) = static_cast<std::uint8_t>(value >> (8 * i)); }
  return join(kind, bytes);
}

/// The end of a scan over everything that begins with `prefix`, which is not empty and does not end in 0xFF.
Bytes end_of(std::string_view prefix) {
  Bytes end = to_bytes(prefix);
  end.back() = static_cast<std::uint8_t>(end.back() + 1);
  return end;
}

Bytes user_key(std::string_view organisation, std::string_view name) {
  return to_bytes("user/" + std::string(organisation) + "/" + std::string(name));
}

template <typename Record, typename Decode>
Record decoded(ByteView bytes, std::string_view what, Decode decode) {
  Reader reader(bytes);
  Record record = decode(reader);
  contracts::expect_row(reader.finish(what).ok(), what);
  return record;
}

Bytes encode(const OrganisationRecord& record) {
  Writer writer;
  writer.u32(record.keys);
  writer.u32(record.admins);
  writer.number(record.joined);
  writer.number(record.left);
  return writer.take();
}

OrganisationRecord decode_organisation(Reader& reader) {
  OrganisationRecord record;
  record.keys = reader.u32();
  record.admins = reader.u32();
  record.joined = reader.number<Height>();
  record.left = reader.number<Height>();
  return record;
}

Bytes encode(const KeyRecord& record) {
  Writer writer;
  writer.sized(record.registered.organisation);
  writer.sized(record.registered.name);
  writer.u8(record.registered.roles.bits());
  writer.number(record.since);
  writer.number(record.revoked);
  return writer.take();
}

KeyRecord decode_key(Reader& reader) {
  KeyRecord record;
  record.registered.organisation = reader.text(limits::kNameBytesMax);
  record.registered.name = reader.text(limits::kNameBytesMax);
  record.registered.roles = Roles(reader.u8());
  record.since = reader.number<Height>();
  record.revoked = reader.number<Height>();
  return record;
}

Bytes encode(const NodeRecord& record) {
  Writer writer;
  writer.sized(record.organisation);
  writer.sized(record.name);
  writer.u8(static_cast<std::uint8_t>(record.standing));
  writer.number(record.since);
  writer.sized(record.peer_address);
  writer.u8(static_cast<std::uint8_t>(record.tls_certificates.size()));
  for (const auto& certificate : record.tls_certificates) { writer.sized(certificate); }
  writer.u8(static_cast<std::uint8_t>(record.keys.size()));
  for (const auto& key : record.keys) { writer.fixed(key); }
  return writer.take();
}

NodeRecord decode_node(Reader& reader) {
  NodeRecord record;
  record.organisation = reader.text(limits::kNameBytesMax);
  record.name = reader.text(limits::kNameBytesMax);
  record.standing = static_cast<Standing>(reader.u8());
  record.since = reader.number<Height>();
  record.peer_address = reader.text(kAddressBytesMax);
  const auto certificates = reader.u8();
  for (unsigned i = 0; i < certificates && reader.ok(); ++i) {
    record.tls_certificates.push_back(reader.text(kCertificateBytesMax));
  }
  const auto keys = reader.u8();
  for (unsigned i = 0; i < keys && reader.ok(); ++i) { record.keys.push_back(reader.fixed<PublicKey>()); }
  return record;
}

void write_parameters(Writer& writer, const Parameters& parameters) {
  for (const auto& field : parameter_fields()) { writer.u64(parameters.*field.value); }
}

Parameters read_parameters(Reader& reader) {
  Parameters parameters;
  for (const auto& field : parameter_fields()) { parameters.*field.value = reader.u64(); }
  return parameters;
}

void write_validators(Writer& writer, const std::vector<Validator>& validators) {
  writer.u32(static_cast<std::uint32_t>(validators.size()));
  for (const auto& validator : validators) {
    writer.u16(validator.number.value);
    writer.sized(validator.organisation);
    writer.sized(validator.node);
    writer.fixed(validator.key);
    writer.u32(validator.weight);
  }
}

std::vector<Validator> read_validators(Reader& reader) {
  std::vector<Validator> validators;
  const auto count = reader.u32();
  if (count > limits::kValidatorsMax) { reader.fail(); }
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    Validator validator;
    validator.number = NodeNumber{reader.u16()};
    validator.organisation = reader.text(limits::kNameBytesMax);
    validator.node = reader.text(limits::kNameBytesMax);
    validator.key = reader.fixed<PublicKey>();
    validator.weight = reader.u32();
    validators.push_back(std::move(validator));
  }
  return validators;
}

Bytes encode(const EpochRecord& record) {
  Writer writer;
  writer.number(record.since);
  write_parameters(writer, record.parameters);
  write_validators(writer, record.validators);
  return writer.take();
}

EpochRecord decode_epoch(Reader& reader) {
  EpochRecord record;
  record.since = reader.number<Height>();
  record.parameters = read_parameters(reader);
  record.validators = read_validators(reader);
  return record;
}

Bytes encode(const PendingRecord& record) {
  Writer writer;
  write_parameters(writer, record.parameters);
  write_validators(writer, record.validators);
  writer.u32(static_cast<std::uint32_t>(record.leaving.size()));
  for (const auto& [number, afterwards] : record.leaving) {
    writer.u16(number.value);
    writer.u8(static_cast<std::uint8_t>(afterwards));
  }
  writer.u32(static_cast<std::uint32_t>(record.ready.size()));
  for (const auto& [number, height] : record.ready) {
    writer.u16(number.value);
    writer.number(height);
  }
  writer.number(record.frozen);
  return writer.take();
}

PendingRecord decode_pending(Reader& reader) {
  PendingRecord record;
  record.parameters = read_parameters(reader);
  record.validators = read_validators(reader);
  const auto leaving = reader.u32();
  for (std::uint32_t i = 0; i < leaving && reader.ok(); ++i) {
    const NodeNumber number{reader.u16()};
    record.leaving[number] = static_cast<Afterwards>(reader.u8());
  }
  const auto ready = reader.u32();
  for (std::uint32_t i = 0; i < ready && reader.ok(); ++i) {
    const NodeNumber number{reader.u16()};
    record.ready[number] = reader.number<Height>();
  }
  record.frozen = reader.number<Height>();
  return record;
}

Bytes encode(const ChangeRecord& record) {
  Writer writer;
  writer.sized(record.proposer);
  writer.fixed(record.key);
  writer.number(record.height);
  writer.u64(record.time);
  writer.u64(record.expires);
  writer.u8(static_cast<std::uint8_t>(record.status));
  writer.number(record.closed);
  writer.u32(static_cast<std::uint32_t>(record.approvals.size()));
  for (const auto& organisation : record.approvals) { writer.sized(organisation); }
  writer.sized(record.proposal);
  return writer.take();
}

ChangeRecord decode_change(Reader& reader) {
  ChangeRecord record;
  record.proposer = reader.text(limits::kNameBytesMax);
  record.key = reader.fixed<PublicKey>();
  record.height = reader.number<Height>();
  record.time = reader.u64();
  record.expires = reader.u64();
  record.status = static_cast<ChangeStatus>(reader.u8());
  record.closed = reader.number<Height>();
  const auto approvals = reader.u32();
  for (std::uint32_t i = 0; i < approvals && reader.ok(); ++i) {
    record.approvals.insert(reader.text(limits::kNameBytesMax));
  }
  record.proposal = to_bytes(reader.sized(kProposalBytesMax));
  return record;
}

}  // namespace

std::string_view change_status_name(ChangeStatus status) {
  switch (status) {
    case ChangeStatus::open: return "open";
    case ChangeStatus::applied: return "applied";
    case ChangeStatus::withdrawn: return "withdrawn";
    case ChangeStatus::expired: return "expired";
  }
  return "unknown";
}

std::optional<Bytes> StateStore::get(ByteView key) {
  const auto whole = full(key);
  const auto own = writes_.find(whole);
  return own != writes_.end() ? own->second : state_.get(whole);
}

void StateStore::put(ByteView key, Bytes value) { writes_.insert_or_assign(full(key), std::move(value)); }

void StateStore::erase(ByteView key) { writes_.insert_or_assign(full(key), std::nullopt); }

void StateStore::scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) {
  state_.scan(full(first), full(end),
              [&](ByteView key, ByteView value) { return visit(key.subspan(kNamespace.size()), value); });
}

std::optional<OrganisationRecord> Records::organisation(std::string_view name) {
  const auto bytes = store_.get(join("organisation/", as_bytes(name)));
  if (!bytes) { return std::nullopt; }
  return decoded<OrganisationRecord>(*bytes, "organisation", decode_organisation);
}

void Records::set_organisation(std::string_view name, const OrganisationRecord& record) {
  store_.put(join("organisation/", as_bytes(name)), encode(record));
}

std::uint32_t Records::organisation_count() { return counters().organisations; }

std::optional<KeyRecord> Records::key(const PublicKey& key) {
  const auto bytes = store_.get(join("key/", key.view()));
  if (!bytes) { return std::nullopt; }
  return decoded<KeyRecord>(*bytes, "key", decode_key);
}

void Records::set_key(const PublicKey& key, const KeyRecord& record) {
  store_.put(join("key/", key.view()), encode(record));
}

void Records::revoke_key(const PublicKey& key, Height height) {
  auto record = this->key(key);
  CHECK(record.has_value());
  record->revoked = height;
  set_key(key, *record);
}

std::optional<PublicKey> Records::user(std::string_view organisation, std::string_view name) {
  const auto bytes = store_.get(user_key(organisation, name));
  if (!bytes) { return std::nullopt; }
  return contracts::row_value(PublicKey::from(*bytes), "user");
}

void Records::set_user(std::string_view organisation, std::string_view name, const PublicKey& key) {
  store_.put(user_key(organisation, name), to_bytes(key.view()));
}

void Records::erase_user(std::string_view organisation, std::string_view name) {
  store_.erase(user_key(organisation, name));
}

std::vector<PublicKey> Records::users(std::string_view organisation) { return users_from(user_key(organisation, "")); }

std::vector<PublicKey> Records::users() { return users_from(to_bytes("user/")); }

std::vector<PublicKey> Records::users_from(const Bytes& first) {
  std::vector<PublicKey> keys;
  store_.scan(first, end_of(as_text(first)), [&](ByteView, ByteView value) {
    keys.push_back(contracts::row_value(PublicKey::from(value), "user"));
    return true;
  });
  return keys;
}

std::map<NodeNumber, NodeRecord> Records::nodes() {
  constexpr std::string_view kPrefix = "node/";
  std::map<NodeNumber, NodeRecord> nodes;
  store_.scan(to_bytes(kPrefix), end_of(kPrefix), [&](ByteView key, ByteView value) {
    contracts::expect_row(key.size() == kPrefix.size() + 2, "number of a node");
    const auto number = static_cast<std::uint16_t>(key[kPrefix.size()] << 8U | key[kPrefix.size() + 1]);
    nodes.emplace(NodeNumber{number}, decoded<NodeRecord>(value, "node", decode_node));
    return true;
  });
  return nodes;
}

std::optional<NodeRecord> Records::node(NodeNumber number) {
  const auto bytes = store_.get(numbered<2>("node/", number.value));
  if (!bytes) { return std::nullopt; }
  return decoded<NodeRecord>(*bytes, "node", decode_node);
}

void Records::set_node(NodeNumber number, const NodeRecord& record) {
  store_.put(numbered<2>("node/", number.value), encode(record));
}

Epoch Records::current_epoch() {
  const auto bytes = store_.get(to_bytes(kCurrent));
  contracts::expect_row(bytes.has_value(), "current epoch");
  return decoded<Epoch>(*bytes, "current epoch", [](Reader& reader) { return reader.number<Epoch>(); });
}

void Records::set_current_epoch(Epoch epoch) {
  Writer writer;
  writer.number(epoch);
  store_.put(to_bytes(kCurrent), writer.take());
}

std::optional<EpochRecord> Records::epoch(Epoch epoch) {
  const auto bytes = store_.get(numbered<8>("epoch/", epoch.value));
  if (!bytes) { return std::nullopt; }
  return decoded<EpochRecord>(*bytes, "epoch", decode_epoch);
}

EpochRecord Records::current() {
  auto record = epoch(current_epoch());
  contracts::expect_row(record.has_value(), "epoch");
  return *record;
}

void Records::set_epoch(Epoch epoch, const EpochRecord& record) {
  store_.put(numbered<8>("epoch/", epoch.value), encode(record));
}

std::optional<PendingRecord> Records::pending() {
  const auto bytes = store_.get(to_bytes(kPending));
  if (!bytes) { return std::nullopt; }
  return decoded<PendingRecord>(*bytes, "pending", decode_pending);
}

void Records::set_pending(const PendingRecord& record) { store_.put(to_bytes(kPending), encode(record)); }

void Records::erase_pending() { store_.erase(to_bytes(kPending)); }

std::optional<ChangeRecord> Records::change(ChangeId id) {
  const auto bytes = store_.get(numbered<8>("change/", id.value));
  if (!bytes) { return std::nullopt; }
  return decoded<ChangeRecord>(*bytes, "change", decode_change);
}

void Records::set_change(ChangeId id, const ChangeRecord& record) {
  store_.put(numbered<8>("change/", id.value), encode(record));
}

std::vector<ChangeId> Records::open_changes() {
  const auto bytes = store_.get(to_bytes(kOpen));
  if (!bytes) { return {}; }
  return decoded<std::vector<ChangeId>>(*bytes, "open changes", [](Reader& reader) {
    std::vector<ChangeId> ids;
    const auto count = reader.u32();
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) { ids.push_back(reader.number<ChangeId>()); }
    return ids;
  });
}

void Records::set_open_changes(const std::vector<ChangeId>& ids) {
  Writer writer;
  writer.u32(static_cast<std::uint32_t>(ids.size()));
  for (const auto id : ids) { writer.number(id); }
  store_.put(to_bytes(kOpen), writer.take());
}

Records::Counters Records::counters() {
  const auto bytes = store_.get(to_bytes(kCounters));
  if (!bytes) { return {}; }
  return decoded<Counters>(*bytes, "counters", [](Reader& reader) {
    Counters result;
    result.organisations = reader.u32();
    result.nodes = reader.u32();
    result.next_change = reader.number<ChangeId>();
    return result;
  });
}

void Records::set_counters(const Counters& counters) {
  Writer writer;
  writer.u32(counters.organisations);
  writer.u32(counters.nodes);
  writer.number(counters.next_change);
  store_.put(to_bytes(kCounters), writer.take());
}

ChangeId Records::next_change_id() { return counters().next_change; }

ChangeId Records::take_change_id() {
  auto all = counters();
  const auto id = all.next_change;
  ++all.next_change;
  set_counters(all);
  return id;
}

std::optional<NodeNumber> Records::take_node_number() {
  auto all = counters();
  if (all.nodes >= limits::kNodesMax) { return std::nullopt; }
  const NodeNumber number{static_cast<std::uint16_t>(all.nodes++)};
  set_counters(all);
  return number;
}

void Records::count_organisation() {
  auto all = counters();
  ++all.organisations;
  set_counters(all);
}

NodeRecord decode_node_record(ByteView bytes) { return decoded<NodeRecord>(bytes, "node", decode_node); }

KeyRecord decode_key_record(ByteView bytes) { return decoded<KeyRecord>(bytes, "key", decode_key); }

Bytes key_entry(const PublicKey& key) { return full(join("key/", key.view())); }
Bytes node_entry(NodeNumber number) { return full(numbered<2>("node/", number.value)); }
Bytes epoch_entry(Epoch epoch) { return full(numbered<8>("epoch/", epoch.value)); }

}  // namespace keten::governance
