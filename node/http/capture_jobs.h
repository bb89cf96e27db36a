#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/ids.h"

namespace keten::http {

enum class ErrorBehaviour : std::uint8_t {
  rollback,  ///< one event that cannot be stored refuses all
  proceed,   ///< the others are stored
};

/// How exactly a document must follow the standard; the operator decides (docs/http.md, "Profiles").
enum class CaptureProfile : std::uint8_t { strict, lenient };
inline std::string_view profile_name(CaptureProfile profile) {
  return profile == CaptureProfile::lenient ? "lenient" : "strict";
}

/// One POST of this node. Its id is the transaction's.
struct CaptureJob {
  TransactionId id;
  ErrorBehaviour behaviour = ErrorBehaviour::rollback;
  Milliseconds created_at = 0;
  std::optional<Milliseconds> finished_at;
};

/// The newest capture jobs of this node: what the ledger itself does not keep, when they began and ended here. In memory,
/// and in a file for the next start: a line when a job begins and one when it ends, not synced, because everything that
/// matters about a capture is in the chain. Thread-safe.
class CaptureJobs {
 public:
  /// Reads what `file` holds; lines that are no jobs, such as a torn last one, are skipped. Without a file, or when it cannot
  /// be written, the jobs are in memory only.
  CaptureJobs(std::size_t jobs_max, std::filesystem::path file);

  void add(const CaptureJob& job);
  void finish(const TransactionId& id, Milliseconds at);
  [[nodiscard]] std::optional<CaptureJob> find(const TransactionId& id) const;
  /// Newest first, at most `count`, starting after the job `after`; empty when that one is not kept any more.
  [[nodiscard]] std::optional<std::vector<CaptureJob>> list(std::size_t count,
                                                            const std::optional<TransactionId>& after) const;

 private:
  void keep(const CaptureJob& job);
  void read();
  void rewrite();
  void say(bool is_kept);

  const std::size_t jobs_max_;
  const std::filesystem::path path_;
  std::ofstream file_;
  std::size_t lines_ = 0;        ///< in the file
  bool is_kept_ = true;          ///< the newest write succeeded
  mutable std::mutex mutex_;     // handlers on several threads and callbacks of the gateway
  std::deque<CaptureJob> jobs_;  // newest first
};

}  // namespace keten::http
