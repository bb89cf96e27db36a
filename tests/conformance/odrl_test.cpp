#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/usage/cases.h"
#include "contracts/usage/vocabulary.h"
#include "core/json.h"
#include "tests/conformance/sample_data.h"

namespace keten::conformance {
namespace {

using json::Kind;
using json::Value;

/// The same document as libraries of JSON-LD and RDF write it: expanded, with `odrl:uid` beside `@id` as most policies of the suite
/// have it, or flattened into one array of nodes.
class Rewriting {
 public:
  enum class Form : std::uint8_t { expanded, expanded_with_uid, flattened };
  explicit Rewriting(Form form) : form_(form) {}

  Value run(const Value& document) {
    auto root = node(document);
    if (form_ != Form::flattened) { nodes_ = {std::move(root)}; }
    auto result = Value::array();
    for (auto& one : nodes_) { result.push(std::move(one)); }
    nodes_.clear();
    return result;
  }

 private:
  static Value text(std::string content) { return Value::string(std::move(content)); }
  static Value reference(const std::string& iri) { return Value::object().set("@id", text(iri)); }
  static Value in_array(Value value) { return Value::array().push(std::move(value)); }
  static std::string iri_of(const std::string& word) {
    if (word.starts_with("odrl:")) { return std::string(usage::kOdrl) + word.substr(5); }
    return word.find(':') == std::string::npos ? std::string(usage::kOdrl) + word : word;
  }

  Value item(const std::string& member, const Value& value) {
    if (value.is(Kind::object)) { return node(value); }
    if (member == "rightOperand") {
      return Value::object().set("@value", value).set("@type", text("http://www.w3.org/2001/XMLSchema#dateTime"));
    }
    return reference(iri_of(value.text()));
  }

  Value node(const Value& compact) {
    auto result = Value::object();
    auto id = std::string(compact.find_string("uid").value_or(""));
    if (id.empty() && form_ == Form::flattened) { id = "_:b" + std::to_string(next_++); }
    if (!id.empty()) { result.set("@id", text(id)); }
    if (!id.empty() && form_ == Form::expanded_with_uid) {
      result.set(std::string(usage::kOdrl) + "uid", in_array(reference(id)));
    }
    for (const auto& [member, value] : compact.members()) {
      if (member == "uid") { continue; }
      if (member == "@type") {
        result.set(member, in_array(text(iri_of(value.text()))));
        continue;
      }
      if (member == "collectionSource") {
        result.set(member, value);
        continue;
      }
      auto items = Value::array();
      if (value.is(Kind::array)) {
        for (const auto& one : value.items()) { items.push(item(member, one)); }
      } else {
        items.push(item(member, value));
      }
      const bool list = member == "and" || member == "or" || member == "xone" || member == "andSequence";
      result.set(std::string(usage::kOdrl) + member,
                 list ? in_array(Value::object().set("@list", std::move(items))) : std::move(items));
    }
    if (form_ != Form::flattened) { return result; }
    nodes_.push_back(std::move(result));
    return reference(id);
  }

  Form form_;
  std::vector<Value> nodes_;
  std::size_t next_ = 0;
};

BOOST_AUTO_TEST_SUITE(odrl)

BOOST_AUTO_TEST_CASE(every_published_case_has_the_published_report,
                     *boost::unit_test::precondition(has_data("odrl/cases.json"))) {
  const auto cases = json::parse(content_of(data_folder() / "odrl/cases.json"));
  BOOST_REQUIRE(cases);
  BOOST_TEST(cases->items().size() >= 34U);
  for (const auto& one : cases->items()) {
    const auto file = std::string(one.find_string("file").value_or("?"));
    const auto result = usage::judge_case(one);
    BOOST_REQUIRE_MESSAGE(result, file << ": " << (result ? "" : result.error().message));
    BOOST_TEST(result->equal.has_value(), file);
    BOOST_TEST(result->equal.value_or(false), file);
  }
}

BOOST_AUTO_TEST_CASE(every_published_case_has_its_report_in_each_form_of_json_ld,
                     *boost::unit_test::precondition(has_data("odrl/cases.json"))) {
  const auto cases = json::parse(content_of(data_folder() / "odrl/cases.json"));
  BOOST_REQUIRE(cases);
  using Form = Rewriting::Form;
  for (const auto form : {Form::expanded, Form::expanded_with_uid, Form::flattened}) {
    for (const auto& one : cases->items()) {
      const auto name =
          std::string(one.find_string("file").value_or("?")) + ", form " + std::to_string(static_cast<int>(form));
      auto rewritten = one;
      for (const auto* part : {"policy", "request"}) { rewritten.set(part, Rewriting(form).run(*one.find(part))); }
      const auto result = usage::judge_case(rewritten);
      BOOST_REQUIRE_MESSAGE(result, name << ": " << (result ? "" : result.error().message));
      BOOST_TEST(result->equal.value_or(false), name);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::conformance
