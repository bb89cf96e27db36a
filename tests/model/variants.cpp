#include "tests/model/variants.h"

namespace keten::model {

namespace {

constexpr bool kUnsafe = false;
constexpr bool kLarge = true;

Rules plain(int views) { return {.slots = views}; }
Rules mutated(Mutation mutation, int views = 2) {
  auto rules = plain(views);
  rules.mutation = mutation;
  return rules;
}
Rules losing(Loss loss, int views, int distance = 2) {
  auto rules = plain(views);
  rules.loss = loss;
  rules.recovery_distance = distance;
  return rules;
}
Rules sealing(int views_before, int views_after, Mutation mutation = Mutation::none) {
  auto rules = mutated(mutation, views_before + views_after);
  rules.first_of_next_epoch = views_before;
  rules.sealing = true;
  return rules;
}
Rules one_stays(Rules rules) {
  rules.only_one_validator_stays = true;
  return rules;
}
Rules losing_at_hand_off(int views_before, int views_after, Loss loss, NextEpoch next,
                         Replies replies = Replies::all_others) {
  auto rules = sealing(views_before, views_after);
  rules.loss = loss;
  rules.next_epoch = next;
  rules.replies = replies;
  return rules;
}

std::vector<Variant> make() {
  using enum Property;
  const auto one_missing = [](Rules rules) {
    rules.replies = Replies::one_honest_missing;
    return rules;
  };
  const auto ahead = [](Rules rules) {
    rules.mutation = Mutation::nullify_ahead;
    return rules;
  };
  return {
      {"rules_2", "the rules, two views", plain(2)},
      {"rules_3", "the rules, three views", plain(3)},

      {"finalize_after_nullify", "R5 without 'own nullify is absent'", mutated(Mutation::finalize_after_nullify),
       no_fork, kUnsafe},
      {"nullify_after_finalize", "R4 without 'own finalize is absent'", mutated(Mutation::nullify_after_finalize),
       no_fork, kUnsafe},
      {"notarize_twice", "R3.1 without 'own notarize is absent'", mutated(Mutation::notarize_twice), no_fork, kUnsafe},
      {"finalize_without_notarization", "R5 without a notarization", mutated(Mutation::finalize_without_notarization),
       no_fork, kUnsafe},
      {"no_skip_proof", "R3.3 without nullifications of the views between", mutated(Mutation::no_skip_proof), no_fork,
       kUnsafe},
      {"skip_proof_of_last_view_only", "R3.3 asks for the nullification of the view before only",
       mutated(Mutation::skip_proof_of_last_view_only, 3), no_fork, kUnsafe},
      {"no_parent_proof", "R3.3 without the parent's notarization", mutated(Mutation::no_parent_proof), no_fork,
       kUnsafe},
      {"quorum_of_two", "two of four are a quorum", mutated(Mutation::quorum_of_two), no_fork, kUnsafe},
      {"finalize_another", "R5 without 'own notarize is absent or for P': not needed, because L1 holds anyway",
       mutated(Mutation::finalize_another)},
      {"finalize_another_3", "the same, three views", mutated(Mutation::finalize_another, 3), no_fork_and_lemmas, true,
       kLarge},
      {"nullify_ahead", "R4 for later views than the current one: not needed while no journal is lost",
       mutated(Mutation::nullify_ahead)},
      {"nullify_ahead_3", "the same, three views", mutated(Mutation::nullify_ahead, 3), no_fork_and_lemmas, true,
       kLarge},

      {"forget_below_floor", "R8: votes up to the floor are forgotten, the floor is kept",
       losing(Loss::below_floor, 2)},
      {"forget_below_floor_3", "the same, three views", losing(Loss::below_floor, 3), no_fork_and_lemmas, true, kLarge},
      {"forget_floor", "R8 broken: votes up to the floor are forgotten, and then the floor",
       losing(Loss::below_floor_floor_lost, 2), no_fork, kUnsafe},
      {"lost_journal_votes_again", "a lost journal, and votes in any view", losing(Loss::votes_again, 2), no_fork,
       kUnsafe},
      {"recovery_v", "a lost journal, and votes from view V on", losing(Loss::recovers, 2, 0), no_fork, kUnsafe},
      {"recovery_v1", "a lost journal, and votes from view V + 1 on: two views break lemma L2",
       losing(Loss::recovers, 2, 1), no_fork_and_lemmas, kUnsafe},
      {"recovery_v1_3", "the same, three views: a fork", losing(Loss::recovers, 3, 1), no_fork, kUnsafe, kLarge},
      {"recovery_v2", "a lost journal, any number of times, and votes from view V + 2 on",
       losing(Loss::recovers, 2, 2)},
      {"recovery_v2_3", "the same, three views", losing(Loss::recovers, 3, 2), no_fork_and_lemmas, true, kLarge},
      {"recovery_v2_one_honest_missing", "V + 2, but V from two of three others, one of them Byzantine",
       one_missing(losing(Loss::recovers, 3, 2)), no_fork_and_lemmas, kUnsafe},
      {"recovery_v2_nullify_ahead", "V + 2, and R4 for later views than the current one",
       ahead(losing(Loss::recovers, 3, 2)), no_fork_and_lemmas, kUnsafe},

      {"seal_2_0", "sealing blocks and their re-proposal, two views", sealing(2, 0)},
      {"seal_3_0", "sealing blocks and their re-proposal, three views", sealing(3, 0), no_fork_and_lemmas, true,
       kLarge},
      {"seal_1_2", "hand-off after one view, two views in the next epoch", sealing(1, 2)},
      {"seal_2_1", "hand-off after at most two views, one view in the next epoch", sealing(2, 1)},
      {"start_without_finalization", "the next epoch starts on a notarized sealing block",
       sealing(2, 1, Mutation::start_epoch_without_finalization), no_fork, kUnsafe},
      {"normal_block_after_sealing", "a normal block may follow a sealing block",
       sealing(2, 1, Mutation::normal_block_after_sealing), no_fork, kUnsafe},
      {"votes_count_in_next_epoch", "nullify votes count in the same view of the next epoch",
       sealing(2, 1, Mutation::votes_count_in_next_epoch), no_fork_and_lemmas, kUnsafe},
      {"votes_count_one_stays", "the same, and only one honest validator is in both sets",
       one_stays(sealing(2, 1, Mutation::votes_count_in_next_epoch)), no_fork_and_lemmas, kUnsafe},

      {"wait_for_next_epoch", "a lost journal, votes from the next epoch's first view on",
       losing_at_hand_off(1, 2, Loss::waits_for_next_epoch, NextEpoch::is_free), no_fork_and_lemmas, kUnsafe},
      {"wait_for_next_epoch_v2", "the same from its second view on: its first counts as V + 1",
       losing_at_hand_off(1, 2, Loss::waits_for_next_epoch, NextEpoch::counts)},
      {"recovery_v2_next_epoch_free", "V + 2, but only within its epoch",
       losing_at_hand_off(1, 2, Loss::recovers, NextEpoch::is_free), no_fork_and_lemmas, kUnsafe},
      {"recovery_v2_next_epoch", "V + 2, where the next epoch's first view follows every view",
       losing_at_hand_off(2, 1, Loss::recovers, NextEpoch::counts)},
      {"recovery_v2_old_set", "the same, V from the old set, of which nobody else is in the new one",
       losing_at_hand_off(1, 2, Loss::recovers, NextEpoch::counts, Replies::old_set_only), no_fork_and_lemmas, kUnsafe},
  };
}

}  // namespace

const std::vector<Variant>& variants() {
  static const auto all = make();
  return all;
}

}  // namespace keten::model
