#include <algorithm>
#include <utility>

#include "core/mutant.h"
#include "node/pipeline/state.h"

namespace keten::pipeline {

keten::Status Pipeline::State::check_body(const Transaction& transaction, Height height) const {
  const auto& body = transaction.body;
  if (body.chain_id != chain_id) {
    return failure(ErrorKind::refused, "WRONG_CHAIN",
                   "expected chain " + chain_id.hex() + ", found " + body.chain_id.hex() +
                       "; sign with the genesis of this network");
  }
  if (transaction.envelope.size() > current.parameters.transaction_bytes_max) {
    return failure(ErrorKind::too_large, "TRANSACTION_TOO_LARGE",
                   "at most " + std::to_string(current.parameters.transaction_bytes_max) +
                       " bytes on this chain, found " + std::to_string(transaction.envelope.size()));
  }
  if (body.fuel_limit > current.parameters.block_fuel_max || body.fuel_limit > limits::kFuelPerTransactionMax) {
    return failure(ErrorKind::too_large, "FUEL_LIMIT_TOO_HIGH",
                   "fuel_limit: at most " + std::to_string(limits::kFuelPerTransactionMax) + ", found " +
                       std::to_string(body.fuel_limit));
  }
  if (body.valid_until < height && !MUTANT(expired_transactions)) {
    return failure(ErrorKind::refused, "EXPIRED",
                   "valid_until is height " + body.valid_until.text() + ", the next block is " + height.text() +
                       "; sign again with a later height");
  }
  const auto farthest = height.plus(current.parameters.validity_blocks_max);
  if (body.valid_until > farthest) {
    return failure(ErrorKind::refused, "VALID_UNTIL_TOO_FAR",
                   "valid_until: at most height " + farthest.text() + ", found " + body.valid_until.text());
  }
  if (window.contains(transaction.id)) {
    return failure(ErrorKind::conflict, "DUPLICATE", "transaction " + transaction.id.hex() + " is final already");
  }
  return kDone;
}

keten::Status Pipeline::State::check_sender(const Transaction& transaction, const Directory& directory) const {
  const auto& body = transaction.body;
  const auto* sender = directory.find(body.sender);
  if (sender == nullptr) {
    return failure(ErrorKind::forbidden, "UNKNOWN_SENDER",
                   "key " + key_text(body.sender) + " is not registered on this chain");
  }
  if (sender->organisation != body.organisation) {
    return failure(
        ErrorKind::forbidden, "UNKNOWN_SENDER",
        "key " + key_text(body.sender) + " belongs to " + sender->organisation + ", not to " + body.organisation);
  }
  return rules.check(transaction, sender->roles);
}

keten::Status Pipeline::State::check_admission(const Transaction& transaction, Height height) const {
  if (auto checked = check_body(transaction, height); !checked) { return checked; }
  return check_sender(transaction, membership->directory);
}

void Pipeline::State::submit(Submitted event) {
  Verification verification;
  verification.submission = event.ticket;
  const bool quorum = has_quorum_connected();
  for (std::uint32_t place = 0; place < event.transactions.size(); ++place) {
    auto& transaction = event.transactions[place];
    keten::Status checked = kDone;
    if (!quorum) {
      checked = failure(ErrorKind::unavailable, "NO_QUORUM", stuck_reason());
    } else {
      checked = check_admission(*transaction, delivered.next());
      if (checked) { checked = mempool.reserve(transaction); }
    }
    if (!checked) {
      effects.admissions.push_back({event.ticket, place, std::move(checked)});
      continue;
    }
    verification.places.push_back(place);
    verification.transactions.push_back(std::move(transaction));
  }
  if (verification.transactions.empty()) { return; }
  const auto ticket = next_ticket++;
  effects.verify_transactions.push_back({ticket, verification.transactions});
  verifications.emplace(ticket, std::move(verification));
}

void Pipeline::State::receive(NodeNumber from, TransactionBatch batch) {
  if (now.steady_ms < peers.at(from).unheard_until_ms) { return; }
  Verification verification;
  verification.sharer = from;
  for (auto& transaction : batch.transactions) {
    // What waits here already was judged then; peers share again what they wait for.
    if (mempool.find_leaf(transaction->leaf) != nullptr) { continue; }
    // A peer's transaction that does not fit is left out: if it reaches a block, it is fetched with it.
    if (!check_admission(*transaction, delivered.next()) || !mempool.reserve(transaction)) { continue; }
    verification.transactions.push_back(std::move(transaction));
  }
  if (verification.transactions.empty()) { return; }
  const auto ticket = next_ticket++;
  effects.verify_transactions.push_back({ticket, verification.transactions});
  verifications.emplace(ticket, std::move(verification));
}

void Pipeline::State::transactions_verified(const TransactionsVerified& event) {
  const auto found = verifications.find(event.ticket);
  if (found == verifications.end()) { return; }
  const auto verification = std::move(found->second);
  verifications.erase(found);
  CHECK(event.valid.size() == verification.transactions.size());
  for (std::size_t i = 0; i < event.valid.size(); ++i) {
    const auto& transaction = verification.transactions[i];
    keten::Status status = kDone;
    const bool is_valid = event.valid[i] || MUTANT(forged_transactions);
    if (verification.proposal) { proposed_verified(verification, i, is_valid); }
    // The place may meanwhile be another's: of the same body under another signature.
    const bool has_place = mempool.find_leaf(transaction->leaf) != nullptr;
    if (is_valid) {
      if (has_place) { admit(transaction->id, verification.submission ? kShareAgainMs : kShareForOthersMs); }
      // Meanwhile it may have become final by another validator, or too old: then it waits nowhere any more.
      if (verification.submission && !mempool.contains(transaction->id)) {
        status = check_admission(*transaction, delivered.next());
      }
      if (verification.submission && status) { gathered.push_back(transaction); }
    } else {
      if (has_place) { mempool.remove(transaction->id); }
      // Honest validators share what they have checked.
      if (verification.sharer) { peers.at(*verification.sharer).unheard_until_ms = now.steady_ms + kUnheardMs; }
      status =
          invalid("SIGNATURE_INVALID", "the signature does not hold for key " + key_text(transaction->body.sender));
    }
    if (verification.submission) {
      effects.admissions.push_back({*verification.submission, verification.places[i], std::move(status)});
    }
  }
  resolve_proposals();
  if (!verification.proposal) { return; }
  // What a leader may choose by an older result, another one may not by the newest: then it has no reason to wait here.
  for (const auto& transaction : verification.transactions) {
    const auto* sender = membership->directory.find(transaction->body.sender);
    if (sender == nullptr || !rules.may_call(*transaction, sender->roles)) { mempool.remove(transaction->id); }
  }
}

/// Only now may a leader's copy take the place of the same body under another signature: a forged one never does.
void Pipeline::State::proposed_verified(const Verification& verification, std::size_t place, bool is_valid) {
  const auto& transaction = verification.transactions[place];
  const bool may_wait = !window.contains(transaction->id) && transaction->body.valid_until > delivered;
  if (is_valid && mempool.find_leaf(transaction->leaf) == nullptr && may_wait) {
    mempool.remove(transaction->id);
    (void)mempool.reserve(transaction, mempool::Mempool::Room::guaranteed);
  }
  const auto found = proposals.find(*verification.proposal);
  if (found == proposals.end()) { return; }
  found->second.in_check[verification.places[place]] = 0;
  if (!is_valid) { found->second.forged = true; }
}

void Pipeline::State::admit(const TransactionId& id, std::uint64_t share_again_ms) {
  mempool.admit(id);
  auto& waiting = share_again_ms == kShareAgainMs ? waiting_own : waiting_others;
  if (waiting.size() >= limits::kMempoolTransactionsMax) { waiting.pop_front(); }
  waiting.push_back({now.steady_ms + share_again_ms, id});
}

void Pipeline::State::share_gathered() {
  const bool is_time = now.steady_ms >= shared_ms + kShareGatherMs || gathered.size() >= kShareGatherTransactions;
  if (gathered.empty() || !is_time) { return; }
  shared_ms = now.steady_ms;
  share(std::exchange(gathered, {}));
}

/// A transaction that only a minority has would wait for one of their turns to lead, while the other leaders see no work.
void Pipeline::State::share_again() {
  if (now.steady_ms < share_again_at_ms) { return; }
  share_again_at_ms = now.steady_ms + kShareRoundMs;
  std::vector<TransactionPointer> again;
  std::size_t bytes = 0;
  for (auto* waiting : {&waiting_own, &waiting_others}) {
    while (!waiting->empty() && waiting->front().share_at_ms <= now.steady_ms && bytes < kShareRoundBytes) {
      const auto id = waiting->front().id;
      waiting->pop_front();
      auto transaction = mempool.find(id);
      if (transaction == nullptr || !mempool.is_admitted(id)) { continue; }
      bytes += transaction->envelope.size();
      again.push_back(std::move(transaction));
      waiting->push_back({now.steady_ms + (waiting == &waiting_own ? kShareAgainMs : kShareForOthersMs), id});
    }
  }
  share(std::move(again));
}

void Pipeline::State::share(std::vector<TransactionPointer> transactions) {
  for (std::size_t first = 0; first < transactions.size(); first += limits::kBatchTransactionsMax) {
    const auto last = std::min(first + limits::kBatchTransactionsMax, transactions.size());
    TransactionBatch batch;
    batch.transactions.assign(transactions.begin() + static_cast<std::ptrdiff_t>(first),
                              transactions.begin() + static_cast<std::ptrdiff_t>(last));
    send(std::nullopt, std::move(batch));
  }
}

void Pipeline::State::drop_refused(const std::function<keten::Status(const Transaction&)>& check) {
  for (const auto& transaction : mempool.all()) {
    const auto checked = check(*transaction);
    if (checked) { continue; }
    mempool.remove(transaction->id);
    effects.dropped.push_back({transaction->id, checked.error()});
  }
}

void Pipeline::State::update_work() {
  const bool pending = mempool.admitted() > 0 || has_unbound_result() || has_open_evidence();
  if (pending == work_told) { return; }
  work_told = pending;
  apply(engine.on_work(pending, now));
}

}  // namespace keten::pipeline
