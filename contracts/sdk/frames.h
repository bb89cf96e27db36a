#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"

namespace keten::sdk {

/// What a native test and its engine send each other: some byte strings. u32 count, then each u32 length and bytes, all
/// little-endian; on the pipe a u32 with the length of all that stands before.
using Frame = std::vector<std::string>;
[[nodiscard]] std::string encode_frame(const Frame& frame);
/// Without the leading length. Empty for anything but whole strings.
[[nodiscard]] std::optional<Frame> decode_frame(std::string_view bytes);

}  // namespace keten::sdk
