#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "contracts/vm/module.h"
#include "contracts/vm/reader.h"

namespace keten::vm {

/// Checks function bodies and translates each while it reads it. One object for all bodies of a module, so that its stacks
/// are allocated once. Failures stay in the reader.
class Translator {
 public:
  Translator(Reader& reader, Program& program) : in_(reader), program_(program), code_(program.code) {}

  /// The reader stands at the first byte of the body's locals and is narrowed to the body.
  void body(std::uint32_t function);
  /// The code of an imported function: calls the host, then returns.
  void host_call(std::uint32_t function);

 private:
  /// What lies on the operand stack. Constants and locals are not copied there before they must be.
  struct Entry {
    enum class Kind : std::uint8_t { slot, local, constant, unknown };
    Kind kind = Kind::slot;
    ValueType type = ValueType::i32;
    std::uint16_t place = 0;   ///< the operand stack's own register at this height
    std::uint16_t source = 0;  ///< the register that holds the value, when it is not a constant
    std::uint64_t constant = 0;
  };
  enum class Block : std::uint8_t { function, block, loop, if_then, if_else };
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;
  /// A block that has begun and not ended. Branches to an end that is not known yet form a chain through their own
  /// distance fields, so that no memory is needed for them.
  struct Control {
    Block block = Block::block;
    bool entered_live = true;
    bool unreachable = false;  ///< the specification's polymorphic stack
    std::optional<ValueType> result;
    std::uint32_t height = 0;         ///< operands below
    std::uint32_t start = 0;          ///< loop: its charge op
    std::uint32_t sites = kNone;      ///< the chain of branches to the end
    std::uint32_t otherwise = kNone;  ///< if: the branch to else
    std::uint32_t stub = kNone;       ///< within one br_table: the chain of its entries that go here over a copy
  };
  /// A comparison that a branch can do itself.
  struct Condition {
    std::uint16_t code = 0;  ///< of the branch
    std::uint16_t a = 0;
    std::uint16_t b = 0;
    std::uint32_t constant = 0;
  };

  void read_locals(std::uint32_t function);
  void instruction();
  void control_instruction(std::uint8_t opcode);
  void variable_instruction(std::uint8_t opcode);
  void memory_instruction(std::uint8_t opcode);
  void numeric_instruction(std::uint8_t opcode);
  void prefixed_instruction();
  std::optional<ValueType> block_type();

  void begin_block(std::uint8_t opcode);
  void begin_else();
  void end_block();
  void branch(std::uint32_t depth);
  void branch_if(std::uint32_t depth);
  void branch_table();
  void leave_function();
  void call(const FunctionType& type, std::uint16_t code, std::uint64_t imm, std::uint16_t index_register);
  void select();
  void load(std::uint8_t opcode);
  void store(std::uint8_t opcode);
  void binary(ValueType type, unsigned index);
  void compare(ValueType type, unsigned index);
  void test_zero(ValueType type);
  void unary(ValueType from, ValueType to, std::uint16_t code);

  // The operand stack of the validation algorithm.
  void push(ValueType type);
  void push(const Entry& entry);
  Entry pop(ValueType expected);
  Entry pop_any();
  void truncate(std::uint32_t height);
  void check_block_end(const Control& control);
  Control* target(std::uint32_t depth);
  void become_unreachable();

  // Emission. Nothing is emitted where no branch leads.
  std::uint32_t emit(std::uint16_t code, std::uint16_t a = 0, std::uint16_t b = 0, std::uint16_t c = 0,
                     std::uint64_t imm = 0);
  void emit_value(std::uint16_t code, ValueType type, std::uint16_t b = 0, std::uint16_t c = 0, std::uint64_t imm = 0);
  void begin_region();
  void charge(std::uint32_t cost);
  std::uint16_t register_of(const Entry& entry);
  void materialise(std::size_t index);
  void flush();
  void write_to(std::uint16_t destination, const Entry& entry);
  [[nodiscard]] bool is_last_value(const Entry& entry) const;
  Condition take_condition(const Entry& entry);
  std::uint32_t emit_branch(const Condition& condition);
  void jump_to(Control& control, const Entry* value);
  void add_site(std::uint32_t& chain, std::uint32_t site);
  void patch(std::uint32_t& chain, std::uint32_t destination);
  [[nodiscard]] std::uint32_t here() const { return static_cast<std::uint32_t>(code_.size()); }

  void invalid_here(const std::string& expected, const std::string& found);
  void outside(const std::string& what);

  Reader& in_;
  Program& program_;
  std::vector<Op>& code_;
  std::vector<Entry> stack_;
  std::vector<Control> controls_;
  std::vector<ValueType> locals_;
  std::vector<std::uint32_t> pending_;  ///< of each local: entries on the stack that still read it
  std::vector<std::uint32_t> stubs_;    ///< controls with a stub in the br_table that is being read
  std::size_t flushed_ = 0;             ///< entries below hold their value in their own register
  std::size_t highest_ = 0;
  std::uint32_t region_ = 0;      ///< the charge op of the current basic block
  std::uint32_t last_value_ = 0;  ///< index of the op behind the one that made the newest value
  bool live_ = true;
  std::size_t at_ = 0;  ///< offset of the current instruction
  std::uint8_t opcode_ = 0;
  std::uint32_t second_ = 0;
};

}  // namespace keten::vm
