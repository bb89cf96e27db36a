#pragma once

#include <vector>

#include "contracts/contract.h"
#include "core/evidence.h"
#include "core/ids.h"
#include "core/json.h"

namespace keten::governance {

/// A contradiction that the chain has recorded: the first of its signer, epoch and kind.
struct RecordedEvidence {
  EvidenceKey key;
  Height height;  ///< of the block that carried it
  Evidence evidence;
  friend bool operator==(const RecordedEvidence&, const RecordedEvidence&) = default;
};

/// `governance/evidence/`, epoch and signer big-endian, kind: so they sort by epoch and signer.
[[nodiscard]] Bytes evidence_entry(const EvidenceKey& key);

/// Writes what the block carries and `state` does not have yet. The consequence is the members' business: a validator
/// that lost its data looks the same as one that lies.
void record_evidence(const contracts::StateReader& state, const contracts::BlockContext& block,
                     contracts::WriteSet& writes);

/// All of it, in order of keys. Fails with the reason of the encoding.
Result<std::vector<RecordedEvidence>> read_evidence(const contracts::StateReader& state);

/// With the signer's name in the set of that epoch, and both votes.
[[nodiscard]] json::Value to_json(const contracts::StateReader& state, const RecordedEvidence& recorded);

}  // namespace keten::governance
