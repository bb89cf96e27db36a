#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contracts/usage/policy_reading.h"

// Constraints and their values.
namespace keten::usage::reading {

void PolicyReader::read_constraints(const Value& value, const std::string& pointer, std::size_t depth,
                                    std::vector<Constraint>& constraints) {
  const auto items = items_of(value);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!within(++constraints_, kConstraintsMax, pointer, "constraints") ||
        !within(depth, kConstraintDepthMax, pointer, "levels of logical constraints")) {
      return;
    }
    const auto place = value.is(Kind::array) ? json::pointer_add(pointer, std::to_string(i)) : pointer;
    constraints.push_back(read_constraint(*items[i], place, depth));
  }
}

std::optional<Logic> PolicyReader::logic_of(const std::string& member) {
  if (member == "and") { return Logic::all; }
  if (member == "or") { return Logic::any; }
  if (member == "xone") { return Logic::exactly_one; }
  if (member == "andSequence") { return Logic::in_order; }
  return std::nullopt;
}

Constraint PolicyReader::read_constraint(const Value& value, const std::string& pointer, std::size_t depth) {
  Constraint constraint;
  constraint.uid = "#" + pointer;
  if (!value.is(Kind::object)) {
    wrong(pointer, "a constraint: leftOperand, operator and rightOperand, or one of and, or, xone, andSequence", value);
    return constraint;
  }
  std::string unit;
  std::string datatype;
  std::size_t logics = 0;
  bool has_right = false;
  bool has_operator = false;
  std::vector<usage::Value> status;
  for (const auto& one : members_of(value, pointer, true)) {
    const auto& [member, name, content, place, of_node] = one;
    const auto& inside = *content;
    if (const auto logic = logic_of(member)) {
      ++logics;
      constraint.logic = *logic;
      read_constraints(inside, place, depth + 1, constraint.parts);
      if (constraint.parts.empty()) { wrong(place, "at least one constraint", inside); }
    } else if (member == "uid") {
      constraint.uid = text_of(only(inside), place, "an IRI").value_or("");
    } else if (member == "leftOperand") {
      if (const auto text = text_of(only(inside), place, "a left operand")) {
        constraint.left = policy_.names.term(*text);
        if (!type_of(policy_, constraint.left)) { unknown(place, *text, "left operand"); }
        policy_.meters = policy_.meters || odrl_word(constraint.left) == "meteredTime";
      }
    } else if (member == "operator") {
      has_operator = true;
      if (const auto text = text_of(only(inside), place, "an operator")) {
        constraint.op = operator_of(policy_.names.term(*text));
        if (constraint.op == Operator::unknown) { unknown(place, *text, "operator"); }
      }
    } else if (member == "rightOperand") {
      has_right = true;
      read_values(inside, place, constraint.right);
      for (const auto& right : constraint.right) {
        if (!is_blank(right.text)) { continue; }
        unknown(place, right.text, "value");
        constraint.strange = true;
      }
    } else if (member == "rightOperandReference") {
      constraint.reference = iri_of(only(inside), place, "an IRI");
      unknown(place, constraint.reference, "value");
    } else if (member == "unit") {
      unit = iri_of(only(inside), place, "an IRI");
    } else if (member == "http://purl.org/dc/terms/frequency") {
      constraint.frequency = iri_of(only(inside), place, "how often, an IRI");
    } else if (member == "dataType") {
      datatype = iri_of(only(inside), place, "an IRI");
    } else if (member == "status") {
      read_values(inside, place, status);
    } else if (!is_description(member) && !is_remote_context(one)) {
      unknown(place, *name, "member");
      constraint.strange = true;
    }
  }
  // A status must be used in the comparison (ODRL 2.2, 2.5.1).
  const bool counts = odrl_word(constraint.left) == "count" && status.size() == 1 && status.front().decimal &&
                      !status.front().decimal->starts_with('-');
  if (counts) {
    constraint.status = *status.front().decimal;
  } else if (!status.empty()) {
    unknown(pointer, status.front().text, "status");
    constraint.strange = true;
  }
  finish_constraint(
      constraint,
      {.unit = unit, .datatype = datatype, .logics = logics, .has_right = has_right, .has_operator = has_operator},
      value, pointer);
  return constraint;
}

void PolicyReader::finish_constraint(Constraint& constraint, const Rest& rest, const Value& value,
                                     const std::string& pointer) {
  const bool atom = !constraint.left.empty() || rest.has_right || !constraint.reference.empty();
  if (rest.logics > 1 || (rest.logics == 1 && atom)) {
    wrong(pointer, "either leftOperand, operator and rightOperand, or one of and, or, xone, andSequence", value);
  } else if (rest.logics == 0) {
    if (constraint.left.empty()) { wrong(pointer, "a leftOperand", value); }
    if (!rest.has_operator) { wrong(pointer, "an operator", value); }
    if (!rest.has_right && constraint.reference.empty()) {
      wrong(pointer, "a rightOperand or a rightOperandReference", value);
    }
    if (rest.has_right && constraint.right.empty()) { wrong(pointer, "at least one value in rightOperand", value); }
  }
  const auto operand = policy_.operands.find(constraint.left);
  if (operand != policy_.operands.end() && constraint.op != Operator::unknown) {
    const auto& allowed = operand->second.operators;
    if (std::find(allowed.begin(), allowed.end(), constraint.op) == allowed.end()) {
      unknown(pointer, std::string(operator_name(constraint.op)), "operator of " + constraint.left);
      constraint.op = Operator::unknown;
    }
  }
  for (auto& one : constraint.right) {
    if (one.unit.empty()) { one.unit = rest.unit; }
    if (is_numeric(rest.datatype) && one.decimal) { one.is_number = true; }
  }
}

const Value* PolicyReader::value_of(const Value& object, std::string_view member) const {
  for (const auto& [name, value] : object.members()) {
    if (policy_.names.member(name) == member) { return &value; }
  }
  return nullptr;
}

bool PolicyReader::is_numeric(std::string_view datatype) {
  constexpr std::array<std::string_view, 9> kTypes = {
      "integer", "decimal", "int", "long", "nonNegativeInteger", "positiveInteger", "double", "float", "short"};
  const auto hash = datatype.find_last_of("#:");
  const auto name = hash == std::string_view::npos ? datatype : datatype.substr(hash + 1);
  return std::find(kTypes.begin(), kTypes.end(), name) != kTypes.end();
}

void PolicyReader::read_values(const Value& value, const std::string& pointer, std::vector<usage::Value>& values) {
  const auto items = items_of(value);
  if (!within(items.size(), kValuesMax, pointer, "values")) { return; }
  for (const auto* item : items) { read_value(*item, pointer, values); }
}

void PolicyReader::read_value(const Value& item, const std::string& pointer, std::vector<usage::Value>& values) {
  const auto* typed = item.is(Kind::object) ? item.find("@value") : nullptr;
  const auto& content = typed != nullptr ? *typed : item;
  usage::Value read;
  if (content.is(Kind::number)) {
    read = make_value(content.text(), true);
  } else if (content.is(Kind::boolean)) {
    read = make_value(content.as_bool() ? "true" : "false");
  } else {
    auto text = text_of(item, pointer, "a value: a string, a number, or an object with @value or @id");
    if (!text) { return; }
    std::string type;
    if (const auto* given = item.find("@type"); given != nullptr && given->is(Kind::string)) { type = given->text(); }
    // White space around a typed literal is not a part of it (XML Schema Part 2, whiteSpace collapse).
    if (typed != nullptr && !type.empty() && !type.ends_with("string")) { text = collapsed(*text); }
    read = make_value(*text == "policyUsage" ? std::string(kOdrl) + *text : policy_.names.iri(*text));
    if (!type.empty()) { read.is_number = read.decimal && is_numeric(type); }
  }
  if (item.is(Kind::object)) {
    if (const auto* unit = value_of(item, "unit")) { read.unit = iri_of(only(*unit), pointer, "an IRI"); }
  }
  values.push_back(std::move(read));
}

std::string PolicyReader::collapsed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) { return std::string(text); }
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

}  // namespace keten::usage::reading
