#pragma once

#include <cstdint>
#include <string>

namespace keten::vm {

/// The name in the text format, as in `i32.add`; for diagnostics. `0xfc` instructions: their second number in `second`.
std::string opcode_name(std::uint8_t opcode, std::uint32_t second = 0);

/// What a known instruction that the subset leaves out belongs to, as in "floating point"; null for all others.
const char* outside_feature(std::uint8_t opcode);
/// The same for instructions behind the prefix 0xfc.
const char* outside_feature_fc(std::uint32_t second);

}  // namespace keten::vm
