#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/evidence.h"
#include "core/json.h"
#include "node/audit/source.h"

namespace keten::audit {

/// One chain of headers that a quorum has finalized.
struct FinalizedChain {
  std::string source;                ///< who says so
  std::vector<BlockHeader> headers;  ///< each the parent of the next; the last one is finalized
  Certificate finalization;
};

/// Two finalized chains of one epoch that part at their first headers: both cannot be true, and a quorum has signed each.
struct SplitView {
  ChainId chain;
  Epoch epoch;
  ValidatorSet validators;
  FinalizedChain first;
  FinalizedChain second;

  /// Places of those who voted for both. More weight than may be faulty; but only whoever stands in `evidence` is proved to be: an
  /// honest validator may sign both in different views when others let two notarizations pass.
  [[nodiscard]] std::vector<ValidatorIndex> signed_both() const;
  /// Two votes of one view by one validator each. Empty when the finalizations are of different views.
  [[nodiscard]] std::vector<Evidence> evidence() const;
  /// docs/audit.md, "Two truths".
  [[nodiscard]] json::Value to_json() const;
};

/// Both chains are well formed, of that chain and epoch, begin at one height behind one parent with different blocks, and
/// each is finalized by a quorum of `validators`. Fails with SPLIT_VIEW_INVALID naming what does not hold.
[[nodiscard]] Status check(const SplitView& split);

}  // namespace keten::audit
