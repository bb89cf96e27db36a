#include <boost/test/unit_test.hpp>

#include "contracts/contract.h"
#include "contracts/fuel.h"
#include "contracts/overlay.h"
#include "tests/unit/contracts/ledger_fixture.h"

namespace keten::contracts {
namespace {

struct Fixture {
  Genesis genesis = test::make_genesis();
  TransactionPointer transaction = test::make_put(genesis, "k", "v");
  BlockContext block{.chain_id = genesis.chain_id(), .height = Height{1}, .time = 1};
  Caller caller{.organisation = "dairy", .key = {}, .roles = {Role::submitter}, .user = "scanner"};
  test::MapState state;

  Fixture() {
    state.entries[to_bytes("recorc/x")] = to_bytes("before the namespace");
    state.entries[to_bytes("record/b")] = to_bytes("old b");
    state.entries[to_bytes("record/d")] = to_bytes("old d");
    state.entries[to_bytes("record/f")] = to_bytes("old f");
    state.entries[to_bytes("record0")] = to_bytes("behind the namespace");
  }
  Context context(std::uint64_t fuel = 1'000'000) const { return {block, *transaction, caller, 0, state, fuel}; }

  static std::string scan(Context& context, std::string_view first = {}, std::string_view end = {}) {
    std::string seen;
    context.scan(as_bytes(first), as_bytes(end), [&](ByteView key, ByteView value) {
      seen += to_text(key) + "=" + to_text(value) + ";";
      return true;
    });
    return seen;
  }
};

BOOST_FIXTURE_TEST_SUITE(context, Fixture)

BOOST_AUTO_TEST_CASE(a_contract_reads_and_writes_in_its_own_namespace) {
  auto run = context();
  BOOST_TEST((run.get(as_bytes("b")) == to_bytes("old b")));
  BOOST_TEST(!run.get(as_bytes("x")));
  run.put(as_bytes("x"), to_bytes("1"));
  BOOST_TEST((run.get(as_bytes("x")) == to_bytes("1")));
  BOOST_TEST(run.writes().contains(to_bytes("record/x")));
}

BOOST_AUTO_TEST_CASE(an_erased_key_is_gone_for_get_and_scan) {
  auto run = context();
  run.erase(as_bytes("d"));
  BOOST_TEST(!run.get(as_bytes("d")));
  BOOST_TEST(scan(run) == "b=old b;f=old f;");
}

BOOST_AUTO_TEST_CASE(looking_past_what_was_erased_is_paid_for) {
  const auto price = [&](int erased, const WriteSet& of_block) {
    const Overlay newest(state, of_block);
    Context run(block, *transaction, caller, 0, newest, 1'000'000);
    for (int i = 0; i < erased; ++i) { run.erase(as_bytes("a" + std::to_string(i))); }
    const auto before = run.fuel_left();
    BOOST_TEST(scan(run, "a", "c") == "b=old b;");
    return before - run.fuel_left();
  };
  const auto none = price(0, {});
  BOOST_TEST(price(3, {}) == none + 3 * fuel::kScanStep);
  BOOST_TEST(price(1, {{to_bytes("record/a7"), std::nullopt}, {to_bytes("record/a8"), std::nullopt}}) ==
             none + 3 * fuel::kScanStep);
  BOOST_TEST(price(1, {{to_bytes("record/a0"), to_bytes("erased above")}}) == none + fuel::kScanStep);
}

BOOST_AUTO_TEST_CASE(a_scan_merges_own_writes_in_order) {
  auto run = context();
  for (const auto* key : {"a", "c", "g"}) { run.put(as_bytes(key), to_bytes("new")); }
  run.put(as_bytes("d"), to_bytes("newer"));
  run.erase(as_bytes("f"));
  BOOST_TEST(scan(run) == "a=new;b=old b;c=new;d=newer;g=new;");
  BOOST_TEST(scan(run, "b", "d") == "b=old b;c=new;");
  BOOST_TEST(scan(run, "e", "g").empty());
  BOOST_TEST(scan(run, "g") == "g=new;");
}

BOOST_AUTO_TEST_CASE(a_scan_stops_where_the_visitor_says) {
  auto run = context();
  run.put(as_bytes("a"), to_bytes("new"));
  run.put(as_bytes("z"), to_bytes("new"));
  for (std::size_t wanted = 1; wanted <= 5; ++wanted) {
    std::size_t count = 0;
    run.scan({}, {}, [&](ByteView, ByteView) { return ++count < wanted; });
    BOOST_TEST(count == wanted);
  }
}

BOOST_AUTO_TEST_CASE(fuel_is_spent_to_the_last_unit_and_not_beyond) {
  const auto cost = fuel::kPut + (std::string_view("record/x").size() + 1) * fuel::kWrittenByte;
  auto enough = context(cost);
  enough.put(as_bytes("x"), to_bytes("1"));
  BOOST_TEST(enough.fuel_left() == 0U);
  auto short_by_one = context(cost - 1);
  BOOST_CHECK_EXCEPTION(short_by_one.put(as_bytes("x"), to_bytes("1")), Abort,
                        [](const Abort& abort) { return abort.error.reason == "OUT_OF_FUEL"; });
  BOOST_TEST(short_by_one.fuel_left() == 0U);
  BOOST_TEST(short_by_one.writes().empty());
}

BOOST_AUTO_TEST_CASE(a_savepoint_takes_writes_events_and_index_entries_back) {
  auto run = context();
  run.put(as_bytes("x"), to_bytes("1"));
  run.emit({.kind = "a", .subject = "s", .data = {}});
  auto mark = run.savepoint();
  run.put(as_bytes("x"), to_bytes("2"));
  run.put(as_bytes("y"), to_bytes("2"));
  run.emit({.kind = "b", .subject = "s", .data = {}});
  run.index(to_bytes("i"), to_bytes("v"));
  run.roll_back(std::move(mark));
  BOOST_TEST((run.get(as_bytes("x")) == to_bytes("1")));
  BOOST_TEST(!run.get(as_bytes("y")));
  BOOST_TEST(run.events().size() == 1U);
  BOOST_TEST(run.index_entries().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::contracts
