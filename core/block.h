#pragma once

#include <vector>

#include "core/bytes.h"
#include "core/encoding.h"
#include "core/evidence.h"
#include "core/ids.h"
#include "core/transaction.h"

namespace keten {

inline constexpr std::uint16_t kProtocolVersion = 1;

/// What validators agree on. `executed_height` and `state_root` bind the result of an ancestor that was executed before.
struct BlockHeader {
  std::uint16_t version = kProtocolVersion;
  ChainId chain_id;
  Epoch epoch;
  View view;
  Height height;
  BlockId parent;
  ValidatorIndex proposer;
  Milliseconds time = 0;            ///< strictly greater than the parent's
  Hash payload_root;                ///< merkle_root of the transactions' leaves
  std::uint32_t payload_bytes = 0;  ///< sum of the envelopes' sizes
  std::uint32_t transaction_count = 0;
  Height executed_height;
  Hash state_root;     ///< after executing `executed_height`
  SetId next_set;      ///< zero but in a sealing block
  Hash evidence_root;  ///< zero while a block carries no evidence

  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;

  void encode(Writer& writer) const;
  static BlockHeader decode(Reader& reader);
  [[nodiscard]] BlockId id() const;
};

/// A header with its transactions in order. What a segment file holds and what peers exchange in block sync.
struct Block {
  BlockHeader header;
  std::vector<TransactionPointer> transactions;
  std::vector<Evidence> evidence;  ///< at most limits::kBlockEvidenceMax; in almost every block none

  /// Header, count, the sizes of all envelopes, then the envelopes: so one transaction can be read by its place. Then, when
  /// the header names evidence, that.
  [[nodiscard]] Bytes encode() const;
  /// Fails with BLOCK_MALFORMED or the reason of a bad transaction; checks sizes, not the payload root.
  static Result<Block> decode(ByteView bytes);
  /// Count, payload bytes and payload root in the header are those of the transactions, evidence root that of the evidence.
  [[nodiscard]] bool payload_matches() const;
};
using BlockPointer = std::shared_ptr<const Block>;

/// The leaves of a payload in order.
std::vector<Hash> payload_leaves(const std::vector<TransactionPointer>& transactions);

}  // namespace keten
