#include <algorithm>
#include <array>

#include "contracts/production/entity.h"

namespace keten::production {
namespace {

constexpr std::string_view kDomain = "https://id.gs1.org/";
constexpr std::string_view kPattern = "urn:epc:idpat:";

/// How the patterns of a scheme look, and the Digital Links that they mean.
struct PatternScheme {
  std::string_view name;
  std::size_t parts;           ///< between dots; the last may hold dots itself
  std::string_view key;        ///< what the links start with; digits follow
  bool has_indicator;          ///< one digit in front of the company prefix
  std::string_view qualifier;  ///< in front of the serial number; empty when it is part of the key
};
// GS1 EPC Tag Data Standard 2.0, section 8, and the same shape for the schemes that it leaves out.
constexpr std::array<PatternScheme, 15> kSchemes = {{
    {"sgtin", 3, "01/", true, "/21/"},
    {"itip", 5, "8006/", true, "/21/"},
    {"upui", 3, "01/", true, "/235/"},
    {"sscc", 2, "00/", true, ""},
    {"sgln", 3, "414/", false, ""},
    {"grai", 3, "8003/0", false, ""},
    {"giai", 2, "8004/", false, ""},
    {"gsrn", 2, "8018/", false, ""},
    {"gsrnp", 2, "8017/", false, ""},
    {"gdti", 3, "253/", false, ""},
    {"sgcn", 3, "255/", false, ""},
    {"cpi", 3, "8010/", false, "/8011/"},
    {"ginc", 2, "401/", false, ""},
    {"gsin", 2, "402/", false, ""},
    {"pgln", 2, "417/", false, ""},
}};

struct Pattern {
  const PatternScheme* scheme = nullptr;
  std::vector<std::string_view> parts;
  std::size_t first_wildcard = 0;  ///< number of parts when there is none
  [[nodiscard]] std::string uri(std::string_view kind, std::size_t count, std::string_view last) const {
    std::string result(kind);
    for (std::size_t i = 0; i < count; ++i) { result += std::string(parts[i]) + "."; }
    return result + std::string(last);
  }
};

std::optional<Pattern> read_pattern(std::string_view uri) {
  if (!uri.starts_with(kPattern)) { return std::nullopt; }
  uri.remove_prefix(kPattern.size());
  const auto colon = uri.find(':');
  const auto* scheme = std::find_if(kSchemes.begin(), kSchemes.end(),
                                    [&](const PatternScheme& each) { return each.name == uri.substr(0, colon); });
  if (scheme == kSchemes.end() || colon == std::string_view::npos) { return std::nullopt; }
  auto rest = uri.substr(colon + 1);
  Pattern pattern{scheme, {}, 0};
  while (pattern.parts.size() + 1 < scheme->parts) {
    const auto dot = rest.find('.');
    if (dot == std::string_view::npos) { return std::nullopt; }
    pattern.parts.push_back(rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
  }
  pattern.parts.push_back(rest);
  const auto first = std::find(pattern.parts.begin(), pattern.parts.end(), "*");
  if (std::any_of(first, pattern.parts.end(), [](const auto& part) { return part != "*"; })) { return std::nullopt; }
  pattern.first_wildcard = static_cast<std::size_t>(first - pattern.parts.begin());
  return pattern;
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Everything of a company, or of the scheme.
std::vector<EntityPattern> of_company(const Pattern& pattern, const std::optional<std::string>& qualifier) {
  const auto key = std::string(kDomain) + std::string(pattern.scheme->key);
  if (pattern.first_wildcard == 0) { return {{key, true, qualifier}}; }
  const std::string prefix(pattern.parts.front());
  if (prefix.size() < 6 || prefix.size() > 12 || !is_digits(prefix)) { return {}; }
  if (!pattern.scheme->has_indicator) { return {{key + prefix, true, qualifier}}; }
  std::vector<EntityPattern> result;
  for (char indicator = '0'; indicator <= '9'; ++indicator) {
    result.push_back({key + indicator + prefix, true, qualifier});
  }
  return result;
}

std::optional<std::string> optional_qualifier(const PatternScheme& scheme) {
  return scheme.qualifier.empty() ? std::nullopt : std::optional(std::string(scheme.qualifier));
}

}  // namespace

bool EntityPattern::matches(std::string_view entity) const {
  if (!is_prefix) { return entity == key; }
  if (!entity.starts_with(key)) { return false; }
  if (!qualifier) { return true; }
  const auto slash = entity.find('/', key.size());
  if (qualifier->empty() || slash == std::string_view::npos) { return qualifier->empty() && slash == entity.npos; }
  return entity.substr(slash).starts_with(*qualifier);
}

std::vector<EntityPattern> entity_patterns(std::string_view uri) {
  if (!uri.starts_with(kPattern)) { return {{entity_key(uri)}}; }
  const auto pattern = read_pattern(uri);
  if (!pattern) { return {}; }
  const auto& scheme = *pattern->scheme;
  const auto wildcard = pattern->first_wildcard;
  if (wildcard < 2) { return of_company(*pattern, optional_qualifier(scheme)); }
  std::optional<std::string> link;
  if (wildcard == scheme.parts) {
    link = digital_link("urn:epc:id:" + std::string(uri.substr(kPattern.size())));
    return link ? std::vector<EntityPattern>{{*link}} : std::vector<EntityPattern>{};
  }
  if (scheme.name == "sgln") {
    link = digital_link(pattern->uri("urn:epc:id:sgln:", 2, "0"));
    return link ? std::vector<EntityPattern>{{*link, true}} : std::vector<EntityPattern>{};
  }
  if (scheme.name == "itip" && wildcard < 4) {
    link = digital_link(pattern->uri("urn:epc:idpat:sgtin:", 2, "*"));
    if (!link || (wildcard == 3 && (pattern->parts[2].size() != 2 || !is_digits(pattern->parts[2])))) { return {}; }
    auto key = std::string(kDomain) + "8006/" + link->substr(kDomain.size() + 3);
    if (wildcard == 3) { key += pattern->parts[2]; }
    return {{key, true, optional_qualifier(scheme)}};
  }
  link = digital_link(uri);
  return link ? std::vector<EntityPattern>{{*link + std::string(scheme.qualifier), true}}
              : std::vector<EntityPattern>{};
}

std::vector<EntityPattern> class_patterns(std::string_view uri) {
  const auto pattern = read_pattern(uri);
  if (!pattern || pattern->scheme->name != "sgtin" || pattern->first_wildcard >= 2) { return {{entity_key(uri)}}; }
  return of_company(*pattern, std::string());
}

}  // namespace keten::production
