#pragma once
// Ending a call, texts, decimals, times: what everything else of the SDK uses.

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <keten/imports.hpp>

namespace keten {

/// Ends the call and undoes it: the receipt names the code (1 to 64 letters, digits, underscores) and the message.
[[noreturn]] inline void abort(std::string_view code, std::string_view message) {
  abi::abort(code, message);
  __builtin_trap();  // not reached: the host ends the call
}
/// `abort` unless the condition holds.
inline void require(bool condition, std::string_view code, std::string_view message) {
  if (!condition) { abort(code, message); }
}

namespace detail {
/// Asks for bytes of unknown length: once where they are few, else once more with enough room. Empty when there are none.
template <typename Ask>
std::optional<std::string> ask(const Ask& with) {
  char few[160];
  const std::int32_t length = with(static_cast<void*>(few), sizeof(few));
  if (length < 0) { return std::nullopt; }
  if (static_cast<std::size_t>(length) <= sizeof(few)) { return std::string(few, static_cast<std::size_t>(length)); }
  std::string text(static_cast<std::size_t>(length), '\0');
  with(static_cast<void*>(text.data()), text.size());
  return text;
}
}  // namespace detail

/// An integer in decimal digits.
template <typename Integer>
  requires std::is_integral_v<Integer>
std::string text_of(Integer value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  return {digits, static_cast<std::size_t>(end - digits)};
}
inline std::string text_of(std::string_view text) { return std::string(text); }

/// Exact to nine places after the point, as an integer of 128 bits: no rounding but where a product says so, no floats.
class Decimal {
 public:
  __extension__ using Units = __int128;
  static constexpr int kPlaces = 9;
  static constexpr std::int64_t kOne = 1'000'000'000;

  constexpr Decimal() = default;
  constexpr Decimal(int whole) : units_(Units{whole} * kOne) {}           // NOLINT: 5 is a decimal
  constexpr Decimal(std::int64_t whole) : units_(Units{whole} * kOne) {}  // NOLINT
  Decimal(double) = delete;

  /// `-12.5`, as events have their numbers. Empty for what is no such number, for more than nine places after the point
  /// and for more than 27 before it.
  static constexpr std::optional<Decimal> parse(std::string_view text) {
    bool is_cut = false;
    const auto units = parse_units(text, is_cut);
    return units && !is_cut ? std::optional(from_units(*units)) : std::nullopt;
  }
  /// The units of a number, cut to nine places towards zero; `is_cut` when that left something out. Empty for what is no
  /// number, and for more than 27 digits before the point.
  static constexpr std::optional<Units> parse_units(std::string_view text, bool& is_cut) {
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) { text.remove_prefix(1); }
    // Most numbers fit into 64 bits, which are ten times as fast.
    constexpr int kNarrow = 18;
    std::uint64_t narrow = 0;
    Units units = 0;
    int digits = 0;
    int places = -1;
    for (const char one : text) {
      if (one == '.' && places < 0 && digits > 0) {
        places = 0;
        continue;
      }
      if (one < '0' || one > '9') { return std::nullopt; }
      if (places >= kPlaces) {
        is_cut = is_cut || one != '0';
        continue;
      }
      if (places >= 0) { ++places; }
      if (++digits > 36) { return std::nullopt; }
      const auto digit = static_cast<std::uint64_t>(one - '0');
      if (digits <= kNarrow) {
        narrow = narrow * 10 + digit;
        continue;
      }
      if (digits == kNarrow + 1) { units = narrow; }
      units = units * 10 + digit;
    }
    if (digits == 0 || places == 0) { return std::nullopt; }
    int missing = places < 0 ? kPlaces : kPlaces - places;
    for (; missing > 0 && digits < kNarrow; --missing, ++digits) { narrow *= 10; }
    if (digits <= kNarrow) { units = narrow; }
    for (; missing > 0; --missing) {
      if (units > kMost / 10) { return std::nullopt; }
      units *= 10;
    }
    if (units == kMost) { return std::nullopt; }
    return negative ? -units : units;
  }
  static constexpr Decimal from_units(Units units) {
    Decimal result;
    result.units_ = units;
    return result;
  }

  [[nodiscard]] constexpr Units units() const { return units_; }
  /// The shortest spelling.
  [[nodiscard]] std::string text() const {
    char digits[48];
    char* place = digits + sizeof(digits);
    auto left = units_ < 0 ? -units_ : units_;
    bool shown = false;
    for (int i = 0; i < kPlaces; ++i) {
      const auto digit = static_cast<char>('0' + static_cast<int>(left % 10));
      left /= 10;
      if (digit != '0' || shown) {
        *--place = digit;
        shown = true;
      }
    }
    if (shown) { *--place = '.'; }
    do {
      *--place = static_cast<char>('0' + static_cast<int>(left % 10));
      left /= 10;
    } while (left != 0);
    if (units_ < 0) { *--place = '-'; }
    return {place, static_cast<std::size_t>(digits + sizeof(digits) - place)};
  }

  friend constexpr auto operator<=>(const Decimal& a, const Decimal& b) = default;
  friend Decimal operator+(Decimal a, Decimal b) {
    Units sum = 0;
    require(!__builtin_add_overflow(a.units_, b.units_, &sum), "decimal_overflow", "a sum beyond 29 digits");
    return from_units(sum);
  }
  friend constexpr Decimal operator-(Decimal a) { return from_units(-a.units_); }
  friend Decimal operator-(Decimal a, Decimal b) { return a + -b; }
  /// Cut to nine places, towards zero.
  friend Decimal operator*(Decimal a, Decimal b) {
    if (a.units_ == 0 || b.units_ == 0) { return {}; }
    const auto most = kMost / (b.units_ < 0 ? -b.units_ : b.units_);
    require((a.units_ < 0 ? -a.units_ : a.units_) <= most, "decimal_overflow", "a product beyond 20 digits");
    return from_units(a.units_ * b.units_ / kOne);
  }
  Decimal& operator+=(Decimal other) { return *this = *this + other; }
  Decimal& operator-=(Decimal other) { return *this = *this - other; }
  [[nodiscard]] constexpr bool negative() const { return units_ < 0; }

 private:
  static constexpr Units kMost = (((Units{1} << 126) - 1) << 1) + 1;
  Units units_ = 0;
};
inline std::string text_of(Decimal value) { return value.text(); }

/// What is known of a number of an event: it lies between these two, which are equal unless it has more than nine places
/// after the point, as devices write doubles (8.200000000000001). A limit with nine places is compared exactly: the number is above it when
/// `most` is, below it when `least` is.
struct Range {
  Decimal least;
  Decimal most;

  /// Empty for what is no number, and for more than 27 digits before the point.
  static constexpr std::optional<Range> parse(std::string_view text) {
    bool is_cut = false;
    const auto units = Decimal::parse_units(text, is_cut);
    if (!units) { return std::nullopt; }
    const Decimal near = Decimal::from_units(*units);
    if (!is_cut) { return Range{near, near}; }
    const bool negative = text.front() == '-';
    const Decimal far = Decimal::from_units(negative ? *units - 1 : *units + 1);
    return negative ? Range{far, near} : Range{near, far};
  }
  Range& operator+=(const Range& other) {
    least += other.least;
    most += other.most;
    return *this;
  }
};

inline constexpr std::int64_t kSecondMs = 1000;
inline constexpr std::int64_t kHourMs = 3'600'000;
inline constexpr std::int64_t kDayMs = 24 * kHourMs;

/// Milliseconds since 1970 of `2026-01-02T03:04:05.006Z` or with an offset `+02:00`; empty for what is no such time.
inline std::optional<std::int64_t> parse_time(std::string_view text) {
  const auto number = [&](std::size_t place, std::size_t length) -> int {
    int value = 0;
    for (std::size_t i = place; i < place + length; ++i) {
      if (i >= text.size() || text[i] < '0' || text[i] > '9') { return -1; }
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  const auto is = [&](std::size_t place, char expected) { return place < text.size() && text[place] == expected; };
  const int year = number(0, 4);
  const int month = number(5, 2);
  const int day = number(8, 2);
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59 || !is(4, '-') || !is(7, '-') || !is(10, 'T') || !is(13, ':') ||
      !is(16, ':')) {
    return std::nullopt;
  }
  std::size_t place = 19;
  int thousandths = 0;
  if (is(place, '.')) {
    int weight = 100;
    for (++place; place < text.size() && text[place] >= '0' && text[place] <= '9'; ++place, weight /= 10) {
      thousandths += weight * (text[place] - '0');
    }
  }
  std::int64_t offset_minutes = 0;
  if (is(place, 'Z') && place + 1 == text.size()) {
    offset_minutes = 0;
  } else if ((is(place, '+') || is(place, '-')) && place + 6 == text.size() && is(place + 3, ':')) {
    const int hours = number(place + 1, 2);
    const int minutes = number(place + 4, 2);
    if (hours < 0 || minutes < 0) { return std::nullopt; }
    offset_minutes = (hours * 60 + minutes) * (text[place] == '-' ? -1 : 1);
  } else {
    return std::nullopt;
  }
  // Days since 1970 of a date of the Gregorian calendar, counted in years that begin in March.
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719'468;
  return ((days * 24 + hour) * 60 + minute - offset_minutes) * 60'000 + second * kSecondMs + thousandths;
}

}  // namespace keten

#ifdef __wasm__
// Every exported function first runs the constructors of globals; there is nothing to run behind it. The C library's own
// version would close files, and so import a file system.
extern "C" __attribute__((weak)) void __wasm_call_dtors() {}
// One instruction each, where the C library has loops.
extern "C" __attribute__((weak)) void* memcpy(void* to, const void* from, std::size_t bytes) {
  return __builtin_memcpy(to, from, bytes);
}
extern "C" __attribute__((weak)) void* memmove(void* to, const void* from, std::size_t bytes) {
  return __builtin_memmove(to, from, bytes);
}
extern "C" __attribute__((weak)) void* memset(void* to, int value, std::size_t bytes) {
  return __builtin_memset(to, value, bytes);
}

// Memory of one call: taken from the front, given back only where it was the last taken. The ledger puts the whole memory
// back after each call, so nothing leaks, and nobody pays for a general allocator.
extern "C" unsigned char __heap_base;
namespace keten::detail {
inline unsigned char* heap_place = nullptr;
inline unsigned char* heap_end = nullptr;
inline void* take(std::size_t bytes) {
  if (heap_place == nullptr) {
    heap_place = &__heap_base;
    heap_end = reinterpret_cast<unsigned char*>(__builtin_wasm_memory_size(0) << 16);
  }
  bytes = (bytes + 15) & ~std::size_t{15};
  while (bytes > static_cast<std::size_t>(heap_end - heap_place)) {
    const auto missing = bytes - static_cast<std::size_t>(heap_end - heap_place);
    const auto pages = (missing + 0xFFFF) >> 16;
    if (__builtin_wasm_memory_grow(0, pages) == static_cast<std::size_t>(-1)) {
      abi::abort("out_of_memory", "the call needs more memory than the module may have");
      __builtin_trap();
    }
    heap_end += pages << 16;
  }
  auto* const taken = heap_place;
  heap_place += bytes;
  return taken;
}
inline void give_back(void* place, std::size_t bytes) noexcept {
  bytes = (bytes + 15) & ~std::size_t{15};
  if (static_cast<unsigned char*>(place) + bytes == heap_place) { heap_place -= bytes; }
}
}  // namespace keten::detail
__attribute__((weak)) void* operator new(std::size_t bytes) { return keten::detail::take(bytes); }
__attribute__((weak)) void* operator new[](std::size_t bytes) { return keten::detail::take(bytes); }
__attribute__((weak)) void operator delete(void*) noexcept {}
__attribute__((weak)) void operator delete[](void*) noexcept {}
__attribute__((weak)) void operator delete(void* place, std::size_t bytes) noexcept {
  keten::detail::give_back(place, bytes);
}
__attribute__((weak)) void operator delete[](void* place, std::size_t bytes) noexcept {
  keten::detail::give_back(place, bytes);
}
#endif
