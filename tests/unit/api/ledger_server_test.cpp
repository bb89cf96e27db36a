#include "tests/unit/api/server_fixture.h"

namespace keten::api {
namespace {

using namespace test;

struct OnlyTls13 {
  OnlyTls13() { require_tls_1_3(); }
};
BOOST_TEST_GLOBAL_FIXTURE(OnlyTls13);

BOOST_FIXTURE_TEST_SUITE(ledger_server, Fixture)

BOOST_AUTO_TEST_CASE(a_good_transaction_is_admitted_and_a_refused_one_says_why) {
  v1::SubmitTransactionRequest request;
  v1::SubmitTransactionResponse response;
  const auto good = samples::transaction(1);
  request.set_transaction(to_text(good->envelope));
  BOOST_TEST(stub->SubmitTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.transaction_id() == to_text(good->id.view()));

  gateway.refusals.emplace(good->id, Error{ErrorKind::busy, "MEMPOOL_FULL", "try later", {}});
  const auto status = stub->SubmitTransaction(Call().get(), request, &response);
  BOOST_TEST(status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  BOOST_TEST(error_of(status).reason == "MEMPOOL_FULL");
  google::rpc::Status details;
  BOOST_REQUIRE(details.ParseFromString(status.error_details()));
  BOOST_TEST(details.details(1).Is<google::rpc::RetryInfo>());
}

BOOST_AUTO_TEST_CASE(violations_arrive_one_by_one) {
  const auto bad = samples::transaction(1);
  gateway.refusals.emplace(
      bad->id, Error{ErrorKind::invalid, "DOCUMENT_INVALID", "two mistakes", {{"/a", "x", "y"}, {"/b", "x", "y"}}});
  v1::SubmitTransactionRequest request;
  request.set_transaction(to_text(bad->envelope));
  v1::SubmitTransactionResponse response;
  const auto error = error_of(stub->SubmitTransaction(Call().get(), request, &response));
  BOOST_REQUIRE(error.violations.size() == 2);
  BOOST_TEST(error.violations[1].pointer == "/b");
}

BOOST_AUTO_TEST_CASE(a_malformed_transaction_answers_for_itself_and_not_for_its_batch) {
  v1::SubmitTransactionsRequest request;
  request.set_sequence(42);
  request.add_transactions(to_text(samples::transaction(1)->envelope));
  request.add_transactions("noise");
  request.add_transactions("");
  const auto refused = samples::transaction(2);
  request.add_transactions(to_text(refused->envelope));
  request.add_transactions(to_text(samples::transaction(3)->envelope));
  gateway.refusals.emplace(refused->id, failure(ErrorKind::refused, "DUPLICATE", "seen before"));
  v1::SubmitTransactionsResponse response;
  BOOST_REQUIRE(stub->SubmitTransactions(Call().get(), request, &response).ok());
  BOOST_TEST(response.sequence() == 42U);
  BOOST_REQUIRE(response.results_size() == 5);
  BOOST_TEST(response.results(0).reason() == "");
  BOOST_TEST(response.results(1).reason() != "");
  BOOST_TEST(response.results(1).transaction_id() == "");
  BOOST_TEST(response.results(2).reason() != "");
  BOOST_TEST(response.results(3).reason() == "DUPLICATE");
  BOOST_TEST(response.results(4).reason() == "");
  BOOST_TEST(response.results(4).transaction_id() == to_text(samples::transaction(3)->id.view()));
}

BOOST_AUTO_TEST_CASE(a_batch_over_the_limit_is_refused_as_such) {
  v1::SubmitTransactionsRequest request;
  const auto envelope = to_text(samples::transaction(1)->envelope);
  for (std::size_t i = 0; i < limits::kBatchTransactionsMax; ++i) { request.add_transactions(envelope); }
  v1::SubmitTransactionsResponse response;
  BOOST_REQUIRE(stub->SubmitTransactions(Call().get(), request, &response).ok());
  BOOST_TEST(response.results(999).reason() == "");
  request.add_transactions(envelope);
  BOOST_REQUIRE(stub->SubmitTransactions(Call().get(), request, &response).ok());
  BOOST_TEST(response.results(1000).reason() == "BATCH_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(a_batch_of_nothing_a_million_times_is_refused_without_a_million_answers) {
  v1::SubmitTransactionsRequest request;
  for (std::size_t i = 0; i < 1'000'000; ++i) { request.add_transactions(); }
  v1::SubmitTransactionsResponse response;
  const auto status = stub->SubmitTransactions(Call().get(), request, &response);
  BOOST_TEST(error_of(status).reason == "BATCH_TOO_LARGE");
  Call call;
  const auto stream = stub->SubmitTransactionStream(call.get());
  BOOST_REQUIRE(stream->Write(request));
  BOOST_TEST(!stream->Read(&response));
  BOOST_TEST(error_of(stream->Finish()).reason == "BATCH_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(requests_that_are_not_answered_take_so_much_memory_and_the_next_is_told_to_come_again) {
  constexpr std::size_t kCalls = 24;
  v1::SubmitTransactionsRequest request;
  const auto envelope = to_text(samples::transaction(1, 250'000)->envelope);
  for (int i = 0; i < 15; ++i) { request.add_transactions(envelope); }
  gateway.holds = true;
  struct One {
    Call call;
    v1::SubmitTransactionsResponse response;
    grpc::Status status;
    std::atomic<bool> is_over{false};
  };
  std::vector<std::unique_ptr<One>> calls;
  for (std::size_t i = 0; i < kCalls; ++i) {
    auto& one = *calls.emplace_back(std::make_unique<One>());
    stub->async()->SubmitTransactions(one.call.get(), &request, &one.response, [&one](grpc::Status status) {
      one.status = std::move(status);
      one.is_over = true;
    });
  }
  const auto over = [&] {
    return static_cast<std::size_t>(std::ranges::count_if(calls, [](const auto& one) { return one->is_over.load(); }));
  };
  BOOST_TEST(eventually([&] { return gateway.held() + over() == kCalls; }));
  BOOST_TEST(over() > 0U);
  BOOST_TEST(gateway.held() >= 8U);
  for (const auto& one : calls) {
    if (one->is_over) { BOOST_TEST(error_of(one->status).reason == "NODE_BUSY"); }
  }
  gateway.release();
  BOOST_TEST(eventually([&] { return over() == kCalls; }));
  v1::SubmitTransactionsResponse response;
  BOOST_TEST(eventually([&] { return stub->SubmitTransactions(Call().get(), request, &response).ok(); }));
}

BOOST_AUTO_TEST_CASE(a_message_over_four_megabytes_is_refused) {
  v1::SubmitTransactionRequest request;
  request.set_transaction(std::string(4 * 1024 * 1024, 'x'));
  v1::SubmitTransactionResponse response;
  BOOST_TEST(stub->SubmitTransaction(Call().get(), request, &response).error_code() ==
             grpc::StatusCode::RESOURCE_EXHAUSTED);
}

BOOST_AUTO_TEST_CASE(a_stream_of_batches_is_answered_in_order) {
  Call call;
  const auto stream = stub->SubmitTransactionStream(call.get());
  std::jthread writer([&stream] {
    for (std::uint64_t i = 1; i <= 100; ++i) {
      v1::SubmitTransactionsRequest request;
      request.set_sequence(i);
      request.add_transactions(i % 10 == 0 ? "noise"
                                           : to_text(samples::transaction(static_cast<std::uint8_t>(i))->envelope));
      if (!stream->Write(request)) { break; }
    }
    stream->WritesDone();
  });
  v1::SubmitTransactionsResponse response;
  std::uint64_t expected = 0;
  while (stream->Read(&response)) {
    BOOST_TEST(response.sequence() == ++expected);
    BOOST_TEST((response.results(0).reason() == "") == (expected % 10 != 0));
  }
  BOOST_TEST(expected == 100U);
  BOOST_TEST(stream->Finish().ok());
}

BOOST_AUTO_TEST_CASE(waiting_ends_with_the_receipt_or_the_reason) {
  v1::WaitTransactionRequest request;
  v1::WaitTransactionResponse response;
  request.set_transaction_id(id(1));
  BOOST_REQUIRE(stub->WaitTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.state() == v1::TRANSACTION_STATE_EXECUTED);
  BOOST_TEST(response.receipt().succeeded());
  BOOST_TEST(response.receipt().height() == 7U);
  request.set_timeout_ms(1);
  BOOST_TEST(stub->WaitTransaction(Call().get(), request, &response).error_code() ==
             grpc::StatusCode::DEADLINE_EXCEEDED);
  request.set_timeout_ms(60'001);
  BOOST_TEST(error_of(stub->WaitTransaction(Call().get(), request, &response)).reason == "TIMEOUT_TOO_LONG");
  request.set_timeout_ms(0);
  request.set_level(static_cast<v1::WaitLevel>(9));
  BOOST_TEST(error_of(stub->WaitTransaction(Call().get(), request, &response)).reason == "WAIT_LEVEL_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(a_client_that_gives_up_waiting_is_forgotten) {
  v1::WaitTransactionRequest request;
  request.set_transaction_id(id(9));
  v1::WaitTransactionResponse response;
  Call call;
  std::jthread canceller([&] {
    eventually([&] { return gateway.waiters() == 1; });
    call.context.TryCancel();
  });
  BOOST_TEST(stub->WaitTransaction(call.get(), request, &response).error_code() == grpc::StatusCode::CANCELLED);
  canceller.join();
  BOOST_REQUIRE(gateway.waiters() == 1U);
  gateway.waiting[0](TransactionProgress{});  // an answer that comes too late
}

BOOST_AUTO_TEST_CASE(stopping_ends_calls_that_wait) {
  grpc::Status ended;
  std::jthread caller([&] {
    v1::WaitTransactionRequest request;
    request.set_transaction_id(id(9));
    v1::WaitTransactionResponse response;
    ended = stub->WaitTransaction(Call().get(), request, &response);
  });
  BOOST_REQUIRE(eventually([&] { return gateway.waiters() == 1; }));
  server->stop();
  caller.join();
  BOOST_TEST(!ended.ok());
  gateway.waiting[0](TransactionProgress{});
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_protobuf_fail_one_call_only) {
  grpc::GenericStub generic(channel);
  const std::string noise = "\x0a\xff\xff\xff";
  const grpc::Slice slice(noise);
  const grpc::ByteBuffer request(&slice, 1);
  for (const auto* method : {"GetBlock", "SubmitTransactions", "WaitTransaction", "WatchEvents"}) {
    Call call;
    grpc::ByteBuffer response;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<grpc::Status> ended;
    generic.UnaryCall(call.get(), std::string("/keten.v1.LedgerService/") + method, {}, &request, &response,
                      [&](const grpc::Status& status) {
                        const std::lock_guard lock(mutex);
                        ended = status;
                        changed.notify_all();
                      });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended.has_value(); });
    BOOST_TEST(!ended->ok(), method);
  }
  v1::GetStatusResponse status;
  BOOST_TEST(stub->GetStatus(Call().get(), {}, &status).ok());
}

BOOST_AUTO_TEST_CASE(an_exception_fails_one_call_and_is_counted) {
  gateway.throws = true;
  v1::SubmitTransactionRequest request;
  request.set_transaction(to_text(samples::transaction(1)->envelope));
  v1::SubmitTransactionResponse response;
  const auto status = stub->SubmitTransaction(Call().get(), request, &response);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INTERNAL);
  BOOST_TEST(status.error_message().find("purpose") == std::string::npos);
  BOOST_TEST(metrics.counters().at("keten_api_exceptions_total") == 1U);
  gateway.throws = false;
  BOOST_TEST(stub->SubmitTransaction(Call().get(), request, &response).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::api
