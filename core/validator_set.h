#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/encoding.h"
#include "core/ids.h"
#include "core/keys.h"

namespace keten {

struct Validator {
  std::string organisation;
  std::string node;
  PublicKey key;
  std::uint32_t weight = 1;
  NodeNumber number = {};  ///< where to reach it; not part of the set's id
  friend bool operator==(const Validator&, const Validator&) = default;
};

/// The ordered validators of one epoch. A validator's index is its only identity inside votes and certificates.
class ValidatorSet {
 public:
  ValidatorSet() = default;
  /// Precondition: checked by the genesis or by governance (1..100 members, distinct valid keys, total weight <= 2^31).
  explicit ValidatorSet(std::vector<Validator> members);

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] bool contains(ValidatorIndex index) const { return index.value < members_.size(); }
  [[nodiscard]] const Validator& at(ValidatorIndex index) const { return members_.at(index.value); }
  [[nodiscard]] std::uint64_t weight(ValidatorIndex index) const { return at(index).weight; }
  [[nodiscard]] std::optional<ValidatorIndex> find(const PublicKey& key) const;
  [[nodiscard]] std::optional<ValidatorIndex> find(NodeNumber number) const;
  [[nodiscard]] const std::vector<Validator>& members() const { return members_; }

  [[nodiscard]] std::uint64_t total_weight() const { return total_weight_; }
  /// floor(2W/3) + 1: two quorums share an honest validator.
  [[nodiscard]] std::uint64_t quorum_weight() const { return quorum_weight_; }
  [[nodiscard]] bool has_quorum(std::uint64_t weight) const { return weight >= quorum_weight_; }
  /// More than this weight holds at least one honest validator.
  [[nodiscard]] std::uint64_t fault_weight() const { return total_weight_ - quorum_weight_; }
  /// Hash of the ordered members with keys and weights; inside every vote.
  [[nodiscard]] const SetId& id() const { return id_; }

 private:
  std::vector<Validator> members_;
  std::uint64_t total_weight_ = 0;
  std::uint64_t quorum_weight_ = 1;
  SetId id_;
};

}  // namespace keten
