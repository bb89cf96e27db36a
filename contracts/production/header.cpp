#include <algorithm>
#include <array>
#include <span>

#include "contracts/production/validation.h"

namespace keten::production {
namespace {

using json::Kind;
using json::Value;

/// EPCIS-JSON-Schema.json, definitions epcisHeader, vocabulary, vocabularyElement and attribute.
class Header {
 public:
  Header(Profile profile, std::vector<Violation>& violations) : profile_(profile), violations_(violations) {}

  void header(const Value& header, const std::string& pointer) {
    constexpr std::array<std::string_view, 1> kMembers = {"epcisMasterData"};
    if (!expect(header.is(Kind::object), pointer, "an object", header)) { return; }
    if (profile_ == Profile::strict) { validate_members(header, pointer, kMembers, violations_); }
    const auto* master_data = header.find("epcisMasterData");
    const auto place = json::pointer_add(pointer, "epcisMasterData");
    if (master_data == nullptr || !expect(master_data->is(Kind::object), place, "an object", *master_data)) { return; }
    if (const auto* list = master_data->find("vocabularyList")) {
      vocabularies(*list, json::pointer_add(place, "vocabularyList"));
    }
  }

  void vocabularies(const Value& list, const std::string& pointer) {
    each(list, pointer, [this](const Value& vocabulary, const std::string& place) {
      if (!object_with(vocabulary, place, "type")) { return; }
      if (const auto* elements = vocabulary.find("vocabularyElementList")) {
        each(*elements, json::pointer_add(place, "vocabularyElementList"),
             [this](const Value& item, const std::string& inner) { element(item, inner); });
      }
    });
  }

 private:
  void element(const Value& element, const std::string& pointer) {
    if (!object_with(element, pointer, "id")) { return; }
    if (const auto* attributes = element.find("attributes")) {
      each(*attributes, json::pointer_add(pointer, "attributes"),
           [this](const Value& item, const std::string& place) { object_with(item, place, "id"); });
    }
    if (const auto* children = element.find("children")) {
      each(*children, json::pointer_add(pointer, "children"),
           [this](const Value& item, const std::string& place) { uri(item, place); });
    }
  }

  bool expect(bool condition, const std::string& pointer, std::string expected, const Value& found) {
    if (!condition) { report(violations_, pointer, std::move(expected), shown(found)); }
    return condition;
  }

  void uri(const Value& value, const std::string& pointer) {
    expect(value.is(Kind::string) && is_uri(value.text()), pointer, "a URI such as urn:epc:id:... or https://...",
           value);
  }

  /// An object in which that member is there and is a URI.
  bool object_with(const Value& value, const std::string& pointer, std::string_view name) {
    if (!expect(value.is(Kind::object), pointer, "an object", value)) { return false; }
    const auto place = json::pointer_add(pointer, name);
    if (const auto* member = value.find(name)) {
      uri(*member, place);
    } else {
      report(violations_, place, "the required member " + std::string(name), "nothing");
    }
    return true;
  }

  template <typename Each>
  void each(const Value& list, const std::string& pointer, const Each& visit) {
    if (!expect(list.is(Kind::array), pointer, "an array", list)) { return; }
    std::size_t index = 0;
    for (const auto& item : list.items()) { visit(item, json::pointer_add(pointer, std::to_string(index++))); }
  }

  Profile profile_;
  std::vector<Violation>& violations_;
};

}  // namespace

void validate_header(const Value& header, const std::string& pointer, Profile profile,
                     std::vector<Violation>& violations) {
  Header(profile, violations).header(header, pointer);
}

void validate_vocabulary_list(const Value& list, const std::string& pointer, Profile profile,
                              std::vector<Violation>& violations) {
  Header(profile, violations).vocabularies(list, pointer);
}

void validate_members(const Value& object, const std::string& pointer, std::span<const std::string_view> known,
                      std::vector<Violation>& violations) {
  for (const auto& [name, value] : object.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end() || is_uri(name)) { continue; }
    std::string expected = "a prefixed name such as example:field, or one of";
    for (const auto each : known) { expected += (each == known.front() ? " " : ", ") + std::string(each); }
    report(violations, json::pointer_add(pointer, name), std::move(expected), name);
  }
}

}  // namespace keten::production
