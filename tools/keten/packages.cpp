#include "tools/keten/packages.h"

#include "client/keystore.h"
#include "contracts/overlay.h"
#include "contracts/packages/limits.h"
#include "contracts/packages/records.h"

namespace keten::tools {

Result<packages::Package> read_package(const std::string& file) {
  const auto content = client::read_file(file, packages::limits::kPackageBytesMax + 1);
  if (!content) { return content.error(); }
  return packages::Package::decode(as_bytes(*content));
}

Status LedgerRows::read(const client::LedgerClient& ledger, std::string_view contract, ByteView prefix) {
  auto found = ledger.state(contract, prefix);
  if (!found) { return found.error(); }
  height_ = found->height;
  for (auto& [key, value] : found->entries) { rows_.insert_or_assign(std::move(key), std::move(value)); }
  return kDone;
}

Status LedgerRows::read_contract(const client::LedgerClient& ledger, std::string_view name) {
  // Epochs and organisations say who has a voice.
  for (const auto* prefix : {"current", "epoch/", "organisation/"}) {
    if (auto done = read(ledger, "governance", prefix); !done) { return done; }
  }
  const auto of_name = std::string(name);
  const auto below = name.empty() ? std::string() : of_name + "/";
  for (const auto& prefix : {"contract/" + of_name, "version/" + below, "motion/" + below, "used/" + of_name}) {
    if (auto done = read(ledger, packages::kContractName, prefix); !done) { return done; }
  }
  if (name.empty()) { return read(ledger, packages::kContractName, "package/"); }
  packages::StateView view(*this);
  for (const auto& [version, hash] : packages::Records(view).versions(name)) {
    auto key = to_bytes("package/");
    key.insert(key.end(), hash.bytes.begin(), hash.bytes.end());
    if (auto done = read(ledger, packages::kContractName, key); !done) { return done; }
    if (!get(packages::full_key(key))) {  // withdrawn between two reads
      return failure(ErrorKind::unavailable, "STATE_MOVED", "the contract changed while it was read; ask again");
    }
  }
  return kDone;
}

std::optional<Bytes> LedgerRows::get(ByteView key) const {
  const auto found = rows_.find(to_bytes(key));
  if (found == rows_.end()) { return std::nullopt; }
  return found->second;
}

void LedgerRows::scan(ByteView first, ByteView end, const Visit& visit) const {
  for (auto row = rows_.lower_bound(to_bytes(first)); row != rows_.end(); ++row) {
    if (!end.empty() && !contracts::key_less(row->first, end)) { return; }
    if (!visit(row->first, row->second)) { return; }
  }
}

}  // namespace keten::tools
