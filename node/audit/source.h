#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/commitment.h"
#include "core/ids.h"
#include "core/membership.h"
#include "core/receipt.h"
#include "core/result.h"
#include "node/storage/database.h"

namespace keten::audit {

/// What is wrong, and where exactly. Empty members do not apply.
struct Finding {
  std::string reason;  ///< stable code; docs/audit.md lists them
  std::string message;
  Height height;
  BlockId block;
  std::optional<std::uint32_t> index = {};  ///< of the transaction in its block
  std::optional<TransactionId> transaction = {};
  std::string contract = {};
  std::string key = {};  ///< of the state, with its namespace
  std::string expected = {};
  std::string found = {};
};

/// How far a source is.
struct Tip {
  Height height;
  Hash state_root;  ///< after it, as the node says
};

/// What a node says that the execution of a block gave.
struct StoredResult {
  Hash state_root;
  Hash receipts_root;
  Commitments commitments;
  friend bool operator==(const StoredResult&, const StoredResult&) = default;
};

/// A block as a source gives it: nothing of it is verified but that it decodes.
struct SourceBlock {
  BlockPointer block;
  std::uint64_t bytes = 0;                  ///< of its encoding
  std::optional<Certificate> finalization;  ///< of this very block
  std::optional<StoredResult> result;       ///< none: the source does not say
};

/// One node's ledger. Any thread.
class LedgerSource {
 public:
  virtual ~LedgerSource() = default;
  /// For a person, and to recognise the source when an audit goes on.
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual Tip tip() const = 0;
  /// Heights 1 to the tip. Failures of kind `corrupt` say what is wrong with the stored bytes: they become findings. Others,
  /// for example of the network, end the audit without one.
  [[nodiscard]] virtual Result<SourceBlock> block(Height height) const = 0;
  /// Without its transactions. A source that has no cheaper way reads the block.
  [[nodiscard]] virtual Result<SourceBlock> header(Height height) const { return block(height); }
  /// Of the block at that height, whose bytes are there and whole. A source that has no cheaper way reads the header.
  [[nodiscard]] virtual Result<BlockId> block_id(Height height) const {
    const auto found = header(height);
    if (!found) { return found.error(); }
    return found->block->header.id();
  }
  /// Empty when the source gives none.
  [[nodiscard]] virtual Result<std::optional<std::vector<Receipt>>> receipts(Height height) const = 0;
  /// Validators of an epoch that has begun, and the height of the block that sealed the one before; as the node says.
  struct EpochEntry {
    ValidatorSet validators;
    Height since;
  };
  [[nodiscard]] virtual Result<EpochEntry> epoch(Epoch epoch) const = 0;

  /// The node's own database as it is at the tip; null of a node that answers by network only.
  [[nodiscard]] virtual const storage::Snapshot* tables() const { return nullptr; }
};

}  // namespace keten::audit
