#include "contracts/usage/transfer.h"

#include <algorithm>

namespace keten::usage {
namespace {

using State = TransferState;
using Step = TransferMove;

enum class By : std::uint8_t { consumer, provider, either };

struct Row {
  State from;
  Step move;
  By by;
  State to;
};

// Dataspace Protocol 2025-1, "Transfer Process Protocol", state machine.
constexpr std::array kRows = {
    Row{State::none, Step::request, By::consumer, State::requested},
    Row{State::requested, Step::start, By::provider, State::started},
    Row{State::requested, Step::terminate, By::either, State::terminated},
    Row{State::started, Step::complete, By::either, State::completed},
    Row{State::started, Step::suspend, By::either, State::suspended},
    Row{State::started, Step::terminate, By::either, State::terminated},
    Row{State::suspended, Step::start, By::either, State::started},
    Row{State::suspended, Step::terminate, By::either, State::terminated},
};

constexpr std::array<std::string_view, 6> kNames = {"NONE",      "REQUESTED", "STARTED",
                                                    "SUSPENDED", "COMPLETED", "TERMINATED"};

}  // namespace

std::optional<TransferState> after(TransferState state, TransferMove move, Side side) {
  const auto by = side == Side::consumer ? By::consumer : By::provider;
  const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& one) {
    return one.from == state && one.move == move && (one.by == By::either || one.by == by);
  });
  return row == kRows.end() ? std::nullopt : std::optional(row->to);
}

std::string_view state_name(TransferState state) { return kNames.at(static_cast<std::size_t>(state)); }

std::optional<TransferState> transfer_state_of_name(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) { return std::nullopt; }
  return kTransferStates.at(static_cast<std::size_t>(found - kNames.begin()));
}

std::string_view move_name(TransferMove move) {
  constexpr std::array<std::string_view, 5> kMoveNames = {"request", "start", "suspend", "complete", "terminate"};
  return kMoveNames.at(static_cast<std::size_t>(move));
}

}  // namespace keten::usage
