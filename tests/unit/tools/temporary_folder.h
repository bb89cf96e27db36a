#pragma once

#include <filesystem>
#include <string>

#include <stdlib.h>

/// A folder for one test, gone at its end.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "keten-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) { throw std::filesystem::filesystem_error("mkdtemp", std::error_code()); }
    path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};
