#include "contracts/usage/world.h"

#include <utility>

#include "contracts/production/decimal.h"
#include "contracts/usage/policy_reader.h"
#include "core/limits.h"

namespace keten::usage {
namespace {

using json::Kind;

class WorldReader {
 public:
  explicit WorldReader(const Names& names) : names_(names) {}

  Result<World> read(const json::Value& document) {
    if (!document.is(Kind::object)) {
      wrong("", "a JSON object with now", document);
      return failed();
    }
    if (const auto* context = document.find("@context")) {
      if (auto added = names_.add(*context, "/@context"); !added) { return added.error(); }
    }
    const auto* now = document.find("now");
    if (now == nullptr) {
      violations_.push_back({"/now", "the time of the decision", "nothing"});
    } else {
      world_.now = time(*now, "/now").value_or(0);
    }
    for (const auto& [name, value] : document.members()) {
      const auto place = json::pointer_add("", name);
      if (name == "now" || name == "@context") { continue; }
      if (name == "partOf") {
        world_.parts = pairs(value, place);
      } else if (name == "isA") {
        world_.kinds = pairs(value, place);
      } else if (name == "duties") {
        each(value, place, [&](const json::Value& item, const std::string& at) { read_duty(item, at); });
      } else if (name == "claims") {
        read_claims(value, place);
      } else if (name == "uses") {
        read_all_uses(value, place);
      } else if (name == "events") {
        each(value, place, [&](const json::Value& item, const std::string& at) { read_event(item, at); });
      } else {
        wrong(place, "one of now, partOf, isA, duties, claims, uses, events", value);
      }
    }
    if (!violations_.empty()) { return failed(); }
    if (has_cycle(world_.parts)) {
      return invalid("COLLECTION_CYCLE", "a party or asset in partOf is a part of itself; take one pair out");
    }
    return std::move(world_);
  }

 private:
  void wrong(const std::string& pointer, std::string expected, const json::Value& found) {
    if (violations_.size() >= limits::kViolationsMax) { return; }
    auto text = json::serialize(found);
    if (text.size() > 60) { text = "a longer value"; }
    violations_.push_back({pointer, std::move(expected), std::move(text)});
  }
  Error failed() {
    auto error =
        invalid("WORLD_INVALID", std::to_string(violations_.size()) + " places in the state of the world are wrong");
    error.violations = std::move(violations_);
    return error;
  }

  std::optional<std::string> text(const json::Value& value, const std::string& place, std::string_view expected) {
    if (value.is(Kind::string) && !value.text().empty() && value.text().size() <= kTextBytesMax) {
      return names_.iri(value.text());
    }
    wrong(place, std::string(expected), value);
    return std::nullopt;
  }
  std::optional<Instant> time(const json::Value& value, const std::string& place) {
    const auto instant = value.is(Kind::string) ? parse_instant(value.text()) : std::nullopt;
    if (!instant) { wrong(place, "a date or time such as 2026-01-02T03:04:05Z", value); }
    return instant;
  }

  template <typename Visit>
  void each(const json::Value& value, const std::string& place, const Visit& visit) {
    if (!value.is(Kind::array) || value.items().size() > kPartsMax) {
      wrong(place, "an array of at most " + std::to_string(kPartsMax), value);
      return;
    }
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      visit(value.items()[i], json::pointer_add(place, std::to_string(i)));
    }
  }

  std::vector<std::pair<std::string, std::string>> pairs(const json::Value& value, const std::string& place) {
    std::vector<std::pair<std::string, std::string>> result;
    each(value, place, [&](const json::Value& item, const std::string& at) {
      if (!item.is(Kind::array) || item.items().size() != 2) {
        wrong(at, "two IRIs: the part, then the whole", item);
        return;
      }
      const auto part = text(item.items()[0], at + "/0", "an IRI");
      const auto whole = text(item.items()[1], at + "/1", "an IRI");
      if (part && whole) { result.emplace_back(*part, *whole); }
    });
    return result;
  }

  void read_duty(const json::Value& value, const std::string& place) {
    const auto* rule = value.find("rule");
    if (rule == nullptr || !rule->is(Kind::string)) {
      wrong(place, "an object with rule, performance and deontic", value);
      return;
    }
    DutyState state;
    const auto word = [&](std::string_view member) -> std::string {
      const auto* found = value.find(member);
      if (found == nullptr) { return {}; }
      if (!found->is(Kind::string)) {
        wrong(place + "/" + std::string(member), "a word", *found);
        return {};
      }
      auto spelt = found->text();
      const auto end = spelt.find_last_of(":/#");
      return end == std::string::npos ? spelt : spelt.substr(end + 1);
    };
    const auto performance = word("performance");
    if (performance == "Performed") {
      state.performance = Performance::performed;
    } else if (performance == "Unperformed") {
      state.performance = Performance::unperformed;
    } else if (!performance.empty() && performance != "Unknown") {
      violations_.push_back({place + "/performance", "Performed, Unperformed or Unknown", performance});
    }
    const auto deontic = word("deontic");
    if (deontic == "Fulfilled") {
      state.deontic = Deontic::fulfilled;
    } else if (deontic == "Violated") {
      state.deontic = Deontic::violated;
    } else if (!deontic.empty() && deontic != "NonSet" && deontic != "NotSet") {
      violations_.push_back({place + "/deontic", "Fulfilled, Violated or NonSet", deontic});
    }
    // Said twice, the worse counts: the order in which it is said must not matter.
    const auto [entry, is_new] = world_.duties.try_emplace(names_.iri(rule->text()), state);
    if (!is_new && state.deontic == Deontic::violated) { entry->second = state; }
    if (!is_new && entry->second.deontic == Deontic::fulfilled && state.deontic == Deontic::not_set) {
      entry->second = state;
    }
  }

  std::vector<Value> values(const json::Value& value, const std::string& place) {
    std::vector<Value> result;
    const auto add = [&](const json::Value& item, const std::string& at) {
      const auto* content = &item;
      std::string unit;
      if (item.is(Kind::object)) {
        for (const auto* member : {"@value", "@id"}) {
          if (const auto* found = item.find(member)) { content = found; }
        }
        if (const auto* given = item.find("unit")) { unit = text(*given, at + "/unit", "an IRI").value_or(""); }
      }
      std::optional<Value> read;
      if (content->is(Kind::number)) {
        read = make_value(content->text(), true);
      } else if (content->is(Kind::boolean)) {
        read = make_value(content->as_bool() ? "true" : "false");
      } else if (const auto given =
                     text(*content, at, "a value: a string, a number, or an object with @value or @id")) {
        read = make_value(*given);
      }
      if (!read) { return; }
      read->unit = std::move(unit);
      result.push_back(std::move(*read));
    };
    if (value.is(Kind::array)) {
      each(value, place, add);
    } else {
      add(value, place);
    }
    return result;
  }

  void read_claims(const json::Value& value, const std::string& place) {
    if (!value.is(Kind::object)) {
      wrong(place, "an object: a subject, its attributes", value);
      return;
    }
    for (const auto& [subject, attributes] : value.members()) {
      const auto at = json::pointer_add(place, subject);
      if (!attributes.is(Kind::object)) {
        wrong(at, "an object: an operand, its value", attributes);
        continue;
      }
      auto& claims = world_.claims[names_.iri(subject)];
      for (const auto& [operand, given] : attributes.members()) {
        auto read = values(given, json::pointer_add(at, operand));
        auto& list = claims[names_.term(operand)];
        list.insert(list.end(), std::make_move_iterator(read.begin()), std::make_move_iterator(read.end()));
      }
    }
  }

  /// Of all rules, and under `rules` of single ones.
  void read_all_uses(const json::Value& value, const std::string& place) {
    world_.uses[""] = read_uses(value, place);
    const auto* rules = value.find("rules");
    if (rules == nullptr) { return; }
    if (!rules->is(Kind::object)) {
      wrong(place + "/rules", "an object: the uid of a rule, its uses", *rules);
      return;
    }
    for (const auto& [rule, uses] : rules->members()) {
      world_.uses[names_.iri(rule)] = read_uses(uses, json::pointer_add(place + "/rules", rule));
    }
  }

  Uses read_uses(const json::Value& value, const std::string& place) {
    Uses uses;
    if (!value.is(Kind::object)) {
      wrong(place, "an object with count, firstUse, lastUse...", value);
      return uses;
    }
    for (const auto& [name, given] : value.members()) {
      const auto at = json::pointer_add(place, name);
      if (name == "count" || name == "batch") {
        const auto plain = given.is(Kind::number) ? production::plain_decimal(given.text()) : std::nullopt;
        if (!plain || plain->starts_with('-') || plain->find('.') != std::string::npos) {
          wrong(at, "a whole number that is not negative", given);
        } else {
          (name == "count" ? uses.count : uses.batch) = *plain;
        }
      } else if (name == "start") {
        uses.start = time(given, at);
      } else if (name == "firstUse") {
        uses.first = time(given, at);
      } else if (name == "lastUse") {
        uses.last = time(given, at);
      } else if (name == "meteredTime") {
        uses.metered_time = given.is(Kind::string) ? parse_duration(given.text()) : std::nullopt;
        if (!uses.metered_time) { wrong(at, "a duration such as PT90M", given); }
      } else if (name == "payAmount") {
        uses.paid = values(given, at);
      } else if (name != "rules") {
        wrong(at, "one of count, batch, start, firstUse, lastUse, meteredTime, payAmount, rules", given);
      }
    }
    return uses;
  }

  void read_event(const json::Value& value, const std::string& place) {
    const auto* uid = value.find("uid");
    const auto* start = value.find("start");
    if (uid == nullptr || start == nullptr || !uid->is(Kind::string)) {
      wrong(place, "an object with uid, start and perhaps end", value);
      return;
    }
    World::Event event;
    event.start = time(*start, place + "/start").value_or(0);
    if (const auto* end = value.find("end")) { event.end = time(*end, place + "/end"); }
    if (event.end && *event.end < event.start) { wrong(place + "/end", "a time behind start", *value.find("end")); }
    world_.events.insert_or_assign(names_.iri(uid->text()), event);
  }

  Names names_;
  World world_;
  std::vector<Violation> violations_;
};

}  // namespace

Result<World> read_world(const json::Value& document, const Names& names) { return WorldReader(names).read(document); }

}  // namespace keten::usage
