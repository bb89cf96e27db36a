#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/proof/trust_root.h"
#include "core/result.h"

/// The documents in which keten writes down that a quorum signed two things that cannot both be: `split-view.json` of keten compare,
/// `contradiction.json` of a command that was shown them. docs/audit.md, "Two truths"; docs/formats/proof.md, "Light client".
namespace keten::tools {

struct EvidenceVerdict {
  std::string subject;
  std::vector<std::string> proved;  ///< sentences
  std::vector<std::string> not_proved;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] json::Value to_json() const;
};

/// Whether a file is a JSON document and no proof.
[[nodiscard]] bool is_evidence_file(std::string_view text);

/// Checks every signature by the validators that follow from what the user trusts; believes nothing else that the document says.
/// Fails with EVIDENCE_FILE_INVALID, or EVIDENCE_OTHER_EPOCH when another trust root is needed.
[[nodiscard]] Result<EvidenceVerdict> verify_evidence_file(std::string_view text, const proof::TrustRoot& root);

}  // namespace keten::tools
