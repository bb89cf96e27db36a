#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/validator_set.h"

namespace keten::consensus {

/// The most validators that may fail together whatever their weights: with equal weights floor((n-1)/3). Any
/// `faults_tolerated + 1` leaders in a row include an honest one.
inline std::uint64_t faults_tolerated(const ValidatorSet& validators) {
  std::vector<std::uint64_t> weights;
  for (const auto& member : validators.members()) { weights.push_back(member.weight); }
  std::sort(weights.begin(), weights.end());
  std::uint64_t count = 0;
  std::uint64_t sum = 0;
  for (const auto weight : weights) {
    sum += weight;
    if (sum > validators.fault_weight()) { break; }
    ++count;
  }
  return count;
}

}  // namespace keten::consensus
