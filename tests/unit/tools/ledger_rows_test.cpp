#include "tools/keten/ledger_rows.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace {

using namespace keten;
using keten::tools::check_page;

client::StatePage page(const std::vector<std::string>& keys, std::uint64_t height = 7) {
  client::StatePage result;
  result.found.height = Height{height};
  for (const auto& key : keys) { result.found.entries.emplace_back(to_bytes(key), to_bytes("value")); }
  return result;
}

std::string checked(const client::StatePage& answer, std::string_view end = "contracts/c", Height height = Height{7}) {
  const auto done = check_page(answer, as_bytes("contracts/b"), as_bytes(end), height);
  return done ? "ok" : done.error().message;
}

BOOST_AUTO_TEST_SUITE(ledger_rows)

BOOST_AUTO_TEST_CASE(a_page_holds_what_was_asked_for_in_order_and_of_one_height) {
  BOOST_TEST(checked(page({})) == "ok");
  BOOST_TEST(checked(page({"contracts/b", "contracts/b0", "contracts/bb"})) == "ok");
  BOOST_TEST(checked(page({"contracts/zz"}), "") == "ok");
  BOOST_TEST(checked(page({"contracts/b"}), "contracts/c", Height{}) == "ok");
  const auto refused = [](const std::string& message, std::string_view part) {
    return message.find(part) != std::string::npos;
  };
  BOOST_TEST(refused(checked(page({"contracts/a"})), "not asked for"));
  BOOST_TEST(refused(checked(page({"contracts/c"})), "not asked for"));
  BOOST_TEST(refused(checked(page({"contracts/b", "contracts/b"})), "order"));
  BOOST_TEST(refused(checked(page({"contracts/bb", "contracts/b"})), "order"));
  BOOST_TEST(refused(checked(page({"contracts/b"}, 8)), "is of height 8, and it was asked for 7"));
  BOOST_TEST(check_page(page({"contracts/a"}), as_bytes("contracts/b"), {}, Height{7}).error().reason ==
             "RESPONSE_MALFORMED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
