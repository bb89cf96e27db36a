#include "node/query/usage_query.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "contracts/production/time.h"
#include "contracts/usage/views.h"
#include "core/csv_line.h"

namespace keten::query {
namespace {

using json::Value;

constexpr std::size_t kIdDigits = 64;

/// Digits without a leading zero; an empty text is 0.
std::optional<std::uint64_t> number_of(const std::string& text) {
  std::uint64_t number = 0;
  if (text.empty()) { return number; }
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || text.front() == '0') { return std::nullopt; }
  return number;
}

Value list_json(const char* name, usage::Listed listed) {
  auto value = Value::object();
  value.set(name, std::move(listed.items));
  if (!listed.next.empty()) { value.set("next", Value::string(std::move(listed.next))); }
  return value;
}

Result<Value> answer(const contracts::StateReader& state, const UsageQuestion& question, std::int64_t now) {
  const auto& id = question.subject;
  const bool about_agreement = question.view != UsageView::datasets && question.view != UsageView::dataset;
  const bool is_id = id.size() == kIdDigits &&
                     std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (about_agreement && !is_id) {
    return invalid("AGREEMENT_ID_INVALID", "the id of an agreement is 64 hexadecimal digits, found " + id);
  }
  usage::Period period;
  for (const auto& [said, bound] : {std::pair(&question.from, &period.from), {&question.to, &period.to}}) {
    if (said->empty()) { continue; }
    const auto time = production::parse_time(*said);
    if (!time) { return invalid("TIME_INVALID", "expected a time such as 2026-01-02T03:04:05Z, found " + *said); }
    *bound = *time;
  }
  switch (question.view) {
    case UsageView::datasets: return list_json("datasets", usage::list_datasets(state, question.after, question.limit));
    case UsageView::dataset: return usage::read_dataset(state, id);
    case UsageView::agreement: return usage::read_agreement(state, id, now);
    case UsageView::use: return usage::read_use(state, id, question.use);
    case UsageView::statement: return usage::read_statement(state, id, period, now);
    case UsageView::uses: {
      const auto after = number_of(question.after);
      if (!after) { return invalid("PAGE_TOKEN", "after is the number of a use, found " + question.after); }
      auto listed = usage::list_uses(state, id, period, *after, question.limit);
      if (!listed) { return listed.error(); }
      return list_json("uses", std::move(*listed));
    }
    case UsageView::duties: {
      auto duties = usage::list_duties(state, id, now);
      if (!duties) { return duties.error(); }
      return Value::object().set("duties", std::move(*duties));
    }
  }
  return invalid("PARAMETER_INVALID", "no such view of data usage");
}

}  // namespace

Result<UsageAnswer> answer_usage(const LedgerView& view, const UsageQuestion& question) {
  const auto executed = view.executed();
  if (!executed) { return executed.error(); }
  const auto record = view.record(executed->height);
  if (!record) { return record.error(); }
  auto value = answer(view.state(), question, static_cast<std::int64_t>(record->header.time));
  if (!value) { return value.error(); }
  return UsageAnswer{std::move(*value), executed->height};
}

std::string usage_sheet_heading() { return "sep=,\r\n" + csv_line(usage::use_columns()); }
std::string usage_sheet_row(const json::Value& line) { return csv_line(usage::use_row(line), ',', FormulaSafety::on); }

}  // namespace keten::query
