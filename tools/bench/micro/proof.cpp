// Proof files: what a verifier pays, beside its signatures.
#include <benchmark/benchmark.h>

#include "core/proof/verify.h"
#include "tests/unit/core/proof/sample_ledger.h"

namespace {

using namespace keten;

/// The floor: one signature.
void proof_one_signature(benchmark::State& state) {
  const auto key = sample::key_pair("bench");
  const auto message = sample::hash_of("message");
  const auto signature = key.sign(message.view());
  for (auto _ : state) { benchmark::DoNotOptimize(verify(key.public_key(), message.view(), signature)); }
}
BENCHMARK(proof_one_signature)->Unit(benchmark::kMicrosecond);

/// By number in sample_proofs(): four validators, up to two hand-overs.
void proof_verify(benchmark::State& state) {
  const auto proofs = sample::sample_proofs();
  const auto& [name, proof] = proofs.at(static_cast<std::size_t>(state.range(0)));
  const auto file = proof::encode(proof);
  const auto root = sample::sample_ledger().root();
  for (auto _ : state) { benchmark::DoNotOptimize(proof::verify(file, root)); }
  std::size_t signatures = proof.finalization.signatures.size();
  for (const auto& one : proof.hand_overs) { signatures += one.finalization.signatures.size(); }
  state.SetLabel(name + ", " + std::to_string(file.size()) + " bytes, " + std::to_string(signatures) +
                 " signatures of validators");
}
BENCHMARK(proof_verify)->DenseRange(0, 13)->Unit(benchmark::kMicrosecond);

/// Everything but the signatures: the last thing that is looked at is wrong.
void proof_hashes_of_a_history(benchmark::State& state) {
  const auto events = static_cast<std::size_t>(state.range(0));
  proof::HistoryProof history{{"record", "bench/one"}, {}, {}, {}};
  history.head.chain = proof::history_begin(history.entity);
  for (std::size_t i = 0; i < events; ++i) {
    proof::HistoryEntry entry{Height{1}, 1, sample::hash_of("transaction"), 0,
                              proof::RecordContent{Bytes(20, 1), Bytes(100, 2)}};
    const auto content = proof::record_content(std::get<proof::RecordContent>(entry.content));
    history.head.chain = proof::history_next(history.head.chain, ++history.head.count, entry, content);
    history.entries.push_back(std::move(entry));
  }
  history.head.height = Height{1};
  auto whole = sample::sample_ledger().begin(4, proof::AbsenceProof{});
  whole.commitments.map_root =
      map_root(map_leaf(map_key(proof::head_key(history.entity)), map_value(history.head.encode())));
  whole.statement = std::move(history);
  whole.anchor.state_root = whole.commitments.state_root(whole.anchor.executed_height);
  whole.finalization.subject.block = whole.anchor.id();
  const auto file = proof::encode(whole);
  const auto root = sample::sample_ledger().root();
  for (auto _ : state) { benchmark::DoNotOptimize(proof::verify(file, root)); }
  state.SetLabel(std::to_string(file.size()) + " bytes");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(events));
}
BENCHMARK(proof_hashes_of_a_history)->Arg(10)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

}  // namespace
