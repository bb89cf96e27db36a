#include "client/transactions.h"

#include <utility>

#include <sodium.h>

#include "core/encoding.h"

namespace keten::client {

TransactionPointer sign_call(const Sender& sender, Call call) {
  CHECK(sodium_init() >= 0);
  Salt salt;
  randombytes_buf(salt.bytes.data(), salt.bytes.size());
  return sign_call(sender, std::move(call), salt);
}

TransactionPointer sign_call(const Sender& sender, Call call, const Salt& salt) {
  TransactionBody body;
  body.chain_id = sender.chain_id;
  body.organisation = sender.organisation;
  body.sender = sender.key.public_key();
  body.valid_until = call.valid_until;
  body.salt = salt;
  body.fuel_limit = call.fuel_limit;
  body.contract = std::move(call.contract);
  body.method = std::move(call.method);
  body.arguments = std::move(call.arguments);
  std::vector<Payload> payloads;
  for (auto& content : call.payloads) {
    CHECK(sodium_init() >= 0);
    auto& payload = payloads.emplace_back();
    randombytes_buf(payload.salt.bytes.data(), payload.salt.bytes.size());
    payload.content = std::move(content);
  }
  return sign_transaction(std::move(body), std::move(payloads), sender.key);
}

Bytes record_put_arguments(ByteView key, ByteView value, const std::set<std::string>& subjects) {
  Writer writer;
  writer.sized(key);
  writer.sized(value);
  if (!subjects.empty()) {
    writer.u8(static_cast<std::uint8_t>(subjects.size()));
    for (const auto& subject : subjects) { writer.sized(subject); }
  }
  return writer.take();
}

}  // namespace keten::client
