#include "tests/simulator/counters.h"

namespace keten::simulator {

std::string_view happening_name(Happening happening) {
  switch (happening) {
    case Happening::message_lost: return "message_lost";
    case Happening::message_duplicated: return "message_duplicated";
    case Happening::message_straggled: return "message_straggled";
    case Happening::connected: return "connected";
    case Happening::disconnected: return "disconnected";
    case Happening::crash: return "crash";
    case Happening::crash_between_effects: return "crash_between_effects";
    case Happening::power_failure: return "power_failure";
    case Happening::restart: return "restart";
    case Happening::torn_tail_recovered: return "torn_tail_recovered";
    case Happening::database_rolled_back: return "database_rolled_back";
    case Happening::validator_isolated: return "validator_isolated";
    case Happening::network_halved: return "network_halved";
    case Happening::link_cut_one_way: return "link_cut_one_way";
    case Happening::disk_stalled: return "disk_stalled";
    case Happening::execution_slowed: return "execution_slowed";
    case Happening::clocks_skewed: return "clocks_skewed";
    case Happening::crash_inside_write: return "crash_inside_write";
    case Happening::crash_during_start: return "crash_during_start";
    case Happening::process_killed: return "process_killed";
    case Happening::journal_rotated: return "journal_rotated";
    case Happening::stopped_by_disk: return "stopped_by_disk";
    case Happening::sync_failed: return "sync_failed";
    case Happening::database_write_failed: return "database_write_failed";
    case Happening::disk_full: return "disk_full";
    case Happening::all_disks_full: return "all_disks_full";
    case Happening::start_failed_io: return "start_failed_io";
    case Happening::write_lost: return "write_lost";
    case Happening::write_misdirected: return "write_misdirected";
    case Happening::journal_rotten: return "journal_rotten";
    case Happening::segment_rotten: return "segment_rotten";
    case Happening::database_rotten: return "database_rotten";
    case Happening::old_block_rotten: return "old_block_rotten";
    case Happening::rotten_block_not_served: return "rotten_block_not_served";
    case Happening::database_rebuilt: return "database_rebuilt";
    case Happening::rotten_table_found: return "rotten_table_found";
    case Happening::journal_copy_restored: return "journal_copy_restored";
    case Happening::journal_set_aside: return "journal_set_aside";
    case Happening::chain_thrown_away: return "chain_thrown_away";
    case Happening::link_saturated: return "link_saturated";
    case Happening::network_ring: return "network_ring";
    case Happening::network_bridge: return "network_bridge";
    case Happening::link_flapped: return "link_flapped";
    case Happening::connection_reset: return "connection_reset";
    case Happening::verification_slowed: return "verification_slowed";
    case Happening::clock_jumped: return "clock_jumped";
    case Happening::clock_froze: return "clock_froze";
    case Happening::healed_far_apart: return "healed_far_apart";
    case Happening::view_skipped: return "view_skipped";
    case Happening::notarized_after_nullify: return "notarized_after_nullify";
    case Happening::fork_abandoned: return "fork_abandoned";
    case Happening::vote_repeated: return "vote_repeated";
    case Happening::certificate_requested: return "certificate_requested";
    case Happening::payload_requested: return "payload_requested";
    case Happening::payload_served: return "payload_served";
    case Happening::whole_block_requested: return "whole_block_requested";
    case Happening::block_sync_used: return "block_sync_used";
    case Happening::blocks_served: return "blocks_served";
    case Happening::nothing_to_serve: return "nothing_to_serve";
    case Happening::path_served: return "path_served";
    case Happening::empty_block_final: return "empty_block_final";
    case Happening::full_block_final: return "full_block_final";
    case Happening::final_by_descendant: return "final_by_descendant";
    case Happening::lagging_execution: return "lagging_execution";
    case Happening::submitted: return "submitted";
    case Happening::submitted_twice: return "submitted_twice";
    case Happening::submitted_again: return "submitted_again";
    case Happening::admitted: return "admitted";
    case Happening::refused: return "refused";
    case Happening::forged_refused: return "forged_refused";
    case Happening::expired_in_mempool: return "expired_in_mempool";
    case Happening::alarm: return "alarm";
    case Happening::epoch_changed: return "epoch_changed";
    case Happening::sealing_block_repeated: return "sealing_block_repeated";
    case Happening::epoch_replayed: return "epoch_replayed";
    case Happening::follower_became_validator: return "follower_became_validator";
    case Happening::validator_removed: return "validator_removed";
    case Happening::key_rotated: return "key_rotated";
    case Happening::parameter_changed: return "parameter_changed";
    case Happening::journal_lost: return "journal_lost";
    case Happening::disk_wiped: return "disk_wiped";
    case Happening::quarantine_entered: return "quarantine_entered";
    case Happening::quarantine_left: return "quarantine_left";
    case Happening::evidence_recorded: return "evidence_recorded";
    case Happening::real_signatures: return "real_signatures";
  }
  return "";
}

}  // namespace keten::simulator
