#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "core/certificate.h"
#include "core/encoding.h"
#include "core/evidence.h"
#include "core/ids.h"

namespace keten::consensus {

/// A vote of this validator, durable before it leaves the machine.
struct OwnVote {
  Vote vote;
  friend bool operator==(const OwnVote&, const OwnVote&) = default;
};

/// A certificate that this validator acted on.
struct HeldCertificate {
  Certificate certificate;
  friend bool operator==(const HeldCertificate&, const HeldCertificate&) = default;
};

/// The highest finalized block. Never moves backwards; nothing at or below its view is ever voted on again.
struct Floor {
  Certificate finalization;  ///< empty (view 0, no signatures) for the genesis
  BlockId block;
  Height height;
  View view;
  friend bool operator==(const Floor&, const Floor&) = default;
};

/// Why this key's past is not fully known here. docs/consensus.md, "Amnesia".
enum class QuarantineCause : std::uint8_t {
  journal_lost = 1,     ///< other data of this validator is there, the journal is not
  journal_corrupt = 2,  ///< a record before its end is bad
  journal_behind = 3,   ///< it ends before what this machine has executed
  unknown_past = 4,     ///< no data at all, and the epoch has begun: a first start, or a lost disk
  foreign_vote = 5,     ///< a vote of this key that this journal does not hold: another process, or an old copy
};
std::string_view quarantine_name(QuarantineCause cause);

/// From here on nothing is signed with this key, until a Readmission.
struct Quarantine {
  QuarantineCause cause = QuarantineCause::journal_lost;
  std::optional<Vote> vote = {};  ///< the foreign one
  friend bool operator==(const Quarantine&, const Quarantine&) = default;
};

/// Ends a quarantine: a quorum of the others has said where they stand. What is before (epoch, first) stays unsigned.
struct Readmission {
  Epoch epoch;
  View first;
  friend bool operator==(const Readmission&, const Readmission&) = default;
};

/// Two certificates that cannot both be true unless more validators are faulty than tolerated. Never forgotten.
struct Contradiction {
  Certificate one;
  Certificate other;
  friend bool operator==(const Contradiction&, const Contradiction&) = default;
};

using JournalRecord = std::variant<OwnVote, HeldCertificate, Floor, Quarantine, Readmission, Contradiction, Evidence>;

/// Type byte and canonical payload: docs/formats.md, "Vote journal". Framing and checksum belong to the file.
Bytes encode_record(const JournalRecord& record);
Result<JournalRecord> decode_record(ByteView bytes);

}  // namespace keten::consensus
