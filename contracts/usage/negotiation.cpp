#include "contracts/usage/negotiation.h"

#include <algorithm>

namespace keten::usage {
namespace {

using State = NegotiationState;

struct Row {
  State from;
  Move move;
  Side side;
  State to;
};

// Dataspace Protocol 2025-1, "Contract Negotiation Protocol", state machine; termination is below.
constexpr std::array kRows = {
    Row{State::none, Move::request, Side::consumer, State::requested},
    Row{State::none, Move::offer, Side::provider, State::offered},
    Row{State::requested, Move::offer, Side::provider, State::offered},
    Row{State::requested, Move::agree, Side::provider, State::agreed},
    Row{State::offered, Move::request, Side::consumer, State::requested},
    Row{State::offered, Move::accept, Side::consumer, State::accepted},
    Row{State::accepted, Move::agree, Side::provider, State::agreed},
    Row{State::agreed, Move::verify, Side::consumer, State::verified},
    Row{State::verified, Move::finalize, Side::provider, State::finalized},
};

constexpr std::array<std::string_view, 8> kNames = {"NONE",   "REQUESTED", "OFFERED",   "ACCEPTED",
                                                    "AGREED", "VERIFIED",  "FINALIZED", "TERMINATED"};

}  // namespace

std::optional<NegotiationState> after(NegotiationState state, Move move, Side side) {
  if (move == Move::terminate) {
    const bool open = state != State::none && state != State::finalized && state != State::terminated;
    return open ? std::optional(State::terminated) : std::nullopt;
  }
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) {
    return one.from == state && one.move == move && one.side == side;
  });
  return row == kRows.end() ? std::nullopt : std::optional(row->to);
}

std::string_view state_name(NegotiationState state) { return kNames.at(static_cast<std::size_t>(state)); }

std::optional<NegotiationState> state_of_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) { return std::nullopt; }
  return kNegotiationStates.at(static_cast<std::size_t>(found - kNames.begin()));
}

std::string_view move_name(Move move) {
  constexpr std::array<std::string_view, 7> kMoveNames = {"request", "offer",    "accept",   "agree",
                                                          "verify",  "finalize", "terminate"};
  return kMoveNames.at(static_cast<std::size_t>(move));
}

}  // namespace keten::usage
