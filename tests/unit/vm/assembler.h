#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "contracts/vm/types.h"
#include "core/bytes.h"

/// WebAssembly modules written down in C++: what a test needs of the binary format (specification 1.0, section 5).
namespace keten::vm::assembler {

inline constexpr std::uint8_t kI32 = 0x7F;
inline constexpr std::uint8_t kI64 = 0x7E;
inline constexpr std::uint8_t kEmpty = 0x40;

inline void put_unsigned(Bytes& out, std::uint64_t value) {
  do {
    const auto low = static_cast<std::uint8_t>(value & 0x7FU);
    value >>= 7U;
    out.push_back(static_cast<std::uint8_t>(low | (value != 0 ? 0x80U : 0U)));
  } while (value != 0);
}
inline void put_signed(Bytes& out, std::int64_t value) {
  for (;;) {
    const auto low = static_cast<std::uint8_t>(value & 0x7F);
    value >>= 7;
    const bool last = (value == 0 && (low & 0x40U) == 0) || (value == -1 && (low & 0x40U) != 0);
    out.push_back(static_cast<std::uint8_t>(low | (last ? 0U : 0x80U)));
    if (last) { return; }
  }
}
inline void put(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }
inline void put_name(Bytes& out, const std::string& name) {
  put_unsigned(out, name.size());
  put(out, to_bytes(name));
}

/// Instructions one after another; the last `end` of a function comes from Module.
struct Code {
  Bytes bytes;

  Code& op(std::uint8_t opcode) {
    bytes.push_back(opcode);
    return *this;
  }
  /// An opcode and one number without sign.
  Code& op(std::uint8_t opcode, std::uint64_t number) {
    bytes.push_back(opcode);
    put_unsigned(bytes, number);
    return *this;
  }
  Code& i32(std::uint32_t value) {
    bytes.push_back(0x41);
    put_signed(bytes, static_cast<std::int32_t>(value));
    return *this;
  }
  Code& i64(std::uint64_t value) {
    bytes.push_back(0x42);
    put_signed(bytes, static_cast<std::int64_t>(value));
    return *this;
  }
  Code& constant(ValueType type, std::uint64_t value) {
    return type == ValueType::i32 ? i32(static_cast<std::uint32_t>(value)) : i64(value);
  }
  Code& get(std::uint32_t local) { return op(0x20, local); }
  Code& set(std::uint32_t local) { return op(0x21, local); }
  Code& tee(std::uint32_t local) { return op(0x22, local); }
  /// block 0x02, loop 0x03, if 0x04.
  Code& begin(std::uint8_t opcode, std::uint8_t type = kEmpty) {
    bytes.push_back(opcode);
    bytes.push_back(type);
    return *this;
  }
  Code& otherwise() { return op(0x05); }
  Code& end() { return op(0x0B); }
  Code& br(std::uint32_t depth) { return op(0x0C, depth); }
  Code& br_if(std::uint32_t depth) { return op(0x0D, depth); }
  /// The last label is the default.
  Code& br_table(const std::vector<std::uint32_t>& labels) {
    op(0x0E, labels.size() - 1);
    for (const auto label : labels) { put_unsigned(bytes, label); }
    return *this;
  }
  Code& call(std::uint32_t function) { return op(0x10, function); }
  Code& call_indirect(std::uint32_t type) {
    op(0x11, type);
    return op(0x00);
  }
  /// A load or store with the smallest alignment.
  Code& access(std::uint8_t opcode, std::uint32_t offset = 0) {
    op(opcode, 0);
    put_unsigned(bytes, offset);
    return *this;
  }
  Code& memory(std::uint8_t opcode) {
    op(opcode);
    return op(0x00);
  }
  Code& memory_copy() {
    op(0xFC, 10);
    op(0x00);
    return op(0x00);
  }
  Code& memory_fill() {
    op(0xFC, 11);
    return op(0x00);
  }
  Code& add(const Code& more) {
    put(bytes, more.bytes);
    return *this;
  }
};

struct Function {
  FunctionType type;
  Code code;
  std::vector<ValueType> locals;
  std::string name;  ///< exported when not empty
};
struct Import {
  std::string module;
  std::string name;
  FunctionType type;
};
struct GlobalOf {
  ValueType type = ValueType::i32;
  bool is_mutable = true;
  std::uint64_t value = 0;
};

struct Module {
  std::vector<FunctionType> types;  ///< first; those of functions follow
  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<GlobalOf> globals;
  std::optional<std::pair<std::uint32_t, std::uint32_t>> memory;  ///< pages: minimum, maximum
  std::string memory_name;                                        ///< exported when not empty
  std::optional<std::uint32_t> table;
  std::vector<std::pair<std::uint32_t, std::vector<std::uint32_t>>> elements;
  std::vector<std::pair<std::uint32_t, Bytes>> data;

  [[nodiscard]] Bytes encode() const;
};

inline Bytes vector_of(std::size_t count, const Bytes& content) {
  Bytes out;
  put_unsigned(out, count);
  put(out, content);
  return out;
}
inline void put_section(Bytes& out, std::uint8_t id, const Bytes& content) {
  out.push_back(id);
  put_unsigned(out, content.size());
  put(out, content);
}
inline void put_type(Bytes& out, const FunctionType& type) {
  out.push_back(0x60);
  put_unsigned(out, type.parameters.size());
  for (const auto one : type.parameters) { out.push_back(static_cast<std::uint8_t>(one)); }
  put_unsigned(out, type.result ? 1 : 0);
  if (type.result) { out.push_back(static_cast<std::uint8_t>(*type.result)); }
}
inline Bytes preamble() { return {0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00}; }

inline Bytes Module::encode() const {
  auto out = preamble();
  Bytes content;
  for (const auto& type : types) { put_type(content, type); }
  for (const auto& one : imports) { put_type(content, one.type); }
  for (const auto& one : functions) { put_type(content, one.type); }
  put_section(out, 1, vector_of(types.size() + imports.size() + functions.size(), content));
  std::size_t next_type = types.size();
  content.clear();
  for (const auto& one : imports) {
    put_name(content, one.module);
    put_name(content, one.name);
    content.push_back(0);
    put_unsigned(content, next_type++);
  }
  if (!imports.empty()) { put_section(out, 2, vector_of(imports.size(), content)); }
  content.clear();
  for (std::size_t i = 0; i < functions.size(); ++i) { put_unsigned(content, next_type++); }
  if (!functions.empty()) { put_section(out, 3, vector_of(functions.size(), content)); }
  if (table) {
    content = {0x70, 0x00};
    put_unsigned(content, *table);
    put_section(out, 4, vector_of(1, content));
  }
  if (memory) {
    content = {0x01};
    put_unsigned(content, memory->first);
    put_unsigned(content, memory->second);
    put_section(out, 5, vector_of(1, content));
  }
  content.clear();
  for (const auto& one : globals) {
    content.push_back(static_cast<std::uint8_t>(one.type));
    content.push_back(one.is_mutable ? 1 : 0);
    put(content, Code().constant(one.type, one.value).end().bytes);
  }
  if (!globals.empty()) { put_section(out, 6, vector_of(globals.size(), content)); }
  content.clear();
  std::size_t exports = 0;
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].name.empty()) { continue; }
    put_name(content, functions[i].name);
    content.push_back(0);
    put_unsigned(content, imports.size() + i);
    ++exports;
  }
  if (memory && !memory_name.empty()) {
    put_name(content, memory_name);
    content.push_back(2);
    put_unsigned(content, 0);
    ++exports;
  }
  if (exports > 0) { put_section(out, 7, vector_of(exports, content)); }
  content.clear();
  for (const auto& [offset, list] : elements) {
    content.push_back(0);
    put(content, Code().i32(offset).end().bytes);
    put_unsigned(content, list.size());
    for (const auto function : list) { put_unsigned(content, function); }
  }
  if (!elements.empty()) { put_section(out, 9, vector_of(elements.size(), content)); }
  content.clear();
  for (const auto& one : functions) {
    Bytes body;
    put_unsigned(body, one.locals.size());
    for (const auto local : one.locals) {
      body.push_back(1);
      body.push_back(static_cast<std::uint8_t>(local));
    }
    put(body, one.code.bytes);
    body.push_back(0x0B);
    put_unsigned(content, body.size());
    put(content, body);
  }
  if (!functions.empty()) { put_section(out, 10, vector_of(functions.size(), content)); }
  content.clear();
  for (const auto& [offset, bytes] : data) {
    content.push_back(0);
    put(content, Code().i32(offset).end().bytes);
    put_unsigned(content, bytes.size());
    put(content, bytes);
  }
  if (!data.empty()) { put_section(out, 11, vector_of(data.size(), content)); }
  return out;
}

}  // namespace keten::vm::assembler
