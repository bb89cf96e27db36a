// Transactions and blocks: decoding, encoding, execution.
#include <benchmark/benchmark.h>

#include "contracts/execute.h"
#include "contracts/registry.h"
#include "core/directory.h"
#include "node/storage/commit.h"
#include "node/storage/memory_database.h"
#include "tools/bench/micro/sample.h"

namespace {

using namespace keten;

constexpr std::size_t kBlockTransactions = 500;

void transaction_decode(benchmark::State& state) {
  const auto envelope = bench::sample_transactions(1).front()->envelope;
  for (auto _ : state) { benchmark::DoNotOptimize(decode_transaction(envelope)); }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(transaction_decode);

void block_encode(benchmark::State& state) {
  const auto block = bench::sample_block(kBlockTransactions);
  for (auto _ : state) { benchmark::DoNotOptimize(block.encode()); }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlockTransactions));
}
BENCHMARK(block_encode)->Unit(benchmark::kMicrosecond);

void block_decode(benchmark::State& state) {
  const auto bytes = bench::sample_block(kBlockTransactions).encode();
  for (auto _ : state) { benchmark::DoNotOptimize(Block::decode(bytes)); }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlockTransactions));
}
BENCHMARK(block_decode)->Unit(benchmark::kMicrosecond);

void execute_block_of_puts(benchmark::State& state) {
  const auto block = bench::sample_block(kBlockTransactions);
  const auto registry = contracts::built_in_contracts();
  const Directory directory(bench::sample_genesis());
  storage::MemoryDatabase database;
  if (const auto done = storage::initialise(database, bench::sample_genesis()); !done) {
    state.SkipWithError(done.error().message.c_str());
    return;
  }
  const auto snapshot = database.snapshot();
  const contracts::BlockContext context{.chain_id = block.header.chain_id, .height = Height{1}, .time = 1};
  for (auto _ : state) {
    const auto result =
        contracts::execute_block(storage::state_before(*snapshot), context, block.transactions, registry, directory);
    if (!result.receipts.front().succeeded) { state.SkipWithError(result.receipts.front().message.c_str()); }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBlockTransactions));
}
BENCHMARK(execute_block_of_puts)->Unit(benchmark::kMicrosecond);

}  // namespace
