// keten usage explain: terms in plain words, and why a use is permitted or not.
#include <algorithm>
#include <memory>
#include <ostream>

#include "client/keystore.h"
#include "contracts/production/decimal.h"
#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/profile.h"
#include "core/limits.h"
#include "tools/keten/usage_options.h"
#include "tools/keten/usage_rehearsal.h"
#include "tools/keten/usage_statement.h"
#include "tools/keten/usage_words.h"

namespace keten::tools {
namespace {

using json::Value;

std::string text_of(const Value& object, std::string_view name) {
  return std::string(object.find_string(name).value_or(""));
}

std::string time_of(const Value* milliseconds) {
  return milliseconds == nullptr ? "" : production::time_text(milliseconds->as_integer().value_or(0));
}

bool is_true(const Value* value) { return value != nullptr && value->is(json::Kind::boolean) && value->as_bool(); }

/// A decision, and what it was made by.
struct Decided {
  const usage::Policy& policy;
  const UsageWords& words;
  const Value& record;    ///< of the use
  const Value* counters;  ///< before the use; null: nobody knows any more
  const Value& duties;    ///< as they are now
  std::string agreement;
};

const usage::Rule* find_rule(const std::vector<usage::Rule>& rules, const std::string& uid) {
  for (const auto& rule : rules) {
    if (rule.uid == uid) { return &rule; }
    for (const auto* more : {&rule.duties, &rule.remedies, &rule.consequences}) {
      if (const auto* found = find_rule(*more, uid)) { return found; }
    }
  }
  return nullptr;
}

/// What a condition was held against, as far as it is known.
std::string fact_of(const Decided& decided, const usage::Constraint& one, const usage::Rule& rule, bool is_unknown) {
  const auto& words = decided.words;
  const auto word = usage::odrl_word(one.left);
  const auto* counters = decided.counters;
  const auto* rules = counters == nullptr ? nullptr : counters->find("rules");
  // A prohibition looks at all uses, a permission at those that it covered.
  const auto* own = rule.kind == usage::RuleKind::prohibition && counters != nullptr ? counters->find("all")
                    : rules == nullptr                                               ? nullptr
                                                                                     : rules->find(rule.uid);
  const auto of_rule = [&](const char* name) { return own == nullptr ? nullptr : own->find(name); };
  if (word == "dateTime") { return words.say("it is ", "het is ") + time_of(decided.record.find("time")); }
  if (word == "count" && counters != nullptr) {
    const auto* count = of_rule("count");
    const auto number = production::add_decimals(count == nullptr ? "0" : value_text(*count), "1");
    return words.say("this is number ", "dit is nummer ") + number.value_or("?");
  }
  if ((word == "elapsedTime" || word == "timeInterval") && counters != nullptr) {
    const bool first = word == "elapsedTime";
    const auto* time = of_rule(first ? "first" : "last");
    if (time == nullptr) { return words.say("not used yet", "nog niet gebruikt"); }
    return (first ? words.say("first use ", "eerste gebruik ") : words.say("last use ", "laatste gebruik ")) +
           time_of(time);
  }
  if (word == "meteredTime" && counters != nullptr) {
    const auto* ran = of_rule("ran");
    const auto* untold = of_rule("untold");
    if (untold != nullptr && untold->as_integer().value_or(0) != 0) {
      return words.say("some uses have not told how long they ran",
                       "van sommig gebruik is niet gezegd hoe lang het duurde");
    }
    const auto milliseconds = ran == nullptr ? 0 : ran->as_integer().value_or(0);
    if (milliseconds == 0) { return words.say("not used yet", "nog niet gebruikt"); }
    return words.say("used before: ", "eerder gebruikt: ") +
           words.duration({.months = 0, .microseconds = 1000 * milliseconds});
  }
  if (word == "payAmount" && counters != nullptr) {
    std::string paid;
    if (const auto* units = counters->find("paid")) {
      for (const auto& [unit, amount] : units->members()) {
        paid += (paid.empty() ? "" : ", ") + value_text(amount) + " " + unit;
      }
    }
    return paid.empty() ? words.say("nothing has been paid", "er is niets betaald")
                        : words.say("paid: ", "betaald: ") + paid;
  }
  if (const auto* statements = decided.record.find("use")->find("statements")) {
    for (const auto& [operand, value] : statements->members()) {
      if (decided.policy.names.term(operand) != one.left) { continue; }
      return words.say("said: ", "gezegd: ") + value_text(value);
    }
  }
  return is_unknown ? words.say("nobody has told or vouched for it", "niemand heeft het gezegd of staat ervoor in")
                    : "";
}

std::string_view truth_of(const Value& premise, bool& is_unknown) {
  is_unknown = premise.find("unknown") != nullptr;
  return is_unknown ? "unknown" : is_true(premise.find("satisfied")) ? "yes" : "no";
}

/// Conditions stand in reports as they do in rules: those that are parts of another behind it.
void explain_constraints(const Decided& decided, const usage::Rule& rule,
                         const std::vector<usage::Constraint>& constraints, const std::vector<Value>& premises,
                         std::size_t& place, std::int64_t depth, Value& list) {
  for (const auto& one : constraints) {
    if (place >= premises.size()) { return; }
    bool is_unknown = false;
    const auto truth = truth_of(premises[place++], is_unknown);
    auto line = Value::object();
    line.set("holds", text_value(truth))
        .set("condition", text_value(decided.words.constraint(one)))
        .set("depth", Value::number(depth));
    if (one.logic == usage::Logic::atom) {
      const auto fact = fact_of(decided, one, rule, is_unknown);
      if (!fact.empty()) { line.set("fact", text_value(fact)); }
    }
    list.push(std::move(line));
    explain_constraints(decided, rule, one.parts, premises, place, depth + 1, list);
  }
}

/// Which duty keeps the permission from being used, how it stands, and what to do.
Value explain_duty(const Decided& decided, const std::string& uid) {
  const auto& words = decided.words;
  auto result = Value::object();
  result.set("duty", text_value(uid));
  const auto* rule = find_rule(decided.policy.rules, uid);
  if (rule != nullptr) { result.set("words", text_value(words.duty(*rule))); }
  for (const auto& duty : decided.duties.items()) {
    if (text_of(duty, "uid") != uid) { continue; }
    const auto state = text_of(duty, "state");
    result.set("state", text_value(state));
    if (const auto deadline = time_of(duty.find("deadline")); !deadline.empty()) {
      result.set("deadline", text_value(deadline));
    }
    std::string next;
    if (state == "late") {
      next = rule != nullptr && !rule->consequences.empty()
                 ? words.say("it was done late; what follows from that must be done too: ",
                             "het is te laat gedaan; wat daaruit volgt moet ook gedaan worden: ") +
                       words.duty(rule->consequences.front())
                 : words.say("it was done late, and the terms name nothing that makes that good",
                             "het is te laat gedaan, en de voorwaarden noemen niets dat dat goedmaakt");
    } else if (state == "continuing") {
      next = words.say("log the uses that were permitted: keten usage log ",
                       "meld het gebruik dat was toegestaan: keten usage log ") +
             decided.agreement.substr(0, 8) + " --id ID --permit USE";
    } else {
      next = words.say("do it, and tell: keten usage fulfil ", "doe het, en meld het: keten usage fulfil ") +
             decided.agreement.substr(0, 8) + " " + uid + " --content FILE";
    }
    result.set("next", text_value(next));
  }
  return result;
}

Value explain_rule(const Decided& decided, const usage::Rule& rule, const Value& report) {
  auto result = Value::object();
  result.set("rule", text_value(rule.uid))
      .set("words", text_value(decided.words.rule(rule)))
      .set("applies", Value::boolean(is_true(report.find("active"))));
  auto list = Value::array();
  std::size_t place = 0;
  const auto* reported = report.find("premises");
  const auto premises =
      reported == nullptr || !reported->is(json::Kind::array) ? std::vector<Value>() : reported->items();
  explain_constraints(decided, rule, rule.constraints, premises, place, 0, list);
  const auto& words = decided.words;
  for (; place < premises.size(); ++place) {
    bool is_unknown = false;
    const auto truth = truth_of(premises[place], is_unknown);
    const auto type = text_of(premises[place], "type");
    const auto what = type == "TargetReport"  ? words.say("it is about this data", "het gaat over deze data")
                      : type == "PartyReport" ? words.say("it is about this company", "het gaat over dit bedrijf")
                      : type == "ActionReport"
                          ? words.say("it is about what is done: ", "het gaat over wat er gedaan wordt: ") +
                                words.action(decided.policy.names.term(text_of(*decided.record.find("use"), "action")))
                          : words.say("every word of the rule is known", "elk woord van de regel is bekend");
    list.push(Value::object()
                  .set("holds", text_value(truth))
                  .set("condition", text_value(what))
                  .set("about", text_value(type)));
  }
  result.set("conditions", std::move(list));
  if (const auto unmet = text_of(report, "unmetDuty"); !unmet.empty()) {
    result.set("dutyInTheWay", explain_duty(decided, unmet));
  }
  return result;
}

Value explain_decision(const Decided& decided) {
  auto result = Value::object();
  result.set("agreement", text_value(decided.agreement))
      .set("decision", text_value(text_of(decided.record, "decision")))
      .set("reason", text_value(text_of(decided.record, "reason")));
  auto rules = Value::array();
  const auto* reports = decided.record.find("report");
  if (reports != nullptr) {
    for (const auto& report : reports->items()) {
      const auto* rule = find_rule(decided.policy.rules, text_of(report, "rule"));
      if (rule == nullptr || text_of(report, "type") == "DutyReport") { continue; }
      rules.push(explain_rule(decided, *rule, report));
    }
  }
  return result.set("rules", std::move(rules));
}

void print_decision(Console& console, const Value& explained, const UsageWords& words) {
  const auto mark = [&](const std::string& truth) {
    return truth == "yes" ? words.say("yes", "ja ") : truth == "no" ? words.say("no ", "nee") : std::string("?  ");
  };
  const auto decision = text_of(explained, "decision");
  console.out << console.bold(decision == "permitted" ? words.say("permitted", "toegestaan")
                              : decision == "denied"  ? words.say("denied", "geweigerd")
                                                      : decision)
              << words.say("  " + printable(text_of(explained, "reason")), "") << "\n";
  for (const auto& rule : explained.find("rules")->items()) {
    const bool applies = is_true(rule.find("applies"));
    console.out << "\n"
                << printable(text_of(rule, "words")) << " (" << printable(text_of(rule, "rule")) << ")\n  "
                << (applies ? words.say("this rule applies", "deze regel geldt hier")
                            : words.say("this rule does not apply", "deze regel geldt hier niet"))
                << "\n";
    for (const auto& one : rule.find("conditions")->items()) {
      // That it is about this data and this company goes without saying.
      if (one.find("about") != nullptr && text_of(one, "holds") == "yes") { continue; }
      const auto* depth = one.find("depth");
      const auto steps = depth == nullptr ? 0 : depth->as_integer().value_or(0);
      console.out << "  " << mark(text_of(one, "holds")) << "  "
                  << std::string(static_cast<std::size_t>(2 * steps), ' ') << printable(text_of(one, "condition"));
      if (const auto fact = text_of(one, "fact"); !fact.empty()) { console.out << " (" << printable(fact) << ")"; }
      console.out << "\n";
    }
    if (const auto* duty = rule.find("dutyInTheWay")) {
      console.out << "  " << words.say("a duty stands in the way: ", "een plicht staat in de weg: ")
                  << printable(text_of(*duty, "words")) << " (" << printable(text_of(*duty, "duty")) << ")\n";
      if (const auto deadline = text_of(*duty, "deadline"); !deadline.empty()) {
        console.out << "    " << words.say("until ", "tot ") << deadline << "\n";
      }
      if (const auto next = text_of(*duty, "next"); !next.empty()) { console.out << "    " << printable(next) << "\n"; }
    }
  }
}

/// Terms in words, of a file or an agreement.
int print_policy(Console& console, const UsageExplainOptions& options, const usage::Policy& policy) {
  const UsageWords words(policy, options.dutch ? Language::dutch : Language::english);
  if (options.output == OutputForm::json) {
    console.out << json::pretty(Value::object().set("words", text_value(words.policy()))) << "\n";
  } else {
    console.out << words.policy();
  }
  return kSuccess;
}

int explain_file(Console& console, const UsageExplainOptions& options) {
  const auto text = client::read_file(options.subject, limits::kJsonBytesMax);
  if (!text) { return console.fail(text.error()); }
  const auto document = json::parse(*text);
  if (!document) { return console.fail(document.error(), options.subject); }
  const auto policy = usage::read_policy(*document);
  if (!policy) { return console.fail(policy.error(), options.subject); }
  return print_policy(console, options, *policy);
}

/// Words of the versions of profiles that the agreement was signed with.
usage::Profiles signed_profiles(const UsageSession& session, const Value& document) {
  return [&](const std::string& iri) -> std::shared_ptr<const usage::Profile> {
    const auto* pins = document.find("profiles");
    const auto* pin = pins == nullptr ? nullptr : pins->find(iri);
    const auto* version = pin == nullptr ? nullptr : pin->find("version");
    if (version == nullptr) { return nullptr; }
    const auto definition = read_usage_record(
        session, usage::profile_version_key(iri, static_cast<std::uint32_t>(version->as_integer().value_or(0))));
    if (!definition) { return nullptr; }
    auto profile = usage::read_profile(*definition);
    return profile ? std::make_shared<const usage::Profile>(std::move(*profile)) : nullptr;
  };
}

}  // namespace

int run_usage_explain(Console& console, const UsageExplainOptions& options) {
  if (!is_usage_id(options.subject)) {
    if (options.use.empty() && options.action.empty() && options.statements.empty()) {
      return explain_file(console, options);
    }
    console.fail(
        invalid("USAGE", "a file has no uses: give the id of an agreement, or keten usage evaluate for cases"));
    return kUsage;
  }
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto id = agreement_id(*session, options.subject);
  if (!id) { return console.fail(id.error()); }
  client::LedgerClient::UsageQuestion question;
  question.subject = *id;
  question.view = "agreement";
  const auto agreement = session->ledger.usage(question);
  if (!agreement) { return console.fail(agreement.error()); }
  const auto* document = agreement->find("document");
  const auto* terms = document == nullptr ? nullptr : document->find("policy");
  if (terms == nullptr) { return console.fail(failure(ErrorKind::corrupt, "NO_TERMS", "the node shows no terms")); }
  const auto policy = usage::read_policy(*terms, {}, signed_profiles(*session, *document));
  if (!policy) { return console.fail(policy.error()); }
  if (options.use.empty() && options.action.empty() && options.statements.empty()) {
    return print_policy(console, options, *policy);
  }
  question.view = "duties";
  const auto duties = session->ledger.usage(question);
  if (!duties) { return console.fail(duties.error()); }
  const UsageWords words(*policy, options.dutch ? Language::dutch : Language::english);
  Value record;
  std::optional<Value> counters;
  if (!options.use.empty()) {
    if (!options.action.empty() || !options.statements.empty()) {
      console.fail(invalid("USAGE", "--use explains a use that was recorded; --action and --say ask about a new one"));
      return kUsage;
    }
    question.view = "use";
    question.use = options.use;
    auto found = session->ledger.usage(question);
    if (!found) { return console.fail(found.error()); }
    record = std::move(*found);
  } else {
    auto asked = options;
    if (asked.action.empty()) { asked.action = "use"; }
    auto use = use_in(asked);
    if (!use) { return console.fail(use.error()); }
    auto rehearsed = rehearse_use(*session, *id, text_of(*agreement, "consumer"), std::move(*use));
    if (!rehearsed) { return console.fail(rehearsed.error()); }
    record = std::move(rehearsed->record);
    counters = std::move(rehearsed->counters);
  }
  const auto explained = explain_decision({.policy = *policy,
                                           .words = words,
                                           .record = record,
                                           .counters = counters ? &*counters : nullptr,
                                           .duties = *duties->find("duties"),
                                           .agreement = *id});
  if (options.output == OutputForm::json) {
    console.out << json::pretty(explained) << "\n";
    return kSuccess;
  }
  print_decision(console, explained, words);
  console.out << "\n"
              << (counters ? words.say("as the ledger would decide at ", "zoals het grootboek zou beslissen op ")
                           : words.say("as it was decided at ", "zoals beslist is op "))
              << time_of(record.find("time"))
              << (counters ? words.say("; nothing was recorded\n", "; er is niets vastgelegd\n") : std::string("\n"));
  if (record.find("report") == nullptr) {
    console.out << words.say("the report is too long to be kept, only its hash is on the ledger\n",
                             "het verslag is te lang om te bewaren, alleen de hash staat in het grootboek\n");
  }
  return kSuccess;
}

}  // namespace keten::tools
