#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/vm/code.h"
#include "contracts/vm/limits.h"
#include "contracts/vm/types.h"
#include "core/bytes.h"
#include "core/result.h"

namespace keten::vm {

/// A host function that modules may import.
struct Offer {
  std::string_view module;
  std::string_view name;
  FunctionType type;
};

enum class ExternKind : std::uint8_t { function, table, memory, global };

struct Export {
  std::string name;
  ExternKind kind = ExternKind::function;
  std::uint32_t index = 0;
};

struct Global {
  ValueType type = ValueType::i32;
  bool is_mutable = false;
  std::uint64_t initial = 0;
};

struct DataSegment {
  std::uint32_t offset = 0;
  Bytes bytes;
};
struct ElementSegment {
  std::uint32_t offset = 0;
  std::vector<std::uint32_t> functions;
};

/// A module that was checked and translated. Immutable; instances on many threads may share one.
struct Program {
  Limits limits;
  std::vector<FunctionType> types;
  std::vector<std::uint32_t> canonical;  ///< of each type: the first that is equal
  std::vector<std::uint32_t> imports;    ///< of each imported function: its place among the offers
  std::vector<FunctionCode> functions;   ///< imported ones first
  std::vector<Op> code;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::vector<std::uint32_t> table;  ///< functions, kNoFunction where there is none
  std::vector<DataSegment> data;
  std::uint32_t memory_pages = 0;
  std::uint32_t memory_pages_max = 0;
  bool has_memory = false;
  bool has_table = false;

  [[nodiscard]] const FunctionType& type_of(std::uint32_t function) const { return types[functions[function].type]; }
  [[nodiscard]] const Export* find_export(std::string_view name) const;
  /// The index of an exported function.
  [[nodiscard]] std::optional<std::uint32_t> find_function(std::string_view name) const;
};
inline constexpr std::uint32_t kNoFunction = 0xFFFF'FFFF;

using Module = std::shared_ptr<const Program>;

/// Checks a binary module and translates it, in one pass and with memory in proportion to its size. `offers` are the host
/// functions it may import. Fails with MODULE_MALFORMED, MODULE_INVALID, MODULE_OUTSIDE_SUBSET, MODULE_OVER_LIMIT,
/// MODULE_IMPORT or MODULE_SEGMENT; the message names the byte, what was expected and what is there.
Result<Module> compile(ByteView bytes, std::span<const Offer> offers, const Limits& limits = {});

}  // namespace keten::vm
