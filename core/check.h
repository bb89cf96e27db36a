#pragma once

namespace keten {

/// Prints the broken condition to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace keten

/// Our own invariant. Stays on in release builds; input from outside must never be able to break one.
#define CHECK(condition)                                                                      \
  do {                                                                                        \
    if (!(condition)) [[unlikely]] { ::keten::check_failed(#condition, __FILE__, __LINE__); } \
  } while (false)
