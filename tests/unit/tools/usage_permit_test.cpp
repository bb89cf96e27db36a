#include "tools/keten/usage_permit.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace keten::tools {
namespace {

const std::string kAgreement(64, 'a');

/// A request for two uses; the first was permitted until 2,000,000.
struct Request {
  Request() {
    body.organisation = "RobotCo";
    body.contract = "usage";
    body.method = "permit";
    body.arguments = to_bytes(R"({"agreement":")" + kAgreement +
                              R"(","uses":[{"id":"u1","action":"read"},{"id":"u2","action":"distribute"}]})");
    receipt.succeeded = true;
    result(R"([{"id":"u1","decision":"permitted","dataset":"urn:ds:milk","until":2000000},)"
           R"({"id":"u2","decision":"denied","dataset":"urn:ds:milk"}])");
  }
  void result(const std::string& text) { receipt.result = to_bytes(text); }
  [[nodiscard]] Result<Permit> choose(PermitDemand asked) const {
    const auto permits = permits_of(body, receipt, 1'000'000);
    if (!permits) { return permits.error(); }
    return choose_permit(*permits, asked);
  }
  [[nodiscard]] std::string reason(PermitDemand asked) const {
    const auto permit = choose(std::move(asked));
    return permit ? "" : permit.error().reason;
  }

  TransactionBody body;
  Receipt receipt;
  PermitDemand demand{.agreement = kAgreement,
                      .dataset = "urn:ds:milk",
                      .consumer = "RobotCo",
                      .action = "http://www.w3.org/ns/odrl/2/read",
                      .use = "u1",
                      .now = 1'000'500,
                      .age_max_ms = 60'000};
};

BOOST_FIXTURE_TEST_SUITE(usage_permit, Request)

BOOST_AUTO_TEST_CASE(a_permit_allows_what_was_permitted) {
  const auto permit = choose(demand);
  BOOST_REQUIRE(permit);
  BOOST_TEST(permit->use == "u1");
  BOOST_TEST(permit->until.value_or(0) == 2'000'000);
  PermitDemand any;
  any.now = 1'000'000;
  BOOST_TEST(reason(any) == "");
}

BOOST_AUTO_TEST_CASE(a_permit_for_something_else_is_refused_by_name) {
  const auto with = [&](auto change) {
    auto other = demand;
    change(other);
    return reason(other);
  };
  BOOST_TEST(with([](auto& one) { one.agreement = std::string(64, 'b'); }) == "PERMIT_OTHER_AGREEMENT");
  BOOST_TEST(with([](auto& one) { one.dataset = "urn:ds:other"; }) == "PERMIT_OTHER_DATASET");
  BOOST_TEST(with([](auto& one) { one.consumer = "CoopCo"; }) == "PERMIT_OTHER_PARTY");
  BOOST_TEST(with([](auto& one) { one.action = "distribute"; }) == "PERMIT_OTHER_ACTION");
  BOOST_TEST(with([](auto& one) { one.use = "u2"; }) == "PERMIT_OTHER_USE");
  BOOST_TEST(with([](auto& one) { one.now = 1'060'000; }) == "");
  BOOST_TEST(with([](auto& one) { one.now = 1'060'001; }) == "PERMIT_EXPIRED");
  BOOST_TEST(with([](auto& one) { one.now = 900'000; }) == "PERMIT_FROM_THE_FUTURE");
  BOOST_TEST(with([](auto& one) {
               one.age_max_ms = INT64_MAX;
               one.now = 2'000'000;
             }) == "PERMIT_EXPIRED");
}

BOOST_AUTO_TEST_CASE(what_permits_nothing_is_no_permit) {
  result(R"([{"id":"u1","decision":"denied"},{"id":"u2","decision":"denied"}])");
  BOOST_TEST(reason(demand) == "PERMIT_DENIED");
  result(R"([{"id":"u1","decision":"permitted"}])");
  BOOST_TEST(reason(demand) == "PERMIT_INVALID");
  result("");
  BOOST_TEST(reason(demand) == "PERMIT_INVALID");
  receipt.succeeded = false;
  BOOST_TEST(reason(demand) == "PERMIT_INVALID");
  body.method = "log";
  receipt.succeeded = true;
  BOOST_TEST(reason(demand) == "PERMIT_INVALID");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::tools
