#pragma once

#include <memory>
#include <string>

#include "core/ids.h"
#include "core/result.h"
#include "node/audit/source.h"
#include "tools/keten/console.h"
#include "tools/keten/target.h"

namespace keten::tools {

struct PastLedgerOptions {
  std::string where;  ///< as open_ledger
  TargetOptions target;
  std::string genesis;
  std::string state_dir;  ///< keeps the ledger for the next time; empty: a temporary folder
};

/// A node's ledger as it was after one of its blocks, verified from the genesis on the way: what is executed again begins
/// at nothing that was not checked.
class PastLedger {
 public:
  virtual ~PastLedger() = default;
  static Result<std::unique_ptr<PastLedger>> open(const PastLedgerOptions& options);

  [[nodiscard]] virtual const audit::LedgerSource& source() const = 0;
  /// Once, and not below where an earlier use of the same folder ended. Fails with the reasons of audit::audit and of its finding.
  [[nodiscard]] virtual Result<std::unique_ptr<storage::Database>> up_to(Height height, Console& console) const = 0;
};

}  // namespace keten::tools
