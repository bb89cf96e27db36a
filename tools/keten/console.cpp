#include "tools/keten/console.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

namespace keten::tools {
namespace {

/// Columns that a UTF-8 text takes on a screen: its code points; we print no wide ones.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

ExitCode exit_code(const Error& error) {
  switch (error.kind) {
    case ErrorKind::timeout:
    case ErrorKind::unavailable:
    case ErrorKind::busy: return kNotReady;
    case ErrorKind::unauthorised:
    case ErrorKind::forbidden: return kNoPermission;
    case ErrorKind::corrupt: return kVerificationFailed;
    case ErrorKind::invalid:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::too_large:
    case ErrorKind::refused:
    case ErrorKind::unsupported: return kFailed;
  }
  return kFailed;
}

Console::Console(std::ostream& output, std::ostream& errors, Audience out_audience, Audience err_audience)
    : out(output),
      err(errors),
      out_audience_(out_audience),
      err_audience_(err_audience),
      colour_(out_audience == Audience::person && std::getenv("NO_COLOR") == nullptr) {}

Console Console::standard() {
  const auto audience = [](int descriptor) { return ::isatty(descriptor) != 0 ? Audience::person : Audience::program; };
  return {std::cout, std::cerr, audience(STDOUT_FILENO), audience(STDERR_FILENO)};
}

std::string Console::bold(std::string_view text) const {
  return colour_ ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}
std::string Console::dim(std::string_view text) const {
  return colour_ ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
}

int Console::fail(const Error& error, std::string_view hint) {
  end_progress();
  out.flush();
  err << "error: " << printable(error.reason) << "  " << printable(error.message) << "\n";
  for (const auto& violation : error.violations) {
    err << "  at " << (violation.pointer.empty() ? "the whole document" : printable(violation.pointer)) << ": expected "
        << printable(violation.expected) << ", found " << printable(violation.found) << "\n";
  }
  if (!hint.empty()) { err << "hint: " << hint << "\n"; }
  err.flush();
  return exit_code(error);
}

void Console::progress(std::string_view text) {
  if (err_audience_ != Audience::person) { return; }
  err << "\r\x1b[K" << text << std::flush;
  in_progress_ = true;
}

void Console::end_progress() {
  if (!std::exchange(in_progress_, false)) { return; }
  err << "\r\x1b[K" << std::flush;
}

void Table::add(std::vector<std::string> cells) {
  CHECK(cells.size() == columns_.size());
  for (auto& cell : cells) { cell = printable(cell); }
  rows_.push_back(std::move(cells));
}

std::string Table::text(std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    auto width = width_of(columns_[column].heading);
    for (const auto& row : rows_) { width = std::max(width, width_of(row[column])); }
    widths.push_back(width);
  }
  std::string result;
  const auto line = [&](const auto& cell_of) {
    std::string row(indent);
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const std::string& cell = cell_of(column);
      const std::string padding(widths[column] - width_of(cell), ' ');
      if (column > 0) { row += "  "; }
      row += columns_[column].align == Align::left ? cell + padding : padding + cell;
    }
    row.erase(row.find_last_not_of(' ') + 1);
    result += row + "\n";
  };
  line([&](std::size_t column) -> const std::string& { return columns_[column].heading; });
  for (const auto& row : rows_) {
    line([&](std::size_t column) -> const std::string& { return row[column]; });
  }
  return result;
}

std::string shortened(std::string_view hex) {
  if (hex.size() <= 12) { return std::string(hex); }
  return fmt::format("{}…{}", hex.substr(0, 4), hex.substr(hex.size() - 4));
}

std::string printable(std::string_view text) {
  std::string result;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += character;
    }
  }
  return result;
}

json::Value text_value(std::string_view text) { return json::Value::string(std::string(text)); }
json::Value violations_value(const std::vector<Violation>& violations) {
  auto list = json::Value::array();
  for (const auto& violation : violations) {
    list.push(json::Value::object()
                  .set("pointer", text_value(violation.pointer))
                  .set("expected", text_value(violation.expected))
                  .set("found", text_value(violation.found)));
  }
  return list;
}

json::Value number_value(std::uint64_t number) { return json::Value::number(std::to_string(number)); }
json::Value number_value(double number, int digits) {
  return json::Value::number(fmt::format("{:.{}f}", number, digits));
}

}  // namespace keten::tools
