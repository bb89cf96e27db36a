#include "core/json.h"

#include <algorithm>
#include <charconv>

#include "core/check.h"

namespace keten::json {

Value Value::boolean(bool value) {
  Value result;
  result.kind_ = Kind::boolean;
  result.boolean_ = value;
  return result;
}

Value Value::string(std::string text) {
  Value result;
  result.kind_ = Kind::string;
  result.text_ = std::move(text);
  return result;
}

Value Value::number(std::string text) {
  CHECK(!text.empty());
  Value result;
  result.kind_ = Kind::number;
  result.text_ = std::move(text);
  return result;
}

Value Value::number(std::int64_t value) { return number(std::to_string(value)); }

Value Value::array() {
  Value result;
  result.kind_ = Kind::array;
  return result;
}

Value Value::object() {
  Value result;
  result.kind_ = Kind::object;
  return result;
}

bool Value::as_bool() const {
  CHECK(kind_ == Kind::boolean);
  return boolean_;
}

const std::string& Value::text() const {
  CHECK(kind_ == Kind::string || kind_ == Kind::number);
  return text_;
}

const std::vector<Value>& Value::items() const {
  CHECK(kind_ == Kind::array);
  return items_;
}

const std::vector<Value::Member>& Value::members() const {
  CHECK(kind_ == Kind::object);
  return members_;
}

const Value* Value::find(std::string_view name) const {
  const auto found =
      std::find_if(members_.begin(), members_.end(), [name](const Member& member) { return member.first == name; });
  return found == members_.end() ? nullptr : &found->second;
}

std::optional<std::string_view> Value::find_string(std::string_view name) const {
  const auto* member = find(name);
  if (member == nullptr || !member->is(Kind::string)) { return std::nullopt; }
  return member->text_;
}

std::optional<std::int64_t> Value::as_integer() const {
  if (kind_ != Kind::number) { return std::nullopt; }
  std::int64_t result = 0;
  const auto* end = text_.data() + text_.size();
  const auto read = std::from_chars(text_.data(), end, result);
  if (read.ec != std::errc{} || read.ptr != end) { return std::nullopt; }
  return result;
}

Value& Value::push(Value item) {
  CHECK(kind_ == Kind::array);
  items_.push_back(std::move(item));
  return *this;
}

Value& Value::set(std::string name, Value value) {
  CHECK(kind_ == Kind::object);
  for (auto& member : members_) {
    if (member.first == name) {
      member.second = std::move(value);
      return *this;
    }
  }
  constexpr std::size_t kMembers = 4;  // room for the first ones: growing moves them
  if (members_.empty()) { members_.reserve(kMembers); }
  members_.emplace_back(std::move(name), std::move(value));
  return *this;
}

bool Value::remove(std::string_view name) {
  return std::erase_if(members_, [name](const Member& member) { return member.first == name; }) > 0;
}

std::string pointer_add(std::string_view pointer, std::string_view token) {
  std::string result(pointer);
  result += '/';
  for (const char character : token) {
    switch (character) {
      case '~': result += "~0"; break;
      case '/': result += "~1"; break;
      default: result += character;
    }
  }
  return result;
}

}  // namespace keten::json
