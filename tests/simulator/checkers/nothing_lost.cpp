#include "tests/simulator/checkers/nothing_lost.h"

namespace keten::simulator {

void NothingLost::block_final(NodeNumber /*at*/, const SeenBlock& seen) {
  std::uint32_t index = 0;
  for (const auto& transaction : seen.block.transactions) {
    acknowledged_.emplace(transaction->id, storage::Place{seen.block.header.height, index++});
  }
}

void NothingLost::read_back(NodeNumber at, const TransactionId& id, const std::optional<storage::Place>& place) {
  const auto known = acknowledged_.find(id);
  if (known == acknowledged_.end()) { return; }
  if (!place) {
    violated(text_of(at) + " has lost transaction " + short_text(id) + " of height " + known->second.height.text());
  } else if (*place != known->second) {
    violated(text_of(at) + " has transaction " + short_text(id) + " at height " + place->height.text() + ", place " +
             std::to_string(place->index) + "; it was final at height " + known->second.height.text() + ", place " +
             std::to_string(known->second.index));
  }
}

}  // namespace keten::simulator
