#include <keten/contract.hpp>

namespace {

struct Moving {
  keten::Decimal amount;
  bool any = false;  ///< on its way in whatever unit
  bool same_unit = false;
};

Moving on_its_way(const keten::Rule& rule, const std::string& lot, const std::string& unit) {
  Moving moving;
  for (const auto& part : rule.item(lot).each("holdings")) {
    const auto amount = part.decimal("amount");
    if (part.text("kind") != "moving" || !amount || *amount <= keten::Decimal(0)) { continue; }
    moving.any = true;
    if (part.text("unit") != unit) { continue; }
    moving.same_unit = true;
    moving.amount += *amount;
  }
  return moving;
}

void judge_lot(const keten::Rule& rule, const keten::EventItem& one, std::int64_t deadline) {
  const auto moving = on_its_way(rule, one.id, one.unit);
  if (!moving.any) {
    rule.finding("wrong_item", one.id + " is received and nothing of it is on its way", deadline);
    return;
  }
  if (!one.quantity) {
    rule.finding("no_quantity",
                 one.id + " is received without a quantity, so it cannot be compared with what was shipped", deadline);
    return;
  }
  const auto unit = one.unit.empty() ? std::string("pieces") : one.unit;
  if (!moving.same_unit) {
    rule.finding("other_unit", one.id + " is received in " + unit + " and was shipped in another unit", deadline);
    return;
  }
  const auto percent = rule.parameters().decimal("tolerancePercent").value_or(keten::Decimal(0));
  const auto tolerance = moving.amount * percent * keten::Decimal::from_units(keten::Decimal::kOne / 100);
  const auto told = one.id + ": " + one.quantity->text() + " " + unit + " received, " + moving.amount.text() + " " +
                    unit + " shipped";
  if (*one.quantity > moving.amount + tolerance) {
    rule.finding("overage", told, deadline);
  } else if (*one.quantity < moving.amount - tolerance && !rule.parameters().is_true("partial")) {
    rule.finding("shortage", told, deadline);
  }
}

}  // namespace

/// Parameters: `tolerancePercent` (default 0) of lots; `partial`, true: a lot may arrive in parts, so less is no shortage;
/// `answerHours`: until when a finding must be answered.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  const auto& event = rule.event();
  if ((event.biz_step() != "receiving" && event.biz_step() != "accepting")) { return; }
  const auto hours = rule.parameters().integer("answerHours");
  const auto deadline = hours && *hours > 0 ? rule.time_ms() + *hours * keten::kHourMs : 0;
  for (const auto& one : event.items()) {
    if (one.part != Part::listed && one.part != Part::parent) { continue; }
    if (one.of_class) {
      judge_lot(rule, one, deadline);
    } else if (!rule.item(one.id).in_transit()) {
      rule.finding("wrong_item", one.id + " is received and is not on its way to anybody", deadline);
    }
  }
  if (event.disposition() == "damaged") { rule.finding("damaged", "the delivery is received as damaged", deadline); }
}

KETEN_RULES("receiving-matches-shipping", "1.0.0", on_event)
