#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/csv.h"
#include "tools/keten/csv_events.h"

namespace keten::tools {

/// Without blanks and line ends around it.
std::string_view trimmed(std::string_view text);

/// What is wrong in a table, as it is found.
class Faults {
 public:
  void add(client::TextPlace place, std::string_view column, std::string message) {
    list_.push_back({place, std::string(column), std::move(message)});
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] bool are_enough() const { return list_.size() > kImportFaultsMax; }
  /// The first of them in the order of their places.
  void move_to(ImportFile& file);

 private:
  std::vector<ImportFault> list_;
};

/// The cells of a table by their headings.
class Sheet {
 public:
  Sheet(const client::CsvTable& table, ImportProfile profile, Faults& faults);

  [[nodiscard]] std::size_t rows() const { return table_.rows.size(); }
  [[nodiscard]] const client::CsvCell& first_cell(std::size_t row) const { return table_.rows[row].front(); }
  [[nodiscard]] std::size_t line(std::size_t row) const { return first_cell(row).place.line; }
  /// Null when there is no such column, or nothing in it.
  [[nodiscard]] const client::CsvCell* cell(std::size_t row, std::string_view name) const;

 private:
  const client::CsvTable& table_;
  std::map<std::string, std::size_t, std::less<>> columns_;
};

}  // namespace keten::tools
