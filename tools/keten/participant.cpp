#include "tools/keten/participant.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "client/keystore.h"
#include "contracts/rule_judge.h"
#include "contracts/state_row.h"
#include "core/genesis.h"
#include "core/limits.h"
#include "node/storage/database.h"
#include "tools/keten/home.h"
#include "tools/keten/ledger_rows.h"
#include "tools/keten/process.h"

namespace keten::tools {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kStatusMs = 3'000;
constexpr std::uint32_t kExecutedMs = 15'000;
constexpr auto kPause = 500ms;

/// Another node, or the same one later, may take what this one did not.
bool may_pass(const Error& error) {
  switch (error.kind) {
    case ErrorKind::busy:
    case ErrorKind::unavailable:
    case ErrorKind::timeout:
    case ErrorKind::unauthorised:
    case ErrorKind::corrupt: return true;
    case ErrorKind::invalid:
    case ErrorKind::forbidden:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::too_large:
    case ErrorKind::refused:
    case ErrorKind::unsupported: return error.reason == "VALID_UNTIL_TOO_FAR" || error.reason == "WRONG_CHAIN";
  }
  return false;
}

/// What a crash left behind, if it is ours.
TransactionPointer read_envelope(const std::filesystem::path& file, const client::Sender& sender) {
  const auto bytes = client::read_file(file);
  if (!bytes) { return nullptr; }
  const auto decoded = decode_transaction(as_bytes(*bytes));
  if (!decoded) { return nullptr; }
  const auto& body = (*decoded)->body;
  const bool is_ours = body.chain_id == sender.chain_id && body.organisation == sender.organisation &&
                       body.sender == sender.key.public_key();
  return is_ours ? *decoded : nullptr;
}

/// What the node says that the company's agreements may take. Fails when it cannot be asked or says what is no state.
Result<std::uint64_t> judging_fuel(const client::LedgerClient& ledger, const std::string& organisation,
                                   Milliseconds time, std::size_t events) {
  try {
    return contracts::judging_fuel(LedgerRows(ledger), organisation, time, events);
  } catch (const storage::ReadFailure& failed) {
    return failed.error();
  } catch (const contracts::MalformedState& failed) { return failed.error(); }
}

}  // namespace

/// Recorded, or to be signed anew.
struct Participant::Attempt {
  std::optional<Recorded> recorded;
};

Result<Participant> Participant::open(const ParticipantOptions& options) {
  auto named = options.target;
  named.endpoint.clear();
  auto target = find_target(named);
  if (!target) { return target.error(); }
  if (target->node.home.empty()) {
    return invalid("HOME_NEEDED", "who signs? name the home that has your key and certificate with --home DIR");
  }
  const HomeFiles files{target->node.home};
  const auto user = named.user.substr(0, named.user.find('@'));
  const auto key = client::read_key_file(options.key_file.empty() ? files.key(user.empty() ? "capture" : user)
                                                                  : std::filesystem::path(options.key_file));
  if (!key) { return key.error(); }
  auto endpoints = options.endpoints;
  if (endpoints.empty() && is_participant_home(files)) {
    const auto home = load_participant_home(files);
    if (!home) { return home.error(); }
    endpoints = home->endpoints;
  } else if (endpoints.empty()) {
    endpoints.push_back(target->node.grpc);
  }
  if (endpoints.empty()) {
    return invalid("NO_TARGET",
                   "which node? give --endpoint HOST:PORT, or name endpoints in " + files.participant().string());
  }
  // First of all: without a genesis it says what to do.
  std::vector<client::Endpoint> reachable;
  for (const auto& address : endpoints) {
    auto endpoint = endpoint_of(files, address);
    if (!endpoint) { return endpoint.error(); }
    reachable.push_back(std::move(*endpoint));
  }
  const auto text = client::read_file(files.genesis());
  if (!text) { return text.error(); }
  const auto genesis = Genesis::from_json(*text);
  if (!genesis) { return genesis.error(); }
  Participant participant({.chain_id = genesis->chain_id(), .organisation = target->node.organisation, .key = *key},
                          files.home);
  for (const auto& endpoint : reachable) {
    participant.nodes_.push_back({endpoint, client::LedgerClient(endpoint), {}});
  }
  return participant;
}

Result<Participant::Attempt> Participant::found(const Node& node, const std::string& name, const TransactionId& id,
                                                std::uint32_t timeout_ms) const {
  const auto progress = node.ledger.wait(id, WaitLevel::executed, timeout_ms);
  if (!progress) { return progress.error(); }
  if (progress->state == TransactionState::expired) { return Attempt{}; }
  if (progress->state != TransactionState::executed || !progress->receipt) {
    return failure(ErrorKind::timeout, "TIMEOUT", "the transaction was not executed in time");
  }
  Recorded recorded{.id = id,
                    .height = progress->height,
                    .index = progress->index,
                    .receipt = *progress->receipt,
                    .block = {},
                    .block_time = 0,
                    .node = name,
                    .endpoint = node.endpoint.address};
  const auto block = node.ledger.block(progress->height);
  if (!block) { return block.error(); }
  recorded.block = block->id;
  recorded.block_time = block->header.time;
  return Attempt{std::move(recorded)};
}

Result<Participant::Attempt> Participant::attempt(const Node& node, const client::Call& call, std::size_t events,
                                                  const std::filesystem::path& envelope,
                                                  TransactionPointer& transaction) {
  const auto status = node.ledger.status(kStatusMs);
  if (!status) { return status.error(); }
  if (status->chain_id != sender_.chain_id) {
    return failure(ErrorKind::conflict, "WRONG_CHAIN",
                   "this node is of chain " + status->chain_id.hex() + ", our genesis is " + sender_.chain_id.hex());
  }
  if (transaction == nullptr) {
    const auto judging = judging_fuel(node.ledger, sender_.organisation, status->block_time, events);
    if (!judging) { return judging.error(); }
    auto dated = call;
    dated.fuel_limit = std::min(limits::kFuelPerTransactionMax, call.fuel_limit + *judging);
    dated.valid_until = status->height.plus(client::kValidityBlocks);
    transaction = client::sign_call(sender_, std::move(dated));
    const auto written = client::write_file(envelope, to_text(transaction->envelope), client::FileAccess::owner,
                                            client::Existing::replace);
    if (!written) { return written.error(); }
  }
  const auto submitted = node.ledger.submit(transaction);
  if (!submitted && submitted.error().reason == "EXPIRED") {
    // It may have been recorded before it became too old.
    auto earlier = found(node, status->node, transaction->id, 1'000);
    if (!earlier && earlier.error().reason != "TIMEOUT" && earlier.error().kind != ErrorKind::not_found) {
      return earlier.error();
    }
    if (earlier && earlier->recorded) { return earlier; }
    return Attempt{};
  }
  if (!submitted && submitted.error().reason != "DUPLICATE") { return submitted.error(); }
  return found(node, status->node, transaction->id, kExecutedMs);
}

Result<Recorded> Participant::record(const client::Call& call, std::size_t events,
                                     const std::filesystem::path& envelope, std::chrono::milliseconds patience) {
  auto transaction = read_envelope(envelope, sender_);
  const auto deadline = Clock::now() + patience;
  for (std::size_t tried = 0;;) {
    if (interrupted()) { return failure(ErrorKind::timeout, "INTERRUPTED", "stopped; the same command goes on"); }
    auto& node = nodes_[current_];
    auto result = attempt(node, call, events, envelope, transaction);
    if (result && result->recorded) { return std::move(*result->recorded); }
    if (result) {
      transaction = nullptr;  // too old: sign it anew, at once
      if (Clock::now() < deadline) { continue; }
      return failure(ErrorKind::timeout, "TIMEOUT", "the chain grows faster than transactions arrive");
    }
    if (!may_pass(result.error())) { return result.error(); }
    // A channel that was refused waits long before it tries again, a new one tries at once.
    if (result.error().reason == "UNREACHABLE") { node.ledger = client::LedgerClient(node.endpoint); }
    node.trouble = result.error().reason + " " + result.error().message;
    current_ = (current_ + 1) % nodes_.size();
    if (++tried % nodes_.size() != 0) { continue; }
    if (Clock::now() >= deadline) {
      auto error = result.error();
      error.message.clear();
      for (const auto& each : nodes_) {
        error.message += (error.message.empty() ? "" : "; ") + each.endpoint.address + ": " + each.trouble;
      }
      return error;
    }
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace keten::tools
