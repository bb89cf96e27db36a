#include "core/validator_set.h"

#include "core/hash.h"

namespace keten {

ValidatorSet::ValidatorSet(std::vector<Validator> members) : members_(std::move(members)) {
  Hasher hasher("keten/validator-set/1");
  hasher.number(members_.size());
  for (const auto& member : members_) {
    total_weight_ += member.weight;
    hasher.sized(member.organisation).sized(member.node).fixed(member.key).number(member.weight);
  }
  id_ = hasher.finish();
}

std::optional<ValidatorIndex> ValidatorSet::find(const PublicKey& key) const {
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i].key == key) { return ValidatorIndex{static_cast<std::uint16_t>(i)}; }
  }
  return std::nullopt;
}

}  // namespace keten
