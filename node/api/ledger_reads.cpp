#include "node/api/ledger_reads.h"

#include <charconv>

namespace keten::api {
namespace {

/// Digits only, no sign, no leading zero; moves `text` behind them.
template <typename Value>
bool take_number(std::string_view& text, Value& value) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto count = static_cast<std::size_t>(end - text.data());
  if (problem != std::errc() || count == 0 || (count > 1 && text.front() == '0')) { return false; }
  text.remove_prefix(count);
  return true;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) { return false; }
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string EventCursor::text() const {
  return height.text() + "." + std::to_string(index) + "." + std::to_string(event);
}

Result<EventCursor> EventCursor::parse(std::string_view text) {
  auto rest = text;
  EventCursor cursor;
  if (take_number(rest, cursor.height.value)) {
    if (rest.empty()) { return end_of(cursor.height); }
    if (take_dot(rest) && take_number(rest, cursor.index) && take_dot(rest) && take_number(rest, cursor.event) &&
        rest.empty()) {
      return cursor;
    }
  }
  return invalid("CURSOR_INVALID",
                 "expected height.index.event or a height, found '" + std::string(text.substr(0, 80)) + "'");
}

}  // namespace keten::api
