#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/limits.h"

namespace keten::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

/// A parsed JSON value. Numbers keep their text, so nothing is rounded; members keep the document's order.
/// Immutable after parsing but for the builder functions.
class Value {
 public:
  using Member = std::pair<std::string, Value>;

  Value() = default;
  static Value boolean(bool value);
  static Value string(std::string text);
  /// `text` must be a JSON number.
  static Value number(std::string text);
  static Value number(std::int64_t value);
  static Value array();
  static Value object();

  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is(Kind kind) const { return kind_ == kind; }
  [[nodiscard]] bool as_bool() const;                        ///< precondition: boolean
  [[nodiscard]] const std::string& text() const;             ///< string content or the number's text
  [[nodiscard]] const std::vector<Value>& items() const;     ///< precondition: array
  [[nodiscard]] const std::vector<Member>& members() const;  ///< precondition: object
  /// Null when this is not an object or has no such member.
  [[nodiscard]] const Value* find(std::string_view name) const;
  /// The member's text when it is a string.
  [[nodiscard]] std::optional<std::string_view> find_string(std::string_view name) const;
  /// Number as integer when it is one, without fraction or exponent, in range.
  [[nodiscard]] std::optional<std::int64_t> as_integer() const;

  Value& push(Value item);                    ///< precondition: array; returns *this
  Value& set(std::string name, Value value);  ///< precondition: object; replaces; returns *this
  bool remove(std::string_view name);

  friend bool operator==(const Value&, const Value&) = default;

 private:
  friend class Builder;  // the parser: appends members without looking each up
  Kind kind_ = Kind::null;
  bool boolean_ = false;
  std::string text_;
  std::vector<Value> items_;
  std::vector<Member> members_;
};

struct ParseLimits {
  std::size_t depth = limits::kJsonDepthMax;
  std::size_t bytes = limits::kJsonBytesMax;
  std::size_t values = limits::kJsonValuesMax;
};

/// The one parser for JSON from outside: RFC 8259 without tolerance. Refuses duplicate keys, depth over the limit,
/// lone surrogates, invalid UTF-8, BOM, NaN, trailing bytes, and numbers that lose digits in an IEEE double
/// (integers beyond 2^53, more significant digits than round-trip), names of members over kJsonNameBytesMax and numbers
/// over kJsonNumberBytesMax. Reasons: JSON_MALFORMED, JSON_DUPLICATE_KEY,
/// JSON_TOO_DEEP, JSON_TOO_LARGE, JSON_NAME_TOO_LONG, JSON_NUMBER_RANGE; the message gives line, column and, where known, the JSON
/// pointer.
Result<Value> parse(std::string_view text, const ParseLimits& limits = {});

/// RFC 8785 canonical form.
std::string canonical(const Value& value);
/// Compact, members in their own order, number texts as they are.
std::string serialize(const Value& value);
/// Indented by two spaces, for people.
std::string pretty(const Value& value);

/// Appends one reference token to a JSON pointer, escaping `~` and `/`.
std::string pointer_add(std::string_view pointer, std::string_view token);

}  // namespace keten::json
