#include <filesystem>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>
#include <sys/syscall.h>
#include <unistd.h>

#include "node/daemon/disk.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/journal/temporary_directory.h"

namespace keten::node {
namespace {

/// What stood in a directory when it was last synced: what a power failure leaves of it.
struct SyncedDirectories {
  std::mutex mutex;
  std::map<std::string, std::set<std::string>> names;

  void synced(int descriptor) {
    std::error_code error;
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor), error);
    if (error || !std::filesystem::is_directory(path, error)) { return; }
    std::set<std::string> present;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      present.insert(entry.path().filename().string());
    }
    const std::lock_guard lock(mutex);
    names[path.string()] = std::move(present);
  }
  [[nodiscard]] bool hold(const std::filesystem::path& path) {
    const std::lock_guard lock(mutex);
    return names[path.parent_path().string()].contains(path.filename().string());
  }
};

SyncedDirectories& directories() {
  static SyncedDirectories all;
  return all;
}

}  // namespace
}  // namespace keten::node

/// In the place of the library's own: looks on and passes it on.
extern "C" int fsync(int descriptor) {
  keten::node::directories().synced(descriptor);
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace keten::node {
namespace {

BOOST_AUTO_TEST_SUITE(first_start)

BOOST_AUTO_TEST_CASE(every_new_directory_has_its_name_on_the_disk) {
  const test::TemporaryDirectory directory;
  const auto genesis = test::make_genesis();
  Home home{.path = std::filesystem::canonical(directory.path()),
            .config = {},
            .genesis = genesis,
            .chain_id = genesis.chain_id(),
            .validator_keys = {test::key_of(12)}};
  home.config.storage = {
      .journal_preallocate_mb = 0, .segment_preallocate_mb = 0, .cache_mb = 1, .write_buffer_mb = 1, .ballast_mb = 0};
  BOOST_REQUIRE(Disk::open(home).ok());
  for (const auto* name :
       {"data", "data/journal", "data/blocks", "data/state", "data/journal/votes.log", "data/blocks/000001.seg"}) {
    BOOST_TEST(std::filesystem::exists(home.path / name));
    BOOST_TEST(directories().hold(home.path / name), name);
  }
}

BOOST_AUTO_TEST_CASE(a_directory_whose_parents_are_missing_too_is_made_with_all_names) {
  const test::TemporaryDirectory directory;
  const auto path = std::filesystem::canonical(directory.path()) / "one" / "two" / "three";
  BOOST_REQUIRE(journal::machine_files().make_directory(path.string()).ok());
  for (const auto& each : {path, path.parent_path(), path.parent_path().parent_path()}) {
    BOOST_TEST(directories().hold(each));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::node
