#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <keten/v1/ledger.grpc.pb.h>

#include "core/limits.h"
#include "node/api/ledger_server.h"
#include "node/runtime/certificates.h"
#include "node/runtime/clock.h"
#include "node/runtime/secrets.h"
#include "node/wire/error_wire.h"
#include "tests/unit/wire/samples.h"

/// A server over what tests say, and one client of it.
namespace keten::api::test {

inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_ms() + 20'000;
  while (!condition()) {
    if (steady_ms() > deadline) { return false; }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline Receipt receipt_of(const TransactionId& id, const std::string& reason) {
  Receipt receipt;
  receipt.transaction = id;
  receipt.succeeded = reason.empty();
  receipt.reason = reason;
  return receipt;
}

/// Admits what it is told to and keeps waiters until they are released.
class FakeGateway final : public Gateway {
 public:
  void submit(std::vector<TransactionPointer> transactions, Admitted done) override {
    if (throws) { throw std::runtime_error("on purpose"); }
    if (holds) {
      const std::lock_guard lock(mutex_);
      held_.push_back(
          [done = std::move(done), count = transactions.size()] { done(std::vector<Status>(count, kDone)); });
      return;
    }
    std::vector<Status> statuses;
    for (const auto& transaction : transactions) {
      const auto found = refusals.find(transaction->id);
      statuses.push_back(found == refusals.end() ? Status(kDone) : Status(found->second));
    }
    done(std::move(statuses));
  }
  void wait(const TransactionId& id, WaitLevel, std::uint64_t timeout_ms, Waited done) override {
    if (timeout_ms == 1) {
      done(failure(ErrorKind::timeout, "TIMEOUT", "not final after 1 ms"));
      return;
    }
    if (id == samples::hash(1)) {
      done(TransactionProgress{TransactionState::executed, {7}, 2, receipt_of(id, "")});
      return;
    }
    const std::lock_guard lock(mutex_);
    waiting.push_back(std::move(done));
  }
  [[nodiscard]] TransactionProgress progress(const TransactionId& id) const override {
    return {id == samples::hash(2) ? TransactionState::admitted : TransactionState::unknown, {}, 0, {}};
  }
  [[nodiscard]] NodeStatus status() const override {
    NodeStatus status;
    status.node = "farm-1";
    status.height = {9};
    return status;
  }
  [[nodiscard]] DirectoryPointer directory() const override { return nullptr; }
  [[nodiscard]] const Genesis& genesis() const override { return genesis_; }
  [[nodiscard]] std::unique_ptr<Subscription> watch_executed(std::function<void(Height)> changed) override {
    const std::lock_guard lock(mutex_);
    watcher_ = std::move(changed);
    ++watchers;
    return std::make_unique<Counted>(*this);
  }
  void executed(Height height) {
    std::function<void(Height)> call;
    {
      const std::lock_guard lock(mutex_);
      call = watcher_;
    }
    if (call) { call(height); }
  }
  [[nodiscard]] std::size_t waiters() const {
    const std::lock_guard lock(mutex_);
    return waiting.size();
  }

  [[nodiscard]] std::size_t held() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  void release() {
    holds = false;
    std::vector<std::function<void()>> now;
    {
      const std::lock_guard lock(mutex_);
      now.swap(held_);
    }
    for (const auto& answer : now) { answer(); }
  }

  std::map<TransactionId, Error> refusals;
  std::vector<Waited> waiting;
  std::atomic<bool> holds{false};  ///< submissions wait for release()
  std::atomic<bool> throws{false};
  std::atomic<int> watchers{0};

 private:
  struct Counted final : Subscription {
    explicit Counted(FakeGateway& gateway) : gateway_(gateway) {}
    ~Counted() override { --gateway_.watchers; }
    FakeGateway& gateway_;
  };
  mutable std::mutex mutex_;
  std::vector<std::function<void()>> held_;
  std::function<void(Height)> watcher_;
  Genesis genesis_;
};

/// Blocks with one event per transaction, `per_block` of them.
class FakeReads final : public LedgerReads {
 public:
  [[nodiscard]] Result<StoredTransaction> transaction(const TransactionId& id) const override {
    if (id != samples::hash(1)) { return failure(ErrorKind::not_found, "TRANSACTION_UNKNOWN", "not in this ledger"); }
    return StoredTransaction{{1, 2, 3}, {7}, 2};
  }
  [[nodiscard]] Result<StoredReceipt> receipt(const TransactionId& id) const override {
    if (id != samples::hash(1)) { return failure(ErrorKind::not_found, "TRANSACTION_UNKNOWN", "not in this ledger"); }
    return StoredReceipt{receipt_of(id, "LOT_NOT_HELD"), {7}, 2};
  }
  [[nodiscard]] Result<StoredBlock> block(Height height) const override {
    if (height.value != 4) { return failure(ErrorKind::not_found, "BLOCK_UNKNOWN", "no such block"); }
    return StoredBlock{
        samples::block(4, {samples::transaction(1)}), samples::certificate(VoteKind::finalize), {}, {}, {}};
  }
  [[nodiscard]] Result<StoredBlock> block(const BlockId& id) const override {
    const auto found = block(Height{4});
    return found->block->header.id() == id ? found : block(Height{5});
  }
  [[nodiscard]] Result<EventPage> events(const EventCursor& after, std::string_view kind,
                                         std::size_t limit) const override {
    EventPage page{{}, after};
    for (auto height = std::max<std::uint64_t>(1, after.height.value); height <= executed && page.events.size() < limit;
         ++height) {
      for (std::uint32_t i = 0; i < per_block && page.events.size() < limit; ++i) {
        const EventCursor cursor{{height}, i, 0};
        if (cursor <= after) { continue; }
        page.next = cursor;
        const std::string name = i % 2 == 0 ? "even" : "odd";
        if (kind.empty() || kind == name) {
          page.events.push_back({cursor, name, "lot", Bytes(event_bytes, 9), samples::hash(1), height * 10});
        }
      }
    }
    return page;
  }
  [[nodiscard]] Height executed_height() const override { return {executed}; }
  [[nodiscard]] Result<query::UsageAnswer> usage(const query::UsageQuestion& question) const override {
    if (question.subject == "none") { return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "none"); }
    auto value = json::Value::object();
    value.set("view", json::Value::number(static_cast<std::int64_t>(question.view)))
        .set("said",
             json::Value::string(question.subject + question.use + question.from + question.to + question.after))
        .set("limit", json::Value::number(static_cast<std::int64_t>(question.limit)));
    return query::UsageAnswer{std::move(value), {executed}};
  }
  [[nodiscard]] Result<StatePage> state(const StateQuestion& question) const override {
    last_state = question;
    StatePage page{{executed}, {}, false};
    if (question.contract != "governance") { return page; }
    for (const auto& [key, value] : governance_entries) {
      if (page.entries.size() == governance_page) {
        page.more = true;
        break;
      }
      if (as_text(key) > as_text(question.after) && as_text(key).starts_with(as_text(question.prefix))) {
        page.entries.emplace_back(key, value);
      }
    }
    return page;
  }

  [[nodiscard]] Result<RulesAt> rules(const query::RuleQuestion& question) const override {
    last_rules = question;
    if (question.id == "none") { return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "there is none"); }
    return RulesAt{{{json::Value::string("a"), json::Value::string("b")}, "b"}, Height{7}};
  }
  mutable StateQuestion last_state;
  mutable query::RuleQuestion last_rules;

  [[nodiscard]] Result<Bytes> proof(const proof::Question& question) const override {
    if (question.entity == "unbound") { return failure(ErrorKind::unavailable, "PROOF_NOT_YET", "not yet"); }
    auto file = to_bytes(question.entity + "|");
    file.push_back(static_cast<std::uint8_t>(question.kind));
    file.push_back(static_cast<std::uint8_t>(question.direction));
    file.push_back(static_cast<std::uint8_t>(question.first_epoch.value));
    return file;
  }

  std::atomic<std::uint64_t> executed{3};
  std::uint32_t per_block = 4;
  std::size_t event_bytes = 1;
  std::map<Bytes, Bytes> governance_entries;
  std::size_t governance_page = 2;
};

/// A server with one client's certificate, and that client.
struct Fixture {
  FakeGateway gateway;
  FakeReads reads;
  Metrics metrics;
  std::string home;
  TlsIdentity node = *make_certificate("farm-1");
  TlsIdentity client = *make_certificate("scanner-7");
  std::unique_ptr<LedgerServer> server;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LedgerService::Stub> stub;

  Fixture() {
    home = (std::filesystem::temp_directory_path() / "keten-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(home.data()) != nullptr);
    BOOST_REQUIRE(write_secret_file(home + "/node.pem", node.certificate_pem).ok());
    BOOST_REQUIRE(write_secret_file(home + "/node.key", node.key_pem).ok());
    allow({client});
    server = std::make_unique<LedgerServer>(config(), gateway, reads, metrics);
    const auto started = server->start();
    BOOST_REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    channel = connect(&client);
    stub = v1::LedgerService::NewStub(channel);
  }
  ~Fixture() {
    server.reset();
    std::filesystem::remove_all(home);
  }

  [[nodiscard]] LedgerServerConfig config() const {
    return {"127.0.0.1:0", home + "/node.pem", home + "/node.key", home + "/clients.pem", 1, 2, 300};
  }
  void allow(const std::vector<TlsIdentity>& clients) const {
    std::ofstream file(home + "/clients.pem.new");
    for (const auto& one : clients) { file << one.certificate_pem; }
    file.close();
    std::filesystem::rename(home + "/clients.pem.new", home + "/clients.pem");
  }
  [[nodiscard]] std::shared_ptr<grpc::Channel> connect(const TlsIdentity* identity) const {
    grpc::SslCredentialsOptions tls;
    tls.pem_root_certs = node.certificate_pem;
    if (identity != nullptr) {
      tls.pem_private_key = identity->key_pem;
      tls.pem_cert_chain = identity->certificate_pem;
    }
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("farm-1");
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server->port()), grpc::SslCredentials(tls),
                                     arguments);
  }
  static Error error_of(const grpc::Status& status) {
    BOOST_TEST(!status.ok());
    return wire::decode_error(status.error_code(), status.error_message(), status.error_details());
  }
  static std::string id(std::uint8_t number) { return to_text(samples::hash(number).view()); }
};

struct Call {
  grpc::ClientContext context;
  Call() { context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20)); }
  grpc::ClientContext* get() { return &context; }
};

}  // namespace keten::api::test
