#include "tests/simulator/simulation.h"

#include <algorithm>
#include <memory>
#include <set>

#include "node/storage/commit.h"
#include "tests/simulator/chaos.h"
#include "tests/simulator/clients.h"
#include "tests/simulator/governors.h"
#include "tests/simulator/key_ring.h"
#include "tests/simulator/network.h"
#include "tests/simulator/partners.h"
#include "tests/simulator/validator.h"
#include "tests/simulator/weather.h"

namespace keten::simulator {
namespace {

constexpr std::uint64_t kLivenessMs = 60'000;
/// With faulty validators that go on after healing, views of theirs take as long as the time-outs have grown; with links
/// slower than the time-outs these must grow first.
constexpr std::uint64_t kPatientLivenessMs = 200'000;
/// Whole, and slower than the time-outs are at first.
constexpr Link kFarLink{1000 * kMillisecond, 1200 * kMillisecond};
constexpr std::uint64_t kFarPerMille = 30;
/// Chaos ends after so long even when hardly a view was possible.
constexpr Time kChaosPerView = 600 * kMillisecond;
/// A run that needs more is a storm of events.
constexpr std::uint64_t kEventsMax = 20'000'000;
constexpr std::uint64_t kBlocksAfterHealing = 10;
constexpr std::uint64_t kFreshAfterHealing = 20;
/// Until all are connected and the first transactions are under way.
constexpr std::uint64_t kWarmUpBlocks = 5;
constexpr std::uint64_t kRealSignaturesPerMille = 5;

class Rules final : public pipeline::TransactionRules {
 public:
  explicit Rules(const contracts::Registry& registry) : registry_(registry) {}
  [[nodiscard]] keten::Status check(const Transaction& transaction, Roles roles) const override {
    return contracts::check_transaction(registry_, transaction, roles);
  }
  [[nodiscard]] bool may_call(const Transaction& transaction, Roles roles) const override {
    return contracts::may_call(registry_, transaction, roles);
  }

 private:
  const contracts::Registry& registry_;
};

Result<std::optional<storage::Place>> place_of(const storage::Snapshot& snapshot, const TransactionId& id) {
  try {
    return storage::read_place(snapshot, id);
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
}

class Simulation final : public Receiver {
 public:
  Simulation(const Founding& founding, const RunOptions& options)
      : founding_(founding),
        options_(options),
        random_(options.seed),
        weather_(options.calm_delay ? Weather::calm(*options.calm_delay) : Weather::draw(random_, options.faults)),
        signatures_(random_.chance(kRealSignaturesPerMille) ? Signatures::ed25519 : Signatures::tags),
        keys_(founding.validator_keys(), signatures_),
        rules_(founding.registry()),
        witness_(founding, keys_, schedule_, counters_, options.transcript, kLivenessMs),
        machines_(founding.validators().size() + (draws_epochs(founding, options) ? Founding::kSpares : 0)),
        network_(machines_, schedule_, random_.fork(), *this, counters_),
        clients_(founding, schedule_, witness_, counters_, random_.fork(), weather_.load),
        chaos_(validators_, network_, schedule_, witness_, counters_, random_.fork(), weather_),
        governors_(founding, keys_, schedule_, witness_, Random(Random::mix(options.seed ^ 0x676f7665726e6f72U))),
        partners_(founding, schedule_, witness_, counters_, Random(Random::mix(options.seed ^ 0x706172746e657273U))) {
    const Surroundings around{founding_, keys_,       rules_,    schedule_, network_,     witness_,
                              counters_, signatures_, machines_, chaos_,    weather_.disk};
    for (std::uint16_t i = 0; i < machines_; ++i) {
      keys_.add(NodeNumber{i}, founding.node_key(NodeNumber{i}, 0));
      validators_.push_back(std::make_unique<Validator>(around, clients_, NodeNumber{i}, random_.fork()));
    }
    clients_.use(validators_);
    governors_.use(validators_);
    partners_.use(validators_);
    // A stream of its own: the same seed without faulty validators is the same run.
    cast_.draw(options.casting, around, Random(Random::mix(options.seed ^ 0x62797a616e74696eU)));
    if (!cast_.empty()) { play(); }
    if (signatures_ == Signatures::ed25519) { counters_.count(Happening::real_signatures); }
  }

  RunResult run();
  CalmResult measure(std::uint64_t blocks);

  [[nodiscard]] bool is_up(NodeNumber at) const override { return validators_[at.value]->is_up(); }
  void delivered(NodeNumber at, NodeNumber from, const Wire& message) override {
    witness_.delivered(at, from, *message);
    cast_.delivered(at, from, *message);
    validators_[at.value]->handle(pipeline::FromPeer{from, *message});
  }
  void connected(NodeNumber at, NodeNumber peer) override {
    validators_[at.value]->handle(pipeline::PeerConnected{peer});
  }
  void disconnected(NodeNumber at, NodeNumber peer) override {
    validators_[at.value]->handle(pipeline::PeerDisconnected{peer});
  }

 private:
  /// A quarter of the runs of honest validators change their set; a stream of its own, so that it changes nothing else.
  static bool draws_epochs(const Founding& founding, const RunOptions& options) {
    return options.epochs.value_or(founding.validators().size() >= 4 && options.casting.places.empty() &&
                                   Random::mix(options.seed ^ 0x65706f63687300U) % 4 == 0);
  }
  /// One run in eight; a stream of its own too.
  [[nodiscard]] bool draws_partners() const {
    return options_.partners.value_or(founding_.validators().size() >= 2 &&
                                      Random::mix(options_.seed ^ 0x7061727479U) % 8 == 0);
  }
  void play();
  [[nodiscard]] std::set<std::size_t> draw_fragile();
  [[nodiscard]] bool is_expected(std::size_t index) const;
  [[nodiscard]] bool is_anybody_out() const;
  void run_chaos();
  Time run_healed();
  void read_back();
  [[nodiscard]] bool lacks_blocks() const {
    return witness_.newest_final().value < healed_height_.value + kBlocksAfterHealing;
  }
  [[nodiscard]] std::string left() const;
  bool run_one();

  const Founding& founding_;
  RunOptions options_;
  Random random_;
  Weather weather_;
  Signatures signatures_;
  KeyRing keys_;
  Rules rules_;
  Schedule schedule_;
  Counters counters_;
  Witness witness_;
  std::size_t machines_;
  Network network_;
  byzantine::Cast cast_;
  std::vector<std::unique_ptr<Validator>> validators_;
  Clients clients_;
  Chaos chaos_;
  Governors governors_;
  Partners partners_;
  std::uint64_t events_ = 0;
  Height healed_height_;
};

void Simulation::play() {
  std::set<NodeNumber> faulty;
  for (std::uint16_t i = 0; i < validators_.size(); ++i) {
    validators_[i]->is_played_by(cast_.actor({i}));
    if (cast_.plays({i})) { faulty.insert({i}); }
  }
  witness_.tell_apart(std::move(faulty), cast_, [this](NodeNumber index) { cast_.exposed(index); });
  witness_.remark("* faulty: " + cast_.playbill());
  cast_.start();
}

bool Simulation::run_one() {
  if (++events_ > kEventsMax) {
    witness_.broken("bounded_work", "more than " + std::to_string(kEventsMax) + " events");
    return false;
  }
  return schedule_.run_one();
}

/// Whose disks may break their promises in this run: with the faulty ones no more than tolerated, often none.
std::set<std::size_t> Simulation::draw_fragile() {
  std::size_t played = 0;
  for (std::uint16_t i = 0; i < validators_.size(); ++i) { played += cast_.plays({i}) ? 1 : 0; }
  // When the set changes, so does how many it tolerates: their disks keep their promises.
  const auto most = machines_ > founding_.validators().size() ? 0 : founding_.validators().fault_weight();
  const auto count = std::min<std::size_t>(random_.below(most + 1), most - std::min<std::size_t>(most, played));
  std::set<std::size_t> fragile;
  while (fragile.size() < count) {
    const auto index = random_.below(validators_.size());
    if (!cast_.plays({static_cast<std::uint16_t>(index)})) { fragile.insert(index); }
  }
  return fragile;
}

/// Whether a validator must be there and finish its work after the healing.
bool Simulation::is_expected(std::size_t index) const {
  const auto& validator = *validators_[index];
  if (cast_.plays({static_cast<std::uint16_t>(index)})) { return false; }
  return !chaos_.is_out(index) && !(validator.is_up() && validator.is_damaged() && validator.abstains());
}

/// A validator that does not vote any more takes its views' time like a silent one.
bool Simulation::is_anybody_out() const {
  for (std::uint16_t i = 0; i < validators_.size(); ++i) {
    if (!cast_.plays({i}) && !is_expected(i)) { return true; }
  }
  return false;
}

void Simulation::run_chaos() {
  const auto end = options_.views.value * kChaosPerView;
  auto fragile = draw_fragile();
  if (fragile.empty() && cast_.empty()) {
    // A validator without its past counts as faulty; half of these runs have none.
    // Later epochs may have fewer validators, down to four.
    const auto most = std::min<std::size_t>(founding_.validators().fault_weight(),
                                            machines_ > founding_.validators().size() ? 1 : limits::kValidatorsMax);
    if (random_.chance(500)) { chaos_.allow_amnesia(most); }
  } else {
    // Who is silent or in quarantine must not be able to keep a late one out: docs/consensus.md, "Amnesia".
    for (const auto& validator : validators_) { validator->trust_first_start(); }
  }
  chaos_.start(std::move(fragile), founding_.validators().fault_weight());
  clients_.start();
  if (machines_ > founding_.validators().size()) { governors_.start(); }
  if (draws_partners()) { partners_.start(); }
  while (witness_.newest_view() < options_.views && schedule_.now() < end && witness_.is_clean()) {
    if (!run_one()) { return; }
  }
}

/// What is still to do; empty when every validator has everything and all agree.
std::string Simulation::left() const {
  if (auto clients = clients_.left(); !clients.empty()) { return clients; }
  if (auto change = governors_.left(); !change.empty()) { return change; }
  if (lacks_blocks()) {
    return "height " + witness_.newest_final().text() + " is final, it was " + healed_height_.text() +
           " at the healing";
  }
  const Validator* first = nullptr;
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    if (!is_expected(i)) { continue; }
    const auto& validator = *validators_[i];
    const auto who = "validator " + std::to_string(i);
    if (!validator.is_up()) { return who + " is down"; }
    if (validator.executed_height() != witness_.newest_final()) {
      return who + " executed height " + validator.executed_height().text() + " of " + witness_.newest_final().text();
    }
    if (first == nullptr) { first = &validator; }
    if (validator.state_root() != first->state_root()) { return who + " has another state root"; }
  }
  return {};
}

Time Simulation::run_healed() {
  const auto healed = schedule_.now();
  // A draw of its own, so that the chaos before it does not depend on it.
  const bool is_far = Random(Random::mix(options_.seed ^ 0x66617220U)).chance(kFarPerMille);
  if (!cast_.empty() || is_far) { witness_.liveness().allow(kPatientLivenessMs); }
  if (is_far) { counters_.count(Happening::healed_far_apart); }
  healed_height_ = witness_.newest_final();
  chaos_.heal(is_far ? kFarLink : Link{});
  clients_.finish(kFreshAfterHealing, 200 * kMillisecond);
  governors_.finish();
  partners_.finish();
  Time look_at = healed;
  while (witness_.is_clean()) {
    if (schedule_.now() >= look_at) {
      if (is_anybody_out()) { witness_.liveness().allow(kPatientLivenessMs); }
      const auto todo = left();
      if (todo.empty()) { break; }
      // Blocks are made for work: an idle chain makes one in a long while.
      if (clients_.left().empty() && lacks_blocks()) { clients_.one_more(); }
      std::string reasons;
      if (schedule_.now() - healed > witness_.liveness().bound_ms() * kMillisecond) {
        for (std::size_t i = 0; i < validators_.size(); ++i) {
          if (!validators_[i]->is_up()) { continue; }
          const auto status = validators_[i]->status();
          reasons += "; validator " + std::to_string(i) + ": view " + status.view.text() + " height " +
                     status.height.text() + " executed " + status.executed_height.text() + " " + status.reason;
        }
      }
      witness_.liveness().looked((schedule_.now() - healed) / kMillisecond, todo + reasons);
      look_at = schedule_.now() + 50 * kMillisecond;
    }
    if (!run_one()) { break; }
  }
  return schedule_.now() - healed;
}

void Simulation::read_back() {
  for (std::uint16_t i = 0; i < validators_.size(); ++i) {
    if (!is_expected(i)) { continue; }
    const auto snapshot = validators_[i]->disk().database().snapshot();
    for (const auto& id : clients_.final_transactions()) {
      const auto place = place_of(*snapshot, id);
      if (!place) {
        if (validators_[i]->is_damaged()) { continue; }  // it says so
        witness_.broken("nothing_lost", "cannot read: " + place.error().message);
        return;
      }
      witness_.read_back(NodeNumber{i}, id, *place);
    }
  }
}

CalmResult Simulation::measure(std::uint64_t blocks) {
  CalmResult result;
  chaos_.start({}, 0);
  clients_.start();
  const auto run_to = [&](std::uint64_t height) {
    while (witness_.newest_final().value < height && run_one()) {}
  };
  run_to(kWarmUpBlocks);
  witness_.measure(&result.measurements);
  run_to(kWarmUpBlocks + blocks);
  result.blocks = witness_.newest_final().value - kWarmUpBlocks;
  return result;
}

RunResult Simulation::run() {
  run_chaos();
  RunResult result;
  if (witness_.is_clean()) { result.time_to_heal = run_healed(); }
  if (witness_.is_clean()) { read_back(); }
  witness_.ended();
  result.seed = options_.seed;
  for (auto& breach : witness_.breaches()) {
    (breach.checker == "liveness" ? result.stalls : result.breaches).push_back(std::move(breach));
  }
  result.counters = counters_;
  result.deeds = cast_.tally();
  result.views = witness_.newest_view();
  result.blocks = witness_.newest_final();
  result.final_transactions = clients_.final_transactions().size();
  result.virtual_time = schedule_.now();
  result.log_hash = witness_.log_hash();
  return result;
}

}  // namespace

CalmResult measure(const Founding& founding, const CalmOptions& options) {
  RunOptions run;
  run.calm_delay = options.delay;
  run.epochs = false;
  run.partners = false;
  return Simulation(founding, run).measure(options.blocks);
}

RunResult run(const Founding& founding, const RunOptions& options) { return Simulation(founding, options).run(); }

}  // namespace keten::simulator
