#include "node/journal/file.h"

#include <chrono>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/journal/temporary_directory.h"

namespace keten::journal {
namespace {

/// While it lives, no descriptor is free.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{64, before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    for (int one = ::open("/dev/null", O_RDONLY); one >= 0; one = ::open("/dev/null", O_RDONLY)) {
      taken_.push_back(one);
    }
    BOOST_REQUIRE(!taken_.empty());
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    for (const int one : taken_) { ::close(one); }
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  void free_one() {
    ::close(taken_.back());
    taken_.pop_back();
  }

 private:
  rlimit before_{};
  std::vector<int> taken_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(file)

BOOST_AUTO_TEST_CASE(an_open_without_a_free_descriptor_waits_for_one) {
  const test::TemporaryDirectory directory;
  NoDescriptors full;
  std::jthread frees([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    full.free_one();
  });
  const auto opened = machine_files().open(directory.path() + "/new", OpenMode::make_empty);
  frees.join();
  BOOST_TEST(opened.ok(), (opened ? "" : opened.error().message));
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_none_is_an_error_and_no_exception) {
  const test::TemporaryDirectory directory;
  const auto names = machine_files().list(directory.path() + "/nowhere");
  BOOST_REQUIRE(!names.ok());
  BOOST_TEST(names.error().reason == "FILE_IO");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::journal
