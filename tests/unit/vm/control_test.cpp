#include "tests/unit/vm/run_module.h"

namespace keten::vm {
namespace {

using assembler::Code;
using assembler::kI32;

std::uint64_t value_of(const Code& code, const std::vector<std::uint64_t>& arguments = {},
                       std::vector<ValueType> locals = {}) {
  const std::vector<ValueType> parameters(arguments.size(), i32);
  const auto outcome = run(compiled(one_function({parameters, i32}, code, std::move(locals))), "f", arguments);
  BOOST_TEST(outcome.text() == "returned");
  return outcome.value;
}

BOOST_AUTO_TEST_SUITE(vm_control)

BOOST_AUTO_TEST_CASE(a_block_gives_the_value_that_a_branch_brings) {
  BOOST_TEST(value_of(Code().begin(0x02, kI32).i32(7).br(0).end()) == 7U);
  BOOST_TEST(value_of(Code().i32(1).begin(0x02, kI32).i32(2).i32(9).br(0).end().op(0x6A)) == 10U);
  // The value does not lie where the outer block wants it.
  BOOST_TEST(value_of(Code().begin(0x02, kI32).i32(1).i32(2).i32(3).br(0).end()) == 3U);
}

BOOST_AUTO_TEST_CASE(a_branch_that_is_not_taken_leaves_its_value) {
  const auto code = Code().begin(0x02, kI32).i32(10).i32(20).get(0).br_if(0).op(0x6A).end();
  BOOST_TEST(value_of(code, {0}) == 30U);
  BOOST_TEST(value_of(code, {5}) == 20U);
  const auto from_local = Code().begin(0x02, kI32).get(1).get(0).br_if(0).op(0x1A).i32(4).end();
  BOOST_TEST(value_of(from_local, {0, 8}) == 4U);
  BOOST_TEST(value_of(from_local, {1, 8}) == 8U);
}

BOOST_AUTO_TEST_CASE(a_loop_runs_until_it_is_left) {
  // sum of 1 to n
  const auto code = Code()
                        .begin(0x02)
                        .begin(0x03)
                        .get(0)
                        .op(0x45)
                        .br_if(1)
                        .get(1)
                        .get(0)
                        .op(0x6A)
                        .set(1)
                        .get(0)
                        .i32(1)
                        .op(0x6B)
                        .set(0)
                        .br(0)
                        .end()
                        .end()
                        .get(1);
  BOOST_TEST(value_of(code, {100, 0}) == 5050U);
  BOOST_TEST(value_of(code, {0, 3}) == 3U);
}

BOOST_AUTO_TEST_CASE(if_takes_one_of_two_ways) {
  const auto code = Code().get(0).begin(0x04, kI32).i32(1).otherwise().i32(2).end();
  BOOST_TEST(value_of(code, {0}) == 2U);
  BOOST_TEST(value_of(code, {0x8000'0000}) == 1U);
  const auto without_else = Code().get(0).begin(0x04).i32(5).set(1).end().get(1);
  BOOST_TEST(value_of(without_else, {1, 4}) == 5U);
  BOOST_TEST(value_of(without_else, {0, 4}) == 4U);
}

BOOST_AUTO_TEST_CASE(a_table_of_branches_picks_by_number_and_else_the_last) {
  Code code;
  code.begin(0x02)
      .begin(0x02)
      .begin(0x02)
      .get(0)
      .br_table({0, 1, 2})
      .end()
      .i32(10)
      .op(0x0F)
      .end()
      .i32(20)
      .op(0x0F)
      .end()
      .i32(30);
  BOOST_TEST(value_of(code, {0}) == 10U);
  BOOST_TEST(value_of(code, {1}) == 20U);
  BOOST_TEST(value_of(code, {2}) == 30U);
  BOOST_TEST(value_of(code, {0xFFFF'FFFF}) == 30U);
  // With a value, to blocks at other heights, to the function itself, and each twice.
  const auto with_value = Code()
                              .begin(0x02, kI32)
                              .i32(100)
                              .begin(0x02, kI32)
                              .i32(7)
                              .get(0)
                              .br_table({0, 1, 2, 0, 1, 2})
                              .end()
                              .op(0x6A)
                              .end()
                              .i32(1)
                              .op(0x6A);
  BOOST_TEST(value_of(with_value, {0}) == 108U);
  BOOST_TEST(value_of(with_value, {1}) == 8U);
  BOOST_TEST(value_of(with_value, {2}) == 7U);
  BOOST_TEST(value_of(with_value, {3}) == 108U);
  BOOST_TEST(value_of(with_value, {4}) == 8U);
  BOOST_TEST(value_of(with_value, {9}) == 7U);
}

BOOST_AUTO_TEST_CASE(a_table_of_branches_may_lead_back) {
  // Counts down: 3, 2, 1, then leaves.
  const auto code = Code()
                        .begin(0x02)
                        .begin(0x03)
                        .get(1)
                        .i32(1)
                        .op(0x6A)
                        .set(1)
                        .get(0)
                        .i32(1)
                        .op(0x6B)
                        .tee(0)
                        .br_table({1, 0})
                        .end()
                        .end()
                        .get(1);
  BOOST_TEST(value_of(code, {4, 0}) == 4U);
}

BOOST_AUTO_TEST_CASE(a_value_that_was_read_from_a_local_is_not_changed_by_a_later_write) {
  BOOST_TEST(value_of(Code().get(0).i32(9).set(0).get(0).op(0x6B), {4}) == 0xFFFF'FFFBU);
  BOOST_TEST(value_of(Code().get(0).get(0).i32(1).op(0x6A).tee(0).op(0x6C), {4}) == 20U);
  BOOST_TEST(value_of(Code().get(0).get(1).set(0).get(0).set(1).get(1).op(0x6B), {9, 4}) == 5U);
  // Within a block that is left or not.
  BOOST_TEST(value_of(Code().get(0).begin(0x02).get(1).br_if(0).i32(7).set(0).end().get(0).op(0x6A), {1, 0}) == 8U);
  BOOST_TEST(value_of(Code().get(0).begin(0x02).get(1).br_if(0).i32(7).set(0).end().get(0).op(0x6A), {1, 1}) == 2U);
  BOOST_TEST(value_of(Code().get(0).begin(0x03).i32(3).set(0).end().get(0).op(0x6C), {5}) == 15U);
}

BOOST_AUTO_TEST_CASE(select_takes_the_first_value_when_the_condition_is_not_zero) {
  const auto code = Code().get(0).get(1).get(2).op(0x1B);
  BOOST_TEST(value_of(code, {4, 5, 1}) == 4U);
  BOOST_TEST(value_of(code, {4, 5, 0}) == 5U);
}

BOOST_AUTO_TEST_CASE(declared_locals_are_zero_at_every_call) {
  assembler::Module module;
  module.functions.push_back({{{}, i32}, Code().get(0).i32(77).set(0), {i32}, ""});
  module.functions.push_back({{{}, i32}, Code().call(0).call(0).op(0x6A), {}, "f"});
  BOOST_TEST(run(compiled(module), "f").value == 0U);
}

BOOST_AUTO_TEST_CASE(functions_call_functions_with_arguments_in_order) {
  assembler::Module module;
  module.functions.push_back(
      {{{i32, i64, i32}, i64}, Code().get(0).op(0xAD).get(1).op(0x7D).get(2).op(0xAD).op(0x7D), {}, ""});
  module.functions.push_back({{{i32}, i64}, Code().i64(5).get(0).i64(30).i32(4).call(0).op(0x7C), {}, "f"});
  BOOST_TEST(run(compiled(module), "f", {100}).value == 71U);
}

BOOST_AUTO_TEST_CASE(recursion_gives_the_factorial) {
  assembler::Module module;
  module.functions.push_back({{{i64}, i64},
                              Code()
                                  .get(0)
                                  .op(0x50)
                                  .begin(0x04, assembler::kI64)
                                  .i64(1)
                                  .otherwise()
                                  .get(0)
                                  .get(0)
                                  .i64(1)
                                  .op(0x7D)
                                  .call(0)
                                  .op(0x7E)
                                  .end(),
                              {},
                              "f"});
  BOOST_TEST(run(compiled(module), "f", {20}).value == 2'432'902'008'176'640'000U);
}

BOOST_AUTO_TEST_CASE(a_call_through_the_table_checks_the_entry_and_its_type) {
  assembler::Module module;
  module.types = {{{i32}, i32}, {{i64}, i64}, {{i32}, i32}};
  module.functions.push_back({{{i32}, i32}, Code().get(0).i32(1).op(0x6A), {}, ""});
  module.functions.push_back({{{i64}, i64}, Code().get(0), {}, ""});
  module.functions.push_back({{{i32}, i32}, Code().i32(41).get(0).call_indirect(2), {}, "f"});
  module.table = 4;
  module.elements = {{0, {0, 1}}};
  const auto program = compiled(module);
  BOOST_TEST(run(program, "f", {0}).value == 42U);
  BOOST_TEST(name_of(run(program, "f", {1}).trap) == "indirect call type mismatch");
  BOOST_TEST(name_of(run(program, "f", {2}).trap) == "uninitialized element");
  BOOST_TEST(name_of(run(program, "f", {4}).trap) == "undefined element");
  BOOST_TEST(name_of(run(program, "f", {0xFFFF'FFFF}).trap) == "undefined element");
}

BOOST_AUTO_TEST_CASE(code_that_no_branch_reaches_is_checked_and_never_run) {
  BOOST_TEST(value_of(Code().begin(0x02, kI32).i32(1).br(0).op(0x6A).op(0x1A).begin(0x03).br(0).end().i32(5).end()) ==
             1U);
  BOOST_TEST(value_of(Code().i32(3).op(0x0F).op(0x00).i32(1).begin(0x04, kI32).i32(1).otherwise().i32(2).end()) == 3U);
  const auto outcome = run(compiled(one_function({{}, i32}, Code().op(0x00))), "f");
  BOOST_TEST(outcome.text() == "trap: unreachable in function 0");
}

BOOST_AUTO_TEST_CASE(globals_keep_their_values_between_calls_until_the_instance_is_reset) {
  assembler::Module module;
  module.globals = {{i64, true, 5}, {i32, false, 9}};
  module.functions.push_back({{{}, i64}, Code().op(0x23, 0).i64(2).op(0x7C).op(0x24, 0).op(0x23, 0), {}, "f"});
  module.functions.push_back({{{}, i32}, Code().op(0x23, 1), {}, "nine"});
  Instance instance(compiled(module));
  const auto function = *instance.program().find_function("f");
  BOOST_TEST(instance.call(function, {}, kPlenty).value == 7U);
  BOOST_TEST(instance.call(function, {}, kPlenty).value == 9U);
  instance.reset();
  BOOST_TEST(instance.call(function, {}, kPlenty).value == 7U);
  BOOST_TEST(instance.call(*instance.program().find_function("nine"), {}, kPlenty).value == 9U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm
