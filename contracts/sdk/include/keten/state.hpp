#pragma once
// What a contract keeps. Keys are the contract's own; values are the JSON texts of messages.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <keten/message.hpp>

namespace keten {

/// Values by key under a name of their own: the key in the state is `name/key`. Read and written at once, never cached. Keys
/// walk in the order of their bytes; those of integers are as many digits as the largest needs, so they walk by number.
template <typename Value, typename Key = std::string>
class Map {
 public:
  explicit constexpr Map(std::string_view name) : name_(name) {}

  [[nodiscard]] std::optional<Value> find(const Key& key) const {
    const auto text = full(key);
    const auto found = detail::ask([&](void* out, std::size_t room) { return abi::state_get(text, out, room); });
    if (!found) { return std::nullopt; }
    return decode<Value>(*found, "state_corrupt");
  }
  [[nodiscard]] bool contains(const Key& key) const {
    char nothing = 0;
    return abi::state_get(full(key), &nothing, 0) >= 0;
  }
  /// The value; aborts with `code` when there is none.
  [[nodiscard]] Value at(const Key& key, std::string_view code) const {
    auto found = find(key);
    if (!found) { abort(code, std::string(name_) + " has no '" + text_of(key) + "'"); }
    return *std::move(found);
  }
  void put(const Key& key, const Value& value) { abi::state_put(full(key), encode(value)); }
  void erase(const Key& key) { abi::state_delete(full(key)); }

  /// Visits keys and values in order, from the first key that is not below `first`, until `visit(key, value)` returns
  /// false. Every step is a charged read: give it an end.
  template <typename Visit>
  void each(const Visit& visit, std::string_view first = {}) const {
    const auto begin = std::string(name_) + "/";
    const auto end = std::string(name_) + "0";  // '0' is behind '/'
    auto place = begin + std::string(first);
    while (true) {
      const auto key = detail::ask([&](void* out, std::size_t room) { return abi::state_next(place, end, out, room); });
      if (!key) { return; }
      const auto text = detail::ask([&](void* out, std::size_t room) { return abi::state_get(*key, out, room); });
      if (!visit(std::string_view(*key).substr(begin.size()), decode<Value>(*text, "state_corrupt"))) { return; }
      place = *key + '\0';
    }
  }

 private:
  [[nodiscard]] std::string full(const Key& key) const {
    auto text = std::string(name_) + "/";
    if constexpr (std::is_integral_v<Key>) {
      static_assert(std::is_unsigned_v<Key>, "keys are texts or unsigned integers");
      const auto digits = text_of(key);
      text.append(std::numeric_limits<Key>::digits10 + 1 - digits.size(), '0');
      return text + digits;
    } else {
      return text + key;
    }
  }
  std::string_view name_;
};

/// One value under a name.
template <typename Value>
class Cell {
 public:
  explicit constexpr Cell(std::string_view name) : name_(name) {}
  [[nodiscard]] std::optional<Value> find() const {
    const auto found = detail::ask([&](void* out, std::size_t room) { return abi::state_get(name_, out, room); });
    if (!found) { return std::nullopt; }
    return decode<Value>(*found, "state_corrupt");
  }
  [[nodiscard]] Value or_else(Value other) const {
    auto found = find();
    return found ? *std::move(found) : other;
  }
  void put(const Value& value) { abi::state_put(name_, encode(value)); }
  void erase() { abi::state_delete(name_); }

 private:
  std::string_view name_;
};

using Hash = std::array<std::uint8_t, 32>;
inline Hash blake2b(std::string_view bytes) {
  Hash hash;
  abi::hash_blake2b(bytes, hash.data());
  return hash;
}
inline Hash sha256(std::string_view bytes) {
  Hash hash;
  abi::hash_sha256(bytes, hash.data());
  return hash;
}

enum class Role : std::uint32_t { validator = 1, admin = 2, submitter = 4, auditor = 8, publisher = 16, capture = 32 };

/// The transaction that calls a method.
class Tx {
 public:
  /// The organisation whose key signed.
  [[nodiscard]] Party sender() const { return sender_organisation(); }
  [[nodiscard]] bool sender_has(Role role) const {
    return (static_cast<std::uint32_t>(abi::sender_roles()) & static_cast<std::uint32_t>(role)) != 0;
  }
  [[nodiscard]] Hash sender_key() const {
    Hash key;
    abi::sender_key(key.data());
    return key;
  }
  [[nodiscard]] Hash id() const {
    Hash id;
    abi::transaction_id(id.data());
    return id;
  }
  /// Of the block: the only time there is, milliseconds since 1970.
  [[nodiscard]] std::int64_t time_ms() const { return abi::block_time_ms(); }
  [[nodiscard]] std::int64_t height() const { return abi::block_height(); }

  /// An event for watchers and for the receipt: `kind` of letters, digits, underscores; `subject` is what it is about.
  template <typename Data>
  void emit(std::string_view kind, std::string_view subject, const Data& data) {
    abi::emit_event(kind, subject, encode(data));
  }

  static Party sender_organisation() {
    return *detail::ask([](void* out, std::size_t room) { return abi::sender_organisation(out, room); });
  }
};

}  // namespace keten
