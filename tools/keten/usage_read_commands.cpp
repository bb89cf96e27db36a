// keten usage show, duties, statement: what the ledger says about data usage.
#include <algorithm>
#include <cstddef>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "contracts/production/time.h"
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

std::string time_of(const json::Value& milliseconds) {
  const auto time = milliseconds.as_integer();
  return time ? production::time_text(*time) : value_text(milliseconds);
}

/// Who and what first, then the rest.
std::vector<std::string> in_order(const json::Value& record) {
  std::vector<std::string> names = {"id",    "agreement", "negotiation", "dataset", "version",
                                    "state", "provider",  "consumer",    "owner",   "custodian"};
  std::erase_if(names, [&](const std::string& name) { return record.find(name) == nullptr; });
  const auto first = names.size();
  for (const auto& [name, value] : record.members()) {
    const bool is_there = std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(first), name) !=
                          names.begin() + static_cast<std::ptrdiff_t>(first);
    if (!is_there && name != "document") { names.push_back(name); }
  }
  return names;
}

/// A record of the ledger for a person: a line for each member, times as times.
void print_record(std::ostream& out, const json::Value& record, std::size_t depth) {
  static const std::set<std::string> kTimes = {"time", "start", "end", "ends", "first", "last"};
  for (const auto& name : in_order(record)) {
    const auto& value = *record.find(name);
    const auto begin = std::string(2 * depth, ' ') + printable(name);
    if (value.is(json::Kind::object)) {
      if (value.members().empty()) { continue; }
      out << begin << "\n";
      print_record(out, value, depth + 1);
      continue;
    }
    const auto text = kTimes.contains(name) ? time_of(value) : value_text(value);
    out << fmt::format("{:<16}{}\n", begin + " ", printable(text));
  }
}

/// A dataset, an agreement, or a negotiation that has led to none.
Result<json::Value> shown_record(const UsageSession& session, const std::string& subject) {
  client::LedgerClient::UsageQuestion question;
  question.subject = subject;
  question.view = "dataset";
  if (!is_usage_id(subject)) { return session.ledger.usage(question); }
  const auto negotiation = negotiation_id(session, subject);
  if (negotiation) { return read_usage_record(session, usage::negotiation_key(*negotiation)); }
  const auto id = agreement_id(session, subject);
  if (!id) { return id.error(); }
  question.view = "agreement";
  question.subject = *id;
  return session.ledger.usage(question);
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
  const auto record = shown_record(*session, options.subject);
  if (!record) { return console.fail(record.error()); }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(*record) << "\n";
    return kSuccess;
  }
  print_record(console.out, *record, 0);
  if (record->find("counters") != nullptr) {
    console.out << "terms in words: keten usage explain " << text_of(*record, "agreement").substr(0, 8)
                << "; as signed: -o json\n";
  }
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
