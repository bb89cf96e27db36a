// keten usage on the ledger: datasets, negotiations, uses, duties done.
#include <ostream>

#include "client/keystore.h"
#include "contracts/agreements/arguments.h"
#include "contracts/usage/agreement.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/negotiation.h"
#include "core/limits.h"
#include "tools/keten/usage_session.h"

namespace keten::tools {
namespace {

Result<json::Value> read_policy_file(const std::string& file) {
  const auto text = client::read_file(file, limits::kJsonBytesMax);
  if (!text) { return text.error(); }
  return json::parse(*text);
}

/// The consumer accepts and verifies, the provider agrees and finalizes: whichever comes next.
Result<usage::Move> next_move(const json::Value& negotiation, const std::string& organisation) {
  const auto side = negotiation.find_string("provider") == organisation ? usage::Side::provider : usage::Side::consumer;
  const auto state = usage::state_of_name(negotiation.find_string("state").value_or(""));
  for (const auto move : {usage::Move::accept, usage::Move::agree, usage::Move::verify, usage::Move::finalize}) {
    if (state && usage::after(*state, move, side)) { return move; }
  }
  if (const auto agreement = negotiation.find_string("agreement")) {
    return failure(ErrorKind::refused, "NOTHING_TO_SIGN",
                   "all is signed: the negotiation has led to agreement " + std::string(*agreement));
  }
  return failure(ErrorKind::refused, "NOTHING_TO_SIGN",
                 "the negotiation is " + std::string(negotiation.find_string("state").value_or("")) +
                     "; it is not the turn of " + organisation);
}

}  // namespace

int run_usage_register(Console& console, const UsageLedgerOptions& options) {
  const auto commitment = needed_commitment_of(options);
  if (!commitment) { return console.fail(commitment.error()); }
  auto arguments = json::Value::object();
  arguments.set("dataset", text_value(options.subject)).set("commitment", text_value(*commitment));
  if (!options.organisation.empty()) { arguments.set("custodian", text_value(options.organisation)); }
  if (!options.classes.empty()) {
    auto classes = json::Value::array();
    for (const auto& one : options.classes) { classes.push(text_value(one)); }
    arguments.set("classification", std::move(classes));
  }
  return run_usage_call(console, options, "register", arguments);
}

int run_usage_transfer(Console& console, const UsageLedgerOptions& options) {
  auto arguments = json::Value::object();
  arguments.set("dataset", text_value(options.subject));
  if (options.organisation.empty()) { return run_usage_call(console, options, "take", arguments); }
  return run_usage_call(console, options, "transfer", arguments.set("to", text_value(options.organisation)));
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
  if (options.negotiation.empty()) { return run_usage_call(console, options, method, arguments); }
  return run_usage_call_about(console, options, method, "negotiation", options.negotiation, std::move(arguments));
}

int run_usage_accept(Console& console, const UsageLedgerOptions& options) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = negotiation_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  const auto negotiation = read_usage_record(*session, usage::negotiation_key(*id));
  if (!negotiation) { return console.fail(negotiation.error()); }
  const auto move = next_move(*negotiation, session->status.organisation);
  if (!move) { return console.fail(move.error()); }
  auto document = read_usage_record(*session, usage::terms_key(*id));
  if (!document) { return console.fail(document.error()); }
  // What is signed is the caller's own copy of the terms, not what a node says that they are; and what else stands in the document is
  // what the negotiation is about.
  const auto policy = read_policy_file(options.policy);
  if (!policy) { return console.fail(policy.error(), options.policy); }
  auto agreed = json::Value::object();
  for (const auto* name : {"start", "end", "noticeDays", "issuers", "profiles"}) {
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
  return run_usage_call(console, *session, options, std::string(usage::move_name(*move)), arguments);
}

int run_usage_end(Console& console, const UsageLedgerOptions& options) {
  if (options.terminates) {
    auto arguments = json::Value::object();
    if (!options.reason.empty()) { arguments.set("reason", text_value(options.reason)); }
    return run_usage_call_about(console, options, "terminate", "negotiation", options.subject, std::move(arguments));
  }
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  return run_usage_call(
      console, *session, options, "withdraw",
      {.method = std::string(agreements::kTerminate),
       .arguments = agreements::Terminate{*agreements::AgreementId::from_hex(*id), options.reason}.encode(),
       .contract = std::string(agreements::kContractName)});
}

int run_usage_use(Console& console, const UsageLedgerOptions& options) {
  auto use = use_in(options);
  if (!use) { return console.fail(use.error()); }
  if (!options.permit.empty()) { use->set("permit", text_value(options.permit)); }
  return run_usage_call_about(console, options, options.happened ? "log" : "permit", "agreement", options.subject,
                              json::Value::object().set("uses", json::Value::array().push(std::move(*use))));
}

int run_usage_fulfil(Console& console, const UsageLedgerOptions& options) {
  const auto commitment = needed_commitment_of(options);
  if (!commitment) { return console.fail(commitment.error()); }
  return run_usage_call_about(
      console, options, "fulfil", "agreement", options.subject,
      json::Value::object().set("duty", text_value(options.id)).set("commitment", text_value(*commitment)));
}

}  // namespace keten::tools
