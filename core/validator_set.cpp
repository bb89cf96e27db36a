#include "core/validator_set.h"

#include <algorithm>

#include "core/hash.h"
#include "core/mutant.h"

namespace keten {

ValidatorSet::ValidatorSet(std::vector<Validator> members) : members_(std::move(members)) {
  Hasher hasher("keten/validator-set/1");
  hasher.number(members_.size());
  for (const auto& member : members_) {
    total_weight_ += member.weight;
    hasher.sized(member.organisation).sized(member.node).fixed(member.key).number(member.weight);
  }
  quorum_weight_ = 2 * total_weight_ / 3 + (MUTANT(quorum_of_two_f) ? 0 : 1);
  id_ = hasher.finish();
}

namespace {

std::optional<ValidatorIndex> place_of(std::ranges::iterator_t<const std::vector<Validator>> found,
                                       const std::vector<Validator>& members) {
  if (found == members.end()) { return std::nullopt; }
  return ValidatorIndex{static_cast<std::uint16_t>(found - members.begin())};
}

}  // namespace

std::optional<ValidatorIndex> ValidatorSet::find(const PublicKey& key) const {
  return place_of(std::ranges::find(members_, key, &Validator::key), members_);
}

std::optional<ValidatorIndex> ValidatorSet::find(NodeNumber number) const {
  return place_of(std::ranges::find(members_, number, &Validator::number), members_);
}

}  // namespace keten
