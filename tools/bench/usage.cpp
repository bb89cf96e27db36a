#include "tools/bench/usage.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace keten::bench {
namespace {

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Size without the zeros at the end.
std::uint64_t used_bytes(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) { return 0; }
  auto end = static_cast<std::uint64_t>(std::max<off_t>(0, ::lseek(file, 0, SEEK_END)));
  std::array<char, 64 * 1024> buffer{};
  while (end > 0) {
    const auto count = std::min<std::uint64_t>(end, buffer.size());
    const auto got = ::pread(file, buffer.data(), count, static_cast<off_t>(end - count));
    if (got != static_cast<ssize_t>(count)) { break; }
    const auto last = std::find_if(buffer.rend() - static_cast<std::ptrdiff_t>(count), buffer.rend(),
                                   [](char byte) { return byte != 0; });
    const auto zeros = static_cast<std::uint64_t>(last - (buffer.rend() - static_cast<std::ptrdiff_t>(count)));
    end -= zeros;
    if (zeros < count) { break; }
  }
  ::close(file);
  return end;
}

}  // namespace

std::optional<ProcessUsage> process_usage(pid_t pid) {
  const auto folder = "/proc/" + std::to_string(pid);
  const auto stat = read_text(folder + "/stat");
  // The name in parentheses may hold spaces; fields are counted behind it (proc(5): utime is field 14).
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos) { return std::nullopt; }
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) { fields >> skipped; }
  double user = 0;
  double system = 0;
  fields >> user >> system;
  ProcessUsage usage;
  usage.cpu_s = (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  std::istringstream pages(read_text(folder + "/statm"));
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  pages >> total >> resident;
  usage.rss_bytes = resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return usage;
}

std::uint64_t disk_bytes(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) { bytes += used_bytes(entry->path()); }
  }
  return bytes;
}

}  // namespace keten::bench
