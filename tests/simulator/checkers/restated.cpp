#include "tests/simulator/checkers/restated.h"

#include "core/hash.h"

namespace keten::simulator::restated {
namespace {

Hash tree(const std::vector<Hash>& leaves, std::size_t first, std::size_t count) {
  if (count == 1) { return Hasher("keten/merkle/leaf/1").fixed(leaves[first]).finish(); }
  std::size_t left = 1;
  while (left * 2 < count) { left *= 2; }
  return Hasher("keten/merkle/node/1")
      .fixed(tree(leaves, first, left))
      .fixed(tree(leaves, first + left, count - left))
      .finish();
}

}  // namespace

bool is_quorum(std::uint64_t weight, const ValidatorSet& set) {
  std::uint64_t total = 0;
  for (const auto& member : set.members()) { total += member.weight; }
  return 3 * weight > 2 * total;
}

bool is_well_formed(const Certificate& certificate, const ValidatorSet& set) {
  std::uint64_t weight = 0;
  std::size_t bits = 0;
  for (std::size_t byte = 0; byte < certificate.signers.size(); ++byte) {
    for (std::size_t bit = 0; bit < 8; ++bit) {
      if (((certificate.signers[byte] >> bit) & 1U) == 0) { continue; }
      const auto index = byte * 8 + bit;
      if (index >= set.size()) { return false; }
      weight += set.members()[index].weight;
      ++bits;
    }
  }
  return certificate.signers.size() * 8 < set.size() + 8 && certificate.signers.size() * 8 >= set.size() &&
         bits == certificate.signatures.size() && is_quorum(weight, set);
}

Hash signed_digest(const Subject& subject, const ChainId& chain, const SetId& set) {
  const auto head = [&](std::string_view tag) {
    Hasher hasher(tag);
    hasher.fixed(chain).fixed(set).number(subject.epoch.value).number(subject.view.value);
    return hasher;
  };
  if (subject.kind == VoteKind::nullify) { return head("keten/vote/nullify/1").finish(); }
  Hasher proposal("keten/proposal/1");
  proposal.fixed(chain).number(subject.epoch.value).fixed(set).number(subject.view.value);
  proposal.number(subject.parent_view.value).fixed(subject.block);
  const auto tag = subject.kind == VoteKind::notarize ? "keten/vote/notarize/1" : "keten/vote/finalize/1";
  return head(tag).fixed(proposal.finish()).finish();
}

Hash payload_root(const std::vector<TransactionPointer>& transactions) {
  std::vector<Hash> leaves;
  for (const auto& one : transactions) { leaves.push_back(one->leaf); }
  Hasher root("keten/merkle/root/1");
  root.number(leaves.size());
  if (!leaves.empty()) { root.fixed(tree(leaves, 0, leaves.size())); }
  return root.finish();
}

bool payload_matches(const Block& block) {
  std::uint64_t bytes = 0;
  for (const auto& one : block.transactions) { bytes += one->envelope.size(); }
  return block.header.transaction_count == block.transactions.size() && block.header.payload_bytes == bytes &&
         block.header.payload_root == payload_root(block.transactions);
}

}  // namespace keten::simulator::restated
