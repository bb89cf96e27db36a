#pragma once

#include <string_view>

namespace keten::usage {

/// What a word obviously tells of a person: "an e-mail address", "a telephone number", "a bank account" (ISO 13616, its check digits
/// right). Empty when nothing is seen, which promises nothing: names and numbers of persons look like other words.
[[nodiscard]] std::string_view personal_kind(std::string_view word);

}  // namespace keten::usage
