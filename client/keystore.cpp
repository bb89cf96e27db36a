#include "client/keystore.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/key_seed.h"

namespace keten::client {
namespace {

/// A file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

Error system_failure(std::string reason, const std::filesystem::path& path, std::string_view what) {
  return invalid(std::move(reason), "cannot " + std::string(what) + " " + path.string() + ": " + std::strerror(errno));
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) { continue; }
    if (written <= 0) { return false; }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<std::string> read_open(const OpenFile& file, const std::filesystem::path& path, std::size_t bytes_max) {
  std::string content;
  char buffer[64 * 1024];
  while (true) {
    const auto count = ::read(file.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0) { return system_failure("FILE_UNREADABLE", path, "read"); }
    if (count == 0) { return content; }
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > bytes_max) {
      return invalid("FILE_TOO_LARGE", path.string() + " is over " + std::to_string(bytes_max) + " bytes");
    }
  }
}

}  // namespace

KeySeed random_seed() {
  CHECK(sodium_init() >= 0);
  KeySeed seed;
  randombytes_buf(seed.bytes.data(), seed.bytes.size());
  return seed;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) { return system_failure("FILE_UNREADABLE", path, "open"); }
  return read_open(file, path, bytes_max);
}

Result<KeySeed> read_key_seed(const std::filesystem::path& path) {
  const OpenFile file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) { return system_failure("FILE_UNREADABLE", path, "open key file"); }
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) { return system_failure("FILE_UNREADABLE", path, "inspect key file"); }
  if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return failure(ErrorKind::forbidden, "KEY_FILE_MODE",
                   "key file " + path.string() + " can be read by others; run: chmod 600 " + path.string());
  }
  auto text = read_open(file, path, 1024);
  if (!text) { return text.error(); }
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) { text->pop_back(); }
  auto seed = KeySeed::from_hex(*text);
  sodium_memzero(text->data(), text->size());
  if (!seed) { return invalid("KEY_FILE_MALFORMED", "key file " + path.string() + " must hold 64 hexadecimal digits"); }
  return *seed;
}

Result<KeyPair> read_key_file(const std::filesystem::path& path) {
  auto seed = read_key_seed(path);
  if (!seed) { return seed.error(); }
  auto pair = KeyPair::from_seed(*seed);
  sodium_memzero(seed->bytes.data(), seed->bytes.size());
  return pair;
}

Status write_key_file(const std::filesystem::path& path, const KeySeed& seed) {
  return write_file(path, seed.hex() + "\n", FileAccess::owner, Existing::refuse);
}

Status write_file(const std::filesystem::path& path, std::string_view content, FileAccess access, Existing existing) {
  if (existing == Existing::refuse && ::access(path.c_str(), F_OK) == 0) {
    return failure(ErrorKind::conflict, "FILE_EXISTS", path.string() + " exists already and is not overwritten");
  }
  const std::filesystem::path temporary = path.string() + ".new";
  const auto mode = static_cast<mode_t>(access == FileAccess::owner ? 0600 : 0644);
  ::unlink(temporary.c_str());
  {
    const OpenFile file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (!file.is_open()) { return system_failure("FILE_UNWRITABLE", path, "create"); }
    if (!write_all(file.get(), content) || ::fsync(file.get()) != 0) {
      auto error = system_failure("FILE_UNWRITABLE", path, "write");
      ::unlink(temporary.c_str());
      return error;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) { return system_failure("FILE_UNWRITABLE", path, "replace"); }
  return kDone;
}

Status make_private_directory(const std::filesystem::path& path) {
  if (path.empty()) { return kDone; }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) { return kDone; }
  if (path.has_parent_path() && path.parent_path() != path) {
    if (auto parent = make_private_directory(path.parent_path()); !parent) { return parent; }
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return system_failure("FILE_UNWRITABLE", path, "create folder");
  }
  return kDone;
}

}  // namespace keten::client
