#include <algorithm>
#include <ostream>
#include <set>

#include <fmt/format.h>

#include "client/http_client.h"
#include "contracts/production/entity.h"
#include "contracts/production/history.h"
#include "tools/keten/history_check.h"
#include "tools/keten/options.h"
#include "tools/keten/trace_view.h"
#include "tools/keten/verification.h"

namespace keten::tools {
namespace {

using json::Value;

/// The events of a trace as they were captured, in one document that can be captured again.
Result<Value> epcis_document(const Target& target, const query::Trace& trace) {
  auto context = Value::array();
  auto events = Value::array();
  std::set<std::string> contexts;
  std::set<std::string> taken;
  for (const auto& entry : trace.events) {
    if (!taken.insert(entry.summary.id).second) { continue; }
    const auto response = target.http({.target = "/epcis/v2/events/" + client::percent_encode(entry.summary.id),
                                       .headers = {{"GS1-EPC-Format", "Never_Translates"}}});
    if (!response) { return response.error(); }
    if (!response->ok()) { return problem_error(*response); }
    const auto found = json::parse(response->body);
    if (!found) { return found.error(); }
    const auto* list = &*found;
    for (const auto* name : {"epcisBody", "queryResults", "resultsBody", "eventList"}) {
      list = list == nullptr ? nullptr : list->find(name);
    }
    const auto* own = found->find("@context");
    if (list == nullptr || !list->is(json::Kind::array) || own == nullptr || !own->is(json::Kind::array)) {
      return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the answer holds no eventList or no @context");
    }
    for (const auto& part : own->items()) {
      if (contexts.insert(json::serialize(part)).second) { context.push(part); }
    }
    // Under one id there may be a declaration of error, and events of several companies.
    for (const auto& event : list->items()) {
      const auto time = production::parse_time(event.find_string("eventTime").value_or(""));
      if (event.find("errorDeclaration") == nullptr && time == entry.summary.time) { events.push(event); }
    }
  }
  const auto newest = trace.events.empty() ? 0 : trace.events.back().summary.time;
  return Value::object()
      .set("@context", std::move(context))
      .set("type", Value::string("EPCISDocument"))
      .set("schemaVersion", Value::string("2.0"))
      .set("creationDate", Value::string(production::time_text(newest)))
      .set("epcisBody", Value::object().set("eventList", std::move(events)));
}

void check_trace(const TraceOptions& options, const Value& document, Verification& verification) {
  if (!verification.is_wanted()) { return; }
  const auto entity = production::entity_key(options.epc);
  proof::Question question;
  question.kind = proof::QuestionKind::trace;
  question.entity = entity;
  question.direction = options.forward ? proof::Direction::forward : proof::Direction::back;
  if (const auto* height = document.find("height"); height != nullptr) {
    question.at_least = Height{static_cast<std::uint64_t>(std::max<std::int64_t>(height->as_integer().value_or(0), 0))};
  }
  const auto subject = std::string(options.forward ? "trace forward of " : "trace back of ") +
                       std::string(production::head_kind(entity)) + " " + proof::shown(entity);
  verification.check(question, subject,
                     [&](const proof::Proof& proof) { return compare_trace(document, proof, verification); });
}

}  // namespace

int run_trace(Console& console, const TraceOptions& options) {
  const auto target = find_target(options.target);
  if (!target) { return console.fail(target.error()); }
  auto verification = Verification::open(console, options.target, *target, options.trust);
  if (!verification) { return console.fail(verification.error()); }
  auto document =
      target->get_json(fmt::format("/v1/trace/{}?direction={}&depth={}", client::percent_encode(options.epc),
                                   options.forward ? "forward" : "back", options.depth));
  if (!document) { return console.fail(document.error()); }
  check_trace(options, *document, *verification);
  if (options.output == "json") {
    verification->describe(*document);
    console.out << json::pretty(*document) << "\n";
    return verification->finish(OutputForm::json);
  }
  if (verification->has_failed()) { return verification->finish(OutputForm::table); }
  const auto trace = parse_trace(*document);
  if (!trace) { return console.fail(trace.error()); }
  if (options.output == "dot") {
    console.out << query::trace_dot(*trace);
    return verification->finish(OutputForm::table);
  }
  if (options.output == "epcis") {
    const auto epcis = epcis_document(*target, *trace);
    if (!epcis) { return console.fail(epcis.error()); }
    console.out << json::pretty(*epcis) << "\n";
    verification->is_word_of_node("the events themselves, which are fetched one by one");
    return verification->finish(OutputForm::table);
  }
  console.out << trace_table(*trace);
  if (trace->truncated) { console.err << "The trace was cut; follow one of its items, or raise --depth.\n"; }
  return verification->finish(OutputForm::table);
}

}  // namespace keten::tools
