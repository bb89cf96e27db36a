#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contracts/production/validation.h"
#include "core/limits.h"

namespace keten::production {
namespace {

using json::Kind;
using json::Value;

// Addresses under which the one EPCIS 2.0 context has been published.
constexpr std::array<std::string_view, 9> kContexts = {
    "https://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/2.0.1/epcis-context.jsonld",
    "https://ref.gs1.org/standards/epcis/2.0/epcis-context.jsonld",
    "https://gs1.github.io/EPCIS/epcis-context.jsonld",
    "https://id.gs1.org/epcis-context.jsonld",
    "http://ref.gs1.org/standards/epcis/epcis-context.jsonld",
    "http://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    "https://ref.gs1.org/epcis/epcis-context.jsonld",
};

// The terms of that context which documents use as member names or types: a document must not give them another
// meaning.
constexpr std::array<std::string_view, 76> kTerms = {
    "AggregationEvent",
    "AssociationEvent",
    "EPCISDocument",
    "EPCISQueryDocument",
    "ObjectEvent",
    "TransactionEvent",
    "TransformationEvent",
    "action",
    "attribute",
    "attributes",
    "bizLocation",
    "bizRules",
    "bizStep",
    "bizTransaction",
    "bizTransactionList",
    "booleanValue",
    "certificationInfo",
    "chemicalSubstance",
    "childEPCs",
    "childQuantityList",
    "children",
    "component",
    "coordinateReferenceSystem",
    "correctiveEventIDs",
    "creationDate",
    "dataProcessingMethod",
    "declarationTime",
    "destination",
    "destinationList",
    "deviceID",
    "deviceMetadata",
    "disposition",
    "endTime",
    "epcClass",
    "epcList",
    "epcisBody",
    "epcisHeader",
    "errorDeclaration",
    "eventID",
    "eventList",
    "eventTime",
    "eventTimeZoneOffset",
    "exception",
    "hexBinaryValue",
    "id",
    "ilmd",
    "inputEPCList",
    "inputQuantityList",
    "maxValue",
    "meanValue",
    "microorganism",
    "minValue",
    "outputEPCList",
    "outputQuantityList",
    "parentID",
    "percRank",
    "percValue",
    "persistentDisposition",
    "quantity",
    "quantityList",
    "rawData",
    "readPoint",
    "reason",
    "recordTime",
    "sDev",
    "schemaVersion",
    "sensorElementList",
    "sensorMetadata",
    "sensorReport",
    "source",
    "sourceList",
    "startTime",
    "stringValue",
    "time",
    "transformationID",
    "type",
};
constexpr std::array<std::string_view, 11> kMoreTerms = {"uom",
                                                         "uriValue",
                                                         "value",
                                                         "set",
                                                         "unset",
                                                         "queryResults",
                                                         "resultsBody",
                                                         "queryName",
                                                         "subscriptionID",
                                                         "vocabularyList",
                                                         "epcisMasterData"};

/// Of one context.
constexpr std::size_t kDefinitionsMax = 256;

// Prefixes of the context whose names mean something to a ledger.
constexpr std::array<std::string_view, 3> kOwnPrefixes = {"cbv", "epcis", "gs1"};

/// GS1 has published its vocabularies under several addresses of its own; no other may stand for them.
bool is_of_gs1(std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme == std::string_view::npos) { return address.starts_with("urn:epcglobal:"); }
  const auto host = address.substr(scheme + 3, address.find('/', scheme + 3) - scheme - 3);
  return host == "gs1.org" || host.ends_with(".gs1.org") || host == "gs1.github.io";
}

bool changes_own_prefix(std::string_view name, std::string_view address) {
  return std::find(kOwnPrefixes.begin(), kOwnPrefixes.end(), name) != kOwnPrefixes.end() && !is_of_gs1(address);
}

bool is_standard_term(std::string_view name) {
  return std::find(kTerms.begin(), kTerms.end(), name) != kTerms.end() ||
         std::find(kMoreTerms.begin(), kMoreTerms.end(), name) != kMoreTerms.end();
}

/// Where a value stands, written out only when something is wrong with it: a pointer for each of many deep values would be
/// work without bound.
class Place {
 public:
  explicit Place(const std::string& pointer) : pointer_(&pointer) {}
  Place(const Place& around, std::string_view name) : around_(&around), name_(name) {}
  Place(const Place& around, std::size_t index) : around_(&around), index_(index) {}

  [[nodiscard]] std::string pointer() const {
    if (around_ == nullptr) { return *pointer_; }
    return json::pointer_add(around_->pointer(), name_ ? std::string(*name_) : std::to_string(index_));
  }

 private:
  const Place* around_ = nullptr;
  const std::string* pointer_ = nullptr;
  std::optional<std::string_view> name_;
  std::size_t index_ = 0;
};

void report_at(const Place& place, std::vector<Violation>& violations, std::string expected, std::string found) {
  if (violations.size() >= limits::kViolationsMax) { return; }
  report(violations, place.pointer(), std::move(expected), std::move(found));
}

void validate_definition(const std::string& name, const Value& definition, const Place& place,
                         std::vector<Violation>& violations) {
  if (name.starts_with('@')) {
    report_at(place, violations,
              "definitions of prefixes; JSON-LD keywords would change the meaning of the whole document", name);
  } else if (is_standard_term(name)) {
    report_at(place, violations, "no other meaning for a term of the EPCIS context", shown(definition));
  } else if (definition.is(Kind::object)) {
    const auto id = definition.find_string("@id");
    if (!id || !is_uri(*id)) { report_at(place, violations, "a definition with an absolute @id", shown(definition)); }
    for (const auto* inner : {"@context", "@import", "@reverse"}) {
      if (definition.find(inner) != nullptr) {
        report_at(Place(place, std::string_view(inner)), violations, "a definition of one name with @id and @type",
                  inner);
      }
    }
    if (id && changes_own_prefix(name, *id)) {
      report_at(place, violations, "no other meaning for a prefix of the EPCIS context", shown(definition));
    }
  } else if (definition.is(Kind::string) && changes_own_prefix(name, definition.text())) {
    report_at(place, violations, "no other meaning for a prefix of the EPCIS context", shown(definition));
  } else if (!definition.is(Kind::string) || !is_uri(definition.text())) {
    report_at(place, violations, "a namespace URI", shown(definition));
  }
}

void check_context(const Value& context, const Place& place, std::vector<Violation>& violations) {
  switch (context.kind()) {
    case Kind::string:
      if (!is_known_context(context.text())) {
        report_at(
            place, violations,
            "the EPCIS context https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld or inline prefixes; "
            "no other context is fetched",
            shown(context));
      }
      return;
    case Kind::object:
      if (context.members().size() > kDefinitionsMax) {
        report_at(place, violations, "at most " + std::to_string(kDefinitionsMax) + " prefixes",
                  std::to_string(context.members().size()));
        return;
      }
      for (const auto& [name, definition] : context.members()) {
        validate_definition(name, definition, Place(place, name), violations);
      }
      return;
    case Kind::array: {
      std::size_t index = 0;
      for (const auto& item : context.items()) {
        const Place inside(place, index++);
        if (item.is(Kind::array)) {
          report_at(inside, violations, "an address or an object", shown(item));
        } else {
          check_context(item, inside, violations);
        }
      }
      return;
    }
    case Kind::null:
    case Kind::boolean:
    case Kind::number: report_at(place, violations, "an address, an object or an array of these", shown(context));
  }
}

void check_inside(const Value& value, const Place& place, std::vector<Violation>& violations) {
  if (value.is(Kind::array)) {
    std::size_t index = 0;
    for (const auto& item : value.items()) {
      const auto number = index++;
      if (item.is(Kind::object) || item.is(Kind::array)) { check_inside(item, Place(place, number), violations); }
    }
  } else if (value.is(Kind::object)) {
    for (const auto& [name, member] : value.members()) {
      if (name == "@context") {
        check_context(member, Place(place, name), violations);
      } else if (member.is(Kind::object) || member.is(Kind::array)) {
        check_inside(member, Place(place, name), violations);
      }
    }
  }
}

}  // namespace

bool is_known_context(std::string_view address) {
  return std::find(kContexts.begin(), kContexts.end(), address) != kContexts.end();
}

void validate_context(const Value& context, const std::string& pointer, std::vector<Violation>& violations) {
  check_context(context, Place(pointer), violations);
}

void validate_contexts_inside(const Value& value, const std::string& pointer, std::vector<Violation>& violations) {
  check_inside(value, Place(pointer), violations);
}

}  // namespace keten::production
