#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "core/ids.h"

namespace keten::node {

/// When this node's TLS certificate ends. Peers pin it and do not look at its dates, so its end halts nothing; clients and
/// auditors may care, and so a status says it from 30 days before, and the log at 30, 7 and 1 days and at its end.
class CertificateWatch {
 public:
  explicit CertificateWatch(std::string file) : file_(std::move(file)) {}

  /// Reads the file again when the last time is a minute ago; says in the log what is new. Any thread.
  void look(std::uint64_t steady_ms, Milliseconds now);
  /// 0: not known.
  [[nodiscard]] Milliseconds expires() const { return expires_.load(); }
  /// Empty while it lasts more than 30 days.
  [[nodiscard]] std::string warning(Milliseconds now) const;

 private:
  const std::string file_;
  std::atomic<Milliseconds> expires_{0};
  std::mutex mutex_;  // guards the rest
  std::uint64_t looked_ms_ = 0;
  bool has_looked_ = false;
  std::uint32_t said_days_ = UINT32_MAX;  ///< the nearest threshold that the log has named
};

}  // namespace keten::node
