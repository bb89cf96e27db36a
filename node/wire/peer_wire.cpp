#include "node/wire/peer_wire.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <keten/v1/peer.pb.h>

#include "core/limits.h"

namespace keten::wire {
namespace {

using pipeline::PeerMessage;

/// Certificates and headers in one response; far above what 16 views of standstill need.
constexpr int kCertificatesMax = 4096;
/// In one batch, down to the elements of its messages; those of honest ones take 36 bytes each on average, or are few.
constexpr std::size_t kFieldsMax = 256 * 1024;

Error malformed(std::string message) { return invalid("PEER_MESSAGE_MALFORMED", std::move(message)); }

Error too_large(std::string_view what, std::size_t found, std::size_t most) {
  return failure(ErrorKind::too_large, "PEER_MESSAGE_TOO_LARGE",
                 std::string(what) + ": expected at most " + std::to_string(most) + ", found " + std::to_string(found));
}

// ---- out ----

template <typename T>
std::string canonical(const T& value) {
  Writer writer;
  value.encode(writer);
  return to_text(writer.bytes());
}

std::string text_of(const Hash& hash) { return to_text(hash.view()); }

void put(const Vote& vote, v1::PeerMessage& out) { out.set_vote(canonical(vote)); }
void put(const Certificate& certificate, v1::PeerMessage& out) { out.set_certificate(canonical(certificate)); }

void put(const pipeline::ProposalMessage& message, v1::PeerMessage& out) {
  auto& proposal = *out.mutable_proposal();
  proposal.set_core(canonical(message.proposal));
  auto& leaves = *proposal.mutable_leaves();
  leaves.reserve(message.leaves.size() * Hash::size);
  for (const auto& leaf : message.leaves) { leaves += as_text(leaf.view()); }
  for (const auto& one : message.evidence) { proposal.add_evidence(canonical(one)); }
}

void put(const consensus::Status& status, v1::PeerMessage& out) {
  auto& wire = *out.mutable_status();
  wire.set_epoch(status.epoch.value);
  wire.set_view(status.view.value);
  wire.set_floor_view(status.floor_view.value);
  wire.set_floor_height(status.floor_height.value);
  wire.set_executed_height(status.executed_height.value);
  wire.set_wants_progress(status.wants_progress);
  wire.set_abstains(status.abstains);
}

void put(const Evidence& evidence, v1::PeerMessage& out) { out.set_evidence(canonical(evidence)); }

void put(const consensus::RecoveryRequest& request, v1::PeerMessage& out) {
  out.mutable_recovery_request()->set_epoch(request.epoch.value);
  out.mutable_recovery_request()->set_nonce(text_of(request.nonce));
}

void put(const consensus::RecoveryReply& reply, v1::PeerMessage& out) { out.set_recovery_reply(canonical(reply)); }

void put(const consensus::CertificateRequest& request, v1::PeerMessage& out) {
  out.mutable_certificate_request()->set_epoch(request.epoch.value);
  out.mutable_certificate_request()->set_from_view(request.from_view.value);
}

void put(const consensus::CertificateResponse& response, v1::PeerMessage& out) {
  auto& wire = *out.mutable_certificate_response();
  for (const auto& certificate : response.certificates) { wire.add_certificates(canonical(certificate)); }
  for (const auto& header : response.headers) { wire.add_headers(canonical(header)); }
}

void put(const pipeline::PayloadRequest& request, v1::PeerMessage& out) {
  auto& wire = *out.mutable_payload_request();
  wire.set_block_id(text_of(request.block));
  wire.mutable_indices()->Add(request.indices.begin(), request.indices.end());
}

void put(const pipeline::PayloadResponse& response, v1::PeerMessage& out) {
  auto& wire = *out.mutable_payload_response();
  wire.set_block_id(text_of(response.block_id));
  if (response.block) { wire.set_block(to_text(response.block->encode())); }
  wire.mutable_indices()->Add(response.indices.begin(), response.indices.end());
  for (const auto& transaction : response.transactions) { wire.add_transactions(to_text(transaction->envelope)); }
}

void put(const pipeline::BlockRequest& request, v1::PeerMessage& out) {
  out.mutable_block_request()->set_from_height(request.from.value);
  out.mutable_block_request()->set_to_height(request.to.value);
}

void put(const pipeline::BlockResponse& response, v1::PeerMessage& out) {
  auto& wire = *out.mutable_block_response();
  wire.set_from_height(response.from.value);
  for (const auto& block : response.blocks) { wire.add_blocks(to_text(block->encode())); }
  if (response.finalization) { wire.set_finalization(canonical(*response.finalization)); }
  for (const auto& header : response.path) { wire.add_path(canonical(header)); }
}

void put(const pipeline::TransactionBatch& batch, v1::PeerMessage& out) {
  auto& wire = *out.mutable_transactions();
  for (const auto& transaction : batch.transactions) { wire.add_transactions(to_text(transaction->envelope)); }
}

// ---- in ----

template <typename T>
Result<T> parse_canonical(std::string_view bytes, std::string_view what) {
  Reader reader(as_bytes(bytes));
  T value = T::decode(reader);
  if (auto end = reader.finish(what); !end) { return malformed(end.error().message); }
  return value;
}

Result<Hash> parse_hash(std::string_view bytes, std::string_view what) {
  auto hash = Hash::from(as_bytes(bytes));
  if (!hash) { return malformed(std::string(what) + ": " + hash.error().message); }
  return *hash;
}

template <typename Repeated>
Result<std::vector<TransactionPointer>> parse_transactions(const Repeated& envelopes, std::size_t most) {
  const auto count = static_cast<std::size_t>(envelopes.size());
  if (count > most) { return too_large("transactions", count, most); }
  std::vector<TransactionPointer> transactions;
  transactions.reserve(count);
  for (const auto& envelope : envelopes) {
    auto transaction = decode_transaction(as_bytes(envelope));
    if (!transaction) { return transaction.error(); }
    transactions.push_back(std::move(*transaction));
  }
  return transactions;
}

template <typename Repeated>
Result<std::vector<std::uint32_t>> parse_indices(const Repeated& indices) {
  const auto count = static_cast<std::size_t>(indices.size());
  if (count > limits::kBlockTransactionsMax) { return too_large("indices", count, limits::kBlockTransactionsMax); }
  std::vector<std::uint32_t> found(indices.begin(), indices.end());
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] >= limits::kBlockTransactionsMax) { return malformed("indices: no block has so many transactions"); }
    if (i > 0 && found[i] <= found[i - 1]) { return malformed("indices: expected ascending order without repetition"); }
  }
  return found;
}

Result<BlockPointer> parse_block(std::string_view bytes) {
  auto block = Block::decode(as_bytes(bytes));
  if (!block) { return block.error(); }
  return BlockPointer(std::make_shared<const Block>(std::move(*block)));
}

Result<PeerMessage> parse(const v1::Proposal& wire) {
  auto proposal = consensus::Proposal::decode(as_bytes(wire.core()));
  if (!proposal) { return proposal.error(); }
  const auto& leaves = wire.leaves();
  if (leaves.size() % Hash::size != 0) { return malformed("proposal: expected 32 bytes for each leaf"); }
  const auto count = leaves.size() / Hash::size;
  if (count > limits::kBlockTransactionsMax) { return too_large("leaves", count, limits::kBlockTransactionsMax); }
  if (count != proposal->header.transaction_count) {
    return malformed("proposal: expected " + std::to_string(proposal->header.transaction_count) + " leaves, found " +
                     std::to_string(count));
  }
  pipeline::ProposalMessage message;
  message.proposal = std::move(*proposal);
  message.leaves.resize(count);
  const auto bytes = as_bytes(leaves);
  for (std::size_t i = 0; i < count; ++i) {
    message.leaves[i] = *Hash::from(bytes.subspan(i * Hash::size, Hash::size));
  }
  const auto evidence = static_cast<std::size_t>(wire.evidence_size());
  if (evidence > limits::kBlockEvidenceMax) { return too_large("evidence", evidence, limits::kBlockEvidenceMax); }
  for (const auto& one : wire.evidence()) {
    auto parsed = parse_canonical<Evidence>(one, "evidence");
    if (!parsed) { return parsed.error(); }
    message.evidence.push_back(std::move(*parsed));
  }
  return PeerMessage(std::move(message));
}

Result<PeerMessage> parse(const v1::PeerStatus& wire) {
  consensus::Status status;
  status.epoch = {wire.epoch()};
  status.view = {wire.view()};
  status.floor_view = {wire.floor_view()};
  status.floor_height = {wire.floor_height()};
  status.executed_height = {wire.executed_height()};
  status.wants_progress = wire.wants_progress();
  status.abstains = wire.abstains();
  return PeerMessage(status);
}

Result<PeerMessage> parse(const v1::RecoveryRequest& wire) {
  auto nonce = parse_hash(wire.nonce(), "nonce");
  if (!nonce) { return nonce.error(); }
  return PeerMessage(consensus::RecoveryRequest{.epoch = {wire.epoch()}, .nonce = *nonce});
}

Result<PeerMessage> parse(const v1::CertificateResponse& wire) {
  if (wire.certificates_size() > kCertificatesMax || wire.headers_size() > kCertificatesMax) {
    const auto found = static_cast<std::size_t>(std::max(wire.certificates_size(), wire.headers_size()));
    return too_large("certificates", found, kCertificatesMax);
  }
  consensus::CertificateResponse response;
  for (const auto& bytes : wire.certificates()) {
    auto certificate = parse_canonical<Certificate>(bytes, "certificate");
    if (!certificate) { return certificate.error(); }
    response.certificates.push_back(std::move(*certificate));
  }
  for (const auto& bytes : wire.headers()) {
    auto header = parse_canonical<BlockHeader>(bytes, "header");
    if (!header) { return header.error(); }
    response.headers.push_back(std::move(*header));
  }
  return PeerMessage(std::move(response));
}

Result<PeerMessage> parse(const v1::PayloadRequest& wire) {
  auto block = parse_hash(wire.block_id(), "block_id");
  if (!block) { return block.error(); }
  auto indices = parse_indices(wire.indices());
  if (!indices) { return indices.error(); }
  return PeerMessage(pipeline::PayloadRequest{*block, std::move(*indices)});
}

Result<PeerMessage> parse(const v1::PayloadResponse& wire) {
  auto id = parse_hash(wire.block_id(), "block_id");
  if (!id) { return id.error(); }
  auto indices = parse_indices(wire.indices());
  if (!indices) { return indices.error(); }
  auto transactions = parse_transactions(wire.transactions(), limits::kBlockTransactionsMax);
  if (!transactions) { return transactions.error(); }
  if (indices->size() != transactions->size()) { return malformed("payload: expected one transaction for each index"); }
  pipeline::PayloadResponse response{*id, nullptr, std::move(*indices), std::move(*transactions)};
  if (!wire.block().empty()) {
    auto block = parse_block(wire.block());
    if (!block) { return block.error(); }
    if ((*block)->header.id() != *id) {
      return malformed("payload: the block has another id than the one it is sent for");
    }
    response.block = std::move(*block);
  }
  return PeerMessage(std::move(response));
}

Result<PeerMessage> parse(const v1::BlockRequest& wire) {
  if (wire.from_height() > wire.to_height()) { return malformed("block request: expected from_height <= to_height"); }
  return PeerMessage(pipeline::BlockRequest{{wire.from_height()}, {wire.to_height()}});
}

Result<PeerMessage> parse(const v1::BlockResponse& wire) {
  const auto count = static_cast<std::size_t>(wire.blocks_size());
  if (count > limits::kSyncBlocksMax) { return too_large("blocks", count, limits::kSyncBlocksMax); }
  pipeline::BlockResponse response;
  response.from = {wire.from_height()};
  for (const auto& bytes : wire.blocks()) {
    auto block = parse_block(bytes);
    if (!block) { return block.error(); }
    if ((*block)->header.height != response.from.plus(response.blocks.size())) {
      return malformed("block response: expected consecutive heights");
    }
    response.blocks.push_back(std::move(*block));
  }
  if (!wire.finalization().empty()) {
    auto finalization = parse_canonical<Certificate>(wire.finalization(), "finalization");
    if (!finalization) { return finalization.error(); }
    if (finalization->subject.kind != VoteKind::finalize) {
      return malformed("finalization: found another certificate");
    }
    response.finalization = std::move(*finalization);
  }
  const auto headers = static_cast<std::size_t>(wire.path_size());
  if (headers > limits::kSyncPathMax) { return too_large("path", headers, limits::kSyncPathMax); }
  if (headers > 0 && !response.finalization) { return malformed("block response: a path without a finalization"); }
  for (const auto& bytes : wire.path()) {
    auto header = parse_canonical<BlockHeader>(bytes, "path");
    if (!header) { return header.error(); }
    if (header->height != response.from.plus(count + response.path.size())) {
      return malformed("block response: expected consecutive heights");
    }
    response.path.push_back(std::move(*header));
  }
  return PeerMessage(std::move(response));
}

Result<PeerMessage> parse(const v1::TransactionBatch& wire) {
  auto transactions = parse_transactions(wire.transactions(), limits::kBatchTransactionsMax);
  if (!transactions) { return transactions.error(); }
  return PeerMessage(pipeline::TransactionBatch{std::move(*transactions)});
}

template <typename T>
Result<PeerMessage> as_message(Result<T> parsed) {
  if (!parsed) { return parsed.error(); }
  return PeerMessage(std::move(*parsed));
}

Result<PeerMessage> parse(const v1::PeerMessage& wire) {
  switch (wire.kind_case()) {
    case v1::PeerMessage::kVote: return as_message(parse_canonical<Vote>(wire.vote(), "vote"));
    case v1::PeerMessage::kCertificate:
      return as_message(parse_canonical<Certificate>(wire.certificate(), "certificate"));
    case v1::PeerMessage::kProposal: return parse(wire.proposal());
    case v1::PeerMessage::kStatus: return parse(wire.status());
    case v1::PeerMessage::kCertificateRequest:
      return PeerMessage(consensus::CertificateRequest{{wire.certificate_request().epoch()},
                                                       {wire.certificate_request().from_view()}});
    case v1::PeerMessage::kCertificateResponse: return parse(wire.certificate_response());
    case v1::PeerMessage::kPayloadRequest: return parse(wire.payload_request());
    case v1::PeerMessage::kPayloadResponse: return parse(wire.payload_response());
    case v1::PeerMessage::kBlockRequest: return parse(wire.block_request());
    case v1::PeerMessage::kBlockResponse: return parse(wire.block_response());
    case v1::PeerMessage::kTransactions: return parse(wire.transactions());
    case v1::PeerMessage::kEvidence: return as_message(parse_canonical<Evidence>(wire.evidence(), "evidence"));
    case v1::PeerMessage::kRecoveryRequest: return parse(wire.recovery_request());
    case v1::PeerMessage::kRecoveryReply:
      return as_message(parse_canonical<consensus::RecoveryReply>(wire.recovery_reply(), "recovery reply"));
    case v1::PeerMessage::kHello: return malformed("a hello comes once, first and alone");
    case v1::PeerMessage::KIND_NOT_SET: break;
  }
  return malformed("expected one of the known kinds of message, found none");
}

/// Counts what a parser would keep: an empty element takes two bytes here and forty in memory.
class Fields {
 public:
  explicit Fields(ByteView bytes) : in_(bytes.data(), static_cast<int>(bytes.size())) {}

  [[nodiscard]] Status count() {
    if (!count_at(kBatch)) { return malformed("expected a serialized keten.v1.PeerMessages"); }
    if (messages_ > limits::kPeerVoteQueueMax) { return too_large("messages", messages_, limits::kPeerVoteQueueMax); }
    if (fields_ > kFieldsMax) { return too_large("fields", fields_, kFieldsMax); }
    return kDone;
  }

 private:
  using Wire = google::protobuf::internal::WireFormatLite;
  static constexpr int kBatch = 0;
  static constexpr int kMessage = 1;
  static constexpr int kKind = 2;

  [[nodiscard]] bool is_over() const { return messages_ > limits::kPeerVoteQueueMax || fields_ > kFieldsMax; }

  /// False when the bytes are no protobuf, or hold groups, which no message of ours does.
  bool count_at(int depth) {
    while (const auto tag = in_.ReadTag()) {
      ++fields_;
      messages_ += depth == kBatch ? 1 : 0;
      if (is_over()) { return true; }
      const auto type = Wire::GetTagWireType(tag);
      if (type == Wire::WIRETYPE_START_GROUP || type == Wire::WIRETYPE_END_GROUP) { return false; }
      if (type != Wire::WIRETYPE_LENGTH_DELIMITED || !has_fields(depth, Wire::GetTagFieldNumber(tag))) {
        if (!Wire::SkipField(&in_, tag)) { return false; }
        continue;
      }
      std::uint32_t length = 0;
      if (!in_.ReadVarint32(&length) || length > limits::kPeerMessageBytesMax * 2) { return false; }
      const auto outer = in_.PushLimit(static_cast<int>(length));
      const bool good = count_at(depth + 1) && (is_over() || in_.BytesUntilLimit() == 0);
      in_.PopLimit(outer);
      if (!good) { return false; }
      if (is_over()) { return true; }
    }
    return depth != kBatch || in_.ConsumedEntireMessage();
  }

  static bool has_fields(int depth, int field) {
    if (depth == kBatch) { return field == v1::PeerMessages::kMessagesFieldNumber; }
    if (depth == kKind) { return false; }
    return field != v1::PeerMessage::kVoteFieldNumber && field != v1::PeerMessage::kCertificateFieldNumber &&
           field != v1::PeerMessage::kEvidenceFieldNumber && field != v1::PeerMessage::kRecoveryReplyFieldNumber;
  }

  google::protobuf::io::CodedInputStream in_;
  std::size_t messages_ = 0;
  std::size_t fields_ = 0;
};

Result<v1::PeerMessages> parse_batch(ByteView bytes) {
  if (bytes.size() > limits::kPeerMessageBytesMax + limits::kPeerMessageBytesMax / 8) {
    return too_large("bytes", bytes.size(), limits::kPeerMessageBytesMax + limits::kPeerMessageBytesMax / 8);
  }
  if (auto counted = Fields(bytes).count(); !counted) { return counted.error(); }
  v1::PeerMessages batch;
  if (!batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return malformed("expected a serialized keten.v1.PeerMessages");
  }
  return batch;
}

}  // namespace

Result<std::string> encode_peer_message(const PeerMessage& message) {
  v1::PeerMessages batch;
  std::visit([&batch](const auto& kind) { put(kind, *batch.add_messages()); }, message);
  const auto size = batch.ByteSizeLong();
  if (size > limits::kPeerMessageBytesMax) { return too_large("bytes", size, limits::kPeerMessageBytesMax); }
  return batch.SerializeAsString();
}

std::string encode_hello(const Hello& hello) {
  v1::PeerMessages batch;
  auto& wire = *batch.add_messages()->mutable_hello();
  wire.set_chain_id(text_of(hello.chain_id));
  wire.set_protocol_version(hello.protocol_version);
  wire.set_receiver(to_text(hello.receiver.view()));
  wire.set_incarnation(to_text(hello.incarnation.view()));
  for (const auto& proof : hello.proofs) {
    auto& out = *wire.add_proofs();
    out.set_key(to_text(proof.key.view()));
    out.set_signature(to_text(proof.signature.view()));
  }
  return batch.SerializeAsString();
}

Result<std::vector<PeerMessage>> decode_peer_messages(ByteView bytes) {
  auto batch = parse_batch(bytes);
  if (!batch) { return batch.error(); }
  const auto count = static_cast<std::size_t>(batch->messages_size());
  if (count > limits::kPeerVoteQueueMax) { return too_large("messages", count, limits::kPeerVoteQueueMax); }
  std::vector<PeerMessage> messages;
  messages.reserve(count);
  for (const auto& wire : batch->messages()) {
    auto message = parse(wire);
    if (!message) { return message.error(); }
    messages.push_back(std::move(*message));
  }
  return messages;
}

Result<Hello> decode_hello(ByteView bytes) {
  const auto bad = [](const std::string& message) { return invalid("HELLO_MALFORMED", "hello: " + message); };
  if (bytes.size() > 2048) { return bad("expected at most 2 KiB"); }
  const auto batch = parse_batch(bytes);
  if (!batch || batch->messages_size() != 1 || !batch->messages(0).has_hello()) {
    return bad("expected it alone and first");
  }
  const auto& wire = batch->messages(0).hello();
  const auto chain = Hash::from(as_bytes(wire.chain_id()));
  const auto receiver = PublicKey::from(as_bytes(wire.receiver()));
  const auto incarnation = Incarnation::from(as_bytes(wire.incarnation()));
  if (!chain || !receiver) { return bad("expected a chain id and a receiver of 32 bytes"); }
  if (!incarnation) { return bad("expected an incarnation of 16 bytes; both must run compatible releases"); }
  if (wire.proofs_size() < 1 || wire.proofs_size() > static_cast<int>(limits::kFormerKeysMax)) {
    return bad("expected 1 to " + std::to_string(limits::kFormerKeysMax) + " proofs");
  }
  Hello hello;
  hello.chain_id = *chain;
  hello.protocol_version = wire.protocol_version();
  hello.receiver = *receiver;
  hello.incarnation = *incarnation;
  for (const auto& proof : wire.proofs()) {
    const auto key = PublicKey::from(as_bytes(proof.key()));
    const auto signature = Signature::from(as_bytes(proof.signature()));
    if (!key || !signature) { return bad("expected keys of 32 bytes and signatures of 64"); }
    hello.proofs.push_back({*key, *signature});
  }
  return hello;
}

}  // namespace keten::wire
