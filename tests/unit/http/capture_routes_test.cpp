#include <set>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "node/http/uri.h"
#include "tests/unit/http/fakes.h"

namespace keten::http::test {

namespace {

constexpr std::string_view kJsonType = "Content-Type: application/json\r\n";
constexpr std::string_view kBytesType = "Content-Type: application/octet-stream\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_capture_routes)

BOOST_AUTO_TEST_CASE(a_capture_is_accepted_signed_and_becomes_a_job) {
  const Node node;
  const auto accepted = node.capture(kDocument, "GS1-Capture-Error-Behaviour: proceed\r\n");
  BOOST_TEST(accepted.status == 202U);
  BOOST_TEST(accepted.body.empty());
  BOOST_TEST(accepted.headers.at("gs1-epcis-version") == "2.0.0");
  const auto transactions = node.gateway.submitted();
  BOOST_REQUIRE(transactions.size() == 1U);
  const auto& transaction = *transactions[0];
  BOOST_CHECK(has_valid_signature(transaction));
  BOOST_CHECK(transaction.body.sender == node.key.public_key());
  BOOST_CHECK(transaction.body.arguments == Bytes{1});
  BOOST_CHECK(transaction.payloads.at(0).content == to_bytes(kDocument));
  const auto location = accepted.headers.at("location");
  BOOST_TEST(location == "/epcis/v2/capture/" + transaction.id.hex());

  const auto job = node.ask("GET", location, "auditor-token");
  BOOST_TEST(job.status == 200U);
  BOOST_TEST(job.headers.contains("keten-height"));
  BOOST_TEST(job.body ==
             R"({"captureID":")" + transaction.id.hex() +
                 R"(","createdAt":"2026-01-01T00:00:00.000Z","finishedAt":"2026-01-01T00:00:00.000Z",)"
                 R"("captureErrorBehaviour":"proceed","running":false,"success":true,"errors":[],"transactionId":")" +
                 transaction.id.hex() + R"(","height":42,"eventIDs":["ni:///sha-256;00?ver=CBV2.0"]})");
}

BOOST_AUTO_TEST_CASE(a_lenient_node_says_so_in_the_transaction_and_in_the_answer) {
  const Node strict;
  BOOST_TEST(strict.capture(kDocument).headers.at("keten-capture-profile") == "strict");
  BOOST_CHECK(strict.backend.last_profile == CaptureProfile::strict);
  const Node lenient([](ServerOptions& options) { options.capture_profile = CaptureProfile::lenient; });
  const auto accepted = lenient.capture(kDocument);
  BOOST_TEST(accepted.status == 202U);
  BOOST_TEST(accepted.headers.at("keten-capture-profile") == "lenient");
  BOOST_CHECK(lenient.backend.last_profile == CaptureProfile::lenient);
  BOOST_CHECK(lenient.gateway.submitted().at(0)->body.arguments == Bytes{2});
  BOOST_TEST(lenient.capture("{").headers.at("keten-capture-profile") == "lenient");
}

BOOST_AUTO_TEST_CASE(a_job_says_which_event_has_the_id_of_its_hash_and_what_is_doubtful) {
  Node node;
  CaptureFacts facts;
  facts.behaviour = ErrorBehaviour::proceed;
  facts.profile = CaptureProfile::lenient;
  facts.recorded_at = 1'767'225'600'000;
  facts.events = {{"/epcisBody/eventList/0", "ni:///sha-256;00?ver=CBV2.0", true}};
  facts.warnings = {{"/epcisBody/eventList/0/readPoint/id", "a right check digit", "\"urn:x\""}};
  node.backend.facts = facts;
  const auto job = node.ask("GET", node.capture(kDocument).headers.at("location")).json();
  BOOST_TEST(*job.find_string("captureProfile") == "lenient");
  const auto& event = job.find("events")->items().at(0);
  BOOST_TEST(json::serialize(event) ==
             R"({"pointer":"/epcisBody/eventList/0","stored":true,"eventID":"ni:///sha-256;00?ver=CBV2.0",)"
             R"("hash":"ni:///sha-256;00?ver=CBV2.0","hashMatchesEventID":true})");
  BOOST_TEST(*job.find("warnings")->items().at(0).find_string("pointer") == "/epcisBody/eventList/0/readPoint/id");
}

BOOST_AUTO_TEST_CASE(a_stored_event_is_answered_with_itself_and_the_id_it_was_given) {
  const Node node;
  const auto answer = [&](std::string_view event) {
    return node.ask("POST", "/epcis/v2/events", "capture-token", event, kJsonType);
  };
  const auto given = answer(kEvent);
  BOOST_TEST(given.status == 201U);
  BOOST_TEST(given.headers.at("content-type") == "application/json");
  BOOST_TEST(given.body == R"({"type":"ObjectEvent","eventID":"ni:///sha-256;00?ver=CBV2.0"})");
  BOOST_TEST(answer(R"({ "type":"ObjectEvent","eventID":"urn:x:1"})").body ==
             R"({ "type":"ObjectEvent","eventID":"urn:x:1"})");
}

BOOST_AUTO_TEST_CASE(a_capture_in_another_version_of_the_standard_is_not_accepted) {
  const Node node;
  const auto refused = node.capture(kDocument, "GS1-EPCIS-Version: 1.2\r\n");
  BOOST_TEST(refused.status == 406U);
  BOOST_TEST(refused.type() == "epcisException:NotAcceptableException");
  BOOST_TEST(node.capture(kDocument, "GS1-EPCIS-Version: 2.0.0\r\nGS1-CBV-Version: 2.0\r\n").status == 202U);
}

BOOST_AUTO_TEST_CASE(the_list_of_jobs_survives_a_restart) {
  const Folder folder;
  const auto keep = [&](ServerOptions& options) { options.capture_jobs_file = folder / "capture-jobs"; };
  std::string location;
  {
    const Node node(keep);
    location = node.capture(kDocument, "GS1-Capture-Error-Behaviour: proceed\r\n").headers.at("location");
  }
  const Node again(keep);
  const auto list = again.ask("GET", "/epcis/v2/capture").json();
  BOOST_REQUIRE(list.items().size() == 1U);
  BOOST_TEST(location.ends_with(*list.items().at(0).find_string("captureID")));
  BOOST_TEST(*list.items().at(0).find_string("captureErrorBehaviour") == "proceed");
}

BOOST_AUTO_TEST_CASE(a_capture_that_does_not_become_final_is_not_accepted_and_says_where_to_look) {
  Node node;
  node.gateway.executes = false;
  node.gateway.finalizes = false;
  const auto late = node.capture(kDocument);
  BOOST_TEST(late.status == 504U);
  BOOST_TEST(late.headers.at("location").starts_with("/epcis/v2/capture/"));
  BOOST_TEST(late.body.find("may still be stored") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_job_runs_until_it_is_executed_and_says_why_it_failed) {
  Node node;
  node.gateway.executes = false;
  const auto running = node.ask("GET", node.capture(kDocument).headers.at("location")).json();
  BOOST_TEST(running.find("running")->as_bool());
  BOOST_TEST(running.find("success")->as_bool());
  BOOST_TEST(running.find("reason") == nullptr);
  node.gateway.quorum = false;
  const auto list = node.ask("GET", "/epcis/v2/capture").json();
  BOOST_TEST(list.items().at(0).find_string("reason").value() == "NO_QUORUM");
  node.gateway.quorum = true;
  node.gateway.executes = true;
  node.gateway.succeeds = false;
  const auto failed = node.ask("GET", node.capture(kDocument).headers.at("location")).json();
  BOOST_TEST(!failed.find("running")->as_bool());
  BOOST_TEST(!failed.find("success")->as_bool());
  BOOST_TEST(failed.find("errors")->items().at(0).find_string("reason").value() == "RULE_BROKEN");
}

BOOST_AUTO_TEST_CASE(an_unknown_job_is_not_found_and_another_transaction_is_no_job) {
  const Node node;
  BOOST_TEST(node.ask("GET", "/epcis/v2/capture/zz").status == 404U);
  const auto missing = node.ask("GET", "/epcis/v2/capture/" + std::string(64, 'a'));
  BOOST_TEST(missing.status == 404U);
  BOOST_TEST(missing.type() == "epcisException:NoSuchNameException");
}

BOOST_AUTO_TEST_CASE(the_list_of_jobs_is_paged) {
  const Node node;
  for (int i = 0; i < 3; ++i) { BOOST_TEST(node.capture(kDocument).status == 202U); }
  const auto first = node.ask("GET", "/epcis/v2/capture?perPage=2");
  BOOST_TEST(first.json().items().size() == 2U);
  const auto link = first.headers.at("link");
  BOOST_TEST(link.ends_with(">; rel=\"next\""));
  const auto second = node.ask("GET", link.substr(1, link.find('>') - 1));
  BOOST_TEST(second.json().items().size() == 1U);
  BOOST_TEST(!second.headers.contains("link"));
  BOOST_TEST(node.ask("GET", "/epcis/v2/capture?perPage=0").status == 400U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/capture?nextPageToken=x").status == 400U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/capture?surprise=1").type() == "epcisException:QueryParameterException");
}

BOOST_AUTO_TEST_CASE(a_bad_capture_is_answered_with_the_place_and_has_no_effect) {
  const Node node;
  const auto wrong = node.capture(kEvent);
  BOOST_TEST(wrong.status == 400U);
  BOOST_TEST(wrong.headers.at("content-type") == "application/problem+json");
  BOOST_TEST(wrong.type() == "epcisException:ValidationException");
  BOOST_TEST(wrong.reason() == "EPCIS_INVALID");
  BOOST_TEST(wrong.json().find("errors")->items().at(0).find_string("pointer").value() == "/type");
  BOOST_TEST(node.capture("{").reason() == "JSON_MALFORMED");
  BOOST_TEST(node.capture(R"({"type":1,"type":2})").reason() == "JSON_DUPLICATE_KEY");
  BOOST_TEST(node.capture("").reason() == "BODY_EMPTY");
  BOOST_TEST(node.capture(kDocument, "GS1-Capture-Error-Behaviour: maybe\r\n").reason() == "HEADER_INVALID");
  for (const auto* type : {"Content-Type: text/xml\r\n", "Content-Type: application/jsonx\r\n", ""}) {
    const auto refused = node.ask("POST", "/epcis/v2/capture", "capture-token", kDocument, type);
    BOOST_TEST(refused.status == 415U);
    BOOST_TEST(refused.type() == "epcisException:UnsupportedMediaTypeException");
  }
  BOOST_TEST(node.gateway.submitted().empty());
  BOOST_TEST(node.ask("POST", "/epcis/v2/capture", "capture-token", kDocument,
                      "Content-Type: Application/LD+JSON; charset=utf-8\r\n")
                 .status == 202U);
}

BOOST_AUTO_TEST_CASE(a_hundred_thousand_brackets_are_one_bad_request) {
  const Node node;
  const auto deep = node.capture(std::string(100'000, '['));
  BOOST_TEST(deep.status == 400U);
  BOOST_TEST(deep.reason() == "JSON_TOO_DEEP");
}

BOOST_AUTO_TEST_CASE(a_body_of_the_announced_size_is_read_and_one_byte_more_is_not) {
  const Node node;
  std::string document(kDocument);
  document.append(limits::kCaptureBytesMax - document.size(), ' ');
  BOOST_TEST(node.capture(document).status == 202U);
  document.push_back(' ');
  const auto over = node.capture(document);
  BOOST_TEST(over.status == 413U);
  BOOST_TEST(over.type() == "epcisException:CaptureLimitExceededException");
  BOOST_TEST(over.headers.at("gs1-epcis-capture-file-size-limit") == "1000000");
  BOOST_TEST(over.headers.at("gs1-epcis-capture-limit") == "1000");
  BOOST_TEST(over.headers.at("connection") == "close");

  Connection chunked(node.server->port());
  chunked.send(
      "POST /epcis/v2/capture HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer capture-token\r\nContent-Type: "
      "application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\nF4241\r\n");
  chunked.send(document);
  chunked.send("\r\n0\r\n\r\n");
  BOOST_TEST(chunked.receive().status == 413U);
}

BOOST_AUTO_TEST_CASE(a_body_may_come_in_chunks_and_after_a_continue) {
  const Node node;
  Connection connection(node.server->port());
  connection.send(
      "POST /epcis/v2/capture HTTP/1.1\r\nHost: a\r\nAuthorization: bearer capture-token\r\nContent-Type: "
      "application/json\r\n"
      "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(connection.receive().status == 100U);
  connection.send("8\r\n{\"type\":\r\n10\r\n\"EPCISDocument\"}\r\n0\r\n\r\n");
  BOOST_TEST(connection.receive().status == 202U);
  // Refused by the header alone: the body is never asked for.
  connection.send("POST /epcis/v2/capture HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(connection.receive().status == 401U);
}

BOOST_AUTO_TEST_CASE(without_quorum_a_capture_is_refused_and_nothing_hangs) {
  Node node([](ServerOptions& options) { options.transport.answer_ms = 300; });
  node.gateway.quorum = false;
  for (const auto& answer :
       {node.capture(kDocument), node.ask("POST", "/epcis/v2/events", "capture-token", kEvent, kJsonType)}) {
    BOOST_TEST(answer.status == 503U);
    BOOST_TEST(answer.reason() == "NO_QUORUM");
    BOOST_TEST(answer.json().find_string("detail")->find("no quorum") != std::string_view::npos);
    BOOST_TEST(answer.headers.contains("retry-after"));
  }
  BOOST_TEST(node.gateway.submitted().empty());
  // The quorum is lost while the node thinks about it.
  node.gateway.quorum = true;
  node.gateway.answers = false;
  const auto slow = node.capture(kDocument);
  BOOST_TEST(slow.status == 504U);
  BOOST_TEST(slow.reason() == "TIMEOUT");
}

BOOST_AUTO_TEST_CASE(a_quorum_that_comes_and_goes_with_each_look_gives_an_answer_to_every_capture) {
  Node node;
  node.gateway.flickers = true;
  std::set<unsigned> answers;
  for (int i = 0; i < 8; ++i) { answers.insert(node.capture(kDocument).status); }
  BOOST_TEST(answers.contains(503U));
  BOOST_TEST(answers.contains(202U));
}

BOOST_AUTO_TEST_CASE(what_the_node_refuses_keeps_its_reason) {
  Node node;
  node.gateway.refusal = failure(ErrorKind::busy, "MEMPOOL_FULL", "full");
  const auto busy = node.capture(kDocument);
  BOOST_TEST(busy.status == 429U);
  BOOST_TEST(busy.reason() == "MEMPOOL_FULL");
  BOOST_TEST(busy.headers.contains("retry-after"));
  node.gateway.refusal = failure(ErrorKind::forbidden, "ROLE_NOT_ALLOWED", "no");
  BOOST_TEST(node.capture(kDocument).type() == "epcisException:SecurityException");
}

BOOST_AUTO_TEST_CASE(a_single_event_is_created_with_its_address_or_conflicts) {
  Node node;
  const auto created = node.ask("POST", "/epcis/v2/events", "capture-token", kEvent, kJsonType);
  BOOST_TEST(created.status == 201U);
  BOOST_TEST(created.headers.at("location") == "/epcis/v2/events/ni%3A%2F%2F%2Fsha-256%3B00%3Fver%3DCBV2.0");
  BOOST_TEST(created.headers.at("keten-height") == "42");
  BOOST_TEST(node.ask("POST", "/epcis/v2/events", "capture-token", kDocument, kJsonType).status == 400U);
  node.backend.event_exists = true;
  const auto exists = node.ask("POST", "/epcis/v2/events", "capture-token", kEvent, kJsonType);
  BOOST_TEST(exists.status == 409U);
  BOOST_TEST(exists.type() == "epcisException:ResourceAlreadyExistsException");
  node.backend.event_exists = false;
  node.backend.event_known = true;
  const auto known = node.ask("POST", "/epcis/v2/events", "capture-token", kEvent, kJsonType);
  BOOST_TEST(known.status == 409U);
  BOOST_TEST(known.reason() == "EVENT_EXISTS");
  BOOST_TEST(known.headers.at("location") == created.headers.at("location"));
  node.backend.event_known = false;
  node.gateway.succeeds = false;
  BOOST_TEST(node.ask("POST", "/epcis/v2/events", "capture-token", kEvent, kJsonType).reason() == "RULE_BROKEN");
  node.gateway.executes = false;
  const auto late = node.ask("POST", "/epcis/v2/events", "capture-token", kEvent, kJsonType);
  BOOST_TEST(late.status == 504U);
  BOOST_TEST(late.json().find_string("detail")->find("/epcis/v2/capture/") != std::string_view::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::http::test
