#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"

/// What an entry in an entity's history says, in a form that everybody can hash and nobody needs to understand: a name and a few
/// values, whose meaning is the contract's. docs/formats.md, "Facts".
namespace keten {

/// Borrows everything.
struct Fact {
  std::string_view what;         ///< a name, for example `usage.record`
  std::vector<ByteView> fields;  ///< at most kFactFieldsMax
};
inline constexpr std::size_t kFactFieldsMax = 16;

[[nodiscard]] Hash fact_content(const Fact& fact);

}  // namespace keten
