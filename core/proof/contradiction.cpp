#include "core/proof/contradiction.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace keten::proof {
namespace {

std::string named(const BlockHeader& header) {
  return "block " + header.id().hex() + " at height " + header.height.text();
}

/// Of two final blocks.
std::optional<std::string> between(const BlockHeader& seen, const BlockHeader& shown) {
  if (seen.height == shown.height) {
    if (seen.id() == shown.id()) { return std::nullopt; }
    return named(seen) + " and " + named(shown) + " are both final";
  }
  const auto& [lower, higher] = seen.height < shown.height ? std::pair{seen, shown} : std::pair{shown, seen};
  if (higher.height == lower.height.next() && higher.parent != lower.id()) {
    return named(higher) + " is final and does not follow " + named(lower) + ", which is final too";
  }
  if (higher.epoch < lower.epoch) {
    return named(higher) + " is of epoch " + higher.epoch.text() + ", behind one of epoch " + lower.epoch.text();
  }
  if (higher.executed_height < lower.executed_height) {
    return named(higher) + " binds an older state than " + named(lower);
  }
  if (seen.executed_height == shown.executed_height && seen.state_root != shown.state_root) {
    return named(seen) + " and " + named(shown) + " bind different states after block " + seen.executed_height.text();
  }
  return std::nullopt;
}

/// Blocks that the anchor's chain passes through: its state root commits to each of them.
std::vector<const BlockHeader*> passed(const Proof& proof) {
  std::vector<const BlockHeader*> result;
  if (proof.via) { result.push_back(&proof.via->header); }
  if (const auto* block = std::get_if<BlockProof>(&proof.statement)) { result.push_back(&block->header); }
  if (const auto* transaction = std::get_if<TransactionProof>(&proof.statement)) {
    result.push_back(&transaction->header);
  }
  return result;
}

/// All blocks that a proof shows to be final: those of its anchor's chain, and the ends of epochs.
std::map<Height, const BlockHeader*> finals(const Proof& proof) {
  std::map<Height, const BlockHeader*> result;
  for (const auto& hand_over : proof.hand_overs) { result.emplace(hand_over.header.height, &hand_over.header); }
  for (const auto* header : passed(proof)) { result.emplace(header->height, header); }
  result.emplace(proof.anchor.height, &proof.anchor);
  return result;
}

}  // namespace

std::optional<std::string> contradiction(const BlockHeader& seen, const Proof& shown) {
  if (auto what = between(seen, shown.anchor)) { return what; }
  for (const auto* header : passed(shown)) {
    if (header->height == seen.height && header->id() != seen.id()) {
      return named(seen) + " is final, and " + named(shown.anchor) + ", which is final too, follows " + named(*header);
    }
  }
  return std::nullopt;
}

std::optional<std::string> contradiction(const Proof& one, const Proof& other) {
  if (auto what = contradiction(one.anchor, other)) { return what; }
  if (auto what = contradiction(other.anchor, one)) { return what; }
  const auto ours = finals(one);
  for (const auto& [height, header] : finals(other)) {
    const auto same = ours.find(height);
    if (same != ours.end() && same->second->id() != header->id()) {
      return named(*same->second) + " and " + named(*header) + " are both in a final chain";
    }
  }
  for (const auto& mine : one.hand_overs) {
    for (const auto& theirs : other.hand_overs) {
      if (mine.header.epoch == theirs.header.epoch && mine.header.id() != theirs.header.id()) {
        return "epoch " + mine.header.epoch.next().text() + " began with " + named(mine.header) + " and with " +
               named(theirs.header);
      }
    }
  }
  return std::nullopt;
}

std::optional<Height> meeting(const Proof& one, const Proof& other) {
  const auto ours = finals(one);
  std::optional<Height> result;
  for (const auto& [height, header] : finals(other)) {
    const auto same = ours.find(height);
    if (same != ours.end() && same->second->id() == header->id()) { result = height; }
  }
  return result;
}

}  // namespace keten::proof
