#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "tools/keten/csv_sheet.h"

namespace keten::tools {

/// The EPCIS event, without an id, that these rows of a sheet tell together.
json::Value event_of_rows(const Sheet& sheet, ImportProfile profile, std::string_view offset, Faults& faults,
                          std::vector<std::size_t> rows);

}  // namespace keten::tools
