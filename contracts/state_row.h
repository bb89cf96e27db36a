#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.h"

namespace keten::contracts {

/// A row of the state is not as the contract that owns it writes it, or one that belongs to another is missing. Rows of a node's own
/// state are ours: there nobody catches it, and the process ends as by a CHECK. A program that reads the rows that another node says
/// it has reports STATE_MALFORMED.
class MalformedState : public std::exception {
 public:
  explicit MalformedState(std::string_view what)
      : error_(failure(ErrorKind::corrupt, "STATE_MALFORMED",
                       "a row of the state is not as it is written: " + std::string(what))) {}
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

/// `what` names the row. Throws MalformedState.
inline void expect_row(bool holds, std::string_view what) {
  if (!holds) [[unlikely]] { throw MalformedState(what); }
}

template <typename Value>
[[nodiscard]] Value row_value(Result<Value> value, std::string_view what) {
  expect_row(value.ok(), what);
  return std::move(*value);
}

}  // namespace keten::contracts
