// What auditors ask, on a ledger of a million events in RocksDB. Slow to build: run it alone, with
// KETEN_LINEAGE_BENCH=1000000 set.
#include "node/query/lineage.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include "contracts/production/entity.h"
#include "contracts/production/production_contract.h"
#include "core/check.h"
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

/// Executes captures on top of a database: the state of a batch in memory until it is written.
class Builder {
 public:
  explicit Builder(rocksdb_store::RocksDatabase& database) : database_(database), snapshot_(database.snapshot()) {}

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

std::uint64_t bytes_of(const contracts::StateReader& column) {
  std::uint64_t bytes = 0;
  column.scan({}, {}, [&](ByteView key, ByteView value) {
    bytes += key.size() + value.size();
    return true;
  });
  return bytes;
}

void measure(const rocksdb_store::RocksDatabase& database, Height height, const std::string& lot, std::size_t chains) {
  const auto snapshot = database.snapshot();
  const query::EpcisReaders readers{snapshot->column(Column::state), snapshot->column(Column::index),
                                    [](Height, std::uint32_t) -> Result<TransactionPointer> {
                                      return failure(ErrorKind::not_found, "TRANSACTION_NOT_FOUND", "none here");
                                    },
                                    height};
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
  report("trace back, ten hops", timed(1000, [&](std::size_t i) {
           const auto found = query::trace(readers, {lot_of(i * 7919 % chains, kHops), query::TraceDirection::back});
           CHECK(found.ok() && found->items.size() == kHops + 1 && !found->truncated);
         }));
  report("trace forward, ten hops", timed(1000, [&](std::size_t i) {
           const auto found = query::trace(readers, {lot_of(i * 7919 % chains, 0), query::TraceDirection::forward});
           CHECK(found.ok() && found->items.size() == kHops + 1);
         }));
  report(fmt::format("recall of {} items", kRecalled), timed(20, [&](std::size_t) {
           const auto found = query::recall(readers, {lot, {}, {}, {}, 1000});
           CHECK(found.ok() && found->affected == kRecalled + 1 && !found->truncated);
         }));
  report("history of a lot", timed(1000, [&](std::size_t i) {
           CHECK(query::history(readers, {lot_of(i * 7919 % chains, 5), {}, 100}).ok());
         }));
  report("holdings, a page of 1000", timed(20, [&](std::size_t) {
           CHECK(query::holdings(readers, {"Shop", {}, 1000}).ok());
         }));
}

void lineage_of_a_million_events(benchmark::State& state) {
  const char* wanted = std::getenv("KETEN_LINEAGE_BENCH");
  if (wanted == nullptr) {
    state.SkipWithError("set KETEN_LINEAGE_BENCH=1000000; it takes minutes");
    return;
  }
  const auto events = static_cast<std::size_t>(std::strtoull(wanted, nullptr, 10));
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("keten-lineage-{}", ::getpid());
  for (auto _ : state) {
    auto database = rocksdb_store::RocksDatabase::open(folder.string());
    CHECK(database.ok());
    Builder builder(**database);
    const auto start = std::chrono::steady_clock::now();
    std::size_t clock = 0;
    std::size_t chains = 0;
    // The recalled lot lies in the middle of the others.
    std::string lot;
    while (builder.events_total < events) {
      if (lot.empty() && builder.events_total >= events / 2) { lot = add_recall(builder, clock); }
      add_chain(builder, chains++, clock);
    }
    builder.finish();
    CHECK((*database)->flush().ok());
    fmt::print("{} events in {:.0f} s\n", builder.events_total, milliseconds_since(start) / 1000);
    const auto snapshot = (*database)->snapshot();
    const auto mega = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
    fmt::print("documents {:.0f} MB, index {:.0f} MB, state {:.0f} MB (keys and values); both on disk {:.0f} MB\n",
               mega(builder.document_bytes), mega(bytes_of(snapshot->column(Column::index))),
               mega(bytes_of(snapshot->column(Column::state))), mega((*database)->size_bytes()));
    measure(**database, builder.height, lot, chains);
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(lineage_of_a_million_events)->Iterations(1)->Unit(benchmark::kSecond);

}  // namespace
