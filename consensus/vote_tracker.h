#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "core/certificate.h"
#include "core/validator_set.h"

namespace keten::consensus {

/// The votes of all validators, one slot for each view, kind and signer. A signature is checked only when that can
/// complete a quorum: stragglers and votes for ended views cost nothing. The caller bounds the views.
class VoteTracker {
 public:
  /// `validators` is borrowed.
  explicit VoteTracker(const ValidatorSet& validators) : validators_(&validators) {}

  /// An unchecked vote from its signer's own channel. When it contradicts an earlier vote of the same signer, that
  /// one comes back, once for each view, kind and signer; a second vote of one kind is not counted.
  std::optional<Vote> add(const Vote& vote);
  /// An own vote, or one whose signature has been checked. Replaces an unchecked one.
  void add_checked(const Vote& vote);

  /// Subjects whose votes changed since the last call, in order.
  [[nodiscard]] std::set<Subject> take_changed();
  /// Makes `take_changed` name the subject again.
  void touch(const Subject& subject) { changed_.insert(subject); }
  /// The votes to check now: as few as complete the quorum, none while checked and unchecked together miss it. Each
  /// comes back through `checked`.
  [[nodiscard]] std::vector<Vote> take_checks(const Subject& subject);
  void checked(const Vote& vote, bool valid);
  /// As many checked votes as make a quorum, in order of signers; empty when there are too few.
  [[nodiscard]] std::vector<Vote> quorum(const Subject& subject) const;
  /// Checks under way will complete the quorum if they succeed.
  [[nodiscard]] bool awaits_quorum(const Subject& subject) const;

  /// The signer voted so in this view, checked or not.
  [[nodiscard]] bool has(View view, VoteKind kind, ValidatorIndex signer) const;
  [[nodiscard]] bool is_checked(const Vote& vote) const;
  /// What a peer is told about itself when it comes back: the newest vote of its own.
  [[nodiscard]] std::optional<Vote> newest_of(ValidatorIndex signer) const;
  [[nodiscard]] std::size_t views() const { return views_.size(); }

  /// Forgets the views up to `floor`.
  void prune(View floor);

 private:
  enum class Check : std::uint8_t { none, asked, passed };
  struct Slot {
    std::optional<Vote> vote;
    Check check = Check::none;
    bool contradicted = false;
  };
  using Slots = std::vector<Slot>;  // by signer
  struct Round {
    std::array<Slots, 3> kinds;
  };
  struct Weights {
    std::uint64_t passed = 0;
    std::uint64_t asked = 0;
    std::uint64_t unchecked = 0;
  };

  [[nodiscard]] static std::size_t place(VoteKind kind) { return static_cast<std::size_t>(kind) - 1; }
  Slot& slot(View view, VoteKind kind, ValidatorIndex signer);
  [[nodiscard]] const Slots* slots(View view, VoteKind kind) const;
  [[nodiscard]] const Slot* find(View view, VoteKind kind, ValidatorIndex signer) const;
  [[nodiscard]] const Vote* contradiction(const Vote& vote) const;
  [[nodiscard]] Weights weigh(const Subject& subject) const;

  const ValidatorSet* validators_;
  std::map<View, Round> views_;
  std::set<Subject> changed_;
};

}  // namespace keten::consensus
