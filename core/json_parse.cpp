#include <algorithm>
#include <string>

#include <boost/json/basic_parser_impl.hpp>

#include "core/check.h"
#include "core/json.h"
#include "core/json_number.h"

namespace keten::json {

/// Takes the events of Boost.JSON's parser and builds a Value that keeps the text of numbers. Holds what was refused
/// and why; the parser's own code then only says "stop".
class Builder {
 public:
  // Sizes that basic_parser asks its handler for; the length of the input is bounded before it starts.
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);
  using Stop = boost::json::error_code;
  using Text = boost::json::string_view;

  explicit Builder(const ParseLimits& limits) : limits_(limits) {}

  bool on_document_begin(Stop&) { return true; }
  bool on_document_end(Stop&) { return true; }
  bool on_object_begin(Stop& stop) { return open(Kind::object, stop); }
  bool on_array_begin(Stop& stop) { return open(Kind::array, stop); }
  bool on_object_end(std::size_t, Stop& stop) { return has_unique_keys(stop) && close(stop); }
  bool on_array_end(std::size_t, Stop& stop) { return close(stop); }
  bool on_key_part(Text part, std::size_t, Stop&) { return append(part); }
  bool on_key(Text part, std::size_t, Stop& stop) {
    append(part);
    if (text_.size() > limits::kJsonNameBytesMax) {
      return refuse(stop, "JSON_NAME_TOO_LONG",
                    "expected member names of at most " + std::to_string(limits::kJsonNameBytesMax) +
                        " bytes, found one of " + std::to_string(text_.size()));
    }
    open_.back().key = std::move(text_);
    text_.clear();
    return true;
  }
  bool on_string_part(Text part, std::size_t, Stop&) { return append(part); }
  bool on_string(Text part, std::size_t, Stop& stop) {
    append(part);
    return add(Value::string(take()), stop);
  }
  bool on_number_part(Text part, Stop&) { return append(part); }
  bool on_int64(std::int64_t, Text part, Stop& stop) { return number(part, stop); }
  bool on_uint64(std::uint64_t, Text part, Stop& stop) { return number(part, stop); }
  // The parser's own conversion is ignored.
  bool on_double(double, Text part, Stop& stop) { return number(part, stop); }  // lint: allow the signature is Boost's
  bool on_bool(bool value, Stop& stop) { return add(Value::boolean(value), stop); }
  bool on_null(Stop& stop) { return add(Value(), stop); }
  bool on_comment_part(Text, Stop&) { return true; }
  bool on_comment(Text, Stop&) { return true; }

  [[nodiscard]] const std::optional<Error>& refusal() const { return refusal_; }
  [[nodiscard]] Value take_result() { return std::move(result_); }

  /// Where the parser stands, as a JSON pointer.
  [[nodiscard]] std::string pointer() const {
    std::string result;
    for (const auto& frame : open_) {
      if (frame.value.is(Kind::array)) {
        result = pointer_add(result, std::to_string(frame.value.items().size()));
      } else if (!frame.key.empty()) {
        result = pointer_add(result, frame.key);
      }
    }
    return result;
  }

 private:
  struct Frame {
    Value value;
    std::string key;  ///< of the member that comes next
  };

  bool append(Text part) {
    text_.append(part.data(), part.size());
    return true;
  }
  std::string take() { return std::exchange(text_, {}); }

  bool refuse(Stop& stop, std::string reason, std::string message, ErrorKind kind = ErrorKind::invalid) {
    refusal_ = failure(kind, std::move(reason), std::move(message));
    stop = make_error_code(boost::json::error::syntax);
    return false;
  }

  bool count(Stop& stop) {
    if (++values_ > limits_.values) {
      return refuse(stop, "JSON_TOO_LARGE", "expected at most " + std::to_string(limits_.values) + " values",
                    ErrorKind::too_large);
    }
    return true;
  }

  bool open(Kind kind, Stop& stop) {
    if (open_.size() >= limits_.depth) {
      return refuse(stop, "JSON_TOO_DEEP", "expected at most " + std::to_string(limits_.depth) + " nested levels");
    }
    if (!count(stop)) { return false; }
    open_.push_back({kind == Kind::object ? Value::object() : Value::array(), {}});
    return true;
  }

  bool close(Stop&) {
    auto value = std::move(open_.back().value);
    open_.pop_back();
    place(std::move(value));
    return true;
  }

  bool add(Value value, Stop& stop) {
    if (!count(stop)) { return false; }
    place(std::move(value));
    return true;
  }

  void place(Value value) {
    if (open_.empty()) {
      result_ = std::move(value);
      return;
    }
    auto& parent = open_.back();
    if (parent.value.is(Kind::array)) {
      parent.value.items_.push_back(std::move(value));
    } else {
      if (parent.value.members_.empty()) { parent.value.members_.reserve(kMembers); }
      parent.value.members_.emplace_back(std::exchange(parent.key, {}), std::move(value));
    }
  }

  bool number(Text part, Stop& stop) {
    append(part);
    if (text_.size() > limits::kJsonNumberBytesMax) {
      return refuse(stop, "JSON_NUMBER_RANGE",
                    "expected a number of at most " + std::to_string(limits::kJsonNumberBytesMax) +
                        " characters, found one of " + std::to_string(text_.size()));
    }
    if (!survives_a_double(text_)) {
      return refuse(stop, "JSON_NUMBER_RANGE",
                    "the number " + text_.substr(0, 40) +
                        " loses digits in an IEEE double: expected an integer up to 2^53 or at most 15 significant "
                        "digits; send it as a string");
    }
    return add(Value::number(take()), stop);
  }

  /// One pass over what is sorted, as in canonical text; else sorted views instead of a set per object.
  bool has_unique_keys(Stop& stop) {
    const auto& members = open_.back().value.members();
    const auto not_less = [](const auto& left, const auto& right) { return left.first >= right.first; };
    if (std::adjacent_find(members.begin(), members.end(), not_less) == members.end()) { return true; }
    std::vector<std::string_view> keys;
    keys.reserve(members.size());
    for (const auto& member : members) { keys.emplace_back(member.first); }
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) { return true; }
    open_.back().key = std::string(*twice);
    return refuse(stop, "JSON_DUPLICATE_KEY", "the object has the member \"" + std::string(*twice) + "\" twice");
  }

  static constexpr std::size_t kMembers = 4;  // room for the first ones: growing moves them

  const ParseLimits& limits_;
  std::vector<Frame> open_;
  Value result_;
  std::string text_;  ///< of the string, key or number that is being read
  std::size_t values_ = 0;
  std::optional<Error> refusal_;
};

namespace {

std::string place_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto line_start = before.rfind('\n');
  const auto column = line_start == std::string_view::npos ? offset + 1 : offset - line_start;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  if (text.size() > limits.bytes) {
    return failure(ErrorKind::too_large, "JSON_TOO_LARGE",
                   "expected at most " + std::to_string(limits.bytes) + " bytes, found " + std::to_string(text.size()));
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    auto error = invalid("JSON_MALFORMED", "line 1, column 1: a byte order mark; JSON starts with its first value");
    error.violations.push_back({"", "JSON as in RFC 8259 without byte order mark", error.message});
    return error;
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth + 1;  // ours speaks first, with a reason
  boost::json::basic_parser<Builder> parser(options, limits);
  boost::json::error_code code;
  const auto used = parser.write_some(false, text.data(), text.size(), code);
  const auto& builder = parser.handler();
  if (!code && used < text.size()) { code = make_error_code(boost::json::error::extra_data); }
  if (code) {
    const bool overflow = code == boost::json::error::exponent_overflow;
    auto error = builder.refusal().value_or(invalid(overflow ? "JSON_NUMBER_RANGE" : "JSON_MALFORMED", code.message()));
    const auto pointer = builder.pointer();
    error.message = place_of(text, used) + (pointer.empty() ? "" : " (" + pointer + ")") + ": " + error.message;
    error.violations.push_back({pointer, "JSON as in RFC 8259 without duplicate keys", error.message});
    return error;
  }
  return parser.handler().take_result();
}

}  // namespace keten::json
