// The authenticated map on RocksDB, beside what no map could do without: one hash for each changed leaf.
#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <stdlib.h>
#include <time.h>

#include "contracts/commitment/commit.h"
#include "contracts/commitment/map.h"
#include "contracts/commitment/page_cache.h"
#include "core/check.h"
#include "core/hash.h"
#include "node/rocksdb/rocks_database.h"

namespace {

using namespace keten;
using contracts::commitment::MapChange;
using contracts::commitment::Rows;

double seconds_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

Hash key_of(std::uint64_t number) { return Hasher("keten/bench/1").number(number).finish(); }

/// A map with some entries in a database of its own, changed block by block.
class LargeMap {
 public:
  explicit LargeMap(std::uint64_t entries) : entries_(entries) {
    std::string name = (std::filesystem::temp_directory_path() / "keten-micro-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    auto opened = rocksdb_store::RocksDatabase::open(path_ / "state");
    CHECK(opened.ok());
    database_ = std::move(*opened);
    constexpr std::uint64_t kAtOnce = 20'000;
    for (std::uint64_t first = 0; first < entries; first += kAtOnce) {
      std::vector<MapChange> changes;
      for (auto number = first; number < std::min(entries, first + kAtOnce); ++number) {
        changes.push_back({key_of(number), key_of(number)});
      }
      update(std::move(changes));
    }
  }
  ~LargeMap() {
    database_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  LargeMap(const LargeMap&) = delete;
  LargeMap& operator=(const LargeMap&) = delete;

  /// So many entries of the map with new values.
  std::vector<MapChange> changes(std::size_t count) {
    std::map<Hash, Hash> chosen;
    while (chosen.size() < count) { chosen[key_of(random_() % entries_)] = key_of(random_()); }
    std::vector<MapChange> result;
    for (const auto& [key, value] : chosen) { result.push_back({key, value}); }
    return result;
  }

  void update(std::vector<MapChange> changes) {
    Rows rows;
    const auto began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    {
      const auto snapshot = database_->snapshot();
      top_ = update_map(snapshot->column(storage::Column::proofs), ++height_, top_, std::move(changes), rows, &pages_);
    }
    const auto updated = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    storage::Batch batch;
    std::size_t bytes = 0;
    for (const auto& row : rows) { bytes += row.key.size() + (row.value ? row.value->size() : 0); }
    batch.reserve(rows.size(), bytes);
    for (const auto& row : rows) {
      if (row.value) {
        batch.put(storage::Column::proofs, row.key, *row.value);
      } else {
        batch.erase(storage::Column::proofs, row.key);
      }
    }
    CHECK(database_->write(batch, storage::Durability::buffered).ok());
    update_s += updated - began;
    write_s += seconds_of(CLOCK_THREAD_CPUTIME_ID) - updated;
    rows_written += rows.size();
    bytes_written += batch.bytes();
  }

  double update_s = 0;
  double write_s = 0;
  std::uint64_t rows_written = 0;
  std::uint64_t bytes_written = 0;

 private:
  std::uint64_t entries_;
  std::filesystem::path path_;
  std::unique_ptr<rocksdb_store::RocksDatabase> database_;
  Height height_;
  Hash top_;
  std::mt19937_64 random_{1};
  contracts::commitment::PageCache pages_;
};

/// Arguments: entries of the map, entries changed at once. Per processor second: of all the process, with what RocksDB does
/// in the background; `ratio` is that to hashing each changed leaf once, alone, in the same run. update_us and write_us: of
/// the processor, by the thread that waits for them.
void map_update_in_rocksdb(benchmark::State& state) {
  static std::unique_ptr<LargeMap> map;
  static std::int64_t entries = 0;
  if (entries != state.range(0)) {
    map.reset();
    map = std::make_unique<LargeMap>(static_cast<std::uint64_t>(state.range(0)));
    entries = state.range(0);
  }
  const auto count = static_cast<std::size_t>(state.range(1));
  map->update(map->changes(count));
  map->update_s = map->write_s = 0;
  map->rows_written = map->bytes_written = 0;
  double processor_s = 0;
  double wall_s = 0;
  double floor_s = 0;
  for (auto _ : state) {
    auto changes = map->changes(count);
    const auto floor_began = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (const auto& change : changes) { benchmark::DoNotOptimize(map_leaf(change.key, *change.value)); }
    floor_s += seconds_of(CLOCK_THREAD_CPUTIME_ID) - floor_began;
    const auto wall_began = seconds_of(CLOCK_MONOTONIC);
    const auto processor_began = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    map->update(std::move(changes));
    const auto wall = seconds_of(CLOCK_MONOTONIC) - wall_began;
    processor_s += seconds_of(CLOCK_PROCESS_CPUTIME_ID) - processor_began;
    wall_s += wall;
    state.SetIterationTime(wall);
  }
  const auto changed = static_cast<double>(count) * static_cast<double>(state.iterations());
  state.counters["entries_per_s"] = changed / wall_s;
  state.counters["entries_per_processor_s"] = changed / processor_s;
  state.counters["leaves_hashed_per_s"] = changed / floor_s;
  state.counters["ratio"] = processor_s / floor_s;
  state.counters["update_us_per_entry"] = map->update_s / changed * 1e6;
  state.counters["write_us_per_entry"] = map->write_s / changed * 1e6;
  state.counters["rows_per_entry"] = static_cast<double>(map->rows_written) / changed;
  state.counters["bytes_per_entry"] = static_cast<double>(map->bytes_written) / changed;
}
BENCHMARK(map_update_in_rocksdb)
    ->Args({1'000'000, 5'000})
    ->Args({1'000'000, 500})
    ->Args({300'000, 5'000})
    ->Iterations(200)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
