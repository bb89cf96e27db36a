#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <unordered_set>

#include "consensus/resolver.h"
#include "node/mempool/duplicate_window.h"
#include "node/mempool/mempool.h"
#include "node/pipeline/pipeline.h"

namespace keten::pipeline {

/// Tickets of the pipeline's own checks. The engine's stay in the lower bits, the epoch's lowest bits stand above them: an
/// answer to the engine of an ended epoch must not be taken for another.
inline constexpr std::uint64_t kPipelineTicket = 1ULL << 63U;
inline constexpr unsigned kEngineTicketBits = 44;

/// How long misses of a proposal are left to gossip before they are asked for.
inline constexpr std::uint64_t kGossipGraceMs = 20;
/// Between two requests for the same thing; each goes to another peer.
inline constexpr std::uint64_t kFetchRetryMs = 250;
/// The admitting node shares a transaction again that waits so long; whoever else has it takes longer, because the
/// admitting node may have died before all heard of it.
inline constexpr std::uint64_t kShareAgainMs = 4000;
inline constexpr std::uint64_t kShareForOthersMs = 12'000;
/// Admitted transactions gather for so long before they go to the others in one message, but for the first after a pause:
/// a message costs every validator more than the signatures of a few transactions.
inline constexpr std::uint64_t kShareGatherMs = 8;
inline constexpr std::size_t kShareGatherTransactions = 128;
inline constexpr std::uint64_t kShareRoundMs = 1000;
inline constexpr std::size_t kShareRoundBytes = 256 * 1024;
/// After a quorum has answered, what they hold of this validator's own votes has arrived and is checked.
inline constexpr std::uint64_t kEchoMs = 50;
/// So long a node with an empty disk waits for the proof of what no more than f claim; liars must not stop a first start.
inline constexpr std::uint64_t kClaimMs = 10'000;
/// A connected peer that says nothing for so long does not count for the quorum (it sends its status every 500 ms).
inline constexpr std::uint64_t kSilentMs = 3000;
/// After sharing a transaction whose signature does not hold.
inline constexpr std::uint64_t kUnheardMs = 5000;
/// Payloads sent to one peer that asks for them.
inline constexpr std::uint64_t kAnswerBytesPerSecond = 32 * 1024 * 1024;
/// A peer that was asked for blocks is asked again so much later, doubling while it sends none that are final: one that claims
/// a height that it cannot prove holds up nobody.
inline constexpr std::uint64_t kBlocksAgainMs = 1000;
inline constexpr std::uint32_t kBlocksAgainDoublings = 3;
/// Blocks that may be synced ahead of execution.
inline constexpr std::uint64_t kSyncAheadBlocks = 256;
/// Executed blocks that stay in memory to answer peers.
inline constexpr std::uint64_t kBlocksKept = 16;
/// Payloads of proposals remembered for each leader until they are checked.
inline constexpr std::size_t kLeavesPerLeader = 4;
/// Messages of the next epoch that wait for each peer until it begins here.
inline constexpr std::size_t kEarlyMessagesPerPeer = 16;
/// Between two words to one peer about how its epoch ended.
inline constexpr std::uint64_t kSealToldMs = 200;
/// A node that is at most so many blocks behind is ready for the next epoch.
inline constexpr std::uint64_t kReadyLagBlocks = 16;
/// Between two reminders that readiness is not recorded.
inline constexpr std::uint64_t kReadyAgainMs = 5000;
/// Who cannot say it yet looks again.
inline constexpr std::uint64_t kReadyLookMs = 50;
/// State roots remembered to check headers against.
inline constexpr std::size_t kRootsKept = 512;

/// A block in memory: above the executed height, or one of the newest executed.
struct HeldBlock {
  BlockPointer block;
  std::unordered_set<TransactionId, FixedBytesHash> ids;
};

/// A proposal whose payload is being obtained.
struct PendingProposal {
  View view;
  NodeNumber leader;
  BlockHeader header;
  std::vector<Hash> leaves;
  std::vector<TransactionPointer> transactions;  ///< by place; null while missing
  std::vector<std::size_t> in_check;             ///< by place; bytes of what is with the pool, 0 when nothing is
  std::size_t missing = 0;
  std::vector<Evidence> evidence;
  bool evidence_in_check = false;
  bool forged = false;  ///< a signature does not hold, or it is longer than it says: no validator can accept it
  std::uint64_t ask_at_ms = 0;
  std::size_t asked = 0;
};

/// A whole block that is wanted by id.
struct WantedBlock {
  std::optional<NodeNumber> hint;
  std::uint64_t ask_at_ms = 0;
  std::size_t asked = 0;
};

/// Transactions whose signatures are with the pool, and why.
struct Verification {
  std::vector<TransactionPointer> transactions;
  std::optional<std::uint64_t> submission;  ///< ticket of the front door; none: from a peer
  std::optional<BlockId> proposal;          ///< a leader's payload needs them
  std::optional<NodeNumber> sharer;         ///< the peer that shared them unasked
  std::vector<std::uint32_t> places;        ///< in the submission or in the proposal
};

/// Why a block and all its ancestors are final.
struct FinalProof {
  Certificate finalization;
  BlockHeader header;  ///< of the finalized block
};

/// A range of blocks whose finalization is being checked.
struct SyncedRange {
  std::vector<BlockPointer> blocks;
  FinalProof proof;  ///< of the last block, or of a descendant that a path of headers leads to
  NodeNumber from;
};

/// A final block on its way to execution.
struct Delivered {
  BlockPointer block;
  std::optional<Certificate> finalization;  ///< of this very block
};

/// An admitted transaction that is shared again when it still waits then: the first sharing may have been lost.
struct Waiting {
  std::uint64_t share_at_ms = 0;
  TransactionId id;
};

/// What waits until everything persisted so far is durable.
struct Held {
  std::uint64_t sequence = 0;
  std::variant<Send, Delivered> what;
};

struct PeerState {
  bool connected = false;
  bool answered = false;  ///< said its status since it is connected
  std::uint64_t heard_ms = 0;
  std::uint64_t unheard_until_ms = 0;  ///< until then its transactions are left aside
  std::uint64_t seal_due_ms = 0;       ///< before that it is not told again how its epoch ended
  std::deque<PeerMessage> early;       ///< of the next epoch, oldest first
  std::uint64_t blocks_due_ms = 0;     ///< before that it is not asked for blocks again
  std::uint32_t blocks_owed = 0;       ///< requests since it last sent blocks that are final
  consensus::Status status;
  consensus::ByteBudget answers{kAnswerBytesPerSecond};  ///< payloads it asked for
};

/// The member of the set whose key this node holds.
[[nodiscard]] std::optional<ValidatorIndex> own_index(const ValidatorSet& validators, const consensus::Keys& keys);
[[nodiscard]] consensus::Engine make_engine(const PipelineConfig& config, const EpochRules& epoch,
                                            std::optional<ValidatorIndex> self, const consensus::Keys& keys,
                                            consensus::Recovered recovered);

struct Pipeline::State {
  State(PipelineConfig configuration, const consensus::Keys& own_keys, const TransactionRules& transaction_rules,
        PipelineRecovered recovered);

  // submission.cpp: how transactions come in
  void submit(Submitted event);
  void receive(NodeNumber from, TransactionBatch batch);
  void transactions_verified(const TransactionsVerified& event);
  /// `height` is that of the next block it could stand in.
  [[nodiscard]] keten::Status check_admission(const Transaction& transaction, Height height) const;
  [[nodiscard]] keten::Status check_body(const Transaction& transaction, Height height) const;
  [[nodiscard]] keten::Status check_sender(const Transaction& transaction, const Directory& directory) const;
  void proposed_verified(const Verification& verification, std::size_t place, bool is_valid);
  void share(std::vector<TransactionPointer> transactions);
  /// Sends what gathered, when it is time.
  void share_gathered();
  void admit(const TransactionId& id, std::uint64_t share_again_ms);
  void share_again();
  /// Drops what waits and is refused now: it would count as work until it expires, and no leader could propose it.
  void drop_refused(const std::function<keten::Status(const Transaction&)>& check);
  void update_work();

  // proposals.cpp: payloads of others' proposals
  void receive(NodeNumber from, ProposalMessage message);
  void check_payload(const consensus::CheckPayload& request);
  void resolve_proposals();
  [[nodiscard]] bool fill(PendingProposal& proposal);
  enum class Verdict : std::uint8_t { wait, valid, invalid };
  [[nodiscard]] Verdict judge(const PendingProposal& proposal) const;
  [[nodiscard]] keten::Status check_content(const BlockHeader& header,
                                            const std::vector<TransactionPointer>& transactions) const;
  /// The sender is a member and may call the method, as of the result that the block binds.
  [[nodiscard]] bool may_stand(const Transaction& transaction, Height bound) const;
  void receive(NodeNumber from, const PayloadRequest& request);
  void receive(PayloadResponse response);
  void ask_for_missing();

  // building.cpp: own proposals
  void try_build();
  /// A block with transactions, or one that binds their result, waits on this branch longer than a view should take.
  [[nodiscard]] bool holds_old_work(const BlockHeader& tip) const;
  [[nodiscard]] std::pair<Height, Hash> result_to_bind(const BlockHeader& parent) const;
  [[nodiscard]] bool has_unbound_result() const;
  [[nodiscard]] bool is_on_branch(const TransactionId& id, const BlockId& tip) const;
  /// Of this epoch: what is of an earlier one, no block can carry any more.
  [[nodiscard]] bool has_open_evidence() const;
  /// What a block on `tip` should carry: proven, neither recorded nor on the way.
  [[nodiscard]] std::vector<Evidence> evidence_to_record(const BlockId& tip) const;

  // evidence.cpp: contradictions on their way into the chain, and results that differ
  /// Form, and that every signature was checked; asks for the checks that are still missing.
  void check_evidence_of(PendingProposal& proposal);
  void evidence_verified(const BlockId& block, const std::vector<bool>& valid);
  void record_evidence(const Block& block);
  void tell_recorded(const EvidenceKey& key, const Evidence& evidence, Height height);
  /// A final block says what a quorum computed.
  void compare_results(const BlockHeader& header);
  void note_result(Height executed, const Hash& bound, Height by);

  // delivery.cpp: final blocks, execution, block sync
  void deliver();
  void deliver_block(const BlockPointer& block, std::optional<Certificate> finalization);
  void executed(const Executed& event);
  void receive(NodeNumber from, const BlockRequest& request);
  void receive(NodeNumber from, BlockResponse response);
  void range_verified(std::uint64_t ticket, const std::vector<bool>& valid);
  /// The newest block that is known to be final and is here: block sync goes on behind it.
  struct SyncTip {
    Height height;
    BlockId id;
  };
  [[nodiscard]] SyncTip sync_tip();
  /// Takes note of a proof; the highest that is of a synced block, when there is one.
  [[nodiscard]] std::optional<FinalProof> reached_by_sync(FinalProof proof);
  void ask_for_blocks();

  // epochs.cpp: from one set of validators to the next
  void membership_changed(Height height, MembershipPointer changed);
  /// Null while the height is not executed, or when a start has forgotten what was so long ago.
  [[nodiscard]] const Membership* membership_at(Height height) const;
  /// What a block of this epoch on this parent that binds this result must say. Precondition: the result is known here.
  [[nodiscard]] SetId next_set(const BlockHeader& parent, Height bound) const;
  void begin_epoch();
  /// True when the message is of the present epoch. Else it waits, or is answered, or is nothing any more.
  [[nodiscard]] bool is_present(NodeNumber from, PeerMessage& message);
  void tell_seal(NodeNumber to, Epoch epoch);
  /// As far as a quorum says.
  [[nodiscard]] bool has_next_begun() const;
  void remind_ready();
  [[nodiscard]] Height honest_height() const;

  // pipeline.cpp: the loop
  void from_peer(NodeNumber from, PeerMessage message);
  void apply(consensus::Effects&& from_engine, std::vector<BlockPointer> store = {});
  void persist(std::vector<BlockPointer> blocks, std::vector<consensus::JournalRecord> records);
  void release();
  void hold(const BlockPointer& block);
  void forget_old_blocks();
  void send(std::optional<NodeNumber> to, PeerMessage message);
  [[nodiscard]] std::uint64_t engine_tickets() const { return (current.epoch.value & 0xffffU) << kEngineTicketBits; }
  [[nodiscard]] NodeNumber number_of(ValidatorIndex index) const { return current.validators.at(index).number; }
  [[nodiscard]] bool is_self(NodeNumber number) const { return self && number_of(*self) == number; }
  [[nodiscard]] bool is_live(NodeNumber peer) const;
  /// As its last status said.
  [[nodiscard]] Height executed_height_of(NodeNumber number) const;
  [[nodiscard]] bool has_quorum_connected() const;
  [[nodiscard]] bool has_quorum_answered() const;
  /// How long after a quorum's answers this key stays silent. With an empty disk longer, while others say that the chain runs
  /// already and have not proven it yet: docs/consensus.md, "Amnesia".
  [[nodiscard]] std::uint64_t hand_shake_ms() const;
  /// Some connected peer, another one each time; prefers `hint` on the first attempt.
  [[nodiscard]] std::optional<NodeNumber> choose_peer(std::size_t attempt, std::optional<NodeNumber> hint) const;
  [[nodiscard]] std::string stuck_reason() const;
  void finish_step();

  PipelineConfig config;
  ChainId chain_id;
  const consensus::Keys& keys;
  const TransactionRules& rules;
  MembershipPointer membership;                        ///< as of the executed height
  std::map<Height, MembershipPointer> memberships;     ///< by the height that changed it, as far back as votes may ask
  std::optional<consensus::CertificateResponse> seal;  ///< how the epoch before this one ended
  std::uint64_t ready_due_ms = 0;
  std::optional<PublicKey> unused_key;  ///< consensus::Recovered
  EpochRules current;                   ///< of the epoch that the engine runs
  std::optional<ValidatorIndex> self;   ///< in its set; none: a follower
  consensus::Engine engine;
  Now now;
  Effects effects;

  mempool::Mempool mempool;
  mempool::DuplicateWindow window;

  std::map<BlockId, HeldBlock> blocks;
  std::map<BlockId, std::vector<Hash>> leaves;                 ///< payloads of proposals seen, until they are checked
  std::map<NodeNumber, std::deque<BlockId>> leaves_order;      ///< by leader, oldest first
  std::map<BlockId, std::vector<Evidence>> proposed_evidence;  ///< beside `leaves`, where there is any
  std::map<BlockId, PendingProposal> proposals;
  std::map<EvidenceKey, Evidence> open_evidence;  ///< proven here, not yet in a final block
  std::set<EvidenceKey> recorded_evidence;        ///< in the state or in a final block
  std::string divergence;
  std::map<Height, std::pair<Height, Hash>>
      bound_results;  ///< executed height to what a block at some height binds it to
  std::map<BlockId, WantedBlock> wanted;
  std::optional<consensus::BuildRequest> build;

  std::uint64_t next_ticket = 1;
  std::map<std::uint64_t, Verification> verifications;
  std::map<std::uint64_t, SyncedRange> ranges;
  std::map<std::uint64_t, BlockId> evidence_checks;  ///< of proposals

  std::uint64_t persist_sequence = 0;
  std::uint64_t durable_sequence = 0;
  std::deque<Held> held;

  Height delivered;  ///< newest final block handed to execution (or waiting to be durable)
  BlockId delivered_id;
  Height executed_height;
  std::map<Height, Hash> roots;
  Height newest_work;                       ///< newest delivered block that held transactions
  std::map<Height, BlockId> delivered_ids;  ///< of blocks still held in memory
  std::set<NodeNumber> range_from;          ///< whose answers are awaited
  /// Blocks behind `delivered` that are final and stored, and wait for the block whose finalization proves it: the floor
  /// never moves to a block that is not here. Reaches at most limits::kSyncPathMax headers and one range far.
  std::deque<BlockPointer> synced;
  std::optional<FinalProof> synced_proof;  ///< the lowest one above them
  std::uint64_t range_ask_at_ms = 0;
  std::size_t range_asked = 0;
  std::uint64_t behind_since_ms = 0;
  std::uint64_t build_since_ms = 0;

  std::map<NodeNumber, PeerState> peers;
  bool votes_allowed = false;
  std::uint64_t answered_ms = 0;             ///< when a quorum had answered; 0 while it has not
  std::vector<TransactionPointer> gathered;  ///< admitted here, not yet shared
  std::uint64_t shared_ms = 0;               ///< when that was last done
  std::deque<Waiting> waiting_own;           ///< admitted here
  std::deque<Waiting> waiting_others;        ///< shared by others
  std::uint64_t share_again_at_ms = 0;
  View resolved_floor;  ///< floor at the last look at the pending proposals
  bool work_told = false;
};

}  // namespace keten::pipeline
