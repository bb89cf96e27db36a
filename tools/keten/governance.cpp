#include "tools/keten/governance.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "client/keystore.h"
#include "client/transactions.h"
#include "contracts/overlay.h"
#include "tools/keten/home.h"

namespace keten::tools {
namespace {

/// Governance reads every node's certificate and checks signatures; fuel that is not used costs nothing.
constexpr std::uint64_t kFuel = 50'000'000;
constexpr std::uint32_t kWaitMs = 30'000;
constexpr std::chrono::seconds kFrozenPatience{30};
constexpr std::chrono::milliseconds kFrozenPause{500};

}  // namespace

Result<GovernanceState> GovernanceState::read(const client::LedgerClient& ledger) {
  auto found = ledger.governance();
  if (!found) { return found.error(); }
  GovernanceState state;
  state.height_ = found->height;
  for (auto& [key, value] : found->entries) { state.entries_.insert_or_assign(std::move(key), std::move(value)); }
  if (!state.get(as_bytes("governance/current"))) {
    return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the node's answer holds no governance");
  }
  return state;
}

std::optional<Bytes> GovernanceState::get(ByteView key) const {
  const auto found = entries_.find(to_bytes(key));
  if (found == entries_.end()) { return std::nullopt; }
  return found->second;
}

void GovernanceState::scan(ByteView first, ByteView end, const Visit& visit) const {
  for (auto entry = entries_.lower_bound(to_bytes(first)); entry != entries_.end(); ++entry) {
    if (!end.empty() && !contracts::key_less(entry->first, end)) { return; }
    if (!visit(entry->first, entry->second)) { return; }
  }
}

Administration::Administration(Target target, client::LedgerClient ledger, NodeStatus status, KeyPair key,
                               std::string organisation)
    : target_(std::move(target)),
      ledger_(std::move(ledger)),
      status_(std::move(status)),
      key_(std::move(key)),
      organisation_(std::move(organisation)) {}

Result<Administration> Administration::open(const TargetOptions& options, const std::string& key_file,
                                            const std::string& default_user) {
  auto named = options;
  if (named.user.empty()) { named.user = default_user; }
  if (named.user.starts_with('@')) { named.user = default_user + named.user; }
  auto target = find_target(named);
  if (!target) { return target.error(); }
  auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  auto status = ledger->status();
  if (!status) { return status.error(); }
  const auto user = named.user.substr(0, named.user.find('@'));
  const auto file = key_file.empty() ? HomeFiles{target->node.home}.key(user) : std::filesystem::path(key_file);
  auto key = client::read_key_file(file);
  if (!key) { return key.error(); }
  auto organisation = target->node.organisation.empty() ? status->organisation : target->node.organisation;
  return Administration(std::move(*target), std::move(*ledger), std::move(*status), std::move(*key),
                        std::move(organisation));
}

// While the next epoch is about to begin, what would change it is refused; it begins within seconds, or a few minutes later
// when one that joins is not ready yet.
Result<Enacted> Administration::enact(std::string_view method, const Bytes& arguments) const {
  const auto deadline = std::chrono::steady_clock::now() + kFrozenPatience;
  while (true) {
    auto enacted = enact({.contract = std::string(governance::kContractName),
                          .method = std::string(method),
                          .arguments = arguments,
                          .valid_until = {},
                          .fuel_limit = kFuel});
    const bool is_frozen = !enacted && enacted.error().reason == "EPOCH_FROZEN";
    if (!is_frozen || std::chrono::steady_clock::now() > deadline) { return enacted; }
    std::this_thread::sleep_for(kFrozenPause);
  }
}

Result<Enacted> Administration::enact(client::Call call) const {
  const auto now = ledger_.status();
  if (!now) { return now.error(); }
  call.valid_until = now->height.plus(client::kValidityBlocks);
  const auto transaction =
      client::sign_call({.chain_id = now->chain_id, .organisation = organisation_, .key = key_}, std::move(call));
  if (auto submitted = ledger_.submit(transaction); !submitted) { return submitted.error(); }
  const auto progress = ledger_.wait(transaction->id, WaitLevel::executed, kWaitMs);
  if (!progress) {
    auto error = progress.error();
    error.message += "; it may still be executed: keten tx status " + transaction->id.hex();
    return error;
  }
  if (!progress->receipt) {
    return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the node's answer holds no receipt");
  }
  if (!progress->receipt->succeeded) {
    return failure(ErrorKind::refused, progress->receipt->reason, progress->receipt->message);
  }
  return Enacted{transaction->id, progress->height, progress->receipt->result};
}

bool Administration::wait_for_peers(Height height, std::uint32_t timeout_ms) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto now = ledger_.status();
    const bool all = now && std::ranges::all_of(now->peers, [&](const PeerSummary& peer) {
                       return !peer.connected || peer.executed_height >= height;
                     });
    if (all) { return true; }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

}  // namespace keten::tools
