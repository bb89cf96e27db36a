#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"

namespace keten::tools {

/// What an entry of governance says: who validates in an epoch, who is a member, whose a key is. `key` without `governance/`. Empty
/// when it is none that a person would ask for, or not as governance writes it.
[[nodiscard]] std::vector<std::string> governance_words(ByteView key, ByteView value);

}  // namespace keten::tools
