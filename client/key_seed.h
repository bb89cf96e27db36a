#pragma once

#include <filesystem>

#include "core/keys.h"
#include "core/result.h"

namespace keten::client {

/// The secret itself, for what KeyPair does not do. Fails like read_key_file() (client/keystore.h). Wipe it after use.
Result<KeySeed> read_key_seed(const std::filesystem::path& path);

}  // namespace keten::client
