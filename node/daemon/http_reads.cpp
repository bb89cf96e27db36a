
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "contracts/agreements/agreement_state.h"
#include "contracts/governance/evidence_state.h"
#include "contracts/governance/views.h"
#include "contracts/production/document.h"
#include "contracts/production/event_hash.h"
#include "contracts/production/event_record.h"
#include "contracts/production/production_contract.h"
#include "contracts/rule_judge.h"
#include "node/daemon/node.h"
#include "node/daemon/reads.h"
#include "node/query/collections.h"
#include "node/query/epc_format.h"
#include "node/query/extract.h"
#include "node/query/lineage.h"
#include "node/query/trace.h"
#include "node/runtime/log.h"

namespace keten::node {
namespace {

using json::Value;

Value number(std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); }

/// One snapshot, opened for EPCIS questions.
class EpcisView {
 public:
  static Result<EpcisView> open(const Reads& reads) {
    auto view = reads.view();
    auto executed = view.executed();
    if (!executed) { return executed.error(); }
    return EpcisView(std::move(view), executed->height);
  }

  [[nodiscard]] Height height() const { return height_; }
  [[nodiscard]] query::EpcisReaders readers() const {
    return {view_.state(), view_.index(),
            [this](Height at, std::uint32_t index) {
              return view_.transaction_at({at, index});
            },
            height_};
  }

 private:
  EpcisView(query::LedgerView view, Height height) : view_(std::move(view)), height_(height) {}
  query::LedgerView view_;
  Height height_;
};

http::EventPage to_page(query::EpcisPage page, query::EpcFormat format, const contracts::StateReader& index) {
  http::EventPage result;
  std::map<std::string, bool, std::less<>> prefixes;  // each is looked up once for a page
  const auto is_prefix = [&](std::string_view digits) {
    const auto known = prefixes.find(digits);
    if (known != prefixes.end()) { return known->second; }
    return prefixes.emplace(digits, query::is_company_prefix(index, digits)).first->second;
  };
  result.next_page_token = std::move(page.next_page_token);
  result.context = std::move(page.context);
  result.height = page.height;
  for (auto& found : page.events) {
    query::spell_identifiers(found.event, format, is_prefix);
    result.events.push_back(std::move(found.event));
  }
  return result;
}

Result<query::EpcisQuery> parse(const http::EventQuery& query) {
  query::Prefixes prefixes;
  for (const auto& [prefix, space] : query.prefixes) { prefixes.emplace_back(prefix, space); }
  if (query.body) {
    auto body = *query.body;
    body.set("perPage", number(query.per_page));
    body.remove("nextPageToken");
    if (!query.page_token.empty()) { body.set("nextPageToken", Value::string(query.page_token)); }
    return query::parse_epcis_query(body, prefixes);
  }
  query::EpcisParameters parameters;
  for (const auto& parameter : query.parameters) { parameters.emplace_back(parameter.name, parameter.value); }
  parameters.emplace_back("perPage", std::to_string(query.per_page));
  if (!query.page_token.empty()) { parameters.emplace_back("nextPageToken", query.page_token); }
  return query::parse_epcis_query(parameters, prefixes);
}

}  // namespace

Status HttpReads::check_document(ByteView document, http::DocumentForm form, http::CaptureProfile profile) const {
  const auto exactly =
      profile == http::CaptureProfile::lenient ? production::Profile::lenient : production::Profile::strict;
  auto read = production::read_document(as_text(document), exactly);
  if (!read) { return read.error(); }
  const bool is_event = read->kind == production::DocumentKind::event;
  if (is_event == (form == http::DocumentForm::event)) { return kDone; }
  return invalid("EPCIS_INVALID", is_event ? "expected an EPCISDocument or EPCISQueryDocument, found a single event; "
                                             "single events go to /epcis/v2/events"
                                           : "expected one event, found a document; documents go to /epcis/v2/capture");
}

Result<http::EventPage> HttpReads::query_events(const http::EventQuery& query) const {
  return guarded([&]() -> Result<http::EventPage> {
    auto parsed = parse(query);
    if (!parsed) { return parsed.error(); }
    auto view = EpcisView::open(reads_);
    if (!view) { return view.error(); }
    auto page = query::find_events(view->readers(), *parsed);
    if (!page) { return page.error(); }
    return to_page(std::move(*page), query.format, view->readers().index);
  });
}

Status HttpReads::check_query(const Value& body) const {
  const auto parsed = query::parse_epcis_query(body);
  if (!parsed) { return parsed.error(); }
  return kDone;
}

Result<http::ResourcePage> HttpReads::resource(query::Resource resource, std::string_view after,
                                               std::size_t limit) const {
  return guarded([&]() -> Result<http::ResourcePage> {
    auto view = EpcisView::open(reads_);
    if (!view) { return view.error(); }
    auto known = query::known_values(view->readers().index, resource, after, limit);
    return http::ResourcePage{
        .values = std::move(known.values), .next = std::move(known.next), .height = view->height()};
  });
}

Result<Height> HttpReads::find_value(query::Resource resource, std::string_view value) const {
  return guarded([&]() -> Result<Height> {
    auto view = EpcisView::open(reads_);
    if (!view) { return view.error(); }
    if (query::is_known(view->readers().index, resource, value)) { return view->height(); }
    return failure(ErrorKind::not_found, "RESOURCE_UNKNOWN", "no event has the value " + std::string(value));
  });
}

Result<http::EventPage> HttpReads::event_by_id(std::string_view event_id, query::EpcFormat format) const {
  return guarded([&]() -> Result<http::EventPage> {
    auto view = EpcisView::open(reads_);
    if (!view) { return view.error(); }
    auto page = query::events_by_id(view->readers(), event_id);
    if (!page) { return page.error(); }
    return to_page(std::move(*page), format, view->readers().index);
  });
}

Result<http::ValueAt> HttpReads::trace(const http::TraceQuery& query) const {
  return guarded([&]() -> Result<http::ValueAt> {
    auto view = EpcisView::open(reads_);
    if (!view) { return view.error(); }
    const auto direction =
        query.direction == http::TraceDirection::back ? query::TraceDirection::back : query::TraceDirection::forward;
    auto traced = query::trace(view->readers(), {query.entity, direction, query.depth});
    if (!traced) { return traced.error(); }
    return http::ValueAt{query::trace_json(*traced), traced->height};
  });
}

Result<http::ValueAt> HttpReads::audit(const http::AuditQuery& query) const {
  return guarded([&]() -> Result<http::ValueAt> {
    auto view = EpcisView::open(reads_);
    if (!view) { return view.error(); }
    const auto readers = view->readers();
    const auto answer = [](const auto& found) -> Result<http::ValueAt> {
      if (!found) { return found.error(); }
      return http::ValueAt{query::to_json(*found), found->height};
    };
    std::optional<production::EventTime> from;
    std::optional<production::EventTime> until;
    for (const auto& [text, time] : {std::pair{&query.from, &from}, {&query.until, &until}}) {
      if (text->empty()) { continue; }
      *time = production::parse_time(*text);
      if (!*time) {
        return invalid("PARAMETER_INVALID",
                       "expected a time with zone, for example 2026-06-01T00:00:00Z, found " + *text);
      }
    }
    switch (query.question) {
      case http::AuditQuestion::history:
        return answer(query::history(readers, {query.what, query.page_token, query.limit}));
      case http::AuditQuestion::holdings:
        return answer(query::holdings(readers, {query.what, query.page_token, query.limit}));
      case http::AuditQuestion::recall:
        return answer(query::recall(readers, {query.what, from, until, query.page_token, query.limit}));
      case http::AuditQuestion::extract: {
        const auto found = query::extract(readers, {query.what, from, until});
        if (!found) { return found.error(); }
        return http::ValueAt{query::to_json(*found).set("chainId", Value::string(home_.chain_id.hex())), found->height};
      }
    }
    return failure(ErrorKind::unsupported, "QUESTION_UNKNOWN", "no such question");
  });
}

Result<http::ValueAt> HttpReads::transaction(const TransactionId& id) const {
  return guarded([&]() -> Result<http::ValueAt> {
    const auto view = reads_.view();
    auto found = view.transaction(id);
    if (!found) { return found.error(); }
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    const auto& body = found->transaction->body;
    Value payloads = Value::array();
    for (const auto& payload : found->transaction->payloads) { payloads.push(number(payload.content.size())); }
    return http::ValueAt{Value::object()
                             .set("transactionId", Value::string(id.hex()))
                             .set("organisation", Value::string(body.organisation))
                             .set("sender", Value::string(key_text(body.sender)))
                             .set("contract", Value::string(body.contract))
                             .set("method", Value::string(body.method))
                             .set("validUntil", number(body.valid_until.value))
                             .set("bytes", number(found->transaction->envelope.size()))
                             .set("payloadBytes", std::move(payloads))
                             .set("height", number(found->place.height.value))
                             .set("index", number(found->place.index)),
                         executed->height};
  });
}

Result<http::ValueAt> HttpReads::block(Height height) const {
  return guarded([&]() -> Result<http::ValueAt> {
    const auto view = reads_.view();
    const auto record = view.record(height);
    if (!record) { return record.error(); }
    const auto receipts = view.receipts(height);
    if (!receipts) { return receipts.error(); }
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    const auto& header = record->header;
    Value transactions = Value::array();
    for (const auto& receipt : *receipts) {
      transactions.push(Value::object()
                            .set("transactionId", Value::string(receipt.transaction.hex()))
                            .set("succeeded", Value::boolean(receipt.succeeded))
                            .set("reason", Value::string(receipt.reason)));
    }
    const auto epoch = governance::read_epoch(view.state(), header.epoch);
    const auto has_proposer = epoch && header.proposer.value < epoch->record.validators.size();
    return http::ValueAt{
        Value::object()
            .set("blockId", Value::string(record->id.hex()))
            .set("height", number(header.height.value))
            .set("epoch", number(header.epoch.value))
            .set("view", number(header.view.value))
            .set("time", number(header.time))
            .set("parent", Value::string(header.parent.hex()))
            .set("proposer", Value::string(has_proposer ? epoch->record.validators[header.proposer.value].node : ""))
            .set("payloadRoot", Value::string(header.payload_root.hex()))
            .set("payloadBytes", number(header.payload_bytes))
            .set("executedHeight", number(header.executed_height.value))
            .set("stateRoot", Value::string(header.state_root.hex()))
            .set("stateRootAfter", Value::string(record->state_root().hex()))
            .set("mountainRootAfter", Value::string(record->commitments.mountain_root.hex()))
            .set("mapRootAfter", Value::string(record->commitments.map_root.hex()))
            .set("restAfter", Value::string(record->commitments.rest.hex()))
            .set("transactions", std::move(transactions)),
        executed->height};
  });
}

namespace {

/// A view of governance at the executed height.
template <typename Read>
Result<http::ValueAt> governed(const Reads& reads, Read&& read) {
  return guarded([&]() -> Result<http::ValueAt> {
    const auto view = reads.view();
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    Result<Value> value = read(view.state());
    if (!value) { return value.error(); }
    return http::ValueAt{std::move(*value), executed->height};
  });
}

template <typename Views>
Value list_of(const Views& views) {
  Value list = Value::array();
  for (const auto& one : views) { list.push(governance::to_json(one)); }
  return list;
}

}  // namespace

Result<http::ValueAt> HttpReads::validators() const {
  return governed(reads_, [](const contracts::StateReader& state) -> Result<Value> {
    return governance::to_json(governance::read_validators(state));
  });
}

Result<http::ValueAt> HttpReads::epoch(Epoch epoch) const {
  return governed(reads_, [&](const contracts::StateReader& state) -> Result<Value> {
    const auto found = governance::read_epoch(state, epoch);
    if (!found) {
      return failure(ErrorKind::not_found, "EPOCH_UNKNOWN", "this node has executed no epoch " + epoch.text());
    }
    return governance::to_json(*found);
  });
}

Result<http::ValueAt> HttpReads::changes(http::ChangesQuery query) const {
  return governed(reads_, [&](const contracts::StateReader& state) -> Result<Value> {
    const auto which = query.closed ? governance::WhichChanges::all : governance::WhichChanges::open;
    return Value::object().set("changes", list_of(governance::read_changes(state, which, query.limit)));
  });
}

Result<http::RulesAt> HttpReads::rules(const query::RuleQuestion& question) const {
  return guarded([&]() -> Result<http::RulesAt> {
    Height height;
    auto page = reads_.rules(question, height);
    if (!page) { return page.error(); }
    return http::RulesAt{std::move(*page), height};
  });
}

Result<http::ValueAt> HttpReads::usage(const query::UsageQuestion& question) const {
  return guarded([&]() -> Result<http::ValueAt> {
    auto answer = query::answer_usage(reads_.view(), question);
    if (!answer) { return answer.error(); }
    return http::ValueAt{std::move(answer->value), answer->height};
  });
}

Result<http::ValueAt> HttpReads::evidence() const {
  return governed(reads_, [&](const contracts::StateReader& state) -> Result<Value> {
    const auto recorded = governance::read_evidence(state);
    if (!recorded) { return recorded.error(); }
    Value list = Value::array();
    for (const auto& one : *recorded) { list.push(governance::to_json(state, one)); }
    return Value::object().set("evidence", std::move(list));
  });
}

Result<http::ValueAt> HttpReads::keys(std::string_view organisation) const {
  return governed(reads_, [&](const contracts::StateReader& state) -> Result<Value> {
    return Value::object().set("keys", list_of(governance::read_keys(state, organisation)));
  });
}

Result<http::ProofAt> HttpReads::proof(const proof::Question& question) const {
  return guarded([&]() -> Result<http::ProofAt> {
    const auto view = reads_.view();
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    auto file = reads_.proof(view, question);
    if (!file) { return file.error(); }
    return http::ProofAt{std::move(*file), executed->height};
  });
}

std::uint64_t HttpReads::judging_fuel(std::string_view organisation, std::size_t events) const {
  const auto fuel = guarded([&]() -> Result<std::uint64_t> {
    const auto view = reads_.view();
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    const auto record = view.record(executed->height);
    if (!record) { return record.error(); }
    return contracts::judging_fuel(view.state(), organisation, record->header.time, events);
  });
  return fuel ? *fuel : 0;
}

http::CaptureOutcome HttpReads::capture_outcome(const Receipt& receipt) const {
  http::CaptureOutcome outcome;
  const auto result = production::decode_capture_result(receipt.result);
  if (!result) { return outcome; }
  for (std::size_t number = 0; number < result->size(); ++number) {
    const auto& event = (*result)[number];
    if (event.status == production::CaptureStatus::refused) {
      outcome.errors.push_back(failure(ErrorKind::conflict, event.reason,
                                       event.message.empty()
                                           ? "event " + std::to_string(number) + ", " + event.id + ", was not recorded"
                                           : event.message));
      outcome.refused.push_back(number);
    } else {
      if (event.status == production::CaptureStatus::known) { outcome.known_ids.push_back(event.id); }
      outcome.event_ids.push_back(event.id);
    }
  }
  return outcome;
}

Result<http::CaptureFacts> HttpReads::capture_facts(const TransactionId& id) const {
  return guarded([&]() -> Result<http::CaptureFacts> {
    const auto view = reads_.view();
    const auto found = view.transaction(id);
    if (!found) { return found.error(); }
    const auto record = view.record(found->place.height);
    if (!record) { return record.error(); }
    const auto unknown =
        failure(ErrorKind::not_found, "CAPTURE_UNKNOWN", "this transaction captured no valid document");
    const auto arguments = production::decode_capture_arguments(found->transaction->body.arguments);
    if (!arguments || found->transaction->payloads.size() != 1) { return unknown; }
    const auto text = as_text(found->transaction->payloads.front().content);
    auto document = production::read_document(text, arguments->profile);
    const auto parsed = json::parse(text);
    if (!document || !parsed) { return unknown; }
    const auto hashed = production::hash_events(*parsed);
    if (!hashed) { return unknown; }
    http::CaptureFacts facts;
    if (arguments->behaviour == production::ErrorBehaviour::proceed) {
      facts.behaviour = http::ErrorBehaviour::proceed;
    }
    if (arguments->profile == production::Profile::lenient) { facts.profile = http::CaptureProfile::lenient; }
    facts.recorded_at = record->header.time;
    facts.warnings = std::move(document->warnings);
    for (const auto& event : *hashed) {
      facts.events.push_back(
          {production::event_pointer(document->kind, facts.events.size()), event.hash, event.hash_matches_event_id});
    }
    return facts;
  });
}

Value HttpReads::version() const {
  return Value::object()
      .set("name", Value::string("keten"))
      .set("version", Value::string(std::string(kVersion)))
      .set("protocol", number(kProtocolVersion))
      .set("chain", Value::string(home_.genesis.chain_name))
      .set("chainId", Value::string(home_.chain_id.hex()))
      .set("captureProfile", Value::string(home_.config.api.capture_profile))
      .set("node", Value::string(home_.config.node.name))
      .set("organisation", Value::string(home_.config.node.organisation));
}

std::vector<http::ReadinessCheck> HttpReads::readiness() const {
  const auto problem = gateway_.status().disk;
  return {{"disk", problem.empty(), problem.empty() ? "it has enough free space" : problem}};
}

}  // namespace keten::node
