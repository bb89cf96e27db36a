#include "node/daemon/tracker.h"

#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "node/runtime/clock.h"
#include "tests/unit/core/sample_network.h"

namespace keten::node {
namespace {

constexpr std::uint64_t kStart = 1'000;
constexpr std::uint64_t kDeadline = kStart + 60'000;
const std::string kReason = "no quorum: 2 of 4 validators are connected";

struct Fixture {
  Tracker tracker;
  TransactionId id = sample::hash_of("a transaction");
  std::optional<Result<TransactionProgress>> answer;

  void wait(WaitLevel level) {
    BOOST_REQUIRE(
        tracker.wait(id, level, kDeadline, [this](Result<TransactionProgress> result) { answer = std::move(result); }));
  }
};

BOOST_FIXTURE_TEST_SUITE(tracker, Fixture)

BOOST_AUTO_TEST_CASE(who_waits_is_told_soon_after_the_quorum_is_lost) {
  tracker.admitted({id});
  wait(WaitLevel::final);
  tracker.tick(kStart, kReason);
  tracker.tick(kStart + kNoQuorumPatienceMs - 1, kReason);
  BOOST_CHECK(!answer);
  tracker.tick(kStart + kNoQuorumPatienceMs, kReason);
  BOOST_REQUIRE(answer);
  BOOST_REQUIRE(!*answer);
  BOOST_CHECK_EQUAL(answer->error().reason, "NO_QUORUM");
  BOOST_CHECK(!tracker.has_waiters());
}

BOOST_AUTO_TEST_CASE(who_waits_for_what_no_block_can_hold_any_more_is_told_why) {
  tracker.admitted({id});
  wait(WaitLevel::final);
  tracker.dropped({{id, failure(ErrorKind::forbidden, "UNKNOWN_SENDER", "the key was revoked")}});
  BOOST_REQUIRE(answer);
  BOOST_REQUIRE(!*answer);
  BOOST_TEST(answer->error().reason == "UNKNOWN_SENDER");
  BOOST_TEST(answer->error().message.ends_with("the key was revoked"));
  BOOST_CHECK(!tracker.find(id));
}

BOOST_AUTO_TEST_CASE(ten_thousand_late_waits_are_answered_at_once_whatever_waits_to_be_executed) {
  const auto genesis = sample::genesis(4);
  for (std::uint64_t height = 1; height <= limits::kExecutionLagMax; ++height) {
    auto block = std::make_shared<Block>();
    block->header.height = Height{height};
    for (std::uint64_t i = 0; i < limits::kBlockTransactionsMax; ++i) {
      auto transaction = std::make_shared<Transaction>();
      transaction->id = sample::hash_of(std::to_string(height) + "/" + std::to_string(i));
      block->transactions.push_back(transaction);
    }
    tracker.final(block);
  }
  const auto last = tracker.find(sample::hash_of(std::to_string(limits::kExecutionLagMax) + "/5"));
  BOOST_REQUIRE(last);
  BOOST_TEST((last->state == TransactionState::final && last->height == Height{limits::kExecutionLagMax}));
  BOOST_TEST(last->index == 5U);
  std::size_t answered = 0;
  for (std::size_t i = 0; i < limits::kWaitersMax; ++i) {
    BOOST_REQUIRE(tracker.wait(sample::hash_of("unknown" + std::to_string(i)), WaitLevel::final, kDeadline,
                               [&](const Result<TransactionProgress>&) { ++answered; }));
  }
  const auto full = tracker.wait(id, WaitLevel::final, kDeadline, [](const Result<TransactionProgress>&) {});
  BOOST_REQUIRE(!full);
  BOOST_TEST(full.error().reason == "TOO_MANY_WAITERS");
  const auto began = steady_ms();
  tracker.tick(kDeadline, "");
  BOOST_TEST(answered == limits::kWaitersMax);
  BOOST_TEST(steady_ms() - began < 1'000U);
  BOOST_REQUIRE(tracker.wait(id, WaitLevel::final, kDeadline, [](const Result<TransactionProgress>&) {}));
}

BOOST_AUTO_TEST_CASE(a_quorum_that_comes_back_in_time_disturbs_nobody) {
  tracker.admitted({id});
  wait(WaitLevel::final);
  tracker.tick(kStart, kReason);
  tracker.tick(kStart + kNoQuorumPatienceMs - 1, "");
  tracker.tick(kStart + kNoQuorumPatienceMs, kReason);
  tracker.tick(kStart + 2 * kNoQuorumPatienceMs - 1, kReason);
  BOOST_CHECK(!answer);
}

BOOST_AUTO_TEST_CASE(what_is_final_is_executed_without_a_quorum_so_the_wait_goes_on) {
  const auto genesis = sample::genesis(4);
  auto block = std::make_shared<Block>();
  block->header.height = Height{1};
  block->transactions.push_back(sign_transaction(sample::body(genesis.chain_id(), 1), {}, sample::device_key(0)));
  id = block->transactions.front()->id;
  tracker.final(block);
  wait(WaitLevel::executed);
  tracker.tick(kStart, kReason);
  tracker.tick(kStart + kNoQuorumPatienceMs, kReason);
  BOOST_CHECK(!answer);
  tracker.tick(kDeadline, kReason);
  BOOST_CHECK(answer);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::node
