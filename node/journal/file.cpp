#include "node/journal/file.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace keten::journal {

namespace {

Error io_error(const std::string& what, int code) {
  return failure(code == ENOSPC || code == EDQUOT ? ErrorKind::unavailable : ErrorKind::corrupt, "FILE_IO",
                 what + ": " + std::generic_category().message(code));
}

std::string name_of(const File& file) {
  std::error_code ignored;
  const auto path = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file.descriptor()), ignored);
  return ignored ? "file" : path.string();
}

}  // namespace

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (is_open()) { ::close(descriptor_); }
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

File::~File() {
  if (is_open()) { ::close(descriptor_); }
}

Result<File> open_file(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) { return io_error("cannot open " + path, errno); }
  return File(descriptor);
}

Status write_at(const File& file, std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(file.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) { continue; }
      return io_error("cannot write " + name_of(file), errno);
    }
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return kDone;
}

Result<Bytes> read_at(const File& file, std::uint64_t offset, std::size_t length) {
  Bytes bytes(length);
  std::size_t done = 0;
  while (done < length) {
    const auto count =
        ::pread(file.descriptor(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (count < 0) {
      if (errno == EINTR) { continue; }
      return io_error("cannot read " + name_of(file), errno);
    }
    if (count == 0) {
      return failure(ErrorKind::corrupt, "FILE_IO",
                     name_of(file) + " ends at byte " + std::to_string(offset + done) + ", " + std::to_string(length) +
                         " bytes were expected from " + std::to_string(offset));
    }
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

Result<std::uint64_t> size_of(const File& file) {
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) { return io_error("cannot stat " + name_of(file), errno); }
  return static_cast<std::uint64_t>(status.st_size);
}

Status truncate(const File& file, std::uint64_t length) {
  if (::ftruncate(file.descriptor(), static_cast<off_t>(length)) != 0) {
    return io_error("cannot cut " + name_of(file), errno);
  }
  return kDone;
}

Status sync_file(const File& file) {
  if (::fdatasync(file.descriptor()) != 0) { return io_error("cannot sync " + name_of(file), errno); }
  return kDone;
}

Status sync_directory(const std::string& path) {
  const auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!directory) { return directory.error(); }
  if (::fsync(directory->descriptor()) != 0) { return io_error("cannot sync directory " + path, errno); }
  return kDone;
}

Status make_directory(const std::string& path) {
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

Status rename_file(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) { return io_error("cannot rename " + from + " to " + to, errno); }
  return kDone;
}

Result<File> lock_file(const std::string& path, const std::string& reason) {
  auto file = open_file(path, O_RDWR | O_CREAT);
  if (!file) { return file.error(); }
  if (::flock(file->descriptor(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      const auto directory = std::filesystem::path(path).parent_path().string();
      return failure(ErrorKind::conflict, reason, "another process uses " + directory);
    }
    return io_error("cannot lock " + path, errno);
  }
  return file;
}

Result<MappedFile> MappedFile::map(const File& file) {
  const auto size = size_of(file);
  if (!size) { return size.error(); }
  if (*size == 0) { return MappedFile(nullptr, 0); }
  void* begin = ::mmap(nullptr, *size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (begin == MAP_FAILED) { return io_error("cannot map " + name_of(file), errno); }
  return MappedFile(static_cast<const std::uint8_t*>(begin), *size);
}

MappedFile::~MappedFile() {
  if (begin_ != nullptr) { ::munmap(const_cast<std::uint8_t*>(begin_), size_); }
}

}  // namespace keten::journal
