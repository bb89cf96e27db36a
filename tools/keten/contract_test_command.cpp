// keten contract test, and the ledger's side of it.
#include <filesystem>
#include <iostream>
#include <ostream>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/keystore.h"
#include "contracts/guest_functions.h"
#include "contracts/sdk/engine.h"
#include "contracts/sdk/frames.h"
#include "tools/keten/contract_options.h"
#include "tools/keten/process.h"
#include "tools/keten/toolchain.h"

namespace keten::tools {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kFrameBytesMax = 64U << 20U;

/// Exactly so many bytes; false at the end of the stream.
bool read_all(std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto got = ::read(STDIN_FILENO, bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) { continue; }
    if (got <= 0) { return false; }
    done += static_cast<std::size_t>(got);
  }
  return true;
}
bool write_all(const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const auto put = ::write(STDOUT_FILENO, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR) { continue; }
    if (put <= 0) { return false; }
    done += static_cast<std::size_t>(put);
  }
  return true;
}

/// What changed against the kept figures, line by line. They are of whole test runs: another test changes them too.
void show_fuel(Console& console, const std::string& kept, const std::string& measured) {
  if (kept == measured) {
    console.out << measured;
    return;
  }
  std::size_t place = 0;
  while (place < kept.size()) {
    const auto end = kept.find('\n', place);
    const auto line = kept.substr(place, end - place);
    if (measured.find(line + "\n") == std::string::npos) { console.out << "- " << line << "\n"; }
    place = end == std::string::npos ? kept.size() : end + 1;
  }
  place = 0;
  while (place < measured.size()) {
    const auto end = measured.find('\n', place);
    const auto line = measured.substr(place, end - place);
    console.out << (kept.empty() ? "  " : kept.find(line + "\n") == std::string::npos ? "+ " : "  ") << line << "\n";
    place = end == std::string::npos ? measured.size() : end + 1;
  }
}

Status compile_test(const Toolchain& toolchain, const ContractFolder& contract, const fs::path& program,
                    const fs::path& engine) {
  std::vector<std::string> arguments = {
      toolchain.clang.string(),
      "-std=c++20",
      "-g",
      "-O0",
      "-Wall",
      "-Wextra",
      "-Wno-unused-const-variable",
      "-I",
      (contract.build / "include").string(),
      fmt::format("-DKETEN_TEST_ENGINE=\"{}\"", engine.string()),
      fmt::format("-DKETEN_TEST_MODULE=\"{}\"", fs::absolute(contract.module()).string()),
      fmt::format("-DKETEN_TEST_FOLDER=\"{}\"", fs::absolute(contract.folder).string())};
  if (toolchain.has_sanitizers) {
    arguments.emplace_back("-fsanitize=address,undefined");
    arguments.emplace_back("-fno-sanitize-recover=all");
  }
  for (const auto& source : contract.sources) { arguments.push_back(source.string()); }
  for (const auto& test : contract.tests) { arguments.push_back(test.string()); }
  arguments.emplace_back("-o");
  arguments.push_back(program.string());
  const auto said = run_program(arguments, contract.build / "compiler.log", "COMPILATION_FAILED");
  if (!said) { return said.error(); }
  return kDone;
}

}  // namespace

int run_contract_test(Console& console, const ContractTestOptions& options) {
  const auto contract = contract_folder(options.folder, options.build);
  if (!contract) { return console.fail(contract.error()); }
  if (contract->tests.empty()) {
    return console.fail(
        invalid("NO_TESTS", fmt::format("expected test.cpp in {}, found none; docs/contracts-guide.md shows "
                                        "how one looks",
                                        options.folder)));
  }
  if (const int built = run_contract_build(console, {.folder = options.folder, .build = options.build});
      built != kSuccess) {
    return built;
  }
  const auto toolchain = find_toolchain();
  if (!toolchain) { return console.fail(toolchain.error()); }
  const auto program = contract->build / "test";
  const auto engine = program_folder() / "keten";
  if (const auto status = compile_test(*toolchain, *contract, program, engine); !status) {
    return console.fail(status.error());
  }
  const auto measured_file = contract->build / "fuel.txt";
  ::setenv("KETEN_TEST_FUEL", measured_file.c_str(), 1);
  const auto log = contract->build / "test.log";
  std::error_code ignored;
  fs::remove(log, ignored);
  fs::remove(measured_file, ignored);
  const auto child = spawn({fs::absolute(program).string()}, log, Lifetime::ours);
  if (!child) { return console.fail(child.error()); }
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) {}
  const auto said = client::read_file(log);
  if (!said) { return console.fail(said.error()); }
  console.out << *said;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const auto how = WIFSIGNALED(status) ? fmt::format(" (ended by signal {})", WTERMSIG(status)) : std::string();
    return console.fail(
        invalid("TESTS_FAILED", fmt::format("see above{}; gdb {} runs them again", how, program.string())));
  }
  const auto measured = client::read_file(measured_file);
  if (!measured) { return console.fail(measured.error()); }
  const auto kept_file = contract->folder / "fuel.txt";
  const auto kept = client::read_file(kept_file);
  console.out << "fuel of one call, in the virtual machine:\n";
  show_fuel(console, kept ? *kept : std::string(), *measured);
  if (options.update) {
    if (const auto written =
            client::write_file(kept_file, *measured, client::FileAccess::everyone, client::Existing::replace);
        !written) {
      return console.fail(written.error());
    }
  }
  return kSuccess;
}

int run_contract_engine(Console& console, const ContractEngineOptions& options) {
  const auto bytes = client::read_file(options.module);
  if (!bytes) { return console.fail(bytes.error()); }
  auto module = vm::compile(as_bytes(*bytes), contracts::guest::offers());
  if (!module) { return console.fail(module.error()); }
  sdk::Engine engine(*std::move(module));
  std::string head(4, '\0');
  while (read_all(head)) {
    std::size_t length = 0;
    for (unsigned i = 0; i < 4; ++i) { length |= std::size_t{static_cast<unsigned char>(head[i])} << (8 * i); }
    std::string body(std::min(length, kFrameBytesMax + 1), '\0');
    if (length > kFrameBytesMax || !read_all(body)) { break; }
    const auto request = sdk::decode_frame(body);
    if (!request) { return console.fail(invalid("ENGINE_REQUEST", "expected whole strings, found something else")); }
    if (!write_all(sdk::encode_frame(engine.answer(*request)))) { break; }
  }
  return kSuccess;
}

}  // namespace keten::tools
