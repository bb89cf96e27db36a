#include <keten/contract.hpp>

namespace {

using keten::Decimal;
using Part = keten::EventItem::Part;

bool is_of(const std::string& id, const std::string& product) {
  return id.starts_with(product) && (id.size() == product.size() || id[product.size()] == '/');
}

/// Amounts of one side, in the agreed unit.
struct Side {
  Decimal sum;
  bool counted = false;  ///< something could be counted
  bool complete = true;  ///< everything could
};

/// In the agreed unit, by the first conversion that fits the product and its unit.
std::optional<Decimal> converted(const keten::Rule& rule, const keten::EventItem& one, const std::string& unit) {
  if (one.of_class && !one.quantity) { return std::nullopt; }
  const auto amount = one.of_class ? *one.quantity : Decimal(1);
  const auto from = one.of_class ? one.unit : std::string("instance");
  if (from == unit) { return amount; }
  for (const auto& conversion : rule.parameters().each("conversions")) {
    const auto product = conversion.text("product");
    if (conversion.text("unit") != from || (!product.empty() && !is_of(one.id, product))) { continue; }
    if (const auto factor = conversion.decimal("factor")) { return amount * *factor; }
  }
  return std::nullopt;
}

Side side(const keten::Rule& rule, const std::vector<keten::EventItem>& items, const std::string& unit) {
  Side result;
  bool classes = false;
  for (const auto& one : items) { classes = classes || one.of_class; }
  for (const auto& one : items) {
    // Beside a lot with its amount, the instances are the same goods once more.
    if (!one.of_class && classes) { continue; }
    if (const auto amount = converted(rule, one, unit)) {
      result.sum += *amount;
      result.counted = true;
      continue;
    }
    result.complete = false;
    rule.finding("not_convertible",
                 one.id + (one.of_class && !one.quantity ? std::string(" has no quantity")
                                                         : ": the agreement has no conversion from " +
                                                               (!one.of_class      ? std::string("instances")
                                                                : one.unit.empty() ? std::string("pieces")
                                                                                   : one.unit) +
                                                               " to " + unit));
  }
  return result;
}

/// What the organisation has of a lot, in one unit.
void judge_stock(const keten::Rule& rule, const keten::EventItem& one, const std::string& recorder) {
  if (!one.of_class || !one.quantity) { return; }
  const auto item = rule.item(one.id);
  if (!item.known() || item.is_true("uncounted") || item.is_true("unfolded")) { return; }
  Decimal held;
  for (const auto& part : item.each("holdings")) {
    const auto amount = part.decimal("amount");
    if (part.text("kind") == "held" && part.text("holder") == recorder && part.text("unit") == one.unit && amount) {
      held += *amount;
    }
  }
  if (*one.quantity > held) {
    rule.finding("more_than_held", one.quantity->text() + " " + one.unit + " of " + one.id + " leave " + recorder +
                                       ", which has " + held.text() + " loose");
  }
}

}  // namespace

/// Parameters: `unit` (UN/CEFACT Rec 20, for example KGM) in which both sides are compared; `yieldMin` and `yieldMax`, output
/// for each unit of input; `outputs`, Digital Links of the products that are judged (absent: all); `conversions`, a list of
/// {`product` (absent: any), `unit` (`instance` for single items, empty for pieces), `factor`}; `stock`, false: what is used
/// or shipped is not compared with what is held.
void on_event(const keten::Rule& rule) {
  const auto& event = rule.event();
  const auto& parameters = rule.parameters();
  const auto recorder = rule.recorder();
  const bool stock = parameters.text("stock") != "false";
  if (event.type() != "TransformationEvent") {
    if (!stock || event.type() != "ObjectEvent") { return; }
    const auto step = event.biz_step();
    if (step != "shipping" && step != "consigning" && event.action() != "DELETE") { return; }
    for (const auto& one : event.items(Part::listed)) { judge_stock(rule, one, recorder); }
    return;
  }
  const auto inputs = event.items(Part::input);
  const auto outputs = event.items(Part::output);
  const auto products = parameters.texts("outputs");
  bool judged = products.empty();
  for (const auto& one : outputs) {
    for (const auto& product : products) { judged = judged || is_of(one.id, product); }
  }
  if (!judged) { return; }
  if (stock) {
    for (const auto& one : inputs) { judge_stock(rule, one, recorder); }
  }
  const auto unit = parameters.text("unit");
  const auto least = parameters.decimal("yieldMin");
  const auto most = parameters.decimal("yieldMax");
  if (unit.empty() || !least || !most) {
    rule.finding("parameter_missing", "the agreement must give unit, yieldMin and yieldMax");
    return;
  }
  const auto in = side(rule, inputs, unit);
  const auto out = side(rule, outputs, unit);
  // Inputs and outputs may come in several events that a transformationID joins; one alone is no balance.
  if (!in.counted || !out.counted || !in.complete || !out.complete) {
    if (in.complete && out.complete && event.has("transformationID")) { return; }
    if (in.complete && out.complete) { rule.finding("not_judged", "one side of the transformation has no amount"); }
    return;
  }
  const auto told = out.sum.text() + " " + unit + " out of " + in.sum.text() + " " + unit;
  if (out.sum > in.sum * *most) {
    rule.finding("too_much_output", told + ": agreed are at most " + most->text() + " for each " + unit);
  } else if (out.sum < in.sum * *least) {
    rule.finding("too_little_output", told + ": agreed are at least " + least->text() + " for each " + unit);
  }
}

KETEN_RULES("mass-balance", "1.0.0", on_event)
