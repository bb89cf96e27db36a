#include "contracts/governance/genesis_state.h"

#include "core/encoding.h"
#include "core/limits.h"

namespace keten::governance {

namespace {

Bytes entry(std::string_view kind, ByteView rest) {
  return to_bytes("governance/" + std::string(kind) + to_text(rest));
}

Bytes encode_parameters(const Parameters& parameters) {
  Writer writer;
  writer.u64(parameters.block_bytes_max);
  writer.u64(parameters.block_transactions_max);
  writer.u64(parameters.block_fuel_max);
  writer.u64(parameters.transaction_bytes_max);
  writer.u64(parameters.validity_blocks_max);
  writer.u64(parameters.execution_lag_max);
  writer.u64(parameters.clock_drift_ms_max);
  writer.u64(parameters.min_block_interval_ms);
  return writer.take();
}

Bytes encode_validator(const Validator& validator, const GenesisValidator& described) {
  Writer writer;
  writer.sized(validator.organisation);
  writer.sized(validator.node);
  writer.fixed(validator.key);
  writer.u32(validator.weight);
  writer.sized(described.peer_address);
  writer.sized(described.tls_certificate);
  return writer.take();
}

}  // namespace

Bytes key_entry(const PublicKey& key) { return entry("key/", key.view()); }

Bytes encode_key(const RegisteredKey& key) {
  Writer writer;
  writer.sized(key.organisation);
  writer.sized(key.name);
  writer.u8(key.roles.bits());
  return writer.take();
}

Result<RegisteredKey> decode_key(ByteView bytes) {
  Reader reader(bytes);
  RegisteredKey key;
  key.organisation = reader.text(limits::kNameBytesMax);
  key.name = reader.text(limits::kNameBytesMax);
  key.roles = Roles(reader.u8());
  if (auto end = reader.finish("registered key"); !end) { return end.error(); }
  return key;
}

Bytes validator_entry(ValidatorIndex index) {
  const std::uint8_t number[] = {static_cast<std::uint8_t>(index.value >> 8U), static_cast<std::uint8_t>(index.value)};
  return entry("validator/", number);
}

contracts::WriteSet genesis_state(const Genesis& genesis) {
  contracts::WriteSet writes;
  writes[to_bytes("governance/parameters")] = encode_parameters(genesis.parameters);
  for (const auto& organisation : genesis.organisations) {
    writes[entry("organisation/", as_bytes(organisation.name))] = Bytes{};
  }
  const Directory directory(genesis);
  for (const auto& [key, registered] : directory.keys()) { writes[key_entry(key)] = encode_key(registered); }

  const auto validators = genesis.validators();
  std::uint16_t index = 0;
  for (const auto& organisation : genesis.organisations) {
    for (const auto& described : organisation.validators) {
      const ValidatorIndex place{index++};
      writes[validator_entry(place)] = encode_validator(validators.at(place), described);
    }
  }
  return writes;
}

}  // namespace keten::governance
