#include "core/proof/verdict.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "core/bytes.h"

namespace keten::proof {

std::string shown(std::string_view bytes) {
  const bool printable = std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (printable && !bytes.starts_with("0x")) { return std::string(bytes); }
  return "0x" + to_hex(as_bytes(bytes));
}

std::string shown_time(Milliseconds time) {
  constexpr Milliseconds kLast = 253'402'300'799'999ULL;  // the end of the year 9999
  if (time > kLast) { return std::to_string(time) + " ms"; }
  const std::chrono::sys_time<std::chrono::milliseconds> instant{
      std::chrono::milliseconds{static_cast<std::int64_t>(time)}};
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const auto of_day = static_cast<std::uint64_t>((instant - day).count());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), of_day / 3'600'000,
                     of_day / 60'000 % 60, of_day / 1000 % 60, of_day % 1000);
}

std::string Verdict::text() const {
  std::string result = subject + "\n\nproved\n";
  for (const auto& sentence : proved) { result += "  " + sentence + "\n"; }
  result += "\nnot proved\n";
  for (const auto& sentence : not_proved) { result += "  " + sentence + "\n"; }
  return result;
}

json::Value Verdict::to_json() const {
  auto result = facts;
  auto sentences = [](const std::vector<std::string>& list) {
    auto array = json::Value::array();
    for (const auto& sentence : list) { array.push(json::Value::string(sentence)); }
    return array;
  };
  result.set("proved", sentences(proved)).set("not_proved", sentences(not_proved));
  return result;
}

}  // namespace keten::proof
