#include "tests/simulator/checkers/delivered_once_in_order.h"

namespace keten::simulator {

void DeliveredOnceInOrder::started(NodeNumber at, const pipeline::PipelineRecovered& recovered) {
  progress_[at] = {std::nullopt, recovered.executed_height, recovered.executed_height};
}

void DeliveredOnceInOrder::block_final(NodeNumber at, const SeenBlock& seen) {
  auto& progress = progress_[at];
  const auto height = seen.block.header.height;
  const auto expected = progress.final ? progress.final->next() : progress.asked.next();
  if (progress.final ? height != expected : height > expected) {
    violated(text_of(at) + " called height " + height.text() + " final when " + expected.text() + " was next");
  }
  progress.final = height;
  if (height <= newest_) { return; }
  newest_ = height;
  for (const auto& transaction : seen.block.transactions) {
    const auto [place, is_new] = places_.emplace(transaction->id, height);
    if (!is_new) {
      violated("transaction " + short_text(transaction->id) + " stands at heights " + place->second.text() + " and " +
               height.text());
    }
    if (transaction->body.valid_until < height) {
      violated("transaction " + short_text(transaction->id) + " stands at height " + height.text() + ", expired at " +
               transaction->body.valid_until.text());
    }
  }
}

void DeliveredOnceInOrder::execute_asked(NodeNumber at, const SeenBlock& seen) {
  auto& progress = progress_[at];
  const auto height = seen.block.header.height;
  if (height != progress.asked.next()) {
    violated(text_of(at) + " executes height " + height.text() + " after " + progress.asked.text());
  }
  progress.asked = height;
}

void DeliveredOnceInOrder::executed(NodeNumber at, Height height, const Hash& /*state_root*/) {
  auto& progress = progress_[at];
  if (height != progress.executed.next()) {
    violated(text_of(at) + " executed height " + height.text() + " after " + progress.executed.text());
  }
  progress.executed = height;
}

}  // namespace keten::simulator
