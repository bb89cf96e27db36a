#include "tests/simulator/twins.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <queue>
#include <set>
#include <thread>

#include "consensus/elector.h"
#include "consensus/engine.h"
#include "core/hash.h"
#include "core/json.h"
#include "tests/simulator/checkers/checker.h"
#include "tests/simulator/random.h"

namespace keten::simulator::twins {
namespace {

constexpr std::uint64_t kDelayMs = 5;
/// A round's script holds so long from the first entry into its view: longer than anybody waits for a view.
constexpr std::uint64_t kRoundMs = 350;
constexpr std::uint64_t kEndMs = 60'000;
/// What breaks one script breaks many.
constexpr std::size_t kViolationsMax = 10;
constexpr int kStartsMax = 10;
constexpr Milliseconds kGenesisTime = 1'750'000'000'000;

consensus::Timing timing() {
  return {.leader_timeout_ms = 100, .view_timeout_ms = 250, .retry_ms = 300, .status_interval_ms = 250};
}

ChainId chain() { return Hasher("keten/simulator/twins").finish(); }

ValidatorSet validators(std::size_t count) {
  std::vector<Validator> members;
  for (std::size_t i = 0; i < count; ++i) {
    Validator one{.organisation = "company" + std::to_string(i), .node = "node", .key = {}};
    one.key.bytes[0] = static_cast<std::uint8_t>(i);
    members.push_back(one);
  }
  return ValidatorSet(members);
}

/// Nobody here forges, so signatures bind signer and digest and nothing more.
Signature tag(std::uint8_t signer, const Hash& digest) {
  Signature result;
  std::copy(digest.bytes.begin(), digest.bytes.end(), result.bytes.begin());
  result.bytes[32] = signer;
  return result;
}

class TagSigner final : public consensus::Signer {
 public:
  explicit TagSigner(std::uint8_t self) : self_(self) {}
  [[nodiscard]] Signature sign(const Hash& digest) const override { return tag(self_, digest); }

 private:
  std::uint8_t self_;
};

BlockHeader genesis() {
  BlockHeader header;
  header.chain_id = chain();
  header.time = kGenesisTime;
  return header;
}

/// One running copy of a validator and its disk, on which everything is durable at once.
struct Process {
  std::uint16_t validator = 0;
  bool is_twin = false;
  int starts = 0;
  std::unique_ptr<consensus::Engine> engine;
  consensus::Recovered disk;
  std::set<BlockId> stored;
  std::map<std::pair<View, ValidatorIndex>, std::vector<Vote>> received;  ///< to count contradictions
};

class Play {
 public:
  Play(const Scenario& scenario, std::ostream* transcript)
      : scenario_(scenario), transcript_(transcript), set_(validators(scenario.validators)) {
    const consensus::Elector elector(chain(), Epoch{}, scenario.validators);
    std::vector<std::uint16_t> twins;
    for (const auto place : scenario.twins) { twins.push_back(elector.leader(View{place + 1}).value); }
    for (std::uint16_t i = 0; i < scenario.validators; ++i) { signers_.emplace_back(static_cast<std::uint8_t>(i)); }
    for (std::uint16_t i = 0; i < scenario.validators; ++i) { add(i, std::ranges::count(twins, i) > 0); }
    for (const auto one : twins) { add(one, true); }
    entered_.resize(scenario.rounds.size() + 1);
  }

  Result run();

 private:
  struct Delivery {
    std::uint64_t at_ms;
    std::uint64_t sequence;
    std::size_t from;
    std::size_t to;
    std::shared_ptr<const consensus::Message> message;
    bool operator<(const Delivery& other) const {
      return at_ms != other.at_ms ? at_ms > other.at_ms : sequence > other.sequence;
    }
  };

  void add(std::uint16_t validator, bool is_twin) {
    Process one;
    one.validator = validator;
    one.is_twin = is_twin;
    one.disk.floor_header = genesis();
    one.disk.floor.block = genesis().id();
    processes_.push_back(std::move(one));
  }
  [[nodiscard]] consensus::Now now() const { return {now_ms_, kGenesisTime + 1000 + now_ms_}; }
  void start(std::size_t place);
  void carry_out(std::size_t place, consensus::Effects effects);
  void persist(Process& process, const std::vector<consensus::JournalRecord>& records);
  void send(std::size_t from, const consensus::Outgoing& outgoing);
  void deliver(const Delivery& delivery);
  void build(std::size_t place, const consensus::BuildRequest& request);
  void fetch(std::size_t place, const BlockId& block);
  void check_sent(const Process& process, const consensus::Message& message);
  void check_vote(const Subject& subject, ValidatorIndex signer);
  void note_received(Process& process, const Vote& vote);
  [[nodiscard]] bool hears(std::size_t from, std::size_t to, View round) const;
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] bool is_honest(ValidatorIndex index) const { return !processes_[index.value].is_twin; }
  void violated(const std::string& text) {
    if (result_.violations.size() < 3) { result_.violations.push_back(text); }
  }
  void line(const std::string& text) {
    if (transcript_ != nullptr) { *transcript_ << now_ms_ << " ms  " << text << '\n'; }
  }
  [[nodiscard]] std::string name(std::size_t place) const {
    return std::to_string(processes_[place].validator) + (place >= scenario_.validators ? "'" : "");
  }

  const Scenario& scenario_;
  std::ostream* transcript_;
  ValidatorSet set_;
  std::vector<TagSigner> signers_;
  std::vector<Process> processes_;
  std::vector<std::optional<std::uint64_t>> entered_;  ///< by view: when somebody entered it first
  std::priority_queue<Delivery> queue_;
  std::uint64_t sequence_ = 0;
  std::uint64_t now_ms_ = 0;
  std::map<Height, BlockId> chain_;
  struct Votes {
    std::optional<Subject> notarize;
    std::optional<Subject> finalize;
    bool nullify = false;
  };
  std::map<std::pair<View, ValidatorIndex>, Votes> votes_;
  std::map<BlockId, BlockHeader> headers_;
  std::map<View, std::set<BlockId>> proposed_;
  Result result_;
};

void Play::start(std::size_t place) {
  auto& process = processes_[place];
  ++process.starts;
  consensus::Config config;
  config.chain_id = chain();
  config.validators = set_;
  config.self = ValidatorIndex{process.validator};
  config.timing = timing();
  process.engine = std::make_unique<consensus::Engine>(config, &signers_[process.validator], process.disk);
  carry_out(place, process.engine->start(now()));
  carry_out(place, process.engine->allow_votes(now()));
  carry_out(place, process.engine->on_work(true, now()));
}

bool Play::hears(std::size_t from, std::size_t to, View round) const {
  if (round.value == 0 || round.value > scenario_.rounds.size()) { return true; }
  const auto& entered = entered_[round.value];
  if (entered && now_ms_ > *entered + kRoundMs) { return true; }
  const auto& groups = scenario_.rounds[round.value - 1];
  return groups[from] == groups[to];
}

void Play::carry_out(std::size_t place, consensus::Effects effects) {
  auto& process = processes_[place];
  const auto view = process.engine->view();
  if (view.value < entered_.size() && !entered_[view.value]) { entered_[view.value] = now_ms_; }
  persist(process, effects.persist);
  for (const auto& outgoing : effects.send) { send(place, outgoing); }
  for (const auto& finalized : effects.finalized) {
    for (const auto& header : finalized.headers) {
      line(name(place) + " final: height " + header.height.text() + " view " + header.view.text());
      if (process.is_twin) { continue; }
      const auto [known, is_new] = chain_.emplace(header.height, header.id());
      if (!is_new && known->second != header.id()) {
        violated("agreement: two blocks are final at height " + header.height.text());
      }
    }
    process.disk.floor = finalized.floor;
    if (!finalized.headers.empty()) { process.disk.floor_header = finalized.headers.back(); }
  }
  bool stopped = false;
  for (const auto& alarm : effects.alarms) {
    line(name(place) + " ALARM " + alarm.text);
    const bool names_voter = alarm.kind == consensus::AlarmKind::conflicting_votes;
    if (process.is_twin) {
      stopped = stopped || !names_voter;
      continue;
    }
    bool names_twin = false;
    for (const auto& one : processes_) {
      names_twin =
          names_twin || (one.is_twin && alarm.text.starts_with(set_.members()[one.validator].organisation + "/"));
    }
    if (names_voter && names_twin) {
      ++result_.alarms;
    } else {
      violated("alarm: " + name(place) + ": " + alarm.text);
    }
  }
  // It has met its own key; a faulty operator starts it again, a few times.
  if (stopped && process.starts < kStartsMax) { return start(place); }
  if (stopped) { return; }
  for (const auto& request : effects.verify) {
    std::vector<bool> valid;
    for (const auto& check : request.checks) {
      valid.push_back(check.signature == tag(check.key.bytes[0], check.digest));
    }
    carry_out(place, process.engine->on_verified(request.ticket, valid, now()));
  }
  for (const auto& check : effects.check) {
    process.disk.stored.push_back(check.header);
    process.stored.insert(check.header.id());
    carry_out(place,
              process.engine->on_payload(check.view, check.header.id(), consensus::PayloadVerdict::stored, now()));
  }
  for (const auto& wanted : effects.fetch) { fetch(place, wanted.block); }
  if (effects.build) { build(place, *effects.build); }
}

void Play::persist(Process& process, const std::vector<consensus::JournalRecord>& records) {
  for (const auto& record : records) {
    if (const auto* own = std::get_if<consensus::OwnVote>(&record)) { process.disk.votes.push_back(*own); }
    if (const auto* held = std::get_if<consensus::HeldCertificate>(&record)) {
      process.disk.certificates.push_back(held->certificate);
    }
  }
}

void Play::build(std::size_t place, const consensus::BuildRequest& request) {
  auto& process = processes_[place];
  consensus::Payload payload;
  // Each copy has other transactions.
  payload.root = Hasher("keten/simulator/twins/payload").number(place).number(request.view.value).finish();
  payload.count = 1;
  payload.executed_height = request.parent.executed_height;
  payload.state_root = request.parent.state_root;
  auto effects = process.engine->propose(request.view, payload, now());
  const auto& proposed = process.engine->proposed();
  if (proposed && proposed->view == request.view) {
    process.disk.stored.push_back(*proposed);
    process.stored.insert(proposed->id());
    headers_[proposed->id()] = *proposed;
    auto& blocks = proposed_[request.view];
    blocks.insert(proposed->id());
    if (blocks.size() == 2 && request.view.value <= scenario_.rounds.size()) { ++result_.twice_led; }
  }
  carry_out(place, std::move(effects));
}

/// From any process that has it and that is heard in the asker's present round.
void Play::fetch(std::size_t place, const BlockId& block) {
  auto& process = processes_[place];
  for (std::size_t other = 0; other < processes_.size(); ++other) {
    if (other == place || !processes_[other].stored.contains(block)) { continue; }
    if (!hears(other, place, process.engine->view())) { continue; }
    const auto header = headers_.at(block);
    process.disk.stored.push_back(header);
    process.stored.insert(block);
    return carry_out(place, process.engine->on_block_stored(header, now()));
  }
}

void Play::send(std::size_t from, const consensus::Outgoing& outgoing) {
  const auto message = std::make_shared<const consensus::Message>(outgoing.message);
  check_sent(processes_[from], *message);
  const auto round = [&]() -> View {
    if (const auto* vote = std::get_if<Vote>(message.get())) { return vote->subject.view; }
    if (const auto* certificate = std::get_if<Certificate>(message.get())) { return certificate->subject.view; }
    if (const auto* proposal = std::get_if<consensus::Proposal>(message.get())) { return proposal->view; }
    return processes_[from].engine->view();
  }();
  for (std::size_t to = 0; to < processes_.size(); ++to) {
    const auto& process = processes_[to];
    if (process.validator == processes_[from].validator || (outgoing.to && outgoing.to->value != process.validator)) {
      continue;
    }
    if (hears(from, to, round)) { queue_.push({now_ms_ + kDelayMs, ++sequence_, from, to, message}); }
  }
  if (transcript_ == nullptr) { return; }
  if (const auto* vote = std::get_if<Vote>(message.get())) { line(name(from) + " " + text_of(vote->subject)); }
  if (const auto* proposal = std::get_if<consensus::Proposal>(message.get())) {
    line(name(from) + " proposes in view " + proposal->view.text() + " block " + short_text(proposal->header.id()));
  }
}

void Play::deliver(const Delivery& delivery) {
  ++result_.messages;
  auto& process = processes_[delivery.to];
  if (const auto* vote = std::get_if<Vote>(delivery.message.get())) { note_received(process, *vote); }
  if (const auto* proposal = std::get_if<consensus::Proposal>(delivery.message.get())) {
    note_received(process, {proposal->subject(), proposal->header.proposer, proposal->leader_notarize});
  }
  const ValidatorIndex from{processes_[delivery.from].validator};
  carry_out(delivery.to, process.engine->on_message(from, *delivery.message, now()));
}

void Play::note_received(Process& process, const Vote& vote) {
  if (process.is_twin || vote.subject.kind == VoteKind::nullify) { return; }
  auto& known = process.received[{vote.subject.view, vote.signer}];
  for (const auto& one : known) {
    if (one.subject == vote.subject) { return; }
    if (one.subject.kind == vote.subject.kind) { ++result_.conflicts; }
  }
  known.push_back(vote);
}

void Play::check_sent(const Process& process, const consensus::Message& message) {
  if (process.is_twin) { return; }
  if (const auto* vote = std::get_if<Vote>(&message)) { check_vote(vote->subject, vote->signer); }
  if (const auto* proposal = std::get_if<consensus::Proposal>(&message)) {
    check_vote(proposal->subject(), proposal->header.proposer);
  }
}

/// What no honest validator ever signs.
void Play::check_vote(const Subject& subject, ValidatorIndex signer) {
  auto& votes = votes_[{subject.view, signer}];
  auto& slot = subject.kind == VoteKind::finalize ? votes.finalize : votes.notarize;
  if (subject.kind == VoteKind::nullify) {
    votes.nullify = true;
  } else {
    if (slot && *slot != subject) {
      violated("votes: " + text_of(NodeNumber{signer.value}) + " sent two different " + text_of(subject));
    }
    slot = subject;
  }
  const bool mismatch = votes.notarize && votes.finalize && votes.notarize->block != votes.finalize->block;
  if ((votes.nullify && votes.finalize) || mismatch) {
    violated("votes: " + text_of(NodeNumber{signer.value}) + " contradicts itself with " + text_of(subject));
  }
}

bool Play::is_done() const {
  const View last{scenario_.rounds.size()};
  return std::ranges::all_of(
      processes_, [&](const Process& one) { return one.is_twin || one.engine->floor().view.value > last.value + 1; });
}

Result Play::run() {
  for (std::size_t i = 0; i < processes_.size(); ++i) { start(i); }
  while (!is_done() && result_.violations.empty()) {
    std::size_t next = processes_.size();
    auto at_ms = queue_.empty() ? ~std::uint64_t{0} : queue_.top().at_ms;
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (processes_[i].engine->deadline_ms() >= at_ms) { continue; }
      at_ms = processes_[i].engine->deadline_ms();
      next = i;
    }
    if (at_ms > kEndMs) {
      std::string where;
      for (std::size_t i = 0; i < processes_.size(); ++i) {
        where += " " + name(i) + " in view " + processes_[i].engine->view().text() + " floor " +
                 processes_[i].engine->floor().view.text();
      }
      violated("liveness: after " + std::to_string(kEndMs) + " ms:" + where);
      break;
    }
    now_ms_ = std::max(now_ms_, at_ms);
    if (next < processes_.size()) {
      carry_out(next, processes_[next].engine->on_time(now()));
      continue;
    }
    const auto delivery = queue_.top();
    queue_.pop();
    deliver(delivery);
  }
  return std::move(result_);
}

constexpr std::size_t kProcesses = 5;
using Split = std::array<std::uint8_t, kProcesses>;

/// All ways to split five processes into groups, each numbered by first appearance.
const std::vector<Split>& splits() {
  static const auto all = [] {
    std::vector<Split> result;
    Split split{};
    const auto extend = [&](auto&& self, std::size_t place, std::uint8_t groups) -> void {
      if (place == kProcesses) {
        result.push_back(split);
        return;
      }
      for (std::uint8_t group = 0; group <= groups; ++group) {
        split[place] = group;
        self(self, place + 1, std::max<std::uint8_t>(groups, static_cast<std::uint8_t>(group + 1)));
      }
    };
    extend(extend, 0, 0);
    return result;
  }();
  return all;
}

/// The same split with the two copies' names exchanged.
std::size_t mirrored(std::size_t index, std::size_t twin) {
  auto split = splits()[index];
  std::swap(split[twin], split[kProcesses - 1]);
  std::array<std::uint8_t, kProcesses> names{};
  names.fill(255);
  std::uint8_t next = 0;
  for (auto& group : split) {
    if (names[group] == 255) { names[group] = next++; }
    group = names[group];
  }
  return static_cast<std::size_t>(std::ranges::find(splits(), split) - splits().begin());
}

}  // namespace

bool scenario_of_four(std::uint64_t number, Scenario& scenario) {
  const auto count = splits().size();
  auto rest = number - 1;
  const auto twin = rest % 4;
  rest /= 4;
  static const consensus::Elector elector(chain(), Epoch{}, 4);
  const auto place = elector.leader(View{twin + 1}).value;
  std::array<std::size_t, 3> chosen{};
  std::array<std::size_t, 3> mirror{};
  for (std::size_t round = 0; round < 3; ++round) {
    chosen[round] = rest % count;
    rest /= count;
    mirror[round] = mirrored(chosen[round], place);
  }
  if (mirror < chosen) { return false; }
  scenario = {.validators = 4, .twins = {twin}, .rounds = {}};
  for (const auto one : chosen) { scenario.rounds.emplace_back(splits()[one].begin(), splits()[one].end()); }
  return true;
}

Scenario scenario_of_seven(std::uint64_t seed) {
  Random random(seed);
  Scenario scenario{.validators = 7, .twins = {}, .rounds = {}};
  const auto first = random.below(7);
  const auto second = (first + 1 + random.below(6)) % 7;
  scenario.twins = {std::min(first, second), std::max(first, second)};
  for (int round = 0; round < 4; ++round) {
    std::vector<std::uint8_t> groups;
    const auto most = random.between(1, 3);
    for (int i = 0; i < 9; ++i) { groups.push_back(static_cast<std::uint8_t>(random.below(most))); }
    scenario.rounds.push_back(std::move(groups));
  }
  return scenario;
}

Result play(const Scenario& scenario, std::ostream* transcript) { return Play(scenario, transcript).run(); }

Summary run(const Options& options) {
  const auto begin = std::chrono::steady_clock::now();
  Summary summary;
  std::mutex mutex;
  const auto most = options.validators == 4 ? kScenariosOfFour : std::uint64_t{1000};
  const auto last = options.last == 0 ? most : options.last;
  std::atomic<std::uint64_t> next{options.first};
  std::atomic<bool> is_enough{false};
  const auto work = [&] {
    for (auto number = next.fetch_add(1); number <= last && !is_enough; number = next.fetch_add(1)) {
      // Neighbours differ little: a share takes them by a hash.
      if (options.every > 1 && Random::mix(number) % options.every != 0) { continue; }
      Scenario scenario;
      if (options.validators == 4) {
        if (!scenario_of_four(number, scenario)) { continue; }
      } else {
        scenario = scenario_of_seven(number);
      }
      const auto result = play(scenario, options.transcript);
      const std::lock_guard lock(mutex);
      if (summary.violations.size() >= kViolationsMax) { is_enough = true; }
      ++summary.played;
      summary.conflicts += result.conflicts;
      summary.alarms += result.alarms;
      summary.messages += result.messages;
      summary.twice_led += result.twice_led;
      for (const auto& text : result.violations) {
        summary.violations.push_back("scenario " + std::to_string(number) + ": " + text +
                                     "; again with: keten_simulate --twins --validators " +
                                     std::to_string(options.validators) + " --seeds " + std::to_string(number) + "-" +
                                     std::to_string(number) + " --transcript");
      }
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < options.threads; ++i) { threads.emplace_back(work); }
  work();
  for (auto& thread : threads) { thread.join(); }
  summary.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() + 1e-9;
  return summary;
}

std::string to_table(const Options& options, const Summary& summary) {
  return std::to_string(summary.played) + " scenarios of " + std::to_string(options.validators) +
         " validators with twins, " + std::to_string(static_cast<std::uint64_t>(summary.seconds)) + " s, " +
         std::to_string(static_cast<std::uint64_t>(static_cast<double>(summary.played) / summary.seconds)) +
         " scenarios per second\n" + std::to_string(summary.violations.size()) + " violations, " +
         std::to_string(summary.twice_led) + " scripted views with two proposals of one key, " +
         std::to_string(summary.conflicts) + " contradicting votes at one honest validator, " +
         std::to_string(summary.alarms) + " alarms that name a twin\n";
}

std::string to_json(const Options& options, const Summary& summary) {
  using json::Value;
  const auto number = [](std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); };
  auto result = Value::object();
  result.set("validators", number(options.validators))
      .set("scenarios", number(summary.played))
      .set("violations", number(summary.violations.size()))
      .set("messages", number(summary.messages))
      .set("views_with_two_proposals", number(summary.twice_led))
      .set("conflicts", number(summary.conflicts))
      .set("alarms", number(summary.alarms))
      .set("milliseconds", number(static_cast<std::uint64_t>(summary.seconds * 1000)));
  return json::pretty(result);
}

}  // namespace keten::simulator::twins
