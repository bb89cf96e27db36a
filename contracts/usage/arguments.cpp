#include "contracts/usage/arguments.h"

#include <algorithm>
#include <array>

#include "contracts/usage/usage_contract.h"
#include "contracts/usage/vocabulary.h"
#include "core/limits.h"

namespace keten::usage {
namespace {

/// A method and its members; those with `?` may be missing.
struct Shape {
  std::string_view name;
  Method method;
  Move move;
  std::array<std::string_view, 5> members;
};

constexpr std::array kShapes = {
    Shape{"register",
          Method::register_dataset,
          Move::request,
          {"dataset", "commitment", "custodian?", "classification?"}},
    Shape{"transfer", Method::transfer, Move::request, {"dataset", "to"}},
    Shape{"take", Method::take, Move::request, {"dataset"}},
    Shape{"request", Method::negotiate, Move::request, {"dataset", "policy", "negotiation?"}},
    Shape{"offer", Method::negotiate, Move::offer, {"dataset", "policy", "consumer?", "negotiation?"}},
    Shape{"accept", Method::negotiate, Move::accept, {"negotiation", "terms"}},
    Shape{"agree", Method::negotiate, Move::agree, {"negotiation", "terms"}},
    Shape{"verify", Method::negotiate, Move::verify, {"negotiation", "terms"}},
    Shape{"finalize", Method::negotiate, Move::finalize, {"negotiation", "terms"}},
    Shape{"terminate", Method::negotiate, Move::terminate, {"negotiation", "reason?"}},
    Shape{"permit", Method::permit, Move::request, {"agreement", "uses"}},
    Shape{"log", Method::log, Move::request, {"agreement", "uses"}},
    Shape{"fulfil", Method::fulfil, Move::request, {"agreement", "duty", "commitment"}},
    Shape{"withdraw", Method::withdraw, Move::request, {"agreement", "reason?"}},
};

Error wrong(std::string_view pointer, std::string_view expected, const json::Value* found) {
  auto text = found == nullptr ? "nothing" : json::serialize(*found);
  if (text.size() > 60) { text = "a longer value"; }
  auto error = invalid("USAGE_ARGUMENTS",
                       "at " + std::string(pointer) + ": expected " + std::string(expected) + ", found " + text);
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
  if (value.is(json::Kind::string) && is_word(value.text(), most)) { return value.text(); }
  return wrong(pointer, std::string(what) + ", printable ASCII of 1 to " + std::to_string(most) + " characters",
               &value);
}

Result<std::string> hex(const json::Value& value, const std::string& pointer) {
  if (value.is(json::Kind::string) && is_hex64(value.text())) { return value.text(); }
  return wrong(pointer, "64 hexadecimal digits", &value);
}

Result<UseArguments> read_use(const json::Value& value, const std::string& pointer) {
  static const Names kNames;
  if (!value.is(json::Kind::object)) { return wrong(pointer, "a use: an object with id and action", &value); }
  UseArguments use;
  use.document = value;
  for (const auto& [name, member] : value.members()) {
    const auto at = json::pointer_add(pointer, name);
    if (name == "id" || name == "action") {
      auto text = word(member, at, 128, name == "id" ? "an id" : "an action of ODRL");
      if (!text) { return text.error(); }
      (name == "id" ? use.id : use.action) = name == "id" ? *text : kNames.term(*text);
    } else if (name == "statements" && member.is(json::Kind::object) && member.members().size() <= kStatementsMax) {
      for (const auto& [operand, said] : member.members()) {
        const auto place = json::pointer_add(at, operand);
        if (said.is(json::Kind::number)) {
          use.statements.emplace_back(kNames.term(operand), make_value(said.text(), true));
          continue;
        }
        auto text = word(said, place, 256, "a number, or a word or IRI");
        if (!text) { return text.error(); }
        use.statements.emplace_back(kNames.term(operand), make_value(kNames.iri(*text)));
      }
    } else {
      return wrong(at, "one of id, action, statements (at most " + std::to_string(kStatementsMax) + ")", &member);
    }
  }
  if (use.id.empty()) { return wrong(pointer + "/id", "an id", nullptr); }
  if (use.action.empty()) { return wrong(pointer + "/action", "an action of ODRL", nullptr); }
  return use;
}

Status read_member(Arguments& arguments, const std::string& name, const json::Value& value) {
  const auto pointer = "/" + name;
  const auto keep = [](std::string& to, Result<std::string> read) -> Status {
    if (!read) { return read.error(); }
    to = std::move(*read);
    return kDone;
  };
  if (name == "dataset") { return keep(arguments.dataset, word(value, pointer, kDatasetBytesMax, "an IRI")); }
  if (name == "commitment") { return keep(arguments.commitment, hex(value, pointer)); }
  if (name == "negotiation" || name == "agreement") { return keep(arguments.subject, hex(value, pointer)); }
  if (name == "terms") { return keep(arguments.terms, hex(value, pointer)); }
  if (name == "reason") { return keep(arguments.reason, word(value, pointer, 64, "a code")); }
  if (name == "duty") { return keep(arguments.duty, word(value, pointer, 512, "the uid of a duty")); }
  if (name == "custodian" || name == "to" || name == "consumer") {
    return keep(arguments.other, word(value, pointer, limits::kNameBytesMax, "the name of an organisation"));
  }
  if (name == "policy") {
    if (!value.is(json::Kind::object)) { return wrong(pointer, "an ODRL policy: an object", &value); }
    arguments.policy = value;
    return kDone;
  }
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

}  // namespace

Result<Arguments> read_arguments(std::string_view method, ByteView bytes) {
  const auto shape = std::find_if(kShapes.begin(), kShapes.end(), [&](const Shape& one) { return one.name == method; });
  if (shape == kShapes.end()) {
    std::string known;
    for (const auto& one : kShapes) { known += (known.empty() ? "" : ", ") + std::string(one.name); }
    return failure(ErrorKind::not_found, "UNKNOWN_METHOD",
                   "contract usage has no method '" + std::string(method) + "'; known: " + known);
  }
  const auto document = json::parse(as_text(bytes), {.bytes = limits::kArgumentBytesMax});
  if (!document) { return document.error(); }
  if (!document->is(json::Kind::object)) { return wrong("", "a JSON object", &*document); }
  Arguments arguments;
  arguments.method = shape->method;
  arguments.move = shape->move;
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
