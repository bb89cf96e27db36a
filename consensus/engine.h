#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/journal_record.h"
#include "consensus/messages.h"
#include "core/block.h"
#include "core/certificate.h"
#include "core/ids.h"
#include "core/validator_set.h"

namespace keten::consensus {

/// Time as an event: the engine never reads a clock.
struct Now {
  std::uint64_t steady_ms = 0;  ///< monotonic, this process only: for timers
  Milliseconds wall_ms = 0;     ///< UTC: for block times only
};

/// The only way to this validator's key. The simulator has a cheap one.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual Signature sign(const Hash& digest) const = 0;
};

/// The consensus keys of this node: one, or two while one replaces the other at the next epoch.
class Keys {
 public:
  virtual ~Keys() = default;
  /// Null when it is not this node's; lives as long as the keys. A key may appear at any time, none goes away.
  [[nodiscard]] virtual const Signer* find(const PublicKey& key) const = 0;
};

/// Local policy: safe to differ between validators. docs/consensus.md, "Timers".
struct Timing {
  std::uint64_t leader_timeout_ms = 400;  ///< T_leader: from view entry (or first work) to a proposal
  std::uint64_t view_timeout_ms = 900;    ///< T_view: to a certificate that ends the view
  std::uint64_t retry_ms = 1000;          ///< T_retry
  std::uint64_t skip_silent_ms = 10'000;  ///< T_skip: a leader silent this long is skipped at once
  std::uint64_t status_interval_ms = 500;
  std::uint64_t idle_interval_ms = 60'000;  ///< heartbeat block of an idle chain
  std::uint64_t timeout_cap_ms = 30'000;
};

struct Config {
  ChainId chain_id;
  Epoch epoch;
  ValidatorSet validators;
  std::optional<ValidatorIndex> self;  ///< none: a follower, never votes
  std::uint64_t clock_drift_ms_max = 5000;
  std::uint64_t execution_lag_max = 32;
  Timing timing;
};

/// One signature to check, off the loop.
struct SignatureCheck {
  PublicKey key;
  Hash digest;
  Signature signature;
};

struct VerifyRequest {
  std::uint64_t ticket = 0;
  std::vector<SignatureCheck> checks;
};

/// A message to one validator or, without `to`, to all others.
struct Outgoing {
  std::optional<ValidatorIndex> to;
  Message message;
  /// Must not leave before everything persisted so far (this step's records included) is durable.
  bool after_durable = false;
};

/// Please obtain, validate and store the payload of this proposal, then call `on_payload`.
struct CheckPayload {
  View view;
  ValidatorIndex leader;
  BlockHeader header;
};

/// This validator leads `view` and may build on `parent`; answer with `propose` when there is something to propose.
struct BuildRequest {
  View view;
  View parent_view;
  BlockHeader parent;
};

/// A block that certificates speak of and that is not stored here. Answer with `on_block_stored`.
struct FetchBlock {
  BlockId block;
  std::optional<ValidatorIndex> hint;  ///< who surely had it
};

/// The floor moved: every stored block from the previous floor (excluded) to `floor.block` is final. Headers that
/// are known, in height order; when `complete` is false some are missing and block sync must fetch the range.
struct Finalized {
  Floor floor;
  std::vector<BlockHeader> headers;
  bool complete = true;
};

enum class AlarmKind : std::uint8_t {
  safety_broken,       ///< two notarizations, or a finalization and a nullification, of one view: stop voting
  quarantined,         ///< this key's past is not known here: no vote until readmission
  readmitted,          ///< the quarantine is over
  conflicting_votes,   ///< a validator signed two things: evidence
  rejected_notarized,  ///< a notarized block that this validator found invalid
};
struct Alarm {
  AlarmKind kind;
  std::string text;
};

/// What one event asks for, in this order: the order is the protocol.
struct Effects {
  std::vector<JournalRecord> persist;
  std::vector<Outgoing> send;
  std::vector<VerifyRequest> verify;
  std::vector<CheckPayload> check;
  std::vector<FetchBlock> fetch;
  std::optional<BuildRequest> build;  ///< the newest; an older one is void
  std::vector<Finalized> finalized;
  std::vector<Evidence> evidence;  ///< newly proven here, each key once
  std::vector<Alarm> alarms;
};

enum class PayloadVerdict : std::uint8_t {
  stored,   ///< valid and handed to the disk before anything that this step persists
  invalid,  ///< definitively: nullify at once
};

/// What the leader decides about a block; the engine fills in the rest of the header.
struct Payload {
  Hash root;
  std::uint32_t bytes = 0;
  std::uint32_t count = 0;
  Height executed_height;
  Hash state_root;
  SetId next_set = {};  ///< zero but in a block that seals the epoch
  Hash evidence_root = {};
};

/// What a journal and the block store gave back after a start, or the beginning of an epoch: then the floor is the block
/// that sealed the epoch before, at view 0. Votes and certificates of later epochs are handed
/// over when these begin, those of earlier ones left aside.
struct Recovered {
  Floor floor;
  BlockHeader floor_header;
  std::vector<OwnVote> votes;             ///< of views above the floor
  std::vector<Certificate> certificates;  ///< of views above the floor
  std::vector<BlockHeader> stored;        ///< blocks above the floor whose bodies are durable
  std::vector<Evidence> evidence;         ///< of this epoch
  std::optional<Contradiction> contradiction;
  /// The key's past is not known: the journal's last word, or what a look at the disk said. None after a readmission.
  std::optional<Quarantine> quarantine;
  std::optional<Readmission> readmission;  ///< the newest
  /// Nothing was ever recorded: a first start, unless certificates of this epoch turn up before `allow_votes`.
  bool is_fresh = false;
  /// The operator says that no other process uses this key: then a foreign vote is of the past as well.
  bool is_alone = false;
  /// The operator says that this key has never signed anything: when it is this validator's, no past is unknown.
  std::optional<PublicKey> unused_key = {};
  Hash nonce;  ///< unpredictable, new for every start; only a quarantine uses it
};

/// Simplex (docs/consensus.md): one event in, effects out. Knows no clock, thread, socket or disk; not thread-safe;
/// equal events give equal effects.
class Engine {
 public:
  /// `signer` is borrowed and may be null for a follower.
  Engine(Config config, const Signer* signer, Recovered recovered);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Once, before anything else. A validator casts no vote until `allow_votes`.
  [[nodiscard]] Effects start(Now now);
  /// The hand-shake with enough peers is done (quorum - 1 others answered).
  [[nodiscard]] Effects allow_votes(Now now);

  /// `from` is the authenticated peer. A vote or proposal counts only from its signer; anything else from anyone.
  [[nodiscard]] Effects on_message(ValidatorIndex from, Message message, Now now);
  /// Results in the order of the request's checks.
  [[nodiscard]] Effects on_verified(std::uint64_t ticket, const std::vector<bool>& valid, Now now);
  [[nodiscard]] Effects on_payload(View view, const BlockId& block, PayloadVerdict verdict, Now now);
  /// A fetched block is stored (its id was checked against the request).
  [[nodiscard]] Effects on_block_stored(const BlockHeader& header, Now now);
  /// Answers a BuildRequest. Ignored when the view has passed. The effects hold the proposal to send; the caller
  /// stores the block (`proposed()` gives its header) before this step's records.
  [[nodiscard]] Effects propose(View view, const Payload& payload, Now now);
  [[nodiscard]] Effects on_peer_connected(ValidatorIndex peer, Now now);
  [[nodiscard]] Effects on_executed(Height height, Now now);
  /// Block sync brought a block with a verified finalization: the floor moves there if it is higher.
  [[nodiscard]] Effects on_synced(const Certificate& finalization, const BlockHeader& header, Now now);
  /// Whether anything waits to be ordered here; starts the leader's clock.
  [[nodiscard]] Effects on_work(bool pending, Now now);
  [[nodiscard]] Effects on_time(Now now);

  /// The floor is the block that seals this epoch: nothing more can be voted on in it.
  [[nodiscard]] bool sealed() const;
  /// Header of the last own proposal; a sealing block that is proposed again is not.
  [[nodiscard]] const std::optional<BlockHeader>& proposed() const;
  /// Steady time at which on_time must be called again.
  [[nodiscard]] std::uint64_t deadline_ms() const;

  [[nodiscard]] View view() const;
  [[nodiscard]] const Floor& floor() const;
  [[nodiscard]] const BlockHeader& floor_header() const;
  [[nodiscard]] ValidatorIndex leader(View view) const;
  /// A known header by id: stored or seen in a proposal above the floor; null otherwise.
  [[nodiscard]] const BlockHeader* header(const BlockId& block) const;
  /// Status of a peer as last heard, and when; null when never.
  struct PeerView {
    Status status;
    std::uint64_t heard_ms = 0;
  };
  [[nodiscard]] const PeerView* peer(ValidatorIndex index) const;
  /// Does not listen to this peer for a while: it sent a bad signature.
  [[nodiscard]] bool ignores(ValidatorIndex peer, Now now) const;
  /// Why no view ends, for a person; empty while the chain moves or is idle by choice.
  [[nodiscard]] std::string stuck_reason(Now now) const;
  /// Voting has stopped for good (an alarm says why).
  [[nodiscard]] bool halted() const;
  /// Nothing is known of this key's past, and votes are not allowed yet: a certificate would put it into quarantine.
  [[nodiscard]] bool is_fresh() const;
  [[nodiscard]] bool is_quarantined() const;
  /// Why it is; none when it is not.
  [[nodiscard]] std::optional<QuarantineCause> quarantine() const;
  /// Why this validator casts no vote although it could, and what ends that; empty when it votes.
  [[nodiscard]] std::string abstention_reason() const;
  /// This follower's key is in no set whose epoch has begun, and stays out of this epoch: whatever was before, it has signed
  /// nothing in one to come. Ends its quarantine.
  [[nodiscard]] Effects past_is_known(Now now);
  /// What the engine of the next epoch must know of this key and of the chain, when the key is the same.
  void hand_over(Recovered& next) const;
  /// All contradictions of this epoch that are proven here.
  [[nodiscard]] const std::map<EvidenceKey, Evidence>& evidence() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keten::consensus
