#include "node/http/capture.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/capture_fuel.h"
#include "core/check.h"
#include "core/limits.h"
#include "node/http/media.h"
#include "node/http/services.h"
#include "node/http/uri.h"
#include "node/runtime/secrets.h"

namespace keten::http {
namespace {

/// At least as many as the document has: each has this member.
std::size_t event_count(std::string_view document) {
  constexpr std::string_view kMember = "\"eventTime\"";
  std::size_t count = 0;
  for (auto at = document.find(kMember); at != std::string_view::npos; at = document.find(kMember, at + 1)) { ++count; }
  return count;
}

constexpr std::string_view kCapturePath = "/epcis/v2/capture";
constexpr std::string_view kEventsPath = "/epcis/v2/events";

Response capture_problem(const Error& error) { return problem_response(epcis_problem(error, Subject::capture)); }
Response capture_transport_problem(unsigned status, std::string reason, std::string detail) {
  return problem_response(transport_problem(status, Dialect::epcis, std::move(reason), std::move(detail)));
}

std::optional<ErrorBehaviour> behaviour_of(const Request& request) {
  const auto text = request.header("GS1-Capture-Error-Behaviour").value_or("rollback");
  if (text == "rollback") { return ErrorBehaviour::rollback; }
  if (text == "proceed") { return ErrorBehaviour::proceed; }
  return std::nullopt;
}

/// Events and documents are JSON of EPCIS 2.0 and CBV 2.0 and nothing else.
std::optional<Response> refuse_version(const Request& request) {
  for (const auto* name : {"GS1-EPCIS-Version", "GS1-CBV-Version"}) {
    const auto version = request.header(name);
    if (version && *version != "2.0" && *version != "2.0.0") {
      return capture_transport_problem(406, "VERSION_NOT_OFFERED", std::string(name) + " here is 2.0.0");
    }
  }
  return std::nullopt;
}

/// Every answer to a capture says how exactly the document was read.
Respond with_profile(const Services& services, const Respond& respond) {
  return [respond, name = std::string(profile_name(services.capture_profile))](Response response) {
    response.with("Keten-Capture-Profile", name);
    respond(std::move(response));
  };
}

std::string_view behaviour_name(ErrorBehaviour behaviour) {
  switch (behaviour) {
    case ErrorBehaviour::rollback: return "rollback";
    case ErrorBehaviour::proceed: return "proceed";
  }
  return "rollback";
}

/// The transaction of a request, or what to answer instead.
struct Prepared {
  TransactionPointer transaction;
  std::optional<Response> refusal;
};

Prepared refuse(Response response) { return {nullptr, std::move(response)}; }

Prepared prepare(const Services& services, const Request& request, DocumentForm form, ErrorBehaviour behaviour) {
  if (auto refusal = refuse_version(request)) { return refuse(std::move(*refusal)); }
  if (!is_json(request)) {
    return refuse(capture_transport_problem(415, "MEDIA_TYPE_UNSUPPORTED",
                                            "expected application/json or application/ld+json in UTF-8"));
  }
  if (const auto coding = content_coding(request); !coding.empty()) {
    return refuse(capture_transport_problem(
        415, "CONTENT_ENCODING_UNSUPPORTED",
        "expected the body as it is, found Content-Encoding: " + std::string(coding) + "; send it without"));
  }
  if (request.body.empty()) {
    return refuse(capture_problem(invalid("BODY_EMPTY", "expected an EPCIS document in the body")));
  }
  const auto document = as_bytes(request.body);
  const auto checked = services.backend.check_document(document, form, services.capture_profile);
  if (!checked) { return refuse(capture_problem(checked.error())); }
  if (!request.user->key) {
    return refuse(
        capture_problem(failure(ErrorKind::forbidden, "KEY_MISSING", "this user has no signing key on this node")));
  }
  const auto status = services.gateway.status();
  if (const auto quorum = missing_quorum(status)) { return refuse(capture_problem(*quorum)); }
  const CaptureContext context{
      .chain_id = status.chain_id,
      .finalized = status.height,
      .validity_blocks_max = services.gateway.genesis().parameters.validity_blocks_max,
      .profile = services.capture_profile,
      .judging_fuel = services.backend.judging_fuel(request.user->organisation, event_count(request.body))};
  auto transaction = make_capture(document, behaviour, *request.user, context);
  const auto bytes_max = services.gateway.genesis().parameters.transaction_bytes_max;
  if (transaction->envelope.size() > bytes_max) {
    return refuse(capture_problem(failure(ErrorKind::too_large, "TRANSACTION_TOO_LARGE",
                                          "with its signature the document makes a transaction of " +
                                              std::to_string(transaction->envelope.size()) +
                                              " bytes, this chain takes " + std::to_string(bytes_max))));
  }
  return {std::move(transaction), std::nullopt};
}

/// Remembers the job and asks to be told of its end.
void start_job(const ServicesPointer& services, const TransactionId& id, ErrorBehaviour behaviour) {
  services->jobs.add({.id = id, .behaviour = behaviour, .created_at = services->clock(), .finished_at = std::nullopt});
}

void finish_job(const ServicesPointer& services, const TransactionId& id) {
  services->jobs.finish(id, services->clock());
}

void watch_job(const ServicesPointer& services, const TransactionId& id) {
  services->gateway.wait(id, WaitLevel::executed, kWaitMsMax, [services, id](Result<TransactionProgress> progress) {
    if (progress && progress->state == TransactionState::executed) { finish_job(services, id); }
  });
}

std::string event_path(std::string_view event_id) { return std::string(kEventsPath) + "/" + percent_encode(event_id); }
std::string job_path(const TransactionId& id) { return std::string(kCapturePath) + "/" + id.hex(); }

Error receipt_error(const Receipt& receipt) {
  const auto kind = receipt.reason == "EVENT_ID_CONFLICT" ? ErrorKind::conflict : ErrorKind::refused;
  return failure(kind, receipt.reason.empty() ? "REFUSED" : receipt.reason, receipt.message);
}

/// Status of the whole POST: the first answer of a batch of one.
Status only(const std::vector<Status>& results) {
  if (results.size() == 1) { return results.front(); }
  return failure(ErrorKind::corrupt, "INTERNAL", "the node did not say what became of the transaction");
}

/// 202 promises that the document survives whatever happens to this node: it is in a final block. Merely waiting in one
/// mempool would not.
void accept_when_final(const ServicesPointer& services, const Respond& respond, const TransactionId& id) {
  services->gateway.wait(id, WaitLevel::final, services->capture_wait_ms,
                         [services, respond, id](Result<TransactionProgress> progress) {
                           answer_safely(respond, Dialect::epcis, [&]() {
                             if (progress) {
                               Response response;
                               response.status = 202;
                               return response.with("Location", job_path(id));
                             }
                             auto error = progress.error();
                             error.message += "; the document may still be stored: see " + job_path(id);
                             auto refused = capture_problem(error);
                             return refused.with("Location", job_path(id));
                           });
                         });
}

void post_capture(const ServicesPointer& services, const RequestPointer& request, const Respond& answer) {
  const auto respond = with_profile(*services, answer);
  const auto behaviour = behaviour_of(*request);
  if (!behaviour) {
    return respond(
        capture_problem(invalid("HEADER_INVALID", "GS1-Capture-Error-Behaviour must be rollback or proceed")));
  }
  auto prepared = prepare(*services, *request, DocumentForm::document, *behaviour);
  if (prepared.refusal) { return respond(std::move(*prepared.refusal)); }
  const auto id = prepared.transaction->id;
  services->gateway.submit({prepared.transaction},
                           [services, respond, id, kind = *behaviour](const std::vector<Status>& results) {
                             const auto admitted = only(results);
                             if (!admitted) { return respond(capture_problem(admitted.error())); }
                             start_job(services, id, kind);
                             watch_job(services, id);
                             accept_when_final(services, respond, id);
                           });
}

/// The event as it was sent, with the id it was given when it had none.
std::string stored_event(const Request& request, const std::vector<std::string>& event_ids) {
  auto event = json::parse(request.body);
  if (!event || event_ids.empty() || event->find("eventID") != nullptr) { return request.body; }
  event->set("eventID", json::Value::string(event_ids.front()));
  return json::serialize(*event);
}

/// The end of POST /events: the transaction was executed, or was not in time.
Response event_stored(const Services& services, const Request& request, const TransactionId& id,
                      const Result<TransactionProgress>& progress) {
  if (!progress) {
    auto error = progress.error();
    error.message += "; the event may still be stored: see " + job_path(id);
    return capture_problem(error);
  }
  if (progress->state == TransactionState::expired) {
    return capture_problem(
        failure(ErrorKind::unavailable, "EXPIRED", "the event was not taken into a block in time; send it again"));
  }
  if (!progress->receipt) {
    return capture_problem(failure(ErrorKind::timeout, "TIMEOUT", "the event is not stored yet: see " + job_path(id)));
  }
  const auto outcome = services.backend.capture_outcome(*progress->receipt);
  if (!outcome.errors.empty()) { return capture_problem(outcome.errors.front()); }
  if (!progress->receipt->succeeded) { return capture_problem(receipt_error(*progress->receipt)); }
  const auto location = outcome.event_ids.empty() ? job_path(id) : event_path(outcome.event_ids.front());
  if (!outcome.known_ids.empty()) {
    auto exists =
        capture_problem(failure(ErrorKind::conflict, "EVENT_EXISTS",
                                "this very event was recorded before: see " + event_path(outcome.known_ids.front())));
    return std::move(exists.with("Location", location));
  }
  Response response;
  response.status = 201;
  response.with("Content-Type", "application/json");
  response.body = stored_event(request, outcome.event_ids);
  response.with("Location", location);
  response.with("Keten-Height", progress->height.text());
  return response;
}

void post_event(const ServicesPointer& services, const RequestPointer& request, const Respond& answer) {
  const auto respond = with_profile(*services, answer);
  auto prepared = prepare(*services, *request, DocumentForm::event, ErrorBehaviour::rollback);
  if (prepared.refusal) { return respond(std::move(*prepared.refusal)); }
  const auto id = prepared.transaction->id;
  services->gateway.submit(
      {prepared.transaction}, [services, request, respond, id](const std::vector<Status>& results) {
        const auto admitted = only(results);
        if (!admitted) { return respond(capture_problem(admitted.error())); }
        start_job(services, id, ErrorBehaviour::rollback);
        services->gateway.wait(id, WaitLevel::executed, services->capture_wait_ms,
                               [services, request, respond, id](Result<TransactionProgress> progress) {
                                 if (progress && progress->state == TransactionState::executed) {
                                   finish_job(services, id);
                                 }
                                 answer_safely(respond, Dialect::epcis,
                                               [&] { return event_stored(*services, *request, id, progress); });
                               });
      });
}

json::Value texts(const std::vector<std::string>& items) {
  auto list = json::Value::array();
  for (const auto& item : items) { list.push(json::Value::string(item)); }
  return list;
}

json::Value violation_json(const Violation& violation) {
  return json::Value::object()
      .set("pointer", json::Value::string(violation.pointer))
      .set("expected", json::Value::string(violation.expected))
      .set("found", json::Value::string(violation.found));
}

/// What became of each event, in the order of the document, and whether an id that claims to be a hash is the event's.
json::Value job_events(const CaptureFacts& facts, const CaptureOutcome& outcome, bool stored) {
  auto list = json::Value::array();
  std::size_t next_id = 0;
  for (std::size_t number = 0; number < facts.events.size(); ++number) {
    const auto& fact = facts.events[number];
    const bool refused = !stored || std::ranges::find(outcome.refused, number) != outcome.refused.end();
    auto event = json::Value::object();
    event.set("pointer", json::Value::string(fact.pointer)).set("stored", json::Value::boolean(!refused));
    if (!refused && next_id < outcome.event_ids.size()) {
      event.set("eventID", json::Value::string(outcome.event_ids[next_id++]));
    }
    event.set("hash", json::Value::string(fact.hash));
    if (fact.hash_matches_event_id) {
      event.set("hashMatchesEventID", json::Value::boolean(*fact.hash_matches_event_id));
    }
    list.push(std::move(event));
  }
  return list;
}

void add_facts(json::Value& document, const CaptureFacts& facts, const TransactionProgress& progress,
               const CaptureOutcome& outcome) {
  document.set("captureProfile", json::Value::string(std::string(profile_name(facts.profile))));
  document.set("events", job_events(facts, outcome, progress.receipt && progress.receipt->succeeded));
  if (facts.warnings.empty()) { return; }
  auto warnings = json::Value::array();
  for (const auto& warning : facts.warnings) { warnings.push(violation_json(warning)); }
  document.set("warnings", std::move(warnings));
}

/// EPCIS 2.0, CaptureJob; `transactionId`, `height`, `eventIDs`, `reason` and what `facts` add are ours.
json::Value job_json(const Services& services, const TransactionId& id, std::optional<CaptureJob> job,
                     const TransactionProgress& progress, const std::string& waiting_reason,
                     const std::optional<CaptureFacts>& facts = std::nullopt) {
  CaptureOutcome outcome;
  if (!job && facts) {
    job = CaptureJob{
        .id = id, .behaviour = facts->behaviour, .created_at = facts->recorded_at, .finished_at = facts->recorded_at};
  }
  if (job && facts && !job->finished_at) { job->finished_at = facts->recorded_at; }
  auto errors = json::Value::array();
  auto event_ids = json::Value::array();
  const bool ended = progress.state == TransactionState::executed || progress.state == TransactionState::expired;
  bool stored = progress.state == TransactionState::executed && progress.receipt && progress.receipt->succeeded;
  if (progress.receipt) {
    outcome = services.backend.capture_outcome(*progress.receipt);
    event_ids = texts(outcome.event_ids);
    for (std::size_t i = 0; i < outcome.errors.size(); ++i) {
      auto error = outcome.errors[i];
      if (facts && i < outcome.refused.size() && outcome.refused[i] < facts->events.size()) {
        error.violations.push_back(
            {facts->events[outcome.refused[i]].pointer, "an event that can be recorded", error.reason});
      }
      errors.push(problem_json(epcis_problem(error, Subject::capture)));
    }
    if (!progress.receipt->succeeded && outcome.errors.empty()) {
      errors.push(problem_json(epcis_problem(receipt_error(*progress.receipt), Subject::capture)));
    }
    stored = stored && outcome.errors.empty();
  }
  if (progress.state == TransactionState::expired) {
    errors.push(problem_json(epcis_problem(
        failure(ErrorKind::unavailable, "EXPIRED", "the document was not taken into a block in time; send it again"),
        Subject::capture)));
  }
  auto document = json::Value::object();
  document.set("captureID", json::Value::string(id.hex()));
  if (job) {
    document.set("createdAt", json::Value::string(iso_time(job->created_at)));
    if (ended && job->finished_at) { document.set("finishedAt", json::Value::string(iso_time(*job->finished_at))); }
    document.set("captureErrorBehaviour", json::Value::string(std::string(behaviour_name(job->behaviour))));
  }
  document.set("running", json::Value::boolean(!ended));
  document.set("success", json::Value::boolean(ended ? stored : true));
  document.set("errors", std::move(errors));
  document.set("transactionId", json::Value::string(id.hex()));
  if (progress.height.value > 0) {
    document.set("height", json::Value::number(static_cast<std::int64_t>(progress.height.value)));
  }
  document.set("eventIDs", std::move(event_ids));
  if (!ended && !waiting_reason.empty()) { document.set("reason", json::Value::string(waiting_reason)); }
  if (facts) { add_facts(document, *facts, progress, outcome); }
  return document;
}

/// Why running jobs do not end; empty when they do.
std::string waiting_reason(const NodeStatus& status) { return status.quorum ? "" : "NO_QUORUM"; }

/// A transaction that is no capture has no job, although it has an id.
bool is_capture(const Services& services, const TransactionId& id) {
  const auto recorded = services.backend.transaction(id);
  if (!recorded) { return true; }
  const auto contract = recorded->value.find_string("contract");
  return !contract || *contract == "production";
}

Response get_job(const Services& services, const Request& request) {
  const auto id = TransactionId::from_hex(request.arguments.at(0));
  const auto missing = failure(ErrorKind::not_found, "CAPTURE_UNKNOWN", "this node knows no capture job of this id");
  if (!id) { return read_problem(services, missing, Dialect::epcis); }
  // Asked before the rest: an answer may be newer than the height that it names, never older.
  const auto status = services.gateway.status();
  const auto progress = services.gateway.progress(*id);
  const auto job = services.jobs.find(*id);
  if (!job && (progress.state == TransactionState::unknown || !is_capture(services, *id))) {
    return read_problem(services, missing, Dialect::epcis);
  }
  std::optional<CaptureFacts> facts;
  if (progress.state == TransactionState::executed) {
    if (auto found = services.backend.capture_facts(*id)) { facts = std::move(*found); }
  }
  auto response = json_response(200, job_json(services, *id, job, progress, waiting_reason(status), facts));
  response.with("Keten-Height", status.executed_height.text());
  return response;
}

Response list_jobs(const Services& services, const Request& request) {
  std::size_t count = limits::kPageDefault;
  std::optional<TransactionId> after;
  for (const auto& [name, value] : request.query) {
    if (name == "perPage") {
      const auto number = parse_number(value);
      if (!number || *number == 0) {
        return read_problem(services, invalid("PARAMETER_INVALID", "perPage must be a positive number"),
                            Dialect::epcis);
      }
      count = std::min<std::size_t>(*number, limits::kPageMax);
    } else if (name == "nextPageToken") {
      const auto id = TransactionId::from_hex(value);
      if (!id) {
        return read_problem(services, invalid("PAGE_TOKEN_INVALID", "this nextPageToken is not ours"), Dialect::epcis);
      }
      after = *id;
    } else {
      return read_problem(services,
                          invalid("PARAMETER_UNKNOWN", "the list of captures takes perPage and nextPageToken"),
                          Dialect::epcis);
    }
  }
  const auto page = services.jobs.list(count + 1, after);
  if (!page) {
    return read_problem(services,
                        invalid("PAGE_TOKEN_INVALID", "the job of this nextPageToken is no longer kept; start again"),
                        Dialect::epcis);
  }
  const auto status = services.gateway.status();
  auto list = json::Value::array();
  for (std::size_t i = 0; i < page->size() && i < count; ++i) {
    const auto& job = (*page)[i];
    list.push(job_json(services, job.id, job, services.gateway.progress(job.id), waiting_reason(status)));
  }
  auto response = json_response(200, list);
  response.with("Keten-Height", status.executed_height.text());
  if (page->size() > count) {
    response.with("Link", "<" + std::string(kCapturePath) + "?perPage=" + std::to_string(count) +
                              "&nextPageToken=" + (*page)[count - 1].id.hex() + ">; rel=\"next\"");
  }
  return response;
}

}  // namespace

TransactionPointer make_capture(ByteView document, ErrorBehaviour behaviour, const User& user,
                                const CaptureContext& context) {
  CHECK(user.key.has_value());
  TransactionBody body;
  body.chain_id = context.chain_id;
  body.organisation = user.organisation;
  body.sender = user.key->public_key();
  body.valid_until = context.finalized.plus(std::min(kCaptureValidityBlocks, context.validity_blocks_max));
  body.salt = random_fixed<Salt>();
  body.fuel_limit = capture_fuel(document.size(), context.judging_fuel);
  body.contract = "production";
  body.method = "capture";
  // docs/formats/production.md: bit 1 proceed, bit 2 lenient.
  const std::uint8_t proceed = behaviour == ErrorBehaviour::proceed ? 1 : 0;
  const std::uint8_t lenient = context.profile == CaptureProfile::lenient ? 2 : 0;
  body.arguments = {static_cast<std::uint8_t>(proceed | lenient)};
  std::vector<Payload> payloads(1);
  random_bytes(payloads[0].salt.bytes);
  payloads[0].content = to_bytes(document);
  return sign_transaction(std::move(body), std::move(payloads), *user.key);
}

void add_capture_routes(Router& router, const ServicesPointer& services) {
  router.add({.method = Method::post,
              .pattern = std::string(kCapturePath),
              .access = Access::writer,
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer& request,
                                    const Respond& respond) { post_capture(services, request, respond); },
              .body_bytes_max = limits::kCaptureBytesMax});
  router.add({.method = Method::get,
              .pattern = std::string(kCapturePath),
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(list_jobs(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = std::string(kCapturePath) + "/{captureID}",
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_job(*services, *request));
              }});
  router.add({.method = Method::post,
              .pattern = std::string(kEventsPath),
              .access = Access::writer,
              .dialect = Dialect::epcis,
              .handler = [services](const RequestPointer& request,
                                    const Respond& respond) { post_event(services, request, respond); },
              .body_bytes_max = limits::kCaptureBytesMax});
}

}  // namespace keten::http
