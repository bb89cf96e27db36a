#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/genesis.h"
#include "core/keys.h"
#include "core/roles.h"

namespace keten {

/// A registered key: whose it is and what it may do.
struct RegisteredKey {
  std::string organisation;
  std::string name;
  Roles roles;
  friend bool operator==(const RegisteredKey&, const RegisteredKey&) = default;
};

/// Members and their keys at one height. Immutable; replaced as a whole when governance changes it.
class Directory {
 public:
  explicit Directory(const Genesis& genesis);
  explicit Directory(std::map<PublicKey, RegisteredKey> keys) : keys_(std::move(keys)) {}
  /// Null when the key is unknown.
  [[nodiscard]] const RegisteredKey* find(const PublicKey& key) const;
  [[nodiscard]] const std::map<PublicKey, RegisteredKey>& keys() const { return keys_; }

 private:
  std::map<PublicKey, RegisteredKey> keys_;
};
using DirectoryPointer = std::shared_ptr<const Directory>;

}  // namespace keten
