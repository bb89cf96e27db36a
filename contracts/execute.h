#pragma once

#include <vector>

#include "contracts/commitment/commit.h"
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
  std::vector<Receipt> receipts;  ///< one for each transaction, in order
  WriteSet writes;                ///< of all transactions, the last write of a key wins
  /// One list for each transaction, in order, and one behind them when time itself did something: what fell due.
  std::vector<std::vector<ContractEvent>> events;
  std::vector<IndexEntry> index_entries;  ///< in order of transactions; the last of a key wins
  Hash receipts_root;                     ///< merkle_root of the receipts' leaves
  Commitments commitments;                ///< after this block
  commitment::Rows proofs;                ///< changes of the column `proofs`
  Hash state_root;                        ///< of the commitments
};

/// What execution takes from a block beside its transactions; borrows its evidence.
[[nodiscard]] BlockContext block_context(const Block& block);

/// What execution goes on from: two columns of one moment, as the block before left them.
struct StateBefore {
  const StateReader& state;
  const StateReader& proofs;  ///< what the commitments keep
};

/// Runs the transactions in order. A pure function: equal arguments give equal results on every validator.
/// This is where sender, organisation, role, expiry and fuel are judged for good; a transaction that fails leaves a
/// failed receipt and nothing else. `modules` keeps compiled contracts from block to block, which changes time and nothing
/// else; without it they are compiled again in each block that runs some. `pages` likewise keeps pages of the map.
/// Precondition: `before` is of the height before the block's.
[[nodiscard]] BlockResult execute_block(const StateBefore& before, const BlockContext& block,
                                        const std::vector<TransactionPointer>& transactions, const Registry& registry,
                                        const Directory& directory, packages::ModuleStore* modules = nullptr,
                                        commitment::PageCache* pages = nullptr);

/// Height 0: the members and parameters of the founding document, no transactions.
[[nodiscard]] BlockResult execute_genesis(const Genesis& genesis);

[[nodiscard]] Hash receipt_leaf(const Receipt& receipt);

/// Bounds of what a failed transaction leaves in its receipt; longer texts are cut.
inline constexpr std::size_t kReceiptReasonBytesMax = 64;
inline constexpr std::size_t kReceiptMessageBytesMax = 2048;
/// A contract that returns more fails with RESULT_TOO_LARGE.
inline constexpr std::size_t kReceiptResultBytesMax = limits::kTransactionBytesMax;

}  // namespace keten::contracts
