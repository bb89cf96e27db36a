#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace keten {

/// Only grows. A copy counts the same thing. Lives as long as its Metrics. Thread-safe.
class Counter {
 public:
  void add(std::uint64_t count = 1);
  [[nodiscard]] std::uint64_t value() const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  prometheus::Counter* counter_;
};

/// Goes up and down.
class Gauge {
 public:
  void set(double value);
  [[nodiscard]] double value() const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  prometheus::Gauge* gauge_;
};

/// How often values fell into which range.
class Histogram {
 public:
  void observe(double value);

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  prometheus::Histogram* histogram_;
};

/// Everything one node measures. Names start with `keten_`, in base units (_seconds, _bytes), counters end in _total.
/// Label values must come from a bounded set: organisation, lane, reason; never an id or an address. Thread-safe.
class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// The same name and labels give the same counter.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  /// `bounds`: ascending upper ends of the ranges; the last range is open.
  Histogram histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                      const Labels& labels = {});

  /// `refresh` runs before each exposition, to set gauges that are cheaper to ask for than to maintain.
  void before_text(std::function<void()> refresh);

  /// Prometheus text exposition format, version 0.0.4.
  [[nodiscard]] std::string text() const;
  /// Name (with labels, when it has any) and value of every counter.
  [[nodiscard]] std::map<std::string, std::uint64_t> counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keten
