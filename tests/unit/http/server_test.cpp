#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sodium/utils.h>

#include "core/limits.h"
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
  for (const auto* target : {"/epcis/v2",
                             "/epcis/v2/capture",
                             "/epcis/v2/capture/00",
                             "/epcis/v2/events",
                             "/epcis/v2/events/a",
                             "/v1/status",
                             "/v1/trace/a",
                             "/v1/transactions/00",
                             "/v1/blocks/1",
                             "/v1/validators",
                             "/v1/evidence",
                             "/v1/epochs/0",
                             "/v1/governance/changes",
                             "/v1/governance/keys",
                             "/v1/agreements",
                             "/v1/agreements/00",
                             "/v1/agreements/00/findings",
                             "/v1/findings",
                             "/v1/findings/00/1",
                             "/v1/contracts",
                             "/v1/contracts/milk",
                             "/v1/datasets",
                             "/v1/datasets/a",
                             "/v1/usage/agreements/00",
                             "/v1/usage/agreements/00/uses",
                             "/v1/usage/agreements/00/uses/a",
                             "/v1/usage/agreements/00/duties",
                             "/v1/usage/agreements/00/statement"}) {
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
