// keten usage show, duties, statement: what the ledger says about data usage.
#include <cstdint>
#include <ostream>

#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/vocabulary.h"
#include "core/limits.h"
#include "node/query/usage_query.h"
#include "tools/keten/usage_session.h"

namespace keten::tools {
namespace {

std::string time_of(const json::Value* milliseconds) {
  return milliseconds == nullptr ? "" : production::time_text(milliseconds->as_integer().value_or(0));
}

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

Table duty_table(const json::Value& duties) {
  Table table({{"DUTY"}, {"ACTION"}, {"STATE"}, {"DEADLINE"}});
  for (const auto& duty : duties.items()) {
    const auto word = usage::odrl_word(text_of(duty, "action"));
    table.add({printable(text_of(duty, "uid")), printable(word.empty() ? text_of(duty, "action") : std::string(word)),
               text_of(duty, "state"), time_of(duty.find("deadline"))});
  }
  return table;
}

/// What a statement says, for a person.
void print_statement(Console& console, const json::Value& statement) {
  const auto& uses = *statement.find("uses");
  console.out << text_of(statement, "consumer") << " used " << printable(text_of(statement, "dataset")) << " of "
              << text_of(statement, "provider") << ": " << uses.find("total")->text() << " uses; the agreement is "
              << text_of(statement, "state") << "\n";
  Table table({{"PURPOSE"}, {"KIND"}, {"DECISION"}, {"USES", Table::Align::right}});
  for (const auto& one : uses.find("byPurpose")->items()) {
    const auto purpose = text_of(one, "purpose");
    table.add({purpose.empty() ? "(none)" : printable(purpose), text_of(one, "kind"), text_of(one, "decision"),
               one.find("uses")->text()});
  }
  if (!table.empty()) { console.out << table.text(); }
  for (const auto& due : statement.find("due")->items()) {
    console.out << "Due: " << text_of(due, "amount") << " " << printable(text_of(due, "unit")) << "\n";
  }
  if (!statement.find("duties")->items().empty()) { console.out << duty_table(*statement.find("duties")).text(); }
}

client::LedgerClient::UsageQuestion about(const std::string& view, const std::string& agreement) {
  client::LedgerClient::UsageQuestion question;
  question.view = view;
  question.subject = agreement;
  return question;
}

/// A row for each use of a period, part by part.
Status print_sheet(Console& console, const UsageSession& session, client::LedgerClient::UsageQuestion question) {
  question.view = "uses";
  question.limit = limits::kPageMax;
  console.out << query::usage_sheet_heading();
  do {
    const auto part = session.ledger.usage(question);
    if (!part) { return part.error(); }
    for (const auto& line : part->find("uses")->items()) { console.out << query::usage_sheet_row(line); }
    question.after = text_of(*part, "next");
  } while (!question.after.empty());
  return kDone;
}

}  // namespace

int run_usage_show(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  auto key = usage::dataset_key(options.subject);
  if (is_usage_id(options.subject)) {
    const auto id = agreement_id(*session, options.subject);
    const auto negotiation = negotiation_id(*session, options.subject);
    if (!id && !negotiation) { return console.fail(id.error()); }
    key = negotiation ? usage::negotiation_key(*negotiation) : usage::agreement_key(*id);
  }
  const auto record = read_usage_record(*session, key);
  if (!record) { return console.fail(record.error()); }
  console.out << json::pretty(*record) << "\n";
  return kSuccess;
}

int run_usage_duties(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  const auto answer = session->ledger.usage(about("duties", *id));
  if (!answer) { return console.fail(answer.error()); }
  const auto& duties = *answer->find("duties");
  console.out << (options.output == OutputForm::json ? json::pretty(duties) + "\n" : duty_table(duties).text());
  return kSuccess;
}

int run_usage_statement(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  auto question = about("statement", *id);
  question.from = options.from;
  question.to = options.to;
  if (options.csv) {
    if (auto printed = print_sheet(console, *session, question); !printed) { return console.fail(printed.error()); }
    return kSuccess;
  }
  const auto statement = session->ledger.usage(question);
  if (!statement) { return console.fail(statement.error()); }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(*statement) << "\n";
  } else {
    print_statement(console, *statement);
  }
  return kSuccess;
}

}  // namespace keten::tools
