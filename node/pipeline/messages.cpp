#include "node/pipeline/messages.h"

namespace keten::pipeline {

Lane lane_of(const PeerMessage& message) {
  const bool is_bulk = std::holds_alternative<PayloadResponse>(message) ||
                       std::holds_alternative<BlockResponse>(message) ||
                       std::holds_alternative<TransactionBatch>(message);
  return is_bulk ? Lane::bulk : Lane::votes;
}

}  // namespace keten::pipeline
