#pragma once

#include <span>
#include <string_view>

namespace keten::sdk {

/// A file that comes with the SDK.
struct Text {
  std::string_view name;  ///< as in `include/keten/contract.hpp`, `templates/rule/test.cpp`
  std::string_view content;
};
[[nodiscard]] std::span<const Text> texts();

}  // namespace keten::sdk
