#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "node/http/services.h"
#include "node/http/uri.h"

namespace keten::http {
namespace {

/// Base64 of the largest transaction and the JSON around it.
constexpr std::size_t kEncodedTransactionBytesMax = limits::kTransactionBytesMax / 3 * 4 + 1024;

Response problem(const Error& error) { return problem_response(keten_problem(error)); }

json::Value number(std::uint64_t value) { return json::Value::number(static_cast<std::int64_t>(value)); }
json::Value text(std::string_view value) { return json::Value::string(std::string(value)); }

std::string_view state_name(TransactionState state) {
  switch (state) {
    case TransactionState::unknown: return "unknown";
    case TransactionState::admitted: return "admitted";
    case TransactionState::final: return "final";
    case TransactionState::executed: return "executed";
    case TransactionState::expired: return "expired";
  }
  return "unknown";
}

json::Value receipt_json(const Receipt& receipt) {
  auto document = json::Value::object();
  document.set("succeeded", json::Value::boolean(receipt.succeeded));
  document.set("reason", text(receipt.reason));
  document.set("message", text(receipt.message));
  document.set("fuelUsed", number(receipt.fuel_used));
  document.set("writesDigest", text(receipt.writes_digest.hex()));
  document.set("result", text(to_hex(receipt.result)));
  return document;
}

json::Value progress_json(const TransactionId& id, const TransactionProgress& progress) {
  auto document = json::Value::object();
  document.set("transactionId", text(id.hex()));
  document.set("state", text(state_name(progress.state)));
  if (progress.height.value > 0) {
    document.set("height", number(progress.height.value));
    document.set("index", number(progress.index));
  }
  if (progress.receipt) { document.set("receipt", receipt_json(*progress.receipt)); }
  return document;
}

std::optional<WaitLevel> parse_level(std::string_view name) {
  if (name == "admitted") { return WaitLevel::admitted; }
  if (name == "final") { return WaitLevel::final; }
  if (name == "executed") { return WaitLevel::executed; }
  return std::nullopt;
}

/// The SignedTransaction bytes of a request: the body itself, or base64 inside JSON.
Result<Bytes> envelope_of(const Request& request) {
  const auto type = request.header("Content-Type").value_or("");
  const auto media = trimmed(type.substr(0, type.find(';')));
  if (equal_without_case(media, "application/octet-stream") || equal_without_case(media, "application/x-protobuf")) {
    if (request.body.size() > limits::kTransactionBytesMax) {
      return failure(ErrorKind::too_large, "TRANSACTION_TOO_LARGE",
                     "a transaction has at most " + std::to_string(limits::kTransactionBytesMax) + " bytes");
    }
    return to_bytes(request.body);
  }
  const auto document = json::parse(request.body, {.depth = 2, .bytes = kEncodedTransactionBytesMax, .values = 8});
  if (!document) { return document.error(); }
  const auto encoded = document->find_string("transaction");
  if (!encoded || document->members().size() != 1) {
    return invalid("TRANSACTION_MALFORMED", "expected one member, transaction: the SignedTransaction in base64");
  }
  auto bytes = base64_decode(*encoded);
  if (!bytes) { return invalid("TRANSACTION_MALFORMED", "/transaction is not base64"); }
  return std::move(*bytes);
}

bool is_offered(const Request& request) {
  const auto type = request.header("Content-Type").value_or("");
  const auto media = trimmed(type.substr(0, type.find(';')));
  return equal_without_case(media, "application/octet-stream") || equal_without_case(media, "application/x-protobuf") ||
         equal_without_case(media, "application/json");
}

struct Wait {
  WaitLevel level = WaitLevel::admitted;
  std::uint64_t timeout_ms = kWaitMsDefault;
};

Result<Wait> parse_wait(const Request& request) {
  Wait wait;
  for (const auto& [name, value] : request.query) {
    if (name == "wait") {
      const auto level = parse_level(value);
      if (!level) { return invalid("PARAMETER_INVALID", "wait must be admitted, final or executed"); }
      wait.level = *level;
    } else if (name == "timeout_ms") {
      const auto timeout = parse_number(value);
      if (!timeout || *timeout == 0) { return invalid("PARAMETER_INVALID", "timeout_ms must be a positive number"); }
      wait.timeout_ms = std::min(*timeout, kWaitMsMax);
    } else {
      return invalid("PARAMETER_UNKNOWN", "known parameters are wait and timeout_ms");
    }
  }
  return wait;
}

void post_transaction(const ServicesPointer& services, const RequestPointer& request, const Respond& respond) {
  const auto wait = parse_wait(*request);
  if (!wait) { return respond(problem(wait.error())); }
  if (!is_offered(*request)) {
    return respond(problem_response(
        transport_problem(415, Dialect::keten, "MEDIA_TYPE_UNSUPPORTED",
                          "expected application/octet-stream, application/x-protobuf or application/json")));
  }
  const auto envelope = envelope_of(*request);
  if (!envelope) { return respond(problem(envelope.error())); }
  const auto transaction = decode_transaction(*envelope);
  if (!transaction) { return respond(problem(transaction.error())); }
  const auto id = (*transaction)->id;
  services->gateway.submit({*transaction}, [services, respond, id, wanted = *wait](const std::vector<Status>& results) {
    if (results.size() != 1) {
      return respond(problem(failure(ErrorKind::corrupt, "INTERNAL", "the node gave no result")));
    }
    if (!results.front()) { return respond(problem(results.front().error())); }
    const auto location = "/v1/transactions/" + id.hex();
    if (wanted.level == WaitLevel::admitted) {
      TransactionProgress progress;
      progress.state = TransactionState::admitted;
      auto response = json_response(202, progress_json(id, progress));
      return respond(std::move(response.with("Location", location)));
    }
    services->gateway.wait(id, wanted.level, wanted.timeout_ms,
                           [respond, id, location](Result<TransactionProgress> progress) {
                             if (!progress) {
                               auto error = progress.error();
                               error.message += "; the transaction may still be recorded: see " + location;
                               return respond(problem(error));
                             }
                             auto response = json_response(200, progress_json(id, *progress));
                             response.with("Location", location);
                             if (progress->height.value > 0) { response.with("Keten-Height", progress->height.text()); }
                             respond(std::move(response));
                           });
  });
}

Response get_transaction(const Services& services, const Request& request) {
  const auto id = TransactionId::from_hex(request.arguments.at(0));
  if (!id) {
    return read_problem(services, invalid("TRANSACTION_ID_INVALID", "a transaction id has 64 hexadecimal digits"),
                        Dialect::keten);
  }
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::keten);
  }
  // Asked before the rest: an answer may be newer than the height that it names, never older.
  auto height = services.gateway.status().executed_height;
  auto progress = services.gateway.progress(*id);
  const auto recorded = services.backend.transaction(*id);
  // Executed in between.
  if (recorded && progress.state != TransactionState::executed) { progress = services.gateway.progress(*id); }
  if (progress.state == TransactionState::unknown && !recorded) {
    return read_problem(services, recorded.error(), Dialect::keten, height);
  }
  auto document = progress_json(*id, progress);
  if (recorded) {
    document.set("transaction", recorded->value);
    height = recorded->height;
  }
  return read_response(services, {document, height});
}

Response get_block(const Services& services, const Request& request) {
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::keten);
  }
  const auto height = parse_number(request.arguments.at(0));
  if (!height) {
    return read_problem(services, invalid("PARAMETER_INVALID", "a height is a decimal number"), Dialect::keten);
  }
  const auto as_of = services.gateway.status().executed_height;
  const auto block = services.backend.block(Height{*height});
  if (!block) { return read_problem(services, block.error(), Dialect::keten, as_of); }
  return read_response(services, *block);
}

Result<TraceQuery> parse_trace(const Request& request) {
  TraceQuery query{
      .entity = request.arguments.at(0), .direction = TraceDirection::back, .depth = limits::kTraceDepthMax};
  for (const auto& [name, value] : request.query) {
    if (name == "direction" && (value == "back" || value == "forward")) {
      query.direction = value == "back" ? TraceDirection::back : TraceDirection::forward;
    } else if (name == "direction") {
      return invalid("PARAMETER_INVALID", "direction must be back or forward");
    } else if (name == "depth") {
      const auto depth = parse_number(value);
      if (!depth || *depth == 0 || *depth > limits::kTraceDepthMax) {
        return invalid("PARAMETER_INVALID",
                       "depth must be a number from 1 to " + std::to_string(limits::kTraceDepthMax));
      }
      query.depth = *depth;
    } else {
      return invalid("PARAMETER_UNKNOWN", "known parameters are direction and depth");
    }
  }
  return query;
}

Response get_trace(const Services& services, const Request& request) {
  if (const auto behind = height_not_reached(services, request)) {
    return read_problem(services, *behind, Dialect::keten);
  }
  const auto query = parse_trace(request);
  if (!query) { return read_problem(services, query.error(), Dialect::keten); }
  const auto as_of = services.gateway.status().executed_height;
  const auto trace = services.backend.trace(*query);
  if (!trace) { return read_problem(services, trace.error(), Dialect::keten, as_of); }
  return read_response(services, *trace);
}

Result<AuditQuery> parse_audit(AuditQuestion question, const Request& request) {
  AuditQuery query;
  query.question = question;
  query.limit = limits::kPageDefault;
  if (!request.arguments.empty()) { query.what = request.arguments.front(); }
  const bool has_time = question == AuditQuestion::recall || question == AuditQuestion::extract;
  const bool has_pages = question != AuditQuestion::extract;
  for (const auto& [name, value] : request.query) {
    if (has_pages && name == "perPage") {
      const auto limit = parse_number(value);
      if (!limit || *limit == 0 || *limit > limits::kPageMax) {
        return invalid("PARAMETER_INVALID", "perPage must be a number from 1 to " + std::to_string(limits::kPageMax));
      }
      query.limit = *limit;
    } else if (has_pages && name == "nextPageToken") {
      query.page_token = value;
    } else if (has_time && (name == "from" || name == "until")) {
      (name == "from" ? query.from : query.until) = value;
    } else {
      return invalid("PARAMETER_UNKNOWN", !has_pages ? "known parameters are from and until"
                                          : has_time ? "known parameters are from, until, perPage and nextPageToken"
                                                     : "known parameters are perPage and nextPageToken");
    }
  }
  if (has_time && query.what.empty() && (query.from.empty() || query.until.empty())) {
    return invalid("PARAMETER_MISSING", "expected an EPC or a place in the path, or both from and until");
  }
  return query;
}

Response get_audit(const Services& services, const Request& request, AuditQuestion question) {
  return answer_read(services, request, [&]() -> Result<ValueAt> {
    const auto query = parse_audit(question, request);
    if (!query) { return query.error(); }
    return services.backend.audit(*query);
  });
}

Response get_epoch(const Services& services, const Request& request) {
  return answer_read(services, request, [&]() -> Result<ValueAt> {
    const auto epoch = parse_number(request.arguments.at(0));
    if (!epoch) { return invalid("PARAMETER_INVALID", "an epoch is a decimal number"); }
    return services.backend.epoch(Epoch{*epoch});
  });
}

Result<ChangesQuery> parse_changes(const Request& request) {
  ChangesQuery query{.closed = false, .limit = limits::kPageDefault};
  for (const auto& [name, value] : request.query) {
    if (name == "closed" && (value == "true" || value == "false")) {
      query.closed = value == "true";
    } else if (name == "closed") {
      return invalid("PARAMETER_INVALID", "closed must be true or false");
    } else if (name == "limit") {
      const auto limit = parse_number(value);
      if (!limit || *limit == 0 || *limit > limits::kPageMax) {
        return invalid("PARAMETER_INVALID", "limit must be a number from 1 to " + std::to_string(limits::kPageMax));
      }
      query.limit = *limit;
    } else {
      return invalid("PARAMETER_UNKNOWN", "known parameters are closed and limit");
    }
  }
  return query;
}

Response get_changes(const Services& services, const Request& request) {
  return answer_read(services, request, [&]() -> Result<ValueAt> {
    const auto query = parse_changes(request);
    if (!query) { return query.error(); }
    return services.backend.changes(*query);
  });
}

Response get_keys(const Services& services, const Request& request) {
  return answer_read(services, request, [&]() -> Result<ValueAt> {
    std::string organisation;
    for (const auto& [name, value] : request.query) {
      if (name != "organisation") { return invalid("PARAMETER_UNKNOWN", "the known parameter is organisation"); }
      organisation = value;
    }
    return services.backend.keys(organisation);
  });
}

json::Value peer_json(const PeerSummary& peer) {
  auto document = json::Value::object();
  document.set("node", text(peer.node));
  document.set("organisation", text(peer.organisation));
  document.set("connected", json::Value::boolean(peer.connected));
  document.set("height", number(peer.height.value));
  document.set("executedHeight", number(peer.executed_height.value));
  document.set("silentMs", number(peer.silent_ms));
  return document;
}

Response get_status(const Services& services) {
  const auto status = services.gateway.status();
  auto peers = json::Value::array();
  for (const auto& peer : status.peers) { peers.push(peer_json(peer)); }
  auto counters = json::Value::object();
  for (const auto& [name, value] : status.counters) { counters.set(name, number(value)); }
  auto document = json::Value::object();
  document.set("node", text(status.node));
  document.set("organisation", text(status.organisation));
  document.set("chainId", text(status.chain_id.hex()));
  document.set("chainName", text(status.chain_name));
  document.set("height", number(status.height.value));
  document.set("executedHeight", number(status.executed_height.value));
  document.set("stateRoot", text(status.state_root.hex()));
  document.set("epoch", number(status.epoch.value));
  document.set("view", number(status.view.value));
  document.set("validator", number(status.self.value));
  document.set("role", text(status.role));
  document.set("quorum", json::Value::boolean(status.quorum));
  document.set("lag", number(status.lag));
  document.set("stale", json::Value::boolean(status.stale));
  document.set("reason", text(status.reason));
  document.set("mempoolTransactions", number(status.mempool_transactions));
  document.set("mempoolBytes", number(status.mempool_bytes));
  if (status.block_time > 0) { document.set("blockTime", text(iso_time(status.block_time))); }
  document.set("version", text(status.version));
  if (status.certificate_expires > 0) {
    document.set("certificateExpires", text(iso_time(status.certificate_expires)));
  }
  auto warnings = json::Value::array();
  for (const auto& warning : status.warnings) { warnings.push(text(warning)); }
  document.set("warnings", std::move(warnings));
  document.set("peers", std::move(peers));
  document.set("counters", std::move(counters));
  return read_response(services, {document, status.executed_height});
}

}  // namespace

void add_ledger_routes(Router& router, const ServicesPointer& services) {
  router.add(
      {.method = Method::get,
       .pattern = "/v1/status",
       .handler = [services](const RequestPointer&, const Respond& respond) { respond(get_status(*services)); }});
  router.add({.method = Method::get,
              .pattern = "/v1/trace/{epc}",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_trace(*services, *request));
              }});
  for (const auto& [pattern, question] : {std::pair{"/v1/history/{epc}", AuditQuestion::history},
                                          {"/v1/holdings/{who}", AuditQuestion::holdings},
                                          {"/v1/recall/{what}", AuditQuestion::recall},
                                          {"/v1/recall", AuditQuestion::recall},
                                          {"/v1/extract/{what}", AuditQuestion::extract},
                                          {"/v1/extract", AuditQuestion::extract}}) {
    router.add({.method = Method::get,
                .pattern = pattern,
                .handler = [services, question = question](const RequestPointer& request, const Respond& respond) {
                  respond(get_audit(*services, *request, question));
                }});
  }
  router.add({.method = Method::post,
              .pattern = "/v1/transactions",
              .access = Access::writer,
              .handler = [services](const RequestPointer& request,
                                    const Respond& respond) { post_transaction(services, request, respond); },
              .body_bytes_max = kEncodedTransactionBytesMax,
              .answer_ms = kWaitMsMax + 5'000});
  router.add({.method = Method::get,
              .pattern = "/v1/transactions/{id}",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_transaction(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = "/v1/blocks/{height}",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_block(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = "/v1/validators",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(answer_read(*services, *request, [&] { return services->backend.validators(); }));
              }});
  router.add({.method = Method::get,
              .pattern = "/v1/epochs/{epoch}",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_epoch(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = "/v1/governance/changes",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_changes(*services, *request));
              }});
  router.add({.method = Method::get,
              .pattern = "/v1/evidence",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(answer_read(*services, *request, [&] { return services->backend.evidence(); }));
              }});
  router.add({.method = Method::get,
              .pattern = "/v1/governance/keys",
              .handler = [services](const RequestPointer& request, const Respond& respond) {
                respond(get_keys(*services, *request));
              }});
}

}  // namespace keten::http
