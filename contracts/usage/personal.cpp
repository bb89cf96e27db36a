#include "contracts/usage/personal.h"

#include <algorithm>
#include <cstddef>

namespace keten::usage {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

bool starts_with_scheme(std::string_view word, std::string_view scheme) {
  return word.size() >= scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), word.begin(), [](char left, char right) {
           return left == (is_upper(right) ? static_cast<char>(right - 'A' + 'a') : right);
         });
}

/// Something before an @ without the marks of an address on the web, and a name with a point behind it.
bool is_mail(std::string_view word) {
  const auto at = word.find('@');
  if (at == std::string_view::npos || at == 0) { return starts_with_scheme(word, "mailto:"); }
  const auto name = word.substr(0, at);
  const auto host = word.substr(at + 1);
  const auto point = host.find('.');
  return name.find('/') == std::string_view::npos && point != std::string_view::npos && point > 0 &&
         point + 1 < host.size();
}

bool is_telephone(std::string_view word) {
  if (starts_with_scheme(word, "tel:")) { return true; }
  if (!word.starts_with('+')) { return false; }
  const auto digits = std::count_if(word.begin(), word.end(), is_digit);
  return digits >= 8 && digits <= 15 && std::all_of(word.begin() + 1, word.end(), [](char c) {
           return is_digit(c) || c == '-' || c == '.' || c == '(' || c == ')';
         });
}

bool is_bank_account(std::string_view word) {
  if (word.size() < 15 || word.size() > 34 || !is_upper(word[0]) || !is_upper(word[1]) || !is_digit(word[2]) ||
      !is_digit(word[3])) {
    return false;
  }
  unsigned rest = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[(i + 4) % word.size()];
    if (is_digit(c)) {
      rest = (rest * 10 + static_cast<unsigned>(c - '0')) % 97;
    } else if (is_upper(c)) {
      rest = (rest * 100 + static_cast<unsigned>(c - 'A' + 10)) % 97;
    } else {
      return false;
    }
  }
  return rest == 1;
}

}  // namespace

std::string_view personal_kind(std::string_view word) {
  if (is_mail(word)) { return "an e-mail address"; }
  if (is_telephone(word)) { return "a telephone number"; }
  if (is_bank_account(word)) { return "a bank account"; }
  return {};
}

}  // namespace keten::usage
