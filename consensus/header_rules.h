#pragma once

#include <cstdint>

#include "consensus/engine.h"

namespace keten::consensus {

/// The part of rule R3.4 that needs nothing but the proposal: its fields agree with each other, with the epoch and
/// with the leader, and its certificates are well formed.
[[nodiscard]] bool is_well_formed_proposal(const Proposal& proposal, const Config& config, ValidatorIndex leader);

enum class Succession : std::uint8_t {
  good,
  early,    ///< its time lies too far ahead of this clock: neither notarize nor nullify for it
  invalid,  ///< no validator can ever accept it on this parent
};
/// The part of rule R3.4 that needs the parent and the clock.
[[nodiscard]] Succession check_succession(const BlockHeader& parent, const BlockHeader& header, const Config& config,
                                          Milliseconds wall_ms);

}  // namespace keten::consensus
