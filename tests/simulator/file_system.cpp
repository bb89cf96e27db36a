#include "tests/simulator/file_system.h"

#include <algorithm>

#include "core/check.h"

namespace keten::simulator {

using journal::FilePointer;
using journal::MappedFile;
using journal::OpenMode;

namespace {

constexpr std::uint64_t kSectorBytes = 512;

Error io_error(const std::string& what, ErrorKind kind = ErrorKind::corrupt) { return failure(kind, "FILE_IO", what); }

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

class Copy final : public MappedFile {
 public:
  explicit Copy(Bytes bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] ByteView bytes() const override { return bytes_; }

 private:
  Bytes bytes_;
};

}  // namespace

class OpenFile final : public journal::File {
 public:
  OpenFile(FileSystem& files, std::string path, FileSystem::NodePointer node)
      : files_(files), path_(std::move(path)), node_(std::move(node)) {}

  [[nodiscard]] Status write_at(std::uint64_t offset, ByteView bytes) override {
    look();
    return files_.write(path_, *node_, offset, bytes);
  }
  [[nodiscard]] Result<Bytes> read_at(std::uint64_t offset, std::size_t length) const override {
    const auto& cache = node_->cache;
    if (offset > cache.size() || length > cache.size() - offset) { return io_error(path_ + " ends before"); }
    return to_bytes(ByteView(cache).subspan(offset, length));
  }
  [[nodiscard]] Result<std::uint64_t> size() const override { return node_->cache.size(); }
  [[nodiscard]] Status truncate(std::uint64_t length) override { return files_.set_length(path_, *node_, length); }
  [[nodiscard]] Status sync() override {
    look();
    auto synced = files_.sync(path_, *node_);
    has_failed_ = !synced.ok() && files_.has_power();
    return synced;
  }
  [[nodiscard]] bool reserve(std::uint64_t offset, std::uint64_t length) override {
    return node_->cache.size() >= offset + length || files_.set_length(path_, *node_, offset + length).ok();
  }
  [[nodiscard]] Result<std::unique_ptr<const MappedFile>> map() const override {
    return std::unique_ptr<const MappedFile>(std::make_unique<Copy>(node_->cache));
  }

 private:
  void look() { files_.used_after_failure_ = files_.used_after_failure_ || has_failed_; }
  FileSystem& files_;
  std::string path_;
  FileSystem::NodePointer node_;
  bool has_failed_ = false;
};

Status FileSystem::operate(const std::string& what) {
  if (!operations_left_) { return kDone; }
  if (*operations_left_ == 0) { return io_error("cannot " + what + ": the power is gone"); }
  --*operations_left_;
  return kDone;
}

Result<FilePointer> FileSystem::open(const std::string& path, OpenMode mode) {
  const auto found = names_.find(path);
  if (found != names_.end()) {
    if (mode == OpenMode::make_empty) {
      if (auto cut = set_length(path, *found->second, 0); !cut) { return cut.error(); }
    }
    return FilePointer(std::make_unique<OpenFile>(*this, path, found->second));
  }
  if (mode != OpenMode::make_empty) { return io_error("cannot open " + path + ": it is not there"); }
  if (auto done = operate("make " + path); !done) { return done.error(); }
  const Naming naming{{}, path, std::make_shared<Node>()};
  name(names_, naming);
  pending_names_.push_back(naming);
  return FilePointer(std::make_unique<OpenFile>(*this, path, naming.node));
}

Result<std::vector<std::string>> FileSystem::list(const std::string& directory) const {
  std::vector<std::string> result;
  for (const auto& [path, node] : names_) {
    if (directory_of(path) == directory) { result.push_back(path.substr(directory.size() + 1)); }
  }
  return result;
}

Status FileSystem::sync_directory(const std::string& path) {
  if (auto done = operate("sync " + path); !done) { return done; }
  std::vector<Naming> others;
  for (auto& naming : pending_names_) {
    if (directory_of(naming.to) == path) {
      name(durable_names_, naming);
    } else {
      others.push_back(std::move(naming));
    }
  }
  pending_names_ = std::move(others);
  return kDone;
}

Status FileSystem::make_directory(const std::string& /*path*/) { return kDone; }

Status FileSystem::rename(const std::string& from, const std::string& to) {
  if (auto done = operate("rename " + from); !done) { return done; }
  const auto found = names_.find(from);
  if (found == names_.end()) { return io_error("cannot rename " + from + ": it is not there"); }
  const Naming naming{from, to, found->second};
  name(names_, naming);
  pending_names_.push_back(naming);
  return kDone;
}

Result<FilePointer> FileSystem::lock(const std::string& path, const std::string& /*reason*/) {
  return FilePointer(std::make_unique<OpenFile>(*this, path, std::make_shared<Node>()));
}

void FileSystem::name(std::map<std::string, NodePointer>& names, const Naming& naming) {
  if (!naming.from.empty()) { names.erase(naming.from); }
  names[naming.to] = naming.node;
}

Status FileSystem::write(const std::string& path, Node& node, std::uint64_t offset, ByteView bytes) {
  if (auto done = operate("write " + path); !done) { return done; }
  const auto end = std::max<std::uint64_t>(node.cache.size(), offset + bytes.size());
  bool is_full = false;
  if (room_ && this->bytes() + (end - node.cache.size()) > *room_) {
    // A full disk takes the first part of a write.
    is_full = true;
    const auto used = this->bytes();
    const auto left = *room_ > used ? *room_ - used : 0;
    const auto fits = node.cache.size() > offset ? node.cache.size() - offset + left : left;
    bytes = bytes.first(std::min<std::size_t>(bytes.size(), fits));
  }
  if (!bytes.empty()) {
    Change change{offset, to_bytes(bytes), false};
    apply(node.cache, change);
    node.pending.push_back(std::move(change));
  }
  if (is_full) { return io_error("cannot write " + path + ": no space left on device", ErrorKind::unavailable); }
  return kDone;
}

Status FileSystem::set_length(const std::string& path, Node& node, std::uint64_t length) {
  if (auto done = operate("cut " + path); !done) { return done; }
  if (room_ && length > node.cache.size() && bytes() + length - node.cache.size() > *room_) {
    return io_error("cannot extend " + path + ": no space left on device", ErrorKind::unavailable);
  }
  Change change{length, {}, true};
  apply(node.cache, change);
  node.pending.push_back(std::move(change));
  return kDone;
}

bool FileSystem::is_spoiling(const std::string& path) const {
  return spoil_ && path.compare(0, spoil_->path_prefix.size(), spoil_->path_prefix) == 0;
}

Status FileSystem::sync(const std::string& path, Node& node) {
  if (auto done = operate("sync " + path); !done) { return done; }
  if (!node.pending.empty() && is_spoiling(path)) {
    const auto fault = spoil_->fault;
    spoil_.reset();
    switch (fault) {
      case SyncFault::fails: node.pending.clear(); return io_error("cannot sync " + path + ": input/output error");
      case SyncFault::loses: node.pending.clear(); return kDone;
      case SyncFault::misdirects: {
        auto& change = node.pending[random_.below(node.pending.size())];
        const auto sectors = std::max<std::uint64_t>(1, node.platter.size() / kSectorBytes);
        const auto elsewhere = change.offset % kSectorBytes + random_.below(sectors) * kSectorBytes;
        if (!change.is_length) { change.offset = elsewhere; }
        break;
      }
    }
  }
  settle(node);
  return kDone;
}

void FileSystem::settle(Node& node) {
  for (const auto& change : node.pending) { apply(node.platter, change); }
  node.pending.clear();
}

void FileSystem::apply(Bytes& bytes, const Change& change) {
  if (change.is_length) {
    bytes.resize(change.offset);
    return;
  }
  const auto end = change.offset + change.bytes.size();
  if (bytes.size() < end) { bytes.resize(end); }
  std::copy(change.bytes.begin(), change.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

/// The platter got a part: the beginning, or some sectors of all.
void FileSystem::tear(Bytes& platter, const Change& change) {
  ++torn_;
  if (change.is_length || change.bytes.empty()) { return; }
  const auto kept = random_.between(0, change.bytes.size());
  if (random_.chance(600)) {
    return apply(
        platter,
        {change.offset, {change.bytes.begin(), change.bytes.begin() + static_cast<std::ptrdiff_t>(kept)}, false});
  }
  for (std::uint64_t begin = 0; begin < change.bytes.size();) {
    const auto sector_end = (change.offset + begin) / kSectorBytes * kSectorBytes + kSectorBytes - change.offset;
    const auto end = std::min<std::uint64_t>(sector_end, change.bytes.size());
    if (random_.chance(500)) {
      apply(platter, {change.offset + begin,
                      {change.bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                       change.bytes.begin() + static_cast<std::ptrdiff_t>(end)},
                      false});
    }
    begin = end;
  }
}

void FileSystem::power_failure() {
  operations_left_.reset();
  spoil_.reset();
  const auto names_kept = random_.between(0, pending_names_.size());
  for (std::size_t i = 0; i < names_kept; ++i) { name(durable_names_, pending_names_[i]); }
  pending_names_.clear();
  names_ = durable_names_;
  for (auto& [path, node] : names_) {
    const auto whole = random_.between(0, node->pending.size());
    for (std::size_t i = 0; i < node->pending.size(); ++i) {
      if (i < whole || random_.chance(100)) {
        apply(node->platter, node->pending[i]);
      } else if (i == whole) {
        tear(node->platter, node->pending[i]);
      }
    }
    node->pending.clear();
    node->cache = node->platter;
  }
}

void FileSystem::spoil_next_sync(std::string path_prefix, SyncFault fault) {
  spoil_ = Spoil{std::move(path_prefix), fault};
}

std::optional<std::uint64_t> FileSystem::rot(const std::string& path, std::uint64_t first, std::uint64_t end) {
  const auto found = names_.find(path);
  if (found == names_.end()) { return std::nullopt; }
  auto& node = *found->second;
  end = std::min<std::uint64_t>({end, node.cache.size(), node.platter.size()});
  if (first >= end) { return std::nullopt; }
  const auto place = random_.between(first, end - 1);
  const auto bit = static_cast<std::uint8_t>(1U << random_.below(8));
  node.cache[place] ^= bit;
  node.platter[place] ^= bit;
  return place;
}

void FileSystem::remove_all(const std::string& directory) {
  for (auto* names : {&names_, &durable_names_}) {
    std::erase_if(*names, [&](const auto& entry) { return directory_of(entry.first) == directory; });
  }
  std::erase_if(pending_names_, [&](const auto& naming) { return directory_of(naming.to) == directory; });
}

std::uint64_t FileSystem::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, node] : names_) { sum += node->cache.size(); }
  return sum;
}

std::uint64_t FileSystem::size(const std::string& path) const {
  const auto found = names_.find(path);
  return found == names_.end() ? 0 : found->second->cache.size();
}

}  // namespace keten::simulator
