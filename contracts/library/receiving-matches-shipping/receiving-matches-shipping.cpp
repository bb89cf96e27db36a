#include <map>

#include <keten/contract.hpp>

namespace {

using keten::Decimal;
using keten::Range;
using Kind = keten::Holding::Kind;

struct Terms {
  Decimal percent;
  bool partial = false;
  std::int64_t deadline = 0;
};

/// What the ledger knows of a lot in one unit.
struct Known {
  Range amount;
  bool any = false;  ///< in whatever unit
  bool same_unit = false;
  bool readable = true;
};

Known known(const std::vector<keten::Holding>& parts, const std::string& unit, const std::string& holder) {
  Known result;
  for (const auto& part : parts) {
    if (!holder.empty() && part.holder != holder) { continue; }
    if (part.amount && part.amount->most <= Decimal(0)) { continue; }
    result.any = true;
    if (part.unit != unit) { continue; }
    result.same_unit = true;
    result.readable = result.readable && part.amount;
    if (part.amount) { result.amount += *part.amount; }
  }
  return result;
}

class Delivery {
 public:
  Delivery(const keten::Rule& rule, const Terms& terms)
      : rule_(rule), terms_(terms), recorder_(rule.recorder()), accepts_(rule.event().biz_step() == "accepting") {}

  void lot(const keten::EventItem& one) {
    if (!one.has_quantity) {
      find("no_quantity", one.id + " is received without a quantity, so it cannot be compared with what was shipped");
    } else if (!one.quantity) {
      find("unreadable", "the quantity of " + one.id + " has more than 27 digits");
    } else if (one.quantity->least.negative()) {
      find("negative_quantity", one.id + " is received with the quantity " + one.quantity->least.text());
    } else {
      lots_[one.id][one.unit] += *one.quantity;
    }
  }
  void item(const std::string& id) const {
    const auto item = rule_.item(id);
    if (item.in_transit() || (accepts_ && item.possessor() == recorder_)) { return; }
    find("wrong_item", id + " is received and is not on its way to anybody");
  }
  void judge_lots() const {
    for (const auto& [id, amounts] : lots_) {
      const auto item = rule_.item(id);
      for (const auto& [unit, amount] : amounts) {
        if (rule_.full()) { return; }
        judge(item, id, unit, amount);
      }
    }
  }

 private:
  void find(const char* code, const std::string& message) const { rule_.finding(code, message, terms_.deadline); }

  void judge(const keten::Item& item, const std::string& id, const std::string& unit, const Range& amount) const {
    // What was received before is accepted in whatever parts.
    if (accepts_ && amount.least <= known(item.holdings(Kind::held), unit, recorder_).amount.most) { return; }
    const auto moving = known(item.holdings(Kind::moving), unit, {});
    if (!moving.any) {
      find("wrong_item", id + " is received and nothing of it is on its way");
      return;
    }
    const auto name = unit.empty() ? std::string("pieces") : unit;
    if (!moving.same_unit) {
      find("other_unit", id + " is received in " + name + " and was shipped in another unit");
      return;
    }
    if (!moving.readable) {
      find("unreadable", "what is on its way of " + id + " has more than 27 digits");
      return;
    }
    const auto tolerance = moving.amount.most * terms_.percent * Decimal::from_units(Decimal::kOne / 100);
    const auto told = id + ": " + amount.least.text() + " " + name + " received, " + moving.amount.least.text() + " " +
                      name + " shipped";
    if (amount.least > moving.amount.most + tolerance) {
      find("overage", told);
    } else if (amount.most < moving.amount.least - tolerance && !terms_.partial) {
      find("shortage", told);
    }
  }

  const keten::Rule& rule_;
  const Terms& terms_;
  keten::Party recorder_;
  bool accepts_;
  std::map<std::string, std::map<std::string, Range>, keten::ByName> lots_;  ///< by name, then by unit
};

}  // namespace

/// Parameters: `tolerancePercent` (default 0) of lots; `partial`, true: a lot may arrive in parts, so less is no shortage;
/// `answerHours`: until when a finding must be answered.
void on_event(const keten::Rule& rule) {
  using Part = keten::EventItem::Part;
  keten::Parameters given(rule);
  Terms terms;
  terms.percent = given.decimal("tolerancePercent", Decimal(0)).value_or(Decimal(0));
  terms.partial = given.flag("partial", false);
  terms.deadline = given.deadline("answerHours");
  if (!given.complete()) { return; }
  const auto& event = rule.event();
  const auto step = event.biz_step();
  if (step != "receiving" && step != "accepting") { return; }
  Delivery delivery(rule, terms);
  for (const auto part : {Part::parent, Part::listed}) {
    for (const auto& one : event.items(part)) {
      if (rule.full()) { break; }
      if (one.of_class) {
        delivery.lot(one);
      } else {
        delivery.item(one.id);
      }
    }
  }
  delivery.judge_lots();
  if (event.disposition() == "damaged") {
    rule.finding("damaged", "the delivery is received as damaged", terms.deadline);
  }
}

KETEN_RULES("receiving-matches-shipping", "1.0.0", on_event)
