#include "contracts/agreements/document.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "contracts/production/time.h"
#include "core/hash.h"
#include "core/limits.h"
#include "core/names.h"

namespace keten::agreements {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t kVersionBytesMax = 64;

std::string shown(const Value* value) {
  if (value == nullptr) { return "nothing"; }
  auto text = json::serialize(*value);
  constexpr std::size_t kMost = 80;
  if (text.size() > kMost) {
    auto end = kMost;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) { --end; }
    text = text.substr(0, end) + "...";
  }
  return text;
}

/// Reads a document and notes every place that is wrong.
class Checker {
 public:
  std::vector<Violation> violations;

  void wrong(std::string pointer, std::string expected, const Value* found) {
    if (violations.size() < limits::kViolationsMax) {
      violations.push_back({std::move(pointer), std::move(expected), shown(found)});
    }
  }
  bool is_object(const Value& value, const std::string& pointer) {
    if (value.is(Kind::object)) { return true; }
    wrong(pointer, "an object", &value);
    return false;
  }
  /// Members that nobody defined could be understood in two ways: they are refused.
  template <typename Names>
  void known_members(const Value& object, const std::string& pointer, const Names& names) {
    std::string all;
    for (const auto name : names) { all += (all.empty() ? "" : ", ") + std::string(name); }
    for (const auto& [name, value] : object.members()) {
      if (std::ranges::find(names, name) == names.end()) {
        wrong(json::pointer_add(pointer, name), "one of the members " + all, &value);
      }
    }
  }
  std::string text(const Value& object, const std::string& pointer, std::string_view name, std::size_t most) {
    const auto* value = object.find(name);
    if (value == nullptr || !value->is(Kind::string) || value->text().empty() || value->text().size() > most) {
      wrong(json::pointer_add(pointer, name), "a text of 1 to " + std::to_string(most) + " bytes", value);
      return {};
    }
    return value->text();
  }
  std::string name(const Value& object, const std::string& pointer, std::string_view member) {
    const auto* value = object.find(member);
    if (value == nullptr || !value->is(Kind::string) || !is_name(value->text())) {
      wrong(json::pointer_add(pointer, member), "a name: 1 to 64 letters, digits, '-', '_' or '.'", value);
      return {};
    }
    return value->text();
  }
  std::optional<Milliseconds> time(const Value& object, std::string_view member) {
    const auto* value = object.find(member);
    const auto time =
        value != nullptr && value->is(Kind::string) ? production::parse_time(value->text()) : std::nullopt;
    if (!time || *time < 0) {
      wrong("/" + std::string(member), "a date and time with zone, as 2027-01-01T00:00:00Z", value);
      return std::nullopt;
    }
    return static_cast<Milliseconds>(*time);
  }
  std::vector<std::string> texts(const Value& list, const std::string& pointer, std::size_t most) {
    std::vector<std::string> result;
    if (!list.is(Kind::array) || list.items().size() > most) {
      wrong(pointer, "a list of at most " + std::to_string(most) + " texts", &list);
      return result;
    }
    for (std::size_t i = 0; i < list.items().size(); ++i) {
      const auto& item = list.items()[i];
      if (!item.is(Kind::string) || item.text().empty() || item.text().size() > limits::kUriBytesMax) {
        wrong(json::pointer_add(pointer, std::to_string(i)),
              "a text of 1 to " + std::to_string(limits::kUriBytesMax) + " bytes", &item);
        continue;
      }
      result.push_back(item.text());
    }
    return result;
  }
};

constexpr std::array<std::string_view, 11> kMembers = {
    "title", "parties", "identifiers", "start", "end", "scope", "noticeDays", "rules", "policy", "issuers", "profiles"};
constexpr std::array<std::string_view, 5> kScopeMembers = {"products", "businessSteps", "locations", "datasets",
                                                           "ownEvents"};
constexpr std::array<std::string_view, 6> kRuleMembers = {"package", "version", "hash", "entry", "mode", "parameters"};

void read_parties(Checker& check, const Value& value, Document& document) {
  const auto* list = value.find("parties");
  std::set<std::string> seen;
  const bool is_list =
      list != nullptr && list->is(Kind::array) && list->items().size() >= 2 && list->items().size() <= kPartiesMax;
  if (!is_list) {
    check.wrong("/parties", "a list of 2 to " + std::to_string(kPartiesMax) + " organisations", list);
    return;
  }
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    const auto& item = list->items()[i];
    const auto pointer = "/parties/" + std::to_string(i);
    if (!item.is(Kind::string) || !is_name(item.text())) {
      check.wrong(pointer, "the name of an organisation", &item);
    } else if (!seen.insert(item.text()).second) {
      check.wrong(pointer, "each organisation once", &item);
    } else {
      document.parties.push_back(item.text());
    }
  }
}

void read_identifiers(Checker& check, const Value& value, Document& document) {
  const auto* object = value.find("identifiers");
  if (object == nullptr || !check.is_object(*object, "/identifiers")) { return; }
  for (const auto& [party, list] : object->members()) {
    const auto pointer = json::pointer_add("/identifiers", party);
    if (!document.has_party(party)) {
      check.wrong(pointer, "one of the parties", &list);
      continue;
    }
    document.identifiers[party] = check.texts(list, pointer, kIdentifiersMax);
  }
}

void read_scope(Checker& check, const Value& value, Scope& scope) {
  const auto* object = value.find("scope");
  if (object == nullptr || !check.is_object(*object, "/scope")) { return; }
  check.known_members(*object, "/scope", kScopeMembers);
  const auto list = [&](std::string_view name, std::vector<std::string>& into) {
    if (const auto* found = object->find(name)) {
      into = check.texts(*found, json::pointer_add("/scope", name), kScopeEntriesMax);
    }
  };
  list("products", scope.products);
  list("businessSteps", scope.business_steps);
  list("locations", scope.locations);
  list("datasets", scope.datasets);
  if (const auto* own = object->find("ownEvents")) {
    if (own->is(Kind::boolean)) {
      scope.own_events = own->as_bool();
    } else {
      check.wrong("/scope/ownEvents", "true or false", own);
    }
  }
}

Rule read_rule(Checker& check, const Value& value, const std::string& pointer) {
  Rule rule;
  if (!check.is_object(value, pointer)) { return rule; }
  check.known_members(value, pointer, kRuleMembers);
  rule.package = check.name(value, pointer, "package");
  rule.version = check.text(value, pointer, "version", kVersionBytesMax);
  const auto* hash = value.find("hash");
  const auto known = Hash::from_hex(hash != nullptr && hash->is(Kind::string) ? hash->text() : "");
  if (known && known->hex() == hash->text()) {
    rule.hash = *known;
  } else {
    check.wrong(pointer + "/hash", "the hash of the package: 64 hexadecimal digits in lower case", hash);
  }
  rule.entry = value.find("entry") == nullptr ? std::string(kDefaultEntry) : check.name(value, pointer, "entry");
  const auto mode = value.find_string("mode");
  if (mode == "off") {
    rule.mode = Mode::off;
  } else if (mode == "flag") {
    rule.mode = Mode::flag;
  } else if (mode == "reject") {
    rule.mode = Mode::reject;
  } else {
    check.wrong(pointer + "/mode", "off, flag or reject", value.find("mode"));
  }
  if (const auto* parameters = value.find("parameters")) {
    if (check.is_object(*parameters, pointer + "/parameters")) { rule.parameters = *parameters; }
  }
  return rule;
}

void read_rules(Checker& check, const Value& value, Document& document) {
  const auto* list = value.find("rules");
  if (list != nullptr) {
    if (!list->is(Kind::array) || list->items().size() > kRulesMax) {
      check.wrong("/rules", "a list of at most " + std::to_string(kRulesMax) + " rules", list);
    } else {
      for (std::size_t i = 0; i < list->items().size(); ++i) {
        document.rules.push_back(read_rule(check, list->items()[i], "/rules/" + std::to_string(i)));
      }
    }
  }
  if (const auto* policy = value.find("policy")) {
    if (check.is_object(*policy, "/policy")) { document.policy = *policy; }
  }
  if (value.find("policy") == nullptr && (list == nullptr || (list->is(Kind::array) && list->items().empty()))) {
    check.wrong("/rules", "at least one rule, or a policy", list);
  }
}

/// Members whose claims about a party count under the policy.
void read_issuers(Checker& check, const Value& value, Document& document) {
  const auto* list = value.find("issuers");
  if (list == nullptr) { return; }
  if (!list->is(Kind::array) || list->items().size() > kIssuersMax || value.find("policy") == nullptr) {
    check.wrong("/issuers", "beside a policy, a list of at most " + std::to_string(kIssuersMax) + " organisations",
                list);
    return;
  }
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    const auto& item = list->items()[i];
    const bool named = item.is(Kind::string) && is_name(item.text());
    const bool again = named && std::ranges::find(document.issuers, item.text()) != document.issuers.end();
    if (!named || again) {
      check.wrong("/issuers/" + std::to_string(i), "the name of an organisation, each once", &item);
    } else {
      document.issuers.push_back(item.text());
    }
  }
}

/// Versions of profiles that the words of the policy are of.
void read_profiles(Checker& check, const Value& value) {
  const auto* profiles = value.find("profiles");
  if (profiles == nullptr) { return; }
  if (!profiles->is(Kind::object) || profiles->members().empty() || profiles->members().size() > kDocumentProfilesMax ||
      value.find("policy") == nullptr) {
    check.wrong("/profiles",
                "beside a policy, at most " + std::to_string(kDocumentProfilesMax) + " profiles by their IRIs",
                profiles);
    return;
  }
  for (const auto& [iri, pin] : profiles->members()) {
    const auto pointer = json::pointer_add("/profiles", iri);
    const auto* version = pin.find("version");
    const auto number = version == nullptr ? std::nullopt : version->as_integer();
    const bool is_pin = pin.is(Kind::object) && pin.members().size() == 2 && number && *number > 0 &&
                        Hash::from_hex(pin.find_string("hash").value_or("")).ok();
    if (!is_pin) { check.wrong(pointer, "version, a number from 1, and hash, 64 hexadecimal digits", &pin); }
  }
}

Error error_of(std::vector<Violation> violations) {
  const auto& first = violations.front();
  const auto count = violations.size();
  auto error = invalid("AGREEMENT_INVALID", std::to_string(count) + (count == 1 ? " place is" : " places are") +
                                                " wrong, first " + first.pointer + ": expected " + first.expected +
                                                ", found " + first.found);
  error.violations = std::move(violations);
  return error;
}

}  // namespace

std::string_view mode_name(Mode mode) {
  switch (mode) {
    case Mode::off: return "off";
    case Mode::flag: return "flag";
    case Mode::reject: return "reject";
  }
  return {};
}

bool Document::has_party(std::string_view organisation) const {
  return std::ranges::find(parties, organisation) != parties.end();
}

Result<Document> read_document(const Value& value) {
  Checker check;
  Document document;
  if (!check.is_object(value, "")) { return error_of(std::move(check.violations)); }
  check.known_members(value, "", kMembers);
  document.title = check.text(value, "", "title", kTitleBytesMax);
  read_parties(check, value, document);
  read_identifiers(check, value, document);
  document.start = check.time(value, "start").value_or(0);
  if (value.find("end") != nullptr) {
    document.end = check.time(value, "end");
    if (document.end && *document.end <= document.start) {
      check.wrong("/end", "a time behind the start", value.find("end"));
    }
  }
  const auto* notice = value.find("noticeDays");
  const auto days = notice == nullptr ? std::nullopt : notice->as_integer();
  if (days && *days >= 0 && *days <= kNoticeDaysMax) {
    document.notice_days = static_cast<std::uint32_t>(*days);
  } else {
    check.wrong("/noticeDays", "a whole number of days from 0 to " + std::to_string(kNoticeDaysMax), notice);
  }
  read_scope(check, value, document.scope);
  read_rules(check, value, document);
  read_issuers(check, value, document);
  read_profiles(check, value);
  if (!check.violations.empty()) { return error_of(std::move(check.violations)); }
  document.value = value;
  return document;
}

Result<Document> parse_document(std::string_view canonical) {
  if (canonical.size() > kDocumentBytesMax) {
    return failure(ErrorKind::too_large, "AGREEMENT_TOO_LARGE",
                   "an agreement has at most " + std::to_string(kDocumentBytesMax) + " bytes, this one " +
                       std::to_string(canonical.size()));
  }
  const auto value = json::parse(canonical);
  if (!value) { return value.error(); }
  if (json::canonical(*value) != canonical) {
    return invalid("AGREEMENT_NOT_CANONICAL",
                   "expected the canonical form of RFC 8785, so that all sign the same bytes; found another spelling");
  }
  return read_document(*value);
}

Hash document_hash(std::string_view canonical) { return Hasher("keten/agreement/1").sized(canonical).finish(); }

}  // namespace keten::agreements
