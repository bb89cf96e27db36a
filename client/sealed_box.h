#pragma once

#include "core/bytes.h"
#include "core/keys.h"
#include "core/result.h"

namespace keten::client {

// libsodium's sealed boxes (X25519, XSalsa20-Poly1305) for the holder of an Ed25519 key of the ledger, by the map of
// RFC 7748's curves. The sender is anonymous: who opens one learns nothing about who made it.

/// Readable by the holder of the secret key alone, not by its maker either. Fails with INVALID_KEY.
[[nodiscard]] Result<Bytes> seal_for(const PublicKey& recipient, ByteView content);

/// Fails with NOT_FOR_THIS_KEY when it is for another key or was changed.
[[nodiscard]] Result<Bytes> open_sealed(const KeySeed& key, ByteView box);

}  // namespace keten::client
