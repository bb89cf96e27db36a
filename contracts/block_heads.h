#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "core/history_fact.h"

namespace keten::contracts {

/// What a block itself records about entities, behind its transactions: entries of no transaction (its id is zero), numbered from 0
/// in the order of about(). Context does the same for a transaction. Borrows state and block.
class BlockHeads {
 public:
  BlockHeads(const StateReader& state, const BlockContext& block) : state_(state), block_(block) {}

  /// `state_key` is full.
  void about(std::string_view kind, std::string_view id, Bytes state_key, const Fact& fact);

  /// Adds the heads to `writes`, which hold what the entities' states say now as far as it has changed, and the rows of their
  /// histories to `index`. Ends it.
  void finish(WriteSet& writes, std::vector<IndexEntry>& index);

 private:
  struct Touched {
    Head head;
    Bytes state_key;
  };

  const StateReader& state_;
  const BlockContext& block_;
  std::map<Bytes, Touched> heads_;  ///< by their full keys
  std::vector<IndexEntry> rows_;
  std::uint64_t events_ = 0;
};

}  // namespace keten::contracts
