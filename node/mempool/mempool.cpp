#include "node/mempool/mempool.h"

#include <iterator>

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
  const auto owner = organisations_.find(transaction->body.organisation);
  const std::size_t owned = owner == organisations_.end() ? 0 : owner->second.bytes;
  if (room == Room::limited && owned + size > limits_.bytes_per_organisation) {
    return failure(ErrorKind::busy, "ORGANISATION_QUOTA",
                   "at most " + std::to_string(limits_.bytes_per_organisation) + " bytes of organisation " +
                       transaction->body.organisation + " may wait; try again in a second");
  }
  organisations_[transaction->body.organisation].bytes += size;
  bytes_ += size;
  by_leaf_.emplace(transaction->leaf, transaction->id);
  by_expiry_.emplace(transaction->body.valid_until, transaction->id);
  entries_.emplace(transaction->id, Entry{transaction});
  return kDone;
}

void Mempool::admit(const TransactionId& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.stage() == Stage::admitted) { return; }
  auto& entry = found->second;
  entry.arrival = ++last_arrival_;
  ++admitted_;
  organisations_[entry.transaction->body.organisation].queue.emplace(entry.arrival, entry.transaction);
}

void Mempool::remove(const TransactionId& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) { return; }
  const auto [transaction, arrival] = found->second;
  entries_.erase(found);
  by_leaf_.erase(transaction->leaf);
  by_expiry_.erase({transaction->body.valid_until, id});
  bytes_ -= transaction->envelope.size();
  const auto owner = organisations_.find(transaction->body.organisation);
  CHECK(owner != organisations_.end());
  owner->second.bytes -= transaction->envelope.size();
  admitted_ -= owner->second.queue.erase(arrival);
  if (owner->second.bytes == 0 && owner->second.queue.empty()) { organisations_.erase(owner); }
}

std::vector<TransactionId> Mempool::expire(Height height) {
  std::vector<TransactionId> expired;
  while (!by_expiry_.empty() && by_expiry_.begin()->first <= height) {
    expired.push_back(by_expiry_.begin()->second);
    remove(expired.back());
  }
  return expired;
}

std::vector<TransactionPointer> Mempool::all() const {
  std::vector<TransactionPointer> result;
  result.reserve(entries_.size());
  for (const auto& [expiry, id] : by_expiry_) { result.push_back(entries_.at(id).transaction); }
  return result;
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
  return found != entries_.end() && found->second.stage() == Stage::admitted;
}

std::vector<TransactionPointer> Mempool::select(const Budget& budget,
                                                const std::function<bool(const Transaction&)>& usable) {
  using Place = std::map<std::uint64_t, TransactionPointer>::const_iterator;
  struct Turn {
    Place next;
    Place end;
  };
  std::vector<Turn> turns;
  const auto join = [&turns](const Organisation& one) { turns.push_back({one.queue.begin(), one.queue.end()}); };
  if (organisations_.empty()) { return {}; }
  auto first = organisations_.lower_bound(next_organisation_);
  if (first == organisations_.end()) { first = organisations_.begin(); }
  for (auto at = first; at != organisations_.end(); ++at) { join(at->second); }
  for (auto at = organisations_.begin(); at != first; ++at) { join(at->second); }

  std::vector<TransactionPointer> selected;
  Budget left = budget;
  while (!turns.empty() && left.transactions > 0) {
    for (std::size_t i = 0; i < turns.size() && left.transactions > 0;) {
      auto& turn = turns[i];
      bool taken = false;
      while (turn.next != turn.end && !taken) {
        const auto& candidate = (turn.next++)->second;
        const bool never_fits = candidate->envelope.size() > budget.bytes || candidate->body.fuel_limit > budget.fuel;
        if (never_fits || !usable(*candidate)) { continue; }
        if (candidate->envelope.size() > left.bytes || candidate->body.fuel_limit > left.fuel) {
          turn.next = turn.end;  // the order of arrival holds: what does not fit waits for the next block
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
  const auto after = std::next(first);
  next_organisation_ = (after == organisations_.end() ? organisations_.begin() : after)->first;
  return selected;
}

}  // namespace keten::mempool
