// What a decision about a use of data costs.
#include <string>

#include <benchmark/benchmark.h>

#include "contracts/usage/evaluate.h"
#include "contracts/usage/policy_reader.h"
#include "core/json.h"

namespace {

using namespace keten;

constexpr std::string_view kTerms =
    R"({"@type":"Agreement","uid":"urn:terms","conflict":"prohibit","permission":[{"uid":"urn:rule:1",
  "action":"use","target":"urn:ds","assigner":"urn:farm","assignee":"urn:maker","constraint":[
  {"leftOperand":"purpose","operator":"isPartOf","rightOperand":["maintenance","quality","advice"]},
  {"leftOperand":"count","operator":"lteq","rightOperand":1000},{"leftOperand":"elapsedTime","operator":"lteq","rightOperand":"P1Y"},
  {"leftOperand":"dateTime","operator":"lt","rightOperand":"2030-01-01T00:00:00Z"}],"duty":[{"uid":"urn:duty:1","action":"inform"}]}],
  "prohibition":[{"uid":"urn:rule:2","action":["sell","distribute"],"target":"urn:ds"}]})";

usage::Policy policy_of(std::string_view text) { return *usage::read_policy(*json::parse(text)); }

void usage_read_policy(benchmark::State& state) {
  for (auto _ : state) { benchmark::DoNotOptimize(usage::read_policy(*json::parse(kTerms))); }
}
BENCHMARK(usage_read_policy);

void usage_evaluate(benchmark::State& state) {
  const auto policy = policy_of(kTerms);
  const auto request = policy_of(R"({"uid":"urn:r","permission":[{"uid":"urn:asked","action":"read","target":"urn:ds",
    "assignee":"urn:maker","constraint":[{"leftOperand":"purpose","operator":"eq","rightOperand":"quality"}]}]})");
  const auto world =
      *usage::read_world(*json::parse(R"({"now":"2026-03-01","uses":{"count":12,"firstUse":"2026-01-01"}})"), {});
  for (auto _ : state) {
    const auto report = usage::evaluate(policy, request, world);
    if (report.decision != usage::Decision::permitted) { state.SkipWithError("not permitted"); }
    benchmark::DoNotOptimize(report);
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(usage_evaluate);

/// A working week of each week of a year: 260 periods in one constraint.
void usage_evaluate_260_periods(benchmark::State& state) {
  std::string periods;
  for (int i = 0; i < 260; ++i) {
    const auto day =
        "2026-" + std::to_string(1 + i / 26 + 100).substr(1) + "-" + std::to_string(1 + i % 26 + 100).substr(1);
    periods += (i == 0 ? "" : ",") +
               (R"({"and":[{"leftOperand":"dateTime","operator":"gteq","rightOperand":")" + day +
                R"(T09:00Z"},{"leftOperand":"dateTime","operator":"lt","rightOperand":")" + day + R"(T17:00Z"}]})");
  }
  const auto policy = policy_of(
      R"({"uid":"urn:p","permission":[{"action":"read","target":"urn:ds","constraint":{"or":[)" + periods + "]}}]}");
  const auto request =
      policy_of(R"({"uid":"urn:r","permission":[{"action":"read","target":"urn:ds","assignee":"urn:maker"}]})");
  const auto world = *usage::read_world(*json::parse(R"({"now":"2026-03-01T12:00Z"})"), {});
  for (auto _ : state) { benchmark::DoNotOptimize(usage::evaluate(policy, request, world)); }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(usage_evaluate_260_periods);

}  // namespace
