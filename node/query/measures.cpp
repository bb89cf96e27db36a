#include "node/query/measures.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "contracts/production/decimal.h"

namespace keten::query {
namespace {

enum class Dimension : std::uint8_t { temperature, mass, length, area, volume, pressure, time };

/// An amount times `factor` plus `offset` is in kelvin, kilogram, metre, square metre, litre, pascal or second.
struct Unit {
  std::string_view code;
  Dimension dimension;
  double factor;
  double offset;
};
constexpr std::array<Unit, 39> kUnits = {{
    {"KEL", Dimension::temperature, 1, 0},
    {"CEL", Dimension::temperature, 1, 273.15},
    {"FAH", Dimension::temperature, 5.0 / 9.0, 459.67 * 5.0 / 9.0},
    {"KGM", Dimension::mass, 1, 0},
    {"GRM", Dimension::mass, 1e-3, 0},
    {"MGM", Dimension::mass, 1e-6, 0},
    {"MC", Dimension::mass, 1e-9, 0},
    {"TNE", Dimension::mass, 1e3, 0},
    {"LBR", Dimension::mass, 0.45359237, 0},
    {"ONZ", Dimension::mass, 0.028349523125, 0},
    {"STN", Dimension::mass, 907.18474, 0},
    {"LTN", Dimension::mass, 1016.0469088, 0},
    {"MTR", Dimension::length, 1, 0},
    {"KMT", Dimension::length, 1e3, 0},
    {"DMT", Dimension::length, 0.1, 0},
    {"CMT", Dimension::length, 0.01, 0},
    {"MMT", Dimension::length, 1e-3, 0},
    {"INH", Dimension::length, 0.0254, 0},
    {"FOT", Dimension::length, 0.3048, 0},
    {"YRD", Dimension::length, 0.9144, 0},
    {"MTK", Dimension::area, 1, 0},
    {"CMK", Dimension::area, 1e-4, 0},
    {"HAR", Dimension::area, 1e4, 0},
    {"LTR", Dimension::volume, 1, 0},
    {"MLT", Dimension::volume, 1e-3, 0},
    {"CLT", Dimension::volume, 0.01, 0},
    {"DLT", Dimension::volume, 0.1, 0},
    {"HLT", Dimension::volume, 100, 0},
    {"MTQ", Dimension::volume, 1000, 0},
    {"DMQ", Dimension::volume, 1, 0},
    {"CMQ", Dimension::volume, 1e-3, 0},
    {"GLL", Dimension::volume, 3.785411784, 0},
    {"PAL", Dimension::pressure, 1, 0},
    {"KPA", Dimension::pressure, 1e3, 0},
    {"BAR", Dimension::pressure, 1e5, 0},
    {"SEC", Dimension::time, 1, 0},
    {"MIN", Dimension::time, 60, 0},
    {"HUR", Dimension::time, 3600, 0},
    {"DAY", Dimension::time, 86400, 0},
}};

const Unit* unit_of(std::string_view code) {
  const auto found = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& each) { return each.code == code; });
  return found == kUnits.end() ? nullptr : found;
}

std::optional<double> in_common_unit(std::string_view amount, const Unit& unit) {
  double value = 0;
  const auto read = std::from_chars(amount.data(), amount.data() + amount.size(), value);
  if (read.ec != std::errc{} || read.ptr != amount.data() + amount.size()) { return std::nullopt; }
  return value * unit.factor + unit.offset;
}

}  // namespace

std::optional<std::partial_ordering> compare_measures(std::string_view amount, std::string_view unit,
                                                      std::string_view other_amount, std::string_view other_unit) {
  if (unit == other_unit) { return production::compare_decimals(amount, other_amount); }
  const auto* from = unit_of(unit);
  const auto* to = unit_of(other_unit);
  if (from == nullptr || to == nullptr || from->dimension != to->dimension) { return std::nullopt; }
  const auto left = in_common_unit(amount, *from);
  const auto right = in_common_unit(other_amount, *to);
  if (!left || !right) { return std::nullopt; }
  constexpr double kSame = 1e-12;
  if (std::abs(*left - *right) <= kSame * std::max(std::abs(*left), std::abs(*right))) {
    return std::partial_ordering::equivalent;
  }
  return *left <=> *right;
}

}  // namespace keten::query
