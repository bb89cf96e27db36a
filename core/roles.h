#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"

namespace keten {

/// What a key may do, as bits.
enum class Role : std::uint8_t {
  validator = 1,   ///< signs votes; submits that it is ready for an epoch, nothing else
  admin = 2,       ///< governance on behalf of its organisation
  submitter = 4,   ///< any transaction but governance
  auditor = 8,     ///< reads only
  publisher = 16,  ///< publishes contract packages
  capture = 32,    ///< delegated to a node by a user: `production` methods only
};

class Roles {
 public:
  constexpr Roles() = default;
  constexpr explicit Roles(std::uint8_t bits) : bits_(bits) {}
  constexpr Roles(std::initializer_list<Role> roles) {
    for (const auto role : roles) { bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(role)); }
  }
  [[nodiscard]] constexpr bool has(Role role) const { return (bits_ & static_cast<std::uint8_t>(role)) != 0; }
  [[nodiscard]] constexpr std::uint8_t bits() const { return bits_; }
  friend constexpr bool operator==(Roles, Roles) = default;

 private:
  std::uint8_t bits_ = 0;
};

std::string_view role_name(Role role);
/// Names in a fixed order.
std::vector<std::string> role_names(Roles roles);
/// Fails with UNKNOWN_ROLE, naming the known ones.
Result<Role> parse_role(std::string_view name);

}  // namespace keten
