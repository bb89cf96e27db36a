#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "core/genesis.h"
#include "core/result.h"
#include "core/transaction.h"
#include "node/http/backend.h"
#include "node/http/capture_jobs.h"
#include "node/http/users.h"

namespace keten::http {

/// How far ahead of the finalized height a capture stays valid, unless the chain allows less.
inline constexpr std::uint64_t kCaptureValidityBlocks = 1000;

struct CaptureContext {
  ChainId chain_id;
  Height finalized;
  std::uint64_t validity_blocks_max = 0;  ///< of the genesis
  CaptureProfile profile = CaptureProfile::strict;
  std::uint64_t judging_fuel = 0;  ///< for the rules of the organisation's agreements
};

/// `production.capture` with the document as its one payload, signed with the user's delegated key.
/// Precondition: the user has a key.
TransactionPointer make_capture(ByteView document, ErrorBehaviour behaviour, const User& user,
                                const CaptureContext& context);

}  // namespace keten::http
