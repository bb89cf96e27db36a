#include "node/mempool/mempool.h"

#include <algorithm>

namespace keten::mempool {

Status Mempool::reserve(const TransactionPointer& transaction, Room room) {
  if (entries_.contains(transaction->id)) {
    return failure(ErrorKind::conflict, "DUPLICATE", "transaction " + transaction->id.hex() + " waits already");
  }
  const std::size_t size = transaction->envelope.size();
  if (room == Room::limited && (entries_.size() >= limits_.transactions || bytes_ + size > limits_.bytes)) {
    return failure(ErrorKind::busy, "MEMPOOL_FULL",
                   "at most " + std::to_string(limits_.transactions) + " transactions and " +
                       std::to_string(limits_.bytes) + " bytes may wait; try again in a second");
  }
  auto& organisation = organisations_[transaction->body.organisation];
  if (room == Room::limited && organisation.bytes + size > limits_.bytes_per_organisation) {
    return failure(ErrorKind::busy, "ORGANISATION_QUOTA",
                   "at most " + std::to_string(limits_.bytes_per_organisation) + " bytes of organisation " +
                       transaction->body.organisation + " may wait; try again in a second");
  }
  organisation.bytes += size;
  bytes_ += size;
  by_leaf_.emplace(transaction->leaf, transaction->id);
  by_expiry_[transaction->body.valid_until].push_back(transaction->id);
  entries_.emplace(transaction->id, Entry{transaction, Stage::verifying});
  return kDone;
}

void Mempool::admit(const TransactionId& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.stage == Stage::admitted) { return; }
  found->second.stage = Stage::admitted;
  ++admitted_;
  organisations_[found->second.transaction->body.organisation].queue.push_back(found->second.transaction);
}

void Mempool::remove(const TransactionId& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) { return; }
  const auto transaction = found->second.transaction;
  if (found->second.stage == Stage::admitted) { --admitted_; }
  entries_.erase(found);
  by_leaf_.erase(transaction->leaf);
  bytes_ -= transaction->envelope.size();
  const auto owner = organisations_.find(transaction->body.organisation);
  CHECK(owner != organisations_.end());
  owner->second.bytes -= transaction->envelope.size();
  drop_departed(owner->second);
  if (owner->second.bytes == 0 && owner->second.queue.empty()) { organisations_.erase(owner); }
}

std::vector<TransactionId> Mempool::expire(Height height) {
  std::vector<TransactionId> expired;
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= height) {
    const auto ids = std::move(by_expiry_.begin()->second);
    by_expiry_.erase(by_expiry_.begin());
    for (const auto& id : ids) {
      if (!entries_.contains(id)) { continue; }
      remove(id);
      expired.push_back(id);
    }
  }
  return expired;
}

TransactionPointer Mempool::find(const TransactionId& id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.transaction;
}

TransactionPointer Mempool::find_leaf(const Hash& leaf) const {
  const auto found = by_leaf_.find(leaf);
  return found == by_leaf_.end() ? nullptr : find(found->second);
}

bool Mempool::is_admitted(const TransactionId& id) const {
  const auto found = entries_.find(id);
  return found != entries_.end() && found->second.stage == Stage::admitted;
}

void Mempool::drop_departed(Organisation& organisation) {
  while (!organisation.queue.empty() && !entries_.contains(organisation.queue.front()->id)) {
    organisation.queue.pop_front();
  }
}

std::vector<TransactionPointer> Mempool::select(const Budget& budget,
                                                const std::function<bool(const Transaction&)>& usable) {
  struct Turn {
    const Organisation* organisation;
    std::size_t next = 0;
  };
  std::vector<Turn> turns;
  const auto first = organisations_.lower_bound(next_organisation_);
  for (auto at = first; at != organisations_.end(); ++at) { turns.push_back({&at->second}); }
  for (auto at = organisations_.begin(); at != first; ++at) { turns.push_back({&at->second}); }
  if (turns.empty()) { return {}; }

  std::vector<TransactionPointer> selected;
  Budget left = budget;
  while (!turns.empty() && left.transactions > 0) {
    for (std::size_t i = 0; i < turns.size() && left.transactions > 0;) {
      auto& turn = turns[i];
      const auto& queue = turn.organisation->queue;
      bool taken = false;
      while (turn.next < queue.size() && !taken) {
        const auto& candidate = queue[turn.next++];
        if (!is_admitted(candidate->id) || !usable(*candidate)) { continue; }
        if (candidate->envelope.size() > left.bytes || candidate->body.fuel_limit > left.fuel) {
          turn.next = queue.size();  // the order of arrival holds: what does not fit waits for the next block
          break;
        }
        left.bytes -= candidate->envelope.size();
        left.fuel -= candidate->body.fuel_limit;
        --left.transactions;
        selected.push_back(candidate);
        taken = true;
      }
      if (taken) {
        ++i;
      } else {
        turns.erase(turns.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }
  const auto after = organisations_.upper_bound(next_organisation_);
  next_organisation_ = after == organisations_.end() ? std::string() : after->first;
  return selected;
}

}  // namespace keten::mempool
