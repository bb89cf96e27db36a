#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/keys.h"

namespace keten {

using Salt = FixedBytes<16, struct SaltTag>;

/// What the sender signs. Its protobuf form (`keten.v1.TransactionBody`) is signed exactly as sent.
struct TransactionBody {
  ChainId chain_id;
  std::string organisation;  ///< the sender's, as registered
  PublicKey sender;
  Height valid_until;  ///< the last block that may hold it
  Salt salt;
  std::uint64_t fuel_limit = 0;
  std::string contract;
  std::string method;
  Bytes arguments;
  std::vector<Hash> payload_commitments;
};

/// Content beside the body, erasable later; the body holds H(tag, salt, content).
struct Payload {
  FixedBytes<32, struct PayloadSaltTag> salt;
  Bytes content;
  [[nodiscard]] Hash commitment() const;
};

/// A decoded transaction: canonical, within limits, payloads match their commitments. The signature is checked
/// separately (it is the expensive part). Immutable and shared.
struct Transaction {
  TransactionId id;  ///< hash of the body bytes
  Hash leaf;         ///< H(tag, id, H(signature)): what a block's payload root is made of
  TransactionBody body;
  Signature signature;
  std::vector<Payload> payloads;
  Bytes envelope;  ///< the `keten.v1.SignedTransaction` bytes as received
};
using TransactionPointer = std::shared_ptr<const Transaction>;

/// What the Ed25519 signature of a transaction covers.
Hash transaction_signing_hash(const TransactionId& id);

/// Checks the signature. About 70 microseconds; call it off the loop and once.
bool has_valid_signature(const Transaction& transaction);

/// Decodes and checks everything that needs neither the ledger nor the signature. Refuses unknown or repeated
/// fields, trailing bytes and any encoding but the canonical one. Reasons: TRANSACTION_TOO_LARGE,
/// TRANSACTION_MALFORMED, TRANSACTION_NOT_CANONICAL, PAYLOAD_MISMATCH, NAME_INVALID, KEY_MISMATCH.
Result<TransactionPointer> decode_transaction(ByteView envelope);

/// Builds and signs; commitments are computed from the payloads.
TransactionPointer sign_transaction(TransactionBody body, std::vector<Payload> payloads, const KeyPair& key);

}  // namespace keten
