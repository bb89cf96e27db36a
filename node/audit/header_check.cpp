#include "node/audit/header_check.h"

#include <fmt/format.h>

#include "contracts/registry.h"
#include "core/limits.h"

namespace keten::audit {
namespace {

Finding finding_of(const BlockHeader& header, std::string reason, std::string message, std::string expected,
                   std::string found) {
  return {.reason = std::move(reason),
          .message = std::move(message),
          .height = header.height,
          .block = header.id(),
          .expected = std::move(expected),
          .found = std::move(found)};
}

/// Results that a header may still bind: a block without transactions may lag further than the parameter says.
constexpr std::size_t kResultsKept = 4096;

}  // namespace

HeaderCheck::HeaderCheck(const ChainId& chain, BlockHeader parent, MembershipPointer membership, Height known_from)
    : chain_(chain),
      parent_(std::move(parent)),
      memberships_{{known_from, membership}},
      elector_(chain, membership->current.epoch, membership->current.validators.size()) {}

void HeaderCheck::executed(Height height, const Hash& state_root, MembershipPointer membership) {
  roots_[height] = state_root;
  while (roots_.size() > kResultsKept) { roots_.erase(roots_.begin()); }
  if (membership == nullptr) { return; }
  if (membership->current.epoch != this->membership().current.epoch) {
    elector_ = {chain_, membership->current.epoch, membership->current.validators.size()};
  }
  memberships_[height] = std::move(membership);
  // Headers bind results in ascending order.
  const auto oldest = memberships_.upper_bound(parent_.executed_height);
  if (oldest != memberships_.begin()) { memberships_.erase(memberships_.begin(), std::prev(oldest)); }
}

SetId HeaderCheck::next_set(Height bound) const {
  const auto& newest = membership();
  if (!newest.next) { return {}; }
  const bool was_ready = parent_.epoch == newest.current.epoch && parent_.executed_height >= newest.next_since;
  return bound >= newest.next_since && !was_ready ? newest.next->validators.id() : SetId{};
}

std::optional<Finding> HeaderCheck::check(const BlockHeader& header) const {
  const auto wrong = [&](std::string reason, std::string message, std::string expected, std::string found) {
    return finding_of(header, std::move(reason), std::move(message), std::move(expected), std::move(found));
  };
  const auto& rules = membership().current;
  if (header.version != kProtocolVersion) {
    return wrong("HEADER_INVALID", "unknown protocol version", std::to_string(kProtocolVersion),
                 std::to_string(header.version));
  }
  if (header.chain_id != chain_) {
    return wrong("WRONG_CHAIN", "the block is of another chain", chain_.hex(), header.chain_id.hex());
  }
  if (header.height != parent_.height.next()) {
    return wrong("HEADER_INVALID", "the height does not follow", parent_.height.next().text(), header.height.text());
  }
  if (header.parent != parent_.id()) {
    return wrong("PARENT_DIFFERS", "the block does not follow the one before", "parent " + parent_.id().hex(),
                 "parent " + header.parent.hex());
  }
  if (header.epoch != rules.epoch) {
    return wrong("EPOCH_WRONG", "the block is of another epoch", "epoch " + rules.epoch.text(),
                 "epoch " + header.epoch.text());
  }
  if (header.time <= parent_.time) {
    return wrong("TIME_NOT_LATER", "the time must be later than the parent's",
                 "more than " + std::to_string(parent_.time), std::to_string(header.time));
  }
  const auto last_view = parent_.epoch == header.epoch ? parent_.view : View{0};
  if (header.view <= last_view) {
    return wrong("HEADER_INVALID", "the view does not follow the parent's", "a view above " + last_view.text(),
                 "view " + header.view.text());
  }
  if (const auto leader = elector_.leader(header.view); header.proposer != leader) {
    return wrong("PROPOSER_WRONG", "another validator leads view " + header.view.text(), "proposer " + leader.text(),
                 "proposer " + header.proposer.text());
  }
  const auto lag_max = rules.parameters.execution_lag_max;
  const bool is_lag_good =
      header.executed_height < header.height && header.executed_height >= parent_.executed_height &&
      (header.transaction_count == 0 || header.height.value - header.executed_height.value <= lag_max);
  if (!is_lag_good) {
    return wrong("HEADER_INVALID", "the block binds the result of a wrong height",
                 fmt::format("{} to {}, at most {} below it when it has transactions", parent_.executed_height.value,
                             parent_.height.value, lag_max),
                 "height " + header.executed_height.text());
  }
  const auto root = roots_.find(header.executed_height);
  if (root == roots_.end()) {
    return wrong("HEADER_INVALID", "the block binds a result that is too old", "one of the newest results",
                 "height " + header.executed_height.text());
  }
  if (root->second != header.state_root) {
    return wrong("STATE_ROOT_DIFFERS",
                 "the header binds another result of height " + header.executed_height.text() + " than execution gives",
                 root->second.hex(), header.state_root.hex());
  }
  if (const auto next = next_set(header.executed_height); header.next_set != next) {
    const auto said = [](const SetId& set) { return set.is_zero() ? std::string("no next set") : "set " + set.hex(); };
    return wrong("HAND_OVER_WRONG", "the block hands over to other validators than governance agreed on", said(next),
                 said(header.next_set));
  }
  return std::nullopt;
}

std::optional<Finding> HeaderCheck::check_content(const Block& block) const {
  const auto& header = block.header;
  const auto& parameters = membership().current.parameters;
  const auto wrong = [&](std::string message, std::string expected, std::string found) {
    return finding_of(header, "BLOCK_INVALID", std::move(message), std::move(expected), std::move(found));
  };
  if (block.transactions.size() > parameters.block_transactions_max ||
      header.payload_bytes > parameters.block_bytes_max || block.evidence.size() > limits::kBlockEvidenceMax) {
    return wrong("more than a block may hold",
                 fmt::format("at most {} transactions, {} bytes, {} pieces of evidence",
                             parameters.block_transactions_max, parameters.block_bytes_max, limits::kBlockEvidenceMax),
                 fmt::format("{} transactions, {} bytes, {} pieces of evidence", block.transactions.size(),
                             header.payload_bytes, block.evidence.size()));
  }
  static const auto registry = contracts::built_in_contracts();
  auto bound = memberships_.upper_bound(header.executed_height);
  const auto* then = bound == memberships_.begin() ? nullptr : std::prev(bound)->second.get();
  std::uint64_t fuel = 0;
  for (std::uint32_t i = 0; i < block.transactions.size(); ++i) {
    const auto& transaction = *block.transactions[i];
    const auto& body = transaction.body;
    const auto bad = [&](std::string message, std::string expected, std::string found) {
      auto finding = wrong(std::move(message), std::move(expected), std::move(found));
      finding.index = i;
      finding.transaction = transaction.id;
      finding.contract = body.contract;
      return finding;
    };
    fuel += body.fuel_limit;
    if (body.valid_until < header.height ||
        body.valid_until.value > header.height.value + parameters.validity_blocks_max) {
      return bad("the transaction is not valid at this height",
                 fmt::format("valid until {} to {}", header.height.value,
                             header.height.value + parameters.validity_blocks_max),
                 "valid until " + body.valid_until.text());
    }
    if (then == nullptr) { continue; }
    const auto* sender = then->directory.find(body.sender);
    if (sender == nullptr || sender->organisation != body.organisation) {
      return bad("the sender is unknown at height " + header.executed_height.text(),
                 "a registered key of " + body.organisation, key_text(body.sender));
    }
    if (!contracts::may_call(registry, transaction, sender->roles)) {
      return bad("the sender may not call this", "a role that may call " + body.contract + "." + body.method,
                 key_text(body.sender));
    }
  }
  if (fuel > parameters.block_fuel_max) {
    return wrong("more fuel than a block may use", std::to_string(parameters.block_fuel_max), std::to_string(fuel));
  }
  return std::nullopt;
}

void HeaderCheck::accept(const BlockHeader& header) { parent_ = header; }

}  // namespace keten::audit
