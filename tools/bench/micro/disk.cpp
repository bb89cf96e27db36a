// What durability costs, on the disk of the temporary folder.
#include <filesystem>
#include <string>

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include "contracts/execute.h"
#include "core/check.h"
#include "core/hash.h"
#include "node/journal/vote_journal.h"
#include "node/rocksdb/rocks_database.h"
#include "tools/bench/micro/sample.h"

namespace {

using namespace keten;

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "keten-micro-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

void vote_journal_append_and_fsync(benchmark::State& state) {
  const Folder folder;
  std::filesystem::create_directory(folder / "journal");
  auto journal = journal::VoteJournal::create(folder / "journal", {});
  if (!journal.ok()) { return state.SkipWithError(journal.error().message.c_str()); }
  consensus::OwnVote vote;
  for (auto _ : state) {
    ++vote.vote.subject.view;
    (*journal)->append({vote});
    if (!(*journal)->sync().ok()) { return state.SkipWithError("sync failed"); }
  }
}
BENCHMARK(vote_journal_append_and_fsync)->Unit(benchmark::kMicrosecond)->UseRealTime();

/// Two keys a transaction, as a block of plain transactions writes.
void rocksdb_commit_of_a_block(benchmark::State& state) {
  const Folder folder;
  auto database = rocksdb_store::RocksDatabase::open(folder / "state");
  if (!database.ok()) { return state.SkipWithError(database.error().message.c_str()); }
  constexpr std::uint64_t kTransactions = 500;
  std::uint64_t number = 0;
  for (auto _ : state) {
    storage::Batch batch;
    for (std::uint64_t i = 0; i < kTransactions; ++i) {
      const auto key = Hasher("keten/bench/1").number(++number).finish();
      batch.put(storage::Column::ids, key.view(), Bytes(12, 1));
      batch.put(storage::Column::state, key.view(), Bytes(72, 2));
    }
    if (!(*database)->write(batch, storage::Durability::buffered).ok()) { return state.SkipWithError("write failed"); }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kTransactions));
}
BENCHMARK(rocksdb_commit_of_a_block)->Unit(benchmark::kMicrosecond)->UseRealTime();

}  // namespace
