#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/check.h"

namespace keten {

/// What a caller can do about a failure; maps one to one to gRPC's canonical codes and to HTTP statuses.
enum class ErrorKind : std::uint8_t {
  invalid,       ///< The input is wrong; sending it again cannot help.      INVALID_ARGUMENT, 400
  unauthorised,  ///< No valid credentials came with the request.            UNAUTHENTICATED, 401
  forbidden,     ///< Known sender, but its role does not allow this.        PERMISSION_DENIED, 403
  not_found,     ///<                                                        NOT_FOUND, 404
  conflict,      ///< Exists already, with other content or as it is.        ALREADY_EXISTS, 409
  too_large,     ///< Over a limit that the message names.                   RESOURCE_EXHAUSTED, 413
  busy,          ///< A queue is full; retry later.                          RESOURCE_EXHAUSTED, 429
  refused,       ///< A rule of the ledger says no to well-formed input.     FAILED_PRECONDITION, 409
  unavailable,   ///< No quorum, shutting down, not yet synced.              UNAVAILABLE, 503
  timeout,       ///< The wait ended before the event came.                  DEADLINE_EXCEEDED, 504
  unsupported,   ///< A known thing that is not built.                       UNIMPLEMENTED, 501
  corrupt,       ///< Stored or received data contradicts itself.            DATA_LOSS, 500
};

/// One place in a document that breaks a rule.
struct Violation {
  std::string pointer;   ///< JSON pointer (RFC 6901) into the document; empty is the whole document.
  std::string expected;  ///< What the rule wants, for a person.
  std::string found;     ///< What is there, shortened.
  friend bool operator==(const Violation&, const Violation&) = default;
};

/// Why something from outside was refused. `message` says what was expected, what came and what to do.
struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string reason;  ///< Stable code in UPPER_SNAKE_CASE; clients act on it.
  std::string message;
  std::vector<Violation> violations;
};

inline Error invalid(std::string reason, std::string message) {
  return {ErrorKind::invalid, std::move(reason), std::move(message), {}};
}
inline Error failure(ErrorKind kind, std::string reason, std::string message) {
  return {kind, std::move(reason), std::move(message), {}};
}

/// A value, or why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : content_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return content_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value; calling it on a failure is a bug of the caller and stops the program.
  T& value() & {
    CHECK(ok());
    return std::get<0>(content_);
  }
  const T& value() const& {
    CHECK(ok());
    return std::get<0>(content_);
  }
  T&& value() && {
    CHECK(ok());
    return std::get<0>(std::move(content_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return std::get<1>(content_);
  }

 private:
  std::variant<T, Error> content_;
};

struct Nothing {
  friend bool operator==(Nothing, Nothing) = default;
};
/// Success without a value: `return kDone;`
using Status = Result<Nothing>;
inline const Nothing kDone{};

}  // namespace keten
