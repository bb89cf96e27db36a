#pragma once

#include <cstdint>

#include "consensus/elector.h"
#include "consensus/engine.h"

namespace keten::consensus {

/// No block follows it in this epoch: it names the validators of the next one.
[[nodiscard]] inline bool seals(const BlockHeader& header, Epoch epoch) {
  return header.epoch == epoch && !header.next_set.is_zero();
}
/// A sealing block of an earlier view, proposed again until it is final.
[[nodiscard]] inline bool is_repeated(const Proposal& proposal) { return proposal.header.view != proposal.view; }

/// The part of rule R3.4 that needs nothing but the proposal: its fields agree with each other, with the epoch and
/// with the leaders, and its certificates are well formed.
[[nodiscard]] bool is_well_formed_proposal(const Proposal& proposal, const Config& config, const Elector& elector);

enum class Succession : std::uint8_t {
  good,
  early,    ///< its time lies too far ahead of this clock: neither notarize nor nullify for it
  invalid,  ///< no validator can ever accept it on this parent
};
/// The part of rule R3.4 that needs the parent and the clock. `parent_id` is the id of `parent`, which callers know.
[[nodiscard]] Succession check_succession(const BlockId& parent_id, const BlockHeader& parent,
                                          const BlockHeader& header, const Config& config, Milliseconds wall_ms);

}  // namespace keten::consensus
