#include <array>

#include <fmt/format.h>

#include "contracts/vm/fuel.h"
#include "contracts/vm/opcodes.h"
#include "contracts/vm/translate.h"

namespace keten::vm {
namespace {

constexpr auto i32 = ValueType::i32;
constexpr auto i64 = ValueType::i64;

struct Access {
  std::uint16_t code;
  std::uint8_t align;  ///< base-2 logarithm of the width
  ValueType type;
};
// From 0x28; floating point between is refused before.
constexpr std::array<Access, 23> kAccess = {{
    {load_32, 2, i32},
    {load_64, 3, i64},
    {0, 0, i32},
    {0, 0, i32},
    {i32_load_8_s, 0, i32},
    {load_8_u, 0, i32},
    {i32_load_16_s, 1, i32},
    {load_16_u, 1, i32},
    {i64_load_8_s, 0, i64},
    {load_8_u, 0, i64},
    {i64_load_16_s, 1, i64},
    {load_16_u, 1, i64},
    {i64_load_32_s, 2, i64},
    {load_32, 2, i64},
    {store_32, 2, i32},
    {store_64, 3, i64},
    {0, 0, i32},
    {0, 0, i32},
    {store_8, 0, i32},
    {store_16, 1, i32},
    {store_8, 0, i64},
    {store_16, 1, i64},
    {store_32, 2, i64},
}};

/// Binary format: eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u. Ours: pairs of opposites (code.h).
constexpr std::array<std::uint8_t, 10> kComparison = {0, 1, 2, 4, 6, 8, 7, 9, 3, 5};
/// The comparison that says the same with its operands exchanged.
constexpr unsigned exchanged(unsigned comparison) {
  if (comparison < 2) { return comparison; }
  return comparison >= 6 ? comparison - 4 : comparison + 4;
}
static_assert(i32_lt_s + 2 * (6 - 2) == i32_gt_s && exchanged(2) == 6);
static_assert(i32_ge_s + 2 * (7 - 3) == i32_le_s && exchanged(3) == 7);

/// add, mul, and, or, xor.
constexpr bool commutes(unsigned index) { return index == 0 || index == 2 || (index >= 7 && index <= 9); }

}  // namespace

std::optional<ValueType> Translator::block_type() {
  const auto start = in_.offset();
  const auto code = in_.byte("type of a block");
  if (in_.failed() || code == 0x40) { return std::nullopt; }
  if (code == 0x7F || code == 0x7E) { return static_cast<ValueType>(code); }
  if (code == 0x7D || code == 0x7C) {
    outside("a block with a value of floating point");
  } else if (code == 0x7B || code == 0x70 || code == 0x6F) {
    outside(code == 0x7B ? "a block with a value of SIMD" : "a block with a value of reference types");
  } else if ((code & 0xC0U) == 0x40) {
    in_.malformed(start, "the type of a block", hex_byte(code));
  } else {
    outside("a block with parameters or several results (multi-value)");
  }
  return std::nullopt;
}

void Translator::instruction() {
  at_ = in_.offset();
  opcode_ = in_.byte("an instruction");
  second_ = 0;
  if (in_.failed()) { return; }
  const auto cost = fuel::instruction(opcode_);
  charge(program_.limits.count_instructions && cost > 0 ? 1 : cost);
  if (opcode_ <= 0x11) {
    control_instruction(opcode_);
  } else if (opcode_ == 0x1A) {
    pop_any();
  } else if (opcode_ == 0x1B) {
    select();
  } else if (opcode_ >= 0x20 && opcode_ <= 0x24) {
    variable_instruction(opcode_);
  } else if (outside_feature(opcode_) != nullptr) {
    outside(fmt::format("{} ({})", opcode_name(opcode_), outside_feature(opcode_)));
  } else if (opcode_ >= 0x28 && opcode_ <= 0x40) {
    memory_instruction(opcode_);
  } else if (opcode_ == 0x41 || opcode_ == 0x42) {
    Entry entry;
    entry.kind = Entry::Kind::constant;
    entry.type = opcode_ == 0x41 ? i32 : i64;
    entry.constant = opcode_ == 0x41 ? static_cast<std::uint32_t>(in_.s32("a constant"))
                                     : static_cast<std::uint64_t>(in_.s64("a constant"));
    push(entry);
  } else if (opcode_ == 0xFC) {
    prefixed_instruction();
  } else {
    numeric_instruction(opcode_);
  }
}

void Translator::control_instruction(std::uint8_t opcode) {
  switch (opcode) {
    case 0x00:
      emit(Code::unreachable);
      become_unreachable();
      return;
    case 0x01: return;
    case 0x02:
    case 0x03:
    case 0x04: begin_block(opcode); return;
    case 0x05: begin_else(); return;
    case 0x0B: end_block(); return;
    case 0x0C: branch(in_.u32("a label")); return;
    case 0x0D: branch_if(in_.u32("a label")); return;
    case 0x0E: branch_table(); return;
    case 0x0F: branch(static_cast<std::uint32_t>(controls_.size() - 1)); return;
    case 0x10: {
      const auto function = in_.u32("the index of a function");
      if (in_.failed()) { return; }
      if (function >= program_.functions.size()) {
        invalid_here(fmt::format("a function below {}", program_.functions.size()), std::to_string(function));
        return;
      }
      call(program_.type_of(function), function < program_.imports.size() ? Code::call_host : Code::call, function, 0);
      return;
    }
    case 0x11: {
      const auto type = in_.u32("the index of a type");
      const auto table_at = in_.offset();
      const auto table = in_.u32("the index of a table");
      if (in_.failed()) { return; }
      if (table != 0) { in_.fail(kOutside, table_at, "a second table (reference types) is not part of the subset"); }
      if (!program_.has_table) { invalid_here("a table", "a module without one"); }
      if (type >= program_.types.size()) {
        invalid_here(fmt::format("a type below {}", program_.types.size()), std::to_string(type));
      }
      const auto index = pop(i32);
      if (in_.failed()) { return; }
      call(program_.types[type], Code::call_indirect, program_.canonical[type],
           live_ ? register_of(index) : std::uint16_t{0});
      return;
    }
    default:
      if (outside_feature(opcode) != nullptr) {
        outside(fmt::format("{} ({})", opcode_name(opcode), outside_feature(opcode)));
      } else {
        in_.malformed(at_, "an instruction", hex_byte(opcode));
      }
  }
}

void Translator::call(const FunctionType& type, std::uint16_t code, std::uint64_t imm, std::uint16_t index_register) {
  const auto count = type.parameters.size();
  if (live_ && stack_.size() >= controls_.back().height + count) {
    for (auto i = stack_.size() - count; i < stack_.size(); ++i) { materialise(i); }
  }
  for (auto i = count; i > 0; --i) {
    // Where nothing is reached, whatever is missing is of the right type: not worth a look at each parameter.
    const auto& control = controls_.back();
    if (control.unreachable && stack_.size() <= control.height) { break; }
    pop(type.parameters[i - 1]);
  }
  if (in_.failed()) { return; }
  // The callee's registers begin at its first argument.
  const auto first = static_cast<std::uint16_t>(locals_.size() + stack_.size());
  emit(code, first, index_register, 0, imm);
  if (type.result) { push(*type.result); }
}

void Translator::variable_instruction(std::uint8_t opcode) {
  const auto index = in_.u32(opcode < 0x23 ? "the index of a local" : "the index of a global");
  if (in_.failed()) { return; }
  const auto count = opcode < 0x23 ? locals_.size() : program_.globals.size();
  if (index >= count) {
    invalid_here(fmt::format("a {} below {}", opcode < 0x23 ? "local" : "global", count), std::to_string(index));
    return;
  }
  if (opcode == 0x23) {
    emit_value(Code::global_get, program_.globals[index].type, 0, 0, index);
    return;
  }
  if (opcode == 0x24) {
    if (!program_.globals[index].is_mutable) {
      invalid_here("a mutable global", fmt::format("global {}, which is constant", index));
      return;
    }
    const auto value = pop(program_.globals[index].type);
    if (live_ && !in_.failed()) { emit(Code::global_set, register_of(value), 0, 0, index); }
    return;
  }
  const auto local = static_cast<std::uint16_t>(index);
  Entry read;
  read.kind = Entry::Kind::local;
  read.type = locals_[index];
  read.source = local;
  if (opcode != 0x20) {
    const auto value = pop(locals_[index]);
    if (in_.failed()) { return; }
    // Who has read the local before must see the old value.
    if (pending_[index] > 0) { flush(); }
    write_to(local, value);
    if (opcode == 0x21) { return; }
  }
  if (live_) {
    ++pending_[index];
    push(read);
  } else {
    push(locals_[index]);
  }
}

void Translator::select() {
  const auto condition = pop(i32);
  const auto second = pop_any();
  const auto first = second.kind == Entry::Kind::unknown ? pop_any() : pop(second.type);
  if (in_.failed()) { return; }
  if (first.kind == Entry::Kind::unknown && second.kind == Entry::Kind::unknown) {
    push(first);
    return;
  }
  const auto type = first.kind == Entry::Kind::unknown ? second.type : first.type;
  if (!live_) {
    push(type);
    return;
  }
  const auto a = register_of(first);
  const auto b = register_of(second);
  const auto c = register_of(condition);
  emit_value(Code::select, type, a, b, c);
}

void Translator::memory_instruction(std::uint8_t opcode) {
  if (!program_.has_memory && !in_.failed()) { invalid_here("a memory", "a module without one"); }
  if (opcode == 0x3F || opcode == 0x40) {
    const auto start = in_.offset();
    const auto memory = in_.byte("the index of a memory");
    if (!in_.failed() && memory != 0) { in_.malformed(start, "0 as the index of a memory", hex_byte(memory)); }
    if (opcode == 0x3F) {
      emit_value(Code::memory_size, i32);
      return;
    }
    const auto pages = pop(i32);
    if (in_.failed()) { return; }
    emit_value(Code::memory_grow, i32, live_ ? register_of(pages) : std::uint16_t{0});
    return;
  }
  const auto& access = kAccess.at(opcode - 0x28U);
  const auto start = in_.offset();
  const auto align = in_.u32("an alignment");
  const auto offset = in_.u32("an offset");
  if (in_.failed()) { return; }
  if (align >= 32) {
    in_.malformed(start, "an alignment below 2^32", fmt::format("2^{}", align));
    return;
  }
  if (align > access.align) {
    invalid_here(fmt::format("an alignment of at most {} bytes", 1U << access.align), fmt::format("2^{}", align));
    return;
  }
  if (opcode < 0x36) {
    const auto address = pop(i32);
    if (in_.failed()) { return; }
    if (address.kind == Entry::Kind::constant) {
      emit_value(static_cast<std::uint16_t>(access.code + 1), access.type, 0, 0, address.constant + offset);
    } else {
      emit_value(access.code, access.type, address.source, 0, offset);
    }
    return;
  }
  const auto value = pop(access.type);
  const auto address = pop(i32);
  if (in_.failed() || !live_) { return; }
  const auto small = static_cast<std::int32_t>(static_cast<std::uint32_t>(value.constant));
  const bool is_small = value.kind == Entry::Kind::constant &&
                        (access.type == i32 || static_cast<std::int64_t>(value.constant) == std::int64_t{small});
  if (address.kind == Entry::Kind::constant) {
    emit(static_cast<std::uint16_t>(access.code + 1), register_of(value), 0, 0, address.constant + offset);
  } else if (is_small) {
    emit(static_cast<std::uint16_t>(access.code + 2), 0, address.source, 0,
         two(offset, static_cast<std::uint32_t>(small)));
  } else {
    emit(access.code, register_of(value), address.source, 0, offset);
  }
}

void Translator::prefixed_instruction() {
  second_ = in_.u32("the second number of an instruction");
  if (in_.failed()) { return; }
  if (outside_feature_fc(second_) != nullptr) {
    outside(fmt::format("{} ({})", opcode_name(opcode_, second_), outside_feature_fc(second_)));
    return;
  }
  if (second_ != 10 && second_ != 11) {
    in_.malformed(at_, "an instruction", opcode_name(opcode_, second_));
    return;
  }
  for (std::uint32_t i = second_; i < 12; ++i) {
    const auto start = in_.offset();
    const auto memory = in_.byte("the index of a memory");
    if (!in_.failed() && memory != 0) { in_.malformed(start, "0 as the index of a memory", hex_byte(memory)); }
  }
  if (!program_.has_memory && !in_.failed()) { invalid_here("a memory", "a module without one"); }
  const auto length = pop(i32);
  const auto source = pop(i32);
  const auto destination = pop(i32);
  if (in_.failed() || !live_) { return; }
  const auto a = register_of(destination);
  const auto b = register_of(source);
  const auto c = register_of(length);
  emit(second_ == 10 ? Code::memory_copy : Code::memory_fill, a, b, c);
}

void Translator::numeric_instruction(std::uint8_t opcode) {
  if (opcode == 0x45) { return test_zero(i32); }
  if (opcode == 0x50) { return test_zero(i64); }
  if (opcode >= 0x46 && opcode <= 0x4F) { return compare(i32, opcode - 0x46U); }
  if (opcode >= 0x51 && opcode <= 0x5A) { return compare(i64, opcode - 0x51U); }
  if (opcode >= 0x67 && opcode <= 0x69) { return unary(i32, i32, static_cast<std::uint16_t>(i32_clz + opcode - 0x67)); }
  if (opcode >= 0x6A && opcode <= 0x78) { return binary(i32, opcode - 0x6AU); }
  if (opcode >= 0x79 && opcode <= 0x7B) { return unary(i64, i64, static_cast<std::uint16_t>(i64_clz + opcode - 0x79)); }
  if (opcode >= 0x7C && opcode <= 0x8A) { return binary(i64, opcode - 0x7CU); }
  switch (opcode) {
    case 0xA7: return unary(i64, i32, i32_wrap);
    case 0xAC: return unary(i32, i64, i64_extend_32_s);
    case 0xAD: {
      // The register has zeros above already.
      auto entry = pop(i32);
      if (in_.failed()) { return; }
      entry.type = i64;
      if (entry.kind == Entry::Kind::unknown) {
        push(i64);
        return;
      }
      if (entry.kind == Entry::Kind::local) { ++pending_[entry.source]; }
      push(entry);
      return;
    }
    case 0xC0: return unary(i32, i32, i32_extend_8_s);
    case 0xC1: return unary(i32, i32, i32_extend_16_s);
    case 0xC2: return unary(i64, i64, i64_extend_8_s);
    case 0xC3: return unary(i64, i64, i64_extend_16_s);
    case 0xC4: return unary(i64, i64, i64_extend_32_s);
    default: in_.malformed(at_, "an instruction", hex_byte(opcode));
  }
}

void Translator::unary(ValueType from, ValueType to, std::uint16_t code) {
  const auto value = pop(from);
  if (in_.failed()) { return; }
  emit_value(code, to, live_ ? register_of(value) : std::uint16_t{0});
}

void Translator::binary(ValueType type, unsigned index) {
  auto right = pop(type);
  auto left = pop(type);
  if (in_.failed()) { return; }
  if (!live_) { return push(type); }
  if (left.kind == Entry::Kind::constant && right.kind != Entry::Kind::constant && commutes(index)) {
    std::swap(left, right);
  }
  const auto code = static_cast<std::uint16_t>((type == i32 ? i32_add : i64_add) + index * 2);
  const auto a = register_of(left);
  if (right.kind == Entry::Kind::constant) {
    emit_value(static_cast<std::uint16_t>(code + 1), type, a, 0, right.constant);
  } else {
    emit_value(code, type, a, right.source);
  }
}

void Translator::compare(ValueType type, unsigned index) {
  auto right = pop(type);
  auto left = pop(type);
  if (in_.failed()) { return; }
  if (!live_) { return push(i32); }
  unsigned comparison = kComparison.at(index);
  if (left.kind == Entry::Kind::constant && right.kind != Entry::Kind::constant) {
    std::swap(left, right);
    comparison = exchanged(comparison);
  }
  const auto code = static_cast<std::uint16_t>((type == i32 ? i32_eq : i64_eq) + comparison * 2);
  const auto a = register_of(left);
  if (right.kind == Entry::Kind::constant) {
    emit_value(static_cast<std::uint16_t>(code + 1), i32, a, 0, right.constant);
  } else {
    emit_value(code, i32, a, right.source);
  }
}

void Translator::test_zero(ValueType type) {
  const auto value = pop(type);
  if (in_.failed()) { return; }
  if (!live_) { return push(i32); }
  if (is_last_value(value) && code_.back().code >= i32_eq && code_.back().code <= i64_le_u_k) {
    code_.back().code = static_cast<std::uint16_t>(((code_.back().code - i32_eq) ^ 2) + i32_eq);
    push(i32);
    return;
  }
  emit_value(type == i32 ? i32_eq_k : i64_eq_k, i32, register_of(value), 0, 0);
}

}  // namespace keten::vm
