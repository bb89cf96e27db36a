#include "node/peers/send_queue.h"

#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"

namespace keten::peers {
namespace {

using Kind = SendQueue::Kind;

SharedBytes bytes(std::size_t size, char letter = 'x') { return std::make_shared<const std::string>(size, letter); }

}  // namespace

BOOST_AUTO_TEST_SUITE(send_queue)

BOOST_AUTO_TEST_CASE(what_waits_leaves_in_order_and_in_batches) {
  SendQueue queue({10, 1000});
  for (const char letter : {'a', 'b', 'c'}) { BOOST_TEST(queue.push(bytes(100, letter), Kind::must_arrive).queued); }
  const auto first = queue.take(250);
  BOOST_REQUIRE(first.size() == 2);
  BOOST_TEST(first[0]->front() == 'a');
  BOOST_TEST(queue.bytes() == 100U);
  BOOST_TEST(queue.take(1).size() == 1U);  // at least one, however large
  BOOST_TEST(queue.take(1).empty());
  BOOST_TEST(queue.bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(the_oldest_transactions_make_room_and_blocks_do_not) {
  SendQueue queue({10, 300});
  queue.push(bytes(100, 'B'), Kind::must_arrive);
  queue.push(bytes(100, '1'), Kind::repairable);
  queue.push(bytes(100, '2'), Kind::repairable);
  const auto added = queue.push(bytes(100, '3'), Kind::repairable);
  BOOST_TEST(added.queued);
  BOOST_TEST(added.dropped == 1U);
  const auto left = queue.take(1000);
  BOOST_REQUIRE(left.size() == 3);
  BOOST_TEST(left[0]->front() == 'B');
  BOOST_TEST(left[1]->front() == '2');
  BOOST_TEST(left[2]->front() == '3');
}

BOOST_AUTO_TEST_CASE(a_full_queue_says_so) {
  SendQueue queue({2, 1000});
  queue.push(bytes(1), Kind::must_arrive);
  queue.push(bytes(1), Kind::must_arrive);
  const auto added = queue.push(bytes(1), Kind::must_arrive);
  BOOST_TEST(!added.queued);
  BOOST_TEST(queue.size() == 2U);
  BOOST_TEST(!queue.push(bytes(1001), Kind::repairable).queued);
}

BOOST_AUTO_TEST_CASE(the_lanes_have_the_bounds_of_the_limits) {
  SendQueue votes(lane_bounds(pipeline::Lane::votes));
  for (std::size_t i = 0; i < limits::kPeerVoteQueueMax; ++i) {
    BOOST_REQUIRE(votes.push(bytes(160), Kind::must_arrive).queued);
  }
  BOOST_TEST(!votes.push(bytes(160), Kind::must_arrive).queued);
  BOOST_TEST(lane_bounds(pipeline::Lane::bulk).bytes_max == limits::kPeerBulkQueueBytesMax);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::peers
