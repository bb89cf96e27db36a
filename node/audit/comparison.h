#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/genesis.h"
#include "node/audit/source.h"
#include "node/audit/split_view.h"

namespace keten::audit {

/// What two ledgers have in common, and the first thing they disagree on.
struct Comparison {
  Height first_tip;
  Height second_tip;
  Height equal_to;              ///< the highest height up to which nothing differs
  std::uint64_t looked_at = 0;  ///< blocks that were asked for on either side
  std::uint64_t entries = 0;    ///< of tables compared, 0: they were not
  /// In `expected` what the first one says, in `found` what the second one says.
  std::optional<Finding> difference;
  /// When the difference is that of two blocks: each side's finalization is good.
  std::optional<SplitView> split;
  std::vector<std::string> notes;  ///< for people: which side is not proved, what could not be compared
};

/// The first difference, by bisection over block ids and then over results: both chain what came before, so that few blocks are
/// looked at. Then receipts and, where both have tables of the same height, the keys. Verifies no signature but those of the
/// certificates that a split rests on. Fails with the reasons of the sources.
[[nodiscard]] Result<Comparison> compare(const LedgerSource& first, const LedgerSource& second, const Genesis& genesis);

}  // namespace keten::audit
