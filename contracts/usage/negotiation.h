#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keten::usage {

/// The contract negotiation of the Dataspace Protocol 2025-1, as states of the ledger.
enum class NegotiationState : std::uint8_t {
  none,
  requested,
  offered,
  accepted,
  agreed,
  verified,
  finalized,
  terminated,
};
enum class Move : std::uint8_t { request, offer, accept, agree, verify, finalize, terminate };
enum class Side : std::uint8_t { consumer, provider };

inline constexpr std::array kNegotiationStates = {
    NegotiationState::none,   NegotiationState::requested, NegotiationState::offered,   NegotiationState::accepted,
    NegotiationState::agreed, NegotiationState::verified,  NegotiationState::finalized, NegotiationState::terminated};
inline constexpr std::array kMoves = {Move::request, Move::offer,    Move::accept,   Move::agree,
                                      Move::verify,  Move::finalize, Move::terminate};

/// The state behind the move; empty when this side may not make it there. Either side may end a negotiation that is neither
/// finalized nor terminated.
std::optional<NegotiationState> after(NegotiationState state, Move move, Side side);

/// `REQUESTED`, as the protocol writes it.
std::string_view state_name(NegotiationState state);
std::optional<NegotiationState> state_of_name(std::string_view name);
std::string_view move_name(Move move);

}  // namespace keten::usage
