#include "contracts/usage/transfer.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "contracts/usage/ledger_records.h"
#include "tests/unit/usage/usage_ledger.h"

namespace keten::usage {
namespace {

using test::UsageLedger;

struct Row {
  const char* from;
  const char* move;
  const char* sides;
  const char* to;
};
// Dataspace Protocol 2025-1, Transfer Process Protocol.
constexpr Row kAllowed[] = {
    {"NONE", "request", "C", "REQUESTED"},          {"REQUESTED", "start", "P", "STARTED"},
    {"REQUESTED", "terminate", "CP", "TERMINATED"}, {"STARTED", "complete", "CP", "COMPLETED"},
    {"STARTED", "suspend", "CP", "SUSPENDED"},      {"STARTED", "terminate", "CP", "TERMINATED"},
    {"SUSPENDED", "start", "CP", "STARTED"},        {"SUSPENDED", "terminate", "CP", "TERMINATED"}};

const Row* row_of(TransferState state, TransferMove move, Side side) {
  const auto row = std::find_if(std::begin(kAllowed), std::end(kAllowed), [&](const Row& one) {
    return state_name(state) == one.from && move_name(move) == one.move &&
           std::string_view(one.sides).find(side == Side::consumer ? 'C' : 'P') != std::string_view::npos;
  });
  return row == std::end(kAllowed) ? nullptr : &*row;
}

struct Transferring : UsageLedger {
  std::string agreement;
  Transferring() {
    register_milk();
    agreement = agree(terms());
  }
  static std::string about(const std::string& id) { return R"({"transfer":")" + id + "\"}"; }
  std::string request() {
    const auto answer =
        must("maker", "transfer_request", R"({"agreement":")" + agreement + R"(","format":"HttpData-PULL"})");
    return std::string(*answer.find_string("transfer"));
  }
  [[nodiscard]] std::string state(const std::string& id) const {
    return std::string(*record(transfer_key(id)).find_string("state"));
  }
};

BOOST_FIXTURE_TEST_SUITE(transfers, Transferring)

/// The table, and the contract against it: every state, move and side.
BOOST_AUTO_TEST_CASE(every_move_that_the_protocol_does_not_allow_is_refused) {
  std::size_t allowed = 0;
  for (const auto state_before : kTransferStates) {
    BOOST_CHECK(transfer_state_of_name(state_name(state_before)) == state_before);
    for (const auto move : kTransferMoves) {
      for (const auto side : {Side::consumer, Side::provider}) {
        const auto* row = row_of(state_before, move, side);
        const auto next = after(state_before, move, side);
        BOOST_TEST(next.has_value() == (row != nullptr), state_name(state_before) << " " << move_name(move));
        if (next && row != nullptr) { BOOST_TEST(state_name(*next) == row->to); }
        allowed += next ? 1 : 0;
        if (state_before == TransferState::none || move == TransferMove::request) { continue; }
        // The same on the ledger, from a transfer that was brought there.
        auto copy = *this;
        const auto id = copy.request();
        if (state_before != TransferState::requested) {
          if (state_before != TransferState::terminated) { copy.must("farm", "transfer_start", about(id)); }
          if (state_before == TransferState::suspended) { copy.must("farm", "transfer_suspend", about(id)); }
          if (state_before == TransferState::completed) { copy.must("maker", "transfer_complete", about(id)); }
          if (state_before == TransferState::terminated) { copy.must("maker", "transfer_terminate", about(id)); }
        }
        BOOST_REQUIRE(copy.state(id) == state_name(state_before));
        const auto reason = copy.reason(side == Side::consumer ? "maker" : "farm",
                                        "transfer_" + std::string(move_name(move)), about(id));
        BOOST_TEST(reason == (row != nullptr ? "" : "ILLEGAL_MOVE"));
        BOOST_TEST(copy.state(id) == (row != nullptr ? row->to : state_name(state_before)));
      }
    }
  }
  BOOST_TEST(allowed == 14U);
}

BOOST_AUTO_TEST_CASE(data_begins_to_flow_only_under_an_agreement_in_force) {
  BOOST_TEST(reason("farm", "transfer_request", R"({"agreement":")" + agreement + "\"}") == "ILLEGAL_MOVE");
  BOOST_TEST(reason("coop", "transfer_request", R"({"agreement":")" + agreement + "\"}") == "NOT_A_PARTY");
  BOOST_TEST(reason("maker", "transfer_request", R"({"agreement":")" + std::string(64, '0') + "\"}") ==
             "UNKNOWN_AGREEMENT");
  BOOST_TEST(reason("farm", "transfer_start", about(std::string(64, '0'))) == "UNKNOWN_TRANSFER");
  const auto suspended = request();
  const auto running = request();
  const auto asked = request();
  for (const auto& id : {suspended, running}) { must("farm", "transfer_start", about(id)); }
  must("maker", "transfer_suspend", about(suspended));
  BOOST_TEST(terminate("farm", agreement) == "ok");
  BOOST_TEST(reason("maker", "transfer_request", R"({"agreement":")" + agreement + "\"}") == "AGREEMENT_ENDED");
  BOOST_TEST(reason("farm", "transfer_start", about(asked)) == "AGREEMENT_ENDED");
  BOOST_TEST(reason("farm", "transfer_start", about(suspended)) == "AGREEMENT_ENDED");
  must("farm", "transfer_terminate", about(running));
  must("maker", "transfer_terminate", about(suspended));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::usage
