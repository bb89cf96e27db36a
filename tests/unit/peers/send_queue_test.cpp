#include "node/peers/send_queue.h"

#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "node/peers/handshake.h"

namespace keten::peers {
namespace {

using Kind = SendQueue::Kind;

SharedBytes bytes(std::size_t size, char letter = 'x') { return std::make_shared<const std::string>(size, letter); }

/// Two validators that know each other.
struct Pair {
  KeyPair key_a = KeyPair::from_seed({});
  KeyPair key_b = KeyPair::from_seed({{1}});
  Acquaintance a;
  Acquaintance b;

  Pair() {
    a.chain_id.bytes.fill(5);
    a.validators =
        ValidatorSet({{"FarmCo", "farm-1", key_a.public_key(), 1}, {"PortCo", "port-1", key_b.public_key(), 1}});
    a.pins.resize(2);
    a.pins[0].bytes.fill(1);
    a.pins[1].bytes.fill(2);
    b = a;
    a.self = {0};
    b.self = {1};
  }
};

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
BOOST_AUTO_TEST_SUITE(handshake)

BOOST_AUTO_TEST_CASE(a_hello_convinces_its_receiver) {
  const Pair pair;
  BOOST_TEST(check_hello(pair.b, make_hello(pair.a, {1}, pair.key_a), {0}).ok());
}

BOOST_AUTO_TEST_CASE(a_hello_of_another_chain_release_set_or_pair_is_refused_with_its_reason) {
  const Pair pair;
  const auto reason_after = [&pair](auto change) {
    Acquaintance other = pair.a;
    change(other);
    const auto checked = check_hello(pair.b, make_hello(other, {1}, pair.key_a), {0});
    return checked ? std::string() : checked.error().reason;
  };
  BOOST_TEST(reason_after([](Acquaintance& a) { a.chain_id.bytes[0] = 0; }) == "WRONG_CHAIN");
  BOOST_TEST(reason_after([](Acquaintance& a) { a.epoch = {2}; }) == "WRONG_VALIDATORS");
  BOOST_TEST(reason_after([](Acquaintance& a) { a.pins[0].bytes[0] = 9; }) == "HELLO_SIGNATURE_INVALID");
  BOOST_TEST(reason_after([](Acquaintance& a) { a.pins[1].bytes[0] = 9; }) == "HELLO_SIGNATURE_INVALID");
  BOOST_TEST(reason_after([](Acquaintance&) {}) == "");

  const auto stolen = make_hello(pair.a, {1}, pair.key_b);
  BOOST_TEST(check_hello(pair.b, stolen, {0}).error().reason == "HELLO_SIGNATURE_INVALID");
  const auto own = make_hello(pair.b, {0}, pair.key_b);  // sent back to its author
  BOOST_TEST(check_hello(pair.b, own, {0}).error().reason == "HELLO_WRONG_PEER");
  auto newer = make_hello(pair.a, {1}, pair.key_a);
  ++newer.protocol_version;
  BOOST_TEST(check_hello(pair.b, newer, {0}).error().reason == "PROTOCOL_UNSUPPORTED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::peers
