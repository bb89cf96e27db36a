#pragma once

// Inside of node/api: includes gRPC.

#include <atomic>

#include <keten/v1/ledger.grpc.pb.h>

#include "node/api/calls.h"

namespace keten::api {

/// The calls of keten.v1.LedgerService. Translates; what it says is the gateway's and the store's.
class LedgerService final : public v1::LedgerService::CallbackService {
 public:
  explicit LedgerService(Surroundings surroundings) : surroundings_(surroundings) {}

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;
  Unary* SubmitTransaction(Context*, const v1::SubmitTransactionRequest* request,
                           v1::SubmitTransactionResponse* response) override;
  Unary* SubmitTransactions(Context*, const v1::SubmitTransactionsRequest* request,
                            v1::SubmitTransactionsResponse* response) override;
  grpc::ServerBidiReactor<v1::SubmitTransactionsRequest, v1::SubmitTransactionsResponse>* SubmitTransactionStream(
      Context*) override;
  Unary* WaitTransaction(Context*, const v1::WaitTransactionRequest* request,
                         v1::WaitTransactionResponse* response) override;
  Unary* GetTransaction(Context*, const v1::GetTransactionRequest* request,
                        v1::GetTransactionResponse* response) override;
  Unary* GetReceipt(Context*, const v1::GetReceiptRequest* request, v1::GetReceiptResponse* response) override;
  Unary* GetBlock(Context*, const v1::GetBlockRequest* request, v1::GetBlockResponse* response) override;
  Unary* GetStatus(Context*, const v1::GetStatusRequest* request, v1::GetStatusResponse* response) override;
  Unary* ReadUsage(Context*, const v1::ReadUsageRequest* request, v1::ReadUsageResponse* response) override;
  Unary* ReadState(Context*, const v1::ReadStateRequest* request, v1::ReadStateResponse* response) override;
  Unary* ReadRules(Context*, const v1::ReadRulesRequest* request, v1::ReadRulesResponse* response) override;
  Unary* GetProof(Context*, const v1::GetProofRequest* request, v1::GetProofResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchEventsResponse>* WatchEvents(Context*,
                                                                 const v1::WatchEventsRequest* request) override;

 private:
  Surroundings surroundings_;
  std::atomic<int> watchers_{0};
};

}  // namespace keten::api
