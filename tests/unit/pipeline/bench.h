#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "consensus/elector.h"
#include "core/merkle.h"
#include "node/pipeline/pipeline.h"
#include "node/pipeline/state.h"
#include "tests/unit/core/sample_network.h"

namespace keten::pipeline::test {

/// The state root that this network computes after a height.
inline Hash root_after(Height height) { return sample::hash_of("root " + height.text()); }

class KeySigner : public consensus::Keys, private consensus::Signer {
 public:
  explicit KeySigner(KeyPair pair) : pair_(std::move(pair)) {}
  [[nodiscard]] const consensus::Signer* find(const PublicKey& key) const override {
    return key == pair_.public_key() ? this : nullptr;
  }

 private:
  [[nodiscard]] Signature sign(const Hash& digest) const override { return pair_.sign(digest.view()); }

  KeyPair pair_;
};

/// Every transaction is good but those of the contract `forbidden`.
class SampleRules : public TransactionRules {
 public:
  [[nodiscard]] keten::Status check(const Transaction& transaction, Roles /*roles*/) const override {
    if (transaction.body.contract == "forbidden") {
      return failure(ErrorKind::forbidden, "ROLE_NOT_ALLOWED", "not this one");
    }
    return kDone;
  }
  [[nodiscard]] bool may_call(const Transaction& transaction, Roles /*roles*/) const override {
    return transaction.body.contract != "forbidden";
  }
};

/// One pipeline driven by hand. The other validators are what the test sends in their names.
class Bench {
 public:
  /// `turn` is the first view that this pipeline's validator leads.
  explicit Bench(std::size_t validators, std::uint64_t turn = 1, std::uint64_t interval_ms = 50,
                 mempool::Limits room = {}, const std::function<void(PipelineRecovered&)>& recover = {})
      : genesis(sample::genesis(validators)),
        chain(genesis.chain_id()),
        set(genesis.validators()),
        elector(chain, Epoch{}, validators),
        self{elector.leader(View{turn}).value},
        signer(sample::validator_key(self.value)),
        genesis_block(genesis_header(genesis)) {
    now.steady_ms = 5000;
    now.wall_ms = genesis.time + 10'000;
    PipelineConfig config;
    config.genesis = genesis;
    config.min_block_interval_ms = interval_ms;
    config.mempool = room;
    PipelineRecovered recovered;
    recovered.consensus.floor_header = genesis_block;
    recovered.consensus.floor.block = genesis_block.id();
    recovered.state_root = root_after(Height{0});
    recovered.membership = std::make_shared<Membership>(genesis_membership(genesis));
    if (recover) { recover(recovered); }
    pipeline.emplace(std::move(config), signer, rules, std::move(recovered));
  }

  void start() { take(pipeline->start(now)); }
  /// Starts and connects everybody, each at the given height.
  void start_connected(std::uint64_t floor_height = 0) {
    start();
    for (const auto peer : others()) { step(PeerConnected{peer}); }
    for (const auto peer : others()) { step(FromPeer{peer, status_at(floor_height)}); }
    elapse(kEchoMs);
    clear();
  }
  static consensus::Status status_at(std::uint64_t height) {
    return {.epoch = {},
            .view = View{1},
            .floor_view = {},
            .floor_height = Height{height},
            .executed_height = Height{height},
            .wants_progress = false};
  }

  void step(Event event) { take(pipeline->step(std::move(event), now)); }
  void elapse(std::uint64_t ms) {
    now.steady_ms += ms;
    now.wall_ms += ms;
    step(Tick{});
  }
  /// Everything that was said and done since the last clear.
  void clear() {
    const auto wake_at_ms = seen.wake_at_ms;
    seen = {};
    seen.wake_at_ms = wake_at_ms;
  }

  [[nodiscard]] std::vector<NodeNumber> others() const {
    std::vector<NodeNumber> result;
    for (std::uint16_t i = 0; i < set.size(); ++i) {
      if (NodeNumber{i} != self) { result.push_back(NodeNumber{i}); }
    }
    return result;
  }
  [[nodiscard]] NodeNumber leader(std::uint64_t view) const { return {elector.leader(View{view}).value}; }
  [[nodiscard]] NodeNumber not_leader(std::uint64_t view) const {
    for (const auto one : others()) {
      if (one != leader(view)) { return one; }
    }
    return self;
  }

  // ---- the other side of effects ----

  /// Answers every check of signatures that is open, truthfully.
  void verify() {
    while (!seen.verify_votes.empty() || !seen.verify_transactions.empty()) {
      const auto votes = std::exchange(seen.verify_votes, {});
      for (const auto& request : votes) {
        std::vector<bool> valid;
        for (const auto& check : request.checks) {
          valid.push_back(keten::verify(check.key, check.digest.view(), check.signature));
        }
        step(VotesVerified{request.ticket, valid});
      }
      const auto transactions = std::exchange(seen.verify_transactions, {});
      for (const auto& request : transactions) { step(TransactionsVerified{request.ticket, truth(request)}); }
    }
  }
  static std::vector<bool> truth(const VerifyTransactions& request) {
    std::vector<bool> valid;
    for (const auto& one : request.transactions) { valid.push_back(has_valid_signature(*one)); }
    return valid;
  }
  /// Says that all that was handed to the disk is there.
  void disk() {
    if (seen.persist.empty()) { return; }
    const auto sequence = seen.persist.back().sequence;
    step(Persisted{sequence});
  }
  void execute() {
    const auto work = std::exchange(seen.execute, {});
    for (const auto& one : work) {
      const auto height = one.block->header.height;
      step(Executed{height, root_after(height), std::exchange(decided, nullptr)});
    }
  }
  /// Until nothing is open.
  void settle() {
    std::uint64_t durable = 0;
    for (;;) {
      verify();
      const bool writes = !seen.persist.empty() && seen.persist.back().sequence > durable;
      if (writes) {
        durable = seen.persist.back().sequence;
        disk();
        continue;
      }
      if (!seen.execute.empty()) {
        execute();
        continue;
      }
      return;
    }
  }

  // ---- what others say ----

  [[nodiscard]] TransactionPointer transaction(std::uint64_t number, std::size_t sender = 0) const {
    return sample::transaction(chain, number, sender);
  }
  [[nodiscard]] Block block(std::uint64_t view, const BlockHeader& parent,
                            std::vector<TransactionPointer> transactions) const {
    Block result;
    auto& header = result.header;
    header.chain_id = chain;
    header.view = View{view};
    header.height = parent.height.next();
    header.parent = parent.id();
    header.proposer = elector.leader(View{view});
    header.time = std::max(parent.time + 1, now.wall_ms);
    header.executed_height = parent.executed_height;
    header.state_root = root_after(parent.executed_height);
    header.transaction_count = static_cast<std::uint32_t>(transactions.size());
    for (const auto& one : transactions) { header.payload_bytes += static_cast<std::uint32_t>(one->envelope.size()); }
    const auto leaves = payload_leaves(transactions);
    header.payload_root = merkle_root(leaves);
    result.transactions = std::move(transactions);
    return result;
  }
  [[nodiscard]] ProposalMessage proposal(const Block& block, std::uint64_t parent_view) const {
    ProposalMessage message;
    auto& proposal = message.proposal;
    proposal.view = block.header.view;
    proposal.parent_view = View{parent_view};
    proposal.header = block.header;
    proposal.leader_notarize = sample::validator_key(block.header.proposer.value)
                                   .sign(proposal.subject().signing_hash(chain, set.id()).view());
    message.leaves = payload_leaves(block.transactions);
    return message;
  }
  [[nodiscard]] static Subject subject(VoteKind kind, const Block& block, std::uint64_t parent_view) {
    return {kind, Epoch{}, block.header.view, View{parent_view}, block.header.id()};
  }
  [[nodiscard]] Certificate certificate(const Subject& subject) const {
    std::vector<std::size_t> signers;
    for (const auto one : others()) { signers.push_back(one.value); }
    return sample::certificate(subject, signers, chain, set);
  }
  void send_proposal(const Block& block, std::uint64_t parent_view) {
    step(FromPeer{NodeNumber{block.header.proposer.value}, proposal(block, parent_view)});
  }
  /// The others notarize and finalize.
  void finalize(const Block& block, std::uint64_t parent_view) {
    for (const auto kind : {VoteKind::notarize, VoteKind::finalize}) {
      step(FromPeer{not_leader(block.header.view.value), certificate(subject(kind, block, parent_view))});
      settle();
    }
  }

  // ---- what was seen ----

  template <typename Message>
  [[nodiscard]] std::vector<std::pair<std::optional<NodeNumber>, Message>> sent() const {
    std::vector<std::pair<std::optional<NodeNumber>, Message>> result;
    for (const auto& send : seen.send) {
      if (const auto* message = std::get_if<Message>(&send.message)) { result.emplace_back(send.to, *message); }
    }
    return result;
  }
  [[nodiscard]] bool has_voted(VoteKind kind, std::uint64_t view) const {
    const auto votes = sent<Vote>();
    return std::any_of(votes.begin(), votes.end(), [&](const auto& one) {
      return one.second.signer.value == self.value && one.second.subject.kind == kind &&
             one.second.subject.view == View{view};
    });
  }
  [[nodiscard]] std::vector<std::string> admissions() const {
    std::vector<std::string> result;
    for (const auto& one : seen.admissions) { result.push_back(one.status ? "admitted" : one.status.error().reason); }
    return result;
  }

  void take(Effects effects) {
    // Holds at every step of every test: a wake-up lies ahead.
    BOOST_TEST(effects.wake_at_ms > now.steady_ms);
    seen.wake_at_ms = effects.wake_at_ms;
    const auto move_all = [](auto& from, auto& to) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    move_all(effects.persist, seen.persist);
    move_all(effects.send, seen.send);
    move_all(effects.verify_votes, seen.verify_votes);
    move_all(effects.verify_transactions, seen.verify_transactions);
    move_all(effects.execute, seen.execute);
    move_all(effects.serve, seen.serve);
    move_all(effects.admissions, seen.admissions);
    move_all(effects.finals, seen.finals);
    move_all(effects.expired, seen.expired);
    move_all(effects.dropped, seen.dropped);
    move_all(effects.alarms, seen.alarms);
    if (effects.ready_due) { seen.ready_due = effects.ready_due; }
  }

  Genesis genesis;
  ChainId chain;
  ValidatorSet set;
  consensus::Elector elector;
  NodeNumber self;
  KeySigner signer;
  SampleRules rules;
  BlockHeader genesis_block;
  Now now;
  std::optional<Pipeline> pipeline;
  MembershipPointer decided;  ///< by the block that is executed next; null: it changes nothing
  Effects seen;
};

}  // namespace keten::pipeline::test
