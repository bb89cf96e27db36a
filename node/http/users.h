#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"

namespace keten::http {

enum class UserRole : std::uint8_t {
  auditor,  ///< reads
  capture,  ///< reads, captures with its delegated key, hands in transactions that it signed itself
};

struct User {
  std::string name;
  std::string organisation;
  UserRole role = UserRole::auditor;
  Hash token_hash;
  std::optional<KeyPair> key;  ///< delegated signing key: always there for `capture`, never for `auditor`
  bool revoked = false;
};
using UserPointer = std::shared_ptr<const User>;

/// Of one node, revoked ones included. The bytes are far above what so many take.
inline constexpr std::size_t kUsersMax = 1000;
inline constexpr std::size_t kUsersFileBytesMax = 1024 * 1024;

/// What the users file keeps of a bearer token: Hasher("keten/http-token/1").sized(token). Tokens carry 32 random bytes, so a
/// plain hash suffices.
Hash token_hash(std::string_view token);

/// Strict: unknown members, wrong types, double names or tokens and users of another organisation are refused with the place.
/// Reads the key files beside the users file. Reasons: those of core/json.h and node/runtime/secrets.h, USERS_INVALID.
Result<std::vector<UserPointer>> parse_users(std::string_view text, const std::filesystem::path& folder,
                                             std::string_view organisation);

/// The users of one node from `users.json`, read again when the file changes: revoking needs no restart. Thread-safe.
class UserStore {
 public:
  /// A missing file means no users yet. Fails with the reasons of parse_users, of which KEY_FILE_MODE means
  /// that others than the owner may read the users file or a key file.
  static Result<std::unique_ptr<UserStore>> open(std::filesystem::path file, std::string organisation);

  /// The user of this token, also when revoked; null when there is none. Reads the file again when it has changed; a broken
  /// file leaves the users as they were and is reported once.
  [[nodiscard]] UserPointer find(std::string_view token);

 private:
  /// Tells one version of the file from the next.
  struct Stamp {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  UserStore(std::filesystem::path file, std::string organisation);
  [[nodiscard]] Stamp stamp() const;
  [[nodiscard]] Status load();
  void refresh();

  const std::filesystem::path file_;
  const std::string organisation_;
  std::mutex mutex_;  // handlers on several threads ask; guards what follows
  Stamp read_;
  std::vector<UserPointer> users_;
};

}  // namespace keten::http
