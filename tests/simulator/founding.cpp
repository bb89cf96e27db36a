#include "tests/simulator/founding.h"

#include <algorithm>
#include <string>

#include "contracts/record_contract.h"
#include "core/check.h"
#include "tests/simulator/random.h"

namespace keten::simulator {
namespace {

/// Any fixed moment: runs must not depend on the day they are made.
constexpr Milliseconds kGenesisTime = 1'750'000'000'000;

KeyPair key_pair(std::uint64_t number) {
  Random random(number);
  KeySeed seed;
  for (auto& byte : seed.bytes) { byte = static_cast<std::uint8_t>(random.next()); }
  return KeyPair::from_seed(seed);
}

GenesisKey genesis_key(const std::string& organisation, const std::string& name, const KeyPair& key, Roles roles) {
  const auto possession = key_possession_hash(organisation, name, key.public_key(), roles);
  return {name, key.public_key(), roles, key.sign(possession.view())};
}

/// The same transaction with one bit of its signature flipped.
TransactionPointer forge(const Transaction& transaction) {
  auto envelope = transaction.envelope;
  const auto place = std::search(envelope.begin(), envelope.end(), transaction.signature.bytes.begin(),
                                 transaction.signature.bytes.end());
  CHECK(place != envelope.end());
  *place ^= 1U;
  return decode_transaction(envelope).value();
}

/// Two machines need two certificates; nobody reads them here.
GenesisValidator card_of(const std::string& organisation, NodeNumber number, const KeyPair& key) {
  const auto node = "node" + number.text();
  const auto possession = key_possession_hash(organisation, node, key.public_key(), Roles{Role::validator});
  std::string body(64, 'A');
  body.replace(0, node.size(), node);
  return {node, key.public_key(), key.sign(possession.view()),
          "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n",
          "127.0.0.1:" + std::to_string(7000 + number.value)};
}

}  // namespace

Founding::Founding(std::size_t validators) : registry_(contracts::built_in_contracts()) {
  genesis_.chain_name = "simulated";
  genesis_.time = kGenesisTime;
  genesis_.parameters.block_transactions_max = 10;
  std::vector<KeyPair> senders;
  for (std::size_t i = 0; i < validators; ++i) {
    const auto name = "company" + std::to_string(i);
    validator_keys_.push_back(key_pair(1000 + i));
    senders.push_back(key_pair(2000 + i));
    const auto admin = key_pair(3000 + i);
    admins_.emplace(name, admin);
    devices_.emplace(name, senders.back());
    const auto& key = validator_keys_.back();
    GenesisOrganisation organisation;
    organisation.name = name;
    organisation.keys.push_back(genesis_key(name, "admin", admin, (Roles{Role::admin, Role::publisher})));
    organisation.keys.push_back(genesis_key(name, "device", senders.back(), Roles{Role::submitter}));
    organisation.validators.push_back(card_of(name, NodeNumber{static_cast<std::uint16_t>(i)}, key));
    genesis_.organisations.push_back(std::move(organisation));
  }
  CHECK(genesis_.check().ok());
  chain_id_ = genesis_.chain_id();
  validators_ = genesis_.validators();
  make_transactions(senders);
}

KeyPair Founding::node_key(NodeNumber number, std::uint64_t rotations) const {
  if (rotations == 0 && number.value < validator_keys_.size()) { return validator_keys_[number.value]; }
  return key_pair(20'000 + 1000 * std::uint64_t{number.value} + rotations);
}

GenesisValidator Founding::card(NodeNumber number, const KeyPair& key) const {
  return card_of(organisation_of(number), number, key);
}

TransactionPointer Founding::govern(const std::string& organisation, const KeyPair& key, Call call) const {
  TransactionBody body;
  body.chain_id = chain_id_;
  body.organisation = organisation;
  body.valid_until = call.valid_until;
  Random random(call.salt);
  for (auto& byte : body.salt.bytes) { byte = static_cast<std::uint8_t>(random.next()); }
  body.fuel_limit = 10'000'000;
  body.contract = call.contract;
  body.method = call.method;
  body.arguments = std::move(call.arguments);
  return sign_transaction(std::move(body), std::move(call.payloads), key);
}

void Founding::make_transactions(const std::vector<KeyPair>& senders) {
  const auto stranger = key_pair(9000);
  stranger_ = stranger.public_key();
  Random random(4000);
  for (std::uint64_t i = 0; i < kTransactions; ++i) {
    const auto sender = random.below(senders.size());
    TransactionBody body;
    body.chain_id = chain_id_;
    body.organisation = "company" + std::to_string(sender);
    body.valid_until = i % kExpiringEvery == 0 ? kEarlyExpiry : kExpiry;
    for (auto& byte : body.salt.bytes) { byte = static_cast<std::uint8_t>(random.next()); }
    body.fuel_limit = 1'000'000;
    body.contract = "record";
    body.method = "put";
    contracts::RecordPut put;
    put.key = to_bytes("shelf" + std::to_string(random.below(20)));
    put.value = to_bytes(std::to_string(i));
    if (i % kAboutEvery == 0) { put.subjects = {"lot" + std::to_string(random.below(12))}; }
    body.arguments = put.encode();
    const auto& key = i % kStrangerEvery == 0 ? stranger : senders[sender];
    auto transaction = sign_transaction(std::move(body), {}, key);
    if (i % kForgedEvery == 0) {
      transaction = forge(*transaction);
      forged_.insert(transaction->id);
    }
    transactions_.push_back(std::move(transaction));
  }
}

}  // namespace keten::simulator
