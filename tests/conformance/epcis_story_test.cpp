// Public documents, captured: each event is found by everything it says, comes back as it was, and is told by the
// history and the trace of what it names.
#include <algorithm>
#include <map>
#include <set>

#include <boost/test/unit_test.hpp>

#include "contracts/production/entity.h"
#include "core/json.h"
#include "node/query/epcis_query.h"
#include "node/query/lineage.h"
#include "node/query/trace.h"
#include "tests/conformance/sample_data.h"
#include "tests/unit/production/memory_ledger.h"

namespace keten::conformance {
namespace {

using json::Kind;
using json::Value;
using query::EpcisParameters;

constexpr const char* kDocuments = "openepcis/Capture/Documents";

struct Captured : test::MemoryLedger {
  explicit Captured(const std::filesystem::path& file) : name(file.filename().string()) {
    const auto text = content_of(file);
    const auto result = capture("Company", text);
    BOOST_REQUIRE_MESSAGE(result.ok(), name << ": " << (result ? "" : result.error().message));
    document = *json::parse(text);
    for (const auto& entry : document.find("@context")->items()) {
      if (!entry.is(Kind::object)) { continue; }
      for (const auto& [prefix, meaning] : entry.members()) { prefixes.emplace_back(prefix, meaning.text()); }
    }
  }
  [[nodiscard]] const std::vector<Value>& events() const {
    return document.find("epcisBody")->find("eventList")->items();
  }
  [[nodiscard]] query::EpcisReaders readers() const {
    return {state, index, [this](Height at, std::uint32_t number) { return load(at, number); }, height()};
  }
  [[nodiscard]] std::vector<query::FoundEvent> found(const EpcisParameters& parameters) const {
    const auto wanted = query::parse_epcis_query(parameters, prefixes);
    BOOST_REQUIRE_MESSAGE(wanted.ok(),
                          name << " " << parameters.front().first << ": " << (wanted ? "" : wanted.error().message));
    const auto at = readers();
    auto page = query::find_events(at, *wanted);
    BOOST_REQUIRE_MESSAGE(page.ok(), name << ": " << (page ? "" : page.error().message));
    return std::move(page->events);
  }

  std::string name;
  Value document;
  query::Prefixes prefixes;
};

/// As captured: without what the ledger adds.
bool is_same(Value found, const Value& captured) {
  found.remove("recordTime");
  if (captured.find("eventID") == nullptr) { found.remove("eventID"); }
  if (captured.find("recordTime") != nullptr) { found.set("recordTime", *captured.find("recordTime")); }
  return json::canonical(found) == json::canonical(captured);
}

/// Every parameter that an event answers to by what stands in it, with that value.
class Questions {
 public:
  explicit Questions(const Value& event) {
    add_members(event, {{"type", "eventType"},
                        {"action", "EQ_action"},
                        {"bizStep", "EQ_bizStep"},
                        {"disposition", "EQ_disposition"},
                        {"eventID", "EQ_eventID"},
                        {"eventTime", "GE_eventTime"},
                        {"parentID", "MATCH_parentID"},
                        {"transformationID", "EQ_transformationID"}});
    add_member(event.find("readPoint"), "id", "EQ_readPoint");
    add_member(event.find("bizLocation"), "id", "EQ_bizLocation");
    for (const auto& [list, parameter] : {std::pair{"epcList", "MATCH_epc"},
                                          {"childEPCs", "MATCH_epc"},
                                          {"inputEPCList", "MATCH_inputEPC"},
                                          {"outputEPCList", "MATCH_outputEPC"}}) {
      for (const auto& epc : items(event, list)) {
        add(parameter, epc.text());
        add("MATCH_anyEPC", epc.text());
      }
    }
    for (const auto& [list, parameter] : {std::pair{"quantityList", "MATCH_epcClass"},
                                          {"childQuantityList", "MATCH_epcClass"},
                                          {"inputQuantityList", "MATCH_inputEPCClass"},
                                          {"outputQuantityList", "MATCH_outputEPCClass"}}) {
      for (const auto& quantity : items(event, list)) {
        add_member(&quantity, "epcClass", parameter);
        add_member(&quantity, "epcClass", "MATCH_anyEPCClass");
        add_member(&quantity, "quantity", "EQ_quantity");
      }
    }
    for (const auto& [list, member, parameter] :
         {std::tuple{"bizTransactionList", "bizTransaction", "EQ_bizTransaction_"},
          {"sourceList", "source", "EQ_source_"},
          {"destinationList", "destination", "EQ_destination_"}}) {
      for (const auto& entry : items(event, list)) {
        if (const auto type = entry.find_string("type")) { add_member(&entry, member, parameter + std::string(*type)); }
      }
    }
    if (const auto* declaration = event.find("errorDeclaration")) {
      add("EXISTS_errorDeclaration", "");
      add_members(*declaration, {{"reason", "EQ_errorReason"}, {"declarationTime", "GE_errorDeclarationTime"}});
      for (const auto& id : items(*declaration, "correctiveEventIDs")) { add("EQ_correctiveEventID", id.text()); }
    }
    if (const auto* disposition = event.find("persistentDisposition")) {
      for (const auto* side : {"set", "unset"}) {
        for (const auto& word : items(*disposition, side)) {
          add(std::string("EQ_persistentDisposition_") + side, word.text());
        }
      }
    }
    for (const auto& element : items(event, "sensorElementList")) { add_sensor(element); }
    for (const auto& [name, value] : event.members()) {
      if (name.find(':') != std::string::npos && value.is(Kind::string)) { add("EQ_" + name, value.text()); }
    }
    if (const auto* master_data = event.find("ilmd")) {
      for (const auto& [name, value] : master_data->members()) {
        if (value.is(Kind::string)) { add("EQ_ILMD_" + name, value.text()); }
      }
    }
  }

  std::vector<std::pair<std::string, std::string>> asked;

 private:
  static std::vector<Value> items(const Value& holder, const std::string& name) {
    const auto* list = holder.find(name);
    return list == nullptr || !list->is(Kind::array) ? std::vector<Value>{} : list->items();
  }
  void add(const std::string& parameter, const std::string& value) { asked.emplace_back(parameter, value); }
  void add_member(const Value* holder, const std::string& member, const std::string& parameter) {
    const auto* value = holder == nullptr ? nullptr : holder->find(member);
    if (value == nullptr) { return; }
    if (value->is(Kind::boolean)) {
      add(parameter, value->as_bool() ? "true" : "false");
    } else {
      add(parameter, value->text());
    }
  }
  void add_members(const Value& holder, const std::vector<std::pair<std::string, std::string>>& members) {
    for (const auto& [member, parameter] : members) { add_member(&holder, member, parameter); }
  }
  void add_sensor(const Value& element) {
    const std::vector<std::pair<std::string, std::string>> both = {
        {"deviceID", "EQ_deviceID"}, {"dataProcessingMethod", "EQ_dataProcessingMethod"}, {"bizRules", "EQ_bizRules"}};
    if (const auto* metadata = element.find("sensorMetadata")) {
      add_members(*metadata, both);
      add_members(*metadata, {{"startTime", "GE_startTime"}, {"endTime", "GE_endTime"}});
    }
    for (const auto& report : items(element, "sensorReport")) {
      add_members(report, both);
      add_members(report, {{"type", "EQ_type"},
                           {"microorganism", "EQ_microorganism"},
                           {"chemicalSubstance", "EQ_chemicalSubstance"},
                           {"stringValue", "EQ_stringValue"},
                           {"hexBinaryValue", "EQ_hexBinaryValue"},
                           {"uriValue", "EQ_uriValue"},
                           {"booleanValue", "EQ_booleanValue"}});
      const auto unit = report.find_string("uom");
      if (!unit) { continue; }
      for (const auto* measure : {"value", "minValue", "maxValue", "meanValue", "sDev", "percValue"}) {
        add_member(&report, measure, "EQ_" + std::string(measure) + "_" + std::string(*unit));
      }
    }
  }
};

BOOST_AUTO_TEST_SUITE(epcis_story)

BOOST_AUTO_TEST_CASE(every_published_event_is_found_by_everything_it_says,
                     *boost::unit_test::precondition(has_data(kDocuments))) {
  std::map<std::string, std::size_t> asked;
  for (const auto& file : files_in(kDocuments, ".json")) {
    const Captured ledger(file);
    for (const auto& event : ledger.events()) {
      const auto is_this = [&](const query::FoundEvent& found) { return is_same(found.event, event); };
      for (const auto& [parameter, value] : Questions(event).asked) {
        ++asked[parameter.substr(0, parameter.find(':'))];
        const auto found = ledger.found({{parameter, value}});
        BOOST_TEST(std::any_of(found.begin(), found.end(), is_this),
                   ledger.name << ": not found by " << parameter << "=" << value);
        // The same field with another value does not find it.
        const bool is_text = parameter.starts_with("MATCH_") || parameter.starts_with("EQ_readPoint") ||
                             parameter.starts_with("EQ_biz") || parameter.starts_with("EQ_source") ||
                             parameter.starts_with("EQ_destination") || parameter == "EQ_eventID" ||
                             parameter == "EQ_transformationID" || parameter == "EQ_deviceID";
        if (!is_text) { continue; }
        const auto none = ledger.found({{parameter, "https://example.com/nothing-of-this-name"}});
        BOOST_TEST(none.empty(), ledger.name << ": " << parameter << " finds what it was not asked for");
      }
    }
  }
  // The documents say enough that this is no empty promise.
  BOOST_TEST(asked.size() >= 40U);
  for (const auto* family :
       {"MATCH_epc", "MATCH_inputEPCClass", "EQ_bizTransaction_po", "EQ_source_owning_party", "EQ_value_CEL",
        "EQ_errorReason", "EQ_persistentDisposition_set", "EQ_ext1", "EQ_ILMD_ext1"}) {
    BOOST_TEST(asked.contains(family), family);
  }
}

std::vector<std::string> listed_keys(const production::EventSummary& event, std::uint8_t roles) {
  std::vector<std::string> keys;
  for (const auto& entity : event.entities) {
    if ((entity.roles & roles) != 0) { keys.push_back(entity.key); }
  }
  return keys;
}

BOOST_AUTO_TEST_CASE(the_history_of_everything_named_tells_the_event_and_whether_it_counts,
                     *boost::unit_test::precondition(has_data(kDocuments))) {
  std::size_t told = 0;
  for (const auto& file : files_in(kDocuments, ".json")) {
    const Captured ledger(file);
    const auto at = ledger.readers();
    for (const auto& found : ledger.found({{"perPage", "1000"}})) {
      const auto& event = found.summary;
      if (event.declares_error) { continue; }
      for (const auto& entity : event.entities) {
        const auto history = query::history(at, {entity.key, {}, 1000});
        BOOST_REQUIRE_MESSAGE(history.ok(), ledger.name << " " << entity.key);
        const auto line = std::find_if(history->lines.begin(), history->lines.end(),
                                       [&](const auto& each) { return each.event.position == event.position; });
        BOOST_REQUIRE_MESSAGE(line != history->lines.end(), ledger.name << " " << entity.key);
        // One company records all: nothing is a stranger's claim.
        BOOST_TEST((line->standing == production::Standing::folded), ledger.name << " " << entity.key);
        BOOST_TEST(line->event.biz_step == event.biz_step);
        ++told;
      }
    }
  }
  BOOST_TEST(told >= 100U);
}

BOOST_AUTO_TEST_CASE(a_trace_goes_from_every_output_to_every_input_and_forward_again,
                     *boost::unit_test::precondition(has_data(kDocuments))) {
  std::size_t pairs = 0;
  for (const auto& file : files_in(kDocuments, ".json")) {
    const Captured ledger(file);
    const auto at = ledger.readers();
    for (const auto& found : ledger.found({{"eventType", "TransformationEvent"}, {"perPage", "1000"}})) {
      if (found.summary.declares_error) { continue; }
      const auto reaches = [&](const std::string& from, query::TraceDirection direction, const std::string& to) {
        const auto trace = query::trace(at, {from, direction});
        BOOST_REQUIRE_MESSAGE(trace.ok(), ledger.name << " " << from);
        return std::any_of(trace->items.begin(), trace->items.end(), [&](const auto& item) { return item.key == to; });
      };
      const auto inputs = listed_keys(found.summary, production::role::kInput);
      for (const auto& output : listed_keys(found.summary, production::role::kOutput)) {
        for (const auto& input : inputs) {
          BOOST_TEST(reaches(output, query::TraceDirection::back, input), ledger.name << " " << output << " " << input);
          BOOST_TEST(reaches(input, query::TraceDirection::forward, output),
                     ledger.name << " " << input << " " << output);
          ++pairs;
        }
      }
    }
  }
  BOOST_TEST(pairs >= 20U);
}

/// Several public documents that speak of the same goods, in one ledger.
BOOST_AUTO_TEST_CASE(documents_about_the_same_goods_make_one_story,
                     *boost::unit_test::precondition(has_data(kDocuments))) {
  test::MemoryLedger ledger;
  const auto record = [&](const std::string& company, const std::string& name) {
    const auto result = ledger.capture(company, content_of(data_folder() / kDocuments / (name + ".json")));
    BOOST_REQUIRE_MESSAGE(result.ok(), name << ": " << (result ? "" : result.error().message));
  };
  record("Maker", "ObjectEvent");
  record("Shop", "AggregationEvent");
  record("Maker", "ObjectEvent_with_error_declaration");
  const query::EpcisReaders at{ledger.state, ledger.index,
                               [&](Height height, std::uint32_t number) { return ledger.load(height, number); },
                               ledger.height()};
  // Serial 2018 was shipped and received in the first document (2005) and on a pallet of the second (2013).
  const auto history = query::history(at, {"urn:epc:id:sgtin:0614141.107346.2018", {}, 100});
  BOOST_REQUIRE(history.ok());
  std::vector<std::string> story;
  for (const auto& line : history->lines) {
    story.push_back(line.event.organisation + " " + line.event.biz_step +
                    (line.standing == production::Standing::erroneous ? " (error)"
                     : line.standing == production::Standing::claim   ? " (claim)"
                                                                      : ""));
  }
  BOOST_TEST(std::is_sorted(history->lines.begin(), history->lines.end(),
                            [](const auto& a, const auto& b) { return a.event.time < b.event.time; }));
  // The maker received it again, so that the shop, to whom nobody sent it, only claims to have it.
  BOOST_TEST(story == (std::vector<std::string>{"Maker shipping", "Maker receiving", "Shop receiving (claim)"}));
  BOOST_TEST(history->state->possessor == "Maker");
  // The declaration of an error of an event that this ledger does not hold is counted, and changes nothing.
  BOOST_TEST(history->state->events == story.size() + 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::conformance
