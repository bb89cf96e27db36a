#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace keten::test {

/// Where files live that are synced thousands of times and whose durability nobody tests: in memory, unless TMPDIR says otherwise.
inline std::filesystem::path quick_directory() {
  constexpr const char* kMemory = "/dev/shm";
  const bool is_chosen = std::getenv("TMPDIR") != nullptr;
  return is_chosen || ::access(kMemory, W_OK) != 0 ? std::filesystem::temp_directory_path()
                                                   : std::filesystem::path(kMemory);
}

/// A directory of its own, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    auto pattern = (quick_directory() / "keten-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) { throw std::runtime_error("cannot make " + pattern); }
    path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace keten::test
