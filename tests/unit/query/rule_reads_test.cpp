#include "node/query/rule_reads.h"

#include <boost/test/unit_test.hpp>

#include "core/encoding.h"
#include "core/limits.h"
#include "tests/unit/agreements/ledger.h"

namespace keten::query {
namespace {

using agreements::AgreementId;
using agreements::FindingRecord;
using agreements::FindingStatus;

class Fixture : public agreements::test::Ledger {
 public:
  Result<RulePage> ask(RuleQuestion question) const {
    if (question.limit == 0) { question.limit = limits::kPageMax; }
    return ask_rules(state, height, time, question);
  }
  /// All pages after each other.
  std::vector<std::string> all(RuleQuestion question, std::size_t* pages = nullptr) const {
    std::vector<std::string> result;
    do {
      const auto page = ask(question);
      BOOST_REQUIRE(page.ok());
      BOOST_TEST(page->found.size() <= question.limit);
      for (const auto& one : page->found) { result.emplace_back(one.find_string("id").value()); }
      question.after = page->next;
      if (pages != nullptr) { ++*pages; }
    } while (!question.after.empty());
    return result;
  }
  void find(const AgreementId& id, std::uint64_t count, FindingStatus status, Milliseconds deadline = 0) {
    const auto key = agreements::full_key(agreements::findings_key(id));
    const auto before = state.get(key);
    auto number = before ? Reader(*before).u64() : 0;
    FindingRecord record;
    record.status = status;
    record.code = "code";
    record.deadline = deadline;
    for (std::uint64_t i = 0; i < count; ++i) {
      state.entries[agreements::full_key(agreements::finding_key({id, ++number}))] = agreements::encode(record);
    }
    Writer writer;
    writer.u64(number);
    state.entries[key] = writer.take();
  }
  AgreementId agreed(const std::string& title, std::vector<std::string> parties = {"company0", "company1"}) {
    return agree(agreements::test::document({.title = title, .parties = std::move(parties)}));
  }
};

BOOST_FIXTURE_TEST_SUITE(rule_reads, Fixture)

BOOST_AUTO_TEST_CASE(agreements_come_page_by_page_in_the_order_of_their_ids) {
  std::vector<std::string> expected;
  for (const auto* title : {"a", "b", "c", "d", "e"}) { expected.push_back(agreed(title).hex()); }
  const auto proposed = agreements::test::document({.title = "f", .parties = {"company0", "company2"}});
  BOOST_TEST(propose(0, proposed) == "ok");
  const auto waiting = agreements::document_hash(proposed).hex();
  std::ranges::sort(expected);
  const RuleQuestion active{.subject = RuleSubject::agreement, .state = "active", .limit = 2};
  BOOST_TEST(all(active) == expected, boost::test_tools::per_element());
  const RuleQuestion of_party{.subject = RuleSubject::agreement, .party = "company2", .limit = 1};
  BOOST_TEST(all(of_party) == std::vector{waiting}, boost::test_tools::per_element());
  BOOST_TEST(all({.subject = RuleSubject::agreement, .limit = 1}).size() == 6U);
  const auto one = ask({.subject = RuleSubject::agreement, .id = waiting});
  BOOST_REQUIRE(one.ok());
  BOOST_TEST(one->found.at(0).find_string("state").value() == "proposed");
}

BOOST_AUTO_TEST_CASE(findings_come_newest_first_and_by_their_state) {
  const auto first = agreed("a");
  const auto second = agreed("b");
  find(first, 2, FindingStatus::open);
  find(first, 1, FindingStatus::closed);
  find(first, 1, FindingStatus::open, 1);
  find(second, 2, FindingStatus::answered);
  const auto named = [](const AgreementId& id, std::vector<int> numbers) {
    std::vector<std::string> result;
    for (const auto number : numbers) { result.push_back(id.hex() + "/" + std::to_string(number)); }
    return result;
  };
  const auto hex = first.hex();
  for (std::size_t limit = 1; limit < 5; ++limit) {
    BOOST_TEST(all({.subject = RuleSubject::finding, .agreement = hex, .limit = limit}) == named(first, {4, 3, 2, 1}),
               boost::test_tools::per_element());
    BOOST_TEST(all({.subject = RuleSubject::finding, .agreement = hex, .state = "open", .limit = limit}) ==
                   named(first, {4, 2, 1}),
               boost::test_tools::per_element());
    BOOST_TEST(all({.subject = RuleSubject::finding, .party = "company1", .limit = limit}).size() == 6U);
    BOOST_TEST(all({.subject = RuleSubject::finding, .state = "overdue", .limit = limit}) == named(first, {4}),
               boost::test_tools::per_element());
    BOOST_TEST(all({.subject = RuleSubject::finding, .party = "company3", .limit = limit}).empty());
  }
  BOOST_TEST(ask({.subject = RuleSubject::finding, .id = hex + "/3"})->found.at(0).find_string("status").value() ==
             "closed");
}

BOOST_AUTO_TEST_CASE(a_page_looks_at_so_many_records_and_no_more) {
  const auto id = agreed("a");
  find(id, 1, FindingStatus::open);
  find(id, 2 * kRuleRecordsMax, FindingStatus::closed);
  const RuleQuestion question{.subject = RuleSubject::finding, .state = "open", .limit = limits::kPageMax};
  const auto page = ask(question);
  BOOST_REQUIRE(page.ok());
  BOOST_TEST(page->found.empty());
  BOOST_TEST(!page->next.empty());
  std::size_t pages = 0;
  BOOST_TEST(all(question, &pages) == std::vector{id.hex() + "/1"}, boost::test_tools::per_element());
  BOOST_TEST(pages == 3U);
}

BOOST_AUTO_TEST_CASE(a_question_that_makes_no_sense_is_refused_by_name) {
  const auto id = agreed("a").hex();
  const auto reason = [&](RuleQuestion question) { return ask(std::move(question)).error().reason; };
  BOOST_TEST(reason({.subject = RuleSubject::contract, .id = "milk"}) == "UNKNOWN_PACKAGED_CONTRACT");
  BOOST_TEST(reason({.subject = RuleSubject::agreement, .id = "00"}) == "AGREEMENT_ID_INVALID");
  BOOST_TEST(reason({.subject = RuleSubject::agreement, .id = std::string(64, '0')}) == "UNKNOWN_AGREEMENT");
  BOOST_TEST(reason({.subject = RuleSubject::agreement, .state = "open"}) == "UNKNOWN_STATE");
  BOOST_TEST(reason({.subject = RuleSubject::agreement, .after = "x"}) == "PAGE_TOKEN");
  BOOST_TEST(reason({.subject = RuleSubject::finding, .id = id}) == "FINDING_ID_INVALID");
  BOOST_TEST(reason({.subject = RuleSubject::finding, .id = id + "/1"}) == "UNKNOWN_FINDING");
  BOOST_TEST(reason({.subject = RuleSubject::finding, .state = "active"}) == "UNKNOWN_STATE");
  BOOST_TEST(reason({.subject = RuleSubject::finding, .agreement = id, .after = std::string(64, '1') + "/1"}) ==
             "PAGE_TOKEN");
  BOOST_TEST(ask({.subject = RuleSubject::contract})->found.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
