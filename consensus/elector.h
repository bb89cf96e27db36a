#pragma once

#include <vector>

#include "core/ids.h"

namespace keten::consensus {

/// Who leads which view: a permutation of the set, drawn from chain and epoch, walked round and round.
class Elector {
 public:
  Elector(const ChainId& chain, Epoch epoch, std::size_t validators);
  /// Precondition: view >= 1.
  [[nodiscard]] ValidatorIndex leader(View view) const;

 private:
  std::vector<ValidatorIndex> order_;
};

}  // namespace keten::consensus
