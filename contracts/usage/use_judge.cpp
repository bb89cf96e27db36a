#include "contracts/usage/use_judge.h"

#include <algorithm>
#include <utility>

#include "contracts/production/decimal.h"
#include "contracts/production/time.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/usage_contract.h"
#include "core/check.h"
#include "core/hash.h"

namespace keten::usage {
namespace {

using Json = json::Value;

Json text(std::string_view content) { return Json::string(std::string(content)); }

constexpr Instant kMicrosecondsPerMillisecond = 1000;

void collect(const std::vector<Rule>& rules, std::vector<DutyOf>& found) {
  for (const auto& rule : rules) {
    found.push_back({rule.uid, rule.actions.empty() ? std::string{} : rule.actions.front().iri, &rule});
    collect(rule.consequences, found);
  }
}

void find_deadline(const std::vector<Constraint>& constraints, Instant start, std::optional<Instant>& earliest) {
  for (const auto& one : constraints) {
    if (one.logic == Logic::all) { find_deadline(one.parts, start, earliest); }
    const bool upper = one.op == Operator::lt || one.op == Operator::lteq || one.op == Operator::eq;
    if (one.logic != Logic::atom || !upper || one.right.size() != 1) { continue; }
    const auto& value = one.right.front();
    const auto word = odrl_word(one.left);
    std::optional<Instant> until;
    if (word == "dateTime") { until = value.instant; }
    if ((word == "delayPeriod" || word == "elapsedTime") && value.duration) { until = add(start, *value.duration); }
    if (until && (!earliest || *until < *earliest)) { earliest = until; }
  }
}

Instant instant_of(const Json* milliseconds) {
  return milliseconds == nullptr ? 0 : milliseconds->as_integer().value_or(0) * kMicrosecondsPerMillisecond;
}

}  // namespace

std::vector<DutyOf> duties_of(const Policy& policy) {
  std::vector<DutyOf> found;
  for (const auto& rule : policy.rules) {
    if (rule.kind == RuleKind::duty) {
      found.push_back({rule.uid, rule.actions.empty() ? std::string{} : rule.actions.front().iri, &rule});
      collect(rule.consequences, found);
    }
    collect(rule.duties, found);
    collect(rule.remedies, found);
  }
  return found;
}

std::optional<Instant> deadline_of(const Rule& duty, Instant start) {
  std::optional<Instant> earliest;
  find_deadline(duty.constraints, start, earliest);
  for (const auto& action : duty.actions) { find_deadline(action.refinements, start, earliest); }
  return earliest;
}

UseJudge::UseJudge(contracts::Context& context, Records& records, const std::string& agreement,
                   const json::Value& record)
    : context_(context),
      records_(records),
      agreement_(agreement),
      consumer_(party_of(record.find_string("consumer").value_or(""))),
      dataset_(record.find_string("dataset").value_or("")) {
  const auto& document = *record.find("policy");
  terms_bytes_ = json::canonical(document).size();
  context.charge(terms_bytes_ * kFuelPerTermsByte);
  auto policy = read_policy(document);
  CHECK(policy.ok());  // it was read before it was stored
  policy_ = std::move(*policy);
  world_.now = static_cast<Instant>(context.block().time) * kMicrosecondsPerMillisecond;
  world_.uses[""].start = instant_of(record.find("start"));
  read_counters();
  for (const auto& [key, duty] : records.duties(agreement)) {
    DutyState state;
    const auto word = duty.find_string("state").value_or("");
    const auto* deadline = duty.find("deadline");
    if (word == "fulfilled") { state = {Performance::performed, Deontic::fulfilled}; }
    if (word == "late") { state = {Performance::performed, Deontic::violated}; }
    if (word == "open" && deadline != nullptr && instant_of(deadline) < world_.now) {
      state = {Performance::unknown, Deontic::violated};
    }
    world_.duties[std::string(duty.find_string("uid").value_or(""))] = state;
  }
  // What the owner has registered about the dataset is vouched for by his signature.
  if (const auto dataset = records.get(dataset_key(dataset_))) {
    static const Names kNames;
    for (const auto* operand : {"classification", "skos:concept"}) {
      auto& claims = world_.claims[dataset_][kNames.term(operand)];
      for (const auto& one : dataset->find("classification")->items()) {
        claims.push_back(make_value(kNames.iri(one.text())));
      }
    }
  }
}

void UseJudge::read_counters() {
  const auto counters = records_.get(counters_key(agreement_));
  if (!counters) { return; }
  judged_ = counters->find("uses")->as_integer().value_or(0);
  refused_ = counters->find("denied")->as_integer().value_or(0);
  violations_ = counters->find("violations")->as_integer().value_or(0);
  const auto read = [&](const Json& from, Uses& uses) {
    uses.start = world_.uses[""].start;
    uses.count = from.find("count")->text();
    uses.first = instant_of(from.find("first"));
    uses.last = instant_of(from.find("last"));
  };
  for (const auto& [rule, uses] : counters->find("rules")->members()) { read(uses, world_.uses[rule]); }
}

json::Value UseJudge::judge(const UseArguments& use, bool happened) {
  context_.charge(terms_bytes_ * kFuelPerJudgedByte * (1 + use.statements.size()));
  Policy request;
  request.type = PolicyType::request;
  Rule asked;
  asked.uid = use.id;
  asked.actions.push_back({use.action, {}});
  asked.targets.push_back({dataset_, {}, false, {}});
  asked.assignees.push_back({consumer_, {}, false, {}});
  for (const auto& [operand, value] : use.statements) {
    Constraint says;
    says.left = operand;
    says.op = Operator::eq;
    says.right = {value};
    asked.constraints.push_back(std::move(says));
  }
  request.rules.push_back(std::move(asked));
  const auto report = evaluate(policy_, request, world_);

  const bool permitted = report.decision == Decision::permitted;
  auto record = Json::object();
  record.set("use", use.document)
      .set("number", Json::number(++judged_))
      .set("kind", text(happened ? "log" : "permit"))
      .set("decision", text(decision_name(report.decision)))
      .set("reason", text(report.reason));
  auto reports = Json::array();
  for (const auto& rule : report.rules) {
    reports.push(report_json(rule));
    // A use counts under the permissions that cover it; one that happened without, under all that it might belong to.
    const bool counts = rule.kind == RuleKind::permission && (permitted ? rule.active : happened);
    if (!counts) { continue; }
    auto& uses = world_.uses[rule.rule];
    uses.start = world_.uses[""].start;
    uses.count = production::add_decimals(uses.count, "1").value_or(uses.count);
    if (!uses.first || *uses.first == 0) { uses.first = world_.now; }
    uses.last = world_.now;
  }
  if (!permitted) { ++(happened ? violations_ : refused_); }
  const auto canonical = json::canonical(reports);
  if (canonical.size() <= kReportBytesMax) {
    record.set("report", std::move(reports));
  } else {
    record.set("reportHash", text(Hasher("keten/usage-report/1").sized(canonical).finish().hex()));
  }
  return record;
}

void UseJudge::keep_counters() {
  auto rules = Json::object();
  for (const auto& [rule, uses] : world_.uses) {
    if (rule.empty()) { continue; }
    rules.set(rule, Json::object()
                        .set("count", Json::number(uses.count))
                        .set("first", Json::number(uses.first.value_or(0) / kMicrosecondsPerMillisecond))
                        .set("last", Json::number(uses.last.value_or(0) / kMicrosecondsPerMillisecond)));
  }
  records_.set(counters_key(agreement_), Json::object()
                                             .set("rules", std::move(rules))
                                             .set("uses", Json::number(judged_))
                                             .set("denied", Json::number(refused_))
                                             .set("violations", Json::number(violations_)));
}

}  // namespace keten::usage
