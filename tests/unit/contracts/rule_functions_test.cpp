#include "contracts/rule_functions.h"

#include <boost/test/unit_test.hpp>

#include "contracts/fuel.h"
#include "contracts/vm/beginnings.h"
#include "contracts/vm/fuel.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/vm/assembler.h"

namespace keten::contracts {
namespace {

using guest::RuleFinding;
using vm::assembler::Code;
constexpr auto i32 = vm::ValueType::i32;

/// Number of an imported function; all are imported in the order of the offers.
std::uint32_t function(std::string_view name) {
  const auto offers = guest::offers();
  for (std::uint32_t i = 0; i < offers.size(); ++i) {
    if (offers[i].name == name) { return i; }
  }
  BOOST_FAIL("no function " << name);
  return 0;
}

constexpr std::uint32_t kText = 1024;
constexpr std::uint32_t kOut = 4096;

json::Value parsed(std::string_view text) {
  const auto value = json::parse(text);
  BOOST_REQUIRE(value.ok());
  return *value;
}

class Input final : public guest::RuleInput {
 public:
  json::Value event_value = parsed(
      R"({"type":"ObjectEvent","epcList":["https://id.gs1.org/01/09521003000428/21/1","two"],"bizStep":"shipping",)"
      R"("a/b":{"~":"tilde"},"n":7.50,"big":1e3,"no":null,"yes":true})");
  json::Value parameter_values = parsed(R"({"maxCelsius":8,"steps":["shipping"]})");
  json::Value agreement_value = parsed(R"({"title":"Milk","parties":["dairy","market"]})");
  json::Value item_value = parsed(R"({"possessor":"dairy","holdings":[{"amount":"5"}]})");
  json::Value member_value = parsed(R"({"name":"market"})");
  std::map<std::string, int> asked;

  const json::Value& event() override { return event_value; }
  const json::Value& parameters() override { return parameter_values; }
  const json::Value& agreement() override { return agreement_value; }
  Look item(std::string_view item) override {
    return {item == "milk" ? &item_value : nullptr, asked["item " + std::string(item)]++ == 0};
  }
  Look member(std::string_view organisation) override {
    return {organisation == "market" ? &member_value : nullptr, asked["member " + std::string(organisation)]++ == 0};
  }
};

struct Fixture {
  Genesis genesis = test::make_genesis();
  TransactionPointer transaction = test::make_put(genesis, "k", "v");
  BlockContext block{.chain_id = genesis.chain_id(), .height = Height{77}, .time = 1'700'000'000'123};
  Caller caller{
      .organisation = "dairy", .key = test::key_of(11).public_key(), .roles = {Role::submitter}, .user = "scanner"};
  test::MapState state;
  Context context{block, *transaction, caller, 0, state, 1'000'000};
  Input input;

  Fixture() { state.entries[to_bytes("record/a")] = to_bytes("value of a"); }

  static vm::Module module_of(const Code& code, const Bytes& text) {
    vm::assembler::Module module;
    for (const auto& offer : guest::offers()) {
      module.imports.push_back({std::string(offer.module), std::string(offer.name), offer.type});
    }
    module.memory = {1, 1};
    module.data = {{kText, text}};
    module.functions.push_back({{}, code, {i32}, "on_event"});
    const auto compiled = vm::compile(module.encode(), guest::offers());
    BOOST_REQUIRE_MESSAGE(compiled.ok(), (compiled.ok() ? "" : compiled.error().message));
    return *compiled;
  }
  Result<std::vector<RuleFinding>> judge(const Code& code, std::string_view text, std::uint64_t fuel_max = 500'000) {
    vm::Instance instance(module_of(code, to_bytes(text)));
    return guest::judge(context, instance, {.entry = "on_event", .input = input, .fuel_max = fuel_max});
  }
  static Code at(std::size_t place, std::size_t length) {
    return Code().i32(static_cast<std::uint32_t>(kText + place)).i32(static_cast<std::uint32_t>(length));
  }
  /// "-" when there is none, the value otherwise: told as the message of a finding.
  std::string get(std::string_view name, std::string_view path, std::string_view subject = {}) {
    const auto text = "V-" + std::string(subject) + std::string(path);
    Code code;
    if (!subject.empty()) { code.add(at(2, subject.size())); }
    code.add(at(2 + subject.size(), path.size())).i32(kOut).i32(1000).call(function(name)).tee(0);
    code.i32(0xFFFF'FFFF).op(0x46).begin(0x04);
    code.add(at(0, 1)).add(at(1, 1)).i64(0).call(function("finding")).op(0x05);
    code.add(at(0, 1)).i32(kOut).get(0).i64(0).call(function("finding")).end();
    const auto found = judge(code, text);
    return found ? found->at(0).message : found.error().reason;
  }
  /// The count as the deadline of a finding; -1 as 0xFFFFFFFF.
  std::int64_t count(std::string_view name, std::string_view path, std::string_view subject = {}) {
    const auto text = "V-" + std::string(subject) + std::string(path);
    Code code;
    code.add(at(0, 1)).add(at(1, 1));
    if (!subject.empty()) { code.add(at(2, subject.size())); }
    code.add(at(2 + subject.size(), path.size())).call(function(name)).op(0xAD).call(function("finding"));
    const auto found = judge(code, text);
    BOOST_REQUIRE(found.ok());
    return static_cast<std::int64_t>(found->at(0).deadline);
  }
  std::string error(const Code& code, std::string_view text) {
    const auto found = judge(code, text);
    return found ? "none" : found.error().reason;
  }
};
constexpr std::int64_t kNone = 0xFFFF'FFFF;

BOOST_FIXTURE_TEST_SUITE(rule_functions, Fixture)

BOOST_AUTO_TEST_CASE(a_rule_reads_the_event_by_path_and_gets_text) {
  BOOST_TEST(get("event_get", "bizStep") == "shipping");
  BOOST_TEST(get("event_get", "epcList/1") == "two");
  BOOST_TEST(get("event_get", "epcList") == R"(["https://id.gs1.org/01/09521003000428/21/1","two"])");
  BOOST_TEST(get("event_get", "a~1b/~0") == "tilde");
  BOOST_TEST(get("event_get", "n") == "7.5");
  BOOST_TEST(get("event_get", "big") == "1000");
  BOOST_TEST(get("event_get", "yes") == "true");
  BOOST_TEST(get("event_get", "no") == "null");
  BOOST_TEST(get("event_get", "").starts_with(R"({"a/b":{"~":"tilde"},"big":1000,)"));
  for (const auto* missing :
       {"nothing", "epcList/2", "epcList/01", "epcList/-1", "epcList/x", "bizStep/0", "/bizStep"}) {
    BOOST_TEST(get("event_get", missing) == "-", missing);
  }
}

BOOST_AUTO_TEST_CASE(a_rule_counts_members_of_arrays_and_objects_only) {
  BOOST_TEST(count("event_count", "epcList") == 2);
  BOOST_TEST(count("event_count", "") == 8);
  BOOST_TEST(count("event_count", "bizStep") == kNone);
  BOOST_TEST(count("event_count", "nothing") == kNone);
}

BOOST_AUTO_TEST_CASE(a_rule_reads_parameters_agreement_items_and_members) {
  BOOST_TEST(get("parameter_get", "maxCelsius") == "8");
  BOOST_TEST(count("parameter_count", "steps") == 1);
  BOOST_TEST(get("agreement_get", "parties/1") == "market");
  BOOST_TEST(count("agreement_count", "parties") == 2);
  BOOST_TEST(get("item_get", "possessor", "milk") == "dairy");
  BOOST_TEST(get("item_get", "possessor", "wine") == "-");
  BOOST_TEST(count("item_count", "holdings", "milk") == 1);
  BOOST_TEST(count("item_count", "holdings", "wine") == kNone);
  BOOST_TEST(get("member_get", "name", "market") == "market");
  BOOST_TEST(get("member_get", "name", "nobody") == "-");
}

BOOST_AUTO_TEST_CASE(a_rule_spells_names_as_the_ledger_does) {
  BOOST_TEST(get("item_name", "urn:epc:id:sgtin:9521003.000042.7") == "https://id.gs1.org/01/09521003000428/21/7");
  BOOST_TEST(get("item_name", "https://dairy.example/01/9521003000428?x=1") == "https://id.gs1.org/01/09521003000428");
  BOOST_TEST(get("item_name", "urn:x:1") == "urn:x:1");
  BOOST_TEST(error(Code().add(at(0, 1025)).i32(kOut).i32(0).call(function("item_name")).op(0x1A),
                   std::string(1025, 'a')) == "NAME_TOO_LONG");
}

BOOST_AUTO_TEST_CASE(findings_come_in_their_order_with_code_message_and_deadline) {
  const auto code = Code()
                        .add(at(0, 8))
                        .add(at(8, 14))
                        .i64(1'700'000'600'000)
                        .call(function("finding"))
                        .add(at(22, 4))
                        .add(at(0, 0))
                        .i64(0)
                        .call(function("finding"));
  const auto found = judge(code, "too_warm9 C, at most 8late");
  BOOST_REQUIRE(found.ok());
  const std::vector<RuleFinding> expected{{"too_warm", "9 C, at most 8", 1'700'000'600'000}, {"late", "", 0}};
  BOOST_TEST((*found == expected));
}

BOOST_AUTO_TEST_CASE(a_rule_without_findings_accepts) {
  const auto found = judge(Code(), "");
  BOOST_REQUIRE(found.ok());
  BOOST_TEST(found->empty());
}

BOOST_AUTO_TEST_CASE(a_rule_keeps_nothing_and_emits_nothing) {
  BOOST_TEST(error(Code().add(at(0, 1)).add(at(0, 1)).call(function("state_put")), "a") == "NOT_IN_A_RULE");
  BOOST_TEST(error(Code().add(at(0, 1)).call(function("state_delete")), "a") == "NOT_IN_A_RULE");
  BOOST_TEST(error(Code().add(at(0, 1)).add(at(0, 1)).add(at(0, 1)).call(function("emit_event")), "a") ==
             "NOT_IN_A_RULE");
  BOOST_TEST(context.writes().empty());
  BOOST_TEST(context.events().empty());
}

BOOST_AUTO_TEST_CASE(a_rule_sees_no_state_of_its_own) {
  const auto told = [&](const Code& asks) {
    const auto found = judge(Code().add(at(0, 1)).add(at(0, 1)).add(asks).op(0xAD).call(function("finding")), "a");
    return found ? static_cast<std::int64_t>(found->at(0).deadline) : -2;
  };
  BOOST_TEST(told(Code().add(at(0, 1)).i32(kOut).i32(100).call(function("state_get"))) == kNone);
  BOOST_TEST(told(Code().add(at(0, 1)).add(at(0, 0)).i32(kOut).i32(100).call(function("state_next"))) == kNone);
}

BOOST_AUTO_TEST_CASE(a_method_cannot_ask_what_only_rules_ask) {
  vm::Instance instance(module_of(Code().add(at(0, 0)).call(function("event_count")).op(0x1A), {}));
  const auto result = guest::call(context, instance, {.method = "on_event", .arguments = {}, .fuel_max = 100'000});
  BOOST_TEST(result.error().reason == "ONLY_IN_A_RULE");
  BOOST_TEST(result.error().message == "event_count answers a rule that judges an event, and this is a method");
}

BOOST_AUTO_TEST_CASE(what_a_rule_gives_has_limits_that_are_named) {
  const auto finding = [](std::size_t code_length, std::size_t message_length, std::uint64_t deadline) {
    return Code().add(at(0, code_length)).add(at(0, message_length)).i64(deadline).call(function("finding"));
  };
  BOOST_TEST(error(finding(65, 0, 0), std::string(65, 'c')) == "FINDING_CODE_INVALID");
  BOOST_TEST(error(finding(0, 0, 0), "") == "FINDING_CODE_INVALID");
  BOOST_TEST(error(finding(2, 0, 0), "a b") == "FINDING_CODE_INVALID");
  BOOST_TEST(error(finding(11, 0, 0), "RULE_FAILED") == "FINDING_CODE_INVALID", "what the ledger says about a rule");
  BOOST_TEST(error(finding(1, 1024, 0), std::string(1024, 'm')) == "none");
  BOOST_TEST(error(finding(1, 1025, 0), std::string(1025, 'm')) == "FINDING_MESSAGE_INVALID");
  BOOST_TEST(error(finding(1, 2, 0), "c\xFF") == "FINDING_MESSAGE_INVALID");
  BOOST_TEST(error(finding(1, 0, ~std::uint64_t{0}), "c") == "FINDING_DEADLINE_INVALID");
  Code sixteen;
  for (int i = 0; i < 16; ++i) { sixteen.add(finding(1, 0, 0)); }
  BOOST_TEST(error(sixteen, "c") == "none");
  BOOST_TEST(error(sixteen.add(finding(1, 0, 0)), "c") == "TOO_MANY_FINDINGS");
  BOOST_TEST(error(Code().add(at(0, 1025)).call(function("event_count")).op(0x1A), "") == "PATH_TOO_LONG");
  BOOST_TEST(error(Code().add(at(0, 1025)).add(at(0, 0)).call(function("item_count")).op(0x1A), "") == "NAME_TOO_LONG");
  BOOST_TEST(error(Code().i32(0xFFFF'FFF0).i32(100).call(function("event_count")).op(0x1A), "") == "CONTRACT_TRAP");
}

BOOST_AUTO_TEST_CASE(a_rule_looks_at_as_many_different_items_as_an_event_may_name) {
  constexpr std::uint32_t kMost = 11'000;
  constexpr std::uint32_t kDigits = 4;
  constexpr auto kHexadecimal = "0123456789abcdef";
  std::string names;
  for (std::uint32_t i = 0; i <= kMost; ++i) {
    for (int shift = 12; shift >= 0; shift -= 4) { names += kHexadecimal[(i >> shift) & 15U]; }
  }
  const auto look_at = [&](std::uint32_t count, std::uint32_t times) {
    Context rich{block, *transaction, caller, 0, state, 60'000'000};
    input.asked.clear();
    Code code;
    for (std::uint32_t i = 0; i < times; ++i) {
      code.i32(0).set(0).begin(0x03);
      code.i32(kText).get(0).op(0x6A).i32(kDigits).i32(kText).i32(0).call(function("item_count")).op(0x1A);
      code.get(0).i32(kDigits).op(0x6A).tee(0).i32(kDigits * count).op(0x49).br_if(0).end();
    }
    vm::Instance instance(module_of(code, to_bytes(names)));
    const auto found = guest::judge(rich, instance, {.entry = "on_event", .input = input, .fuel_max = 50'000'000});
    return found ? "" : found.error().reason + " " + found.error().message;
  };
  BOOST_TEST(look_at(kMost, 1).empty());
  BOOST_TEST(look_at(kMost, 2).empty(), "looking again is not looking at another one");
  BOOST_TEST(look_at(kMost + 1, 1) ==
             "TOO_MANY_READS items and members looked at: at most 11000 in one call, found 11001");
}

BOOST_AUTO_TEST_CASE(the_first_look_at_an_item_costs_more_than_later_ones) {
  const auto used = [&](const Code& code, std::string_view text) {
    const auto before = context.fuel_left();
    BOOST_TEST(judge(code, text).ok());
    return before - context.fuel_left();
  };
  const auto item = Code().add(at(0, 4)).add(at(4, 9)).call(function("item_count")).op(0x1A);
  const auto first = used(item, "milkpossessor");
  BOOST_TEST(first - used(item, "milkpossessor") == fuel::kFirstLook - fuel::kLookUp);
  // Entry with one local, two constants, the call, the drop; the host function; one of eight members passed.
  BOOST_TEST(used(Code().add(at(0, 4)).call(function("event_count")).op(0x1A), "type") ==
             vm::fuel::kEntry + 1 + 2 + vm::fuel::kCall + 1 + fuel::kGuestFunction + fuel::kLookUp + 1);
}

BOOST_AUTO_TEST_CASE(a_rule_that_uses_up_its_own_ceiling_fails_and_a_sender_that_cannot_pay_it_fails_himself) {
  const auto endless = Code().begin(0x03).br(0).end();
  const auto before = context.fuel_left();
  BOOST_TEST(judge(endless, "", 5000).error().reason == "CONTRACT_OUT_OF_FUEL");
  BOOST_TEST(before - context.fuel_left() == 5000U);
  Context poor(block, *transaction, caller, 0, state, 1000);
  vm::Instance instance(module_of(endless, {}));
  BOOST_CHECK_EXCEPTION((void)guest::judge(poor, instance, {.entry = "on_event", .input = input, .fuel_max = 5000}),
                        Abort, [](const Abort& abort) { return abort.error.reason == "OUT_OF_FUEL"; });
  // How it ended decides, and not what it says: a rule that aborts with the ledger's words has failed, and the sender has not.
  for (const std::string code : {"CONTRACT_OUT_OF_FUEL", "OUT_OF_FUEL"}) {
    Context other(block, *transaction, caller, 0, state, 1000);
    vm::Instance liar(module_of(Code().add(at(0, code.size())).add(at(0, 0)).call(function("abort")), to_bytes(code)));
    const auto said = guest::judge(other, liar, {.entry = "on_event", .input = input, .fuel_max = 5000});
    BOOST_TEST(said.error().reason == "GUEST_" + code);
    BOOST_TEST(other.fuel_left() > 500U);
  }
  Context enough(block, *transaction, caller, 0, state, 1000);
  vm::Instance short_one(module_of(Code(), {}));
  BOOST_TEST(guest::judge(enough, short_one, {.entry = "on_event", .input = input, .fuel_max = 5000}).ok());
}

BOOST_AUTO_TEST_CASE(a_rule_costs_and_finds_the_same_when_its_beginning_was_kept_whatever_fuel_there_is) {
  Code code;
  code.add(at(0, 7)).i32(kOut).i32(100).call(function("parameter_get")).set(0);
  code.add(at(7, 5)).call(function("agreement_count")).op(0x1A);
  code.add(at(12, 4)).i32(kOut + 200).i32(100).call(function("event_get")).op(0x1A);
  code.add(at(16, 2)).i32(kOut).get(0).i64(0).call(function("finding"));
  const auto module = module_of(code, to_bytes("steps/0titletypeOK"));
  vm::Beginnings beginnings;
  vm::Instance keeping(module);
  const auto judged = [&](vm::Instance& instance, vm::Beginnings* kept, std::uint64_t sender, std::uint64_t most) {
    Context own(block, *transaction, caller, 0, state, sender);
    std::string text;
    try {
      const auto found = guest::judge(
          own, instance, {.entry = "on_event", .input = input, .fuel_max = most, .beginnings = kept, .terms = {}});
      text =
          found ? found->at(0).code + " " + found->at(0).message : found.error().reason + ": " + found.error().message;
    } catch (const Abort& abort) { text = "abort " + abort.error.reason; }
    return text + " with " + std::to_string(own.fuel_left()) + " left";
  };
  constexpr std::uint64_t kPlenty = 100'000;
  const auto first = judged(keeping, &beginnings, kPlenty, kPlenty);
  BOOST_TEST(first.starts_with("OK shipping with "));
  BOOST_TEST(beginnings.bytes() > 0U);
  const auto* const beginning = beginnings.find({});
  BOOST_REQUIRE(beginning != nullptr);
  BOOST_TEST(beginning->host_fuel > 2 * fuel::kLookUp);
  const auto all = kPlenty - std::stoull(first.substr(first.rfind("with ") + 5));
  BOOST_TEST(beginning->fuel < all);
  for (std::uint64_t fuel = 0; fuel <= all + 1; ++fuel) {
    vm::Instance plain(module);
    BOOST_TEST(judged(keeping, &beginnings, kPlenty, fuel) == judged(plain, nullptr, kPlenty, fuel));
    BOOST_TEST(judged(keeping, &beginnings, fuel, kPlenty) == judged(plain, nullptr, fuel, kPlenty));
    // A beginning that is made with too little is none.
    vm::Beginnings none;
    BOOST_TEST(judged(keeping, &none, kPlenty, fuel) == judged(plain, nullptr, kPlenty, fuel));
    BOOST_TEST((none.find({}) != nullptr) == (fuel >= beginning->fuel));
  }
  // What it goes on from is not what the last event was.
  input.event_value = parsed(R"({"type":"TransactionEvent"})");
  vm::Instance plain(module);
  BOOST_TEST(judged(keeping, &beginnings, kPlenty, kPlenty) == judged(plain, nullptr, kPlenty, kPlenty));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::contracts
