#pragma once

#include <optional>

#include "node/api/ledger_reads.h"
#include "node/daemon/disk.h"
#include "node/daemon/home.h"
#include "node/http/backend.h"
#include "node/pipeline/gateway.h"
#include "node/query/epcis_query.h"
#include "node/query/ledger_query.h"
#include "node/query/rule_reads.h"
#include "node/runtime/log.h"

namespace keten::node {

/// A read that the disk could not answer becomes the caller's error instead of the end of a thread.
template <typename Function>
auto guarded(Function&& read) -> decltype(read()) {
  try {
    return read();
  } catch (const storage::ReadFailure& failed) {
    log_error("read: {}", failed.error().message);
    return failed.error();
  }
}

/// The executed ledger, for the daemon itself. Any thread; never waits for the loop.
class Reads {
 public:
  explicit Reads(const Disk& disk) : ledger_(disk.database(), disk.segments()), recent_(disk.recent()) {}

  /// None when no executed block holds it.
  [[nodiscard]] std::optional<TransactionProgress> progress(const TransactionId& id) const;
  [[nodiscard]] Result<query::BlockRange> range(Height from, Height to, std::size_t blocks_max,
                                                std::size_t bytes_max) const;
  [[nodiscard]] query::LedgerView view() const { return ledger_.view(); }
  /// The state after an executed height, newest when it is 0. Fails with STATE_GONE.
  [[nodiscard]] Result<query::LedgerView> view_at(Height height) const;
  /// Fails like query::ask_rules(). `height` becomes that of the snapshot.
  [[nodiscard]] Result<query::RulePage> rules(const query::RuleQuestion& question, Height& height) const;
  /// Fails like query::make_proof().
  [[nodiscard]] Result<Bytes> proof(const query::LedgerView& view, const proof::Question& question) const;

 private:
  query::LedgerQuery ledger_;
  const RecentSnapshots& recent_;
};

/// node/query as the gRPC front door wants it.
class ApiReads final : public api::LedgerReads {
 public:
  explicit ApiReads(const Reads& reads) : reads_(reads) {}

  [[nodiscard]] Result<api::StoredTransaction> transaction(const TransactionId& id) const override;
  [[nodiscard]] Result<api::StoredReceipt> receipt(const TransactionId& id) const override;
  [[nodiscard]] Result<api::StoredBlock> block(Height height) const override;
  [[nodiscard]] Result<api::StoredBlock> block(const BlockId& id) const override;
  [[nodiscard]] Result<api::EventPage> events(const api::EventCursor& after, std::string_view kind,
                                              std::size_t limit) const override;
  [[nodiscard]] Height executed_height() const override;
  [[nodiscard]] Result<api::StatePage> state(const api::StateQuestion& question) const override;
  [[nodiscard]] Result<api::RulesAt> rules(const query::RuleQuestion& question) const override;
  [[nodiscard]] Result<Bytes> proof(const proof::Question& question) const override;
  [[nodiscard]] Result<query::UsageAnswer> usage(const query::UsageQuestion& question) const override;

 private:
  const Reads& reads_;
};

/// node/query as the HTTP front door wants it.
class HttpReads final : public http::HttpBackend {
 public:
  HttpReads(const Reads& reads, const Home& home, const Gateway& gateway)
      : reads_(reads), home_(home), gateway_(gateway) {}

  [[nodiscard]] Status check_document(ByteView document, http::DocumentForm form,
                                      http::CaptureProfile profile) const override;
  [[nodiscard]] Result<http::EventPage> query_events(const http::EventQuery& query) const override;
  [[nodiscard]] Result<http::EventPage> event_by_id(std::string_view event_id, query::EpcFormat format) const override;
  [[nodiscard]] Status check_query(const json::Value& body) const override;
  [[nodiscard]] Result<http::ResourcePage> resource(query::Resource resource, std::string_view after,
                                                    std::size_t limit) const override;
  [[nodiscard]] Result<Height> find_value(query::Resource resource, std::string_view value) const override;
  [[nodiscard]] Result<http::ValueAt> trace(const http::TraceQuery& query) const override;
  [[nodiscard]] Result<http::ValueAt> audit(const http::AuditQuery& query) const override;
  [[nodiscard]] Result<http::ValueAt> transaction(const TransactionId& id) const override;
  [[nodiscard]] Result<http::ValueAt> block(Height height) const override;
  [[nodiscard]] Result<http::ValueAt> validators() const override;
  [[nodiscard]] Result<http::ValueAt> epoch(Epoch epoch) const override;
  [[nodiscard]] Result<http::ValueAt> changes(http::ChangesQuery query) const override;
  [[nodiscard]] Result<http::RulesAt> rules(const query::RuleQuestion& question) const override;
  [[nodiscard]] Result<http::ValueAt> usage(const query::UsageQuestion& question) const override;
  [[nodiscard]] Result<http::ValueAt> evidence() const override;
  [[nodiscard]] Result<http::ValueAt> keys(std::string_view organisation) const override;
  [[nodiscard]] Result<http::ProofAt> proof(const proof::Question& question) const override;
  [[nodiscard]] std::uint64_t judging_fuel(std::string_view organisation, std::size_t events) const override;
  [[nodiscard]] http::CaptureOutcome capture_outcome(const Receipt& receipt) const override;
  [[nodiscard]] Result<http::CaptureFacts> capture_facts(const TransactionId& id) const override;
  [[nodiscard]] json::Value version() const override;
  [[nodiscard]] std::vector<http::ReadinessCheck> readiness() const override;

 private:
  const Reads& reads_;
  const Home& home_;
  const Gateway& gateway_;
};

}  // namespace keten::node
