#include "tools/keten/csv_sheet.h"

#include <algorithm>
#include <tuple>

namespace keten::tools {
namespace {

/// Letters that must be changed, added or left out to make one word of the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) { row[j] = j; }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j < row.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({row[j - 1] + 1, above + 1, diagonal + (left[i - 1] == right[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

std::string unknown(const std::string& name, const std::vector<ImportColumn>& columns) {
  if (name.empty()) { return "a column without heading; name it or remove it"; }
  const auto nearest =
      std::ranges::min_element(columns, {}, [&](const ImportColumn& one) { return distance(name, one.name); });
  if (distance(name, nearest->name) <= 2) { return "unknown column; did you mean " + std::string(nearest->name) + "?"; }
  std::string known;
  for (const auto& one : columns) { known += (known.empty() ? "" : ", ") + std::string(one.name); }
  return "unknown column; remove it, the profile has: " + known;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) { return {}; }
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

void Faults::move_to(ImportFile& file) {
  const auto order = [](const ImportFault& fault) {
    return std::tie(fault.place.line, fault.place.column, fault.column, fault.message);
  };
  std::ranges::sort(list_, {}, order);
  const auto twice = std::ranges::unique(list_, {}, order);
  list_.erase(twice.begin(), twice.end());
  file.more_faults = file.more_faults || list_.size() > kImportFaultsMax;
  if (list_.size() > kImportFaultsMax) { list_.resize(kImportFaultsMax); }
  file.faults = std::move(list_);
}

Sheet::Sheet(const client::CsvTable& table, ImportProfile profile, Faults& faults) : table_(table) {
  const auto columns = import_columns(profile);
  const auto& heading = table.rows.front();
  for (std::size_t i = 0; i < heading.size(); ++i) {
    std::string name(trimmed(heading[i].text));
    std::ranges::transform(name, name.begin(), [](char each) {
      return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each == ' ' ? '_' : each;
    });
    const bool is_known = std::ranges::any_of(columns, [&](const ImportColumn& one) { return one.name == name; });
    if (!is_known) {
      faults.add(heading[i].place, name, unknown(name, columns));
    } else if (!columns_.emplace(name, i).second) {
      faults.add(heading[i].place, name, "the column is there twice; remove one");
    }
  }
  for (const auto& [name, is_required] : columns) {
    if (is_required && !columns_.contains(std::string(name))) {
      faults.add({}, name, "the column is missing; the first row names the columns, see the templates");
    }
  }
}

const client::CsvCell* Sheet::cell(std::size_t row, std::string_view name) const {
  const auto column = columns_.find(name);
  if (column == columns_.end()) { return nullptr; }
  const auto& cell = table_.rows[row][column->second];
  return trimmed(cell.text).empty() ? nullptr : &cell;
}

}  // namespace keten::tools
