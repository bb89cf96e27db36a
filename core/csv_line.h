#pragma once

#include <string>
#include <vector>

namespace keten {

/// Whether spreadsheets take a cell for a formula; csv_line() then puts an apostrophe before it.
enum class FormulaSafety { off, on };

/// One row as RFC 4180 has it, with CRLF behind it. Cells with separator, quotes or line ends are quoted. With FormulaSafety::on a cell
/// that begins with `=`, `+`, `-`, `@`, a tab or a line end, and is no plain number, gets an apostrophe before it.
std::string csv_line(const std::vector<std::string>& cells, char separator = ',',
                     FormulaSafety safety = FormulaSafety::off);

}  // namespace keten
