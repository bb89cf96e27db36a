#include "node/wire/ledger_wire.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <keten/v1/ledger.pb.h>

#include "node/wire/error_wire.h"
#include "node/wire/text.h"
#include "tests/unit/wire/samples.h"

namespace keten::wire {
namespace {

PlacedReceipt receipt() {
  PlacedReceipt placed;
  placed.receipt.transaction = samples::hash(1);
  placed.receipt.reason = "LOT_NOT_HELD";
  placed.receipt.message = "only the holder may ship";
  placed.receipt.fuel_used = 12;
  placed.receipt.writes_digest = samples::hash(2);
  placed.receipt.result = {1, 2, 3};
  placed.height = {7};
  placed.index = 3;
  return placed;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ledger_wire)

BOOST_AUTO_TEST_CASE(a_receipt_comes_back) {
  v1::Receipt wire;
  to_wire(receipt(), wire);
  BOOST_TEST((*from_wire(wire) == receipt()));
  BOOST_TEST(from_wire(v1::Receipt()).error().reason == "RECEIPT_MALFORMED");
}

BOOST_AUTO_TEST_CASE(the_progress_of_a_transaction_comes_back) {
  for (const auto state : {TransactionState::unknown, TransactionState::admitted, TransactionState::final,
                           TransactionState::executed, TransactionState::expired}) {
    TransactionProgress progress{state, {7}, 3, {}};
    if (state == TransactionState::executed) { progress.receipt = receipt().receipt; }
    v1::WaitTransactionResponse wire;
    to_wire(progress, samples::hash(1), wire);
    const auto back = from_wire(wire);
    BOOST_REQUIRE(back);
    BOOST_TEST((back->state == state && back->height == progress.height && back->receipt == progress.receipt));
  }
  BOOST_TEST(from_wire(v1::WaitTransactionResponse()).error().reason == "RESPONSE_MALFORMED");
}

BOOST_AUTO_TEST_CASE(the_status_of_a_node_comes_back) {
  NodeStatus status;
  status.node = "farm-1";
  status.chain_id = samples::hash(1);
  status.height = {9};
  status.self = {3};
  status.role = "validator";
  status.certificate_expires = 1'800'000'000'000;
  status.warnings = {"one", "two"};
  status.stale = true;
  status.disk = "too little room";
  status.peers = {{"port-1", "PortCo", true, {8}, {7}, 12}};
  status.reason = "no quorum";
  status.quorum = true;
  status.mempool_bytes = 5;
  status.counters = {{"a", 1}};
  v1::GetStatusResponse wire;
  to_wire(status, wire);
  const auto back = from_wire(wire);
  BOOST_REQUIRE(back);
  BOOST_TEST(back->node == "farm-1");
  BOOST_TEST(back->quorum);
  BOOST_TEST(back->peers.at(0).silent_ms == 12U);
  BOOST_TEST(back->counters.at("a") == 1U);
  v1::GetStatusResponse again;
  to_wire(*back, again);
  BOOST_TEST(again.ShortDebugString() == wire.ShortDebugString());
  BOOST_TEST(from_wire(v1::GetStatusResponse()).error().reason == "RESPONSE_MALFORMED");
}

BOOST_AUTO_TEST_CASE(a_level_that_is_not_defined_is_refused) {
  BOOST_TEST((*wait_level_from_wire(0) == WaitLevel::final));
  for (const auto level : {WaitLevel::admitted, WaitLevel::final, WaitLevel::executed}) {
    BOOST_TEST((*wait_level_from_wire(to_wire(level)) == level));
  }
  BOOST_TEST(wait_level_from_wire(4).error().reason == "WAIT_LEVEL_UNKNOWN");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(error_wire)

BOOST_AUTO_TEST_CASE(every_kind_of_error_comes_back) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::corrupt); ++kind) {
    const auto error = failure(static_cast<ErrorKind>(kind), "SOME_REASON", "some text");
    const auto back =
        decode_error(static_cast<int>(status_code(error.kind)), error.message, encode_error_details(error));
    BOOST_TEST((back.kind == error.kind));
    BOOST_TEST(back.reason == "SOME_REASON");
    BOOST_TEST(back.message == "some text");
  }
}

BOOST_AUTO_TEST_CASE(violations_and_retry_travel_as_google_defines_them) {
  Error error{ErrorKind::busy, "MEMPOOL_FULL", "full", {{"/a/0", "a number", "a text"}}};
  google::rpc::Status status;
  BOOST_REQUIRE(status.ParseFromString(encode_error_details(error)));
  BOOST_TEST(status.code() == 8);
  BOOST_REQUIRE(status.details_size() == 3);
  BOOST_TEST(status.details(0).type_url() == "type.googleapis.com/google.rpc.ErrorInfo");
  google::rpc::BadRequest request;
  BOOST_REQUIRE(status.details(1).UnpackTo(&request));
  BOOST_TEST(request.field_violations(0).field() == "/a/0");
  google::rpc::RetryInfo retry;
  BOOST_REQUIRE(status.details(2).UnpackTo(&retry));
  BOOST_TEST(retry.retry_delay().seconds() == 1);
  BOOST_TEST((decode_error(8, "full", encode_error_details(error)).violations == error.violations));
}

BOOST_AUTO_TEST_CASE(details_fit_a_trailer_however_many_violations_there_are) {
  Error error{ErrorKind::invalid, "DOCUMENT_INVALID", std::string(100'000, 'm'), {}};
  for (int i = 0; i < 1000; ++i) { error.violations.push_back({"/p", std::string(1000, 'e'), std::string(1000, 'f')}); }
  BOOST_TEST(encode_error_details(error).size() < 6000U);
}

BOOST_AUTO_TEST_CASE(details_that_are_noise_leave_code_and_message) {
  const auto back = decode_error(14, "connection refused", "\x01\x02noise");
  BOOST_TEST(back.reason == "NODE_UNREACHABLE");
  BOOST_TEST((back.kind == ErrorKind::unavailable));
  BOOST_TEST((decode_error(99, "", "").kind == ErrorKind::unavailable));
}

BOOST_AUTO_TEST_CASE(text_that_is_not_utf_8_is_made_printable) {
  BOOST_TEST(utf8_or_printable("Z\xc3\xbcrich") == "Z\xc3\xbcrich");
  BOOST_TEST(utf8_or_printable("a\xff") == "a?");
  BOOST_TEST(utf8_or_printable("a\xc3") == "a?");
  BOOST_TEST(utf8_or_printable("\xe2\x82") == "??");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::wire
