#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sodium/utils.h>

#include "core/limits.h"
#include "node/http/named_queries.h"
#include "node/http/page_tokens.h"
#include "node/http/uri.h"
#include "tests/unit/http/fakes.h"

namespace keten::http::test {
namespace {

std::string base64(ByteView bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.resize(text.size() - 1);
  return text;
}

TransactionPointer some_transaction(const KeyPair& key) {
  TransactionBody body;
  body.organisation = "FarmCo";
  body.sender = key.public_key();
  body.valid_until = Height{100};
  body.contract = "production";
  body.method = "capture";
  return sign_transaction(std::move(body), {}, key);
}

constexpr std::string_view kJsonType = "Content-Type: application/json\r\n";
constexpr std::string_view kBytesType = "Content-Type: application/octet-stream\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_server)

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

BOOST_AUTO_TEST_CASE(a_query_passes_all_parameters_on_and_links_to_the_next_page) {
  const Node node;
  const auto page =
      node.ask("GET", "/epcis/v2/events?MATCH_epc=urn%3Aa%7Curn%3Ab&GE_eventTime=2026-01-01T00:00:00+01:00&perPage=5",
               "auditor-token");
  BOOST_TEST(page.status == 200U);
  BOOST_TEST(page.headers.at("keten-height") == "41");
  BOOST_TEST(page.headers.at("content-type") == "application/json");
  BOOST_TEST(page.headers.at("gs1-next-page-token-expires") == "2026-01-02T00:00:00.000Z");
  BOOST_TEST(page.headers.at("gs1-epc-format") == "Always_GS1_Digital_Link");
  const auto link = page.headers.at("link");
  const std::string start =
      "</epcis/v2/events?MATCH_epc=urn%3Aa%7Curn%3Ab&GE_eventTime=2026-01-01T00%3A00%3A00%2B01%3A00&perPage=5&"
      "nextPageToken=second.";
  BOOST_TEST(link.starts_with(start), link);
  BOOST_TEST(link.ends_with(">; rel=\"next\""), link);
  BOOST_TEST(
      page.body ==
      R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISQueryDocument",)"
      R"("schemaVersion":"2.0","creationDate":"2026-01-01T00:00:00.000Z","epcisBody":{"queryResults":)"
      R"({"queryName":"SimpleEventQuery","resultsBody":{"eventList":[{"type":"ObjectEvent"}]}}}})");
  BOOST_TEST(node.backend.last_query.per_page == 5U);
  BOOST_TEST((node.backend.last_query.parameters.at(0) == QueryParameter{"MATCH_epc", "urn:a|urn:b"}));
  BOOST_TEST((node.backend.last_query.parameters.at(1) == QueryParameter{"GE_eventTime", "2026-01-01T00:00:00+01:00"}));

  const auto last = node.ask("GET", "/epcis/v2/events?perPage=99999&nextPageToken=" +
                                        link.substr(start.size() - 7, link.size() - start.size() - 6));
  BOOST_TEST(!last.headers.contains("link"));
  BOOST_TEST(node.backend.last_query.page_token == "second");
  BOOST_TEST(node.backend.last_query.per_page == limits::kPageMax);
}

BOOST_AUTO_TEST_CASE(a_bad_query_names_the_parameter) {
  Node node;
  for (const auto* target :
       {"/epcis/v2/events?nonsense=1", "/epcis/v2/events?perPage=x", "/epcis/v2/events?perPage=0",
        "/epcis/v2/events?nextPageToken=second", "/epcis/v2/epcs?EQ_bizStep=shipping", "/epcis/v2/events?a=%zz"}) {
    const auto answer = node.ask("GET", target);
    BOOST_TEST(answer.status == 400U);
    BOOST_TEST(answer.type() == "epcisException:QueryParameterException");
  }
  node.backend.throws = true;
  const auto broken = node.ask("GET", "/epcis/v2/events");
  BOOST_TEST(broken.status == 500U);
  BOOST_TEST(broken.reason() == "INTERNAL");
  BOOST_TEST(broken.body.find("disk") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_represented_is_not_acceptable) {
  const Node node;
  const auto with = [&](std::string_view header) {
    return node.ask("GET", "/epcis/v2/events", "capture-token", {}, header);
  };
  BOOST_TEST(with("Accept: text/html\r\n").type() == "epcisException:NotAcceptableException");
  BOOST_TEST(with("GS1-EPCIS-Version: 1.2\r\n").status == 406U);
  BOOST_TEST(with("GS1-EPC-Format: Sometimes\r\n").status == 406U);
  BOOST_TEST(with("Accept: application/xml\r\n").status == 406U);
  BOOST_TEST(with("GS1-CBV-Min: 2.1\r\n").status == 406U);
  BOOST_TEST(with("GS1-CBV-Min: 1.2\r\nGS1-CBV-Max: 2.1\r\n").status == 200U);
  for (const auto* format : {"Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"}) {
    const auto answer = with("GS1-EPC-Format: " + std::string(format) + "\r\n");
    BOOST_TEST(answer.status == 200U);
    BOOST_TEST(answer.headers.at("gs1-epc-format") == format);
  }
  BOOST_TEST((node.backend.last_query.format == query::EpcFormat::as_captured));
  BOOST_TEST(
      with("GS1-EPC-Format: Never_Translates\r\nGS1-EPCIS-Version: 2.0.0\r\nAccept: text/html, */*;q=0.1\r\n").status ==
      200U);
  BOOST_TEST(with("Accept: application/ld+json\r\n").headers.at("content-type") == "application/ld+json");
}

BOOST_AUTO_TEST_CASE(the_form_that_a_client_weighs_most_is_answered) {
  const Node node;
  const auto form = [&](const std::string& accepted) {
    const auto answer = node.ask("GET", "/epcis/v2/events", "capture-token", {}, "Accept: " + accepted + "\r\n");
    return answer.status == 200 ? answer.headers.at("content-type") : std::to_string(answer.status);
  };
  BOOST_TEST(form("*/*") == "application/json");
  BOOST_TEST(form("application/*;q=0.2") == "application/json");
  BOOST_TEST(form("application/ld+json, */*;q=0.1") == "application/ld+json");
  BOOST_TEST(form("application/ld+json, */*") == "application/ld+json");
  BOOST_TEST(form("application/ld+json, application/json") == "application/json");
  BOOST_TEST(form("application/json;q=0.5, Application/LD+JSON; Q=0.75") == "application/ld+json");
  BOOST_TEST(form("application/json; q=0, */*") == "application/ld+json");
  BOOST_TEST(form("application/json;q=0") == "406");
  BOOST_TEST(form("*/*;q=0.000") == "406");
}

BOOST_AUTO_TEST_CASE(json_comes_in_utf_8) {
  const Node node;
  const auto status = [&](const std::string& type) {
    return node.ask("POST", "/epcis/v2/capture", "capture-token", kDocument, "Content-Type: " + type + "\r\n").status;
  };
  BOOST_TEST(status("application/json; charset=UTF-8") == 202U);
  BOOST_TEST(status("application/ld+json;profile=\"http://www.w3.org/ns/json-ld#compacted\";charset=\"utf-8\"") ==
             202U);
  BOOST_TEST(status("application/json; charset=iso-8859-1") == 415U);
}

BOOST_AUTO_TEST_CASE(a_compressed_document_is_refused_by_name) {
  const Node node;
  const auto answer = [&](const std::string& coding) {
    return node.capture(kDocument, "Content-Encoding: " + coding + "\r\n");
  };
  BOOST_TEST(answer("gzip").status == 415U);
  BOOST_TEST(answer("gzip").reason() == "CONTENT_ENCODING_UNSUPPORTED");
  BOOST_TEST(answer("Identity").status == 202U);
}

BOOST_AUTO_TEST_CASE(a_slash_at_the_end_of_a_path_changes_nothing) {
  const Node node;
  BOOST_TEST(node.ask("GET", "/epcis/v2/events/").status == 200U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/events/?perPage=1").status == 200U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/events/urn%3Auuid%3A1/").status == 200U);
  BOOST_TEST(node.ask("POST", "/epcis/v2/capture/", "capture-token", kDocument, kJsonType).status == 202U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/events//").status == 404U);
  BOOST_TEST(node.ask("GET", "/epcis/v2//events").status == 404U);
}

BOOST_AUTO_TEST_CASE(an_event_is_read_by_its_encoded_id) {
  const Node node;
  BOOST_TEST(node.ask("GET", "/epcis/v2/events/urn%3Auuid%3A1").status == 200U);
  const auto missing = node.ask("GET", "/epcis/v2/events/urn%3Auuid%3A2");
  BOOST_TEST(missing.status == 404U);
  BOOST_TEST(missing.type() == "epcisException:NoSuchNameException");
  BOOST_TEST(missing.headers.contains("keten-height"));
  BOOST_TEST(node.ask("GET", "/epcis/v2/events/urn%3Auuid%3A1?x=1").status == 400U);
  BOOST_TEST(node.ask("GET", "/epcis/v2").json().find("member")->items().size() == 9U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/").status == 200U);
}

BOOST_AUTO_TEST_CASE(a_page_token_holds_for_its_query_its_node_and_its_time) {
  const PageTokens tokens;
  const auto token = tokens.seal("/epcis/v2/events", "abc", 1000);
  const auto opened_in_time = tokens.open("/epcis/v2/events", token, 999);
  BOOST_REQUIRE(opened_in_time.ok());
  BOOST_TEST(*opened_in_time == "abc");
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"/epcis/v2/epcs", token},
      {"/epcis/v2/events", "abd" + token.substr(3)},
      {"/epcis/v2/events", "abc.2000" + token.substr(8)},
      {"/epcis/v2/events", token.substr(0, token.size() - 1)},
      {"/epcis/v2/events", PageTokens().seal("/epcis/v2/events", "abc", 1000)},
      {"/epcis/v2/events", "abc"},
      {"/epcis/v2/events", ""},
      {"/epcis/v2/events", ".."}};
  for (const auto& [purpose, given] : refused) {
    const auto opened = tokens.open(purpose, given, 999);
    BOOST_REQUIRE_MESSAGE(!opened.ok(), given);
    BOOST_TEST(opened.error().reason == "PAGE_TOKEN");
  }
  BOOST_TEST(!tokens.open("/epcis/v2/events", token, 1000).ok());
}

BOOST_AUTO_TEST_CASE(each_resource_lists_its_values_and_leads_to_their_events) {
  const Node node;
  const std::vector<std::pair<std::string, std::string>> resources = {
      {"eventTypes", "eventType"},    {"epcs", "MATCH_anyEPC"},           {"bizSteps", "EQ_bizStep"},
      {"readPoints", "EQ_readPoint"}, {"bizLocations", "EQ_bizLocation"}, {"dispositions", "EQ_disposition"}};
  for (const auto& [name, parameter] : resources) {
    const auto path = "/epcis/v2/" + name;
    const auto first = node.ask("GET", path + "?perPage=2");
    BOOST_TEST(first.status == 200U, name);
    BOOST_TEST(*first.json().find_string("type") == "Collection");
    BOOST_TEST(first.json().find("member")->items().at(1).text() == parameter + ":b");
    const auto link = first.headers.at("link");
    BOOST_TEST(link.starts_with("<" + path + "?perPage=2&nextPageToken=b."), link);
    const auto second = node.ask("GET", link.substr(1, link.find('>') - 1));
    BOOST_TEST(second.json().find("member")->items().size() == 1U, name);
    BOOST_TEST(!second.headers.contains("link"));

    const auto one = node.ask("GET", path + "/urn%3Ax%2Fy");
    BOOST_TEST(one.json().find("member")->items().at(0).text() == "events", name);
    BOOST_TEST(node.ask("GET", path + "/unknown").type() == "epcisException:NoSuchNameException");
    BOOST_TEST(node.ask("GET", path + "/unknown/events").status == 404U);
    BOOST_TEST(node.ask("GET", path + "/a%7Cb/events").status == 404U);
    BOOST_TEST(node.ask("GET", path + "/urn%3Ax%2Fy/events?GE_eventTime=2026-01-01T00:00:00Z").status == 200U, name);
    BOOST_TEST((node.backend.last_query.parameters.at(0) == QueryParameter{"GE_eventTime", "2026-01-01T00:00:00Z"}));
    BOOST_TEST((node.backend.last_query.parameters.at(1) == QueryParameter{parameter, "urn:x/y"}), name);
    const auto options = node.ask("OPTIONS", path + "/x/events", "");
    BOOST_TEST(options.status == 204U);
    BOOST_TEST(options.headers.at("allow") == "GET, HEAD, OPTIONS");
    BOOST_TEST(options.headers.at("gs1-epcis-version") == "2.0.0");
    BOOST_TEST(options.headers.at("gs1-cbv-max") == "2.0.0");
  }
}

BOOST_AUTO_TEST_CASE(a_query_gets_a_name_runs_under_it_and_goes_away) {
  const Node node;
  const std::string body = R"({"name":"my shipments","query":{"eventType":["ObjectEvent"],"EQ_bizStep":["shipping"]}})";
  const auto post = [&](const std::string& text, std::string_view token = "auditor-token") {
    return node.ask("POST", "/epcis/v2/queries", token, text, kJsonType);
  };
  const auto created = post(body);
  BOOST_TEST(created.status == 201U);
  BOOST_TEST(created.headers.at("location") == "/epcis/v2/queries/my%20shipments");
  BOOST_TEST(created.body == body);
  const auto again = post(body);
  BOOST_TEST(again.status == 409U);
  BOOST_TEST(again.type() == "epcisException:ResourceAlreadyExistsException");

  BOOST_TEST(node.ask("GET", "/epcis/v2/queries").body == "[" + body + "]");
  BOOST_TEST(node.ask("GET", "/epcis/v2/queries/my%20shipments").body == body);
  const auto events = node.ask("GET", "/epcis/v2/queries/my%20shipments/events?perPage=3");
  BOOST_TEST(events.status == 200U);
  BOOST_REQUIRE(node.backend.last_query.body.has_value());
  BOOST_TEST(json::serialize(*node.backend.last_query.body) ==
             R"({"eventType":["ObjectEvent"],"EQ_bizStep":["shipping"]})");
  BOOST_TEST(node.backend.last_query.per_page == 3U);
  BOOST_TEST(
      events.headers.at("link").starts_with("</epcis/v2/queries/my%20shipments/events?perPage=3&nextPageToken="));
  BOOST_TEST(node.ask("GET", "/epcis/v2/queries/my%20shipments/events?EQ_action=ADD").status == 400U);

  for (const auto* bad : {"", "[]", "{}", R"({"name":"","query":{}})", R"({"name":"x"})", R"({"name":"x","query":[]})",
                          R"({"name":"x","query":{"nonsense":1}})", R"({"name":"x","query":{},"dest":"y"})",
                          R"({"name":"x","query":{"nextPageToken":"a"}})"}) {
    const auto refused = post(bad);
    BOOST_TEST(refused.status == 400U, bad);
    BOOST_TEST(refused.type() == "epcisException:QueryValidationException", bad);
  }
  BOOST_TEST(node.ask("POST", "/epcis/v2/queries", "auditor-token", body).type() ==
             "epcisException:UnsupportedMediaTypeException");
  for (const auto* target : {"/epcis/v2/queries/none", "/epcis/v2/queries/none/events"}) {
    BOOST_TEST(node.ask("GET", target).type() == "epcisException:NoSuchNameException", target);
  }
  BOOST_TEST(node.ask("GET", "/epcis/v2/queries/none/subscriptions").status == 501U);

  const auto others = node.ask("DELETE", "/epcis/v2/queries/my%20shipments", "capture-token");
  BOOST_TEST(others.status == 403U);
  BOOST_TEST(others.reason() == "QUERY_NOT_YOURS");
  BOOST_TEST(node.ask("DELETE", "/epcis/v2/queries/my%20shipments", "auditor-token").status == 204U);
  BOOST_TEST(node.ask("DELETE", "/epcis/v2/queries/my%20shipments", "auditor-token").status == 404U);
  BOOST_TEST(node.ask("GET", "/epcis/v2/queries").body == "[]");
  BOOST_TEST(node.ask("OPTIONS", "/epcis/v2/queries/x", "").headers.at("allow") == "GET, HEAD, DELETE, OPTIONS");
}

BOOST_AUTO_TEST_CASE(named_queries_outlive_the_node) {
  const Folder folder;
  const auto file = folder.path() / "queries.json";
  NamedQueries queries(file, *NamedQueries::read(file));
  BOOST_REQUIRE(queries.add({"b", "anna", *json::parse(R"({"EQ_action":["ADD"]})")}).ok());
  BOOST_REQUIRE(queries.add({"a", "bert", *json::parse("{}")}).ok());
  BOOST_TEST(queries.remove("b", "bert").error().reason == "QUERY_NOT_YOURS");
  const auto kept = NamedQueries::read(file);
  BOOST_REQUIRE(kept.ok());
  BOOST_TEST(kept->size() == 2U);
  BOOST_TEST(kept->at(1).user == "anna");
  BOOST_TEST(json::serialize(kept->at(1).query) == R"({"EQ_action":["ADD"]})");
  folder.write("queries.json", "{\"queries\":[1]}");
  BOOST_TEST(NamedQueries::read(file).error().reason == "QUERIES_INVALID");
}

BOOST_AUTO_TEST_CASE(the_header_declares_prefixes) {
  const Node node;
  BOOST_TEST(node.ask("GET", "/epcis/v2/events?EQ_a%3Ab=1", "capture-token", {},
                      "GS1-Extensions: a=https://a.example/, b=urn:x:\r\n")
                 .status == 200U);
  BOOST_REQUIRE(node.backend.last_query.prefixes.size() == 2U);
  BOOST_TEST((node.backend.last_query.prefixes.at(0) == QueryParameter{"a", "https://a.example/"}));
  BOOST_TEST(node.ask("GET", "/epcis/v2/events", "capture-token", {}, "GS1-Extensions: a\r\n").status == 400U);
}

BOOST_AUTO_TEST_CASE(a_trace_takes_an_encoded_epc_a_direction_and_a_depth) {
  const Node node;
  const auto trace = node.ask("GET", "/v1/trace/https%3A%2F%2Fid.gs1.org%2F01%2F0?direction=forward&depth=3");
  BOOST_TEST(trace.body == R"({"entity":"https://id.gs1.org/01/0"})");
  BOOST_CHECK(node.backend.last_trace.direction == TraceDirection::forward);
  BOOST_TEST(node.backend.last_trace.depth == 3U);
  BOOST_TEST(node.ask("GET", "/v1/trace/a").status == 200U);
  BOOST_TEST(node.backend.last_trace.depth == limits::kTraceDepthMax);
  for (const auto* target :
       {"/v1/trace/a?direction=up", "/v1/trace/a?depth=0", "/v1/trace/a?depth=65", "/v1/trace/a?x=1"}) {
    BOOST_TEST(node.ask("GET", target).status == 400U, target);
  }
  BOOST_TEST(node.ask("GET", "/v1/trace/").status == 404U);
}

BOOST_AUTO_TEST_CASE(a_proof_is_a_file_and_each_path_asks_for_its_own_kind) {
  using proof::QuestionKind;
  const Node node;
  const std::string id(64, 'a');
  for (const auto& [target, kind] :
       {std::pair<std::string, QuestionKind>{"/v1/transactions/" + id + "/proof", QuestionKind::transaction},
        {"/v1/history/a/proof", QuestionKind::history},
        {"/v1/items/a/proof", QuestionKind::state},
        {"/v1/absent/a/proof", QuestionKind::absence},
        {"/v1/trace/a/proof", QuestionKind::trace},
        {"/v1/governance/entries/676f/proof", QuestionKind::entry}}) {
    const auto answer = node.ask("GET", target);
    BOOST_TEST(answer.status == 200U, target);
    BOOST_TEST(answer.body == std::string("\x08\x01\0", 3), target);
    BOOST_TEST(answer.headers.at("content-type") == "application/vnd.keten.proof");
    BOOST_TEST((node.backend.last_proof.kind == kind), target);
  }
  BOOST_TEST((node.backend.last_proof.entry == to_bytes("go")));
  (void)node.ask("GET", "/v1/trace/https%3A%2F%2Fid.gs1.org%2F01%2F0/proof?direction=forward&first_epoch=3");
  BOOST_TEST(node.backend.last_proof.entity == "https://id.gs1.org/01/0");
  BOOST_TEST((node.backend.last_proof.direction == proof::Direction::forward));
  BOOST_TEST((node.backend.last_proof.first_epoch == Epoch{3}));
  const auto early = node.ask("GET", "/v1/history/unbound/proof");
  BOOST_TEST(early.status == 503U);
  BOOST_TEST(early.reason() == "PROOF_NOT_YET");
  BOOST_TEST(early.headers.at("retry-after") == "1");
  for (const auto* target :
       {"/v1/transactions/aa/proof", "/v1/governance/entries/x/proof", "/v1/trace/a/proof?direction=up",
        "/v1/history/a/proof?direction=back", "/v1/history/a/proof?first_epoch=-1"}) {
    BOOST_TEST(node.ask("GET", target).status == 400U, target);
  }
}

BOOST_AUTO_TEST_CASE(a_client_that_signs_itself_hands_in_bytes_or_base64) {
  const Node node;
  const auto transaction = some_transaction(node.key);
  const std::string bytes(as_text(transaction->envelope));
  const auto admitted = node.ask("POST", "/v1/transactions", "capture-token", bytes, kBytesType);
  BOOST_TEST(admitted.status == 202U);
  BOOST_TEST(admitted.json().find_string("state").value() == "admitted");
  const auto executed = node.ask("POST", "/v1/transactions?wait=executed&timeout_ms=100", "capture-token",
                                 R"({"transaction":")" + base64(transaction->envelope) + "\"}", kJsonType);
  BOOST_TEST(executed.status == 200U);
  BOOST_TEST(executed.json().find("receipt")->find("succeeded")->as_bool());
  const auto read = node.ask("GET", admitted.headers.at("location"), "auditor-token");
  BOOST_TEST(read.json().find_string("state").value() == "executed");
  BOOST_TEST(read.json().find("height")->as_integer().value() == 42);
}

BOOST_AUTO_TEST_CASE(a_bad_transaction_is_one_clear_error) {
  const Node node;
  const auto post = [&](std::string_view target, std::string_view body, std::string_view type) {
    return node.ask("POST", target, "capture-token", body, type);
  };
  const auto bytes = std::string(as_text(some_transaction(node.key)->envelope));
  BOOST_TEST(post("/v1/transactions", bytes.substr(0, bytes.size() - 1), kBytesType).reason() ==
             "TRANSACTION_MALFORMED");
  BOOST_TEST(post("/v1/transactions", "{\"transaction\":\"*\"}", kJsonType).reason() == "TRANSACTION_MALFORMED");
  BOOST_TEST(post("/v1/transactions", "{\"tx\":\"\"}", kJsonType).status == 400U);
  BOOST_TEST(post("/v1/transactions", "[[[[", kJsonType).status == 400U);
  BOOST_TEST(post("/v1/transactions", bytes, "Content-Type: text/plain\r\n").status == 415U);
  BOOST_TEST(post("/v1/transactions?wait=soon", bytes, kBytesType).status == 400U);
  BOOST_TEST(post("/v1/transactions?timeout_ms=-1", bytes, kBytesType).status == 400U);
  BOOST_TEST(post("/v1/transactions", std::string(limits::kTransactionBytesMax + 1, 'x'), kBytesType).status == 413U);
  BOOST_TEST(post("/v1/transactions", "", kBytesType).status == 400U);
  BOOST_TEST(node.gateway.submitted().empty());
  BOOST_TEST(node.ask("GET", "/v1/transactions/xy").status == 400U);
  BOOST_TEST(node.ask("GET", "/v1/transactions/" + std::string(64, '0')).status == 404U);
  BOOST_TEST(node.ask("GET", "/v1/transactions/" + std::string(64, 'a'))
                 .json()
                 .find("transaction")
                 ->find_string("contract")
                 .value() == "governance");
}

BOOST_AUTO_TEST_CASE(status_blocks_and_health_are_served) {
  Node node;
  const auto status = node.ask("GET", "/v1/status", "auditor-token").json();
  BOOST_TEST(status.find("height")->as_integer().value() == 41);
  BOOST_TEST(status.find("peers")->items().at(0).find_string("node").value() == "node-b");
  BOOST_TEST(node.ask("GET", "/v1/blocks/7").body == R"({"height":"7"})");
  BOOST_TEST(node.ask("GET", "/v1/blocks/77").status == 404U);
  BOOST_TEST(node.ask("GET", "/v1/blocks/x").status == 400U);
  BOOST_TEST(node.ask("GET", "/livez", "").status == 200U);
  BOOST_TEST(node.ask("GET", "/version", "").body == R"({"version":"0.1.0"})");
  BOOST_TEST(node.ask("GET", "/readyz", "").status == 200U);
  node.gateway.quorum = false;
  const auto unready = node.ask("GET", "/readyz", "");
  BOOST_TEST(unready.status == 503U);
  BOOST_TEST(unready.json().find("checks")->items().at(0).find_string("name").value() == "quorum");
  BOOST_TEST(node.ask("GET", "/readyz?exclude=quorum", "").status == 200U);
  node.gateway.executed_height = 1;
  BOOST_TEST(node.ask("GET", "/readyz?exclude=quorum", "").status == 503U);
  const auto metrics = node.ask("GET", "/metrics", "");
  BOOST_TEST(metrics.status == 200U);
  BOOST_TEST(metrics.body.find("keten_http_request_duration_seconds") != std::string::npos);
  BOOST_TEST(metrics.body.find("route=\"/v1/blocks/{height}\"") != std::string::npos);
  BOOST_TEST(node.ask("GET", "/metrics", "", {}, "X-Forwarded-For: 192.0.2.1\r\n").status == 403U);
}

BOOST_AUTO_TEST_CASE(a_client_can_ask_for_a_height_that_it_has_seen) {
  const Node node;
  BOOST_TEST(node.ask("GET", "/epcis/v2/events", "capture-token", {}, "Keten-Min-Height: 41\r\n").status == 200U);
  const auto behind = node.ask("GET", "/epcis/v2/events", "capture-token", {}, "Keten-Min-Height: 42\r\n");
  BOOST_TEST(behind.status == 503U);
  BOOST_TEST(behind.reason() == "HEIGHT_NOT_REACHED");
  BOOST_TEST(node.ask("GET", "/v1/trace/a", "capture-token", {}, "Keten-Min-Height: x\r\n").status == 400U);
  for (const auto* target : {"/epcis/v2/events/a", "/v1/trace/a", "/v1/blocks/1"}) {
    BOOST_TEST(node.ask("GET", target, "capture-token", {}, "Keten-Min-Height: 42\r\n").reason() ==
               "HEIGHT_NOT_REACHED");
  }
  const auto transaction =
      node.ask("GET", "/v1/transactions/" + std::string(64, 'a'), "capture-token", {}, "Keten-Min-Height: 42\r\n");
  BOOST_TEST(transaction.reason() == "HEIGHT_NOT_REACHED");
}

BOOST_AUTO_TEST_CASE(only_a_token_of_the_right_role_opens_a_route) {
  const Node node;
  for (const auto* target :
       {"/epcis/v2", "/epcis/v2/capture", "/epcis/v2/capture/00", "/epcis/v2/events", "/epcis/v2/events/a",
        "/v1/status", "/v1/trace/a", "/v1/transactions/00", "/v1/blocks/1", "/v1/validators", "/v1/evidence",
        "/v1/epochs/0", "/v1/governance/changes", "/v1/governance/keys"}) {
    const auto none = node.ask("GET", target, "");
    BOOST_TEST(none.status == 401U, target);
    BOOST_TEST(none.reason() == "TOKEN_MISSING");
    BOOST_TEST(none.headers.at("www-authenticate").starts_with("Bearer"));
    BOOST_TEST(node.ask("GET", target, "wrong").reason() == "TOKEN_UNKNOWN");
    BOOST_TEST(node.ask("GET", target, "revoked-token").reason() == "TOKEN_REVOKED");
  }
  for (const auto* target : {"/epcis/v2/capture", "/epcis/v2/events", "/v1/transactions"}) {
    const auto forbidden = node.ask("POST", target, "auditor-token", kDocument, kJsonType);
    BOOST_TEST(forbidden.status == 403U, target);
    BOOST_TEST(forbidden.reason() == "ROLE_NOT_ALLOWED");
    BOOST_TEST(node.ask("POST", target, "", kDocument, kJsonType).status == 401U);
  }
  BOOST_TEST(node.ask("GET", "/epcis/v2/events", "").type() == "epcisException:SecurityException");
  BOOST_TEST(node.ask("GET", "/v1/status", "").type() == "about:blank");
  BOOST_TEST(node.ask("GET", "/v1/status", "", {}, "Authorization: Basic YTpi\r\n").status == 401U);
}

BOOST_AUTO_TEST_CASE(a_revoked_token_ends_without_a_restart) {
  const Node node;
  BOOST_TEST(node.capture(kDocument).status == 202U);
  node.write_users(true);
  const auto refused = node.capture(kDocument);
  BOOST_TEST(refused.status == 401U);
  BOOST_TEST(refused.reason() == "TOKEN_REVOKED");
}

BOOST_AUTO_TEST_CASE(paths_and_methods_that_do_not_exist_are_told_apart) {
  const Node node;
  BOOST_TEST(node.ask("GET", "/nothing").reason() == "PATH_UNKNOWN");
  BOOST_TEST(node.ask("GET", "/epcis/v2/nothing").type() == "epcisException:NoSuchNameException");
  const auto wrong = node.ask("DELETE", "/epcis/v2/events");
  BOOST_TEST(wrong.status == 405U);
  BOOST_TEST(wrong.headers.at("allow") == "POST, GET, HEAD, OPTIONS");
  const auto options = node.ask("OPTIONS", "/epcis/v2/capture", "");
  BOOST_TEST(options.status == 204U);
  BOOST_TEST(options.headers.at("allow") == "POST, GET, HEAD, OPTIONS");
  BOOST_TEST(options.headers.at("gs1-epcis-capture-limit") == "1000");
  BOOST_TEST(node.ask("BREW", "/livez").status == 405U);
  BOOST_TEST(node.ask("GET", "http://a/livez").status == 400U);
  const auto head = node.ask("HEAD", "/livez", "");
  BOOST_TEST(head.status == 200U);
  BOOST_TEST(head.headers.at("content-length") == "14");
}

BOOST_AUTO_TEST_CASE(what_a_client_sends_is_never_sent_back_raw) {
  const Node node;
  const auto answer = node.ask("GET", "/v1/trace/%3Cscript%3E%22?direction=%3Cscript%3E");
  BOOST_TEST(answer.status == 400U);
  BOOST_TEST(answer.body.find("<script>") == std::string::npos);
  for (const auto* name : {"x-content-type-options", "cache-control", "content-security-policy", "date"}) {
    BOOST_TEST(answer.headers.contains(name), name);
  }
  BOOST_TEST(!answer.headers.contains("server"));
}

BOOST_AUTO_TEST_CASE(a_connection_carries_many_requests_also_before_the_answers) {
  const Node node;
  Connection connection(node.server->port());
  connection.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /version HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(connection.receive().status == 200U);
  BOOST_TEST(connection.receive().body == R"({"version":"0.1.0"})");
  connection.send("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  BOOST_TEST(connection.receive().headers.at("connection") == "close");
  BOOST_TEST(connection.ends());
  Connection old(node.server->port());
  old.send("GET /livez HTTP/1.0\r\n\r\n");
  BOOST_TEST(old.receive().status == 200U);
  BOOST_TEST(old.ends());
}

BOOST_AUTO_TEST_CASE(requests_that_could_be_smuggled_are_refused_and_the_connection_ends) {
  const Node node;
  const std::string start = "POST /epcis/v2/capture HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer capture-token\r\n";
  for (const auto& text :
       {start + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        start + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
        start + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde", start + "X: a\r\n b\r\n\r\n",
        start + std::string("X: a\0b\r\n\r\n", 10), start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", std::string("GET /livez HTTP/1.1\nHost: a\n\n"),
        std::string("GET /livez HTTP/1.1\r\n\r\n"), std::string("GET /livez HTTP/9.9\r\nHost: a\r\n\r\n"),
        std::string("\x16\x03\x01\r\n\r\n")}) {
    Connection connection(node.server->port());
    connection.send(text);
    const auto answer = connection.receive();
    BOOST_TEST(answer.status == 400U, text);
    BOOST_TEST(answer.reason() == "REQUEST_MALFORMED");
    BOOST_TEST(connection.ends());
  }
  BOOST_TEST(node.gateway.submitted().empty());
}

BOOST_AUTO_TEST_CASE(headers_and_targets_have_limits) {
  const Node node;
  const std::string long_target = "/" + std::string(limits::kHttpTargetBytesMax, 'a');
  BOOST_TEST(node.ask("GET", long_target).status == 414U);
  BOOST_TEST(node.ask("GET", long_target.substr(1).replace(0, 1, "/")).status == 404U);
  BOOST_TEST(node.ask("GET", "/livez", "", {}, "X: " + std::string(limits::kHttpHeaderBytesMax, 'a') + "\r\n").status ==
             431U);
  BOOST_TEST(node.ask("GET", "/" + std::string(2 * limits::kHttpHeaderBytesMax, 'a')).status == 414U);
}

BOOST_AUTO_TEST_CASE(a_header_that_drips_is_cut) {
  const Node node([](ServerOptions& options) { options.transport.header_ms = 200; });
  Connection connection(node.server->port());
  const auto start = std::chrono::steady_clock::now();
  std::jthread dripper([&](const std::stop_token& stop) {
    for (const char byte : std::string("GET /livez HTTP/1.1\r\nX: ") + std::string(2000, 'a')) {
      if (stop.stop_requested()) { return; }
      connection.send(std::string_view(&byte, 1));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  BOOST_TEST(connection.receive().status == 0U);
  dripper.request_stop();
  // All bytes would take ten seconds; only the server's cut ends it before.
  BOOST_TEST((std::chrono::steady_clock::now() - start < std::chrono::seconds(8)));
}

BOOST_AUTO_TEST_CASE(a_body_that_falls_behind_is_cut_and_an_idle_connection_ends) {
  const Node node([](ServerOptions& options) {
    options.transport.body_grace_ms = 200;
    options.transport.idle_ms = 300;
  });
  Connection slow(node.server->port());
  slow.send(
      "POST /epcis/v2/capture HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer capture-token\r\nContent-Length: "
      "100\r\n\r\n{");
  BOOST_TEST(slow.receive().status == 0U);
  Connection idle(node.server->port());
  BOOST_TEST(idle.ends());
  BOOST_TEST(node.gateway.submitted().empty());
}

BOOST_AUTO_TEST_CASE(connections_over_the_limit_are_turned_away_and_the_next_one_is_served_again) {
  const Node node([](ServerOptions& options) { options.transport.connections_max = 2; });
  {
    Connection one(node.server->port());
    Connection two(node.server->port());
    one.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    two.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(one.receive().status == 200U);
    BOOST_TEST(two.receive().status == 200U);
    Connection three(node.server->port());
    BOOST_TEST(three.ends());
  }
  unsigned status = 0;
  for (int attempt = 0; attempt < 1000 && status != 200; ++attempt) { status = node.ask("GET", "/livez", "").status; }
  BOOST_TEST(status == 200U);
}

BOOST_AUTO_TEST_CASE(a_port_in_use_or_an_address_that_is_none_stops_the_start) {
  Node node;
  ServerOptions options;
  options.users_file = node.folder / "users.json";
  options.organisation = "FarmCo";
  options.transport.port = node.server->port();
  const auto taken = Server::start(options, node.gateway, node.backend, node.metrics);
  BOOST_REQUIRE(!taken.ok());
  BOOST_TEST(taken.error().reason == "PORT_IN_USE");
  options.transport.address = "example.com";
  BOOST_TEST(Server::start(options, node.gateway, node.backend, node.metrics).error().reason == "ADDRESS_INVALID");
  options.organisation = "ShopCo";
  BOOST_TEST(Server::start(options, node.gateway, node.backend, node.metrics).error().reason == "USERS_INVALID");
}

BOOST_AUTO_TEST_CASE(stopping_ends_idle_connections_and_survives_late_answers) {
  Node node([](ServerOptions& options) { options.transport.stop_ms = 200; });
  Connection idle(node.server->port());
  idle.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  BOOST_TEST(idle.receive().status == 200U);
  node.gateway.answers = false;
  Connection waiting(node.server->port());
  const std::string body(kDocument);
  waiting.send(
      "POST /epcis/v2/capture HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer capture-token\r\nContent-Type: "
      "application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  while (node.gateway.kept() == 0) { std::this_thread::yield(); }
  node.server->stop();
  BOOST_TEST(idle.ends());
  node.gateway.answer_kept();
  node.server.reset();
  node.gateway.answer_kept();
  BOOST_TEST(waiting.receive().status == 0U);
}

BOOST_AUTO_TEST_CASE(many_clients_at_once_are_all_answered) {
  const Node node([](ServerOptions& options) { options.transport.io_threads = 2; });
  std::atomic<int> good = 0;
  {
    std::vector<std::unique_ptr<Connection>> connections;  // made here: Boost.Test's checks belong on this thread
    for (int i = 0; i < 8; ++i) { connections.push_back(std::make_unique<Connection>(node.server->port())); }
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&connection = *connections[static_cast<std::size_t>(i)], &good] {
        for (int k = 0; k < 20; ++k) {
          connection.send("GET /v1/status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer auditor-token\r\n\r\n");
          if (connection.receive().status == 200) { ++good; }
        }
      });
    }
  }
  BOOST_TEST(good == 160);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::http::test
