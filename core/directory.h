#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

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

/// Members and their keys at one height. Immutable; a later one shares with it what did not change.
class Directory {
 public:
  using Keys = std::map<PublicKey, RegisteredKey>;
  /// No value: the key ends.
  using Changes = std::map<PublicKey, std::optional<RegisteredKey>>;

  explicit Directory(const Genesis& genesis);
  explicit Directory(const Keys& keys);
  /// Costs what changes, and for each change a 4,096th of the rest.
  [[nodiscard]] Directory with(const Changes& changes) const;

  /// Those that `later`, which follows from this one, has no more; it costs what changed.
  [[nodiscard]] std::set<PublicKey> ended_in(const Directory& later) const;

  /// Null when the key is unknown.
  [[nodiscard]] const RegisteredKey* find(const PublicKey& key) const;
  [[nodiscard]] std::size_t size() const;
  /// A copy of all.
  [[nodiscard]] Keys keys() const;

 private:
  static constexpr std::size_t kParts = 4096;
  [[nodiscard]] static std::size_t part_of(const PublicKey& key);
  std::vector<std::shared_ptr<const Keys>> parts_;  ///< by `part_of`; null: no key
};
using DirectoryPointer = std::shared_ptr<const Directory>;

}  // namespace keten
