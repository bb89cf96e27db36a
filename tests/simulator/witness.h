#pragma once

#include <functional>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tests/simulator/checkers/checker.h"
#include "tests/simulator/checkers/liveness.h"
#include "tests/simulator/checkers/no_honest_blamed.h"
#include "tests/simulator/counters.h"
#include "tests/simulator/founding.h"
#include "tests/simulator/key_ring.h"
#include "tests/simulator/measurements.h"
#include "tests/simulator/schedule.h"

namespace keten::simulator {

struct Breach {
  std::string_view checker;
  std::string text;
};

/// Sees everything that happens in one run: tells the checkers, counts, hashes the event log and, when asked, writes the
/// transcript.
class Witness {
 public:
  /// Borrows all; `transcript` may be null.
  Witness(const Founding& founding, const KeyRing& keys, const Schedule& schedule, Counters& counters,
          std::ostream* transcript, std::uint64_t liveness_ms);

  /// Promises are those of honest validators: of the others only what they send is written down. `watch`, borrowed, is told
  /// everything like a checker; `exposed` of everyone who was caught contradicting itself.
  void tell_apart(std::set<NodeNumber> faulty, Checker& watch, std::function<void(NodeNumber)> exposed);
  void read_at_start(NodeNumber at, const pipeline::Persist& contents);
  void started(NodeNumber at, const pipeline::PipelineRecovered& recovered);
  void crashed(NodeNumber at, std::string_view how);
  void damaged(NodeNumber at);
  /// A fault that costs an honest validator its past: from then on it may go into quarantine.
  void forgot(NodeNumber at, std::string_view what);
  void synced(NodeNumber at, const pipeline::Persist& persist);
  void sent(NodeNumber from, std::optional<NodeNumber> to, const pipeline::PeerMessage& message);
  void delivered(NodeNumber at, NodeNumber from, const pipeline::PeerMessage& message);
  void block_final(NodeNumber at, const Block& block);
  void execute_asked(NodeNumber at, const pipeline::Execute& execute);
  void executed(NodeNumber at, Height height, const Hash& state_root);
  /// What execution says of the validators now.
  void membership_changed(NodeNumber at, const Membership& membership);
  void measured(NodeNumber at, const consensus::Floor& floor, const pipeline::PipelineStatus& status);
  /// A validator does not listen to this peer for a while.
  void unheard(NodeNumber at, NodeNumber peer);
  void read_back(NodeNumber at, const TransactionId& id, const std::optional<storage::Place>& place);
  void alarm(NodeNumber at, const consensus::Alarm& alarm);
  /// Borrowed; null: nothing is measured.
  void measure(Measurements* measurements) { measurements_ = measurements; }
  void submitted(NodeNumber at, const TransactionId& id) {
    if (measurements_ != nullptr) { measurements_->submitted(id, at, schedule_.now()); }
  }
  /// The run is over: counts what only hindsight shows.
  void ended();
  /// A sentence of the fault plan or of a client.
  void remark(const std::string& text);
  /// Something that no run may do and that no single checker watches.
  void broken(std::string_view what, std::string text) { breaches_.push_back({what, std::move(text)}); }

  [[nodiscard]] Liveness& liveness() { return *liveness_; }
  [[nodiscard]] bool has_transcript() const { return transcript_ != nullptr; }
  /// Over all epochs, one after the other.
  [[nodiscard]] View newest_view() const;
  [[nodiscard]] Height newest_final() const { return newest_final_; }
  /// Over all that happened, in order: equal for equal runs.
  [[nodiscard]] std::uint64_t log_hash() const { return log_hash_; }
  [[nodiscard]] std::vector<Breach> breaches() const;
  [[nodiscard]] bool is_clean() const;

 private:
  void note(std::uint64_t kind, NodeNumber at, std::uint64_t detail);
  void line(const std::string& text);
  void take_vote(const Subject& subject, ValidatorIndex signer, bool alone);
  /// Who signs with this index in this epoch.
  [[nodiscard]] NodeNumber number_of(Epoch epoch, ValidatorIndex signer) const;
  void take_certificate(NodeNumber from, const Certificate& certificate);
  void count_message(const pipeline::PeerMessage& message);
  [[nodiscard]] bool is_faulty(NodeNumber number) const { return faulty_.contains(number); }
  /// The faulty validator that an alarm names.
  [[nodiscard]] std::optional<NodeNumber> named_in(const consensus::Alarm& alarm) const;

  const Schedule& schedule_;
  Counters& counters_;
  std::ostream* transcript_;
  Measurements* measurements_ = nullptr;
  std::vector<std::unique_ptr<Checker>> checkers_;
  Liveness* liveness_ = nullptr;
  NoHonestBlamed* blames_ = nullptr;
  std::set<NodeNumber> faulty_;
  std::set<NodeNumber> forgetful_;
  Checker* watch_ = nullptr;
  std::function<void(NodeNumber)> exposed_;
  std::vector<Breach> breaches_;
  std::uint64_t log_hash_ = 0;
  std::map<Epoch, View> newest_views_;
  Height newest_final_;
  std::pair<Epoch, View> newest_final_view_;
  std::set<NodeNumber> damaged_;
  std::set<BlockId> final_blocks_;
  std::map<Epoch, ValidatorSet> sets_;
  std::map<Epoch, Parameters> parameters_;
  std::set<std::pair<Subject, ValidatorIndex>> votes_;
  std::map<Subject, Certificate> certificates_;  ///< in the form last seen
};

}  // namespace keten::simulator
