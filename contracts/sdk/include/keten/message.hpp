#pragma once
// Typed messages: arguments, results, events and values of the state. A message is a struct that lists its members once:
//   struct Ship { std::string lot; keten::Party to;  KETEN_MESSAGE(Ship, lot, to) };
// Outside it is a JSON object with these members in this order, without space. Members are texts, booleans, integers, decimals,
// messages, and std::vector or std::optional of these. A double does not compile.

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <keten/basics.hpp>
#include <keten/each.hpp>

#define KETEN_MESSAGE_MEMBER(name) keten_visitor(#name, name);
#define KETEN_MESSAGE(TYPE, ...)                                  \
  KETEN_AT_MOST_64("members of a message:", __VA_ARGS__)          \
  static constexpr std::string_view keten_message() { return #TYPE; } \
  template <typename KetenVisitor>                                \
  void keten_visit([[maybe_unused]] KetenVisitor&& keten_visitor) { \
    KETEN_EACH(KETEN_MESSAGE_MEMBER, __VA_ARGS__)                 \
  }                                                               \
  template <typename KetenVisitor>                                \
  void keten_visit([[maybe_unused]] KetenVisitor&& keten_visitor) const { \
    KETEN_EACH(KETEN_MESSAGE_MEMBER, __VA_ARGS__)                 \
  }

namespace keten {

/// An organisation's name.
using Party = std::string;
/// No arguments, no result.
struct Nothing {
  KETEN_MESSAGE(Nothing)
};

template <typename T>
concept Message = requires { T::keten_message(); };

namespace detail {

template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <typename T>
inline constexpr bool unsupported = false;

inline void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char one : text) {
    const auto byte = static_cast<unsigned char>(one);
    if (one == '"' || one == '\\') {
      out += '\\';
      out += one;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += static_cast<char>('0' + (byte >> 4));
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += one;
    }
  }
  out += '"';
}

template <typename T>
void write(std::string& out, const T& value) {
  if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::integral<T> || std::same_as<T, Decimal>) {
    out += text_of(value);
  } else if constexpr (std::convertible_to<const T&, std::string_view>) {
    write_string(out, value);
  } else if constexpr (is_vector<T>) {
    out += '[';
    bool first = true;
    for (const auto& one : value) {
      if (!first) { out += ','; }
      first = false;
      write(out, one);
    }
    out += ']';
  } else if constexpr (Message<T>) {
    out += '{';
    bool first = true;
    value.keten_visit([&](std::string_view name, const auto& member) {
      if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
        if (!member) { return; }
      }
      if (!first) { out += ','; }
      first = false;
      write_string(out, name);
      out += ':';
      if constexpr (is_optional<std::remove_cvref_t<decltype(member)>>) {
        write(out, *member);
      } else {
        write(out, member);
      }
    });
    out += '}';
  } else {
    static_assert(unsupported<T>,
                  "a message holds texts, bool, integers, keten::Decimal, messages, std::vector and std::optional of these");
  }
}

/// Reads JSON into messages; aborts with `code` at the first thing that does not fit and says where.
class Reader {
 public:
  Reader(std::string_view text, std::string_view code) : text_(text), code_(code) {}

  template <typename T>
  void whole(T& value) {
    read(value, 0);
    space();
    if (place_ != text_.size()) { wrong("the end"); }
  }

 private:
  static constexpr int kDepth = 16;

  [[noreturn]] void wrong(std::string_view expected) {
    std::string message = "expected ";
    message += expected;
    message += where_.empty() ? "" : " for " + where_;
    message += " at byte " + text_of(place_) + ", found ";
    message += place_ < text_.size() ? std::string(text_.substr(place_, 20)) : "the end";
    abort(code_, message);
  }
  void space() {
    while (place_ < text_.size() &&
           (text_[place_] == ' ' || text_[place_] == '\n' || text_[place_] == '\t' || text_[place_] == '\r')) {
      ++place_;
    }
  }
  bool next(char expected) {
    space();
    if (place_ >= text_.size() || text_[place_] != expected) { return false; }
    ++place_;
    return true;
  }
  void need(char expected, std::string_view what) {
    if (!next(expected)) { wrong(what); }
  }
  unsigned hex() {
    unsigned value = 0;
    for (int i = 0; i < 4; ++i) {
      const char one = place_ < text_.size() ? text_[place_++] : ' ';
      const unsigned digit = one >= '0' && one <= '9'   ? static_cast<unsigned>(one - '0')
                             : one >= 'a' && one <= 'f' ? static_cast<unsigned>(one - 'a' + 10)
                             : one >= 'A' && one <= 'F' ? static_cast<unsigned>(one - 'A' + 10)
                                                        : 99U;
      if (digit > 15) { wrong("four hexadecimal digits"); }
      value = value * 16 + digit;
    }
    return value;
  }
  void unicode(std::string& out) {
    unsigned point = hex();
    if (point >= 0xD800 && point < 0xDC00) {
      if (text_.substr(place_, 2) != "\\u") { wrong("the second half of a surrogate pair"); }
      place_ += 2;
      const unsigned low = hex();
      if (low < 0xDC00 || low > 0xDFFF) { wrong("the second half of a surrogate pair"); }
      point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
    } else if (point >= 0xDC00 && point <= 0xDFFF) {
      wrong("a character");
    }
    const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
      put(point);
    } else if (point < 0x800) {
      put(0xC0 | (point >> 6));
      put(0x80 | (point & 63));
    } else if (point < 0x10000) {
      put(0xE0 | (point >> 12));
      put(0x80 | ((point >> 6) & 63));
      put(0x80 | (point & 63));
    } else {
      put(0xF0 | (point >> 18));
      put(0x80 | ((point >> 12) & 63));
      put(0x80 | ((point >> 6) & 63));
      put(0x80 | (point & 63));
    }
  }
  std::string string() {
    need('"', "a text in quotes");
    std::string out;
    while (true) {
      if (place_ >= text_.size() || static_cast<unsigned char>(text_[place_]) < 0x20) { wrong("the text's closing quote"); }
      const char one = text_[place_++];
      if (one == '"') { return out; }
      if (one != '\\') {
        out += one;
        continue;
      }
      const char escaped = place_ < text_.size() ? text_[place_++] : ' ';
      switch (escaped) {
        case 'n': out += '\n'; break;
        case 't': out += '\t'; break;
        case 'r': out += '\r'; break;
        case 'b': out += '\b'; break;
        case 'f': out += '\f'; break;
        case 'u': unicode(out); break;
        case '"':
        case '\\':
        case '/': out += escaped; break;
        default: wrong("an escape of JSON");
      }
    }
  }
  std::string_view word() {
    space();
    const auto first = place_;
    while (place_ < text_.size() && (std::string_view("+-.").find(text_[place_]) != std::string_view::npos ||
                                     (text_[place_] >= '0' && text_[place_] <= '9') ||
                                     (text_[place_] >= 'a' && text_[place_] <= 'z') || text_[place_] == 'E')) {
      ++place_;
    }
    return text_.substr(first, place_ - first);
  }

  /// `007` is no number of JSON.
  static bool is_padded(std::string_view number) {
    if (number.starts_with('-')) { number.remove_prefix(1); }
    return number.size() > 1 && number[0] == '0' && number[1] != '.';
  }

  template <typename T>
  void read(T& value, int depth) {
    if constexpr (is_optional<T>) {
      read(value.emplace(), depth);
    } else if constexpr (std::same_as<T, bool>) {
      const auto found = word();
      if (found != "true" && found != "false") { wrong("true or false"); }
      value = found == "true";
    } else if constexpr (std::integral<T>) {
      const auto found = word();
      const auto end = std::from_chars(found.data(), found.data() + found.size(), value);
      if (found.empty() || is_padded(found) || end.ec != std::errc{} || end.ptr != found.data() + found.size()) {
        wrong(std::is_signed_v<T> ? "an integer in range" : "an integer from 0, in range");
      }
    } else if constexpr (std::same_as<T, Decimal>) {
      space();
      const bool quoted = place_ < text_.size() && text_[place_] == '"';
      const auto text = quoted ? string() : std::string(word());
      const auto found = is_padded(text) ? std::nullopt : Decimal::parse(text);
      if (!found) { wrong("a decimal with at most nine places after the point"); }
      value = *found;
    } else if constexpr (std::same_as<T, std::string>) {
      space();
      value = string();
    } else if constexpr (is_vector<T>) {
      if (depth >= kDepth) { wrong("at most 16 levels"); }
      need('[', "a list");
      if (next(']')) { return; }
      do { read(value.emplace_back(), depth + 1); } while (next(','));
      need(']', "the end of the list");
    } else if constexpr (Message<T>) {
      message(value, depth);
    } else {
      static_assert(unsupported<T>,
                    "a message holds texts, bool, integers, keten::Decimal, messages, std::vector and std::optional of these");
    }
  }
  template <typename T>
  void message(T& value, int depth) {
    if (depth >= kDepth) { wrong("at most 16 levels"); }
    need('{', "an object");
    std::uint64_t seen = 0;
    if (!next('}')) {
      do {
        space();
        const auto name = string();
        need(':', "a colon");
        bool known = false;
        std::uint64_t bit = 1;
        value.keten_visit([&](std::string_view member, auto& place) {
          if (!known && member == name) {
            known = true;
            if ((seen & bit) != 0) { abort(code_, "member '" + name + "' is there twice"); }
            seen |= bit;
            const auto outer = where_;
            where_ += where_.empty() ? name : "." + name;
            read(place, depth + 1);
            where_ = outer;
          }
          bit <<= 1;
        });
        if (!known) { abort(code_, std::string(T::keten_message()) + " has no member '" + name + "'" + members(value)); }
      } while (next(','));
      need('}', "the end of the object");
    }
    std::uint64_t bit = 1;
    value.keten_visit([&](std::string_view member, auto& place) {
      if constexpr (!is_optional<std::remove_cvref_t<decltype(place)>>) {
        if ((seen & bit) == 0) {
          abort(code_, std::string(T::keten_message()) + " needs the member '" + std::string(member) + "'" + members(value));
        }
      }
      bit <<= 1;
    });
  }
  template <typename T>
  static std::string members(const T& value) {
    std::string all = "; its members are";
    value.keten_visit([&](std::string_view member, const auto&) {
      all += ' ';
      all += member;
    });
    return all;
  }

  std::string_view text_;
  std::string_view code_;
  std::string where_;
  std::size_t place_ = 0;
};

/// A JSON Schema of the type.
template <typename T>
void describe(std::string& out) {
  if constexpr (is_optional<T>) {
    describe<typename T::value_type>(out);
  } else if constexpr (std::same_as<T, bool>) {
    out += R"({"type":"boolean"})";
  } else if constexpr (std::integral<T>) {
    // Limits of eight bytes are no numbers of JSON: readers with doubles would round them.
    out += '{';
    if constexpr (sizeof(T) < 8) { out += R"("maximum":)" + text_of(std::numeric_limits<T>::max()) + ","; }
    if constexpr (sizeof(T) < 8 || std::is_unsigned_v<T>) { out += R"("minimum":)" + text_of(std::numeric_limits<T>::min()) + ","; }
    out += R"("type":"integer"})";
  } else if constexpr (std::same_as<T, Decimal>) {
    out += R"({"type":"number"})";
  } else if constexpr (std::same_as<T, std::string>) {
    out += R"({"type":"string"})";
  } else if constexpr (is_vector<T>) {
    out += R"({"items":)";
    describe<typename T::value_type>(out);
    out += R"(,"type":"array"})";
  } else if constexpr (Message<T>) {
    out += R"({"additionalProperties":false,"properties":{)";
    std::string required;
    bool first = true;
    const T sample{};
    sample.keten_visit([&](std::string_view name, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      if (!first) { out += ','; }
      first = false;
      write_string(out, name);
      out += ':';
      describe<Member>(out);
      if constexpr (!is_optional<Member>) {
        required += required.empty() ? "" : ",";
        write_string(required, name);
      }
    });
    out += R"(},"required":[)" + required + R"(],"title":)";
    write_string(out, T::keten_message());
    out += R"(,"type":"object"})";
  } else {
    static_assert(unsupported<T>,
                  "a message holds texts, bool, integers, keten::Decimal, messages, std::vector and std::optional of these");
  }
}

}  // namespace detail

/// The JSON text of a message or of one of its possible members.
template <typename T>
std::string encode(const T& value) {
  std::string out;
  detail::write(out, value);
  return out;
}
/// The value of a JSON text; aborts with `code` when it does not fit.
template <typename T>
T decode(std::string_view text, std::string_view code) {
  T value{};
  detail::Reader(text, code).whole(value);
  return value;
}

}  // namespace keten
