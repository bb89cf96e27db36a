#pragma once

#include <cstdint>
#include <vector>

/// The internal form: instructions over registers. A function's registers are its parameters and locals, then one for
/// each place on its operand stack; the caller's topmost operands are the callee's parameters where they lie.
namespace keten::vm {

/// 16 bytes. `a` is the register that receives the result, or the first operand of instructions without a result.
struct Op {
  std::uint16_t code = 0;
  std::uint16_t a = 0;
  std::uint16_t b = 0;
  std::uint16_t c = 0;
  std::uint64_t imm = 0;  ///< branches: distance in ops below, constant to compare with above
};

/// A conditional branch has the code of its comparison and the two numbers in `imm`.
constexpr std::uint64_t two(std::uint32_t low, std::uint32_t high) { return std::uint64_t{high} << 32U | low; }

// clang-format off
// In the order of the binary format; each has a form with two registers and, behind it, one with a constant on the right.
#define KETEN_VM_ARITHMETIC(X, T) \
  X(T##_add) X(T##_sub) X(T##_mul) X(T##_div_s) X(T##_div_u) X(T##_rem_s) X(T##_rem_u) X(T##_and) \
  X(T##_or) X(T##_xor) X(T##_shl) X(T##_shr_s) X(T##_shr_u) X(T##_rotl) X(T##_rotr)
// In pairs of opposites.
#define KETEN_VM_COMPARISONS(X, T) \
  X(T##_eq) X(T##_ne) X(T##_lt_s) X(T##_ge_s) X(T##_lt_u) X(T##_ge_u) X(T##_gt_s) X(T##_le_s) X(T##_gt_u) X(T##_le_u)
// Loads at a register plus an offset and, behind it, at a constant address. Registers hold i32 with 32 zero bits above,
// so loads that extend by zero serve both types.
#define KETEN_VM_LOADS(X) \
  X(load_32) X(load_64) X(i32_load_8_s) X(load_8_u) X(i32_load_16_s) X(load_16_u) X(i64_load_8_s) X(i64_load_16_s) \
  X(i64_load_32_s)
// At a register plus an offset; at a constant address; a constant at a register plus an offset.
#define KETEN_VM_STORES(X) X(store_8) X(store_16) X(store_32) X(store_64)
#define KETEN_VM_UNARY(X) \
  X(i32_clz) X(i32_ctz) X(i32_popcnt) X(i64_clz) X(i64_ctz) X(i64_popcnt) X(i32_wrap) X(i64_extend_32_s) \
  X(i32_extend_8_s) X(i32_extend_16_s) X(i64_extend_8_s) X(i64_extend_16_s)
#define KETEN_VM_OTHER(X) \
  X(charge) X(finish) X(unreachable) X(jump) X(jump_table) X(table) X(call) X(call_host) X(call_indirect) X(leave) \
  X(leave_value) X(leave_constant) X(copy) X(constant) X(select) X(global_get) X(global_set) X(memory_size) \
  X(memory_grow) X(memory_copy) X(memory_fill)

#define KETEN_VM_FORMS_REGISTER(name) name, name##_k,
#define KETEN_VM_FORMS_BRANCH(name) br_##name, br_##name##_k,
#define KETEN_VM_FORMS_LOAD(name) name, name##_at,
#define KETEN_VM_FORMS_STORE(name) name, name##_at, name##_k,
#define KETEN_VM_FORMS_ONE(name) name,
enum Code : std::uint16_t {
  KETEN_VM_OTHER(KETEN_VM_FORMS_ONE)
  KETEN_VM_ARITHMETIC(KETEN_VM_FORMS_REGISTER, i32)
  KETEN_VM_ARITHMETIC(KETEN_VM_FORMS_REGISTER, i64)
  KETEN_VM_COMPARISONS(KETEN_VM_FORMS_REGISTER, i32)
  KETEN_VM_COMPARISONS(KETEN_VM_FORMS_REGISTER, i64)
  KETEN_VM_COMPARISONS(KETEN_VM_FORMS_BRANCH, i32)
  KETEN_VM_COMPARISONS(KETEN_VM_FORMS_BRANCH, i64)
  KETEN_VM_LOADS(KETEN_VM_FORMS_LOAD)
  KETEN_VM_STORES(KETEN_VM_FORMS_STORE)
  KETEN_VM_UNARY(KETEN_VM_FORMS_ONE)
  kCodes
};
// clang-format on
static_assert(sizeof(Op) == 16);

/// Where a function's code begins and what it needs. An imported function has code as well: one that calls the host.
struct FunctionCode {
  std::uint32_t entry = 0;      ///< of the function's first `charge`, as an index into Program::code
  std::uint32_t type = 0;       ///< canonical: equal types have equal numbers
  std::uint32_t registers = 0;  ///< locals and operands
  std::uint16_t parameters = 0;
  std::uint16_t locals = 0;  ///< behind the parameters, zero at entry
};

}  // namespace keten::vm
