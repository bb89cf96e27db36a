#pragma once

#include <vector>

#include "contracts/contract.h"
#include "contracts/registry.h"
#include "core/block.h"
#include "core/directory.h"
#include "core/genesis.h"
#include "core/limits.h"
#include "core/receipt.h"

namespace keten::contracts {

/// What a block did.
struct BlockResult {
  std::vector<Receipt> receipts;                   ///< one for each transaction, in order
  WriteSet writes;                                 ///< of all transactions, the last write of a key wins
  std::vector<std::vector<ContractEvent>> events;  ///< one list for each transaction, in order
  std::vector<IndexEntry> index_entries;           ///< in order of transactions; the last of a key wins
  Hash receipts_root;                              ///< merkle_root of the receipts' leaves
  Hash writes_digest;                              ///< of `writes`
  Hash state_root;                                 ///< after this block
};

/// What execution takes from a block beside its transactions; borrows its evidence.
[[nodiscard]] BlockContext block_context(const Block& block);

/// Runs the transactions in order on `state`. A pure function: equal arguments give equal results on every validator.
/// This is where sender, organisation, role, expiry and fuel are judged for good; a transaction that fails leaves a
/// failed receipt and nothing else. `previous_root` is the state root after the block before.
[[nodiscard]] BlockResult execute_block(const StateReader& state, const BlockContext& block, const Hash& previous_root,
                                        const std::vector<TransactionPointer>& transactions, const Registry& registry,
                                        const Directory& directory);

/// Height 0: the members and parameters of the founding document, no transactions.
[[nodiscard]] BlockResult execute_genesis(const Genesis& genesis);

/// Zero when there are none. docs/formats/storage.md, "Digests".
[[nodiscard]] Hash digest_of(const WriteSet& writes);
[[nodiscard]] Hash receipt_leaf(const Receipt& receipt);
/// The running root: it commits to every block's receipts and writes since the genesis.
[[nodiscard]] Hash next_state_root(const Hash& previous, Height height, const Hash& receipts_root,
                                   const Hash& writes_digest);

/// Bounds of what a failed transaction leaves in its receipt; longer texts are cut.
inline constexpr std::size_t kReceiptReasonBytesMax = 64;
inline constexpr std::size_t kReceiptMessageBytesMax = 2048;
/// A contract that returns more fails with RESULT_TOO_LARGE.
inline constexpr std::size_t kReceiptResultBytesMax = limits::kTransactionBytesMax;

}  // namespace keten::contracts
