#include "tests/model/search.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace keten::model {

namespace {

constexpr std::array<Votes, 32> make_swapped() {
  std::array<Votes, 32> result{};
  for (unsigned votes = 0; votes < 32; ++votes) {
    result[votes] = static_cast<Votes>((votes & 4U) | (votes & 9U) << 1U | (votes & 18U) >> 1U);
  }
  return result;
}
constexpr auto kSwapped = make_swapped();

/// `names`: a bit for each slot whose two subjects exchange their names.
Votes rename(Votes votes, unsigned names) {
  Votes result = 0;
  for (int slot = 0; slot < kSlotsMax; ++slot) {
    const auto here = static_cast<Votes>(votes >> (5 * slot) & 31);
    result = static_cast<Votes>(result | ((names >> slot & 1U) != 0 ? kSwapped[here] : here) << (5 * slot));
  }
  return result;
}
Proposed rename(Proposed block, unsigned names) {
  if (block.parent != 0) {
    const int parent = block.parent - 1;
    block.parent = static_cast<std::uint8_t>(1 + (parent ^ static_cast<int>(names >> (parent / 2) & 1U)));
  }
  return block;
}

/// 6 x 5 bits of subjects, 3 x 15 of votes, 15 forgotten, 3 abstained.
Packed pack(const State& state) {
  Packed packed;
  for (const auto& block : state.proposed) {
    packed.high = packed.high << 5U | static_cast<std::uint64_t>(block.kind) << 3U | block.parent;
  }
  packed.high = packed.high << 18U | static_cast<std::uint64_t>(state.forgotten) << 3U | state.abstains;
  for (const auto votes : state.own) { packed.low = packed.low << 15U | votes; }
  return packed;
}

/// Validator 0 differs from the others where it alone can lose its journal or stay for the next epoch.
bool first_is_special(const Rules& rules) { return rules.loss != Loss::none || rules.only_one_validator_stays; }

State renamed(const Rules& rules, const State& state, unsigned names) {
  State result = state;
  for (int subject = 0; subject < kSubjectsMax; ++subject) {
    const int to = subject ^ static_cast<int>(names >> (subject / 2) & 1U);
    result.proposed[static_cast<std::size_t>(to)] = rename(state.proposed[static_cast<std::size_t>(subject)], names);
  }
  for (auto& votes : result.own) { votes = rename(votes, names); }
  result.forgotten = rename(state.forgotten, names);
  std::sort(result.own.begin() + (first_is_special(rules) ? 1 : 0), result.own.end());
  return result;
}

/// What distinguishes a subject whatever the validators are called.
unsigned weight_of(const State& state, int subject, unsigned names) {
  const auto block = rename(state.proposed[static_cast<std::size_t>(subject)], names);
  unsigned notarizes = 0;
  unsigned finalizes = 0;
  for (const auto votes : state.own) {
    notarizes += (votes & notarize_bit(subject)) != 0 ? 1U : 0U;
    finalizes += (votes & finalize_bit(subject)) != 0 ? 1U : 0U;
  }
  return static_cast<unsigned>(block.kind) << 10U | static_cast<unsigned>(block.parent) << 4U | notarizes << 2U |
         finalizes;
}

/// Sixteen bytes a state, in pieces that never move.
class Visited {
 public:
  Visited() { table_.resize(std::size_t{1} << 16U); }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const Packed& operator[](std::uint64_t index) const {
    return pieces_[index >> kPieceBits]->at(index & (kPiece - 1));
  }
  /// True when it is new.
  bool insert(const Packed& state) {
    if ((size_ + 1) * 3 > table_.size() * 2) { grow(); }
    auto& slot = find(state);
    if (slot != 0) { return false; }
    if (size_ % kPiece == 0) { pieces_.push_back(std::make_unique<std::array<Packed, kPiece>>()); }
    pieces_.back()->at(size_ & (kPiece - 1)) = state;
    slot = static_cast<std::uint32_t>(++size_);
    return true;
  }

 private:
  static constexpr unsigned kPieceBits = 16;
  static constexpr std::size_t kPiece = std::size_t{1} << kPieceBits;

  std::uint32_t& find(const Packed& state) {
    auto hash = (state.high ^ state.low * 0x9E3779B97F4A7C15U) * 0xD6E8FEB86659FD93U;
    hash ^= hash >> 32U;
    for (auto at = hash;; ++at) {
      auto& slot = table_[at & (table_.size() - 1)];
      if (slot == 0 || (*this)[slot - 1] == state) { return slot; }
    }
  }
  void grow() {
    table_.assign(table_.size() * 2, 0);
    for (std::uint64_t i = 0; i < size_; ++i) { find((*this)[i]) = static_cast<std::uint32_t>(i + 1); }
  }

  std::vector<std::unique_ptr<std::array<Packed, kPiece>>> pieces_;
  std::vector<std::uint32_t> table_;  ///< index + 1 of a state, 0 when empty
  std::uint64_t size_ = 0;
};

std::optional<std::string> violation_of(const Rules& rules, Property property, const State& state) {
  if (auto forked = fork(rules, state)) { return forked; }
  return property == Property::no_fork ? std::nullopt : broken_lemma(rules, state);
}

/// The states on the way are known up to names; walking it again keeps the names of the first step.
std::vector<std::string> retrace(const Rules& rules, const std::vector<Packed>& way) {
  std::vector<std::string> lines;
  State state;
  for (std::size_t i = 1; i < way.size(); ++i) {
    bool found = false;
    for_each_successor(rules, state, [&, from = state](const Action& action, const State& next) {
      if (found || canonical(rules, next) != way[i]) { return; }
      found = true;
      lines.push_back(describe(rules, action, next));
      state = next;
    });
  }
  return lines;
}

}  // namespace

Packed canonical(const Rules& rules, const State& state) {
  // Earlier slots first, since their names are in the later subjects. Subjects that look alike are tried both ways.
  std::array<unsigned, 1U << kSlotsMax> names{};
  std::size_t ways = 1;
  for (int slot = 0; slot < rules.slots; ++slot) {
    for (std::size_t i = 0, known = ways; i < known; ++i) {
      const auto first = weight_of(state, 2 * slot, names[i]);
      const auto second = weight_of(state, 2 * slot + 1, names[i]);
      const auto exchanged = names[i] | 1U << slot;
      if (first < second) { names[i] = exchanged; }
      if (first == second && first != 0) { names[ways++] = exchanged; }
    }
  }
  auto least = pack(renamed(rules, state, names[0]));
  for (std::size_t i = 1; i < ways; ++i) { least = std::min(least, pack(renamed(rules, state, names[i]))); }
  return least;
}

State unpack(const Packed& packed) {
  State state;
  state.abstains = packed.high & 7U;
  state.forgotten = static_cast<Votes>(packed.high >> 3U & 0x7FFFU);
  for (int subject = 0; subject < kSubjectsMax; ++subject) {
    const auto bits = packed.high >> (18 + 5 * (kSubjectsMax - 1 - subject)) & 31U;
    state.proposed[static_cast<std::size_t>(subject)] = {static_cast<BlockKind>(bits >> 3U),
                                                         static_cast<std::uint8_t>(bits & 7U)};
  }
  for (int i = 0; i < kHonest; ++i) {
    state.own[static_cast<std::size_t>(i)] = static_cast<Votes>(packed.low >> (15 * (kHonest - 1 - i)) & 0x7FFFU);
  }
  return state;
}

Result search(const Rules& rules, Property property, std::uint64_t states_max) {
  Result result;
  Visited visited;
  std::vector<std::uint32_t> reached_from{0};
  visited.insert(canonical(rules, State{}));
  std::uint64_t layer_end = 1;
  for (std::uint64_t at = 0; at < visited.size() && result.violation.empty(); ++at) {
    if (at == layer_end) {
      ++result.depth;
      layer_end = visited.size();
    }
    for_each_successor(rules, unpack(visited[at]), [&](const Action&, const State& next) {
      if (!result.violation.empty()) { return; }
      ++result.transitions;
      if (!visited.insert(canonical(rules, next))) { return; }
      reached_from.push_back(static_cast<std::uint32_t>(at));
      if (auto violation = violation_of(rules, property, next)) { result.violation = std::move(*violation); }
    });
    if (visited.size() > states_max) {
      result.exhausted = false;
      break;
    }
  }
  result.states = visited.size();
  if (result.violation.empty()) { return result; }
  std::vector<Packed> way;
  for (std::uint64_t at = visited.size() - 1; at != 0; at = reached_from[at]) { way.push_back(visited[at]); }
  way.push_back(visited[0]);
  std::reverse(way.begin(), way.end());
  result.trace = retrace(rules, way);
  result.depth = static_cast<int>(way.size()) - 1;
  return result;
}

}  // namespace keten::model
