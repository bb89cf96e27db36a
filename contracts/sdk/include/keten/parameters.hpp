#pragma once
// The parameters that an agreement gives a rule, read once and to the end.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keten/rule.hpp>

namespace keten {

/// One object of the parameters. Each `name` is read once; what is there and cannot be read is a finding.
class ParameterObject {
 public:
  ParameterObject(const Rule& rule, View view, std::string place, bool& is_readable)
      : rule_(&rule), view_(std::move(view)), place_(std::move(place)), is_readable_(&is_readable) {}

  /// A number of at most nine places after the point, from `least` on.
  [[nodiscard]] std::optional<Decimal> decimal(std::string_view name, std::optional<Decimal> least = {}) {
    const auto found = look(name);
    if (!found) { return std::nullopt; }
    const auto value = Decimal::parse(*found);
    if (value && (!least || *value >= *least)) { return value; }
    wrong(name, "a number of at most nine places after the point" + (least ? ", at least " + least->text() : std::string()),
          *found);
    return std::nullopt;
  }
  /// A whole number.
  [[nodiscard]] std::optional<std::int64_t> whole(std::string_view name, std::int64_t least, std::int64_t most) {
    const auto found = look(name);
    if (!found) { return std::nullopt; }
    const auto value = Decimal::parse(*found);
    if (value && value->units() % Decimal::kOne == 0 && *value >= Decimal(least) && *value <= Decimal(most)) {
      return static_cast<std::int64_t>(value->units() / Decimal::kOne);
    }
    wrong(name, "a whole number from " + text_of(least) + " to " + text_of(most), *found);
    return std::nullopt;
  }
  /// So many hours after the block's time, for the deadline of a finding; 0 when there is none.
  [[nodiscard]] std::int64_t deadline(std::string_view name) {
    const auto hours = whole(name, 0, kHoursMost).value_or(0);
    return hours > 0 ? rule_->time_ms() + hours * kHourMs : 0;
  }
  [[nodiscard]] bool flag(std::string_view name, bool otherwise) {
    const auto found = look(name);
    if (!found) { return otherwise; }
    if (*found != "true" && *found != "false") { wrong(name, "true or false", *found); }
    return *found == "true";
  }
  /// Empty when there is none.
  [[nodiscard]] std::string text(std::string_view name) {
    const auto found = look(name);
    if (!found) { return {}; }
    if (view_.size(name)) { wrong(name, "a text", *found); }
    return *found;
  }
  /// A list of texts; empty when there is none.
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> all;
    const auto elements = list(name);
    for (std::size_t i = 0; i < elements; ++i) {
      const auto one = view_.at(name, i);
      all.push_back(one.text());
      if (one.size()) { wrong(name, "a list of texts", all.back()); }
    }
    return all;
  }
  /// A list of names of things in any spelling, given in the ledger's; empty when there is none.
  [[nodiscard]] std::vector<std::string> items(std::string_view name) {
    auto all = texts(name);
    for (auto& one : all) { one = spelt(name, std::move(one)); }
    return all;
  }
  /// The name of one thing; empty when there is none.
  [[nodiscard]] std::string item(std::string_view name) {
    auto one = text(name);
    return one.empty() ? one : spelt(name, std::move(one));
  }
  /// A list of objects. Each must be `complete` as well.
  [[nodiscard]] std::vector<ParameterObject> each(std::string_view name) {
    std::vector<ParameterObject> all;
    const auto elements = list(name);
    for (std::size_t i = 0; i < elements; ++i) {
      const auto one = view_.at(name, i);
      if (!one.size() || one.has("0")) { wrong(name, "a list of objects", one.text()); }
      all.emplace_back(*rule_, one, full(name) + "/" + text_of(i), *is_readable_);
    }
    return all;
  }

  /// Those that the rule cannot do without: `parameter_missing` for each that is not there. Behind the reading.
  void need(std::initializer_list<std::string_view> names) {
    for (const auto& name : names) {
      if (is_present(name)) { continue; }
      *is_readable_ = false;
      rule_->finding("parameter_missing", "the agreement must give the parameter " + full(name));
    }
  }
  /// One that is there and makes no sense.
  void wrong(std::string_view name, const std::string& expected, std::string_view found) {
    *is_readable_ = false;
    std::string message = "parameter " + full(name) + ": expected " + expected + ", found ";
    message += shortened(found, kShown);
    rule_->finding("parameter_unreadable", message);
  }
  /// Behind the reading: whether all that is there was asked for and could be read, in this object and in those read before.
  [[nodiscard]] bool complete() {
    if (view_.count() > present_.size()) {
      const auto whole = view_.text();
      for_each_name(whole, [&](std::string_view name) {
        if (is_present(name)) { return; }
        *is_readable_ = false;
        rule_->finding("parameter_unknown", "this rule has no parameter " + full(name));
      });
    }
    return *is_readable_;
  }

 private:
  static constexpr std::int64_t kHoursMost = 876'000;  // a hundred years
  static constexpr std::size_t kShown = 100;

  [[nodiscard]] std::string full(std::string_view name) const {
    return place_.empty() ? std::string(name) : place_ + "/" + std::string(name);
  }
  [[nodiscard]] bool is_present(std::string_view name) const {
    for (const auto& one : present_) {
      if (one == name) { return true; }
    }
    return false;
  }
  std::optional<std::string> look(std::string_view name) {
    auto found = view_.find(name);
    if (found && !is_present(name)) { present_.emplace_back(name); }
    return found;
  }
  std::size_t list(std::string_view name) {
    const auto elements = view_.size(name);
    if (elements && *elements > 0 && view_.at(name).has("0")) {
      if (!is_present(name)) { present_.emplace_back(name); }
      return *elements;
    }
    const auto found = look(name);
    if (found && *found != "[]") { wrong(name, "a list", *found); }
    return 0;
  }
  std::string spelt(std::string_view name, std::string uri) {
    if (auto found = item_name(uri)) { return *std::move(found); }
    wrong(name, "a Digital Link or another URI", uri);
    return uri;
  }
  /// The names of an object's own members, as they are written.
  template <typename Visit>
  static void for_each_name(std::string_view json, const Visit& visit) {
    int depth = 0;
    bool is_name = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
      const char one = json[i];
      if (one == '"') {
        const auto first = i + 1;
        for (++i; i < json.size() && json[i] != '"'; ++i) { i += json[i] == '\\' ? 1 : 0; }
        if (is_name) { visit(json.substr(first, i - first)); }
        is_name = false;
      } else if (one == '{' || one == '[') {
        is_name = ++depth == 1;
      } else if (one == '}' || one == ']') {
        --depth;
      } else if (one == ',' && depth == 1) {
        is_name = true;
      }
    }
  }

  const Rule* rule_;
  View view_;
  std::string place_;
  bool* is_readable_;
  std::vector<std::string> present_;
};

/// All parameters of a rule. What is missing, misspelt or of another kind than expected is a finding and never silence: a rule
/// that takes a limit which it cannot read for none would accept everything.
///   keten::Parameters given(rule);
///   const auto most = given.decimal("maxCelsius");
///   given.need({"maxCelsius"});
///   if (!given.complete()) { return; }
class Parameters : public ParameterObject {
 public:
  explicit Parameters(const Rule& rule) : ParameterObject(rule, rule.parameters(), {}, is_readable_) {}
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;

 private:
  bool is_readable_ = true;
};

}  // namespace keten
