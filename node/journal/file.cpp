#include "node/journal/file.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keten::journal {

namespace {

/// For a free descriptor: longer than silent connections live.
constexpr std::chrono::milliseconds kOpenWait{20};
constexpr int kOpenWaits = 3000;

Error io_error(const std::string& what, int code) {
  return failure(code == ENOSPC || code == EDQUOT ? ErrorKind::unavailable : ErrorKind::corrupt, "FILE_IO",
                 what + ": " + std::generic_category().message(code));
}

/// A file as memory, read-only.
class Mapping final : public MappedFile {
 public:
  Mapping(const std::uint8_t* begin, std::size_t size) : begin_(begin), size_(size) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() override {
    if (begin_ != nullptr) { ::munmap(const_cast<std::uint8_t*>(begin_), size_); }
  }
  [[nodiscard]] ByteView bytes() const override { return {begin_, size_}; }

 private:
  const std::uint8_t* begin_;
  std::size_t size_;
};

/// Owns a file descriptor.
class MachineFile final : public File {
 public:
  explicit MachineFile(int descriptor) : descriptor_(descriptor) {}
  MachineFile(const MachineFile&) = delete;
  MachineFile& operator=(const MachineFile&) = delete;
  ~MachineFile() override { ::close(descriptor_); }

  [[nodiscard]] int descriptor() const { return descriptor_; }

  [[nodiscard]] Status write_at(std::uint64_t offset, ByteView bytes) override {
    while (!bytes.empty()) {
      const auto written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0) {
        if (errno == EINTR) { continue; }
        return io_error("cannot write " + name(), errno);
      }
      offset += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return kDone;
  }

  [[nodiscard]] Result<Bytes> read_at(std::uint64_t offset, std::size_t length) const override {
    Bytes bytes(length);
    std::size_t done = 0;
    while (done < length) {
      const auto count = ::pread(descriptor_, bytes.data() + done, length - done, static_cast<off_t>(offset + done));
      if (count < 0) {
        if (errno == EINTR) { continue; }
        return io_error("cannot read " + name(), errno);
      }
      if (count == 0) {
        return failure(ErrorKind::corrupt, "FILE_IO",
                       name() + " ends at byte " + std::to_string(offset + done) + ", " + std::to_string(length) +
                           " bytes were expected from " + std::to_string(offset));
      }
      done += static_cast<std::size_t>(count);
    }
    return bytes;
  }

  [[nodiscard]] Result<std::uint64_t> size() const override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) { return io_error("cannot stat " + name(), errno); }
    return static_cast<std::uint64_t>(status.st_size);
  }

  [[nodiscard]] Status truncate(std::uint64_t length) override {
    if (::ftruncate(descriptor_, static_cast<off_t>(length)) != 0) { return io_error("cannot cut " + name(), errno); }
    return kDone;
  }

  [[nodiscard]] Status sync() override {
    if (::fdatasync(descriptor_) != 0) { return io_error("cannot sync " + name(), errno); }
    return kDone;
  }

  [[nodiscard]] bool reserve(std::uint64_t offset, std::uint64_t length) override {
    return ::posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(length)) == 0;
  }

  [[nodiscard]] Result<std::unique_ptr<const MappedFile>> map() const override {
    const auto length = size();
    if (!length) { return length.error(); }
    if (*length == 0) { return std::unique_ptr<const MappedFile>(std::make_unique<Mapping>(nullptr, 0)); }
    void* begin = ::mmap(nullptr, *length, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (begin == MAP_FAILED) { return io_error("cannot map " + name(), errno); }
    return std::unique_ptr<const MappedFile>(
        std::make_unique<Mapping>(static_cast<const std::uint8_t*>(begin), *length));
  }

 private:
  [[nodiscard]] std::string name() const {
    std::error_code ignored;
    const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(descriptor_), ignored);
    return ignored ? "file" : path.string();
  }

  int descriptor_;
};

Result<std::unique_ptr<MachineFile>> open_file(const std::string& path, int flags) {
  for (int wait = 0;; ++wait) {
    const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor >= 0) { return std::make_unique<MachineFile>(descriptor); }
    // No descriptor is free, here or in the machine. The disk was not asked, so nothing is lost by asking again.
    if ((errno != EMFILE && errno != ENFILE) || wait == kOpenWaits) { return io_error("cannot open " + path, errno); }
    std::this_thread::sleep_for(kOpenWait);
  }
}

int flags_of(OpenMode mode) {
  switch (mode) {
    case OpenMode::read: return O_RDONLY;
    case OpenMode::read_write: return O_RDWR;
    case OpenMode::make_empty: return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

class MachineFiles final : public FileSystem {
 public:
  [[nodiscard]] Result<FilePointer> open(const std::string& path, OpenMode mode) override {
    auto file = open_file(path, flags_of(mode));
    if (!file) { return file.error(); }
    return FilePointer(std::move(*file));
  }

  [[nodiscard]] bool exists(const std::string& path) const override {
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
  }

  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) const override {
    std::vector<std::string> names;
    std::error_code error;
    std::filesystem::directory_iterator at(directory, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) { return io_error("cannot list " + directory, error.value()); }
    return names;
  }

  [[nodiscard]] Status sync_directory(const std::string& path) override {
    const auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    if (!directory) { return directory.error(); }
    if (::fsync((*directory)->descriptor()) != 0) { return io_error("cannot sync directory " + path, errno); }
    return kDone;
  }

  [[nodiscard]] Status make_directory(const std::string& path) override {
    std::error_code error;
    const auto parent = std::filesystem::absolute(path).parent_path();
    if (!std::filesystem::exists(parent, error)) {
      if (auto made = make_directory(parent.string()); !made) { return made; }
    }
    std::filesystem::create_directory(path, error);
    if (error) { return io_error("cannot make directory " + path, error.value()); }
    // Also when it was there: whoever made it may have lost its power before this.
    return sync_directory(parent.string());
  }

  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override {
    if (std::rename(from.c_str(), to.c_str()) != 0) { return io_error("cannot rename " + from + " to " + to, errno); }
    return kDone;
  }

  [[nodiscard]] Result<FilePointer> lock(const std::string& path, const std::string& reason) override {
    auto file = open_file(path, O_RDWR | O_CREAT);
    if (!file) { return file.error(); }
    if (::flock((*file)->descriptor(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        const auto directory = std::filesystem::path(path).parent_path().string();
        return failure(ErrorKind::conflict, reason, "another process uses " + directory);
      }
      return io_error("cannot lock " + path, errno);
    }
    return FilePointer(std::move(*file));
  }
};

}  // namespace

FileSystem& machine_files() {
  static MachineFiles files;
  return files;
}

}  // namespace keten::journal
