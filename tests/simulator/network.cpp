#include "tests/simulator/network.h"

#include <algorithm>
#include <utility>

#include "tests/simulator/message_bytes.h"

namespace keten::simulator {
namespace {

NodeNumber index_of(std::size_t place) { return {static_cast<std::uint16_t>(place)}; }

}  // namespace

Network::Network(std::size_t validators, Schedule& schedule, Random random, Receiver& receiver, Counters& counters)
    : validators_(validators),
      schedule_(schedule),
      random_(random),
      receiver_(receiver),
      counters_(counters),
      links_(validators * validators),
      pairs_(validators * validators) {}

void Network::send(NodeNumber from, NodeNumber to, const Wire& message) {
  if (!pair(from.value, to.value).connected) { return; }
  const auto& way = link(from.value, to.value);
  if (way.cut || random_.chance(way.loss_per_mille)) {
    counters_.count(Happening::message_lost);
    return;
  }
  if (random_.chance(way.duplicate_per_mille)) {
    counters_.count(Happening::message_duplicated);
    deliver_later(from, to, message);
  }
  deliver_later(from, to, message);
}

void Network::deliver_later(NodeNumber from, NodeNumber to, const Wire& message) {
  auto& way = link(from.value, to.value);
  auto delay = random_.between(way.delay_min, way.delay_max);
  if (way.bytes_per_second > 0) {
    way.busy_until =
        std::max(way.busy_until, schedule_.now()) + message_bytes(*message) * kSecond / way.bytes_per_second;
    const auto queued = way.busy_until - schedule_.now();
    if (queued > 5 * kSecond) {  // the sender gives such a slow reader up
      way.busy_until -= message_bytes(*message) * kSecond / way.bytes_per_second;
      counters_.count(Happening::message_lost);
      return;
    }
    if (queued > 100 * kMillisecond) { counters_.count(Happening::link_saturated); }
    delay += queued;
  }
  if (random_.chance(way.straggler_per_mille)) {
    counters_.count(Happening::message_straggled);
    delay += random_.below(5 * kSecond);
  }
  schedule_.after(delay, [this, from, to, message] {
    if (receiver_.is_up(to) && !link(from.value, to.value).cut) { receiver_.delivered(to, from, message); }
  });
}

void Network::set_cut(std::size_t left, std::size_t right, bool cut) {
  link(left, right).cut = cut;
  link(right, left).cut = cut;
  // Keep-alives find a dead connection after a while, a new attempt succeeds sooner. Some cuts nobody notices.
  look_again(left, right, cut ? random_.between(200 * kMillisecond, 3 * kSecond) : random_.between(0, kSecond));
}

void Network::restore_all() {
  for (std::size_t left = 0; left < validators_; ++left) {
    for (std::size_t right = left + 1; right < validators_; ++right) { set_cut(left, right, false); }
  }
}

void Network::process_changed(NodeNumber index) {
  for (std::size_t other = 0; other < validators_; ++other) {
    if (other == index.value) { continue; }
    if (receiver_.is_up(index)) {
      look_again(index.value, other, random_.between(0, 200 * kMillisecond));
    } else {
      pair(index.value, other).broken = true;
      look_again(index.value, other, random_.between(0, kSecond));
    }
  }
}

void Network::reset(std::size_t left, std::size_t right) {
  pair(left, right).broken = true;
  look_again(left, right, random_.between(0, 200 * kMillisecond));
}

Network::Pair& Network::pair(std::size_t left, std::size_t right) {
  return pairs_[std::min(left, right) * validators_ + std::max(left, right)];
}

void Network::look_again(std::size_t left, std::size_t right, Time delay) {
  const auto check = ++pair(left, right).check;
  schedule_.after(delay, [this, left, right, check] {
    if (pair(left, right).check == check) { update(left, right); }
  });
}

void Network::update(std::size_t left, std::size_t right) {
  auto& state = pair(left, right);
  const bool possible = receiver_.is_up(index_of(left)) && receiver_.is_up(index_of(right)) && !link(left, right).cut &&
                        !link(right, left).cut;
  // Before anybody is told: who crashes while it hears of the connection breaks it again.
  const bool was_broken = std::exchange(state.broken, false);
  if (state.connected && (was_broken || !possible)) {
    state.connected = false;
    counters_.count(Happening::disconnected);
    for (const auto& [at, peer] : {std::pair{left, right}, std::pair{right, left}}) {
      if (receiver_.is_up(index_of(at))) { receiver_.disconnected(index_of(at), index_of(peer)); }
    }
    if (possible) { look_again(left, right, random_.between(10 * kMillisecond, 500 * kMillisecond)); }
  } else if (!state.connected && possible) {
    state.connected = true;
    counters_.count(Happening::connected);
    receiver_.connected(index_of(left), index_of(right));
    receiver_.connected(index_of(right), index_of(left));
  }
}

}  // namespace keten::simulator
