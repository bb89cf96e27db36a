#include "tests/simulator/mutants.h"

#include <algorithm>

#include "core/mutant.h"

namespace keten::simulator {

#ifdef KETEN_MUTANTS

std::vector<std::string_view> mutant_names() {
#define KETEN_MUTANT_TEXT(name) #name,
  return {KETEN_MUTANT_NAMES(KETEN_MUTANT_TEXT)};
#undef KETEN_MUTANT_TEXT
}

bool plant_mutant(std::string_view name) {
  const auto names = mutant_names();
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) { return false; }
  planted_mutant = static_cast<Mutant>(found - names.begin() + 1);
  return true;
}

#else

std::vector<std::string_view> mutant_names() { return {}; }
bool plant_mutant(std::string_view /*name*/) { return false; }

#endif

}  // namespace keten::simulator
