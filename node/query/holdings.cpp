#include <algorithm>

#include "contracts/production/entity.h"
#include "contracts/production/index_rows.h"
#include "node/query/lineage.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;
using production::Holding;
using production::ItemState;

constexpr std::size_t kNestingMax = 16;

bool is_place_name(std::string_view who) { return who.find(':') != std::string_view::npos; }

struct Located {
  Whereabouts where;
  bool unfolded = false;  ///< a container that it is said to be in is: it may have been taken out
};
Located locate(const contracts::StateReader& state, const ItemState& item);

/// Where the parts of an item are: one for an instance, one for each holding of a lot.
class Parts {
 public:
  explicit Parts(const contracts::StateReader& state) : state_(state) {}

  [[nodiscard]] std::vector<Whereabout> of(const std::string& key, const ItemState& item) const {
    Whereabout base;
    base.key = key;
    base.alive = !item.dead;
    base.unfolded = item.unfolded;
    base.uncounted = item.uncounted;
    std::vector<Whereabout> parts;
    for (const auto& holding : item.holdings) {
      if (holding.amount == "0") { continue; }
      auto part = base;
      part.amount = holding.amount;
      part.unit = holding.unit;
      auto located = where(holding);
      part.where = std::move(located.where);
      part.unfolded = part.unfolded || located.unfolded;
      part.moving = holding.kind == Holding::Kind::moving;
      parts.push_back(std::move(part));
    }
    if (parts.empty()) {
      auto located = locate(state_, item);
      base.where = std::move(located.where);
      base.unfolded = base.unfolded || located.unfolded;
      base.moving = item.in_transit;
      // All of a lot is counted and gone.
      if (!item.holdings.empty() && !item.uncounted) { base.alive = false; }
      parts.push_back(std::move(base));
    }
    return parts;
  }

 private:
  [[nodiscard]] Located where(const Holding& holding) const {
    if (holding.kind != Holding::Kind::packed) { return {{holding.holder, holding.place, {}, false}}; }
    const auto container = production::item_state(state_, holding.place);
    if (!container) { return {{{}, {}, holding.place, true}}; }
    auto result = locate(state_, *container);
    result.unfolded = result.unfolded || container->unfolded;
    result.where.container = holding.place;
    result.where.inferred = true;
    return result;
  }

  const contracts::StateReader& state_;
};

Located locate(const contracts::StateReader& state, const ItemState& item) {
  Located located;
  auto& result = located.where;
  result = {item.possessor, item.location, item.parent.empty() ? item.assembly : item.parent, false};
  auto newest = item.last();
  auto container = result.container;
  for (std::size_t level = 0; level < kNestingMax && !container.empty(); ++level) {
    const auto outer = production::item_state(state, container);
    if (!outer) { break; }
    located.unfolded = located.unfolded || outer->unfolded;
    if (outer->last() > newest) {
      newest = outer->last();
      result.possessor = outer->possessor;
      if (!outer->location.empty()) { result.location = outer->location; }
      result.inferred = true;
    }
    container = outer->parent.empty() ? outer->assembly : outer->parent;
  }
  return located;
}

}  // namespace

Whereabouts whereabouts(const contracts::StateReader& state, const ItemState& item) {
  return locate(state, item).where;
}

std::vector<Whereabout> parts_of(const contracts::StateReader& state, const std::string& key, const ItemState& item) {
  return Parts(state).of(key, item);
}

namespace {

class Holdings {
 public:
  Holdings(const EpcisReaders& readers, const HoldingsQuery& query)
      : readers_(readers), query_(query), parts_(readers.state) {
    page_.is_place = is_place_name(query.who);
    page_.who = page_.is_place ? production::entity_key(query.who) : query.who;
    page_.height = readers.height;
    prefix_ = page_.is_place ? index_rows::was_at(page_.who) : index_rows::held_by(page_.who);
  }

  Result<HoldingsPage> run() {
    auto next = prefix_;
    std::size_t skip = 0;
    if (!query_.page_token.empty()) {
      const auto dash = query_.page_token.find('-');
      auto key = from_hex(std::string_view(query_.page_token).substr(0, dash));
      const auto count = dash == std::string::npos ? std::string() : query_.page_token.substr(dash + 1);
      const bool is_count = !count.empty() && count.size() <= 9 &&
                            std::all_of(count.begin(), count.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!key || !is_count) {
        return invalid("PAGE_TOKEN", "the page token is not one of this question; ask again without it");
      }
      next.insert(next.end(), key->begin(), key->end());
      skip = std::stoul(count);
    }
    const auto end = index_rows::end_of(prefix_);
    std::size_t rows = 0;
    while (true) {
      std::vector<std::string> keys;
      readers_.index.scan(next, end, [&](ByteView key, ByteView) {
        keys.push_back(to_text(key.subspan(prefix_.size())));
        return keys.size() < 256;
      });
      if (keys.empty()) { return std::move(page_); }
      for (const auto& key : keys) {
        emitted_ = 0;
        skip_ = skip;
        skip = 0;
        const bool full = page_.items.size() >= query_.limit || rows++ >= kHoldingsRowsMax;
        if (full || !emit_top(key)) {
          page_.next_page_token = to_hex(as_bytes(key)) + "-" + std::to_string(full ? 0 : emitted_);
          return std::move(page_);
        }
      }
      next = prefix_;
      next.insert(next.end(), keys.back().begin(), keys.back().end());
      next.push_back(0);
    }
  }

 private:
  [[nodiscard]] bool matches(const Whereabout& part) const {
    if (!part.alive) { return false; }
    return (page_.is_place ? part.where.location : part.where.possessor) == page_.who;
  }

  /// False when the page is full.
  bool emit(Whereabout part) {
    if (page_.items.size() >= query_.limit) { return false; }
    if (emitted_++ < skip_) { return true; }
    page_.items.push_back(std::move(part));
    return true;
  }

  bool emit_top(const std::string& key) {
    const auto state = production::item_state(readers_.state, key);
    if (!state) { return true; }
    bool is_here = false;
    for (auto& part : parts_.of(key, *state)) {
      if (!matches(part)) { continue; }
      is_here = true;
      if (!emit(std::move(part))) { return false; }
    }
    return !is_here || emit_contents(key, 1);
  }

  /// What is here because its container is, and is not found by itself.
  bool emit_contents(const std::string& container, std::size_t level) {
    if (level > kNestingMax) { return true; }
    std::vector<std::string> children;
    production::visit_children(readers_.state, container, [&](std::string_view child, production::Bond) {
      if (children.empty() || children.back() != child) { children.emplace_back(child); }
      return children.size() < limits::kEntitiesPerTransactionMax;
    });
    for (const auto& child : children) {
      auto row = prefix_;
      row.insert(row.end(), child.begin(), child.end());
      if (readers_.index.get(row)) { continue; }  // comes by itself
      const auto state = production::item_state(readers_.state, child);
      if (!state) { continue; }
      bool is_here = false;
      for (auto& part : parts_.of(child, *state)) {
        if (!matches(part)) { continue; }
        is_here = true;
        if (!emit(std::move(part))) { return false; }
      }
      if (is_here && !emit_contents(child, level + 1)) { return false; }
    }
    return true;
  }

  const EpcisReaders& readers_;
  const HoldingsQuery& query_;
  Parts parts_;
  HoldingsPage page_;
  Bytes prefix_;
  std::size_t emitted_ = 0;  ///< under the present key
  std::size_t skip_ = 0;
};

}  // namespace

Result<HoldingsPage> holdings(const EpcisReaders& readers, const HoldingsQuery& query) {
  return Holdings(readers, query).run();
}

}  // namespace keten::query
