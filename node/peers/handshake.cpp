#include "node/peers/handshake.h"

#include "core/block.h"
#include "core/hash.h"

namespace keten::peers {
namespace {

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}

}  // namespace

std::optional<NodeNumber> Acquaintance::owner(const Hash& pin) const {
  for (std::size_t i = 0; i < pins.size(); ++i) {
    if (pins[i] == pin) { return NodeNumber{static_cast<std::uint16_t>(i)}; }
  }
  return std::nullopt;
}

Hash hello_signing_hash(const wire::Hello& hello, const Hash& sender_pin, const Hash& receiver_pin) {
  return Hasher("keten/hello/1")
      .number(hello.protocol_version)
      .fixed(hello.chain_id)
      .fixed(hello.set_id)
      .number(hello.epoch.value)
      .number(hello.sender.value)
      .number(hello.receiver.value)
      .fixed(sender_pin)
      .fixed(receiver_pin)
      .finish();
}

wire::Hello make_hello(const Acquaintance& known, NodeNumber receiver, const KeyPair& key) {
  wire::Hello hello;
  hello.chain_id = known.chain_id;
  hello.set_id = known.validators.id();
  hello.epoch = known.epoch;
  hello.sender = known.self;
  hello.receiver = receiver;
  hello.protocol_version = kProtocolVersion;
  const auto digest = hello_signing_hash(hello, known.pins.at(known.self.value), known.pins.at(receiver.value));
  hello.signature = key.sign(digest.view());
  return hello;
}

Status check_hello(const Acquaintance& known, const wire::Hello& hello, NodeNumber sender) {
  if (hello.protocol_version != kProtocolVersion) {
    return refused("PROTOCOL_UNSUPPORTED", "expected protocol version " + std::to_string(kProtocolVersion) +
                                               ", found " + std::to_string(hello.protocol_version) +
                                               "; both must run compatible releases");
  }
  if (hello.chain_id != known.chain_id) {
    return refused("WRONG_CHAIN", "expected chain " + known.chain_id.hex() + ", found " + hello.chain_id.hex() +
                                      "; compare the two genesis files");
  }
  if (hello.set_id != known.validators.id() || hello.epoch != known.epoch) {
    return refused("WRONG_VALIDATORS", "expected epoch " + known.epoch.text() + " with validator set " +
                                           known.validators.id().hex() + ", found epoch " + hello.epoch.text() +
                                           " with " + hello.set_id.hex());
  }
  if (hello.sender != sender || hello.receiver != known.self) {
    return refused("HELLO_WRONG_PEER", "expected validator " + sender.text() + " greeting " + known.self.text() +
                                           ", found " + hello.sender.text() + " greeting " + hello.receiver.text());
  }
  const auto digest = hello_signing_hash(hello, known.pins.at(sender.value), known.pins.at(known.self.value));
  if (!verify(known.validators.at(ValidatorIndex{sender.value}).key, digest.view(), hello.signature)) {
    return refused("HELLO_SIGNATURE_INVALID",
                   "the owner of the TLS certificate does not hold the validator key of the genesis");
  }
  return kDone;
}

}  // namespace keten::peers
