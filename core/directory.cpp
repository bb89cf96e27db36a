#include "core/directory.h"

namespace keten {

Directory::Directory(const Genesis& genesis) {
  for (const auto& organisation : genesis.organisations) {
    for (const auto& key : organisation.keys) {
      keys_.emplace(key.key, RegisteredKey{organisation.name, key.name, key.roles});
    }
    for (const auto& validator : organisation.validators) {
      keys_.emplace(validator.key, RegisteredKey{organisation.name, validator.node, Roles{Role::validator}});
    }
  }
}

const RegisteredKey* Directory::find(const PublicKey& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : &found->second;
}

}  // namespace keten
