#pragma once

#include <map>
#include <string>
#include <vector>

#include "contracts/production/event_summary.h"
#include "core/proof/proof.h"
#include "node/query/ledger_query.h"
#include "node/query/proof.h"

namespace keten::query {

/// PROOF_NOT_YET: what is asked is executed, and no block that is final by itself binds it yet.
Error not_yet(const std::string& what);

/// A proof without statement: from `first_epoch` to the newest executed block that is final by its own finalization.
[[nodiscard]] Result<proof::Proof> anchored(const LedgerView& view, Epoch first_epoch);

/// Reads histories for one proof; an event that several name is kept once.
class Histories {
 public:
  /// `past`: the state that the anchor binds, for what has changed since; may be null. All must outlive it.
  Histories(const LedgerView& view, const contracts::StateReader* past, proof::Proof& proof)
      : view_(view), past_(past), proof_(proof) {}

  /// The value of a key in the state that the anchor binds, when `is_it` knows it; none when it is not kept.
  template <typename IsIt>
  [[nodiscard]] std::optional<Bytes> bound_value(ByteView key, IsIt&& is_it) const {
    for (const auto* state : {&view_.state(), past_}) {
      if (state == nullptr) { continue; }
      if (auto value = state->get(key); value && is_it(ByteView(*value))) { return value; }
    }
    return std::nullopt;
  }

  /// The head of an entity in the state that the anchor binds. ITEM_UNKNOWN when it has none there, PROOF_NOT_YET when it
  /// changed behind it.
  [[nodiscard]] Result<proof::HistoryProof> head(const proof::Entity& entity);
  /// With all entries.
  [[nodiscard]] Result<proof::HistoryProof> history(const std::string& id);
  /// Of an entity that is no item or lot, by the rows that its contract left.
  [[nodiscard]] Result<proof::HistoryProof> recorded(const proof::Entity& entity);
  /// All entries that the entity ever had, up to the anchor's state, as events that live as long as this.
  [[nodiscard]] Result<std::vector<const proof::EpcisEvent*>> events(const std::string& id);
  /// Path of a key in the map that the anchor binds; `is_there` tells what it proves.
  struct Path {
    proof::MapPath path;
    std::optional<Hash> value;  ///< V, when the key is there
  };
  [[nodiscard]] Result<Path> path(ByteView key) const;

 private:
  [[nodiscard]] Result<std::vector<production::EventPosition>> positions(const std::string& id);
  [[nodiscard]] Result<const proof::EpcisEvent*> event(const production::EventPosition& position);
  [[nodiscard]] Result<std::uint32_t> place_of(const production::EventPosition& position);

  const LedgerView& view_;
  const contracts::StateReader* past_;
  proof::Proof& proof_;
  std::map<production::EventPosition, proof::EpcisEvent> read_;
  std::map<production::EventPosition, std::uint32_t> places_;
  std::map<std::string, std::vector<production::EventPosition>> positions_;
  std::size_t entries_ = 0;
};

}  // namespace keten::query
