#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "tests/fuzz/targets.h"

// The fuzz targets without a fuzzer: seeds, stored findings and simple mutations, the same on every machine.
namespace keten::fuzz {
namespace {

/// Each broken property aborts, which Boost.Test reports with the case that did it.
void run(const Target& target, ByteView input) { target.run(input); }

std::vector<Bytes> stored(std::string_view target) {
  std::vector<std::filesystem::path> paths;
  const auto folder = std::filesystem::path("tests/fuzz/corpus") / target;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) { paths.push_back(entry.path()); }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> result;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    result.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return result;
}

std::vector<Bytes> inputs(std::string_view target) {
  auto result = seeds(target);
  for (auto& one : stored(target)) { result.push_back(std::move(one)); }
  return result;
}

BOOST_AUTO_TEST_SUITE(fuzz)

BOOST_AUTO_TEST_CASE(every_target_has_seeds) {
  for (const auto& target : targets()) {
    BOOST_TEST(!seeds(target.name).empty(), target.name);
    BOOST_TEST(find_target(target.name) != nullptr);
  }
  BOOST_TEST(find_target("no such target") == nullptr);
}

BOOST_AUTO_TEST_CASE(seeds_and_findings_keep_the_properties) {
  for (const auto& target : targets()) {
    run(target, {});
    for (const auto& input : inputs(target.name)) { run(target, input); }
  }
}

BOOST_AUTO_TEST_CASE(every_beginning_of_an_input_keeps_the_properties) {
  for (const auto& target : targets()) {
    for (const auto& input : inputs(target.name)) {
      const std::size_t step = 1 + input.size() / 2000;
      for (std::size_t length = 0; length < input.size(); length += step) {
        run(target, ByteView(input).first(length));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(changed_bytes_keep_the_properties) {
  std::uint64_t state = 88172645463325252ULL;  // xorshift: the same changes everywhere
  const auto next = [&state] {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return state;
  };
  for (const auto& target : targets()) {
    for (const auto& input : inputs(target.name)) {
      if (input.empty()) { continue; }
      for (int round = 0; round < 1500; ++round) {
        auto changed = input;
        for (std::uint64_t i = next() % 3 + 1; i > 0; --i) {
          const auto place = next() % changed.size();
          switch (next() % 4) {
            case 0: changed[place] = static_cast<std::uint8_t>(next()); break;
            case 1: changed[place] ^= static_cast<std::uint8_t>(1U << (next() % 8)); break;
            case 2:
              changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(place), static_cast<std::uint8_t>(next()));
              break;
            default:
              if (changed.size() > 1) { changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(place)); }
          }
        }
        run(target, changed);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::fuzz
