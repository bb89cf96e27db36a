#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/contract.h"
#include "contracts/production/event_record.h"
#include "contracts/production/production_contract.h"
#include "core/bytes.h"
#include "core/hash.h"

namespace keten::test {

/// A column in memory.
class MemoryColumn : public contracts::StateReader {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    ++reads;
    const auto found = rows.find(to_bytes(key));
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    const auto last = to_bytes(end);
    for (auto row = rows.lower_bound(to_bytes(first)); row != rows.end() && (last.empty() || row->first < last);
         ++row) {
      ++reads;
      if (!visit(row->first, row->second)) { return; }
    }
  }
  void scan_back(ByteView first, ByteView end, const Visit& visit) const override {
    auto row = end.empty() ? rows.end() : rows.lower_bound(to_bytes(end));
    while (row != rows.begin()) {
      --row;
      if (row->first < to_bytes(first)) { return; }
      ++reads;
      if (!visit(row->first, row->second)) { return; }
    }
  }
  std::map<Bytes, Bytes> rows;
  mutable std::size_t reads = 0;  ///< rows handed out
};

/// Executes captures one by one, each in a block of its own, over state and index in memory.
class MemoryLedger {
 public:
  static constexpr std::uint64_t kFuel = 1'000'000'000;

  /// The result of `production.capture`; a failure changes nothing.
  Result<production::CaptureResult> capture(const std::string& organisation, std::string_view document,
                                            const production::CaptureArguments& arguments = {}) {
    auto transaction = std::make_shared<Transaction>();
    transaction->body.organisation = organisation;
    transaction->body.contract = "production";
    transaction->body.method = "capture";
    transaction->body.arguments = production::encode(arguments);
    transaction->payloads.push_back({{}, to_bytes(document)});
    const Height height{transactions.size() + 1};
    transaction->id = Hasher("keten/test/1").number(height.value).finish();
    const contracts::BlockContext block{{}, height, 1'790'000'000'000 + height.value * 1000};
    const contracts::Caller caller{organisation, {}, Roles{Role::submitter}, {}};
    contracts::Context context(block, *transaction, caller, 0, state, fuel_limit);
    auto result = contract.execute(context);
    if (result) { context.write_heads(); }
    last_fuel = fuel_limit - context.fuel_left();
    if (!result) { return result.error(); }
    for (const auto& [key, value] : context.writes()) {
      if (value) {
        state.rows[key] = *value;
      } else {
        state.rows.erase(key);
      }
    }
    for (const auto& row : context.index_entries()) { index.rows[row.key] = row.value; }
    last_events = context.events();
    transactions.push_back(std::move(transaction));
    return production::decode_capture_result(*result);
  }

  [[nodiscard]] Result<TransactionPointer> load(Height height, std::uint32_t transaction) const {
    if (transaction != 0 || height.value == 0 || height.value > transactions.size()) {
      return failure(ErrorKind::not_found, "TRANSACTION_NOT_FOUND", "no transaction there");
    }
    return transactions[height.value - 1];
  }
  [[nodiscard]] Height height() const { return Height{transactions.size()}; }

  production::ProductionContract contract;
  MemoryColumn state;
  MemoryColumn index;
  std::vector<TransactionPointer> transactions;
  std::vector<contracts::ContractEvent> last_events;
  std::uint64_t fuel_limit = kFuel;
  std::uint64_t last_fuel = 0;
};

/// A document around some events.
inline std::string document_of(const std::string& events, const std::string& context = "") {
  return R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld")" +
         (context.empty() ? "" : "," + context) +
         R"(],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00Z","epcisBody":{"eventList":[)" +
         events + "]}}";
}

/// The members that every event needs, then `rest`.
inline std::string event_of(const std::string& type, const std::string& time, const std::string& rest) {
  return R"({"type":")" + type + R"(","eventTime":")" + time + R"(","eventTimeZoneOffset":"+00:00",)" + rest + "}";
}

}  // namespace keten::test
