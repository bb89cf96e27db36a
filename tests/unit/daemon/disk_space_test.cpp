#include "node/daemon/disk_space.h"

#include <filesystem>

#include <boost/test/unit_test.hpp>

#include "tests/unit/journal/temporary_directory.h"

namespace keten::node {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;
constexpr std::uint64_t kLarge = 1'000'000 * kMebibyte;

BOOST_AUTO_TEST_SUITE(disk_space)

BOOST_AUTO_TEST_CASE(the_smaller_of_length_and_share_is_needed) {
  const SpacePolicy policy;
  BOOST_TEST(policy.needed_bytes(kLarge) == 512 * kMebibyte);
  BOOST_TEST(policy.needed_bytes(1000 * kMebibyte) == 50 * kMebibyte);
}

BOOST_AUTO_TEST_CASE(space_runs_out_in_two_steps_and_comes_back_in_one) {
  const SpacePolicy policy;
  const auto next = [&](SpaceLevel before, std::uint64_t mebibytes) {
    return policy.next(before, mebibytes * kMebibyte, kLarge);
  };
  BOOST_TEST((next(SpaceLevel::enough, 512) == SpaceLevel::enough));
  BOOST_TEST((next(SpaceLevel::enough, 511) == SpaceLevel::low));
  BOOST_TEST((next(SpaceLevel::low, 128) == SpaceLevel::low));
  BOOST_TEST((next(SpaceLevel::low, 127) == SpaceLevel::exhausted));
  BOOST_TEST((next(SpaceLevel::exhausted, 511) == SpaceLevel::exhausted));
  BOOST_TEST((next(SpaceLevel::exhausted, 512) == SpaceLevel::enough));
}

BOOST_AUTO_TEST_CASE(the_ballast_is_given_up_when_the_space_is_exhausted) {
  const test::TemporaryDirectory directory;
  const auto ballast = std::filesystem::path(directory.path()) / "ballast";
  {
    DiskSpace space(directory.path(), {.free_min_bytes = 1, .free_min_percent = 5, .ballast_bytes = kMebibyte});
    BOOST_TEST((space.level() == SpaceLevel::enough));
    BOOST_TEST(space.text().empty());
    BOOST_TEST(std::filesystem::file_size(ballast) == kMebibyte);
  }
  // Needs all of the disk: no disk has that.
  DiskSpace space(directory.path(),
                  {.free_min_bytes = UINT64_MAX, .free_min_percent = 100, .ballast_bytes = kMebibyte});
  BOOST_TEST((space.level() != SpaceLevel::enough));
  BOOST_TEST(std::filesystem::exists(ballast) == (space.level() == SpaceLevel::low));
  BOOST_TEST(space.text().find("free space") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::node
