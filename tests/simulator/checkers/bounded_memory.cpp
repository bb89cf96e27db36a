#include "tests/simulator/checkers/bounded_memory.h"

#include "core/limits.h"

namespace keten::simulator {

void BoundedMemory::measured(NodeNumber at, const consensus::Floor& /*floor*/, const pipeline::PipelineStatus& status) {
  if (status.mempool_transactions > limits::kMempoolTransactionsMax ||
      status.mempool_bytes > limits::kMempoolBytesMax) {
    violated(text_of(at) + ": " + std::to_string(status.mempool_transactions) + " transactions in the mempool");
  }
}

}  // namespace keten::simulator
