#include "contracts/usage/cases.h"

#include <algorithm>
#include <map>
#include <utility>

#include "contracts/usage/policy_reader.h"

namespace keten::usage {
namespace {

Error within(Error error, std::string_view part) {
  for (auto& violation : error.violations) { violation.pointer = "/" + std::string(part) + violation.pointer; }
  return error;
}

Result<const json::Value*> part_of(const json::Value& one, std::string_view name) {
  if (const auto* part = one.find(name)) { return part; }
  return invalid("CASE_INVALID", "a case has policy, request and sotw; " + std::string(name) + " is missing");
}

/// A premise without what the expected one does not tell.
std::string spelling(const json::Value& premise) {
  auto plain = json::Value::object();
  for (const auto* member : {"type", "satisfied", "constraint"}) {
    if (const auto* value = premise.find(member)) { plain.set(member, *value); }
  }
  return json::canonical(plain);
}

bool has_premises(const json::Value& report, const json::Value& expected) {
  const auto* actual = report.find("premises");
  if (!expected.is(json::Kind::array) || actual->items().size() != expected.items().size()) { return false; }
  std::map<std::string, std::size_t> left;
  for (const auto& premise : actual->items()) { ++left[spelling(premise)]; }
  for (const auto& premise : expected.items()) {
    if (premise.find("dangling") != nullptr) { continue; }
    auto found = left.find(spelling(premise));
    if (found == left.end() || found->second == 0) { return false; }
    --found->second;
  }
  return true;
}

bool is_one(const json::Value& report, const json::Value& expected) {
  if (!expected.is(json::Kind::object)) { return false; }
  for (const auto& [name, value] : expected.members()) {
    if (name == "premises") { continue; }
    const auto* actual = report.find(name);
    if (actual == nullptr || *actual != value) { return false; }
  }
  const auto* premises = expected.find("premises");
  return premises == nullptr || has_premises(report, *premises);
}

}  // namespace

bool is_expected(const std::vector<RuleReport>& reports, const json::Value& expected) {
  if (!expected.is(json::Kind::array) || expected.items().size() != reports.size()) { return false; }
  std::vector<json::Value> left;
  for (const auto& report : reports) { left.push_back(report_json(report)); }
  for (const auto& one : expected.items()) {
    const auto found =
        std::find_if(left.begin(), left.end(), [&](const json::Value& report) { return is_one(report, one); });
    if (found == left.end()) { return false; }
    left.erase(found);
  }
  return true;
}

Result<CaseResult> judge_case(const json::Value& one) {
  const auto policy_part = part_of(one, "policy");
  if (!policy_part) { return policy_part.error(); }
  const auto request_part = part_of(one, "request");
  if (!request_part) { return request_part.error(); }
  const auto world_part = part_of(one, "sotw");
  if (!world_part) { return world_part.error(); }

  std::map<std::string, std::shared_ptr<const Profile>, std::less<>> defined;
  if (const auto* given = one.find("profiles"); given != nullptr && given->is(json::Kind::object)) {
    for (const auto& [iri, terms] : given->members()) {
      auto profile = read_profile(terms);
      if (!profile) { return within(profile.error(), "profiles"); }
      defined.insert_or_assign(iri, std::make_shared<const Profile>(std::move(*profile)));
    }
  }
  const Profiles profiles = [&](const std::string& iri) {
    const auto found = defined.find(iri);
    return found == defined.end() ? nullptr : found->second;
  };
  const auto own = read_policy(**policy_part, {}, profiles);
  if (!own) { return within(own.error(), "policy"); }
  std::map<std::string, Policy, std::less<>> known;
  if (const auto* others = one.find("policies"); others != nullptr && others->is(json::Kind::array)) {
    for (const auto& other : others->items()) {
      auto read = read_policy(other, {}, profiles);
      if (!read) { return within(read.error(), "policies"); }
      known.insert_or_assign(read->names.iri(read->uid), std::move(*read));
    }
  }
  const auto policy = with_inherited(*own, known);
  if (!policy) { return policy.error(); }
  // Request and world may use the policy's prefixes without declaring them again.
  const auto request = read_policy(**request_part, own->names, profiles);
  if (!request) { return within(request.error(), "request"); }
  // Who asks must not change what is so by prefixes of his own.
  auto world = read_world(**world_part, own->names);
  if (!world) { return within(world.error(), "sotw"); }
  world->unsaid_is_none = true;

  CaseResult result;
  result.report = evaluate(*policy, *request, *world);
  if (const auto* expected = one.find("expected")) { result.equal = is_expected(result.report.rules, *expected); }
  return result;
}

}  // namespace keten::usage
