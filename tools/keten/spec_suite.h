#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/result.h"

namespace keten::tools {

/// What became of the commands of one file of the WebAssembly core test suite.
struct SpecCounts {
  std::size_t passed = 0;
  std::vector<std::string> failures;           ///< as in "line 12: expected i32 3, found i32 4"
  std::map<std::string, std::size_t> outside;  ///< commands that need what the subset leaves out, by what that is
  [[nodiscard]] std::size_t outside_count() const;
};

/// Runs the output of `wast2json`; the modules it names lie beside it. Memories without a declared maximum, which the ledger
/// refuses, may grow to 64 MiB here, so that the suite's memory tests can run. Fails when a file cannot be read.
Result<SpecCounts> run_spec_suite(const std::filesystem::path& json_file);

}  // namespace keten::tools
