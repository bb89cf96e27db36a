#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "contracts/governance/arguments.h"
#include "contracts/governance/records.h"
#include "core/json.h"

/// Governance as people read it: the same for HTTP, the command line and tests.
namespace keten::governance {

struct NodeView {
  NodeNumber number;
  NodeRecord record;
  std::optional<PublicKey> key;       ///< that it votes with in this epoch
  std::optional<PublicKey> next_key;  ///< that it will vote with in the next one, when something is pending
  bool is_ready = false;              ///< has said so for the next one
};

struct ValidatorsView {
  Epoch epoch;
  Height since;
  SetId set;
  Parameters parameters;
  std::vector<NodeView> nodes;  ///< that have not left, by number
  std::optional<PendingRecord> pending;
  std::optional<SetId> next_set;     ///< of the pending rules
  std::vector<std::string> awaited;  ///< nodes whose `ready` the next epoch cannot begin without, or needs one of
  std::size_t ready_needed = 0;      ///< by weight
  std::set<std::string> voices;      ///< organisations that approve
  std::size_t approvals_needed = 0;
};
[[nodiscard]] ValidatorsView read_validators(const contracts::StateReader& state);

/// `peers.json`: who the nodes are at a height, for one that cannot know it yet. docs/operations.md, "Members come and go".
[[nodiscard]] json::Value introduction_json(const ValidatorsView& view, Height height);

/// One epoch, past or present.
struct EpochView {
  Epoch epoch;
  EpochRecord record;
};
[[nodiscard]] std::optional<EpochView> read_epoch(const contracts::StateReader& state, Epoch epoch);

struct ChangeView {
  ChangeId id;
  ChangeRecord record;
  ProposeChange proposal;
  std::set<std::string> approving;  ///< those that count today
  std::set<std::string> missing;    ///< voices that have not approved
  std::size_t needed = 0;
  [[nodiscard]] Hash digest() const { return change_digest(record.proposal); }
  /// `2 of 3 approvals: dairy, farm; missing one of press, shop`.
  [[nodiscard]] std::string progress() const;
};
enum class WhichChanges { open, all };
/// Newest first, at most `limit`.
[[nodiscard]] std::vector<ChangeView> read_changes(const contracts::StateReader& state, WhichChanges which,
                                                   std::size_t limit);
[[nodiscard]] std::optional<ChangeView> read_change(const contracts::StateReader& state, ChangeId id);

struct KeyView {
  PublicKey key;
  KeyRecord record;
};
/// Of one organisation, or of all; revoked ones too. Ordered by organisation, name and height.
[[nodiscard]] std::vector<KeyView> read_keys(const contracts::StateReader& state, std::string_view organisation);

[[nodiscard]] json::Value to_json(const ValidatorsView& view);
[[nodiscard]] json::Value to_json(const EpochView& view);
[[nodiscard]] json::Value to_json(const ChangeView& view);
[[nodiscard]] json::Value to_json(const KeyView& view);
[[nodiscard]] std::string_view standing_name(Standing standing);

}  // namespace keten::governance
