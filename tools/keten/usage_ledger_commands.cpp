// keten usage on the ledger: datasets, negotiations, uses, duties, statements.
#include <algorithm>
#include <cstdint>
#include <map>
#include <ostream>

#include <fmt/format.h>

#include "client/csv.h"
#include "client/keystore.h"
#include "client/transactions.h"
#include "contracts/agreements/arguments.h"
#include "contracts/production/time.h"
#include "contracts/usage/agreement.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/negotiation.h"
#include "contracts/usage/usage_contract.h"
#include "core/hash.h"
#include "core/limits.h"
#include "tools/keten/options.h"
#include "tools/keten/usage_record_options.h"

namespace keten::tools {
namespace {

constexpr std::uint32_t kWaitMs = 30'000;
constexpr std::uint64_t kUsageFuel = 20'000'000;
constexpr std::size_t kIdDigits = 64;
constexpr std::size_t kIdBeginningMin = 6;  ///< of what a person types

/// A node to speak with, and whose key signs.
struct Session {
  Target target;
  client::LedgerClient ledger;
  NodeStatus status;
};

Result<Session> open_session(const UsageLedgerOptions& options) {
  auto target = find_target(options.target);
  if (!target) { return target.error(); }
  auto ledger = target->ledger();
  if (!ledger) { return ledger.error(); }
  auto status = ledger->status();
  if (!status) { return status.error(); }
  return Session{std::move(*target), std::move(*ledger), std::move(*status)};
}

struct ContractCall {
  std::string method;
  Bytes arguments;
  std::string contract = "usage";
};

/// What binds the company is signed by its admin, unless --as names another key.
std::string signing_user(const UsageLedgerOptions& options, const ContractCall& call) {
  const auto user = options.target.user.substr(0, options.target.user.find('@'));
  if (!user.empty()) { return user; }
  const auto roles = usage::UsageContract().allowed_roles(call.method);
  return call.contract != "usage" || (roles && !roles->has(Role::submitter)) ? "admin" : "device";
}

/// The answer of the contract once the call is executed; its refusal is an error.
Result<json::Value> send(const Session& session, const UsageLedgerOptions& options, ContractCall call) {
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

bool is_hexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Whether it can only be a dataset.
bool is_dataset(std::string_view subject) { return !is_hexadecimal(subject); }

/// The whole id under `table` that begins so; empty when there is none.
Result<std::string> id_under(const Session& session, const std::string& table, const std::string& beginning) {
  const auto entries = session.ledger.state("usage", as_bytes(table + beginning));
  if (!entries) { return entries.error(); }
  if (entries->entries.empty()) { return std::string(); }
  if (entries->entries.size() > 1) {
    return failure(ErrorKind::not_found, "ID_AMBIGUOUS",
                   std::to_string(entries->entries.size()) + " ids begin with " + beginning + "; give more digits");
  }
  return std::string(as_text(entries->entries.front().first)).substr(std::string("usage/").size() + table.size());
}

Status check_beginning(const std::string& beginning) {
  if (is_hexadecimal(beginning) && beginning.size() >= kIdBeginningMin && beginning.size() <= kIdDigits) {
    return kDone;
  }
  return invalid("ID_INVALID", "expected the id of a negotiation or agreement, or at least " +
                                   std::to_string(kIdBeginningMin) + " digits of its beginning, found \"" + beginning +
                                   "\"");
}

/// The id of the negotiation that begins so.
Result<std::string> negotiation_id(const Session& session, const std::string& beginning) {
  if (auto checked = check_beginning(beginning); !checked) { return checked.error(); }
  auto id = id_under(session, usage::negotiation_key(""), beginning);
  if (!id || !id->empty()) { return id; }
  return failure(ErrorKind::not_found, "UNKNOWN_NEGOTIATION", "no negotiation begins with " + beginning);
}

Result<json::Value> read_record(const Session& session, const std::string& key);

/// The id of the agreement that begins so, or that the negotiation led to that begins so.
Result<std::string> agreement_id(const Session& session, const std::string& beginning) {
  if (auto checked = check_beginning(beginning); !checked) { return checked.error(); }
  auto id = id_under(session, usage::agreement_key(""), beginning);
  if (!id || !id->empty()) { return id; }
  const auto negotiation = negotiation_id(session, beginning);
  if (!negotiation) {
    return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "no agreement about data begins with " + beginning);
  }
  const auto record = read_record(session, usage::negotiation_key(*negotiation));
  if (!record) { return record.error(); }
  if (const auto agreed = record->find_string("agreement")) { return std::string(*agreed); }
  return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT",
                 "negotiation " + *negotiation + " has led to no agreement yet, it is " +
                     std::string(record->find_string("state").value_or("")));
}

/// Runs one call and prints what came of it.
int run_call(Console& console, const Session& session, const UsageLedgerOptions& options, const std::string& method,
             ContractCall call) {
  const auto answer = send(session, options, std::move(call));
  if (!answer) { return console.fail(answer.error()); }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(*answer) << "\n";
    return kSuccess;
  }
  console.out << method << " recorded at height " << answer->find("height")->text() << ", transaction "
              << *answer->find_string("transaction") << "\n";
  const auto print = [&](const json::Value& object) {
    for (const auto& [name, value] : object.members()) {
      console.out << fmt::format("  {:12} {}\n", name, printable(value.text()));
    }
  };
  if (const auto* result = answer->find("result")) {
    if (result->is(json::Kind::array)) {
      for (const auto& item : result->items()) { print(item); }
    } else {
      print(*result);
    }
  }
  return kSuccess;
}

int run_call(Console& console, const Session& session, const UsageLedgerOptions& options, const std::string& method,
             const json::Value& arguments) {
  return run_call(console, session, options, method,
                  {.method = method, .arguments = to_bytes(json::canonical(arguments))});
}

/// Likewise about a dataset.
int run_call(Console& console, const UsageLedgerOptions& options, const std::string& method,
             const json::Value& arguments) {
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  return run_call(console, *session, options, method, arguments);
}

/// Likewise about a negotiation or agreement, whose whole id becomes the member `name` of the arguments.
int run_call_about(Console& console, const UsageLedgerOptions& options, const std::string& method,
                   const std::string& name, const std::string& beginning, json::Value arguments) {
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = name == "negotiation" ? negotiation_id(*session, beginning) : agreement_id(*session, beginning);
  if (!id) { return console.fail(id.error()); }
  return run_call(console, *session, options, method, arguments.set(name, text_value(*id)));
}

Result<json::Value> read_policy_file(const std::string& file) {
  const auto text = client::read_file(file, limits::kJsonBytesMax);
  if (!text) { return text.error(); }
  return json::parse(*text);
}

/// `--commitment`, or the hash of the content of `--content`.
Result<std::string> commitment_of(const UsageLedgerOptions& options) {
  if (options.content.empty()) { return options.commitment; }
  const auto content = client::read_file(options.content, 64 * limits::kJsonBytesMax);
  if (!content) { return content.error(); }
  return Hasher("keten/usage-content/1").sized(*content).finish().hex();
}

Result<json::Value> read_record(const Session& session, const std::string& key) {
  const auto entries = session.ledger.state("usage", as_bytes(key));
  if (!entries) { return entries.error(); }
  for (const auto& [name, value] : entries->entries) {
    if (as_text(name) == "usage/" + key) { return json::parse(as_text(value)); }
  }
  return failure(ErrorKind::not_found, "UNKNOWN_RECORD", "the ledger has no " + key);
}

/// All records below a prefix.
Result<std::vector<json::Value>> read_records(const Session& session, const std::string& prefix) {
  const auto entries = session.ledger.state("usage", as_bytes(prefix));
  if (!entries) { return entries.error(); }
  std::vector<json::Value> records;
  for (const auto& [key, value] : entries->entries) {
    auto record = json::parse(as_text(value));
    if (!record) { return record.error(); }
    records.push_back(std::move(*record));
  }
  return records;
}

/// The consumer accepts and verifies, the provider agrees and finalizes: whichever comes next.
Result<usage::Move> next_move(const json::Value& negotiation, const std::string& organisation) {
  const auto side = negotiation.find_string("provider") == organisation ? usage::Side::provider : usage::Side::consumer;
  const auto state = usage::state_of_name(negotiation.find_string("state").value_or(""));
  for (const auto move : {usage::Move::accept, usage::Move::agree, usage::Move::verify, usage::Move::finalize}) {
    if (state && usage::after(*state, move, side)) { return move; }
  }
  return failure(ErrorKind::refused, "NOTHING_TO_SIGN",
                 "the negotiation is " + std::string(negotiation.find_string("state").value_or("")) +
                     "; it is not the turn of " + organisation);
}

std::string time_of(const json::Value* milliseconds) {
  return milliseconds == nullptr ? "" : production::time_text(milliseconds->as_integer().value_or(0));
}

/// A duty with what its state is at `now`: open duties behind their deadline are overdue.
json::Value duty_at(json::Value duty, std::int64_t now) {
  const auto* deadline = duty.find("deadline");
  if (duty.find_string("state") == "open" && deadline != nullptr && deadline->as_integer().value_or(now) < now) {
    duty.set("state", text_value("overdue"));
  }
  return duty;
}

/// What --say tells: operands and their values; an empty value is none at all.
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

std::string purpose_of(const json::Value& use) {
  const auto* statements = use.find("use")->find("statements");
  return std::string(statements == nullptr ? "" : statements->find_string("purpose").value_or(""));
}

}  // namespace

int run_usage_register(Console& console, const UsageLedgerOptions& options) {
  const auto commitment = commitment_of(options);
  if (!commitment) { return console.fail(commitment.error()); }
  auto arguments = json::Value::object();
  arguments.set("dataset", text_value(options.subject)).set("commitment", text_value(*commitment));
  if (!options.organisation.empty()) { arguments.set("custodian", text_value(options.organisation)); }
  if (!options.classes.empty()) {
    auto classes = json::Value::array();
    for (const auto& one : options.classes) { classes.push(text_value(one)); }
    arguments.set("classification", std::move(classes));
  }
  return run_call(console, options, "register", arguments);
}

int run_usage_transfer(Console& console, const UsageLedgerOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("dataset", text_value(options.subject));
  if (options.organisation.empty()) { return run_call(console, options, "take", arguments); }
  return run_call(console, options, "transfer", arguments.set("to", text_value(options.organisation)));
}

int run_usage_offer(Console& console, const UsageLedgerOptions& options) {
  const auto policy = read_policy_file(options.policy);
  if (!policy) { return console.fail(policy.error(), options.policy); }
  auto arguments = json::Value::object();
  arguments.set("dataset", text_value(options.subject)).set("policy", *policy);
  if (!options.start.empty()) { arguments.set("start", text_value(options.start)); }
  if (!options.end.empty()) { arguments.set("end", text_value(options.end)); }
  if (options.notice_days != 0) { arguments.set("noticeDays", number_value(std::uint64_t{options.notice_days})); }
  if (!options.issuers.empty()) {
    auto issuers = json::Value::array();
    for (const auto& one : options.issuers) { issuers.push(text_value(one)); }
    arguments.set("issuers", std::move(issuers));
  }
  if (!options.organisation.empty()) { arguments.set("consumer", text_value(options.organisation)); }
  const std::string method = options.proposes ? "request" : "offer";
  if (options.negotiation.empty()) { return run_call(console, options, method, arguments); }
  return run_call_about(console, options, method, "negotiation", options.negotiation, std::move(arguments));
}

int run_usage_accept(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = negotiation_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  const auto negotiation = read_record(*session, usage::negotiation_key(*id));
  if (!negotiation) { return console.fail(negotiation.error()); }
  const auto move = next_move(*negotiation, session->status.organisation);
  if (!move) { return console.fail(move.error()); }
  auto document = read_record(*session, usage::terms_key(*id));
  if (!document) { return console.fail(document.error()); }
  // What is signed is the caller's own copy of the terms, not what a node says that they are; and what else stands in the document is
  // what the negotiation is about.
  const auto policy = read_policy_file(options.policy);
  if (!policy) { return console.fail(policy.error(), options.policy); }
  auto agreed = json::Value::object();
  for (const auto* name : {"start", "end", "noticeDays", "issuers"}) {
    if (const auto* value = document->find(name)) { agreed.set(name, *value); }
  }
  const auto own =
      usage::agreement_document(*id,
                                {.provider = std::string(negotiation->find_string("provider").value_or("")),
                                 .consumer = std::string(negotiation->find_string("consumer").value_or(""))},
                                negotiation->find_string("dataset").value_or(""), *policy, agreed, 0);
  if (options.output == OutputForm::table) {
    console.out << "signing:";
    for (const auto& [name, value] : agreed.members()) { console.out << " " << name << " " << json::serialize(value); }
    console.out << ", the policy in " << options.policy << "\n";
  }
  auto arguments = json::Value::object();
  arguments.set("negotiation", text_value(*id))
      .set("terms", text_value(agreements::document_hash(json::canonical(own)).hex()));
  return run_call(console, *session, options, std::string(usage::move_name(*move)), arguments);
}

int run_usage_end(Console& console, const UsageLedgerOptions& options) {
  if (options.terminates) {
    auto arguments = json::Value::object();
    if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
    return run_call_about(console, options, "terminate", "negotiation", options.subject, std::move(arguments));
  }
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  return run_call(console, *session, options, "withdraw",
                  {.method = std::string(agreements::kTerminate),
                   .arguments = agreements::Terminate{*agreements::AgreementId::from_hex(*id), options.reason}.encode(),
                   .contract = std::string(agreements::kContractName)});
}

int run_usage_use(Console& console, const UsageLedgerOptions& options) {
  const auto statements = said_in(options.statements);
  if (!statements) { return console.fail(statements.error()); }
  auto use = json::Value::object();
  use.set("id", text_value(options.id)).set("action", text_value(options.action));
  if (!options.statements.empty()) { use.set("statements", *statements); }
  if (!options.permit.empty()) { use.set("permit", text_value(options.permit)); }
  auto arguments = json::Value::object();
  arguments.set("uses", json::Value::array().push(std::move(use)));
  return run_call_about(console, options, options.happened ? "log" : "permit", "agreement", options.subject,
                        std::move(arguments));
}

int run_usage_fulfil(Console& console, const UsageLedgerOptions& options) {
  const auto commitment = commitment_of(options);
  if (!commitment) { return console.fail(commitment.error()); }
  return run_call_about(
      console, options, "fulfil", "agreement", options.subject,
      json::Value::object().set("duty", text_value(options.id)).set("commitment", text_value(*commitment)));
}

int run_usage_correct(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("corrects", text_value(options.corrects));
  if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
  if (!options.id.empty()) {
    const auto statements = said_in(options.statements);
    if (!statements) { return console.fail(statements.error()); }
    auto use = json::Value::object();
    use.set("id", text_value(options.id)).set("action", text_value(options.action));
    if (!options.statements.empty()) { use.set("statements", *statements); }
    arguments.set("use", std::move(use));
  }
  return run_call_about(console, options, "correct", "agreement", options.subject, std::move(arguments));
}

int run_usage_pay(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("payment", text_value(options.id))
      .set("amount", text_value(options.amount))
      .set("unit", text_value(options.unit));
  if (!options.duty.empty()) { arguments.set("duty", text_value(options.duty)); }
  return run_call_about(console, options, "pay", "agreement", options.subject, std::move(arguments));
}

int run_usage_receive(Console& console, const UsageRecordOptions& options) {
  return run_call_about(console, options, "receive", "agreement", options.subject,
                        json::Value::object().set("payment", text_value(options.id)));
}

int run_usage_claim(Console& console, const UsageRecordOptions& options) {
  const auto claims = said_in(options.statements);
  if (!claims) { return console.fail(claims.error()); }
  auto arguments = json::Value::object();
  arguments.set("about", text_value(options.subject)).set("claims", *claims);
  if (!options.from.empty()) { arguments.set("from", text_value(options.from)); }
  if (!options.to.empty()) { arguments.set("until", text_value(options.to)); }
  return run_call(console, options, "claim", arguments);
}

int run_usage_move_data(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
  if (options.move == "request") {
    if (!options.format.empty()) { arguments.set("format", text_value(options.format)); }
    return run_call_about(console, options, "transfer_request", "agreement", options.subject, std::move(arguments));
  }
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  if (auto checked = check_beginning(options.subject); !checked) { return console.fail(checked.error()); }
  const auto id = id_under(*session, usage::transfer_key(""), options.subject);
  if (!id) { return console.fail(id.error()); }
  arguments.set("transfer", text_value(id->empty() ? options.subject : *id));
  return run_call(console, *session, options, "transfer_" + options.move, arguments);
}

int run_usage_show(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  auto key = usage::dataset_key(options.subject);
  if (!is_dataset(options.subject)) {
    const auto id = agreement_id(*session, options.subject);
    const auto negotiation = negotiation_id(*session, options.subject);
    if (!id && !negotiation) { return console.fail(id.error()); }
    key = negotiation ? usage::negotiation_key(*negotiation) : usage::agreement_key(*id);
  }
  const auto record = read_record(*session, key);
  if (!record) { return console.fail(record.error()); }
  console.out << json::pretty(*record) << "\n";
  return kSuccess;
}

int run_usage_duties(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto block = session->ledger.block(session->status.executed_height);
  if (!block) { return console.fail(block.error()); }
  const auto now = static_cast<std::int64_t>(block->header.time);
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  auto duties = read_records(*session, "duty/" + *id + "/");
  if (!duties) { return console.fail(duties.error()); }
  auto list = json::Value::array();
  Table table({{"DUTY"}, {"ACTION"}, {"STATE"}, {"DEADLINE"}});
  for (auto& duty : *duties) {
    auto shown = duty_at(std::move(duty), now);
    table.add({printable(shown.find_string("uid").value_or("")), printable(shown.find_string("action").value_or("")),
               std::string(shown.find_string("state").value_or("")), time_of(shown.find("deadline"))});
    list.push(std::move(shown));
  }
  console.out << (options.output == OutputForm::json ? json::pretty(list) + "\n" : table.text());
  return kSuccess;
}

int run_usage_statement(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  const auto agreement = read_record(*session, usage::agreement_key(*id));
  if (!agreement) { return console.fail(agreement.error()); }
  const auto from = options.from.empty() ? std::optional<std::int64_t>(0) : production::parse_time(options.from);
  const auto to = options.to.empty() ? std::optional<std::int64_t>(INT64_MAX) : production::parse_time(options.to);
  if (!from || !to) { return console.fail(invalid("TIME_INVALID", "expected a time such as 2026-01-02T03:04:05Z")); }
  auto uses = read_records(*session, "use/" + *id + "/");
  if (!uses) { return console.fail(uses.error()); }
  const auto time = [](const json::Value& use) { return use.find("time")->as_integer().value_or(0); };
  std::erase_if(*uses, [&](const json::Value& use) { return time(use) < *from || time(use) >= *to; });
  std::stable_sort(uses->begin(), uses->end(),
                   [&](const auto& left, const auto& right) { return time(left) < time(right); });

  std::map<std::string, std::map<std::string, std::uint64_t>> purposes;
  for (const auto& use : *uses) {
    ++purposes[purpose_of(use)][std::string(use.find_string("kind").value_or("")) + " " +
                                std::string(use.find_string("decision").value_or(""))];
  }
  if (options.csv) {
    console.out << client::csv_line(
        {"time", "height", "transaction", "id", "kind", "action", "purpose", "decision", "reason"}, ',');
    for (const auto& use : *uses) {
      const auto& asked = *use.find("use");
      console.out << client::csv_line(
          {time_of(use.find("time")), use.find("height")->text(),
           std::string(use.find_string("transaction").value_or("")), std::string(asked.find_string("id").value_or("")),
           std::string(use.find_string("kind").value_or("")), std::string(asked.find_string("action").value_or("")),
           purpose_of(use), std::string(use.find_string("decision").value_or("")),
           std::string(use.find_string("reason").value_or(""))},
          ',', client::FormulaSafety::on);
    }
    return kSuccess;
  }
  auto counts = json::Value::array();
  Table table({{"PURPOSE"}, {"KIND AND DECISION"}, {"USES", Table::Align::right}});
  for (const auto& [purpose, decisions] : purposes) {
    for (const auto& [what, count] : decisions) {
      table.add({purpose.empty() ? "(none)" : printable(purpose), what, std::to_string(count)});
      counts.push(json::Value::object()
                      .set("purpose", text_value(purpose))
                      .set("kind", text_value(what.substr(0, what.find(' '))))
                      .set("decision", text_value(what.substr(what.find(' ') + 1)))
                      .set("uses", number_value(count)));
    }
  }
  if (options.output == OutputForm::json) {
    auto list = json::Value::array();
    for (auto& use : *uses) { list.push(std::move(use)); }
    console.out << json::pretty(json::Value::object()
                                    .set("agreement", text_value(*id))
                                    .set("dataset", text_value(agreement->find_string("dataset").value_or("")))
                                    .set("by_purpose", std::move(counts))
                                    .set("uses", std::move(list)))
                << "\n";
  } else {
    console.out << *agreement->find_string("consumer") << " used " << printable(*agreement->find_string("dataset"))
                << " of " << *agreement->find_string("provider") << ", " << uses->size() << " uses\n"
                << table.text();
  }
  return kSuccess;
}

}  // namespace keten::tools
