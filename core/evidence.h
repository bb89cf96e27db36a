#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/certificate.h"
#include "core/encoding.h"
#include "core/ids.h"
#include "core/validator_set.h"

namespace keten {

/// What one signer can do that no honest validator ever does. docs/consensus.md, "Evidence".
enum class EvidenceKind : std::uint8_t {
  conflicting_notarize = 1,        ///< two notarize votes of one view, for different proposals
  conflicting_finalize = 2,        ///< two finalize votes of one view, for different proposals
  nullify_and_finalize = 3,        ///< both of one view
  notarize_finalize_mismatch = 4,  ///< of one view, for different proposals
};
/// `conflicting-notarize` and so on.
std::string_view evidence_name(EvidenceKind kind);

/// Why one record is enough: who did it, in which epoch, and what. Further ones of the same key say nothing new.
struct EvidenceKey {
  Epoch epoch;
  ValidatorIndex signer;
  EvidenceKind kind = EvidenceKind::conflicting_notarize;
  friend auto operator<=>(const EvidenceKey&, const EvidenceKey&) = default;
};

/// Two votes of one signer that cannot both be honest. Proves itself to whoever knows chain and validator set.
struct Evidence {
  Vote first;  ///< the lower subject: so two votes have one form
  Vote second;
  friend bool operator==(const Evidence&, const Evidence&) = default;

  /// Of two votes in any order; check_evidence says whether they prove anything.
  static Evidence of(Vote one, Vote other);
  void encode(Writer& writer) const;
  static Evidence decode(Reader& reader);
  /// H("keten/evidence/1", canonical encoding).
  [[nodiscard]] Hash id() const;
};

/// What the votes prove if their signatures hold: one signer, one epoch and view, in canonical order and in contradiction.
/// Fails with EVIDENCE_INVALID; notarize and nullify of one view are no contradiction.
Result<EvidenceKey> evidence_key(const Evidence& evidence);

/// evidence_key of a member of this epoch's set.
Result<EvidenceKey> check_evidence(const Evidence& evidence, Epoch epoch, const ValidatorSet& set);

/// check_evidence, and both signatures hold for this chain and set.
Result<EvidenceKey> verify_evidence(const Evidence& evidence, Epoch epoch, const ChainId& chain,
                                    const ValidatorSet& set);

/// `Organisation/node signed two votes of view 7 that contradict each other: a notarize and a notarize`. Precondition: of
/// this epoch's set.
std::string contradiction_text(const Evidence& evidence, const ValidatorSet& set);

/// What a header says about a block's evidence: zero for none, else the Merkle root of the ids in order.
Hash evidence_root(const std::vector<Evidence>& evidence);

}  // namespace keten
