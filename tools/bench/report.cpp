#include "tools/bench/report.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "tools/bench/usage.h"
#include "tools/bench/verify_rate.h"

namespace keten::bench {
namespace {

using namespace std::chrono_literals;

json::Value integer(std::uint64_t value) { return json::Value::number(std::to_string(value)); }
json::Value decimal(double value, int digits) { return json::Value::number(fmt::format("{:.{}f}", value, digits)); }

/// Where a node stood at one moment.
struct Standing {
  std::map<std::string, std::uint64_t> counters;
  ProcessUsage usage;
  std::uint64_t disk = 0;
};

Result<Standing> standing_of(const NodeUnderTest& node) {
  const auto status = client::LedgerClient(node.endpoint).status();
  if (!status) { return status.error(); }
  Standing standing;
  standing.counters = status->counters;
  standing.usage = process_usage(node.pid).value_or(ProcessUsage{});
  standing.disk = disk_bytes(node.data);
  return standing;
}

Result<std::vector<Standing>> standings_of(const std::vector<NodeUnderTest>& nodes) {
  std::vector<Standing> all;
  for (const auto& node : nodes) {
    auto standing = standing_of(node);
    if (!standing) { return standing.error(); }
    all.push_back(std::move(*standing));
  }
  return all;
}

NodeShare difference(const std::string& name, const Standing& before, const Standing& after, const Standing& settled) {
  NodeShare share;
  share.name = name;
  for (const auto& [counter, value] : after.counters) {
    const auto earlier = before.counters.find(counter);
    const auto base = earlier == before.counters.end() ? 0 : earlier->second;
    share.counters[counter] = value >= base ? value - base : value;
  }
  share.cpu_s = after.usage.cpu_s - before.usage.cpu_s;
  share.rss_mb = static_cast<double>(after.usage.rss_bytes) / (1024.0 * 1024.0);
  share.disk_bytes = settled.disk >= before.disk ? settled.disk - before.disk : 0;
  return share;
}

template <typename Of>
double mean(const std::vector<NodeShare>& nodes, const Of& of) {
  double sum = 0;
  for (const auto& node : nodes) { sum += static_cast<double>(of(node)); }
  return nodes.empty() ? 0 : sum / static_cast<double>(nodes.size());
}

json::Value rates(const std::vector<double>& values) {
  auto list = json::Value::array();
  for (const auto value : values) { list.push(decimal(value, 0)); }
  return list;
}

/// Microseconds of one transaction in each stage, over all validators: from counters `keten_stage_<name>_microseconds_total`.
std::map<std::string, double> stages_of(const std::vector<NodeShare>& nodes, std::uint64_t transactions) {
  constexpr std::string_view kStart = "keten_stage_";
  constexpr std::string_view kEnd = "_microseconds_total";
  std::map<std::string, double> stages;
  for (const auto& node : nodes) {
    for (const auto& [counter, value] : node.counters) {
      if (!counter.starts_with(kStart) || !counter.ends_with(kEnd) || transactions == 0) { continue; }
      const auto name = counter.substr(kStart.size(), counter.size() - kStart.size() - kEnd.size());
      stages[name] += static_cast<double>(value) / static_cast<double>(transactions);
    }
  }
  return stages;
}

std::uint64_t all_committed(const LoadResult& load) { return load.committed + load.committed_late; }

}  // namespace

double Report::committed_per_s() const {
  return load.seconds > 0 ? static_cast<double>(load.committed) / load.seconds : 0;
}

double Report::verify_per_s() const {
  auto both = verify_before;
  both.insert(both.end(), verify_after.begin(), verify_after.end());
  return median(both);
}

double Report::bound_per_s() const {
  return nodes.empty() ? 0 : static_cast<double>(cores) * verify_per_s() / static_cast<double>(nodes.size());
}

json::Value Report::to_json() const {
  auto both = verify_before;
  both.insert(both.end(), verify_after.begin(), verify_after.end());
  const auto committed = all_committed(load);
  const auto per_transaction = [committed](double value) {
    return committed == 0 ? 0 : value / static_cast<double>(committed);
  };
  const auto cpu = mean(nodes, [](const auto& node) { return node.cpu_s; }) * static_cast<double>(nodes.size());

  auto failures = json::Value::object();
  std::uint64_t failed = 0;
  for (const auto& [reason, count] : load.failures) {
    failures.set(reason, integer(count));
    failed += count;
  }
  auto node_list = json::Value::array();
  for (const auto& node : nodes) {
    auto counters = json::Value::object();
    for (const auto& [name, value] : node.counters) { counters.set(name, integer(value)); }
    const auto counted = [&node](const char* name) {
      const auto found = node.counters.find(name);
      return integer(found == node.counters.end() ? 0 : found->second);
    };
    node_list.push(json::Value::object()
                       .set("name", json::Value::string(node.name))
                       .set("signatures_verified", counted("signatures_verified"))
                       .set("votes_fsynced", counted("votes_fsynced"))
                       .set("cpu_s", decimal(node.cpu_s, 2))
                       .set("rss_mb", decimal(node.rss_mb, 1))
                       .set("disk_bytes", integer(node.disk_bytes))
                       .set("counters", std::move(counters)));
  }
  auto stages = json::Value::object();
  auto event_stages = json::Value::object();
  for (const auto& [name, value] : stages_of(nodes, committed)) {
    stages.set(name, decimal(value, 2));
    if (options.events > 0) { event_stages.set(name, decimal(value / static_cast<double>(options.events), 2)); }
  }

  auto latency = json::Value::object();
  latency.set("p50", decimal(load.percentile(0.50), 1)).set("p99", decimal(load.percentile(0.99), 1));
  return json::Value::object()
      .set("committed_tx_per_s", decimal(committed_per_s(), 1))
      .set("final_latency_ms", std::move(latency))
      .set("ed25519_verify_per_s_per_core", decimal(verify_per_s(), 0))
      .set("ed25519_verify_spread", decimal(spread(both), 3))
      .set("ed25519_verify_before", rates(verify_before))
      .set("ed25519_verify_after", rates(verify_after))
      .set("crypto_bound_tx_per_s", decimal(bound_per_s(), 1))
      .set("crypto_ratio", decimal(bound_per_s() > 0 ? committed_per_s() / bound_per_s() : 0, 3))
      .set("rss_mb_per_validator", decimal(mean(nodes, [](const auto& node) { return node.rss_mb; }), 1))
      .set("disk_bytes_per_tx",
           decimal(per_transaction(mean(nodes, [](const auto& node) { return node.disk_bytes; })), 1))
      .set("cpu_s_per_1000_tx", decimal(1000 * per_transaction(cpu), 3))
      .set("failures", integer(failed))
      .set("failures_by_reason", std::move(failures))
      .set("retries", integer(load.retries))
      .set("validators", integer(nodes.size()))
      .set("cores", integer(cores))
      .set("transaction_bytes", integer(load.envelope_bytes))
      .set("events_per_transaction", integer(options.events))
      .set("entities_per_transaction", integer(options.entities))
      .set("committed_events_per_s", decimal(committed_per_s() * static_cast<double>(options.events), 1))
      .set("clients", integer(options.clients))
      .set("offered_rate", decimal(options.rate, 1))
      .set("duration_s", decimal(load.seconds, 2))
      .set("committed", integer(load.committed))
      .set("committed_late", integer(load.committed_late))
      .set("blocks", integer(load.blocks))
      .set("client_sign_s", decimal(load.sign_seconds, 2))
      .set("client_signed", integer(load.signed_count))
      .set("client_cpu_s", decimal(client_cpu_s, 2))
      .set("stage_us_per_tx", std::move(stages))
      .set("stage_us_per_event", std::move(event_stages))
      .set("nodes", std::move(node_list));
}

std::string Report::text() const {
  const auto document = to_json();
  const auto value = [&document](const char* name) { return document.find(name)->text(); };
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& content) {
    text += fmt::format("{:<34}{}\n", name, content);
  };
  line("committed per second", fmt::format("{}  ({} in {} s, {} blocks)", value("committed_tx_per_s"), load.committed,
                                           value("duration_s"), load.blocks));
  if (options.events > 0) {
    line("events final per second", fmt::format("{}  (documents of {}, {} bytes with the signature)",
                                                value("committed_events_per_s"), options.events, load.envelope_bytes));
  }
  line("time to final, p50 / p99", fmt::format("{:.0f} / {:.0f} ms", load.percentile(0.5), load.percentile(0.99)));
  line("verifications per second and core",
       fmt::format("{}  (spread {})", value("ed25519_verify_per_s_per_core"), value("ed25519_verify_spread")));
  line("bound by signatures", value("crypto_bound_tx_per_s") + " per second");
  line("ratio to the bound", value("crypto_ratio"));
  line("memory of a validator", value("rss_mb_per_validator") + " MB");
  line("disk of a transaction", value("disk_bytes_per_tx") + fmt::format(" bytes for {}", load.envelope_bytes));
  line("processor of 1,000 transactions", value("cpu_s_per_1000_tx") + " s, all validators");
  line("failures / retries", value("failures") + " / " + value("retries"));
  for (const auto& [reason, count] : load.failures) { line("  " + reason, std::to_string(count)); }
  line("signed before the clock started", fmt::format("{} in {} s", load.signed_count, value("client_sign_s")));
  for (const auto& node : nodes) {
    const auto counted = [&node](const char* name) {
      const auto found = node.counters.find(name);
      return found == node.counters.end() ? 0 : found->second;
    };
    line("  " + node.name,
         fmt::format("{} signatures verified, {} votes fsynced, {:.1f} s of processor, {:.0f} MB",
                     counted("signatures_verified"), counted("votes_fsynced"), node.cpu_s, node.rss_mb));
  }
  for (const auto& [name, stage] : stages_of(nodes, all_committed(load))) {
    line("  " + name, options.events == 0 ? fmt::format("{:.1f} us a transaction", stage)
                                          : fmt::format("{:.1f} us a transaction, {:.2f} an event", stage,
                                                        stage / static_cast<double>(options.events)));
  }
  return text;
}

Result<Report> run_bench(const std::vector<NodeUnderTest>& nodes, const LoadOptions& options,
                         const std::function<void(const std::string&)>& progress) {
  Report report;
  report.options = options;
  report.cores = std::max(1U, std::thread::hardware_concurrency());
  progress("measuring signature verification on all cores");
  report.verify_before = measure_verify_rate(report.cores, 3, 500ms);

  const auto before = standings_of(nodes);
  if (!before) { return before.error(); }
  auto load = run_load(nodes, options, progress);
  if (!load) { return load.error(); }
  report.load = std::move(*load);
  report.client_cpu_s = process_usage(::getpid()).value_or(ProcessUsage{}).cpu_s;
  const auto after = standings_of(nodes);
  if (!after) { return after.error(); }
  // Nodes flush when they are idle.
  progress("letting the nodes flush");
  std::this_thread::sleep_for(3s);
  const auto settled = standings_of(nodes);
  if (!settled) { return settled.error(); }
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    report.nodes.push_back(difference(nodes[i].name, (*before)[i], (*after)[i], (*settled)[i]));
  }
  progress("measuring signature verification on all cores again");
  report.verify_after = measure_verify_rate(report.cores, 3, 500ms);
  return report;
}

}  // namespace keten::bench
