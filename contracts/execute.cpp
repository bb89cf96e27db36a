#include "contracts/execute.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "contracts/agreements/findings.h"
#include "contracts/fuel.h"
#include "contracts/governance/evidence_state.h"
#include "contracts/governance/genesis_state.h"
#include "contracts/governance/member_history.h"
#include "contracts/governance/membership_state.h"
#include "contracts/overlay.h"
#include "contracts/packages/module_store.h"
#include "contracts/usage/usage_contract.h"
#include "core/hash.h"
#include "core/limits.h"
#include "core/merkle.h"
#include "core/mutant.h"

namespace keten::contracts {

Hash receipt_leaf(const Receipt& receipt) {
  Writer writer;
  writer.reserve(160 + receipt.result.size());
  receipt.encode(writer);
  return Hasher("keten/receipt/1").fixed(writer.bytes()).finish();
}

namespace {

/// Cut to `most` bytes, between two UTF-8 characters.
void shorten(std::string& text, std::size_t most) {
  if (text.size() <= most) { return; }
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) { --most; }
  text.resize(most);
}

/// What execution must know for good before a contract runs; admission and proposals have asked it before.
Status check_sender(const BlockContext& block, const TransactionBody& body, const RegisteredKey* key) {
  if (body.chain_id != block.chain_id) {
    return failure(ErrorKind::refused, "WRONG_CHAIN", "the transaction is of chain " + body.chain_id.hex());
  }
  if (key == nullptr) {
    return failure(ErrorKind::forbidden, "UNKNOWN_SENDER", key_text(body.sender) + " is not a registered key");
  }
  if (key->organisation != body.organisation) {
    return failure(ErrorKind::forbidden, "ORGANISATION_MISMATCH",
                   "the key belongs to '" + key->organisation + "', the transaction says '" + body.organisation + "'");
  }
  if (body.valid_until < block.height) {
    return failure(ErrorKind::refused, "EXPIRED",
                   "valid until height " + body.valid_until.text() + ", this is " + block.height.text());
  }
  if (body.valid_until.value - block.height.value > limits::kValidityBlocksMax) {
    return failure(ErrorKind::refused, "VALID_UNTIL_TOO_FAR",
                   "valid until height " + body.valid_until.text() + ", at most " +
                       std::to_string(limits::kValidityBlocksMax) + " blocks ahead of " + block.height.text());
  }
  return kDone;
}

/// Runs one transaction. On success `context` holds its changes; on failure they are void.
Result<Bytes> run(Context& context, const Registry& registry) {
  const auto& transaction = context.transaction();
  try {
    if (auto allowed = check_transaction(registry, transaction, context.caller().roles); !allowed) {
      return allowed.error();
    }
    context.charge(fuel::kTransaction + transaction.envelope.size() * fuel::kEnvelopeByte);
    auto result = registry.find(transaction.body.contract)->execute(context);
    if (result) { context.write_heads(); }
    if (result && result->size() > kReceiptResultBytesMax) {
      return failure(ErrorKind::too_large, "RESULT_TOO_LARGE",
                     "the result has " + std::to_string(result->size()) + " bytes, at most " +
                         std::to_string(kReceiptResultBytesMax) + " go into a receipt");
    }
    if (result) { context.charge(result->size() * fuel::kWrittenByte); }  // the receipt stays
    return result;
  } catch (const Abort& abort) { return abort.error; }
}

void mark_failed(Receipt& receipt, const Error& error) {
  receipt.reason = error.reason;
  receipt.message = error.message;
  shorten(receipt.reason, kReceiptReasonBytesMax);
  shorten(receipt.message, kReceiptMessageBytesMax);
}

/// Moves the changes of one transaction over those of the transactions before it.
void merge(WriteSet& block, WriteSet writes) {
  while (!writes.empty()) {
    auto placed = block.insert(writes.extract(writes.begin()));
    if (!placed.inserted) { placed.position->second = std::move(placed.node.mapped()); }
  }
}

void commit(const StateReader& proofs, const BlockContext& block, BlockResult& result, commitment::PageCache* pages) {
  auto committed = commitment::commit(
      proofs,
      {.height = block.height, .block = block.id, .receipts_root = result.receipts_root, .writes = result.writes},
      pages);
  result.commitments = committed.commitments;
  result.proofs = std::move(committed.rows);
  result.state_root = result.commitments.state_root(block.height);
}

/// The column of a ledger that does not exist yet.
class NothingBefore final : public StateReader {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView) const override { return std::nullopt; }
  void scan(ByteView, ByteView, const Visit&) const override {}
};

}  // namespace

BlockContext block_context(const Block& block) {
  const auto& header = block.header;
  return {.chain_id = header.chain_id,
          .height = header.height,
          .time = header.time,
          .id = header.id(),
          .next_set = header.next_set.is_zero() ? std::nullopt : std::optional(header.next_set),
          .evidence = block.evidence};
}

BlockResult execute_block(const StateBefore& before, const BlockContext& block,
                          const std::vector<TransactionPointer>& transactions, const Registry& registry,
                          const Directory& directory, packages::ModuleStore* modules, commitment::PageCache* pages) {
  BlockResult result;
  std::optional<packages::ModuleStore> of_this_block;
  if (modules == nullptr) { modules = &of_this_block.emplace(); }
  result.receipts.reserve(transactions.size());
  result.events.resize(transactions.size());
  std::vector<Hash> leaves;
  leaves.reserve(transactions.size());
  const Overlay view(before.state, result.writes);

  for (std::uint32_t index = 0; index < transactions.size(); ++index) {
    const auto& transaction = *transactions[index];
    const auto& body = transaction.body;
    auto& receipt = result.receipts.emplace_back();
    receipt.transaction = transaction.id;
    receipt.valid_until = body.valid_until;

    const auto* key = directory.find(body.sender);
    if (const auto sender = check_sender(block, body, key); !sender) {
      mark_failed(receipt, sender.error());
    } else {
      const Caller caller{
          .organisation = key->organisation, .key = body.sender, .roles = key->roles, .user = key->name};
      Context context(block, transaction, caller, index, view, body.fuel_limit, modules);
      auto outcome = run(context, registry);
      receipt.fuel_used = body.fuel_limit - context.fuel_left();
      if (outcome) {
        receipt.succeeded = true;
        receipt.result = std::move(*outcome);
        auto writes = context.take_writes();
        receipt.writes_digest = commitment::digest_of(writes);
        merge(result.writes, std::move(writes));
        result.events[index] = std::move(context.events());
        std::ranges::move(context.index_entries(), std::back_inserter(result.index_entries));
      } else {
        mark_failed(receipt, outcome.error());
      }
    }
    leaves.push_back(receipt_leaf(receipt));
  }

  governance::record_evidence(view, block, result.writes);
  std::vector<ContractEvent> due;
  agreements::mark_overdue(view, block, result.writes, result.index_entries, due);
  std::ranges::move(
      usage::chase(view, block, static_cast<std::uint32_t>(transactions.size()), result.writes, result.index_entries),
      std::back_inserter(due));
  if (!due.empty()) { result.events.push_back(std::move(due)); }
  if (block.next_set) {
    auto writes = governance::begin_next_epoch(view, block.height, *block.next_set);
    governance::record_members(view, block, writes, result.index_entries);
    merge(result.writes, std::move(writes));
  }
  result.receipts_root = merkle_root(leaves);
  if (MUTANT(execution_remembers_the_process)) {
    static thread_local std::uint8_t executions = 0;  // lint: allow a bug to order, absent from every other build
    result.receipts_root.bytes[0] ^= ++executions;
  }
  commit(before.proofs, block, result, pages);
  return result;
}

BlockResult execute_genesis(const Genesis& genesis) {
  BlockResult result;
  const BlockContext block{
      .chain_id = genesis.chain_id(), .height = Height{0}, .time = genesis.time, .id = genesis_header(genesis).id()};
  result.writes = governance::genesis_state(genesis);
  governance::record_members(NothingBefore{}, block, result.writes, result.index_entries);
  result.receipts_root = merkle_root({});
  commit(NothingBefore{}, block, result, nullptr);
  return result;
}

}  // namespace keten::contracts
