#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.h"

namespace keten::tools {

/// The compiler of guests and of their native tests.
struct Toolchain {
  std::filesystem::path clang;
  bool has_sanitizers = false;  ///< for native tests
};

/// clang for WebAssembly with its linker and libraries. Fails with TOOLCHAIN_MISSING and names the packages.
Result<Toolchain> find_toolchain();

/// Runs a program to its end and gives what it wrote, by way of the file `log`. Fails with SPAWN_FAILED, or with `reason` and its
/// output when it ends with another code than 0.
Result<std::string> run_program(const std::vector<std::string>& arguments, const std::filesystem::path& log,
                                const std::string& reason);

/// A contract's folder: every .cpp file but `test.cpp` and `*_test.cpp` is compiled, what comes out lies in `build/`.
struct ContractFolder {
  std::filesystem::path folder;
  std::filesystem::path build;
  std::vector<std::filesystem::path> sources;
  std::vector<std::filesystem::path> tests;
  [[nodiscard]] std::filesystem::path module() const { return build / "contract.wasm"; }
};
/// `build` may be empty: `build/` inside. Fails with FOLDER_MISSING, NO_SOURCES.
Result<ContractFolder> contract_folder(const std::string& folder, const std::string& build);

/// The headers of the SDK, written into `build/include`; files that are right stay as they are.
Status write_headers(const ContractFolder& contract);

enum class Names { stripped, kept };
/// Compiles and links to `output`. The same sources give the same bytes on every machine with this compiler.
Status compile_module(const Toolchain& toolchain, const ContractFolder& contract, const std::filesystem::path& output,
                      Names names);

}  // namespace keten::tools
