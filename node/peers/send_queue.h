#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "node/pipeline/messages.h"

namespace keten::peers {

/// One serialized message; a broadcast shares it between all queues.
using SharedBytes = std::shared_ptr<const std::string>;

/// What waits for one stream. Bounded: the vote lane by messages, the bulk lane by bytes. Not thread-safe.
class SendQueue {
 public:
  struct Bounds {
    std::size_t messages_max;
    std::size_t bytes_max;
  };
  /// Whether a message may be thrown away to make room: transaction batches are pulled again when a block needs them.
  enum class Kind : std::uint8_t { must_arrive, repairable };
  struct Added {
    bool queued = false;
    std::size_t dropped = 0;  ///< oldest repairable messages that made room
  };

  explicit SendQueue(Bounds bounds) : bounds_(bounds) {}

  Added push(SharedBytes bytes, Kind kind);
  /// From the front, at least one when something waits, until `bytes_max` is reached.
  std::vector<SharedBytes> take(std::size_t bytes_max);
  /// How many were thrown away.
  std::size_t clear();

  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Item {
    SharedBytes bytes;
    Kind kind;
  };
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  bool drop_oldest_repairable();

  Bounds bounds_;
  std::deque<Item> items_;
  std::size_t bytes_ = 0;
};

/// docs/formats/wire.md, "Queues".
[[nodiscard]] SendQueue::Bounds lane_bounds(pipeline::Lane lane);

}  // namespace keten::peers
