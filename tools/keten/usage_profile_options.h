#pragma once

#include <cstdint>
#include <string>

#include "tools/keten/options.h"

namespace keten::tools {

/// `keten usage profile register`, `list` and `show`: the subject is the IRI of a profile.
struct UsageProfileOptions : UsageLedgerOptions {
  std::string definition;     ///< file
  std::uint32_t version = 0;  ///< that is shown; 0: the newest
};
int run_usage_profile_register(Console& console, const UsageProfileOptions& options);
int run_usage_profile_list(Console& console, const UsageProfileOptions& options);
int run_usage_profile_show(Console& console, const UsageProfileOptions& options);

}  // namespace keten::tools
