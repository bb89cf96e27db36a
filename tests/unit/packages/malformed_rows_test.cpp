#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/governance/views.h"
#include "contracts/packages/views.h"
#include "contracts/state_row.h"
#include "tests/unit/packages/published_ledger.h"

namespace {

using namespace keten;
using namespace keten::packages;
using keten::packages::test::make;
using keten::packages::test::PublishedLedger;

/// What the commands of `keten` ask a node about, over the rows it gives.
const std::vector<std::pair<std::string, std::function<void(const contracts::StateReader&)>>>& readers() {
  static const std::vector<std::pair<std::string, std::function<void(const contracts::StateReader&)>>> kReaders = {
      {"validators", [](const auto& rows) { (void)to_json(governance::read_validators(rows)); }},
      {"changes",
       [](const auto& rows) {
         for (const auto& change : governance::read_changes(rows, governance::WhichChanges::all, 10)) {
           (void)to_json(change);
         }
       }},
      {"keys",
       [](const auto& rows) {
         for (const auto& key : governance::read_keys(rows, "")) { (void)to_json(key); }
       }},
      {"contracts",
       [](const auto& rows) {
         for (const auto& name : read_contract_names(rows, 10)) {
           const auto view = read_contract(rows, name, 1'000'000);
           if (view) { (void)to_json(*view, Height{9}, 1'000'000); }
         }
       }},
  };
  return kReaders;
}

/// A package with approvals, a motion, and a change of the parameters that waits.
struct Busy : PublishedLedger {
  Busy() {
    BOOST_TEST_REQUIRE(admit(make()) == "ok");
    BOOST_TEST_REQUIRE(vote(1, Motion::freeze) == "ok");
    const auto proposed = propose(0, {governance::SetParameter{"clock_drift_ms_max", 900}});
    BOOST_TEST_REQUIRE(proposed == "ok");
  }
  [[nodiscard]] std::vector<std::pair<Bytes, Bytes>> rows() const {
    std::vector<std::pair<Bytes, Bytes>> found;
    state.scan({}, {}, [&](ByteView key, ByteView value) {
      found.emplace_back(to_bytes(key), to_bytes(value));
      return true;
    });
    return found;
  }
};

BOOST_AUTO_TEST_SUITE(malformed_rows)

BOOST_FIXTURE_TEST_CASE(rows_that_no_contract_wrote_are_an_error_and_never_the_end_of_the_program, Busy) {
  std::size_t refused = 0;
  for (const auto& [key, value] : rows()) {
    for (int way = 0; way < 5; ++way) {
      auto changed = state;
      auto bytes = value;
      if (way == 1) { bytes.push_back(0); }
      if (way == 2 && !bytes.empty()) { bytes.pop_back(); }
      if (way == 3) { bytes.clear(); }
      if (way == 4) { std::ranges::fill(bytes, 0xFF); }
      keten::test::keep(changed, key, way == 0 ? std::nullopt : std::optional(bytes));
      for (const auto& [name, read] : readers()) {
        try {
          read(changed);
        } catch (const contracts::MalformedState& malformed) {
          ++refused;
          BOOST_TEST(malformed.error().reason == "STATE_MALFORMED");
          BOOST_TEST((malformed.error().kind == ErrorKind::corrupt));
        }
      }
    }
  }
  BOOST_TEST(refused > 50U);
}

BOOST_FIXTURE_TEST_CASE(each_reader_names_the_row_that_it_cannot_read, Busy) {
  const auto complaint = [&](const std::string& reader, const std::string& row, const std::optional<Bytes>& value) {
    auto changed = state;
    keten::test::keep(changed, to_bytes(row), value);
    for (const auto& [known, read] : readers()) {
      if (known != reader) { continue; }
      try {
        read(changed);
      } catch (const contracts::MalformedState& malformed) { return malformed.error().message; }
    }
    return std::string("read");
  };
  const auto ends_in = [](const std::string& text, const std::string& end) { return text.ends_with(end); };
  const auto name = to_bytes("a byte more");
  BOOST_TEST(ends_in(complaint("validators", "governance/current", std::nullopt), ": current epoch"));
  BOOST_TEST(ends_in(complaint("changes", "governance/current", name), ": current epoch"));
  BOOST_TEST(ends_in(complaint("contracts", "governance/current", std::nullopt), ": current epoch"));
  BOOST_TEST(ends_in(complaint("keys", "governance/key/short", name), ": key"));
  BOOST_TEST(ends_in(complaint("contracts", "contracts/contract/counter", name), ": contract record"));
  auto row = full_key(as_bytes("package/"));
  const auto hash = make().hash();
  row.insert(row.end(), hash.bytes.begin(), hash.bytes.end());
  BOOST_TEST(ends_in(complaint("contracts", to_text(row), std::nullopt), ": package of a version"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
