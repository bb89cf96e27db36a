#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/usage/negotiation.h"
#include "contracts/usage/transfer.h"
#include "core/bytes.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::usage {

enum class Method : std::uint8_t {
  register_dataset,
  transfer,
  take,
  negotiate,
  permit,
  log,
  correct,
  fulfil,
  confirm,
  dispute,
  pay,
  receive,
  claim,
  move_data,
  register_profile,
};

/// One use of data, asked for or reported.
struct UseArguments {
  std::string id;                                               ///< the user's own, once in an agreement
  std::string action;                                           ///< as it came: the agreement's terms say what it means
  std::vector<std::pair<std::string, json::Value>> statements;  ///< operand and value, a text or number
  std::string permit;                                           ///< of a log: the use that was asked for before
  std::optional<std::int64_t> at;                               ///< of a log: when it happened, milliseconds
  std::optional<std::int64_t> ran_ms;                           ///< how long it ran, or is to run at most
  json::Value document;                                         ///< as it came
};

/// What an issuer says of an organisation: an operand and its values, by prefixes that everybody knows; none: nothing any more.
struct ClaimArguments {
  std::string operand;  ///< IRI
  json::Value values;   ///< an array of texts and numbers
};

/// Arguments of every method, checked for shape. What a method does not have is empty.
struct Arguments {
  Method method = Method::register_dataset;
  Move move = Move::request;                           ///< of negotiate
  TransferMove transfer_move = TransferMove::request;  ///< of move_data
  std::string dataset;
  std::string other;       ///< organisation: custodian, new owner, consumer, whom a claim is about
  std::string commitment;  ///< 64 hexadecimal digits
  std::vector<std::string> classification;
  std::string subject;  ///< negotiation, agreement or transfer: 64 hexadecimal digits
  std::string terms;    ///< hash of the terms: 64 hexadecimal digits
  std::optional<json::Value> policy;
  json::Value agreed = json::Value::object();  ///< start, end, noticeDays, issuers: members of the agreement's document
  std::string reason;
  std::string duty;
  std::vector<UseArguments> uses;
  std::string corrects;  ///< id of a use
  std::string payment;   ///< id, the payer's own
  std::string amount;    ///< plain decimal, more than 0
  std::string unit;      ///< IRI of its currency
  std::string format;    ///< of a transfer
  std::string profile;   ///< IRI
  std::optional<json::Value> profile_terms;
  std::vector<ClaimArguments> claims;
  std::int64_t from = 0;   ///< milliseconds
  std::int64_t until = 0;  ///< 0: no end
};

/// Fails with UNKNOWN_METHOD, naming those that there are.
Status check_method(std::string_view method);
/// Fails with UNKNOWN_METHOD, or USAGE_ARGUMENTS naming the member, what was expected and what came.
Result<Arguments> read_arguments(std::string_view method, ByteView bytes);

}  // namespace keten::usage
