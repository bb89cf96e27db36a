#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "contracts/usage/negotiation.h"

namespace keten::usage {

/// The transfer process of the Dataspace Protocol 2025-1, as states of the ledger. The data itself goes from one to the other.
enum class TransferState : std::uint8_t { none, requested, started, suspended, completed, terminated };
enum class TransferMove : std::uint8_t { request, start, suspend, complete, terminate };

inline constexpr std::array kTransferStates = {TransferState::none,      TransferState::requested,
                                               TransferState::started,   TransferState::suspended,
                                               TransferState::completed, TransferState::terminated};
inline constexpr std::array kTransferMoves = {TransferMove::request, TransferMove::start, TransferMove::suspend,
                                              TransferMove::complete, TransferMove::terminate};

/// The state behind the move; empty when this side may not make it there.
std::optional<TransferState> after(TransferState state, TransferMove move, Side side);

/// `REQUESTED`, as the protocol writes it.
std::string_view state_name(TransferState state);
std::optional<TransferState> transfer_state_of_name(std::string_view name);
std::string_view move_name(TransferMove move);

}  // namespace keten::usage
