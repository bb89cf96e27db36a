#include "core/csv_line.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace keten {
namespace {

/// What makes spreadsheets calculate; the last four are the full-width forms of the first ones, which some take as well.
bool begins_formula(std::string_view cell) {
  if (cell.empty()) { return false; }
  constexpr std::array<std::string_view, 4> kWide = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D", "\xEF\xBC\xA0"};
  return std::string_view("=+-@\t\r\n").find(cell.front()) != std::string_view::npos ||
         std::ranges::any_of(kWide, [&](std::string_view wide) { return cell.starts_with(wide); });
}

/// A number as csv_line() leaves it alone: sign, digits, at most one point.
bool is_plain_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) { text.remove_prefix(1); }
  const auto digits = [](char each) { return each >= '0' && each <= '9'; };
  const auto point = text.find('.');
  const auto whole = text.substr(0, std::min(point, text.size()));
  const auto fraction = point == std::string_view::npos ? std::string_view("0") : text.substr(point + 1);
  return !whole.empty() && !fraction.empty() && std::ranges::all_of(whole, digits) &&
         std::ranges::all_of(fraction, digits);
}

}  // namespace

std::string csv_line(const std::vector<std::string>& cells, char separator, FormulaSafety safety) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) { line += separator; }
    std::string cell = cells[i];
    if (safety == FormulaSafety::on && begins_formula(cell) && !is_plain_number(cell)) { cell.insert(0, 1, '\''); }
    if (cell.find_first_of(std::string("\"\r\n") + separator) == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char each : cell) {
      line += each;
      if (each == '"') { line += '"'; }
    }
    line += '"';
  }
  return line + "\r\n";
}

}  // namespace keten
