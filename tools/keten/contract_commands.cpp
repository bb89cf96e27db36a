#include <ostream>

#include <fmt/format.h>

#include "tools/keten/options.h"
#include "tools/keten/spec_suite.h"

namespace keten::tools {
namespace {

json::Value value_of(const std::string& file, const SpecCounts& counts) {
  auto outside = json::Value::object();
  for (const auto& [feature, count] : counts.outside) { outside.set(feature, number_value(std::uint64_t{count})); }
  auto failures = json::Value::array();
  for (const auto& one : counts.failures) { failures.push(text_value(one)); }
  return json::Value::object()
      .set("file", text_value(file))
      .set("passed", number_value(std::uint64_t{counts.passed}))
      .set("failed", number_value(std::uint64_t{counts.failures.size()}))
      .set("outside", number_value(std::uint64_t{counts.outside_count()}))
      .set("outside_by", std::move(outside))
      .set("failures", std::move(failures));
}

void add(SpecCounts& sum, const SpecCounts& one) {
  sum.passed += one.passed;
  sum.failures.insert(sum.failures.end(), one.failures.begin(), one.failures.end());
  for (const auto& [feature, count] : one.outside) { sum.outside[feature] += count; }
}

std::string line_of(const SpecCounts& counts) {
  auto line = fmt::format("{} passed, {} failed, {} outside the subset", counts.passed, counts.failures.size(),
                          counts.outside_count());
  const char* before = ": ";
  for (const auto& [feature, count] : counts.outside) {
    line += fmt::format("{}{} {}", before, count, feature);
    before = ", ";
  }
  return printable(line);
}

}  // namespace

int run_contract_spec_test(Console& console, const SpecTestOptions& options) {
  SpecCounts sum;
  auto files = json::Value::array();
  for (const auto& file : options.files) {
    const auto counts = run_spec_suite(file);
    if (!counts) { return console.fail(counts.error()); }
    add(sum, *counts);
    if (options.output == OutputForm::json) {
      files.push(value_of(file, *counts));
      continue;
    }
    for (const auto& failure : counts->failures) { console.out << file << ": " << printable(failure) << "\n"; }
    console.out << file << ": " << line_of(*counts) << "\n";
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(value_of("all", sum).set("files", std::move(files))) << "\n";
  } else if (options.files.size() > 1) {
    console.out << "all " << options.files.size() << " files: " << line_of(sum) << "\n";
  }
  return sum.failures.empty() ? kSuccess : kFailed;
}

}  // namespace keten::tools
