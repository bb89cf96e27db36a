#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <sys/types.h>

namespace keten::bench {

struct ProcessUsage {
  double cpu_s = 0;             ///< user and system time since the process began
  std::uint64_t rss_bytes = 0;  ///< resident now
};
/// Nothing when there is no such process.
std::optional<ProcessUsage> process_usage(pid_t pid);

/// Bytes in the files below `folder`, without what is only preallocated: the zeros at a file's end do not count.
std::uint64_t disk_bytes(const std::filesystem::path& folder);

}  // namespace keten::bench
