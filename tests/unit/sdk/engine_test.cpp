#include "contracts/sdk/engine.h"

#include <boost/test/unit_test.hpp>

#include "contracts/guest_functions.h"
#include "tests/unit/vm/assembler.h"

namespace keten::sdk {
namespace {

using vm::assembler::Code;
constexpr auto i32 = vm::ValueType::i32;
constexpr std::uint32_t kText = 1024;
constexpr std::uint32_t kPut = 9;
constexpr std::uint32_t kFinding = 27;
constexpr std::uint32_t kImports = 29;

constexpr const char* kEvent =
    R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
    R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[{"type":"ObjectEvent",)"
    R"("eventTime":"2026-01-02T08:00:00+01:00","eventTimeZoneOffset":"+01:00","action":"ADD",)"
    R"("bizStep":"https://ref.gs1.org/cbv/BizStep-commissioning","epcList":["urn:epc:id:sgtin:9521003.000042.7"]}]}})";

/// `on_event` finds "late" with the message "too"; `add` puts "value" under "key".
vm::Module module_of() {
  vm::assembler::Module module;
  for (const auto& offer : contracts::guest::offers()) {
    module.imports.push_back({std::string(offer.module), std::string(offer.name), offer.type});
  }
  BOOST_REQUIRE(module.imports.size() == kImports);
  BOOST_REQUIRE(module.imports[kPut].name == "state_put");
  BOOST_REQUIRE(module.imports[kFinding].name == "finding");
  module.memory = {1, 1};
  module.data = {{kText, to_bytes("latetookeyvalue")}};
  module.functions.push_back(
      {{}, Code().i32(kText).i32(4).i32(kText + 4).i32(3).i64(0).call(kFinding), {}, "on_event"});
  module.functions.push_back({{}, Code().i32(kText + 7).i32(3).i32(kText + 10).i32(5).call(kPut), {}, "add"});
  auto compiled = vm::compile(module.encode(), contracts::guest::offers());
  BOOST_REQUIRE_MESSAGE(compiled.ok(), (compiled.ok() ? "" : compiled.error().message));
  return *std::move(compiled);
}

struct Fixture {
  Engine engine{module_of()};
  /// The values of an answer, with `/` between them.
  std::string ask(const Frame& request) {
    std::string text;
    for (const auto& one : engine.answer(request)) { text += (text.empty() ? "" : "/") + one; }
    return text;
  }
};

BOOST_FIXTURE_TEST_SUITE(engine, Fixture)

BOOST_AUTO_TEST_CASE(the_same_call_made_natively_and_in_the_machine_has_no_difference) {
  BOOST_TEST(ask({"begin", "judge", "dairy", "on_event", kEvent}) == "ok");
  BOOST_TEST(ask({"host", "finding", "ilate", "itoo", "n0"}) == "ok/0");
  const auto answer = engine.answer({"end"});
  BOOST_REQUIRE(answer.size() == 11U);
  BOOST_TEST(answer[1].empty());
  BOOST_TEST(answer[2] == "returned");
  BOOST_TEST(answer[6] == "1");
  BOOST_TEST(answer[7] == "late");
  BOOST_TEST(answer[8] == "too");
}

BOOST_AUTO_TEST_CASE(a_native_call_that_does_something_else_is_told) {
  BOOST_TEST(ask({"begin", "judge", "dairy", "on_event", kEvent}) == "ok");
  BOOST_TEST(engine.answer({"end"}).at(1) == "findings natively: none; in the virtual machine: late (too)");
  BOOST_TEST(ask({"begin", "call", "dairy", "add", "{}"}) == "ok");
  BOOST_TEST(ask({"host", "state_put", "ikey", "iother"}) == "ok/0");
  BOOST_TEST(engine.answer({"end"}).at(1) == "the state differs");
  BOOST_TEST(ask({"state"}) == "ok/key/value");
  BOOST_TEST(ask({"new"}) == "ok");
  BOOST_TEST(ask({"state"}) == "ok");
}

BOOST_AUTO_TEST_CASE(a_rule_sees_the_event_as_the_ledger_spells_it) {
  BOOST_TEST(ask({"begin", "judge", "dairy", "on_event", kEvent}) == "ok");
  BOOST_TEST(ask({"host", "event_get", "ibizStep", "o13"}) == "ok/13/commissioning");
  BOOST_TEST(engine.answer({"host", "event_get", "iepcList/0", "o42"}).at(2) ==
             "https://id.gs1.org/01/09521003000428/21/7" + std::string(1, '\0'));
  BOOST_TEST(ask({"host", "event_get", "inothing", "o0"}) == "ok/-1/");
  BOOST_TEST(ask({"host", "state_put", "ikey", "ivalue"}) == "ended");
  BOOST_TEST(engine.answer({"end"}).at(1).starts_with("ended natively with NOT_IN_A_RULE"));
}

BOOST_AUTO_TEST_CASE(earlier_events_are_the_state_of_items) {
  const auto asked = [&] {
    BOOST_TEST(ask({"begin", "judge", "shop", "on_event", kEvent}) == "ok");
    return ask({"host", "item_get", "iurn:epc:id:sgtin:9521003.000042.7", "ipossessor", "o5"});
  };
  BOOST_TEST(asked().starts_with("ok/-1"));
  BOOST_TEST(ask({"capture", "dairy", kEvent}) == "ok");
  BOOST_TEST(asked() == "ok/5/dairy");
}

BOOST_AUTO_TEST_CASE(what_is_no_request_is_refused_and_changes_nothing) {
  for (const Frame& request : std::vector<Frame>{{},
                                                 {"dance"},
                                                 {"new", "1"},
                                                 {"time", "soon"},
                                                 {"time", "-1"},
                                                 {"parameters", "{"},
                                                 {"capture", "dairy", "{}"},
                                                 {"split", "["},
                                                 {"end"},
                                                 {"host", "event_get", "i", "o1"},
                                                 {"begin", "sing", "dairy", "add", "{}"},
                                                 {"begin", "judge", "dairy", "on_event", "{}"}}) {
    BOOST_TEST(ask(request).starts_with("error/"));
  }
  BOOST_TEST(ask({"begin", "call", "dairy", "add", "{}"}) == "ok");
  for (const Frame& request : std::vector<Frame>{{"host", "open_file"},
                                                 {"host", "state_put", "ikey"},
                                                 {"host", "state_put", "ikey", ""},
                                                 {"host", "state_get", "ikey", "omuch"}}) {
    BOOST_TEST(ask(request).starts_with("error/ENGINE_REQUEST/"));
  }
  BOOST_TEST(ask({"host", "state_put", "ikey", "ivalue"}) == "ok/0");
  BOOST_TEST(engine.answer({"end"}).at(1).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::sdk
