#include "contracts/usage/statement.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "contracts/agreements/arguments.h"
#include "contracts/production/decimal.h"
#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/policy_reader.h"

namespace keten::usage {
namespace {

using Json = json::Value;

Json text(std::string_view content) { return Json::string(std::string(content)); }
std::string word(const Json& record, std::string_view name) {
  return std::string(record.find_string(name).value_or(""));
}
std::int64_t integer(const Json& record, std::string_view name) {
  const auto* member = record.find(name);
  return member == nullptr ? 0 : member->as_integer().value_or(0);
}

/// A payment that a duty asks for.
struct Amount {
  std::string duty;
  std::string amount;
  std::string unit;
  std::string state;  ///< of the duty
  bool is_due = false;
};

void find_amounts(const std::vector<Constraint>& constraints, std::vector<std::pair<std::string, std::string>>& found) {
  for (const auto& one : constraints) {
    if (one.logic == Logic::all) { find_amounts(one.parts, found); }
    if (one.logic != Logic::atom || odrl_word(one.left) != "payAmount" || one.right.size() != 1) { continue; }
    if (const auto& value = one.right.front(); value.decimal) { found.emplace_back(*value.decimal, value.unit); }
  }
}

/// `owed`: whether it is due although it still waits: a consequence, when what it follows from was not done in time.
void collect_amounts(const Rule& duty, const std::map<std::string, std::string>& states, bool owed,
                     std::vector<Amount>& amounts) {
  const auto known = states.find(duty.uid);
  const auto state = known == states.end() ? std::string("open") : known->second;
  std::vector<std::pair<std::string, std::string>> found;
  find_amounts(duty.constraints, found);
  for (const auto& action : duty.actions) { find_amounts(action.refinements, found); }
  const bool due = state == "open" || state == "overdue" || (state == "waiting" && owed);
  for (auto& [amount, unit] : found) { amounts.push_back({duty.uid, amount, unit, state, due}); }
  for (const auto& one : duty.consequences) {
    collect_amounts(one, states, state == "late" || state == "overdue", amounts);
  }
}

std::vector<Amount> amounts_of(const Json& document, const Json& duties) {
  std::vector<Amount> amounts;
  const auto policy = read_policy(document);
  if (!policy) { return amounts; }
  std::map<std::string, std::string> states;
  for (const auto& duty : duties.items()) { states[word(duty, "uid")] = word(duty, "state"); }
  for (const auto& rule : policy->rules) {
    if (rule.kind == RuleKind::duty) { collect_amounts(rule, states, false, amounts); }
    for (const auto& one : rule.duties) { collect_amounts(one, states, false, amounts); }
    for (const auto& one : rule.remedies) { collect_amounts(one, states, false, amounts); }
  }
  return amounts;
}

Error malformed(std::string_view id, const std::string& what) {
  return failure(ErrorKind::corrupt, "HISTORY_MALFORMED", "history of agreement " + std::string(id) + ": " + what);
}

Result<Json> parse_record(std::string_view id, ByteView bytes) {
  auto record = json::parse(as_text(bytes));
  if (!record || !record->is(json::Kind::object)) { return malformed(id, "expected a record, a JSON object"); }
  return record;
}

}  // namespace

void UseCounts::add(const Json& line) {
  ++counts_[{word(line, "purpose"), word(line, "kind"), word(line, "decision")}];
  ++total_;
}

json::Value UseCounts::json() const {
  const auto number = [](std::uint64_t value) { return Json::number(static_cast<std::int64_t>(value)); };
  auto list = Json::array();
  for (const auto& [what, count] : counts_) {
    const auto& [purpose, kind, decision] = what;
    list.push(Json::object()
                  .set("purpose", text(purpose))
                  .set("kind", text(kind))
                  .set("decision", text(decision))
                  .set("uses", number(count)));
  }
  return Json::object().set("total", number(total_)).set("byPurpose", std::move(list));
}

void set_amounts(Json& statement, const Json& policy, const Json& duties) {
  const auto amounts = amounts_of(policy, duties);
  auto list = Json::array();
  std::map<std::string, std::string> sums;
  for (const auto& one : amounts) {
    list.push(Json::object()
                  .set("duty", text(one.duty))
                  .set("amount", text(one.amount))
                  .set("unit", text(one.unit))
                  .set("state", text(one.state))
                  .set("due", Json::boolean(one.is_due)));
    if (!one.is_due) { continue; }
    auto& sum = sums.try_emplace(one.unit, "0").first->second;
    sum = production::add_decimals(sum, one.amount).value_or(sum);
  }
  auto due = Json::array();
  for (const auto& [unit, sum] : sums) { due.push(Json::object().set("amount", text(sum)).set("unit", text(unit))); }
  statement.set("amounts", std::move(list)).set("due", std::move(due));
}

Result<AgreementHistory> read_history(std::string_view id, const std::vector<RecordedFact>& facts) {
  AgreementHistory history;
  std::map<std::string, Json> duties;
  std::map<std::string, std::size_t> places;  // of uses, by their keys
  std::vector<Json> uses;
  const auto duties_begin = "duty/" + std::string(id) + "/";
  const auto uses_begin = use_key(id, "");
  bool has_begun = false;
  for (const auto& fact : facts) {
    if (fact.what == "agreements.call" && fact.fields.size() == 3 &&
        as_text(fact.fields[0]) == agreements::kTerminate) {
      history.terminated_by = as_text(fact.fields[1]);
      history.terminated = fact.time;
    }
    const bool begins = fact.what == "usage.agreement";
    if (!begins && fact.what != "usage.record") { continue; }
    if (fact.fields.size() != 2) { return malformed(id, "expected two fields"); }
    auto record = parse_record(id, fact.fields[begins ? 0 : 1]);
    if (!record) { return record.error(); }
    if (begins) {
      auto document = parse_record(id, fact.fields[1]);
      if (!document) { return document.error(); }
      if (has_begun || agreements::document_hash(as_text(fact.fields[1])).hex() != id ||
          document->find("policy") == nullptr) {
        return malformed(id, "its terms are not those that were signed");
      }
      record->set("document", std::move(*document));
      history.agreement = std::move(*record);
      has_begun = true;
      continue;
    }
    const std::string key(as_text(fact.fields[0]));
    if (key.starts_with(duties_begin)) {
      // Behind its deadline the block itself has said so.
      if (record->find_string("state") == "open" && record->find("overdue") != nullptr) {
        record->set("state", text("overdue"));
      }
      duties.insert_or_assign(key, std::move(*record));
    } else if (key.starts_with(uses_begin)) {
      if (record->find("use") == nullptr) { return malformed(id, "expected a use"); }
      // Recorded again when it was corrected, or not logged in time: the last one holds.
      const auto [place, is_new] = places.try_emplace(key, uses.size());
      if (is_new) {
        uses.push_back(std::move(*record));
      } else {
        uses[place->second] = std::move(*record);
      }
    }
  }
  if (!has_begun) {
    return failure(ErrorKind::refused, "NOT_ABOUT_DATA", "agreement " + std::string(id) + " is not about data");
  }
  std::int64_t number = 0;
  for (const auto& use : uses) {
    history.lines.push_back(line_of(use));
    if (integer(use, "number") != ++number) { return malformed(id, "its uses are not numbered from 1"); }
  }
  history.duties = Json::array();
  for (auto& [key, duty] : duties) { history.duties.push(std::move(duty)); }
  return history;
}

std::vector<json::Value> uses_of(const AgreementHistory& history, const Period& period) {
  std::vector<Json> lines;
  std::copy_if(history.lines.begin(), history.lines.end(), std::back_inserter(lines), [&](const Json& line) {
    return integer(line, "time") >= period.from && integer(line, "time") < period.to;
  });
  return lines;
}

json::Value statement_of(const AgreementHistory& history, const Period& period) {
  UseCounts counts;
  for (const auto& line : uses_of(history, period)) { counts.add(line); }
  auto statement = Json::object();
  for (const auto* name : {"agreement", "dataset", "provider", "consumer"}) {
    statement.set(name, text(word(history.agreement, name)));
  }
  if (!history.terminated_by.empty()) {
    statement.set("terminatedBy", text(history.terminated_by))
        .set("terminated", text(production::time_text(history.terminated)));
  }
  if (period.from > 0) { statement.set("from", text(production::time_text(period.from))); }
  if (period.to != INT64_MAX) { statement.set("to", text(production::time_text(period.to))); }
  statement.set("uses", counts.json());
  set_amounts(statement, *history.agreement.find("document")->find("policy"), history.duties);
  statement.set("duties", history.duties);
  return statement;
}

}  // namespace keten::usage
