#include "client/ledger_client.h"

#include <algorithm>
#include <chrono>
#include <tuple>
#include <utility>

#include "keten/v1/ledger.grpc.pb.h"
#include "keten/v1/ledger.pb.h"
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include "core/limits.h"
#include "node/wire/error_wire.h"

namespace keten::client {
namespace {

constexpr std::uint32_t kCallMs = 30'000;
constexpr int kMessageBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kAnswerValuesMax = 1'000'000;  // of a JSON document from a node

std::string text_of(ByteView bytes) { return to_text(bytes); }
Bytes bytes_of(const std::string& text) { return to_bytes(std::string_view(text)); }

Error error_of(const grpc::Status& status, const std::string& address) {
  if (status.error_details().empty()) {
    if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
      return failure(ErrorKind::unavailable, "UNREACHABLE",
                     "cannot reach the gRPC API at " + address + ": " + status.error_message());
    }
    if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      return failure(ErrorKind::timeout, "TIMEOUT", "no answer from " + address + " in time");
    }
  }
  return wire::decode_error(static_cast<int>(status.error_code()), status.error_message(), status.error_details());
}

void fill(std::span<const TransactionPointer> transactions, v1::SubmitTransactionsRequest& request) {
  request.mutable_transactions()->Reserve(static_cast<int>(transactions.size()));
  for (const auto& transaction : transactions) {
    request.add_transactions(transaction->envelope.data(), transaction->envelope.size());
  }
}

/// The stable reason is what callers act on; its kind does not travel inside a batch.
ErrorKind kind_of_submit_reason(const std::string& reason) {
  if (reason == "MEMPOOL_FULL" || reason == "ORGANISATION_QUOTA") { return ErrorKind::busy; }
  if (reason == "NO_QUORUM" || reason == "STOPPING") { return ErrorKind::unavailable; }
  if (reason == "DUPLICATE") { return ErrorKind::conflict; }
  if (reason == "UNKNOWN_SENDER" || reason == "ROLE_NOT_ALLOWED") { return ErrorKind::forbidden; }
  return ErrorKind::invalid;
}

std::vector<Status> statuses_of(const v1::SubmitTransactionsResponse& response) {
  std::vector<Status> statuses;
  statuses.reserve(static_cast<std::size_t>(response.results_size()));
  for (const auto& result : response.results()) {
    if (result.reason().empty()) {
      statuses.emplace_back(kDone);
    } else {
      statuses.emplace_back(failure(kind_of_submit_reason(result.reason()), result.reason(), result.message()));
    }
  }
  return statuses;
}

TransactionState state_of(v1::TransactionState state) {
  switch (state) {
    case v1::TRANSACTION_STATE_ADMITTED: return TransactionState::admitted;
    case v1::TRANSACTION_STATE_FINAL: return TransactionState::final;
    case v1::TRANSACTION_STATE_EXECUTED: return TransactionState::executed;
    case v1::TRANSACTION_STATE_EXPIRED: return TransactionState::expired;
    default: return TransactionState::unknown;  // also what a newer node may say
  }
}

/// The server is whoever holds one of the pinned certificates: no authority, so no host name to compare.
std::shared_ptr<grpc::ChannelCredentials> credentials_of(const Endpoint& endpoint) {
  grpc::experimental::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(std::make_shared<grpc::experimental::StaticDataCertificateProvider>(
      endpoint.server_certificates, std::vector<grpc::experimental::IdentityKeyCertPair>{
                                        {.private_key = endpoint.key, .certificate_chain = endpoint.certificate}}));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);
  options.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

class GrpcSubmitStream final : public SubmitStream {
 public:
  GrpcSubmitStream(v1::LedgerService::Stub& stub, std::string address) : address_(std::move(address)) {
    stream_ = stub.SubmitTransactionStream(&context_);
  }

  bool send(std::span<const TransactionPointer> transactions, std::uint64_t sequence) override {
    v1::SubmitTransactionsRequest request;
    fill(transactions, request);
    request.set_sequence(sequence);
    return stream_->Write(request);
  }
  void close() override { stream_->WritesDone(); }
  std::optional<BatchAnswer> receive() override {
    v1::SubmitTransactionsResponse response;
    if (!stream_->Read(&response)) { return std::nullopt; }
    return BatchAnswer{.sequence = response.sequence(), .results = statuses_of(response)};
  }
  Status finish() override {
    const auto status = stream_->Finish();
    if (!status.ok()) { return error_of(status, address_); }
    return kDone;
  }
  void cancel() override { context_.TryCancel(); }

 private:
  const std::string address_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::SubmitTransactionsRequest, v1::SubmitTransactionsResponse>> stream_;
};

class GrpcEventWatch final : public EventWatch {
 public:
  GrpcEventWatch(v1::LedgerService::Stub& stub, std::string address, const std::string& cursor, const std::string& kind)
      : address_(std::move(address)) {
    v1::WatchEventsRequest request;
    request.set_cursor(cursor);
    request.set_kind(kind);
    stream_ = stub.WatchEvents(&context_, request);
  }

  std::optional<WatchedEvent> next() override {
    v1::WatchEventsResponse response;
    if (!stream_->Read(&response)) { return std::nullopt; }
    // None: time did it.
    const auto transaction = response.transaction_id().empty()
                                 ? Result<Hash>(Hash{})
                                 : wire::hash_from_wire(response.transaction_id(), "transaction_id");
    if (!transaction) {
      wrong_ = transaction.error();
      context_.TryCancel();
      return std::nullopt;
    }
    return WatchedEvent{.cursor = response.cursor(),
                        .kind = response.kind(),
                        .subject = response.subject(),
                        .data = bytes_of(response.data()),
                        .transaction = *transaction,
                        .height = Height{response.height()},
                        .time = static_cast<Milliseconds>(response.time_ms())};
  }
  Status finish() override {
    const auto status = stream_->Finish();
    if (wrong_) { return *wrong_; }
    if (!status.ok()) { return error_of(status, address_); }
    return kDone;
  }

 private:
  const std::string address_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::WatchEventsResponse>> stream_;
  std::optional<Error> wrong_;
};

}  // namespace

struct LedgerClient::Parts {
  std::string address;
  std::unique_ptr<v1::LedgerService::Stub> stub;

  template <typename Request, typename Response>
  Status call(grpc::Status (v1::LedgerService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
              const Request& request, Response& response, std::uint32_t timeout_ms = kCallMs) const {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(timeout_ms));
    const auto status = ((*stub).*method)(&context, request, &response);
    if (!status.ok()) { return error_of(status, address); }
    return kDone;
  }
};

LedgerClient::LedgerClient(const Endpoint& endpoint) : parts_(std::make_unique<Parts>()) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // Each client has a connection of its own, as each company's program would.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  parts_->address = endpoint.address;
  parts_->stub =
      v1::LedgerService::NewStub(grpc::CreateCustomChannel(endpoint.address, credentials_of(endpoint), arguments));
}
LedgerClient::~LedgerClient() = default;
LedgerClient::LedgerClient(LedgerClient&&) noexcept = default;
LedgerClient& LedgerClient::operator=(LedgerClient&&) noexcept = default;

Result<std::vector<Status>> LedgerClient::submit(std::span<const TransactionPointer> transactions) const {
  v1::SubmitTransactionsRequest request;
  fill(transactions, request);
  v1::SubmitTransactionsResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::SubmitTransactions, request, response); !done) {
    return done.error();
  }
  auto statuses = statuses_of(response);
  if (statuses.size() != transactions.size()) {
    return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the node answered for another number of transactions");
  }
  return statuses;
}

Status LedgerClient::submit(const TransactionPointer& transaction) const {
  v1::SubmitTransactionRequest request;
  request.set_transaction(transaction->envelope.data(), transaction->envelope.size());
  v1::SubmitTransactionResponse response;
  return parts_->call(&v1::LedgerService::Stub::SubmitTransaction, request, response);
}

std::unique_ptr<SubmitStream> LedgerClient::submit_stream() const {
  return std::make_unique<GrpcSubmitStream>(*parts_->stub, parts_->address);
}

std::unique_ptr<EventWatch> LedgerClient::watch(const std::string& cursor, const std::string& kind) const {
  return std::make_unique<GrpcEventWatch>(*parts_->stub, parts_->address, cursor, kind);
}

Result<TransactionProgress> LedgerClient::wait(const TransactionId& id, WaitLevel level,
                                               std::uint32_t timeout_ms) const {
  v1::WaitTransactionRequest request;
  request.set_transaction_id(text_of(id.view()));
  request.set_level(static_cast<v1::WaitLevel>(wire::to_wire(level)));
  request.set_timeout_ms(timeout_ms);
  v1::WaitTransactionResponse response;
  // The node ends the wait; our own deadline only covers a node that does not answer.
  if (auto done = parts_->call(&v1::LedgerService::Stub::WaitTransaction, request, response, timeout_ms + 5'000);
      !done) {
    return done.error();
  }
  return wire::from_wire(response);
}

Result<FoundTransaction> LedgerClient::transaction(const TransactionId& id) const {
  v1::GetTransactionRequest request;
  request.set_transaction_id(text_of(id.view()));
  v1::GetTransactionResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::GetTransaction, request, response); !done) {
    return done.error();
  }
  FoundTransaction found;
  found.envelope = bytes_of(response.transaction());
  found.progress.state = state_of(response.state());
  found.progress.height = Height{response.height()};
  found.progress.index = response.index();
  return found;
}

Result<wire::PlacedReceipt> LedgerClient::receipt(const TransactionId& id) const {
  v1::GetReceiptRequest request;
  request.set_transaction_id(text_of(id.view()));
  v1::GetReceiptResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::GetReceipt, request, response); !done) { return done.error(); }
  return wire::from_wire(response.receipt());
}

Result<FoundBlock> LedgerClient::block(Height height, BlockContent content) const {
  v1::GetBlockRequest request;
  request.set_height(height.value);
  request.set_with_transactions(content == BlockContent::transactions);
  v1::GetBlockResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::GetBlock, request, response); !done) { return done.error(); }
  FoundBlock found;
  auto id = wire::hash_from_wire(response.block_id(), "block_id");
  if (!id) { return id.error(); }
  found.id = *id;
  Reader reader(as_bytes(response.header()));
  found.header = BlockHeader::decode(reader);
  if (auto complete = reader.finish("block header"); !complete) { return complete.error(); }
  found.finalization = bytes_of(response.finalization());
  for (const auto& text : response.transaction_ids()) {
    auto transaction = wire::hash_from_wire(text, "transaction_ids");
    if (!transaction) { return transaction.error(); }
    found.transaction_ids.push_back(*transaction);
  }
  for (const auto& envelope : response.transactions()) { found.transactions.push_back(bytes_of(envelope)); }
  for (const auto& one : response.evidence()) {
    Reader encoded(as_bytes(one));
    found.evidence.push_back(Evidence::decode(encoded));
    if (auto complete = encoded.finish("evidence"); !complete) { return complete.error(); }
  }
  for (const auto& [text, name, hash] :
       {std::tuple{&response.state_root(), "state_root", &found.state_root},
        std::tuple{&response.receipts_root(), "receipts_root", &found.receipts_root},
        std::tuple{&response.mountain_root(), "mountain_root", &found.commitments.mountain_root},
        std::tuple{&response.map_root(), "map_root", &found.commitments.map_root},
        std::tuple{&response.rest(), "rest", &found.commitments.rest}}) {
    if (text->empty()) { continue; }
    auto decoded = wire::hash_from_wire(*text, name);
    if (!decoded) { return decoded.error(); }
    *hash = *decoded;
  }
  return found;
}

Result<StateEntries> LedgerClient::state(std::string_view contract, ByteView prefix) const {
  const auto space = std::string(contract) + "/";
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    StateEntries found;
    v1::ReadStateRequest request;
    request.set_contract(std::string(contract));
    request.set_prefix(prefix.data(), prefix.size());
    bool is_first = true;
    bool has_moved = false;
    while (!has_moved) {
      v1::ReadStateResponse response;
      if (auto done = parts_->call(&v1::LedgerService::Stub::ReadState, request, response); !done) {
        return done.error();
      }
      if (is_first) { found.height = Height{response.height()}; }
      is_first = false;
      // Pages of different heights may contradict each other; an idle or slow chain lets this pass at once.
      has_moved = response.height() != found.height.value;
      for (const auto& entry : response.entries()) {
        found.entries.emplace_back(bytes_of(space + entry.key()), bytes_of(entry.value()));
      }
      if (!response.more() || response.entries().empty()) { break; }
      request.set_after(response.entries().rbegin()->key());
    }
    if (!has_moved) { return found; }
  }
  return failure(ErrorKind::busy, "STATE_MOVED", "the node executed blocks while it was read; try again");
}

Result<StatePage> LedgerClient::state_page(const StateRange& range) const {
  v1::ReadStateRequest request;
  request.set_contract(range.contract);
  request.set_first(range.first.data(), range.first.size());
  request.set_end(range.end.data(), range.end.size());
  request.set_height(range.height.value);
  request.set_limit(range.limit);
  v1::ReadStateResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::ReadState, request, response); !done) { return done.error(); }
  StatePage page;
  page.found.height = Height{response.height()};
  page.more = response.more();
  const auto space = range.contract + "/";
  for (const auto& entry : response.entries()) {
    page.found.entries.emplace_back(bytes_of(space + entry.key()), bytes_of(entry.value()));
  }
  return page;
}

Result<RulesPage> LedgerClient::rules(const RulesQuestion& question) const {
  v1::ReadRulesRequest request;
  request.set_subject(static_cast<v1::RuleSubject>(question.subject));
  request.set_id(question.id);
  request.set_agreement(question.agreement);
  request.set_party(question.party);
  request.set_state(question.state);
  request.set_after(question.after);
  request.set_limit(question.limit);
  v1::ReadRulesResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::ReadRules, request, response); !done) { return done.error(); }
  return RulesPage{{response.documents().begin(), response.documents().end()}, response.next()};
}

Result<json::Value> LedgerClient::usage(const UsageQuestion& question) const {
  v1::ReadUsageRequest request;
  std::string name = "USAGE_VIEW_";
  for (const char c : question.view) { name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
  auto view = v1::USAGE_VIEW_UNSPECIFIED;
  v1::UsageView_Parse(name, &view);
  request.set_view(view);
  request.set_subject(question.subject);
  request.set_use(question.use);
  request.set_from(question.from);
  request.set_to(question.to);
  request.set_after(question.after);
  request.set_limit(question.limit);
  v1::ReadUsageResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::ReadUsage, request, response); !done) { return done.error(); }
  return json::parse(response.document(), {.bytes = kMessageBytesMax, .values = kAnswerValuesMax});
}

Result<Bytes> LedgerClient::proof(const proof::Question& question) const {
  v1::GetProofRequest request;
  request.set_first_epoch(question.first_epoch.value);
  if (question.at_least) { request.set_at_least(question.at_least->value); }
  request.set_entity_kind(question.entity_kind);
  if (question.via) { request.set_via(question.via->value); }
  switch (question.kind) {
    case proof::QuestionKind::transaction:
      request.set_transaction_id(question.transaction.bytes.data(), TransactionId::size);
      break;
    case proof::QuestionKind::entry: request.set_entry(question.entry.data(), question.entry.size()); break;
    case proof::QuestionKind::history: request.set_history(question.entity); break;
    case proof::QuestionKind::state: request.set_state(question.entity); break;
    case proof::QuestionKind::absence: request.set_absence(question.entity); break;
    case proof::QuestionKind::block: request.set_block_height(question.block.value); break;
    case proof::QuestionKind::trace:
      if (question.direction == proof::Direction::back) {
        request.set_trace_back(question.entity);
      } else {
        request.set_trace_forward(question.entity);
      }
      break;
  }
  constexpr std::uint32_t kProofMs = 60'000;  // a large lineage takes its time
  v1::GetProofResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::GetProof, request, response, kProofMs); !done) {
    return done.error();
  }
  return bytes_of(response.proof());
}

Result<NodeStatus> LedgerClient::status(std::uint32_t timeout_ms) const {
  v1::GetStatusResponse response;
  if (auto done = parts_->call(&v1::LedgerService::Stub::GetStatus, v1::GetStatusRequest{}, response, timeout_ms);
      !done) {
    return done.error();
  }
  return wire::from_wire(response);
}

}  // namespace keten::client
