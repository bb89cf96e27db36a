#include "contracts/usage/classes.h"

#include <algorithm>
#include <array>
#include <map>

#include "contracts/usage/operators.h"

namespace keten::usage {
namespace {

constexpr std::array<PolicyClass, 25> kClasses = {{
    {1, "consumer", Treatment::decided},
    {2, "connector", Treatment::decided},
    {3, "application", Treatment::decided},
    {4, "user role", Treatment::decided},
    {5, "location of use", Treatment::decided},
    {6, "purpose", Treatment::decided},
    {7, "event", Treatment::decided},
    {8, "security level", Treatment::decided},
    {9, "time interval", Treatment::decided},
    {10, "duration", Treatment::decided},
    {11, "number of uses", Treatment::decided},
    {12, "delete data", Treatment::chased},
    {13, "modify in transit", Treatment::chased},
    {14, "modify at rest", Treatment::chased},
    {15, "log usage", Treatment::decided},
    {16, "inform party", Treatment::decided},
    {17, "pass policy on", Treatment::chased},
    {18, "artifact state", Treatment::chased},
    {19, "sale", Treatment::decided},
    {20, "rental", Treatment::decided},
    {21, "environment state", Treatment::chased},
    {22, "location of participant", Treatment::decided},
    {23, "consent", Treatment::decided},
    {24, "data classification", Treatment::decided},
    {25, "anonymise", Treatment::chased},
}};

/// The last word of an IRI: `CONNECTOR`, `hasRole`, `read`.
std::string_view last_word(std::string_view iri) {
  const auto at = iri.find_last_of("/#:");
  return at == std::string_view::npos ? iri : iri.substr(at + 1);
}

/// The class of a condition by its operand; 0: none.
int class_of_operand(std::string_view operand) {
  constexpr std::array<std::pair<std::string_view, int>, 22> kOperands = {{
      {"CONNECTOR", 2},
      {"systemDevice", 2},
      {"APPLICATION", 3},
      {"ROLE", 4},
      {"hasRole", 4},
      {"spatial", 5},
      {"spatialCoordinates", 5},
      {"purpose", 6},
      {"event", 7},
      {"SECURITY_LEVEL", 8},
      {"dateTime", 9},
      {"elapsedTime", 10},
      {"meteredTime", 10},
      {"timeInterval", 10},
      {"count", 11},
      {"artifact_state", 18},
      {"artifact-state", 18},
      {"state", 21},
      {"STATE", 21},
      {"hasGeo", 22},
      {"concept", 24},
      {"classification", 24},
  }};
  const auto word = last_word(operand);
  if (word == "hasCountryName") { return 22; }
  const auto row = std::find_if(kOperands.begin(), kOperands.end(), [&](const auto& one) { return one.first == word; });
  return row == kOperands.end() ? 0 : row->second;
}

bool is_about_usage(const Constraint& constraint) {
  return std::any_of(constraint.right.begin(), constraint.right.end(), is_policy_usage);
}

/// The class of a duty by what is to be done, and before the use or later; 0: none.
int class_of_duty(std::string_view action, bool first) {
  const auto word = last_word(action);
  if (word == "delete" || word == "uninstall") { return 12; }
  if (word == "REPLACE" || word == "modify") { return first ? 13 : 14; }
  if (word == "anonymize") { return first ? 25 : 14; }
  if (word == "MPC") { return 25; }
  if (word == "log" || word == "LOG") { return 15; }
  if (word == "inform") { return 16; }
  if (word == "nextPolicy") { return 17; }
  if (word == "compensate") { return 19; }
  if (word == "obtainConsent") { return 23; }
  return 0;
}

class Finder {
 public:
  std::vector<ClassFinding> run(const Policy& policy) {
    for (const auto& rule : policy.rules) { find_in(rule); }
    std::vector<ClassFinding> result;
    for (const auto& [number, rule] : found_) {
      result.push_back({kClasses.at(static_cast<std::size_t>(number) - 1), rule});
    }
    return result;
  }

 private:
  void add(int number, const Rule& rule) {
    if (number > 0) { found_.emplace(number, rule.uid); }
  }
  void find_in(const std::vector<Constraint>& constraints, const Rule& rule) {
    for (const auto& one : constraints) {
      find_in(one.parts, rule);
      if (one.logic != Logic::atom || is_about_usage(one)) { continue; }
      add(last_word(one.left) == "payAmount" ? class_of_payment(one) : class_of_operand(one.left), rule);
    }
  }
  static int class_of_payment(const Constraint& payment) { return payment.frequency.empty() ? 19 : 20; }
  static int class_of_payment(const Action& compensate) {
    const auto& all = compensate.refinements;
    return std::all_of(all.begin(), all.end(), [](const Constraint& one) { return one.frequency.empty(); }) ? 19 : 20;
  }
  void find_duty(const Rule& duty) {
    for (const auto& action : duty.actions) {
      const auto number = class_of_duty(action.iri, comes_first(duty));
      add(number == 19 ? class_of_payment(action) : number, duty);
    }
    for (const auto& one : duty.consequences) { find_duty(one); }
  }
  void find_in(const Rule& rule) {
    if (rule.kind == RuleKind::duty) {
      find_duty(rule);
      return;
    }
    const auto before = found_.size();
    find_in(rule.constraints, rule);
    for (const auto& action : rule.actions) { find_in(action.refinements, rule); }
    for (const auto* entities : {&rule.targets, &rule.assignees}) {
      for (const auto& entity : *entities) { find_in(entity.refinements, rule); }
    }
    for (const auto& duty : rule.duties) { find_duty(duty); }
    for (const auto& duty : rule.remedies) { find_duty(duty); }
    const bool plain = rule.constraints.empty() && rule.duties.empty() && found_.size() == before;
    if (rule.kind == RuleKind::permission && plain && !rule.assignees.empty()) { add(1, rule); }
  }

  std::map<int, std::string> found_;
};

}  // namespace

std::vector<ClassFinding> classes_of(const Policy& policy) { return Finder().run(policy); }

}  // namespace keten::usage
