#include "node/http/media.h"

#include <algorithm>
#include <array>
#include <string>

#include "node/http/uri.h"

namespace keten::http {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kLinkedData = "application/ld+json";

/// Takes the text up to the next separator from the front of `rest`.
std::string_view take_item(std::string_view& rest, char separator) {
  const auto end = std::min(rest.find(separator), rest.size());
  const auto item = trimmed(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return item;
}

/// The value of a parameter such as `; q=0.5`; empty when there is none.
std::string_view parameter_of(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const auto parameter = take_item(parameters, ';');
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || !equal_without_case(trimmed(parameter.substr(0, equals)), name)) {
      continue;
    }
    auto value = trimmed(parameter.substr(equals + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') { value = value.substr(1, value.size() - 2); }
    return value;
  }
  return {};
}

/// In thousandths; 1 when there is no weight, or none that can be read.
unsigned weight_of(std::string_view parameters) {
  const auto text = parameter_of(parameters, "q");
  if (text.empty() || text.front() != '0') { return 1000; }
  unsigned result = 0;
  unsigned place = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') { break; }
    result += static_cast<unsigned>(c - '0') * place;
    place /= 10;
  }
  return result;
}

/// What the most specific range that matches says of one media type.
struct Preference {
  int specificity = -1;  ///< 2: by name, 1: `application/*`, 0: `*/*`, -1: not at all
  unsigned weight = 0;
};

Preference preference(std::string_view accepted, std::string_view type) {
  const std::array<std::string_view, 3> ranges = {"*/*", "application/*", type};
  Preference best;
  while (!accepted.empty()) {
    auto rest = take_item(accepted, ',');
    const auto range = take_item(rest, ';');
    for (int specificity = best.specificity + 1; specificity < 3; ++specificity) {
      if (equal_without_case(range, ranges.at(static_cast<std::size_t>(specificity)))) {
        best = {specificity, weight_of(rest)};
      }
    }
  }
  return best;
}

}  // namespace

bool is_json(const Request& request) {
  std::string_view rest = request.header("Content-Type").value_or("");
  const auto media = take_item(rest, ';');
  const auto charset = parameter_of(rest, "charset");
  return (equal_without_case(media, kJson) || equal_without_case(media, kLinkedData)) &&
         (charset.empty() || equal_without_case(charset, "utf-8") || equal_without_case(charset, "utf8") ||
          equal_without_case(charset, "us-ascii"));
}

std::string_view content_coding(const Request& request) {
  const auto coding = trimmed(request.header("Content-Encoding").value_or(""));
  return equal_without_case(coding, "identity") ? std::string_view() : coding;
}

std::optional<std::string_view> json_form(const Request& request) {
  const auto accepted = request.header("Accept").value_or("");
  if (trimmed(accepted).empty()) { return kJson; }
  const auto json = preference(accepted, kJson);
  const auto linked = preference(accepted, kLinkedData);
  if (json.weight == 0 && linked.weight == 0) { return std::nullopt; }
  const bool named = linked.specificity == 2 && json.specificity < 2 && linked.weight == json.weight;
  return linked.weight > json.weight || named ? kLinkedData : kJson;
}

}  // namespace keten::http
