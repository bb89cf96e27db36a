#include "node/api/ledger_service.h"

#include <utility>

#include "core/limits.h"
#include "node/api/event_stream.h"
#include "node/api/submission.h"
#include "node/api/submit_stream.h"
#include "node/wire/ledger_wire.h"

namespace keten::api {
namespace {

using CallPointer = std::shared_ptr<UnaryCall>;

constexpr std::size_t kStateBytes = 2 * 1024 * 1024;  ///< of one page
constexpr std::uint32_t kWaitMsDefault = 10'000;
constexpr std::uint32_t kWaitMsMax = 60'000;

/// Reads from the store: the response is written under the call's lock, what it is made of is read before.
grpc::Status fill(const StoredTransaction& stored, v1::GetTransactionResponse& response) {
  response.set_transaction(to_text(stored.envelope));
  response.set_state(v1::TRANSACTION_STATE_EXECUTED);
  response.set_height(stored.height.value);
  response.set_index(stored.index);
  return grpc::Status::OK;
}

grpc::Status fill(const StoredBlock& stored, bool with_transactions, v1::GetBlockResponse& response) {
  Writer header;
  stored.block->header.encode(header);
  response.set_block_id(to_text(stored.block->header.id().view()));
  response.set_header(to_text(header.bytes()));
  if (stored.finalization) {
    Writer finalization;
    stored.finalization->encode(finalization);
    response.set_finalization(to_text(finalization.bytes()));
  }
  for (const auto& transaction : stored.block->transactions) {
    response.add_transaction_ids(to_text(transaction->id.view()));
    if (with_transactions) { response.add_transactions(to_text(transaction->envelope)); }
  }
  if (with_transactions) {
    for (const auto& one : stored.block->evidence) {
      Writer evidence;
      one.encode(evidence);
      response.add_evidence(to_text(evidence.bytes()));
    }
  }
  response.set_state_root(to_text(stored.state_root.view()));
  response.set_receipts_root(to_text(stored.receipts_root.view()));
  response.set_mountain_root(to_text(stored.commitments.mountain_root.view()));
  response.set_map_root(to_text(stored.commitments.map_root.view()));
  response.set_rest(to_text(stored.commitments.rest.view()));
  return grpc::Status::OK;
}

Result<query::UsageQuestion> usage_question(const v1::ReadUsageRequest& request) {
  using query::UsageView;
  query::UsageQuestion question{.subject = request.subject(),
                                .use = request.use(),
                                .from = request.from(),
                                .to = request.to(),
                                .after = request.after(),
                                .limit = request.limit()};
  if (question.limit == 0) { question.limit = limits::kPageDefault; }
  if (question.limit > limits::kPageMax) {
    return invalid("PARAMETER_INVALID", "limit is at most " + std::to_string(limits::kPageMax));
  }
  switch (request.view()) {
    case v1::USAGE_VIEW_DATASETS: question.view = UsageView::datasets; return question;
    case v1::USAGE_VIEW_DATASET: question.view = UsageView::dataset; return question;
    case v1::USAGE_VIEW_AGREEMENT: question.view = UsageView::agreement; return question;
    case v1::USAGE_VIEW_USES: question.view = UsageView::uses; return question;
    case v1::USAGE_VIEW_USE: question.view = UsageView::use; return question;
    case v1::USAGE_VIEW_DUTIES: question.view = UsageView::duties; return question;
    case v1::USAGE_VIEW_STATEMENT: question.view = UsageView::statement; return question;
    default: break;  // unspecified, or of a newer client
  }
  return invalid("USAGE_VIEW", "expected one of the views of data usage, found " + std::to_string(request.view()));
}

Result<StoredBlock> find_block(const LedgerReads& reads, const v1::GetBlockRequest& request) {
  switch (request.which_case()) {
    case v1::GetBlockRequest::kHeight: return reads.block(Height{request.height()});
    case v1::GetBlockRequest::kBlockId: {
      const auto id = wire::hash_from_wire(request.block_id(), "block_id");
      return id ? reads.block(*id) : Result<StoredBlock>(id.error());
    }
    case v1::GetBlockRequest::WHICH_NOT_SET: break;
  }
  return invalid("REQUEST_INCOMPLETE", "expected a height or a block_id");
}

Result<query::RuleQuestion> rule_question(const v1::ReadRulesRequest& request) {
  query::RuleQuestion question{.id = request.id(),
                               .agreement = request.agreement(),
                               .party = request.party(),
                               .state = request.state(),
                               .after = request.after(),
                               .limit = request.limit() == 0 ? limits::kPageDefault : request.limit()};
  if (question.limit > limits::kPageMax) {
    return invalid("PARAMETER_INVALID", "limit must be at most " + std::to_string(limits::kPageMax) + ", found " +
                                            std::to_string(question.limit));
  }
  switch (request.subject()) {
    case v1::RULE_SUBJECT_CONTRACT: question.subject = query::RuleSubject::contract; return question;
    case v1::RULE_SUBJECT_AGREEMENT: question.subject = query::RuleSubject::agreement; return question;
    case v1::RULE_SUBJECT_FINDING: question.subject = query::RuleSubject::finding; return question;
    default: return invalid("QUESTION_UNKNOWN", "expected a subject: contract, agreement or finding");
  }
}

Result<proof::Question> proof_question(const v1::GetProofRequest& request) {
  proof::Question question;
  question.first_epoch = Epoch{request.first_epoch()};
  if (request.has_at_least()) { question.at_least = Height{request.at_least()}; }
  question.entity_kind = request.entity_kind();
  if (request.has_via()) { question.via = Height{request.via()}; }
  const auto about = [&](proof::QuestionKind kind, const std::string& entity) {
    question.kind = kind;
    question.entity = entity;
  };
  switch (request.what_case()) {
    case v1::GetProofRequest::kTransactionId: {
      const auto id = wire::hash_from_wire(request.transaction_id(), "transaction_id");
      if (!id) { return id.error(); }
      question.transaction = *id;
      return question;
    }
    case v1::GetProofRequest::kEntry:
      question.kind = proof::QuestionKind::entry;
      question.entry = to_bytes(request.entry());
      return question;
    case v1::GetProofRequest::kHistory: about(proof::QuestionKind::history, request.history()); break;
    case v1::GetProofRequest::kState: about(proof::QuestionKind::state, request.state()); break;
    case v1::GetProofRequest::kAbsence: about(proof::QuestionKind::absence, request.absence()); break;
    case v1::GetProofRequest::kTraceBack: about(proof::QuestionKind::trace, request.trace_back()); break;
    case v1::GetProofRequest::kTraceForward:
      about(proof::QuestionKind::trace, request.trace_forward());
      question.direction = proof::Direction::forward;
      break;
    case v1::GetProofRequest::kBlockHeight:
      question.kind = proof::QuestionKind::block;
      question.block = Height{request.block_height()};
      break;
    case v1::GetProofRequest::WHAT_NOT_SET:
      return invalid("PROOF_UNKNOWN",
                     "expected what to prove: a transaction_id, entry, history, state, absence, trace or block_height");
  }
  return question;
}

}  // namespace

LedgerService::Unary* LedgerService::SubmitTransaction(Context*, const v1::SubmitTransactionRequest* request,
                                                       v1::SubmitTransactionResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    auto transaction = decode_transaction(as_bytes(request->transaction()));
    if (!transaction) {
      call->answer(to_grpc(transaction.error()));
      return;
    }
    surroundings_.gateway.submit(
        {*transaction}, [call, response, id = (*transaction)->id](std::vector<Status> statuses) {
          call->answer([&] {
            if (statuses.empty()) {
              return to_grpc(failure(ErrorKind::unavailable, "SHUTTING_DOWN", "the node is stopping"));
            }
            response->set_transaction_id(to_text(id.view()));
            return to_grpc(statuses.front());
          });
        });
  });
}

LedgerService::Unary* LedgerService::SubmitTransactions(Context*, const v1::SubmitTransactionsRequest* request,
                                                        v1::SubmitTransactionsResponse* response) {
  const auto checked = check_batch(*request);
  const auto bytes = checked ? request->SpaceUsedLong() : 0;
  return UnaryCall::begin(surroundings_, bytes, [this, request, response, checked](const CallPointer& call) {
    if (!checked) {
      call->answer(to_grpc(checked));
      return;
    }
    submit_batch(surroundings_.gateway, *request, [call, response](v1::SubmitTransactionsResponse answer) {
      call->answer([&] {
        *response = std::move(answer);
        return grpc::Status::OK;
      });
    });
  });
}

grpc::ServerBidiReactor<v1::SubmitTransactionsRequest, v1::SubmitTransactionsResponse>*
LedgerService::SubmitTransactionStream(Context*) {
  return SubmitStream::begin(surroundings_);
}

LedgerService::Unary* LedgerService::WaitTransaction(Context*, const v1::WaitTransactionRequest* request,
                                                     v1::WaitTransactionResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto id = wire::hash_from_wire(request->transaction_id(), "transaction_id");
    const auto level = wire::wait_level_from_wire(request->level());
    if (!id || !level) {
      call->answer(to_grpc(id ? level.error() : id.error()));
      return;
    }
    if (request->timeout_ms() > kWaitMsMax) {
      call->answer(to_grpc(
          invalid("TIMEOUT_TOO_LONG", "expected at most 60,000 ms, found " + std::to_string(request->timeout_ms()))));
      return;
    }
    const auto timeout_ms = request->timeout_ms() == 0 ? kWaitMsDefault : request->timeout_ms();
    surroundings_.gateway.wait(*id, *level, timeout_ms,
                               [call, response, id = *id](Result<TransactionProgress> progress) {
                                 call->answer([&] {
                                   if (!progress) { return to_grpc(progress.error()); }
                                   wire::to_wire(*progress, id, *response);
                                   return grpc::Status::OK;
                                 });
                               });
  });
}

LedgerService::Unary* LedgerService::GetTransaction(Context*, const v1::GetTransactionRequest* request,
                                                    v1::GetTransactionResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto id = wire::hash_from_wire(request->transaction_id(), "transaction_id");
    if (!id) {
      call->answer(to_grpc(id.error()));
      return;
    }
    // Asked first: what is executed by then is in the store.
    const auto progress = surroundings_.gateway.progress(*id);
    const auto stored = surroundings_.reads.transaction(*id);
    if (stored) {
      call->answer([&] { return fill(*stored, *response); });
      return;
    }
    // On its way: its bytes are not in the store, but where it is can be said.
    call->answer([&] {
      if (progress.state == TransactionState::unknown) { return to_grpc(stored.error()); }
      response->set_state(static_cast<v1::TransactionState>(wire::to_wire(progress.state)));
      response->set_height(progress.height.value);
      response->set_index(progress.index);
      return grpc::Status::OK;
    });
  });
}

LedgerService::Unary* LedgerService::GetReceipt(Context*, const v1::GetReceiptRequest* request,
                                                v1::GetReceiptResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto id = wire::hash_from_wire(request->transaction_id(), "transaction_id");
    const auto stored = id ? surroundings_.reads.receipt(*id) : Result<StoredReceipt>(id.error());
    call->answer([&] {
      if (!stored) { return to_grpc(stored.error()); }
      wire::to_wire({stored->receipt, stored->height, stored->index}, *response->mutable_receipt());
      return grpc::Status::OK;
    });
  });
}

LedgerService::Unary* LedgerService::GetBlock(Context*, const v1::GetBlockRequest* request,
                                              v1::GetBlockResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto stored = find_block(surroundings_.reads, *request);
    call->answer(
        [&] { return stored ? fill(*stored, request->with_transactions(), *response) : to_grpc(stored.error()); });
  });
}

LedgerService::Unary* LedgerService::GetStatus(Context*, const v1::GetStatusRequest* request,
                                               v1::GetStatusResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, response](const CallPointer& call) {
    const auto status = surroundings_.gateway.status();
    call->answer([&] {
      wire::to_wire(status, *response);
      return grpc::Status::OK;
    });
  });
}

LedgerService::Unary* LedgerService::ReadState(Context*, const v1::ReadStateRequest* request,
                                               v1::ReadStateResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto& contract = request->contract();
    const bool is_name = !contract.empty() && contract.find('/') == std::string::npos;
    const auto page =
        is_name
            ? surroundings_.reads.state({.contract = contract,
                                         .after = to_bytes(request->after()),
                                         .prefix = to_bytes(request->prefix()),
                                         .first = to_bytes(request->first()),
                                         .end = to_bytes(request->end()),
                                         .height = Height{request->height()},
                                         .entries_max = request->limit(),
                                         .bytes_max = kStateBytes})
            : Result<StatePage>(invalid("CONTRACT_NAME", "expected the name of a contract, found '" + contract + "'"));
    call->answer([&] {
      if (!page) { return to_grpc(page.error()); }
      response->set_height(page->height.value);
      response->set_more(page->more);
      for (const auto& [key, value] : page->entries) {
        auto& entry = *response->add_entries();
        entry.set_key(to_text(key));
        entry.set_value(to_text(value));
      }
      return grpc::Status::OK;
    });
  });
}

LedgerService::Unary* LedgerService::ReadRules(Context*, const v1::ReadRulesRequest* request,
                                               v1::ReadRulesResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto question = rule_question(*request);
    const auto answer = question ? surroundings_.reads.rules(*question) : Result<RulesAt>(question.error());
    call->answer([&] {
      if (!answer) { return to_grpc(answer.error()); }
      response->set_height(answer->height.value);
      response->set_next(answer->page.next);
      for (const auto& one : answer->page.found) { response->add_documents(json::serialize(one)); }
      return grpc::Status::OK;
    });
  });
}

LedgerService::Unary* LedgerService::ReadUsage(Context*, const v1::ReadUsageRequest* request,
                                               v1::ReadUsageResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto question = usage_question(*request);
    const auto answer = question ? surroundings_.reads.usage(*question) : Result<query::UsageAnswer>(question.error());
    call->answer([&] {
      if (!answer) { return to_grpc(answer.error()); }
      response->set_height(answer->height.value);
      response->set_document(json::canonical(answer->value));
      return grpc::Status::OK;
    });
  });
}

LedgerService::Unary* LedgerService::GetProof(Context*, const v1::GetProofRequest* request,
                                              v1::GetProofResponse* response) {
  return UnaryCall::begin(surroundings_, request->SpaceUsedLong(), [this, request, response](const CallPointer& call) {
    const auto question = proof_question(*request);
    const auto proof = question ? surroundings_.reads.proof(*question) : Result<Bytes>(question.error());
    call->answer([&] {
      if (!proof) { return to_grpc(proof.error()); }
      response->set_proof(proof->data(), proof->size());
      return grpc::Status::OK;
    });
  });
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* LedgerService::WatchEvents(Context* context,
                                                                              const v1::WatchEventsRequest* request) {
  return EventStream::begin(surroundings_, watchers_, *context, *request);
}

}  // namespace keten::api
