#include "node/api/submission.h"

#include <memory>
#include <utility>
#include <vector>

#include "core/limits.h"
#include "node/wire/text.h"

namespace keten::api {
namespace {

void refuse(v1::SubmitResult& result, const Error& error) {
  result.set_reason(wire::utf8_or_printable(error.reason));
  result.set_message(wire::utf8_or_printable(error.message));
}

/// An element of a batch takes two bytes to send and hundreds to answer.
constexpr std::size_t kAnswersMax = 10 * limits::kBatchTransactionsMax;

Error too_many(int found) {
  return failure(ErrorKind::too_large, "BATCH_TOO_LARGE",
                 "expected at most " + std::to_string(limits::kBatchTransactionsMax) +
                     " transactions in one batch, found " + std::to_string(found));
}

}  // namespace

Status check_batch(const v1::SubmitTransactionsRequest& request) {
  if (static_cast<std::size_t>(request.transactions_size()) <= kAnswersMax) { return kDone; }
  return too_many(request.transactions_size());
}

void submit_batch(Gateway& gateway, const v1::SubmitTransactionsRequest& request,
                  std::function<void(v1::SubmitTransactionsResponse)> done) {
  struct Answer {
    v1::SubmitTransactionsResponse response;
    std::vector<int> places;  // of those that the gateway was asked about
  };
  auto answer = std::make_shared<Answer>();
  answer->response.set_sequence(request.sequence());
  std::vector<TransactionPointer> good;
  const bool is_over = static_cast<std::size_t>(request.transactions_size()) > limits::kBatchTransactionsMax;
  for (int i = 0; i < request.transactions_size(); ++i) {
    auto& result = *answer->response.add_results();
    if (is_over) {
      refuse(result, too_many(request.transactions_size()));
      continue;
    }
    auto transaction = decode_transaction(as_bytes(request.transactions(i)));
    if (!transaction) {
      refuse(result, transaction.error());
      continue;
    }
    result.set_transaction_id(to_text((*transaction)->id.view()));
    answer->places.push_back(i);
    good.push_back(std::move(*transaction));
  }
  if (good.empty()) {
    done(std::move(answer->response));
    return;
  }
  gateway.submit(std::move(good), [answer, done = std::move(done)](const std::vector<Status>& statuses) {
    for (std::size_t k = 0; k < answer->places.size(); ++k) {
      auto& result = *answer->response.mutable_results(answer->places[k]);
      if (k >= statuses.size()) {
        refuse(result, failure(ErrorKind::unavailable, "SHUTTING_DOWN", "the node is stopping"));
      } else if (!statuses[k]) {
        refuse(result, statuses[k].error());
      }
    }
    done(std::move(answer->response));
  });
}

}  // namespace keten::api
