#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace keten::contracts {

/// The row of a contract's table of methods with this name; rows have a `name`. Fails with UNKNOWN_METHOD, which lists those there
/// are.
template <typename Methods>
Result<const typename Methods::value_type*> find_method(std::string_view contract, const Methods& methods,
                                                        std::string_view name) {
  std::string known;
  for (const auto& method : methods) {
    if (method.name == name) { return &method; }
    known += (known.empty() ? "" : ", ") + std::string(method.name);
  }
  return failure(ErrorKind::not_found, "UNKNOWN_METHOD",
                 "contract " + std::string(contract) + " has no method '" + std::string(name) + "'; known: " + known);
}

}  // namespace keten::contracts
