#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/packages/records.h"
#include "core/json.h"

/// Packages and contracts as people read them.
namespace keten::packages {

struct PackageView {
  Hash hash;
  PackageRecord record;
  std::set<std::string> approving;  ///< those that count today
  std::set<std::string> missing;    ///< voices that have not approved
  std::size_t needed = 0;
  /// `2 of 3 approvals: dairy, farm; missing one of press, shop`.
  [[nodiscard]] std::string progress() const;
};

struct MotionView {
  Motion motion = Motion::freeze;
  std::uint64_t value = 0;
  std::set<std::string> voters;   ///< those that count today
  std::set<std::string> missing;  ///< voices that have not voted for it
  std::size_t needed = 0;
  [[nodiscard]] std::string progress() const;
};

struct ContractView {
  std::string name;
  ContractRecord record;
  std::vector<PackageView> packages;  ///< ascending by version
  std::vector<MotionView> motions;    ///< that are open
  std::uint64_t used = 0;             ///< bytes of state

  /// Null when there is none.
  [[nodiscard]] const PackageView* package(const Hash& hash) const;
  [[nodiscard]] const PackageView* version(const Version& version) const;
  /// `published`, `approved`, `scheduled`, `active`, `superseded`, `expired`: what a package is at a height and time.
  [[nodiscard]] std::string_view standing(const PackageView& package, Height height, Milliseconds time) const;
  /// `active 1.0.0`, `frozen`, `retired`, `not active`.
  [[nodiscard]] std::string standing(Height height) const;
};

/// `state` has the rows of `contracts/` but those of modules, and those of `governance/`. Null when there is no such contract.
[[nodiscard]] std::optional<ContractView> read_contract(const contracts::StateReader& state, std::string_view name,
                                                        Milliseconds time);
/// In order, behind `after`, at most `most`.
[[nodiscard]] std::vector<std::string> read_contract_names(const contracts::StateReader& state, std::size_t most,
                                                           std::string_view after = {});

[[nodiscard]] json::Value to_json(const Manifest& manifest);
[[nodiscard]] json::Value to_json(const ContractView& view, Height height, Milliseconds time);

}  // namespace keten::packages
