#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/agreements/agreement_state.h"
#include "contracts/agreements/agreements_contract.h"
#include "contracts/agreements/arguments.h"
#include "contracts/contract.h"
#include "contracts/governance/records.h"
#include "contracts/history_rows.h"
#include "contracts/usage/statement.h"
#include "contracts/usage/usage_contract.h"
#include "core/hash.h"
#include "core/json.h"

namespace keten::test {

/// A farm shares milk data with a robot maker, in memory, each call in a block of its own second.
class UsageLedger : public contracts::StateReader {
 public:
  UsageLedger() {
    governance::StateStore store(*this);
    governance::Records members(store);
    for (const auto* name : {"farm", "maker", "coop"}) { members.set_organisation(name, {}); }
    keep(store.take_writes());
  }
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    const auto found = rows.find(to_bytes(key));
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    for (auto row = rows.lower_bound(to_bytes(first)); row != rows.end(); ++row) {
      if (!end.empty() && row->first >= to_bytes(end)) { return; }
      if (!visit(row->first, row->second)) { return; }
    }
  }

  /// The result; a failure changes nothing. Time passes by a second, and the block looks for deadlines that have passed.
  Result<std::string> call(const std::string& organisation, const std::string& method, Bytes arguments,
                           const contracts::Contract& callee) {
    Transaction transaction;
    transaction.body.organisation = organisation;
    transaction.body.contract = callee.name();
    transaction.body.method = method;
    transaction.body.arguments = std::move(arguments);
    time += block_ms;
    transaction.id = Hasher("keten/test/1").number(++number).finish();
    last = transaction.id.hex();
    if (auto shape = callee.check(transaction); !shape) { return shape.error(); }
    const contracts::BlockContext block{{}, Height{number}, time};
    const contracts::Caller caller{organisation, {}, Roles{Role::admin, Role::submitter}, {}};
    contracts::Context context(block, transaction, caller, 0, *this, 150'000'000);
    auto result = callee.execute(context);
    fuel = 150'000'000 - context.fuel_left();
    events.clear();
    if (result) {
      context.write_heads();
      for (const auto& event : context.events()) { events.push_back(event.kind); }
      keep(context.take_writes());
      keep_history(context.index_entries(), transaction);
    }
    end_block();
    if (!result) { return result.error(); }
    return to_text(*result);
  }
  Result<std::string> call(const std::string& organisation, const std::string& method, const std::string& arguments) {
    return call(organisation, method, to_bytes(arguments), contract);
  }
  void end_block() {
    contracts::WriteSet writes;
    const contracts::BlockContext block{{}, Height{number}, time};
    std::vector<contracts::IndexEntry> rows_of_block;
    for (const auto& event : usage::chase(*this, block, 1, writes, rows_of_block)) { events.push_back(event.kind); }
    keep(writes);
    keep_history(rows_of_block, {});
  }
  /// What the histories of entities say, in order; of calls as a proof shows them.
  void keep_history(const std::vector<contracts::IndexEntry>& entries, const Transaction& transaction) {
    for (const auto& [key, value] : entries) {
      auto row = contracts::history_rows::decode(value);
      if (!row) { continue; }
      if (row->kept == contracts::history_rows::Kept::call) {
        row->fields = {to_bytes(transaction.body.method), to_bytes(transaction.body.organisation),
                       transaction.body.arguments};
      }
      histories[key] = {static_cast<std::int64_t>(time), std::move(*row)};
    }
  }
  struct HistoryRow {
    std::int64_t time = 0;
    contracts::history_rows::Row row;
  };
  /// Of one entity; borrows what the ledger has.
  [[nodiscard]] std::vector<usage::RecordedFact> history(std::string_view kind, std::string_view id) const {
    std::vector<usage::RecordedFact> facts;
    for (std::uint64_t entry = 1;; ++entry) {
      const auto found = histories.find(contracts::history_rows::key(kind, id, entry));
      if (found == histories.end()) { return facts; }
      usage::RecordedFact fact{found->second.time, found->second.row.what, {}};
      for (const auto& field : found->second.row.fields) { fact.fields.emplace_back(field); }
      facts.push_back(std::move(fact));
    }
  }
  void wait(std::uint64_t milliseconds) {
    time += milliseconds;
    ++number;
    events.clear();
    end_block();
  }
  void keep(const contracts::WriteSet& writes) {
    for (const auto& [key, value] : writes) {
      if (value) {
        rows[key] = *value;
      } else {
        rows.erase(key);
      }
    }
  }
  /// The reason of the refusal, or `ok`: a party ends the agreement.
  std::string terminate(const std::string& organisation, const std::string& agreement) {
    const auto arguments = agreements::Terminate{*agreements::AgreementId::from_hex(agreement), "SOLD"}.encode();
    const auto result =
        call(organisation, std::string(agreements::kTerminate), arguments, agreements::AgreementsContract());
    return result ? "ok" : result.error().reason;
  }
  [[nodiscard]] agreements::FindingRecord finding(const std::string& agreement, std::uint64_t number_of) const {
    const auto found = agreements::read_finding(*this, {*agreements::AgreementId::from_hex(agreement), number_of});
    BOOST_REQUIRE_MESSAGE(found, "no finding " << number_of);
    return found->record;
  }
  [[nodiscard]] std::uint64_t findings(const std::string& agreement) const {
    return agreements::read_agreement_record(*this, *agreements::AgreementId::from_hex(agreement))->record.findings;
  }
  /// The reason of the refusal, or empty.
  std::string reason(const std::string& organisation, const std::string& method, const std::string& arguments) {
    const auto before = rows;
    const auto result = call(organisation, method, arguments);
    if (!result) {
      BOOST_TEST(!result.error().message.empty());
      BOOST_CHECK(rows == before);
      return result.error().reason;
    }
    return {};
  }
  json::Value must(const std::string& organisation, const std::string& method, const std::string& arguments) {
    const auto result = call(organisation, method, arguments);
    BOOST_REQUIRE_MESSAGE(result, organisation << " " << method << " " << arguments << ": "
                                               << (result ? "" : result.error().reason + " " + result.error().message));
    return result->empty() ? json::Value() : *json::parse(*result);
  }
  [[nodiscard]] json::Value record(const std::string& key) const {
    const auto bytes = get(as_bytes("usage/" + key));
    BOOST_REQUIRE_MESSAGE(bytes, "no record " << key);
    return *json::parse(as_text(*bytes));
  }

  static inline const std::string kCommitment = std::string(64, 'a');

  void register_milk() {
    must("farm", "register",
         R"({"dataset":"urn:ds:milk","commitment":")" + kCommitment + R"(","classification":["sensor"]})");
  }
  /// Terms of farm and maker with these members in the one permission, `use` of the milk data.
  static std::string terms(const std::string& more = "", const std::string& rest = "") {
    return R"({"@type":"Agreement","uid":"urn:terms:1","permission":[{"uid":"urn:rule:1","action":"use","target":"urn:ds:milk",)"
           R"("assigner":"urn:keten:organisation:farm","assignee":"urn:keten:organisation:maker")" +
           (more.empty() ? "" : "," + more) + "}]" + (rest.empty() ? "" : "," + rest) + "}";
  }
  /// From the farm's offer to the agreement; its id. `more`: members of the offer.
  std::string agree(const std::string& policy, const std::string& more = "") {
    auto answer =
        must("farm", "offer", R"({"dataset":"urn:ds:milk","consumer":"maker","policy":)" + policy + more + "}");
    const std::string id(*answer.find_string("negotiation"));
    const auto with = R"({"negotiation":")" + id + R"(","terms":")" + std::string(*answer.find_string("terms")) + "\"}";
    must("maker", "accept", with);
    must("farm", "agree", with);
    must("maker", "verify", with);
    return std::string(*must("farm", "finalize", with).find_string("agreement"));
  }
  static std::string uses(const std::string& agreement, const std::string& list) {
    return R"({"agreement":")" + agreement + R"(","uses":[)" + list + "]}";
  }
  /// The decision on one use for a purpose.
  std::string use(const std::string& agreement, const std::string& id, const std::string& method = "permit",
                  const std::string& purpose = "quality", const std::string& action = "read") {
    const auto result = must("maker", method,
                             uses(agreement, R"({"id":")" + id + R"(","action":")" + action +
                                                 R"(","statements":{"purpose":")" + purpose + "\"}}"));
    return std::string(*result.items().at(0).find_string("decision"));
  }

  usage::UsageContract contract;
  std::map<Bytes, Bytes> rows;
  std::map<Bytes, HistoryRow> histories;
  std::vector<std::string> events;
  std::uint64_t block_ms = 1000;
  std::uint64_t time = 1'790'000'000'000;
  std::uint64_t number = 0;
  std::uint64_t fuel = 0;
  std::string last;
};

}  // namespace keten::test
