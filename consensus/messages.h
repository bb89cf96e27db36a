#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/encoding.h"
#include "core/evidence.h"
#include "core/ids.h"

namespace keten::consensus {

/// The leader's message: a header and the evidence that it may follow its parent. Its signature is the leader's
/// notarize vote. The payload travels beside it; consensus never looks inside.
struct Proposal {
  Epoch epoch;
  View view;  ///< equals header.view (but for a re-proposed sealing block)
  View parent_view;
  BlockHeader header;
  Signature leader_notarize;
  std::vector<Certificate> justification;  ///< parent notarization and the nullifications between, as far as needed
  friend bool operator==(const Proposal&, const Proposal&) = default;

  [[nodiscard]] Subject subject() const;  ///< what leader_notarize signs
  void encode(Writer& writer) const;
  /// Fails with PROPOSAL_MALFORMED; at most limits::kJustificationMax certificates.
  static Result<Proposal> decode(ByteView bytes);
};

/// Where a validator stands; sent to all every 500 ms and on every new connection.
struct Status {
  Epoch epoch;
  View view;
  View floor_view;
  Height floor_height;
  Height executed_height;
  bool wants_progress = false;  ///< work waits here
  bool abstains = false;        ///< casts no vote: in quarantine, or stopped for good
  friend bool operator==(const Status&, const Status&) = default;
};

/// Asks for the newest finalization and every certificate from `from_view` on.
struct CertificateRequest {
  Epoch epoch;
  View from_view;
  friend bool operator==(const CertificateRequest&, const CertificateRequest&) = default;
};

struct CertificateResponse {
  std::vector<Certificate> certificates;
  std::vector<BlockHeader> headers;  ///< of the notarized blocks among them
  friend bool operator==(const CertificateResponse&, const CertificateResponse&) = default;
};

/// A validator in quarantine asks where the others stand. The nonce is fresh: an old answer does not count.
struct RecoveryRequest {
  Epoch epoch;
  Hash nonce;
  friend bool operator==(const RecoveryRequest&, const RecoveryRequest&) = default;
};

/// Where a validator that may vote stands, with proof, signed for one asker and nonce.
struct RecoveryReply {
  Epoch epoch;
  Hash nonce;
  View view;                         ///< its current one
  bool has_sealed = false;           ///< it knows of a notarized sealing block: the epoch may be over for others
  std::optional<Certificate> proof;  ///< that ended the view before; none in view 1
  Signature signature;
  friend bool operator==(const RecoveryReply&, const RecoveryReply&) = default;

  /// What `signature` signs: bound to chain, set, epoch, both sides and the nonce.
  [[nodiscard]] Hash signing_hash(const ChainId& chain, const SetId& set, ValidatorIndex asker,
                                  ValidatorIndex replier) const;
  void encode(Writer& writer) const;
  static RecoveryReply decode(Reader& reader);
};

using Message = std::variant<Vote, Certificate, Proposal, Status, CertificateRequest, CertificateResponse, Evidence,
                             RecoveryRequest, RecoveryReply>;

}  // namespace keten::consensus
