#include "node/runtime/metrics.h"

#include <mutex>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "core/check.h"

namespace keten {

void Counter::add(std::uint64_t count) { counter_->Increment(static_cast<double>(count)); }
std::uint64_t Counter::value() const { return static_cast<std::uint64_t>(counter_->Value()); }
void Gauge::set(double value) { gauge_->Set(value); }
double Gauge::value() const { return gauge_->Value(); }
void Histogram::observe(double value) { histogram_->Observe(value); }

struct Metrics::State {
  prometheus::Registry registry;
  mutable std::mutex mutex;
  std::vector<std::function<void()>> refreshers;

  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const {
    std::vector<std::function<void()>> todo;
    {
      const std::lock_guard lock(mutex);
      todo = refreshers;
    }
    for (const auto& refresh : todo) { refresh(); }
    return registry.Collect();
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  CHECK(name.starts_with("keten_") && name.ends_with("_total"));
  return Counter(prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  CHECK(name.starts_with("keten_"));
  return Gauge(prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                             const Labels& labels) {
  CHECK(name.starts_with("keten_"));
  return Histogram(
      prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry).Add(labels, std::move(bounds)));
}

void Metrics::before_text(std::function<void()> refresh) {
  const std::lock_guard lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(state_->collect()); }

std::map<std::string, std::uint64_t> Metrics::counters() const {
  std::map<std::string, std::uint64_t> found;
  for (const auto& family : state_->collect()) {
    if (family.type != prometheus::MetricType::Counter) { continue; }
    for (const auto& metric : family.metric) {
      std::string name = family.name;
      for (const auto& label : metric.label) { name += "{" + label.name + "=" + label.value + "}"; }
      found[name] = static_cast<std::uint64_t>(metric.counter.value);
    }
  }
  return found;
}

}  // namespace keten
