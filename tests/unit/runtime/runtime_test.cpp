#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sys/stat.h>

#include "node/runtime/certificates.h"
#include "node/runtime/inbox.h"
#include "node/runtime/log.h"
#include "node/runtime/metrics.h"
#include "node/runtime/secrets.h"
#include "node/runtime/threads.h"
#include "node/runtime/worker_pool.h"

namespace keten {
namespace {

/// A directory that disappears with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "keten-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(inbox)

BOOST_AUTO_TEST_CASE(a_full_inbox_leaves_the_value_with_whoever_brought_it) {
  Inbox<std::string> inbox(2);
  std::vector<std::string> values{"a", "b", "c"};
  std::size_t taken = 0;
  BOOST_TEST((inbox.push_some(values, taken) == Inbox<std::string>::Pushed::full));
  BOOST_TEST(taken == 2U);
  std::string kept = "d";
  BOOST_TEST((inbox.push(std::move(kept)) == Inbox<std::string>::Pushed::full));
  BOOST_TEST(kept == "d");  // NOLINT: the point of the test
  BOOST_TEST(inbox.push_completion("e"));
  std::vector<std::string> out;
  BOOST_TEST(inbox.pop_all(out, 0));
  BOOST_TEST(out == (std::vector<std::string>{"a", "b", "e"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_closed_inbox_gives_what_it_has_and_then_ends) {
  Inbox<int> inbox(4);
  BOOST_TEST((inbox.push(1) == Inbox<int>::Pushed::taken));
  inbox.close();
  BOOST_TEST((inbox.push(2) == Inbox<int>::Pushed::closed));
  BOOST_TEST(!inbox.push_completion(3));
  std::vector<int> out;
  BOOST_TEST(inbox.pop_all(out, kNever));
  BOOST_TEST(out.size() == 1U);
  BOOST_TEST(!inbox.pop_all(out, kNever));
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_wait_of_an_empty_inbox) {
  Inbox<int> inbox(4);
  std::vector<int> out;
  const auto begin = steady_ms();
  BOOST_TEST(inbox.pop_all(out, begin + 20));
  BOOST_TEST(out.empty());
  BOOST_TEST(steady_ms() >= begin + 20);
}

BOOST_AUTO_TEST_CASE(many_producers_lose_nothing) {
  Inbox<int> inbox(64);
  std::vector<std::jthread> producers;
  for (int p = 0; p < 4; ++p) {
    producers.push_back(start_thread("producer", [&inbox](const std::stop_token&) {
      for (int i = 1; i <= 1000; ++i) {
        int value = i;
        while (inbox.push(std::move(value)) != Inbox<int>::Pushed::taken) { std::this_thread::yield(); }
      }
    }));
  }
  long sum = 0;
  std::size_t count = 0;
  std::vector<int> out;
  while (count < 4000 && inbox.pop_all(out, steady_ms() + 20'000) && !out.empty()) {
    for (const int value : out) { sum += value; }
    count += out.size();
  }
  BOOST_TEST(sum == 4L * 500'500L);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(worker_pool)

BOOST_AUTO_TEST_CASE(a_batch_is_worked_on_in_pieces_and_done_once) {
  WorkerPool pool("test", 3, 100);
  std::vector<std::atomic<int>> touched(1000);
  std::atomic<bool> is_small{true};
  std::promise<void> finished;
  BOOST_REQUIRE(pool.submit_batch(
      touched.size(), 64,
      [&](std::size_t first, std::size_t last) {
        if (last - first > 64) { is_small = false; }
        for (auto i = first; i < last; ++i) { ++touched[i]; }
      },
      [&] { finished.set_value(); }));
  BOOST_REQUIRE(finished.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
  BOOST_TEST(is_small);
  BOOST_TEST(std::all_of(touched.begin(), touched.end(), [](const auto& count) { return count == 1; }));
}

BOOST_AUTO_TEST_CASE(an_empty_batch_is_done_too) {
  WorkerPool pool("test", 1, 4);
  std::promise<void> finished;
  BOOST_REQUIRE(pool.submit_batch(
      0, 10, [](std::size_t, std::size_t) {}, [&] { finished.set_value(); }));
  BOOST_TEST((finished.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(a_full_queue_refuses_a_batch_as_a_whole) {
  WorkerPool pool("test", 1, 4);
  std::promise<void> started;
  std::promise<void> release;
  BOOST_REQUIRE(pool.submit([&] {
    started.set_value();
    release.get_future().wait();
  }));
  started.get_future().wait();
  std::atomic<int> done{0};
  const auto nothing = [](std::size_t, std::size_t) {};
  BOOST_TEST(!pool.submit_batch(50, 10, nothing, [&] { ++done; }));
  BOOST_TEST(pool.waiting() == 0U);
  BOOST_TEST(pool.submit_batch(40, 10, nothing, [&] { ++done; }));
  BOOST_TEST(!pool.submit([] {}));
  release.set_value();
  const auto deadline = steady_ms() + 20'000;
  while (done == 0 && steady_ms() < deadline) { std::this_thread::yield(); }
  BOOST_TEST(done == 1);
  pool.stop();
  BOOST_TEST(!pool.submit([] {}));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(log)

BOOST_AUTO_TEST_CASE(no_text_from_outside_forges_a_line_or_reaches_a_terminal) {
  BOOST_TEST(log_escaped("a\r\nERROR b") == "a\\x0d\\x0aERROR b");
  BOOST_TEST(log_escaped("\x1b[31mred") == "\\x1b[31mred");
  BOOST_TEST(log_escaped("\xc2\x9b"
                         "31m") == "\\xc2\\x9b31m");
  BOOST_TEST(log_escaped("Z\xc3\xbcrich") == "Z\xc3\xbcrich");
  BOOST_TEST(log_escaped(std::string(10'000, 'x')).size() == 4099U);
}

BOOST_AUTO_TEST_CASE(levels_and_formats_have_names) {
  BOOST_TEST((*parse_log_level("warning") == LogLevel::warning));
  BOOST_TEST(parse_log_level("loud").error().reason == "CONFIG_INVALID");
  BOOST_TEST((*parse_log_format("json") == LogFormat::json));
  BOOST_TEST(!parse_log_format("xml").ok());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(what_is_measured_appears_in_the_exposition) {
  Metrics metrics;
  auto counter = metrics.counter("keten_things_total", "Things", {{"kind", "big"}});
  counter.add(3);
  metrics.counter("keten_things_total", "Things", {{"kind", "big"}}).add();
  metrics.histogram("keten_wait_seconds", "Waits", {0.1, 1}).observe(0.5);
  auto gauge = metrics.gauge("keten_height", "Height");
  metrics.before_text([gauge]() mutable { gauge.set(7); });
  const auto text = metrics.text();
  for (const std::string line : {"# HELP keten_things_total Things", "keten_things_total{kind=\"big\"} 4",
                                 "keten_wait_seconds_bucket{le=\"1\"} 1", "keten_height 7"}) {
    BOOST_TEST(text.find(line) != std::string::npos, line);
  }
  BOOST_TEST(metrics.counters().at("keten_things_total{kind=big}") == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(secrets)

BOOST_AUTO_TEST_CASE(a_key_file_reads_back_and_is_never_overwritten) {
  const TemporaryDirectory directory;
  const auto seed = random_fixed<KeySeed>();
  const auto path = directory.file("node.key");
  BOOST_REQUIRE(write_key_file(path, seed).ok());
  struct stat found {};
  BOOST_REQUIRE(::stat(path.c_str(), &found) == 0);
  BOOST_TEST((found.st_mode & 07777U) == 0600U);
  BOOST_TEST((*read_key_file(path) == seed));
  BOOST_TEST(write_key_file(path, seed).error().reason == "FILE_EXISTS");
}

BOOST_AUTO_TEST_CASE(a_key_that_others_can_read_is_refused_with_the_remedy) {
  const TemporaryDirectory directory;
  const auto path = directory.file("node.key");
  BOOST_REQUIRE(write_key_file(path, random_fixed<KeySeed>()).ok());
  ::chmod(path.c_str(), 0640);
  const auto read = read_key_file(path);
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().reason == "KEY_FILE_MODE");
  BOOST_TEST(read.error().message.find("expected 0600, found 0640; run chmod 600 " + path) != std::string::npos);
  ::chmod(path.c_str(), 0400);
  BOOST_TEST(read_key_file(path).ok());
}

BOOST_AUTO_TEST_CASE(a_damaged_key_file_is_refused_without_showing_it) {
  const TemporaryDirectory directory;
  BOOST_TEST(read_key_file(directory.file("none")).error().reason == "KEY_FILE_MISSING");
  const std::string half(62, 'a');
  BOOST_REQUIRE(write_secret_file(directory.file("half"), half).ok());
  const auto read = read_key_file(directory.file("half"));
  BOOST_REQUIRE(!read);
  BOOST_TEST(read.error().reason == "KEY_FILE_INVALID");
  BOOST_TEST(read.error().message.find(half) == std::string::npos);
  BOOST_REQUIRE(write_secret_file(directory.file("long"), std::string(64 * 1024 + 1, 'a')).ok());
  BOOST_TEST(read_secret_file(directory.file("long")).error().reason == "KEY_FILE_INVALID");
  BOOST_REQUIRE(write_secret_file(directory.file("most"), std::string(64 * 1024, 'a')).ok());
  BOOST_TEST(read_secret_file(directory.file("most")).ok());
}

BOOST_AUTO_TEST_CASE(a_directory_or_a_pipe_is_not_a_key) {
  const TemporaryDirectory directory;
  BOOST_TEST(read_secret_file(directory.file("")).error().reason == "KEY_FILE_MODE");
  BOOST_REQUIRE(::mkfifo(directory.file("pipe").c_str(), 0600) == 0);
  BOOST_TEST(read_secret_file(directory.file("pipe")).error().reason == "KEY_FILE_MODE");
}

BOOST_AUTO_TEST_CASE(random_bytes_differ) {
  BOOST_TEST(protect_process().ok());
  BOOST_TEST((random_fixed<KeySeed>() != random_fixed<KeySeed>()));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(certificates)

BOOST_AUTO_TEST_CASE(a_certificate_names_its_node_and_has_its_own_pin) {
  const auto farm = make_certificate("farm-1");
  const auto other = make_certificate("farm-1");
  BOOST_REQUIRE(farm);
  BOOST_TEST(*certificate_name(farm->certificate_pem) == "farm-1");
  BOOST_TEST((*certificate_pin(farm->certificate_pem) != *certificate_pin(other->certificate_pem)));
  BOOST_TEST(
      (*certificate_pin("any text before\n" + farm->certificate_pem) == *certificate_pin(farm->certificate_pem)));
  BOOST_TEST(farm->key_pem.starts_with("-----BEGIN PRIVATE KEY-----"));
  BOOST_TEST(farm->certificate_pem.find("PRIVATE") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_name_that_is_not_one_is_refused) {
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\0b", 3), std::string("a,DNS:b"), std::string(65, 'a')}) {
    BOOST_TEST(make_certificate(bad).error().reason == "NAME_INVALID");
  }
  BOOST_TEST(make_certificate(std::string(64, 'a')).ok());
}

BOOST_AUTO_TEST_CASE(several_certificates_in_one_text_are_found_one_by_one) {
  const auto a = make_certificate("a")->certificate_pem;
  const auto b = make_certificate("b")->certificate_pem;
  const auto found = split_certificates("# a\n" + a + "\n# b\n" + b);
  BOOST_REQUIRE(found);
  BOOST_TEST((*found == std::vector<std::string>{a, b}));
  BOOST_TEST(split_certificates("")->empty());
  BOOST_TEST(split_certificates(a + b.substr(0, b.size() / 2)).error().reason == "CERTIFICATE_INVALID");
  BOOST_TEST(certificate_pin("nothing").error().reason == "CERTIFICATE_INVALID");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten
