#include "contracts/usage/duties.h"

#include <algorithm>
#include <utility>

#include "contracts/usage/usage_contract.h"
#include "core/check.h"

namespace keten::usage {
namespace {

using Json = json::Value;

constexpr Instant kMicrosecondsPerMillisecond = 1000;

Json text(std::string_view content) { return Json::string(std::string(content)); }

std::string due_of(std::int64_t deadline, const std::string& key) {
  return due_key(static_cast<std::uint64_t>(std::max<std::int64_t>(deadline, 0)), key);
}

void collect(const Rule& rule, DutyOf duty, std::vector<DutyOf>& found) {
  duty.uid = rule.uid;
  duty.action = rule.actions.empty() ? std::string{} : rule.actions.front().iri;
  duty.rule = &rule;
  found.push_back(duty);
  duty.consequence_of = found.size() - 1;
  for (const auto& one : rule.consequences) { collect(one, duty, found); }
}

template <typename Visit>
void each_time(const std::vector<Constraint>& constraints, const Visit& visit) {
  for (const auto& one : constraints) {
    if (one.logic == Logic::all) { each_time(one.parts, visit); }
    if (one.logic == Logic::atom && one.right.size() == 1) { visit(one, one.right.front()); }
  }
}

bool has_elapsed_time(const Rule& duty) {
  bool found = false;
  const auto look = [&](const Constraint& one, const Value&) { found = found || odrl_word(one.left) == "elapsedTime"; };
  each_time(duty.constraints, look);
  for (const auto& action : duty.actions) { each_time(action.refinements, look); }
  return found;
}

bool names(const std::vector<Entity>& entities, const std::string& organisation) {
  return std::any_of(entities.begin(), entities.end(),
                     [&](const Entity& one) { return one.iri == party_of(organisation); });
}

}  // namespace

bool is_consent(const DutyOf& duty) { return odrl_word(duty.action) == "obtainConsent"; }
bool is_payment(const DutyOf& duty) { return odrl_word(duty.action) == "compensate"; }

const std::string& performer_of(const DutyOf& duty, const Agreement& agreement) {
  const bool by_provider = is_consent(duty) || names(duty.rule->assignees, agreement.provider);
  return by_provider ? agreement.provider : agreement.consumer;
}

const std::string& other_than(const std::string& organisation, const Agreement& agreement) {
  return organisation == agreement.provider ? agreement.consumer : agreement.provider;
}

bool needs_confirmation(const DutyOf& duty, const Agreement& agreement) {
  const auto& other = other_than(performer_of(duty, agreement), agreement);
  return !is_payment(duty) && std::any_of(duty.rule->functions.begin(), duty.rule->functions.end(),
                                          [&](const auto& function) { return function.second.iri == party_of(other); });
}

std::vector<DutyOf> duties_of(const Policy& policy) {
  std::vector<DutyOf> found;
  for (const auto& rule : policy.rules) {
    const DutyOf none{.uid = {}, .action = {}, .rule = nullptr};
    if (rule.kind == RuleKind::duty) { collect(rule, none, found); }
    auto of_permission = none;
    of_permission.permission = rule.uid;
    for (const auto& one : rule.duties) { collect(one, of_permission, found); }
    auto of_prohibition = none;
    of_prohibition.prohibition = rule.uid;
    for (const auto& one : rule.remedies) { collect(one, of_prohibition, found); }
  }
  return found;
}

DutyTime time_of(const Rule& duty, Instant start) {
  DutyTime time;
  const auto look = [&](const Constraint& one, const Value& value) {
    const auto word = odrl_word(one.left);
    std::optional<Instant> moment;
    if (word == "dateTime") {
      moment = value.instant;
      // A day, month or year lasts until it is over.
      const bool to_end = one.op == Operator::lteq || one.op == Operator::eq || one.op == Operator::gt;
      if (to_end && value.instant_end > value.instant) { moment = *value.instant_end - 1; }
    }
    if ((word == "delayPeriod" || word == "elapsedTime") && value.duration) { moment = add(start, *value.duration); }
    if (!moment) { return; }
    const bool delays = word == "delayPeriod" && one.op == Operator::eq;
    const bool upper = one.op == Operator::lt || one.op == Operator::lteq || (one.op == Operator::eq && !delays);
    const bool lower = one.op == Operator::gt || one.op == Operator::gteq || delays;
    if (one.op == Operator::lt) { --*moment; }
    if (one.op == Operator::gt) { ++*moment; }
    if (upper && (!time.until || *moment < *time.until)) { time.until = moment; }
    if (lower && (!time.from || *moment > *time.from)) { time.from = moment; }
  };
  each_time(duty.constraints, look);
  for (const auto& action : duty.actions) { each_time(action.refinements, look); }
  return time;
}

std::int64_t Duties::Duty::deadline() const {
  const auto* deadline = record.find("deadline");
  return deadline == nullptr ? 0 : deadline->as_integer().value_or(0);
}

bool Duties::Duty::is_log() const {
  const auto word = odrl_word(of.action);
  return !of.permission.empty() && !of.consequence_of &&
         (word == "log" || of.action.ends_with("/LOG") || of.action.ends_with("/log"));
}

Duties::Duties(contracts::Context& context, Records& records, const Agreement& agreement)
    : context_(context), records_(records), agreement_(agreement) {
  std::size_t number = 0;
  for (auto& of : duties_of(agreement.policy())) {
    Duty duty{std::move(of), duty_key(agreement.id, number++), Json::object()};
    if (const auto stored = records.read(duty.key)) { duty.record = *stored; }
    duties_.push_back(std::move(duty));
  }
}

std::int64_t Duties::now() const { return static_cast<std::int64_t>(context_.block().time); }

void Duties::begin() {
  for (auto& duty : duties_) {
    duty.record.set("uid", text(duty.of.uid)).set("action", text(duty.of.action));
    const bool waits = duty.of.consequence_of || !duty.of.prohibition.empty() || has_elapsed_time(*duty.of.rule);
    if (duty.is_log()) {
      duty.record.set("state", text("continuing")).set("missing", Json::number(std::int64_t{0}));
      keep(duty);
    } else if (waits) {
      duty.record.set("state", text("waiting"));
      keep(duty);
    } else {
      open(duty, static_cast<std::int64_t>(agreement_.start));
    }
  }
}

void Duties::open(Duty& duty, std::int64_t at) {
  const auto time = time_of(*duty.of.rule, at * kMicrosecondsPerMillisecond);
  auto& record = duty.record;
  record.set("state", text("open"));
  for (const auto* member : {"deadline", "notBefore", "overdue", "finding", "commitment", "confirmed", "disputed"}) {
    record.remove(member);
  }
  if (time.from) {
    record.set("notBefore", Json::number((*time.from + kMicrosecondsPerMillisecond - 1) / kMicrosecondsPerMillisecond));
  }
  if (time.until) {
    const auto until = *time.until / kMicrosecondsPerMillisecond;
    record.set("deadline", Json::number(until));
    records_.put(due_of(until, duty.key), "");
  }
  keep(duty);
}

Duties::Duty* Duties::find(std::string_view uid) {
  const auto found = std::find_if(duties_.begin(), duties_.end(), [&](const Duty& one) { return one.of.uid == uid; });
  return found == duties_.end() ? nullptr : &*found;
}

void Duties::keep(const Duty& duty) {
  records_.set(duty.key, duty.record, {.kind = kAgreementKind, .id = agreement_.id});
}

void Duties::open_consequences(const Duty& duty) {
  // They follow from the moment at which it was not done, whenever somebody looks.
  for (auto& one : duties_) {
    if (one.of.consequence_of && &duties_[*one.of.consequence_of] == &duty) { open(one, duty.deadline()); }
  }
}

void Duties::mark_overdue(Duty& duty, std::int64_t at) {
  if (duty.record.find("overdue") != nullptr) { return; }
  const auto& performer = performer_of(duty.of, agreement_);
  const auto finding =
      record_finding(context_, records_, agreement_,
                     {.code = "duty_overdue",
                      .message = "the duty " + duty.of.uid + " of " + performer + " was not fulfilled in time",
                      .subject = duty.of.uid,
                      .organisation = performer,
                      .deadline = static_cast<Milliseconds>(duty.deadline())});
  duty.record.set("overdue", Json::number(at)).set("finding", Json::number(static_cast<std::int64_t>(finding)));
  keep(duty);
  records_.emit("duty_overdue", agreement_.id);
  open_consequences(duty);
}

/// What its findings are about was made good.
void Duties::good(const Duty& duty, std::string_view text) {
  const auto* disputed = duty.record.find("disputed");
  for (const auto* finding : {duty.record.find("finding"), disputed == nullptr ? nullptr : disputed->find("finding")}) {
    if (finding == nullptr) { continue; }
    mark_corrected(context_, agreement_, static_cast<std::uint64_t>(finding->as_integer().value_or(0)), duty.of.uid,
                   text);
  }
}

std::string Duties::fulfil(Duty& duty, const Json& how) {
  const auto deadline = duty.deadline();
  if (deadline != 0) { records_.erase(due_of(deadline, duty.key)); }
  if (deadline != 0 && deadline < now()) { mark_overdue(duty, now()); }
  if (!needs_confirmation(duty.of, agreement_)) { return confirm(duty, how); }
  duty.record.set("state", text("said"));
  for (const auto& [name, value] : how.members()) { duty.record.set(name, value); }
  records_.stamp(duty.record);
  keep(duty);
  records_.emit("duty_said", agreement_.id);
  return "said";
}

std::string Duties::confirm(Duty& duty, const Json& how) {
  const bool late = duty.record.find("overdue") != nullptr;
  duty.record.set("state", text(late ? "late" : "fulfilled"));
  for (const auto& [name, value] : how.members()) { duty.record.set(name, value); }
  records_.stamp(duty.record);
  keep(duty);
  good(duty, late ? "fulfilled late" : "fulfilled");
  records_.emit(late ? "duty_late" : "duty_fulfilled", agreement_.id);
  return late ? "late" : "fulfilled";
}

void Duties::dispute(Duty& duty, const Json& why) {
  const auto& performer = performer_of(duty.of, agreement_);
  auto disputed = why;
  const auto* before = duty.record.find("disputed");
  if (before != nullptr && duty.state() == "said") {
    disputed.set("finding", *before->find("finding"));  // still open: nobody has confirmed anything since
  } else {
    const auto finding = record_finding(context_, records_, agreement_,
                                        {.code = "fulfilment_disputed",
                                         .message = "the duty " + duty.of.uid + " of " + performer +
                                                    " was not fulfilled, says " + other_than(performer, agreement_),
                                         .subject = duty.of.uid,
                                         .organisation = performer});
    disputed.set("finding", Json::number(static_cast<std::int64_t>(finding)));
  }
  disputed.set("time", Json::number(now()));
  duty.record.set("state", text("open")).set("disputed", std::move(disputed));
  const auto deadline = duty.deadline();
  const bool is_behind = deadline != 0 && deadline < now() && duty.record.find("overdue") == nullptr;
  if (is_behind) {
    // One finding says it: it was not done in time.
    duty.record.set("overdue", Json::number(now()));
    open_consequences(duty);
  } else if (deadline >= now()) {
    records_.put(due_of(deadline, duty.key), "");
  }
  keep(duty);
  records_.emit("duty_disputed", agreement_.id);
}

void Duties::first_use(const std::string& permission, std::int64_t at) {
  for (auto& duty : duties_) {
    const bool begins = duty.of.permission == permission && duty.of.prohibition.empty() && !duty.of.consequence_of;
    if (begins && duty.state() == "waiting") { open(duty, at); }
  }
}

void Duties::broken(const std::string& prohibition) {
  for (auto& duty : duties_) {
    const bool due = duty.of.prohibition == prohibition && !duty.of.consequence_of && !duty.is_open();
    if (due) { open(duty, now()); }
  }
}

std::optional<Duties::LogDue> Duties::log_due(const std::string& permission) const {
  std::optional<LogDue> earliest;
  for (const auto& duty : duties_) {
    if (duty.of.permission != permission || !duty.is_log()) { continue; }
    const auto until = time_of(*duty.of.rule, now() * kMicrosecondsPerMillisecond).until;
    if (until && (!earliest || *until / kMicrosecondsPerMillisecond < earliest->until)) {
      earliest = LogDue{duty.of.uid, *until / kMicrosecondsPerMillisecond};
    }
  }
  return earliest;
}

void Duties::log_missing(const std::string& uid, std::int64_t change) {
  auto* duty = find(uid);
  if (duty == nullptr) { return; }
  const auto* missing = duty->record.find("missing");
  const auto before = missing == nullptr ? 0 : missing->as_integer().value_or(0);
  duty->record.set("missing", Json::number(std::max<std::int64_t>(0, before + change)));
  keep(*duty);
}

void Duties::into(World& world) const {
  for (const auto& duty : duties_) {
    DutyState state;
    const auto word = duty.state();
    const auto* missing = duty.record.find("missing");
    if (word == "fulfilled") { state = {Performance::performed, Deontic::fulfilled}; }
    if (word == "late") { state = {Performance::performed, Deontic::violated}; }
    const bool is_behind = word == "open" && duty.deadline() != 0 && duty.deadline() < now();
    const bool overdue = word == "said" && duty.record.find("overdue") != nullptr;
    if (is_behind || overdue || (missing != nullptr && missing->as_integer().value_or(0) > 0)) {
      state = {Performance::unknown, Deontic::violated};
    }
    world.duties.insert_or_assign(duty.of.uid, state);
  }
}

}  // namespace keten::usage
