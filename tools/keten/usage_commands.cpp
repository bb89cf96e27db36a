// keten usage: what can be said about ODRL policies without a node.
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/usage/cases.h"
#include "contracts/usage/classes.h"
#include "contracts/usage/policy_reader.h"
#include "core/limits.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

constexpr std::size_t kCasesBytesMax = 64 * limits::kJsonBytesMax;

Result<json::Value> read_json(const std::string& file, std::size_t bytes_max) {
  const auto text = client::read_file(file, bytes_max);
  if (!text) { return text.error(); }
  return json::parse(*text, {.bytes = bytes_max, .values = 8 * limits::kJsonValuesMax});
}

json::Value error_json(const Error& error) {
  return json::Value::object()
      .set("reason", text_value(error.reason))
      .set("message", text_value(error.message))
      .set("violations", violations_value(error.violations));
}

json::Value identity(const json::Value& one, std::size_t number) {
  auto entry = json::Value::object();
  entry.set("id", text_value(one.find_string("id").value_or("#" + std::to_string(number))));
  for (const auto* member : {"file", "title"}) {
    if (const auto text = one.find_string(member)) { entry.set(member, text_value(*text)); }
  }
  return entry;
}

struct Counts {
  std::size_t equal = 0;
  std::size_t different = 0;
  std::size_t open = 0;  ///< without an expected report
  std::size_t wrong = 0;
};

json::Value evaluate_one(Console& console, const json::Value& one, std::size_t number, OutputForm form,
                         Counts& counts) {
  auto entry = identity(one, number);
  const auto name = entry.find_string(one.find("title") != nullptr ? "title" : "id").value_or("");
  const auto result = usage::judge_case(one);
  if (!result) {
    ++counts.wrong;
    if (form == OutputForm::table) { console.fail(result.error(), printable(name)); }
    return entry.set("error", error_json(result.error())).set("equal", json::Value::boolean(false));
  }
  auto reports = json::Value::array();
  for (const auto& report : result->report.rules) { reports.push(usage::report_json(report)); }
  entry.set("decision", text_value(usage::decision_name(result->report.decision)))
      .set("reason", text_value(result->report.reason))
      .set("report", std::move(reports));
  if (result->equal) { entry.set("equal", json::Value::boolean(*result->equal)); }
  ++(!result->equal ? counts.open : *result->equal ? counts.equal : counts.different);
  if (form == OutputForm::table) {
    console.out << fmt::format("{:9}  {:9}  {}\n",
                               !result->equal   ? ""
                               : *result->equal ? "equal"
                                                : "different",
                               usage::decision_name(result->report.decision), printable(name));
    for (const auto& report : result->report.rules) {
      std::size_t holding = 0;
      for (const auto& premise : report.premises) { holding += premise.satisfied ? 1 : 0; }
      console.out << fmt::format("           {} {}: {}, {} of {} premises\n",
                                 report.kind == usage::RuleKind::permission    ? "permission"
                                 : report.kind == usage::RuleKind::prohibition ? "prohibition"
                                                                               : "obligation",
                                 printable(report.rule), report.active ? "active" : "inactive", holding,
                                 report.premises.size());
    }
  }
  return entry;
}

json::Value classes_json(const usage::Policy& policy) {
  auto list = json::Value::array();
  for (const auto& finding : usage::classes_of(policy)) {
    const auto& known = finding.policy_class;
    list.push(json::Value::object()
                  .set("class", json::Value::number(std::int64_t{known.number}))
                  .set("name", text_value(known.name))
                  .set("treatment", text_value(known.treatment == usage::Treatment::decided ? "decided" : "chased"))
                  .set("rule", text_value(finding.rule)));
  }
  return list;
}

void print_checked(Console& console, const std::string& file, const usage::Policy& policy, bool lenient) {
  console.out << file << "  " << (lenient && !policy.unknown.empty() ? "readable" : "valid") << ", "
              << policy.rules.size() << (policy.rules.size() == 1 ? " rule\n" : " rules\n");
  for (const auto& finding : usage::classes_of(policy)) {
    console.out << fmt::format("  class {:2}  {:24} {}\n", finding.policy_class.number, finding.policy_class.name,
                               finding.policy_class.treatment == usage::Treatment::decided
                                   ? "decided by the ledger"
                                   : "recorded and chased as an obligation");
  }
  for (const auto& term : policy.unknown) {
    console.out << "  unknown " << term.what << ": " << printable(term.term) << " at " << printable(term.pointer)
                << "\n";
  }
}

/// The policy when it may be signed, or with --lenient when it can be judged at all.
Result<usage::Policy> check_policy(const std::string& file, bool lenient) {
  const auto document = read_json(file, limits::kJsonBytesMax);
  if (!document) { return document.error(); }
  auto policy = usage::read_policy(*document);
  if (!policy || lenient) { return policy; }
  auto violations = usage::strict_violations(*policy);
  if (violations.empty()) { return policy; }
  auto error = invalid("POLICY_NOT_STRICT", std::to_string(violations.size()) +
                                                (violations.size() == 1 ? " place keeps" : " places keep") +
                                                " the policy from being signed");
  error.violations = std::move(violations);
  return error;
}

}  // namespace

int run_usage_evaluate(Console& console, const UsageOptions& options) {
  Counts counts;
  auto list = json::Value::array();
  for (const auto& file : options.files) {
    const auto document = read_json(file, kCasesBytesMax);
    if (!document) { return console.fail(document.error(), file); }
    if (!document->is(json::Kind::array)) {
      list.push(evaluate_one(console, *document, 0, options.output, counts));
      continue;
    }
    for (std::size_t i = 0; i < document->items().size(); ++i) {
      list.push(evaluate_one(console, document->items()[i], i, options.output, counts));
    }
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(list) << "\n";
  } else {
    console.out << fmt::format("{} equal, {} different, {} without an expected report, {} could not be judged\n",
                               counts.equal, counts.different, counts.open, counts.wrong);
  }
  return counts.different + counts.wrong == 0 ? kSuccess : kFailed;
}

int run_usage_check(Console& console, const UsageOptions& options) {
  int code = kSuccess;
  auto list = json::Value::array();
  for (const auto& file : options.files) {
    const auto policy = check_policy(file, options.lenient);
    auto entry = json::Value::object();
    entry.set("file", text_value(file)).set("valid", json::Value::boolean(policy.ok()));
    if (!policy) {
      code = kFailed;
      entry.set("error", error_json(policy.error()));
      if (options.output == OutputForm::table) {
        auto error = policy.error();
        error.message = file + ": " + error.message;
        console.fail(error);
      }
    } else {
      auto unknown = json::Value::array();
      for (const auto& term : policy->unknown) {
        unknown.push(json::Value::object()
                         .set("pointer", text_value(term.pointer))
                         .set("term", text_value(term.term))
                         .set("what", text_value(term.what)));
      }
      entry.set("uid", text_value(policy->uid))
          .set("rules", number_value(std::uint64_t{policy->rules.size()}))
          .set("classes", classes_json(*policy))
          .set("unknown", std::move(unknown));
      if (options.output == OutputForm::table) { print_checked(console, file, *policy, options.lenient); }
    }
    list.push(std::move(entry));
  }
  if (options.output == OutputForm::json) { console.out << json::pretty(list) << "\n"; }
  return code;
}

}  // namespace keten::tools
