#include "contracts/production/event_fields.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"
#include "core/limits.h"

namespace keten::production {
namespace {

using json::Kind;
using json::Value;

// Prefixes that the EPCIS 2.0 context defines.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kPrefixes = {{
    {"cbv", "https://ref.gs1.org/cbv/"},
    {"cbvmda", "urn:epcglobal:cbv:mda:"},
    {"dcterms", "http://purl.org/dc/terms/"},
    {"epcis", "https://ref.gs1.org/epcis/"},
    {"gs1", "https://gs1.org/voc/"},
    {"owl", "http://www.w3.org/2002/07/owl#"},
    {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
}};

/// The standard elements whose members mean something to us; everything else is `other`.
enum class Element : std::uint8_t {
  event,
  persistent_disposition,
  business_transaction,
  party,
  sensor_element,
  sensor_metadata,
  sensor_report,
  other,
};

/// In XML, and so in the hash, the entries of these lists have names.
struct ListRule {
  std::string_view list;
  std::string_view entry;
  Element element;
};
constexpr std::array<ListRule, 12> kLists = {{
    {"epcList", "epc", Element::other},
    {"inputEPCList", "epc", Element::other},
    {"outputEPCList", "epc", Element::other},
    {"childEPCs", "epc", Element::other},
    {"quantityList", "quantityElement", Element::other},
    {"childQuantityList", "quantityElement", Element::other},
    {"inputQuantityList", "quantityElement", Element::other},
    {"outputQuantityList", "quantityElement", Element::other},
    {"bizTransactionList", "", Element::business_transaction},
    {"sourceList", "", Element::party},
    {"destinationList", "", Element::party},
    {"sensorElementList", "sensorElement", Element::sensor_element},
}};

Element element_inside(Element parent, std::string_view name) {
  if (parent == Element::event && name == "persistentDisposition") { return Element::persistent_disposition; }
  if (parent == Element::sensor_element && name == "sensorMetadata") { return Element::sensor_metadata; }
  if (parent == Element::sensor_element && name == "sensorReport") { return Element::sensor_report; }
  return Element::other;
}

struct WordRule {
  Element element;
  std::string_view name;
  Vocabulary vocabulary;
};
constexpr std::array<WordRule, 9> kWords = {{
    {Element::event, "bizStep", Vocabulary::biz_step},
    {Element::event, "disposition", Vocabulary::disposition},
    {Element::persistent_disposition, "set", Vocabulary::disposition},
    {Element::persistent_disposition, "unset", Vocabulary::disposition},
    {Element::business_transaction, "type", Vocabulary::biz_transaction_type},
    {Element::party, "type", Vocabulary::party_type},
    {Element::sensor_report, "type", Vocabulary::measurement_type},
    {Element::sensor_report, "exception", Vocabulary::sensor_exception},
    {Element::sensor_report, "component", Vocabulary::component},
}};

bool is_time(Element parent, std::string_view name) {
  switch (parent) {
    case Element::event: return name == "eventTime";
    case Element::sensor_metadata: return name == "time" || name == "startTime" || name == "endTime";
    case Element::sensor_report: return name == "time";
    case Element::persistent_disposition:
    case Element::business_transaction:
    case Element::party:
    case Element::sensor_element:
    case Element::other: return false;
  }
  return false;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) { return {}; }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Rounded half up to the millisecond; parse_time() cuts.
std::string canonical_time(std::string_view text) {
  auto time = parse_time(text);
  if (!time) { return std::string(text); }
  constexpr std::size_t kKept = 3;
  const auto point = text.find('.');
  if (point != std::string_view::npos && point + kKept + 1 < text.size()) {
    const auto next = text[point + kKept + 1];
    const auto kept = text.substr(point + 1, kKept);
    const bool all_digits = std::all_of(kept.begin(), kept.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (all_digits && next >= '5' && next <= '9') { *time += 1; }
  }
  return time_text(*time);
}

/// The lists of CBV words had URNs before they had web addresses.
std::string without_cbv_urn(std::string text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kUrns = {{
      {"urn:epcglobal:cbv:bizstep:", "https://ref.gs1.org/cbv/BizStep-"},
      {"urn:epcglobal:cbv:disp:", "https://ref.gs1.org/cbv/Disp-"},
      {"urn:epcglobal:cbv:btt:", "https://ref.gs1.org/cbv/BTT-"},
      {"urn:epcglobal:cbv:sdt:", "https://ref.gs1.org/cbv/SDT-"},
      {"urn:epcglobal:cbv:er:", "https://ref.gs1.org/cbv/ER-"},
  }};
  for (const auto& [urn, web] : kUrns) {
    if (text.starts_with(urn)) { return std::string(web) + text.substr(urn.size()); }
  }
  return text;
}

class FieldReader {
 public:
  explicit FieldReader(const DocumentNames& names) : names_(names) {}

  [[nodiscard]] std::vector<EventField> members(const Value& object, Element element) const {
    std::vector<EventField> fields;
    for (const auto& [raw_name, value] : object.members()) {
      if (raw_name == "@context") { continue; }
      auto name = names_.member_name(raw_name);
      if (names_.is_ignored(name)) { continue; }
      const auto list = std::find_if(kLists.begin(), kLists.end(),
                                     [&raw = raw_name](const ListRule& rule) { return rule.list == raw; });
      if (element != Element::event || list == kLists.end()) {
        append(fields, std::move(name), value, element);
        continue;
      }
      EventField wrapper{std::move(name), "", {}};
      append(wrapper.inside, std::string(list->entry), value, Element::other, list->element);
      if (!wrapper.inside.empty()) { fields.push_back(std::move(wrapper)); }
    }
    return fields;
  }

 private:
  void append(std::vector<EventField>& fields, std::string name, const Value& value, Element parent) const {
    const auto inside = element_inside(parent, name);
    append(fields, std::move(name), value, parent, inside);
  }

  /// An array is as many fields as it has entries; null is none.
  void append(std::vector<EventField>& fields, std::string name, const Value& value, Element parent,
              Element inside) const {
    switch (value.kind()) {
      case Kind::null: return;
      case Kind::array:
        for (const auto& item : value.items()) { append(fields, name, item, parent, inside); }
        return;
      case Kind::object: fields.push_back({std::move(name), "", members(value, inside)}); return;
      case Kind::boolean: fields.push_back({std::move(name), value.as_bool() ? "true" : "false", {}}); return;
      case Kind::number:
        fields.push_back({std::move(name), plain_decimal(value.text()).value_or(value.text()), {}});
        return;
      case Kind::string: {
        auto canonical = canonical_text(value.text(), parent, name);
        fields.push_back({std::move(name), std::move(canonical), {}});
        return;
      }
    }
  }

  [[nodiscard]] std::string canonical_text(std::string_view raw, Element parent, std::string_view name) const {
    const auto text = trimmed(raw);
    if (is_time(parent, name)) { return canonical_time(text); }
    auto full = names_.full_text(text);
    for (const auto& rule : kWords) {
      if (rule.element != parent || rule.name != name) { continue; }
      const auto word = bare_word(rule.vocabulary, full);
      if (is_standard_word(rule.vocabulary, word)) { return web_address(rule.vocabulary, word); }
    }
    full = without_cbv_urn(std::move(full));
    if (auto number = plain_decimal(full)) { return *std::move(number); }
    if (auto link = digital_link(full)) { return *std::move(link); }
    return full;
  }

  const DocumentNames& names_;
};

}  // namespace

DocumentNames::DocumentNames() : namespaces_(kPrefixes.begin(), kPrefixes.end()) {}

void DocumentNames::add_context(const Value& context) {
  if (context.is(Kind::array)) {
    for (const auto& item : context.items()) { add_context(item); }
  } else if (context.is(Kind::object)) {
    for (const auto& [prefix, definition] : context.members()) {
      if (definition.is(Kind::string)) {
        namespaces_.insert_or_assign(prefix, definition.text());
      } else if (const auto id = definition.find_string("@id")) {
        namespaces_.insert_or_assign(prefix, std::string(*id));
      }
    }
  }
}

void DocumentNames::add_ignored(const Value& holder) {
  if (!holder.is(Kind::object)) { return; }
  for (const auto& [name, value] : holder.members()) {
    if (name != "ignoreFields" && !name.ends_with(":ignoreFields")) { continue; }
    const auto add = [this](const Value& item) {
      if (item.is(Kind::string)) { ignored_.insert(member_name(item.text())); }
    };
    add(value);
    if (value.is(Kind::array)) { std::for_each(value.items().begin(), value.items().end(), add); }
  }
}

const std::string* DocumentNames::namespace_of(std::string_view text) const {
  const auto colon = text.find(':');
  // `http://...` is an address whatever the prefixes are (JSON-LD 1.1, section 3.2).
  if (colon == std::string_view::npos || text.substr(colon + 1).starts_with("//")) { return nullptr; }
  const auto found = namespaces_.find(text.substr(0, colon));
  return found == namespaces_.end() ? nullptr : &found->second;
}

std::string DocumentNames::member_name(std::string_view name) const {
  const auto* space = namespace_of(name);
  if (space == nullptr) { return std::string(name); }
  return "{" + *space + "}" + std::string(name.substr(name.find(':') + 1));
}

std::string DocumentNames::full_text(std::string_view text) const {
  const auto* space = namespace_of(text);
  if (space == nullptr) { return std::string(text); }
  return *space + std::string(text.substr(text.find(':') + 1));
}

bool DocumentNames::is_ignored(std::string_view name) const {
  if (name == "comment" || name == "rdfs:comment") { return true; }
  if (name == "{http://www.w3.org/2000/01/rdf-schema#}comment") { return true; }
  return name.find(':') != std::string_view::npos && ignored_.contains(name);
}

DocumentNames document_names(const Value& document) {
  DocumentNames names;
  if (const auto* context = document.find("@context")) { names.add_context(*context); }
  names.add_ignored(document);
  if (const auto* body = document.find("epcisBody")) {
    if (const auto* results = body->find("queryResults")) { names.add_ignored(*results); }
  }
  return names;
}

std::size_t event_field_bytes(const Value& event, const DocumentNames& names) {
  const auto of_value = [&](const auto& self, const Value& value, std::size_t name_bytes) -> std::size_t {
    std::size_t bytes = 0;
    switch (value.kind()) {
      case Kind::null: return 0;
      case Kind::array:
        for (const auto& item : value.items()) { bytes += self(self, item, name_bytes); }
        return bytes;
      case Kind::object:
        bytes = name_bytes;
        for (const auto& [name, member] : value.members()) {
          bytes += self(self, member, names.member_name(name).size());
        }
        return bytes;
      case Kind::string: return name_bytes + names.full_text(value.text()).size();
      case Kind::boolean:
      case Kind::number: return name_bytes + limits::kJsonNumberBytesMax;
    }
    return 0;
  };
  return of_value(of_value, event, 0);
}

std::vector<EventField> event_fields(const Value& event, const DocumentNames& names) {
  return FieldReader(names).members(event, Element::event);
}

}  // namespace keten::production
