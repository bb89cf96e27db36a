#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "consensus/messages.h"
#include "core/block.h"
#include "core/certificate.h"
#include "core/evidence.h"
#include "core/ids.h"
#include "core/transaction.h"

namespace keten::pipeline {

/// A compact proposal: the payload as leaves; bodies come from the mempool, misses are asked for.
struct ProposalMessage {
  consensus::Proposal proposal;
  std::vector<Hash> leaves;
  std::vector<Evidence> evidence = {};  ///< of the block, in its order
};

/// Asks for transactions of a block by their place, or for the whole block when `indices` is empty.
struct PayloadRequest {
  BlockId block;
  std::vector<std::uint32_t> indices;
};

struct PayloadResponse {
  BlockId block_id;
  BlockPointer block;  ///< the whole block, when that was asked for and is known
  std::vector<std::uint32_t> indices;
  std::vector<TransactionPointer> transactions;  ///< for `indices`
};

/// Asks for final blocks by height, both ends included.
struct BlockRequest {
  Height from;
  Height to;
};

struct BlockResponse {
  Height from;
  std::vector<BlockPointer> blocks;         ///< consecutive heights from `from`
  std::optional<Certificate> finalization;  ///< of the last of `path`; of the last of `blocks` when it is empty
  std::vector<BlockHeader> path;  ///< that follow the blocks, when none of these has a finalization of its own
};

struct TransactionBatch {
  std::vector<TransactionPointer> transactions;
};

/// Everything that validators say to each other after the hello.
using PeerMessage =
    std::variant<Vote, Certificate, ProposalMessage, consensus::Status, consensus::CertificateRequest,
                 consensus::CertificateResponse, PayloadRequest, PayloadResponse, BlockRequest, BlockResponse,
                 TransactionBatch, Evidence, consensus::RecoveryRequest, consensus::RecoveryReply>;

/// Votes, certificates, proposals, status and requests overtake transactions and blocks.
enum class Lane : std::uint8_t { votes, bulk };
Lane lane_of(const PeerMessage& message);

}  // namespace keten::pipeline
