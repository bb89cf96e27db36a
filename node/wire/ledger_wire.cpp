#include "node/wire/ledger_wire.h"

#include <keten/v1/ledger.pb.h>

#include "core/limits.h"
#include "node/wire/text.h"

namespace keten::wire {
namespace {

std::string text_of(const Hash& hash) { return to_text(hash.view()); }

}  // namespace

Result<Hash> hash_from_wire(std::string_view bytes, std::string_view what) {
  if (bytes.size() != Hash::size) {
    return invalid("ID_MALFORMED", std::string(what) + ": expected 32 bytes, found " + std::to_string(bytes.size()));
  }
  return Hash::from(as_bytes(bytes));
}

void to_wire(const PlacedReceipt& placed, v1::Receipt& out) {
  const auto& receipt = placed.receipt;
  out.set_transaction_id(text_of(receipt.transaction));
  out.set_succeeded(receipt.succeeded);
  out.set_reason(utf8_or_printable(receipt.reason));
  out.set_message(utf8_or_printable(receipt.message));
  out.set_fuel_used(receipt.fuel_used);
  out.set_writes_digest(text_of(receipt.writes_digest));
  out.set_result(to_text(receipt.result));
  out.set_height(placed.height.value);
  out.set_index(placed.index);
}

Result<PlacedReceipt> from_wire(const v1::Receipt& receipt) {
  const auto id = hash_from_wire(receipt.transaction_id(), "transaction_id");
  const auto digest = hash_from_wire(receipt.writes_digest(), "writes_digest");
  if (!id || !digest) { return invalid("RECEIPT_MALFORMED", (id ? digest : id).error().message); }
  PlacedReceipt placed;
  placed.receipt.transaction = *id;
  placed.receipt.succeeded = receipt.succeeded();
  placed.receipt.reason = receipt.reason();
  placed.receipt.message = receipt.message();
  placed.receipt.fuel_used = receipt.fuel_used();
  placed.receipt.writes_digest = *digest;
  placed.receipt.result = to_bytes(receipt.result());
  placed.height = {receipt.height()};
  placed.index = receipt.index();
  return placed;
}

void to_wire(const TransactionProgress& progress, const TransactionId& id, v1::WaitTransactionResponse& out) {
  out.set_state(static_cast<v1::TransactionState>(to_wire(progress.state)));
  out.set_height(progress.height.value);
  out.set_index(progress.index);
  if (progress.receipt) {
    to_wire({*progress.receipt, progress.height, progress.index}, *out.mutable_receipt());
    out.mutable_receipt()->set_transaction_id(text_of(id));
  }
}

Result<TransactionProgress> from_wire(const v1::WaitTransactionResponse& response) {
  TransactionProgress progress;
  switch (response.state()) {
    case v1::TRANSACTION_STATE_UNKNOWN: progress.state = TransactionState::unknown; break;
    case v1::TRANSACTION_STATE_ADMITTED: progress.state = TransactionState::admitted; break;
    case v1::TRANSACTION_STATE_FINAL: progress.state = TransactionState::final; break;
    case v1::TRANSACTION_STATE_EXECUTED: progress.state = TransactionState::executed; break;
    case v1::TRANSACTION_STATE_EXPIRED: progress.state = TransactionState::expired; break;
    default: return invalid("RESPONSE_MALFORMED", "state " + std::to_string(response.state()) + " is not known");
  }
  progress.height = {response.height()};
  progress.index = response.index();
  if (response.has_receipt()) {
    auto placed = from_wire(response.receipt());
    if (!placed) { return invalid("RESPONSE_MALFORMED", placed.error().message); }
    progress.receipt = std::move(placed->receipt);
  }
  return progress;
}

void to_wire(const NodeStatus& status, v1::GetStatusResponse& out) {
  out.set_node(status.node);
  out.set_organisation(status.organisation);
  out.set_chain_id(text_of(status.chain_id));
  out.set_chain_name(status.chain_name);
  out.set_height(status.height.value);
  out.set_executed_height(status.executed_height.value);
  out.set_state_root(text_of(status.state_root));
  out.set_epoch(status.epoch.value);
  out.set_view(status.view.value);
  out.set_validator(status.self.value);
  for (const auto& peer : status.peers) {
    auto& info = *out.add_peers();
    info.set_node(peer.node);
    info.set_organisation(peer.organisation);
    info.set_connected(peer.connected);
    info.set_height(peer.height.value);
    info.set_executed_height(peer.executed_height.value);
    info.set_silent_ms(peer.silent_ms);
  }
  out.set_reason(utf8_or_printable(status.reason));
  out.set_mempool_transactions(status.mempool_transactions);
  out.set_mempool_bytes(status.mempool_bytes);
  out.set_version(status.version);
  for (const auto& [name, value] : status.counters) { (*out.mutable_counters())[name] = value; }
  out.set_lag(status.lag);
  out.set_block_time_ms(status.block_time);
  out.set_quorum(status.quorum);
  out.set_role(status.role);
  out.set_certificate_expires_ms(status.certificate_expires);
  for (const auto& warning : status.warnings) { out.add_warnings(utf8_or_printable(warning)); }
  out.set_stale(status.stale);
  out.set_disk(utf8_or_printable(status.disk));
}

Result<NodeStatus> from_wire(const v1::GetStatusResponse& response) {
  const auto chain = hash_from_wire(response.chain_id(), "chain_id");
  const auto root = hash_from_wire(response.state_root(), "state_root");
  if (!chain || !root) { return invalid("RESPONSE_MALFORMED", (chain ? root : chain).error().message); }
  if (response.validator() > UINT16_MAX || response.peers_size() > static_cast<int>(limits::kNodesMax)) {
    return invalid("RESPONSE_MALFORMED", "more validators than a chain can have");
  }
  NodeStatus status;
  status.node = response.node();
  status.organisation = response.organisation();
  status.chain_id = *chain;
  status.chain_name = response.chain_name();
  status.height = {response.height()};
  status.executed_height = {response.executed_height()};
  status.state_root = *root;
  status.epoch = {response.epoch()};
  status.view = {response.view()};
  status.self = {static_cast<std::uint16_t>(response.validator())};
  for (const auto& info : response.peers()) {
    status.peers.push_back({info.node(),
                            info.organisation(),
                            info.connected(),
                            {info.height()},
                            {info.executed_height()},
                            info.silent_ms()});
  }
  status.lag = response.lag();
  status.reason = response.reason();
  status.quorum = response.quorum();
  status.mempool_transactions = response.mempool_transactions();
  status.mempool_bytes = response.mempool_bytes();
  status.block_time = response.block_time_ms();
  status.version = response.version();
  for (const auto& [name, value] : response.counters()) { status.counters[name] = value; }
  status.role = response.role();
  status.certificate_expires = response.certificate_expires_ms();
  status.warnings.assign(response.warnings().begin(), response.warnings().end());
  status.stale = response.stale();
  status.disk = response.disk();
  return status;
}

Result<WaitLevel> wait_level_from_wire(int level) {
  switch (level) {
    case v1::WAIT_LEVEL_UNSPECIFIED:
    case v1::WAIT_LEVEL_FINAL: return WaitLevel::final;
    case v1::WAIT_LEVEL_ADMITTED: return WaitLevel::admitted;
    case v1::WAIT_LEVEL_EXECUTED: return WaitLevel::executed;
    default: return invalid("WAIT_LEVEL_UNKNOWN", "level " + std::to_string(level) + " is not defined");
  }
}

int to_wire(WaitLevel level) {
  switch (level) {
    case WaitLevel::admitted: return v1::WAIT_LEVEL_ADMITTED;
    case WaitLevel::final: return v1::WAIT_LEVEL_FINAL;
    case WaitLevel::executed: return v1::WAIT_LEVEL_EXECUTED;
  }
  return v1::WAIT_LEVEL_UNSPECIFIED;
}

int to_wire(TransactionState state) {
  switch (state) {
    case TransactionState::unknown: return v1::TRANSACTION_STATE_UNKNOWN;
    case TransactionState::admitted: return v1::TRANSACTION_STATE_ADMITTED;
    case TransactionState::final: return v1::TRANSACTION_STATE_FINAL;
    case TransactionState::executed: return v1::TRANSACTION_STATE_EXECUTED;
    case TransactionState::expired: return v1::TRANSACTION_STATE_EXPIRED;
  }
  return v1::TRANSACTION_STATE_UNSPECIFIED;
}

}  // namespace keten::wire
