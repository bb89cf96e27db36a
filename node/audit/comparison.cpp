#include "node/audit/comparison.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "node/audit/block_check.h"
#include "node/audit/result_check.h"

namespace keten::audit {
namespace {

class Comparing {
 public:
  Comparing(const LedgerSource& first, const LedgerSource& second, const Genesis& genesis)
      : first_(first), second_(second), genesis_(genesis), chain_(genesis.chain_id()) {}

  Result<Comparison> run();

 private:
  struct Pair {
    SourceBlock first;
    SourceBlock second;
  };
  [[nodiscard]] Result<Pair> headers(Height height);
  /// The lowest height in [1, last] of which `differs` holds, when it holds for all above one that it holds for; nothing when
  /// it does not for the last.
  using Differs = std::function<bool(const Pair&)>;
  [[nodiscard]] Result<std::optional<Height>> lowest(Height last, const Differs& differs);
  [[nodiscard]] Status explain_blocks(Height height);
  [[nodiscard]] Status explain_results(Height height);
  [[nodiscard]] Status compare_states(Height common);
  /// Of the epoch, verified from the genesis by what `source` has of the hand-overs.
  [[nodiscard]] Result<ValidatorSet> validators(const LedgerSource& source, Epoch epoch) const;
  [[nodiscard]] Result<FinalizedChain> finalized(const LedgerSource& source, Height from,
                                                 const ValidatorSet& set) const;

  const LedgerSource& first_;
  const LedgerSource& second_;
  const Genesis& genesis_;
  const ChainId chain_;
  Comparison result_;
};

Result<Comparing::Pair> Comparing::headers(Height height) {
  result_.looked_at += 2;
  auto first = first_.header(height);
  if (!first) { return first.error(); }
  auto second = second_.header(height);
  if (!second) { return second.error(); }
  return Pair{std::move(*first), std::move(*second)};
}

Result<std::optional<Height>> Comparing::lowest(Height last, const Differs& differs) {
  if (last.value == 0) { return std::optional<Height>{}; }
  const auto newest = headers(last);
  if (!newest) { return newest.error(); }
  if (!differs(*newest)) { return std::optional<Height>{}; }
  std::uint64_t equal = 0;
  std::uint64_t other = last.value;
  while (other - equal > 1) {
    const auto middle = equal + (other - equal) / 2;
    const auto pair = headers(Height{middle});
    if (!pair) { return pair.error(); }
    (differs(*pair) ? other : equal) = middle;
  }
  return std::optional(Height{other});
}

Result<ValidatorSet> Comparing::validators(const LedgerSource& source, Epoch epoch) const {
  auto set = genesis_.validators();
  for (Epoch next{1}; next <= epoch; ++next) {
    const auto entry = source.epoch(next);
    if (!entry) { return entry.error(); }
    const auto sealing = source.header(entry->since);
    if (!sealing) { return sealing.error(); }
    const auto& header = sealing->block->header;
    const bool hands_over = header.epoch.next() == next && header.next_set == entry->validators.id();
    if (!hands_over || !sealing->finalization || check_finalization(header, *sealing->finalization, chain_, set)) {
      return failure(ErrorKind::corrupt, "HAND_OVER_WRONG",
                     source.name() + " does not prove who validated in epoch " + next.text());
    }
    set = entry->validators;
  }
  return set;
}

Result<FinalizedChain> Comparing::finalized(const LedgerSource& source, Height from, const ValidatorSet& set) const {
  FinalizedChain chain{.source = source.name(), .headers = {}, .finalization = {}};
  for (auto height = from; height <= source.tip().height && chain.headers.size() < limits::kSyncPathMax; ++height) {
    const auto found = source.header(height);
    if (!found) { return found.error(); }
    const auto& header = found->block->header;
    chain.headers.push_back(header);
    if (!found->finalization) { continue; }
    if (const auto wrong = check_finalization(header, *found->finalization, chain_, set)) {
      return failure(ErrorKind::corrupt, wrong->reason, "height " + height.text() + ": " + wrong->message);
    }
    chain.finalization = *found->finalization;
    return chain;
  }
  return failure(ErrorKind::corrupt, "NOT_FINAL",
                 "no finalization from height " + from.text() + " on: its block is not proved final");
}

Status Comparing::explain_blocks(Height height) {
  const auto pair = headers(height);
  if (!pair) { return pair.error(); }
  const auto& one = pair->first.block->header;
  const auto& other = pair->second.block->header;
  result_.difference = Finding{.reason = "BLOCKS_DIFFER",
                               .message = "the two have different blocks",
                               .height = height,
                               .block = {},
                               .expected = one.id().hex(),
                               .found = other.id().hex()};
  if (one.parent != other.parent) {
    result_.notes.emplace_back("the blocks before have the same id, and these name different parents: audit both");
    return kDone;
  }
  const auto whole_first = first_.block(height);
  const auto whole_second = second_.block(height);
  if (whole_first && whole_second) {
    const auto& left = whole_first->block->transactions;
    const auto& right = whole_second->block->transactions;
    for (std::uint32_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      if (i < left.size() && i < right.size() && left[i]->leaf == right[i]->leaf) { continue; }
      const auto& named = i < left.size() ? *left[i] : *right[i];
      result_.difference->index = i;
      result_.difference->transaction = named.id;
      result_.difference->contract = named.body.contract;
      break;
    }
  }
  const auto set = validators(first_, one.epoch);
  if (!set) {
    result_.notes.push_back(set.error().message);
    return kDone;
  }
  auto left = finalized(first_, height, *set);
  auto right = finalized(second_, height, *set);
  for (const auto* side : {&left, &right}) {
    if (*side) { continue; }
    const auto& name = side == &left ? first_.name() : second_.name();
    result_.notes.push_back(name + " does not prove its block: " + side->error().message);
  }
  if (!left || !right) { return kDone; }
  SplitView split{
      .chain = chain_, .epoch = one.epoch, .validators = *set, .first = std::move(*left), .second = std::move(*right)};
  if (auto good = check(split); !good) {
    result_.notes.push_back(good.error().message);
    return kDone;
  }
  result_.split = std::move(split);
  return kDone;
}

Status Comparing::explain_results(Height height) {
  const auto pair = headers(height);
  if (!pair) { return pair.error(); }
  const auto& one = *pair->first.result;
  const auto& other = *pair->second.result;
  result_.difference =
      Finding{.reason = "RESULTS_DIFFER", .message = {}, .height = height, .block = pair->first.block->header.id()};
  auto& difference = *result_.difference;
  if (const auto part = first_difference(one, other)) {
    difference.message = "the same block gave " + part->what;
    difference.expected = part->expected.hex();
    difference.found = part->found.hex();
  }
  const auto left = first_.receipts(height);
  const auto right = second_.receipts(height);
  if (!left || !right) { return left ? right.error() : left.error(); }
  if (!*left || !*right) {
    result_.notes.emplace_back(
        "a node's API gives no receipts of a block: compare directories to learn the transaction");
    return kDone;
  }
  const auto block = first_.block(height);
  for (std::uint32_t i = 0; i < std::min((*left)->size(), (*right)->size()); ++i) {
    const auto& mine = (**left)[i];
    const auto& theirs = (**right)[i];
    if (mine == theirs) { continue; }
    difference.index = i;
    difference.transaction = mine.transaction;
    if (block && i < block->block->transactions.size()) {
      difference.contract = block->block->transactions[i]->body.contract;
    }
    const auto said = [](const Receipt& receipt) {
      return (receipt.succeeded ? std::string("success") : receipt.reason) + ", writes " + receipt.writes_digest.hex();
    };
    difference.expected = said(mine);
    difference.found = said(theirs);
    break;
  }
  return kDone;
}

Status Comparing::compare_states(Height common) {
  const auto* left = first_.tables();
  const auto* right = second_.tables();
  if (left == nullptr || right == nullptr) {
    result_.notes.emplace_back("tables were not compared: only directories have them");
    return kDone;
  }
  if (first_.tip().height != second_.tip().height) {
    result_.notes.push_back(
        fmt::format("tables were not compared: they are of heights {} and {}; audit each, or compare them at rest, "
                    "when they are equal",
                    first_.tip().height.value, second_.tip().height.value));
    return kDone;
  }
  auto tables = compare_tables(*left, *right, common);
  result_.entries = tables.entries;
  if (!tables.finding) { return kDone; }
  if (!result_.difference) {
    result_.difference = std::move(tables.finding);
    result_.difference->message = "blocks and results are equal, a stored entry is not";
    return kDone;
  }
  result_.difference->key = tables.finding->key;
  if (result_.difference->contract.empty()) { result_.difference->contract = tables.finding->contract; }
  result_.notes.push_back(fmt::format("the first key that differs today: {} says {}, {} says {}", first_.name(),
                                      tables.finding->expected, second_.name(), tables.finding->found));
  return kDone;
}

Result<Comparison> Comparing::run() {
  result_.first_tip = first_.tip().height;
  result_.second_tip = second_.tip().height;
  const auto common = std::min(result_.first_tip, result_.second_tip);
  const auto by_id = [](const Pair& pair) { return pair.first.block->header.id() != pair.second.block->header.id(); };
  const auto fork = lowest(common, by_id);
  if (!fork) { return fork.error(); }
  const auto same_blocks = *fork ? (*fork)->previous() : common;
  // A state root commits to all results before it, as an id commits to all blocks before it.
  const auto by_result = [](const Pair& pair) {
    return pair.first.result && pair.second.result && *pair.first.result != *pair.second.result;
  };
  const auto by_root = [](const Pair& pair) {
    return pair.first.result && pair.second.result && pair.first.result->state_root != pair.second.result->state_root;
  };
  auto diverged = lowest(same_blocks, by_root);
  if (!diverged) { return diverged.error(); }
  if (!*diverged && same_blocks.value > 0) {
    const auto newest = headers(same_blocks);
    if (!newest) { return newest.error(); }
    if (by_result(*newest)) { *diverged = same_blocks; }
  }
  if (*diverged) {
    result_.equal_to = (*diverged)->previous();
    if (auto explained = explain_results(**diverged); !explained) { return explained.error(); }
  } else if (*fork) {
    result_.equal_to = same_blocks;
    if (auto explained = explain_blocks(**fork); !explained) { return explained.error(); }
    return std::move(result_);
  } else {
    result_.equal_to = common;
  }
  if (auto compared = compare_states(common); !compared) { return compared.error(); }
  return std::move(result_);
}

}  // namespace

Result<Comparison> compare(const LedgerSource& first, const LedgerSource& second, const Genesis& genesis) {
  try {
    return Comparing(first, second, genesis).run();
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

}  // namespace keten::audit
