#include "consensus/elector.h"

#include <utility>

#include "core/check.h"
#include "core/hash.h"

namespace keten::consensus {

namespace {

/// The first eight bytes of a hash as a number; the bias of the remainder is below 2^-57 for 100 validators.
std::uint64_t draw(const Hash& seed, std::uint64_t step, std::uint64_t below) {
  const auto hash = Hasher("keten/leaders/draw/1").fixed(seed).number(step).finish();
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) { value |= static_cast<std::uint64_t>(hash.bytes[i]) << (8 * i); }
  return value % below;
}

}  // namespace

Elector::Elector(const ChainId& chain, Epoch epoch, std::size_t validators) {
  CHECK(validators > 0);
  for (std::size_t i = 0; i < validators; ++i) { order_.push_back({static_cast<std::uint16_t>(i)}); }
  const auto seed = Hasher("keten/leaders/1").fixed(chain).number(epoch.value).finish();
  // Fisher and Yates.
  for (std::size_t i = validators - 1; i > 0; --i) { std::swap(order_[i], order_[draw(seed, i, i + 1)]); }
}

ValidatorIndex Elector::leader(View view) const {
  CHECK(view.value >= 1);
  return order_[(view.value - 1) % order_.size()];
}

}  // namespace keten::consensus
