// What signatures and hashes cost: the bound that everything else is compared with.
#include <vector>

#include <benchmark/benchmark.h>
#include <sodium.h>

#include "core/blake2b.h"
#include "core/hash.h"
#include "core/keys.h"
#include "tools/bench/micro/sample.h"

namespace {

using namespace keten;

void ed25519_verify(benchmark::State& state) {
  const auto key = bench::sample_key(1);
  const auto message = Hasher("keten/bench/1").number(1).finish();
  const auto signature = key.sign(message.view());
  for (auto _ : state) { benchmark::DoNotOptimize(verify(key.public_key(), message.view(), signature)); }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ed25519_verify);
BENCHMARK(ed25519_verify)->Threads(2)->UseRealTime();

void ed25519_sign(benchmark::State& state) {
  const auto key = bench::sample_key(1);
  const auto message = Hasher("keten/bench/1").number(1).finish();
  for (auto _ : state) { benchmark::DoNotOptimize(key.sign(message.view())); }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ed25519_sign);

void blake2b(benchmark::State& state) {
  const Bytes bytes(static_cast<std::size_t>(state.range(0)), 7);
  for (auto _ : state) { benchmark::DoNotOptimize(Hasher("keten/bench/1").sized(bytes).finish()); }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(blake2b)->Arg(64)->Arg(512)->Arg(65'536);

/// Nodes of the map: 81 bytes. Argument: how many at once.
void blake2b_of_nodes(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  std::vector<Blake2b::Block> messages(count);
  std::vector<Hash> hashes(count);
  for (auto _ : state) {
    Blake2b::of_many(messages, 81, hashes);
    benchmark::DoNotOptimize(hashes.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(blake2b_of_nodes)->Arg(1)->Arg(4)->Arg(64);

/// The same by libsodium, with the code that it chooses for this processor.
void blake2b_of_libsodium(benchmark::State& state) {
  benchmark::DoNotOptimize(sodium_init());
  const Bytes message(81);
  Hash hash;
  for (auto _ : state) {
    crypto_generichash_blake2b(hash.bytes.data(), Hash::size, message.data(), message.size(), nullptr, 0);
    benchmark::DoNotOptimize(hash);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(blake2b_of_libsodium);

}  // namespace
