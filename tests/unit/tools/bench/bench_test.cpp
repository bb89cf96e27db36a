#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <boost/test/unit_test.hpp>
#include <stdlib.h>
#include <unistd.h>

#include "client/transactions.h"
#include "tools/bench/load.h"
#include "tools/bench/report.h"
#include "tools/bench/usage.h"
#include "tools/bench/verify_rate.h"

namespace {

using namespace keten;

client::Sender sender() {
  KeySeed seed;
  seed.bytes[0] = 7;
  return {.chain_id = {}, .organisation = "FarmCo", .key = KeyPair::from_seed(seed)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bench_parts)

BOOST_AUTO_TEST_CASE(transactions_have_exactly_the_asked_size_and_are_all_different) {
  std::set<TransactionId> ids;
  for (const std::size_t size : {300, 399, 400, 401, 402, 403, 404, 405, 406, 407, 408, 512, 1024, 20'000}) {
    for (const std::uint64_t number : {0, 1, 77'777}) {
      const auto transaction = bench::sign_sized(sender(), Height{1'900}, size, number);
      BOOST_REQUIRE(transaction.ok());
      BOOST_TEST((*transaction)->envelope.size() == size);
      BOOST_TEST(has_valid_signature(**transaction));
      ids.insert((*transaction)->id);
    }
  }
  BOOST_TEST(ids.size() == 42U);
}

BOOST_AUTO_TEST_CASE(a_size_that_no_transaction_can_have_is_refused) {
  BOOST_TEST(bench::sign_sized(sender(), Height{1}, 100, 0).error().reason == "TRANSACTION_SIZE");
}

BOOST_AUTO_TEST_CASE(the_middle_and_the_spread_of_measurements) {
  BOOST_TEST(bench::median({3, 1, 2}) == 2.0);
  BOOST_TEST(bench::median({4, 1, 2, 3}) == 2.5);
  BOOST_TEST(bench::spread({90, 100, 110}) == 0.2);
}

BOOST_AUTO_TEST_CASE(zeros_at_the_end_of_a_file_are_preallocation) {
  std::string name = (std::filesystem::temp_directory_path() / "keten-bench-XXXXXX").string();
  BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
  {
    std::ofstream file(name + "/segment", std::ios::binary);
    file << "data" << std::string(200'000, '\0');
    std::ofstream empty(name + "/zeros", std::ios::binary);
    empty << std::string(70'000, '\0');
    std::ofstream full(name + "/full", std::ios::binary);
    full << std::string(70'000, 'x');
  }
  BOOST_TEST(bench::disk_bytes(name) == 70'004U);
  std::filesystem::remove_all(name);
}

BOOST_AUTO_TEST_CASE(our_own_process_uses_memory) {
  const auto usage = bench::process_usage(::getpid());
  BOOST_REQUIRE(usage.has_value());
  BOOST_TEST(usage->rss_bytes > 0U);
}

BOOST_AUTO_TEST_CASE(a_report_compares_what_was_committed_with_what_signatures_allow) {
  bench::Report report;
  report.cores = 2;
  report.verify_before = {10'000, 10'000};
  report.verify_after = {10'000, 10'000};
  report.load.seconds = 10;
  report.load.committed = 25'000;
  report.load.latency_ms = {1, 2, 3, 4, 100};
  report.load.failures["LOST"] = 3;
  bench::NodeShare node;
  node.cpu_s = 2.5;
  node.disk_bytes = 25'000'000;
  node.counters["signatures_verified"] = 25'000;
  report.nodes.assign(4, node);
  const auto document = report.to_json();
  BOOST_TEST(document.find("committed_tx_per_s")->text() == "2500.0");
  BOOST_TEST(document.find("crypto_bound_tx_per_s")->text() == "5000.0");
  BOOST_TEST(document.find("crypto_ratio")->text() == "0.500");
  BOOST_TEST(document.find("disk_bytes_per_tx")->text() == "1000.0");
  BOOST_TEST(document.find("cpu_s_per_1000_tx")->text() == "0.400");
  BOOST_TEST(document.find("failures")->text() == "3");
  BOOST_TEST(document.find("final_latency_ms")->find("p50")->text() == "3.0");
}

BOOST_AUTO_TEST_SUITE_END()
