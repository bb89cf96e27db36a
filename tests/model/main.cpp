#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/model/variants.h"

// keten_model: asks the model and compares its answers with the expected ones.

namespace {

constexpr std::string_view kUsage =
    "usage: keten_model [--list] [--large] [--trace] [NAME...]\n"
    "  Without a name all variants but the large ones are run. Exit code 1: an answer is not the expected one.\n"
    "  --large   the large variants instead: minutes, and up to 4 GB\n"
    "  --trace   print a shortest way to each violation, expected or not\n"
    "  --list    name the variants and what they ask\n";

/// About 3 GB.
constexpr std::uint64_t kStatesMax = 100'000'000;

bool run(const keten::model::Variant& variant, bool trace) {
  const auto started = std::chrono::steady_clock::now();
  const auto result = keten::model::search(variant.rules, variant.property, kStatesMax);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const bool safe = result.violation.empty();
  const bool expected = result.exhausted && safe == variant.safe;
  const auto* verdict = !result.exhausted ? "TOO LARGE" : safe ? "SAFE" : "UNSAFE";
  std::cout << std::left << std::setw(32) << variant.name << std::setw(10) << verdict << std::right << std::setw(10)
            << result.states << " states " << std::setw(10) << result.transitions << " transitions  depth "
            << std::setw(2) << result.depth << std::fixed << std::setprecision(1) << std::setw(7) << took.count()
            << " s"
            << (expected       ? ""
                : variant.safe ? "  EXPECTED SAFE"
                               : "  EXPECTED UNSAFE")
            << std::endl;
  if (!safe && (trace || !expected)) {
    for (const auto& line : result.trace) { std::cout << "    " << line << "\n"; }
    std::cout << "    so " << result.violation << "\n";
  }
  return expected;
}

}  // namespace

int main(int count, char** values) {
  bool large = false;
  bool trace = false;
  std::vector<std::string_view> names;
  for (const std::string_view argument : std::vector<std::string_view>(values + 1, values + count)) {
    if (argument == "--large") {
      large = true;
    } else if (argument == "--trace") {
      trace = true;
    } else if (argument == "--list") {
      for (const auto& variant : keten::model::variants()) {
        std::cout << std::left << std::setw(32) << variant.name << (variant.safe ? "SAFE    " : "UNSAFE  ")
                  << variant.question << (variant.large ? " (large)" : "") << "\n";
      }
      return 0;
    } else if (argument.starts_with("-")) {
      std::cerr << "keten_model: unknown option " << argument << "\n" << kUsage;
      return 2;
    } else {
      names.push_back(argument);
    }
  }
  for (const auto name : names) {
    const auto& all = keten::model::variants();
    if (std::none_of(all.begin(), all.end(), [&](const auto& variant) { return variant.name == name; })) {
      std::cerr << "keten_model: there is no variant '" << name << "'; --list names them\n";
      return 2;
    }
  }
  bool all_expected = true;
  for (const auto& variant : keten::model::variants()) {
    const bool named = std::find(names.begin(), names.end(), variant.name) != names.end();
    if (named || (names.empty() && variant.large == large)) { all_expected = run(variant, trace) && all_expected; }
  }
  return all_expected ? 0 : 1;
}
