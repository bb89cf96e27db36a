#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace keten::simulator {

/// What a run is meant to reach now and then; a count of zero over many seeds says that the tests have a hole.
enum class Happening : std::uint8_t {
  message_lost,
  message_duplicated,
  message_straggled,
  connected,
  disconnected,
  crash,
  crash_between_effects,
  power_failure,
  restart,
  torn_tail_recovered,
  database_rolled_back,
  validator_isolated,
  network_halved,
  link_cut_one_way,
  disk_stalled,
  execution_slowed,
  clocks_skewed,
  crash_inside_write,
  crash_during_start,
  process_killed,
  journal_rotated,
  stopped_by_disk,
  sync_failed,
  database_write_failed,
  disk_full,
  all_disks_full,
  start_failed_io,
  write_lost,
  write_misdirected,
  journal_rotten,
  segment_rotten,
  database_rotten,
  old_block_rotten,
  rotten_block_not_served,
  rotten_table_found,
  database_rebuilt,
  journal_set_aside,
  journal_copy_restored,
  chain_thrown_away,
  link_saturated,
  network_ring,
  network_bridge,
  link_flapped,
  connection_reset,
  verification_slowed,
  clock_jumped,
  clock_froze,
  healed_far_apart,
  view_skipped,
  notarized_after_nullify,
  fork_abandoned,
  vote_repeated,
  certificate_requested,
  payload_requested,
  payload_served,
  whole_block_requested,
  block_sync_used,
  blocks_served,
  nothing_to_serve,
  path_served,
  empty_block_final,
  full_block_final,
  final_by_descendant,
  lagging_execution,
  submitted,
  submitted_twice,
  submitted_again,
  admitted,
  refused,
  forged_refused,
  expired_in_mempool,
  alarm,
  epoch_changed,
  sealing_block_repeated,
  epoch_replayed,
  follower_became_validator,
  validator_removed,
  key_rotated,
  parameter_changed,
  journal_lost,
  disk_wiped,
  quarantine_entered,
  quarantine_left,
  evidence_recorded,
  guest_called,   ///< runs in which a contract in WebAssembly was
  event_flagged,  ///< by the rule of an agreement
  finding_overdue,
  real_signatures,
};
inline constexpr std::size_t kHappenings = static_cast<std::size_t>(Happening::real_signatures) + 1;

std::string_view happening_name(Happening happening);

class Counters {
 public:
  void count(Happening happening, std::uint64_t times = 1) { counts_[static_cast<std::size_t>(happening)] += times; }
  [[nodiscard]] std::uint64_t of(Happening happening) const { return counts_[static_cast<std::size_t>(happening)]; }
  void add(const Counters& other) {
    for (std::size_t i = 0; i < kHappenings; ++i) { counts_[i] += other.counts_[i]; }
  }

 private:
  std::array<std::uint64_t, kHappenings> counts_{};
};

}  // namespace keten::simulator
