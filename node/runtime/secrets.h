#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/keys.h"
#include "core/result.h"

namespace keten {

/// First thing in every program: prepares libsodium, refuses core dumps and ptrace of this process by its own user, so
/// that keys do not end up in files. Idempotent. Fails with SODIUM_UNAVAILABLE.
[[nodiscard]] Status protect_process();

/// The only randomness of the node and the tools: the operating system's, through libsodium.
void random_bytes(std::span<std::uint8_t> out);
template <typename Fixed>
Fixed random_fixed() {
  Fixed value;
  random_bytes(value.bytes);
  return value;
}

/// Contents of a file that only its owner may touch. Fails with KEY_FILE_MISSING, KEY_FILE_MODE (not a regular file of
/// this user with mode 0600 or 0400; says which command repairs it), KEY_FILE_INVALID (longer or unreadable).
[[nodiscard]] Result<std::string> read_secret_file(const std::string& path, std::size_t bytes_max = 64 * 1024);
/// Creates the file with mode 0600 and syncs it. Fails with FILE_EXISTS (never overwrites) or FILE_NOT_WRITTEN.
[[nodiscard]] Status write_secret_file(const std::string& path, std::string_view contents);

/// An Ed25519 seed as 64 hexadecimal digits and a newline. Also fails with KEY_FILE_INVALID.
[[nodiscard]] Result<KeySeed> read_key_file(const std::string& path);
[[nodiscard]] Status write_key_file(const std::string& path, const KeySeed& seed);

}  // namespace keten
