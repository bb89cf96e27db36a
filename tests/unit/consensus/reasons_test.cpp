// Why nothing becomes final. docs/operations.md, "What a status says".
#include <boost/test/unit_test.hpp>

#include "tests/unit/consensus/engine_fixtures.h"

namespace keten::consensus::test {
namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Everybody says every second that it is there; the time-outs of this engine are not its subject.
void pass(Bench& bench, std::uint64_t duration_ms, bool others_are_heard) {
  for (std::uint64_t passed = 0; passed < duration_ms; passed += 500) {
    bench.advance(500);
    if (!others_are_heard) { continue; }
    consensus::Status status;
    status.view = bench.engine->view();
    for (const auto peer : bench.others()) { bench.receive(peer, status); }
  }
}

BOOST_AUTO_TEST_SUITE(reasons)

BOOST_FIXTURE_TEST_CASE(who_keeps_the_view_from_ending_is_named_within_five_seconds, Watcher) {
  bench.start();
  BOOST_TEST(bench.engine->stuck_reason(bench.now()).empty());
  pass(bench, 5000, false);
  const auto text = bench.engine->stuck_reason(bench.now());
  BOOST_TEST(contains(text, "voices of weight 1 are heard, 3 of 4 are needed"));
  BOOST_TEST(contains(text, "not heard: "));
}

BOOST_FIXTURE_TEST_CASE(a_leader_that_is_there_and_proposes_nothing_is_named, Watcher) {
  bench.start();
  pass(bench, 5000, true);
  const auto text = bench.engine->stuck_reason(bench.now());
  const auto leader = bench.set.at(bench.leader(1)).node;
  BOOST_TEST(contains(text, "voices of weight 4 are heard"));
  BOOST_TEST(contains(text, leader + " is heard and has proposed nothing"));
}

BOOST_FIXTURE_TEST_CASE(a_block_that_is_ahead_of_the_own_clock_is_named, Watcher) {
  auto early = one;
  early.time = bench.now().wall_ms + 3'600'000;
  bench.start();
  bench.accept(bench.proposal(early, 0));
  pass(bench, 5000, true);
  const auto text = bench.engine->stuck_reason(bench.now());
  BOOST_TEST(contains(text, " is 3595000 ms ahead of this node's clock, at most 5000 are allowed: compare the clocks"));
}

BOOST_FIXTURE_TEST_CASE(a_block_that_this_node_refuses_is_named, Watcher) {
  bench.start();
  bench.receive(bench.proposal(one, 0));
  bench.rejected(one);
  pass(bench, 5000, true);
  BOOST_TEST(contains(bench.engine->stuck_reason(bench.now()), "this node refuses the block of "));
}

BOOST_FIXTURE_TEST_CASE(views_that_end_in_vain_are_named_with_their_leaders, Watcher) {
  bench.start();
  for (std::uint64_t view = 1; view <= 5; ++view) {
    bench.advance(1000);
    bench.receive(bench.certificate(Bench::nullify(view)));
  }
  const auto text = bench.engine->stuck_reason(bench.now());
  BOOST_TEST(contains(text, "nothing has become final for 5 s while transactions wait: views end without a block"));
  BOOST_TEST(contains(text, bench.set.at(bench.leader(5)).node));
  BOOST_TEST(contains(text, bench.set.at(bench.leader(3)).node));

  bench.take(bench.engine->on_work(false, bench.now()));
  BOOST_TEST(bench.engine->stuck_reason(bench.now()).empty());  // nothing to do is no reason to worry
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::consensus::test
