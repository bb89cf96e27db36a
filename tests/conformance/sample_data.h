#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace keten::conformance {

/// The folder with public sample data: the environment variable KETEN_CONFORMANCE_DATA, or the build's setting.
inline std::filesystem::path data_folder() {
  const char* chosen = std::getenv("KETEN_CONFORMANCE_DATA");
  return chosen != nullptr ? chosen : KETEN_CONFORMANCE_DATA;
}

/// Sorted, so that failures come in the same order everywhere. Empty when the folder is absent.
inline std::vector<std::filesystem::path> files_in(const std::string& folder, const std::string& extension) {
  std::vector<std::filesystem::path> result;
  const auto path = data_folder() / folder;
  if (!std::filesystem::is_directory(path)) { return result; }
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    if (entry.path().extension() == extension) { result.push_back(entry.path()); }
  }
  std::sort(result.begin(), result.end());
  return result;
}

inline std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// For `* boost::unit_test::precondition(has_data("..."))`: without data, the case is skipped and says so.
struct has_data {
  std::string place;
  explicit has_data(std::string name) : place(std::move(name)) {}
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id /*unit*/) const {
    boost::test_tools::assertion_result result(std::filesystem::exists(data_folder() / place));
    const auto reason = "no sample data at " + (data_folder() / place).string();
    result.message() << reason;
    // Boost is silent about skipped cases by default; ctest shows the program as skipped when it reads this line.
    if (!result) { std::fprintf(stderr, "SKIPPED: %s\n", reason.c_str()); }
    return result;
  }
};

}  // namespace keten::conformance
