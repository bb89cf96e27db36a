// What auditors ask, on a ledger of a million events in RocksDB. Slow to build: run it alone, with
// KETEN_LINEAGE_BENCH=1000000 set. KETEN_LINEAGE_FOLDER names a folder that is kept, and used again when it is there.
#include "node/query/lineage.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include "contracts/production/entity.h"
#include "contracts/production/production_contract.h"
#include "core/check.h"
#include "core/encoding.h"
#include "node/query/epcis_query.h"
#include "node/query/trace.h"
#include "node/rocksdb/rocks_database.h"

namespace {

using namespace keten;
using storage::Column;

constexpr std::size_t kEventsPerDocument = 100;
constexpr std::size_t kHops = 10;  // of one chain of transformations
constexpr std::size_t kPerPallet = 100;
constexpr std::size_t kRecalled = 10'000;

/// Processor time of this thread: what a query costs, also when others use the machine.
double processor_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// Physical memory of this process.
double resident_megabytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::getpagesize()) / 1e6;
}

/// The document of one height, beside what a node keeps in that column.
Bytes document_key(Height height) {
  Writer writer;
  writer.number(height);
  return writer.take();
}

/// Executes captures on top of a database: the state of a batch in memory until it is written.
class Builder {
 public:
  explicit Builder(rocksdb_store::RocksDatabase& database, Height first = {})
      : height(first), database_(database), snapshot_(database.snapshot()) {}

  void event(const std::string& organisation, std::string event) {
    if (organisation != organisation_ || count_ == kEventsPerDocument) { finish(); }
    organisation_ = organisation;
    events_ += (events_.empty() ? "" : ",") + std::move(event);
    ++count_;
    ++events_total;
  }

  void finish() {
    if (count_ == 0) { return; }
    auto transaction = std::make_shared<Transaction>();
    transaction->body.organisation = organisation_;
    transaction->body.contract = "production";
    transaction->body.method = "capture";
    const auto document =
        R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
        R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[)" +
        events_ + "]}}";
    document_bytes += document.size();
    transaction->payloads.push_back({{}, to_bytes(document)});
    ++height.value;
    batch_.put(Column::blocks, document_key(height), as_bytes(document));
    transaction->id = TransactionId{};
    for (std::size_t i = 0; i < 8; ++i) {
      transaction->id.bytes[i] = static_cast<std::uint8_t>(height.value >> (8 * i));
    }
    const contracts::BlockContext block{{}, height, 1'790'000'000'000 + height.value};
    const contracts::Caller caller{organisation_, {}, Roles{Role::submitter}, {}};
    contracts::Context context(block, *transaction, caller, 0, snapshot_->column(Column::state), 1'000'000'000);
    const auto result = contract_.execute(context);
    if (!result) { std::cerr << result.error().message << "\n"; }
    CHECK(result.ok());
    for (const auto& [key, value] : context.writes()) {
      if (value) {
        batch_.put(Column::state, key, *value);
      } else {
        batch_.erase(Column::state, key);
      }
    }
    for (const auto& row : context.index_entries()) { batch_.put(Column::index, row.key, row.value); }
    CHECK(database_.write(batch_, storage::Durability::buffered).ok());
    batch_ = {};
    snapshot_ = database_.snapshot();
    events_.clear();
    count_ = 0;
  }

  Height height;
  std::size_t events_total = 0;
  std::uint64_t document_bytes = 0;

 private:
  rocksdb_store::RocksDatabase& database_;
  storage::SnapshotPointer snapshot_;
  storage::Batch batch_;
  production::ProductionContract contract_;
  std::string organisation_;
  std::string events_;
  std::size_t count_ = 0;
};

std::string time_of(std::size_t second) {
  return production::time_text(1'780'000'000'000 + static_cast<production::EventTime>(second) * 1000);
}
std::string lot_of(std::size_t chain, std::size_t hop) {
  return fmt::format("https://id.gs1.org/01/04012345111118/10/C{}-{}", chain, hop);
}
std::string with_check_digit(std::string digits) { return digits + production::check_digit(digits); }
std::string serial_of(std::size_t number) {
  static const auto kGtin = with_check_digit("0401234522222");
  return fmt::format("https://id.gs1.org/01/{}/21/{}", kGtin, number);
}
std::string pallet_of(std::size_t number) {
  return "https://id.gs1.org/00/" + with_check_digit(fmt::format("{:017}", number));
}
std::string event_of(const std::string& type, std::size_t second, const std::string& rest) {
  return R"({"type":")" + type + R"(","eventTime":")" + time_of(second) + R"(","eventTimeZoneOffset":"+00:00",)" +
         rest + "}";
}
constexpr std::string_view kPlace = R"("readPoint":{"id":"https://id.gs1.org/414/4012345000009"},)";

/// One lot through ten transformations, received and sent at each company: 31 events.
void add_chain(Builder& builder, std::size_t chain, std::size_t& clock) {
  for (std::size_t hop = 0; hop < kHops; ++hop) {
    const auto company = fmt::format("Company{}", hop);
    const auto here =
        fmt::format(R"("quantityList":[{{"epcClass":"{}","quantity":10,"uom":"KGM"}}])", lot_of(chain, hop));
    const auto object = [&](const std::string& action, const std::string& step) {
      builder.event(company, event_of("ObjectEvent", ++clock,
                                      fmt::format(R"("action":"{}","bizStep":"{}",{}{})", action, step, kPlace, here)));
    };
    if (hop == 0) { object("ADD", "commissioning"); }
    object("OBSERVE", "inspecting");
    object("OBSERVE", "storing");
    builder.event(company,
                  event_of("TransformationEvent", ++clock,
                           fmt::format(R"({}"inputQuantityList":[{{"epcClass":"{}","quantity":10,"uom":"KGM"}}],)"
                                       R"("outputQuantityList":[{{"epcClass":"{}","quantity":10,"uom":"KGM"}}])",
                                       kPlace, lot_of(chain, hop), lot_of(chain, hop + 1))));
  }
}

/// One lot that becomes ten thousand instances on a hundred pallets, which are sent and received.
std::string add_recall(Builder& builder, std::size_t& clock) {
  const std::string lot = "https://id.gs1.org/01/04012345111118/10/RECALL";
  const auto quantity = [&](const std::string& list) {
    return fmt::format(R"("{}":[{{"epcClass":"{}","quantity":10000,"uom":"KGM"}}])", list, lot);
  };
  builder.event("Farm", event_of("ObjectEvent", ++clock,
                                 R"("action":"ADD","bizStep":"commissioning",)" + quantity("quantityList")));
  builder.finish();
  for (std::size_t pallet = 0; pallet < kRecalled / kPerPallet; ++pallet) {
    std::string serials;
    for (std::size_t i = 0; i < kPerPallet; ++i) {
      serials += (i == 0 ? "\"" : ",\"") + serial_of(pallet * kPerPallet + i) + "\"";
    }
    builder.event("Farm",
                  event_of("TransformationEvent", ++clock,
                           fmt::format(R"({}"inputQuantityList":[{{"epcClass":"{}","quantity":100,"uom":"KGM"}}],)"
                                       R"("outputEPCList":[{}])",
                                       kPlace, lot, serials)));
    builder.event(
        "Farm", event_of("AggregationEvent", ++clock,
                         fmt::format(R"("action":"ADD","bizStep":"packing",{}"parentID":"{}","childEPCs":[{}])", kPlace,
                                     pallet_of(pallet), serials)));
    for (const auto& [company, step] : {std::pair{"Farm", "shipping"}, {"Truck", "loading"}, {"Shop", "receiving"}}) {
      builder.event(company, event_of("ObjectEvent", ++clock,
                                      fmt::format(R"("action":"OBSERVE","bizStep":"{}",{}"epcList":["{}"])", step,
                                                  kPlace, pallet_of(pallet))));
      builder.finish();
    }
  }
  return lot;
}

struct Times {
  std::vector<double> wall;
  std::vector<double> processor;
};

void report(const std::string& what, Times times) {
  for (auto* list : {&times.wall, &times.processor}) { std::sort(list->begin(), list->end()); }
  const auto p99 = times.wall.size() * 99 / 100;
  fmt::print("{:<28} n={:<5} p50 {:8.2f} ms  p99 {:8.2f} ms   processor: p50 {:8.2f} ms  p99 {:8.2f} ms\n", what,
             times.wall.size(), times.wall[times.wall.size() / 2], times.wall[p99],
             times.processor[times.wall.size() / 2], times.processor[p99]);
}

/// Keys and values of a column in bytes, by the first so many bytes of their keys.
std::map<std::string, std::uint64_t> bytes_of(const contracts::StateReader& column, std::size_t prefix) {
  std::map<std::string, std::uint64_t> bytes;
  column.scan({}, {}, [&](ByteView key, ByteView value) {
    bytes[to_text(key.first(std::min(prefix, key.size())))] += key.size() + value.size();
    return true;
  });
  return bytes;
}

/// What was built, to be found again in a kept folder.
struct Built {
  Height height;
  std::string lot;
  std::uint64_t chains = 0;
  std::uint64_t events = 0;
  std::uint64_t document_bytes = 0;
};
const Bytes kBuiltKey = to_bytes("lineage-benchmark");

Bytes encode(const Built& built) {
  Writer writer;
  writer.number(built.height);
  writer.sized(built.lot);
  writer.u64(built.chains);
  writer.u64(built.events);
  writer.u64(built.document_bytes);
  return writer.take();
}

Built decode_built(ByteView bytes) {
  Reader reader(bytes);
  Built built;
  built.height = reader.number<Height>();
  built.lot = reader.text(1000);
  built.chains = reader.u64();
  built.events = reader.u64();
  built.document_bytes = reader.u64();
  CHECK(reader.finish("built").ok());
  return built;
}

Built build(rocksdb_store::RocksDatabase& database, std::size_t events) {
  Builder builder(database);
  const auto start = std::chrono::steady_clock::now();
  const auto processor = processor_milliseconds();
  std::size_t clock = 0;
  Built built;
  // The recalled lot lies in the middle of the others.
  while (builder.events_total < events) {
    if (built.lot.empty() && builder.events_total >= events / 2) { built.lot = add_recall(builder, clock); }
    add_chain(builder, built.chains++, clock);
  }
  builder.finish();
  fmt::print("{} events in {:.0f} s, {:.1f} us of this thread's processor each\n", builder.events_total,
             milliseconds_since(start) / 1000,
             (processor_milliseconds() - processor) * 1000 / static_cast<double>(builder.events_total));
  built.height = builder.height;
  built.events = builder.events_total;
  built.document_bytes = builder.document_bytes;
  storage::Batch batch;
  batch.put(Column::meta, kBuiltKey, encode(built));
  CHECK(database.write(batch, storage::Durability::synced).ok());
  CHECK(database.flush().ok());
  return built;
}

void report_sizes(const rocksdb_store::RocksDatabase& database, const Built& built) {
  const auto mega = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  const auto snapshot = database.snapshot();
  for (const auto& [name, column, prefix] :
       {std::tuple{"index", Column::index, std::size_t{4}}, std::tuple{"state", Column::state, std::size_t{16}}}) {
    std::uint64_t sum = 0;
    std::string tables;
    std::map<std::string, std::uint64_t> sizes;
    for (const auto& [key, bytes] : bytes_of(snapshot->column(column), prefix)) {
      sum += bytes;
      sizes[key.substr(0, key.find('/', key.find('/') + 1))] += bytes;
    }
    for (const auto& [key, bytes] : sizes) { tables += fmt::format("  {} {:.1f}", key, mega(bytes)); }
    fmt::print("{}: keys and values {:.1f} MB, on disk {:.1f} MB; by table, MB:{}\n", name, mega(sum),
               mega(database.size_bytes(column)), tables);
  }
  fmt::print("{} events: documents {:.1f} MB, all on disk {:.1f} MB\n", built.events, mega(built.document_bytes),
             mega(database.size_bytes()));
}

void measure(const rocksdb_store::RocksDatabase& database, const Built& built) {
  const auto snapshot = database.snapshot();
  const auto chains = built.chains;
  const auto load = [&](Height height, std::uint32_t) -> Result<TransactionPointer> {
    auto document = snapshot->column(Column::blocks).get(document_key(height));
    CHECK(document.has_value());
    auto transaction = std::make_shared<Transaction>();
    transaction->payloads.push_back({{}, std::move(*document)});
    return TransactionPointer(std::move(transaction));
  };
  const query::EpcisReaders readers{snapshot->column(Column::state), snapshot->column(Column::index), load,
                                    built.height};
  const auto timed = [](std::size_t count, const std::function<void(std::size_t)>& run) {
    Times times;
    for (std::size_t i = 0; i < count; ++i) {
      const auto start = std::chrono::steady_clock::now();
      const auto processor = processor_milliseconds();
      run(i);
      times.processor.push_back(processor_milliseconds() - processor);
      times.wall.push_back(milliseconds_since(start));
    }
    return times;
  };
  const auto find = [&](const query::EpcisParameters& parameters) {
    const auto query = query::parse_epcis_query(parameters);
    CHECK(query.ok());
    auto page = query::find_events(readers, *query);
    CHECK(page.ok());
    return std::move(*page);
  };
  report("MATCH_anyEPC", timed(1000, [&](std::size_t i) {
           // An item on a pallet: made and packed.
           CHECK(find({{"MATCH_anyEPC", serial_of(i * 7919 % kRecalled)}}).events.size() == 2);
         }));
  report("MATCH_anyEPCClass", timed(1000, [&](std::size_t i) {
           CHECK(find({{"MATCH_anyEPCClass", lot_of(i * 7919 % chains, 5)}}).events.size() == 4);
         }));
  report("trace back, ten hops", timed(1000, [&](std::size_t i) {
           const auto found = query::trace(readers, {lot_of(i * 7919 % chains, kHops), query::TraceDirection::back});
           CHECK(found.ok() && found->items.size() == kHops + 1 && !found->truncated);
         }));
  report("trace forward, ten hops", timed(1000, [&](std::size_t i) {
           const auto found = query::trace(readers, {lot_of(i * 7919 % chains, 0), query::TraceDirection::forward});
           CHECK(found.ok() && found->items.size() == kHops + 1);
         }));
  report(fmt::format("recall of {} items", kRecalled), timed(20, [&](std::size_t) {
           const auto found = query::recall(readers, {built.lot, {}, {}, {}, 1000});
           CHECK(found.ok() && found->affected == kRecalled + 1 && !found->truncated);
         }));
  report("history of a lot", timed(1000, [&](std::size_t i) {
           CHECK(query::history(readers, {lot_of(i * 7919 % chains, 5), {}, 100}).ok());
         }));
  report("holdings, a page of 1000", timed(20, [&](std::size_t) {
           CHECK(query::holdings(readers, {"Shop", {}, 1000}).ok());
         }));
}

/// The same questions while another thread captures and RocksDB moves its tables.
void measure_while_capturing(rocksdb_store::RocksDatabase& database, const Built& built) {
  std::atomic<bool> done = false;
  std::atomic<std::size_t> captured = 0;
  const auto start = std::chrono::steady_clock::now();
  std::thread writer([&] {
    Builder builder(database, built.height);
    std::size_t clock = built.events;
    for (std::size_t chain = built.chains; !done; ++chain) {
      add_chain(builder, chain, clock);
      captured = builder.events_total;
    }
    builder.finish();
  });
  measure(database, built);
  const auto seconds = milliseconds_since(start) / 1000;
  done = true;
  writer.join();
  fmt::print("meanwhile {} events captured, {:.0f} events/s\n", captured.load(),
             static_cast<double>(captured.load()) / seconds);
}

/// All events, a page of a thousand after the other: what a stream of results takes of memory.
void measure_stream(const rocksdb_store::RocksDatabase& database, const Built& built) {
  const auto start = std::chrono::steady_clock::now();
  const auto first = resident_megabytes();
  auto most = first;
  std::size_t count = 0;
  std::string token;
  do {
    // As a node does: every page reads its own snapshot.
    const auto snapshot = database.snapshot();
    const query::EpcisReaders readers{
        snapshot->column(Column::state), snapshot->column(Column::index),
        [&](Height height, std::uint32_t) -> Result<TransactionPointer> {
          auto transaction = std::make_shared<Transaction>();
          transaction->payloads.push_back({{}, *snapshot->column(Column::blocks).get(document_key(height))});
          return TransactionPointer(std::move(transaction));
        },
        built.height};
    query::EpcisParameters parameters{{"orderBy", "eventTime"}, {"perPage", "1000"}};
    if (!token.empty()) { parameters.emplace_back("nextPageToken", token); }
    const auto query = query::parse_epcis_query(parameters);
    CHECK(query.ok());
    const auto page = query::find_events(readers, *query);
    CHECK(page.ok());
    count += page->events.size();
    token = page->next_page_token;
    most = std::max(most, resident_megabytes());
  } while (!token.empty());
  CHECK(count == built.events);
  const auto seconds = milliseconds_since(start) / 1000;
  fmt::print("streamed {} events in {:.0f} s ({:.0f} events/s): resident {:.0f} MB before, {:.0f} MB at most\n", count,
             seconds, static_cast<double>(count) / seconds, first, most);
}

void lineage_of_a_million_events(benchmark::State& state) {
  const char* wanted = std::getenv("KETEN_LINEAGE_BENCH");
  if (wanted == nullptr) {
    state.SkipWithError("set KETEN_LINEAGE_BENCH=1000000; it takes minutes");
    return;
  }
  const auto events = static_cast<std::size_t>(std::strtoull(wanted, nullptr, 10));
  const char* kept = std::getenv("KETEN_LINEAGE_FOLDER");
  const auto folder = kept != nullptr
                          ? std::filesystem::path(kept)
                          : std::filesystem::temp_directory_path() / fmt::format("keten-lineage-{}", ::getpid());
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    auto opened = rocksdb_store::RocksDatabase::open(folder.string());
    CHECK(opened.ok());
    auto& database = **opened;
    const auto known = database.snapshot()->column(Column::meta).get(kBuiltKey);
    if (known) { fmt::print("opened in {:.0f} ms\n", milliseconds_since(start)); }
    const auto built = known ? decode_built(*known) : build(database, events);
    fmt::print("resident {:.0f} MB\n", resident_megabytes());
    measure(database, built);
    fmt::print("resident {:.0f} MB\n", resident_megabytes());
    report_sizes(database, built);
    measure_stream(database, built);
    // Last: it adds to a kept folder what the figures above do not know.
    if (kept == nullptr) { measure_while_capturing(database, built); }
  }
  if (kept == nullptr) { std::filesystem::remove_all(folder); }
}
BENCHMARK(lineage_of_a_million_events)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
