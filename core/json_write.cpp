#include <algorithm>
#include <string>

#include "core/json.h"
#include "core/json_number.h"

namespace keten::json {
namespace {

/// RFC 8785, section 3.2.2.2: the two-character escapes, other control characters as \u00xx, everything else as it is.
void write_string(std::string_view text, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    // Most texts have nothing to escape.
    const auto plain = std::find_if(text.begin(), text.end(), [](char character) {
      return static_cast<unsigned char>(character) < 0x20U || character == '"' || character == '\\';
    });
    out.append(text.begin(), plain);
    text.remove_prefix(static_cast<std::size_t>(plain - text.begin()));
    if (text.empty()) { break; }
    const char character = text.front();
    text.remove_prefix(1);
    switch (character) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: {
        const auto byte = static_cast<unsigned char>(character);
        out += "\\u00";
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
      }
    }
  }
  out += '"';
}

/// UTF-16 code unit order on valid UTF-8: like bytes, but U+E000 to U+FFFF sort after the surrogate pairs of higher
/// planes.
bool utf16_less(std::string_view left, std::string_view right) {
  const auto rank = [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return byte == 0xEEU || byte == 0xEFU ? byte + 0x10U : unsigned{byte};
  };
  const auto [a, b] = std::mismatch(left.begin(), left.end(), right.begin(), right.end());
  if (a == left.end() || b == right.end()) { return a == left.end() && b != right.end(); }
  return rank(*a) < rank(*b);
}

enum class Style { canonical, compact, pretty };

class Printer {
 public:
  explicit Printer(Style style) : style_(style) {}

  void write(const Value& value) {
    switch (value.kind()) {
      case Kind::null: out_ += "null"; break;
      case Kind::boolean: out_ += value.as_bool() ? "true" : "false"; break;
      case Kind::number: out_ += style_ == Style::canonical ? ecmascript_number(value.text()) : value.text(); break;
      case Kind::string: write_string(value.text(), out_); break;
      case Kind::array: write_array(value); break;
      case Kind::object: write_object(value); break;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  void write_array(const Value& value) {
    open('[');
    for (const auto& item : value.items()) {
      separate();
      write(item);
    }
    close(']', value.items().empty());
  }

  void write_object(const Value& value) {
    const auto& members = value.members();
    const auto in_order = [](const auto& left, const auto& right) { return utf16_less(left.first, right.first); };
    open('{');
    // What was parsed from canonical text is in order already.
    if (style_ != Style::canonical || std::is_sorted(members.begin(), members.end(), in_order)) {
      for (const auto& member : members) { write_member(member); }
    } else {
      std::vector<const Value::Member*> sorted;
      sorted.reserve(members.size());
      for (const auto& member : members) { sorted.push_back(&member); }
      std::sort(sorted.begin(), sorted.end(),
                [&](const auto* left, const auto* right) { return in_order(*left, *right); });
      for (const auto* member : sorted) { write_member(*member); }
    }
    close('}', members.empty());
  }

  void write_member(const Value::Member& member) {
    separate();
    write_string(member.first, out_);
    out_ += style_ == Style::pretty ? ": " : ":";
    write(member.second);
  }

  void open(char bracket) {
    out_ += bracket;
    ++depth_;
    first_ = true;
  }
  void separate() {
    if (!first_) { out_ += ','; }
    first_ = false;
    break_line();
  }
  void close(char bracket, bool empty) {
    --depth_;
    if (!empty) { break_line(); }
    out_ += bracket;
    first_ = false;
  }
  void break_line() {
    if (style_ == Style::pretty) { out_.append(1, '\n').append(2 * depth_, ' '); }
  }

  Style style_;
  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

std::string print(const Value& value, Style style) {
  Printer printer(style);
  printer.write(value);
  return printer.take();
}

}  // namespace

std::string canonical(const Value& value) { return print(value, Style::canonical); }
std::string serialize(const Value& value) { return print(value, Style::compact); }
std::string pretty(const Value& value) { return print(value, Style::pretty); }

}  // namespace keten::json
