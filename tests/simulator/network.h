#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "node/pipeline/messages.h"
#include "tests/simulator/counters.h"
#include "tests/simulator/random.h"
#include "tests/simulator/schedule.h"

namespace keten::simulator {

using Wire = std::shared_ptr<const pipeline::PeerMessage>;

/// How one direction between two validators behaves.
struct Link {
  Time delay_min = 500;
  Time delay_max = 2000;
  std::uint64_t loss_per_mille = 0;
  std::uint64_t duplicate_per_mille = 0;
  std::uint64_t straggler_per_mille = 0;  ///< arrive up to five seconds late, and so out of order
  std::uint64_t bytes_per_second = 0;     ///< 0: no limit
  Time busy_until = 0;                    ///< what was sent before is still under way
  bool cut = false;
};

/// What the validators' processes hear from the network.
class Receiver {
 public:
  virtual ~Receiver() = default;
  [[nodiscard]] virtual bool is_up(NodeNumber at) const = 0;
  virtual void delivered(NodeNumber at, NodeNumber from, const Wire& message) = 0;
  virtual void connected(NodeNumber at, NodeNumber peer) = 0;
  virtual void disconnected(NodeNumber at, NodeNumber peer) = 0;
};

/// Links between validators. A link may lose, delay, repeat and reorder; a pair is connected while both run and somebody
/// found out that they reach each other. More hostile than TCP: also messages of an earlier connection may arrive.
class Network {
 public:
  Network(std::size_t validators, Schedule& schedule, Random random, Receiver& receiver, Counters& counters);

  void send(NodeNumber from, NodeNumber to, const Wire& message);

  [[nodiscard]] Link& link(std::size_t from, std::size_t to) { return links_[from * validators_ + to]; }
  [[nodiscard]] std::vector<Link>& links() { return links_; }
  /// Cuts or restores both directions.
  void set_cut(std::size_t left, std::size_t right, bool cut);
  void restore_all();
  /// The process came up or went down: its connections follow.
  void process_changed(NodeNumber index);
  /// The connection breaks and is made again.
  void reset(std::size_t left, std::size_t right);

 private:
  struct Pair {
    bool connected = false;
    bool broken = false;  ///< a reset that the ends have not noticed yet
    std::uint64_t check = 0;
  };
  Pair& pair(std::size_t left, std::size_t right);
  void deliver_later(NodeNumber from, NodeNumber to, const Wire& message);
  void look_again(std::size_t left, std::size_t right, Time delay);
  void update(std::size_t left, std::size_t right);

  std::size_t validators_;
  Schedule& schedule_;
  Random random_;
  Receiver& receiver_;
  Counters& counters_;
  std::vector<Link> links_;
  std::vector<Pair> pairs_;
};

}  // namespace keten::simulator
