// What a statement over many uses costs, from the database of a node.
#include <filesystem>
#include <memory>
#include <string>

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include "contracts/agreements/records.h"
#include "contracts/usage/agreement.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/views.h"
#include "core/check.h"
#include "node/rocksdb/rocks_database.h"

namespace {

using namespace keten;

constexpr std::int64_t kBegin = 1'790'000'000'000;
const std::string kAgreement(64, 'a');
constexpr std::string_view kDocument =
    R"({"policy":{"@type":"Agreement","uid":"urn:terms","permission":[{"uid":"urn:rule","action":"use","target":"urn:ds"}]}})";

/// An agreement with a line for each of many uses, one a second.
std::unique_ptr<rocksdb_store::RocksDatabase> filled(const std::string& folder, std::int64_t uses) {
  auto database = rocksdb_store::RocksDatabase::open(folder);
  CHECK(database.ok());
  storage::Batch batch;
  const auto put = [&](const std::string& key, const json::Value& record) {
    batch.put(storage::Column::state, as_bytes("usage/" + key), to_bytes(json::canonical(record)));
  };
  const auto id = *agreements::AgreementId::from_hex(kAgreement);
  agreements::AgreementRecord record;
  record.parties = {"farm", "maker"};
  record.versions.resize(1);
  record.versions.front().status = agreements::VersionStatus::agreed;
  record.versions.front().agreed = static_cast<Milliseconds>(kBegin);
  batch.put(storage::Column::state, agreements::full_key(agreements::agreement_key(id)), agreements::encode(record));
  batch.put(storage::Column::state, agreements::full_key(agreements::document_key(id, 1)), to_bytes(kDocument));
  put(usage::agreement_key(kAgreement),
      *json::parse(R"({"agreement":")" + kAgreement + R"(","dataset":"urn:ds","provider":"farm","consumer":"maker"})"));
  put(usage::counters_key(kAgreement), json::Value::object().set("uses", json::Value::number(uses)));
  for (std::int64_t i = 1; i <= uses; ++i) {
    auto use = json::Value::object();
    use.set("use", *json::parse(R"({"id":"use-)" + std::to_string(i) +
                                R"(","action":"read","statements":{"purpose":"quality"}})"))
        .set("number", json::Value::number(i))
        .set("kind", json::Value::string("permit"))
        .set("decision", json::Value::string(i % 10 == 0 ? "denied" : "permitted"))
        .set("transaction", json::Value::string(std::string(64, 'b')))
        .set("height", json::Value::number(i))
        .set("time", json::Value::number(kBegin + 1000 * i));
    put(usage::line_key(kAgreement, static_cast<std::uint64_t>(i)), usage::line_of(use));
  }
  CHECK((*database)->write(batch, storage::Durability::buffered).ok());
  return std::move(*database);
}

/// Arguments: uses of the agreement, uses in the period (at its end).
void usage_statement(benchmark::State& state) {
  std::string folder = (std::filesystem::temp_directory_path() / "keten-micro-XXXXXX").string();
  CHECK(::mkdtemp(folder.data()) != nullptr);
  {
    const auto database = filled(folder + "/state", state.range(0));
    const auto snapshot = database->snapshot();
    const usage::Period period{kBegin + 1000 * (state.range(0) - state.range(1) + 1), INT64_MAX};
    for (auto _ : state) {
      const auto statement =
          usage::read_statement(snapshot->column(storage::Column::state), kAgreement, period, kBegin);
      if (!statement) {
        state.SkipWithError(statement.error().reason.c_str());
        break;
      }
      if (statement->find("uses")->find("total")->as_integer() != state.range(1)) {
        state.SkipWithError("wrong statement");
        break;
      }
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}
BENCHMARK(usage_statement)->Args({100'000, 100'000})->Args({100'000, 1'000})->Unit(benchmark::kMillisecond);

}  // namespace
