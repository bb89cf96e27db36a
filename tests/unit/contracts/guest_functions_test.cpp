#include "contracts/guest_functions.h"

#include <boost/test/unit_test.hpp>

#include "contracts/fuel.h"
#include "contracts/vm/fuel.h"
#include "core/keys.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/vm/assembler.h"

namespace keten::contracts {
namespace {

using vm::assembler::Code;
constexpr auto i32 = vm::ValueType::i32;

// Numbers of the imported functions: all are imported, in the order of the offers.
enum : std::uint32_t {
  block_height,
  block_time_ms,
  sender_organisation,
  sender_key,
  sender_roles,
  transaction_id,
  method,
  arguments,
  state_get,
  state_put,
  state_delete,
  state_next,
  emit_event,
  set_result,
  hash_blake2b,
  hash_sha256,
  verify_ed25519,
  abort_call
};

/// Texts lie at 1024 and behind; answers go to 4096.
constexpr std::uint32_t kText = 1024;
constexpr std::uint32_t kOut = 4096;

struct Fixture {
  Genesis genesis = test::make_genesis();
  TransactionPointer transaction =
      test::make_put(genesis, "k", "v");  // contract "record": its namespace is the guest's
  BlockContext block{.chain_id = genesis.chain_id(), .height = Height{77}, .time = 1'700'000'000'123};
  Caller caller{
      .organisation = "dairy", .key = test::key_of(11).public_key(), .roles = {Role::submitter}, .user = "scanner"};
  test::MapState state;
  Context context{block, *transaction, caller, 0, state, 1'000'000};

  Fixture() {
    state.entries[to_bytes("record/a")] = to_bytes("value of a");
    state.entries[to_bytes("record/c")] = to_bytes("value of c");
    state.entries[to_bytes("usage/x")] = to_bytes("not yours");
  }

  static vm::assembler::Module module_of(const Code& code, const Bytes& text = {}) {
    vm::assembler::Module module;
    for (const auto& offer : guest::offers()) {
      module.imports.push_back({std::string(offer.module), std::string(offer.name), offer.type});
    }
    module.memory = {1, 1};
    module.data = {{kText, text}};
    module.functions.push_back({{}, code, {i32}, "run"});
    return module;
  }
  /// "value" of what the guest set as its result, or "REASON message".
  std::string run(const Code& code, std::string_view text = {}, std::uint64_t fuel_max = 500'000,
                  const guest::Limits& limits = {}) {
    const auto module = vm::compile(module_of(code, to_bytes(text)).encode(), guest::offers());
    BOOST_REQUIRE_MESSAGE(module.ok(), (module.ok() ? "" : module.error().message));
    vm::Instance instance(*module);
    const auto result = guest::call(context, instance,
                                    {.method = "run", .arguments = as_bytes("argument"), .fuel_max = fuel_max}, limits);
    return result ? to_text(*result) : result.error().reason + " " + result.error().message;
  }
  /// Pushes the place and length of a part of the text.
  static Code at(std::uint32_t place, std::uint32_t length) { return Code().i32(kText + place).i32(length); }
  /// The result is what lies at kOut with the length on the operand stack.
  static Code give() { return Code().set(0).i32(kOut).get(0).call(set_result); }
};

BOOST_FIXTURE_TEST_SUITE(guest_functions, Fixture)

BOOST_AUTO_TEST_CASE(a_guest_sees_its_transaction) {
  BOOST_TEST(run(Code().i32(kOut).i32(100).call(sender_organisation).add(give())) == "dairy");
  BOOST_TEST(run(Code().i32(kOut).i32(100).call(arguments).add(give())) == "argument");
  BOOST_TEST(run(Code().i32(kOut).i32(100).call(method).add(give())) == "run");
  BOOST_TEST(run(Code().i32(kOut).call(sender_key).i32(32).add(give())) == to_text(caller.key.view()));
  BOOST_TEST(run(Code().i32(kOut).call(transaction_id).i32(32).add(give())) == to_text(transaction->id.view()));
  BOOST_TEST(run(Code().i32(kOut).call(block_height).access(0x37).i32(8).add(give())) ==
             std::string("\x4D\0\0\0\0\0\0\0", 8));
  BOOST_TEST(
      run(Code().i32(kOut).call(block_time_ms).i64(1'700'000'000'000).op(0x7D).access(0x37).i32(1).add(give())) ==
      "\x7B");
  BOOST_TEST(run(Code().i32(kOut).call(sender_roles).access(0x36).i32(1).add(give())) == "\x04");
}

BOOST_AUTO_TEST_CASE(a_place_that_is_too_small_gets_nothing_and_the_guest_the_length) {
  const auto code = Code()
                        .i32(kOut)
                        .i32(0x2121'2121)
                        .access(0x36)
                        .i32(kOut)
                        .i32(4)
                        .call(sender_organisation)
                        .op(0x1A)
                        .i32(4)
                        .add(give());
  BOOST_TEST(run(code) == "!!!!");
  BOOST_TEST(run(Code().i32(kOut).i32(kOut).i32(4).call(sender_organisation).access(0x36).i32(1).add(give())) ==
             "\x05");
}

BOOST_AUTO_TEST_CASE(a_guest_reads_and_writes_in_its_own_namespace_only) {
  BOOST_TEST(run(Code().add(at(0, 1)).i32(kOut).i32(100).call(state_get).add(give()), "a") == "value of a");
  BOOST_TEST(run(Code().i32(kOut).add(at(0, 7)).i32(kOut).i32(100).call(state_get).access(0x36).i32(4).add(give()),
                 "usage/x") == "\xFF\xFF\xFF\xFF");
  BOOST_TEST(
      run(Code().add(at(0, 1)).add(at(1, 5)).call(state_put).add(at(0, 1)).i32(kOut).i32(100).call(state_get).add(
              give()),
          "bhello") == "hello");
  BOOST_TEST((context.writes().at(to_bytes("record/b")) == to_bytes("hello")));
  BOOST_TEST(run(Code().add(at(0, 1)).call(state_delete), "a") == "");
  BOOST_TEST(!context.writes().at(to_bytes("record/a")).has_value());
}

BOOST_AUTO_TEST_CASE(keys_are_found_in_order_one_by_one) {
  const auto next = [&](std::string_view first, std::string_view end) {
    const auto text = std::string(first) + std::string(end);
    const auto code = Code()
                          .add(at(0, static_cast<std::uint32_t>(first.size())))
                          .add(at(static_cast<std::uint32_t>(first.size()), static_cast<std::uint32_t>(end.size())))
                          .i32(kOut)
                          .i32(100)
                          .call(state_next)
                          .tee(0)
                          .i32(0xFFFF'FFFF)
                          .op(0x46)
                          .begin(0x04)
                          .i32(kOut)
                          .i32('-')
                          .access(0x3A)
                          .i32(1)
                          .set(0)
                          .end()
                          .get(0)
                          .add(give());
    return run(code, text);
  };
  BOOST_TEST(next("", "") == "a");
  BOOST_TEST(next("b", "") == "c");
  BOOST_TEST(next("b", "c") == "-");
  BOOST_TEST(next("d", "") == "-");
  BOOST_TEST(next("z", "a") == "-");
}

BOOST_AUTO_TEST_CASE(events_carry_the_name_of_their_contract) {
  BOOST_TEST(run(Code().add(at(0, 7)).add(at(7, 5)).add(at(12, 4)).call(emit_event), "shippedlot 1data") == "");
  BOOST_REQUIRE(context.events().size() == 1U);
  BOOST_TEST(context.events()[0].kind == "record.shipped");
  BOOST_TEST(context.events()[0].subject == "lot 1");
  BOOST_TEST(to_text(context.events()[0].data) == "data");
  BOOST_TEST(
      run(Code().add(at(0, 3)).add(at(0, 0)).add(at(0, 0)).call(emit_event), "a.b").starts_with("EVENT_KIND_INVALID"));
  BOOST_TEST(run(Code().add(at(0, 1)).add(at(1, 1)).add(at(0, 0)).call(emit_event), "a\xFF")
                 .starts_with("EVENT_SUBJECT_INVALID"));
}

BOOST_AUTO_TEST_CASE(hashes_and_signatures_are_those_of_the_standards) {
  const auto hash = [&](std::uint32_t function) {
    return to_hex(as_bytes(run(Code().add(at(0, 3)).i32(kOut).call(function).i32(32).add(give()), "abc")));
  };
  BOOST_TEST(hash(hash_sha256) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(hash(hash_blake2b) == "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  const auto pair = test::key_of(3);
  const auto text = to_text(pair.public_key().view()) + to_text(pair.sign(as_bytes("message")).view()) + "message";
  const auto verify = [&](std::string signed_text) {
    return run(
        Code().i32(kOut).i32(kText).i32(kText + 32).add(at(96, 7)).call(verify_ed25519).access(0x36).i32(1).add(give()),
        signed_text);
  };
  BOOST_TEST(verify(text) == "\x01");
  auto changed = text;
  changed.back() = 'f';
  BOOST_TEST(verify(changed) == std::string(1, '\0'));
}

BOOST_AUTO_TEST_CASE(a_guest_that_aborts_says_why_in_its_own_words) {
  BOOST_TEST(run(Code().add(at(0, 10)).add(at(10, 29)).call(abort_call), "not_holderonly the holder may ship this.") ==
             "not_holder only the holder may ship this");
  BOOST_TEST(run(Code().add(at(0, 3)).add(at(0, 3)).call(abort_call), "a b").starts_with("ABORTED"));
  BOOST_TEST(run(Code().add(at(0, 1)).add(at(1, 1)).call(abort_call), "a\xFF") ==
             "a the contract's message is longer than 1,024 bytes or not UTF-8");
}

BOOST_AUTO_TEST_CASE(no_guest_gives_a_reason_that_is_the_ledgers) {
  const auto aborted = [&](const std::string& code) {
    const auto text =
        run(Code().add(at(0, static_cast<std::uint32_t>(code.size()))).add(at(0, 0)).call(abort_call), code);
    return text.substr(0, text.find(' '));
  };
  for (const auto* code :
       {"KEY_REVOKED", "CONTRACT_TRAP", "CONTRACT_OUT_OF_FUEL", "OUT_OF_FUEL", "ABORTED", "GUEST_X", "42"}) {
    BOOST_TEST(aborted(code) == std::string("GUEST_") + code);
  }
  BOOST_TEST(aborted("Key_revoked") == "Key_revoked");
  BOOST_TEST(aborted(std::string(64, 'K')) == "GUEST_" + std::string(58, 'K'));
}

BOOST_AUTO_TEST_CASE(a_place_outside_the_memory_is_a_trap_and_changes_nothing) {
  for (const std::uint32_t function : {hash_sha256, state_get, state_put, set_result, abort_call, emit_event}) {
    Code code;
    const auto& type = guest::offers()[function].type;
    for (std::size_t i = 0; i < type.parameters.size(); ++i) { code.i32(0xFFFF'FFF0); }
    code.call(function);
    if (type.result) { code.op(0x1A); }
    BOOST_TEST(run(code) == "CONTRACT_TRAP method run: trap: out of bounds memory access in function 29");
  }
  BOOST_TEST(context.writes().empty());
  BOOST_TEST(context.events().empty());
}

BOOST_AUTO_TEST_CASE(recursion_without_end_is_a_trap_that_costs_the_same_every_time) {
  const auto itself = static_cast<std::uint32_t>(guest::offers().size());
  const auto code = Code().add(at(0, 1)).call(set_result).call(itself);
  std::vector<std::uint64_t> used;
  for (int i = 0; i < 2; ++i) {
    const auto before = context.fuel_left();
    BOOST_TEST(run(code, "a") == "CONTRACT_TRAP method run: trap: call stack exhausted in function 29");
    used.push_back(before - context.fuel_left());
  }
  BOOST_TEST(used[0] == used[1]);
  BOOST_TEST(run(code, "a", 5000) == "CONTRACT_OUT_OF_FUEL method run: 5000 units of fuel were not enough");
}

BOOST_AUTO_TEST_CASE(every_limit_holds_and_is_named) {
  const auto loop = [](const Code& body) { return Code().begin(0x03).add(body).br(0).end(); };
  guest::Limits limits;
  limits.reads = 5;
  limits.writes = 4;
  limits.events = 3;
  BOOST_TEST(run(loop(Code().add(at(0, 1)).i32(kOut).i32(9).call(state_get).op(0x1A)), "a", 500'000, limits) ==
             "TOO_MANY_READS reads of the state: at most 5 in one call, found 6");
  BOOST_TEST(run(loop(Code().add(at(0, 1)).call(state_delete)), "a", 500'000, limits) ==
             "TOO_MANY_WRITES writes to the state: at most 4 in one call, found 5");
  BOOST_TEST(run(loop(Code().add(at(0, 1)).add(at(0, 1)).add(at(0, 0)).call(emit_event)), "a", 500'000, limits) ==
             "TOO_MANY_EVENTS events: at most 3 in one call, found 4");
  BOOST_TEST(run(Code().add(at(0, 257)).call(state_delete), std::string(257, 'k')) ==
             "STATE_KEY_INVALID bytes of a key, and at least 1: at most 256 in one call, found 257");
  BOOST_TEST(run(Code().add(at(0, 256)).call(state_delete), std::string(256, 'k')) == "");
  BOOST_TEST(run(Code().add(at(0, 0)).call(state_delete)).starts_with("STATE_KEY_INVALID"));
  limits.value_bytes = 10;
  BOOST_TEST(run(Code().add(at(0, 1)).add(at(0, 11)).call(state_put), "k", 500'000, limits)
                 .starts_with("STATE_VALUE_TOO_LARGE"));
  limits.result_bytes = 10;
  BOOST_TEST(run(Code().add(at(0, 11)).call(set_result), "k", 500'000, limits).starts_with("RESULT_TOO_LARGE"));
}

BOOST_AUTO_TEST_CASE(the_transaction_pays_for_instructions_and_for_what_the_host_does) {
  const auto before = context.fuel_left();
  BOOST_TEST(run(Code().add(at(0, 1)).call(state_delete), "a") == "");
  // entry with one local, two constants and the call; the host function and its copy; what the context takes for the key
  const auto instructions = vm::fuel::kEntry + 1 + 2 + vm::fuel::kCall;
  BOOST_TEST(before - context.fuel_left() ==
             instructions + fuel::kGuestFunction + fuel::kErase + 8 * fuel::kWrittenByte);
}

BOOST_AUTO_TEST_CASE(fuel_that_runs_out_is_the_calls_own_affair_until_the_transaction_has_none) {
  const auto endless = Code().begin(0x03).br(0).end();
  const auto before = context.fuel_left();
  BOOST_TEST(run(endless, "", 5000) == "CONTRACT_OUT_OF_FUEL method run: 5000 units of fuel were not enough");
  BOOST_TEST(before - context.fuel_left() == 5000U);
  // Every amount up to enough: the same result, and never a write that is not paid.
  const auto code = Code().add(at(0, 1)).call(state_delete).add(at(0, 1)).call(state_delete);
  for (std::uint64_t fuel = 0; fuel < 2300; fuel += 7) {
    Context own(block, *transaction, caller, 0, state, 1'000'000);
    const auto module = vm::compile(module_of(code, to_bytes("a")).encode(), guest::offers());
    vm::Instance instance(*module);
    const auto result = guest::call(own, instance, {.method = "run", .arguments = {}, .fuel_max = fuel});
    const std::uint64_t enough =
        vm::fuel::kEntry + 1 + 4 + 2 * vm::fuel::kCall + 2 * (fuel::kGuestFunction + fuel::kErase + 80);
    BOOST_TEST(result.ok() == (fuel >= enough));
  }
  Context poor(block, *transaction, caller, 0, state, 1000);
  const auto module = vm::compile(module_of(code, to_bytes("a")).encode(), guest::offers());
  vm::Instance instance(*module);
  BOOST_TEST(guest::call(poor, instance, {.method = "run", .arguments = {}, .fuel_max = 5000}).error().reason ==
             "CONTRACT_OUT_OF_FUEL");
}

BOOST_AUTO_TEST_CASE(only_exported_functions_without_parameters_are_methods) {
  const auto module = vm::compile(module_of(Code()).encode(), guest::offers());
  vm::Instance instance(*module);
  BOOST_TEST(guest::call(context, instance, {.method = "walk", .arguments = {}, .fuel_max = 100}).error().message ==
             "the contract exports no function 'walk' of type () -> ()");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::contracts
