#include "tests/simulator/checkers/only_valid_transactions.h"

namespace keten::simulator {

void OnlyValidTransactions::block_final(NodeNumber at, const SeenBlock& seen) {
  for (const auto& transaction : seen.block.transactions) {
    if (!founding_.is_valid(*transaction)) {
      violated(text_of(at) + ": transaction " + short_text(transaction->id) + " of height " +
               seen.block.header.height.text() + " was never validly signed by a member");
    }
  }
}

}  // namespace keten::simulator
