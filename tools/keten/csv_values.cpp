#include "tools/keten/csv_values.h"

#include <algorithm>
#include <array>
#include <utility>

#include "contracts/production/decimal.h"
#include "contracts/production/entity.h"
#include "contracts/production/time.h"
#include "contracts/production/validation.h"
#include "core/json.h"

namespace keten::tools {
namespace {

constexpr std::string_view kDomain = "https://id.gs1.org/";

bool is_digit(char each) { return each >= '0' && each <= '9'; }
bool are_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

Error wrong(std::string_view expected, std::string_view found, std::string_view fix = {}) {
  std::string message = "expected " + std::string(expected) + ", found \"" + std::string(found) + "\"";
  if (!fix.empty()) { message += "; " + std::string(fix); }
  return invalid("IMPORT_INVALID", std::move(message));
}

/// Spreadsheets show long numbers as `9.52E+12` and save them so: the digits are lost.
bool is_rounded(std::string_view text) {
  return text.find_first_of("eE") != std::string_view::npos && text.find('+') != std::string_view::npos &&
         std::ranges::all_of(text, [](char each) {
           return is_digit(each) || each == ',' || each == '.' || each == '+' || each == 'e' || each == 'E';
         });
}
constexpr std::string_view kRounded =
    "the spreadsheet has rounded the number: make the column text, enter the digits again, and save";

/// Digits that end with their check digit.
Result<std::string> checked(std::string_view cell, std::string_view what) {
  const auto right = production::check_digit(cell.substr(0, cell.size() - 1));
  if (cell.back() == right) { return std::string(cell); }
  return wrong(std::string(what) + " with its check digit", cell,
               "the last digit would be " + std::string(1, right) + " if the others are right");
}

/// Fields of a date and time, as far as they are there.
struct TimeParts {
  std::string_view date;
  std::string_view clock;
  std::string_view zone;
};

TimeParts split_time(std::string_view cell) {
  TimeParts parts;
  parts.date = cell.substr(0, std::min<std::size_t>(10, cell.size()));
  if (cell.size() < 12 || (cell[10] != 'T' && cell[10] != ' ')) { return parts; }
  auto rest = cell.substr(11);
  const auto zone = std::min(rest.find_first_not_of("0123456789:."), rest.size());
  parts.clock = rest.substr(0, zone);
  rest.remove_prefix(zone);
  if (rest.starts_with(' ')) { rest.remove_prefix(1); }
  parts.zone = rest;
  return parts;
}

}  // namespace

Result<CellTime> cell_time(std::string_view cell, std::string_view offset) {
  constexpr std::string_view kExpected = "a date and time with zone such as 2026-05-01T08:30:00+02:00";
  const auto parts = split_time(cell);
  if (!production::is_date(parts.date) || parts.clock.empty()) {
    return wrong(kExpected, cell, "year first, then month, day, hour and minute");
  }
  std::string clock(parts.clock);
  if (clock.size() == 5) { clock += ":00"; }
  if (const auto point = clock.find('.'); point != std::string::npos) {
    // Events are kept to the millisecond.
    clock.resize(std::min(clock.size(), point + 4));
    while (clock.back() == '0') { clock.pop_back(); }
    if (clock.back() == '.') { clock.pop_back(); }
  }
  std::string zone(parts.zone);
  if (zone.empty()) {
    if (offset.empty()) {
      return wrong(kExpected, cell, "add the offset of the local time, or give it for all rows with --offset +02:00");
    }
    zone = offset;
  }
  if (zone == "Z" || zone == "-00:00") { zone = "+00:00"; }
  auto text = std::string(parts.date) + "T" + clock + zone;
  if (!production::is_zone_offset(zone) || !production::parse_time(text)) { return wrong(kExpected, cell); }
  return CellTime{std::move(text), std::move(zone)};
}

Result<std::string> cell_date(std::string_view cell) {
  if (cell.size() == 10 && production::is_date(cell)) { return std::string(cell); }
  return wrong("a date such as 2026-05-01", cell, "year first, then month and day");
}

Result<std::string> cell_quantity(std::string_view cell) {
  constexpr std::string_view kExpected = "a number such as 1200 or 12.5";
  if (is_rounded(cell)) { return wrong(kExpected, cell, kRounded); }
  if (cell.find(',') != std::string_view::npos) {
    std::string plain(cell);
    std::erase(plain, ' ');
    const auto comma = plain.find(',');
    const bool is_decimal = plain.find(',', comma + 1) == std::string::npos && plain.find('.') == std::string::npos;
    if (!is_decimal) { return wrong(kExpected, cell, "write it without separators between thousands"); }
    plain[comma] = '.';
    return wrong(kExpected, cell,
                 "the decimal sign is a point: write " + plain + ", or without the comma if it parts thousands");
  }
  const bool is_plain = !cell.empty() && is_digit(cell.front()) && is_digit(cell.back()) &&
                        std::ranges::all_of(cell, [](char each) { return is_digit(each) || each == '.'; });
  const auto number = is_plain ? production::plain_decimal(cell) : std::nullopt;
  if (!number) { return wrong(kExpected, cell); }
  if (!json::parse(*number)) {
    return wrong(kExpected, cell, "it has more digits than can be kept exactly (about 15)");
  }
  return *number;
}

Result<std::string> cell_unit(std::string_view cell) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kUsual{{{"kg", "KGM"},
                                                                                  {"g", "GRM"},
                                                                                  {"t", "TNE"},
                                                                                  {"l", "LTR"},
                                                                                  {"ml", "MLT"},
                                                                                  {"m", "MTR"},
                                                                                  {"cm", "CMT"},
                                                                                  {"mm", "MMT"},
                                                                                  {"m2", "MTK"},
                                                                                  {"m3", "MTQ"},
                                                                                  {"lb", "LBR"},
                                                                                  {"lbs", "LBR"},
                                                                                  {"oz", "ONZ"},
                                                                                  {"ton", "TNE"}}};
  constexpr std::string_view kExpected = "a unit code of UN/CEFACT Recommendation 20 such as KGM";
  std::string lower(cell);
  std::ranges::transform(lower, lower.begin(), [](char each) {
    return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each;
  });
  for (const auto& [usual, code] : kUsual) {
    if (lower == usual) { return wrong(kExpected, cell, "write " + std::string(code)); }
  }
  if (lower == "pcs" || lower == "pieces" || lower == "pc" || lower == "st" || lower == "stuks" || lower == "ea") {
    return wrong(kExpected, cell, "for a number of pieces leave the unit empty");
  }
  const bool is_code = (cell.size() == 2 || cell.size() == 3) && std::ranges::all_of(cell, [](char each) {
                         return is_digit(each) || (each >= 'A' && each <= 'Z');
                       });
  if (!is_code) { return wrong(kExpected, cell); }
  return std::string(cell);
}

Result<std::string> cell_gtin(std::string_view cell) {
  constexpr std::string_view kExpected = "a GTIN of 8, 12, 13 or 14 digits";
  if (is_rounded(cell)) { return wrong(kExpected, cell, kRounded); }
  const auto size = cell.size();
  if (!are_digits(cell) || (size != 8 && size != 12 && size != 13 && size != 14)) {
    return wrong(kExpected, cell, "only digits; leading zeros belong to it");
  }
  auto gtin = checked(cell, "a GTIN");
  if (!gtin) { return gtin.error(); }
  return std::string(14 - size, '0') + *gtin;
}

Result<std::string> cell_component(std::string_view cell) {
  // GS1 General Specifications, table 7.11-1.
  constexpr std::string_view kMarks = "!\"%&'()*+,-./:;<=>?_";
  constexpr std::string_view kLiteral = "-._~";
  constexpr std::string_view kHexadecimal = "0123456789ABCDEF";
  std::string encoded;
  for (const char each : cell) {
    const bool is_plain = is_digit(each) || (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z');
    if (!is_plain && kMarks.find(each) == std::string_view::npos) {
      return wrong("1 to 20 letters A to Z, digits and marks such as - . / and _", cell,
                   each == ' ' ? "no blanks inside" : "no other characters");
    }
    if (is_plain || kLiteral.find(each) != std::string_view::npos) {
      encoded += each;
    } else {
      const auto byte = static_cast<unsigned char>(each);
      encoded += {'%', kHexadecimal[byte >> 4U], kHexadecimal[byte & 15U]};
    }
  }
  if (cell.empty() || cell.size() > 20) {
    return wrong("1 to 20 characters", cell, "it has " + std::to_string(cell.size()));
  }
  return encoded;
}

Result<std::string> cell_uri(std::string_view cell) {
  if (!production::is_uri(cell)) {
    return wrong("a URI such as https://id.gs1.org/01/09521001000017/10/LOT1 or urn:epc:id:...", cell);
  }
  if (const auto digit = production::wrong_check_digit(cell); digit && digit->is_certain) {
    return wrong("a check digit that fits", digit->key,
                 "the last digit would be " + std::string(1, digit->expected) + " if the others are right");
  }
  return production::entity_key(cell);
}

Result<std::string> cell_container(std::string_view cell) {
  if (cell.find(':') != std::string_view::npos) { return cell_uri(cell); }
  constexpr std::string_view kExpected = "an SSCC of 18 digits, or a URI";
  if (is_rounded(cell)) { return wrong(kExpected, cell, kRounded); }
  if (!are_digits(cell) || cell.size() != 18) {
    return wrong(kExpected, cell, cell.size() == 20 && cell.starts_with("00") ? "leave out the 00 before it" : "");
  }
  auto sscc = checked(cell, "an SSCC");
  if (!sscc) { return sscc.error(); }
  return std::string(kDomain) + "00/" + *sscc;
}

Result<std::string> cell_gln(std::string_view cell, GlnUse use) {
  if (cell.find(':') != std::string_view::npos) { return cell_uri(cell); }
  constexpr std::string_view kExpected = "a GLN of 13 digits, or a URI";
  if (is_rounded(cell)) { return wrong(kExpected, cell, kRounded); }
  if (!are_digits(cell) || cell.size() != 13) {
    return wrong(kExpected, cell, "only digits; leading zeros belong to it");
  }
  auto gln = checked(cell, "a GLN");
  if (!gln) { return gln.error(); }
  return std::string(kDomain) + (use == GlnUse::place ? "414/" : "417/") + *gln;
}

bool is_class(std::string_view identifier) {
  if (identifier.starts_with(kDomain)) {
    return identifier.starts_with("https://id.gs1.org/01/") && identifier.find("/21/") == std::string_view::npos &&
           identifier.find("/235/") == std::string_view::npos;
  }
  return identifier.starts_with("urn:epc:class:") || identifier.starts_with("urn:epc:idpat:");
}

}  // namespace keten::tools
