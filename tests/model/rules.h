#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

/// The vote rules R3 to R5 of docs/consensus.md once more, as guards over the votes that were ever sent. Nothing of
/// consensus/ is used: two statements of one rule find each other's mistakes.
namespace keten::model {

/// Four validators, one of them Byzantine. Every guard asks only for votes that exist, never for votes that do not, so the
/// strongest Byzantine validator signs everything that anybody signs: a quorum of three is two honest votes.
inline constexpr int kHonest = 3;
/// A slot is one view; the views of the next epoch follow those of this one.
inline constexpr int kSlotsMax = 3;
/// Two subjects in a slot are enough: three honest votes make at most two different quorums of two.
inline constexpr int kSubjectsMax = 2 * kSlotsMax;

enum class BlockKind : std::uint8_t {
  none,  ///< nobody honest voted for such a thing yet
  normal,
  sealing,  ///< the last block of its epoch
  again,    ///< the parent, a sealing block, proposed once more
};

/// What a vote of a slot is for. `parent`: 0 the genesis, else 1 + the index of a subject.
struct Proposed {
  BlockKind kind = BlockKind::none;
  std::uint8_t parent = 0;
  friend bool operator==(const Proposed&, const Proposed&) = default;
};

/// The votes of one validator, five bits a slot: notarize the first or second subject, nullify, finalize the first or second.
using Votes = std::uint16_t;
constexpr Votes notarize_bit(int subject) { return static_cast<Votes>(1U << (5 * (subject / 2) + subject % 2)); }
constexpr Votes nullify_bit(int slot) { return static_cast<Votes>(4U << (5 * slot)); }
constexpr Votes finalize_bit(int subject) { return static_cast<Votes>(8U << (5 * (subject / 2) + subject % 2)); }
constexpr Votes all_of(int slot) { return static_cast<Votes>(31U << (5 * slot)); }

struct State {
  std::array<Proposed, kSubjectsMax> proposed{};
  std::array<Votes, kHonest> own{};  ///< what each honest validator knows that it sent
  Votes forgotten = 0;               ///< what validator 0 sent and no longer knows
  std::uint8_t abstains = 0;         ///< a bit for each slot in which validator 0 may not vote
  friend bool operator==(const State&, const State&) = default;

  [[nodiscard]] Votes sent(int validator) const {
    return static_cast<Votes>(own[static_cast<std::size_t>(validator)] | (validator == 0 ? forgotten : 0));
  }
};

/// One rule left out or broken. Each must be found out, or it is proof that the rule is not needed for safety.
enum class Mutation : std::uint8_t {
  none,
  finalize_after_nullify,
  nullify_after_finalize,
  notarize_twice,
  finalize_another,  ///< than notarized
  finalize_without_notarization,
  no_skip_proof,
  skip_proof_of_last_view_only,
  no_parent_proof,
  quorum_of_two,
  nullify_ahead,  ///< of views whose predecessors are not cleared
  start_epoch_without_finalization,
  normal_block_after_sealing,
  votes_count_in_next_epoch,
};

/// What validator 0 does after it lost its journal, and may do so again and again.
enum class Loss : std::uint8_t {
  none,
  below_floor,  ///< it forgets what lies at or below a finalized view, and stays above it: R8
  below_floor_floor_lost,
  votes_again,  ///< it knows nothing and does not care
  recovers,     ///< it asks the others and abstains in views before V + `recovery_distance`
  waits_for_next_epoch,
};
enum class Replies : std::uint8_t {
  all_others,  ///< a quorum of others, which among four validators is all of them
  one_honest_missing,
  old_set_only,  ///< and the next epoch has another set, of which only validator 0 was in the old one
};
enum class NextEpoch : std::uint8_t {
  counts,  ///< its first view counts as V + 1 to somebody who heard only of the epoch before
  is_free,
};

struct Rules {
  int slots = 2;
  int first_of_next_epoch = kSlotsMax;  ///< the slots from here on are the next epoch's
  bool sealing = false;                 ///< blocks may be sealing blocks
  Mutation mutation = Mutation::none;
  Loss loss = Loss::none;
  int recovery_distance = 2;
  Replies replies = Replies::all_others;
  NextEpoch next_epoch = NextEpoch::counts;
  bool only_one_validator_stays = false;  ///< validator 0 alone is in both sets: with votes_count_in_next_epoch
};

struct Action {
  enum class Kind : std::uint8_t { notarize, nullify, finalize, lose };
  Kind kind;
  int validator;
  int slot;
  int subject = 0;
};

using Visit = std::function<void(const Action&, const State&)>;
/// Everything that may happen next.
void for_each_successor(const Rules& rules, const State& state, const Visit& visit);

/// Two final blocks of which neither is an ancestor of the other. This is what must never be.
std::optional<std::string> fork(const Rules& rules, const State& state);
/// The lemmas L1 and L2: two notarizations, or a finalization and a nullification, of one view.
std::optional<std::string> broken_lemma(const Rules& rules, const State& state);

std::string describe(const Rules& rules, const Action& action, const State& after);

}  // namespace keten::model
