#include "node/audit/block_stream.h"

#include <utility>

#include "core/limits.h"
#include "node/audit/block_check.h"

namespace keten::audit {
namespace {

/// How far threads may be ahead of the block that is executed. What is being read counts as the largest block.
constexpr std::uint64_t kHeldBytesMax = 96ULL * 1024 * 1024;
constexpr std::size_t kHeldBlocksMax = 256;

}  // namespace

void EpochSets::add(Epoch epoch, const ValidatorSet& set) {
  const std::lock_guard lock(mutex_);
  sets_.insert_or_assign(epoch, std::make_shared<const ValidatorSet>(set));
}

std::shared_ptr<const ValidatorSet> EpochSets::find(Epoch epoch) const {
  const std::lock_guard lock(mutex_);
  const auto found = sets_.find(epoch);
  return found == sets_.end() ? nullptr : found->second;
}

BlockStream::BlockStream(const LedgerSource& source, const ChainId& chain, const EpochSets& sets, WorkerPool& pool,
                         Range range)
    : source_(source), chain_(chain), sets_(sets), pool_(pool), next_(range.first), last_(range.last) {}

BlockStream::~BlockStream() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return running_ == 0; });
}

Result<CheckedBlock> BlockStream::check(Height height) const {
  CheckedBlock checked;
  const auto damaged = [&](const Error& error) {
    checked.finding = Finding{.reason = error.reason, .message = error.message, .height = height, .block = {}};
    if (const auto header = source_.header(height)) { checked.finding->block = header->block->header.id(); }
    return checked;
  };
  try {
    auto source = source_.block(height);
    if (!source) {
      if (source.error().kind != ErrorKind::corrupt) { return source.error(); }
      return damaged(source.error());
    }
    checked.source = std::move(*source);
    auto receipts = source_.receipts(height);
    if (!receipts) {
      if (receipts.error().kind != ErrorKind::corrupt) { return receipts.error(); }
      return damaged(receipts.error());
    }
    checked.receipts = std::move(*receipts);
    checked.finding = check_block(checked.source, height, chain_, checked.receipts.value_or(std::vector<Receipt>{}));
    if (checked.finding || !checked.source.finalization) { return checked; }
    const auto& header = checked.source.block->header;
    if (const auto set = sets_.find(header.epoch)) {
      checked.finalization_finding = check_finalization(header, *checked.source.finalization, chain_, *set);
      checked.is_finalization_checked = true;
    }
    return checked;
  } catch (const storage::ReadFailure& failed) { return damaged(failed.error()); }
}

void BlockStream::fill() {
  std::unique_lock lock(mutex_);
  while (next_ <= last_ && slots_.size() < kHeldBlocksMax) {
    const auto reserved = (running_ + 1) * limits::kBlockBytesMax;
    if (held_bytes_ + reserved > kHeldBytesMax && !slots_.empty()) { return; }
    auto slot = std::make_shared<Slot>();
    const auto work = [this, slot, height = next_] {
      auto outcome = check(height);
      const std::lock_guard done(mutex_);
      if (outcome) { held_bytes_ += outcome->source.bytes; }
      slot->outcome = std::move(outcome);
      --running_;
      changed_.notify_all();
    };
    if (!pool_.submit(work)) { return; }
    slots_.push_back(std::move(slot));
    ++running_;
    ++next_;
  }
}

Result<std::optional<CheckedBlock>> BlockStream::next() {
  fill();
  std::unique_lock lock(mutex_);
  if (slots_.empty()) {
    if (next_ > last_) { return std::optional<CheckedBlock>{}; }
    return failure(ErrorKind::busy, "NO_THREADS", "no thread takes work: give --threads a number above zero");
  }
  changed_.wait(lock, [&] { return slots_.front()->outcome.has_value(); });
  auto outcome = std::move(*slots_.front()->outcome);
  slots_.pop_front();
  if (!outcome) { return outcome.error(); }
  held_bytes_ -= outcome->source.bytes;
  return std::optional(std::move(*outcome));
}

}  // namespace keten::audit
