#include "contracts/overlay.h"

#include <algorithm>
#include <cstring>

namespace keten::contracts {

bool key_less(ByteView left, ByteView right) {
  const auto common = std::min(left.size(), right.size());
  const int order = common == 0 ? 0 : std::memcmp(left.data(), right.data(), common);
  return order != 0 ? order < 0 : left.size() < right.size();
}

std::optional<Bytes> Overlay::get(ByteView key) const {
  if (!changes_.empty()) {
    const auto change = changes_.find(to_bytes(key));
    if (change != changes_.end()) { return change->second; }
  }
  return below_.get(key);
}

void Overlay::scan_past(ByteView first, ByteView end, const Visit& visit, const std::function<void()>& erased) const {
  auto change = changes_.lower_bound(to_bytes(first));
  bool more = true;
  // Visits changes before `limit`, or before `end` when there is none.
  const auto visit_changes = [&](const ByteView* limit) {
    while (more && change != changes_.end()) {
      const ByteView key = change->first;
      if (limit != nullptr ? !key_less(key, *limit) : !end.empty() && !key_less(key, end)) { return; }
      if (change->second) {
        more = visit(key, *change->second);
      } else {
        erased();
      }
      ++change;
    }
  };
  const auto visit_below = [&](ByteView key, ByteView value) {
    visit_changes(&key);
    if (!more) { return false; }
    if (change != changes_.end() && !key_less(key, change->first)) {
      if (change->second) {
        more = visit(key, *change->second);
      } else {
        erased();
      }
      ++change;
      return more;
    }
    more = visit(key, value);
    return more;
  };
  below_.scan_past(first, end, visit_below, erased);
  visit_changes(nullptr);
}

}  // namespace keten::contracts
