#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/encoding.h"
#include "core/ids.h"
#include "core/keys.h"
#include "core/validator_set.h"

namespace keten {

enum class VoteKind : std::uint8_t { notarize = 1, nullify = 2, finalize = 3 };
std::string_view vote_name(VoteKind kind);

/// What a vote is about. For nullify, `parent_view` and `block` are zero.
struct Subject {
  VoteKind kind = VoteKind::nullify;
  Epoch epoch;
  View view;
  View parent_view;
  BlockId block;
  friend auto operator<=>(const Subject&, const Subject&) = default;

  /// The digest that Ed25519 signs: bound to chain, validator set, epoch and view. docs/formats.md, "Votes".
  [[nodiscard]] Hash signing_hash(const ChainId& chain, const SetId& set) const;
  void encode(Writer& writer) const;
  static Subject decode(Reader& reader);
};

struct Vote {
  Subject subject;
  ValidatorIndex signer;
  Signature signature;
  friend bool operator==(const Vote&, const Vote&) = default;

  void encode(Writer& writer) const;
  static Vote decode(Reader& reader);
};

/// Votes of a quorum for one subject: a notarization, nullification or finalization.
struct Certificate {
  Subject subject;
  Bytes signers;                      ///< bitmap, ceil(n/8) bytes, bit i of byte i/8 is validator i, padding zero
  std::vector<Signature> signatures;  ///< in ascending order of index
  friend bool operator==(const Certificate&, const Certificate&) = default;

  /// Indices in ascending order.
  [[nodiscard]] std::vector<ValidatorIndex> signer_indices() const;
  void encode(Writer& writer) const;
  static Certificate decode(Reader& reader);
};

/// Shape and weight: right bitmap length, zero padding, one signature per bit, quorum reached. No signature is checked.
bool is_well_formed(const Certificate& certificate, const ValidatorSet& set);

/// is_well_formed and every signature holds. About 70 microseconds a signature.
bool verify_certificate(const Certificate& certificate, const ChainId& chain, const ValidatorSet& set);

/// Precondition: `votes` are of one subject, by distinct members of `set`, and reach a quorum.
Certificate make_certificate(std::vector<Vote> votes, const ValidatorSet& set);

}  // namespace keten
