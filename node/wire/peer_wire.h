#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"
#include "node/pipeline/messages.h"

namespace keten::wire {

struct HelloProof {
  PublicKey key;
  Signature signature;
  friend bool operator==(const HelloProof&, const HelloProof&) = default;
};

/// Random, drawn once a process: tells a process that reconnects from another one with the same keys.
using Incarnation = FixedBytes<16, struct IncarnationTag>;

/// First message on every stream, both ways: the owner of the TLS key also holds a validator key.
struct Hello {
  ChainId chain_id;
  std::uint32_t protocol_version = 0;
  PublicKey receiver;  ///< a key of the node that is greeted
  Incarnation incarnation;
  std::vector<HelloProof> proofs;  ///< 1 to limits::kFormerKeysMax
  friend bool operator==(const Hello&, const Hello&) = default;
};

/// A serialized `keten.v1.PeerMessages` that holds this one message. Concatenating several gives the batch of all of them,
/// so a broadcast is serialized once and its bytes are shared by every stream. Fails with PEER_MESSAGE_TOO_LARGE.
[[nodiscard]] Result<std::string> encode_peer_message(const pipeline::PeerMessage& message);
[[nodiscard]] std::string encode_hello(const Hello& hello);

/// The messages of a batch in order, each complete and within limits; transactions are decoded, no signature is checked.
/// Fails with PEER_MESSAGE_TOO_LARGE, PEER_MESSAGE_MALFORMED or the reason of the bad part; a correct peer never causes it.
[[nodiscard]] Result<std::vector<pipeline::PeerMessage>> decode_peer_messages(ByteView bytes);
/// A batch that holds exactly one hello. Fails with HELLO_MALFORMED.
[[nodiscard]] Result<Hello> decode_hello(ByteView bytes);

}  // namespace keten::wire
