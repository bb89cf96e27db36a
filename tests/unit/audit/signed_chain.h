#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "consensus/elector.h"
#include "contracts/execute.h"
#include "contracts/governance/arguments.h"
#include "contracts/governance/membership_state.h"
#include "contracts/record_contract.h"
#include "contracts/registry.h"
#include "node/audit/source.h"
#include "node/journal/segment_store.h"
#include "node/rocksdb/rocks_database.h"
#include "node/storage/commit.h"
#include "node/storage/memory_database.h"
#include "tests/unit/core/sample_network.h"

namespace keten::test {

/// A chain of four companies as consensus would have made it: leaders, results, certificates and hand-overs are right, but
/// for what a test changes before the validators sign.
class SignedChain {
 public:
  using Change = std::function<void(Block&)>;

  SignedChain() {
    for (std::size_t i = 0; i < 4; ++i) { know(sample::validator_key(i)); }
    require(storage::initialise(database, genesis));
    head = genesis_header(genesis);
  }

  Genesis genesis = sample::genesis(4);
  ChainId chain = genesis.chain_id();
  storage::MemoryDatabase database;
  BlockHeader head;
  std::vector<audit::SourceBlock> blocks;  ///< that of height h at h - 1
  /// Validators that sign, as places in the set.
  std::vector<std::size_t> signers = {0, 1, 2};

  [[nodiscard]] Membership membership() const {
    return governance::read_membership(database.snapshot()->column(storage::Column::state)).value();
  }

  TransactionPointer put(std::string_view key, std::string_view value) {
    auto body = sample::body(chain, ++salt_);
    body.valid_until = head.height.plus(50);
    body.arguments = contracts::RecordPut{.key = to_bytes(key), .value = to_bytes(value)}.encode();
    return sign_transaction(std::move(body), {}, sample::device_key(0));
  }

  TransactionPointer govern(std::size_t company, const KeyPair& key, std::string_view method, Bytes arguments) {
    auto body = sample::body(chain, ++salt_);
    body.organisation = sample::organisation_name(company);
    body.sender = key.public_key();
    body.valid_until = head.height.plus(50);
    body.fuel_limit = limits::kFuelPerTransactionMax;
    body.contract = governance::kContractName;
    body.method = method;
    body.arguments = std::move(arguments);
    return sign_transaction(std::move(body), {}, key);
  }

  /// The block that consensus would make next, `change`d and then signed.
  Block add(std::vector<TransactionPointer> transactions, const Change& change = {}) {
    const auto before = membership();
    const auto executed = storage::read_executed(*database.snapshot()).value();
    Block block;
    auto& header = block.header;
    header.chain_id = chain;
    header.epoch = before.current.epoch;
    header.view = head.epoch == header.epoch ? head.view.next() : View{1};
    header.height = head.height.next();
    header.parent = head.id();
    header.proposer = consensus::Elector(chain, header.epoch, before.current.validators.size()).leader(header.view);
    header.time = head.time + 1000;
    header.executed_height = executed.height;
    header.state_root = executed.state_root;
    if (before.next && head.executed_height < before.next_since) { header.next_set = before.next->validators.id(); }
    block.transactions = std::move(transactions);
    seal_payload(block);
    if (change) { change(block); }

    const auto& set = before.current.validators;
    const auto finalization = finalize(header, set);
    const auto result = execute(block, before.directory);
    require(storage::commit_block(database, {.block = block,
                                             .id = header.id(),
                                             .location = {},
                                             .replay_from = {},
                                             .result = result,
                                             .finalization = finalization}));
    head = header;
    blocks.push_back({.block = std::make_shared<const Block>(block),
                      .bytes = block.encode().size(),
                      .finalization = finalization,
                      .result = audit::StoredResult{result.state_root, result.receipts_root, result.commitments}});
    return block;
  }

  /// Count, sum and root of the transactions into the header.
  static void seal_payload(Block& block) {
    std::uint64_t bytes = 0;
    for (const auto& transaction : block.transactions) { bytes += transaction->envelope.size(); }
    block.header.payload_bytes = static_cast<std::uint32_t>(bytes);
    block.header.transaction_count = static_cast<std::uint32_t>(block.transactions.size());
    block.header.payload_root = merkle_root(payload_leaves(block.transactions));
  }

  Certificate finalize(const BlockHeader& header, const ValidatorSet& set) const {
    const Subject subject{.kind = VoteKind::finalize,
                          .epoch = header.epoch,
                          .view = header.view,
                          .parent_view = header.view.previous(),
                          .block = header.id()};
    std::vector<Vote> votes;
    for (const auto place : signers) {
      const ValidatorIndex index{static_cast<std::uint16_t>(place)};
      votes.push_back({subject, index, keys_.at(set.at(index).key).sign(subject.signing_hash(chain, set.id()).view())});
    }
    return make_certificate(std::move(votes), set);
  }

  /// The first company's node takes another key, everyone is ready, and the next epoch begins: four blocks.
  void change_validators() {
    const auto key = sample::key_pair("company0/node0 again");
    know(key);
    const auto possession = key_possession_hash("company0", "node0", key.public_key(), Roles{Role::validator});
    add({govern(0, sample::key_pair("company0/admin"), governance::kRotateValidator,
                governance::RotateValidator{"node0", key.public_key(), key.sign(possession.view())}.encode())});
    const auto next = membership().pending.value().rules.validators.id();
    std::vector<TransactionPointer> ready;
    for (std::size_t i = 0; i < 4; ++i) {
      ready.push_back(govern(i, i == 0 ? key : sample::validator_key(i), governance::kReady,
                             governance::Ready{next, head.height}.encode()));
    }
    add(std::move(ready));
    if (!membership().next) { throw std::runtime_error("the next epoch is not frozen"); }
    add({});
    if (membership().current.epoch != Epoch{1}) { throw std::runtime_error("no epoch has begun"); }
    add({put("after", "the change")});
  }

  [[nodiscard]] contracts::BlockResult execute(const Block& block, const Directory& directory) const {
    const auto snapshot = database.snapshot();
    return contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(block),
                                    block.transactions, registry_, directory);
  }

  /// As a node would have it on disk, in `directory`/state and `directory`/blocks.
  void write_to(const std::string& directory) const {
    auto state = require(rocksdb_store::RocksDatabase::open(directory + "/state"));
    auto segments = require(journal::SegmentStore::open(directory + "/blocks", chain, {.preallocate_bytes = 4096}));
    require(storage::initialise(*state, genesis));
    for (const auto& source : blocks) {
      const auto& block = *source.block;
      const auto location = require(segments->append(block.encode()));
      contracts::BlockResult result;
      {
        const auto snapshot = state->snapshot();
        const auto membership = governance::read_membership(snapshot->column(storage::Column::state));
        result = contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(block),
                                          block.transactions, registry_, membership->directory);
      }
      require(storage::commit_block(*state, {.block = block,
                                             .id = block.header.id(),
                                             .location = location,
                                             .replay_from = location,
                                             .result = result,
                                             .finalization = source.finalization}));
    }
    require(segments->sync());
  }

  template <typename Value>
  static Value require(Result<Value> result) {
    if (!result) { throw std::runtime_error(result.error().reason + ": " + result.error().message); }
    return std::move(*result);
  }

 private:
  void know(const KeyPair& key) { keys_.emplace(key.public_key(), key); }

  contracts::Registry registry_ = contracts::built_in_contracts();
  std::map<PublicKey, KeyPair> keys_;
  std::uint64_t salt_ = 0;
};

/// What a node says of such a chain; a test changes what it says.
class ToldLedger : public audit::LedgerSource {
 public:
  explicit ToldLedger(const SignedChain& chain, std::string name = "told")
      : blocks(chain.blocks), snapshot(chain.database.snapshot()), name_(std::move(name)) {
    const auto executed = storage::read_executed(*snapshot).value();
    told_tip = {executed.height, executed.state_root};
    for (Height height{1}; height <= executed.height; ++height) {
      told_receipts.push_back(storage::read_receipts(*snapshot, height).value());
    }
  }

  std::vector<audit::SourceBlock> blocks;
  std::vector<std::vector<Receipt>> told_receipts;
  storage::SnapshotPointer snapshot;
  audit::Tip told_tip;

  /// The block at a height, to be changed.
  Block& edit(std::uint64_t height) {
    auto copy = std::make_shared<Block>(*blocks.at(height - 1).block);
    blocks.at(height - 1).block = copy;
    return *copy;
  }

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] audit::Tip tip() const override { return told_tip; }
  [[nodiscard]] Result<audit::SourceBlock> block(Height height) const override {
    const auto& found = blocks.at(height.value - 1);
    if (found.block == nullptr) {
      return failure(ErrorKind::corrupt, "BLOCK_MISSING", "no block at height " + height.text());
    }
    return found;
  }
  [[nodiscard]] Result<std::optional<std::vector<Receipt>>> receipts(Height height) const override {
    return std::optional(told_receipts.at(height.value - 1));
  }
  [[nodiscard]] Result<EpochEntry> epoch(Epoch epoch) const override;
  [[nodiscard]] const storage::Snapshot* tables() const override { return snapshot.get(); }

 private:
  std::string name_;
};

}  // namespace keten::test
