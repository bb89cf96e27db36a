#pragma once

#include <string>

#include "tools/keten/console.h"
#include "tools/keten/target.h"

namespace keten::tools {

struct ContractTraceOptions {
  TargetOptions target;
  std::string id;     ///< of a transaction
  std::string where;  ///< as open_ledger
  std::string genesis;
  std::string state_dir;
  OutputForm output = OutputForm::table;
};
int run_contract_trace(Console& console, const ContractTraceOptions& options);

}  // namespace keten::tools
