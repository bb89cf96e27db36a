#include "tools/keten/usage_statement.h"

#include <algorithm>
#include <ostream>
#include <utility>
#include <variant>

#include "contracts/production/time.h"
#include "contracts/usage/vocabulary.h"
#include "core/proof/question.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

std::string time_of(const json::Value* milliseconds) {
  return milliseconds == nullptr ? "" : production::time_text(milliseconds->as_integer().value_or(0));
}

const proof::HistoryProof* history_of(const proof::Proof& proof, std::string_view kind) {
  const auto* history = std::get_if<proof::HistoryProof>(&proof.statement);
  return history != nullptr && history->entity.kind == kind ? history : nullptr;
}

}  // namespace

std::string duty_lines(const json::Value& duties) {
  Table table({{"DUTY"}, {"ACTION"}, {"STATE"}, {"DEADLINE"}});
  for (const auto& duty : duties.items()) {
    const auto word = usage::odrl_word(text_of(duty, "action"));
    const auto* missing = duty.find("missing");
    const auto count = missing == nullptr ? 0 : missing->as_integer().value_or(0);
    const auto not_logged = count == 0 ? std::string() : ", " + std::to_string(count) + " not logged in time";
    table.add({printable(text_of(duty, "uid")), printable(word.empty() ? text_of(duty, "action") : std::string(word)),
               text_of(duty, "state") + not_logged, time_of(duty.find("deadline"))});
  }
  return table.empty() ? "no duties\n" : table.text();
}

void print_statement(std::ostream& out, const json::Value& statement) {
  const auto& uses = *statement.find("uses");
  const auto total = uses.find("total")->text();
  out << text_of(statement, "consumer") << " used " << printable(text_of(statement, "dataset")) << " of "
      << text_of(statement, "provider") << ": " << total << (total == "1" ? " use" : " uses");
  if (const auto from = text_of(statement, "from"); !from.empty()) { out << " from " << from; }
  if (const auto to = text_of(statement, "to"); !to.empty()) { out << " until " << to; }
  if (const auto state = text_of(statement, "state"); !state.empty()) { out << "; the agreement is " << state; }
  if (const auto by = text_of(statement, "terminatedBy"); !by.empty()) {
    out << "; " << by << " gave notice at " << text_of(statement, "terminated");
  }
  out << "\n";
  Table table({{"PURPOSE"}, {"KIND"}, {"DECISION"}, {"USES", Table::Align::right}});
  for (const auto& one : uses.find("byPurpose")->items()) {
    const auto purpose = text_of(one, "purpose");
    table.add({purpose.empty() ? "(none)" : printable(purpose), text_of(one, "kind"), text_of(one, "decision"),
               one.find("uses")->text()});
  }
  if (!table.empty()) { out << table.text(); }
  for (const auto& due : statement.find("due")->items()) {
    out << "due: " << text_of(due, "amount") << " " << printable(text_of(due, "unit")) << "\n";
  }
  if (statement.find("due")->items().empty()) { out << "nothing is to be paid\n"; }
  out << duty_lines(*statement.find("duties"));
}

Result<std::optional<usage::AgreementHistory>> usage_history(const proof::Proof& proof) {
  const auto* history = history_of(proof, proof::kAgreementKind);
  if (history == nullptr) { return std::optional<usage::AgreementHistory>(); }
  std::vector<usage::RecordedFact> facts;
  for (const auto& entry : history->entries) {
    const auto* fact = std::get_if<proof::FactContent>(&entry.content);
    if (fact == nullptr) { return std::optional<usage::AgreementHistory>(); }  // somebody left its content out
    facts.push_back({static_cast<std::int64_t>(entry.time), fact->what, {fact->fields.begin(), fact->fields.end()}});
  }
  auto read = usage::read_history(history->entity.id, facts);
  if (read) { return std::optional(std::move(*read)); }
  if (read.error().reason == "NOT_ABOUT_DATA") { return std::optional<usage::AgreementHistory>(); }
  return read.error();
}

std::optional<std::vector<DatasetAgreement>> agreements_about(const proof::Proof& proof) {
  const auto* history = history_of(proof, proof::kDatasetKind);
  if (history == nullptr) { return std::nullopt; }
  std::vector<DatasetAgreement> found;
  for (const auto& entry : history->entries) {
    const auto* fact = std::get_if<proof::FactContent>(&entry.content);
    if (fact == nullptr || fact->what != "usage.record" || fact->fields.size() != 2) { return std::nullopt; }
    const auto record = json::parse(as_text(fact->fields[1]));
    if (!record || !record->is(json::Kind::object)) { return std::nullopt; }
    const auto agreement = record->find_string("agreement");
    if (!agreement) { continue; }
    const auto known = std::find_if(found.begin(), found.end(), [&](const auto& one) { return one.id == *agreement; });
    if (known == found.end()) {
      found.push_back({std::string(*agreement), text_of(*record, "consumer"), entry.height, text_of(*record, "state")});
    } else {
      known->state = text_of(*record, "state");
    }
  }
  return found;
}

Result<usage::Period> period_of(const std::string& from, const std::string& to) {
  usage::Period period;
  for (const auto& [given, moment] : {std::pair(&from, &period.from), std::pair(&to, &period.to)}) {
    if (given->empty()) { continue; }
    const auto time = production::parse_time(*given);
    if (!time) {
      return invalid("TIME_INVALID", "expected a time such as 2026-01-02T03:04:05Z, found \"" + *given + "\"");
    }
    *moment = *time;
  }
  return period;
}

}  // namespace keten::tools
