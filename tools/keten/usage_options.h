#pragma once

#include <string>

#include "tools/keten/options.h"

namespace keten::tools {

/// `keten usage request`: a permit may be written for who holds the data.
struct UsageRequestOptions : UsageLedgerOptions {
  std::string permit_file;
  double timeout_s = 30;  ///< to wait for a final block that binds it
};
int run_usage_request(Console& console, const UsageRequestOptions& options);

struct UsagePermitOptions {
  std::string file;
  std::string genesis;
  std::string checkpoint;
  std::string agreement;
  std::string dataset;
  std::string consumer;
  std::string action;
  std::string use;
  std::string at;  ///< instead of the clock's time
  double max_age_s = 3600;
  OutputForm output = OutputForm::table;
};
int run_usage_verify_permit(Console& console, const UsagePermitOptions& options);

/// `keten usage statement`: also as a file that proves it.
struct UsageStatementOptions : UsageLedgerOptions {
  std::string proof_file;    ///< the complete history of the agreement
  std::string dataset_file;  ///< that of its dataset
  double timeout_s = 30;     ///< to wait for a final block that binds it
};
int run_usage_proved_statement(Console& console, const UsageStatementOptions& options);

struct UsageStatementFileOptions {
  std::string file;
  std::string dataset_file;  ///< says that there is no other agreement
  std::string genesis;
  std::string checkpoint;
  std::string agreement;
  std::string from;
  std::string to;
  bool csv = false;
  OutputForm output = OutputForm::table;
};
int run_usage_verify_statement(Console& console, const UsageStatementFileOptions& options);

/// `keten usage explain`: terms in words, and why a use is permitted or not.
struct UsageExplainOptions : UsageLedgerOptions {
  UsageExplainOptions() { action.clear(); }
  std::string use;  ///< that was recorded
  bool dutch = false;
};
int run_usage_explain(Console& console, const UsageExplainOptions& options);

/// Fields that stay off the chain: docs/usage.md, "Personal data".
struct UsageSealOptions {
  TargetOptions target;
  std::string file;        ///< fields, private fields, or an opening
  std::string about;       ///< what the document belongs to: an IRI or id
  std::string out;         ///< file
  std::string field;       ///< that is opened
  std::string recipient;   ///< ed25519:..., who may read it
  std::string key_file;    ///< of who reads it
  std::string commitment;  ///< that the opening must belong to; else that of the dataset
  std::string dataset;
  OutputForm output = OutputForm::table;
};
int run_usage_seal(Console& console, const UsageSealOptions& options);
int run_usage_open(Console& console, const UsageSealOptions& options);
int run_usage_check_opening(Console& console, const UsageSealOptions& options);

}  // namespace keten::tools
