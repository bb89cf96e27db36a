#include "contracts/usage/arguments.h"

#include <algorithm>
#include <array>

#include "contracts/production/decimal.h"
#include "contracts/production/time.h"
#include "contracts/usage/personal.h"
#include "contracts/usage/profile.h"
#include "contracts/usage/usage_contract.h"
#include "contracts/usage/value.h"
#include "contracts/usage/vocabulary.h"
#include "core/limits.h"

namespace keten::usage {
namespace {

/// A method and its members; those with `?` may be missing.
struct Shape {
  std::string_view name;
  Method method;
  std::array<std::string_view, 8> members;
  Move move = Move::request;
  TransferMove transfer_move = TransferMove::request;
};

constexpr std::array kShapes = {
    Shape{"register", Method::register_dataset, {"dataset", "commitment", "custodian?", "classification?"}},
    Shape{"transfer", Method::transfer, {"dataset", "to"}},
    Shape{"take", Method::take, {"dataset"}},
    Shape{"request",
          Method::negotiate,
          {"dataset", "policy", "negotiation?", "start?", "end?", "noticeDays?", "issuers?"},
          Move::request},
    Shape{"offer",
          Method::negotiate,
          {"dataset", "policy", "consumer?", "negotiation?", "start?", "end?", "noticeDays?", "issuers?"},
          Move::offer},
    Shape{"accept", Method::negotiate, {"negotiation", "terms"}, Move::accept},
    Shape{"agree", Method::negotiate, {"negotiation", "terms"}, Move::agree},
    Shape{"verify", Method::negotiate, {"negotiation", "terms"}, Move::verify},
    Shape{"finalize", Method::negotiate, {"negotiation", "terms"}, Move::finalize},
    Shape{"terminate", Method::negotiate, {"negotiation", "reason?"}, Move::terminate},
    Shape{"permit", Method::permit, {"agreement", "uses"}},
    Shape{"log", Method::log, {"agreement", "uses"}},
    Shape{"correct", Method::correct, {"agreement", "corrects", "use?", "reason?"}},
    Shape{"fulfil", Method::fulfil, {"agreement", "duty", "commitment"}},
    Shape{"confirm", Method::confirm, {"agreement", "duty"}},
    Shape{"dispute", Method::dispute, {"agreement", "duty", "reason?", "commitment?"}},
    Shape{"pay", Method::pay, {"agreement", "payment", "amount", "unit", "duty?", "commitment?"}},
    Shape{"receive", Method::receive, {"agreement", "payment"}},
    Shape{"claim", Method::claim, {"about", "claims", "from?", "until?"}},
    Shape{"profile", Method::register_profile, {"profile", "definition"}},
    Shape{"transfer_request", Method::move_data, {"agreement", "format?"}, Move::request, TransferMove::request},
    Shape{"transfer_start", Method::move_data, {"transfer"}, Move::request, TransferMove::start},
    Shape{"transfer_suspend", Method::move_data, {"transfer", "reason?"}, Move::request, TransferMove::suspend},
    Shape{"transfer_complete", Method::move_data, {"transfer"}, Move::request, TransferMove::complete},
    Shape{"transfer_terminate", Method::move_data, {"transfer", "reason?"}, Move::request, TransferMove::terminate},
};

const Shape* shape_of(std::string_view method) {
  const auto shape = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& one) { return one.name == method; });
  return shape == kShapes.end() ? nullptr : &*shape;
}

Error wrong(std::string_view pointer, std::string_view expected, const json::Value* found) {
  auto text = found == nullptr ? "nothing" : json::serialize(*found);
  if (text.size() > 60) { text = "a longer value"; }
  auto error = invalid("USAGE_ARGUMENTS", "at " + std::string(pointer.empty() ? "the arguments" : pointer) +
                                              ": expected " + std::string(expected) + ", found " + text);
  error.violations.push_back({std::string(pointer), std::string(expected), std::move(text)});
  return error;
}

bool is_hex64(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// Printable ASCII without quotes: nothing in a key or a message needs escaping.
bool is_word(std::string_view text, std::size_t most) {
  return !text.empty() && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
}

Result<std::string> word(const json::Value& value, const std::string& pointer, std::size_t most,
                         std::string_view what) {
  if (value.is(json::Kind::string) && is_word(value.text(), most)) {
    const auto kind = personal_kind(value.text());
    if (kind.empty()) { return value.text(); }
    return failure(ErrorKind::refused, "PERSONAL_DATA",
                   "at " + pointer + ": " + std::string(kind) +
                       " would lie on the ledger for ever; commit to it instead (keten usage seal)");
  }
  return wrong(pointer, std::string(what) + ", printable ASCII of 1 to " + std::to_string(most) + " characters",
               &value);
}

Result<std::string> hex(const json::Value& value, const std::string& pointer) {
  if (value.is(json::Kind::string) && is_hex64(value.text())) { return value.text(); }
  return wrong(pointer, "64 hexadecimal digits", &value);
}

Result<std::int64_t> read_time(const json::Value& value, const std::string& pointer) {
  const auto time = value.is(json::Kind::string) ? production::parse_time(value.text()) : std::nullopt;
  if (time && *time >= 0) { return *time; }
  return wrong(pointer, "a date and time with zone, as 2027-01-01T00:00:00Z", &value);
}

/// Milliseconds: what is added up has a fixed length.
Result<std::int64_t> read_duration(const json::Value& value, const std::string& pointer) {
  constexpr std::int64_t kMicroseconds = 1000;
  const auto duration = value.is(json::Kind::string) ? parse_duration(value.text()) : std::nullopt;
  if (duration && duration->months == 0 && duration->microseconds >= 0 && duration->microseconds % kMicroseconds == 0 &&
      duration->microseconds / kMicroseconds <= kUseRunsMaxMs) {
    return duration->microseconds / kMicroseconds;
  }
  return wrong(pointer,
               "a duration of at most 366 days, in days, hours, minutes, seconds and whole milliseconds, such as PT90M",
               &value);
}

Result<UseArguments> read_use(const json::Value& value, const std::string& pointer) {
  if (!value.is(json::Kind::object)) { return wrong(pointer, "a use: an object with id and action", &value); }
  UseArguments use;
  use.document = value;
  for (const auto& [name, member] : value.members()) {
    const auto at = json::pointer_add(pointer, name);
    if (name == "id" || name == "action" || name == "permit") {
      auto text = word(member, at, 128, name == "action" ? "an action of ODRL" : "an id");
      if (!text) { return text.error(); }
      (name == "id" ? use.id : name == "action" ? use.action : use.permit) = std::move(*text);
    } else if (name == "statements" && member.is(json::Kind::object) && member.members().size() <= kStatementsMax) {
      for (const auto& [operand, said] : member.members()) {
        const auto place = json::pointer_add(at, operand);
        if (!is_word(operand, 256)) { return wrong(place, "an operand: a word or IRI of printable ASCII", &said); }
        if (!said.is(json::Kind::number)) {
          if (auto text = word(said, place, 256, "a number, or a word or IRI"); !text) { return text.error(); }
        }
        use.statements.emplace_back(operand, said);
      }
    } else if (name == "at" || name == "duration") {
      const auto read = name == "at" ? read_time(member, at) : read_duration(member, at);
      if (!read) { return read.error(); }
      (name == "at" ? use.at : use.ran_ms) = *read;
    } else {
      return wrong(
          at, "one of id, action, permit, at, duration, statements (at most " + std::to_string(kStatementsMax) + ")",
          &member);
    }
  }
  if (use.id.empty()) { return wrong(pointer + "/id", "an id", nullptr); }
  if (use.action.empty()) { return wrong(pointer + "/action", "an action of ODRL", nullptr); }
  return use;
}

/// An operand and what is said of it: a word, a number, or an array of them.
Status read_claims(const json::Value& value, const std::string& pointer, std::vector<ClaimArguments>& claims) {
  static const Names kNames;
  if (!value.is(json::Kind::object) || value.members().empty() || value.members().size() > kStatementsMax) {
    return wrong(pointer, "an object of 1 to " + std::to_string(kStatementsMax) + " operands and their values", &value);
  }
  for (const auto& [operand, given] : value.members()) {
    const auto at = json::pointer_add(pointer, operand);
    if (!is_word(operand, 256)) { return wrong(at, "an operand: a word or IRI of printable ASCII", &given); }
    auto values = given.is(json::Kind::array) ? given : json::Value::array().push(given);
    if (values.items().size() > kClaimValuesMax) {
      return wrong(at, "at most " + std::to_string(kClaimValuesMax) + " values", &given);
    }
    for (const auto& one : values.items()) {
      if (one.is(json::Kind::number)) { continue; }
      if (auto text = word(one, at, 256, "a number, or a word or IRI"); !text) { return text.error(); }
    }
    claims.push_back({kNames.term(operand), std::move(values)});
  }
  return kDone;
}

Status read_list(Arguments& arguments, const std::string& name, const json::Value& value, const std::string& pointer) {
  const auto most = name == "uses" ? kUsesPerTransactionMax : kClassificationMax;
  if (!value.is(json::Kind::array) || value.items().empty() || value.items().size() > most) {
    return wrong(pointer, "an array of 1 to " + std::to_string(most), &value);
  }
  for (std::size_t i = 0; i < value.items().size(); ++i) {
    const auto at = pointer + "/" + std::to_string(i);
    if (name == "uses") {
      auto use = read_use(value.items()[i], at);
      if (!use) { return use.error(); }
      arguments.uses.push_back(std::move(*use));
    } else {
      auto concept_word = word(value.items()[i], at, 128, "a word or IRI");
      if (!concept_word) { return concept_word.error(); }
      arguments.classification.push_back(std::move(*concept_word));
    }
  }
  return kDone;
}

Status read_member(Arguments& arguments, const std::string& name, const json::Value& value) {
  const auto pointer = "/" + name;
  const auto keep = [](auto& to, auto read) -> Status {
    if (!read) { return read.error(); }
    to = std::move(*read);
    return kDone;
  };
  if (name == "dataset") { return keep(arguments.dataset, word(value, pointer, kDatasetBytesMax, "an IRI")); }
  if (name == "commitment") { return keep(arguments.commitment, hex(value, pointer)); }
  if (name == "negotiation" || name == "agreement" || name == "transfer") {
    return keep(arguments.subject, hex(value, pointer));
  }
  if (name == "terms") { return keep(arguments.terms, hex(value, pointer)); }
  if (name == "reason") { return keep(arguments.reason, word(value, pointer, 64, "a code")); }
  if (name == "duty") { return keep(arguments.duty, word(value, pointer, 512, "the uid of a duty")); }
  if (name == "corrects") { return keep(arguments.corrects, word(value, pointer, 128, "the id of a use")); }
  if (name == "payment") { return keep(arguments.payment, word(value, pointer, 128, "an id")); }
  if (name == "format") { return keep(arguments.format, word(value, pointer, 128, "the format of a transfer")); }
  if (name == "custodian" || name == "to" || name == "consumer" || name == "about") {
    return keep(arguments.other, word(value, pointer, limits::kNameBytesMax, "the name of an organisation"));
  }
  if (name == "unit") {
    static const Names kNames;
    auto unit = word(value, pointer, 128, "the IRI of a currency");
    if (unit) { arguments.unit = kNames.iri(*unit); }
    return unit ? kDone : Status(unit.error());
  }
  if (name == "amount") {
    const bool is_text = value.is(json::Kind::string) || value.is(json::Kind::number);
    const auto plain = is_text ? production::plain_decimal(value.text()) : std::nullopt;
    if (!plain || plain->size() > 40 || plain->starts_with('-') || *plain == "0") {
      return wrong(pointer, "a decimal of more than 0", &value);
    }
    arguments.amount = *plain;
    return kDone;
  }
  if (name == "from") { return keep(arguments.from, read_time(value, pointer)); }
  if (name == "until") { return keep(arguments.until, read_time(value, pointer)); }
  if (name == "start" || name == "end" || name == "noticeDays" || name == "issuers") {
    arguments.agreed.set(name, value);  // judged with the document that it is a member of
    return kDone;
  }
  if (name == "claims") { return read_claims(value, pointer, arguments.claims); }
  if (name == "use") {
    auto use = read_use(value, pointer);
    if (!use) { return use.error(); }
    arguments.uses.push_back(std::move(*use));
    return kDone;
  }
  if (name == "profile") { return keep(arguments.profile, word(value, pointer, kProfileIriBytesMax, "an IRI")); }
  if (name == "definition") {
    if (!value.is(json::Kind::object)) { return wrong(pointer, "actions and operands: an object", &value); }
    arguments.profile_terms = value;
    return kDone;
  }
  if (name == "policy") {
    if (!value.is(json::Kind::object)) { return wrong(pointer, "an ODRL policy: an object", &value); }
    arguments.policy = value;
    return kDone;
  }
  return read_list(arguments, name, value, pointer);
}

}  // namespace

Status check_method(std::string_view method) {
  if (shape_of(method) != nullptr) { return kDone; }
  std::string known;
  for (const auto& one : kShapes) { known += (known.empty() ? "" : ", ") + std::string(one.name); }
  return failure(ErrorKind::not_found, "UNKNOWN_METHOD",
                 "contract usage has no method '" + std::string(method) + "'; known: " + known);
}

Result<Arguments> read_arguments(std::string_view method, ByteView bytes) {
  if (auto known = check_method(method); !known) { return known.error(); }
  const auto* shape = shape_of(method);
  const auto document = json::parse(as_text(bytes), {.bytes = limits::kArgumentBytesMax});
  if (!document) { return document.error(); }
  if (!document->is(json::Kind::object)) { return wrong("", "a JSON object", &*document); }
  Arguments arguments;
  arguments.method = shape->method;
  arguments.move = shape->move;
  arguments.transfer_move = shape->transfer_move;
  for (auto member : shape->members) {
    if (member.empty()) { continue; }
    const bool optional = member.ends_with('?');
    if (optional) { member.remove_suffix(1); }
    const auto* value = document->find(member);
    if (value == nullptr && !optional) { return wrong("/" + std::string(member), "a value", nullptr); }
    if (value == nullptr) { continue; }
    if (auto read = read_member(arguments, std::string(member), *value); !read) { return read.error(); }
  }
  for (const auto& [name, value] : document->members()) {
    const auto known = std::any_of(shape->members.begin(), shape->members.end(), [&](std::string_view member) {
      return !member.empty() &&
             (member == name || (member.ends_with('?') && member.substr(0, member.size() - 1) == name));
    });
    if (!known) { return wrong(json::pointer_add("", name), "no such member of " + std::string(method), &value); }
  }
  return arguments;
}

}  // namespace keten::usage
