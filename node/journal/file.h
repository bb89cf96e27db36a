#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"

/// The few system calls of journal and segments, with errors that name the file: the machine's on a node, a disk that
/// lies and forgets in the simulator. No call is repeated after a failure but an interrupted one, and an open while no
/// descriptor is free, for a minute. All fail with FILE_IO.
namespace keten::journal {

/// The bytes of a file as they were when it was mapped, while this lives.
class MappedFile {
 public:
  virtual ~MappedFile() = default;
  [[nodiscard]] virtual ByteView bytes() const = 0;
};

/// An open file; closed by the destructor.
class File {
 public:
  virtual ~File() = default;
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, ByteView bytes) = 0;
  /// Exactly `length` bytes; fewer there are a failure.
  [[nodiscard]] virtual Result<Bytes> read_at(std::uint64_t offset, std::size_t length) const = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
  [[nodiscard]] virtual Status truncate(std::uint64_t length) = 0;
  /// fdatasync. After a failure the kernel may have dropped the bytes: never call it again, give the file up.
  [[nodiscard]] virtual Status sync() = 0;
  /// Space for later writes; false when the file system cannot reserve, or is full.
  [[nodiscard]] virtual bool reserve(std::uint64_t offset, std::uint64_t length) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<const MappedFile>> map() const = 0;
};
using FilePointer = std::unique_ptr<File>;

enum class OpenMode : std::uint8_t {
  read,
  read_write,
  make_empty,  ///< made when it is missing, cut to nothing when it is there
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;
  [[nodiscard]] virtual Result<FilePointer> open(const std::string& path, OpenMode mode) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) const = 0;
  /// Names of what lies in a directory.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& directory) const = 0;
  [[nodiscard]] virtual Status sync_directory(const std::string& path) = 0;
  /// With its parents; nothing happens when it is there. Its name is durable afterwards: without that, what is synced
  /// inside could be gone after a power failure.
  [[nodiscard]] virtual Status make_directory(const std::string& path) = 0;
  [[nodiscard]] virtual Status rename(const std::string& from, const std::string& to) = 0;
  /// An exclusive lock that ends with the returned file. `reason` is of the error when another process holds it.
  [[nodiscard]] virtual Result<FilePointer> lock(const std::string& path, const std::string& reason) = 0;
};

/// Of the machine that this runs on. Any thread.
FileSystem& machine_files();

}  // namespace keten::journal
