#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "core/bytes.h"
#include "core/result.h"

/// The few system calls of journal and segments, with errors that name the file. No call is repeated after a failure
/// but an interrupted one.
namespace keten::journal {

/// Owns a file descriptor.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File();

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

/// All fail with FILE_IO.
[[nodiscard]] Result<File> open_file(const std::string& path, int flags);
[[nodiscard]] Status write_at(const File& file, std::uint64_t offset, ByteView bytes);
/// Exactly `length` bytes; fewer there are a failure.
[[nodiscard]] Result<Bytes> read_at(const File& file, std::uint64_t offset, std::size_t length);
[[nodiscard]] Result<std::uint64_t> size_of(const File& file);
[[nodiscard]] Status truncate(const File& file, std::uint64_t length);
/// fdatasync. After a failure the kernel may have dropped the bytes: never call it again, give the file up.
[[nodiscard]] Status sync_file(const File& file);
[[nodiscard]] Status sync_directory(const std::string& path);
/// With its parents; nothing happens when it is there. Its name is durable afterwards: without that, what is synced
/// inside could be gone after a power failure.
[[nodiscard]] Status make_directory(const std::string& path);
[[nodiscard]] Status rename_file(const std::string& from, const std::string& to);
/// An exclusive lock that ends with the returned file. `reason` is of the error when another process holds it.
[[nodiscard]] Result<File> lock_file(const std::string& path, const std::string& reason);

/// A file as memory, read-only.
class MappedFile {
 public:
  [[nodiscard]] static Result<MappedFile> map(const File& file);
  MappedFile(MappedFile&& other) noexcept
      : begin_(std::exchange(other.begin_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();
  [[nodiscard]] ByteView bytes() const { return {begin_, size_}; }

 private:
  MappedFile(const std::uint8_t* begin, std::size_t size) : begin_(begin), size_(size) {}
  const std::uint8_t* begin_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace keten::journal
