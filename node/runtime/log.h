#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "core/result.h"

namespace keten {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };
enum class LogFormat : std::uint8_t { text, json };

/// Fails with CONFIG_INVALID, naming the known ones.
Result<LogLevel> parse_log_level(std::string_view name);
Result<LogFormat> parse_log_format(std::string_view name);
std::string_view log_level_name(LogLevel level);

/// Logs go to standard error, one line each: time (UTC), level, message. Before the first call: info, text.
void start_log(LogLevel level, LogFormat format);
void set_log_level(LogLevel level);
[[nodiscard]] bool log_enabled(LogLevel level);

/// Writes one line. Control characters of `message` (CR, LF, ANSI escapes, C1) appear as \xNN, so that no text from
/// outside can forge a line or reach a terminal.
void log_line(LogLevel level, std::string_view message);
/// What log_line makes of a message; at most 4 KiB, then an ellipsis.
std::string log_escaped(std::string_view message);

template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::debug)) { log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...)); }
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::info)) { log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...)); }
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::warning)) { log_line(LogLevel::warning, fmt::format(format, std::forward<Args>(args)...)); }
}
template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  if (log_enabled(LogLevel::error)) { log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...)); }
}

}  // namespace keten
