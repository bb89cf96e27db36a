#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/execute.h"
#include "contracts/governance/arguments.h"
#include "contracts/governance/membership_state.h"
#include "contracts/governance/records.h"
#include "contracts/registry.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/core/sample_network.h"
#include "tests/unit/governance/member_histories.h"

/// A ledger without consensus: every transaction is a block. Organisation i is sample::organisation_name(i) with one
/// validator.
namespace keten::governance::test {

inline std::string certificate(const std::string& name) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string body;
  for (const auto byte : sample::hash_of(name).bytes) { body += kDigits[byte % 64]; }
  return "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n";
}

inline GenesisValidator validator_card(const std::string& organisation, const std::string& node) {
  auto result = sample::genesis_validator(organisation, node);
  result.tls_certificate = certificate(node);
  return result;
}

class Ledger {
 public:
  explicit Ledger(std::size_t validators = 4) : Ledger(sample::genesis(validators)) {}
  explicit Ledger(Genesis founding) : genesis(std::move(founding)), chain(genesis.chain_id()), time(genesis.time) {
    keep(contracts::execute_genesis(genesis));
  }

  Genesis genesis;
  ChainId chain;
  keten::test::MapState state;
  keten::test::MapState proofs;
  Height height;
  Milliseconds time;
  contracts::Registry registry = contracts::built_in_contracts();
  std::vector<contracts::ContractEvent> events;  ///< of the newest block
  bool changed_membership = false;               ///< by the newest block

  [[nodiscard]] Membership membership() const { return read_membership(state).value(); }
  [[nodiscard]] std::string organisation(std::size_t index) const { return sample::organisation_name(index); }

  TransactionPointer sign(const std::string& organisation, const KeyPair& key, std::string_view method,
                          Bytes arguments) {
    auto body = sample::body(chain, ++salt_);
    body.organisation = organisation;
    body.sender = key.public_key();
    body.valid_until = height.plus(10);
    body.fuel_limit = limits::kFuelPerTransactionMax;
    body.contract = kContractName;
    body.method = method;
    body.arguments = std::move(arguments);
    return sign_transaction(std::move(body), {}, key);
  }

  std::vector<Receipt> block(const std::vector<TransactionPointer>& transactions) {
    follow_height();
    ++height;
    time += 1000;
    const contracts::BlockContext context{.chain_id = chain, .height = height, .time = time};
    auto result = contracts::execute_block({.state = state, .proofs = proofs}, context, transactions, registry,
                                           membership().directory);
    events.clear();
    for (auto& list : result.events) { events.insert(events.end(), list.begin(), list.end()); }
    keep(result);
    return result.receipts;
  }

  /// By a key of any name; returns `ok` or the reason.
  std::string send(const std::string& organisation, const KeyPair& key, std::string_view method, Bytes arguments) {
    last = block({sign(organisation, key, method, std::move(arguments))}).front();
    return last.succeeded ? "ok" : last.reason;
  }
  /// By an organisation's admin.
  template <typename Arguments>
  std::string admin(std::size_t index, std::string_view method, const Arguments& arguments) {
    const auto name = organisation(index);
    return send(name, sample::key_pair(name + "/admin"), method, arguments.encode());
  }
  Receipt last;

  std::string propose(std::size_t index, std::vector<Change> changes) {
    ProposeChange proposal;
    proposal.changes = std::move(changes);
    last_proposal_ = proposal.encode();
    return admin(index, kPropose, proposal);
  }
  std::string approve(std::size_t index, ChangeId change) {
    return admin(index, kApprove, ApproveChange{change, change_digest(last_proposal_)});
  }
  /// Organisations 0 to 2 agree, a quorum of four. Returns the outcome of the last step that was needed.
  std::string agree(std::vector<Change> changes) {
    if (auto proposed = propose(0, std::move(changes)); proposed != "ok") { return proposed; }
    auto outcome = ChangeOutcome::decode(last.result).value();
    for (std::size_t index = 1; !outcome.applied && index < genesis.organisations.size(); ++index) {
      if (auto approved = approve(index, outcome.change); approved != "ok") { return approved; }
      outcome = ChangeOutcome::decode(last.result).value();
    }
    return outcome.applied ? "ok" : "not applied";
  }
  [[nodiscard]] ChangeOutcome outcome() const { return ChangeOutcome::decode(last.result).value(); }

  std::string ready(const std::string& organisation, const KeyPair& key) {
    return send(organisation, key, kReady, Ready{membership().pending->rules.validators.id(), height}.encode());
  }
  /// The key that the sample makes for a node.
  std::string ready(const std::string& organisation, const std::string& node) {
    return ready(organisation, sample::key_pair(organisation + "/" + node));
  }
  std::string ready(std::size_t index) { return ready(organisation(index), sample::node_name(index)); }

  /// The sealing block, without transactions.
  void seal() {
    follow_height();
    ++height;
    time += 1000;
    const contracts::BlockContext context{
        .chain_id = chain, .height = height, .time = time, .next_set = membership().next.value().validators.id()};
    keep(contracts::execute_block({.state = state, .proofs = proofs}, context, {}, registry, membership().directory));
  }

  /// Also proves, for whatever a test does: the membership that follows from the one before and the writes is the one that
  /// is read from the whole state.
  void keep(const contracts::BlockResult& result) { keep(result, time); }
  void keep(const contracts::BlockResult& result, Milliseconds block_time) {
    const auto& writes = result.writes;
    changed_membership = changes_membership(writes);
    keten::test::keep(state, proofs, result);
    histories_.keep(result, contracts::commitment::read_standing(proofs)->height, block_time, state);
    const auto read = membership();
    if (followed_) {
      followed_ = changed_membership ? membership_after(*followed_, state, writes).value() : *followed_;
    }
    if (!followed_) { followed_ = read; }
    BOOST_TEST((followed_->directory.keys() == valid_keys()));
    BOOST_TEST((read.directory.keys() == valid_keys()));
    BOOST_TEST((followed_->nodes == read.nodes));
    BOOST_TEST((followed_->since == read.since));
    BOOST_TEST((followed_->current.epoch == read.current.epoch));
    BOOST_TEST((followed_->current.validators.id() == read.current.validators.id()));
    BOOST_TEST((followed_->current.parameters == read.current.parameters));
    BOOST_TEST(followed_->pending.has_value() == read.pending.has_value());
    if (followed_->pending && read.pending) {
      BOOST_TEST((followed_->pending->ready == read.pending->ready));
      BOOST_TEST((followed_->pending->rules.validators.id() == read.pending->rules.validators.id()));
      BOOST_TEST((followed_->pending->rules.parameters == read.pending->rules.parameters));
    }
    BOOST_TEST(followed_->next.has_value() == read.next.has_value());
    BOOST_TEST((followed_->next_since == read.next_since));
  }

  /// Every record of a key there ever was.
  [[nodiscard]] Directory::Keys valid_keys() const {
    Directory::Keys keys;
    for (const auto& [entry, value] : state.entries) {
      constexpr std::string_view kPrefix = "governance/key/";
      if (!as_text(entry).starts_with(kPrefix)) { continue; }
      auto record = decode_key_record(value);
      if (!record.is_valid()) { continue; }
      keys.emplace(PublicKey::from(ByteView(entry).subspan(kPrefix.size())).value(), std::move(record.registered));
    }
    return keys;
  }

  /// Empty blocks, where a test has let the height go on.
  void follow_height() {
    for (auto next = contracts::commitment::read_standing(proofs)->height.next(); next <= height; ++next) {
      keep(contracts::execute_block({.state = state, .proofs = proofs}, {.chain_id = chain, .height = next}, {},
                                    registry, membership().directory),
           0);
    }
  }

  [[nodiscard]] ChangeRecord change(std::uint64_t id) const {
    StateStore store(state);
    return Records(store).change(ChangeId{id}).value();
  }

 private:
  std::uint64_t salt_ = 0;
  Bytes last_proposal_;
  MemberHistories histories_;
  std::optional<Membership> followed_;  ///< from block to block, never read again
};

inline RotateValidator rotation(const std::string& organisation, const std::string& node, const KeyPair& key) {
  const auto possession = key_possession_hash(organisation, node, key.public_key(), Roles{Role::validator});
  return {node, key.public_key(), key.sign(possession.view())};
}

}  // namespace keten::governance::test
