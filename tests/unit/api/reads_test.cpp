#include "tests/unit/api/server_fixture.h"

namespace keten::api {
namespace {

using namespace test;

BOOST_FIXTURE_TEST_SUITE(ledger_server_reads, Fixture)

BOOST_AUTO_TEST_CASE(state_is_read_within_bounds_and_at_a_height) {
  v1::ReadStateRequest request;
  v1::ReadStateResponse response;
  request.set_contract("governance");
  request.set_first("a");
  request.set_end("b");
  request.set_height(2);
  request.set_limit(3);
  BOOST_REQUIRE(stub->ReadState(Call().get(), request, &response).ok());
  BOOST_TEST(as_text(reads.last_state.first) == "a");
  BOOST_TEST(as_text(reads.last_state.end) == "b");
  BOOST_TEST(reads.last_state.height.value == 2U);
  BOOST_TEST(reads.last_state.entries_max == 3U);
  BOOST_TEST(reads.last_state.bytes_max > 0U);
  request.set_contract("a/b");
  BOOST_TEST(error_of(stub->ReadState(Call().get(), request, &response)).reason == "CONTRACT_NAME");
}

BOOST_AUTO_TEST_CASE(agreements_and_findings_are_read_page_by_page) {
  v1::ReadRulesRequest request;
  v1::ReadRulesResponse response;
  BOOST_TEST(error_of(stub->ReadRules(Call().get(), request, &response)).reason == "QUESTION_UNKNOWN");
  request.set_subject(v1::RULE_SUBJECT_FINDING);
  request.set_party("dairy");
  request.set_state("open");
  request.set_after("x");
  BOOST_REQUIRE(stub->ReadRules(Call().get(), request, &response).ok());
  BOOST_TEST((reads.last_rules.subject == query::RuleSubject::finding));
  BOOST_TEST(reads.last_rules.party == "dairy");
  BOOST_TEST(reads.last_rules.state == "open");
  BOOST_TEST(reads.last_rules.after == "x");
  BOOST_TEST(reads.last_rules.limit == limits::kPageDefault);
  BOOST_TEST(response.documents_size() == 2);
  BOOST_TEST(response.documents(0) == "\"a\"");
  BOOST_TEST(response.next() == "b");
  BOOST_TEST(response.height() == 7U);
  request.set_limit(1001);
  BOOST_TEST(error_of(stub->ReadRules(Call().get(), request, &response)).reason == "PARAMETER_INVALID");
  request.set_limit(1);
  request.set_id("none");
  BOOST_TEST(error_of(stub->ReadRules(Call().get(), request, &response)).reason == "UNKNOWN_AGREEMENT");
}

BOOST_AUTO_TEST_CASE(what_is_stored_is_read) {
  v1::GetTransactionRequest request;
  v1::GetTransactionResponse response;
  request.set_transaction_id(id(1));
  BOOST_REQUIRE(stub->GetTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.transaction() == "\1\2\3");
  BOOST_TEST(response.height() == 7U);
  request.set_transaction_id(id(2));
  BOOST_REQUIRE(stub->GetTransaction(Call().get(), request, &response).ok());
  BOOST_TEST(response.state() == v1::TRANSACTION_STATE_ADMITTED);
  request.set_transaction_id(id(3));
  BOOST_TEST(error_of(stub->GetTransaction(Call().get(), request, &response)).reason == "TRANSACTION_UNKNOWN");

  v1::GetReceiptRequest receipt_request;
  v1::GetReceiptResponse receipt;
  receipt_request.set_transaction_id(id(1));
  BOOST_REQUIRE(stub->GetReceipt(Call().get(), receipt_request, &receipt).ok());
  BOOST_TEST(receipt.receipt().reason() == "LOT_NOT_HELD");

  v1::GetBlockRequest block_request;
  v1::GetBlockResponse block;
  block_request.set_height(4);
  BOOST_REQUIRE(stub->GetBlock(Call().get(), block_request, &block).ok());
  BOOST_TEST(block.transaction_ids_size() == 1);
  BOOST_TEST(block.transactions_size() == 0);
  BOOST_TEST(block.finalization() != "");
  block_request.set_block_id(block.block_id());
  block_request.set_with_transactions(true);
  BOOST_REQUIRE(stub->GetBlock(Call().get(), block_request, &block).ok());
  BOOST_TEST(block.transactions_size() == 1);

  v1::GetStatusResponse status;
  BOOST_REQUIRE(stub->GetStatus(Call().get(), {}, &status).ok());
  BOOST_TEST(status.node() == "farm-1");
}

BOOST_AUTO_TEST_CASE(a_proof_is_asked_for_by_what_it_proves) {
  v1::GetProofRequest request;
  v1::GetProofResponse response;
  const auto answer = [&](proof::QuestionKind kind, std::uint8_t direction) {
    request.set_first_epoch(2);
    BOOST_REQUIRE(stub->GetProof(Call().get(), request, &response).ok());
    return to_bytes(response.proof()) == Bytes{'e', '|', static_cast<std::uint8_t>(kind), direction, std::uint8_t{2}};
  };
  request.set_history("e");
  BOOST_TEST(answer(proof::QuestionKind::history, 0));
  request.set_state("e");
  BOOST_TEST(answer(proof::QuestionKind::state, 0));
  request.set_absence("e");
  BOOST_TEST(answer(proof::QuestionKind::absence, 0));
  request.set_trace_back("e");
  BOOST_TEST(answer(proof::QuestionKind::trace, 0));
  request.set_trace_forward("e");
  BOOST_TEST(answer(proof::QuestionKind::trace, 1));
  request.set_history("unbound");
  const auto early = stub->GetProof(Call().get(), request, &response);
  BOOST_TEST(early.error_code() == grpc::StatusCode::UNAVAILABLE);
  BOOST_TEST(error_of(early).reason == "PROOF_NOT_YET");
  request.set_transaction_id("short");
  BOOST_TEST(error_of(stub->GetProof(Call().get(), request, &response)).reason == "ID_MALFORMED");
  BOOST_TEST(error_of(stub->GetProof(Call().get(), {}, &response)).reason == "PROOF_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(data_usage_is_asked_for_by_view) {
  v1::ReadUsageRequest request;
  v1::ReadUsageResponse response;
  request.set_subject("a");
  request.set_use("b");
  request.set_from("c");
  request.set_to("d");
  request.set_after("e");
  for (const auto& [view, number] : {std::pair{v1::USAGE_VIEW_DATASETS, '0'},
                                     {v1::USAGE_VIEW_DATASET, '1'},
                                     {v1::USAGE_VIEW_AGREEMENT, '2'},
                                     {v1::USAGE_VIEW_USES, '3'},
                                     {v1::USAGE_VIEW_USE, '4'},
                                     {v1::USAGE_VIEW_DUTIES, '5'},
                                     {v1::USAGE_VIEW_STATEMENT, '6'}}) {
    request.set_view(view);
    BOOST_REQUIRE(stub->ReadUsage(Call().get(), request, &response).ok());
    BOOST_TEST(response.document() == std::string(R"({"limit":30,"said":"abcde","view":)") + number + "}");
    BOOST_TEST(response.height() == reads.executed);
  }
  request.set_limit(1001);
  BOOST_TEST(error_of(stub->ReadUsage(Call().get(), request, &response)).reason == "PARAMETER_INVALID");
  request.set_limit(1000);
  request.set_subject("none");
  BOOST_TEST(error_of(stub->ReadUsage(Call().get(), request, &response)).reason == "UNKNOWN_AGREEMENT");
  BOOST_TEST(error_of(stub->ReadUsage(Call().get(), {}, &response)).reason == "USAGE_VIEW");
}

BOOST_AUTO_TEST_CASE(a_missing_part_of_a_request_is_said) {
  v1::GetBlockResponse block;
  BOOST_TEST(error_of(stub->GetBlock(Call().get(), {}, &block)).reason == "REQUEST_INCOMPLETE");
  v1::GetTransactionResponse transaction;
  BOOST_TEST(error_of(stub->GetTransaction(Call().get(), {}, &transaction)).reason == "ID_MALFORMED");
  v1::GetReceiptResponse receipt;
  BOOST_TEST(error_of(stub->GetReceipt(Call().get(), {}, &receipt)).reason == "ID_MALFORMED");
  v1::WaitTransactionResponse wait;
  BOOST_TEST(error_of(stub->WaitTransaction(Call().get(), {}, &wait)).reason == "ID_MALFORMED");
  v1::SubmitTransactionResponse submit;
  const auto status = stub->SubmitTransaction(Call().get(), {}, &submit);
  BOOST_TEST(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  BOOST_TEST(error_of(status).reason != "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::api
