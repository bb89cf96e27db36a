#include "node/peers/send_queue.h"

#include <algorithm>
#include <utility>

#include "core/limits.h"

namespace keten::peers {

SendQueue::Bounds lane_bounds(pipeline::Lane lane) {
  // Messages of the vote lane are small but for proposals, messages of the bulk lane at least a transaction: each lane has
  // one bound that works and one for what nobody should send.
  if (lane == pipeline::Lane::votes) { return {limits::kPeerVoteQueueMax, limits::kPeerBulkQueueBytesMax}; }
  return {limits::kPeerBulkQueueBytesMax / 256, limits::kPeerBulkQueueBytesMax};
}

bool SendQueue::has_room(std::size_t bytes) const {
  return items_.size() < bounds_.messages_max && bytes_ + bytes <= bounds_.bytes_max;
}

bool SendQueue::drop_oldest_repairable() {
  const auto oldest =
      std::find_if(items_.begin(), items_.end(), [](const Item& item) { return item.kind == Kind::repairable; });
  if (oldest == items_.end()) { return false; }
  bytes_ -= oldest->bytes->size();
  items_.erase(oldest);
  return true;
}

SendQueue::Added SendQueue::push(SharedBytes bytes, Kind kind) {
  Added added;
  while (!has_room(bytes->size())) {
    if (!drop_oldest_repairable()) { return added; }
    ++added.dropped;
  }
  bytes_ += bytes->size();
  items_.push_back({std::move(bytes), kind});
  added.queued = true;
  return added;
}

std::vector<SharedBytes> SendQueue::take(std::size_t bytes_max) {
  std::vector<SharedBytes> taken;
  std::size_t size = 0;
  while (!items_.empty() && taken.size() < limits::kPeerVoteQueueMax) {
    const auto next = items_.front().bytes->size();
    if (!taken.empty() && size + next > bytes_max) { break; }
    size += next;
    taken.push_back(std::move(items_.front().bytes));
    items_.pop_front();
  }
  bytes_ -= size;
  return taken;
}

std::size_t SendQueue::clear() {
  const auto count = items_.size();
  items_.clear();
  bytes_ = 0;
  return count;
}

}  // namespace keten::peers
