#pragma once

#include <cstddef>
#include <cstdint>

#include "core/result.h"

namespace keten {

/// How many connections each front door may hold, so that files can be opened whoever connects.
struct DescriptorShares {
  std::size_t http = 1024;
  std::size_t api = 256;
  std::size_t peers = 512;
};

/// With fewer a node refuses to start.
inline constexpr std::uint64_t kDescriptorsMin = 512;
/// With so many every door has its full share.
inline constexpr std::uint64_t kDescriptorsFull = 2304;

/// Raises the soft limit of open descriptors (RLIMIT_NOFILE) to the hard one and returns what holds then.
[[nodiscard]] std::uint64_t raise_descriptor_limit();

/// What `limit` descriptors allow: 256 are for files (the database's 128, journal, blocks, logs), of the rest half is for HTTP, a
/// quarter for peers, an eighth for gRPC, an eighth for our own connections to peers. Fails with DESCRIPTORS_TOO_FEW.
[[nodiscard]] Result<DescriptorShares> share_descriptors(std::uint64_t limit);

}  // namespace keten
