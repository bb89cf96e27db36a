#include "tools/keten/usage_session.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "client/keystore.h"
#include "client/transactions.h"
#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/usage_contract.h"
#include "core/hash.h"
#include "core/limits.h"

namespace keten::tools {
namespace {

constexpr std::uint32_t kWaitMs = 30'000;
constexpr std::uint64_t kUsageFuel = 20'000'000;
constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kIdBeginningMin = 6;  ///< of what a person types

/// What binds the company is signed by its admin, unless --as names another key.
std::string signing_user(const UsageLedgerOptions& options, const UsageCall& call) {
  const auto user = options.target.user.substr(0, options.target.user.find('@'));
  if (!user.empty()) { return user; }
  const auto roles = usage::UsageContract().allowed_roles(call.method);
  return call.contract != "usage" || (roles && !roles->has(Role::submitter)) ? "admin" : "device";
}

}  // namespace

Result<UsageSession> open_usage_session(const UsageLedgerOptions& options) {
  auto target = find_target(options.target);
  if (!target) { return target.error(); }
  auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  auto status = ledger->status();
  if (!status) { return status.error(); }
  return UsageSession{std::move(*target), std::move(*ledger), std::move(*status)};
}

Result<json::Value> send_usage_call(const UsageSession& session, const UsageLedgerOptions& options, UsageCall call) {
  const auto key = client::read_key_file(HomeFiles{session.target.node.home}.key(signing_user(options, call)));
  if (!key) { return key.error(); }
  const auto transaction =
      client::sign_call({.chain_id = session.status.chain_id, .organisation = session.status.organisation, .key = *key},
                        {.contract = std::move(call.contract),
                         .method = std::move(call.method),
                         .arguments = std::move(call.arguments),
                         .valid_until = session.status.height.plus(client::kValidityBlocks),
                         .fuel_limit = kUsageFuel});
  if (auto submitted = session.ledger.submit(transaction); !submitted) { return submitted.error(); }
  const auto progress = session.ledger.wait(transaction->id, WaitLevel::executed, kWaitMs);
  if (!progress) { return progress.error(); }
  if (!progress->receipt) {
    return failure(ErrorKind::timeout, "NOT_EXECUTED", "it may still be: keten tx status " + transaction->id.hex());
  }
  const auto& receipt = *progress->receipt;
  if (!receipt.succeeded) { return failure(ErrorKind::refused, receipt.reason, receipt.message); }
  auto answer = json::Value::object();
  answer.set("transaction", text_value(transaction->id.hex())).set("height", number_value(progress->height.value));
  if (!receipt.result.empty()) {
    const auto result = json::parse(as_text(receipt.result));
    if (!result) { return result.error(); }
    answer.set("result", *result);
  }
  return answer;
}

bool is_usage_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Status check_beginning(const std::string& beginning) {
  if (is_usage_id(beginning) && beginning.size() >= kIdBeginningMin && beginning.size() <= kIdDigits) { return kDone; }
  return invalid("ID_INVALID", "expected the id of a negotiation or agreement, or at least " +
                                   std::to_string(kIdBeginningMin) + " digits of its beginning, found \"" + beginning +
                                   "\"");
}

Result<std::string> id_under(const UsageSession& session, const std::string& table, const std::string& beginning) {
  const auto entries = session.ledger.state("usage", as_bytes(table + beginning));
  if (!entries) { return entries.error(); }
  if (entries->entries.empty()) { return std::string(); }
  if (entries->entries.size() > 1) {
    return failure(ErrorKind::not_found, "ID_AMBIGUOUS",
                   std::to_string(entries->entries.size()) + " ids begin with " + beginning + "; give more digits");
  }
  return std::string(as_text(entries->entries.front().first)).substr(std::string("usage/").size() + table.size());
}

Result<std::string> negotiation_id(const UsageSession& session, const std::string& beginning) {
  if (auto checked = check_beginning(beginning); !checked) { return checked.error(); }
  auto id = id_under(session, usage::negotiation_key(""), beginning);
  if (!id || !id->empty()) { return id; }
  return failure(ErrorKind::not_found, "UNKNOWN_NEGOTIATION", "no negotiation begins with " + beginning);
}

Result<std::string> agreement_id(const UsageSession& session, const std::string& beginning) {
  if (auto checked = check_beginning(beginning); !checked) { return checked.error(); }
  auto id = id_under(session, usage::agreement_key(""), beginning);
  if (!id || !id->empty()) { return id; }
  const auto negotiation = negotiation_id(session, beginning);
  if (!negotiation) {
    return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "no agreement about data begins with " + beginning);
  }
  const auto record = read_usage_record(session, usage::negotiation_key(*negotiation));
  if (!record) { return record.error(); }
  if (const auto agreed = record->find_string("agreement")) { return std::string(*agreed); }
  return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT",
                 "negotiation " + *negotiation + " has led to no agreement yet, it is " +
                     std::string(record->find_string("state").value_or("")));
}

std::string value_text(const json::Value& value) {
  if (value.is(json::Kind::string) || value.is(json::Kind::number)) { return value.text(); }
  if (value.is(json::Kind::boolean)) { return value.as_bool() ? "yes" : "no"; }
  if (!value.is(json::Kind::array)) { return json::serialize(value); }
  std::string text;
  for (const auto& one : value.items()) { text += (text.empty() ? "" : ", ") + value_text(one); }
  return text;
}

void print_usage_answer(Console& console, const UsageLedgerOptions& options, const std::string& method,
                        const json::Value& answer) {
  if (options.output == OutputForm::json) {
    console.out << json::pretty(answer) << "\n";
    return;
  }
  console.out << method << " recorded at height " << answer.find("height")->text() << ", transaction "
              << *answer.find_string("transaction") << "\n";
  const auto print_member = [&](const std::string& name, const json::Value& value) {
    const auto shown = name == "until" ? production::time_text(value.as_integer().value_or(0)) : value_text(value);
    console.out << fmt::format("  {:12} {}\n", name, printable(shown));
  };
  const auto print = [&](const json::Value& object) {
    for (const auto* name : {"id", "decision", "reason"}) {
      if (const auto* value = object.find(name)) { print_member(name, *value); }
    }
    for (const auto& [name, value] : object.members()) {
      if (name != "id" && name != "decision" && name != "reason") { print_member(name, value); }
    }
    const auto decision = object.find_string("decision");
    const bool has_report = decision == "denied" || decision == "invalid";
    if (has_report && object.find("id") != nullptr) {
      console.out << "  why: keten usage explain " << options.subject << " --use "
                  << printable(object.find_string("id").value_or("")) << "\n";
    }
  };
  if (const auto* result = answer.find("result")) {
    if (result->is(json::Kind::array)) {
      for (const auto& item : result->items()) { print(item); }
    } else {
      print(*result);
    }
  }
}

int run_usage_call(Console& console, const UsageSession& session, const UsageLedgerOptions& options,
                   const std::string& method, UsageCall call) {
  const auto answer = send_usage_call(session, options, std::move(call));
  if (!answer) { return console.fail(answer.error()); }
  print_usage_answer(console, options, method, *answer);
  return kSuccess;
}

int run_usage_call(Console& console, const UsageSession& session, const UsageLedgerOptions& options,
                   const std::string& method, const json::Value& arguments) {
  return run_usage_call(console, session, options, method,
                        {.method = method, .arguments = to_bytes(json::canonical(arguments))});
}

int run_usage_call(Console& console, const UsageLedgerOptions& options, const std::string& method,
                   const json::Value& arguments) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  return run_usage_call(console, *session, options, method, arguments);
}

int run_usage_call_about(Console& console, const UsageLedgerOptions& options, const std::string& method,
                         const std::string& name, const std::string& beginning, json::Value arguments) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = name == "negotiation" ? negotiation_id(*session, beginning) : agreement_id(*session, beginning);
  if (!id) { return console.fail(id.error()); }
  return run_usage_call(console, *session, options, method, arguments.set(name, text_value(*id)));
}

Result<json::Value> read_usage_record(const UsageSession& session, const std::string& key) {
  const auto entries = session.ledger.state("usage", as_bytes(key));
  if (!entries) { return entries.error(); }
  for (const auto& [name, value] : entries->entries) {
    if (as_text(name) == "usage/" + key) { return json::parse(as_text(value)); }
  }
  return failure(ErrorKind::not_found, "UNKNOWN_RECORD", "the ledger has no " + key);
}

Result<json::Value> said_in(const std::vector<std::string>& statements) {
  auto said = json::Value::object();
  for (const auto& one : statements) {
    const auto equals = one.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid("STATEMENT_INVALID", "expected OPERAND=VALUE, found \"" + one + "\"");
    }
    const auto value = one.substr(equals + 1);
    said.set(one.substr(0, equals), value.empty() ? json::Value::array() : text_value(value));
  }
  return said;
}

Result<json::Value> use_in(const UsageLedgerOptions& options) {
  const auto statements = said_in(options.statements);
  if (!statements) { return statements.error(); }
  auto use = json::Value::object();
  use.set("id", text_value(options.id)).set("action", text_value(options.action));
  if (!options.statements.empty()) { use.set("statements", *statements); }
  if (!options.at.empty()) { use.set("at", text_value(options.at)); }
  if (!options.duration.empty()) { use.set("duration", text_value(options.duration)); }
  return use;
}

Result<std::string> commitment_of(const UsageLedgerOptions& options) {
  if (options.content.empty()) { return options.commitment; }
  const auto content = client::read_file(options.content, 64 * limits::kJsonBytesMax);
  if (!content) { return content.error(); }
  return Hasher("keten/usage-content/1").sized(*content).finish().hex();
}

Result<std::string> needed_commitment_of(const UsageLedgerOptions& options) {
  if (options.content.empty() && options.commitment.empty()) {
    return invalid("COMMITMENT_MISSING",
                   "give --content FILE to commit to, or --commitment with 64 hexadecimal digits");
  }
  return commitment_of(options);
}

}  // namespace keten::tools
