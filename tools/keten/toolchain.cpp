#include "tools/keten/toolchain.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/keystore.h"
#include "contracts/sdk/texts.h"
#include "tools/keten/process.h"

namespace keten::tools {
namespace fs = std::filesystem;
namespace {

fs::path in_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view left = path == nullptr ? "/usr/bin:/bin" : path;
  while (!left.empty()) {
    const auto end = std::min(left.find(':'), left.size());
    const auto candidate = fs::path(left.substr(0, end)) / program;
    if (::access(candidate.c_str(), X_OK) == 0) { return candidate; }
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return {};
}

/// A file by which a Debian 12 package is known.
struct Needed {
  const char* file;
  const char* package;
};
constexpr std::array<Needed, 4> kNeeded = {{
    {"/usr/include/wasm32-wasi/stdlib.h", "wasi-libc"},
    {"/usr/lib/llvm-14/lib/clang/14.0.6/lib/wasi/libclang_rt.builtins-wasm32.a", "libclang-rt-14-dev-wasm32"},
    {"/usr/lib/wasm32-wasi/libc++.a", "libc++-14-dev-wasm32"},
    {"/usr/lib/wasm32-wasi/libc++abi.a", "libc++abi-14-dev-wasm32"},
}};

}  // namespace

Result<Toolchain> find_toolchain() {
  const Toolchain found{in_path("clang++-14"),
                        fs::exists("/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.asan-x86_64.a")};
  std::vector<std::string> missing;
  if (found.clang.empty()) { missing.emplace_back("clang-14"); }
  if (in_path("wasm-ld-14").empty()) { missing.emplace_back("lld-14"); }
  for (const auto& one : kNeeded) {
    if (!fs::exists(one.file)) { missing.emplace_back(one.package); }
  }
  if (missing.empty()) { return found; }
  return failure(
      ErrorKind::not_found, "TOOLCHAIN_MISSING",
      fmt::format("to compile contracts these Debian 12 packages are missing: {0}; install them with: apt-get "
                  "install --no-install-recommends {0}",
                  fmt::join(missing, " ")));
}

Result<std::string> run_program(const std::vector<std::string>& arguments, const fs::path& log,
                                const std::string& reason) {
  std::error_code ignored;
  fs::remove(log, ignored);
  const auto child = spawn(arguments, log, Lifetime::ours);
  if (!child) { return child.error(); }
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {}
  auto output = client::read_file(log);
  fs::remove(log, ignored);
  if (!output) { return output.error(); }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) { return output; }
  while (!output->empty() && output->back() == '\n') { output->pop_back(); }
  const auto end = WIFEXITED(status) ? fmt::format("ended with code {}", WEXITSTATUS(status))
                                     : fmt::format("was ended by signal {}", WTERMSIG(status));
  return failure(ErrorKind::invalid, reason,
                 fmt::format("{} {}:\n{}", fs::path(arguments.front()).filename().string(), end, *output));
}

Result<ContractFolder> contract_folder(const std::string& folder, const std::string& build) {
  ContractFolder found;
  found.folder = folder;
  found.build = build.empty() ? found.folder / "build" : fs::path(build);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(found.folder, error)) {
    if (entry.path().extension() != ".cpp") { continue; }
    const auto stem = entry.path().stem().string();
    (stem == "test" || stem.ends_with("_test") ? found.tests : found.sources).push_back(entry.path());
  }
  if (error) {
    return failure(ErrorKind::not_found, "FOLDER_MISSING",
                   fmt::format("cannot read the folder {}: {}", folder, error.message()));
  }
  if (found.sources.empty()) {
    return invalid("NO_SOURCES",
                   fmt::format("expected .cpp files beside test.cpp in {}, found none; make a first one with "
                               "keten contract new",
                               folder));
  }
  std::sort(found.sources.begin(), found.sources.end());
  std::sort(found.tests.begin(), found.tests.end());
  return found;
}

Status write_headers(const ContractFolder& contract) {
  constexpr std::string_view kPrefix = "include/";
  std::error_code error;
  fs::create_directories(contract.build / "include" / "keten", error);
  if (error) { return invalid("FILE_UNWRITABLE", fmt::format("{}: {}", contract.build.string(), error.message())); }
  for (const auto& text : sdk::texts()) {
    if (!text.name.starts_with(kPrefix)) { continue; }
    const auto path = contract.build / text.name;
    const auto present = client::read_file(path);
    if (present && *present == text.content) { continue; }
    if (auto status = client::write_file(path, text.content, client::FileAccess::everyone, client::Existing::replace);
        !status) {
      return status;
    }
  }
  return kDone;
}

Status compile_module(const Toolchain& toolchain, const ContractFolder& contract, const fs::path& output, Names names) {
  std::vector<std::string> arguments = {toolchain.clang.string(),
                                        "--target=wasm32-wasi",
                                        "-std=c++20",
                                        "-Os",
                                        "-fno-exceptions",
                                        "-fno-rtti",
                                        "-DNDEBUG",
                                        "-mbulk-memory",
                                        "-msign-ext",
                                        "-Wall",
                                        "-Wextra",
                                        "-ffile-prefix-map=" + contract.folder.string() + "=.",
                                        "-I",
                                        (contract.build / "include").string()};
  for (const auto& source : contract.sources) { arguments.push_back(source.string()); }
  // Every export runs the constructors itself, so that no other one has to be called first. The stack comes first, so that
  // an overflow leaves the memory and traps.
  for (const char* option : {"-nostartfiles", "-Wl,--no-entry", "-Wl,--stack-first", "-Wl,-z,stack-size=65536",
                             "-Wl,--gc-sections", "-Wl,--max-memory=4194304"}) {
    arguments.emplace_back(option);
  }
  if (names == Names::stripped) { arguments.emplace_back("-Wl,--strip-all"); }
  arguments.emplace_back("-o");
  arguments.push_back(output.string());
  const auto said = run_program(arguments, contract.build / "compiler.log", "COMPILATION_FAILED");
  if (!said) { return said.error(); }
  return kDone;
}

}  // namespace keten::tools
