#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/genesis.h"
#include "core/keys.h"
#include "node/http/backend.h"
#include "node/http/server.h"
#include "node/pipeline/gateway.h"
#include "node/runtime/metrics.h"

namespace keten::http::test {

/// A node that admits everything and executes it at once, unless a test says otherwise.
class FakeGateway : public Gateway {
 public:
  void submit(std::vector<TransactionPointer> transactions, Admitted done) override;
  void wait(const TransactionId& id, WaitLevel level, std::uint64_t timeout_ms, Waited done) override;
  [[nodiscard]] TransactionProgress progress(const TransactionId& id) const override;
  [[nodiscard]] NodeStatus status() const override;
  [[nodiscard]] DirectoryPointer directory() const override { return nullptr; }
  [[nodiscard]] const Genesis& genesis() const override { return genesis_; }
  [[nodiscard]] std::unique_ptr<Subscription> watch_executed(std::function<void(Height)>) override { return nullptr; }

  std::atomic<bool> quorum = true;
  std::atomic<bool> flickers = false;  ///< each status gives the opposite quorum of the last one
  std::atomic<bool> executes = true;   ///< otherwise transactions are final at the most
  std::atomic<bool> finalizes = true;  ///< otherwise, and when they are not executed, they stay admitted
  std::atomic<bool> answers = true;    ///< otherwise submit keeps its callback for ever
  std::atomic<bool> succeeds = true;   ///< what receipts say
  std::atomic<std::uint64_t> executed_height = 41;
  std::atomic<bool> is_stuck = false;  ///< its status gives the reason "view 9 has no leader"
  std::atomic<std::uint64_t> lag = 0;
  std::atomic<std::size_t> waiting = 0;  ///< transactions
  std::optional<Error> refusal;          ///< what submit answers

  [[nodiscard]] std::vector<TransactionPointer> submitted() const;
  [[nodiscard]] std::size_t kept() const;
  /// Calls back for all that `answers` held back.
  void answer_kept() const;

 private:
  Genesis genesis_;
  mutable std::atomic<bool> flicker_ = true;  // the next status has the opposite
  mutable std::mutex mutex_;
  std::map<TransactionId, TransactionProgress> known_;
  std::vector<TransactionPointer> submitted_;
  std::vector<Admitted> kept_;
};

/// Answers that show what was asked.
class FakeBackend : public HttpBackend {
 public:
  [[nodiscard]] Status check_document(ByteView document, DocumentForm form, CaptureProfile profile) const override;
  [[nodiscard]] Result<EventPage> query_events(const EventQuery& query) const override;
  [[nodiscard]] Result<EventPage> event_by_id(std::string_view event_id, query::EpcFormat format) const override;
  [[nodiscard]] Status check_query(const json::Value& body) const override;
  [[nodiscard]] Result<ResourcePage> resource(query::Resource resource, std::string_view after,
                                              std::size_t limit) const override;
  [[nodiscard]] Result<Height> find_value(query::Resource resource, std::string_view value) const override;
  [[nodiscard]] Result<ValueAt> trace(const TraceQuery& query) const override;
  [[nodiscard]] Result<ValueAt> transaction(const TransactionId& id) const override;
  [[nodiscard]] Result<ValueAt> block(Height height) const override;
  [[nodiscard]] CaptureOutcome capture_outcome(const Receipt& receipt) const override;
  [[nodiscard]] Result<CaptureFacts> capture_facts(const TransactionId& id) const override {
    return facts ? Result<CaptureFacts>(*facts) : HttpBackend::capture_facts(id);
  }
  [[nodiscard]] Result<ProofAt> proof(const proof::Question& question) const override {
    const std::scoped_lock lock(mutex);
    last_proof = question;
    if (question.entity == "unbound") { return failure(ErrorKind::unavailable, "PROOF_NOT_YET", "not yet"); }
    return ProofAt{{0x08, 0x01, 0x00}, Height{7}};
  }
  /// Twelve uses in all.
  [[nodiscard]] Result<ValueAt> usage(const query::UsageQuestion& question) const override {
    const std::scoped_lock lock(mutex);
    last_usage = question;
    if (question.subject == "none") { return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "none"); }
    auto value = json::Value::object();
    if (question.view == query::UsageView::uses) {
      auto list = json::Value::array();
      auto number = question.after.empty() ? 0U : static_cast<unsigned>(std::stoul(question.after));
      while (number < 12 && list.items().size() < usage_part) {
        ++number;
        list.push(json::Value::object()
                      .set("id", json::Value::string("=" + std::to_string(number)))
                      .set("time", json::Value::number(std::int64_t{1000} * number)));
      }
      value.set("uses", std::move(list));
      if (number < 12) { value.set("next", json::Value::string(std::to_string(number))); }
    }
    return ValueAt{std::move(value), Height{7}};
  }
  [[nodiscard]] json::Value version() const override;
  [[nodiscard]] std::vector<ReadinessCheck> readiness() const override { return {{"disk", true, "enough"}}; }

  mutable std::mutex mutex;
  mutable EventQuery last_query;
  mutable TraceQuery last_trace;
  mutable proof::Question last_proof;
  mutable query::UsageQuestion last_usage;
  std::size_t usage_part = 1000;  ///< uses in one answer
  std::optional<CaptureFacts> facts;
  mutable std::atomic<CaptureProfile> last_profile = CaptureProfile::strict;
  std::atomic<bool> event_exists = false;
  std::atomic<bool> event_known = false;
  std::atomic<bool> throws = false;
};

/// A folder of its own that goes away with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  /// Replaces the file; mode 0600.
  void write(std::string_view name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

struct Answer {
  unsigned status = 0;                         ///< 0: the connection ended without an answer
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  [[nodiscard]] json::Value json() const;
  [[nodiscard]] std::string reason() const;
  [[nodiscard]] std::string type() const;
};

/// One connection that sends exactly what a test says.
class Connection {
 public:
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(std::string_view bytes) const;
  [[nodiscard]] Answer receive(bool head = false);
  /// True when the server ends the connection; waits at most ten seconds.
  [[nodiscard]] bool ends();

 private:
  [[nodiscard]] bool fill();
  int socket_ = -1;
  std::string buffer_;
};

/// A running server over the fakes, with a capture user (token "capture-token"), an auditor ("auditor-token") and a user whose
/// token was revoked ("revoked-token").
struct Node {
  explicit Node(const std::function<void(ServerOptions&)>& change = {});

  void write_users(bool capture_revoked) const;
  /// A whole exchange on a connection of its own. `extra` are header lines, each with CR LF.
  [[nodiscard]] Answer ask(std::string_view method, std::string_view target, std::string_view token = "capture-token",
                           std::string_view body = {}, std::string_view extra = {}) const;
  [[nodiscard]] Answer capture(std::string_view body, std::string_view extra = {}) const;

  Folder folder;
  FakeGateway gateway;
  FakeBackend backend;
  Metrics metrics;
  KeyPair key;
  std::unique_ptr<Server> server;
};

inline constexpr std::string_view kDocument = R"({"type":"EPCISDocument"})";
inline constexpr std::string_view kEvent = R"({"type":"ObjectEvent"})";

}  // namespace keten::http::test
