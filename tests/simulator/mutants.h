#pragma once

#include <string_view>
#include <vector>

namespace keten::simulator {

/// The bugs that this program can be ordered to have; none but in keten_simulate_mutants. core/mutant.h
std::vector<std::string_view> mutant_names();
/// Before anything runs. False when there is no such bug.
bool plant_mutant(std::string_view name);

}  // namespace keten::simulator
