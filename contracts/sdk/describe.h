#pragma once

#include <string>

#include "contracts/vm/module.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::sdk {

/// What the module says about itself through its export `keten_describe`: name, version, methods with the JSON Schemas of
/// their messages, rules. Fails with SDK_NOT_DESCRIBED when there is no such export or it answers anything but a JSON object,
/// and as a call fails.
[[nodiscard]] Result<json::Value> describe_module(const vm::Module& module);

}  // namespace keten::sdk
