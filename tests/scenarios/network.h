#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "consensus/elector.h"
#include "consensus/engine.h"
#include "tests/scenarios/cheap_signer.h"

namespace keten::scenarios {

/// Kind of a message as the scenario texts call it.
std::string kind_of(const consensus::Message& message);

/// Engines joined by a network that loses what the scenario says, with disks that keep only what was completed and
/// payloads that are instantly valid. Everything happens in one order that depends on nothing but the commands.
///
/// Validators are numbered by their turn: number k leads view k+1.
///
/// Checked all the time, by throwing: one block a height; no vote leaves before it is durable; no validator contradicts
/// its own votes, not even across restarts; every height is delivered once and in order; floors never move back; an epoch
/// begins only where the finalization of the block that seals the one before is durable.
class Network {
 public:
  /// `spares` more machines have no vote at first; they follow.
  explicit Network(std::size_t validators, std::size_t spares = 0);
  ~Network();

  consensus::Timing timing;  ///< for engines that start from now on

  void start();
  void advance(std::uint64_t duration_ms);
  void work(std::uint32_t transactions);
  void work_at(std::size_t number, std::uint32_t transactions);

  void silence(std::size_t number) { silent_.insert(number); }
  void speak(std::size_t number) { silent_.erase(number); }
  void partition(std::vector<std::set<std::size_t>> groups);
  void heal();
  struct Loss {
    std::string kind;  ///< of kind_of, or "all"
    std::optional<std::size_t> from;
    std::optional<std::size_t> to;
    std::optional<std::uint64_t> count;  ///< so many messages; all when empty
  };
  void lose(Loss loss) { losses_.push_back(std::move(loss)); }
  void deliver() { losses_.clear(); }
  /// Loses and delays by chance; the seed decides.
  void set_weather(std::uint64_t seed, std::uint32_t loss_percent, std::uint64_t delay_ms_max);

  /// From the result of this height on, the validators of the next epoch are agreed and ready: these machines, in this
  /// order, and those in `rotated` sign with a new key. One set waits at a time.
  void agree_next(Height ready, const std::vector<std::size_t>& members, const std::set<std::size_t>& rotated);
  /// The set agreed last has begun, or none was.
  [[nodiscard]] bool may_agree_next() const { return sealing_.size() + 1 == epochs_.size(); }
  /// Who knows what it has signed says that it is ready for an epoch: a quorum of these must be able to.
  [[nodiscard]] bool may_be_ready(const std::vector<std::size_t>& members, const std::set<std::size_t>& rotated) const;
  [[nodiscard]] Height final_height() const { return final_.empty() ? Height{} : final_.rbegin()->first; }
  /// Blocks that are final here are executed so much later; 0 by default.
  void execute_after(std::size_t number, std::uint64_t delay_ms) { node(number).execute_ms = delay_ms; }

  void crash(std::size_t number);
  void restart(std::size_t number);
  /// The next start finds everything but the votes.
  void forget_journal(std::size_t number);
  /// The next start finds nothing at all.
  void wipe(std::size_t number);
  /// A copy of everything on its disk, and that copy instead of the disk.
  void back_up(std::size_t number);
  void restore(std::size_t number);
  /// A restart by an operator who says that no other process uses the key.
  void recover_votes(std::size_t number);
  void set_clock(std::size_t number, std::int64_t offset_ms) { node(number).clock_offset_ms = offset_ms; }
  void equivocate(std::size_t number) { node(number).equivocates = true; }
  void reject(std::size_t number) { node(number).rejects = true; }
  /// From now on what it writes is durable so much later.
  void slow_disk(std::size_t number, std::uint64_t disk_ms) { node(number).disk_ms = disk_ms; }
  /// One way, for everything that is sent from now on.
  void set_latency(std::uint64_t latency_ms) { latency_ms_ = latency_ms; }
  void slow(std::size_t number, std::uint64_t check_ms) { node(number).check_ms = check_ms; }
  void mute_builder(std::size_t number) { node(number).builds = false; }
  /// The leader sends its blocks as if the views that it skips had never been.
  void build_on_genesis(std::size_t number) { node(number).builds_on_genesis = true; }

  [[nodiscard]] std::vector<std::string> state() const;
  [[nodiscard]] std::vector<std::string> chain() const;
  /// Votes that the validator sent, each once, in order of views.
  [[nodiscard]] std::vector<std::string> votes(std::size_t number) const;
  [[nodiscard]] std::vector<std::string> take_alarms();
  /// Messages sent since the last call, by kind.
  [[nodiscard]] std::map<std::string, std::uint64_t> take_traffic();
  [[nodiscard]] std::uint64_t fetches() const { return fetches_; }
  [[nodiscard]] const consensus::Engine* engine(std::size_t number) const { return nodes_.at(number).engine.get(); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] std::uint64_t now_ms() const { return now_ms_; }

 private:
  struct Node {
    std::uint16_t key = 0;  ///< of the newest epoch that it is in
    Epoch epoch;            ///< that its engine runs
    std::unique_ptr<consensus::Engine> engine;
    std::uint64_t life = 0;                         ///< counts restarts: completions of an earlier life are lost
    std::vector<consensus::JournalRecord> journal;  ///< durable
    std::map<BlockId, BlockHeader> blocks;          ///< durable
    std::vector<consensus::JournalRecord> journal_copy;
    std::map<BlockId, BlockHeader> blocks_copy;
    bool is_alone = false;
    std::optional<std::uint16_t> ready_key;  ///< the newest with which it joined a set
    std::uint64_t booted_ms = 0;
    Height delivered;  ///< highest finalized height of this life
    Height executed;   ///< durable
    std::uint64_t execute_ms = 0;
    std::vector<std::pair<std::size_t, consensus::Message>> early;  ///< of an epoch that has not begun here
    std::uint32_t pending = 0;                                      ///< transactions that wait
    std::optional<consensus::BuildRequest> build;
    std::uint64_t build_since_ms = 0;
    bool allowed = false;
    std::int64_t clock_offset_ms = 0;
    std::uint64_t check_ms = 1;
    std::uint64_t disk_ms = 1;
    std::uint64_t disk_free_ms = 0;  ///< what was written before is durable by then
    bool equivocates = false;
    bool rejects = false;
    bool builds = true;
    bool builds_on_genesis = false;
    std::set<std::string> sent_votes;
    std::map<std::pair<Epoch, View>, std::map<VoteKind, Subject>> cast;  ///< all that ever left the machine
  };

  Node& node(std::size_t number) { return nodes_.at(number); }
  [[nodiscard]] consensus::Now now(const Node& which) const;
  struct Members {
    ValidatorSet set;
    std::vector<std::size_t> numbers;  ///< of its validators, in order
    std::vector<CheapSigner> signers;  ///< in order
    Height ready;                      ///< the result that begins the change to this set
  };
  [[nodiscard]] const Members& members(Epoch epoch) const { return epochs_.at(epoch.value); }
  [[nodiscard]] std::size_t number_of(Epoch epoch, ValidatorIndex index) const {
    return members(epoch).numbers.at(index.value);
  }
  [[nodiscard]] std::optional<ValidatorIndex> index_of(Epoch epoch, std::size_t number) const;
  /// What a block on this parent that binds this result must say about the next set.
  [[nodiscard]] SetId next_set(const BlockHeader& parent, Epoch epoch, Height executed) const;
  void begin_epoch(std::size_t number);
  void execute(std::size_t number, const BlockHeader& header);
  void receive(std::size_t from, std::size_t to, consensus::Message message);
  [[nodiscard]] bool is_connected(std::size_t left, std::size_t right) const;
  [[nodiscard]] consensus::Config config(const Node& which) const;
  [[nodiscard]] const CheapSigner* signer(const Node& which) const;
  [[nodiscard]] std::size_t number(const Node& which) const { return static_cast<std::size_t>(&which - nodes_.data()); }
  [[nodiscard]] consensus::Recovered recover(Node& which) const;
  void boot(std::size_t number);
  void connect(std::size_t left, std::size_t right);

  void at(std::uint64_t delay_ms, std::function<void()> action);
  /// Runs the action unless the node has stopped, restarted or begun another epoch meanwhile.
  void at_node(std::size_t number, std::uint64_t delay_ms,
               std::function<consensus::Effects(consensus::Engine&)> action);
  void carry_out(std::size_t number, consensus::Effects effects);
  void deliver_final(std::size_t number, const consensus::Finalized& finalized);
  void post(std::size_t from, const consensus::Outgoing& outgoing);
  void post_one(std::size_t from, std::size_t to, consensus::Message message);
  /// The next number of a splitmix64 sequence, below the bound.
  [[nodiscard]] std::uint64_t draw(std::uint64_t below);
  [[nodiscard]] bool is_lost(std::size_t from, std::size_t to, const std::string& kind);
  void check_cast(std::size_t number, const Vote& vote);
  [[nodiscard]] std::vector<BlockHeader> unfinalized(const Node& which, const BlockHeader& top) const;
  void build(std::size_t number);
  void fetch(std::size_t number, const BlockId& block);
  void housekeeping();

  std::vector<Node> nodes_;
  std::vector<Members> epochs_;
  std::map<Epoch, BlockHeader> sealing_;
  std::set<std::size_t> silent_;
  std::vector<std::set<std::size_t>> groups_;
  std::vector<Loss> losses_;
  std::uint64_t chance_ = 0;
  std::uint32_t loss_percent_ = 0;
  std::uint64_t delay_ms_max_ = 0;
  std::uint64_t latency_ms_ = 10;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t sequence_ = 0;
  std::uint64_t now_ms_ = 0;
  std::map<Height, BlockHeader> final_;
  std::map<BlockId, Certificate> finalizations_;
  std::vector<std::string> alarms_;
  std::map<std::string, std::uint64_t> traffic_;
  std::uint64_t fetches_ = 0;
};

}  // namespace keten::scenarios
