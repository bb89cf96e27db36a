#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "contracts/commitment/page_cache.h"
#include "contracts/registry.h"
#include "node/pipeline/pipeline.h"
#include "node/storage/stored_blocks.h"
#include "tests/simulator/disk.h"
#include "tests/simulator/founding.h"
#include "tests/simulator/key_ring.h"
#include "tests/simulator/network.h"
#include "tests/simulator/witness.h"

namespace keten::simulator {

namespace byzantine {
class Actor;
}

/// How long a machine takes for what the pipeline asks of it.
struct Speed {
  Time sync_min = 100;
  Time sync_max = 1000;
  Time verify_min = 50;
  Time verify_max = 1000;
  Time execute_min = 100;
  Time execute_max = 2000;
};

/// Whoever starts processes again.
class Supervisor {
 public:
  virtual ~Supervisor() = default;
  /// The process ended by itself because its disk failed.
  virtual void stopped(NodeNumber at, const Error& why) = 0;
  /// A start was refused because of what the disk holds.
  virtual void refused(NodeNumber at, const Error& why) = 0;
};

enum class Crash : std::uint8_t {
  power,    ///< unsynced bytes are lost
  process,  ///< the page cache stays
};

/// What all validators of one run share; borrowed.
struct Surroundings {
  const Founding& founding;
  const KeyRing& keys;
  const pipeline::TransactionRules& rules;
  Schedule& schedule;
  Network& network;
  Witness& witness;
  Counters& counters;
  Signatures signatures;
  std::size_t machines = 0;  ///< validators of the genesis and those that may join
  Supervisor& supervisor;
  DiskOptions disk;
};

/// Tickets of what machines and governors submit; the clients' own stay below.
inline constexpr std::uint64_t kOwnTicket = std::uint64_t{1} << 40U;

/// Answers to submissions and news of finality go back to the clients.
class FrontDoor {
 public:
  virtual ~FrontDoor() = default;
  virtual void answered(NodeNumber at, const pipeline::Admission& admission) = 0;
  virtual void became_final(NodeNumber at, const Block& block) = 0;
};

/// One machine with its process: carries the effects of the real pipeline out in virtual time, as the daemon does in real
/// time, and can lose its power between any two of them. The disk survives, the rest does not.
class Validator {
 public:
  Validator(const Surroundings& around, FrontDoor& front_door, NodeNumber self, Random random);

  /// From now on this one makes its messages. Borrowed; before the first start.
  void is_played_by(byzantine::Actor* actor) { actor_ = actor; }

  [[nodiscard]] NodeNumber self() const { return self_; }
  [[nodiscard]] bool is_up() const { return process_ != nullptr; }
  void start();
  /// At once, or after so many effects of the next step.
  void crash(std::string_view how, Crash kind = Crash::power);
  /// While it is down: its vote journal is gone, or all of its disk. Each counts as a fault until it votes again.
  void lose_journal();
  void lose_disk();
  /// Its operator vouches that an empty disk is a first start.
  void trust_first_start() { trusts_first_start_ = true; }
  /// Knows what it has signed: its word counts for who has lost that.
  [[nodiscard]] bool knows_its_past() const;
  void crash_after_effects(std::uint64_t count) { effects_left_ = count; }
  void crash_no_more() { effects_left_.reset(); }
  /// What its disk gave back may be less than it had promised, or wrong: the validator counts as faulty.
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }
  void damaged();
  /// Some stored block may be unreadable; everything else is as it should be.
  void has_rot() { has_rot_ = true; }
  /// Casts no vote, whether for good or until others have answered. Precondition: up.
  [[nodiscard]] bool abstains() const { return !process_->pipeline->engine().abstention_reason().empty(); }
  void handle(pipeline::Event event);

  [[nodiscard]] Speed& speed() { return speed_; }
  void set_clock_skew_ms(std::int64_t skew) { clock_skew_ms_ = skew; }
  [[nodiscard]] std::int64_t clock_skew_ms() const { return clock_skew_ms_; }
  void freeze_clock(bool frozen);
  void stall_disk_until(Time time) { disk_free_at_ = time; }

  /// Precondition: up.
  [[nodiscard]] pipeline::PipelineStatus status() const;
  [[nodiscard]] Disk& disk() { return disk_; }
  [[nodiscard]] Height executed_height() const;
  [[nodiscard]] const Hash& state_root() const;
  [[nodiscard]] const MembershipPointer& membership() const;

 private:
  /// What a crash wipes out.
  struct Process {
    std::unique_ptr<pipeline::Pipeline> pipeline;
    MembershipPointer membership;
    MembershipPointer changed_membership;  ///< by the block that was executed last
    /// Room for a few pages, so that runs see them come and go.
    contracts::commitment::PageCache pages{12 * 1024};
    storage::StoredBlocks stored;
    std::deque<pipeline::Persist> persist_queue;
    std::vector<pipeline::Persist> persisting;
    std::deque<pipeline::Execute> execute_queue;
    bool is_writing_records = false;
    bool is_executing = false;
    Height executed_height;
    BlockId executed_block;
    Hash state_root;
    Time started = 0;
    std::uint64_t steady_base_ms = 0;
    Time tick_at = 0;           ///< a tick is scheduled then; 0: none
    std::uint64_t wake_ms = 0;  ///< when the pipeline wants it, its steady time
    std::uint64_t steps = 0;
  };

  [[nodiscard]] consensus::Now now() const;
  [[nodiscard]] std::int64_t wall_ms() const;
  /// As on a node: after a failed write nothing can be promised any more, and the process ends.
  void disk_failed(const Error& why);
  void tell_final(const std::vector<BlockPointer>& blocks, const storage::Executed& executed);
  void carry_out(pipeline::Effects effects);
  /// Counts an effect; false when the power went out before it.
  [[nodiscard]] bool may_go_on();
  /// Later, unless the process is gone by then.
  void later(Time delay, std::function<void()> action);

  void persist(pipeline::Persist effect);
  void write_blocks();
  void write_records();
  void write_done();
  [[nodiscard]] Time sync_time();
  void send(const pipeline::Send& effect);
  void verify(const consensus::VerifyRequest& request);
  void verify(const pipeline::VerifyTransactions& request);
  void execute(pipeline::Execute effect);
  void execute_next();
  void execute_now(const pipeline::Execute& effect);
  void serve(const pipeline::Serve& effect);
  void say_ready(const pipeline::ReadyDue& due);
  void raise(const consensus::Alarm& alarm);
  void schedule_tick();

  Surroundings around_;
  FrontDoor& front_door_;
  byzantine::Actor* actor_ = nullptr;  ///< none: honest
  NodeNumber self_;
  Random random_;
  Speed speed_;
  Disk disk_;
  std::int64_t clock_skew_ms_ = 0;
  std::optional<std::int64_t> frozen_wall_ms_;
  bool is_damaged_ = false;
  bool has_rot_ = false;
  Time disk_free_at_ = 0;
  std::uint64_t incarnation_ = 0;
  bool trusts_first_start_ = false;
  bool has_past_ = false;       ///< its journal is not empty
  bool knew_its_past_ = false;  ///< when it was last up
  std::optional<std::uint64_t> effects_left_;
  std::unique_ptr<Process> process_;
};

}  // namespace keten::simulator
