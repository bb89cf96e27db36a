#include "contracts/usage/use_judge.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/production/decimal.h"
#include "contracts/usage/usage_contract.h"
#include "core/check.h"
#include "core/hash.h"

namespace keten::usage {
namespace {

using Json = json::Value;

Json text(std::string_view content) { return Json::string(std::string(content)); }

constexpr Instant kMicrosecondsPerMillisecond = 1000;

Instant instant_of(const Json* milliseconds) {
  return milliseconds == nullptr ? 0 : milliseconds->as_integer().value_or(0) * kMicrosecondsPerMillisecond;
}

Value value_of(const Names& names, const Json& said) {
  return said.is(json::Kind::number) ? make_value(said.text(), true) : make_value(names.iri(said.text()));
}

/// How long a recorded use ran, or was to run, as it was said; empty: nobody has said it.
std::optional<std::int64_t> ran_of(const Json& record) {
  const auto said = record.find("use")->find_string("duration");
  if (!said) { return std::nullopt; }
  const auto duration = parse_duration(*said);
  CHECK(duration.has_value());  // it was read before it was kept
  return duration->microseconds / kMicrosecondsPerMillisecond;
}

/// What each action that the terms define is included in.
using Definitions = std::map<std::string_view, std::string_view>;

/// Whether the narrower action is a part of the wider one.
bool includes(const Definitions& defined, std::string_view wider, std::string_view narrower) {
  for (std::size_t steps = 0; !narrower.empty() && steps <= defined.size() + kConstraintDepthMax; ++steps) {
    if (narrower == wider) { return true; }
    const auto found = defined.find(narrower);
    narrower = found != defined.end() ? found->second : included_in(narrower);
  }
  return false;
}

/// When the agreement ends as it stands: by its terms or by notice. Empty: never.
std::optional<Instant> end_of_agreement(const Agreement& agreement) {
  const auto& record = agreement.record;
  auto end = agreement.version == 0 ? Milliseconds{0} : record.versions[agreement.version - 1].end;
  if (record.terminated != 0 && (end == 0 || record.ends < end)) { end = record.ends; }
  if (end == 0) { return std::nullopt; }
  return static_cast<Instant>(end) * kMicrosecondsPerMillisecond;
}

/// When a permission ends by its own conditions: the earliest of `dateTime`, of `elapsedTime` after its first use, and of
/// `delayPeriod` after the beginning of the agreement. Empty: never.
void find_end(const std::vector<Constraint>& constraints, const Uses& uses, std::optional<Instant>& end) {
  for (const auto& one : constraints) {
    if (one.logic == Logic::all) { find_end(one.parts, uses, end); }
    const bool upper = one.op == Operator::lt || one.op == Operator::lteq;
    if (one.logic != Logic::atom || one.right.size() != 1) { continue; }
    const auto& value = one.right.front();
    const auto word = odrl_word(one.left);
    std::optional<Instant> until;
    if (upper && word == "dateTime") { until = one.op == Operator::lteq ? value.instant_end : value.instant; }
    if (upper && word == "delayPeriod" && value.duration && uses.start) { until = add(*uses.start, *value.duration); }
    if ((upper || one.op == Operator::eq) && word == "elapsedTime" && value.duration && uses.first) {
      until = add(*uses.first, *value.duration);
    }
    if (until && (!end || *until < *end)) { end = until; }
  }
}

}  // namespace

UseJudge::UseJudge(contracts::Context& context, Records& records, const Agreement& agreement)
    : context_(context),
      records_(records),
      agreement_(agreement),
      policy_(agreement.policy()),
      duties_(context, records, agreement),
      fuel_per_judgement_(policy_.weight * (1 + policy_.parts.size()) * (1 + policy_.implied.size()) *
                          kFuelPerJudgedPart) {
  world_.uses[""].start = static_cast<Instant>(agreement.start) * kMicrosecondsPerMillisecond;
  read_counters();
  read_claims();
}

void UseJudge::read_claims() {
  const auto& names = policy_.names;
  // What the owner has registered about the dataset is vouched for by his signature.
  if (const auto dataset = records_.read(dataset_key(agreement_.dataset))) {
    for (const auto* operand : {"classification", "skos:concept"}) {
      auto& claims = world_.claims[agreement_.dataset][names.term(operand)];
      for (const auto& one : dataset->find("classification")->items()) { claims.push_back(value_of(names, one)); }
    }
  }
  // Of the consumer, what the provider or an issuer that both have named says, and never he himself.
  std::vector<std::string> issuers = {agreement_.provider};
  if (const auto* named = agreement_.terms->document.find("issuers")) {
    for (const auto& one : named->items()) { issuers.push_back(one.text()); }
  }
  const auto now = static_cast<std::int64_t>(context_.block().time);
  for (const auto& issuer : issuers) {
    if (issuer == agreement_.consumer) { continue; }
    const auto prefix = claims_of(agreement_.consumer, issuer);
    auto end = prefix;
    end.back() = '/' + 1;
    context_.scan(as_bytes(prefix), as_bytes(end), [&](ByteView, ByteView bytes) {
      context_.charge(bytes.size() * kFuelPerRecordByte);
      const auto claim = json::parse(as_text(bytes));
      CHECK(claim.ok());
      const auto from = claim->find("from")->as_integer().value_or(0);
      const auto until = claim->find("until")->as_integer().value_or(0);
      if (now < from || (until != 0 && now >= until)) { return true; }
      auto& values = world_.claims[party_of(agreement_.consumer)][std::string(*claim->find_string("operand"))];
      for (const auto& one : claim->find("values")->items()) { values.push_back(value_of(names, one)); }
      return true;
    });
  }
}

void UseJudge::read_counters() {
  auto& all = world_.uses[""];
  const auto counters = records_.get(counters_key(agreement_.id));
  if (counters) {
    numbered_ = counters->find("uses")->as_integer().value_or(0);
    refused_ = counters->find("denied")->as_integer().value_or(0);
    violations_ = counters->find("violations")->as_integer().value_or(0);
    for (const auto& [unit, amount] : counters->find("paid")->members()) {
      all.paid.push_back(make_value(amount.text(), true));
      all.paid.back().unit = unit;
    }
  }
  // A permission that was never used has used nothing, whatever was used under others; prohibitions look at all uses.
  for (const auto& rule : policy_.rules) {
    if (rule.kind == RuleKind::permission) { world_.uses.emplace(rule.uid, all); }
  }
  if (!counters) { return; }
  const auto read = [&](const std::string& rule, const Json& stored) {
    auto& uses = world_.uses[rule];
    uses.count = stored.find("count")->text();
    if (stored.find("first") != nullptr) { uses.first = instant_of(stored.find("first")); }
    if (stored.find("last") != nullptr) { uses.last = instant_of(stored.find("last")); }
    auto& metered = metered_[rule];
    if (const auto* ran = stored.find("ran")) { metered.ran_ms = ran->as_integer().value_or(0); }
    if (const auto* untold = stored.find("untold")) { metered.untold = untold->as_integer().value_or(0); }
  };
  for (const auto& [rule, stored] : counters->find("rules")->members()) { read(rule, stored); }
  if (const auto* stored = counters->find("all")) { read("", *stored); }
}

Policy UseJudge::request_of(const UseArguments& use) const {
  Policy request;
  request.type = PolicyType::request;
  Rule asked;
  asked.uid = use.id;
  const auto action = policy_.names.term(use.action);
  asked.actions.push_back({action, {}});
  // Whoever asks for `use` asks for what is a part of it: a prohibition of a part reaches him. Many rules may prohibit one action.
  std::set<std::string_view> prohibited;
  for (const auto& rule : policy_.rules) {
    if (rule.kind != RuleKind::prohibition) { continue; }
    for (const auto& one : rule.actions) { prohibited.insert(one.iri); }
  }
  Definitions defined(policy_.actions.begin(), policy_.actions.end());
  for (const auto one : prohibited) {
    if (one != action && includes(defined, action, one)) { asked.actions.push_back({std::string(one), {}}); }
  }
  asked.targets.push_back({agreement_.dataset, {}, false, {}});
  asked.assignees.push_back({party_of(agreement_.consumer), {}, false, {}});
  for (const auto& [operand, said] : use.statements) {
    Constraint says;
    says.left = policy_.names.term(operand);
    says.op = Operator::eq;
    says.right = {value_of(policy_.names, said)};
    asked.constraints.push_back(std::move(says));
  }
  request.rules.push_back(std::move(asked));
  return request;
}

void UseJudge::charge_parts(const Policy& request) {
  context_.charge(fuel_per_judgement_ * (request.rules.front().actions.size() - 1));
}

void UseJudge::set_metered(std::optional<std::int64_t> one_more_ms, Untold untold) {
  if (!policy_.meters) { return; }
  for (auto& [rule, uses] : world_.uses) {
    const auto found = metered_.find(rule);
    const auto metered = found == metered_.end() ? Metered{} : found->second;
    uses.metered_time.reset();
    if (!one_more_ms || (metered.untold != 0 && untold == Untold::unknown)) { continue; }
    // Longer than any limit that terms can name is long enough.
    const auto sum_ms = std::min(metered.ran_ms + *one_more_ms, INT64_MAX / kMicrosecondsPerMillisecond);
    uses.metered_time = Duration{0, sum_ms * kMicrosecondsPerMillisecond};
  }
}

void UseJudge::count(const std::string& rule, const UseArguments& use) {
  auto& uses = world_.uses[rule];
  uses.count = production::add_decimals(uses.count, "1").value_or(uses.count);
  if (!uses.first) { duties_.first_use(rule, world_.now / kMicrosecondsPerMillisecond); }
  uses.first = uses.first ? std::min(*uses.first, world_.now) : world_.now;
  uses.last = uses.last ? std::max(*uses.last, world_.now) : world_.now;
  auto& metered = metered_[rule];
  if (!policy_.meters) { return; }
  metered.ran_ms += use.ran_ms.value_or(0);
  metered.untold += use.ran_ms ? 0 : 1;
}

void UseJudge::take_back(const std::string& rule, std::optional<std::int64_t> ran_ms) {
  auto& uses = world_.uses[rule];
  uses.count = production::add_decimals(uses.count, "-1").value_or(uses.count);
  // When it was the only one, none was ever made; when not, the others' times stay.
  if (uses.count == "0") {
    uses.first.reset();
    uses.last.reset();
  }
  if (!policy_.meters) { return; }
  metered_[rule].ran_ms -= ran_ms.value_or(0);
  metered_[rule].untold -= ran_ms ? 0 : 1;
}

std::optional<Instant> UseJudge::end_of(const std::string& permission) const {
  const auto rule =
      std::find_if(policy_.rules.begin(), policy_.rules.end(), [&](const Rule& one) { return one.uid == permission; });
  std::optional<Instant> end;
  if (rule != policy_.rules.end()) { find_end(rule->constraints, world_.uses.at(permission), end); }
  return end;
}

json::Value UseJudge::judge(const UseArguments& use, Kind kind, std::int64_t at) {
  context_.charge(fuel_per_judgement_ * (1 + use.statements.size()));
  world_.now = at * kMicrosecondsPerMillisecond;
  duties_.into(world_);
  // Whoever only asks may say later how long it ran; of what has happened it is known, or unknown.
  set_metered(kind == Kind::permit ? use.ran_ms.value_or(0) : use.ran_ms, Untold::unknown);
  // A use that is told of later may have been the first of all.
  std::vector<std::pair<Uses*, Instant>> later;
  for (auto& [rule, uses] : world_.uses) {
    if (!uses.first || *uses.first <= world_.now) { continue; }
    later.emplace_back(&uses, *uses.first);
    uses.first = world_.now;
  }
  const auto request = request_of(use);
  charge_parts(request);
  const auto report = evaluate(policy_, request, world_);
  for (const auto& [uses, first] : later) { uses->first = first; }

  const bool happened = kind == Kind::log;
  const bool permitted = report.decision == Decision::permitted;
  auto record = Json::object();
  record.set("use", use.document)
      .set("number", next_number())
      .set("kind", text(happened ? "log" : "permit"))
      .set("decision", text(decision_name(report.decision)))
      .set("reason", text(report.reason));
  auto reports = Json::array();
  auto counted = Json::array();
  std::optional<Duties::LogDue> log_due;
  // Of the permissions that cover the use, the one that ends last: how long who holds the data may rely on it.
  std::optional<Instant> until;
  bool has_end = true;
  for (const auto& rule : report.rules) {
    reports.push(report_json(rule));
    if (happened && !permitted && rule.kind == RuleKind::prohibition && rule.active) { duties_.broken(rule.rule); }
    // A use counts under the permissions that cover it; one that happened without, under all that it might belong to.
    const bool counts = rule.kind == RuleKind::permission && (permitted ? rule.active : happened);
    if (!counts) { continue; }
    count(rule.rule, use);
    counted.push(text(rule.rule));
    const auto end = end_of(rule.rule);
    has_end = has_end && end.has_value();
    if (end && (!until || *until < *end)) { until = end; }
    if (happened) { continue; }
    const auto due = duties_.log_due(rule.rule);
    if (due && (!log_due || due->until < log_due->until)) { log_due = due; }
  }
  if (permitted || happened) { count("", use); }
  record.set("counted", std::move(counted));
  if (permitted && !happened) {
    const auto end = end_of_agreement(agreement_);
    if (!has_end) { until.reset(); }
    if (end && (!until || *end < *until)) { until = end; }
    if (until) { record.set("until", Json::number(*until / kMicrosecondsPerMillisecond)); }
  }
  if (log_due) { record.set("logBy", Json::number(log_due->until)).set("logDuty", text(log_due->duty)); }
  if (!permitted) { ++(happened ? violations_ : refused_); }
  const auto canonical = json::canonical(reports);
  if (canonical.size() <= kReportBytesMax) {
    record.set("report", std::move(reports));
  } else {
    record.set("reportHash", text(Hasher("keten/usage-report/1").sized(canonical).finish().hex()));
  }
  return record;
}

json::Value UseJudge::judge_outside(const UseArguments& use, std::string_view reason) {
  ++violations_;
  return Json::object()
      .set("use", use.document)
      .set("number", next_number())
      .set("kind", text("log"))
      .set("decision", text(decision_name(Decision::denied)))
      .set("reason", text(reason))
      .set("outside", Json::boolean(true))
      .set("counted", Json::array());
}

void UseJudge::take_back(const Json& record) {
  if (record.find_string("decision") != "permitted") { --violations_; }
  if (record.find("outside") != nullptr) { return; }
  const auto ran = ran_of(record);
  for (const auto& rule : record.find("counted")->items()) { take_back(rule.text(), ran); }
  take_back("", ran);
}

std::string UseJudge::tell_time(const UseArguments& log, const Json& permit) {
  if (!policy_.meters || !log.ran_ms) { return {}; }
  context_.charge(2 * fuel_per_judgement_ * (1 + log.statements.size()));
  std::vector<std::string> counted = {""};
  for (const auto& rule : permit.find("counted")->items()) { counted.push_back(rule.text()); }
  const auto asked = ran_of(permit);
  // As if this use were judged now as it was then, without its time and with it: time is all that may make a difference.
  auto before = world_.uses;
  for (const auto& rule : counted) {
    auto& metered = metered_[rule];
    metered.ran_ms -= asked.value_or(0);
    metered.untold -= asked ? 0 : 1;
    auto& uses = world_.uses[rule];
    uses.count = production::add_decimals(uses.count, "-1").value_or(uses.count);
    uses.last.reset();
  }
  world_.now = instant_of(permit.find("time"));
  duties_.into(world_);
  const auto request = request_of(log);
  charge_parts(request);
  charge_parts(request);
  set_metered(0, Untold::none);
  const auto without = evaluate(policy_, request, world_);
  set_metered(log.ran_ms, Untold::none);
  const auto with = evaluate(policy_, request, world_);
  world_.uses = std::move(before);
  for (const auto& rule : counted) { metered_[rule].ran_ms += *log.ran_ms; }
  for (std::size_t i = 0; i < with.rules.size(); ++i) {
    const auto& rule = with.rules[i];
    const bool was_active = without.rules[i].active;
    const bool covered = std::find(counted.begin(), counted.end(), rule.rule) != counted.end();
    const bool ended = rule.kind == RuleKind::permission && covered && was_active && !rule.active;
    const bool prohibited = rule.kind == RuleKind::prohibition && !was_active && rule.active;
    if (!ended && !prohibited) { continue; }
    ++violations_;
    return rule.rule + " allows no use that runs so long";
  }
  return {};
}

void UseJudge::keep_counters() {
  const auto entry_of = [&](const std::string& rule, const Uses& uses) {
    auto entry = Json::object();
    entry.set("count", Json::number(uses.count));
    if (uses.first) { entry.set("first", Json::number(*uses.first / kMicrosecondsPerMillisecond)); }
    if (uses.last) { entry.set("last", Json::number(*uses.last / kMicrosecondsPerMillisecond)); }
    if (policy_.meters) {
      const auto& metered = metered_[rule];
      entry.set("ran", Json::number(metered.ran_ms)).set("untold", Json::number(metered.untold));
    }
    return entry;
  };
  auto rules = Json::object();
  for (const auto& [rule, uses] : world_.uses) {
    // Of a permission that nobody has used there is nothing to tell.
    if (!rule.empty() && metered_.contains(rule)) { rules.set(rule, entry_of(rule, uses)); }
  }
  auto paid = Json::object();
  for (const auto& one : world_.uses[""].paid) { paid.set(one.unit, text(one.text)); }
  records_.set(counters_key(agreement_.id), Json::object()
                                                .set("all", entry_of("", world_.uses[""]))
                                                .set("rules", std::move(rules))
                                                .set("paid", std::move(paid))
                                                .set("uses", Json::number(numbered_))
                                                .set("denied", Json::number(refused_))
                                                .set("violations", Json::number(violations_)));
}

}  // namespace keten::usage
