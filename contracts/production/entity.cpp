#include "contracts/production/entity.h"

#include <algorithm>
#include <array>
#include <vector>

namespace keten::production {
namespace {

constexpr std::string_view kCanonicalDomain = "https://id.gs1.org/";

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  while (true) {
    const auto end = text.find(separator);
    result.push_back(text.substr(0, end));
    if (end == std::string_view::npos) { return result; }
    text.remove_prefix(end + 1);
  }
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') { return c - '0'; }
  if (c >= 'A' && c <= 'F') { return c - 'A' + 10; }
  if (c >= 'a' && c <= 'f') { return c - 'a' + 10; }
  return -1;
}

/// One spelling of a component: decoded, then everything percent-encoded but what GS1 Digital Link, table 7-1,
/// leaves literal. Empty when it is empty or has a broken escape, or (`longest`) too many characters.
std::optional<std::string> normalise_component(std::string_view text, std::size_t longest) {
  constexpr std::string_view kLiteral = "-._~';=";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size(); ++i, ++length) {
    auto c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) { return std::nullopt; }
      c = static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    }
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || kLiteral.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += '%';
      result += kDigits[byte >> 4U];
      result += kDigits[byte & 15U];
    }
  }
  if (length == 0 || length > longest) { return std::nullopt; }
  return result;
}

std::string with_check_digit(std::string digits) {
  digits += check_digit(digits);
  return digits;
}

/// The parts of an EPC URI behind its scheme name, already split at the dots.
using Parts = std::vector<std::string_view>;
using Link = std::optional<std::string>;

/// Company prefix and reference together have `digits` digits; the prefix six to twelve.
bool is_key(std::string_view prefix, std::string_view reference, std::size_t digits) {
  return prefix.size() >= 6 && prefix.size() <= 12 && prefix.size() + reference.size() == digits && is_digits(prefix) &&
         is_digits(reference);
}

/// The indicator digit leads the item reference in an EPC and the whole number in a GTIN.
Link gtin(const Parts& parts) {
  if (!is_key(parts[0], parts[1], 13)) { return std::nullopt; }
  return with_check_digit(std::string(parts[1].substr(0, 1)) + std::string(parts[0]) + std::string(parts[1].substr(1)));
}

Link thirteen(const Parts& parts) {
  if (!is_key(parts[0], parts[1], 12)) { return std::nullopt; }
  return with_check_digit(std::string(parts[0]) + std::string(parts[1]));
}

Link append(const Link& head, std::string_view middle, const Link& tail) {
  if (!head || !tail) { return std::nullopt; }
  return *head + std::string(middle) + *tail;
}

Link gtin_with(const Parts& parts, std::string_view qualifier, std::size_t longest) {
  return append(gtin(parts), "/" + std::string(qualifier) + "/", normalise_component(parts[2], longest));
}

Link sgtin(const Parts& parts) { return append("01/", "", gtin_with(parts, "21", 20)); }
Link upui(const Parts& parts) { return append("01/", "", gtin_with(parts, "235", 28)); }
Link lgtin(const Parts& parts) { return append("01/", "", gtin_with(parts, "10", 20)); }

Link sscc(const Parts& parts) {
  if (!is_key(parts[0], parts[1], 17)) { return std::nullopt; }
  return "00/" +
         with_check_digit(std::string(parts[1].substr(0, 1)) + std::string(parts[0]) + std::string(parts[1].substr(1)));
}

Link sgln(const Parts& parts) {
  const auto place = append("414/", "", thirteen(parts));
  return parts[2] == "0" ? place : append(place, "/254/", normalise_component(parts[2], 20));
}

Link pgln(const Parts& parts) { return append("417/", "", thirteen(parts)); }
Link grai(const Parts& parts) {
  // The asset type's check digit is computed with the leading zero that AI 8003 has; the zero does not change it.
  return append(append("8003/0", "", thirteen(parts)), "", normalise_component(parts[2], 16));
}
Link gdti(const Parts& parts) {
  return append(append("253/", "", thirteen(parts)), "", normalise_component(parts[2], 20));
}

Link sgcn(const Parts& parts) {
  if (parts[2].empty() || parts[2].size() > 12 || !is_digits(parts[2])) { return std::nullopt; }
  return append(append("255/", "", thirteen(parts)), "", std::string(parts[2]));
}

/// A company prefix followed by free text without check digit.
Link free_key(std::string_view ai, const Parts& parts) {
  if (parts[0].size() < 6 || parts[0].size() > 12 || !is_digits(parts[0]) || parts[1].empty()) { return std::nullopt; }
  return append(std::string(ai) + "/" + std::string(parts[0]), "", normalise_component(parts[1], 30 - parts[0].size()));
}
Link giai(const Parts& parts) { return free_key("8004", parts); }
Link ginc(const Parts& parts) { return free_key("401", parts); }

Link cpi(const Parts& parts) {
  if (parts[2].empty() || parts[2].size() > 12 || !is_digits(parts[2])) { return std::nullopt; }
  return append(free_key("8010", parts), "/8011/", std::string(parts[2]));
}

Link service(std::string_view ai, const Parts& parts) {
  if (!is_key(parts[0], parts[1], 17)) { return std::nullopt; }
  return std::string(ai) + "/" + with_check_digit(std::string(parts[0]) + std::string(parts[1]));
}
Link gsrn(const Parts& parts) { return service("8018", parts); }
Link gsrnp(const Parts& parts) { return service("8017", parts); }

Link gsin(const Parts& parts) {
  if (!is_key(parts[0], parts[1], 16)) { return std::nullopt; }
  return "402/" + with_check_digit(std::string(parts[0]) + std::string(parts[1]));
}

Link piece(const Parts& parts) {
  if (parts[2].size() != 2 || parts[3].size() != 2 || !is_digits(parts[2]) || !is_digits(parts[3])) {
    return std::nullopt;
  }
  return append("8006/", "", append(gtin(parts), "", std::string(parts[2]) + std::string(parts[3])));
}
Link itip(const Parts& parts) { return append(piece(parts), "/21/", normalise_component(parts[4], 20)); }

// Patterns: what is left when the serial number may be anything.
Link any_gtin(const Parts& parts) { return append("01/", "", gtin(parts)); }
Link any_grai(const Parts& parts) { return append("8003/0", "", thirteen(parts)); }
Link any_gdti(const Parts& parts) { return append("253/", "", thirteen(parts)); }
Link any_sgcn(const Parts& parts) { return append("255/", "", thirteen(parts)); }
Link any_cpi(const Parts& parts) { return free_key("8010", parts); }

struct Scheme {
  std::string_view prefix;
  std::size_t parts;  ///< between dots; the last may hold dots itself
  Link (*link)(const Parts&);
};

// GS1 EPC Tag Data Standard 2.0, section 6.3.
constexpr std::array<Scheme, 16> kInstances = {{
    {"urn:epc:id:sgtin:", 3, sgtin},
    {"urn:epc:id:sscc:", 2, sscc},
    {"urn:epc:id:sgln:", 3, sgln},
    {"urn:epc:id:grai:", 3, grai},
    {"urn:epc:id:giai:", 2, giai},
    {"urn:epc:id:gsrn:", 2, gsrn},
    {"urn:epc:id:gsrnp:", 2, gsrnp},
    {"urn:epc:id:gdti:", 3, gdti},
    {"urn:epc:id:cpi:", 3, cpi},
    {"urn:epc:id:sgcn:", 3, sgcn},
    {"urn:epc:id:ginc:", 2, ginc},
    {"urn:epc:id:gsin:", 2, gsin},
    {"urn:epc:id:itip:", 5, itip},
    {"urn:epc:id:upui:", 3, upui},
    {"urn:epc:id:pgln:", 2, pgln},
    {"urn:epc:class:lgtin:", 3, lgtin},
}};
constexpr std::array<Scheme, 7> kPatterns = {{
    {"urn:epc:idpat:sgtin:", 3, any_gtin},
    {"urn:epc:idpat:grai:", 3, any_grai},
    {"urn:epc:idpat:gdti:", 3, any_gdti},
    {"urn:epc:idpat:sgcn:", 3, any_sgcn},
    {"urn:epc:idpat:cpi:", 3, any_cpi},
    {"urn:epc:idpat:itip:", 5, piece},
    {"urn:epc:idpat:upui:", 3, any_gtin},
}};

/// The last part takes the rest: serial numbers may contain dots.
std::optional<Parts> split_parts(std::string_view text, std::size_t count) {
  Parts parts;
  while (parts.size() + 1 < count) {
    const auto dot = text.find('.');
    if (dot == std::string_view::npos) { return std::nullopt; }
    parts.push_back(text.substr(0, dot));
    text.remove_prefix(dot + 1);
  }
  parts.push_back(text);
  return parts;
}

Link from_epc_uri(std::string_view uri) {
  for (const auto& scheme : kInstances) {
    if (!uri.starts_with(scheme.prefix)) { continue; }
    const auto parts = split_parts(uri.substr(scheme.prefix.size()), scheme.parts);
    return parts ? scheme.link(*parts) : std::nullopt;
  }
  for (const auto& scheme : kPatterns) {
    if (!uri.starts_with(scheme.prefix)) { continue; }
    const auto parts = split_parts(uri.substr(scheme.prefix.size()), scheme.parts);
    return parts && parts->back() == "*" ? scheme.link(*parts) : std::nullopt;
  }
  return std::nullopt;
}

/// What a Digital Link's primary key looks like: `digits` leading digits, then up to `tail` other characters.
struct PrimaryKey {
  std::string_view ai;
  std::string_view name;
  std::size_t digits;
  std::size_t tail;
};
// GS1 Digital Link 1.1.2, section 4.3; the short names of 1.1 are still met in the field.
constexpr std::array<PrimaryKey, 16> kPrimaryKeys = {{
    {"01", "gtin", 14, 0},
    {"8006", "itip", 18, 0},
    {"8010", "cpid", 4, 26},
    {"414", "gln", 13, 0},
    {"417", "party", 13, 0},
    {"8017", "gsrnp", 18, 0},
    {"8018", "gsrn", 18, 0},
    {"255", "gcn", 13, 12},
    {"00", "sscc", 18, 0},
    {"253", "gdti", 13, 17},
    {"401", "ginc", 4, 26},
    {"402", "gsin", 17, 0},
    {"8003", "grai", 14, 16},
    {"8004", "giai", 4, 26},
    {"8013", "gmn", 4, 21},
    {"415", "payto", 13, 0},
}};

struct Qualifier {
  std::string_view key;  ///< AI of the primary key
  std::string_view ai;
  std::string_view name;
  std::size_t longest;
  int fineness;  ///< the finest one is kept; 0 is always dropped
};
constexpr std::array<Qualifier, 10> kQualifiers = {{
    {"01", "22", "cpv", 20, 0},
    {"01", "10", "lot", 20, 1},
    {"01", "21", "ser", 20, 2},
    {"01", "235", "tpx", 28, 2},
    {"8006", "22", "cpv", 20, 0},
    {"8006", "10", "lot", 20, 1},
    {"8006", "21", "ser", 20, 2},
    {"414", "254", "glnx", 20, 1},
    {"8010", "8011", "cpsn", 12, 1},
    {"8018", "8019", "srin", 10, 1},
}};

Link primary_value(const PrimaryKey& key, std::string_view text) {
  std::string padded(text);
  if (key.ai == "01") {
    const auto length = text.size();
    if (length != 8 && length != 12 && length != 13 && length != 14) { return std::nullopt; }
    padded = std::string(14 - length, '0') + padded;
  }
  if (padded.size() < key.digits || !is_digits(std::string_view(padded).substr(0, key.digits))) { return std::nullopt; }
  if (key.tail == 0 && padded.size() != key.digits) { return std::nullopt; }
  return normalise_component(padded, key.digits + key.tail);
}

/// `segments` start behind the primary key's value and come in pairs.
Link with_qualifiers(const PrimaryKey& key, std::string link, const std::vector<std::string_view>& segments,
                     std::size_t first) {
  int fineness = 0;
  std::string kept;
  for (auto i = first; i < segments.size(); i += 2) {
    if (i + 1 >= segments.size()) { return std::nullopt; }
    const auto qualifier = std::find_if(kQualifiers.begin(), kQualifiers.end(), [&](const Qualifier& each) {
      return each.key == key.ai && (each.ai == segments[i] || each.name == segments[i]);
    });
    if (qualifier == kQualifiers.end()) { return std::nullopt; }
    const auto value = normalise_component(segments[i + 1], qualifier->longest);
    if (!value) { return std::nullopt; }
    if (qualifier->fineness > fineness) {
      fineness = qualifier->fineness;
      kept = "/" + std::string(qualifier->ai) + "/" + *value;
    }
  }
  return link + kept;
}

Link from_digital_link(std::string_view uri) {
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos || (uri.substr(0, scheme) != "https" && uri.substr(0, scheme) != "http")) {
    return std::nullopt;
  }
  auto rest = uri.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) { return std::nullopt; }
  rest.remove_prefix(slash + 1);
  if (rest.ends_with('/')) { rest.remove_suffix(1); }
  const auto segments = split(rest, '/');
  // A domain may put its own path in front of the key: the first reading that makes sense to the end is the one.
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    for (const auto& key : kPrimaryKeys) {
      if (segments[i] != key.ai && segments[i] != key.name) { continue; }
      const auto value = primary_value(key, segments[i + 1]);
      if (!value) { continue; }
      auto link =
          with_qualifiers(key, std::string(kCanonicalDomain) + std::string(key.ai) + "/" + *value, segments, i + 2);
      if (link) { return link; }
    }
  }
  return std::nullopt;
}

}  // namespace

char check_digit(std::string_view digits) {
  int sum = 0;
  int weight = 3;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    sum += weight * (*digit - '0');
    weight = 4 - weight;
  }
  return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::optional<WrongCheckDigit> wrong_check_digit(std::string_view uri) {
  struct Checked {
    std::string_view ai;
    std::size_t digits;  ///< with the check digit
  };
  constexpr std::array<Checked, 11> kChecked = {{{"01", 14},
                                                 {"00", 18},
                                                 {"414", 13},
                                                 {"417", 13},
                                                 {"415", 13},
                                                 {"8017", 18},
                                                 {"8018", 18},
                                                 {"402", 17},
                                                 {"253", 13},
                                                 {"255", 13},
                                                 {"8003", 14}}};
  if (!uri.starts_with("http")) { return std::nullopt; }
  const auto link = from_digital_link(uri);
  if (!link) { return std::nullopt; }
  const auto rest = std::string_view(*link).substr(kCanonicalDomain.size());
  const auto slash = rest.find('/');
  const auto checked = std::find_if(kChecked.begin(), kChecked.end(),
                                    [&](const Checked& each) { return each.ai == rest.substr(0, slash); });
  if (checked == kChecked.end()) { return std::nullopt; }
  const auto key = rest.substr(slash + 1, checked->digits);
  const auto expected = check_digit(key.substr(0, key.size() - 1));
  if (key.back() == expected) { return std::nullopt; }
  const bool is_certain = uri.starts_with(kCanonicalDomain) || uri.starts_with("http://id.gs1.org/");
  return WrongCheckDigit{std::string(key), expected, is_certain};
}

std::optional<std::string> digital_link(std::string_view uri) {
  if (!uri.starts_with("urn:epc:")) { return from_digital_link(uri); }
  auto link = from_epc_uri(uri);
  return link ? std::string(kCanonicalDomain) + *link : link;
}

std::string entity_key(std::string_view uri) { return digital_link(uri).value_or(std::string(uri)); }

std::optional<std::string> lot_of_instance(std::string_view instance, std::string_view lot_number) {
  if (!instance.starts_with(kCanonicalDomain) || !instance.substr(kCanonicalDomain.size()).starts_with("01/")) {
    return std::nullopt;
  }
  const auto serial = instance.find("/21/");
  if (serial == std::string_view::npos) { return std::nullopt; }
  // The number is plain text: its percent signs mean themselves.
  std::string escaped;
  for (const auto c : lot_number) { escaped += c == '%' ? "%25" : std::string(1, c); }
  const auto lot = normalise_component(escaped, 20);
  if (!lot) { return std::nullopt; }
  return std::string(instance.substr(0, serial)) + "/10/" + *lot;
}

}  // namespace keten::production
