#include "tests/simulator/validator.h"

#include <algorithm>
#include <map>
#include <utility>

#include "contracts/execute.h"
#include "contracts/governance/arguments.h"
#include "contracts/governance/membership_state.h"
#include "core/check.h"
#include "core/limits.h"
#include "node/query/ledger_query.h"
#include "node/storage/commit.h"
#include "tests/simulator/byzantine/actor.h"

namespace keten::simulator {
namespace {

constexpr std::uint64_t kStepsBetweenMeasurements = 32;
/// As on a node: most of what one message may hold.
constexpr std::size_t kServeBytesMax = limits::kPeerMessageBytesMax * 3 / 4;

}  // namespace

Validator::Validator(const Surroundings& around, FrontDoor& front_door, NodeNumber self, Random random)
    : around_(around),
      front_door_(front_door),
      self_(self),
      random_(random),
      disk_(random_.fork(), around.founding.genesis(),
            {around.founding.chain_id(), around.founding.node_key(self, 0).public_key()}, around.disk) {}

void Validator::start() {
  CHECK(!is_up());
  ++incarnation_;
  effects_left_.reset();
  const auto rebuilds = disk_.rebuilds();
  Hash nonce;
  for (auto& byte : nonce.bytes) { byte = static_cast<std::uint8_t>(random_.below(256)); }
  auto opened = disk_.open(nonce);
  around_.counters.count(Happening::database_rebuilt, disk_.rebuilds() - rebuilds);
  if (!opened) {
    const auto& why = opened.error();
    if (!disk_.files().has_power()) {
      around_.counters.count(Happening::crash_during_start);
      disk_.power_failure(random_);
      return around_.supervisor.stopped(self_, why);
    }
    const bool is_of_disk = why.kind == ErrorKind::unavailable || why.reason.ends_with("_IO");
    if (is_damaged_ || is_of_disk) { return around_.supervisor.refused(self_, why); }
    return around_.witness.broken("recovers", text_of(self_) + " cannot start: " + why.reason + ": " + why.message);
  }
  if (opened->has_replayed_epoch) { around_.counters.count(Happening::epoch_replayed); }
  if (opened->was_restored) { around_.counters.count(Happening::journal_copy_restored); }
  if (opened->was_set_aside) { around_.counters.count(Happening::journal_set_aside); }
  if (opened->was_torn) { around_.counters.count(Happening::torn_tail_recovered); }
  const auto executed = storage::read_executed(*disk_.database().snapshot());
  CHECK(executed.ok());  // restored a moment ago

  auto process = std::make_unique<Process>();
  for (const auto& one : opened->restored.stored) { process->stored.stored(one.id, one.height, one.location); }
  auto& recovered = opened->restored.recovered;
  if (actor_ == nullptr) { tell_final(opened->blocks, *executed); }
  around_.witness.read_at_start(self_, {0, std::move(opened->blocks), std::move(opened->journal)});
  if (trusts_first_start_) { recovered.consensus.is_fresh = false; }
  // The operator of a faulty one does not care for what it signed before.
  if (actor_ != nullptr) { recovered.consensus.quarantine.reset(); }
  process->membership = recovered.membership;
  process->executed_height = executed->height;
  process->executed_block = executed->block;
  process->state_root = executed->state_root;
  process->started = around_.schedule.now();
  process->steady_base_ms = random_.below(1'000'000);
  around_.witness.started(self_, recovered);
  // The replay may have been the first execution of the block that began an epoch.
  around_.witness.membership_changed(self_, *process->membership);

  pipeline::PipelineConfig config;
  config.genesis = around_.founding.genesis();
  process->pipeline = std::make_unique<pipeline::Pipeline>(std::move(config), around_.keys.keys_of(self_),
                                                           around_.rules, std::move(recovered));
  process_ = std::move(process);
  around_.network.process_changed(self_);
  carry_out(process_->pipeline->start(now()));
}

/// The start may have executed what nobody had called final before the power failed; clients ask for their transactions.
void Validator::tell_final(const std::vector<BlockPointer>& blocks, const storage::Executed& executed) {
  std::map<BlockId, BlockPointer> stored;  // a parent may have come after its child
  for (const auto& block : blocks) { stored.emplace(block->header.id(), block); }
  std::vector<BlockPointer> chain;
  for (auto block = stored.find(executed.block); block != stored.end();
       block = stored.find(block->second->header.parent)) {
    chain.push_back(block->second);
  }
  for (auto block = chain.rbegin(); block != chain.rend(); ++block) { front_door_.became_final(self_, **block); }
}

void Validator::crash(std::string_view how, Crash kind) {
  CHECK(is_up());
  around_.witness.crashed(self_, how);
  knew_its_past_ = knows_its_past();
  if (process_->is_writing_records) {
    // Between two of the operations of the write that was going on.
    disk_.files().cut_power_after(random_.below(6));
    (void)disk_.votes().sync();
  }
  process_.reset();
  ++incarnation_;
  effects_left_.reset();
  disk_.close();
  if (kind == Crash::power) {
    if (disk_.database().unsynced() > 0) { around_.counters.count(Happening::database_rolled_back); }
    disk_.power_failure(random_);
  } else {
    disk_.files().power_stays();
  }
  around_.network.process_changed(self_);
}

void Validator::disk_failed(const Error& why) {
  if (!disk_.files().has_power()) {
    around_.counters.count(Happening::crash_inside_write);
    crash("inside a write");
    return around_.supervisor.stopped(self_, why);
  }
  around_.counters.count(Happening::stopped_by_disk);
  if (why.reason == "STORAGE_CORRUPT") {
    around_.counters.count(Happening::rotten_table_found);
    disk_.ask_for_rebuild();
  }
  around_.witness.remark(text_of(self_) + " stops: " + why.reason + ": " + why.message);
  crash("because its disk failed", Crash::process);
  if (disk_.files().was_used_after_failure()) {
    around_.witness.broken("stops_after_failed_sync", text_of(self_) + " used a file after its sync had failed");
  }
  around_.supervisor.stopped(self_, why);
}

void Validator::damaged() {
  is_damaged_ = true;
  around_.witness.damaged(self_);
}

void Validator::freeze_clock(bool frozen) {
  frozen_wall_ms_.reset();
  if (frozen) { frozen_wall_ms_ = wall_ms(); }
}

void Validator::lose_journal() {
  CHECK(!is_up());
  around_.counters.count(Happening::journal_lost);
  disk_.lose_journal();
  has_past_ = false;
  knew_its_past_ = false;
  around_.witness.forgot(self_, "its vote journal");
}

void Validator::lose_disk() {
  CHECK(!is_up());
  around_.counters.count(Happening::disk_wiped);
  disk_.wipe();
  has_past_ = false;
  knew_its_past_ = false;
  around_.witness.forgot(self_, "its disk");
}

bool Validator::knows_its_past() const {
  if (!has_past_) { return false; }
  if (!is_up()) { return knew_its_past_; }
  const auto& engine = process_->pipeline->engine();
  return !engine.is_fresh() && engine.abstention_reason().empty();
}

void Validator::handle(pipeline::Event event) {
  if (!is_up()) { return; }
  if (actor_ != nullptr) {
    const auto* heard = std::get_if<pipeline::FromPeer>(&event);
    if (heard != nullptr && !actor_->hear(heard->from, heard->message)) { return; }
  }
  auto& process = *process_;
  auto effects = process.pipeline->step(std::move(event), now());
  if (++process.steps % kStepsBetweenMeasurements == 0) {
    around_.witness.measured(self_, process.pipeline->engine().floor(), process.pipeline->status(now()));
    for (std::uint16_t peer = 0; peer < around_.founding.validators().size(); ++peer) {
      if (process.pipeline->engine().ignores(ValidatorIndex{peer}, now())) {
        around_.witness.unheard(self_, NodeNumber{peer});
      }
    }
  }
  carry_out(std::move(effects));
}

std::int64_t Validator::wall_ms() const {
  if (frozen_wall_ms_) { return *frozen_wall_ms_; }
  return static_cast<std::int64_t>(around_.founding.genesis().time + kStartsAfterGenesisMs +
                                   around_.schedule.now() / kMillisecond) +
         clock_skew_ms_;
}

consensus::Now Validator::now() const {
  return {process_->steady_base_ms + (around_.schedule.now() - process_->started) / kMillisecond,
          static_cast<Milliseconds>(wall_ms())};
}

bool Validator::may_go_on() {
  if (!effects_left_) { return true; }
  if (*effects_left_ > 0) {
    --*effects_left_;
    return true;
  }
  around_.counters.count(Happening::crash_between_effects);
  crash("between two effects");
  return false;
}

void Validator::carry_out(pipeline::Effects effects) {
  for (auto& effect : effects.persist) {
    if (!may_go_on()) { return; }
    persist(std::move(effect));
    if (!is_up()) { return; }  // its disk failed
  }
  for (const auto& effect : effects.send) {
    if (!may_go_on()) { return; }
    send(effect);
  }
  for (const auto& request : effects.verify_votes) { verify(request); }
  for (const auto& request : effects.verify_transactions) { verify(request); }
  for (auto& effect : effects.execute) {
    if (!may_go_on()) { return; }
    execute(std::move(effect));
  }
  for (const auto& effect : effects.serve) { serve(effect); }
  for (const auto& admission : effects.admissions) { front_door_.answered(self_, admission); }
  for (const auto& final : effects.finals) {
    if (!may_go_on()) { return; }
    around_.witness.block_final(self_, *final.block);
    if (actor_ == nullptr) { front_door_.became_final(self_, *final.block); }
  }
  around_.counters.count(Happening::expired_in_mempool, effects.expired.size());
  for (const auto& alarm : effects.alarms) { raise(alarm); }
  if (!is_up() || !may_go_on()) { return; }
  if (effects.ready_due) { say_ready(*effects.ready_due); }
  process_->wake_ms = effects.wake_at_ms;
  schedule_tick();
}

void Validator::raise(const consensus::Alarm& alarm) {
  around_.witness.alarm(self_, alarm);
  if (actor_ == nullptr || alarm.kind == consensus::AlarmKind::conflicting_votes || !is_up()) { return; }
  // The pipeline inside has found out what its own key signed, and stops: a faulty operator starts it again.
  crash("and is started again by its operator");
  around_.schedule.after(random_.between(50 * kMillisecond, 2 * kSecond), [this] {
    if (!is_up()) { start(); }
  });
}

void Validator::later(Time delay, std::function<void()> action) {
  around_.schedule.after(delay, [this, incarnation = incarnation_, action = std::move(action)] {
    if (incarnation == incarnation_) { action(); }
  });
}

void Validator::schedule_tick() {
  auto& process = *process_;
  if (process.wake_ms == 0) { return; }
  const auto steady = now().steady_ms;
  const auto wait = process.wake_ms > steady ? process.wake_ms - steady : 0;
  const auto at = around_.schedule.now() + wait * kMillisecond;
  if (process.tick_at != 0 && process.tick_at <= at) { return; }
  process.tick_at = at;
  later(at - around_.schedule.now(), [this, at] {
    if (process_->tick_at != at) { return; }  // an earlier one took its place
    process_->tick_at = 0;
    if (now().steady_ms >= process_->wake_ms) {
      handle(pipeline::Tick{});
    } else {
      schedule_tick();
    }
  });
}

void Validator::persist(pipeline::Persist effect) {
  process_->persist_queue.push_back(std::move(effect));
  if (process_->persisting.empty()) { write_blocks(); }
}

/// The disk thread takes all that waits. Bodies are durable before a record that speaks of them is written.
void Validator::write_blocks() {
  auto& process = *process_;
  process.persisting.assign(std::make_move_iterator(process.persist_queue.begin()),
                            std::make_move_iterator(process.persist_queue.end()));
  process.persist_queue.clear();
  bool has_blocks = false;
  for (const auto& one : process.persisting) {
    for (const auto& block : one.blocks) {
      if (actor_ != nullptr) { actor_->stored(block); }
      const auto location = disk_.segments().append(block->encode());
      if (!location) { return disk_failed(location.error()); }
      process.stored.stored(block->header.id(), block->header.height, *location);
      has_blocks = true;
    }
  }
  if (!has_blocks) { return write_records(); }
  later(sync_time(), [this] {
    if (auto synced = disk_.segments().sync(); !synced) { return disk_failed(synced.error()); }
    write_records();
  });
}

void Validator::write_records() {
  auto& process = *process_;
  for (const auto& one : process.persisting) { disk_.votes().append(one.records); }
  process.is_writing_records = true;
  later(sync_time(), [this] { write_done(); });
}

Time Validator::sync_time() {
  const auto now_us = around_.schedule.now();
  const auto stalled = disk_free_at_ > now_us ? disk_free_at_ - now_us : 0;
  return stalled + random_.between(speed_.sync_min, speed_.sync_max);
}

void Validator::write_done() {
  auto& process = *process_;
  process.is_writing_records = false;
  disk_.votes().executed(process.executed_height);
  const auto rotations = disk_.votes().counters().rotations;
  if (auto synced = disk_.votes().sync(); !synced) { return disk_failed(synced.error()); }
  around_.counters.count(Happening::journal_rotated, disk_.votes().counters().rotations - rotations);
  for (const auto& one : process.persisting) {
    has_past_ = has_past_ || !one.records.empty();
    around_.witness.synced(self_, one);
  }
  const auto sequence = process.persisting.back().sequence;
  process.persisting.clear();
  if (!process.persist_queue.empty()) { write_blocks(); }
  handle(pipeline::Persisted{sequence});
}

void Validator::send(const pipeline::Send& effect) {
  if (actor_ != nullptr) { return actor_->say(effect.to, effect.message); }
  around_.witness.sent(self_, effect.to, effect.message);
  const auto message = std::make_shared<const pipeline::PeerMessage>(effect.message);
  if (effect.to) {
    around_.network.send(self_, *effect.to, message);
    return;
  }
  for (std::uint16_t to = 0; to < around_.machines; ++to) {
    if (to != self_.value) { around_.network.send(self_, NodeNumber{to}, message); }
  }
}

void Validator::verify(const consensus::VerifyRequest& request) {
  std::vector<bool> valid;
  valid.reserve(request.checks.size());
  for (const auto& check : request.checks) { valid.push_back(around_.keys.is_valid(check)); }
  later(random_.between(speed_.verify_min, speed_.verify_max),
        [this, ticket = request.ticket, valid = std::move(valid)] {
          handle(pipeline::VotesVerified{ticket, valid});
        });
}

void Validator::verify(const pipeline::VerifyTransactions& request) {
  std::vector<bool> valid;
  valid.reserve(request.transactions.size());
  for (const auto& transaction : request.transactions) {
    valid.push_back(around_.signatures == Signatures::tags ? around_.founding.is_signed(*transaction)
                                                           : has_valid_signature(*transaction));
  }
  later(random_.between(speed_.verify_min, speed_.verify_max),
        [this, ticket = request.ticket, valid = std::move(valid)] {
          handle(pipeline::TransactionsVerified{ticket, valid});
        });
}

void Validator::execute(pipeline::Execute effect) {
  around_.witness.execute_asked(self_, effect);
  process_->execute_queue.push_back(std::move(effect));
  if (!process_->is_executing) { execute_next(); }
}

void Validator::execute_next() {
  process_->is_executing = true;
  later(random_.between(speed_.execute_min, speed_.execute_max), [this] {
    const auto effect = std::move(process_->execute_queue.front());
    process_->execute_queue.pop_front();
    execute_now(effect);
    if (!is_up()) { return; }
    process_->is_executing = false;
    if (!process_->execute_queue.empty()) { execute_next(); }
    handle(pipeline::Executed{process_->executed_height, process_->state_root,
                              std::exchange(process_->changed_membership, nullptr)});
  });
}

void Validator::execute_now(const pipeline::Execute& effect) {
  auto& process = *process_;
  const auto& header = effect.block->header;
  const auto id = header.id();
  const auto location = process.stored.find(id);
  if (!location) {
    around_.witness.broken("durable_before_send", text_of(self_) + " executes a block that it has not stored");
    return crash("because it cannot go on");
  }
  contracts::BlockResult result;
  try {
    const auto snapshot = disk_.database().snapshot();
    result = contracts::execute_block(storage::state_before(*snapshot), contracts::block_context(*effect.block),
                                      effect.block->transactions, around_.founding.registry(),
                                      process.membership->directory, nullptr, &process.pages);
  } catch (const storage::ReadFailure& failed) { return disk_failed(failed.error()); }
  const auto replay_from = process.stored.replay_from(header.height, *location);
  const storage::Commit commit{*effect.block, id, *location, replay_from, result, effect.finalization};
  const auto commit_it = [&]() -> keten::Status {
    try {
      return storage::commit_block(disk_.database(), commit);
    } catch (const storage::ReadFailure& failed) { return failed.error(); }
  };
  if (const auto done = commit_it(); !done) {
    if (done.error().reason == "COMMIT_GAP" || done.error().reason == "COMMIT_CONFLICT") {
      around_.witness.broken("commits", text_of(self_) + ": " + done.error().reason + ": " + done.error().message);
    }
    return disk_failed(done.error());
  }
  process.stored.executed(header.height);
  disk_.executed(replay_from);
  process.executed_height = header.height;
  process.executed_block = id;
  process.state_root = result.state_root;
  around_.witness.executed(self_, header.height, result.state_root);
  if (!governance::changes_membership(result.writes)) { return; }
  const auto snapshot = disk_.database().snapshot();
  auto membership =
      governance::membership_after(*process.membership, snapshot->column(storage::Column::state), result.writes);
  const auto read = governance::read_membership(snapshot->column(storage::Column::state));
  CHECK(membership.ok() && read.ok());
  if (membership->directory.keys() != read->directory.keys() || membership->nodes != read->nodes) {
    around_.witness.broken(
        "membership",
        text_of(self_) + ": what follows from the block before differs from the state at " + header.height.text());
  }
  process.membership = process.changed_membership = std::make_shared<const Membership>(std::move(*membership));
  around_.witness.membership_changed(self_, *process.membership);
}

void Validator::serve(const pipeline::Serve& effect) {
  // Blocks are small here: a limit of its own for some answers does what large blocks do to the limit of bytes.
  const auto most = random_.chance(300) ? random_.between(1, 4) : limits::kSyncBlocksMax;
  const auto read = [&]() -> Result<query::BlockRange> {
    try {
      const query::LedgerView ledger(disk_.database().snapshot(), disk_.segments());
      return ledger.range(effect.request.from, effect.request.to, most, kServeBytesMax);
    } catch (const storage::ReadFailure& failed) { return failed.error(); }
  };
  auto range = read();
  if (!range) {
    if (has_rot_) { return around_.counters.count(Happening::rotten_block_not_served); }
    return around_.witness.broken("serves", text_of(self_) + ": " + range.error().message);
  }
  if (range->blocks.empty()) {
    around_.counters.count(Happening::nothing_to_serve);
    return;
  }
  if (!range->path.empty()) { around_.counters.count(Happening::path_served); }
  pipeline::BlockResponse response{range->from, std::move(range->blocks), std::move(range->finalization),
                                   std::move(range->path)};
  later(random_.between(speed_.sync_min, speed_.sync_max), [this, to = effect.peer, response = std::move(response)] {
    send({to, pipeline::PeerMessage(response)});
  });
}

void Validator::say_ready(const pipeline::ReadyDue& due) {
  const governance::Ready ready{due.set, due.height};
  auto transaction = around_.founding.govern(around_.founding.organisation_of(self_), around_.keys.pair(due.key),
                                             {.method = governance::kReady,
                                              .arguments = ready.encode(),
                                              .valid_until = due.height.plus(50),
                                              .salt = random_.next()});
  later(0, [this, transaction = std::move(transaction)] { handle(pipeline::Submitted{kOwnTicket, {transaction}}); });
}

const MembershipPointer& Validator::membership() const { return process_->membership; }

pipeline::PipelineStatus Validator::status() const { return process_->pipeline->status(now()); }

Height Validator::executed_height() const { return process_->executed_height; }

const Hash& Validator::state_root() const { return process_->state_root; }

}  // namespace keten::simulator
