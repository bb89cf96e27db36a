#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/model/search.h"

namespace keten::model {

/// One question to the model, with the answer that is expected.
struct Variant {
  std::string_view name;
  std::string_view question;
  Rules rules;
  Property property = Property::no_fork_and_lemmas;
  bool safe = true;
  bool large = false;  ///< minutes and gigabytes: only when asked for
};

const std::vector<Variant>& variants();

}  // namespace keten::model
