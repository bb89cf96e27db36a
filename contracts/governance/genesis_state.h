#pragma once

#include <string>

#include "contracts/contract.h"
#include "core/directory.h"
#include "core/genesis.h"

namespace keten::governance {

/// What the founding document writes into the state at height 0: parameters, organisations, keys and validators under
/// `governance/`. docs/formats/storage.md, "governance".
[[nodiscard]] contracts::WriteSet genesis_state(const Genesis& genesis);

/// `governance/key/` and the 32 bytes of the key.
[[nodiscard]] Bytes key_entry(const PublicKey& key);
[[nodiscard]] Bytes encode_key(const RegisteredKey& key);
Result<RegisteredKey> decode_key(ByteView bytes);

/// `governance/validator/` and the index, big-endian.
[[nodiscard]] Bytes validator_entry(ValidatorIndex index);

}  // namespace keten::governance
