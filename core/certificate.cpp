#include "core/certificate.h"

#include <algorithm>
#include <bit>

#include "core/hash.h"
#include "core/limits.h"
#include "core/mutant.h"

namespace keten {
namespace {

bool has_bit(const Bytes& bitmap, std::size_t index) {
  return index / 8 < bitmap.size() && ((bitmap[index / 8] >> (index % 8)) & 1U) != 0;
}

}  // namespace

std::string_view vote_name(VoteKind kind) {
  switch (kind) {
    case VoteKind::notarize: return "notarize";
    case VoteKind::nullify: return "nullify";
    case VoteKind::finalize: return "finalize";
  }
  return "unknown";
}

Hash Subject::signing_hash(const ChainId& chain, const SetId& set) const {
  const auto bound_set = MUTANT(vote_without_set) ? SetId{} : set;
  const auto bound_chain = MUTANT(vote_without_chain) ? ChainId{} : chain;
  if (kind == VoteKind::nullify) {
    return Hasher("keten/vote/nullify/1")
        .fixed(bound_chain)
        .fixed(bound_set)
        .number(epoch.value)
        .number(view.value)
        .finish();
  }
  const Hash digest = Hasher("keten/proposal/1")
                          .fixed(bound_chain)
                          .number(epoch.value)
                          .fixed(bound_set)
                          .number(view.value)
                          .number(parent_view.value)
                          .fixed(block)
                          .finish();
  return Hasher(kind == VoteKind::notarize ? "keten/vote/notarize/1" : "keten/vote/finalize/1")
      .fixed(bound_chain)
      .fixed(bound_set)
      .number(epoch.value)
      .number(view.value)
      .fixed(digest)
      .finish();
}

void Subject::encode(Writer& writer) const {
  writer.u8(static_cast<std::uint8_t>(kind));
  writer.number(epoch);
  writer.number(view);
  writer.number(parent_view);
  writer.fixed(block);
}

Subject Subject::decode(Reader& reader) {
  Subject subject;
  const auto kind = reader.u8();
  if (kind < 1 || kind > 3) {
    reader.fail();
  } else {
    subject.kind = static_cast<VoteKind>(kind);
  }
  subject.epoch = reader.number<Epoch>();
  subject.view = reader.number<View>();
  subject.parent_view = reader.number<View>();
  subject.block = reader.fixed<BlockId>();
  const bool names_block = subject.parent_view.value != 0 || !subject.block.is_zero();
  if (subject.kind == VoteKind::nullify && names_block) { reader.fail(); }
  return subject;
}

void Vote::encode(Writer& writer) const {
  subject.encode(writer);
  writer.u16(signer.value);
  writer.fixed(signature);
}

Vote Vote::decode(Reader& reader) {
  Vote vote;
  vote.subject = Subject::decode(reader);
  vote.signer = ValidatorIndex{reader.u16()};
  vote.signature = reader.fixed<Signature>();
  return vote;
}

std::vector<ValidatorIndex> Certificate::signer_indices() const {
  std::vector<ValidatorIndex> indices;
  for (std::size_t i = 0; i < signers.size() * 8; ++i) {
    if (has_bit(signers, i)) { indices.push_back(ValidatorIndex{static_cast<std::uint16_t>(i)}); }
  }
  return indices;
}

void Certificate::encode(Writer& writer) const {
  subject.encode(writer);
  writer.sized(signers);
  for (const auto& signature : signatures) { writer.fixed(signature); }
}

Certificate Certificate::decode(Reader& reader) {
  Certificate certificate;
  certificate.subject = Subject::decode(reader);
  certificate.signers = to_bytes(reader.sized((limits::kValidatorsMax + 7) / 8));
  std::size_t count = 0;
  for (const auto byte : certificate.signers) { count += static_cast<std::size_t>(std::popcount(byte)); }
  if (count * Signature::size > reader.remaining()) {
    reader.fail();
    return certificate;
  }
  certificate.signatures.reserve(count);
  for (std::size_t i = 0; i < count; ++i) { certificate.signatures.push_back(reader.fixed<Signature>()); }
  return certificate;
}

bool is_well_formed(const Certificate& certificate, const ValidatorSet& set) {
  if (certificate.signers.size() != (set.size() + 7) / 8) { return false; }
  std::uint64_t weight = 0;
  std::size_t count = 0;
  for (const auto index : certificate.signer_indices()) {
    if (!set.contains(index)) { return false; }
    weight += (MUTANT(signer_counts_twice) ? 2 : 1) * set.weight(index);
    ++count;
  }
  return count == certificate.signatures.size() && set.has_quorum(weight);
}

bool verify_certificate(const Certificate& certificate, const ChainId& chain, const ValidatorSet& set) {
  if (!is_well_formed(certificate, set)) { return false; }
  const Hash digest = certificate.subject.signing_hash(chain, set.id());
  const auto indices = certificate.signer_indices();
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (!verify(set.at(indices[i]).key, digest.view(), certificate.signatures[i])) { return false; }
  }
  return true;
}

Certificate make_certificate(std::vector<Vote> votes, const ValidatorSet& set) {
  CHECK(!votes.empty());
  std::sort(votes.begin(), votes.end(), [](const Vote& a, const Vote& b) { return a.signer < b.signer; });
  Certificate certificate;
  certificate.subject = votes.front().subject;
  certificate.signers.assign((set.size() + 7) / 8, 0);
  for (const auto& vote : votes) {
    CHECK(vote.subject == certificate.subject && set.contains(vote.signer));
    CHECK(!has_bit(certificate.signers, vote.signer.value));
    auto& byte = certificate.signers[vote.signer.value / 8U];
    byte = static_cast<std::uint8_t>(byte | (1U << (vote.signer.value % 8U)));
    certificate.signatures.push_back(vote.signature);
  }
  CHECK(is_well_formed(certificate, set));
  return certificate;
}

}  // namespace keten
