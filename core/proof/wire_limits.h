#pragma once

#include <cstddef>

#include "core/bytes.h"
#include "core/result.h"

namespace keten::proof {

inline constexpr std::size_t kNamesMax = 1'000'000;  ///< of all events of one file

/// Counts what a file repeats, before anything of it is kept: a small file must not become large in memory. Fails with
/// PROOF_MALFORMED when there is more than the format allows, or a field that it does not have. Not the whole check: decode().
[[nodiscard]] Status check_wire_limits(ByteView file);

}  // namespace keten::proof
