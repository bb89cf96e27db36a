#pragma once

#include <span>

#include "core/ids.h"

namespace keten {

/// Root of a binary tree over leaves in order: leaf and node hashes carry different tags, the tree's shape follows
/// RFC 6962 (split at the largest power of two below the count, no leaf is ever doubled), and the count is bound into
/// the root. Zero leaves have a root of their own. docs/formats.md, "Payload root".
Hash merkle_root(std::span<const Hash> leaves);

}  // namespace keten
