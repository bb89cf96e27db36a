#include "client/text_place.h"

#include <algorithm>
#include <string>

#include "core/json.h"

namespace keten::client {
namespace {

/// Steps over the parts of a JSON text. Ends on any text, and finds places in one that is valid up to there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool is_end() const { return offset_ >= text_.size(); }
  /// At most that of the end.
  [[nodiscard]] std::size_t offset() const { return std::min(offset_, text_.size()); }
  [[nodiscard]] char next() const { return offset_ < text_.size() ? text_[offset_] : '\0'; }
  void step() { ++offset_; }
  void blanks() { offset_ = std::min(text_.find_first_not_of(" \t\r\n", offset()), text_.size()); }

  /// The string that begins here, with its quotes.
  std::string_view string() {
    const auto begin = std::min(offset_++, text_.size());
    while (!is_end() && next() != '"') { offset_ += next() == '\\' ? 2 : 1; }
    ++offset_;
    return text_.substr(begin, offset_ - begin);
  }

  void value() {
    std::size_t depth = 0;
    do {
      if (next() == '"') {
        string();
        continue;
      }
      if (next() == '{' || next() == '[') { ++depth; }
      if ((next() == '}' || next() == ']') && depth > 0) { --depth; }
      ++offset_;
    } while (!is_end() && (depth > 0 || !ends()));
  }

 private:
  [[nodiscard]] bool ends() const { return std::string_view(",]} \t\r\n\0", 8).find(next()) != std::string_view::npos; }

  std::string_view text_;
  std::size_t offset_ = 0;
};

/// The first reference token of a pointer, unescaped; the pointer loses it.
std::string take_token(std::string_view& pointer) {
  pointer.remove_prefix(1);
  const auto end = std::min(pointer.find('/'), pointer.size());
  std::string token;
  for (std::size_t i = 0; i < end; ++i) {
    if (pointer[i] == '~' && i + 1 < end) {
      token += pointer[++i] == '1' ? '/' : '~';
    } else {
      token += pointer[i];
    }
  }
  pointer.remove_prefix(end);
  return token;
}

/// From the beginning of an object or array to that of the value that `token` names.
bool enter(Scanner& scanner, const std::string& token) {
  const bool is_object = scanner.next() == '{';
  if (!is_object && scanner.next() != '[') { return false; }
  scanner.step();
  for (std::size_t index = 0;; ++index) {
    scanner.blanks();
    if (scanner.is_end() || scanner.next() == '}' || scanner.next() == ']') { return false; }
    bool is_wanted = !is_object && std::to_string(index) == token;
    if (is_object) {
      const auto name = json::parse(scanner.string());
      is_wanted = name && name->text() == token;
      scanner.blanks();
      scanner.step();
      scanner.blanks();
    }
    if (is_wanted) { return true; }
    scanner.value();
    scanner.blanks();
    if (scanner.next() != ',') { return false; }
    scanner.step();
  }
}

}  // namespace

TextPlace place_of(std::string_view text, std::string_view pointer) {
  Scanner scanner(text);
  scanner.blanks();
  auto found = scanner.offset();
  while (pointer.starts_with('/') && enter(scanner, take_token(pointer))) { found = scanner.offset(); }
  TextPlace place;
  for (const char each : text.substr(0, found)) {
    if (each == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(each) & 0xC0U) != 0x80U) {
      ++place.column;
    }
  }
  return place;
}

}  // namespace keten::client
