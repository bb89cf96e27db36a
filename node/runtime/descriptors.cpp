#include "node/runtime/descriptors.h"

#include <algorithm>
#include <string>

#include <sys/resource.h>

namespace keten {
namespace {

constexpr std::uint64_t kFiles = 256;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) { return 0; }
  if (limit.rlim_cur >= limit.rlim_max) { return limit.rlim_cur; }
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return ::setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

Result<DescriptorShares> share_descriptors(std::uint64_t limit) {
  if (limit < kDescriptorsMin) {
    return failure(ErrorKind::refused, "DESCRIPTORS_TOO_FEW",
                   "this process may open " + std::to_string(limit) + " files and connections, expected at least " +
                       std::to_string(kDescriptorsMin) + ", better " + std::to_string(kDescriptorsFull) +
                       "; raise the hard limit (LimitNOFILE= of a systemd unit, ulimit -Hn of a shell)");
  }
  const auto room = std::min(limit, kDescriptorsFull) - kFiles;
  return DescriptorShares{.http = room / 2, .api = room / 8, .peers = room / 4};
}

}  // namespace keten
