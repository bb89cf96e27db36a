#include "node/audit/result_check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "node/storage/commit.h"

namespace keten::audit {
namespace {

constexpr std::size_t kShownBytes = 48;
/// Entries read at once from one of two tables.
constexpr std::size_t kPortion = 4096;

std::string outcome(const Receipt& receipt) {
  return receipt.succeeded ? "success" : receipt.reason + ": " + receipt.message;
}

struct Difference {
  std::string what;
  std::string expected;
  std::string found;
};
/// The first member that differs; nothing when they are equal.
std::optional<Difference> difference(const Receipt& expected, const Receipt& found) {
  if (expected.transaction != found.transaction) {
    return Difference{"is of another transaction", expected.transaction.hex(), found.transaction.hex()};
  }
  if (outcome(expected) != outcome(found)) {
    return Difference{"says another outcome", outcome(expected), outcome(found)};
  }
  if (expected.writes_digest != found.writes_digest) {
    return Difference{"commits to other writes", expected.writes_digest.hex(), found.writes_digest.hex()};
  }
  if (expected.fuel_used != found.fuel_used) {
    return Difference{"says other fuel", std::to_string(expected.fuel_used), std::to_string(found.fuel_used)};
  }
  if (expected.result != found.result) {
    return Difference{"has another result", shown(expected.result), shown(found.result)};
  }
  if (expected.valid_until != found.valid_until) {
    return Difference{"says another expiry", expected.valid_until.text(), found.valid_until.text()};
  }
  return std::nullopt;
}

/// Walks through one column in portions.
class Walk {
 public:
  explicit Walk(const contracts::StateReader& column) : column_(column) { fill(); }
  [[nodiscard]] bool at_end() const { return at_ == portion_.size(); }
  [[nodiscard]] const Bytes& key() const { return portion_[at_].first; }
  [[nodiscard]] const Bytes& value() const { return portion_[at_].second; }
  void next() {
    if (++at_ == portion_.size()) { fill(); }
  }

 private:
  void fill() {
    portion_.clear();
    at_ = 0;
    column_.scan(first_, {}, [&](ByteView key, ByteView value) {
      portion_.emplace_back(to_bytes(key), to_bytes(value));
      return portion_.size() < kPortion;
    });
    if (portion_.empty()) { return; }
    first_ = portion_.back().first;
    first_.push_back(0);  // the smallest key behind it
  }

  const contracts::StateReader& column_;
  Bytes first_;
  std::vector<std::pair<Bytes, Bytes>> portion_;
  std::size_t at_ = 0;
};

}  // namespace

std::string shown(ByteView bytes) {
  if (bytes.empty()) { return "nothing"; }
  const auto part = bytes.first(std::min(bytes.size(), kShownBytes));
  const bool is_text = std::ranges::all_of(part, [](std::uint8_t byte) { return byte >= 0x20 && byte < 0x7F; });
  auto text = is_text ? to_text(part) : to_hex(part);
  if (part.size() < bytes.size()) { text += fmt::format("... ({} bytes)", bytes.size()); }
  return text;
}

std::optional<DifferentPart> first_difference(const StoredResult& expected, const StoredResult& found) {
  const auto& left = expected.commitments;
  const auto& right = found.commitments;
  for (const auto& part : {DifferentPart{"other receipts", expected.receipts_root, found.receipts_root},
                           DifferentPart{"other provable entries", left.map_root, right.map_root},
                           DifferentPart{"other writes of the rest", left.rest, right.rest},
                           DifferentPart{"another commitment to the blocks", left.mountain_root, right.mountain_root},
                           DifferentPart{"another state root", expected.state_root, found.state_root}}) {
    if (part.expected != part.found) { return part; }
  }
  return std::nullopt;
}

std::optional<Finding> check_result(const CheckedBlock& checked, const contracts::BlockResult& result,
                                    const storage::Snapshot* tables) {
  const auto& block = *checked.source.block;
  Finding finding{.reason = {}, .message = {}, .height = block.header.height, .block = block.header.id()};
  const auto name = [&](std::uint32_t index) {
    if (index >= block.transactions.size()) { return; }
    finding.index = index;
    finding.transaction = block.transactions[index]->id;
    finding.contract = block.transactions[index]->body.contract;
  };
  if (checked.receipts) {
    const auto& found = *checked.receipts;
    const auto count = static_cast<std::uint32_t>(std::min(found.size(), result.receipts.size()));
    for (std::uint32_t i = 0; i < count; ++i) {
      auto differs = difference(result.receipts[i], found[i]);
      if (!differs) { continue; }
      name(i);
      finding.reason = "RECEIPT_DIFFERS";
      finding.message = "the stored receipt " + differs->what;
      finding.expected = std::move(differs->expected);
      finding.found = std::move(differs->found);
      return finding;
    }
    if (found.size() != result.receipts.size()) {
      name(count);
      finding.reason = "RECEIPT_DIFFERS";
      finding.message = "a receipt is missing, or one is too many";
      finding.expected = fmt::format("{} receipts", result.receipts.size());
      finding.found = fmt::format("{} receipts", found.size());
      return finding;
    }
  }
  if (tables != nullptr) {
    const auto events = storage::read_events(*tables, block.header.height);
    std::size_t at = 0;
    for (std::uint32_t i = 0; i < result.events.size(); ++i) {
      for (const auto& event : result.events[i]) {
        const auto* stored = events && at < events->size() ? &(*events)[at] : nullptr;
        ++at;
        if (stored != nullptr && stored->transaction_index == i && stored->event.kind == event.kind &&
            stored->event.subject == event.subject && stored->event.data == event.data) {
          continue;
        }
        name(i);
        finding.reason = "EVENT_DIFFERS";
        finding.message = "the stored events are not those of the execution";
        finding.expected = event.kind + " " + event.subject;
        finding.found = stored == nullptr ? "nothing" : stored->event.kind + " " + stored->event.subject;
        return finding;
      }
    }
    if (events && events->size() > at) {
      finding.reason = "EVENT_DIFFERS";
      finding.message = "more events are stored than the execution gives";
      finding.expected = fmt::format("{} events", at);
      finding.found = fmt::format("{} events", events->size());
      return finding;
    }
  }
  if (!checked.source.result) { return std::nullopt; }
  const auto& found = *checked.source.result;
  finding.reason = "RESULT_DIFFERS";
  const auto part = first_difference({result.state_root, result.receipts_root, result.commitments}, found);
  if (!part) { return std::nullopt; }
  finding.message = "the node has " + part->what;
  finding.expected = part->expected.hex();
  finding.found = part->found.hex();
  return finding;
}

ComparedTables compare_tables(const storage::Snapshot& expected, const storage::Snapshot& found, Height height) {
  using storage::Column;
  ComparedTables compared;
  for (const auto& [column, reason] :
       {std::pair{Column::state, "STATE_DIFFERS"}, std::pair{Column::index, "INDEX_DIFFERS"},
        std::pair{Column::ids, "PLACE_DIFFERS"}, std::pair{Column::proofs, "PROOF_DIFFERS"}}) {
    Walk left(expected.column(column));
    Walk right(found.column(column));
    while (!left.at_end() || !right.at_end()) {
      const bool only_left = !left.at_end() && (right.at_end() || left.key() < right.key());
      const bool only_right = !right.at_end() && (left.at_end() || right.key() < left.key());
      if (!only_left && !only_right && left.value() == right.value()) {
        ++compared.entries;
        left.next();
        right.next();
        continue;
      }
      const auto& key = only_right ? right.key() : left.key();
      Finding finding{.reason = reason, .message = {}, .height = height, .block = {}};
      finding.message = only_left    ? "an entry is missing"
                        : only_right ? "there is an entry that no transaction wrote"
                                     : "an entry has another value than the transactions gave it";
      finding.key = shown(key);
      if (column == Column::state) {
        const auto slash = std::ranges::find(key, std::uint8_t{'/'});
        finding.contract = to_text(ByteView(key).first(static_cast<std::size_t>(slash - key.begin())));
      }
      finding.expected = only_right ? "nothing" : shown(left.value());
      finding.found = only_left ? "nothing" : shown(right.value());
      compared.finding = std::move(finding);
      return compared;
    }
  }
  return compared;
}

}  // namespace keten::audit
