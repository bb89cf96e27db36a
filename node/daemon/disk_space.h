#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>

namespace keten::node {

/// What the free space of the data's disk allows. docs/operations.md, "When the disk is full".
enum class SpaceLevel : std::uint8_t {
  enough,
  low,        ///< no new transactions from this node's clients
  exhausted,  ///< it hears and says nothing to the other validators: a vote could not be kept
};

/// When a node stops what: the smaller of both counts, so that neither a large nor a small disk asks for the absurd.
struct SpacePolicy {
  std::uint64_t free_min_bytes = 512ULL * 1024 * 1024;
  std::uint64_t free_min_percent = 5;
  /// A file of this length is kept and given up when the space is exhausted, so that what is under way can end.
  std::uint64_t ballast_bytes = 64ULL * 1024 * 1024;

  /// Below this transactions are refused, below a quarter of it everything stops.
  [[nodiscard]] std::uint64_t needed_bytes(std::uint64_t disk_bytes) const;
  /// `free_bytes` without what the ballast would take when it is not there. An exhausted disk must get back all that is needed.
  [[nodiscard]] SpaceLevel next(SpaceLevel before, std::uint64_t free_bytes, std::uint64_t disk_bytes) const;
};

/// Watches the disk of one folder. Any thread.
class DiskSpace {
 public:
  /// The folder exists; the ballast is made there when there is space for it, and given up when the space is exhausted.
  DiskSpace(std::filesystem::path folder, const SpacePolicy& policy);

  /// Looks at the disk.
  SpaceLevel look();
  /// As it was last seen.
  [[nodiscard]] SpaceLevel level() const;
  /// What is wrong and what to do; empty when there is enough.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::uint64_t free_bytes() const;

 private:
  void make_ballast();

  std::filesystem::path folder_;
  std::filesystem::path ballast_;
  SpacePolicy policy_;
  mutable std::mutex mutex_;  // the loop looks, front doors ask
  bool has_ballast_ = false;
  SpaceLevel level_ = SpaceLevel::enough;
  std::uint64_t free_bytes_ = 0;
  std::uint64_t needed_bytes_ = 0;
};

}  // namespace keten::node
