#pragma once

#include <string_view>

namespace keten {

/// What may name an organisation, node, user, chain, contract or method: 1 to limits::kNameBytesMax letters, digits,
/// '-', '_' or '.', ASCII.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace keten
