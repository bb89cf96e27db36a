#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keten::vm {

/// The two value types of the subset, by their code in the binary format.
enum class ValueType : std::uint8_t { i32 = 0x7F, i64 = 0x7E };

/// At most one result, as in WebAssembly 1.0.
struct FunctionType {
  std::vector<ValueType> parameters;
  std::optional<ValueType> result;
  friend bool operator==(const FunctionType&, const FunctionType&) = default;
};

std::string_view name_of(ValueType type);
/// As in `(i32, i64) -> i32`.
std::string name_of(const FunctionType& type);

inline constexpr std::uint32_t kPageBytes = 65'536;

}  // namespace keten::vm
