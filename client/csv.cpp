#include "client/csv.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace keten::client {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Bytes of the UTF-8 character that `text` begins with (RFC 3629: shortest form, no surrogates); 0 when there is none.
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto first = byte(0);
  if (first < 0x80) { return 1; }
  const std::size_t size = first >= 0xC2 && first < 0xE0 ? 2 : first >= 0xE0 && first < 0xF0 ? 3 : 4;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) { return 0; }
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) { return 0; }
  }
  const auto second = byte(1);
  const bool is_wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return is_wrong ? 0 : size;
}

std::string hexadecimal(std::uint8_t byte) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  return {kDigits[byte >> 4U], kDigits[byte & 15U]};
}

bool ends_line(char each) { return each == '\n' || each == '\r'; }

/// Walks through the text; everything it cannot take becomes a fault, and it goes on behind that.
class Reader {
 public:
  Reader(std::string_view text, const CsvLimits& limits) : text_(text), limits_(limits) {}

  CsvTable read() {
    if (!begin()) { return std::move(table_); }
    while (offset_ < text_.size() && !table_.more_faults) {
      auto row = read_row();
      const bool is_blank = std::all_of(row.begin(), row.end(), [](const CsvCell& cell) { return cell.text.empty(); });
      if (is_blank) { continue; }
      if (table_.rows.size() == limits_.rows) {
        fault(row.front().place, "a file has at most " + std::to_string(limits_.rows) + " rows; split it");
        break;
      }
      check_width(row);
      table_.rows.push_back(std::move(row));
    }
    return std::move(table_);
  }

 private:
  /// What concerns the file as a whole. False: there is nothing to go on with.
  bool begin() {
    if (text_.starts_with(kByteOrderMark)) { text_.remove_prefix(kByteOrderMark.size()); }
    if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
      fault({}, "the file is UTF-16; save it as \"CSV UTF-8\"");
      return false;
    }
    if (text_.starts_with("PK\x03\x04")) {
      fault({}, "this is a spreadsheet, not a CSV file; save it as \"CSV UTF-8\"");
      return false;
    }
    if (text_.size() > limits_.bytes) {
      fault({}, "a file has at most " + std::to_string(limits_.bytes) + " bytes; split it");
      return false;
    }
    return find_separator();
  }

  bool find_separator() {
    const auto first = text_.substr(0, std::min(text_.find_first_of("\r\n"), text_.size()));
    if (first.size() == 5 && first.starts_with("sep=") && (first[4] == ',' || first[4] == ';')) {
      table_.separator = first[4];
      offset_ = first.size();
      take_line_end();
      return true;
    }
    bool has_comma = false;
    bool has_semicolon = false;
    bool is_quoted = false;
    for (const char each : first) {
      is_quoted ^= each == '"';
      has_comma |= each == ',' && !is_quoted;
      has_semicolon |= each == ';' && !is_quoted;
    }
    if (has_comma && has_semicolon) {
      fault({}, "the first line has commas and semicolons; separate its cells by one of the two");
      return false;
    }
    if (!has_comma && !has_semicolon && first.find('\t') != std::string_view::npos) {
      fault({}, "the cells are separated by tabs; separate them by commas or semicolons");
      return false;
    }
    table_.separator = has_semicolon ? ';' : ',';
    return true;
  }

  void fault(TextPlace place, std::string message) {
    if (table_.faults.size() == limits_.faults) {
      table_.more_faults = true;
      return;
    }
    table_.faults.push_back({place, std::move(message)});
  }

  [[nodiscard]] bool at_end() const { return offset_ == text_.size(); }
  [[nodiscard]] char next() const { return text_[offset_]; }

  void take_line_end() {
    if (at_end()) { return; }
    if (next() == '\r') {
      ++offset_;
      if (at_end() || next() != '\n') {
        fault(place_, "a carriage return without a line feed; end lines with CRLF or LF");
      } else {
        ++offset_;
      }
    } else {
      ++offset_;
    }
    ++place_.line;
    place_.column = 1;
  }

  /// One character, which is no line end, appended to the cell unless it may not stand there.
  void take_character(std::string& cell) {
    const auto size = character_bytes(text_.substr(offset_));
    const auto byte = static_cast<std::uint8_t>(next());
    if (size == 0) {
      fault(place_, "byte 0x" + hexadecimal(byte) + " is not UTF-8; save the file as \"CSV UTF-8\"");
      // The rest of such a file is likely as wrong: one fault a cell is enough.
      while (!at_end() && !ends_line(next()) && next() != table_.separator && next() != '"') { ++offset_; }
      return;
    }
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
      fault(place_, "control character 0x" + hexadecimal(byte) + "; remove it");
    } else {
      cell.append(text_.substr(offset_, size));
    }
    offset_ += size;
    ++place_.column;
  }

  /// From behind the opening quote to behind the closing one.
  void read_quoted(CsvCell& cell) {
    while (!at_end()) {
      if (next() == '"') {
        ++offset_;
        ++place_.column;
        if (at_end() || next() != '"') { return; }
        cell.text += '"';
        ++offset_;
        ++place_.column;
      } else if (ends_line(next())) {
        if (cell.text.size() > limits_.cell_bytes) { break; }  // a quote that was never closed: do not read on
        take_line_end();
        cell.text += '\n';
      } else {
        take_character(cell.text);
      }
    }
    fault(cell.place, "a quote begins here and nobody closes it; a quote inside a cell is written twice");
    offset_ = text_.size();
  }

  [[nodiscard]] bool at_cell_end() const { return at_end() || ends_line(next()) || next() == table_.separator; }

  CsvCell read_cell() {
    CsvCell cell{{}, place_};
    if (!at_end() && next() == '"') {
      ++offset_;
      ++place_.column;
      read_quoted(cell);
      if (!at_cell_end()) {
        fault(place_, "text behind a closing quote; a quote inside a cell is written twice");
        std::string ignored;
        while (!at_cell_end()) { take_character(ignored); }
      }
    } else {
      while (!at_cell_end()) {
        if (next() == '"') {
          fault(place_, "a quote in the middle of a cell; quote the whole cell and write this one twice");
          while (!at_cell_end()) { take_character(cell.text); }
          break;
        }
        take_character(cell.text);
      }
    }
    if (cell.text.size() > limits_.cell_bytes) {
      fault(cell.place, "a cell has at most " + std::to_string(limits_.cell_bytes) + " bytes, this one has " +
                            std::to_string(cell.text.size()));
      cell.text.clear();
    }
    return cell;
  }

  CsvRow read_row() {
    CsvRow row;
    while (true) {
      auto cell = read_cell();
      if (row.size() < limits_.cells) {
        row.push_back(std::move(cell));
      } else if (!is_too_wide_) {
        is_too_wide_ = true;
        fault(cell.place, "a row has at most " + std::to_string(limits_.cells) + " cells");
      }
      if (at_end() || next() != table_.separator) { break; }
      ++offset_;
      ++place_.column;
    }
    take_line_end();
    is_too_wide_ = false;
    return row;
  }

  void check_width(const CsvRow& row) {
    if (table_.rows.empty() || row.size() == table_.rows.front().size()) { return; }
    const auto wanted = table_.rows.front().size();
    auto message = "the row has " + std::to_string(row.size()) + " cells, the first row has " + std::to_string(wanted);
    if (row.size() > wanted) {
      message += table_.separator == ',' ? "; put cells with a comma in quotes, and write 12.5 and not 12,5"
                                         : "; put cells with a semicolon in quotes";
    }
    fault(row.size() > wanted ? row[wanted].place : row.front().place, std::move(message));
  }

  std::string_view text_;
  CsvLimits limits_;
  CsvTable table_;
  std::size_t offset_ = 0;
  TextPlace place_;
  bool is_too_wide_ = false;
};

}  // namespace

CsvTable parse_csv(std::string_view text, const CsvLimits& limits) { return Reader(text, limits).read(); }

}  // namespace keten::client
