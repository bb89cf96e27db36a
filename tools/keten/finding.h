#pragma once

#include <string>

#include "core/json.h"
#include "node/audit/source.h"
#include "tools/keten/console.h"

namespace keten::tools {

/// Where and what, one thing a line; ends with a line break.
[[nodiscard]] std::string finding_text(const Console& console, const audit::Finding& finding);
[[nodiscard]] json::Value finding_value(const audit::Finding& finding);

}  // namespace keten::tools
