#include "core/evidence.h"

#include <optional>
#include <string>
#include <utility>

#include "core/hash.h"
#include "core/merkle.h"
#include "core/mutant.h"

namespace keten {
namespace {

bool is_same_proposal(const Subject& one, const Subject& other) {
  return one.parent_view == other.parent_view && one.block == other.block;
}

Error refuse(std::string why) { return invalid("EVIDENCE_INVALID", "evidence: " + std::move(why)); }

/// Precondition: one view, `first` the lower subject, so its kind is not the higher one.
std::optional<EvidenceKind> contradiction(const Subject& first, const Subject& second) {
  if (first.kind == VoteKind::notarize && second.kind == VoteKind::notarize) {
    return EvidenceKind::conflicting_notarize;
  }
  if (first.kind == VoteKind::finalize && second.kind == VoteKind::finalize) {
    return EvidenceKind::conflicting_finalize;
  }
  if (first.kind == VoteKind::nullify && second.kind == VoteKind::finalize) {
    return EvidenceKind::nullify_and_finalize;
  }
  const bool differ = !is_same_proposal(first, second) || MUTANT(identical_votes_are_evidence);
  if (first.kind == VoteKind::notarize && second.kind == VoteKind::finalize && differ) {
    return EvidenceKind::notarize_finalize_mismatch;
  }
  return std::nullopt;
}

}  // namespace

std::string_view evidence_name(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::conflicting_notarize: return "conflicting-notarize";
    case EvidenceKind::conflicting_finalize: return "conflicting-finalize";
    case EvidenceKind::nullify_and_finalize: return "nullify-and-finalize";
    case EvidenceKind::notarize_finalize_mismatch: return "notarize-finalize-mismatch";
  }
  return "unknown";
}

Evidence Evidence::of(Vote one, Vote other) {
  if (other.subject < one.subject) { std::swap(one, other); }
  return {.first = std::move(one), .second = std::move(other)};
}

void Evidence::encode(Writer& writer) const {
  first.encode(writer);
  second.encode(writer);
}

Evidence Evidence::decode(Reader& reader) {
  Evidence evidence;
  evidence.first = Vote::decode(reader);
  evidence.second = Vote::decode(reader);
  return evidence;
}

Hash Evidence::id() const {
  Writer writer;
  encode(writer);
  return Hasher("keten/evidence/1").fixed(writer.bytes()).finish();
}

Result<EvidenceKey> evidence_key(const Evidence& evidence) {
  const auto& first = evidence.first.subject;
  const auto& second = evidence.second.subject;
  if (evidence.first.signer != evidence.second.signer) {
    return refuse("expected two votes of one signer, found those of " + evidence.first.signer.text() + " and " +
                  evidence.second.signer.text());
  }
  if (first.epoch != second.epoch || first.view != second.view || first.view.value == 0) {
    return refuse("expected two votes of one view");
  }
  if (!(first < second) && !MUTANT(identical_votes_are_evidence)) {
    return refuse("expected two different votes, the lower one first");
  }
  const auto kind = contradiction(first, second);
  if (!kind) {
    return refuse("an honest validator may cast this " + std::string(vote_name(first.kind)) + " and this " +
                  std::string(vote_name(second.kind)) + " in one view");
  }
  return EvidenceKey{.epoch = first.epoch, .signer = evidence.first.signer, .kind = *kind};
}

Result<EvidenceKey> check_evidence(const Evidence& evidence, Epoch epoch, const ValidatorSet& set) {
  auto key = evidence_key(evidence);
  if (!key) { return key; }
  if (key->epoch != epoch) {
    return refuse("expected votes of epoch " + epoch.text() + ", found " + key->epoch.text());
  }
  if (!set.contains(key->signer)) {
    return refuse("expected a signer below " + std::to_string(set.size()) + ", found " + key->signer.text());
  }
  return key;
}

Result<EvidenceKey> verify_evidence(const Evidence& evidence, Epoch epoch, const ChainId& chain,
                                    const ValidatorSet& set) {
  auto key = check_evidence(evidence, epoch, set);
  if (!key) { return key; }
  for (const auto* vote : {&evidence.first, &evidence.second}) {
    const auto digest = vote->subject.signing_hash(chain, set.id());
    if (!verify(set.at(vote->signer).key, digest.view(), vote->signature)) {
      return refuse("the signature of the " + std::string(vote_name(vote->subject.kind)) + " does not hold");
    }
  }
  return key;
}

std::string contradiction_text(const Evidence& evidence, const ValidatorSet& set) {
  const auto& signer = set.at(evidence.first.signer);
  const auto& first = evidence.first.subject;
  return signer.organisation + "/" + signer.node + " signed two votes of view " + first.view.text() +
         " that contradict each other: a " + std::string(vote_name(first.kind)) + " and a " +
         std::string(vote_name(evidence.second.subject.kind));
}

Hash evidence_root(const std::vector<Evidence>& evidence) {
  if (evidence.empty()) { return {}; }
  std::vector<Hash> ids;
  ids.reserve(evidence.size());
  for (const auto& one : evidence) { ids.push_back(one.id()); }
  return merkle_root(ids);
}

}  // namespace keten
