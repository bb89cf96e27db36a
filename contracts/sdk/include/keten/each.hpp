#pragma once
// KETEN_EACH(macro, a, b, c) is macro(a) macro(b) macro(c), for up to 85 arguments; who uses it asserts KETEN_AT_MOST_64.

#include <cstddef>
#include <string_view>

namespace keten::detail {
/// Names in what a macro got, written as text.
constexpr std::size_t count_names(std::string_view text) {
  std::size_t names = text.empty() ? 0 : 1;
  for (const char one : text) { names += one == ',' ? 1 : 0; }
  return names;
}
}  // namespace keten::detail
#define KETEN_AT_MOST_64(what, ...) \
  static_assert(::keten::detail::count_names(#__VA_ARGS__) <= 64, what " at most 64");

#define KETEN_PARENTHESES ()
#define KETEN_EXPAND(...) KETEN_EXPAND3(KETEN_EXPAND3(KETEN_EXPAND3(KETEN_EXPAND3(__VA_ARGS__))))
#define KETEN_EXPAND3(...) KETEN_EXPAND2(KETEN_EXPAND2(KETEN_EXPAND2(KETEN_EXPAND2(__VA_ARGS__))))
#define KETEN_EXPAND2(...) KETEN_EXPAND1(KETEN_EXPAND1(KETEN_EXPAND1(KETEN_EXPAND1(__VA_ARGS__))))
#define KETEN_EXPAND1(...) __VA_ARGS__
#define KETEN_EACH(macro, ...) __VA_OPT__(KETEN_EXPAND(KETEN_EACH_STEP(macro, __VA_ARGS__)))
#define KETEN_EACH_STEP(macro, one, ...) macro(one) __VA_OPT__(KETEN_EACH_AGAIN KETEN_PARENTHESES(macro, __VA_ARGS__))
#define KETEN_EACH_AGAIN() KETEN_EACH_STEP
