#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/proof/proof.h"
#include "core/proof/trust_root.h"
#include "core/proof/verdict.h"

namespace keten::proof {

/// Two blocks that validators have finalized and that cannot both be of one chain: more of them are faulty than it can bear.
struct Contradiction {
  FinalBlock seen;   ///< by this client, earlier
  FinalBlock shown;  ///< now
  std::string what;  ///< a sentence
};

/// Follows a chain by the proofs that an untrusted node answers with: hand-overs of validators and certificates only, no block
/// is read and nothing is executed. It knows who validates now and the newest final block that it was shown, so it notices a node
/// that is behind or shows another chain. Pure: whoever uses it keeps to_json() between runs.
class LightClient {
 public:
  explicit LightClient(TrustRoot root) : root_(std::move(root)) {}
  /// What to_json() wrote. Strict; checks that the newest block is final by the validators. Fails with LIGHT_CLIENT_INVALID.
  static Result<LightClient> from_json(std::string_view text);
  /// docs/formats/proof.md, "Light client".
  [[nodiscard]] std::string to_json() const;

  /// Who validates as far as this client knows: an answer has to begin at its epoch.
  [[nodiscard]] const TrustRoot& root() const { return root_; }
  /// The highest final block that it has accepted.
  [[nodiscard]] const std::optional<FinalBlock>& newest() const { return newest_; }

  struct Answer {
    Verdict verdict;
    Proof proof;
    std::optional<Contradiction> contradiction;  ///< the client stays where it was
    /// The answer holds in a state before one that this client has seen: the node is behind, or was set back.
    bool is_behind = false;
    /// The state that the answer binds comes after the newest block that this client has seen, and the answer does not show that its
    /// chain passes through that block: the question did not ask for it (Question::via), or the node hides it.
    bool is_unlinked = false;
  };
  /// Fails as verify(), and with CHECKPOINT_INVALID when `root` is another beginning of the epoch that this client is in. Moves on to the
  /// validators and the block of the answer when these are newer and the answer shows that they follow the block seen before.
  Result<Answer> accept(ByteView file, std::optional<std::string_view> expected = std::nullopt);
  /// The same for an answer that begins at another root of this chain than root().
  Result<Answer> accept(ByteView file, const TrustRoot& root, std::optional<std::string_view> expected = std::nullopt);

 private:
  [[nodiscard]] std::optional<std::string> contradicts(const Proof& proof) const;

  TrustRoot root_;
  std::optional<FinalBlock> newest_;
};

}  // namespace keten::proof
