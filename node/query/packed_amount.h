#pragma once

#include <map>
#include <string>
#include <string_view>

#include "contracts/production/event_summary.h"

namespace keten::query {

/// How much of a lot is in a container: it may leave in parts, and what is left stays.
class PackedAmount {
 public:
  /// An event that packs or unpacks `key`, in order.
  void count(const production::EventSummary& event, std::string_view key);
  /// Only where every amount is known; otherwise what was taken out may have been all.
  [[nodiscard]] bool has_rest() const;

 private:
  bool is_counted_ = true;
  std::map<std::string, std::string> amounts_;  ///< by unit, decimal text
};

}  // namespace keten::query
