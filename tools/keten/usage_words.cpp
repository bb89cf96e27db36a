#include "tools/keten/usage_words.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contracts/production/time.h"
#include "contracts/usage/vocabulary.h"

namespace keten::tools {
namespace {

using usage::Operator;

/// A word of ODRL in both languages.
struct Word {
  std::string_view word;
  std::string_view english;
  std::string_view dutch;
};

constexpr std::array kActions = {
    Word{"use", "use", "gebruiken"},
    Word{"read", "read", "lezen"},
    Word{"display", "show", "tonen"},
    Word{"print", "print", "afdrukken"},
    Word{"modify", "change", "wijzigen"},
    Word{"derive", "make something new from", "iets nieuws maken van"},
    Word{"aggregate", "combine with other data", "samenvoegen met andere data"},
    Word{"reproduce", "copy", "kopi\u00ebren"},
    Word{"distribute", "pass on", "doorgeven"},
    Word{"give", "give away", "weggeven"},
    Word{"sell", "sell", "verkopen"},
    Word{"lease", "rent out", "verhuren"},
    Word{"grantUse", "let others use", "door anderen laten gebruiken"},
    Word{"transfer", "hand over", "overdragen"},
    Word{"delete", "delete", "verwijderen"},
    Word{"archive", "keep", "bewaren"},
    Word{"anonymize", "make anonymous", "anonimiseren"},
    Word{"inform", "report", "verslag doen"},
    Word{"log", "log each use", "elk gebruik melden"},
    Word{"compensate", "pay", "betalen"},
    Word{"attribute", "name the source", "de bron noemen"},
    Word{"obtainConsent", "obtain consent", "toestemming krijgen"},
    Word{"nextPolicy", "pass on these terms", "deze voorwaarden doorgeven"},
    Word{"reviewPolicy", "look at these terms again", "deze voorwaarden opnieuw bekijken"},
};

constexpr std::array kOperands = {
    Word{"purpose", "the purpose", "het doel"},
    Word{"count", "the number of uses", "het aantal keren"},
    Word{"dateTime", "the time", "het tijdstip"},
    Word{"elapsedTime", "the time since the first use", "de tijd sinds het eerste gebruik"},
    Word{"delayPeriod", "the time since the beginning", "de tijd sinds het begin"},
    Word{"timeInterval", "the time since the use before", "de tijd sinds het vorige gebruik"},
    Word{"meteredTime", "the time of all uses together", "de tijd van al het gebruik samen"},
    Word{"payAmount", "what was paid", "wat betaald is"},
    Word{"recipient", "the receiver", "de ontvanger"},
    Word{"spatial", "the place", "de plaats"},
    Word{"event", "the occasion", "de gebeurtenis"},
    Word{"industry", "the industry", "de bedrijfstak"},
    Word{"product", "the product", "het product"},
    Word{"systemDevice", "the device", "het apparaat"},
    Word{"classification", "the classification of the data", "de classificatie van de data"},
};

constexpr std::array kFunctions = {
    Word{"informedParty", "to", "aan"},
    Word{"compensatedParty", "to", "aan"},
    Word{"attributedParty", "naming", "met de naam"},
    Word{"consentingParty", "of", "van"},
};

/// In the order of Operator's names, for what has no sentence of its own.
std::pair<std::string_view, std::string_view> operator_words(Operator op) {
  switch (op) {
    case Operator::eq: return {"is", "is"};
    case Operator::neq: return {"is not", "is niet"};
    case Operator::lt: return {"is below", "is minder dan"};
    case Operator::lteq: return {"is at most", "is hoogstens"};
    case Operator::gt: return {"is above", "is meer dan"};
    case Operator::gteq: return {"is at least", "is minstens"};
    case Operator::is_a: return {"is a kind of", "is een soort"};
    case Operator::has_part: return {"contains", "bevat"};
    case Operator::is_part_of: return {"is, or belongs to,", "is, of hoort bij,"};
    case Operator::is_all_of: return {"is each of", "is elk van"};
    case Operator::is_any_of: return {"is one of", "is een van"};
    case Operator::is_none_of: return {"is none of", "is geen van"};
    case Operator::unknown: break;
  }
  return {"(unknown operator)", "(onbekende operator)"};
}

bool is_upper(Operator op) { return op == Operator::lt || op == Operator::lteq; }
bool is_lower(Operator op) { return op == Operator::gt || op == Operator::gteq; }
bool is_one_of(Operator op) {
  return op == Operator::eq || op == Operator::is_any_of || op == Operator::is_part_of || op == Operator::is_a;
}

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMicrosecondsPerMillisecond = 1000;

std::string indent(std::size_t depth) { return std::string(2 * depth, ' '); }

template <std::size_t N>
const Word* find_word(const std::array<Word, N>& words, const std::string& iri) {
  const auto word = usage::odrl_word(iri);
  const auto name = word.empty() ? std::string_view(iri) : word;
  const auto found = std::find_if(words.begin(), words.end(), [&](const Word& one) { return one.word == name; });
  return found == words.end() ? nullptr : &*found;
}

/// As it stands, without ODRL's address.
std::string plain(const std::string& iri) {
  const auto word = usage::odrl_word(iri);
  return word.empty() ? iri : std::string(word);
}

/// The last word of an address: `train` of `https://example.org/terms/train`.
std::string last_word(const std::string& iri) {
  const auto slash = iri.find_last_of("/#");
  return iri.starts_with("http") && slash != std::string::npos && slash + 1 < iri.size() ? iri.substr(slash + 1) : iri;
}

std::string unit_name(const std::string& iri) {
  return iri == "https://www.wikidata.org/entity/Q4916" ? "euro" : plain(iri);
}

}  // namespace

std::string party_name(const std::string& iri) {
  constexpr std::string_view kOrganisation = "urn:keten:organisation:";
  return iri.starts_with(kOrganisation) ? iri.substr(kOrganisation.size()) : iri;
}

std::string UsageWords::action(const std::string& iri) const {
  const auto* word = find_word(kActions, iri);
  return word == nullptr ? last_word(plain(iri)) : say(word->english, word->dutch);
}

std::string UsageWords::list(const std::vector<std::string>& parts) const {
  std::string result;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    result += (i == 0 ? "" : i + 1 == parts.size() ? say(" or ", " of ") : std::string(", ")) + parts[i];
  }
  return result;
}

std::string UsageWords::actions(const usage::Rule& rule) const {
  std::vector<std::string> parts;
  for (const auto& one : rule.actions) { parts.push_back(action(one.iri)); }
  return parts.empty() ? say("do anything with", "alles doen met") : list(parts);
}

std::string UsageWords::duration(const usage::Duration& duration) const {
  std::string text;
  const auto add = [&](std::int64_t count, std::string_view one, std::string_view many) {
    if (count != 0) {
      text += (text.empty() ? "" : " ") + std::to_string(count) + " " + std::string(count == 1 ? one : many);
    }
  };
  const auto years = say("years", "jaar");
  add(duration.months / 12, say("year", "jaar"), years);
  add(duration.months % 12, say("month", "maand"), say("months", "maanden"));
  const auto rest = duration.microseconds;
  add(rest / kDay, say("day", "dag"), say("days", "dagen"));
  add(rest % kDay / kHour, say("hour", "uur"), say("hours", "uur"));
  add(rest % kHour / kMinute, say("minute", "minuut"), say("minutes", "minuten"));
  add(rest % kMinute / kSecond, say("second", "seconde"), say("seconds", "seconden"));
  return text.empty() ? say("no time", "geen tijd") : text;
}

std::string UsageWords::value(const usage::Value& value) const {
  const auto text = party_name(plain(value.text));
  return value.unit.empty() ? text : text + " " + unit_name(value.unit);
}

std::string UsageWords::atom(const usage::Constraint& one) const {
  const auto word = usage::odrl_word(one.left);
  std::vector<std::string> values;
  for (const auto& right : one.right) { values.push_back(value(right)); }
  if (!one.reference.empty()) { values.push_back(one.reference); }
  const auto single = one.right.size() == 1 ? &one.right.front() : nullptr;
  const auto with = [&](std::string_view english, std::string_view dutch, const std::string& what) {
    auto sentence = say(english, dutch);
    return sentence.replace(sentence.find('%'), 1, what);
  };
  if (word == "purpose" && is_one_of(one.op)) { return with("it is for %", "het is voor %", list(values)); }
  if (word == "purpose" && (one.op == Operator::neq || one.op == Operator::is_none_of)) {
    return with("it is not for %", "het is niet voor %", list(values));
  }
  if (word == "count" && one.op == Operator::lteq) { return with("at most % uses", "hoogstens % keer", list(values)); }
  if (word == "dateTime" && single != nullptr && single->instant) {
    const auto time = production::time_text(*single->instant / kMicrosecondsPerMillisecond);
    if (is_upper(one.op)) { return with("before %", "v\u00f3\u00f3r %", time); }
    if (is_lower(one.op)) { return with("from % on", "vanaf %", time); }
  }
  if (word == "payAmount" && (one.op == Operator::eq || one.op == Operator::gteq)) {
    return with("% has been paid", "% is betaald", list(values));
  }
  if (single != nullptr && single->duration) {
    const auto period = duration(*single->duration);
    const bool is_equal = one.op == Operator::eq;
    if (word == "elapsedTime" && (is_upper(one.op) || is_equal)) {
      return with("within % of the first use", "binnen % na het eerste gebruik", period);
    }
    if (word == "delayPeriod" && is_upper(one.op)) {
      return with("within % of the beginning", "binnen % na het begin", period);
    }
    if (word == "delayPeriod" && (is_lower(one.op) || is_equal)) {
      return with("not before % after the beginning", "niet eerder dan % na het begin", period);
    }
    if (word == "timeInterval" && (is_lower(one.op) || is_equal)) {
      return with("% or more after the use before", "% of meer na het vorige gebruik", period);
    }
    if (word == "meteredTime" && (is_upper(one.op) || is_equal)) {
      return with("used for % in all, or less", "in totaal % gebruikt, of minder", period);
    }
    values = {period};
  }
  const auto* operand = find_word(kOperands, one.left);
  const auto [english, dutch] = operator_words(one.op);
  return (operand == nullptr ? plain(one.left) : say(operand->english, operand->dutch)) + " " + say(english, dutch) +
         " " + list(values);
}

std::string UsageWords::constraint(const usage::Constraint& one) const {
  if (one.logic == usage::Logic::atom) { return atom(one); }
  std::string parts;
  for (const auto& part : one.parts) { parts += (parts.empty() ? "" : "; ") + constraint(part); }
  switch (one.logic) {
    case usage::Logic::all: return say("all of: ", "dit alles: ") + parts;
    case usage::Logic::any: return say("one or more of: ", "een of meer van: ") + parts;
    case usage::Logic::exactly_one: return say("exactly one of: ", "precies een van: ") + parts;
    case usage::Logic::in_order: return say("in this order: ", "in deze volgorde: ") + parts;
    case usage::Logic::atom: break;
  }
  return parts;
}

std::string UsageWords::rule(const usage::Rule& rule) const {
  std::vector<std::string> who;
  std::vector<std::string> what;
  for (const auto& one : rule.assignees) { who.push_back(party_name(one.iri.empty() ? one.source : one.iri)); }
  for (const auto& one : rule.targets) { what.push_back(one.iri.empty() ? one.source : one.iri); }
  std::string verb;
  switch (rule.kind) {
    case usage::RuleKind::permission: verb = say("may", "mag"); break;
    case usage::RuleKind::prohibition: verb = say("may not", "mag niet"); break;
    case usage::RuleKind::duty: verb = say("must", "moet"); break;
  }
  const auto subject = who.empty() ? say("anyone", "iedereen") : list(who);
  const auto object = what.empty() ? say("the data", "de data") : list(what);
  return subject + " " + verb + " " + actions(rule) + ": " + object;
}

std::string UsageWords::duty(const usage::Rule& duty) const {
  std::string text = actions(duty);
  const bool is_log = !duty.actions.empty() && usage::odrl_word(duty.actions.front().iri) == "log";
  const auto condition = [&](const usage::Constraint& one) {
    auto words = constraint(one);
    // The time to log a use runs from that use.
    const auto beginning = say("of the beginning", "na het begin");
    if (is_log && words.ends_with(beginning)) {
      words.replace(words.size() - beginning.size(), beginning.size(), say("of it", "daarna"));
    }
    return words;
  };
  for (const auto& [function, party] : duty.functions) {
    const auto* word = find_word(kFunctions, function);
    text += " " + (word == nullptr ? last_word(plain(function)) : say(word->english, word->dutch)) + " " +
            party_name(party.iri);
  }
  const auto append = [&](const std::vector<usage::Constraint>& constraints) {
    for (const auto& one : constraints) {
      const bool is_price = one.logic == usage::Logic::atom && usage::odrl_word(one.left) == "payAmount" &&
                            one.op == Operator::eq && one.right.size() == 1;
      text += (is_price ? " " : ", ") + (is_price ? value(one.right.front()) : condition(one));
    }
  };
  for (const auto& one : duty.actions) { append(one.refinements); }
  append(duty.constraints);
  return text;
}

void UsageWords::conditions(const usage::Rule& rule, std::size_t depth, std::string& text) const {
  const auto append = [&](const std::vector<usage::Constraint>& constraints) {
    for (const auto& one : constraints) { text += indent(depth) + "- " + constraint(one) + "\n"; }
  };
  append(rule.constraints);
  for (const auto& one : rule.actions) { append(one.refinements); }
}

void UsageWords::duties(const std::vector<usage::Rule>& duties_of_rule, std::size_t depth, const std::string& heading,
                        std::string& text) const {
  if (duties_of_rule.empty()) { return; }
  text += indent(depth) + heading + "\n";
  for (const auto& one : duties_of_rule) {
    text += indent(depth + 1) + "- " + duty(one) + " (" + one.uid + ")\n";
    duties(one.consequences, depth + 2,
           say("when that is not done in time, also:", "als dat niet op tijd gebeurt, ook:"), text);
  }
}

std::string UsageWords::policy() const {
  std::string text;
  bool permits = false;
  bool prohibits = false;
  for (const auto& one : policy_.rules) {
    permits = permits || one.kind == usage::RuleKind::permission;
    prohibits = prohibits || one.kind == usage::RuleKind::prohibition;
    if (one.kind == usage::RuleKind::duty) {
      text += rule(one) + " (" + one.uid + ")\n" + indent(1) + "- " + duty(one) + "\n";
      duties(one.consequences, 1, say("when that is not done in time, also:", "als dat niet op tijd gebeurt, ook:"),
             text);
      continue;
    }
    const bool has_conditions = !one.constraints.empty();
    text += rule(one) + (has_conditions ? say(", when", ", als") : std::string()) + " (" + one.uid + ")\n";
    conditions(one, 1, text);
    duties(one.duties, 1, say("in return, who uses it must:", "in ruil daarvoor moet de gebruiker:"), text);
    duties(one.remedies, 1, say("who does it all the same must:", "wie het toch doet, moet:"), text);
  }
  if (permits && prohibits) {
    switch (policy_.conflict) {
      case usage::Conflict::permission:
        text += say("Where both apply, what is allowed wins.\n", "Waar beide gelden, wint wat mag.\n");
        break;
      case usage::Conflict::prohibition:
        text += say("Where both apply, what is forbidden wins.\n", "Waar beide gelden, wint wat verboden is.\n");
        break;
      case usage::Conflict::invalid:
        text += say("Where both apply, nothing is allowed: the terms contradict each other.\n",
                    "Waar beide gelden, mag niets: de voorwaarden spreken elkaar tegen.\n");
        break;
    }
  }
  text += say("What is not allowed here is not allowed.\n", "Wat hier niet mag, mag niet.\n");
  for (const auto& term : policy_.unknown) {
    text += say("Not known, so nothing is allowed by it: ", "Onbekend, dus op grond daarvan mag niets: ") + term.what +
            " " + term.term + "\n";
  }
  return text;
}

}  // namespace keten::tools
