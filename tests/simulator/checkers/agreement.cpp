#include "tests/simulator/checkers/agreement.h"

namespace keten::simulator {

void Agreement::compare(NodeNumber at, const SeenBlock& seen) {
  const auto height = seen.block.header.height;
  if (chain_.size() <= height.value) { chain_.resize(height.value + 1); }
  auto& known = chain_[height.value];
  if (!known) {
    known = seen.id;
  } else if (*known != seen.id) {
    violated(text_of(at) + " has block " + short_text(seen.id) + " final at height " + height.text() + ", others " +
             short_text(*known));
  }
}

}  // namespace keten::simulator
