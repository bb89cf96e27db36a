#pragma once

#include "core/json.h"
#include "core/proof/proof.h"
#include "tools/keten/verification.h"

namespace keten::tools {

/// The events of a node's answer to `GET /v1/history/{epc}`, as far as they were fetched.
struct HistoryAnswer {
  const json::Value& document;  ///< with all events that were fetched
  bool is_whole = true;         ///< no page is missing, and all are of one height
};

// Each tells a difference to the verification; `too_early`: the answer is of a newer state than the proof.
using Compared = Verification::Compared;

/// Every event that the ledger has, and no other; of each what the proof's text says of it. Standing and possessor behind each
/// event are left to the node, but for errors, which their recorders declare.
Compared compare_events(const HistoryAnswer& answer, const proof::Proof& proof, Verification& verification);

/// The events and items of an answer to `GET /v1/trace/{epc}`: each is in the proved lineage, which may hold more, because it does
/// not look at times and depth.
Compared compare_trace(const json::Value& document, const proof::Proof& proof, Verification& verification);

/// What the ledger holds of the item. When it changed since the node answered, what is proved takes the place of the answer.
Compared compare_state(json::Value& document, const proof::Proof& proof, Verification& verification);

}  // namespace keten::tools
