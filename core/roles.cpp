#include "core/roles.h"

#include <array>

namespace keten {
namespace {

constexpr std::array kRoles{
    std::pair{Role::validator, std::string_view{"validator"}}, std::pair{Role::admin, std::string_view{"admin"}},
    std::pair{Role::submitter, std::string_view{"submitter"}}, std::pair{Role::auditor, std::string_view{"auditor"}},
    std::pair{Role::publisher, std::string_view{"publisher"}}, std::pair{Role::capture, std::string_view{"capture"}}};

}  // namespace

std::string_view role_name(Role role) {
  for (const auto& [known, name] : kRoles) {
    if (known == role) { return name; }
  }
  return "unknown";
}

std::vector<std::string> role_names(Roles roles) {
  std::vector<std::string> names;
  for (const auto& [role, name] : kRoles) {
    if (roles.has(role)) { names.emplace_back(name); }
  }
  return names;
}

Result<Role> parse_role(std::string_view name) {
  for (const auto& [role, known] : kRoles) {
    if (known == name) { return role; }
  }
  return invalid("UNKNOWN_ROLE", "expected validator, admin, submitter, auditor, publisher or capture, found '" +
                                     std::string(name.substr(0, 64)) + "'");
}

}  // namespace keten
