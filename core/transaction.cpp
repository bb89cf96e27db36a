#include "core/transaction.h"

#include <algorithm>

#include "keten/v1/transaction.pb.h"
#include <google/protobuf/unknown_field_set.h>

#include "core/hash.h"
#include "core/limits.h"
#include "core/names.h"
#include "core/transaction_body.h"

namespace keten {
namespace {

Error malformed(std::string message) { return invalid("TRANSACTION_MALFORMED", std::move(message)); }

bool has_own_unknown_fields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}
bool has_unknown_fields(const v1::TransactionBody& body) { return has_own_unknown_fields(body); }
bool has_unknown_fields(const v1::SignedTransaction& transaction) {
  return has_own_unknown_fields(transaction) ||
         std::any_of(transaction.payloads().begin(), transaction.payloads().end(), has_own_unknown_fields);
}

/// One encoding only: nothing unknown, and writing what was read gives the same bytes.
template <typename Message>
bool is_canonical(const Message& message, ByteView bytes) {
  if (has_unknown_fields(message) || message.ByteSizeLong() != bytes.size()) { return false; }
  Bytes again(bytes.size());
  message.SerializeWithCachedSizesToArray(again.data());
  return std::equal(again.begin(), again.end(), bytes.begin());
}

template <typename Fixed>
bool read(const std::string& source, Fixed& target) {
  auto bytes = Fixed::from(as_bytes(source));
  if (!bytes) { return false; }
  target = *bytes;
  return true;
}

}  // namespace

Result<TransactionBody> decode_transaction_body(ByteView bytes) {
  v1::TransactionBody message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return malformed("body: expected a serialized keten.v1.TransactionBody, found bytes that do not parse");
  }
  if (!is_canonical(message, bytes)) {
    return invalid("TRANSACTION_NOT_CANONICAL",
                   "body: expected the deterministic protobuf encoding without unknown or repeated fields");
  }
  TransactionBody body;
  if (!read(message.chain_id(), body.chain_id)) { return malformed("body.chain_id: expected 32 bytes"); }
  if (!read(message.public_key(), body.sender)) { return malformed("body.public_key: expected 32 bytes"); }
  if (!read(message.salt(), body.salt)) { return malformed("body.salt: expected 16 bytes"); }
  for (const auto& [text, field] :
       {std::pair{&message.organisation(), "organisation"}, std::pair{&message.contract(), "contract"},
        std::pair{&message.method(), "method"}}) {
    if (!is_name(*text)) {
      return invalid("NAME_INVALID", std::string("body.") + field +
                                         ": expected 1 to 64 letters, digits, '-', '_' or '.', found " +
                                         std::to_string(text->size()) + " bytes of another form");
    }
  }
  if (message.arguments().size() > limits::kArgumentBytesMax) {
    return failure(ErrorKind::too_large, "TRANSACTION_TOO_LARGE",
                   "body.arguments: at most " + std::to_string(limits::kArgumentBytesMax) + " bytes, found " +
                       std::to_string(message.arguments().size()) + "; put large content into a payload");
  }
  body.organisation = message.organisation();
  body.valid_until = Height{message.valid_until()};
  body.fuel_limit = message.fuel_limit();
  body.contract = message.contract();
  body.method = message.method();
  body.arguments = to_bytes(message.arguments());
  for (const auto& commitment : message.payload_commitments()) {
    Hash hash;
    if (!read(commitment, hash)) { return malformed("body.payload_commitments: expected 32 bytes each"); }
    body.payload_commitments.push_back(hash);
  }
  return body;
}

namespace {

Hash transaction_leaf(const TransactionId& id, const Signature& signature) {
  const Hash signature_hash = Hasher("keten/signature/1").fixed(signature).finish();
  return Hasher("keten/payload-leaf/1").fixed(id).fixed(signature_hash).finish();
}

TransactionId transaction_id(ByteView body) { return Hasher("keten/transaction/1").sized(body).finish(); }

}  // namespace

Hash Payload::commitment() const { return Hasher("keten/payload/1").fixed(salt).sized(content).finish(); }

Hash transaction_signing_hash(const TransactionId& id) {
  return Hasher("keten/transaction-signature/1").fixed(id).finish();
}

bool has_valid_signature(const Transaction& transaction) {
  return verify(transaction.body.sender, transaction_signing_hash(transaction.id).view(), transaction.signature);
}

ByteView body_bytes(const Transaction& transaction) {
  // The envelope is canonical: field 1 stands first, a tag, the length as a varint, the bytes.
  ByteView rest(transaction.envelope);
  rest = rest.subspan(1);
  std::size_t length = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = rest.front();
    rest = rest.subspan(1);
    length |= static_cast<std::size_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) { break; }
  }
  return rest.first(length);
}

Result<TransactionPointer> decode_transaction(ByteView envelope) {
  if (envelope.size() > limits::kTransactionBytesMax) {
    return failure(ErrorKind::too_large, "TRANSACTION_TOO_LARGE",
                   "at most " + std::to_string(limits::kTransactionBytesMax) + " bytes with payloads, found " +
                       std::to_string(envelope.size()));
  }
  v1::SignedTransaction message;
  if (!message.ParseFromArray(envelope.data(), static_cast<int>(envelope.size()))) {
    return malformed("expected a serialized keten.v1.SignedTransaction, found bytes that do not parse");
  }
  if (!is_canonical(message, envelope)) {
    return invalid("TRANSACTION_NOT_CANONICAL",
                   "expected the deterministic protobuf encoding without unknown or repeated fields");
  }
  if (message.body().empty()) { return malformed("body: expected a serialized TransactionBody, found nothing"); }
  if (message.signature_kind() != 0) {
    return malformed("signature_kind: expected 0, found " + std::to_string(message.signature_kind()));
  }
  auto body = decode_transaction_body(as_bytes(message.body()));
  if (!body) { return body.error(); }

  auto transaction = std::make_shared<Transaction>();
  transaction->body = std::move(*body);
  if (!read(message.signature(), transaction->signature)) { return malformed("signature: expected 64 bytes"); }
  const auto& commitments = transaction->body.payload_commitments;
  if (commitments.size() > limits::kPayloadsMax ||
      commitments.size() != static_cast<std::size_t>(message.payloads_size())) {
    return invalid("PAYLOAD_MISMATCH", "expected one payload per commitment and at most " +
                                           std::to_string(limits::kPayloadsMax) + ", found " +
                                           std::to_string(message.payloads_size()) + " payloads for " +
                                           std::to_string(commitments.size()) + " commitments");
  }
  for (int i = 0; i < message.payloads_size(); ++i) {
    Payload payload;
    const auto& source = message.payloads(i);
    if (!read(source.salt(), payload.salt)) { return malformed("payloads.salt: expected 32 bytes"); }
    payload.content = to_bytes(source.content());
    if (payload.commitment() != commitments[static_cast<std::size_t>(i)]) {
      return invalid("PAYLOAD_MISMATCH", "payload " + std::to_string(i) + " is not what the body commits to");
    }
    transaction->payloads.push_back(std::move(payload));
  }
  transaction->id = transaction_id(as_bytes(message.body()));
  transaction->leaf = transaction_leaf(transaction->id, transaction->signature);
  transaction->envelope = to_bytes(envelope);
  return TransactionPointer(std::move(transaction));
}

TransactionPointer sign_transaction(TransactionBody body, std::vector<Payload> payloads, const KeyPair& key) {
  body.sender = key.public_key();
  body.payload_commitments.clear();
  v1::TransactionBody body_message;
  body_message.set_chain_id(body.chain_id.bytes.data(), Hash::size);
  body_message.set_organisation(body.organisation);
  body_message.set_public_key(body.sender.bytes.data(), PublicKey::size);
  body_message.set_valid_until(body.valid_until.value);
  body_message.set_salt(body.salt.bytes.data(), Salt::size);
  body_message.set_fuel_limit(body.fuel_limit);
  body_message.set_contract(body.contract);
  body_message.set_method(body.method);
  body_message.set_arguments(body.arguments.data(), body.arguments.size());
  v1::SignedTransaction message;
  for (const auto& payload : payloads) {
    const Hash commitment = payload.commitment();
    body.payload_commitments.push_back(commitment);
    body_message.add_payload_commitments(commitment.bytes.data(), Hash::size);
    auto* target = message.add_payloads();
    target->set_salt(payload.salt.bytes.data(), payload.salt.bytes.size());
    target->set_content(payload.content.data(), payload.content.size());
  }
  const std::string body_bytes = body_message.SerializeAsString();

  auto transaction = std::make_shared<Transaction>();
  transaction->id = transaction_id(as_bytes(body_bytes));
  transaction->signature = key.sign(transaction_signing_hash(transaction->id).view());
  transaction->leaf = transaction_leaf(transaction->id, transaction->signature);
  transaction->body = std::move(body);
  transaction->payloads = std::move(payloads);
  message.set_body(body_bytes);
  message.set_signature(transaction->signature.bytes.data(), Signature::size);
  transaction->envelope = to_bytes(message.SerializeAsString());
  return transaction;
}

}  // namespace keten
