#pragma once

#include <string>

#include "core/json.h"
#include "core/result.h"
#include "tools/keten/usage_session.h"

namespace keten::tools {

/// What the ledger would decide on a use if it were asked for now: the contract's own code over the state of a node. Nothing is sent.
struct RehearsedUse {
  json::Value record;    ///< as the contract would keep it: docs/formats/usage.md
  json::Value counters;  ///< of the agreement, before
  Milliseconds time = 0;
};

/// `use` has `action` and perhaps `statements`. Fails as the request would: AGREEMENT_ENDED, USAGE_ARGUMENTS ...
Result<RehearsedUse> rehearse_use(const UsageSession& session, const std::string& agreement,
                                  const std::string& consumer, json::Value use);

}  // namespace keten::tools
