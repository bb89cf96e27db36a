#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/proof/question.h"
#include "core/receipt.h"
#include "core/result.h"
#include "node/http/capture_jobs.h"
#include "node/query/collections.h"
#include "node/query/epc_format.h"
#include "node/query/rule_reads.h"
#include "node/query/usage_query.h"

namespace keten::http {

/// One `name=value` of a query string, percent-decoded, in the order of the URL. The lists inside a value (`|`) are not split.
struct QueryParameter {
  std::string name;
  std::string value;
  friend bool operator==(const QueryParameter&, const QueryParameter&) = default;
};

/// An EPCIS query (EPCIS 2.0, 8.2.7.1). `perPage` and `nextPageToken` are taken out of `parameters`.
struct EventQuery {
  std::vector<QueryParameter> parameters;
  std::size_t per_page = 0;              ///< 1 to limits::kPageMax; fewer may be returned
  std::string page_token;                ///< empty: the first page
  std::vector<QueryParameter> prefixes;  ///< prefix and namespace, of `GS1-Extensions`
  std::optional<json::Value> body;       ///< a query document: these parameters instead
  query::EpcFormat format = query::EpcFormat::as_captured;
};

/// Values that events have, of one kind: the top of a resource.
struct ResourcePage {
  std::vector<std::string> values;
  std::string next;  ///< where the next page begins; empty: this is the last one
  Height height;
};

struct EventPage {
  std::vector<json::Value> events;
  std::string next_page_token;  ///< empty: this is the last page; characters of RFC 3986 "unreserved" only
  std::optional<Milliseconds> next_page_token_expires;
  json::Value context;  ///< the array for `@context`; null means the GS1 context alone
  Height height;        ///< of the snapshot that was read
};

/// A JSON answer and the executed height of the snapshot it was read from.
struct ValueAt {
  json::Value value;
  Height height;
};

enum class TraceDirection : std::uint8_t { back, forward };

struct TraceQuery {
  std::string entity;  ///< an EPC or class as the client wrote it: URN or Digital Link
  TraceDirection direction = TraceDirection::back;
  std::size_t depth = 0;  ///< 1 to limits::kTraceDepthMax
};

/// What auditors ask of items: docs/audit.md.
enum class AuditQuestion : std::uint8_t { history, holdings, recall, extract };

struct AuditQuery {
  AuditQuestion question = AuditQuestion::history;
  std::string what;  ///< an EPC, a place or an organisation as the client wrote it; empty: everything of a time
  std::string from;  ///< of a recall or an extract: a time with zone; empty: since ever
  std::string until;
  std::size_t limit = 0;   ///< 1 to limits::kPageMax
  std::string page_token;  ///< empty: the first page
};

enum class DocumentForm : std::uint8_t {
  document,  ///< an EPCISDocument or EPCISQueryDocument, as POST /capture takes
  event,     ///< one bare event, as POST /events takes
};

/// What a capture transaction did, read from its receipt.
struct CaptureOutcome {
  std::vector<std::string> event_ids;  ///< of the stored events in document order, assigned ones included
  std::vector<std::string> known_ids;  ///< those of them that were stored before, with the same content
  std::vector<Error> errors;           ///< per event that was not stored; `conflict` when an event exists already
  std::vector<std::size_t> refused;    ///< the numbers of those events in the document, from 0
};

/// What a recorded capture says about itself.
struct CaptureFacts {
  struct Event {
    std::string pointer;                        ///< in the document
    std::string hash;                           ///< event hash of CBV 2.0
    std::optional<bool> hash_matches_event_id;  ///< only where the event id is such a hash
  };
  ErrorBehaviour behaviour = ErrorBehaviour::rollback;
  CaptureProfile profile = CaptureProfile::strict;
  Milliseconds recorded_at = 0;  ///< time of its block
  std::vector<Event> events;
  std::vector<Violation> warnings;  ///< what is doubtful and was accepted
};

/// One line of `/readyz`.
struct ReadinessCheck {
  std::string name;
  bool passed = false;
  std::string detail;
};

/// A proof file and the executed height of the snapshot it was made from.
struct ProofAt {
  Bytes file;
  Height height;
};

/// Contracts, agreements or findings, and the executed height of the snapshot they were read from.
struct RulesAt {
  query::RulePage page;
  Height height;
};

struct ChangesQuery {
  bool closed = false;    ///< also those that were applied, withdrawn or expired
  std::size_t limit = 0;  ///< 1 to limits::kPageMax
};

/// What the HTTP front door needs from reads. Implemented by the daemon over snapshots, and by a fake in tests.
/// Thread-safe; may take as long as a query is allowed to take, never waits for the loop.
class HttpBackend {
 public:
  virtual ~HttpBackend() = default;

  /// Shape and rules of one document, before it becomes a transaction. Reasons of core/json.h and of `production`;
  /// `violations` says where. Fails with TOO_MANY_EVENTS (too_large) over limits::kEventsPerDocumentMax.
  [[nodiscard]] virtual Status check_document(ByteView document, DocumentForm form, CaptureProfile profile) const = 0;

  /// Fails with `invalid` for an unknown parameter or a malformed value or token, `too_large` for too many hits.
  [[nodiscard]] virtual Result<EventPage> query_events(const EventQuery& query) const = 0;
  /// The event and its error declarations; fails with `not_found`.
  [[nodiscard]] virtual Result<EventPage> event_by_id(std::string_view event_id, query::EpcFormat format) const = 0;
  /// Whether a query document can be asked; its violations name the parameters.
  [[nodiscard]] virtual Status check_query(const json::Value& body) const = 0;
  [[nodiscard]] virtual Result<ResourcePage> resource(query::Resource resource, std::string_view after,
                                                      std::size_t limit) const = 0;
  /// The executed height, when an event has the value in any spelling; fails with `not_found`.
  [[nodiscard]] virtual Result<Height> find_value(query::Resource resource, std::string_view value) const = 0;

  [[nodiscard]] virtual Result<ValueAt> trace(const TraceQuery& query) const = 0;
  /// Fails with ITEM_UNKNOWN and PAGE_TOKEN.
  [[nodiscard]] virtual Result<ValueAt> audit(const AuditQuery& query) const {
    static_cast<void>(query);
    return failure(ErrorKind::unsupported, "NOT_BUILT", "this node does not answer questions about items over HTTP");
  }

  /// What a recorded transaction says (organisation, contract, method, ...); fails with `not_found`.
  [[nodiscard]] virtual Result<ValueAt> transaction(const TransactionId& id) const = 0;
  [[nodiscard]] virtual Result<ValueAt> block(Height height) const {
    static_cast<void>(height);
    return failure(ErrorKind::unsupported, "NOT_BUILT", "this node does not serve blocks over HTTP; use gRPC GetBlock");
  }

  /// Nodes, epoch, parameters, and what is pending for the next epoch.
  [[nodiscard]] virtual Result<ValueAt> validators() const { return not_built(); }
  /// The validators and parameters of one epoch, past or present; fails with `not_found`.
  [[nodiscard]] virtual Result<ValueAt> epoch(Epoch epoch) const {
    static_cast<void>(epoch);
    return not_built();
  }
  /// Changes of governance, newest first.
  [[nodiscard]] virtual Result<ValueAt> changes(ChangesQuery query) const {
    static_cast<void>(query);
    return not_built();
  }
  /// Fails like query::ask_rules(). A question for one has exactly one answer.
  [[nodiscard]] virtual Result<RulesAt> rules(const query::RuleQuestion& question) const {
    static_cast<void>(question);
    return not_built();
  }
  /// Fails like query::answer_usage().
  [[nodiscard]] virtual Result<ValueAt> usage(const query::UsageQuestion& question) const {
    static_cast<void>(question);
    return not_built();
  }
  /// Contradictions of validators that the chain has recorded.
  [[nodiscard]] virtual Result<ValueAt> evidence() const { return not_built(); }
  /// Registered keys, of one organisation or of all.
  [[nodiscard]] virtual Result<ValueAt> keys(std::string_view organisation) const {
    static_cast<void>(organisation);
    return not_built();
  }

  /// Fails like query::make_proof().
  [[nodiscard]] virtual Result<ProofAt> proof(const proof::Question& question) const {
    static_cast<void>(question);
    return failure(ErrorKind::unsupported, "NOT_BUILT", "this node does not serve proofs over HTTP");
  }

  /// Fuel that judging an organisation's document of so many events may take now: what the rules of its agreements are allowed.
  [[nodiscard]] virtual std::uint64_t judging_fuel(std::string_view organisation, std::size_t events) const {
    static_cast<void>(organisation);
    static_cast<void>(events);
    return 0;
  }

  /// Event ids and per-event errors in the result of an executed `production.capture`.
  [[nodiscard]] virtual CaptureOutcome capture_outcome(const Receipt& receipt) const = 0;

  /// Of an executed `production.capture`; fails with `not_found`.
  [[nodiscard]] virtual Result<CaptureFacts> capture_facts(const TransactionId& id) const {
    static_cast<void>(id);
    return failure(ErrorKind::not_found, "CAPTURE_UNKNOWN", "there is no such capture");
  }

  /// Members of `/version`, for example `version`, `commit`, `protocol`.
  [[nodiscard]] virtual json::Value version() const = 0;
  /// Checks of `/readyz` beside quorum, lag and execution, for example free disk space.
  [[nodiscard]] virtual std::vector<ReadinessCheck> readiness() const { return {}; }

 private:
  static Error not_built() {
    return failure(ErrorKind::unsupported, "NOT_BUILT", "this node does not serve governance over HTTP");
  }
};

}  // namespace keten::http
