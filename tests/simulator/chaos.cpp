#include "tests/simulator/chaos.h"

#include <algorithm>

namespace keten::simulator {

Chaos::Chaos(std::vector<std::unique_ptr<Validator>>& validators, Network& network, Schedule& schedule,
             Witness& witness, Counters& counters, Random random, const Weather& weather)
    : validators_(validators),
      network_(network),
      schedule_(schedule),
      witness_(witness),
      counters_(counters),
      random_(random),
      weather_(weather) {}

void Chaos::start() {
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
  if (weather_.between_crashes > 0) {
    schedule_.after(around(weather_.between_crashes), [this] { crash_something(); });
  }
  if (weather_.between_cuts > 0) {
    schedule_.after(around(weather_.between_cuts), [this] { cut_something(); });
  }
}

void Chaos::heal() {
  is_healed_ = true;
  remark("everything works again");
  for (auto& link : network_.links()) { link = Link{}; }
  network_.restore_all();
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    validators_[i]->speed() = Speed{};
    validators_[i]->stall_disk_until(0);
    validators_[i]->crash_no_more();
    if (!validators_[i]->is_up()) { validators_[i]->start(); }
  }
}

void Chaos::crash_something() {
  if (is_healed_) { return; }
  const auto index = random_.below(validators_.size());
  if (random_.chance(80)) {
    crash_all();
  } else {
    crash_one(index);
  }
  schedule_.after(around(weather_.between_crashes), [this] { crash_something(); });
}

void Chaos::crash_one(std::size_t index) {
  auto& validator = *validators_[index];
  if (!validator.is_up()) { return; }
  counters_.count(Happening::crash);
  if (random_.chance(600)) {
    validator.crash_after_effects(random_.below(6));
  } else {
    validator.crash("at once");
  }
  // Long enough for the others to go on without it, sometimes too short to be noticed.
  start_later(index, random_.chance(500) ? random_.below(500 * kMillisecond) : random_.below(8 * kSecond));
}

void Chaos::crash_all() {
  remark("power failure of all machines");
  counters_.count(Happening::power_failure);
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    if (!validators_[i]->is_up()) { continue; }
    validators_[i]->crash("with all others");
    start_later(i, random_.below(3 * kSecond));
  }
}

void Chaos::start_later(std::size_t index, Time delay) {
  schedule_.after(delay, [this, index] {
    if (validators_[index]->is_up()) { return; }
    counters_.count(Happening::restart);
    validators_[index]->start();
  });
}

void Chaos::cut_something() {
  if (is_healed_) { return; }
  const auto count = validators_.size();
  const auto lasts = random_.between(100 * kMillisecond, 6 * kSecond);
  const auto undo = [&](std::function<void()> action) {
    schedule_.after(lasts, [this, action = std::move(action)] {
      if (!is_healed_) { action(); }
    });
  };
  switch (random_.below(6)) {
    case 0: {
      const auto index = random_.below(count);
      isolate(index, true);
      undo([this, index] { isolate(index, false); });
      break;
    }
    case 1: {
      const auto side = random_.between(1, (1U << count) - 2U);
      halve(side, true);
      undo([this, side] { halve(side, false); });
      break;
    }
    case 2: {
      const auto from = random_.below(count);
      const auto to = (from + 1 + random_.below(count - 1)) % count;
      cut_one_way(true, from, to);
      undo([this, from, to] { cut_one_way(false, from, to); });
      break;
    }
    case 3: {
      const auto left = random_.below(count);
      const auto right = (left + 1 + random_.below(count - 1)) % count;
      remark("connection " + std::to_string(left) + " - " + std::to_string(right) + " is reset");
      network_.reset(left, right);
      break;
    }
    case 4: {
      const auto index = random_.below(count);
      remark("disk of validator " + std::to_string(index) + " stalls");
      counters_.count(Happening::disk_stalled);
      validators_[index]->stall_disk_until(schedule_.now() + random_.below(3 * kSecond));
      break;
    }
    case 5: {
      const auto index = random_.below(count);
      remark("validator " + std::to_string(index) + " executes slowly");
      counters_.count(Happening::execution_slowed);
      validators_[index]->speed().execute_max = random_.between(100 * kMillisecond, kSecond);
      undo([this, index] { validators_[index]->speed().execute_max = weather_.speed.execute_max; });
      break;
    }
  }
  schedule_.after(around(weather_.between_cuts), [this] { cut_something(); });
}

void Chaos::isolate(std::size_t index, bool cut) {
  remark("validator " + std::to_string(index) + (cut ? " is isolated" : " is reachable again"));
  if (cut) { counters_.count(Happening::validator_isolated); }
  for (std::size_t other = 0; other < validators_.size(); ++other) {
    if (other != index) { network_.set_cut(index, other, cut); }
  }
}

void Chaos::halve(std::uint64_t side, bool cut) {
  std::string names;
  for (std::size_t i = 0; i < validators_.size(); ++i) {
    if (((side >> i) & 1U) != 0) { names += " " + std::to_string(i); }
  }
  remark(std::string(cut ? "the network splits, on one side:" : "the network is whole again, one side was:") + names);
  if (cut) { counters_.count(Happening::network_halved); }
  for (std::size_t left = 0; left < validators_.size(); ++left) {
    for (std::size_t right = left + 1; right < validators_.size(); ++right) {
      if (((side >> left) & 1U) != ((side >> right) & 1U)) { network_.set_cut(left, right, cut); }
    }
  }
}

void Chaos::cut_one_way(bool cut, std::size_t from, std::size_t to) {
  remark("link " + std::to_string(from) + " -> " + std::to_string(to) + (cut ? " is dead" : " works again"));
  if (cut) { counters_.count(Happening::link_cut_one_way); }
  network_.link(from, to).cut = cut;
}

}  // namespace keten::simulator
