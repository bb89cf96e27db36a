#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/proof/proof.h"

/// What the values in a proof mean, as the contracts that wrote them read them. Of a verified proof only.
namespace keten::tools {

struct ProofWords {
  std::string title;
  std::vector<std::string> lines;  ///< printable
};

/// Nothing of what cannot be read; never a sentence that would need an entry which the file leaves out.
[[nodiscard]] std::vector<ProofWords> words_of(const proof::Proof& proof);

/// As `keten verify` prints them behind the verdict.
[[nodiscard]] std::string to_text(const std::vector<ProofWords>& words);
/// The same for programs: a list of `title` and `lines`.
[[nodiscard]] json::Value to_json(const std::vector<ProofWords>& words);

}  // namespace keten::tools
