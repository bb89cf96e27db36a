#include "tests/simulator/chaos.h"

#include <algorithm>

namespace keten::simulator {
namespace {

constexpr std::int64_t kHour = 3'600'000;  // in ms

std::string name_of(std::size_t index) { return "validator " + std::to_string(index); }

}  // namespace

Chaos::Chaos(std::vector<std::unique_ptr<Validator>>& validators, Network& network, Schedule& schedule,
             Witness& witness, Counters& counters, Random random, const Weather& weather)
    : validators_(validators),
      network_(network),
      schedule_(schedule),
      witness_(witness),
      counters_(counters),
      random_(random),
      weather_(weather) {}

void Chaos::start(std::set<std::size_t> fragile, std::size_t faulty_max) {
  fragile_ = std::move(fragile);
  faulty_max_ = faulty_max;
  for (auto& link : network_.links()) { link = weather_.link; }
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    auto& validator = *validators_[i];
    validator.speed() = weather_.speed;
    if (weather_.clock_skew_ms_max > 0) {
      counters_.count(Happening::clocks_skewed);
      const auto range = static_cast<std::uint64_t>(weather_.clock_skew_ms_max);
      validator.set_clock_skew_ms(static_cast<std::int64_t>(random_.below(2 * range)) - weather_.clock_skew_ms_max);
    }
    start_later(i, random_.below(500 * kMillisecond));
  }
  repeat(weather_.between_crashes, &Chaos::crash_something);
  repeat(weather_.between_cuts, &Chaos::cut_something);
  repeat(weather_.between_disk_faults, &Chaos::disk_something);
}

void Chaos::heal(const Link& link) {
  is_healed_ = true;
  remark("everything works again");
  for (auto& one : network_.links()) { one = link; }
  network_.restore_all();
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    auto& validator = *validators_[i];
    validator.speed() = Speed{};
    validator.stall_disk_until(0);
    validator.crash_no_more();
    validator.freeze_clock(false);
    validator.disk().files().set_room(std::nullopt);
    validator.disk().files().spare_syncs();
    validator.disk().files().power_stays();
    validator.disk().database().fail_no_more();
    if (!validator.is_up() && !is_out(i)) { validator.start(); }
  }
}

// ---- operators ----

void Chaos::stopped(NodeNumber at, const Error& why) {
  // A damaged body that is needed: the chain is thrown away and comes again.
  if (why.reason == "BLOCK_UNREADABLE") { return refused(at, why); }
  start_later(at.value, random_.between(100 * kMillisecond, 2 * kSecond));
}

void Chaos::refused(NodeNumber at, const Error& why) {
  remark(text_of(at) + " cannot start: " + why.reason + ": " + why.message);
  if (why.kind == ErrorKind::unavailable || why.reason.ends_with("_IO")) {
    counters_.count(Happening::start_failed_io);
    return start_later(at.value, random_.between(500 * kMillisecond, 2 * kSecond));
  }
  if (why.reason.starts_with("JOURNAL")) {
    remark(text_of(at) + " stays out: its votes may be forgotten");
    out_.insert(at.value);
    return;
  }
  counters_.count(Happening::chain_thrown_away);
  remark("the chain of " + text_of(at) + " is thrown away, its journal stays");
  validators_[at.value]->damaged();
  validators_[at.value]->disk().remove_chain();
  start_later(at.value, random_.between(100 * kMillisecond, 2 * kSecond));
}

void Chaos::start_later(std::size_t index, Time delay) {
  schedule_.after(delay, [this, index] {
    if (validators_[index]->is_up() || is_out(index)) { return; }
    lose_something(index);
    counters_.count(Happening::restart);
    validators_[index]->start();
  });
}

// Two of four that do not know their past can never vote again, so the others must know theirs.
void Chaos::lose_something(std::size_t index) {
  if (amnesia_max_ == 0 || !fragile_.empty() || is_healed_ || !random_.chance(200)) { return; }
  const auto is_unsure = [&](const auto& other) { return &other != &validators_[index] && !other->knows_its_past(); };
  const auto unsure = std::count_if(validators_.begin(), validators_.end(), is_unsure);
  if (static_cast<std::size_t>(unsure) >= amnesia_max_) { return; }
  const bool loses_journal = random_.chance(500);
  if (!weather_.faults.has(loses_journal ? Fault::lost_journal : Fault::wiped_disk)) { return; }
  if (loses_journal) {
    validators_[index]->lose_journal();
  } else {
    validators_[index]->lose_disk();
  }
}

// ---- what may happen ----

void Chaos::later(Time delay, std::function<void()> action) {
  schedule_.after(delay, [this, action = std::move(action)] {
    if (!is_healed_) { action(); }
  });
}

void Chaos::repeat(Time mean, Act act) {
  if (mean == 0) { return; }
  later(around(mean), [this, mean, act] {
    (this->*act)();
    repeat(mean, act);
  });
}

template <std::size_t count>
void Chaos::one_of(const Choice (&choices)[count]) {
  std::vector<Act> open;
  for (const auto& choice : choices) {
    if (weather_.faults.has(choice.fault)) { open.push_back(choice.act); }
  }
  if (!open.empty()) { (this->*open[random_.below(open.size())])(); }
}

std::optional<std::size_t> Chaos::any_fragile() {
  if (fragile_.empty()) { return std::nullopt; }
  auto chosen = fragile_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(random_.below(fragile_.size())));
  return *chosen;
}

// ---- processes and power ----

void Chaos::crash_something() {
  if (weather_.faults.has(Fault::power_of_all) && random_.chance(80)) { return power_all(); }
  one_of({{Fault::kill, &Chaos::kill_one}, {Fault::power, &Chaos::power_one}, {Fault::power, &Chaos::power_one}});
}

void Chaos::kill_one() {
  const auto index = any();
  auto& validator = *validators_[index];
  if (!validator.is_up()) { return; }
  counters_.count(Happening::process_killed);
  validator.crash("because its process is killed", Crash::process);
  start_later(index, random_.chance(500) ? random_.below(500 * kMillisecond) : random_.below(8 * kSecond));
}

void Chaos::power_one() {
  const auto index = any();
  auto& validator = *validators_[index];
  const auto back = random_.chance(500) ? random_.below(500 * kMillisecond) : random_.below(8 * kSecond);
  if (!validator.is_up()) {
    // While it is down: the next start does not come to its end.
    if (!is_out(index) && random_.chance(500)) { validator.disk().files().cut_power_after(random_.below(8)); }
    return;
  }
  counters_.count(Happening::crash);
  switch (random_.below(4)) {
    case 0: validator.crash("at once"); break;
    case 1: validator.disk().files().cut_power_after(random_.below(4)); break;
    default: validator.crash_after_effects(random_.below(6)); break;
  }
  // Long enough for the others to go on without it, sometimes too short to be noticed.
  start_later(index, back);
}

void Chaos::power_all() {
  remark("power failure of all machines");
  counters_.count(Happening::power_failure);
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    if (!validators_[i]->is_up()) { continue; }
    validators_[i]->crash("with all others");
    start_later(i, random_.below(3 * kSecond));
  }
}

// ---- the network, slow machines, clocks ----

void Chaos::cut_something() {
  one_of({{Fault::isolation, &Chaos::isolate_one},
          {Fault::halves, &Chaos::halve},
          {Fault::one_way, &Chaos::cut_one_way},
          {Fault::flapping, &Chaos::flap},
          {Fault::ring, &Chaos::make_ring},
          {Fault::bridge, &Chaos::make_bridge},
          {Fault::resets, &Chaos::reset_one},
          {Fault::disk_stall, &Chaos::stall_disk},
          {Fault::slow_execution, &Chaos::slow_execution},
          {Fault::slow_verification, &Chaos::slow_verification},
          {Fault::clock_jump, &Chaos::jump_clock},
          {Fault::clock_frozen, &Chaos::freeze_clock}});
}

void Chaos::set_cut(const std::vector<std::pair<std::size_t, std::size_t>>& pairs, bool cut) {
  for (const auto& [left, right] : pairs) { network_.set_cut(left, right, cut); }
}

void Chaos::cut_for_a_while(std::vector<std::pair<std::size_t, std::size_t>> pairs, const std::string& what) {
  remark(what);
  set_cut(pairs, true);
  later(random_.between(100 * kMillisecond, 6 * kSecond), [this, what, pairs = std::move(pairs)] {
    remark("no longer: " + what);
    set_cut(pairs, false);
  });
}

void Chaos::isolate_one() {
  const auto index = any();
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t other = 0; other < validators_.size(); ++other) {
    if (other != index) { pairs.emplace_back(index, other); }
  }
  counters_.count(Happening::validator_isolated);
  cut_for_a_while(std::move(pairs), name_of(index) + " is isolated");
}

void Chaos::halve() {
  const auto count = validators_.size();
  if (count < 2) { return; }
  const auto side = random_.between(1, (1U << count) - 2U);
  std::string names;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t left = 0; left < count; ++left) {
    if (((side >> left) & 1U) != 0) { names += " " + std::to_string(left); }
    for (std::size_t right = left + 1; right < count; ++right) {
      if (((side >> left) & 1U) != ((side >> right) & 1U)) { pairs.emplace_back(left, right); }
    }
  }
  counters_.count(Happening::network_halved);
  cut_for_a_while(std::move(pairs), "the network is split, on one side:" + names);
}

void Chaos::make_ring() {
  const auto count = validators_.size();
  const auto turn = random_.between(1, count);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t left = 0; left < count; ++left) {
    for (std::size_t right = left + 1; right < count; ++right) {
      // Places around the ring are the numbers times `turn`, when that is prime to the count; else the numbers.
      const auto step = count % turn == 0 ? 1 : turn;
      const auto apart = (right * step + count - left * step % count) % count;
      if (apart != 1 && apart != count - 1) { pairs.emplace_back(left, right); }
    }
  }
  counters_.count(Happening::network_ring);
  cut_for_a_while(std::move(pairs), "everybody reaches two neighbours only");
}

void Chaos::make_bridge() {
  const auto count = validators_.size();
  if (count < 3) { return; }
  const auto bridge = any();
  const auto side = random_.below(1U << count);
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  for (std::size_t left = 0; left < count; ++left) {
    for (std::size_t right = left + 1; right < count; ++right) {
      if (left == bridge || right == bridge) { continue; }
      if (((side >> left) & 1U) != ((side >> right) & 1U)) { pairs.emplace_back(left, right); }
    }
  }
  counters_.count(Happening::network_bridge);
  cut_for_a_while(std::move(pairs), "two halves hear each other through " + name_of(bridge) + " only");
}

void Chaos::cut_one_way() {
  if (validators_.size() < 2) { return; }
  const auto from = any();
  const auto to = (from + 1 + random_.below(validators_.size() - 1)) % validators_.size();
  remark("link " + std::to_string(from) + " -> " + std::to_string(to) + " is dead");
  counters_.count(Happening::link_cut_one_way);
  network_.link(from, to).cut = true;
  later(random_.between(100 * kMillisecond, 6 * kSecond), [this, from, to] {
    remark("link " + std::to_string(from) + " -> " + std::to_string(to) + " works again");
    network_.link(from, to).cut = false;
  });
}

void Chaos::flap() {
  if (validators_.size() < 2) { return; }
  const auto left = any();
  const auto right = (left + 1 + random_.below(validators_.size() - 1)) % validators_.size();
  remark("connection " + std::to_string(left) + " - " + std::to_string(right) + " comes and goes");
  counters_.count(Happening::link_flapped);
  flap_once(left, right, static_cast<int>(random_.between(3, 12)));
}

void Chaos::flap_once(std::size_t left, std::size_t right, int times) {
  network_.set_cut(left, right, times % 2 == 1);
  if (times == 0) { return; }
  later(random_.between(100 * kMillisecond, 900 * kMillisecond),
        [this, left, right, times] { flap_once(left, right, times - 1); });
}

void Chaos::reset_one() {
  if (validators_.size() < 2) { return; }
  const auto left = any();
  const auto right = (left + 1 + random_.below(validators_.size() - 1)) % validators_.size();
  remark("connection " + std::to_string(left) + " - " + std::to_string(right) + " is reset");
  counters_.count(Happening::connection_reset);
  network_.reset(left, right);
}

void Chaos::slow_execution() {
  const auto index = any();
  remark(name_of(index) + " executes slowly");
  counters_.count(Happening::execution_slowed);
  validators_[index]->speed().execute_max = random_.between(100 * kMillisecond, kSecond);
  later(random_.between(100 * kMillisecond, 6 * kSecond),
        [this, index] { validators_[index]->speed().execute_max = weather_.speed.execute_max; });
}

void Chaos::slow_verification() {
  const auto index = any();
  remark(name_of(index) + " checks signatures slowly");
  counters_.count(Happening::verification_slowed);
  validators_[index]->speed().verify_max = random_.between(50 * kMillisecond, 500 * kMillisecond);
  later(random_.between(100 * kMillisecond, 6 * kSecond),
        [this, index] { validators_[index]->speed().verify_max = weather_.speed.verify_max; });
}

void Chaos::stall_disk() {
  const auto index = any();
  remark("disk of " + name_of(index) + " stalls");
  counters_.count(Happening::disk_stalled);
  validators_[index]->stall_disk_until(schedule_.now() + random_.below(5 * kSecond));
}

void Chaos::jump_clock() {
  const auto index = any();
  if (is_clock_jumped_) { return; }
  is_clock_jumped_ = true;
  const auto before = validators_[index]->clock_skew_ms();
  // Forward goes one clock of a run, and none where no validator may be faulty: a quorum of clocks an hour early, at once or one
  // after the other while a block waits for votes, would agree on a time that the right ones wait an hour for.
  if (!early_ && validators_.size() >= 4) { early_ = index; }
  const auto by = random_.chance(500) && early_ == index ? kHour : -kHour;
  remark("the clock of " + name_of(index) + " jumps by an hour " + (by > 0 ? "forward" : "back"));
  counters_.count(Happening::clock_jumped);
  validators_[index]->set_clock_skew_ms(before + by);
  // The clock is set right again by the healing too, so this one must not wait for the chaos.
  schedule_.after(random_.between(kSecond, 8 * kSecond), [this, index, before] {
    is_clock_jumped_ = false;
    validators_[index]->set_clock_skew_ms(before);
  });
}

void Chaos::freeze_clock() {
  const auto index = any();
  if (validators_[index]->clock_skew_ms() > kHour / 2) { return; }  // it would stay there
  remark("the clock of " + name_of(index) + " stands still");
  counters_.count(Happening::clock_froze);
  validators_[index]->freeze_clock(true);
  later(random_.between(kSecond, 8 * kSecond), [this, index] { validators_[index]->freeze_clock(false); });
}

// ---- disks ----

void Chaos::disk_something() {
  one_of({{Fault::sync_error, &Chaos::fail_sync},
          {Fault::disk_full, &Chaos::fill_disk},
          {Fault::rotten_block, &Chaos::rot_block},
          {Fault::lost_write, &Chaos::spoil_write},
          {Fault::misdirected_write, &Chaos::misdirect_write},
          {Fault::rotten_journal, &Chaos::rot_journal},
          {Fault::rotten_segment, &Chaos::rot_segment},
          {Fault::rotten_database, &Chaos::rot_database}});
}

void Chaos::fail_sync() {
  const auto index = any();
  auto& disk = validators_[index]->disk();
  if (random_.chance(250)) {
    remark("the next database write of " + name_of(index) + " fails");
    counters_.count(Happening::database_write_failed);
    disk.database().fail_next_write();
    return;
  }
  const auto* where = random_.chance(500) ? Disk::kJournal : Disk::kBlocks;
  remark("the next sync of the " + std::string(where) + " of " + name_of(index) + " fails");
  counters_.count(Happening::sync_failed);
  disk.files().spoil_next_sync(where, SyncFault::fails);
}

void Chaos::fill_disk() {
  const bool everywhere = random_.chance(150);
  const auto chosen = any();
  counters_.count(everywhere ? Happening::all_disks_full : Happening::disk_full);
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    if (!everywhere && i != chosen) { continue; }
    remark("the disk of " + name_of(i) + " is full");
    auto& files = validators_[i]->disk().files();
    files.set_room(files.bytes() + random_.below(2000));
    later(random_.between(kSecond, 5 * kSecond), [this, i] {
      remark("the disk of " + name_of(i) + " has room again");
      validators_[i]->disk().files().set_room(std::nullopt);
    });
  }
}

// Of no height on more than f disks: somebody honest can always serve it.
void Chaos::rot_block() {
  const auto index = any();
  auto& validator = *validators_[index];
  if (faulty_max_ == 0 || !validator.is_up()) { return; }
  for (int blocks = 0; blocks < 8; ++blocks) {
    const auto height = validator.disk().rot_old_block(random_, [&](Height at) { return rotten_[at] < faulty_max_; });
    if (!height) { return; }
    ++rotten_[*height];
    remark("block " + height->text() + " on the disk of " + name_of(index) + " rots");
    counters_.count(Happening::old_block_rotten);
    validator.has_rot();
  }
}

void Chaos::spoil(SyncFault fault, const char* what) {
  const auto index = any_fragile();
  if (!index) { return; }
  const auto* where = random_.chance(600) ? Disk::kJournal : Disk::kBlocks;
  remark("the next sync of the " + std::string(where) + " of " + name_of(*index) + " " + what);
  validators_[*index]->damaged();
  if (where == Disk::kBlocks) { validators_[*index]->has_rot(); }  // found when somebody asks for the block
  validators_[*index]->disk().files().spoil_next_sync(where, fault);
  if (random_.chance(400)) { return; }
  // Soon enough that the votes which it forgets still matter.
  later(random_.between(20 * kMillisecond, 800 * kMillisecond), [this, index = *index] {
    if (!validators_[index]->is_up()) { return; }
    counters_.count(Happening::crash);
    validators_[index]->crash("and forgets what its disk lost");
    start_later(index, random_.below(300 * kMillisecond));
  });
}

void Chaos::spoil_write() {
  if (!fragile_.empty()) { counters_.count(Happening::write_lost); }
  spoil(SyncFault::loses, "loses what it says is written");
}

void Chaos::misdirect_write() {
  if (!fragile_.empty()) { counters_.count(Happening::write_misdirected); }
  spoil(SyncFault::misdirects, "writes to a wrong place");
}

void Chaos::rot_journal() {
  const auto index = any_fragile();
  if (!index) { return; }
  auto& files = validators_[*index]->disk().files();
  const auto path = std::string(Disk::kJournal) + "/votes.log";
  // Where records are; behind them are zeros.
  const auto copy_bytes = files.size(path) / 2;
  const auto place = files.rot(path, 0, std::min<std::uint64_t>(copy_bytes, 8192));
  if (!place) { return; }
  const bool both = random_.chance(400);
  if (both) { (void)files.rot(path, copy_bytes + *place, copy_bytes + *place + 1); }
  remark("the journal of " + name_of(*index) + " rots" + (both ? ", both copies" : ""));
  counters_.count(Happening::journal_rotten);
  validators_[*index]->damaged();
}

void Chaos::rot_segment() {
  const auto index = any_fragile();
  if (!index) { return; }
  auto& validator = *validators_[*index];
  const auto names = validator.disk().files().list(Disk::kBlocks);
  if (!names || names->empty()) { return; }
  const auto path = std::string(Disk::kBlocks) + "/" + (*names)[random_.below(names->size())];
  if (!validator.disk().files().rot(path, 0, UINT64_MAX)) { return; }
  remark(path + " of " + name_of(*index) + " rots");
  counters_.count(Happening::segment_rotten);
  validator.damaged();
  validator.has_rot();
}

void Chaos::rot_database() {
  const auto index = any_fragile();
  if (!index || !validators_[*index]->disk().database().rot(random_)) { return; }
  remark("the database of " + name_of(*index) + " rots");
  counters_.count(Happening::database_rotten);
  validators_[*index]->damaged();
  validators_[*index]->has_rot();
}

}  // namespace keten::simulator
