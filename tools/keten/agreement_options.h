#pragma once

#include <cstdint>
#include <string>

#include "tools/keten/console.h"
#include "tools/keten/target.h"

namespace keten::tools {

/// Of `keten agreement` and `keten findings`.
struct AgreementOptions {
  TargetOptions target;
  std::string key_file;  ///< that signs; else keys/admin.key of the home
  std::string file;      ///< the document
  std::string id;        ///< of an agreement, or its beginning; of a finding: AGREEMENT/NUMBER
  std::uint32_t version = 0;
  std::string organisation;
  std::string text;      ///< a reason, or what is said about a finding
  std::string event_id;  ///< of a correction
  bool check = false;
  bool all = false;
  OutputForm output = OutputForm::table;
};
int run_agreement_new(Console& console, const AgreementOptions& options);
int run_agreement_sign(Console& console, const AgreementOptions& options);
int run_agreement_show(Console& console, const AgreementOptions& options);
int run_agreement_amend(Console& console, const AgreementOptions& options);
int run_agreement_withdraw(Console& console, const AgreementOptions& options);
int run_agreement_terminate(Console& console, const AgreementOptions& options);
int run_agreement_list(Console& console, const AgreementOptions& options);

int run_findings_list(Console& console, const AgreementOptions& options);
int run_findings_show(Console& console, const AgreementOptions& options);
int run_findings_answer(Console& console, const AgreementOptions& options);
int run_findings_correct(Console& console, const AgreementOptions& options);
int run_findings_dispute(Console& console, const AgreementOptions& options);
int run_findings_close(Console& console, const AgreementOptions& options);

}  // namespace keten::tools
