#include "contracts/governance/views.h"
#include "core/limits.h"
#include "node/query/proof_parts.h"
#include "node/storage/commit.h"

namespace keten::query {
namespace {

/// Final blocks without a finalization of their own do not follow each other for long.
constexpr std::uint64_t kAnchorSearchMax = 4096;

Result<proof::HandOver> hand_over(const LedgerView& view, Epoch epoch) {
  const auto next = governance::read_epoch(view.state(), epoch.next());
  if (!next) {
    return failure(ErrorKind::corrupt, "STORAGE_CORRUPT", "epoch " + epoch.next().text() + " is not in the state");
  }
  auto record = view.record(next->record.since);
  if (!record) { return record.error(); }
  auto finalization = storage::read_finalization(view.snapshot(), next->record.since);
  if (!finalization) { return finalization.error(); }
  if (!*finalization) {
    return failure(ErrorKind::corrupt, "STORAGE_CORRUPT",
                   "the block that sealed epoch " + epoch.text() + " has no finalization of its own");
  }
  return proof::HandOver{record->header, std::move(**finalization), next->record.validators};
}

}  // namespace

Error not_yet(const std::string& what) {
  return failure(
      ErrorKind::unavailable, "PROOF_NOT_YET",
      what +
          " is executed, but no final block binds that state yet; ask again in a second. If it stays so, keten "
          "status tells why the chain does not advance");
}

Result<proof::Proof> anchored(const LedgerView& view, Epoch first_epoch) {
  const auto executed = view.executed();
  if (!executed) { return executed.error(); }
  proof::Proof result;
  for (auto height = executed->height; height.value > 0; height = height.previous()) {
    if (executed->height.value - height.value > kAnchorSearchMax) { break; }
    auto finalization = storage::read_finalization(view.snapshot(), height);
    if (!finalization) { return finalization.error(); }
    if (!*finalization) { continue; }
    auto record = view.record(height);
    if (!record) { return record.error(); }
    const auto bound = view.record(record->header.executed_height);
    if (!bound) { return bound.error(); }
    result.chain_id = record->header.chain_id;
    result.first_epoch = first_epoch;
    result.anchor = record->header;
    result.finalization = std::move(**finalization);
    result.commitments = bound->commitments;
    if (first_epoch > result.anchor.epoch) {
      return failure(ErrorKind::refused, "PROOF_OTHER_EPOCH",
                     "the newest final block is of epoch " + result.anchor.epoch.text() + ", there is none of epoch " +
                         first_epoch.text() + " here");
    }
    for (auto epoch = first_epoch; epoch < result.anchor.epoch; ++epoch) {
      auto one = hand_over(view, epoch);
      if (!one) { return one.error(); }
      result.hand_overs.push_back(std::move(*one));
    }
    return result;
  }
  return not_yet("what is asked");
}

}  // namespace keten::query
