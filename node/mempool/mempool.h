#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ids.h"
#include "core/limits.h"
#include "core/transaction.h"

namespace keten::mempool {

struct Limits {
  std::size_t transactions = limits::kMempoolTransactionsMax;
  std::size_t bytes = limits::kMempoolBytesMax;
  std::size_t bytes_per_organisation = limits::kMempoolBytesPerOrganisation;
};

/// How much a block may take.
struct Budget {
  std::uint64_t transactions = 0;
  std::uint64_t bytes = 0;
  std::uint64_t fuel = 0;
};

/// Transactions that wait for a block. First verifying (space is reserved, nothing is proposed), then admitted. Fair
/// between organisations: a block takes from them in turn, each in the order of arrival.
class Mempool {
 public:
  explicit Mempool(Limits limits = {}) : limits_(limits) {}

  enum class Stage : std::uint8_t { verifying, admitted };

  enum class Room : std::uint8_t {
    limited,    ///< clients and gossip
    guaranteed  ///< a leader's proposal needs it: a full mempool must never stop the blocks that would empty it
  };

  /// Reserves a place. Fails with DUPLICATE (it waits already), MEMPOOL_FULL or ORGANISATION_QUOTA.
  [[nodiscard]] Status reserve(const TransactionPointer& transaction, Room room = Room::limited);
  /// Its signature holds: it may be proposed. Nothing happens when it has left meanwhile.
  void admit(const TransactionId& id);
  void remove(const TransactionId& id);
  /// Drops what cannot enter a block above `height` any more; returns the ids.
  std::vector<TransactionId> expire(Height height);

  /// Everything that has a place; those that expire first come first.
  [[nodiscard]] std::vector<TransactionPointer> all() const;

  /// Null when unknown.
  [[nodiscard]] TransactionPointer find(const TransactionId& id) const;
  [[nodiscard]] TransactionPointer find_leaf(const Hash& leaf) const;
  [[nodiscard]] bool contains(const TransactionId& id) const { return entries_.contains(id); }
  [[nodiscard]] bool is_admitted(const TransactionId& id) const;

  /// Admitted transactions in a fair order within the budget. `usable` says whether one may stand in this block. What is
  /// larger than the whole budget holds up nobody.
  [[nodiscard]] std::vector<TransactionPointer> select(const Budget& budget,
                                                       const std::function<bool(const Transaction&)>& usable);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t admitted() const { return admitted_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    TransactionPointer transaction;
    std::uint64_t arrival = 0;  ///< when it was admitted: its place in the queue; 0 while it is verified
    [[nodiscard]] Stage stage() const { return arrival == 0 ? Stage::verifying : Stage::admitted; }
  };
  struct Organisation {
    std::map<std::uint64_t, TransactionPointer> queue;  ///< admitted, by arrival
    std::size_t bytes = 0;                              ///< of everything that has a place
  };

  Limits limits_;
  std::unordered_map<TransactionId, Entry, FixedBytesHash> entries_;
  std::unordered_map<Hash, TransactionId, FixedBytesHash> by_leaf_;
  std::map<std::string, Organisation> organisations_;
  std::set<std::pair<Height, TransactionId>> by_expiry_;
  std::string next_organisation_;  ///< whose turn it is
  std::uint64_t last_arrival_ = 0;
  std::size_t bytes_ = 0;
  std::size_t admitted_ = 0;
};

}  // namespace keten::mempool
