#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/certificate.h"
#include "core/ids.h"

namespace keten::consensus {

/// The verified certificates of the views above the floor. A view may have both a notarization and a nullification.
class CertificateStore {
 public:
  enum class Added : std::uint8_t {
    added,
    known,
    contradiction,  ///< cannot exist unless more than the tolerated validators are faulty; it was not added
  };
  Added add(const Certificate& certificate);
  /// The stored certificate that cannot be true beside this one; null when there is none.
  [[nodiscard]] const Certificate* contradiction(const Certificate& certificate) const;

  [[nodiscard]] const Certificate* notarization(View view) const;
  [[nodiscard]] const Certificate* nullification(View view) const;
  [[nodiscard]] const Certificate* finalization(View view) const;
  [[nodiscard]] const Certificate* find(VoteKind kind, View view) const;
  /// What proves that a quorum accepted the view's block: its notarization or else its finalization.
  [[nodiscard]] const Certificate* acceptance(View view) const;

  /// Some view accepted this block.
  [[nodiscard]] bool accepts(const BlockId& block) const;
  /// A certificate ends the view.
  [[nodiscard]] bool is_cleared(View view) const;
  /// The first view strictly between without a nullification; empty when all of them were skipped with proof.
  [[nodiscard]] std::optional<View> first_unskipped_between(View low, View high) const;
  [[nodiscard]] std::optional<View> newest_accepted_below(View view) const;
  /// Newest first, at most `most`.
  [[nodiscard]] std::vector<const Certificate*> newest_notarizations(std::size_t most) const;
  [[nodiscard]] std::vector<const Certificate*> newest_finalizations(std::size_t most) const;
  /// All of the views from `first` on, in order of views, at most `most`.
  [[nodiscard]] std::vector<Certificate> from(View first, std::size_t most) const;

  /// Forgets the views up to `floor`.
  void prune(View floor);

 private:
  struct Slot {
    std::optional<Certificate> notarization;
    std::optional<Certificate> nullification;
    std::optional<Certificate> finalization;
    [[nodiscard]] const std::optional<Certificate>& of(VoteKind kind) const;
    [[nodiscard]] std::optional<Certificate>& of(VoteKind kind);
  };
  std::map<View, Slot> views_;
};

}  // namespace keten::consensus
