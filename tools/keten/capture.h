#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "tools/keten/target.h"

namespace keten::tools {

enum class CaptureWait {
  accepted,  ///< checked, signed and waiting in the node's mempool
  executed,  ///< final and executed: the events can be queried
};

struct Captured {
  std::string capture_id;
  std::string transaction_id;
  std::uint64_t height = 0;  ///< 0 while not final
  std::vector<std::string> event_ids;
  std::chrono::microseconds took{0};
};

/// Hands one EPCIS document, or one bare event, to the node's capture interface. Errors are the node's, with the places in
/// the document; CAPTURE_FAILED when the transaction was recorded but not all of its events could be stored.
Result<Captured> capture(const Target& target, std::string_view document, CaptureWait wait,
                         std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace keten::tools
