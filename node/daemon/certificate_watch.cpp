#include "node/daemon/certificate_watch.h"

#include <fstream>
#include <sstream>

#include "node/runtime/certificates.h"
#include "node/runtime/log.h"

namespace keten::node {
namespace {

constexpr std::uint64_t kLookMs = 60'000;
constexpr Milliseconds kDayMs = 24 * 3'600'000ULL;
constexpr std::uint32_t kThresholds[] = {0, 1, 7, 30};

/// The nearest threshold in days that has been reached; none: UINT32_MAX.
std::uint32_t threshold_of(Milliseconds expires, Milliseconds now) {
  for (const auto days : kThresholds) {
    if (expires <= now + days * kDayMs) { return days; }
  }
  return UINT32_MAX;
}

}  // namespace

std::string CertificateWatch::warning(Milliseconds now) const {
  const auto expires = expires_.load();
  if (expires == 0 || threshold_of(expires, now) == UINT32_MAX) { return {}; }
  const std::string what = "the TLS certificate of this node ";
  const std::string hint = "; keten validators renew-certificate makes another one. Validators connect all the same";
  if (expires <= now) { return what + "expired " + std::to_string((now - expires) / kDayMs) + " days ago" + hint; }
  return what + "expires in " + std::to_string((expires - now) / kDayMs) + " days" + hint;
}

void CertificateWatch::look(std::uint64_t steady_ms, Milliseconds now) {
  {
    const std::lock_guard lock(mutex_);
    if (has_looked_ && steady_ms < looked_ms_ + kLookMs) { return; }
    looked_ms_ = steady_ms;
    has_looked_ = true;
  }
  std::ifstream file(file_, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  const auto expires = certificate_expiry(text.str());
  if (!expires) { return; }  // in the middle of a renewal; the next look finds it
  expires_ = *expires;
  const auto threshold = threshold_of(*expires, now);
  const std::lock_guard lock(mutex_);
  if (threshold < said_days_) { log_warning("{}", warning(now)); }
  said_days_ = threshold;
}

}  // namespace keten::node
