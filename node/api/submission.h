#pragma once

// Inside of node/api.

#include <functional>

#include <keten/v1/ledger.pb.h>  // lint: allow only files of this folder include this header

#include "core/result.h"
#include "node/pipeline/gateway.h"

namespace keten::api {

/// A batch of more than ten times kBatchTransactionsMax gets no answer for each: BATCH_TOO_LARGE for the call.
[[nodiscard]] Status check_batch(const v1::SubmitTransactionsRequest& request);

/// Decodes each transaction by itself and hands the good ones to the gateway: a malformed one answers for itself and never
/// fails the batch. `done` comes once, on any thread. Over kBatchTransactionsMax every answer is BATCH_TOO_LARGE.
void submit_batch(Gateway& gateway, const v1::SubmitTransactionsRequest& request,
                  std::function<void(v1::SubmitTransactionsResponse)> done);

}  // namespace keten::api
