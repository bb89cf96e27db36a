// What a recorded use of data costs a validator beside a plain transaction of 512 bytes: decoded, signature checked, executed,
// prepared for the database. The ratio of the two in one run is the figure.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "contracts/execute.h"
#include "contracts/registry.h"
#include "core/directory.h"
#include "core/json.h"
#include "node/storage/commit.h"
#include "node/storage/memory_database.h"
#include "tools/bench/micro/sample.h"

namespace {

using namespace keten;

constexpr std::size_t kTransactions = 500;
constexpr std::uint64_t kFuel = 20'000'000;

constexpr std::string_view kTerms =
    R"({"@type":"Agreement","uid":"urn:terms","permission":[{"uid":"urn:rule:1","action":"use","target":"urn:ds",
  "assigner":"urn:keten:organisation:FarmCo","assignee":"urn:keten:organisation:RobotCo","constraint":[
  {"leftOperand":"purpose","operator":"isAnyOf","rightOperand":["maintenance","quality"]},
  {"leftOperand":"dateTime","operator":"lt","rightOperand":"2130-01-01T00:00:00Z"}],"duty":[{"uid":"urn:duty:1","action":"delete",
  "constraint":[{"leftOperand":"delayPeriod","operator":"lteq","rightOperand":"P1Y"}]}]}],
  "prohibition":[{"uid":"urn:rule:2","action":"sell","target":"urn:ds","assigner":"urn:keten:organisation:FarmCo",
  "assignee":"urn:keten:organisation:RobotCo"}]})";

/// Two companies, and an agreement between them.
class Shared {
 public:
  Shared() {
    for (std::uint8_t number = 1; number <= 2; ++number) {
      GenesisOrganisation organisation;
      organisation.name = number == 1 ? "FarmCo" : "RobotCo";
      organisation.keys.push_back({.name = "admin",
                                   .key = bench::sample_key(number).public_key(),
                                   .roles = Roles{Role::admin, Role::submitter},
                                   .possession = {}});
      genesis_.organisations.push_back(organisation);
    }
    genesis_.chain_name = "bench";
    keep(contracts::execute_genesis(genesis_));
    (void)run(1, "register", R"({"dataset":"urn:ds","commitment":")" + std::string(64, 'a') + "\"}");
    const auto offered =
        run(1, "offer", R"({"dataset":"urn:ds","consumer":"RobotCo","policy":)" + std::string(kTerms) + "}");
    const auto with = R"({"negotiation":")" + std::string(offered.find_string("negotiation").value_or("")) +
                      R"(","terms":")" + std::string(offered.find_string("terms").value_or("")) + "\"}";
    (void)run(2, "accept", with);
    (void)run(1, "agree", with);
    (void)run(2, "verify", with);
    agreement_ = run(1, "finalize", with).find_string("agreement").value_or("");
  }

  [[nodiscard]] TransactionPointer call(std::uint8_t who, std::string contract, std::string method, Bytes arguments) {
    TransactionBody body;
    body.chain_id = genesis_.chain_id();
    body.organisation = who == 1 ? "FarmCo" : "RobotCo";
    body.sender = bench::sample_key(who).public_key();
    body.valid_until = Height{900};
    ++salt_;
    for (std::size_t byte = 0; byte < 8; ++byte) {
      body.salt.bytes[byte] = static_cast<std::uint8_t>(salt_ >> (8 * byte));
    }
    body.fuel_limit = kFuel;
    body.contract = std::move(contract);
    body.method = std::move(method);
    body.arguments = std::move(arguments);
    return sign_transaction(std::move(body), {}, bench::sample_key(who));
  }
  [[nodiscard]] TransactionPointer use(std::size_t number) {
    return call(2, "usage", "permit",
                to_bytes(R"({"agreement":")" + agreement_ + R"(","uses":[{"id":"use-)" + std::to_string(number) +
                         R"(","action":"read","statements":{"purpose":"quality"}}]})"));
  }
  /// A plain one as large as keten bench sends.
  [[nodiscard]] TransactionPointer put(std::size_t number) {
    Writer arguments;
    arguments.sized(to_bytes("key-" + std::to_string(number)));
    arguments.sized(Bytes(290, static_cast<std::uint8_t>(number)));
    return call(2, "record", "put", arguments.take());
  }

  /// As a validator does it: from envelopes to the batch of the database.
  void go_through(benchmark::State& state, const Block& block) {
    const Directory directory(genesis_);
    const auto snapshot = database_.snapshot();
    for (auto _ : state) {
      std::vector<TransactionPointer> decoded;
      for (const auto& one : block.transactions) {
        auto transaction = decode_transaction(one->envelope);
        if (!transaction || !has_valid_signature(**transaction)) { state.SkipWithError("not valid"); }
        decoded.push_back(std::move(*transaction));
      }
      const auto result = contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(block),
                                                   decoded, registry_, directory);
      for (const auto& receipt : result.receipts) {
        if (!receipt.succeeded) { state.SkipWithError(receipt.message.c_str()); }
      }
      const std::optional<Certificate> finalization;
      benchmark::DoNotOptimize(storage::make_commit({.block = block,
                                                     .id = block.header.id(),
                                                     .location = {},
                                                     .replay_from = {},
                                                     .result = result,
                                                     .finalization = finalization}));
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(block.transactions.size()));
    state.counters["envelope_bytes"] = static_cast<double>(block.transactions.front()->envelope.size());
  }
  [[nodiscard]] Block next_block() const {
    Block block;
    block.header.chain_id = genesis_.chain_id();
    block.header.height = Height{height_ + 1};
    block.header.time = kStart + height_ * 1000;
    return block;
  }

 private:
  static constexpr Milliseconds kStart = 1'790'000'000'000;

  json::Value run(std::uint8_t who, const std::string& method, const std::string& arguments) {
    auto block = next_block();
    block.transactions.push_back(call(who, "usage", method, to_bytes(arguments)));
    const auto snapshot = database_.snapshot();
    const auto result = contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(block),
                                                 block.transactions, registry_, Directory(genesis_));
    keep(result);
    ++height_;
    const auto& receipt = result.receipts.front();
    if (!receipt.succeeded) {
      error_ = receipt.reason + " " + receipt.message;
      return json::Value::object();
    }
    return receipt.result.empty() ? json::Value::object() : *json::parse(as_text(receipt.result));
  }
  void keep(const contracts::BlockResult& result) {
    storage::Batch batch;
    const auto put = [&](storage::Column column, const Bytes& key, const std::optional<Bytes>& value) {
      if (value) {
        batch.put(column, key, *value);
      } else {
        batch.erase(column, key);
      }
    };
    for (const auto& [key, value] : result.writes) { put(storage::Column::state, key, value); }
    for (const auto& row : result.proofs) { put(storage::Column::proofs, row.key, row.value); }
    (void)database_.write(batch, storage::Durability::buffered);
  }

  Genesis genesis_;
  storage::MemoryDatabase database_;
  contracts::Registry registry_ = contracts::built_in_contracts();
  std::string agreement_;
  std::string error_;
  std::uint64_t height_ = 0;
  std::uint64_t salt_ = 0;
};

void through_a_validator_plain(benchmark::State& state) {
  Shared shared;
  auto block = shared.next_block();
  for (std::size_t i = 0; i < kTransactions; ++i) { block.transactions.push_back(shared.put(i)); }
  shared.go_through(state, block);
}
BENCHMARK(through_a_validator_plain)->Unit(benchmark::kMillisecond);

void through_a_validator_use(benchmark::State& state) {
  Shared shared;
  auto block = shared.next_block();
  for (std::size_t i = 0; i < kTransactions; ++i) { block.transactions.push_back(shared.use(i)); }
  shared.go_through(state, block);
}
BENCHMARK(through_a_validator_use)->Unit(benchmark::kMillisecond);

}  // namespace
