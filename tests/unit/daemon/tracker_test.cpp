#include "node/daemon/tracker.h"

#include <optional>
#include <string>

#include <boost/test/unit_test.hpp>

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
