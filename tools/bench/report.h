#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"
#include "tools/bench/load.h"

namespace keten::bench {

/// What one node counted and used during the load.
struct NodeShare {
  std::string name;
  std::map<std::string, std::uint64_t> counters;  ///< differences
  double cpu_s = 0;
  double rss_mb = 0;
  std::uint64_t disk_bytes = 0;  ///< growth
};

struct Report {
  LoadOptions options;
  LoadResult load;
  std::vector<NodeShare> nodes;
  std::vector<double> verify_before;  ///< per core and round
  std::vector<double> verify_after;
  std::size_t cores = 0;
  double client_cpu_s = 0;  ///< of this process while the load ran

  [[nodiscard]] double committed_per_s() const;
  [[nodiscard]] double verify_per_s() const;
  /// What the cores could verify at most if every validator verified every transaction once and did nothing else.
  [[nodiscard]] double bound_per_s() const;
  [[nodiscard]] json::Value to_json() const;
  [[nodiscard]] std::string text() const;
};

/// Measures the processor, runs the load, measures again, and puts it together.
Result<Report> run_bench(const std::vector<NodeUnderTest>& nodes, const LoadOptions& options,
                         const std::function<void(const std::string&)>& progress);

}  // namespace keten::bench
