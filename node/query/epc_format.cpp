#include "node/query/epc_format.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "contracts/production/entity.h"

namespace keten::query {
namespace {

using json::Kind;
using json::Value;

constexpr std::string_view kDomain = "https://id.gs1.org/";

std::string decoded(std::string_view text) {
  const auto digit = [](char c) { return c >= 'A' ? c - 'A' + 10 : c - '0'; };  // canonical links use capitals
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      result += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

/// GS1 EPC Tag Data Standard, table A-1: what stands literally in an EPC URI.
std::string urn_component(std::string_view link_component) {
  constexpr std::string_view kLiteral = "!'()*+,-.:;=_";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : decoded(link_component)) {
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (letter || kLiteral.find(c) != std::string_view::npos) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((result += '%') += kDigits[byte >> 4U]) += kDigits[byte & 15U];
    }
  }
  return result;
}

using Split = std::optional<std::pair<std::string, std::string>>;

/// The company prefix and what follows it.
Split split(std::string_view text, const IsCompanyPrefix& is_company_prefix) {
  for (std::size_t length = std::min<std::size_t>(12, text.size()); length >= 6; --length) {
    const auto prefix = text.substr(0, length);
    const bool digits = std::all_of(prefix.begin(), prefix.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && is_company_prefix(prefix)) {
      return std::pair(std::string(prefix), std::string(text.substr(length)));
    }
  }
  return std::nullopt;
}

/// `<prefix>.<first digit><rest>`: GTIN and SSCC lead with a digit that the URN puts before the reference.
std::optional<std::string> with_indicator(std::string_view digits, const IsCompanyPrefix& is_company_prefix) {
  const auto parts = split(digits.substr(1, digits.size() - 2), is_company_prefix);
  if (!parts) { return std::nullopt; }
  return parts->first + "." + std::string(digits.substr(0, 1)) + parts->second;
}

/// `<prefix>.<reference>` of digits that end with a check digit.
std::optional<std::string> checked(std::string_view digits, const IsCompanyPrefix& is_company_prefix) {
  const auto parts = split(digits.substr(0, digits.size() - 1), is_company_prefix);
  if (!parts) { return std::nullopt; }
  return parts->first + "." + parts->second;
}

/// `<prefix>.<reference>` of a key without check digit.
std::optional<std::string> unchecked(std::string_view key, const IsCompanyPrefix& is_company_prefix) {
  const auto parts = split(key, is_company_prefix);
  if (!parts || parts->second.empty()) { return std::nullopt; }
  return parts->first + "." + urn_component(parts->second);
}

std::optional<std::string> joined(std::string_view scheme, const std::optional<std::string>& head,
                                  const std::string& tail = {}) {
  if (!head) { return std::nullopt; }
  return "urn:epc:" + std::string(scheme) + ":" + *head + tail;
}

/// The application identifier and its value, then the finer one.
struct Key {
  std::string_view ai;
  std::string_view value;
  std::string_view finer_ai;
  std::string_view finer;
};

std::optional<Key> read_key(std::string_view link) {
  if (!link.starts_with(kDomain)) { return std::nullopt; }
  link.remove_prefix(kDomain.size());
  std::vector<std::string_view> parts;
  while (true) {
    const auto slash = link.find('/');
    parts.push_back(link.substr(0, slash));
    if (slash == std::string_view::npos) { break; }
    link.remove_prefix(slash + 1);
  }
  if (parts.size() == 2) { return Key{parts[0], parts[1], {}, {}}; }
  if (parts.size() == 4) { return Key{parts[0], parts[1], parts[2], parts[3]}; }
  return std::nullopt;
}

/// GTIN with serial number, lot, or neither.
std::optional<std::string> trade_item(const Key& key, const IsCompanyPrefix& known) {
  const auto item = with_indicator(key.value, known);
  if (key.finer_ai == "21") { return joined("id:sgtin", item, "." + urn_component(key.finer)); }
  if (key.finer_ai == "10") { return joined("class:lgtin", item, "." + urn_component(key.finer)); }
  if (key.finer_ai == "235") { return joined("id:upui", item, "." + urn_component(key.finer)); }
  return key.finer_ai.empty() ? joined("idpat:sgtin", item, ".*") : std::nullopt;
}

std::optional<std::string> piece(const Key& key, const IsCompanyPrefix& known) {
  if (key.value.size() != 18 || key.finer_ai != "21") { return std::nullopt; }
  return joined("id:itip", with_indicator(key.value.substr(0, 14), known),
                "." + std::string(key.value.substr(14, 2)) + "." + std::string(key.value.substr(16)) + "." +
                    urn_component(key.finer));
}

}  // namespace

std::optional<std::string> epc_urn(std::string_view digital_link, const IsCompanyPrefix& is_company_prefix) {
  const auto read = read_key(digital_link);
  if (!read) { return std::nullopt; }
  const auto& key = *read;
  const auto& known = is_company_prefix;
  constexpr std::size_t kPlace = 13;  // digits of a GLN, GDTI or coupon number
  if (key.ai == "01") { return trade_item(key, known); }
  if (key.ai == "8006") { return piece(key, known); }
  if (key.ai == "414") {
    const auto extension = key.finer_ai == "254" ? urn_component(key.finer) : "0";
    return joined("id:sgln", checked(key.value, known), "." + extension);
  }
  if (key.ai == "8010") {
    return key.finer_ai == "8011" ? joined("id:cpi", unchecked(key.value, known), "." + std::string(key.finer))
                                  : std::nullopt;
  }
  if (!key.finer_ai.empty()) { return std::nullopt; }
  if (key.ai == "00") { return joined("id:sscc", with_indicator(key.value, known)); }
  if (key.ai == "417") { return joined("id:pgln", checked(key.value, known)); }
  if (key.ai == "8003" && key.value.size() > kPlace + 1) {
    return joined("id:grai", checked(key.value.substr(1, kPlace), known),
                  "." + urn_component(key.value.substr(kPlace + 1)));
  }
  if ((key.ai == "253" || key.ai == "255") && key.value.size() > kPlace) {
    return joined(key.ai == "253" ? "id:gdti" : "id:sgcn", checked(key.value.substr(0, kPlace), known),
                  "." + urn_component(key.value.substr(kPlace)));
  }
  if (key.ai == "8004") { return joined("id:giai", unchecked(key.value, known)); }
  if (key.ai == "401") { return joined("id:ginc", unchecked(key.value, known)); }
  if (key.ai == "402") { return joined("id:gsin", checked(key.value, known)); }
  if (key.ai == "8017") { return joined("id:gsrnp", checked(key.value, known)); }
  if (key.ai == "8018") { return joined("id:gsrn", checked(key.value, known)); }
  return std::nullopt;
}

namespace {

class Speller {
 public:
  Speller(EpcFormat format, const IsCompanyPrefix& known) : format_(format), known_(known) {}

  [[nodiscard]] Value event(const Value& value) const {
    return mapped(value, [this](const std::string& name, const Value& member) -> Value {
      if (name == "epcList" || name == "childEPCs" || name == "inputEPCList" || name == "outputEPCList") {
        return each(member, [this](const Value& item) { return spelt(item); });
      }
      if (name == "parentID" || name == "transformationID") { return spelt(member); }
      if (name == "readPoint" || name == "bizLocation") { return with(member, {"id"}); }
      if (name.ends_with("uantityList")) { return each_with(member, {"epcClass"}); }
      if (name == "sourceList") { return each_with(member, {"source"}); }
      if (name == "destinationList") { return each_with(member, {"destination"}); }
      if (name == "bizTransactionList") { return each_with(member, {"bizTransaction"}); }
      if (name != "sensorElementList") { return member; }
      return each(member, [this](const Value& element) {
        return mapped(element, [this](const std::string& part, const Value& inside) {
          const bool standard = part == "sensorMetadata" || part == "sensorReport";
          return standard ? each_with(inside, {"deviceID", "uriValue"}) : inside;
        });
      });
    });
  }

 private:
  template <typename Map>
  static Value mapped(const Value& object, const Map& map) {
    if (!object.is(Kind::object)) { return object; }
    auto result = Value::object();
    for (const auto& [name, member] : object.members()) { result.set(name, map(name, member)); }
    return result;
  }
  template <typename Map>
  static Value each(const Value& list, const Map& map) {
    if (!list.is(Kind::array)) { return map(list); }
    auto result = Value::array();
    for (const auto& item : list.items()) { result.push(map(item)); }
    return result;
  }
  [[nodiscard]] Value with(const Value& object, const std::vector<std::string_view>& names) const {
    return mapped(object, [&](const std::string& name, const Value& member) {
      return std::find(names.begin(), names.end(), name) != names.end() ? spelt(member) : member;
    });
  }
  [[nodiscard]] Value each_with(const Value& list, const std::vector<std::string_view>& names) const {
    return each(list, [&](const Value& item) { return with(item, names); });
  }

  [[nodiscard]] Value spelt(const Value& value) const {
    if (!value.is(Kind::string)) { return value; }
    const auto& text = value.text();
    const bool is_urn = text.starts_with("urn:epc:");
    if (is_urn == (format_ == EpcFormat::urn)) { return value; }
    const auto link = production::digital_link(text);
    if (!link) { return value; }
    if (format_ == EpcFormat::digital_link) { return Value::string(*link); }
    const auto urn = epc_urn(*link, known_);
    return urn ? Value::string(*urn) : value;
  }

  EpcFormat format_;
  const IsCompanyPrefix& known_;
};

}  // namespace

void spell_identifiers(Value& event, EpcFormat format, const IsCompanyPrefix& is_company_prefix) {
  if (format == EpcFormat::as_captured) { return; }
  event = Speller(format, is_company_prefix).event(event);
}

}  // namespace keten::query
