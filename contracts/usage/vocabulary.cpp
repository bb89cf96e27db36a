#include "contracts/usage/vocabulary.h"

#include <algorithm>
#include <array>
#include <utility>

namespace keten::usage {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

template <std::size_t N>
std::string_view find(const std::array<Row, N>& rows, std::string_view key) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& one) { return one.first == key; });
  return row == rows.end() ? std::string_view{} : row->second;
}

constexpr std::string_view kIds = "https://w3id.org/idsa/core/";
constexpr std::string_view kIdsc = "https://w3id.org/idsa/code/";
constexpr std::string_view kCc = "http://creativecommons.org/ns#";
constexpr std::string_view kVcard = "http://www.w3.org/2006/vcard/ns#";
constexpr std::string_view kSkos = "http://www.w3.org/2004/02/skos/core#";
constexpr std::string_view kDct = "http://purl.org/dc/terms/";

constexpr std::array<Row, 18> kPrefixes = {{
    {"odrl", kOdrl},
    {"xsd", "http://www.w3.org/2001/XMLSchema#"},
    {"rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
    {"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
    {"dc", kDct},
    {"dct", kDct},
    {"dcterms", kDct},
    {"cc", kCc},
    {"vcard", kVcard},
    {"foaf", "http://xmlns.com/foaf/0.1/"},
    {"skos", kSkos},
    {"schema", "http://schema.org/"},
    {"ids", kIds},
    {"idsc", kIdsc},
    {"dspace", "https://w3id.org/dspace/2025/1/"},
    {"dcat", "http://www.w3.org/ns/dcat#"},
    {"prov", "http://www.w3.org/ns/prov#"},
    {"owl", "http://www.w3.org/2002/07/owl#"},
}};

/// Actions of ODRL 2.2 and what each is included in (ODRL Vocabulary & Expression 2.2, "Actions for Rules"). `use` and
/// `transfer` stand at the top.
constexpr std::array<Row, 53> kActions = {{
    {"use", ""},
    {"transfer", ""},
    {"acceptTracking", "use"},
    {"aggregate", "use"},
    {"annotate", "use"},
    {"anonymize", "use"},
    {"archive", "use"},
    {"attribute", "use"},
    {"compensate", "use"},
    {"concurrentUse", "use"},
    {"delete", "use"},
    {"derive", "use"},
    {"digitize", "use"},
    {"display", "play"},
    {"distribute", "use"},
    {"ensureExclusivity", "use"},
    {"execute", "use"},
    {"extract", "reproduce"},
    {"give", "transfer"},
    {"grantUse", "use"},
    {"include", "use"},
    {"index", "use"},
    {"inform", "use"},
    {"install", "use"},
    {"modify", "use"},
    {"move", "use"},
    {"nextPolicy", "use"},
    {"obtainConsent", "use"},
    {"play", "use"},
    {"present", "use"},
    {"print", "use"},
    {"read", "use"},
    {"reproduce", "use"},
    {"reviewPolicy", "use"},
    {"sell", "transfer"},
    {"stream", "use"},
    {"synchronize", "use"},
    {"textToSpeech", "use"},
    {"transform", "use"},
    {"translate", "use"},
    {"uninstall", "use"},
    {"watermark", "use"},
    // Deprecated without a word that replaces them: known, part of nothing.
    {"adHocShare", ""},
    {"lease", ""},
    {"lend", ""},
    {"preview", ""},
    {"secondaryUse", ""},
    // IDS, written by people as bare words too.
    {"log", "use"},
    {"ids:LOG", "use"},
    {"ids:READ", "read"},
    {"ids:REPLACE", "modify"},
    {"ids:MPC", "anonymize"},
    {"ids:log", "use"},
}};

/// What replaces a deprecated word (ODRL 2.2, skos:exactMatch): a word of ODRL, or an IRI.
constexpr std::array<Row, 21> kReplaced = {{
    {"append", "modify"},
    {"appendTo", "modify"},
    {"copy", "reproduce"},
    {"device", "systemDevice"},
    {"export", "transform"},
    {"extractChar", "extract"},
    {"extractPage", "extract"},
    {"extractWord", "extract"},
    {"license", "grantUse"},
    {"pay", "compensate"},
    {"payeeParty", "compensatedParty"},
    {"system", "systemDevice"},
    {"write", "modify"},
    {"writeTo", "modify"},
    {"xor", "xone"},
    {"policyUsageTime", "policyUsage"},
    {"attachPolicy", "http://creativecommons.org/ns#Notice"},
    {"attachSource", "http://creativecommons.org/ns#SourceCode"},
    {"commercialize", "http://creativecommons.org/ns#CommercialUse"},
    {"share", "http://creativecommons.org/ns#Sharing"},
    {"shareAlike", "http://creativecommons.org/ns#ShareAlike"},
}};

constexpr std::array<std::string_view, 10> kCreativeCommons = {
    "Attribution", "CommercialUse", "CommericalUse", "DerivativeWorks", "Distribution",
    "Notice",      "Reproduction",  "ShareAlike",    "Sharing",         "SourceCode"};

struct OperandRow {
  std::string_view word;
  OperandType type;
};
constexpr std::array<OperandRow, 34> kOperands = {{
    {"absolutePosition", OperandType::text},
    {"absoluteSize", OperandType::text},
    {"absoluteSpatialPosition", OperandType::text},
    {"absoluteTemporalPosition", OperandType::text},
    {"count", OperandType::decimal},
    {"dateTime", OperandType::time},
    {"delayPeriod", OperandType::duration},
    {"deliveryChannel", OperandType::text},
    {"elapsedTime", OperandType::duration},
    {"event", OperandType::event},
    {"fileFormat", OperandType::text},
    {"industry", OperandType::text},
    {"language", OperandType::language},
    {"media", OperandType::text},
    {"meteredTime", OperandType::duration},
    {"payAmount", OperandType::decimal},
    {"percentage", OperandType::decimal},
    {"product", OperandType::text},
    {"purpose", OperandType::text},
    {"recipient", OperandType::text},
    {"relativePosition", OperandType::text},
    {"relativeSize", OperandType::decimal},
    {"relativeSpatialPosition", OperandType::text},
    {"relativeTemporalPosition", OperandType::text},
    {"resolution", OperandType::decimal},
    {"spatial", OperandType::text},
    {"spatialCoordinates", OperandType::text},
    {"systemDevice", OperandType::text},
    {"timeInterval", OperandType::duration},
    {"unitOfCount", OperandType::text},
    {"version", OperandType::version},
    {"virtualLocation", OperandType::text},
    // Descriptions of the assets of a collection, and of a use, that agreements of shared data need.
    {"classification", OperandType::text},
    {"consent", OperandType::text},
}};

/// Operands of the IDS usage control contract classes; text, all of them.
constexpr std::array<Row, 18> kIdsOperands = {{
    {kIdsc, "CONNECTOR"},
    {kIdsc, "SECURITY_LEVEL"},
    {kIdsc, "APPLICATION"},
    {kIdsc, "ROLE"},
    {kIdsc, "STATE"},
    {kIdsc, "state"},
    {kIdsc, "LOG_LEVEL"},
    {kIdsc, "NOTIFICATION_LEVEL"},
    {kIdsc, "REPLACE_WITH"},
    {kIdsc, "JSON_PATH"},
    {kIdsc, "MPC_FUNCTION"},
    {kIdsc, "QUERY"},
    {kIds, "artifact_state"},
    {kIds, "artifact-state"},
    {kVcard, "hasRole"},
    {kVcard, "hasGeo"},
    {kVcard, "hasCountryName"},
    {kSkos, "concept"},
}};

constexpr std::array<std::pair<std::string_view, Operator>, 12> kOperators = {{
    {"eq", Operator::eq},
    {"neq", Operator::neq},
    {"lt", Operator::lt},
    {"lteq", Operator::lteq},
    {"gt", Operator::gt},
    {"gteq", Operator::gteq},
    {"isA", Operator::is_a},
    {"hasPart", Operator::has_part},
    {"isPartOf", Operator::is_part_of},
    {"isAllOf", Operator::is_all_of},
    {"isAnyOf", Operator::is_any_of},
    {"isNoneOf", Operator::is_none_of},
}};

constexpr std::array<std::string_view, 16> kFunctions = {
    "assignee",       "assigner",        "attributedParty", "attributingParty", "compensatedParty", "compensatingParty",
    "consentedParty", "consentingParty", "contractedParty", "contractingParty", "informedParty",    "informingParty",
    "trackedParty",   "trackingParty",   "function",        "payeeParty"};

constexpr std::array<std::string_view, 10> kAnnotations = {kDct,
                                                           "http://www.w3.org/2000/01/rdf-schema#",
                                                           kSkos,
                                                           "http://schema.org/",
                                                           "http://xmlns.com/foaf/0.1/",
                                                           kVcard,
                                                           "http://www.w3.org/ns/prov#",
                                                           "http://purl.org/dc/elements/1.1/",
                                                           "http://www.w3.org/ns/dcat#",
                                                           kCc};

/// The row of kActions for an IRI; null when there is none.
const Row* action_row(std::string_view iri) {
  std::string key(odrl_word(iri));
  if (iri.starts_with(kIdsc)) { key = "ids:" + std::string(iri.substr(kIdsc.size())); }
  const auto row = std::find_if(kActions.begin(), kActions.end(), [&](const Row& one) { return one.first == key; });
  return key.empty() || row == kActions.end() ? nullptr : &*row;
}

bool is_creative_commons(std::string_view iri) {
  return iri.starts_with(kCc) &&
         std::find(kCreativeCommons.begin(), kCreativeCommons.end(), iri.substr(kCc.size())) != kCreativeCommons.end();
}

/// Members that the reader knows. Whatever a context makes of another word, these keep their meaning: behind another name they would
/// be taken for descriptions and dropped.
bool is_core_word(std::string_view word) {
  constexpr std::array<std::string_view, 31> kWords = {
      "permission", "prohibition", "obligation",  "duty",        "remedy",           "consequence",
      "constraint", "refinement",  "action",      "target",      "assignee",         "assigner",
      "conflict",   "profile",     "inheritFrom", "leftOperand", "operator",         "and",
      "or",         "xone",        "andSequence", "source",      "rightOperand",     "partOf",
      "unit",       "dataType",    "includedIn",  "hasPolicy",   "collectionSource", "rightOperandReference",
      "uid"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end() || is_party_function(word);
}

/// Words of ODRL 2.2 and of JSON-LD that stand in no other table: classes, values, and what describes.
bool is_other_word(std::string_view word) {
  constexpr std::array<std::string_view, 45> kWords = {"Policy",
                                                       "Set",
                                                       "Offer",
                                                       "Agreement",
                                                       "Request",
                                                       "Assertion",
                                                       "Privacy",
                                                       "Ticket",
                                                       "Rule",
                                                       "Permission",
                                                       "Prohibition",
                                                       "Duty",
                                                       "Asset",
                                                       "AssetCollection",
                                                       "Party",
                                                       "PartyCollection",
                                                       "Action",
                                                       "Constraint",
                                                       "LogicalConstraint",
                                                       "LeftOperand",
                                                       "RightOperand",
                                                       "Operator",
                                                       "ConflictTerm",
                                                       "UndefinedTerm",
                                                       "undefined",
                                                       "support",
                                                       "ignore",
                                                       "perm",
                                                       "prohibit",
                                                       "invalid",
                                                       "policyUsage",
                                                       "All",
                                                       "AllConnections",
                                                       "All2ndConnections",
                                                       "AllGroups",
                                                       "Group",
                                                       "Individual",
                                                       "assigneeOf",
                                                       "assignerOf",
                                                       "failure",
                                                       "relation",
                                                       "implies",
                                                       "inheritRelation",
                                                       "inheritAllowed",
                                                       "scope"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool is_odrl_word(std::string_view name) {
  const auto iri = std::string(kOdrl) + std::string(name);
  return is_core_word(name) || is_other_word(name) || action_row(iri) != nullptr || operand_type(iri).has_value() ||
         operator_of(iri) != Operator::unknown || !find(kReplaced, name).empty();
}

/// What a name must mean when it is a built-in prefix, a keyword's name or a word of ODRL; empty: whatever the context says.
std::string own_meaning(std::string_view name) {
  if (name == "id" || name == "type") { return "@" + std::string(name); }
  if (const auto space = find(kPrefixes, name); !space.empty()) { return std::string(space); }
  return is_odrl_word(name) ? std::string(kOdrl) + std::string(name) : std::string{};
}

/// What a context may say of a name. `full` is what it becomes.
bool may_mean(std::string_view name, const std::string& full) {
  const auto own = own_meaning(name);
  if (own.empty() || full == own) { return true; }
  // Namespaces of descriptions that have two addresses, neither of which the ledger acts on.
  if (name == "dc") { return full == "http://purl.org/dc/elements/1.1/"; }
  if (name == "schema") { return full == "https://schema.org/"; }
  const auto replaced = find(kReplaced, name);
  return (name == "uid" && full == "@id") || (!replaced.empty() && full == std::string(kOdrl) + std::string(replaced));
}

/// Members of a term's definition that say how its values are written, and nothing of what it means.
bool is_plain_definition(const json::Value& value) {
  constexpr std::array<std::string_view, 7> kMembers = {"@id",        "@type",  "@container", "@language",
                                                        "@direction", "@index", "@prefix"};
  return std::all_of(value.members().begin(), value.members().end(), [&](const auto& member) {
    return std::find(kMembers.begin(), kMembers.end(), member.first) != kMembers.end() || member.first == "@protected";
  });
}

Error wrong_context(std::string_view pointer, std::string_view expected, std::string_view found) {
  auto error = invalid("POLICY_CONTEXT", "the @context at " + std::string(pointer) + ": expected " +
                                             std::string(expected) + ", found " + std::string(found));
  error.violations.push_back({std::string(pointer), std::string(expected), std::string(found)});
  return error;
}

}  // namespace

Names::Names() : vocabulary_(kOdrl) {}

Status Names::add(const json::Value& context, std::string_view pointer) {
  if (context.is(json::Kind::string) || context.is(json::Kind::null)) { return kDone; }
  if (context.is(json::Kind::array)) {
    for (std::size_t i = 0; i < context.items().size(); ++i) {
      const auto place = json::pointer_add(pointer, std::to_string(i));
      if (auto added = add(context.items()[i], place); !added) { return added; }
    }
    return kDone;
  }
  if (!context.is(json::Kind::object)) {
    return wrong_context(pointer, "an address, an object or an array", "a scalar");
  }
  for (const auto& [name, value] : context.members()) {
    const auto place = json::pointer_add(pointer, name);
    if (name == "@vocab" && value.is(json::Kind::string)) {
      vocabulary_ = expand(value.text()).value_or(value.text());
      continue;
    }
    if (name == "@base" && !value.is(json::Kind::null)) {
      return wrong_context(place, "whole IRIs in the document, and no @base", json::serialize(value).substr(0, 60));
    }
    if (name.starts_with('@')) { continue; }
    const auto own = own_meaning(name);
    const auto wrong_meaning = [&](std::string_view found) {
      return wrong_context(place, own + ": words of ODRL and prefixes that everybody knows keep their meaning", found);
    };
    if (value.is(json::Kind::object) && !is_plain_definition(value)) {
      return wrong_context(place, "@id, @type, @container, @language, @direction, @index, @prefix or @protected",
                           "another member");
    }
    if (value.is(json::Kind::null) && !own.empty()) { return wrong_meaning("nothing"); }
    const auto id = value.is(json::Kind::object)   ? value.find_string("@id")
                    : value.is(json::Kind::string) ? std::optional<std::string_view>(value.text())
                                                   : std::nullopt;
    if (!id) {
      if (value.is(json::Kind::null) || (value.is(json::Kind::object) && value.find("@id") == nullptr)) { continue; }
      return wrong_context(place, "an IRI, or an object with @id", "something else");
    }
    const auto full = full_of(context, *id, 0);
    // A name with a colon is an IRI or a CURIE already.
    if (name.find(':') != std::string::npos) {
      const auto itself = expand(name).value_or(name);
      if (full != itself) { return wrong_context(place, itself, full); }
      continue;
    }
    if (!may_mean(name, full)) { return wrong_meaning(full); }
    if (name == "uid" || name == "id" || name == "type") { continue; }
    prefixes_.insert_or_assign(name, full);
    terms_.insert_or_assign(name, full);
  }
  return kDone;
}

/// What a context says of a name, by prefixes of the same context in whatever order (JSON-LD 1.1 API, 4.2).
std::string Names::full_of(const json::Value& context, std::string_view id, std::size_t depth) const {
  const auto colon = id.find(':');
  if (colon != std::string_view::npos && depth < 8 && !id.substr(colon + 1).starts_with("//")) {
    const auto* own = context.find(id.substr(0, colon));
    if (own != nullptr && own->is(json::Kind::object)) { own = own->find("@id"); }
    if (own != nullptr && own->is(json::Kind::string)) {
      return full_of(context, own->text(), depth + 1) + std::string(id.substr(colon + 1));
    }
  }
  return expand(id).value_or(std::string(id));
}

std::optional<std::string> Names::expand(std::string_view text) const {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || text.substr(colon + 1).starts_with("//")) { return std::nullopt; }
  const auto prefix = text.substr(0, colon);
  const auto own = prefixes_.find(prefix);
  const auto space = own != prefixes_.end() ? std::string_view(own->second) : find(kPrefixes, prefix);
  if (own == prefixes_.end() && space.empty()) { return std::nullopt; }
  return std::string(space) + std::string(text.substr(colon + 1));
}

std::string Names::member(std::string_view name) const {
  if (name == "id" || name == "@id") { return "uid"; }
  if (name == "type") { return "@type"; }
  if (name.starts_with('@')) { return std::string(name); }
  const auto full = term(name);
  const auto word = odrl_word(full);
  return word.empty() ? full : std::string(word);
}

std::string Names::term(std::string_view word) const {
  std::string full;
  if (auto expanded = expand(word)) {
    full = std::move(*expanded);
  } else if (word.find(':') != std::string_view::npos || word.empty()) {
    full = word;
  } else if (const auto defined = terms_.find(word); defined != terms_.end()) {
    full = defined->second;
  } else {
    const auto odrl = std::string(kOdrl) + std::string(word);
    const bool known = vocabulary_ == kOdrl || action_row(odrl) != nullptr || operand_type(odrl).has_value() ||
                       operator_of(odrl) != Operator::unknown || is_core_word(word);
    full = known ? odrl : vocabulary_ + std::string(word);
  }
  const auto replaced = find(kReplaced, odrl_word(full));
  if (replaced.empty()) { return full; }
  return replaced.find(':') != std::string_view::npos ? std::string(replaced)
                                                      : std::string(kOdrl) + std::string(replaced);
}

std::string Names::iri(std::string_view text) const { return expand(text).value_or(std::string(text)); }

std::string_view odrl_word(std::string_view iri) {
  return iri.starts_with(kOdrl) ? iri.substr(kOdrl.size()) : std::string_view{};
}

bool is_known_action(std::string_view iri) { return action_row(iri) != nullptr || is_creative_commons(iri); }

std::string_view included_in(std::string_view iri) {
  static const std::map<std::string, std::string, std::less<>> kParents = [] {
    std::map<std::string, std::string, std::less<>> parents;
    for (const auto& [word, parent] : kActions) { parents.emplace(parent, std::string(kOdrl) + std::string(parent)); }
    return parents;
  }();
  const auto* row = action_row(iri);
  const std::string_view parent = row != nullptr ? row->second : is_creative_commons(iri) ? "use" : "";
  return parent.empty() ? std::string_view{} : kParents.find(parent)->second;
}

std::optional<OperandType> operand_type(std::string_view iri) {
  const auto word = odrl_word(iri);
  for (const auto& row : kOperands) {
    if (row.word == word) { return row.type; }
  }
  for (const auto& [space, name] : kIdsOperands) {
    if (iri.starts_with(space) && iri.substr(space.size()) == name) { return OperandType::text; }
  }
  return std::nullopt;
}

Operator operator_of(std::string_view iri) {
  auto word = odrl_word(iri);
  if (word.starts_with("term-")) { word.remove_prefix(5); }  // the Dataspace Protocol's schema spells one so
  for (const auto& [name, op] : kOperators) {
    if (name == word) { return op; }
  }
  return Operator::unknown;
}

std::string_view operator_name(Operator op) {
  for (const auto& [name, one] : kOperators) {
    if (one == op) { return name; }
  }
  return "unknown";
}

bool is_party_function(std::string_view member) {
  return std::find(kFunctions.begin(), kFunctions.end(), member) != kFunctions.end();
}

bool is_annotation(std::string_view member_iri) {
  return std::any_of(kAnnotations.begin(), kAnnotations.end(),
                     [&](std::string_view space) { return member_iri.starts_with(space); });
}

}  // namespace keten::usage
