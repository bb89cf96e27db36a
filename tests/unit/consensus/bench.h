#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "consensus/elector.h"
#include "consensus/engine.h"
#include "tests/scenarios/cheap_signer.h"

namespace keten::consensus::test {

using scenarios::cheap_signature;
using scenarios::cheap_validators;
using scenarios::CheapSigner;
using scenarios::genesis_floor;
using scenarios::test_chain;
using scenarios::test_genesis;

/// One engine, and everything that others could send it. Signatures are checked at once; payloads are valid when the
/// test says so.
class Bench {
 public:
  /// `turn` is the view that the engine's validator leads first; 0 makes a follower.
  explicit Bench(std::uint64_t turn, std::size_t validators = 4)
      : set(cheap_validators(validators)), elector(test_chain(), Epoch{0}, validators) {
    if (turn > 0) { self = elector.leader(View{turn}); }
    config.chain_id = test_chain();
    config.validators = set;
    config.self = self;
    recovered.floor = genesis_floor();
    recovered.floor_header = test_genesis();
  }

  /// Boots with what `recovered` holds; `allow` ends the hand-shake.
  void start(bool allow = true) {
    signer = std::make_unique<CheapSigner>(self.value_or(ValidatorIndex{0}));
    engine.emplace(config, self ? signer.get() : nullptr, recovered);
    take(engine->start(now()));
    if (allow) { take(engine->allow_votes(now())); }
    take(engine->on_work(true, now()));
  }

  [[nodiscard]] Now now() const { return {.steady_ms = time_ms, .wall_ms = 1'000'000 + time_ms}; }
  void advance(std::uint64_t duration_ms) {
    time_ms += duration_ms;
    take(engine->on_time(now()));
  }

  [[nodiscard]] ValidatorIndex leader(std::uint64_t view) const { return elector.leader(View{view}); }
  /// Everybody but this validator, in order.
  [[nodiscard]] std::vector<ValidatorIndex> others() const {
    std::vector<ValidatorIndex> result;
    for (std::size_t i = 0; i < set.size(); ++i) {
      const ValidatorIndex index{static_cast<std::uint16_t>(i)};
      if (index != self) { result.push_back(index); }
    }
    return result;
  }

  /// A valid header; `salt` tells blocks of one place apart.
  [[nodiscard]] BlockHeader header(std::uint64_t view, const BlockHeader& parent, std::uint8_t salt = 0) const {
    BlockHeader result;
    result.chain_id = test_chain();
    result.view = View{view};
    result.height = parent.height.next();
    result.parent = parent.id();
    result.proposer = leader(view);
    result.time = std::max<Milliseconds>(1'000'000, parent.time + 1);
    result.transaction_count = 1;
    result.payload_root.bytes[0] = salt;
    return result;
  }
  [[nodiscard]] static Subject subject(VoteKind kind, const BlockHeader& header, std::uint64_t parent_view) {
    return {.kind = kind, .epoch = {}, .view = header.view, .parent_view = View{parent_view}, .block = header.id()};
  }
  [[nodiscard]] static Subject nullify(std::uint64_t view) {
    return {.kind = VoteKind::nullify, .epoch = {}, .view = View{view}, .parent_view = {}, .block = {}};
  }
  [[nodiscard]] Vote vote(const Subject& subject, ValidatorIndex signer_index) const {
    return {subject, signer_index, cheap_signature(signer_index, subject.signing_hash(test_chain(), set.id()))};
  }
  /// Of the first quorum of the others.
  [[nodiscard]] Certificate certificate(const Subject& subject) const {
    std::vector<Vote> votes;
    for (const auto index : others()) {
      if (votes.size() < set.quorum_weight()) { votes.push_back(vote(subject, index)); }
    }
    return make_certificate(votes, set);
  }
  [[nodiscard]] Proposal proposal(const BlockHeader& header, std::uint64_t parent_view,
                                  std::vector<Certificate> justification = {}) const {
    const auto what = subject(VoteKind::notarize, header, parent_view);
    return {.epoch = {},
            .view = header.view,
            .parent_view = View{parent_view},
            .header = header,
            .leader_notarize = vote(what, header.proposer).signature,
            .justification = std::move(justification)};
  }

  void receive(ValidatorIndex from, Message message) { take(engine->on_message(from, std::move(message), now())); }
  void receive_vote(const Subject& what, ValidatorIndex from) { receive(from, vote(what, from)); }
  void receive(const Certificate& what) { receive(others().front(), what); }
  void receive(const Proposal& what) { receive(what.header.proposer, what); }
  /// The leader's proposal, found valid and stored.
  void accept(const Proposal& what) {
    receive(what);
    stored(what.header);
  }
  void stored(const BlockHeader& what) {
    take(engine->on_payload(what.view, what.id(), PayloadVerdict::stored, now()));
  }
  void rejected(const BlockHeader& what) {
    take(engine->on_payload(what.view, what.id(), PayloadVerdict::invalid, now()));
  }
  void fetched(const BlockHeader& what) { take(engine->on_block_stored(what, now())); }
  std::optional<BlockHeader> propose(std::uint64_t view, std::uint32_t count = 1) {
    const auto before = engine->proposed();
    Payload payload;
    payload.count = count;
    take(engine->propose(View{view}, payload, now()));
    return engine->proposed() == before ? std::nullopt : engine->proposed();
  }

  /// Collects effects; checks signatures at once unless `hold_checks`.
  void take(Effects effects) {
    journal.insert(journal.end(), effects.persist.begin(), effects.persist.end());
    for (auto& one : effects.send) { sent.push_back(std::move(one)); }
    for (auto& one : effects.check) { checks.push_back(one); }
    for (auto& one : effects.fetch) { fetches.push_back(one); }
    for (auto& one : effects.finalized) { finalized.push_back(std::move(one)); }
    for (auto& one : effects.alarms) { alarms.push_back(std::move(one)); }
    if (effects.build) { build = effects.build; }
    for (const auto& request : effects.verify) {
      verified_signatures += request.checks.size();
      if (hold_checks) {
        held_checks.push_back(request);
      } else {
        take(engine->on_verified(request.ticket, scenarios::cheap_verify(request), now()));
      }
    }
  }

  template <typename Kind>
  [[nodiscard]] std::vector<Kind> sent_of() const {
    std::vector<Kind> result;
    for (const auto& one : sent) {
      if (const auto* message = std::get_if<Kind>(&one.message)) { result.push_back(*message); }
    }
    return result;
  }
  /// How often this validator's own vote of that kind was sent for that view.
  [[nodiscard]] std::size_t voted(VoteKind kind, std::uint64_t view) const {
    std::size_t count = 0;
    for (const auto& one : sent_of<Vote>()) {
      count += one.signer == self && one.subject.kind == kind && one.subject.view.value == view ? 1U : 0U;
    }
    return count;
  }
  /// What a restart would find if everything became durable.
  [[nodiscard]] Recovered after_crash() const {
    auto result = recovered;
    for (const auto& record : journal) {
      if (const auto* own = std::get_if<OwnVote>(&record)) { result.votes.push_back(*own); }
      if (const auto* held = std::get_if<HeldCertificate>(&record)) {
        result.certificates.push_back(held->certificate);
      }
    }
    return result;
  }

  ValidatorSet set;
  Elector elector;
  std::optional<ValidatorIndex> self;
  Config config;
  Recovered recovered;
  std::unique_ptr<CheapSigner> signer;
  std::optional<Engine> engine;
  std::uint64_t time_ms = 0;

  std::vector<JournalRecord> journal;
  std::vector<Outgoing> sent;
  std::vector<CheckPayload> checks;
  std::vector<FetchBlock> fetches;
  std::vector<Finalized> finalized;
  std::vector<Alarm> alarms;
  std::optional<BuildRequest> build;
  std::size_t verified_signatures = 0;
  bool hold_checks = false;
  std::vector<VerifyRequest> held_checks;
};

}  // namespace keten::consensus::test
