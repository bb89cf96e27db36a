#pragma once

#include <cstddef>
#include <cstdint>

/// Every bound of the system in one place. What all validators must agree on is a protocol parameter of the genesis
/// (core/genesis.h) with its default and its ceiling here; the rest bounds one node's memory.
namespace keten::limits {

inline constexpr std::size_t kValidatorsMax = 100;
inline constexpr std::size_t kNameBytesMax = 64;  ///< organisation, node, user, contract, method

// Governance
inline constexpr std::size_t kOrganisationsMax = 1000;
inline constexpr std::size_t kKeysPerOrganisationMax = 1000;  ///< of users and devices, revoked ones not counted
inline constexpr std::size_t kNodesMax = 65'535;              ///< numbers are not used again
inline constexpr std::size_t kFormerKeysMax = 8;              ///< of one node, as proof of who it is on a connection
inline constexpr std::size_t kChangesPerProposalMax = 16;
inline constexpr std::size_t kChangesOpenMax = 64;
inline constexpr std::size_t kChangesOpenPerOrganisationMax = 8;
inline constexpr std::size_t kChangeReasonBytesMax = 256;
inline constexpr std::uint64_t kChangeOpenMsMin = 60'000;
inline constexpr std::uint64_t kChangeOpenMsDefault = 7 * 24 * 3'600'000ULL;
inline constexpr std::uint64_t kChangeOpenMsMax = 30 * 24 * 3'600'000ULL;
inline constexpr std::uint64_t kReadyAgeBlocksMax =
    100;  ///< between what a node has executed and the block that says so

// Transactions
inline constexpr std::size_t kTransactionBytesMax = 1024 * 1024;  ///< envelope with payloads
inline constexpr std::size_t kArgumentBytesMax = 256 * 1024;
inline constexpr std::size_t kPayloadsMax = 16;
inline constexpr std::uint64_t kValidityBlocksMax = 2000;  ///< how far ahead `valid_until` may lie
inline constexpr std::size_t kEntitiesPerTransactionMax = 10'000;
inline constexpr std::uint64_t kFuelPerTransactionMax = 150'000'000;

// Blocks
inline constexpr std::size_t kBlockBytesMax = 4 * 1024 * 1024;
inline constexpr std::size_t kBlockTransactionsMax = 2000;
inline constexpr std::uint64_t kBlockFuelMax = 1'000'000'000;
inline constexpr std::uint64_t kExecutionLagMax = 32;
inline constexpr std::uint64_t kClockDriftMsMax = 5000;
inline constexpr std::size_t kBlockEvidenceMax = 16;  ///< proven contradictions in one block

// JSON
inline constexpr std::size_t kJsonDepthMax = 32;
inline constexpr std::size_t kJsonBytesMax = kTransactionBytesMax;
inline constexpr std::size_t kJsonValuesMax = 200'000;
inline constexpr std::size_t kJsonNameBytesMax = 1024;   ///< of a member
inline constexpr std::size_t kJsonNumberBytesMax = 128;  ///< however many zeros it is written with

// EPCIS
inline constexpr std::size_t kEventsPerDocumentMax = 1000;
inline constexpr std::size_t kCaptureBytesMax = 1'000'000;  ///< announced in GS1-EPCIS-Capture-File-Size-Limit
inline constexpr std::size_t kViolationsMax = 50;           ///< reported for one document
inline constexpr std::size_t kUriBytesMax = 1024;           ///< one EPC, class, event id, location or other identifier
inline constexpr std::size_t kTraceNodesMax = 10'000;
inline constexpr std::size_t kTraceDepthMax = 64;
inline constexpr std::size_t kPageMax = 1000;
inline constexpr std::size_t kPageDefault = 30;

// Consensus and peers
inline constexpr std::size_t kJustificationMax = 34;
inline constexpr std::uint64_t kVoteViewsAhead = 8;
inline constexpr std::size_t kRetransmitViews = 16;
inline constexpr std::size_t kRetransmitBytesPerSecond = 512 * 1024;
inline constexpr std::size_t kPeerMessageBytesMax = 8 * 1024 * 1024;
inline constexpr std::size_t kPeerVoteQueueMax = 4096;                   ///< messages waiting in one peer's vote lane
inline constexpr std::size_t kPeerBulkQueueBytesMax = 32 * 1024 * 1024;  ///< bytes waiting in one peer's bulk lane
inline constexpr std::size_t kSyncBlocksMax = 64;                        ///< blocks in one response
inline constexpr std::size_t kSyncPathMax = 1024;  ///< headers in one response, from its last block to a finalized one

// Node
inline constexpr std::size_t kInboxEventsMax = 16'384;
inline constexpr std::size_t kMempoolTransactionsMax = 20'000;
inline constexpr std::size_t kMempoolBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kMempoolBytesPerOrganisation = 24 * 1024 * 1024;
inline constexpr std::size_t kVerifiedCacheMax = 65'536;
inline constexpr std::size_t kWaitersMax = 10'000;
inline constexpr std::size_t kBatchTransactionsMax = 1000;  ///< in one submit or gossip message
inline constexpr std::size_t kHttpBodyBytesMax = kTransactionBytesMax;
inline constexpr std::size_t kHttpHeaderBytesMax = 16 * 1024;
inline constexpr std::size_t kHttpTargetBytesMax = 8 * 1024;
inline constexpr std::size_t kHttpConnectionsMax = 1024;

}  // namespace keten::limits
