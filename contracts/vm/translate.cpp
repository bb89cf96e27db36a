#include "contracts/vm/translate.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "contracts/vm/fuel.h"
#include "contracts/vm/opcodes.h"

// The operand stack, the emission of ops and the structure of blocks. The instructions: translate_instructions.cpp.
namespace keten::vm {
namespace {

constexpr bool is_comparison(std::uint16_t code) { return code >= i32_eq && code <= i64_le_u_k; }
constexpr bool has_constant(std::uint16_t code) { return ((code - i32_eq) & 1) != 0; }
constexpr std::uint16_t negated(std::uint16_t code, std::uint16_t base) {
  return static_cast<std::uint16_t>(((code - base) ^ 2) + base);
}
static_assert(negated(br_i64_lt_s_k, br_i32_eq) == br_i64_ge_s_k);

// A site is a place that a branch's distance goes to: which op, which of its four words, and whether it counts from the
// start of the code, as entries of a table do, or from the op itself.
constexpr std::uint32_t kDistanceWord = 2;
constexpr std::uint32_t site_of(std::uint32_t op, std::uint32_t word, bool from_start) {
  return (op * 4 + word) * 2 + (from_start ? 1 : 0);
}
void write_word(std::vector<Op>& code, std::uint32_t index, std::uint32_t value) {
  std::memcpy(reinterpret_cast<unsigned char*>(code.data()) + std::size_t{index} * 4, &value, 4);
}
std::uint32_t read_word(const std::vector<Op>& code, std::uint32_t index) {
  std::uint32_t value = 0;
  std::memcpy(&value, reinterpret_cast<const unsigned char*>(code.data()) + std::size_t{index} * 4, 4);
  return value;
}

}  // namespace

void Translator::invalid_here(const std::string& expected, const std::string& found) {
  in_.fail(kInvalid, at_, fmt::format("{} expects {}, found {}", opcode_name(opcode_, second_), expected, found));
}

void Translator::outside(const std::string& what) {
  in_.fail(kOutside, at_, fmt::format("{} is not part of the subset", what));
}

// ---- operands

void Translator::push(const Entry& entry) {
  if (stack_.size() >= program_.limits.operands) {
    in_.fail(kOverLimit, at_, fmt::format("operand stack: at most {} values are allowed", program_.limits.operands));
    return;
  }
  stack_.push_back(entry);
  stack_.back().place = static_cast<std::uint16_t>(locals_.size() + stack_.size() - 1);
  highest_ = std::max(highest_, stack_.size());
}

void Translator::push(ValueType type) {
  Entry entry;
  entry.type = type;
  entry.source = static_cast<std::uint16_t>(locals_.size() + stack_.size());
  push(entry);
}

Translator::Entry Translator::pop_any() {
  Entry entry;
  const auto& control = controls_.back();
  if (stack_.size() <= control.height) {
    if (!control.unreachable) { invalid_here("a value on the operand stack", "none in this block"); }
    entry.kind = Entry::Kind::unknown;
    return entry;
  }
  entry = stack_.back();
  stack_.pop_back();
  if (entry.kind == Entry::Kind::local) { --pending_[entry.source]; }
  flushed_ = std::min(flushed_, stack_.size());
  return entry;
}

Translator::Entry Translator::pop(ValueType expected) {
  auto entry = pop_any();
  if (entry.kind == Entry::Kind::unknown) {
    entry.type = expected;
  } else if (entry.type != expected) {
    invalid_here(std::string(name_of(expected)) + " on the operand stack", std::string(name_of(entry.type)));
  }
  return entry;
}

void Translator::truncate(std::uint32_t height) {
  while (stack_.size() > height) {
    if (stack_.back().kind == Entry::Kind::local) { --pending_[stack_.back().source]; }
    stack_.pop_back();
  }
  flushed_ = std::min(flushed_, stack_.size());
}

// ---- emission

std::uint32_t Translator::emit(std::uint16_t code, std::uint16_t a, std::uint16_t b, std::uint16_t c,
                               std::uint64_t imm) {
  const auto place = here();
  if (live_) { code_.push_back({code, a, b, c, imm}); }
  return place;
}

void Translator::emit_value(std::uint16_t code, ValueType type, std::uint16_t b, std::uint16_t c, std::uint64_t imm) {
  push(type);
  if (!live_ || in_.failed()) { return; }
  emit(code, stack_.back().place, b, c, imm);
  last_value_ = here();
}

void Translator::charge(std::uint32_t cost) {
  if (live_) { code_[region_].imm += cost; }
}

/// A basic block begins here: a branch leads here or has just not been taken.
void Translator::begin_region() {
  last_value_ = 0;
  if (region_ + 1 == here() && code_[region_].imm == 0) { return; }
  region_ = emit(Code::charge);
}

std::uint16_t Translator::register_of(const Entry& entry) {
  if (entry.kind != Entry::Kind::constant) { return entry.source; }
  emit(Code::constant, entry.place, 0, 0, entry.constant);
  return entry.place;
}

void Translator::materialise(std::size_t index) {
  auto& entry = stack_[index];
  if (entry.kind == Entry::Kind::local) {
    emit(Code::copy, entry.place, entry.source);
    --pending_[entry.source];
  } else if (entry.kind == Entry::Kind::constant) {
    emit(Code::constant, entry.place, 0, 0, entry.constant);
  }
  entry.kind = Entry::Kind::slot;
  entry.source = entry.place;
}

void Translator::flush() {
  if (live_) {
    for (; flushed_ < stack_.size(); ++flushed_) { materialise(flushed_); }
  }
}

bool Translator::is_last_value(const Entry& entry) const {
  return entry.kind == Entry::Kind::slot && last_value_ == here() && last_value_ != 0 && code_.back().a == entry.source;
}

/// The value goes to `destination`, by the op that makes it when that was the last one.
void Translator::write_to(std::uint16_t destination, const Entry& entry) {
  if (!live_) { return; }
  if (entry.kind == Entry::Kind::constant) {
    emit(Code::constant, destination, 0, 0, entry.constant);
  } else if (is_last_value(entry)) {
    code_.back().a = destination;
    last_value_ = 0;
  } else if (entry.source != destination) {
    emit(Code::copy, destination, entry.source);
  }
}

/// Takes the comparison back when it was the last op: the branch does it.
Translator::Condition Translator::take_condition(const Entry& entry) {
  if (!live_) { return {}; }
  if (is_last_value(entry) && is_comparison(code_.back().code)) {
    const auto op = code_.back();
    const auto small = static_cast<std::int32_t>(static_cast<std::uint32_t>(op.imm));
    const bool fits =
        !has_constant(op.code) || op.code < i64_eq || static_cast<std::int64_t>(op.imm) == std::int64_t{small};
    if (fits) {
      code_.pop_back();
      last_value_ = 0;
      return {static_cast<std::uint16_t>(op.code - i32_eq + br_i32_eq), op.b, op.c, static_cast<std::uint32_t>(op.imm)};
    }
  }
  return {br_i32_ne_k, register_of(entry), 0, 0};
}

/// The distance is not known yet.
std::uint32_t Translator::emit_branch(const Condition& condition) {
  return emit(condition.code, condition.a, condition.b, 0, two(0, condition.constant));
}

void Translator::add_site(std::uint32_t& chain, std::uint32_t site) {
  if (!live_) { return; }
  write_word(code_, site / 2, chain);
  chain = site;
}

void Translator::patch(std::uint32_t& chain, std::uint32_t destination) {
  while (chain != kNone) {
    const auto site = chain;
    chain = read_word(code_, site / 2);
    write_word(code_, site / 2, (site & 1U) != 0 ? destination : destination - site / 8);
  }
}

/// `value` is what the target's block gives, or null.
void Translator::jump_to(Control& control, const Entry* value) {
  if (!live_) { return; }
  if (control.block == Block::function) {
    if (value == nullptr) {
      emit(Code::leave);
    } else if (value->kind == Entry::Kind::constant) {
      emit(Code::leave_constant, 0, 0, 0, value->constant);
    } else {
      emit(Code::leave_value, value->source);
    }
    return;
  }
  if (value != nullptr) { write_to(static_cast<std::uint16_t>(locals_.size() + control.height), *value); }
  const auto op = emit(Code::jump);
  if (control.block == Block::loop) {
    code_[op].imm = two(control.start - op, 0);
  } else {
    add_site(control.sites, site_of(op, kDistanceWord, false));
  }
}

// ---- blocks

void Translator::become_unreachable() {
  truncate(controls_.back().height);
  controls_.back().unreachable = true;
  live_ = false;
}

Translator::Control* Translator::target(std::uint32_t depth) {
  if (depth >= controls_.size()) {
    invalid_here(fmt::format("a label below {}", controls_.size()), std::to_string(depth));
    return nullptr;
  }
  return &controls_[controls_.size() - 1 - depth];
}

void Translator::begin_block(std::uint8_t opcode) {
  Condition condition;
  Entry entry;
  const auto result = block_type();
  if (opcode == 0x04) { entry = pop(ValueType::i32); }
  if (in_.failed()) { return; }
  if (controls_.size() > program_.limits.nesting) {
    in_.fail(kOverLimit, at_, fmt::format("nesting of blocks: at most {} are allowed", program_.limits.nesting));
    return;
  }
  if (opcode == 0x04) { condition = take_condition(entry); }
  flush();
  Control control;
  control.entered_live = live_;
  control.result = result;
  control.height = static_cast<std::uint32_t>(stack_.size());
  control.block = opcode == 0x02 ? Block::block : opcode == 0x03 ? Block::loop : Block::if_then;
  if (live_ && control.block == Block::loop) {
    begin_region();
    control.start = region_;
  }
  if (live_ && control.block == Block::if_then) {
    condition.code = negated(condition.code, br_i32_eq);
    add_site(control.otherwise, site_of(emit_branch(condition), kDistanceWord, false));
    begin_region();
  }
  controls_.push_back(control);
}

/// What lies above the block's height must be its result and nothing else. Leaves it in the result's own register.
void Translator::check_block_end(const Control& control) {
  if (control.result) {
    auto entry = pop(*control.result);
    if (!in_.failed() && live_) { write_to(entry.place, entry); }
  }
  if (stack_.size() != control.height && !in_.failed()) {
    invalid_here(
        fmt::format("{} on the operand stack of the block that ends", control.result ? "one value" : "nothing"),
        fmt::format("{} more", stack_.size() - control.height));
  }
}

void Translator::begin_else() {
  auto& control = controls_.back();
  if (control.block != Block::if_then) {
    invalid_here("an if without else", "another block");
    return;
  }
  check_block_end(control);
  if (in_.failed()) { return; }
  jump_to(control, nullptr);
  live_ = control.entered_live;
  control.block = Block::if_else;
  control.unreachable = false;
  if (live_) {
    begin_region();
    patch(control.otherwise, region_);
  }
}

void Translator::end_block() {
  auto& control = controls_.back();
  if (control.block == Block::function) {
    Entry value;
    if (control.result) { value = pop(*control.result); }
    if (stack_.size() != control.height && !in_.failed()) {
      invalid_here("nothing but the result on the operand stack", fmt::format("{} more", stack_.size()));
    }
    if (in_.failed()) { return; }
    jump_to(control, control.result ? &value : nullptr);
    controls_.pop_back();
    return;
  }
  check_block_end(control);
  if (!in_.failed() && control.block == Block::if_then && control.result) {
    invalid_here("an else in an if that gives a value", "none");
  }
  if (in_.failed()) { return; }
  if (control.sites != kNone || control.otherwise != kNone) {
    live_ = true;
    begin_region();
    patch(control.sites, region_);
    patch(control.otherwise, region_);
  }
  const auto result = control.result;
  controls_.pop_back();
  if (result) { push(*result); }
}

void Translator::branch(std::uint32_t depth) {
  auto* control = target(depth);
  if (control == nullptr) { return; }
  const bool gives = control->result && control->block != Block::loop;
  Entry value;
  if (gives) { value = pop(*control->result); }
  if (in_.failed()) { return; }
  jump_to(*control, gives ? &value : nullptr);
  become_unreachable();
}

void Translator::branch_if(std::uint32_t depth) {
  const auto condition_entry = pop(ValueType::i32);
  auto* control = target(depth);
  if (in_.failed()) { return; }
  auto condition = take_condition(condition_entry);
  const bool gives = control->result && control->block != Block::loop;
  Entry value;
  if (gives) {
    value = pop(*control->result);
    if (in_.failed()) { return; }
    if (value.kind == Entry::Kind::unknown) { value.kind = Entry::Kind::slot; }
    if (live_ && value.place == locals_.size() + control->height && value.kind != Entry::Kind::slot) {
      write_to(value.place, value);
      value.kind = Entry::Kind::slot;
      value.source = value.place;
    }
    if (value.kind == Entry::Kind::local) { ++pending_[value.source]; }
    push(value);
  }
  if (!live_ || in_.failed()) { return; }
  const bool moves = gives && value.source != locals_.size() + control->height;
  if (control->block == Block::function || (gives && (moves || value.kind == Entry::Kind::constant))) {
    // Over the copy when it is not taken.
    condition.code = negated(condition.code, br_i32_eq);
    std::uint32_t over = kNone;
    add_site(over, site_of(emit_branch(condition), kDistanceWord, false));
    begin_region();
    jump_to(*control, gives ? &value : nullptr);
    begin_region();
    patch(over, region_);
    return;
  }
  const auto op = emit_branch(condition);
  if (control->block == Block::loop) {
    write_word(code_, op * 4 + kDistanceWord, control->start - op);
  } else {
    add_site(control->sites, site_of(op, kDistanceWord, false));
  }
  begin_region();
}

void Translator::branch_table() {
  const auto entries = in_.count("br_table's number of labels", 0xFFFF'FFFF);
  const auto index = pop(ValueType::i32);
  if (in_.failed()) { return; }
  const auto index_register = live_ ? register_of(index) : std::uint16_t{0};
  const auto op = emit(Code::jump_table, index_register, 0, 0, entries);
  if (live_) { code_.insert(code_.end(), entries / 4 + 1, Op{}); }
  stubs_.clear();
  std::optional<ValueType> result;
  for (std::uint32_t i = 0; i <= entries; ++i) {
    auto* control = target(in_.u32("a label of br_table"));
    if (in_.failed()) { return; }
    std::optional<ValueType> gives;
    if (control->block != Block::loop && control->result) { gives = *control->result; }
    if (i == 0) { result = gives; }
    // In code that is never reached a value may be of any type: then labels may differ in type but not in number.
    const bool any_type = controls_.back().unreachable &&
                          (stack_.size() == controls_.back().height || stack_.back().kind == Entry::Kind::unknown);
    if (gives != result && !(any_type && gives && result)) {
      invalid_here("labels of one type", fmt::format("another at label {}", i));
      return;
    }
    if (!live_) { continue; }
    const auto site = site_of(op + 1, i, true);
    if (gives || control->block == Block::function) {
      if (control->stub == kNone) { stubs_.push_back(static_cast<std::uint32_t>(control - controls_.data())); }
      add_site(control->stub, site);
    } else if (control->block == Block::loop) {
      write_word(code_, site / 2, control->start);
    } else {
      add_site(control->sites, site);
    }
  }
  Entry value;
  if (result) { value = pop(*result); }
  if (in_.failed()) { return; }
  for (const auto number : stubs_) {
    auto& control = controls_[number];
    last_value_ = 0;
    region_ = emit(Code::charge);
    patch(control.stub, region_);
    jump_to(control, result ? &value : nullptr);
  }
  become_unreachable();
}

// ---- bodies

void Translator::read_locals(std::uint32_t function) {
  const auto& type = program_.type_of(function);
  locals_ = type.parameters;
  const auto groups = in_.count("number of groups of locals", 0xFFFF'FFFF, 2);
  std::uint64_t total = locals_.size();
  for (std::uint32_t i = 0; i < groups && !in_.failed(); ++i) {
    at_ = in_.offset();
    const auto count = in_.u32("number of locals");
    const auto code = in_.byte("type of locals");
    total += count;
    if (in_.failed()) { return; }
    if (total > 0xFFFF'FFFF) {
      in_.malformed(at_, "less than 2^32 locals", "more");
    } else if (code == 0x7D || code == 0x7C) {
      outside("a local of floating point");
    } else if (code == 0x7B || code == 0x70 || code == 0x6F) {
      outside(code == 0x7B ? "a local of SIMD" : "a local of reference types");
    } else if (code != 0x7F && code != 0x7E) {
      in_.malformed(at_, "i32 or i64 as the type of locals", hex_byte(code));
    } else if (total > program_.limits.locals) {
      in_.fail(kOverLimit, at_,
               fmt::format("locals: at most {} are allowed in one function, found {}", program_.limits.locals, total));
    } else {
      locals_.insert(locals_.end(), count, static_cast<ValueType>(code));
    }
  }
}

void Translator::body(std::uint32_t function) {
  read_locals(function);
  if (in_.failed()) { return; }
  auto& info = program_.functions[function];
  const auto& type = program_.type_of(function);
  info.entry = here();
  info.locals = static_cast<std::uint16_t>(locals_.size() - type.parameters.size());
  info.parameters = static_cast<std::uint16_t>(type.parameters.size());
  stack_.clear();
  controls_.clear();
  pending_.assign(locals_.size(), 0);
  flushed_ = 0;
  // A caller finds the result in the callee's first register.
  highest_ = type.result ? 1 : 0;
  live_ = true;
  last_value_ = 0;
  region_ = emit(Code::charge);
  if (!program_.limits.count_instructions) {
    charge(fuel::kEntry + (info.locals + fuel::kLocalsPerUnit - 1) / fuel::kLocalsPerUnit);
  }
  Control control;
  control.block = Block::function;
  control.result = type.result;
  controls_.push_back(control);
  while (!controls_.empty() && !in_.failed()) { instruction(); }
  info.registers = static_cast<std::uint32_t>(locals_.size() + highest_);
}

void Translator::host_call(std::uint32_t function) {
  auto& info = program_.functions[function];
  const auto& type = program_.type_of(function);
  info.entry = here();
  info.parameters = static_cast<std::uint16_t>(type.parameters.size());
  info.registers = info.parameters + 1U;
  live_ = true;
  emit(Code::charge);
  emit(Code::call_host, 0, 0, 0, function);
  if (type.result) {
    emit(Code::leave_value, 0);
  } else {
    emit(Code::leave);
  }
}

}  // namespace keten::vm
