#include "tests/model/rules.h"

#include <algorithm>
#include <bit>

namespace keten::model {

namespace {

/// What quorums of the votes sent so far amount to.
class View {
 public:
  View(const Rules& rules, const State& state) : rules_(rules), state_(state) {
    std::array<Votes, kHonest> sent{};
    for (int i = 0; i < kHonest; ++i) {
      auto& votes = sent[static_cast<std::size_t>(i)];
      votes = state.sent(i);
      const bool in_both_sets = !rules.only_one_validator_stays || i == 0;
      if (rules.mutation == Mutation::votes_count_in_next_epoch && in_both_sets) {
        for (int slot = rules.first_of_next_epoch; slot < rules.slots; ++slot) {
          const int before = slot - rules.first_of_next_epoch;
          if (before < rules.first_of_next_epoch && (votes & nullify_bit(before)) != 0) { votes |= nullify_bit(slot); }
        }
      }
    }
    certificates_ = rules.mutation == Mutation::quorum_of_two
                        ? static_cast<Votes>(sent[0] | sent[1] | sent[2])
                        : static_cast<Votes>((sent[0] & sent[1]) | (sent[0] & sent[2]) | (sent[1] & sent[2]));
  }

  [[nodiscard]] bool is_notarized(int subject) const { return (certificates_ & notarize_bit(subject)) != 0; }
  [[nodiscard]] bool is_final(int subject) const { return (certificates_ & finalize_bit(subject)) != 0; }
  [[nodiscard]] bool is_nullified(int slot) const { return (certificates_ & nullify_bit(slot)) != 0; }
  [[nodiscard]] bool is_cleared(int slot) const {
    return is_nullified(slot) || is_notarized(2 * slot) || is_notarized(2 * slot + 1);
  }

  [[nodiscard]] const Proposed& at(int subject) const { return state_.proposed[static_cast<std::size_t>(subject)]; }
  /// The subject in which this one's block was proposed first.
  [[nodiscard]] int origin(int subject) const {
    while (at(subject).kind == BlockKind::again) { subject = at(subject).parent - 1; }
    return subject;
  }
  /// A bit for each block from the genesis to this one.
  [[nodiscard]] unsigned chain(int subject) const {
    unsigned blocks = 0;
    for (int next = subject;; next = at(next).parent - 1) {
      next = origin(next);
      blocks |= 1U << next;
      if (at(next).parent == 0) { return blocks; }
    }
  }

  [[nodiscard]] bool is_next_epoch(int slot) const { return slot >= rules_.first_of_next_epoch; }
  [[nodiscard]] int first_slot(int slot) const { return is_next_epoch(slot) ? rules_.first_of_next_epoch : 0; }

  /// The next epoch starts on a sealing block of the one before that is final.
  [[nodiscard]] bool is_next_epochs_floor(int block) const {
    if (at(block).kind != BlockKind::sealing) { return false; }
    for (int subject = 0; subject < 2 * rules_.first_of_next_epoch; ++subject) {
      if (at(subject).kind == BlockKind::none || origin(subject) != block) { continue; }
      if (is_final(subject)) { return true; }
      if (rules_.mutation == Mutation::start_epoch_without_finalization && is_notarized(subject)) { return true; }
    }
    return false;
  }
  [[nodiscard]] bool has_started(int slot) const {
    if (!is_next_epoch(slot)) { return true; }
    for (int block = 0; block < 2 * rules_.first_of_next_epoch; ++block) {
      if (is_next_epochs_floor(block)) { return true; }
    }
    return false;
  }
  [[nodiscard]] bool all_cleared_before(int slot) const {
    for (int before = first_slot(slot); before < slot; ++before) {
      if (!is_cleared(before)) { return false; }
    }
    return has_started(slot);
  }

  /// R3.3: the parent was accepted, or is the floor, and every view since was skipped with proof.
  [[nodiscard]] bool may_follow(int slot, const Proposed& block) const {
    int first_skipped = first_slot(slot);
    bool after_sealing = false;
    if (block.parent == 0) {
      if (is_next_epoch(slot)) { return false; }
    } else {
      const int parent = block.parent - 1;
      if (at(parent).kind == BlockKind::none || parent / 2 >= slot) { return false; }
      if (is_next_epoch(slot) && !is_next_epoch(parent / 2)) {
        if (!is_next_epochs_floor(parent)) { return false; }
      } else {
        if (!is_notarized(parent) && rules_.mutation != Mutation::no_parent_proof) { return false; }
        first_skipped = parent / 2 + 1;
        after_sealing = at(origin(parent)).kind == BlockKind::sealing;
      }
    }
    switch (block.kind) {
      case BlockKind::none: return false;
      case BlockKind::normal:
        if (after_sealing && rules_.mutation != Mutation::normal_block_after_sealing) { return false; }
        break;
      case BlockKind::sealing:
        if (!rules_.sealing || after_sealing || is_next_epoch(slot)) { return false; }
        break;
      case BlockKind::again:
        if (!after_sealing) { return false; }
        break;
    }
    if (rules_.mutation == Mutation::no_skip_proof) { return true; }
    if (rules_.mutation == Mutation::skip_proof_of_last_view_only) {
      first_skipped = std::max(first_skipped, slot - 1);
    }
    for (int skipped = first_skipped; skipped < slot; ++skipped) {
      if (!is_nullified(skipped)) { return false; }
    }
    return true;
  }

 private:
  const Rules& rules_;
  const State& state_;
  Votes certificates_ = 0;
};

/// The current view that a validator can at least prove: it notarizes and nullifies only when all earlier views are
/// cleared. A finalize proves nothing of the kind.
int proven_slot(const State& state, int validator, int slots) {
  for (int slot = slots - 1; slot > 0; --slot) {
    const auto votes = notarize_bit(2 * slot) | notarize_bit(2 * slot + 1) | nullify_bit(slot);
    if ((state.sent(validator) & votes) != 0) { return slot; }
  }
  return 0;
}

/// The slots in which validator 0 abstains after it heard the others. Answers that come later name no smaller view,
/// and giving them changes nothing, so the answers of the moment of the loss are the worst.
std::uint8_t slots_to_abstain_in(const Rules& rules, const State& state) {
  const int next = rules.first_of_next_epoch;
  std::array<int, 2> views{};
  for (int other = 1; other < kHonest; ++other) {
    views[static_cast<std::size_t>(other - 1)] =
        proven_slot(state, other, rules.replies == Replies::old_set_only ? std::min(next, rules.slots) : rules.slots);
  }
  const int view =
      rules.replies == Replies::one_honest_missing ? std::min(views[0], views[1]) : std::max(views[0], views[1]);
  std::uint8_t result = 0;
  for (int slot = 0; slot < rules.slots; ++slot) {
    bool abstains = slot < view + rules.recovery_distance;
    if (slot >= next && view < next) {
      abstains = rules.next_epoch == NextEpoch::counts && slot - next + 1 < rules.recovery_distance;
    } else if (slot < next) {
      abstains = abstains || view >= next || rules.loss == Loss::waits_for_next_epoch;
    }
    if (abstains) { result = static_cast<std::uint8_t>(result | 1U << slot); }
  }
  return result;
}

class Successors {
 public:
  Successors(const Rules& rules, const State& state, const Visit& visit)
      : rules_(rules), state_(state), visit_(visit), view_(rules, state) {}

  void all() {
    for (int slot = 0; slot < rules_.slots; ++slot) {
      for (int validator = 0; validator < kHonest; ++validator) {
        if (validator == 0 && (state_.abstains >> slot & 1U) != 0) { continue; }
        notarize(validator, slot);
        nullify(validator, slot);
        finalize(validator, slot);
      }
    }
    lose();
  }

 private:
  [[nodiscard]] Votes own(int validator, int slot) const {
    return static_cast<Votes>((state_.own[static_cast<std::size_t>(validator)] & all_of(slot)) >> (5 * slot));
  }
  void go(Action action, Votes bit, std::optional<Proposed> created = std::nullopt) {
    State next = state_;
    if (created) { next.proposed[static_cast<std::size_t>(action.subject)] = *created; }
    auto& votes = next.own[static_cast<std::size_t>(action.validator)];
    votes = static_cast<Votes>(votes | bit);
    visit_(action, next);
  }
  /// Every proposal that the Byzantine validator, or an honest leader, could make now.
  template <typename Allowed, typename Do>
  void for_each_new(int slot, Allowed allowed, Do then) {
    const int subject = view_.at(2 * slot).kind == BlockKind::none ? 2 * slot : 2 * slot + 1;
    if (view_.at(subject).kind != BlockKind::none) { return; }
    for (const auto kind : {BlockKind::normal, BlockKind::sealing, BlockKind::again}) {
      for (int parent = 0; parent <= 2 * slot; ++parent) {
        const Proposed block{kind, static_cast<std::uint8_t>(parent)};
        // A block that is proposed again has no content of its own: a second one would be the same.
        const bool repeats = kind == BlockKind::again && view_.at(2 * slot) == block;
        if (!repeats && allowed(block)) { then(subject, block); }
      }
    }
  }

  // R3. An own nullify of the view does not forbid it.
  void notarize(int validator, int slot) {
    const auto votes = own(validator, slot);
    const bool voted = (votes & 3U) != 0 && rules_.mutation != Mutation::notarize_twice;
    if (voted || (votes & 24U) != 0) { return; }
    for (int subject = 2 * slot; subject < 2 * slot + 2; ++subject) {
      if ((votes & notarize_bit(subject % 2)) != 0 || !view_.may_follow(slot, view_.at(subject))) { continue; }
      go({Action::Kind::notarize, validator, slot, subject}, notarize_bit(subject));
    }
    for_each_new(
        slot, [&](const Proposed& block) { return view_.may_follow(slot, block); },
        [&](int subject, const Proposed& block) {
          go({Action::Kind::notarize, validator, slot, subject}, notarize_bit(subject), block);
        });
  }

  // R4. Time-outs may happen at any time.
  void nullify(int validator, int slot) {
    const auto votes = own(validator, slot);
    const bool finalized = (votes & 24U) != 0 && rules_.mutation != Mutation::nullify_after_finalize;
    if (finalized || (votes & 4U) != 0) { return; }
    const bool current =
        view_.all_cleared_before(slot) || (rules_.mutation == Mutation::nullify_ahead && view_.has_started(slot));
    if (current) { go({Action::Kind::nullify, validator, slot}, nullify_bit(slot)); }
  }

  // R5.
  void finalize(int validator, int slot) {
    const auto votes = own(validator, slot);
    const bool nullified = (votes & 4U) != 0 && rules_.mutation != Mutation::finalize_after_nullify;
    if (nullified || (votes & 24U) != 0) { return; }
    const bool needs_notarization = rules_.mutation != Mutation::finalize_without_notarization;
    for (int subject = 2 * slot; subject < 2 * slot + 2; ++subject) {
      if (view_.at(subject).kind == BlockKind::none) { continue; }
      const bool other = (votes & 3U & ~notarize_bit(subject % 2)) != 0 &&
                         rules_.mutation != Mutation::finalize_another && rules_.mutation != Mutation::notarize_twice;
      if (other || (needs_notarization && !view_.is_notarized(subject))) { continue; }
      go({Action::Kind::finalize, validator, slot, subject}, finalize_bit(subject));
    }
    if (needs_notarization || (votes & 3U) != 0) { return; }
    for_each_new(
        slot,
        [&](const Proposed& block) {
          return block.kind == BlockKind::normal &&
                 (block.parent == 0 || view_.at(block.parent - 1).kind != BlockKind::none);
        },
        [&](int subject, const Proposed& block) {
          go({Action::Kind::finalize, validator, slot, subject}, finalize_bit(subject), block);
        });
  }

  void lose() {
    if (rules_.loss == Loss::none || state_.own[0] == 0) { return; }
    if (rules_.loss == Loss::below_floor || rules_.loss == Loss::below_floor_floor_lost) {
      return forget_below_floor();
    }
    State next = state_;
    next.forgotten = state_.sent(0);
    next.own[0] = 0;
    if (rules_.loss != Loss::votes_again) { next.abstains = slots_to_abstain_in(rules_, state_); }
    visit_({Action::Kind::lose, 0, 0}, next);
  }
  // R7 and R8.
  void forget_below_floor() {
    for (int slot = 0; slot < rules_.slots; ++slot) {
      if (!view_.is_final(2 * slot) && !view_.is_final(2 * slot + 1)) { continue; }
      State next = state_;
      for (int below = 0; below <= slot; ++below) {
        next.own[0] = static_cast<Votes>(next.own[0] & ~all_of(below));
        if (rules_.loss == Loss::below_floor) {
          next.abstains = static_cast<std::uint8_t>(next.abstains | 1U << below);
        }
      }
      if (next.own[0] == state_.own[0]) { continue; }
      next.forgotten = static_cast<Votes>(state_.sent(0) & ~next.own[0]);
      visit_({Action::Kind::lose, 0, slot}, next);
    }
  }

  const Rules& rules_;
  const State& state_;
  const Visit& visit_;
  View view_;
};

std::string slot_name(const Rules& rules, int slot) {
  const int next = rules.first_of_next_epoch;
  if (next >= rules.slots) { return "view " + std::to_string(slot + 1); }
  return slot < next ? "view " + std::to_string(slot + 1) + " of epoch 1"
                     : "view " + std::to_string(slot - next + 1) + " of epoch 2";
}
std::string subject_name(const Rules& rules, int subject) {
  return std::string(subject % 2 == 0 ? "block a" : "block b") + " of " + slot_name(rules, subject / 2);
}
std::string proposed_name(const Rules& rules, const State& state, int subject) {
  const auto& block = state.proposed[static_cast<std::size_t>(subject)];
  const auto parent = block.parent == 0 ? "the genesis" : subject_name(rules, block.parent - 1);
  if (block.kind == BlockKind::again) { return subject_name(rules, subject) + ", which is " + parent + " again,"; }
  return subject_name(rules, subject) + " (" + (block.kind == BlockKind::sealing ? "sealing, " : "") + "on " + parent +
         ")";
}

}  // namespace

void for_each_successor(const Rules& rules, const State& state, const Visit& visit) {
  Successors(rules, state, visit).all();
}

std::optional<std::string> fork(const Rules& rules, const State& state) {
  const View view(rules, state);
  for (int one = 0; one < 2 * rules.slots; ++one) {
    if (!view.is_final(one)) { continue; }
    for (int other = one + 1; other < 2 * rules.slots; ++other) {
      if (!view.is_final(other)) { continue; }
      const auto shared = view.chain(one) & view.chain(other);
      if (shared != view.chain(one) && shared != view.chain(other)) {
        return subject_name(rules, one) + " and " + subject_name(rules, other) +
               " are final, and neither is an ancestor of the other";
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> broken_lemma(const Rules& rules, const State& state) {
  const View view(rules, state);
  for (int slot = 0; slot < rules.slots; ++slot) {
    if (view.is_notarized(2 * slot) && view.is_notarized(2 * slot + 1)) {
      return slot_name(rules, slot) + " has two notarizations";
    }
    if (view.is_nullified(slot) && (view.is_final(2 * slot) || view.is_final(2 * slot + 1))) {
      return slot_name(rules, slot) + " has a finalization and a nullification";
    }
  }
  return std::nullopt;
}

std::string describe(const Rules& rules, const Action& action, const State& after) {
  const auto who = "validator " + std::to_string(action.validator);
  switch (action.kind) {
    case Action::Kind::notarize: return who + " notarizes " + proposed_name(rules, after, action.subject);
    case Action::Kind::nullify: return who + " nullifies " + slot_name(rules, action.slot);
    case Action::Kind::finalize: return who + " finalizes " + proposed_name(rules, after, action.subject);
    case Action::Kind::lose: break;
  }
  if (rules.loss == Loss::below_floor || rules.loss == Loss::below_floor_floor_lost) {
    return who + " forgets its votes up to " + slot_name(rules, action.slot);
  }
  std::string may;
  for (int slot = 0; slot < rules.slots; ++slot) {
    if ((after.abstains >> slot & 1U) == 0) { may += (may.empty() ? "" : ", ") + slot_name(rules, slot); }
  }
  return who + " loses its journal; it may vote in " + (may.empty() ? "no view" : may);
}

}  // namespace keten::model
