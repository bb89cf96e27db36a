#include <keten/testkit.hpp>

using keten::testkit::Chain;
using keten::testkit::Outcome;

namespace {

const char* const kOrder =
    R"({"id":"PO-1","seller":"dairy","product":"gouda","pieces":10,"due":"2026-03-05T12:00:00Z","penalty":12.5})";
const char* const kWhich = R"({"id":"PO-1"})";

void shipped(Chain& chain) {
  chain.time("2026-03-01T00:00:00Z");
  chain.call("shop", "order", kOrder);
  chain.call("dairy", "accept", kWhich);
  chain.call("dairy", "ship", kWhich);
}
Outcome arrives(Chain& chain, const std::string& time, int pieces) {
  chain.time(time);
  return chain.call("shop", "confirm", R"({"id":"PO-1","pieces":)" + std::to_string(pieces) + "}");
}
bool holds(const Outcome& outcome, const std::string& text) { return outcome.json.find(text) != std::string::npos; }

}  // namespace

KETEN_TEST(in_time_costs_nothing) {
  Chain chain;
  shipped(chain);
  const auto outcome = arrives(chain, "2026-03-05T12:00:00Z", 10);
  KETEN_EXPECT(holds(outcome, R"("state":"delivered")"));
  KETEN_EXPECT(holds(outcome, R"("owed":0)"));
  KETEN_EQUAL(outcome.events.at(0).kind, "delivered");
}

KETEN_TEST(each_begun_hour_costs) {
  Chain chain;
  shipped(chain);
  KETEN_EXPECT(holds(arrives(chain, "2026-03-05T12:00:00.001Z", 4), R"("owed":12.5)"));
  KETEN_EXPECT(holds(arrives(chain, "2026-03-05T14:00:01Z", 6), R"("owed":37.5)"));
}

KETEN_TEST(a_number_is_one_of_json) {
  Chain chain;
  shipped(chain);
  for (const char* pieces : {"007", "-1", "1.5", "1e1", "+1", "00"}) {
    const auto text = R"({"id":"PO-1","pieces":)" + std::string(pieces) + "}";
    KETEN_EQUAL(chain.call("shop", "confirm", text).ending, "arguments_invalid");
  }
}

KETEN_TEST(parts_arrive_until_all_is_there_and_no_piece_more) {
  Chain chain;
  shipped(chain);
  KETEN_EXPECT(holds(arrives(chain, "2026-03-02T00:00:00Z", 4), R"("state":"shipped")"));
  const auto more = arrives(chain, "2026-03-02T00:00:00Z", 7);
  KETEN_EQUAL(more.ending, "pieces_wrong");
  KETEN_EQUAL(more.message, "expected 1 to 6 pieces, found 7");
  KETEN_EXPECT(holds(arrives(chain, "2026-03-02T00:00:00Z", 6), R"("state":"delivered")"));
  KETEN_EQUAL(arrives(chain, "2026-03-02T00:00:00Z", 1).ending, "not_shipped");
}

KETEN_TEST(the_buyer_may_leave_before_acceptance_and_after_a_missed_deadline) {
  Chain chain;
  chain.time("2026-03-01T00:00:00Z");
  chain.call("shop", "order", kOrder);
  chain.call("dairy", "accept", kWhich);
  KETEN_EQUAL(chain.call("shop", "cancel", kWhich).ending, "not_cancellable");
  chain.time("2026-03-05T12:00:00Z");
  KETEN_EXPECT(holds(chain.call("shop", "cancel", kWhich), R"("state":"cancelled")"));
  KETEN_EQUAL(chain.call("dairy", "ship", kWhich).ending, "wrong_state");
}

KETEN_TEST(each_side_does_its_own_part) {
  Chain chain;
  chain.time("2026-03-01T00:00:00Z");
  chain.call("shop", "order", kOrder);
  KETEN_EQUAL(chain.call("shop", "accept", kWhich).ending, "not_seller");
  KETEN_EQUAL(chain.call("dairy", "cancel", kWhich).ending, "not_buyer");
  KETEN_EQUAL(chain.call("shop", "order", kOrder).ending, "order_exists");
  KETEN_EQUAL(chain.call("dairy", "accept", R"({"id":"PO-2"})").ending, "order_unknown");
  chain.time("2026-03-06T00:00:00Z");
  KETEN_EQUAL(chain.call("dairy", "accept", kWhich).ending, "too_late");
}
