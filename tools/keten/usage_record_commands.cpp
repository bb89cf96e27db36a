// keten usage correct, confirm, dispute, pay, receive, claim, transfer-...: what is recorded under an agreement beside uses.
#include "contracts/usage/ledger_records.h"
#include "tools/keten/usage_record_options.h"
#include "tools/keten/usage_session.h"

namespace keten::tools {

int run_usage_correct(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("corrects", text_value(options.corrects));
  if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
  if (!options.id.empty()) {
    auto use = use_in(options);
    if (!use) { return console.fail(use.error()); }
    arguments.set("use", std::move(*use));
  }
  return run_usage_call_about(console, options, "correct", "agreement", options.subject, std::move(arguments));
}

int run_usage_confirm(Console& console, const UsageRecordOptions& options) {
  return run_usage_call_about(console, options, "confirm", "agreement", options.subject,
                              json::Value::object().set("duty", text_value(options.duty)));
}

int run_usage_dispute(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("duty", text_value(options.duty));
  if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
  const auto commitment = commitment_of(options);
  if (!commitment) { return console.fail(commitment.error()); }
  if (!commitment->empty()) { arguments.set("commitment", text_value(*commitment)); }
  return run_usage_call_about(console, options, "dispute", "agreement", options.subject, std::move(arguments));
}

int run_usage_pay(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("payment", text_value(options.id))
      .set("amount", text_value(options.amount))
      .set("unit", text_value(options.unit));
  if (!options.duty.empty()) { arguments.set("duty", text_value(options.duty)); }
  return run_usage_call_about(console, options, "pay", "agreement", options.subject, std::move(arguments));
}

int run_usage_receive(Console& console, const UsageRecordOptions& options) {
  return run_usage_call_about(console, options, "receive", "agreement", options.subject,
                              json::Value::object().set("payment", text_value(options.id)));
}

int run_usage_claim(Console& console, const UsageRecordOptions& options) {
  const auto claims = said_in(options.statements);
  if (!claims) { return console.fail(claims.error()); }
  auto arguments = json::Value::object();
  arguments.set("about", text_value(options.subject)).set("claims", *claims);
  if (!options.from.empty()) { arguments.set("from", text_value(options.from)); }
  if (!options.to.empty()) { arguments.set("until", text_value(options.to)); }
  return run_usage_call(console, options, "claim", arguments);
}

int run_usage_move_data(Console& console, const UsageRecordOptions& options) {
  auto arguments = json::Value::object();
  if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
  if (options.move == "request") {
    if (!options.format.empty()) { arguments.set("format", text_value(options.format)); }
    return run_usage_call_about(console, options, "transfer_request", "agreement", options.subject,
                                std::move(arguments));
  }
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  if (auto checked = check_beginning(options.subject); !checked) { return console.fail(checked.error()); }
  const auto id = id_under(*session, usage::transfer_key(""), options.subject);
  if (!id) { return console.fail(id.error()); }
  arguments.set("transfer", text_value(id->empty() ? options.subject : *id));
  return run_usage_call(console, *session, options, "transfer_" + options.move, arguments);
}

}  // namespace keten::tools
