#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "consensus/block_tree.h"
#include "consensus/certificate_store.h"
#include "consensus/elector.h"
#include "consensus/engine.h"
#include "consensus/pacemaker.h"
#include "consensus/resolver.h"
#include "consensus/safety_rules.h"
#include "consensus/vote_tracker.h"

namespace keten::consensus {

/// The first proposal of a view's leader, on its way to a notarize vote.
struct Candidate {
  enum class Signature : std::uint8_t { asked, good };
  enum class Body : std::uint8_t { unasked, asked, stored };
  Proposal proposal;
  BlockId block;
  Signature signature = Signature::asked;
  Body body = Body::unasked;
  bool refused = false;   ///< definitively: nobody honest can notarize it
  bool rejected = false;  ///< refused because of its payload, by this validator's own judgement
  std::uint64_t body_asked_ms = 0;
};

// Signatures that are being checked.
struct VotesUnderCheck {
  std::vector<Vote> votes;
};
struct CertificatesUnderCheck {
  struct Part {
    Certificate certificate;
    std::size_t checks = 0;
  };
  ValidatorIndex from;
  std::vector<Part> parts;
  std::vector<BlockHeader> headers;  ///< believed when a checked certificate names them
  std::optional<View> proposal;      ///< the first check is the signature of this view's candidate
};
/// Two votes of one signer that cannot both be honest.
struct ContradictionUnderCheck {
  Vote earlier;
  Vote later;
};
/// A vote of this validator's own key, told by somebody else.
struct EchoUnderCheck {
  ValidatorIndex from;
  Vote vote;
};
/// A contradiction that a peer tells of.
struct EvidenceUnderCheck {
  ValidatorIndex from;
  Evidence evidence;
  EvidenceKey key;
};
/// The answer to a recovery request: its own signature first, then those of its proof.
struct ReplyUnderCheck {
  ValidatorIndex from;
  RecoveryReply reply;
};
using UnderCheck = std::variant<VotesUnderCheck, CertificatesUnderCheck, ContradictionUnderCheck, EchoUnderCheck,
                                EvidenceUnderCheck, ReplyUnderCheck>;

/// The engine between two events. `now` and `out` belong to the event that is being handled.
/// receive.cpp: what messages and checks change. rules.cpp: what follows from it. relay.cpp: what others must be told.
/// amnesia.cpp: a key whose past is not known, and evidence against any key.
struct Engine::State {
  State(Config given, const Signer* signer, Recovered recovered);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const Config config;
  const Elector elector;
  const std::uint64_t faulty_max;  ///< faults_tolerated of the set
  SafetyRules safety;
  CertificateStore certificates;
  BlockTree blocks;
  VoteTracker votes;
  Pacemaker pacemaker;
  Resolver resolver;
  ByteBudget retransmit_budget;

  Floor floor;
  View view;  ///< the smallest view above the floor that is not cleared; 0 before the start
  std::uint64_t entered_ms = 0;
  std::uint64_t floor_moved_ms = 0;
  std::uint64_t started_ms = 0;
  Height executed_height;

  std::map<View, Candidate> candidates;
  struct Build {
    View view;
    View parent_view;
    BlockHeader parent;
  };
  std::optional<Build> build;  ///< the answer that is awaited from the pipeline
  std::optional<BlockHeader> proposed;
  bool cannot_build = false;         ///< leads the view and lacks the parent
  bool build_failed = false;         ///< the pipeline's own block broke the header rules
  std::optional<View> missing_from;  ///< a candidate waits for certificates of views from here on
  std::uint64_t pull_due_ms = 0;
  std::size_t pulls = 0;

  std::map<std::uint64_t, UnderCheck> under_check;
  std::set<Subject> certificates_under_check;
  std::uint64_t last_ticket = 0;

  /// Of epochs to come: the journal is ahead of the blocks when these were lost. Handed over to the next engine.
  struct {
    std::vector<OwnVote> votes;
    std::vector<Certificate> certificates;
    std::vector<Evidence> evidence;
    std::optional<Readmission> readmission;
  } later;

  // What is known of this key's past: docs/consensus.md, "Amnesia".
  bool is_fresh = false;
  bool is_alone = false;
  std::optional<PublicKey> unused_key;
  bool is_cleared_by_operator = false;  ///< a quarantine has ended with this start
  std::optional<Quarantine> quarantine;
  View voted_elsewhere;  ///< the newest view of a foreign vote of this key
  Hash nonce;
  std::map<ValidatorIndex, View> standings;  ///< answers to this nonce
  View readmission_view;                     ///< another one may vote again from here on, as far as this one knows
  std::map<ValidatorIndex, std::uint64_t> helped_ms;  ///< when views last passed for its sake
  std::uint64_t recovery_due_ms = 0;
  std::map<EvidenceKey, Evidence> evidence;
  std::set<EvidenceKey> evidence_under_check;
  std::optional<Contradiction> contradiction;

  struct Peer {
    PeerView seen;
    bool is_heard = false;    ///< `seen.heard_ms` holds
    bool has_status = false;  ///< `seen.status` holds
    std::size_t checks = 0;   ///< batches of its certificates that are being checked
  };
  std::vector<Peer> peers;
  std::optional<std::uint64_t> retry_from_ms;  ///< while a cast vote is not final: since when nothing was repeated
  std::uint64_t status_due_ms = 0;
  std::optional<std::uint64_t> early_until_ms;  ///< a candidate's time has come then

  Now now;
  Effects out;
  bool progressed = false;
  bool work_waits = false;  ///< as the pipeline says
  std::optional<std::uint64_t> work_since_ms;

  // receive.cpp
  void receive(ValidatorIndex from, Vote& vote);
  void receive(ValidatorIndex from, Certificate& certificate);
  void receive(ValidatorIndex from, Proposal& proposal);
  void receive(ValidatorIndex from, Status& status);
  void receive(ValidatorIndex from, CertificateRequest& request);
  void receive(ValidatorIndex from, CertificateResponse& response);
  void receive(ValidatorIndex from, Evidence& told);
  void receive(ValidatorIndex from, const RecoveryRequest& request);
  void receive(ValidatorIndex from, RecoveryReply& reply);
  void heard(ValidatorIndex from);
  void receive_own_echo(ValidatorIndex from, const Vote& vote);
  void count(const Vote& vote);
  [[nodiscard]] bool is_needed(const Certificate& certificate) const;
  void check_certificates(CertificatesUnderCheck batch, std::vector<SignatureCheck> checks,
                          const std::vector<Certificate>& received);
  void request_checks(UnderCheck what, std::vector<SignatureCheck> checks);
  [[nodiscard]] SignatureCheck check_of(const Vote& vote) const;
  [[nodiscard]] SignatureCheck check_of(ValidatorIndex signer, const Hash& digest,
                                        const keten::Signature& signature) const;
  void checked(const VotesUnderCheck& what, const std::vector<bool>& valid);
  void checked(const CertificatesUnderCheck& what, const std::vector<bool>& valid);
  void checked(const ContradictionUnderCheck& what, const std::vector<bool>& valid);
  void checked(const EchoUnderCheck& what, const std::vector<bool>& valid);
  void checked(const EvidenceUnderCheck& what, const std::vector<bool>& valid);
  void checked(const ReplyUnderCheck& what, const std::vector<bool>& valid);
  void learn(const Certificate& certificate);
  [[nodiscard]] bool contradicts_floor(const Subject& subject) const;
  void certificates_contradict(const Certificate& one, const Certificate& other);

  // amnesia.cpp
  void enter_quarantine(QuarantineCause cause, std::optional<Vote> vote = {});
  /// A fresh journal on a running chain is no first start, or a late one: nobody can tell.
  void chain_runs_already();
  void forget_unknown_past();
  /// A vote of this key came from elsewhere, and its signature holds.
  void voted_elsewhere_too(const Vote& vote);
  [[nodiscard]] bool may_recover() const;
  void ask_to_recover();
  void count_standings();
  void prove(Evidence proven);
  [[nodiscard]] bool has_sealed() const;
  [[nodiscard]] std::string abstention_reason() const;

  // rules.cpp
  void settle();
  void commit();
  void move_floor(const Certificate& finalization, const BlockHeader& header, BlockTree::Path path);
  void enter_views();
  void consider_candidates();
  void consider(Candidate& candidate);
  void consider_repeated(Candidate& candidate);
  /// A view between it and its parent lacks its nullification here; asks for it.
  [[nodiscard]] bool is_skip_unproven(const Candidate& candidate);
  void wait_for_time(Milliseconds time);
  void refuse(Candidate& candidate);
  /// Stops the vote when a quorum accepted what this validator rejected.
  void judge_own_judgement(const Candidate& candidate);
  void finalize_notarized();
  void nullify_when_due();
  [[nodiscard]] bool has_reason_to_nullify() const;
  [[nodiscard]] bool is_leader_silent() const;
  void tally();
  void lead();
  void publish(const std::optional<Vote>& vote);
  /// The leader's proposal is its notarize vote.
  void publish(const std::optional<Vote>& vote, const BlockHeader& header);
  void cast(const Vote& vote);
  void propose(const Payload& payload);
  void propose_again(View parent_view, const BlockHeader& sealing);
  void want_blocks();
  void want_missing(View accepted_in, const BlockId& accepted);
  [[nodiscard]] SafetyRules::Standing standing() const { return {floor.view, view, certificates, blocks}; }
  [[nodiscard]] bool leads(View which) const { return config.self == elector.leader(which); }
  /// The block that the view's certificates, or the floor, accepted; empty when none did.
  [[nodiscard]] std::optional<BlockId> accepted_block(View which) const;
  [[nodiscard]] View parent_view_to_build_on() const;
  /// A sealing block was accepted and is not final: somebody must go on proposing it.
  [[nodiscard]] bool awaits_seal() const;
  void help_to_rejoin(ValidatorIndex asker);
  void alarm(AlarmKind kind, std::string text);
  void halt(AlarmKind kind, std::string text);

  // relay.cpp
  void send(std::optional<ValidatorIndex> to, Message message, bool after_durable = false);
  void relay(const Certificate& certificate);
  [[nodiscard]] Proposal make_proposal(View which, View parent_view, const BlockHeader& header,
                                       const keten::Signature& signature) const;
  [[nodiscard]] std::optional<Proposal> own_proposal() const;
  void retransmit(std::optional<ValidatorIndex> to);
  void tell_when_due();
  void send_status(std::optional<ValidatorIndex> to);
  void pull();
  void ask_certificates(ValidatorIndex peer, View from_view);
  void hint_finalization(ValidatorIndex peer, View voted);
  [[nodiscard]] View newest_final_view() const;
  /// Its finalization is of this epoch and here: not so at the start of an epoch, nor after the journal was lost.
  [[nodiscard]] bool floor_is_proven() const { return floor.view.value > 0 && !floor.finalization.signatures.empty(); }
  [[nodiscard]] std::uint64_t deadline_ms() const;

  /// Weight of this validator and of everyone heard in the last `window_ms`.
  [[nodiscard]] std::uint64_t active_weight(std::uint64_t window_ms, std::uint64_t at_ms) const;
  [[nodiscard]] bool is_active(ValidatorIndex peer, std::uint64_t window_ms, std::uint64_t at_ms) const;
  [[nodiscard]] std::string stuck_reason(Now at) const;
  [[nodiscard]] std::string why_the_view_lasts(Now at) const;
  [[nodiscard]] std::string why_views_end_in_vain(std::uint64_t seconds) const;
};

}  // namespace keten::consensus
