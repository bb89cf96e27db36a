#include <limits>

#include "contracts/vm/opcodes.h"
#include "tests/unit/vm/run_module.h"

// Every numeric instruction, with operands from locals, constants and the operand stack, since each is another op inside.
namespace keten::vm {
namespace {

using assembler::Code;
using assembler::Function;

constexpr std::uint64_t kMin32 = 0x8000'0000;
constexpr std::uint64_t kAll32 = 0xFFFF'FFFF;
constexpr std::uint64_t kMin64 = 0x8000'0000'0000'0000;
constexpr std::uint64_t kAll64 = ~std::uint64_t{0};

struct Case {
  std::uint8_t opcode;
  std::uint64_t left;
  std::uint64_t right;
  std::uint64_t result;
  Trap trap = Trap::none;
};

// The values follow from section 4.3.2 of the specification.
const std::vector<Case> kBinary32 = {
    {0x6A, 1, 2, 3},
    {0x6A, kAll32, 1, 0},
    {0x6A, 0x7FFF'FFFF, 1, kMin32},
    {0x6B, 5, 7, kAll32 - 1},
    {0x6B, kMin32, 1, 0x7FFF'FFFF},
    {0x6B, 7, 7, 0},
    {0x6C, 3, 5, 15},
    {0x6C, 0x1234'5678, 0x10, 0x2345'6780},
    {0x6C, kAll32, kAll32, 1},
    {0x6D, 7, 2, 3},
    {0x6D, kAll32 - 6, 2, kAll32 - 2},
    {0x6D, 7, kAll32 - 1, kAll32 - 2},
    {0x6D, kMin32, 2, 0xC000'0000},
    {0x6D, 1, 0, 0, Trap::integer_divide_by_zero},
    {0x6D, kMin32, kAll32, 0, Trap::integer_overflow},
    {0x6E, 7, 2, 3},
    {0x6E, kAll32, 2, 0x7FFF'FFFF},
    {0x6E, kMin32, kAll32, 0},
    {0x6E, 0, 0, 0, Trap::integer_divide_by_zero},
    {0x6F, 7, 2, 1},
    {0x6F, kAll32 - 6, 2, kAll32},
    {0x6F, 7, kAll32 - 1, 1},
    {0x6F, kMin32, kAll32, 0},
    {0x6F, 9, 0, 0, Trap::integer_divide_by_zero},
    {0x70, 7, 2, 1},
    {0x70, kAll32, 10, 5},
    {0x70, kMin32, kAll32, kMin32},
    {0x70, 9, 0, 0, Trap::integer_divide_by_zero},
    {0x71, 0xF0F0, 0xFF00, 0xF000},
    {0x71, kAll32, 0, 0},
    {0x72, 0xF0F0, 0x0F00, 0xFFF0},
    {0x72, kMin32, 1, kMin32 + 1},
    {0x73, 0xF0F0, 0xFF00, 0x0FF0},
    {0x73, kAll32, kAll32, 0},
    {0x74, 1, 31, kMin32},
    {0x74, 1, 32, 1},
    {0x74, kAll32, 33, kAll32 - 1},
    {0x75, kMin32, 31, kAll32},
    {0x75, kMin32, 32, kMin32},
    {0x75, 0x7FFF'FFFF, 30, 1},
    {0x76, kMin32, 31, 1},
    {0x76, kMin32, 64, kMin32},
    {0x76, kAll32, 4, 0x0FFF'FFFF},
    {0x77, 0x8000'0001, 1, 3},
    {0x77, 0xABCD'9876, 32, 0xABCD'9876},
    {0x77, 0x1234'5678, 8, 0x3456'7812},
    {0x78, 3, 1, 0x8000'0001},
    {0x78, 0x1234'5678, 8, 0x7812'3456},
    {0x78, 1, 33, kMin32},
    {0x46, 4, 4, 1},
    {0x46, 4, 5, 0},
    {0x47, 4, 4, 0},
    {0x47, kMin32, 0, 1},
    {0x48, kAll32, 0, 1},
    {0x48, 0, 0, 0},
    {0x48, 0, kMin32, 0},
    {0x49, kAll32, 0, 0},
    {0x49, 0, kMin32, 1},
    {0x4A, 0, kAll32, 1},
    {0x4A, 3, 3, 0},
    {0x4B, kAll32, 0, 1},
    {0x4B, 0, kMin32, 0},
    {0x4C, kAll32, 0, 1},
    {0x4C, 3, 3, 1},
    {0x4C, 1, kMin32, 0},
    {0x4D, 0, kAll32, 1},
    {0x4D, 3, 3, 1},
    {0x4D, 4, 3, 0},
    {0x4E, 0, kAll32, 1},
    {0x4E, 3, 3, 1},
    {0x4E, kMin32, 1, 0},
    {0x4F, kMin32, 1, 1},
    {0x4F, 0, 1, 0},
    {0x4F, 1, 1, 1},
};
const std::vector<Case> kBinary64 = {
    {0x7C, kAll64, 1, 0},
    {0x7C, kAll32, 1, kAll32 + 1},
    {0x7D, 0, 1, kAll64},
    {0x7D, kMin64, 1, kMin64 - 1},
    {0x7E, kAll32, kAll32, 0xFFFF'FFFE'0000'0001},
    {0x7E, kAll64, kAll64, 1},
    {0x7F, kAll64 - 6, 2, kAll64 - 2},
    {0x7F, kMin64, 2, 0xC000'0000'0000'0000},
    {0x7F, 1, 0, 0, Trap::integer_divide_by_zero},
    {0x7F, kMin64, kAll64, 0, Trap::integer_overflow},
    {0x80, kAll64, 2, kMin64 - 1},
    {0x80, kMin64, kAll64, 0},
    {0x80, 1, 0, 0, Trap::integer_divide_by_zero},
    {0x81, kAll64 - 6, 2, kAll64},
    {0x81, kMin64, kAll64, 0},
    {0x81, 1, 0, 0, Trap::integer_divide_by_zero},
    {0x82, kAll64, 10, 5},
    {0x82, kMin64, kAll64, kMin64},
    {0x82, 1, 0, 0, Trap::integer_divide_by_zero},
    {0x83, kAll64, kAll32, kAll32},
    {0x84, kMin64, 1, kMin64 + 1},
    {0x85, kAll64, kAll32, 0xFFFF'FFFF'0000'0000},
    {0x86, 1, 63, kMin64},
    {0x86, 1, 64, 1},
    {0x87, kMin64, 63, kAll64},
    {0x87, kMin64, 64, kMin64},
    {0x88, kMin64, 63, 1},
    {0x88, kAll64, 65, kMin64 - 1},
    {0x89, kMin64 + 1, 1, 3},
    {0x89, 0x0123'4567'89AB'CDEF, 8, 0x2345'6789'ABCD'EF01},
    {0x8A, 3, 1, kMin64 + 1},
    {0x8A, 0x0123'4567'89AB'CDEF, 72, 0xEF01'2345'6789'ABCD},
    {0x51, kMin64, kMin64, 1},
    {0x51, kMin64, 0, 0},
    {0x52, kMin64, 0, 1},
    {0x52, 9, 9, 0},
    {0x53, kAll64, 0, 1},
    {0x53, 0, kAll64, 0},
    {0x54, kAll64, 0, 0},
    {0x54, 0, kAll64, 1},
    {0x55, 0, kAll64, 1},
    {0x55, 1, 1, 0},
    {0x56, kAll64, 0, 1},
    {0x56, 0, 1, 0},
    {0x57, kMin64, 1, 1},
    {0x57, 1, 1, 1},
    {0x57, 2, 1, 0},
    {0x58, 1, kMin64, 1},
    {0x58, 2, 1, 0},
    {0x59, 1, kMin64, 1},
    {0x59, 1, 1, 1},
    {0x59, kMin64, 1, 0},
    {0x5A, kMin64, 1, 1},
    {0x5A, 1, 2, 0},
};

bool is_comparison(std::uint8_t opcode) {
  return (opcode >= 0x46 && opcode <= 0x4F) || (opcode >= 0x51 && opcode <= 0x5A);
}

/// The same operation in every form the translator knows; all take both operands as parameters 0 and 1.
std::vector<Code> forms(const Case& one, ValueType type) {
  const auto left = [&] { return Code().get(0); };
  std::vector<Code> result = {
      left().get(1).op(one.opcode),
      left().constant(type, one.right).op(one.opcode),
      Code().constant(type, one.left).get(1).op(one.opcode),
      Code().constant(type, one.left).constant(type, one.right).op(one.opcode),
      // Both on the operand stack: a block's result lies there.
      Code()
          .begin(0x02, static_cast<std::uint8_t>(type))
          .get(0)
          .end()
          .begin(0x02, static_cast<std::uint8_t>(type))
          .get(1)
          .end()
          .op(one.opcode),
  };
  if (is_comparison(one.opcode)) {
    for (const auto& compare : {left().get(1).op(one.opcode), left().constant(type, one.right).op(one.opcode)}) {
      result.push_back(Code().add(compare).begin(0x04, assembler::kI32).i32(1).otherwise().i32(0).end());
      result.push_back(Code().begin(0x02, assembler::kI32).i32(1).add(compare).br_if(0).op(0x1A).i32(0).end());
      result.push_back(
          Code().begin(0x02).begin(0x02).add(compare).br_if(0).i32(0).op(0x0F).end().i32(1).op(0x0F).end().op(0x00));
      result.push_back(Code().i32(1).i32(0).add(compare).op(0x1B));
      result.push_back(Code().add(compare).op(0x45).op(0x45));
      result.push_back(Code().add(compare).op(0x45).begin(0x04, assembler::kI32).i32(0).otherwise().i32(1).end());
    }
  }
  return result;
}

void check(const std::vector<Case>& cases, ValueType type) {
  for (const auto& one : cases) {
    const auto result = type == i32 || is_comparison(one.opcode) ? i32 : i64;
    int number = 0;
    for (const auto& code : forms(one, type)) {
      const auto module = compiled(one_function({{type, type}, result}, code));
      const auto outcome = run(module, "f", {one.left, one.right});
      BOOST_TEST_CONTEXT(opcode_name(one.opcode)
                         << " of " << one.left << " and " << one.right << ", form " << number++) {
        BOOST_TEST(name_of(outcome.trap) == name_of(one.trap));
        if (one.trap == Trap::none) { BOOST_TEST(outcome.value == one.result); }
      }
    }
  }
}

struct Unary {
  std::uint8_t opcode;
  ValueType from;
  ValueType to;
  std::uint64_t value;
  std::uint64_t result;
};
const std::vector<Unary> kUnary = {
    {0x45, i32, i32, 0, 1},
    {0x45, i32, i32, kMin32, 0},
    {0x50, i64, i32, 0, 1},
    {0x50, i64, i32, kMin64, 0},
    {0x50, i64, i32, kAll32 + 1, 0},
    {0x67, i32, i32, 0, 32},
    {0x67, i32, i32, 1, 31},
    {0x67, i32, i32, kAll32, 0},
    {0x68, i32, i32, 0, 32},
    {0x68, i32, i32, kMin32, 31},
    {0x68, i32, i32, 1, 0},
    {0x69, i32, i32, 0, 0},
    {0x69, i32, i32, kAll32, 32},
    {0x69, i32, i32, 0xA5, 4},
    {0x79, i64, i64, 0, 64},
    {0x79, i64, i64, 1, 63},
    {0x7A, i64, i64, 0, 64},
    {0x7A, i64, i64, kMin64, 63},
    {0x7B, i64, i64, kAll64, 64},
    {0x7B, i64, i64, 0xA5, 4},
    {0xA7, i64, i32, 0x1234'5678'9ABC'DEF0, 0x9ABC'DEF0},
    {0xAC, i32, i64, kMin32, 0xFFFF'FFFF'8000'0000},
    {0xAC, i32, i64, 5, 5},
    {0xAD, i32, i64, kMin32, kMin32},
    {0xAD, i32, i64, kAll32, kAll32},
    {0xC0, i32, i32, 0x80, 0xFFFF'FF80},
    {0xC0, i32, i32, 0x17F, 0x7F},
    {0xC1, i32, i32, 0x8000, 0xFFFF'8000},
    {0xC1, i32, i32, 0x1'7FFF, 0x7FFF},
    {0xC2, i64, i64, 0x80, kAll64 - 0x7F},
    {0xC2, i64, i64, 0x17F, 0x7F},
    {0xC3, i64, i64, 0x8000, kAll64 - 0x7FFF},
    {0xC4, i64, i64, kMin32, 0xFFFF'FFFF'8000'0000},
    {0xC4, i64, i64, 0x1'7FFF'FFFF, 0x7FFF'FFFF},
};

BOOST_AUTO_TEST_SUITE(vm_numeric)

BOOST_AUTO_TEST_CASE(instructions_with_two_operands_of_32_bits_give_what_the_specification_says) {
  check(kBinary32, i32);
}

BOOST_AUTO_TEST_CASE(instructions_with_two_operands_of_64_bits_give_what_the_specification_says) {
  check(kBinary64, i64);
}

BOOST_AUTO_TEST_CASE(instructions_with_one_operand_give_what_the_specification_says) {
  for (const auto& one : kUnary) {
    for (const auto& code : {Code().get(0).op(one.opcode), Code().constant(one.from, one.value).op(one.opcode),
                             Code().get(0).tee(0).op(one.opcode)}) {
      const auto outcome = run(compiled(one_function({{one.from}, one.to}, code)), "f", {one.value});
      BOOST_TEST_CONTEXT(opcode_name(one.opcode) << " of " << one.value) { BOOST_TEST(outcome.value == one.result); }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_numeric_instruction_of_the_subset_has_a_case) {
  std::vector<bool> seen(256, false);
  for (const auto& one : kBinary32) { seen[one.opcode] = true; }
  for (const auto& one : kBinary64) { seen[one.opcode] = true; }
  for (const auto& one : kUnary) { seen[one.opcode] = true; }
  for (unsigned opcode = 0x45; opcode <= 0xC4; ++opcode) {
    const auto code = static_cast<std::uint8_t>(opcode);
    if (outside_feature(code) != nullptr) { continue; }
    BOOST_TEST(seen[opcode], opcode_name(code));
  }
}

BOOST_AUTO_TEST_CASE(the_upper_half_of_an_argument_of_32_bits_is_ignored) {
  const auto module = compiled(one_function({{i32}, i64}, Code().get(0).op(0xAD)));
  BOOST_TEST(run(module, "f", {0xFFFF'FFFF'0000'0001}).value == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm
