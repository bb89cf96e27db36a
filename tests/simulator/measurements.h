#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "node/pipeline/messages.h"
#include "tests/simulator/schedule.h"

namespace keten::simulator {

/// Shares of the traffic.
enum class Traffic : std::uint8_t { proposals, votes, certificates, gossip, other };
inline constexpr std::size_t kTraffics = static_cast<std::size_t>(Traffic::other) + 1;
std::string_view traffic_name(Traffic traffic);

/// What a calm run costs: how long finality takes, and what is sent for it.
class Measurements {
 public:
  void submitted(const TransactionId& id, NodeNumber at, Time now) { submitted_.try_emplace(id, Submission{at, now}); }
  /// `copies`: to so many validators.
  void sent(const pipeline::PeerMessage& message, std::uint64_t copies, Time now);
  void block_final(NodeNumber at, const Block& block, Time now);

  /// From the moment the leader sends its proposal to the moment a validator calls the block final; every validator, every
  /// block. Sorted.
  [[nodiscard]] std::vector<Time> proposal_to_final() const;
  /// From the submission to the moment the same node calls it final. Sorted.
  [[nodiscard]] std::vector<Time> submission_to_final() const;
  /// Sent by all validators together.
  [[nodiscard]] std::uint64_t bytes(Traffic traffic) const { return bytes_[static_cast<std::size_t>(traffic)]; }

 private:
  struct Submission {
    NodeNumber at;
    Time when = 0;
  };
  std::map<TransactionId, Submission> submitted_;
  std::map<BlockId, Time> proposed_;
  std::vector<Time> proposal_to_final_;
  std::vector<Time> submission_to_final_;
  std::array<std::uint64_t, kTraffics> bytes_{};
};

/// The value that `per_cent` of the sorted samples do not exceed; 0 without samples.
Time percentile(const std::vector<Time>& sorted, std::uint64_t per_cent);

}  // namespace keten::simulator
