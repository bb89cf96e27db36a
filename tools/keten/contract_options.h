#pragma once

#include <string>

#include "tools/keten/console.h"

/// Commands of contract developers.
namespace keten::tools {

struct ContractNewOptions {
  std::string name;
  std::string folder;     ///< empty: one of the name
  bool contract = false;  ///< with methods and state; else a rule
};
int run_contract_new(Console& console, const ContractNewOptions& options);

struct ContractBuildOptions {
  std::string folder = ".";
  std::string build;  ///< for what comes out; empty: build/ inside
  OutputForm output = OutputForm::table;
};
int run_contract_build(Console& console, const ContractBuildOptions& options);

struct ContractCheckOptions {
  std::string file;
  OutputForm output = OutputForm::table;
};
int run_contract_check(Console& console, const ContractCheckOptions& options);

struct ContractTestOptions {
  std::string folder = ".";
  std::string build;
  bool update = false;  ///< the file of fuel becomes what was measured
};
int run_contract_test(Console& console, const ContractTestOptions& options);

struct ContractEngineOptions {
  std::string module;
};
/// Answers a native test over standard input and output (contracts/sdk/README.md).
int run_contract_engine(Console& console, const ContractEngineOptions& options);

}  // namespace keten::tools
