#include "contracts/vm/fuel.h"

#include "tests/unit/vm/run_module.h"

namespace keten::vm {
namespace {

using assembler::Code;

/// n rounds of a loop with a call in it.
assembler::Module loop_with_call() {
  assembler::Module module;
  module.functions.push_back({{{i32}, i32}, Code().get(0).i32(3).op(0x6C), {}, ""});
  module.functions.push_back(
      {{{i32}, i32},
       Code().begin(0x03).get(1).get(0).call(0).op(0x6A).set(1).get(0).i32(1).op(0x6B).tee(0).br_if(0).end().get(1),
       {i32, i32},
       "f"});
  return module;
}

BOOST_AUTO_TEST_SUITE(vm_fuel)

BOOST_AUTO_TEST_CASE(instructions_cost_what_the_price_list_says) {
  const auto used = [](const Code& code, std::vector<ValueType> locals = {}) {
    return run(compiled(one_function({{}, i32}, code, std::move(locals))), "f").fuel_used;
  };
  BOOST_TEST(used(Code().i32(1)) == fuel::kEntry + 1);
  BOOST_TEST(used(Code().i32(1), {i32}) == fuel::kEntry + 2);
  BOOST_TEST(used(Code().i32(1), std::vector<ValueType>(9, i64)) == fuel::kEntry + 3);
  BOOST_TEST(used(Code().i32(7).i32(2).op(0x6A)) == fuel::kEntry + 3);
  BOOST_TEST(used(Code().i32(7).i32(2).op(0x6D)) == fuel::kEntry + 2 + fuel::kDivision);
  BOOST_TEST(used(Code().op(0x01).begin(0x02).end().begin(0x03).end().i32(1)) == fuel::kEntry + 2);
  // What is not run is not paid: only the condition, if, and the branch that is taken.
  BOOST_TEST(used(Code().i32(0).begin(0x04).op(0x01).op(0x01).end().i32(1)) == fuel::kEntry + 3);
  BOOST_TEST(used(Code().i32(1).begin(0x04).op(0x01).op(0x01).end().i32(1)) == fuel::kEntry + 5);
}

BOOST_AUTO_TEST_CASE(a_loop_costs_each_round) {
  const auto program = compiled(loop_with_call());
  const std::uint64_t entry = fuel::kEntry + 1;                    // two declared locals
  const std::uint64_t round = 9 + fuel::kCall + fuel::kEntry + 3;  // the call and its callee in it
  BOOST_TEST(run(program, "f", {1}).fuel_used == entry + round + 1);
  BOOST_TEST(run(program, "f", {10}).fuel_used == entry + 10 * round + 1);
  BOOST_TEST(run(program, "f", {10}).value == 165U);
}

BOOST_AUTO_TEST_CASE(a_call_ends_the_same_way_with_every_amount_of_fuel) {
  const auto program = compiled(loop_with_call());
  const auto enough = run(program, "f", {5}).fuel_used;
  for (std::uint64_t fuel = 0; fuel < enough; ++fuel) {
    const auto outcome = run(program, "f", {5}, fuel);
    BOOST_TEST((outcome.ending == Ending::out_of_fuel));
    BOOST_TEST(outcome.fuel_used == fuel);
  }
  BOOST_TEST(run(program, "f", {5}, enough).text() == "returned");
}

BOOST_AUTO_TEST_CASE(a_loop_without_end_ends_with_the_fuel) {
  const auto outcome = run(compiled(one_function({{}, {}}, Code().begin(0x03).br(0).end())), "f", {}, 1'000'000);
  BOOST_TEST(outcome.text() == "out of fuel in function 0");
  BOOST_TEST(outcome.fuel_used == 1'000'000U);
}

BOOST_AUTO_TEST_CASE(a_trap_pays_for_its_basic_block) {
  const auto outcome = run(compiled(one_function({{}, i32}, Code().i32(1).i32(0).op(0x6E).op(0x01).op(0x01))), "f");
  BOOST_TEST(name_of(outcome.trap) == "integer divide by zero");
  BOOST_TEST(outcome.fuel_used == fuel::kEntry + 2 + fuel::kDivision + 2);
}

BOOST_AUTO_TEST_CASE(memory_costs_by_what_is_touched) {
  assembler::Module module;
  module.memory = {1, 4};
  module.functions.push_back({{{i32}, i32}, Code().get(0).memory(0x40), {}, "grow"});
  module.functions.push_back({{{i32}, {}}, Code().i32(0).i32(1).get(0).memory_fill(), {}, "fill"});
  module.functions.push_back({{{i32}, {}}, Code().i32(0).i32(64).get(0).memory_copy(), {}, "copy"});
  const auto program = compiled(module);
  const auto grow = fuel::kEntry + 1 + fuel::kMemoryGrow;
  BOOST_TEST(run(program, "grow", {2}).fuel_used == grow + 2 * fuel::kMemoryPage);
  BOOST_TEST(run(program, "grow", {4}).fuel_used == grow);
  BOOST_TEST(run(program, "grow", {2}, grow + 2 * fuel::kMemoryPage - 1).text() == "out of fuel in function 0");
  const auto bulk = fuel::kEntry + 3 + fuel::kMemoryBulk;
  for (const char* name : {"fill", "copy"}) {
    BOOST_TEST(run(program, name, {0}).fuel_used == bulk);
    BOOST_TEST(run(program, name, {1}).fuel_used == bulk + 1);
    BOOST_TEST(run(program, name, {16}).fuel_used == bulk + 1);
    BOOST_TEST(run(program, name, {17}).fuel_used == bulk + 2);
    // Refused for its bounds, it has touched nothing.
    BOOST_TEST(run(program, name, {0x10'0000}).fuel_used == bulk);
    BOOST_TEST(run(program, name, {1600}, bulk + 99).text().starts_with("out of fuel"));
  }
}

BOOST_AUTO_TEST_CASE(depth_of_calls_and_their_registers_are_bounded) {
  assembler::Module module;
  module.functions.push_back({{{i32}, i32},
                              Code()
                                  .get(0)
                                  .begin(0x04, assembler::kI32)
                                  .get(0)
                                  .i32(1)
                                  .op(0x6B)
                                  .call(0)
                                  .i32(1)
                                  .op(0x6A)
                                  .otherwise()
                                  .i32(0)
                                  .end(),
                              {},
                              "depth"});
  module.functions.push_back({{{}, {}}, Code().call(1), std::vector<ValueType>(255, i64), "wide"});
  const auto program = compiled(module);
  BOOST_TEST(run(program, "depth", {Limits{}.call_depth - 1}).value == Limits{}.call_depth - 1);
  BOOST_TEST(run(program, "depth", {Limits{}.call_depth}).text() == "trap: call stack exhausted in function 0");
  const auto wide = run(program, "wide");
  BOOST_TEST(wide.text() == "trap: call stack exhausted in function 1");
  // 65,536 slots hold 257 frames of 255; each entered one has paid for its entry and its call.
  BOOST_TEST(wide.fuel_used == 257U * (fuel::kEntry + 32 + fuel::kCall));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm
