#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "consensus/engine.h"
#include "contracts/contract.h"
#include "core/block.h"
#include "core/genesis.h"
#include "core/membership.h"
#include "core/receipt.h"
#include "core/transaction.h"
#include "node/mempool/mempool.h"
#include "node/pipeline/messages.h"

namespace keten::pipeline {

using consensus::Now;

// ---- events in ----

/// From this node's own front doors. Answered once per transaction by an Admission with the same ticket.
struct Submitted {
  std::uint64_t ticket = 0;
  std::vector<TransactionPointer> transactions;
};
struct FromPeer {
  NodeNumber from;
  PeerMessage message;
};
struct PeerConnected {
  NodeNumber peer;
};
struct PeerDisconnected {
  NodeNumber peer;
};
/// Completion of VerifySignatures: consensus votes.
struct VotesVerified {
  std::uint64_t ticket = 0;
  std::vector<bool> valid;
};
/// Completion of VerifyTransactions.
struct TransactionsVerified {
  std::uint64_t ticket = 0;
  std::vector<bool> valid;
};
/// Completion of Persist: that sequence and all before it are on the disk.
struct Persisted {
  std::uint64_t sequence = 0;
};
/// Completion of Execute, in height order.
struct Executed {
  Height height;
  Hash state_root;
  MembershipPointer membership;  ///< as of this height, when the block changed it; null otherwise
};
/// Time passed; the pipeline asked for it by `wake_at_ms`.
struct Tick {};

using Event = std::variant<Submitted, FromPeer, PeerConnected, PeerDisconnected, VotesVerified, TransactionsVerified,
                           Persisted, Executed, Tick>;

// ---- effects out, to be carried out in this order ----

/// Append the blocks to the block segments and the records to the vote journal, sync both, then say Persisted.
struct Persist {
  std::uint64_t sequence = 0;
  std::vector<BlockPointer> blocks;
  std::vector<consensus::JournalRecord> records;
};
struct Send {
  std::optional<NodeNumber> to;  ///< none: everybody who is connected
  PeerMessage message;
};
struct VerifyTransactions {
  std::uint64_t ticket = 0;
  std::vector<TransactionPointer> transactions;
};
/// Execute and commit this final block; heights come in order without gaps.
struct Execute {
  BlockPointer block;
  std::optional<Certificate> finalization;  ///< of this very block, when there is one
};
/// Read these blocks from the store and send a BlockResponse (or PayloadResponse) to the peer.
struct Serve {
  NodeNumber peer;
  BlockRequest request;
};
/// The answer to one submitted transaction.
struct Admission {
  std::uint64_t ticket = 0;
  std::uint32_t index = 0;  ///< in the Submitted batch
  keten::Status status = kDone;
};
/// A block is final (its transactions reached level `final`).
struct Final {
  BlockPointer block;
};

/// This node is in the set agreed for the next epoch, has executed what the others have, and nobody knows it yet: submit
/// `governance.ready` for this set, signed with the key that it will vote with. Said again while it is not recorded.
struct ReadyDue {
  PublicKey key;
  SetId set;
  Height height;  ///< executed here
};

/// A key was revoked or a limit lowered since it was admitted.
struct Dropped {
  TransactionId id;
  Error why;
};

struct Effects {
  std::vector<Persist> persist;
  std::vector<Send> send;
  std::vector<consensus::VerifyRequest> verify_votes;
  std::vector<VerifyTransactions> verify_transactions;
  std::vector<Execute> execute;
  std::vector<Serve> serve;
  std::vector<Admission> admissions;
  std::vector<Final> finals;
  std::vector<TransactionId> expired;  ///< left the mempool without reaching a block: too late
  std::vector<Dropped> dropped;        ///< the same, because no block can hold them any more
  std::vector<consensus::Alarm> alarms;
  MembershipPointer membership;  ///< as of the executed height, when it changed; null otherwise
  std::optional<ReadyDue> ready_due;
  std::uint64_t wake_at_ms = 0;  ///< steady time of the next Tick
};

/// Static checks that the built-in contracts make before a transaction is admitted or voted for.
class TransactionRules {
 public:
  virtual ~TransactionRules() = default;
  /// Contract and method exist, the role allows it, the contract's own shape check.
  [[nodiscard]] virtual keten::Status check(const Transaction& transaction, Roles roles) const = 0;
  /// The part of it that depends on the role alone; cheap.
  [[nodiscard]] virtual bool may_call(const Transaction& transaction, Roles roles) const = 0;
};

struct PipelineConfig {
  Genesis genesis;
  consensus::Timing timing;
  std::uint64_t min_block_interval_ms = 50;  ///< at least the chain's parameter
  mempool::Limits mempool;
};

/// One executed-but-remembered block for the duplicate window.
struct WindowBlock {
  Height height;
  std::vector<std::pair<TransactionId, Height>> transactions;  ///< id and valid_until
};

/// What the disk gave back.
struct PipelineRecovered {
  consensus::Recovered consensus;
  std::vector<BlockPointer> blocks;  ///< stored blocks above the executed height: final ones and not yet final ones
  Height executed_height;
  Hash state_root;
  std::vector<std::pair<Height, Hash>> recent_roots;  ///< state roots of the newest executed heights, ascending
  std::vector<WindowBlock> window;                    ///< executed blocks whose transactions may still be valid
  MembershipPointer membership;                       ///< as of the executed height
  std::set<EvidenceKey> evidence;                     ///< recorded in the state at the executed height
};

struct PipelineStatus {
  Height height;
  Height executed_height;
  Hash state_root;
  Epoch epoch;
  View view;
  Milliseconds block_time = 0;
  std::uint64_t lag = 0;
  std::string reason;
  bool quorum = false;
  std::string abstention;               ///< why this validator casts no vote; empty when it does, or is none
  std::string divergence;               ///< a quorum bound another result than this node computed: where, and both
  std::vector<Evidence> evidence = {};  ///< of this epoch, proven here and not recorded yet
  std::size_t mempool_transactions = 0;
  std::size_t mempool_bytes = 0;
  struct Peer {
    NodeNumber number;
    bool connected = false;
    Height height;
    Height executed_height;
    std::uint64_t silent_ms = 0;
  };
  std::vector<Peer> peers;  ///< the validators of this epoch in their order, self included; then other connected nodes
};

/// The one loop as a pure function: consensus, mempool and ordering. The daemon and the simulator carry its effects out
/// and bring completions back as events, in any order and delay.
class Pipeline {
 public:
  /// `keys` and `rules` are borrowed. The node votes in an epoch whose set names a key of `keys`; else it follows.
  Pipeline(PipelineConfig config, const consensus::Keys& keys, const TransactionRules& rules,
           PipelineRecovered recovered);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  [[nodiscard]] Effects start(Now now);
  [[nodiscard]] Effects step(Event event, Now now);

  [[nodiscard]] PipelineStatus status(Now now) const;
  /// admitted, final (in an unexecuted final block) or unknown; what is executed only the store knows.
  enum class Place : std::uint8_t { unknown, verifying, admitted, final };
  [[nodiscard]] Place place(const TransactionId& id) const;
  [[nodiscard]] const consensus::Engine& engine() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keten::pipeline
