#include "tests/simulator/measurements.h"

#include <algorithm>

#include "tests/simulator/message_bytes.h"

namespace keten::simulator {
namespace {

Traffic traffic_of(const pipeline::PeerMessage& message) {
  if (std::holds_alternative<pipeline::ProposalMessage>(message)) { return Traffic::proposals; }
  if (std::holds_alternative<Vote>(message)) { return Traffic::votes; }
  if (std::holds_alternative<Certificate>(message) || std::holds_alternative<consensus::CertificateRequest>(message) ||
      std::holds_alternative<consensus::CertificateResponse>(message)) {
    return Traffic::certificates;
  }
  if (std::holds_alternative<pipeline::TransactionBatch>(message)) { return Traffic::gossip; }
  return Traffic::other;
}

}  // namespace

std::string_view traffic_name(Traffic traffic) {
  switch (traffic) {
    case Traffic::proposals: return "proposals";
    case Traffic::votes: return "votes";
    case Traffic::certificates: return "certificates";
    case Traffic::gossip: return "gossip";
    case Traffic::other: return "other";
  }
  return "";
}

void Measurements::sent(const pipeline::PeerMessage& message, std::uint64_t copies, Time now) {
  bytes_[static_cast<std::size_t>(traffic_of(message))] += message_bytes(message) * copies;
  if (const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message)) {
    proposed_.try_emplace(proposal->proposal.header.id(), now);
  }
}

void Measurements::block_final(NodeNumber at, const Block& block, Time now) {
  const auto proposed = proposed_.find(block.header.id());
  if (proposed != proposed_.end()) { proposal_to_final_.push_back(now - proposed->second); }
  for (const auto& transaction : block.transactions) {
    const auto submission = submitted_.find(transaction->id);
    if (submission == submitted_.end() || submission->second.at != at) { continue; }
    submission_to_final_.push_back(now - submission->second.when);
  }
}

std::vector<Time> Measurements::proposal_to_final() const {
  auto samples = proposal_to_final_;
  std::ranges::sort(samples);
  return samples;
}

std::vector<Time> Measurements::submission_to_final() const {
  auto samples = submission_to_final_;
  std::ranges::sort(samples);
  return samples;
}

Time percentile(const std::vector<Time>& sorted, std::uint64_t per_cent) {
  if (sorted.empty()) { return 0; }
  const auto place = (sorted.size() * per_cent + 99) / 100;
  return sorted[std::max<std::size_t>(place, 1) - 1];
}

}  // namespace keten::simulator
