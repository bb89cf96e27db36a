#include "node/daemon/disk_space.h"

#include <algorithm>
#include <system_error>

#include "node/journal/file.h"
#include "node/runtime/log.h"

namespace keten::node {
namespace {

constexpr std::uint64_t kMebibyte = 1024 * 1024;

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes / kMebibyte) + " MiB"; }

}  // namespace

std::uint64_t SpacePolicy::needed_bytes(std::uint64_t disk_bytes) const {
  return std::min(free_min_bytes, disk_bytes / 100 * free_min_percent);
}

SpaceLevel SpacePolicy::next(SpaceLevel before, std::uint64_t free_bytes, std::uint64_t disk_bytes) const {
  const auto needed = needed_bytes(disk_bytes);
  if (free_bytes >= needed) { return SpaceLevel::enough; }
  if (before == SpaceLevel::exhausted || free_bytes < needed / 4) { return SpaceLevel::exhausted; }
  return SpaceLevel::low;
}

DiskSpace::DiskSpace(std::filesystem::path folder, const SpacePolicy& policy)
    : folder_(std::move(folder)), ballast_(folder_ / "ballast"), policy_(policy) {
  std::error_code error;
  has_ballast_ = policy_.ballast_bytes > 0 && std::filesystem::file_size(ballast_, error) == policy_.ballast_bytes;
  if (!has_ballast_) { std::filesystem::remove(ballast_, error); }
  look();
}

SpaceLevel DiskSpace::look() {
  std::error_code error;
  const auto space = std::filesystem::space(folder_, error);
  const std::lock_guard lock(mutex_);
  if (error) { return level_; }  // the disk itself says so soon, with a failed write
  free_bytes_ = space.available;
  needed_bytes_ = policy_.needed_bytes(space.capacity);
  const auto owed = has_ballast_ ? 0 : policy_.ballast_bytes;
  const auto before = level_;
  level_ = policy_.next(before, free_bytes_ - std::min(free_bytes_, owed), space.capacity);
  if (level_ == SpaceLevel::exhausted && has_ballast_) {
    std::filesystem::remove(ballast_, error);
    has_ballast_ = false;
  }
  if (level_ == SpaceLevel::enough && !has_ballast_ && policy_.ballast_bytes > 0) { make_ballast(); }
  if (level_ == before) { return level_; }
  if (level_ == SpaceLevel::enough) {
    log_info("disk: {} free again, enough", mebibytes(free_bytes_));
  } else {
    log_warning("disk: {} free in {}, {} needed: {}", mebibytes(free_bytes_), folder_.string(),
                mebibytes(needed_bytes_ + owed),
                level_ == SpaceLevel::low ? "no new transactions are taken" : "this validator stops voting until then");
  }
  return level_;
}

void DiskSpace::make_ballast() {
  auto file = journal::machine_files().open(ballast_.string(), journal::OpenMode::make_empty);
  // Reserved, not written: a file system that cannot reserve has no use for it either.
  if (file && (*file)->reserve(0, policy_.ballast_bytes)) {
    has_ballast_ = true;
    return;
  }
  std::error_code error;
  std::filesystem::remove(ballast_, error);
  policy_.ballast_bytes = 0;
  log_warning("disk: no ballast can be reserved in {}; the node goes on without", folder_.string());
}

SpaceLevel DiskSpace::level() const {
  const std::lock_guard lock(mutex_);
  return level_;
}

std::uint64_t DiskSpace::free_bytes() const {
  const std::lock_guard lock(mutex_);
  return free_bytes_;
}

std::string DiskSpace::text() const {
  const std::lock_guard lock(mutex_);
  if (level_ == SpaceLevel::enough) { return {}; }
  const auto owed = has_ballast_ ? 0 : policy_.ballast_bytes;
  return "disk: " + mebibytes(free_bytes_) + " free, " + mebibytes(needed_bytes_ + owed) + " needed in " +
         folder_.string() +
         (level_ == SpaceLevel::low ? ": no new transactions are taken; free space"
                                    : ": this validator has stopped voting; free space, it goes on by itself");
}

}  // namespace keten::node
