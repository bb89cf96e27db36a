#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/model/rules.h"

namespace keten::model {

enum class Property : std::uint8_t {
  no_fork,
  no_fork_and_lemmas,  ///< also L1 and L2, on which the proof rests
};

struct Result {
  std::string violation;           ///< empty: every reachable state is safe
  std::vector<std::string> trace;  ///< a shortest way there
  std::uint64_t states = 0;        ///< up to renaming validators and the two subjects of a view
  std::uint64_t transitions = 0;
  int depth = 0;          ///< of the last state that was looked at
  bool exhausted = true;  ///< false: more states than `states_max`, and so no verdict
};

/// Breadth first from the start until nothing is new or the property is broken.
Result search(const Rules& rules, Property property, std::uint64_t states_max);

/// The least of all states that differ from this one by names only. Equal for equivalent states.
struct Packed {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend auto operator<=>(const Packed&, const Packed&) = default;
};
Packed canonical(const Rules& rules, const State& state);
State unpack(const Packed& packed);

}  // namespace keten::model
