#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

/// The values that cells of an import table hold. Each function fails with IMPORT_INVALID and a message that says what was
/// expected, what came and how to write it. docs/supplier.md, "Columns".
namespace keten::tools {

struct CellTime {
  std::string text;    ///< `2026-05-01T08:30:00+02:00`: always with seconds and a numeric zone
  std::string offset;  ///< `+02:00`
};
/// A date and time with zone; blank or `T` between the two, seconds may be missing. `offset` stands in for a missing zone and may
/// be empty.
Result<CellTime> cell_time(std::string_view cell, std::string_view offset);

/// `2026-05-01`.
Result<std::string> cell_date(std::string_view cell);

/// One spelling of a decimal number that is not negative, `1200` or `12.5`.
Result<std::string> cell_quantity(std::string_view cell);

/// A code of UN/CEFACT Recommendation 20, `KGM`.
Result<std::string> cell_unit(std::string_view cell);

/// 14 digits of a GTIN with 8, 12, 13 or 14, check digit included.
Result<std::string> cell_gtin(std::string_view cell);

/// Batch, lot or serial number: 1 to 20 characters of GS1's set, percent-encoded for a Digital Link.
Result<std::string> cell_component(std::string_view cell);

/// Digital Link of an SSCC of 18 digits, or the URI.
Result<std::string> cell_container(std::string_view cell);

/// Digital Link of a GLN of 13 digits as a place (`414`) or as a party (`417`), or the URI.
enum class GlnUse { place, party };
Result<std::string> cell_gln(std::string_view cell, GlnUse use);

/// The Digital Link where there is one, else the URI itself.
Result<std::string> cell_uri(std::string_view cell);

/// Whether an identifier names a product or lot, of which there is an amount, and not one thing.
bool is_class(std::string_view identifier);

}  // namespace keten::tools
