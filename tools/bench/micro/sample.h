#pragma once

#include <string>
#include <vector>

#include "core/block.h"
#include "core/genesis.h"
#include "core/keys.h"
#include "core/transaction.h"

/// What the micro-benchmarks work on: made once, the same in every run.
namespace keten::bench {

inline KeyPair sample_key(std::uint8_t number) {
  KeySeed seed;
  seed.bytes[0] = number;
  return KeyPair::from_seed(seed);
}

/// One company with a submitter.
inline Genesis sample_genesis() {
  const auto key = sample_key(1);
  GenesisOrganisation organisation;
  organisation.name = "FarmCo";
  organisation.keys.push_back(
      {.name = "device", .key = key.public_key(), .roles = Roles{Role::submitter}, .possession = {}});
  Genesis genesis;
  genesis.chain_name = "bench";
  genesis.organisations.push_back(organisation);
  return genesis;
}

/// `record.put` of about 512 bytes each.
inline std::vector<TransactionPointer> sample_transactions(std::size_t count) {
  const auto key = sample_key(1);
  const auto chain = sample_genesis().chain_id();
  std::vector<TransactionPointer> transactions;
  for (std::size_t i = 0; i < count; ++i) {
    Writer arguments;
    Bytes name(8);
    for (std::size_t byte = 0; byte < 8; ++byte) { name[byte] = static_cast<std::uint8_t>(i >> (8 * byte)); }
    arguments.sized(name);
    arguments.sized(Bytes(290, static_cast<std::uint8_t>(i)));
    TransactionBody body;
    body.chain_id = chain;
    body.organisation = "FarmCo";
    body.sender = key.public_key();
    body.valid_until = Height{1'000};
    body.salt.bytes[0] = static_cast<std::uint8_t>(i);
    body.salt.bytes[1] = static_cast<std::uint8_t>(i >> 8U);
    body.fuel_limit = 1'000'000;
    body.contract = "record";
    body.method = "put";
    body.arguments = arguments.take();
    transactions.push_back(sign_transaction(std::move(body), {}, key));
  }
  return transactions;
}

inline Block sample_block(std::size_t transactions) {
  Block block;
  block.transactions = sample_transactions(transactions);
  block.header.chain_id = sample_genesis().chain_id();
  block.header.height = Height{1};
  block.header.view = View{1};
  return block;
}

}  // namespace keten::bench
