#include "contracts/packages/records.h"

#include <utility>

#include "contracts/packages/limits.h"
#include "contracts/state_row.h"
#include "core/check.h"
#include "core/encoding.h"

namespace keten::packages {
namespace {

constexpr std::string_view kPrefix = "contracts/";
constexpr std::string_view kContract = "contract/";
constexpr std::size_t kVersionBytes = 12;

Bytes key_of(std::string_view folder, ByteView rest) {
  auto key = to_bytes(folder);
  key.insert(key.end(), rest.begin(), rest.end());
  return key;
}
Bytes key_of(std::string_view folder, std::string_view rest) { return key_of(folder, as_bytes(rest)); }

/// Big-endian, so that keys sort as versions do.
Bytes version_key(std::string_view name, const Version& version) {
  auto key = key_of("version/", std::string(name) + "/");
  for (const auto number : {version.major, version.minor, version.patch}) {
    for (int shift = 24; shift >= 0; shift -= 8) { key.push_back(static_cast<std::uint8_t>(number >> shift)); }
  }
  return key;
}
Bytes motion_key(std::string_view name, Motion motion) {
  auto key = key_of("motion/", std::string(name) + "/");
  key.push_back(static_cast<std::uint8_t>(motion));
  return key;
}
Bytes package_key(const Hash& package) { return key_of("package/", package.view()); }
Bytes manifest_key(const Hash& package) { return key_of("manifest/", package.view()); }
Bytes module_key(const Hash& package) { return key_of("module/", package.view()); }
Bytes open_key(std::string_view publisher) { return key_of("open/", publisher); }
Bytes used_key(std::string_view name) { return key_of("used/", name); }

/// All keys that begin with the prefix, which ends with '/'.
Bytes behind(Bytes prefix) {
  ++prefix.back();
  return prefix;
}

void write(Writer& writer, const Version& version) {
  writer.u32(version.major);
  writer.u32(version.minor);
  writer.u32(version.patch);
}
Version read_version(Reader& reader) {
  const auto major = reader.u32();
  const auto minor = reader.u32();
  return {major, minor, reader.u32()};
}

void write(Writer& writer, const std::optional<Activation>& activation) {
  writer.u8(activation ? 1 : 0);
  if (!activation) { return; }
  writer.fixed(activation->package);
  write(writer, activation->version);
  writer.number(activation->height);
}
std::optional<Activation> read_activation(Reader& reader) {
  if (reader.u8() == 0) { return std::nullopt; }
  Activation result;
  result.package = reader.fixed<Hash>();
  result.version = read_version(reader);
  result.height = reader.number<Height>();
  return result;
}

std::string read_name(Reader& reader) { return reader.text(keten::limits::kNameBytesMax); }

using contracts::expect_row;
using contracts::row_value;

void expect_end(const Reader& reader, std::string_view what) { expect_row(reader.finish(what).ok(), what); }

/// A row that is one number.
template <typename Read>
auto only_number(ByteView bytes, std::string_view what, const Read& read) {
  Reader reader(bytes);
  const auto number = read(reader);
  expect_end(reader, what);
  return number;
}

}  // namespace

const Activation* ContractRecord::running(Height height) const {
  if (scheduled && scheduled->height <= height) { return &*scheduled; }
  return active ? &*active : nullptr;
}

std::set<std::string> MotionRecord::voters(std::uint64_t value, Milliseconds now) const {
  std::set<std::string> result;
  for (const auto& [organisation, cast] : votes) {
    if (cast.value == value && now <= cast.expires) { result.insert(organisation); }
  }
  return result;
}

Bytes full_key(ByteView key) { return key_of(kPrefix, key); }
Bytes contract_key(std::string_view name) { return key_of(kContract, name); }
std::string state_prefix(std::string_view name) { return "state/" + std::string(name) + "/"; }
Bytes manifest_entry(const Hash& package) { return full_key(manifest_key(package)); }
Bytes module_entry(const Hash& package) { return full_key(module_key(package)); }

std::optional<ContractRecord> Records::contract(std::string_view name) {
  const auto bytes = store_.get(contract_key(name));
  if (!bytes) { return std::nullopt; }
  Reader reader(*bytes);
  ContractRecord record;
  record.publisher = read_name(reader);
  record.active = read_activation(reader);
  record.scheduled = read_activation(reader);
  record.frozen = reader.number<Height>();
  record.retired = reader.number<Height>();
  record.quota = reader.u64();
  expect_end(reader, "contract record");
  return record;
}

void Records::set_contract(std::string_view name, const ContractRecord& record) {
  Writer writer;
  writer.sized(record.publisher);
  write(writer, record.active);
  write(writer, record.scheduled);
  writer.number(record.frozen);
  writer.number(record.retired);
  writer.u64(record.quota);
  store_.put(contract_key(name), writer.take());
}

std::optional<PackageRecord> Records::package(const Hash& package) {
  const auto bytes = store_.get(package_key(package));
  if (!bytes) { return std::nullopt; }
  Reader reader(*bytes);
  PackageRecord record;
  record.name = read_name(reader);
  record.version = read_version(reader);
  record.publisher = read_name(reader);
  record.transaction = reader.fixed<TransactionId>();
  record.published = reader.number<Height>();
  record.expires = reader.u64();
  for (auto count = reader.u32(); count > 0 && reader.ok(); --count) {
    auto organisation = read_name(reader);
    record.approvals.emplace(std::move(organisation), reader.number<Height>());
  }
  record.approved = reader.number<Height>();
  record.module_bytes = reader.u32();
  expect_end(reader, "package record");
  return record;
}

void Records::set_package(const Hash& package, const PackageRecord& record) {
  Writer writer;
  writer.sized(record.name);
  write(writer, record.version);
  writer.sized(record.publisher);
  writer.fixed(record.transaction);
  writer.number(record.published);
  writer.u64(record.expires);
  writer.u32(static_cast<std::uint32_t>(record.approvals.size()));
  for (const auto& [organisation, height] : record.approvals) {
    writer.sized(organisation);
    writer.number(height);
  }
  writer.number(record.approved);
  writer.u32(record.module_bytes);
  store_.put(package_key(package), writer.take());
}

void Records::erase_package(const Hash& package, const PackageRecord& record) {
  CHECK(!record.is_approved());
  store_.erase(package_key(package));
  store_.erase(manifest_key(package));
  store_.erase(module_key(package));
  store_.erase(version_key(record.name, record.version));
}

std::optional<Hash> Records::version(std::string_view name, const Version& version) {
  const auto bytes = store_.get(version_key(name, version));
  if (!bytes) { return std::nullopt; }
  return row_value(Hash::from(*bytes), "version");
}

void Records::set_version(std::string_view name, const Version& version, const Hash& package) {
  store_.put(version_key(name, version), to_bytes(package.view()));
}

std::vector<std::pair<Version, Hash>> Records::versions(std::string_view name) {
  std::vector<std::pair<Version, Hash>> result;
  const auto first = key_of("version/", std::string(name) + "/");
  store_.scan(first, behind(first), [&](ByteView key, ByteView value) {
    expect_row(key.size() == first.size() + kVersionBytes, "version");
    const auto number = [&](std::size_t at) {
      std::uint32_t found = 0;
      for (std::size_t i = 0; i < 4; ++i) { found = found << 8U | key[first.size() + at * 4 + i]; }
      return found;
    };
    result.emplace_back(Version{number(0), number(1), number(2)}, row_value(Hash::from(value), "version"));
    return true;
  });
  return result;
}

std::vector<std::string> Records::names(std::size_t most, std::string_view after) {
  std::vector<std::string> result;
  const auto table = to_bytes(kContract);
  auto first = to_bytes(std::string(kContract) + std::string(after));
  if (!after.empty()) { first.push_back(0); }
  store_.scan(first, behind(table), [&](ByteView key, ByteView) {
    if (result.size() == most) { return false; }
    result.push_back(to_text(key.subspan(table.size())));
    return true;
  });
  return result;
}

void Records::set_files(const Hash& package, std::string_view manifest, Bytes module) {
  store_.put(manifest_key(package), to_bytes(manifest));
  store_.put(module_key(package), std::move(module));
}

std::optional<Bytes> Records::manifest(const Hash& package) { return store_.get(manifest_key(package)); }

std::optional<MotionRecord> Records::motion(std::string_view name, Motion motion) {
  const auto bytes = store_.get(motion_key(name, motion));
  if (!bytes) { return std::nullopt; }
  Reader reader(*bytes);
  MotionRecord record;
  for (auto count = reader.u32(); count > 0 && reader.ok(); --count) {
    auto organisation = read_name(reader);
    const auto value = reader.u64();
    record.votes[std::move(organisation)] = {value, reader.u64()};
  }
  expect_end(reader, "motion record");
  return record;
}

void Records::set_motion(std::string_view name, Motion motion, const MotionRecord& record) {
  Writer writer;
  writer.u32(static_cast<std::uint32_t>(record.votes.size()));
  for (const auto& [organisation, cast] : record.votes) {
    writer.sized(organisation);
    writer.u64(cast.value);
    writer.u64(cast.expires);
  }
  store_.put(motion_key(name, motion), writer.take());
}

void Records::erase_motion(std::string_view name, Motion motion) { store_.erase(motion_key(name, motion)); }

std::vector<Hash> Records::open(std::string_view publisher) {
  std::vector<Hash> result;
  const auto bytes = store_.get(open_key(publisher));
  if (!bytes) { return result; }
  expect_row(bytes->size() % Hash::size == 0, "open packages");
  for (std::size_t at = 0; at < bytes->size(); at += Hash::size) {
    result.push_back(Hash::from(ByteView(*bytes).subspan(at, Hash::size)).value());
  }
  return result;
}

void Records::set_open(std::string_view publisher, const std::vector<Hash>& packages) {
  if (packages.empty()) {
    store_.erase(open_key(publisher));
    return;
  }
  Bytes value;
  for (const auto& package : packages) { value.insert(value.end(), package.bytes.begin(), package.bytes.end()); }
  store_.put(open_key(publisher), std::move(value));
}

std::uint32_t Records::contract_count() {
  const auto bytes = store_.get(as_bytes("count"));
  if (!bytes) { return 0; }
  return only_number(*bytes, "number of contracts", [](Reader& reader) { return reader.u32(); });
}

void Records::set_contract_count(std::uint32_t count) {
  Writer writer;
  writer.u32(count);
  store_.put(as_bytes("count"), writer.take());
}

std::uint64_t Records::used(std::string_view name) {
  const auto bytes = store_.get(used_key(name));
  if (!bytes) { return 0; }
  return only_number(*bytes, "bytes of state", [](Reader& reader) { return reader.u64(); });
}

void Records::set_used(std::string_view name, std::uint64_t bytes) {
  Writer writer;
  writer.u64(bytes);
  store_.put(used_key(name), writer.take());
}

std::optional<Bytes> GovernanceReader::get(ByteView key) { return read_(key_of("governance/", key)); }
void GovernanceReader::put(ByteView /*key*/, Bytes /*value*/) { CHECK(false); }
void GovernanceReader::erase(ByteView /*key*/) { CHECK(false); }
void GovernanceReader::scan(ByteView /*first*/, ByteView /*end*/, const contracts::StateReader::Visit& /*visit*/) {
  CHECK(false);
}

std::optional<Bytes> StateView::get(ByteView key) { return state_.get(full_key(key)); }
void StateView::put(ByteView /*key*/, Bytes /*value*/) { CHECK(false); }
void StateView::erase(ByteView /*key*/) { CHECK(false); }
void StateView::scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) {
  state_.scan(full_key(first), full_key(end),
              [&](ByteView key, ByteView value) { return visit(key.subspan(kPrefix.size()), value); });
}

}  // namespace keten::packages
