#include <algorithm>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "node/http/named_queries.h"
#include "node/http/page_tokens.h"
#include "tests/unit/http/fakes.h"

namespace keten::http::test {

namespace {

constexpr std::string_view kJsonType = "Content-Type: application/json\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_query_routes)

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

BOOST_AUTO_TEST_CASE(each_path_about_data_usage_asks_for_its_own_view) {
  using query::UsageView;
  Node node;
  for (const auto& [target, view] : {std::pair<std::string, UsageView>{"/v1/datasets", UsageView::datasets},
                                     {"/v1/datasets/urn%3Ads%3Amilk", UsageView::dataset},
                                     {"/v1/usage/agreements/ab", UsageView::agreement},
                                     {"/v1/usage/agreements/ab/uses?from=a&to=b&after=3&limit=5", UsageView::uses},
                                     {"/v1/usage/agreements/ab/uses/u1", UsageView::use},
                                     {"/v1/usage/agreements/ab/duties", UsageView::duties},
                                     {"/v1/usage/agreements/ab/statement?from=a", UsageView::statement}}) {
    BOOST_TEST(node.ask("GET", target).status == 200U, target);
    BOOST_TEST((node.backend.last_usage.view == view), target);
    if (view == UsageView::dataset) { BOOST_TEST(node.backend.last_usage.subject == "urn:ds:milk"); }
    if (view == UsageView::use) { BOOST_TEST(node.backend.last_usage.use == "u1"); }
    if (view == UsageView::uses) {
      BOOST_TEST(node.backend.last_usage.to == "b");
      BOOST_TEST(node.backend.last_usage.after == "3");
      BOOST_TEST(node.backend.last_usage.limit == 5U);
    }
  }
  for (const auto* target : {"/v1/datasets?limit=0", "/v1/datasets?limit=1001", "/v1/datasets?from=a",
                             "/v1/usage/agreements/ab/duties?limit=1", "/v1/usage/agreements/ab/statement?format=xml",
                             "/v1/usage/agreements/ab/uses?format=csv"}) {
    BOOST_TEST(node.ask("GET", target).status == 400U, target);
  }
  BOOST_TEST(node.ask("GET", "/v1/usage/agreements/none/statement").reason() == "UNKNOWN_AGREEMENT");
}

BOOST_AUTO_TEST_CASE(a_sheet_of_uses_is_read_part_by_part_and_calculates_nothing) {
  Node node;
  node.backend.usage_part = 5;
  const auto sheet = node.ask("GET", "/v1/usage/agreements/ab/statement?format=csv&from=a");
  BOOST_TEST(sheet.status == 200U);
  BOOST_TEST(sheet.headers.at("content-type") == "text/csv; charset=utf-8");
  BOOST_TEST(std::count(sheet.body.begin(), sheet.body.end(), '\n') == 14);
  BOOST_TEST(sheet.body.find(",'=12,") != std::string::npos);
  BOOST_TEST(node.backend.last_usage.from == "a");
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
        {"/v1/contracts/counter/proof", QuestionKind::state},
        {"/v1/agreements/" + id + "/proof", QuestionKind::state},
        {"/v1/datasets/urn:ds:milk/proof", QuestionKind::state},
        {"/v1/history/urn:ds:milk/proof?kind=dataset", QuestionKind::history},
        {"/v1/blocks/7/proof", QuestionKind::block},
        {"/v1/governance/entries/676f/proof", QuestionKind::entry}}) {
    const auto answer = node.ask("GET", target);
    BOOST_TEST(answer.status == 200U, target);
    BOOST_TEST(answer.body == std::string("\x08\x01\0", 3), target);
    BOOST_TEST(answer.headers.at("content-type") == "application/vnd.keten.proof");
    BOOST_TEST((node.backend.last_proof.kind == kind), target);
    const auto& of = node.backend.last_proof.entity_kind;
    BOOST_TEST(of == (target.find("contracts") != std::string::npos    ? "contract"
                      : target.find("agreements") != std::string::npos ? "agreement"
                      : target.find("dataset") != std::string::npos    ? "dataset"
                                                                       : ""));
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
        "/v1/history/a/proof?direction=back", "/v1/trace/a/proof?kind=dataset", "/v1/blocks/a/proof",
        "/v1/history/a/proof?first_epoch=-1"}) {
    BOOST_TEST(node.ask("GET", target).status == 400U, target);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::http::test
