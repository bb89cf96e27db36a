#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/genesis.h"
#include "core/hash.h"
#include "core/keys.h"
#include "core/merkle.h"
#include "core/transaction.h"
#include "core/validator_set.h"

/// A small founding with known keys, and what its members sign. Everything follows from small numbers, so that tests and
/// golden files agree on every machine.
namespace keten::sample {

inline Hash hash_of(std::string_view text) { return Hasher("sample").sized(text).finish(); }

inline KeyPair key_pair(const std::string& name) { return KeyPair::from_seed(KeySeed{hash_of(name).bytes}); }

inline GenesisKey genesis_key(const std::string& organisation, const std::string& name, Roles roles) {
  const auto pair = key_pair(organisation + "/" + name);
  const auto possession = key_possession_hash(organisation, name, pair.public_key(), roles);
  return {name, pair.public_key(), roles, pair.sign(possession.view())};
}

inline GenesisValidator genesis_validator(const std::string& organisation, const std::string& node) {
  const auto pair = key_pair(organisation + "/" + node);
  const auto possession = key_possession_hash(organisation, node, pair.public_key(), Roles{Role::validator});
  return {node, pair.public_key(), pair.sign(possession.view()),
          "-----BEGIN CERTIFICATE-----\n" + node + "\n-----END CERTIFICATE-----\n", node + ".example:7001"};
}

inline std::string organisation_name(std::size_t index) { return "company" + std::to_string(index); }
inline std::string node_name(std::size_t index) { return "node" + std::to_string(index); }

/// Signed by every organisation. Each has an admin, a device (submitter), a capture key and one validator.
inline Genesis genesis(std::size_t validators) {
  Genesis result;
  result.chain_name = "sample";
  result.time = 1'750'000'000'000;
  for (std::size_t i = 0; i < validators; ++i) {
    const auto name = organisation_name(i);
    result.organisations.push_back(
        {name,
         {genesis_key(name, "admin", Roles{Role::admin}), genesis_key(name, "device", Roles{Role::submitter}),
          genesis_key(name, "capture", Roles{Role::capture})},
         {genesis_validator(name, node_name(i))}});
  }
  const auto digest = genesis_signing_hash(result.chain_id());
  for (const auto& organisation : result.organisations) {
    const auto admin = key_pair(organisation.name + "/admin");
    result.signatures.push_back({organisation.name, admin.public_key(), admin.sign(digest.view())});
  }
  return result;
}

inline KeyPair validator_key(std::size_t index) { return key_pair(organisation_name(index) + "/" + node_name(index)); }
inline KeyPair device_key(std::size_t index) { return key_pair(organisation_name(index) + "/device"); }

/// `number` makes it distinct; `sender` is the index of the organisation.
inline TransactionBody body(const ChainId& chain, std::uint64_t number, std::size_t sender = 0) {
  TransactionBody result;
  result.chain_id = chain;
  result.organisation = organisation_name(sender);
  result.sender = device_key(sender).public_key();
  result.valid_until = Height{100};
  for (std::size_t i = 0; i < 8; ++i) { result.salt.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i)); }
  result.fuel_limit = 1'000'000;
  result.contract = "record";
  result.method = "put";
  result.arguments = to_bytes("shelf " + std::to_string(number));
  return result;
}

inline Payload payload(std::string_view content) {
  Payload result;
  result.salt.bytes.fill(7);
  result.content = to_bytes(content);
  return result;
}

inline TransactionPointer transaction(const ChainId& chain, std::uint64_t number, std::size_t sender = 0) {
  return sign_transaction(body(chain, number, sender), {}, device_key(sender));
}

inline BlockHeader header(const ChainId& chain, std::uint64_t height) {
  BlockHeader result;
  result.chain_id = chain;
  result.view = View{height + 2};
  result.height = Height{height};
  result.parent = hash_of("parent");
  result.proposer = ValidatorIndex{1};
  result.time = 1'750'000'000'123;
  result.executed_height = Height{height - 1};
  result.state_root = hash_of("state");
  return result;
}

inline Block block(const ChainId& chain, std::uint64_t height, std::size_t transactions) {
  Block result;
  result.header = header(chain, height);
  for (std::size_t i = 0; i < transactions; ++i) {
    result.transactions.push_back(transaction(chain, i));
    result.header.payload_bytes += static_cast<std::uint32_t>(result.transactions.back()->envelope.size());
  }
  result.header.transaction_count = static_cast<std::uint32_t>(transactions);
  const auto leaves = payload_leaves(result.transactions);
  result.header.payload_root = merkle_root(leaves);
  return result;
}

inline Vote vote(const Subject& subject, std::size_t signer, const ChainId& chain, const ValidatorSet& set) {
  return {subject, ValidatorIndex{static_cast<std::uint16_t>(signer)},
          validator_key(signer).sign(subject.signing_hash(chain, set.id()).view())};
}

inline Certificate certificate(const Subject& subject, const std::vector<std::size_t>& signers, const ChainId& chain,
                               const ValidatorSet& set) {
  std::vector<Vote> votes;
  for (const auto signer : signers) { votes.push_back(vote(subject, signer, chain, set)); }
  return make_certificate(std::move(votes), set);
}

}  // namespace keten::sample
