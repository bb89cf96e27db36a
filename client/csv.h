#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "client/text_place.h"
#include "core/csv_line.h"

namespace keten::client {

struct CsvCell {
  std::string text;
  TextPlace place;  ///< of its first character, or of its opening quote
  friend bool operator==(const CsvCell&, const CsvCell&) = default;
};
using CsvRow = std::vector<CsvCell>;  ///< at least one cell

/// What is wrong at a place: what was expected, what came, what to do.
struct CsvFault {
  TextPlace place;
  std::string message;
};

/// What is refused beyond: a table is read into memory.
struct CsvLimits {
  std::size_t bytes = 16U * 1024 * 1024;
  std::size_t rows = 100'000;
  std::size_t cells = 64;          ///< of one row
  std::size_t cell_bytes = 4'096;  ///< of one cell
  std::size_t faults = 100;        ///< reported of one file
};

/// Rows as they stand in the file, the heading first. Lines without any content are left out. `rows` holds what could be read;
/// it is to be trusted only when there are no faults.
struct CsvTable {
  char separator = ',';
  std::vector<CsvRow> rows;
  std::vector<CsvFault> faults;
  bool more_faults = false;  ///< than limits.faults: the rest was not looked at
};

/// Reads a table as RFC 4180 defines it, in UTF-8 with or without a byte order mark, lines ended by CRLF or LF. The separator is a
/// comma or a semicolon, whichever of the two the first line has, or what a first line `sep=;` says. Every row has as many
/// cells as the first. Refused, each at its place: quotes in the middle of a cell, text behind a closing quote, a quote
/// that nobody closes, control characters, a carriage return alone, bytes that are not UTF-8.
CsvTable parse_csv(std::string_view text, const CsvLimits& limits = {});

// Writing is core's.
using keten::csv_line;
using keten::FormulaSafety;

}  // namespace keten::client
