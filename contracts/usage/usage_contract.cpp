#include "contracts/usage/usage_contract.h"

#include <algorithm>
#include <utility>

#include "contracts/usage/arguments.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/negotiation.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/use_judge.h"
#include "core/check.h"
#include "core/hash.h"

namespace keten::usage {
namespace {

using contracts::Context;
using Json = json::Value;

Json text(std::string_view content) { return Json::string(std::string(content)); }

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}
Error forbidden(std::string reason, std::string message) {
  return failure(ErrorKind::forbidden, std::move(reason), std::move(message));
}

// --- datasets

Result<Json> find_dataset(Records& records, const std::string& dataset) {
  if (auto found = records.get(dataset_key(dataset))) { return std::move(*found); }
  return failure(ErrorKind::not_found, "UNKNOWN_DATASET", "no dataset " + dataset + " is registered");
}

Status check_owner(const Json& record, const std::string& organisation, const std::string& dataset) {
  const auto owner = record.find_string("owner").value_or("");
  if (owner == organisation) { return kDone; }
  return forbidden("NOT_THE_OWNER", dataset + " belongs to " + std::string(owner) + ", not to " + organisation);
}

Result<Bytes> register_dataset(Context& context, Records& records, const Arguments& arguments) {
  const auto& organisation = context.caller().organisation;
  const auto before = records.get(dataset_key(arguments.dataset));
  std::int64_t version = 1;
  if (before) {
    if (auto owner = check_owner(*before, organisation, arguments.dataset); !owner) { return owner.error(); }
    version += before->find("version")->as_integer().value_or(0);
  }
  auto classification = Json::array();
  for (const auto& one : arguments.classification) { classification.push(text(one)); }
  auto record = Json::object();
  record.set("dataset", text(arguments.dataset))
      .set("owner", text(organisation))
      .set("custodian", text(arguments.other.empty() ? organisation : arguments.other))
      .set("commitment", text(arguments.commitment))
      .set("classification", std::move(classification))
      .set("version", Json::number(version));
  records.stamp(record);
  records.set(dataset_key(arguments.dataset), record, {.kind = "dataset", .id = arguments.dataset});
  records.emit("registered", arguments.dataset);
  return to_bytes(json::canonical(Json::object().set("version", Json::number(version))));
}

Result<Bytes> transfer(Context& context, Records& records, const Arguments& arguments) {
  auto record = find_dataset(records, arguments.dataset);
  if (!record) { return record.error(); }
  if (auto owner = check_owner(*record, context.caller().organisation, arguments.dataset); !owner) {
    return owner.error();
  }
  record->set("offeredTo", text(arguments.other));
  records.stamp(*record);
  records.set(dataset_key(arguments.dataset), *record, {.kind = "dataset", .id = arguments.dataset});
  records.emit("transfer_offered", arguments.dataset);
  return Bytes{};
}

/// Ownership passes when the new owner says so too: a slip in a name loses nothing.
Result<Bytes> take(Context& context, Records& records, const Arguments& arguments) {
  auto record = find_dataset(records, arguments.dataset);
  if (!record) { return record.error(); }
  const auto& organisation = context.caller().organisation;
  if (record->find_string("offeredTo").value_or("") != organisation) {
    return forbidden("NOT_OFFERED",
                     arguments.dataset + " was not offered to " + organisation + "; its owner transfers it first");
  }
  record->set("owner", text(organisation)).remove("offeredTo");
  records.stamp(*record);
  records.set(dataset_key(arguments.dataset), *record, {.kind = "dataset", .id = arguments.dataset});
  records.emit("transferred", arguments.dataset);
  return Bytes{};
}

// --- negotiations

struct Parties {
  std::string provider;
  std::string consumer;
};

/// What both sides may sign: strict, an agreement of exactly these two about exactly this dataset.
Result<Policy> check_terms(const Json& document, const std::string& canonical, const Parties& parties,
                           const std::string& dataset) {
  if (canonical.size() > kTermsBytesMax) {
    return failure(ErrorKind::too_large, "TERMS_TOO_LARGE",
                   "terms have at most " + std::to_string(kTermsBytesMax) + " bytes, these have " +
                       std::to_string(canonical.size()));
  }
  auto policy = read_policy(document);
  if (!policy) { return policy.error(); }
  auto violations = strict_violations(*policy);
  const auto wrong = [&](const std::string& place, std::string expected, std::string found) {
    violations.push_back({place, std::move(expected), std::move(found)});
  };
  if (policy->type != PolicyType::agreement) { wrong("/@type", "Agreement", policy->type_iri); }
  if (!policy->inherits.empty()) {
    wrong("/inheritFrom", "nothing: all that is agreed stands in the terms", policy->inherits.front());
  }
  if (policy->parts.size() > kTermsPartsMax) {
    wrong("", "at most " + std::to_string(kTermsPartsMax) + " partOf", "more");
  }
  const auto only = [&](const Rule& rule, const std::vector<Entity>& entities, const std::string& name,
                        std::string_view what) {
    for (const auto& entity : entities) {
      if (entity.iri != name || entity.collection) { wrong(rule.uid, name + " as " + std::string(what), entity.iri); }
    }
  };
  for (const auto& rule : policy->rules) {
    if (rule.uid.size() > kRuleUidBytesMax) {
      wrong(rule.uid, "a uid of at most " + std::to_string(kRuleUidBytesMax) + " bytes", "a longer one");
    }
    only(rule, rule.targets, dataset, "target");
    only(rule, rule.assigners, party_of(parties.provider), "assigner");
    only(rule, rule.assignees, party_of(parties.consumer), "assignee");
  }
  if (violations.empty()) { return policy; }
  auto error = invalid("TERMS_NOT_SIGNABLE", std::to_string(violations.size()) +
                                                 " places keep these terms from being signed; first at " +
                                                 violations.front().pointer + ": expected " +
                                                 violations.front().expected + ", found " + violations.front().found);
  error.violations = std::move(violations);
  return error;
}

/// A negotiation as it is, or a new one.
Result<Json> negotiation_of(Context& context, Records& records, const Arguments& arguments, std::string& id) {
  const auto& organisation = context.caller().organisation;
  if (!arguments.subject.empty()) {
    id = arguments.subject;
    if (auto found = records.get(negotiation_key(id))) { return std::move(*found); }
    return failure(ErrorKind::not_found, "UNKNOWN_NEGOTIATION", "there is no negotiation " + id);
  }
  auto dataset = find_dataset(records, arguments.dataset);
  if (!dataset) { return dataset.error(); }
  const std::string owner(dataset->find_string("owner").value_or(""));
  const bool offers = arguments.move == Move::offer;
  if (offers) {
    if (auto checked = check_owner(*dataset, organisation, arguments.dataset); !checked) { return checked.error(); }
    if (arguments.other.empty()) { return invalid("USAGE_ARGUMENTS", "a first offer names the consumer"); }
  }
  const auto& consumer = offers ? arguments.other : organisation;
  if (consumer == owner) {
    return refused("ONE_PARTY", owner + " owns the dataset and needs no agreement with itself");
  }
  id = context.transaction().id.hex();
  return Json::object()
      .set("id", text(id))
      .set("dataset", text(arguments.dataset))
      .set("provider", text(owner))
      .set("consumer", text(consumer))
      .set("state", text(state_name(NegotiationState::none)))
      .set("signatures", Json::object());
}

/// The agreement begins: counters at zero, each duty open.
void begin_agreement(Context& context, Records& records, const std::string& id, Json& record) {
  const auto time = Json::number(static_cast<std::int64_t>(context.block().time));
  record.set("agreement", text("active")).set("start", time);
  const auto policy = read_policy(*record.find("policy"));
  CHECK(policy.ok());  // it was read before it was stored
  std::size_t number = 0;
  for (const auto& duty : duties_of(*policy)) {
    auto entry = Json::object();
    entry.set("uid", text(duty.uid)).set("action", text(duty.action)).set("state", text("open"));
    if (const auto deadline = deadline_of(*duty.rule, static_cast<Instant>(context.block().time) * 1000)) {
      entry.set("deadline", Json::number(*deadline / 1000));
    }
    records.set(duty_key(id, number++), entry);
  }
}

Status check_same_terms(const Json& record, const Arguments& arguments) {
  const auto terms = record.find_string("terms").value_or("");
  if (arguments.terms.empty() || terms == arguments.terms) { return kDone; }
  return refused("TERMS_DIFFER", "the terms on the table are " + std::string(terms) + ", not " + arguments.terms +
                                     "; look at them again");
}

Result<Bytes> negotiate(Context& context, Records& records, const Arguments& arguments) {
  std::string id;
  auto record = negotiation_of(context, records, arguments, id);
  if (!record) { return record.error(); }
  const Parties parties{.provider = std::string(record->find_string("provider").value_or("")),
                        .consumer = std::string(record->find_string("consumer").value_or(""))};
  const auto& organisation = context.caller().organisation;
  if (organisation != parties.provider && organisation != parties.consumer) {
    return forbidden("NOT_A_PARTY", organisation + " is neither provider nor consumer of negotiation " + id);
  }
  const auto side = organisation == parties.provider ? Side::provider : Side::consumer;
  const auto state = state_of_name(record->find_string("state").value_or("")).value_or(NegotiationState::terminated);
  const auto next = after(state, arguments.move, side);
  if (!next) {
    return refused("ILLEGAL_MOVE", std::string(side == Side::provider ? "the provider" : "the consumer") + " cannot " +
                                       std::string(move_name(arguments.move)) + " while the negotiation is " +
                                       std::string(state_name(state)) + " (Dataspace Protocol 2025-1)");
  }
  if (auto same = check_same_terms(*record, arguments); !same) { return same.error(); }
  if (arguments.policy) {
    const std::string dataset(record->find_string("dataset").value_or(""));
    if (arguments.dataset != dataset) {
      return refused("OTHER_DATASET",
                     "negotiation " + id + " is about " + dataset + ", not about " + arguments.dataset);
    }
    const auto canonical = json::canonical(*arguments.policy);
    context.charge(canonical.size() * kFuelPerTermsByte);
    const auto policy = check_terms(*arguments.policy, canonical, parties, dataset);
    if (!policy) { return policy.error(); }
    record->set("policy", *arguments.policy)
        .set("terms", text(terms_hash(canonical).hex()))
        .set("signatures", Json::object());
  }
  record->set("state", text(state_name(*next)));
  if (!arguments.reason.empty()) { record->set("reason", text(arguments.reason)); }
  if (arguments.move != Move::terminate) {
    // A transaction is signed, and names the terms by their hash or brings them: its id stands for the signature.
    auto signatures = *record->find("signatures");
    signatures.set(organisation, text(context.transaction().id.hex()));
    record->set("signatures", std::move(signatures));
  }
  const bool begins = *next == NegotiationState::finalized;
  if (begins) { begin_agreement(context, records, id, *record); }
  records.stamp(*record);
  records.set(negotiation_key(id), *record, {.kind = "agreement", .id = id});
  if (begins) { records.about("dataset", *record->find_string("dataset"), negotiation_key(id), *record); }
  records.emit(std::string(state_name(*next)), id);
  return to_bytes(json::canonical(Json::object()
                                      .set("negotiation", text(id))
                                      .set("state", text(state_name(*next)))
                                      .set("terms", text(record->find_string("terms").value_or("")))));
}

// --- agreements

Result<Json> find_agreement(Records& records, const std::string& id) {
  auto record = records.get(negotiation_key(id));
  if (!record || record->find("agreement") == nullptr) {
    return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "there is no agreement " + id);
  }
  return std::move(*record);
}

Result<Json> find_active(Records& records, const std::string& id) {
  auto record = find_agreement(records, id);
  if (record && record->find_string("agreement") != "active") {
    return refused("AGREEMENT_ENDED", "agreement " + id + " was withdrawn by " +
                                          std::string(record->find_string("withdrawnBy").value_or("")) +
                                          "; nothing is used under it");
  }
  return record;
}

Status check_consumer(const Json& agreement, const std::string& organisation) {
  const auto consumer = agreement.find_string("consumer").value_or("");
  if (consumer == organisation) { return kDone; }
  return forbidden("NOT_THE_CONSUMER",
                   "the data is used by " + std::string(consumer) + " under this agreement, not by " + organisation);
}

Result<Bytes> withdraw(Context& context, Records& records, const Arguments& arguments) {
  auto record = find_active(records, arguments.subject);
  if (!record) { return record.error(); }
  const auto& organisation = context.caller().organisation;
  if (organisation != record->find_string("provider") && organisation != record->find_string("consumer")) {
    return forbidden("NOT_A_PARTY", organisation + " is no party of agreement " + arguments.subject);
  }
  record->set("agreement", text("withdrawn"))
      .set("withdrawnBy", text(organisation))
      .set("end", Json::number(static_cast<std::int64_t>(context.block().time)));
  if (!arguments.reason.empty()) { record->set("reason", text(arguments.reason)); }
  records.stamp(*record);
  records.set(negotiation_key(arguments.subject), *record, {.kind = "agreement", .id = arguments.subject});
  records.about("dataset", *record->find_string("dataset"), negotiation_key(arguments.subject), *record);
  records.emit("withdrawn", arguments.subject);
  return Bytes{};
}

/// Also behind the end of an agreement: what it asks for afterwards (delete, report) is done then.
Result<Bytes> fulfil(Context& context, Records& records, const Arguments& arguments) {
  const auto agreement = find_agreement(records, arguments.subject);
  if (!agreement) { return agreement.error(); }
  if (auto consumer = check_consumer(*agreement, context.caller().organisation); !consumer) { return consumer.error(); }
  auto duties = records.duties(arguments.subject);
  const auto duty = std::find_if(duties.begin(), duties.end(),
                                 [&](const auto& one) { return one.second.find_string("uid") == arguments.duty; });
  if (duty == duties.end()) {
    return failure(ErrorKind::not_found, "UNKNOWN_DUTY",
                   "agreement " + arguments.subject + " has no duty " + arguments.duty);
  }
  auto& record = duty->second;
  if (record.find_string("state") != "open") {
    return refused("DUTY_DONE", arguments.duty + " was fulfilled before, in transaction " +
                                    std::string(record.find_string("transaction").value_or("")));
  }
  const auto* deadline = record.find("deadline");
  const auto now = static_cast<std::int64_t>(context.block().time);
  const bool late = deadline != nullptr && deadline->as_integer().value_or(now) < now;
  record.set("state", text(late ? "late" : "fulfilled")).set("commitment", text(arguments.commitment));
  records.stamp(record);
  records.set(to_text(duty->first), record, {.kind = "agreement", .id = arguments.subject});
  records.emit(late ? "duty_late" : "duty_fulfilled", arguments.subject);
  return to_bytes(json::canonical(Json::object().set("state", text(late ? "late" : "fulfilled"))));
}

Result<Bytes> use(Context& context, Records& records, const Arguments& arguments) {
  const auto agreement = find_active(records, arguments.subject);
  if (!agreement) { return agreement.error(); }
  if (auto consumer = check_consumer(*agreement, context.caller().organisation); !consumer) { return consumer.error(); }
  UseJudge judge(context, records, arguments.subject, *agreement);
  const bool happened = arguments.method == Method::log;
  auto results = Json::array();
  for (const auto& one : arguments.uses) {
    const auto key = use_key(arguments.subject, one.id);
    if (records.get(key)) {
      return failure(ErrorKind::conflict, "USE_ID_USED",
                     "use " + one.id + " was recorded before under this agreement; a use has an id of its own");
    }
    auto record = judge.judge(one, happened);
    records.stamp(record);
    records.set(key, record, {.kind = "agreement", .id = arguments.subject});
    records.set(line_key(arguments.subject, judge.judged()), line_of(record));
    const auto decision = record.find_string("decision").value_or("");
    if (decision != "permitted") { records.emit(happened ? "violation" : "denied", arguments.subject); }
    auto result = Json::object();
    result.set("id", text(one.id))
        .set("decision", text(decision))
        .set("reason", text(record.find_string("reason").value_or("")));
    results.push(std::move(result));
  }
  judge.keep_counters();
  records.emit(happened ? "logged" : "asked", arguments.subject);
  return to_bytes(json::canonical(results));
}

}  // namespace

std::string party_of(std::string_view organisation) { return "urn:keten:organisation:" + std::string(organisation); }

Hash terms_hash(std::string_view canonical_policy) {
  return Hasher("keten/usage-terms/1").sized(canonical_policy).finish();
}

Result<Roles> UsageContract::allowed_roles(std::string_view method) const {
  const auto known = read_arguments(method, as_bytes("{}"));
  if (!known && known.error().reason == "UNKNOWN_METHOD") { return known.error(); }
  return Roles{Role::submitter};
}

Status UsageContract::check(const Transaction& transaction) const {
  const auto arguments = read_arguments(transaction.body.method, transaction.body.arguments);
  if (!arguments) { return arguments.error(); }
  if (!transaction.payloads.empty() || !transaction.body.payload_commitments.empty()) {
    return invalid("USAGE_ARGUMENTS", "usage takes no payload");
  }
  return kDone;
}

Result<Bytes> UsageContract::execute(Context& context) const {
  const auto& body = context.transaction().body;
  context.charge(body.arguments.size() * kFuelPerArgumentByte);
  const auto arguments = read_arguments(body.method, body.arguments);
  if (!arguments) { return arguments.error(); }
  Records records(context);
  switch (arguments->method) {
    case Method::register_dataset: return register_dataset(context, records, *arguments);
    case Method::transfer: return transfer(context, records, *arguments);
    case Method::take: return take(context, records, *arguments);
    case Method::negotiate: return negotiate(context, records, *arguments);
    case Method::permit:
    case Method::log: return use(context, records, *arguments);
    case Method::fulfil: return fulfil(context, records, *arguments);
    case Method::withdraw: return withdraw(context, records, *arguments);
  }
  return invalid("UNKNOWN_METHOD", body.method);
}

}  // namespace keten::usage
