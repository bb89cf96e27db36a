// keten usage show, duties, statement: what the ledger says about data usage.
#include <ostream>

#include "contracts/usage/ledger_records.h"
#include "core/limits.h"
#include "node/query/usage_query.h"
#include "tools/keten/usage_session.h"
#include "tools/keten/usage_statement.h"

namespace keten::tools {
namespace {

std::string text_of(const json::Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
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
  console.out << (options.output == OutputForm::json ? json::pretty(duties) + "\n" : duty_lines(duties));
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
    print_statement(console.out, *statement);
  }
  return kSuccess;
}

}  // namespace keten::tools
