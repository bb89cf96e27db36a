#pragma once

#include <variant>

#include "core/certificate.h"
#include "core/encoding.h"
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

using JournalRecord = std::variant<OwnVote, HeldCertificate, Floor>;

/// Type byte and canonical payload: docs/formats.md, "Vote journal". Framing and checksum belong to the file.
Bytes encode_record(const JournalRecord& record);
Result<JournalRecord> decode_record(ByteView bytes);

}  // namespace keten::consensus
