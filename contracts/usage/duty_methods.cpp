#include <algorithm>

#include "contracts/production/decimal.h"
#include "contracts/usage/duties.h"
#include "contracts/usage/methods.h"
#include "contracts/usage/usage_contract.h"
#include "core/check.h"

namespace keten::usage {
namespace {

using Json = json::Value;

/// The amount that a duty asks for; empty when it says none.
const Value* price_of(const Rule& duty) {
  const auto find = [](const std::vector<Constraint>& constraints) -> const Value* {
    for (const auto& one : constraints) {
      const bool at_least = one.op == Operator::eq || one.op == Operator::gteq;
      if (one.logic == Logic::atom && odrl_word(one.left) == "payAmount" && at_least && one.right.size() == 1 &&
          one.right.front().decimal) {
        return &one.right.front();
      }
    }
    return nullptr;
  };
  if (const auto* price = find(duty.constraints)) { return price; }
  for (const auto& action : duty.actions) {
    if (const auto* price = find(action.refinements)) { return price; }
  }
  return nullptr;
}

Result<Duties::Duty*> find_duty(const Call& call, Duties& duties, const std::string& agreement) {
  auto* duty = duties.find(call.arguments.duty);
  if (duty != nullptr) { return duty; }
  return not_found("UNKNOWN_DUTY", "agreement " + agreement + " has no duty " + call.arguments.duty);
}

Result<Duties::Duty*> find_due(const Call& call, Duties& duties, const std::string& agreement) {
  const auto found = find_duty(call, duties, agreement);
  if (!found) { return found.error(); }
  auto* duty = *found;
  if (duty->is_log()) { return refused("DUTY_CONTINUES", call.arguments.duty + " is met use by use: keten usage log"); }
  if (duty->state() == "waiting") {
    return refused("DUTY_NOT_DUE",
                   call.arguments.duty + " is not due: it follows the first use, a broken prohibition or another duty");
  }
  if (duty->state() == "said") {
    return refused("DUTY_SAID", call.arguments.duty + " was said to be fulfilled, in transaction " +
                                    std::string(duty->record.find_string("transaction").value_or("")) +
                                    "; the other side confirms it: keten usage confirm");
  }
  if (!duty->is_open()) {
    return refused("DUTY_DONE", call.arguments.duty + " was fulfilled before, in transaction " +
                                    std::string(duty->record.find_string("transaction").value_or("")));
  }
  const auto* from = duty->record.find("notBefore");
  if (from != nullptr && call.now() < from->as_integer().value_or(0)) {
    return refused("DUTY_TOO_EARLY", call.arguments.duty + " is to be fulfilled later, as its terms say");
  }
  return duty;
}

/// The agreement, for one of its parties.
Result<Agreement> find_own(const Call& call) {
  auto found = find_agreement(call.context, call.records, call.arguments.subject);
  if (!found || call.organisation() == found->consumer || call.organisation() == found->provider) { return found; }
  return forbidden("NOT_A_PARTY", call.organisation() + " is no party of agreement " + found->id);
}

std::string sum_of(std::string_view before, const std::string& amount) {
  const auto sum = production::add_decimals(before.empty() ? "0" : before, amount);
  CHECK(sum.has_value());  // amounts have 40 digits, and there are not 10^300 payments
  return *sum;
}

}  // namespace

/// Also behind the end of an agreement: what it asks for afterwards (delete, report) is done then.
Result<Bytes> fulfil(const Call& call) {
  const auto found = find_own(call);
  if (!found) { return found.error(); }
  const auto& agreement = *found;
  Duties duties(call.context, call.records, agreement);
  const auto duty = find_due(call, duties, agreement.id);
  if (!duty) { return duty.error(); }
  const auto& performer = performer_of((*duty)->of, agreement);
  if (performer == agreement.consumer) {
    if (auto checked = check_consumer(agreement, call.organisation()); !checked) { return checked.error(); }
  } else if (auto checked = check_provider(agreement, call.organisation()); !checked) {
    return checked.error();
  }
  if (is_payment((*duty)->of)) {
    return refused("PAYMENT_NEEDED", call.arguments.duty + " is met by a payment that " + agreement.provider +
                                         " confirms: keten usage pay, then keten usage receive");
  }
  const auto state = duties.fulfil(**duty, Json::object().set("commitment", text(call.arguments.commitment)));
  return to_bytes(json::canonical(Json::object().set("state", text(state))));
}

/// Who was to be informed, named or asked says that he was: only then it counts.
Result<Bytes> confirm(const Call& call) {
  const auto found = find_own(call);
  if (!found) { return found.error(); }
  const auto& agreement = *found;
  Duties duties(call.context, call.records, agreement);
  const auto duty = find_duty(call, duties, agreement.id);
  if (!duty) { return duty.error(); }
  const auto& performer = performer_of((*duty)->of, agreement);
  const auto how = Json::object().set("confirmed", Json::boolean(true));
  if (is_consent((*duty)->of) && call.organisation() == performer) {
    const auto due = find_due(call, duties, agreement.id);
    if (!due) { return due.error(); }
    return to_bytes(json::canonical(Json::object().set("state", text(duties.fulfil(**due, how)))));
  }
  if (call.organisation() == performer) {
    return forbidden("OWN_WORD", call.arguments.duty + " is fulfilled by " + performer + ", and confirmed by " +
                                     other_than(performer, agreement));
  }
  if ((*duty)->state() != "said") {
    return refused("NOTHING_SAID", call.arguments.duty + " is " + std::string((*duty)->state()) + "; " + performer +
                                       " says first that it is fulfilled: keten usage fulfil");
  }
  const auto state = duties.confirm(**duty, how);
  return to_bytes(json::canonical(Json::object().set("state", text(state))));
}

/// The other side's word against that of who says to have fulfilled it. Parties settle it by the finding that it is.
Result<Bytes> dispute(const Call& call) {
  const auto found = find_own(call);
  if (!found) { return found.error(); }
  const auto& agreement = *found;
  Duties duties(call.context, call.records, agreement);
  const auto duty = find_duty(call, duties, agreement.id);
  if (!duty) { return duty.error(); }
  const auto& performer = performer_of((*duty)->of, agreement);
  if (call.organisation() == performer) {
    return forbidden("OWN_WORD",
                     call.arguments.duty + " is fulfilled by " + performer + ", who does not dispute its own word");
  }
  const auto state = (*duty)->state();
  if (state != "said" && state != "fulfilled" && state != "late") {
    return refused("NOTHING_SAID", call.arguments.duty + " is " + std::string(state) + ": nothing is to be disputed");
  }
  if ((*duty)->record.find("confirmed") != nullptr || is_payment((*duty)->of)) {
    return refused("CONFIRMED", call.organisation() + " has confirmed " + call.arguments.duty + " before");
  }
  auto why = Json::object();
  if (!call.arguments.reason.empty()) { why.set("reason", text(call.arguments.reason)); }
  if (!call.arguments.commitment.empty()) { why.set("commitment", text(call.arguments.commitment)); }
  duties.dispute(**duty, why);
  return to_bytes(json::canonical(Json::object().set("state", text("open"))));
}

/// The consumer says that he has paid. It counts when the provider says so too.
Result<Bytes> pay(const Call& call) {
  const auto& arguments = call.arguments;
  const auto found = find_agreement(call.context, call.records, call.arguments.subject);
  if (!found) { return found.error(); }
  const auto& agreement = *found;
  if (auto consumer = check_consumer(agreement, call.organisation()); !consumer) { return consumer.error(); }
  const auto key = payment_key(agreement.id, arguments.payment);
  if (call.records.get(key)) {
    return failure(ErrorKind::conflict, "PAYMENT_ID_USED",
                   "payment " + arguments.payment + " was recorded before; a payment has an id of its own");
  }
  if (!arguments.duty.empty()) {
    Duties duties(call.context, call.records, agreement);
    const auto duty = find_due(call, duties, agreement.id);
    if (!duty) { return duty.error(); }
    if (!is_payment((*duty)->of)) {
      return refused("NOT_A_PAYMENT", arguments.duty + " asks for " + (*duty)->of.action + ", not for a payment");
    }
  }
  auto record = Json::object();
  record.set("payment", text(arguments.payment))
      .set("amount", text(arguments.amount))
      .set("unit", text(arguments.unit))
      .set("state", text("said"));
  if (!arguments.duty.empty()) { record.set("duty", text(arguments.duty)); }
  if (!arguments.commitment.empty()) { record.set("commitment", text(arguments.commitment)); }
  call.records.stamp(record);
  call.records.set(key, record, {.kind = kAgreementKind, .id = agreement.id});
  call.records.emit("paid", agreement.id);
  return to_bytes(json::canonical(Json::object().set("state", text("said"))));
}

/// The provider confirms it: now `payAmount` counts it, and the duty that it was for is met when it was enough.
Result<Bytes> receive(const Call& call) {
  const auto found = find_agreement(call.context, call.records, call.arguments.subject);
  if (!found) { return found.error(); }
  const auto& agreement = *found;
  if (auto provider = check_provider(agreement, call.organisation()); !provider) { return provider.error(); }
  const auto key = payment_key(agreement.id, call.arguments.payment);
  auto payment = call.records.get(key);
  if (!payment) {
    return not_found("UNKNOWN_PAYMENT", agreement.consumer + " has named no payment " + call.arguments.payment);
  }
  if (payment->find_string("state") != "said") {
    return refused("PAYMENT_DONE", "payment " + call.arguments.payment + " was confirmed before");
  }
  const std::string amount(payment->find_string("amount").value_or("0"));
  const std::string unit(payment->find_string("unit").value_or(""));
  payment->set("state", text("received"));
  call.records.stamp(*payment);
  call.records.set(key, *payment, {.kind = kAgreementKind, .id = agreement.id});

  auto counters = call.records.get(counters_key(agreement.id))
                      .value_or(Json::object()
                                    .set("rules", Json::object())
                                    .set("paid", Json::object())
                                    .set("uses", Json::number(std::int64_t{0}))
                                    .set("denied", Json::number(std::int64_t{0}))
                                    .set("violations", Json::number(std::int64_t{0})));
  auto paid = *counters.find("paid");
  if (paid.find(unit) == nullptr && paid.members().size() >= kUnitsMax) {
    return refused("TOO_MANY_UNITS",
                   "payments under one agreement are in at most " + std::to_string(kUnitsMax) + " units");
  }
  paid.set(unit, text(sum_of(paid.find_string(unit).value_or(""), amount)));
  counters.set("paid", std::move(paid));
  call.records.set(counters_key(agreement.id), counters);

  auto result = Json::object();
  result.set("state", text("received"));
  Duties duties(call.context, call.records, agreement);
  auto* duty = duties.find(payment->find_string("duty").value_or(""));
  if (duty != nullptr && duty->is_open()) {
    const auto* price = price_of(*duty->of.rule);
    if (price == nullptr || price->unit == unit) {
      const auto total = sum_of(duty->record.find_string("paid").value_or(""), amount);
      const auto how = Json::object().set("paid", text(total));
      if (price == nullptr || production::compare_decimals(total, *price->decimal) >= 0) {
        result.set("duty", text(duties.fulfil(*duty, how)));
      } else {
        duty->record.set("paid", text(total));
        duties.keep(*duty);
      }
    }
  }
  call.records.emit("received", agreement.id);
  return to_bytes(json::canonical(result));
}

}  // namespace keten::usage
