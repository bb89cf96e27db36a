#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace keten::contracts {
class StateReader;
}

namespace keten::query {

/// What EPCIS lists beside events (EPCIS 2.0, section 12.4).
enum class Resource : std::uint8_t { event_types, epcs, biz_steps, biz_locations, read_points, dispositions };

/// The parameter that a resource stands for: `EQ_bizStep`, ...
std::string_view parameter_of(Resource resource);

struct KnownValues {
  std::vector<std::string> values;
  std::string next;  ///< where the next page begins, to be passed as `after`; empty: this is the last one
};
/// At most `limit` values that events have, canonical, in the order of their bytes, behind `after`. One look into the
/// index for each, and for each class among items: a page ends after kResourceLooksMax, short or empty.
KnownValues known_values(const contracts::StateReader& index, Resource resource, std::string_view after,
                         std::size_t limit);
inline constexpr std::size_t kResourceLooksMax = 10'000;
/// In any spelling.
bool is_known(const contracts::StateReader& index, Resource resource, std::string_view value);

/// Whether these digits are a company prefix of an EPC URN that was captured.
bool is_company_prefix(const contracts::StateReader& index, std::string_view digits);

}  // namespace keten::query
