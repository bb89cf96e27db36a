#pragma once

/// Bugs to order: one build of the simulator (`keten_simulate_mutants`) has them all and switches one on, to prove that its
/// checkers see it. Everywhere else MUTANT(name) is the constant false and nothing of this exists. A name says what the
/// code then does wrong. tests/simulator/mutants.py runs them; KETEN_MUTANT_NAMES is the list.
#ifdef KETEN_MUTANTS

#define KETEN_MUTANT_NAMES(DO)           \
  DO(quorum_of_two_f)                    \
  DO(signer_counts_twice)                \
  DO(certificate_unchecked)              \
  DO(vote_of_another_channel)            \
  DO(vote_without_set)                   \
  DO(vote_without_chain)                 \
  DO(no_proof_of_skipped_views)          \
  DO(parent_unchecked)                   \
  DO(two_notarizes)                      \
  DO(finalize_after_nullify)             \
  DO(nullify_after_finalize)             \
  DO(finalize_another_block)             \
  DO(send_before_sync)                   \
  DO(vote_before_body)                   \
  DO(certificate_not_in_journal)         \
  DO(votes_forgotten_at_restart)         \
  DO(own_vote_not_counted_after_restart) \
  DO(commit_without_blocks)              \
  DO(no_repetition)                      \
  DO(timeouts_do_not_grow)               \
  DO(identical_votes_are_evidence)       \
  DO(time_may_fall)                      \
  DO(time_may_run_ahead)                 \
  DO(duplicate_transactions)             \
  DO(duplicates_forgotten_at_restart)    \
  DO(expired_transactions)               \
  DO(forged_transactions)                \
  DO(payload_root_unchecked)             \
  DO(merkle_doubles_the_last_leaf)       \
  DO(executed_root_unchecked)            \
  DO(execution_remembers_the_process)    \
  DO(synced_range_unchecked)             \
  DO(sync_trusts_any_finalization)       \
  DO(torn_tail_is_read)

namespace keten {

#define KETEN_MUTANT_ENUMERATOR(name) name,
enum class Mutant { none, KETEN_MUTANT_NAMES(KETEN_MUTANT_ENUMERATOR) };
#undef KETEN_MUTANT_ENUMERATOR

/// Chosen once, before anything runs.
inline Mutant planted_mutant = Mutant::none;

}  // namespace keten

#define MUTANT(name) (::keten::planted_mutant == ::keten::Mutant::name)
#else
#define MUTANT(name) false
#endif
