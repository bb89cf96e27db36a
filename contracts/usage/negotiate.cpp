#include <algorithm>

#include "contracts/agreements/conclude.h"
#include "contracts/agreements/session.h"
#include "contracts/usage/duties.h"
#include "contracts/usage/methods.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/usage_contract.h"
#include "core/check.h"
#include "core/limits.h"

namespace keten::usage {
namespace {

using Json = json::Value;

/// Collects what keeps terms from being signed.
class TermsCheck {
 public:
  TermsCheck(const NegotiationParties& parties, const std::string& dataset)
      : dataset_(dataset), provider_(party_of(parties.provider)), consumer_(party_of(parties.consumer)) {}
  std::vector<Violation> violations;

  void wrong(const std::string& place, std::string expected, std::string found) {
    if (violations.size() < limits::kViolationsMax) {
      violations.push_back({place, std::move(expected), std::move(found)});
    }
  }
  /// Duties too: nobody can owe anything who has not signed.
  void check(const Rule& rule, bool nested) {
    if (!is_uid(rule.uid)) {
      wrong(rule.uid.substr(0, kRuleUidBytesMax),
            "a uid of at most " + std::to_string(kRuleUidBytesMax) + " printable ASCII characters without quotes",
            "another");
    }
    only(rule, rule.assigners, "assigner", provider_, nested);
    only(rule, rule.assignees, "assignee", consumer_, nested);
    if (!nested) { only(rule, rule.targets, "target", dataset_, false); }
    for (const auto& [function, party] : rule.functions) { only(rule, {party}, function, provider_, true); }
    for (const auto* inner : {&rule.duties, &rule.remedies, &rule.consequences}) {
      for (const auto& one : *inner) { check(one, true); }
    }
  }

 private:
  static bool is_uid(std::string_view uid) {
    return uid.size() <= kRuleUidBytesMax &&
           std::all_of(uid.begin(), uid.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
  }
  /// `either`: the other party will do as well.
  void only(const Rule& rule, const std::vector<Entity>& entities, std::string_view what, const std::string& name,
            bool either) {
    for (const auto& entity : entities) {
      const bool fits = entity.iri == name || (either && (entity.iri == provider_ || entity.iri == consumer_));
      if (!fits || entity.collection) { wrong(rule.uid, name + " as " + std::string(what), entity.iri); }
    }
  }

  const std::string& dataset_;
  std::string provider_;
  std::string consumer_;
};

/// What both sides may sign: strict, an agreement of exactly these two about exactly this dataset. `document` was read from the
/// canonical bytes: what is signed is what is checked and what judges.
Result<Policy> check_terms(const Json& document, const NegotiationParties& parties, const std::string& dataset,
                           const Profiles& profiles) {
  auto policy = read_policy(document, {}, profiles);
  if (!policy) { return policy.error(); }
  TermsCheck check(parties, dataset);
  check.violations = strict_violations(*policy);
  if (policy->type != PolicyType::agreement) { check.wrong("/@type", "Agreement", policy->type_iri); }
  if (!policy->inherits.empty()) {
    check.wrong("/inheritFrom", "nothing: all that is agreed stands in the terms", policy->inherits.front());
  }
  if (policy->parts.size() > kTermsPartsMax) {
    check.wrong("", "at most " + std::to_string(kTermsPartsMax) + " partOf", "more");
  }
  if (duties_of(*policy).size() > kTermsDutiesMax) {
    check.wrong("", "at most " + std::to_string(kTermsDutiesMax) + " duties, remedies and consequences", "more");
  }
  for (const auto& rule : policy->rules) { check.check(rule, false); }
  if (check.violations.empty()) { return policy; }
  const auto& first = check.violations.front();
  auto error =
      invalid("TERMS_NOT_SIGNABLE", std::to_string(check.violations.size()) +
                                        " places keep these terms from being signed; first at " + first.pointer +
                                        ": expected " + first.expected + ", found " + first.found);
  error.violations = std::move(check.violations);
  return error;
}

/// A negotiation as it is, or a new one.
Result<Json> negotiation_of(const Call& call, std::string& id) {
  const auto& arguments = call.arguments;
  if (!arguments.subject.empty()) {
    id = arguments.subject;
    auto found = call.records.get(negotiation_key(id));
    if (!found) { return not_found("UNKNOWN_NEGOTIATION", "there is no negotiation " + id); }
    if (!arguments.other.empty() && found->find_string("consumer") != arguments.other) {
      return refused("OTHER_CONSUMER", "negotiation " + id + " is with " +
                                           std::string(found->find_string("consumer").value_or("")) + ", not with " +
                                           arguments.other);
    }
    return std::move(*found);
  }
  const auto dataset = call.records.get(dataset_key(arguments.dataset));
  if (!dataset) { return not_found("UNKNOWN_DATASET", "no dataset " + arguments.dataset + " is registered"); }
  const std::string owner(dataset->find_string("owner").value_or(""));
  const bool offers = arguments.move == Move::offer;
  if (offers) {
    if (auto checked = own_dataset(call, arguments.dataset); !checked) { return checked.error(); }
    if (arguments.other.empty()) { return invalid("USAGE_ARGUMENTS", "a first offer names the consumer"); }
  }
  const auto& consumer = offers ? arguments.other : call.organisation();
  if (consumer == owner) {
    return refused("ONE_PARTY", owner + " owns the dataset and needs no agreement with itself");
  }
  id = call.context.transaction().id.hex();
  return Json::object()
      .set("id", text(id))
      .set("dataset", text(arguments.dataset))
      .set("provider", text(owner))
      .set("consumer", text(consumer))
      .set("state", text(state_name(NegotiationState::none)))
      .set("signatures", Json::object());
}

/// Those of one pair that are open are counted: each lies on the ledger until somebody ends it.
Status count_open(const Call& call, const NegotiationParties& parties, bool begins) {
  const auto key = open_negotiations_key(parties.provider, parties.consumer);
  const auto stored = call.records.get(key);
  const auto before = stored ? stored->find("open")->as_integer().value_or(0) : 0;
  if (begins && before >= static_cast<std::int64_t>(kOpenNegotiationsMax)) {
    return refused("TOO_MANY_NEGOTIATIONS", parties.provider + " and " + parties.consumer + " have " +
                                                std::to_string(before) +
                                                " open negotiations, the most that two may have; end one of them: "
                                                "keten usage terminate");
  }
  const auto after = begins ? before + 1 : before - 1;
  if (after == 0) {
    call.records.erase(key);
  } else {
    call.records.set(key, Json::object().set("open", Json::number(after)));
  }
  return kDone;
}

/// New terms on the table take all signatures back.
Status lay_terms(const Call& call, const std::string& id, Json& record, const NegotiationParties& parties) {
  const auto& arguments = call.arguments;
  const std::string dataset(record.find_string("dataset").value_or(""));
  if (arguments.dataset != dataset) {
    return refused("OTHER_DATASET", "negotiation " + id + " is about " + dataset + ", not about " + arguments.dataset);
  }
  const auto policy_bytes = json::canonical(*arguments.policy);
  const auto bytes = policy_bytes.size();
  if (bytes > kTermsBytesMax) {
    return failure(
        ErrorKind::too_large, "TERMS_TOO_LARGE",
        "terms have at most " + std::to_string(kTermsBytesMax) + " bytes, these have " + std::to_string(bytes));
  }
  call.context.charge(bytes * kFuelPerTermsByte);
  const auto terms = json::parse(policy_bytes);
  if (!terms) { return terms.error(); }
  // The newest version of each profile that the terms name, which is signed with them and stays theirs.
  auto pinned = Json::object();
  const auto policy = check_terms(*terms, parties, dataset, [&](const std::string& iri) {
    const auto newest = iri.size() <= kProfileIriBytesMax ? call.records.get(profile_key(iri)) : std::nullopt;
    if (!newest) { return std::shared_ptr<const Profile>(); }
    const auto version = newest->find("version")->as_integer().value_or(0);
    pinned.set(iri, Json::object().set("version", Json::number(version)).set("hash", *newest->find("hash")));
    return profile_of(profile_bytes(call.context, iri, static_cast<std::uint32_t>(version)));
  });
  if (!policy) { return policy.error(); }
  auto agreed = arguments.agreed;
  if (!pinned.members().empty()) { agreed.set("profiles", std::move(pinned)); }
  const auto canonical =
      json::canonical(agreement_document(id, parties, dataset, *terms, agreed, call.context.block().time));
  call.context.charge((canonical.size() - bytes) * kFuelPerTermsByte);
  if (auto document = agreements::parse_document(canonical); !document) { return document.error(); }
  call.context.charge(policy->weight * kFuelPerJudgedPart);
  call.records.put(terms_key(id), canonical);
  record.set("terms", text(agreements::document_hash(canonical).hex())).set("signatures", Json::object());
  return kDone;
}

Status check_same_terms(const Json& record, const Arguments& arguments) {
  const auto terms = record.find_string("terms").value_or("");
  if (arguments.terms.empty() || terms == arguments.terms) { return kDone; }
  return refused("TERMS_DIFFER", "the terms on the table are " + std::string(terms) + ", not " + arguments.terms +
                                     "; look at them again");
}

/// The provider signs by `agree`, the consumer by `verify`; the transaction names the document by its hash.
void sign(const Call& call, Json& record) {
  auto signatures = *record.find("signatures");
  signatures.set(call.organisation(),
                 Json::object()
                     .set("transaction", text(call.context.transaction().id.hex()))
                     .set("key", text(call.context.caller().key.hex()))
                     .set("height", Json::number(static_cast<std::int64_t>(call.context.block().height.value)))
                     .set("time", Json::number(call.now())));
  record.set("signatures", std::move(signatures));
}

agreements::SignatureRecord signature_of(const Json& record, const std::string& organisation) {
  const auto* signature = record.find("signatures")->find(organisation);
  CHECK(signature != nullptr);  // no way leads to VERIFIED but over agree and verify
  const auto key = PublicKey::from_hex(signature->find_string("key").value_or(""));
  CHECK(key.ok());
  return {organisation, *key, Height{static_cast<std::uint64_t>(signature->find("height")->as_integer().value_or(0))},
          static_cast<Milliseconds>(signature->find("time")->as_integer().value_or(0))};
}

/// The agreement begins: in contract `agreements`, and here what is counted and owed.
Status begin_agreement(const Call& call, const std::string& id, Json& record, const NegotiationParties& parties) {
  const auto canonical = call.records.text(terms_key(id));
  auto concluded = agreements::conclude(
      call.context, canonical, {signature_of(record, parties.provider), signature_of(record, parties.consumer)});
  if (!concluded) { return concluded.error(); }
  const auto agreement_id = agreements::document_hash(canonical).hex();
  record.set("agreement", text(agreement_id));
  auto about = Json::object();
  about.set("agreement", text(agreement_id))
      .set("negotiation", text(id))
      .set("dataset", *record.find("dataset"))
      .set("provider", text(parties.provider))
      .set("consumer", text(parties.consumer));
  call.records.stamp(about);
  call.records.set(agreement_key(agreement_id), about);
  call.records.begin_agreement(agreement_id, about, canonical);
  call.records.erase(terms_key(id));  // it is the agreement's first version now
  const auto agreement = find_agreement(call.context, call.records, agreement_id);
  CHECK(agreement.ok());
  Duties(call.context, call.records, *agreement).begin();
  return kDone;
}

}  // namespace

Result<Bytes> negotiate(const Call& call) {
  const auto& arguments = call.arguments;
  std::string id;
  auto record = negotiation_of(call, id);
  if (!record) { return record.error(); }
  const NegotiationParties parties{.provider = std::string(record->find_string("provider").value_or("")),
                                   .consumer = std::string(record->find_string("consumer").value_or(""))};
  const auto& organisation = call.organisation();
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
  const std::string dataset(record->find_string("dataset").value_or(""));
  if (arguments.move != Move::terminate) {
    // The dataset may have passed to another since; nobody grants what he does not own, and nobody is led to believe so.
    const auto now = call.records.get(dataset_key(dataset));
    CHECK(now.has_value());
    if (now->find_string("owner") != parties.provider) {
      return forbidden("NOT_THE_OWNER", dataset + " belongs to " + std::string(now->find_string("owner").value_or("")) +
                                            " now, not to " + parties.provider + "; begin a new negotiation with it");
    }
  }
  if (arguments.policy) {
    if (auto laid = lay_terms(call, id, *record, parties); !laid) { return laid.error(); }
  }
  const bool ends = *next == NegotiationState::finalized || *next == NegotiationState::terminated;
  if (state == NegotiationState::none || ends) {
    if (auto counted = count_open(call, parties, !ends); !counted) { return counted.error(); }
  }
  record->set("state", text(state_name(*next)));
  if (!arguments.reason.empty()) { record->set("reason", text(arguments.reason)); }
  if (arguments.move == Move::agree || arguments.move == Move::verify) {
    if (auto valid = agreements::Session(call.context).check_still_registered(); !valid) { return valid.error(); }
    sign(call, *record);
  }
  if (*next == NegotiationState::finalized) {
    if (auto begun = begin_agreement(call, id, *record, parties); !begun) { return begun.error(); }
  }
  call.records.stamp(*record);
  call.records.set(negotiation_key(id), *record, {.kind = "dataset", .id = dataset});
  call.records.emit(std::string(state_name(*next)), id);
  auto result = Json::object();
  result.set("negotiation", text(id))
      .set("state", text(state_name(*next)))
      .set("terms", text(record->find_string("terms").value_or("")));
  if (const auto agreement = record->find_string("agreement")) { result.set("agreement", text(*agreement)); }
  return to_bytes(json::canonical(result));
}

}  // namespace keten::usage
