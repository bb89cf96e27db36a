#include <map>

#include <keten/contract.hpp>

namespace {

using keten::Decimal;
using keten::EventItem;
using keten::Range;
using Part = EventItem::Part;

struct Conversion {
  std::string product;  ///< empty: any
  std::string unit;     ///< `instance` for single items, empty for pieces
  Decimal factor;
};
/// What is agreed.
struct Terms {
  std::string unit;
  Decimal least;
  Decimal most;
  keten::Names outputs;
  std::vector<Conversion> conversions;
  bool stock = true;
};

Terms agreed(keten::Parameters& given) {
  Terms terms;
  terms.unit = given.text("unit");
  terms.least = given.decimal("yieldMin", Decimal(0)).value_or(Decimal(0));
  terms.most = given.decimal("yieldMax", Decimal(0)).value_or(Decimal(0));
  terms.outputs = keten::Names(given.items("outputs"));
  terms.stock = given.flag("stock", true);
  for (auto& one : given.each("conversions")) {
    terms.conversions.push_back(
        {one.item("product"), one.text("unit"), one.decimal("factor", Decimal::from_units(1)).value_or(Decimal(0))});
    one.need({"unit", "factor"});
    (void)one.complete();
  }
  given.need({"unit", "yieldMin", "yieldMax"});
  if (terms.least > terms.most) {
    given.wrong("yieldMin", "at most yieldMax, " + terms.most.text(), terms.least.text());
  }
  return terms;
}

struct Amount {
  std::string id;
  std::string unit;
  Range amount;
};
/// Amounts of one list of an event.
struct Amounts {
  std::vector<Amount> all;
  bool complete = true;  ///< everything could be counted
};

Amounts amounts(const keten::Rule& rule, const std::vector<EventItem>& items) {
  Amounts result;
  bool classes = false;
  for (const auto& one : items) { classes = classes || one.of_class; }
  const auto uncounted = [&](const char* code, const std::string& message) {
    result.complete = false;
    rule.finding(code, message);
  };
  for (const auto& one : items) {
    if (rule.full()) { break; }
    if (!one.of_class) {
      // Beside a lot with its amount, the instances are the same goods once more.
      if (!classes) { result.all.push_back({one.id, "instance", {Decimal(1), Decimal(1)}}); }
    } else if (!one.has_quantity) {
      uncounted("no_quantity", one.id + " has no quantity");
    } else if (!one.quantity) {
      uncounted("unreadable", "the quantity of " + one.id + " has more than 27 digits");
    } else if (one.quantity->least.negative()) {
      uncounted("negative_quantity", one.id + " has the quantity " + one.quantity->least.text());
    } else {
      result.all.push_back({one.id, one.unit, *one.quantity});
    }
  }
  return result;
}

/// One side of a transformation, in the agreed unit.
struct Side {
  Range sum;
  bool counted = false;  ///< something could be counted
  bool complete = true;  ///< everything could
};

const Conversion* conversion_of(const Terms& terms, const Amount& one) {
  for (const auto& conversion : terms.conversions) {
    if (conversion.unit != one.unit) { continue; }
    if (conversion.product.empty() || keten::is_of(one.id, conversion.product)) { return &conversion; }
  }
  return nullptr;
}

Side side(const keten::Rule& rule, const Terms& terms, const Amounts& amounts) {
  Side result;
  result.complete = amounts.complete;
  for (const auto& one : amounts.all) {
    if (rule.full()) { break; }
    if (one.unit == terms.unit) {
      result.sum += one.amount;
    } else if (const auto* conversion = conversion_of(terms, one)) {
      result.sum += {one.amount.least * conversion->factor, one.amount.most * conversion->factor};
    } else {
      result.complete = false;
      rule.finding("not_convertible", one.id + ": the agreement has no conversion from " +
                                          (one.unit.empty() ? std::string("pieces") : one.unit) + " to " + terms.unit);
      continue;
    }
    result.counted = true;
  }
  return result;
}

/// Whether all that leaves the organisation of one lot is there, unit by unit.
void judge_lot(const keten::Rule& rule, const keten::Party& recorder, const std::string& id,
               const std::map<std::string_view, Range>& sums) {
  const auto item = rule.item(id);
  const bool is_folded = !item.is_true("uncounted") && !item.is_true("unfolded");
  const auto parts = item.holdings(keten::Holding::Kind::held);
  for (const auto& [unit, sum] : sums) {
    Decimal held;
    bool is_counted = is_folded;
    for (const auto& part : parts) {
      if (part.holder != recorder || part.unit != unit) { continue; }
      is_counted = is_counted && part.amount;
      if (part.amount) { held += part.amount->most; }
    }
    if (sum.least <= held) { continue; }
    const auto told = sum.least.text() + " " + std::string(unit) + " of " + id + " leave " + recorder + ", which has " +
                      held.text() + " loose";
    if (is_counted) {
      rule.finding("more_than_held", told);
    } else {
      rule.finding("not_counted", told + " as far as was recorded with amounts");
    }
  }
}

void judge_stock(const keten::Rule& rule, const Amounts& leaving) {
  std::map<std::string_view, std::map<std::string_view, Range>, keten::ByName> lots;
  for (const auto& one : leaving.all) {
    if (one.unit != "instance") { lots[one.id][one.unit] += one.amount; }
  }
  const auto recorder = rule.recorder();
  for (const auto& [id, sums] : lots) {
    if (rule.full()) { return; }
    judge_lot(rule, recorder, std::string(id), sums);
  }
}
/// What an event that is no transformation takes from the loose goods of who records it: docs/formats/production.md, "Folding".
std::vector<EventItem> leaving(const keten::Event& event) {
  const auto type = event.type();
  const auto action = event.action();
  if (type == "AggregationEvent" || type == "AssociationEvent") {
    return action == "ADD" ? event.items(Part::child) : std::vector<EventItem>();
  }
  const auto step = event.biz_step();
  const bool is_born = type == "ObjectEvent" && action == "ADD";
  const bool ends = type == "ObjectEvent" && action == "DELETE";
  const bool goes = step == "shipping" || step == "consigning" || step == "retail_selling" || step == "dispensing";
  return ends || (goes && !is_born) ? event.items(Part::listed) : std::vector<EventItem>();
}

void judge_transformation(const keten::Rule& rule, const Terms& terms) {
  const auto& event = rule.event();
  auto made = event.items(Part::output);
  if (!terms.outputs.empty()) {
    std::erase_if(made, [&](const EventItem& one) { return !terms.outputs.has(one.id); });
  }
  const bool is_judged = terms.outputs.empty() || !made.empty();
  if (!is_judged && !terms.stock) { return; }
  const auto used = amounts(rule, event.items(Part::input));
  if (terms.stock) { judge_stock(rule, used); }
  if (!is_judged) { return; }
  const auto in = side(rule, terms, used);
  const auto out = side(rule, terms, amounts(rule, made));
  if (!in.complete || !out.complete) { return; }
  if (!in.counted || !out.counted) {
    // Inputs and outputs may come in several events that a transformationID joins; one alone is no balance.
    if (!event.has("transformationID")) { rule.finding("not_judged", "one side of the transformation has no amount"); }
    return;
  }
  const auto told = out.sum.least.text() + " " + terms.unit + " out of " + in.sum.most.text() + " " + terms.unit;
  if (out.sum.least > in.sum.most * terms.most) {
    rule.finding("too_much_output", told + ": agreed are at most " + terms.most.text() + " for each " + terms.unit);
  } else if (out.sum.most < in.sum.least * terms.least) {
    rule.finding("too_little_output", told + ": agreed are at least " + terms.least.text() + " for each " + terms.unit);
  }
}

}  // namespace

/// Parameters: `unit` (UN/CEFACT Rec 20, for example KGM) in which both sides are compared; `yieldMin` and `yieldMax`, output
/// for each unit of input; `outputs`, products whose amounts are summed up (absent: all); `conversions`, a list of
/// {`product` (absent: any), `unit` (`instance` for single items, empty for pieces), `factor`}; `stock`, false: what leaves is not
/// compared with what is held.
void on_event(const keten::Rule& rule) {
  keten::Parameters given(rule);
  const auto terms = agreed(given);
  if (!given.complete()) { return; }
  if (rule.event().type() == "TransformationEvent") {
    judge_transformation(rule, terms);
  } else if (terms.stock) {
    judge_stock(rule, amounts(rule, leaving(rule.event())));
  }
}

KETEN_RULES("mass-balance", "1.0.0", on_event)
