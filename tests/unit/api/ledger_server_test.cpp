#include "node/api/ledger_server.h"

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
#include "node/runtime/certificates.h"
#include "node/runtime/clock.h"
#include "node/runtime/secrets.h"
#include "node/wire/error_wire.h"
#include "tests/unit/wire/samples.h"

namespace keten::api {
namespace {

struct OnlyTls13 {
  OnlyTls13() { require_tls_1_3(); }
};
BOOST_TEST_GLOBAL_FIXTURE(OnlyTls13);

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = steady_ms() + 20'000;
  while (!condition()) {
    if (steady_ms() > deadline) { return false; }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

Receipt receipt_of(const TransactionId& id, const std::string& reason) {
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

}  // namespace

BOOST_FIXTURE_TEST_SUITE(ledger_server, Fixture)

BOOST_AUTO_TEST_CASE(a_good_transaction_is_admitted_and_a_refused_one_says_why) {
  v1::SubmitTransactionRequest request;
  v1::SubmitTransactionResponse response;
  const auto good = samples::transaction(1);
  request.set_transaction(to_text(good->envelope));
  BOOST_TEST(stub->SubmitTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.transaction_id() == to_text(good->id.view()));

  gateway.refusals.emplace(good->id, Error{ErrorKind::busy, "MEMPOOL_FULL", "try later", {}});
  const auto status = stub->SubmitTransaction(Call().get(), request, &response);
  BOOST_TEST(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(error_of(status).reason == "MEMPOOL_FULL");
  google::rpc::Status details;
  BOOST_REQUIRE(details.ParseFromString(status.error_details()));
  BOOST_TEST(details.details(1).Is<google::rpc::RetryInfo>());
}

BOOST_AUTO_TEST_CASE(violations_arrive_one_by_one) {
  const auto bad = samples::transaction(1);
  gateway.refusals.emplace(
      bad->id, Error{ErrorKind::invalid, "DOCUMENT_INVALID", "two mistakes", {{"/a", "x", "y"}, {"/b", "x", "y"}}});
  v1::SubmitTransactionRequest request;
  request.set_transaction(to_text(bad->envelope));
  v1::SubmitTransactionResponse response;
  const auto error = error_of(stub->SubmitTransaction(Call().get(), request, &response));
  BOOST_REQUIRE(error.violations.size() == 2);
  BOOST_TEST(error.violations[1].pointer == "/b");
}

BOOST_AUTO_TEST_CASE(a_malformed_transaction_answers_for_itself_and_not_for_its_batch) {
  v1::SubmitTransactionsRequest request;
  request.set_sequence(42);
  request.add_transactions(to_text(samples::transaction(1)->envelope));
  request.add_transactions("noise");
  request.add_transactions("");
  const auto refused = samples::transaction(2);
  request.add_transactions(to_text(refused->envelope));
  request.add_transactions(to_text(samples::transaction(3)->envelope));
  gateway.refusals.emplace(refused->id, failure(ErrorKind::refused, "DUPLICATE", "seen before"));
  v1::SubmitTransactionsResponse response;
  BOOST_REQUIRE(stub->SubmitTransactions(Call().get(), request, &response).ok());
  BOOST_TEST(response.sequence() == 42U);
  BOOST_REQUIRE(response.results_size() == 5);
  BOOST_TEST(response.results(0).reason() == "");
  BOOST_TEST(response.results(1).reason() != "");
  BOOST_TEST(response.results(1).transaction_id() == "");
  BOOST_TEST(response.results(2).reason() != "");
  BOOST_TEST(response.results(3).reason() == "DUPLICATE");
  BOOST_TEST(response.results(4).reason() == "");
  BOOST_TEST(response.results(4).transaction_id() == to_text(samples::transaction(3)->id.view()));
}

BOOST_AUTO_TEST_CASE(a_batch_over_the_limit_is_refused_as_such) {
  v1::SubmitTransactionsRequest request;
  const auto envelope = to_text(samples::transaction(1)->envelope);
  for (std::size_t i = 0; i < limits::kBatchTransactionsMax; ++i) { request.add_transactions(envelope); }
  v1::SubmitTransactionsResponse response;
  BOOST_REQUIRE(stub->SubmitTransactions(Call().get(), request, &response).ok());
  BOOST_TEST(response.results(999).reason() == "");
  request.add_transactions(envelope);
  BOOST_REQUIRE(stub->SubmitTransactions(Call().get(), request, &response).ok());
  BOOST_TEST(response.results(1000).reason() == "BATCH_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(a_batch_of_nothing_a_million_times_is_refused_without_a_million_answers) {
  v1::SubmitTransactionsRequest request;
  for (std::size_t i = 0; i < 1'000'000; ++i) { request.add_transactions(); }
  v1::SubmitTransactionsResponse response;
  const auto status = stub->SubmitTransactions(Call().get(), request, &response);
  BOOST_TEST(error_of(status).reason == "BATCH_TOO_LARGE");
  Call call;
  const auto stream = stub->SubmitTransactionStream(call.get());
  BOOST_REQUIRE(stream->Write(request));
  BOOST_TEST(!stream->Read(&response));
  BOOST_TEST(error_of(stream->Finish()).reason == "BATCH_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(requests_that_are_not_answered_take_so_much_memory_and_the_next_is_told_to_come_again) {
  constexpr std::size_t kCalls = 24;
  v1::SubmitTransactionsRequest request;
  const auto envelope = to_text(samples::transaction(1, 250'000)->envelope);
  for (int i = 0; i < 15; ++i) { request.add_transactions(envelope); }
  gateway.holds = true;
  struct One {
    Call call;
    v1::SubmitTransactionsResponse response;
    grpc::Status status;
    std::atomic<bool> is_over{false};
  };
  std::vector<std::unique_ptr<One>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    auto& one = *calls.emplace_back(std::make_unique<One>());
    stub->async()->SubmitTransactions(one.call.get(), &request, &one.response, [&one](grpc::Status status) {
      one.status = std::move(status);
      one.is_over = true;
    });
  }
  const auto over = [&] {
    return static_cast<std::size_t>(std::ranges::count_if(calls, [](const auto& one) { return one->is_over.load(); }));
  };
  BOOST_TEST(eventually([&] { return gateway.held() + over() == kCalls; }));
  BOOST_TEST(over() > 0U);
  BOOST_TEST(gateway.held() >= 8U);
  for (const auto& one : calls) {
    if (one->is_over) { BOOST_TEST(error_of(one->status).reason == "NODE_BUSY"); }
  }
  gateway.release();
  BOOST_TEST(eventually([&] { return over() == kCalls; }));
  v1::SubmitTransactionsResponse response;
  BOOST_TEST(eventually([&] { return stub->SubmitTransactions(Call().get(), request, &response).ok(); }));
}

BOOST_AUTO_TEST_CASE(a_message_over_four_megabytes_is_refused) {
  v1::SubmitTransactionRequest request;
  request.set_transaction(std::string(4 * 1024 * 1024, 'x'));
  v1::SubmitTransactionResponse response;
  BOOST_TEST(stub->SubmitTransaction(Call().get(), request, &response).error_code() ==
             grpc::StatusCode::RESOURCE_EXHAUSTED);
}

BOOST_AUTO_TEST_CASE(a_stream_of_batches_is_answered_in_order) {
  Call call;
  const auto stream = stub->SubmitTransactionStream(call.get());
  std::jthread writer([&stream] {
    for (std::uint64_t i = 1; i <= 100; ++i) {
      v1::SubmitTransactionsRequest request;
      request.set_sequence(i);
      request.add_transactions(i % 10 == 0 ? "noise"
                                           : to_text(samples::transaction(static_cast<std::uint8_t>(i))->envelope));
      if (!stream->Write(request)) { break; }
    }
    stream->WritesDone();
  });
  v1::SubmitTransactionsResponse response;
  std::uint64_t expected = 0;
  while (stream->Read(&response)) {
    BOOST_TEST(response.sequence() == ++expected);
    BOOST_TEST((response.results(0).reason() == "") == (expected % 10 != 0));
  }
  BOOST_TEST(expected == 100U);
  BOOST_TEST(stream->Finish().ok());
}

BOOST_AUTO_TEST_CASE(state_is_read_within_bounds_and_at_a_height) {
  v1::ReadStateRequest request;
  v1::ReadStateResponse response;
  request.set_contract("governance");
  request.set_first("a");
  request.set_end("b");
  request.set_height(2);
  request.set_limit(3);
  BOOST_REQUIRE(stub->ReadState(Call().get(), request, &response).ok());
  BOOST_TEST(as_text(reads.last_state.first) == "a");
  BOOST_TEST(as_text(reads.last_state.end) == "b");
  BOOST_TEST(reads.last_state.height.value == 2U);
  BOOST_TEST(reads.last_state.entries_max == 3U);
  BOOST_TEST(reads.last_state.bytes_max > 0U);
  request.set_contract("a/b");
  BOOST_TEST(error_of(stub->ReadState(Call().get(), request, &response)).reason == "CONTRACT_NAME");
}

BOOST_AUTO_TEST_CASE(agreements_and_findings_are_read_page_by_page) {
  v1::ReadRulesRequest request;
  v1::ReadRulesResponse response;
  BOOST_TEST(error_of(stub->ReadRules(Call().get(), request, &response)).reason == "QUESTION_UNKNOWN");
  request.set_subject(v1::RULE_SUBJECT_FINDING);
  request.set_party("dairy");
  request.set_state("open");
  request.set_after("x");
  BOOST_REQUIRE(stub->ReadRules(Call().get(), request, &response).ok());
  BOOST_TEST((reads.last_rules.subject == query::RuleSubject::finding));
  BOOST_TEST(reads.last_rules.party == "dairy");
  BOOST_TEST(reads.last_rules.state == "open");
  BOOST_TEST(reads.last_rules.after == "x");
  BOOST_TEST(reads.last_rules.limit == limits::kPageDefault);
  BOOST_TEST(response.documents_size() == 2);
  BOOST_TEST(response.documents(0) == "\"a\"");
  BOOST_TEST(response.next() == "b");
  BOOST_TEST(response.height() == 7U);
  request.set_limit(1001);
  BOOST_TEST(error_of(stub->ReadRules(Call().get(), request, &response)).reason == "PARAMETER_INVALID");
  request.set_limit(1);
  request.set_id("none");
  BOOST_TEST(error_of(stub->ReadRules(Call().get(), request, &response)).reason == "UNKNOWN_AGREEMENT");
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_receipt_or_the_reason) {
  v1::WaitTransactionRequest request;
  v1::WaitTransactionResponse response;
  request.set_transaction_id(id(1));
  BOOST_REQUIRE(stub->WaitTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.state() == v1::TRANSACTION_STATE_EXECUTED);
  BOOST_TEST(response.receipt().succeeded());
  BOOST_TEST(response.receipt().height() == 7U);
  request.set_timeout_ms(1);
  BOOST_TEST(stub->WaitTransaction(Call().get(), request, &response).error_code() ==
             grpc::StatusCode::DEADLINE_EXCEEDED);
  request.set_timeout_ms(60'001);
  BOOST_TEST(error_of(stub->WaitTransaction(Call().get(), request, &response)).reason == "TIMEOUT_TOO_LONG");
  request.set_timeout_ms(0);
  request.set_level(static_cast<v1::WaitLevel>(9));
  BOOST_TEST(error_of(stub->WaitTransaction(Call().get(), request, &response)).reason == "WAIT_LEVEL_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(a_client_that_gives_up_waiting_is_forgotten) {
  v1::WaitTransactionRequest request;
  request.set_transaction_id(id(9));
  v1::WaitTransactionResponse response;
  Call call;
  std::jthread canceller([&] {
    eventually([&] { return gateway.waiters() == 1; });
    call.context.TryCancel();
  });
  BOOST_TEST(stub->WaitTransaction(call.get(), request, &response).error_code() == grpc::StatusCode::CANCELLED);
  canceller.join();
  BOOST_REQUIRE(gateway.waiters() == 1U);
  gateway.waiting[0](TransactionProgress{});  // an answer that comes too late
}

BOOST_AUTO_TEST_CASE(stopping_ends_calls_that_wait) {
  grpc::Status ended;
  std::jthread caller([&] {
    v1::WaitTransactionRequest request;
    request.set_transaction_id(id(9));
    v1::WaitTransactionResponse response;
    ended = stub->WaitTransaction(Call().get(), request, &response);
  });
  BOOST_REQUIRE(eventually([&] { return gateway.waiters() == 1; }));
  server->stop();
  caller.join();
  BOOST_TEST(!ended.ok());
  gateway.waiting[0](TransactionProgress{});
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_read) {
  v1::GetTransactionRequest request;
  v1::GetTransactionResponse response;
  request.set_transaction_id(id(1));
  BOOST_REQUIRE(stub->GetTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.transaction() == "\1\2\3");
  BOOST_TEST(response.height() == 7U);
  request.set_transaction_id(id(2));
  BOOST_REQUIRE(stub->GetTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.state() == v1::TRANSACTION_STATE_ADMITTED);
  request.set_transaction_id(id(3));
  BOOST_TEST(error_of(stub->GetTransaction(Call().get(), request, &response)).reason == "TRANSACTION_UNKNOWN");

  v1::GetReceiptRequest receipt_request;
  v1::GetReceiptResponse receipt;
  receipt_request.set_transaction_id(id(1));
  BOOST_REQUIRE(stub->GetReceipt(Call().get(), receipt_request, &receipt).ok());
  BOOST_TEST(receipt.receipt().reason() == "LOT_NOT_HELD");

  v1::GetBlockRequest block_request;
  v1::GetBlockResponse block;
  block_request.set_height(4);
  BOOST_REQUIRE(stub->GetBlock(Call().get(), block_request, &block).ok());
  BOOST_TEST(block.transaction_ids_size() == 1);
  BOOST_TEST(block.transactions_size() == 0);
  BOOST_TEST(block.finalization() != "");
  block_request.set_block_id(block.block_id());
  block_request.set_with_transactions(true);
  BOOST_REQUIRE(stub->GetBlock(Call().get(), block_request, &block).ok());
  BOOST_TEST(block.transactions_size() == 1);

  v1::GetStatusResponse status;
  BOOST_REQUIRE(stub->GetStatus(Call().get(), {}, &status).ok());
  BOOST_TEST(status.node() == "farm-1");
}

BOOST_AUTO_TEST_CASE(a_proof_is_asked_for_by_what_it_proves) {
  v1::GetProofRequest request;
  v1::GetProofResponse response;
  const auto answer = [&](proof::QuestionKind kind, std::uint8_t direction) {
    request.set_first_epoch(2);
    BOOST_REQUIRE(stub->GetProof(Call().get(), request, &response).ok());
    return to_bytes(response.proof()) == Bytes{'e', '|', static_cast<std::uint8_t>(kind), direction, std::uint8_t{2}};
  };
  request.set_history("e");
  BOOST_TEST(answer(proof::QuestionKind::history, 0));
  request.set_state("e");
  BOOST_TEST(answer(proof::QuestionKind::state, 0));
  request.set_absence("e");
  BOOST_TEST(answer(proof::QuestionKind::absence, 0));
  request.set_trace_back("e");
  BOOST_TEST(answer(proof::QuestionKind::trace, 0));
  request.set_trace_forward("e");
  BOOST_TEST(answer(proof::QuestionKind::trace, 1));
  request.set_history("unbound");
  const auto early = stub->GetProof(Call().get(), request, &response);
  BOOST_TEST(early.error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(error_of(early).reason == "PROOF_NOT_YET");
  request.set_transaction_id("short");
  BOOST_TEST(error_of(stub->GetProof(Call().get(), request, &response)).reason == "ID_MALFORMED");
  BOOST_TEST(error_of(stub->GetProof(Call().get(), {}, &response)).reason == "PROOF_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(data_usage_is_asked_for_by_view) {
  v1::ReadUsageRequest request;
  v1::ReadUsageResponse response;
  request.set_subject("a");
  request.set_use("b");
  request.set_from("c");
  request.set_to("d");
  request.set_after("e");
  for (const auto& [view, number] : {std::pair{v1::USAGE_VIEW_DATASETS, '0'},
                                     {v1::USAGE_VIEW_DATASET, '1'},
                                     {v1::USAGE_VIEW_AGREEMENT, '2'},
                                     {v1::USAGE_VIEW_USES, '3'},
                                     {v1::USAGE_VIEW_USE, '4'},
                                     {v1::USAGE_VIEW_DUTIES, '5'},
                                     {v1::USAGE_VIEW_STATEMENT, '6'}}) {
    request.set_view(view);
    BOOST_REQUIRE(stub->ReadUsage(Call().get(), request, &response).ok());
    BOOST_TEST(response.document() == std::string(R"({"limit":30,"said":"abcde","view":)") + number + "}");
    BOOST_TEST(response.height() == reads.executed);
  }
  request.set_limit(1001);
  BOOST_TEST(error_of(stub->ReadUsage(Call().get(), request, &response)).reason == "PARAMETER_INVALID");
  request.set_limit(1000);
  request.set_subject("none");
  BOOST_TEST(error_of(stub->ReadUsage(Call().get(), request, &response)).reason == "UNKNOWN_AGREEMENT");
  BOOST_TEST(error_of(stub->ReadUsage(Call().get(), {}, &response)).reason == "USAGE_VIEW");
}

BOOST_AUTO_TEST_CASE(a_missing_part_of_a_request_is_said) {
  v1::GetBlockResponse block;
  BOOST_TEST(error_of(stub->GetBlock(Call().get(), {}, &block)).reason == "REQUEST_INCOMPLETE");
  v1::GetTransactionResponse transaction;
  BOOST_TEST(error_of(stub->GetTransaction(Call().get(), {}, &transaction)).reason == "ID_MALFORMED");
  v1::GetReceiptResponse receipt;
  BOOST_TEST(error_of(stub->GetReceipt(Call().get(), {}, &receipt)).reason == "ID_MALFORMED");
  v1::WaitTransactionResponse wait;
  BOOST_TEST(error_of(stub->WaitTransaction(Call().get(), {}, &wait)).reason == "ID_MALFORMED");
  v1::SubmitTransactionResponse submit;
  const auto status = stub->SubmitTransaction(Call().get(), {}, &submit);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(error_of(status).reason != "");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_protobuf_fail_one_call_only) {
  grpc::GenericStub generic(channel);
  const std::string noise = "\x0a\xff\xff\xff";
  const grpc::Slice slice(noise);
  const grpc::ByteBuffer request(&slice, 1);
  for (const auto* method : {"GetBlock", "SubmitTransactions", "WaitTransaction", "WatchEvents"}) {
    Call call;
    grpc::ByteBuffer response;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<grpc::Status> ended;
    generic.UnaryCall(call.get(), std::string("/keten.v1.LedgerService/") + method, {}, &request, &response,
                      [&](const grpc::Status& status) {
                        const std::lock_guard lock(mutex);
                        ended = status;
                        changed.notify_all();
                      });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended.has_value(); });
    BOOST_TEST(!ended->ok(), method);
  }
  v1::GetStatusResponse status;
  BOOST_TEST(stub->GetStatus(Call().get(), {}, &status).ok());
}

BOOST_AUTO_TEST_CASE(an_exception_fails_one_call_and_is_counted) {
  gateway.throws = true;
  v1::SubmitTransactionRequest request;
  request.set_transaction(to_text(samples::transaction(1)->envelope));
  v1::SubmitTransactionResponse response;
  const auto status = stub->SubmitTransaction(Call().get(), request, &response);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INTERNAL);
  BOOST_TEST(status.error_message().find("purpose") == std::string::npos);
  BOOST_TEST(metrics.counters().at("keten_api_exceptions_total") == 1U);
  gateway.throws = false;
  BOOST_TEST(stub->SubmitTransaction(Call().get(), request, &response).ok());
}

BOOST_AUTO_TEST_CASE(a_watcher_sees_every_event_from_its_cursor_on_and_then_new_ones) {
  v1::WatchEventsRequest request;
  request.set_cursor("2.1.0");
  Call call;
  const auto stream = stub->WatchEvents(call.get(), request);
  v1::WatchEventsResponse event;
  std::vector<std::string> seen;
  while (seen.size() < 6 && stream->Read(&event)) { seen.push_back(event.cursor()); }
  BOOST_TEST(seen == (std::vector<std::string>{"2.2.0", "2.3.0", "3.0.0", "3.1.0", "3.2.0", "3.3.0"}),
             boost::test_tools::per_element());
  BOOST_TEST(event.time_ms() == 30U);
  reads.executed = 4;
  gateway.executed({4});
  BOOST_REQUIRE(stream->Read(&event));
  BOOST_TEST(event.cursor() == "4.0.0");
  call.context.TryCancel();
  BOOST_TEST(!stream->Finish().ok());
  BOOST_TEST(eventually([&] { return gateway.watchers == 0; }));
}

BOOST_AUTO_TEST_CASE(a_watcher_of_one_kind_resumes_over_many_pages) {
  reads.executed = 500;
  v1::WatchEventsRequest request;
  request.set_cursor("0");
  request.set_kind("odd");
  Call call;
  const auto stream = stub->WatchEvents(call.get(), request);
  v1::WatchEventsResponse event;
  std::size_t count = 0;
  while (count < 1000 && stream->Read(&event)) {
    BOOST_REQUIRE(event.kind() == "odd");
    ++count;
  }
  BOOST_TEST(event.cursor() == "500.3.0");
  call.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(a_watcher_that_does_not_read_is_dropped_and_resumes) {
  reads.executed = 50;
  reads.event_bytes = 100'000;
  v1::WatchEventsRequest request;
  request.set_cursor("0");
  std::string last;
  {
    Call call;
    const auto stream = stub->WatchEvents(call.get(), request);
    v1::WatchEventsResponse event;
    BOOST_REQUIRE(stream->Read(&event));
    BOOST_REQUIRE(eventually([&] {
      gateway.executed({50});
      return metrics.counters().at("keten_api_answers_total{outcome=error}") == 1;
    }));
    do { last = event.cursor(); } while (stream->Read(&event));
    const auto status = stream->Finish();
    BOOST_TEST(status.error_code() == grpc::StatusCode::ABORTED);
    BOOST_TEST(error_of(status).reason == "EVENTS_LAGGING");
  }
  BOOST_TEST(last != "50.3.0");
  request.set_cursor(last);
  Call call;
  const auto stream = stub->WatchEvents(call.get(), request);
  v1::WatchEventsResponse event;
  BOOST_REQUIRE(stream->Read(&event));
  const auto place = *EventCursor::parse(last);
  const auto next =
      place.index == 3 ? EventCursor{place.height.next(), 0, 0} : EventCursor{place.height, place.index + 1, 0};
  BOOST_TEST(event.cursor() == next.text());
  call.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(without_a_cursor_a_watcher_sees_the_next_block_first) {
  Call call;
  const auto stream = stub->WatchEvents(call.get(), {});
  BOOST_REQUIRE(eventually([&] { return gateway.watchers == 1; }));
  reads.executed = 4;
  gateway.executed({4});
  v1::WatchEventsResponse event;
  BOOST_REQUIRE(stream->Read(&event));
  BOOST_TEST(event.cursor() == "4.0.0");
  call.context.TryCancel();
}

BOOST_AUTO_TEST_CASE(a_cursor_that_is_none_is_refused) {
  for (const auto* cursor : {"x", "1.2", "1.2.3.4", "-1.0.0", "1.2.x", "01.0.0", "99999999999999999999"}) {
    v1::WatchEventsRequest request;
    request.set_cursor(cursor);
    Call call;
    const auto stream = stub->WatchEvents(call.get(), request);
    v1::WatchEventsResponse event;
    BOOST_TEST(!stream->Read(&event));
    BOOST_TEST(error_of(stream->Finish()).reason == "CURSOR_INVALID", cursor);
  }
}

BOOST_AUTO_TEST_CASE(only_clients_whose_certificate_is_known_are_answered) {
  const auto is_answered = [this](const std::shared_ptr<grpc::Channel>& other) {
    v1::GetStatusResponse status;
    return v1::LedgerService::NewStub(other)->GetStatus(Call().get(), {}, &status).ok();
  };
  const auto stranger = *make_certificate("scanner-7");
  BOOST_TEST(!is_answered(connect(nullptr)));
  BOOST_TEST(!is_answered(connect(&stranger)));
  BOOST_TEST(!is_answered(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()), grpc::InsecureChannelCredentials())));
  allow({client, stranger});
  BOOST_TEST(eventually([&] { return is_answered(connect(&stranger)); }));
}

BOOST_AUTO_TEST_CASE(a_server_without_clients_or_with_an_open_key_does_not_start) {
  std::ofstream(home + "/empty.pem") << "# nobody\n";
  auto nobody = config();
  nobody.clients_file = home + "/empty.pem";
  BOOST_TEST(LedgerServer(nobody, gateway, reads, metrics).start().error().reason == "CLIENTS_MISSING");
  nobody.clients_file = home + "/missing.pem";
  BOOST_TEST(LedgerServer(nobody, gateway, reads, metrics).start().error().reason == "CLIENTS_MISSING");
  std::filesystem::permissions(home + "/node.key", std::filesystem::perms(0644));
  BOOST_TEST(LedgerServer(config(), gateway, reads, metrics).start().error().reason == "KEY_FILE_MODE");
  std::filesystem::permissions(home + "/node.key", std::filesystem::perms(0600));
  auto taken = config();
  taken.listen = "127.0.0.1:" + std::to_string(server->port());
  BOOST_TEST(LedgerServer(taken, gateway, reads, metrics).start().error().reason == "ADDRESS_IN_USE");
}

BOOST_AUTO_TEST_CASE(health_follows_the_node_and_reflection_answers) {
  grpc::GenericStub generic(channel);
  const auto ask = [&](const std::string& method, const std::string& bytes) {
    Call call;
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<grpc::Status> ended;
    generic.UnaryCall(call.get(), method, {}, &request, &response, [&](const grpc::Status& status) {
      const std::lock_guard lock(mutex);
      ended = status;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended.has_value(); });
    grpc::Slice answer;
    if (!ended->ok() || !response.DumpToSingleSlice(&answer).ok()) { return "error " + ended->error_message(); }
    return std::string(reinterpret_cast<const char*>(answer.begin()), answer.size());
  };
  const auto health = [&] { return ask("/grpc.health.v1.Health/Check", ""); };
  server->set_health(LedgerServer::Health::not_serving);
  BOOST_TEST(health() == "\x08\x02");
  server->set_health(LedgerServer::Health::serving);
  BOOST_TEST(health() == "\x08\x01");
  const auto services =
      ask("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", std::string("\x3a\x00", 2));
  BOOST_TEST(services.find("keten.v1.LedgerService") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::api
