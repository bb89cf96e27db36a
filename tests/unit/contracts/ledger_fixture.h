#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/execute.h"
#include "contracts/overlay.h"
#include "contracts/record_contract.h"
#include "contracts/registry.h"
#include "core/block.h"
#include "core/certificate.h"
#include "core/directory.h"
#include "core/genesis.h"
#include "core/merkle.h"

/// What tests build ledgers from: two organisations, `record.put` transactions, blocks that follow each other.
namespace keten::test {

inline KeyPair key_of(std::uint8_t number) {
  KeySeed seed;
  seed.bytes.fill(number);
  return KeyPair::from_seed(seed);
}

inline GenesisOrganisation organisation_of(std::string name, std::uint8_t number) {
  GenesisOrganisation organisation;
  organisation.name = std::move(name);
  organisation.keys.push_back(
      {.name = "admin", .key = key_of(number).public_key(), .roles = {Role::admin}, .possession = {}});
  organisation.keys.push_back({.name = "scanner",
                               .key = key_of(static_cast<std::uint8_t>(number + 1)).public_key(),
                               .roles = {Role::submitter},
                               .possession = {}});
  organisation.validators.push_back({.node = "node",
                                     .key = key_of(static_cast<std::uint8_t>(number + 2)).public_key(),
                                     .possession = {},
                                     .tls_certificate = "certificate",
                                     .peer_address = "127.0.0.1:1"});
  return organisation;
}

inline Genesis make_genesis(std::string name = "test") {
  Genesis genesis;
  genesis.chain_name = std::move(name);
  genesis.time = 1'700'000'000'000;
  genesis.organisations = {organisation_of("dairy", 10), organisation_of("market", 20)};
  return genesis;
}

struct PutOptions {
  std::string organisation = "dairy";
  std::uint8_t sender = 11;  ///< the dairy's scanner
  Height valid_until{100};
  std::uint64_t fuel_limit = 1'000'000;
  std::string contract = "record";
  std::string method = "put";
};

inline TransactionPointer make_put(const Genesis& genesis, const contracts::RecordPut& put,
                                   const PutOptions& options = {}) {
  const auto pair = key_of(options.sender);
  TransactionBody body;
  body.chain_id = genesis.chain_id();
  body.organisation = options.organisation;
  body.sender = pair.public_key();
  body.valid_until = options.valid_until;
  body.fuel_limit = options.fuel_limit;
  body.contract = options.contract;
  body.method = options.method;
  body.arguments = put.encode();
  return sign_transaction(std::move(body), {}, pair);
}

inline TransactionPointer make_put(const Genesis& genesis, std::string_view key, std::string_view value,
                                   const PutOptions& options = {}) {
  return make_put(genesis, contracts::RecordPut{.key = to_bytes(key), .value = to_bytes(value)}, options);
}

inline Block make_block(const BlockHeader& parent, std::vector<TransactionPointer> transactions, View view = {}) {
  Block block;
  block.header.chain_id = parent.chain_id;
  block.header.epoch = parent.epoch;
  block.header.view = view.value == 0 ? parent.view.next() : view;
  block.header.height = parent.height.next();
  block.header.parent = parent.id();
  block.header.time = parent.time + 1000;
  block.transactions = std::move(transactions);
  std::uint64_t bytes = 0;
  for (const auto& transaction : block.transactions) { bytes += transaction->envelope.size(); }
  block.header.payload_bytes = static_cast<std::uint32_t>(bytes);
  block.header.transaction_count = static_cast<std::uint32_t>(block.transactions.size());
  block.header.payload_root = merkle_root(payload_leaves(block.transactions));
  return block;
}

inline Certificate make_finalization(const BlockHeader& header) {
  Certificate certificate;
  certificate.subject = {.kind = VoteKind::finalize,
                         .epoch = header.epoch,
                         .view = header.view,
                         .parent_view = header.view.previous(),
                         .block = header.id()};
  certificate.signers = {0x03};
  certificate.signatures.resize(2);
  return certificate;
}

/// State in a map.
class MapState : public contracts::StateReader {
 public:
  std::map<Bytes, Bytes> entries;

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    const auto found = entries.find(to_bytes(key));
    if (found == entries.end()) { return std::nullopt; }
    return found->second;
  }
  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    for (auto entry = entries.lower_bound(to_bytes(first)); entry != entries.end(); ++entry) {
      if (!end.empty() && !contracts::key_less(entry->first, end)) { return; }
      if (!visit(entry->first, entry->second)) { return; }
    }
  }
};

inline void keep(MapState& column, const Bytes& key, const std::optional<Bytes>& value) {
  if (value) {
    column.entries[key] = *value;
  } else {
    column.entries.erase(key);
  }
}

/// What a commit does.
inline void keep(MapState& state, MapState& proofs, const contracts::BlockResult& result) {
  for (const auto& [key, value] : result.writes) { keep(state, key, value); }
  for (const auto& row : result.proofs) { keep(proofs, row.key, row.value); }
}

}  // namespace keten::test
