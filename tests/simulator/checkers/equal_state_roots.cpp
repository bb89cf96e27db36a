#include "tests/simulator/checkers/equal_state_roots.h"

namespace keten::simulator {

void EqualStateRoots::started(NodeNumber at, const pipeline::PipelineRecovered& recovered) {
  take(text_of(at), recovered.executed_height, recovered.state_root);
}

void EqualStateRoots::block_final(NodeNumber /*at*/, const SeenBlock& seen) {
  const auto& header = seen.block.header;
  take("the header of height " + header.height.text(), header.executed_height, header.state_root);
}

void EqualStateRoots::executed(NodeNumber at, Height height, const Hash& state_root) {
  take(text_of(at), height, state_root);
}

void EqualStateRoots::take(const std::string& who, Height height, const Hash& state_root) {
  const auto [known, is_new] = roots_.emplace(height, state_root);
  if (!is_new && known->second != state_root) {
    violated(who + " has state root " + short_text(state_root) + " after height " + height.text() + ", others " +
             short_text(known->second));
  }
}

}  // namespace keten::simulator
