#include "tests/differential/module_generator.h"

#include <array>

namespace keten::vm {
namespace {

using assembler::Code;

constexpr auto i32 = ValueType::i32;
constexpr auto i64 = ValueType::i64;
constexpr std::uint32_t kExported = 6;
constexpr std::uint32_t kDepth = 5;

constexpr std::array<std::uint64_t, 16> kValues = {0,
                                                   1,
                                                   2,
                                                   3,
                                                   7,
                                                   31,
                                                   32,
                                                   63,
                                                   0x7F,
                                                   0xFF,
                                                   0x8000,
                                                   0x7FFF'FFFF,
                                                   0x8000'0000,
                                                   0xFFFF'FFFF,
                                                   0x7FFF'FFFF'FFFF'FFFF,
                                                   0x8000'0000'0000'0000};

/// One function's body.
class Body {
 public:
  Body(Choices& choices, const assembler::Module& module, Code& code, std::vector<ValueType>& locals)
      : choices_(choices), module_(module), code_(code), locals_(locals) {}

  void write(const FunctionType& type);

 private:
  struct Label {
    std::optional<ValueType> gives;
    bool is_loop = false;
  };

  void value(ValueType type, std::uint32_t depth);
  void leaf(ValueType type);
  void statement(std::uint32_t depth);
  void statements(std::uint32_t depth);
  void address(std::uint32_t depth);
  void binary(ValueType type, std::uint32_t depth);
  void comparison(std::uint32_t depth);
  void unary(ValueType type, std::uint32_t depth);
  void load(ValueType type, std::uint32_t depth);
  void store(std::uint32_t depth);
  void block_with_value(ValueType type, std::uint32_t depth);
  void loop(std::uint32_t depth);
  void table(std::uint32_t depth);
  bool call(std::optional<ValueType> wanted, std::uint32_t depth);
  void branch_out(std::uint32_t depth);
  std::optional<std::uint32_t> local(ValueType type);
  std::optional<std::uint32_t> label(std::optional<ValueType> gives);
  void begin(std::uint8_t opcode, std::optional<ValueType> gives);
  void end() {
    code_.end();
    labels_.pop_back();
  }
  bool spend() { return budget_ > 0 && budget_-- > 0; }
  ValueType any_type() { return choices_.one_in(2) ? i32 : i64; }

  Choices& choices_;
  const assembler::Module& module_;
  Code& code_;
  std::vector<ValueType>& locals_;  ///< parameters and locals, in the order of their indices
  std::vector<bool> reserved_;      ///< locals that count loops
  std::vector<Label> labels_;
  int budget_ = 90;
  int loops_ = 0;
};

std::optional<std::uint32_t> Body::local(ValueType type) {
  const auto count = static_cast<std::uint32_t>(locals_.size());
  if (count == 0) { return std::nullopt; }
  const auto first = choices_.below(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto index = (first + i) % count;
    if (locals_[index] == type && !(index < reserved_.size() && reserved_[index])) { return index; }
  }
  return std::nullopt;
}

/// A label that a branch with such a value may go to without going round for ever.
std::optional<std::uint32_t> Body::label(std::optional<ValueType> gives) {
  const auto count = static_cast<std::uint32_t>(labels_.size());
  const auto first = choices_.below(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto depth = (first + i) % count;
    const auto& one = labels_[count - 1 - depth];
    if (!one.is_loop && one.gives == gives) { return depth; }
  }
  return std::nullopt;
}

void Body::begin(std::uint8_t opcode, std::optional<ValueType> gives) {
  code_.begin(opcode, gives ? static_cast<std::uint8_t>(*gives) : assembler::kEmpty);
  labels_.push_back({gives, opcode == 0x03});
}

void Body::leaf(ValueType type) {
  switch (choices_.below(5)) {
    case 0:
    case 1:
      if (const auto index = local(type)) {
        code_.get(*index);
        return;
      }
      break;
    case 2: code_.op(0x23, type == i32 ? choices_.below(2) : 2 + choices_.below(2)); return;
    case 3: code_.constant(type, choices_.next() >> choices_.below(64)); return;
    default: break;
  }
  code_.constant(type, kValues.at(choices_.below(kValues.size())) * (choices_.one_in(4) ? ~std::uint64_t{0} : 1));
}

void Body::address(std::uint32_t depth) {
  value(i32, depth);
  // Mostly inside the first page; sometimes anywhere, which mostly traps.
  if (!choices_.one_in(80)) { code_.i32(choices_.one_in(3) ? 0xFFFF : 0x3FF).op(0x71); }
}

void Body::binary(ValueType type, std::uint32_t depth) {
  const auto index = choices_.below(15);
  value(type, depth);
  value(type, depth);
  const bool divides = index >= 3 && index <= 6;
  if (divides && !choices_.one_in(60)) { code_.constant(type, 1).op(type == i32 ? 0x72 : 0x84); }
  code_.op(static_cast<std::uint8_t>((type == i32 ? 0x6A : 0x7C) + index));
}

void Body::comparison(std::uint32_t depth) {
  const auto type = any_type();
  if (choices_.one_in(4)) {
    value(type, depth);
    code_.op(type == i32 ? 0x45 : 0x50);
    return;
  }
  value(type, depth);
  value(type, depth);
  code_.op(static_cast<std::uint8_t>((type == i32 ? 0x46 : 0x51) + choices_.below(10)));
}

void Body::unary(ValueType type, std::uint32_t depth) {
  if (type == i32) {
    const auto opcode = std::array<std::uint8_t, 6>{0x67, 0x68, 0x69, 0xC0, 0xC1, 0xA7}.at(choices_.below(6));
    value(opcode == 0xA7 ? i64 : i32, depth);
    code_.op(opcode);
    return;
  }
  const auto opcode = std::array<std::uint8_t, 8>{0x79, 0x7A, 0x7B, 0xC2, 0xC3, 0xC4, 0xAC, 0xAD}.at(choices_.below(8));
  value(opcode >= 0xC0 || opcode < 0xAC ? i64 : i32, depth);
  code_.op(opcode);
}

void Body::load(ValueType type, std::uint32_t depth) {
  address(depth);
  const auto opcode = type == i32
                          ? std::array<std::uint8_t, 5>{0x28, 0x2C, 0x2D, 0x2E, 0x2F}.at(choices_.below(5))
                          : std::array<std::uint8_t, 7>{0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35}.at(choices_.below(7));
  code_.access(opcode, choices_.one_in(100) ? 0xFFFF'FFF0 : choices_.below(64));
}

void Body::store(std::uint32_t depth) {
  const auto type = any_type();
  address(depth);
  value(type, depth);
  const auto opcode = type == i32 ? std::array<std::uint8_t, 3>{0x36, 0x3A, 0x3B}.at(choices_.below(3))
                                  : std::array<std::uint8_t, 4>{0x37, 0x3C, 0x3D, 0x3E}.at(choices_.below(4));
  code_.access(opcode, choices_.below(64));
}

void Body::block_with_value(ValueType type, std::uint32_t depth) {
  if (choices_.one_in(2)) {
    comparison(depth);
    begin(0x04, type);
    statements(depth);
    value(type, depth);
    code_.otherwise();
    value(type, depth);
    end();
    return;
  }
  begin(0x02, type);
  statements(depth);
  if (choices_.one_in(2)) { value(any_type() == type ? type : i32, 0), code_.op(0x1A); }
  value(type, depth);
  if (choices_.one_in(2)) {
    comparison(depth);
    const auto depth_out = label(type);
    code_.br_if(depth_out.value_or(0));
  }
  if (choices_.one_in(6)) {
    // What follows is never reached, and still checked.
    code_.br(0);
    code_.op(type == i32 ? 0x6A : 0x7C);
  }
  end();
}

bool Body::call(std::optional<ValueType> wanted, std::uint32_t depth) {
  const auto count = static_cast<std::uint32_t>(module_.functions.size());
  if (count == 0 || loops_ > 1) { return false; }
  const auto first = choices_.below(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto index = (first + i) % count;
    const auto& type = module_.functions[index].type;
    if (type.result != wanted) { continue; }
    for (const auto parameter : type.parameters) { value(parameter, depth); }
    // Entries 0 to 2 of the table are the first three functions; types have the numbers of their functions.
    const bool wrong = choices_.one_in(40);
    if (count > 3 && (wrong || (index < 3 && choices_.one_in(2)))) {
      code_.i32(wrong ? choices_.below(6) : index).call_indirect(index);
    } else {
      code_.call(index);
    }
    return true;
  }
  return false;
}

void Body::value(ValueType type, std::uint32_t depth) {
  if (depth == 0 || !spend()) { return leaf(type); }
  --depth;
  switch (choices_.below(type == i32 ? 13 : 12)) {
    case 0:
    case 1:
    case 2: return binary(type, depth);
    case 3: return unary(type, depth);
    case 4: return load(type, depth);
    case 5:
      value(type, depth);
      value(type, depth);
      comparison(depth);
      code_.op(0x1B);
      return;
    case 6: return block_with_value(type, depth);
    case 7:
      if (!call(type, depth)) { leaf(type); }
      return;
    case 8:
      if (const auto index = local(type)) {
        value(type, depth);
        code_.tee(*index);
        return;
      }
      return leaf(type);
    case 9:
    case 10:
    case 11: return leaf(type);
    default:
      if (choices_.one_in(6)) {
        code_.i32(choices_.below(3)).memory(0x40);
      } else if (choices_.one_in(6)) {
        code_.memory(0x3F);
      } else {
        comparison(depth);
      }
  }
}

/// Counts a local down that nothing else writes.
void Body::loop(std::uint32_t depth) {
  if (loops_ >= 3) { return; }
  ++loops_;
  const auto counter = static_cast<std::uint32_t>(locals_.size());
  locals_.push_back(i32);
  reserved_.resize(locals_.size(), false);
  reserved_[counter] = true;
  code_.i32(1 + choices_.below(4)).set(counter);
  begin(0x02, {});
  begin(0x03, {});
  statements(depth);
  if (choices_.one_in(3)) {
    comparison(depth);
    code_.br_if(1);
  }
  code_.get(counter).i32(1).op(0x6B).tee(counter).br_if(0);
  end();
  end();
  --loops_;
}

void Body::table(std::uint32_t depth) {
  begin(0x02, {});
  begin(0x02, {});
  statements(depth);
  value(i32, depth);
  std::vector<std::uint32_t> targets;
  for (auto count = 1 + choices_.below(5); count > 0; --count) { targets.push_back(label(std::nullopt).value_or(0)); }
  code_.br_table(targets);
  end();
  statements(depth);
  end();
}

/// A branch that is taken or not, with a value where the label wants one.
void Body::branch_out(std::uint32_t depth) {
  const auto gives = choices_.one_in(2) ? std::nullopt : std::optional<ValueType>(any_type());
  const auto target = label(gives);
  if (!target) { return; }
  if (gives) { value(*gives, depth); }
  comparison(depth);
  code_.br_if(*target);
  if (gives) { code_.op(0x1A); }
}

void Body::statement(std::uint32_t depth) {
  if (!spend() || depth == 0) { return; }
  --depth;
  const auto type = any_type();
  switch (choices_.below(14)) {
    case 0:
    case 1:
    case 2:
      if (const auto index = local(type)) {
        value(type, depth);
        code_.set(*index);
      }
      return;
    case 3:
      value(type, depth);
      code_.op(0x24, type == i32 ? choices_.below(2) : 2 + choices_.below(2));
      return;
    case 4:
    case 5: return store(depth);
    case 6:
      comparison(depth);
      begin(0x04, {});
      statements(depth);
      if (choices_.one_in(2)) {
        code_.otherwise();
        statements(depth);
      }
      end();
      return;
    case 7: return loop(depth);
    case 8: return branch_out(depth);
    case 9: return table(depth);
    case 10:
      value(type, depth);
      code_.op(0x1A);
      return;
    case 11:
      if (choices_.one_in(2)) {
        address(depth);
        value(i32, depth);
        code_.i32(choices_.below(200)).memory_fill();
      } else {
        address(depth);
        address(depth);
        code_.i32(choices_.below(200)).memory_copy();
      }
      return;
    case 12: (void)call(std::nullopt, depth); return;
    default:
      begin(0x02, {});
      statements(depth);
      if (choices_.one_in(8)) {
        code_.br(0);
        statements(depth);
      }
      end();
  }
}

void Body::statements(std::uint32_t depth) {
  for (auto count = choices_.below(4); count > 0; --count) { statement(depth); }
}

void Body::write(const FunctionType& type) {
  labels_.push_back({type.result, false});
  for (auto count = 1 + choices_.below(5); count > 0; --count) { statement(kDepth); }
  if (type.result) { value(*type.result, kDepth); }
}

FunctionType random_type(Choices& choices) {
  FunctionType type;
  for (auto count = choices.below(4); count > 0; --count) { type.parameters.push_back(choices.one_in(2) ? i32 : i64); }
  if (!choices.one_in(4)) { type.result = choices.one_in(2) ? i32 : i64; }
  return type;
}

}  // namespace

std::uint64_t Choices::next() {
  if (used_ < bytes_.size()) { return bytes_[used_++]; }
  // SplitMix64 (Steele, Lea, Flood 2014).
  state_ += 0x9E37'79B9'7F4A'7C15U;
  auto z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EBU;
  return z ^ (z >> 31U);
}

assembler::Module generate_module(Choices& choices) {
  assembler::Module module;
  module.memory = {1, 3};
  module.memory_name = "memory";
  module.globals = {{i32, true, 1}, {i32, true, 0x8000'0000}, {i64, true, 5}, {i64, true, ~std::uint64_t{0}}};
  module.table = 5;
  module.elements = {{0, {0, 1, 2}}};
  Bytes data(64);
  for (auto& byte : data) { byte = static_cast<std::uint8_t>(choices.next()); }
  module.data = {{16, data}};
  const auto inner = 3 + choices.below(3);
  for (std::uint32_t i = 0; i < inner + kExported; ++i) {
    assembler::Function function;
    if (i < inner) {
      function.type = random_type(choices);
    } else {
      function.name = "g" + std::to_string(i - inner);
      if (!choices.one_in(6)) { function.type.result = choices.one_in(2) ? i32 : i64; }
    }
    auto locals = function.type.parameters;
    const auto parameters = static_cast<std::uint32_t>(locals.size());
    for (auto count = choices.below(6); count > 0; --count) { locals.push_back(choices.one_in(2) ? i32 : i64); }
    Body(choices, module, function.code, locals).write(function.type);
    function.locals.assign(locals.begin() + parameters, locals.end());
    module.functions.push_back(std::move(function));
  }
  return module;
}

}  // namespace keten::vm
