#include "node/runtime/secrets.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/check.h"

namespace keten {
namespace {

/// An open file that closes itself.
class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

std::string system_text() { return std::strerror(errno); }

Status check_owner_and_mode(int descriptor, const std::string& path) {
  struct stat found {};
  if (::fstat(descriptor, &found) != 0) { return invalid("KEY_FILE_INVALID", path + ": " + system_text()); }
  if (!S_ISREG(found.st_mode)) { return invalid("KEY_FILE_MODE", path + ": expected a regular file"); }
  if (found.st_uid != ::geteuid()) {
    return invalid("KEY_FILE_MODE", path + ": expected to be owned by the user that runs this program (uid " +
                                        std::to_string(::geteuid()) + "), found uid " + std::to_string(found.st_uid));
  }
  const auto mode = found.st_mode & 07777U;
  if (mode != 0600 && mode != 0400) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", mode);
    return invalid("KEY_FILE_MODE", path + ": expected 0600, found " + text.data() + "; run chmod 600 " + path);
  }
  return kDone;
}

}  // namespace

Status protect_process() {
  if (sodium_init() < 0) { return failure(ErrorKind::unavailable, "SODIUM_UNAVAILABLE", "libsodium does not start"); }
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  return kDone;
}

void random_bytes(std::span<std::uint8_t> out) {
  CHECK(sodium_init() >= 0);
  ::randombytes_buf(out.data(), out.size());
}

Result<std::string> read_secret_file(const std::string& path, std::size_t bytes_max) {
  // O_NONBLOCK: a pipe in the file's place must not hang the start.
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) { return failure(ErrorKind::not_found, "KEY_FILE_MISSING", path + ": " + system_text()); }
  if (auto allowed = check_owner_and_mode(file.get(), path); !allowed) { return allowed.error(); }
  std::string contents(bytes_max + 1, '\0');
  std::size_t filled = 0;
  while (filled < contents.size()) {
    const auto count = ::read(file.get(), contents.data() + filled, contents.size() - filled);
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0) { return invalid("KEY_FILE_INVALID", path + ": " + system_text()); }
    if (count == 0) { break; }
    filled += static_cast<std::size_t>(count);
  }
  if (filled > bytes_max) {
    return invalid("KEY_FILE_INVALID", path + ": expected at most " + std::to_string(bytes_max / 1024) + " KiB");
  }
  contents.resize(filled);
  return contents;
}

Status write_secret_file(const std::string& path, std::string_view contents) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.is_open() && errno == EEXIST) {
    return failure(ErrorKind::conflict, "FILE_EXISTS", path + ": exists already and is never overwritten");
  }
  const auto failed = [&] { return failure(ErrorKind::unavailable, "FILE_NOT_WRITTEN", path + ": " + system_text()); };
  if (!file.is_open() || ::fchmod(file.get(), 0600) != 0) { return failed(); }
  while (!contents.empty()) {
    const auto count = ::write(file.get(), contents.data(), contents.size());
    if (count < 0 && errno == EINTR) { continue; }
    if (count < 0) { return failed(); }
    contents.remove_prefix(static_cast<std::size_t>(count));
  }
  return ::fsync(file.get()) == 0 ? Status(kDone) : Status(failed());
}

Result<KeySeed> read_key_file(const std::string& path) {
  auto contents = read_secret_file(path);
  if (!contents) { return contents.error(); }
  std::string_view text = *contents;
  while (text.ends_with('\n') || text.ends_with('\r')) { text.remove_suffix(1); }
  auto seed = KeySeed::from_hex(text);
  sodium_memzero(contents->data(), contents->size());
  // The message must not repeat what is in the file: it may be half a key.
  if (!seed) { return invalid("KEY_FILE_INVALID", path + ": expected 64 hexadecimal digits"); }
  return *seed;
}

Status write_key_file(const std::string& path, const KeySeed& seed) {
  std::string text = seed.hex() + "\n";
  auto written = write_secret_file(path, text);
  sodium_memzero(text.data(), text.size());
  return written;
}

}  // namespace keten
