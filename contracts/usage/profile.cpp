#include "contracts/usage/profile.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "contracts/usage/policy_reader.h"
#include "core/hash.h"
#include "core/limits.h"

namespace keten::usage {
namespace {

using json::Kind;
using json::Value;

constexpr std::array<std::pair<std::string_view, OperandType>, 4> kTypes = {{{"text", OperandType::text},
                                                                             {"decimal", OperandType::decimal},
                                                                             {"time", OperandType::time},
                                                                             {"duration", OperandType::duration}}};

class ProfileReader {
 public:
  Result<Profile> read(const Value& terms) {
    if (!terms.is(Kind::object)) {
      wrong("", "an object with actions or operands", terms);
      return failed();
    }
    for (const auto& [name, value] : terms.members()) {
      const auto place = json::pointer_add("", name);
      if ((name != "actions" && name != "operands") || !value.is(Kind::object)) {
        wrong(place, "actions or operands: an object with a member for each term", value);
        continue;
      }
      for (const auto& [iri, said] : value.members()) {
        if (++terms_ > kProfileTermsMax) {
          wrong(place, "at most " + std::to_string(kProfileTermsMax) + " terms", said);
          return failed();
        }
        const auto at = json::pointer_add(place, iri);
        if (!is_own_term(iri, at)) { continue; }
        if (name == "actions") {
          read_action(iri, said, at);
        } else {
          read_operand(iri, said, at);
        }
      }
    }
    check_actions();
    if (terms_ == 0) { wrong("", "at least one action or operand", terms); }
    if (!violations_.empty()) { return failed(); }
    return std::move(profile_);
  }

 private:
  void wrong(const std::string& pointer, std::string expected, const Value& found) {
    if (violations_.size() >= limits::kViolationsMax) { return; }
    auto text = json::serialize(found);
    if (text.size() > 60) { text = "a longer value"; }
    violations_.push_back({pointer, std::move(expected), std::move(text)});
  }
  Error failed() {
    const auto& first = violations_.front();
    auto error =
        invalid("PROFILE_INVALID", std::to_string(violations_.size()) +
                                       (violations_.size() == 1 ? " place is" : " places are") + " wrong, first at " +
                                       first.pointer + ": expected " + first.expected + ", found " + first.found);
    error.violations = std::move(violations_);
    return error;
  }

  bool is_own_term(const std::string& iri, const std::string& at) {
    const bool is_plain =
        iri.size() <= kProfileIriBytesMax && iri.find(':') != std::string::npos &&
        std::all_of(iri.begin(), iri.end(), [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\\'; });
    if (!is_plain) {
      wrong(at, "an IRI of at most " + std::to_string(kProfileIriBytesMax) + " printable ASCII characters",
            Value::string(iri));
      return false;
    }
    const auto known = names_.term(iri);
    if (known != iri || !odrl_word(iri).empty() || is_known_action(iri) || operand_type(iri) ||
        profile_.actions.contains(iri) || profile_.operands.contains(iri)) {
      wrong(at, "a term that nobody else has defined, its whole IRI", Value::string(iri));
      return false;
    }
    return true;
  }

  void read_action(const std::string& iri, const Value& said, const std::string& at) {
    if (!said.is(Kind::string) || said.text().empty()) {
      wrong(at, "the action that it is a part of", said);
      return;
    }
    profile_.actions.emplace(iri, names_.term(said.text()));
  }

  void read_operand(const std::string& iri, const Value& said, const std::string& at) {
    ProfileOperand operand;
    if (!said.is(Kind::object)) {
      wrong(at, "an object with type and operators", said);
      return;
    }
    bool has_type = false;
    for (const auto& [name, value] : said.members()) {
      const auto place = json::pointer_add(at, name);
      if (name == "type") {
        const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const auto& one) {
          return value.is(Kind::string) && one.first == value.text();
        });
        if (type == kTypes.end()) {
          wrong(place, "text, decimal, time or duration", value);
        } else {
          operand.type = type->second;
          has_type = true;
        }
      } else if (name == "operators" && value.is(Kind::array)) {
        for (const auto& one : value.items()) { read_operator(one, place, operand); }
      } else if (name == "source" && value.is(Kind::string) && (value.text() == "claim" || value.text() == "request")) {
        operand.source = value.text() == "claim" ? OperandSource::claim : OperandSource::request;
      } else {
        wrong(place, "type, operators (an array), or source (claim or request)", value);
      }
    }
    if (!has_type) { wrong(at + "/type", "text, decimal, time or duration", said); }
    if (operand.operators.empty()) { wrong(at + "/operators", "at least one operator", said); }
    profile_.operands.emplace(iri, std::move(operand));
  }

  void read_operator(const Value& said, const std::string& place, ProfileOperand& operand) {
    const auto op = said.is(Kind::string) ? operator_of(names_.term(said.text())) : Operator::unknown;
    if (op == Operator::unknown ||
        std::find(operand.operators.begin(), operand.operators.end(), op) != operand.operators.end()) {
      wrong(place, "operators of ODRL, each once", said);
      return;
    }
    operand.operators.push_back(op);
  }

  /// Each is a part of one that is known, in the end of ODRL's.
  void check_actions() {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [iri, included] : profile_.actions) {
      if (!is_known_action(included) && !profile_.actions.contains(included)) {
        wrong(json::pointer_add("/actions", iri), "an action of ODRL or of this profile", Value::string(included));
      }
      pairs.emplace_back(iri, included);
    }
    if (has_cycle(pairs)) { wrong("/actions", "no action that is a part of itself", Value::string("a circle")); }
  }

  Names names_;
  Profile profile_;
  std::vector<Violation> violations_;
  std::size_t terms_ = 0;
};

}  // namespace

Result<Profile> read_profile(const json::Value& terms) { return ProfileReader().read(terms); }

Hash profile_hash(std::string_view canonical) { return Hasher("keten/usage-profile/1").sized(canonical).finish(); }

}  // namespace keten::usage
