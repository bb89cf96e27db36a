#include "node/peers/handshake.h"

#include <algorithm>

#include "core/block.h"
#include "core/hash.h"
#include "core/limits.h"
#include "node/runtime/certificates.h"

namespace keten::peers {
namespace {

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}

}  // namespace

Acquaintances::Acquaintances(const std::vector<PeerEntry>& entries) {
  for (const auto& entry : entries) {
    for (const auto& pem : entry.certificates) {
      const auto pin = certificate_pin(pem);
      if (!pin) {
        problems_.push_back("node " + entry.name + ": " + pin.error().message);
        continue;
      }
      const auto [owner, is_new] = owners_.emplace(*pin, entry.number);
      if (!is_new && owner->second != entry.number) {
        problems_.push_back("node " + entry.name + ": another node has the same certificate");
      }
    }
    entries_.insert_or_assign(entry.number, entry);
  }
}

std::optional<NodeNumber> Acquaintances::owner(const Hash& pin) const {
  const auto found = owners_.find(pin);
  if (found == owners_.end()) { return std::nullopt; }
  return found->second;
}

const PeerEntry* Acquaintances::find(NodeNumber number) const {
  const auto found = entries_.find(number);
  return found == entries_.end() ? nullptr : &found->second;
}

Hash hello_signing_hash(const wire::Hello& hello, const PublicKey& key) {
  return Hasher("keten/hello/3")
      .number(hello.protocol_version)
      .fixed(hello.chain_id)
      .fixed(key)
      .fixed(hello.receiver)
      .fixed(hello.incarnation)
      .finish();
}

wire::Hello make_hello(const ChainId& chain, const wire::Incarnation& incarnation, const PublicKey& receiver,
                       const OwnKeys& keys) {
  wire::Hello hello;
  hello.chain_id = chain;
  hello.protocol_version = kProtocolVersion;
  hello.receiver = receiver;
  hello.incarnation = incarnation;
  for (const auto& key : keys) {
    if (hello.proofs.size() == limits::kFormerKeysMax) { break; }
    const auto digest = hello_signing_hash(hello, key.public_key());
    hello.proofs.push_back({key.public_key(), key.sign(digest.view())});
  }
  return hello;
}

Status check_hello(const ChainId& chain, const OwnKeys& own, const PeerEntry& sender, const wire::Hello& hello) {
  if (hello.protocol_version != kProtocolVersion) {
    return refused("PROTOCOL_UNSUPPORTED", "expected protocol version " + std::to_string(kProtocolVersion) +
                                               ", found " + std::to_string(hello.protocol_version) +
                                               "; both must run compatible releases");
  }
  if (hello.chain_id != chain) {
    return refused("WRONG_CHAIN", "expected chain " + chain.hex() + ", found " + hello.chain_id.hex() +
                                      "; compare the two genesis files");
  }
  const bool is_for_us =
      std::ranges::any_of(own, [&](const KeyPair& key) { return key.public_key() == hello.receiver; });
  if (!is_for_us) {
    return refused("HELLO_WRONG_PEER", "the greeting is for " + key_text(hello.receiver) +
                                           ", which is no key of this node; are all its key files in keys/?");
  }
  bool is_known = false;
  for (const auto& proof : hello.proofs) {
    if (std::ranges::find(sender.keys, proof.key) == sender.keys.end()) { continue; }
    is_known = true;
    if (verify(proof.key, hello_signing_hash(hello, proof.key).view(), proof.signature)) { return kDone; }
  }
  if (is_known) {
    return refused("HELLO_SIGNATURE_INVALID",
                   "the owner of " + sender.name + "'s TLS certificate does not hold its validator key");
  }
  return refused("HELLO_KEY_UNKNOWN", sender.name + " greets with " + key_text(hello.proofs.front().key) +
                                          ", the chain names other keys for it");
}

}  // namespace keten::peers
