#include "core/directory.h"

namespace keten {
namespace {

Directory::Keys keys_of(const Genesis& genesis) {
  Directory::Keys keys;
  for (const auto& organisation : genesis.organisations) {
    for (const auto& key : organisation.keys) {
      keys.emplace(key.key, RegisteredKey{organisation.name, key.name, key.roles});
    }
    for (const auto& validator : organisation.validators) {
      keys.emplace(validator.key, RegisteredKey{organisation.name, validator.node, Roles{Role::validator}});
    }
  }
  return keys;
}

}  // namespace

Directory::Directory(const Genesis& genesis) : Directory(keys_of(genesis)) {}

Directory::Directory(const Keys& keys) : parts_(kParts) {
  std::vector<Keys> parts(kParts);
  for (const auto& [key, registered] : keys) {
    parts[part_of(key)].emplace_hint(parts[part_of(key)].end(), key, registered);
  }
  for (std::size_t part = 0; part < kParts; ++part) {
    if (!parts[part].empty()) { parts_[part] = std::make_shared<const Keys>(std::move(parts[part])); }
  }
}

Directory Directory::with(const Changes& changes) const {
  Directory result(*this);
  std::map<std::size_t, Keys> changed;
  for (const auto& [key, registered] : changes) {
    const auto part = part_of(key);
    auto place = changed.find(part);
    if (place == changed.end()) { place = changed.emplace(part, parts_[part] ? *parts_[part] : Keys{}).first; }
    if (registered) {
      place->second.insert_or_assign(key, *registered);
    } else {
      place->second.erase(key);
    }
  }
  for (auto& [part, keys] : changed) {
    result.parts_[part] = keys.empty() ? nullptr : std::make_shared<const Keys>(std::move(keys));
  }
  return result;
}

std::set<PublicKey> Directory::ended_in(const Directory& later) const {
  std::set<PublicKey> ended;
  for (std::size_t part = 0; part < kParts; ++part) {
    if (parts_[part] == nullptr || parts_[part] == later.parts_[part]) { continue; }
    for (const auto& [key, registered] : *parts_[part]) {
      const auto* still = later.find(key);
      if (still == nullptr || *still != registered) { ended.insert(key); }
    }
  }
  return ended;
}

std::size_t Directory::part_of(const PublicKey& key) {
  return (static_cast<std::size_t>(key.bytes[0]) << 8U | key.bytes[1]) % kParts;
}

const RegisteredKey* Directory::find(const PublicKey& key) const {
  const auto& part = parts_[part_of(key)];
  if (part == nullptr) { return nullptr; }
  const auto found = part->find(key);
  return found == part->end() ? nullptr : &found->second;
}

std::size_t Directory::size() const {
  std::size_t size = 0;
  for (const auto& part : parts_) { size += part == nullptr ? 0 : part->size(); }
  return size;
}

Directory::Keys Directory::keys() const {
  Keys keys;
  for (const auto& part : parts_) {
    if (part != nullptr) { keys.insert(part->begin(), part->end()); }
  }
  return keys;
}

}  // namespace keten
