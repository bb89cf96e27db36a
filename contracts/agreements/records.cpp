#include "contracts/agreements/records.h"

#include <algorithm>
#include <utility>

#include "core/encoding.h"
#include "core/limits.h"

namespace keten::agreements {
namespace {

constexpr std::uint8_t kFormat = 1;

void put_big_endian(Bytes& key, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) { key.push_back(static_cast<std::uint8_t>(value >> (8U * i))); }
}
std::uint64_t big_endian(ByteView bytes) {
  std::uint64_t value = 0;
  for (const auto byte : bytes) { value = (value << 8U) | byte; }
  return value;
}
void put(Bytes& key, ByteView more) { key.insert(key.end(), more.begin(), more.end()); }

Bytes named(std::string_view table, std::string_view organisation) {
  auto key = to_bytes(table);
  put(key, as_bytes(organisation));
  key.push_back(0);
  return key;
}

}  // namespace

bool VersionRecord::has_signed(std::string_view organisation) const {
  return std::ranges::any_of(signatures, [&](const auto& one) { return one.organisation == organisation; });
}

bool AgreementRecord::has_party(std::string_view organisation) const {
  return std::ranges::find(parties, organisation) != parties.end();
}

std::uint32_t AgreementRecord::open_version() const {
  return !versions.empty() && versions.back().status == VersionStatus::open
             ? static_cast<std::uint32_t>(versions.size())
             : 0;
}

std::uint32_t AgreementRecord::agreed_version() const {
  for (auto number = versions.size(); number > 0; --number) {
    if (versions[number - 1].status == VersionStatus::agreed) { return static_cast<std::uint32_t>(number); }
  }
  return 0;
}

std::uint32_t AgreementRecord::version_in_force(Milliseconds time) const {
  if (terminated != 0 && time >= ends) { return 0; }
  for (auto number = versions.size(); number > 0; --number) {
    const auto& version = versions[number - 1];
    if (version.status != VersionStatus::agreed || version.in_force_from() > time) { continue; }
    return version.end != 0 && time >= version.end ? 0 : static_cast<std::uint32_t>(number);
  }
  return 0;
}

bool AgreementRecord::is_over(Milliseconds time) const {
  if (terminated != 0 && time >= ends) { return true; }
  const auto newest = agreed_version();
  if (newest == 0) { return open_version() == 0; }
  const auto& version = versions[newest - 1];
  return version.end != 0 && time >= version.end && time >= version.in_force_from() && open_version() == 0;
}

std::string_view state_name(const AgreementRecord& record, Milliseconds time) {
  if (record.agreed_version() == 0) { return record.open_version() == 0 ? "withdrawn" : "proposed"; }
  if (record.version_in_force(time) != 0) { return record.terminated != 0 ? "terminated" : "active"; }
  if (record.terminated != 0 && time >= record.ends) { return "ended"; }
  const auto& newest = record.versions[record.agreed_version() - 1];
  return newest.in_force_from() > time ? "agreed" : "ended";
}

Bytes encode(const AgreementRecord& record) {
  Writer writer;
  writer.u8(kFormat);
  writer.u8(static_cast<std::uint8_t>(record.parties.size()));
  for (const auto& party : record.parties) { writer.sized(party); }
  writer.u64(record.terminated);
  writer.u64(record.ends);
  writer.sized(record.terminated_by);
  writer.sized(record.reason);
  writer.u8(static_cast<std::uint8_t>(record.versions.size()));
  for (const auto& version : record.versions) {
    writer.fixed(version.hash);
    writer.u8(static_cast<std::uint8_t>(version.status));
    writer.u64(version.start);
    writer.u64(version.end);
    writer.u64(version.agreed);
    writer.sized(version.withdrawn_by);
    writer.u8(static_cast<std::uint8_t>(version.signatures.size()));
    for (const auto& signature : version.signatures) {
      writer.sized(signature.organisation);
      writer.fixed(signature.key);
      writer.number(signature.height);
      writer.u64(signature.time);
    }
  }
  return writer.take();
}

Result<AgreementRecord> decode_agreement(ByteView bytes) {
  Reader reader(bytes);
  AgreementRecord record;
  if (reader.u8() != kFormat) { reader.fail(); }
  for (auto count = reader.u8(); count > 0 && reader.ok(); --count) {
    record.parties.push_back(reader.text(limits::kNameBytesMax));
  }
  record.terminated = reader.u64();
  record.ends = reader.u64();
  record.terminated_by = reader.text(limits::kNameBytesMax);
  record.reason = reader.text(kTextBytesMax);
  for (auto count = reader.u8(); count > 0 && reader.ok(); --count) {
    VersionRecord version;
    version.hash = reader.fixed<Hash>();
    const auto status = reader.u8();
    if (status > static_cast<std::uint8_t>(VersionStatus::withdrawn)) { reader.fail(); }
    version.status = static_cast<VersionStatus>(status);
    version.start = reader.u64();
    version.end = reader.u64();
    version.agreed = reader.u64();
    version.withdrawn_by = reader.text(limits::kNameBytesMax);
    for (auto signatures = reader.u8(); signatures > 0 && reader.ok(); --signatures) {
      SignatureRecord signature;
      signature.organisation = reader.text(limits::kNameBytesMax);
      signature.key = reader.fixed<PublicKey>();
      signature.height = reader.number<Height>();
      signature.time = reader.u64();
      version.signatures.push_back(std::move(signature));
    }
    record.versions.push_back(std::move(version));
  }
  if (auto end = reader.finish("agreement"); !end) { return end.error(); }
  return record;
}

std::string_view status_name(FindingStatus status) {
  switch (status) {
    case FindingStatus::open: return "open";
    case FindingStatus::answered: return "answered";
    case FindingStatus::corrected: return "corrected";
    case FindingStatus::disputed: return "disputed";
    case FindingStatus::closed: return "closed";
  }
  return {};
}

Bytes encode(const FindingRecord& record) {
  Writer writer;
  writer.u8(kFormat);
  writer.u8(static_cast<std::uint8_t>(record.status));
  writer.u32(record.version);
  writer.u8(record.rule);
  writer.sized(record.package);
  writer.sized(record.code);
  writer.sized(record.message);
  writer.u64(record.deadline);
  writer.u64(record.overdue);
  writer.sized(record.organisation);
  writer.sized(record.event_id);
  writer.number(record.height);
  writer.u32(record.transaction);
  writer.u16(record.event);
  writer.u64(record.time);
  writer.u8(static_cast<std::uint8_t>(record.statements.size()));
  for (const auto& statement : record.statements) {
    writer.u8(static_cast<std::uint8_t>(statement.status));
    writer.sized(statement.organisation);
    writer.fixed(statement.key);
    writer.number(statement.height);
    writer.u64(statement.time);
    writer.sized(statement.event_id);
    writer.sized(statement.text);
  }
  return writer.take();
}

Result<FindingRecord> decode_finding(ByteView bytes) {
  Reader reader(bytes);
  const auto status = [&] {
    const auto value = reader.u8();
    if (value > static_cast<std::uint8_t>(FindingStatus::closed)) { reader.fail(); }
    return static_cast<FindingStatus>(value);
  };
  FindingRecord record;
  if (reader.u8() != kFormat) { reader.fail(); }
  record.status = status();
  record.version = reader.u32();
  record.rule = reader.u8();
  record.package = reader.text(kTextBytesMax);
  record.code = reader.text(kTextBytesMax);
  record.message = reader.text(kTextBytesMax);
  record.deadline = reader.u64();
  record.overdue = reader.u64();
  record.organisation = reader.text(limits::kNameBytesMax);
  record.event_id = reader.text(limits::kUriBytesMax);
  record.height = reader.number<Height>();
  record.transaction = reader.u32();
  record.event = reader.u16();
  record.time = reader.u64();
  for (auto count = reader.u8(); count > 0 && reader.ok(); --count) {
    Statement statement;
    statement.status = status();
    statement.organisation = reader.text(limits::kNameBytesMax);
    statement.key = reader.fixed<PublicKey>();
    statement.height = reader.number<Height>();
    statement.time = reader.u64();
    statement.event_id = reader.text(limits::kUriBytesMax);
    statement.text = reader.text(kTextBytesMax);
    record.statements.push_back(std::move(statement));
  }
  if (auto end = reader.finish("finding"); !end) { return end.error(); }
  return record;
}

Bytes agreement_key(const AgreementId& id) {
  auto key = to_bytes("agreement/");
  put(key, id.view());
  return key;
}
Bytes document_key(const AgreementId& id, std::uint32_t version) {
  auto key = to_bytes("document/");
  put(key, id.view());
  put_big_endian(key, version, 4);
  return key;
}
Bytes finding_key(const FindingId& id) {
  auto key = to_bytes("finding/");
  put(key, id.agreement.view());
  put_big_endian(key, id.number, 8);
  return key;
}
Bytes findings_key(const AgreementId& id) {
  auto key = to_bytes("findings/");
  put(key, id.view());
  return key;
}
Bytes of_party(std::string_view organisation) { return named("party/", organisation); }
Bytes agreed_of(std::string_view organisation) { return named("agreed/", organisation); }
Bytes proposals_key(std::string_view organisation) {
  auto key = to_bytes("proposals/");
  put(key, as_bytes(organisation));
  return key;
}
Bytes deadlines() { return to_bytes("deadline/"); }
Bytes deadline_key(Milliseconds deadline, const FindingId& id) {
  auto key = deadlines();
  put_big_endian(key, deadline, 8);
  put(key, id.agreement.view());
  put_big_endian(key, id.number, 8);
  return key;
}
std::optional<std::pair<Milliseconds, FindingId>> read_deadline_key(ByteView key) {
  const auto prefix = deadlines().size();
  constexpr std::size_t kNumber = 8;
  if (key.size() != prefix + kNumber + AgreementId::size + kNumber) { return std::nullopt; }
  auto rest = key.subspan(prefix);
  const auto time = big_endian(rest.first(kNumber));
  rest = rest.subspan(kNumber);
  FindingId id{*AgreementId::from(rest.first(AgreementId::size)), big_endian(rest.subspan(AgreementId::size))};
  return std::pair{time, id};
}

Bytes end_of(Bytes prefix) {
  while (!prefix.empty() && prefix.back() == 0xFF) { prefix.pop_back(); }
  if (!prefix.empty()) { ++prefix.back(); }
  return prefix;
}

Bytes full_key(std::string_view contract, ByteView key) {
  Writer writer;
  writer.reserve(contract.size() + 1 + key.size());
  writer.raw(as_bytes(contract));
  writer.u8('/');
  writer.raw(key);
  return writer.take();
}

}  // namespace keten::agreements
