#pragma once

#include <map>
#include <optional>

#include "consensus/elector.h"
#include "core/membership.h"
#include "node/audit/source.h"

namespace keten::audit {

/// What the next block must be, as the blocks before it say. docs/consensus.md, R3.4 and "Epochs".
class HeaderCheck {
 public:
  /// Behind an executed block: the genesis, or where an audit goes on. `membership` is as of it, and as of the heights from
  /// `known_from` on; of older results only the roots are known.
  HeaderCheck(const ChainId& chain, BlockHeader parent, MembershipPointer membership, Height known_from);

  /// The result of an executed height; `membership` is null where it did not change. Those that no header binds any more are
  /// forgotten.
  void executed(Height height, const Hash& state_root, MembershipPointer membership);

  /// The first rule that the header breaks. Precondition: everything up to its parent is executed.
  [[nodiscard]] std::optional<Finding> check(const BlockHeader& header) const;
  /// What a block may hold: its sums, and who may send at the result that it binds.
  [[nodiscard]] std::optional<Finding> check_content(const Block& block) const;
  /// The header was good and is the parent of the next one.
  void accept(const BlockHeader& header);

  [[nodiscard]] const BlockHeader& parent() const { return parent_; }
  [[nodiscard]] const Membership& membership() const { return *memberships_.rbegin()->second; }
  /// Whether the membership at a height is known, so that check_content asks who may send.
  [[nodiscard]] bool knows(Height height) const {
    return !memberships_.empty() && memberships_.begin()->first <= height;
  }

 private:
  [[nodiscard]] SetId next_set(Height bound) const;

  ChainId chain_;
  BlockHeader parent_;
  std::map<Height, MembershipPointer> memberships_;  // from that height on
  std::map<Height, Hash> roots_;
  consensus::Elector elector_;  // of the epoch that the next block is in
};

}  // namespace keten::audit
