#pragma once

#include <string>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace keten::tools {

/// Headings of the table that 21 CFR 1.1455(c)(3)(ii) asks for: a row for each critical tracking event and lot. docs/audit.md, "FSMA 204".
const std::vector<std::string>& fsma_columns();

/// The rows that an extract of a node (docs/http.md) gives, by time, event and lot; each as long as fsma_columns(). What is no
/// critical tracking event gives none. Fails with EXTRACT_MALFORMED.
Result<std::vector<std::vector<std::string>>> fsma_rows(const json::Value& extract);

/// Heading and rows as CSV (RFC 4180) in which no cell is a formula.
std::string fsma_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace keten::tools
