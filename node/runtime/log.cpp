#include "node/runtime/log.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace keten {
namespace {

constexpr std::size_t kMessageBytesMax = 4096;
constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})";
constexpr std::array<std::string_view, 5> kLevelNames{"debug", "info", "warning", "error", "off"};

std::atomic<LogLevel> current_level{LogLevel::info};
std::atomic<LogFormat> current_format{LogFormat::text};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// Plain sink: never writes a colour, whoever reads it.
spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("keten", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::trace);
    made->set_pattern(kTextPattern, spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

void append_escaped(std::string& out, unsigned char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\x";
  out += digits[byte >> 4U];
  out += digits[byte & 15U];
}

/// Already free of control characters: only quote and backslash are left to do.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') { out += '\\'; }
    out += c;
  }
  return out + "\"";
}

}  // namespace

Result<LogLevel> parse_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] == name) { return static_cast<LogLevel>(i); }
  }
  return invalid("CONFIG_INVALID",
                 "log level: expected debug, info, warning, error or off, found '" + std::string(name) + "'");
}

Result<LogFormat> parse_log_format(std::string_view name) {
  if (name == "text") { return LogFormat::text; }
  if (name == "json") { return LogFormat::json; }
  return invalid("CONFIG_INVALID", "log format: expected text or json, found '" + std::string(name) + "'");
}

std::string_view log_level_name(LogLevel level) { return kLevelNames.at(static_cast<std::size_t>(level)); }

void start_log(LogLevel level, LogFormat format) {
  current_level = level;
  current_format = format;
  logger().set_pattern(format == LogFormat::json ? kJsonPattern : kTextPattern, spdlog::pattern_time_type::utc);
}

void set_log_level(LogLevel level) { current_level = level; }
bool log_enabled(LogLevel level) { return level >= current_level.load(std::memory_order_relaxed); }

std::string log_escaped(std::string_view message) {
  const bool cut = message.size() > kMessageBytesMax;
  if (cut) { message = message.substr(0, kMessageBytesMax); }
  std::string out;
  out.reserve(message.size());
  for (std::size_t i = 0; i < message.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message[i]);
    if (byte < 0x20 || byte == 0x7f) {
      append_escaped(out, byte);
    } else if (byte == 0xc2 && i + 1 < message.size() && static_cast<unsigned char>(message[i + 1]) < 0xa0) {
      // U+0080 to U+009F: the terminal's second set of control characters.
      append_escaped(out, byte);
      append_escaped(out, static_cast<unsigned char>(message[++i]));
    } else {
      out += message[i];
    }
  }
  if (cut) { out += "..."; }
  return out;
}

void log_line(LogLevel level, std::string_view message) {
  if (!log_enabled(level)) { return; }
  std::string line = log_escaped(message);
  if (current_format.load(std::memory_order_relaxed) == LogFormat::json) { line = json_string(line); }
  logger().log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace keten
