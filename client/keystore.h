#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/keys.h"
#include "core/result.h"

namespace keten::client {

/// A fresh seed from the system's source of randomness.
KeySeed random_seed();

/// A secret key file: the seed of 32 bytes in hexadecimal and a line end. Refuses a file that group or others may
/// read. Reasons: FILE_UNREADABLE, KEY_FILE_MODE, KEY_FILE_MALFORMED.
Result<KeyPair> read_key_file(const std::filesystem::path& path);

/// Creates the file with mode 0600; FILE_EXISTS when there is one already.
Status write_key_file(const std::filesystem::path& path, const KeySeed& seed);

/// The whole file; FILE_UNREADABLE, or FILE_TOO_LARGE over `bytes_max`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t bytes_max = 64U * 1024 * 1024);

enum class FileAccess { owner, everyone };
enum class Existing { refuse, replace };
/// Writes a whole file, durably and never half: a temporary file takes its place. Secrets are for the owner (0600).
Status write_file(const std::filesystem::path& path, std::string_view content, FileAccess access, Existing existing);

/// Creates the folder and those above it, for the owner only (0700) where they are new.
Status make_private_directory(const std::filesystem::path& path);

}  // namespace keten::client
