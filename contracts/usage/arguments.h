#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/usage/negotiation.h"
#include "contracts/usage/value.h"
#include "core/bytes.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::usage {

enum class Method : std::uint8_t { register_dataset, transfer, take, negotiate, permit, log, fulfil, withdraw };

/// One use of data, asked for or reported.
struct UseArguments {
  std::string id;                                         ///< the user's own, once in an agreement
  std::string action;                                     ///< IRI
  std::vector<std::pair<std::string, Value>> statements;  ///< operand (IRI) and value
  json::Value document;                                   ///< as it came
};

/// Arguments of every method, checked for shape. What a method does not have is empty.
struct Arguments {
  Method method = Method::register_dataset;
  Move move = Move::request;  ///< of negotiate
  std::string dataset;
  std::string other;       ///< organisation: custodian, new owner, consumer
  std::string commitment;  ///< 64 hexadecimal digits
  std::vector<std::string> classification;
  std::string subject;  ///< negotiation or agreement: 64 hexadecimal digits
  std::string terms;    ///< hash of the terms: 64 hexadecimal digits
  std::optional<json::Value> policy;
  std::string reason;
  std::string duty;
  std::vector<UseArguments> uses;
};

/// Fails with UNKNOWN_METHOD, or USAGE_ARGUMENTS naming the member, what was expected and what came.
Result<Arguments> read_arguments(std::string_view method, ByteView bytes);

}  // namespace keten::usage
