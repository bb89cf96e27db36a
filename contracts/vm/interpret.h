// The handlers of all ops: the body of interpret_threaded.cpp and interpret_switched.cpp, which define
//   KETEN_VM_INTERPRET   the name of the function
//   KETEN_VM_THREADED    1: each handler jumps to the next one; 0: one switch
// and include this once. There is no include guard for that reason.

#include <bit>
#include <cstdint>
#include <cstring>

#include "contracts/vm/machine.h"

static_assert(std::endian::native == std::endian::little, "guest memory is read and written as it lies");

namespace keten::vm {
namespace {

// The first call returns to the second.
constexpr Op kOutermost[] = {{Code::finish, 0, 0, 0, 0}, {Code::finish, 0, 0, 0, 0}};

template <typename T>
inline T load_as(const std::uint8_t* place) {
  T value;
  std::memcpy(&value, place, sizeof(T));
  return value;
}

inline std::int32_t s32(std::uint32_t value) { return static_cast<std::int32_t>(value); }
inline std::int64_t s64(std::uint64_t value) { return static_cast<std::int64_t>(value); }
inline std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

#if KETEN_VM_THREADED
#define OP(name) label_##name:
#define NEXT() goto* labels[pc->code]
#else
#define OP(name) case Code::name:
#define NEXT() goto dispatch
#endif

#define STEP() \
  do {         \
    ++pc;      \
    NEXT();    \
  } while (false)
// Every place that a branch leads to begins with the charge of its basic block.
#define ENTER_BLOCK()                            \
  do {                                           \
    fuel -= static_cast<std::int64_t>(pc->imm);  \
    if (fuel < 0) [[unlikely]] { goto no_fuel; } \
    STEP();                                      \
  } while (false)
#define TRAP(name)     \
  do {                 \
    trap = Trap::name; \
    goto trapped;      \
  } while (false)
#define U32(place) static_cast<std::uint32_t>(base[place])
#define K32() static_cast<std::uint32_t>(pc->imm)

// Two forms: a register or a constant on the right.
#define BINARY(name, type, statement)              \
  OP(name) {                                       \
    const auto x = static_cast<type>(base[pc->b]); \
    const auto y = static_cast<type>(base[pc->c]); \
    statement                                      \
  }                                                \
  OP(name##_k) {                                   \
    const auto x = static_cast<type>(base[pc->b]); \
    const auto y = static_cast<type>(pc->imm);     \
    statement                                      \
  }
#define GIVE(type, value)                 \
  base[pc->a] = static_cast<type>(value); \
  STEP();
#define BINARY32(name, value) BINARY(i32_##name, std::uint32_t, GIVE(std::uint32_t, value))
#define BINARY64(name, value) BINARY(i64_##name, std::uint64_t, GIVE(std::uint64_t, value))

#define COMPARE(T, name, type, condition)                                \
  BINARY(T##_##name, type, base[pc->a] = (condition) ? 1U : 0U; STEP();) \
  OP(br_##T##_##name) {                                                  \
    const auto x = static_cast<type>(base[pc->a]);                       \
    const auto y = static_cast<type>(base[pc->b]);                       \
    if (condition) {                                                     \
      pc += s32(K32());                                                  \
      ENTER_BLOCK();                                                     \
    }                                                                    \
    ++pc;                                                                \
    ENTER_BLOCK();                                                       \
  }                                                                      \
  OP(br_##T##_##name##_k) {                                              \
    const auto x = static_cast<type>(base[pc->a]);                       \
    const auto y = static_cast<type>(s64(pc->imm) >> 32);                \
    if (condition) {                                                     \
      pc += s32(K32());                                                  \
      ENTER_BLOCK();                                                     \
    }                                                                    \
    ++pc;                                                                \
    ENTER_BLOCK();                                                       \
  }
#define COMPARES(T, U, S)     \
  COMPARE(T, eq, U, x == y)   \
  COMPARE(T, ne, U, x != y)   \
  COMPARE(T, lt_s, S, x < y)  \
  COMPARE(T, ge_s, S, x >= y) \
  COMPARE(T, lt_u, U, x < y)  \
  COMPARE(T, ge_u, U, x >= y) \
  COMPARE(T, gt_s, S, x > y)  \
  COMPARE(T, le_s, S, x <= y) \
  COMPARE(T, gt_u, U, x > y)  \
  COMPARE(T, le_u, U, x <= y)

// A load or store at `at`, of `width` bytes. Addresses have 33 bits, so that nothing wraps.
#define CHECKED(at, width)        \
  const std::uint64_t at_ = (at); \
  if (at_ + (width) > memory_bytes) [[unlikely]] { TRAP(out_of_bounds_memory_access); }
#define LOAD(name, stored, wide, give)                                                 \
  OP(name) {                                                                           \
    CHECKED(std::uint64_t{U32(pc->b)} + pc->imm, sizeof(stored))                       \
    base[pc->a] = static_cast<give>(static_cast<wide>(load_as<stored>(memory + at_))); \
    STEP();                                                                            \
  }                                                                                    \
  OP(name##_at) {                                                                      \
    CHECKED(pc->imm, sizeof(stored))                                                   \
    base[pc->a] = static_cast<give>(static_cast<wide>(load_as<stored>(memory + at_))); \
    STEP();                                                                            \
  }
#define PUT(type, content)                         \
  const auto value = static_cast<type>(content);   \
  std::memcpy(memory + at_, &value, sizeof(type)); \
  dirty[at_ >> kGranuleShift] = 1;                 \
  STEP();
#define STORE(name, type)                                                                                    \
  OP(name){CHECKED(std::uint64_t{U32(pc->b)} + pc->imm, sizeof(type)) PUT(type, base[pc->a])} OP(name##_at){ \
      CHECKED(pc->imm, sizeof(type)) PUT(type, base[pc->a])} OP(name##_k) {                                  \
    CHECKED(std::uint64_t{U32(pc->b)} + K32(), sizeof(type))                                                 \
    PUT(type, s64(pc->imm) >> 32)                                                                            \
  }
#define UNARY(name, type, give, value)             \
  OP(name) {                                       \
    const auto x = static_cast<type>(base[pc->b]); \
    base[pc->a] = static_cast<give>(value);        \
    STEP();                                        \
  }

void KETEN_VM_INTERPRET(Machine& machine) {
#if KETEN_VM_THREADED
#define KETEN_VM_LABEL(name) &&label_##name,
#define KETEN_VM_LABEL_K(name) &&label_##name, &&label_##name##_k,
#define KETEN_VM_LABEL_BRANCH(name) &&label_br_##name, &&label_br_##name##_k,
#define KETEN_VM_LABEL_LOAD(name) &&label_##name, &&label_##name##_at,
#define KETEN_VM_LABEL_STORE(name) &&label_##name, &&label_##name##_at, &&label_##name##_k,
  // In the order of enum Code.
  static const void* const labels[kCodes] = {
      KETEN_VM_OTHER(KETEN_VM_LABEL) KETEN_VM_ARITHMETIC(KETEN_VM_LABEL_K, i32) KETEN_VM_ARITHMETIC(
          KETEN_VM_LABEL_K, i64) KETEN_VM_COMPARISONS(KETEN_VM_LABEL_K, i32) KETEN_VM_COMPARISONS(KETEN_VM_LABEL_K, i64)
          KETEN_VM_COMPARISONS(KETEN_VM_LABEL_BRANCH, i32) KETEN_VM_COMPARISONS(KETEN_VM_LABEL_BRANCH, i64)
              KETEN_VM_LOADS(KETEN_VM_LABEL_LOAD) KETEN_VM_STORES(KETEN_VM_LABEL_STORE) KETEN_VM_UNARY(KETEN_VM_LABEL)};
#endif
  const FunctionCode* const functions = machine.program->functions.data();
  const Op* const code = machine.program->code.data();
  std::uint8_t* const memory = machine.memory;
  std::uint8_t* const dirty = machine.dirty;
  std::uint64_t memory_bytes = machine.memory_bytes;
  std::uint64_t* base = machine.slots;
  std::int64_t fuel = machine.fuel;
  Frame* frame = machine.frames;
  const Op* pc = kOutermost;
  const FunctionCode* callee = functions + machine.function;
  std::uint64_t* callee_base = base;
  Trap trap = Trap::none;
  if (machine.goes_on) {
    pc = machine.pc;
    base = machine.registers;
    frame = machine.frame;
    NEXT();
  }

enter_function:
  if (frame == machine.frames_end || callee_base + callee->registers > machine.slots_end) [[unlikely]] {
    if (frame == machine.frames) { pc = code + callee->entry; }
    TRAP(call_stack_exhausted);
  }
  frame->pc = pc + 1;
  frame->base = base;
  ++frame;
  base = callee_base;
  {
    auto* local = base + callee->parameters;
    for (auto* const end = local + callee->locals; local != end; ++local) { *local = 0; }
  }
  pc = code + callee->entry;
  ENTER_BLOCK();

#if !KETEN_VM_THREADED
dispatch:
  switch (static_cast<Code>(pc->code)) {
    case Code::kCodes: return;
#endif
      OP(charge) { ENTER_BLOCK(); }
      OP(finish) {
        machine.fuel = fuel;
        return;
      }
      OP(table)
      OP(unreachable) { TRAP(unreachable); }
      OP(jump) {
        pc += s32(K32());
        ENTER_BLOCK();
      }
      OP(jump_table) {
        const auto index = U32(pc->a);
        const auto last = K32();
        std::uint32_t target = 0;
        std::memcpy(&target, reinterpret_cast<const char*>(pc + 1) + std::size_t{index < last ? index : last} * 4, 4);
        pc = code + target;
        ENTER_BLOCK();
      }
      OP(call) {
        callee = functions + pc->imm;
        callee_base = base + pc->a;
        goto enter_function;
      }
      OP(call_indirect) {
        const auto index = U32(pc->b);
        const auto& table = machine.program->table;
        if (index >= table.size()) [[unlikely]] { TRAP(undefined_element); }
        const auto function = table.data()[index];
        if (function == kNoFunction) [[unlikely]] { TRAP(uninitialized_element); }
        callee = functions + function;
        if (callee->type != K32()) [[unlikely]] { TRAP(indirect_call_type_mismatch); }
        callee_base = base + pc->a;
        goto enter_function;
      }
      OP(call_host) {
        machine.fuel = fuel;
        const bool goes_on = machine.call_host(K32(), base + pc->a);
        fuel = machine.fuel;
        if (!goes_on) {
          machine.pc = pc;
          machine.registers = base;
          machine.frame = frame;
          return;
        }
        STEP();
      }
      OP(leave) {
        --frame;
        pc = frame->pc;
        base = frame->base;
        NEXT();
      }
      OP(leave_value) {
        base[0] = base[pc->a];
        --frame;
        pc = frame->pc;
        base = frame->base;
        NEXT();
      }
      OP(leave_constant) {
        base[0] = pc->imm;
        --frame;
        pc = frame->pc;
        base = frame->base;
        NEXT();
      }
      OP(copy) {
        base[pc->a] = base[pc->b];
        STEP();
      }
      OP(constant) {
        base[pc->a] = pc->imm;
        STEP();
      }
      OP(select) {
        base[pc->a] = U32(pc->imm) != 0 ? base[pc->b] : base[pc->c];
        STEP();
      }
      OP(global_get) {
        base[pc->a] = machine.globals[pc->imm];
        STEP();
      }
      OP(global_set) {
        machine.globals[pc->imm] = base[pc->a];
        STEP();
      }
      OP(memory_size) {
        base[pc->a] = machine.pages;
        STEP();
      }
      OP(memory_grow) {
        machine.fuel = fuel;
        const auto before = machine.grow(U32(pc->b));
        fuel = machine.fuel;
        if (fuel < 0) { goto no_fuel; }
        memory_bytes = machine.memory_bytes;
        base[pc->a] = before;
        STEP();
      }
      OP(memory_copy) {
        machine.fuel = fuel;
        const bool goes_on = machine.copy(U32(pc->a), U32(pc->b), U32(pc->c));
        fuel = machine.fuel;
        if (!goes_on) {
          machine.pc = pc;
          return;
        }
        STEP();
      }
      OP(memory_fill) {
        machine.fuel = fuel;
        const bool goes_on = machine.fill(U32(pc->a), static_cast<std::uint8_t>(base[pc->b]), U32(pc->c));
        fuel = machine.fuel;
        if (!goes_on) {
          machine.pc = pc;
          return;
        }
        STEP();
      }

      BINARY32(add, x + y)
      BINARY32(sub, x - y)
      BINARY32(mul, x * y)
      BINARY(i32_div_s, std::uint32_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        if (x == 0x8000'0000U && y == 0xFFFF'FFFFU) [[unlikely]] { TRAP(integer_overflow); }
        GIVE(std::uint32_t, s32(x) / s32(y))
      })
      BINARY(i32_div_u, std::uint32_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        GIVE(std::uint32_t, x / y)
      })
      BINARY(i32_rem_s, std::uint32_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        GIVE(std::uint32_t, y == 0xFFFF'FFFFU ? 0 : s32(x) % s32(y))
      })
      BINARY(i32_rem_u, std::uint32_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        GIVE(std::uint32_t, x % y)
      })
      BINARY32(and, x & y)
      BINARY32(or, x | y)
      BINARY32(xor, x ^ y)
      BINARY32(shl, x << (y & 31U))
      BINARY32(shr_s, s32(x) >> (y & 31U))
      BINARY32(shr_u, x >> (y & 31U))
      BINARY32(rotl, std::rotl(x, s32(y & 31U)))
      BINARY32(rotr, std::rotr(x, s32(y & 31U)))

      BINARY64(add, x + y)
      BINARY64(sub, x - y)
      BINARY64(mul, x * y)
      BINARY(i64_div_s, std::uint64_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        if (x == 0x8000'0000'0000'0000U && y == ~std::uint64_t{0}) [[unlikely]] { TRAP(integer_overflow); }
        GIVE(std::uint64_t, s64(x) / s64(y))
      })
      BINARY(i64_div_u, std::uint64_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        GIVE(std::uint64_t, x / y)
      })
      BINARY(i64_rem_s, std::uint64_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        GIVE(std::uint64_t, y == ~std::uint64_t{0} ? 0 : s64(x) % s64(y))
      })
      BINARY(i64_rem_u, std::uint64_t, {
        if (y == 0) [[unlikely]] { TRAP(integer_divide_by_zero); }
        GIVE(std::uint64_t, x % y)
      })
      BINARY64(and, x & y)
      BINARY64(or, x | y)
      BINARY64(xor, x ^ y)
      BINARY64(shl, x << (y & 63U))
      BINARY64(shr_s, s64(x) >> (y & 63U))
      BINARY64(shr_u, x >> (y & 63U))
      BINARY64(rotl, std::rotl(x, static_cast<int>(y & 63U)))
      BINARY64(rotr, std::rotr(x, static_cast<int>(y & 63U)))

      COMPARES(i32, std::uint32_t, std::int32_t)
      COMPARES(i64, std::uint64_t, std::int64_t)

      LOAD(load_32, std::uint32_t, std::uint32_t, std::uint32_t)
      LOAD(load_64, std::uint64_t, std::uint64_t, std::uint64_t)
      LOAD(load_8_u, std::uint8_t, std::uint8_t, std::uint8_t)
      LOAD(load_16_u, std::uint16_t, std::uint16_t, std::uint16_t)
      LOAD(i32_load_8_s, std::int8_t, std::int32_t, std::uint32_t)
      LOAD(i32_load_16_s, std::int16_t, std::int32_t, std::uint32_t)
      LOAD(i64_load_8_s, std::int8_t, std::int64_t, std::uint64_t)
      LOAD(i64_load_16_s, std::int16_t, std::int64_t, std::uint64_t)
      LOAD(i64_load_32_s, std::int32_t, std::int64_t, std::uint64_t)
      STORE(store_8, std::uint8_t)
      STORE(store_16, std::uint16_t)
      STORE(store_32, std::uint32_t)
      STORE(store_64, std::uint64_t)

      UNARY(i32_clz, std::uint32_t, std::uint32_t, std::countl_zero(x))
      UNARY(i32_ctz, std::uint32_t, std::uint32_t, std::countr_zero(x))
      UNARY(i32_popcnt, std::uint32_t, std::uint32_t, std::popcount(x))
      UNARY(i64_clz, std::uint64_t, std::uint64_t, std::countl_zero(x))
      UNARY(i64_ctz, std::uint64_t, std::uint64_t, std::countr_zero(x))
      UNARY(i64_popcnt, std::uint64_t, std::uint64_t, std::popcount(x))
      UNARY(i32_wrap, std::uint64_t, std::uint32_t, x)
      UNARY(i64_extend_32_s, std::int32_t, std::uint64_t, std::int64_t{x})
      UNARY(i32_extend_8_s, std::int8_t, std::uint32_t, std::int32_t{x})
      UNARY(i32_extend_16_s, std::int16_t, std::uint32_t, std::int32_t{x})
      UNARY(i64_extend_8_s, std::int8_t, std::uint64_t, std::int64_t{x})
      UNARY(i64_extend_16_s, std::int16_t, std::uint64_t, std::int64_t{x})
#if !KETEN_VM_THREADED
  }
#endif

no_fuel:
  machine.ending = Ending::out_of_fuel;
  machine.pc = pc;
  machine.fuel = fuel;
  return;
trapped:
  machine.ending = Ending::trapped;
  machine.trap = trap;
  machine.pc = pc;
  machine.fuel = fuel;
}

}  // namespace keten::vm
