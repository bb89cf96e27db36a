#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "contracts/governance/records.h"

namespace keten::governance {

/// The organisations that run validators in the current epoch: each approves with one voice, however many validators
/// or admins it has.
class Voices {
 public:
  explicit Voices(Records& records);
  [[nodiscard]] bool has(const std::string& organisation) const { return organisations_.contains(organisation); }
  /// floor(2k/3) + 1 of k.
  [[nodiscard]] std::size_t needed() const { return 2 * organisations_.size() / 3 + 1; }
  [[nodiscard]] std::set<std::string> approving(const std::set<std::string>& approvals) const;
  [[nodiscard]] const std::set<std::string>& organisations() const { return organisations_; }
  /// Names with commas.
  [[nodiscard]] std::string text() const;

 private:
  std::set<std::string> organisations_;
};

}  // namespace keten::governance
