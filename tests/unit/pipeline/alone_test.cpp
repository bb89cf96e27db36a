#include <variant>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/pipeline/bench.h"

// One validator: everything that happens is its own doing.
namespace keten::pipeline::test {
namespace {

BOOST_AUTO_TEST_SUITE(one_validator)

BOOST_AUTO_TEST_CASE(a_transaction_goes_from_submission_to_execution_and_nothing_leaves_before_the_disk_says_so) {
  Bench bench(1);
  bench.start();
  const auto transaction = bench.transaction(1);
  bench.clear();
  bench.step(Submitted{7, {transaction}});
  BOOST_TEST(bench.seen.admissions.empty());
  BOOST_REQUIRE(bench.seen.verify_transactions.size() == 1U);
  BOOST_TEST((bench.pipeline->place(transaction->id) == Pipeline::Place::verifying));

  bench.verify();
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"admitted"}, boost::test_tools::per_element());
  BOOST_TEST(bench.seen.admissions[0].ticket == 7U);
  bench.verify();
  // Built, voted for and final in its own eyes, but not durable: nobody may hear of it.
  BOOST_REQUIRE(!bench.seen.persist.empty());
  const auto& first = bench.seen.persist.front();
  BOOST_REQUIRE(first.blocks.size() == 1U);
  BOOST_TEST((first.blocks[0]->transactions[0] == transaction));
  BOOST_TEST(first.blocks[0]->payload_matches());
  BOOST_TEST(!first.records.empty());
  BOOST_TEST(bench.sent<ProposalMessage>().empty());
  BOOST_TEST(bench.sent<Vote>().empty());
  BOOST_TEST(bench.seen.finals.empty());
  BOOST_TEST(bench.seen.execute.empty());

  bench.disk();
  BOOST_REQUIRE(bench.seen.finals.size() == 1U);
  BOOST_REQUIRE(bench.seen.execute.size() == 1U);
  BOOST_TEST((bench.seen.execute[0].block->header.height == Height{1}));
  BOOST_TEST(bench.seen.execute[0].finalization.has_value());
  BOOST_TEST((bench.pipeline->place(transaction->id) == Pipeline::Place::final));
  BOOST_TEST(bench.pipeline->status(bench.now).mempool_transactions == 0U);

  bench.execute();
  const auto status = bench.pipeline->status(bench.now);
  BOOST_TEST((status.executed_height == Height{1}));
  BOOST_TEST((status.state_root == root_after(Height{1})));
  BOOST_TEST(status.quorum);
  BOOST_TEST(status.reason == "");
}

BOOST_AUTO_TEST_CASE(the_result_of_the_last_transaction_is_bound_by_a_block_without_one_and_then_the_chain_rests) {
  Bench bench(1);
  bench.start();
  bench.step(Submitted{1, {bench.transaction(1)}});
  bench.settle();
  bench.elapse(60);
  bench.settle();
  const auto& header = bench.pipeline->engine().floor_header();
  BOOST_TEST((header.height == Height{2}));
  BOOST_TEST((header.executed_height == Height{1}));
  BOOST_TEST((header.state_root == root_after(Height{1})));
  for (int i = 0; i < 100; ++i) {
    bench.elapse(100);
    bench.settle();
  }
  BOOST_TEST((bench.pipeline->engine().floor_header().height == Height{2}));
}

BOOST_AUTO_TEST_CASE(blocks_keep_their_distance) {
  Bench bench(1, 1, 500);
  bench.start();
  bench.step(Submitted{1, {bench.transaction(1)}});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{1}));
  bench.step(Submitted{2, {bench.transaction(2)}});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{1}));
  bench.elapse(499);
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{1}));
  bench.elapse(1);
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{2}));
}

BOOST_AUTO_TEST_CASE(what_may_not_enter_is_refused_before_its_signature_is_checked) {
  Bench bench(1);
  bench.start();
  const auto with = [&](auto change, const KeyPair& key) {
    auto body = sample::body(bench.chain, 1);
    change(body);
    return sign_transaction(body, {}, key);
  };
  const auto device = sample::device_key(0);
  bench.step(Submitted{1,
                       {
                           with([](TransactionBody& b) { b.chain_id = sample::hash_of("another"); }, device),
                           with([](TransactionBody& b) { b.valid_until = Height{0}; }, device),
                           with([](TransactionBody& b) { b.valid_until = Height{2002}; }, device),
                           with([](TransactionBody& b) { b.organisation = "company1"; }, device),
                           with([](TransactionBody&) {}, sample::key_pair("stranger")),
                           with([](TransactionBody& b) { b.fuel_limit = limits::kFuelPerTransactionMax + 1; }, device),
                           with([](TransactionBody& b) { b.contract = "forbidden"; }, device),
                       }});
  const std::vector<std::string> expected = {"WRONG_CHAIN",     "EXPIRED",        "VALID_UNTIL_TOO_FAR",
                                             "UNKNOWN_SENDER",  "UNKNOWN_SENDER", "FUEL_LIMIT_TOO_HIGH",
                                             "ROLE_NOT_ALLOWED"};
  BOOST_TEST(bench.admissions() == expected, boost::test_tools::per_element());
  for (std::uint32_t i = 0; i < expected.size(); ++i) { BOOST_TEST(bench.seen.admissions[i].index == i); }
  BOOST_TEST(bench.seen.verify_transactions.empty());
}

BOOST_AUTO_TEST_CASE(a_bad_signature_is_told_and_its_place_given_back) {
  Bench bench(1);
  bench.start();
  const auto good = bench.transaction(1);
  auto envelope = good->envelope;
  const auto place =
      std::search(envelope.begin(), envelope.end(), good->signature.bytes.begin(), good->signature.bytes.end());
  *place ^= 1U;
  bench.step(Submitted{1, {decode_transaction(envelope).value()}});
  bench.verify();
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"SIGNATURE_INVALID"}, boost::test_tools::per_element());
  BOOST_TEST((bench.pipeline->place(good->id) == Pipeline::Place::unknown));
  bench.clear();
  bench.step(Submitted{2, {good}});
  bench.verify();
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"admitted"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_waits_and_what_is_final_is_not_taken_again) {
  Bench bench(1);
  bench.start();
  const auto transaction = bench.transaction(1);
  bench.step(Submitted{1, {transaction, transaction}});
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"DUPLICATE"}, boost::test_tools::per_element());
  bench.settle();
  bench.clear();
  bench.step(Submitted{2, {transaction}});
  BOOST_TEST(bench.admissions() == std::vector<std::string>{"DUPLICATE"}, boost::test_tools::per_element());
  BOOST_TEST(bench.seen.admissions[0].status.error().message.find("is final already") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_idle_chain_wakes_rarely_and_beats_once_a_minute) {
  Bench bench(1);
  bench.start();
  bench.settle();
  const auto begin = bench.now.steady_ms;
  std::size_t wakes = 0;
  while (bench.now.steady_ms < begin + 150'000) {
    bench.elapse(bench.seen.wake_at_ms - bench.now.steady_ms);
    bench.settle();
    ++wakes;
  }
  BOOST_TEST(wakes < 150 * 8U);
  const auto height = bench.pipeline->status(bench.now).height.value;
  BOOST_TEST(height >= 2U);
  BOOST_TEST(height <= 4U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::pipeline::test
