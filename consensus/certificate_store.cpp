#include "consensus/certificate_store.h"

#include <algorithm>

#include "core/check.h"
#include "core/mutant.h"

namespace keten::consensus {

namespace {

bool same_block(const Certificate& left, const Certificate& right) {
  return left.subject.block == right.subject.block && left.subject.parent_view == right.subject.parent_view;
}

}  // namespace

const std::optional<Certificate>& CertificateStore::Slot::of(VoteKind kind) const {
  switch (kind) {
    case VoteKind::notarize: return notarization;
    case VoteKind::nullify: return nullification;
    case VoteKind::finalize: return finalization;
  }
  CHECK(false);
}

std::optional<Certificate>& CertificateStore::Slot::of(VoteKind kind) {
  return const_cast<std::optional<Certificate>&>(static_cast<const Slot*>(this)->of(kind));
}

// docs/consensus.md, rule R6: one notarized block a view, and no view is both finalized and nullified.
const Certificate* CertificateStore::contradiction(const Certificate& certificate) const {
  const auto found = views_.find(certificate.subject.view);
  if (found == views_.end()) { return nullptr; }
  const auto& slot = found->second;
  const auto kind = certificate.subject.kind;
  for (const auto other : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const auto& held = slot.of(other);
    if (!held) { continue; }
    const bool one_skips = kind == VoteKind::nullify || other == VoteKind::nullify;
    const bool one_finalizes = kind == VoteKind::finalize || other == VoteKind::finalize;
    const bool contradicts = one_skips ? kind != other && one_finalizes : !same_block(certificate, *held);
    if (contradicts) { return &*held; }
  }
  return nullptr;
}

CertificateStore::Added CertificateStore::add(const Certificate& certificate) {
  if (contradiction(certificate) != nullptr) { return Added::contradiction; }
  auto& place = views_[certificate.subject.view].of(certificate.subject.kind);
  if (place) { return Added::known; }
  place = certificate;
  return Added::added;
}

const Certificate* CertificateStore::find(VoteKind kind, View view) const {
  const auto slot = views_.find(view);
  if (slot == views_.end()) { return nullptr; }
  const auto& place = slot->second.of(kind);
  return place ? &*place : nullptr;
}

const Certificate* CertificateStore::notarization(View view) const { return find(VoteKind::notarize, view); }
const Certificate* CertificateStore::nullification(View view) const { return find(VoteKind::nullify, view); }
const Certificate* CertificateStore::finalization(View view) const { return find(VoteKind::finalize, view); }

const Certificate* CertificateStore::acceptance(View view) const {
  const auto* notarized = notarization(view);
  return notarized != nullptr ? notarized : finalization(view);
}

bool CertificateStore::accepts(const BlockId& block) const {
  return std::ranges::any_of(views_, [&](const auto& slot) {
    const auto* accepted = acceptance(slot.first);
    return accepted != nullptr && accepted->subject.block == block;
  });
}

bool CertificateStore::is_cleared(View view) const {
  return acceptance(view) != nullptr || nullification(view) != nullptr;
}

std::optional<View> CertificateStore::first_unskipped_between(View low, View high) const {
  if (MUTANT(no_proof_of_skipped_views)) { return std::nullopt; }
  for (auto view = low.next(); view < high; ++view) {
    if (nullification(view) == nullptr) { return view; }
  }
  return std::nullopt;
}

std::optional<View> CertificateStore::newest_accepted_below(View view) const {
  for (auto slot = views_.lower_bound(view); slot != views_.begin();) {
    --slot;
    if (slot->second.notarization || slot->second.finalization) { return slot->first; }
  }
  return std::nullopt;
}

std::vector<const Certificate*> CertificateStore::newest_notarizations(std::size_t most) const {
  std::vector<const Certificate*> result;
  for (auto slot = views_.rbegin(); slot != views_.rend() && result.size() < most; ++slot) {
    if (slot->second.notarization) { result.push_back(&*slot->second.notarization); }
  }
  return result;
}

std::vector<const Certificate*> CertificateStore::newest_finalizations(std::size_t most) const {
  std::vector<const Certificate*> result;
  for (auto slot = views_.rbegin(); slot != views_.rend() && result.size() < most; ++slot) {
    if (slot->second.finalization) { result.push_back(&*slot->second.finalization); }
  }
  return result;
}

std::vector<Certificate> CertificateStore::from(View first, std::size_t most) const {
  std::vector<Certificate> result;
  for (auto slot = views_.lower_bound(first); slot != views_.end(); ++slot) {
    for (const auto* place : {&slot->second.notarization, &slot->second.nullification, &slot->second.finalization}) {
      if (!*place) { continue; }
      if (result.size() == most) { return result; }
      result.push_back(**place);
    }
  }
  return result;
}

void CertificateStore::prune(View floor) { views_.erase(views_.begin(), views_.upper_bound(floor)); }

}  // namespace keten::consensus
