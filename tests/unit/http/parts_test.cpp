#include <csignal>
#include <string>

#include <boost/test/unit_test.hpp>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/capture_fuel.h"
#include "node/http/admission.h"
#include "node/http/capture.h"
#include "node/http/capture_jobs.h"
#include "node/http/header_block.h"
#include "node/http/problem.h"
#include "node/http/router.h"
#include "node/http/uri.h"
#include "node/http/users.h"
#include "tests/unit/http/fakes.h"

namespace keten::http::test {
namespace {

Route route(Method method, std::string pattern) {
  Route made;
  made.method = method;
  made.pattern = std::move(pattern);
  return made;
}

std::string block(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"; }

/// While it lives, no file grows.
class FullDisk {
 public:
  FullDisk() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

bool accepts(std::string_view fields) { return check_header_block(block(fields)).ok(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(http_parts)

BOOST_AUTO_TEST_CASE(a_target_is_taken_apart_before_it_is_decoded) {
  const auto target = parse_target("/v1/trace/https%3A%2F%2Fid.gs1.org%2F01%2F0?a=1%2C2&b=&c&a=+");
  BOOST_REQUIRE(target.ok());
  BOOST_TEST(target->segments.size() == 3U);
  BOOST_TEST(target->segments[2] == "https://id.gs1.org/01/0");
  BOOST_REQUIRE(target->query.size() == 4U);
  BOOST_TEST((target->query[0] == QueryParameter{"a", "1,2"}));
  BOOST_TEST((target->query[1] == QueryParameter{"b", ""}));
  BOOST_TEST((target->query[2] == QueryParameter{"c", ""}));
  BOOST_TEST((target->query[3] == QueryParameter{"a", "+"}));
}

BOOST_AUTO_TEST_CASE(broken_escapes_control_characters_and_foreign_encodings_are_refused) {
  for (const auto* target :
       {"/%", "/%4", "/%zz", "/%00", "/a?b=%0d%0a", "/%C0%AF", "/%ED%A0%80", "/%F4%90%80%80", "/%80", "a", ""}) {
    BOOST_TEST(!parse_target(target).ok(), target);
  }
  BOOST_TEST(parse_target("/%C3%A9").ok());
  BOOST_TEST(parse_target("/")->segments.size() == 1U);
  BOOST_TEST(parse_target("/a/")->segments.size() == 2U);
}

BOOST_AUTO_TEST_CASE(encoding_undoes_decoding) {
  const std::string text = "ni:///sha-256;00?ver=CBV2.0&\xC3\xA9 %";
  BOOST_TEST(percent_decode(percent_encode(text)).value() == text);
  BOOST_TEST(percent_encode("a-b.c_d~") == "a-b.c_d~");
}

BOOST_AUTO_TEST_CASE(times_are_written_as_iso_8601_and_as_http_wants_them) {
  BOOST_TEST(iso_time(1'767'225'600'123) == "2026-01-01T00:00:00.123Z");
  BOOST_TEST(http_date(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
}

BOOST_AUTO_TEST_CASE(base64_comes_in_two_alphabets) {
  BOOST_TEST((base64_decode("-_8=").value() == Bytes{0xFB, 0xFF}));
  BOOST_TEST((base64_decode("+/8").value() == Bytes{0xFB, 0xFF}));
  BOOST_TEST(!base64_decode("a b").has_value());
  BOOST_TEST(!base64_decode("a").has_value());
}

BOOST_AUTO_TEST_CASE(the_router_prefers_the_literal_pattern_and_knows_the_methods_of_a_path) {
  Router router;
  router.add(route(Method::get, "/a/{x}"));
  router.add(route(Method::post, "/a/{x}"));
  router.add(route(Method::get, "/a/b"));
  const auto literal = router.find(Method::get, {"a", "b"});
  BOOST_TEST(literal.route->pattern == "/a/b");
  BOOST_TEST(literal.allow == "GET, HEAD, OPTIONS");
  const auto match = router.find(Method::head, {"a", "c d"});
  BOOST_TEST(match.route->pattern == "/a/{x}");
  BOOST_TEST(match.arguments.at(0) == "c d");
  const auto wrong = router.find(Method::remove, {"a", "c"});
  BOOST_TEST(wrong.route == nullptr);
  BOOST_TEST(wrong.allow == "GET, HEAD, POST, OPTIONS");
  BOOST_TEST(router.find(Method::get, {"a", ""}).allow.empty());
  BOOST_TEST(router.find(Method::get, {"a"}).allow.empty());
}

BOOST_AUTO_TEST_CASE(a_header_that_two_programs_could_read_differently_is_refused) {
  BOOST_TEST(accepts(""));
  BOOST_TEST(accepts("Content-Length: 5\r\n"));
  BOOST_TEST(accepts("Transfer-Encoding: Chunked\r\n"));
  BOOST_TEST(accepts("X-Tab:\ta\tb\r\n"));
  for (const auto* fields : {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Length: 5\r\nContent-Length: 5\r\n",
                             "Content-Length: 5, 5\r\n",
                             "Content-Length: +5\r\n",
                             "Content-Length: -5\r\n",
                             "Content-Length: 0x5\r\n",
                             "Content-Length:\r\n",
                             "Content-Length: 9999999999999999999\r\n",
                             "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: identity\r\n",
                             "Transfer-Encoding : chunked\r\n",
                             "A: b\r\n folded\r\n",
                             "A: b\r\n\tfolded\r\n",
                             " A: b\r\n",
                             "A b\r\n",
                             ": b\r\n",
                             "A: b\nC: d\r\n",
                             "A: b\rC: d\r\n",
                             "A: \x01\r\n",
                             "Host: b\r\n"}) {
    BOOST_TEST(!accepts(fields), fields);
  }
  BOOST_TEST(!accepts(std::string("A: b\0c\r\n", 8)));
  BOOST_TEST(!check_header_block("GET / HTTP/1.1\r\n\r\n").ok());
  BOOST_TEST(!check_header_block("GET  / HTTP/1.1\r\nHost: a\r\n\r\n").ok());
  BOOST_TEST(!check_header_block("GET / x HTTP/1.1\r\nHost: a\r\n\r\n").ok());
  BOOST_TEST(!check_header_block("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").ok());
  BOOST_TEST(!check_header_block("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").ok());
  BOOST_TEST(check_header_block("GET / HTTP/1.0\r\n\r\n").ok());
}

BOOST_AUTO_TEST_CASE(every_kind_of_error_has_its_status_and_its_epcis_exception) {
  const auto type = [](ErrorKind kind, Subject subject) {
    return epcis_problem(failure(kind, "R", "m"), subject).type;
  };
  BOOST_TEST(type(ErrorKind::invalid, Subject::capture) == "epcisException:ValidationException");
  BOOST_TEST(type(ErrorKind::invalid, Subject::query) == "epcisException:QueryParameterException");
  BOOST_TEST(type(ErrorKind::unauthorised, Subject::query) == "epcisException:SecurityException");
  BOOST_TEST(type(ErrorKind::not_found, Subject::query) == "epcisException:NoSuchNameException");
  BOOST_TEST(type(ErrorKind::conflict, Subject::capture) == "epcisException:ResourceAlreadyExistsException");
  BOOST_TEST(type(ErrorKind::too_large, Subject::capture) == "epcisException:CaptureLimitExceededException");
  BOOST_TEST(type(ErrorKind::too_large, Subject::query) == "epcisException:QueryTooLargeException");
  BOOST_TEST(type(ErrorKind::unavailable, Subject::query) == "epcisException:ImplementationException");
  BOOST_TEST(transport_problem(414, Dialect::epcis, "R", "").type == "epcisException:URITooLongException");
  BOOST_TEST(transport_problem(415, Dialect::epcis, "R", "").type == "epcisException:UnsupportedMediaTypeException");
  BOOST_TEST(transport_problem(406, Dialect::epcis, "R", "").type == "epcisException:NotAcceptableException");
  BOOST_TEST(status_of(ErrorKind::conflict) == 409U);
  BOOST_TEST(status_of(ErrorKind::busy) == 429U);
  BOOST_TEST(status_of(ErrorKind::unavailable) == 503U);
}

BOOST_AUTO_TEST_CASE(a_problem_names_every_wrong_place_and_escapes_what_it_quotes) {
  auto error = invalid("EPCIS_INVALID", "<script>\"\n");
  error.violations.push_back({"/a", "one", "two"});
  const auto response = problem_response(epcis_problem(error, Subject::capture));
  BOOST_TEST(
      response.body ==
      R"({"type":"epcisException:ValidationException","title":"The EPCIS document is not valid","status":400,)"
      R"("detail":"<script>\"\n","reason":"EPCIS_INVALID","errors":[{"pointer":"/a","expected":"one","found":"two"}]})");
  BOOST_TEST(response.headers.at(0).value == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(a_header_value_cannot_start_a_new_line) {
  Response response;
  response.with("Location", "/a\r\nSet-Cookie: b");
  const auto head = response_head(response, {.dialect = Dialect::keten, .close = true, .now = 0});
  BOOST_TEST(head.find("Set-Cookie") == std::string::npos);
  BOOST_TEST(head.starts_with("HTTP/1.1 200 OK\r\n"));
  BOOST_TEST(head.find("Connection: close\r\n") != std::string::npos);
  BOOST_TEST(head.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
  BOOST_TEST(head.find("Server:") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(jobs_are_listed_newest_first_and_the_oldest_are_forgotten) {
  CaptureJobs jobs(3, {});
  const auto id = [](std::uint8_t first) {
    TransactionId made;
    made.bytes[0] = first;
    return made;
  };
  for (std::uint8_t i = 1; i <= 4; ++i) { jobs.add({.id = id(i), .finished_at = std::nullopt}); }
  BOOST_TEST(!jobs.find(id(1)).has_value());
  const auto page = jobs.list(2, std::nullopt);
  BOOST_REQUIRE(page->size() == 2U);
  BOOST_CHECK(page->at(0).id == id(4));
  BOOST_CHECK(jobs.list(2, id(3))->at(0).id == id(2));
  BOOST_TEST(!jobs.list(2, id(1)).has_value());
  jobs.finish(id(4), 5);
  jobs.finish(id(4), 6);
  BOOST_TEST(*jobs.find(id(4))->finished_at == 5U);
}

BOOST_AUTO_TEST_CASE(jobs_are_read_from_their_file_whatever_else_is_in_it) {
  const test::Folder folder;
  const std::string id(64, 'a');
  const std::string other(64, 'b');
  folder.write("jobs", "nonsense\n" + id + " rollback 5 -\n" + other + " proceed 6 -\n" + id + " rollback 5 9\n" +
                           other.substr(7));
  for (int start = 0; start < 2; ++start) {
    const CaptureJobs jobs(3, folder / "jobs");
    const auto page = jobs.list(9, std::nullopt);
    BOOST_REQUIRE(page->size() == 2U);
    BOOST_TEST(page->at(0).id.hex() == other);
    BOOST_CHECK(page->at(0).behaviour == ErrorBehaviour::proceed);
    BOOST_TEST(*page->at(1).finished_at == 9U);
  }
  CaptureJobs jobs(3, folder / "jobs");
  for (std::uint64_t i = 1; i <= 40; ++i) {
    TransactionId made;
    made.bytes[0] = static_cast<std::uint8_t>(i);
    jobs.add({.id = made, .created_at = i, .finished_at = std::nullopt});
  }
  BOOST_TEST(std::filesystem::file_size(folder / "jobs") < 16 * 90U);
  BOOST_TEST(CaptureJobs(3, folder / "jobs").list(9, std::nullopt)->at(0).created_at == 40U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_takes_no_job_from_the_list_and_the_next_one_that_fits_brings_all) {
  const test::Folder folder;
  const auto id = [](std::uint8_t first) {
    TransactionId made;
    made.bytes[0] = first;
    return made;
  };
  CaptureJobs jobs(3, folder / "jobs");
  jobs.add({.id = id(1), .finished_at = std::nullopt});
  const auto kept = [&] { return CaptureJobs(3, folder / "jobs").list(9, std::nullopt)->size(); };
  {
    const FullDisk full;
    BOOST_TEST(kept() == 1U);  // a start writes the file anew
    jobs.add({.id = id(2), .finished_at = std::nullopt});
  }
  BOOST_TEST(kept() == 1U);
  jobs.add({.id = id(3), .finished_at = std::nullopt});
  BOOST_TEST(kept() == 3U);
}

BOOST_AUTO_TEST_CASE(a_capture_carries_the_original_bytes_and_the_users_signature) {
  KeySeed seed;
  seed.bytes.fill(3);
  User user;
  user.organisation = "FarmCo";
  user.key = KeyPair::from_seed(seed);
  const CaptureContext context{.chain_id = {}, .finalized = Height{10}, .validity_blocks_max = 2000};
  const auto one = make_capture(as_bytes(" {} "), ErrorBehaviour::proceed, user, context);
  const auto two = make_capture(as_bytes(" {} "), ErrorBehaviour::proceed, user, context);
  BOOST_CHECK(one->id != two->id);
  BOOST_CHECK(has_valid_signature(*one));
  BOOST_CHECK(one->payloads.at(0).content == to_bytes(" {} "));
  BOOST_CHECK(one->body.arguments == Bytes{1});
  BOOST_TEST(one->body.method == "capture");
  BOOST_TEST(one->body.valid_until.value == 1010U);
  BOOST_CHECK(decode_transaction(one->envelope).ok());
  BOOST_TEST(
      make_capture(as_bytes("{}"), ErrorBehaviour::rollback, user, {{}, Height{10}, 5})->body.valid_until.value == 15U);
  BOOST_TEST(capture_fuel(limits::kCaptureBytesMax) == limits::kFuelPerTransactionMax);
  BOOST_TEST(capture_fuel(100, 7) == 1'040'007U, "the rules of agreements come on top");
  BOOST_TEST(capture_fuel(100, limits::kFuelPerTransactionMax) == limits::kFuelPerTransactionMax);
}

BOOST_AUTO_TEST_CASE(a_users_file_holds_a_thousand_users_and_says_when_it_holds_more) {
  const Folder folder;
  const auto write = [&](std::size_t count) {
    std::string text = "[";
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = std::to_string(i);
      text += std::string(i == 0 ? "" : ",") + R"({"name":"user-)" + number +
              R"(","organisation":"FarmCo","role":"auditor","revoked":)" + (i == 7 ? "true" : "false") +
              R"(,"token_hash":")" + token_hash(number).hex() + "\"}\n";
    }
    folder.write("users.json", text + "]");
    ::chmod((folder / "users.json").c_str(), 0600);
  };
  write(kUsersMax);
  const auto store = UserStore::open(folder / "users.json", "FarmCo");
  BOOST_REQUIRE_MESSAGE(store.ok(), (store ? "" : store.error().message));
  BOOST_TEST((*store)->find("7")->revoked);
  BOOST_TEST(!(*store)->find("999")->revoked);
  write(kUsersMax + 1);
  const auto refused = UserStore::open(folder / "users.json", "FarmCo");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().reason == "USERS_INVALID");
  BOOST_TEST(refused.error().message.find("at most 1000 users") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_users_file_is_taken_as_a_whole_or_refused_with_the_place) {
  const Folder folder;
  const std::string hash = token_hash("t").hex();
  const auto parse = [&](const std::string& text) { return parse_users(text, folder.path(), "FarmCo"); };
  const auto auditor = [&](const std::string& members) {
    return R"([{"name":"a","organisation":"FarmCo","role":"auditor","token_hash":")" + hash + "\"" + members + "}]";
  };
  BOOST_TEST(parse("[]").ok());
  BOOST_TEST(parse(auditor("")).ok());
  for (const auto& text :
       {std::string("{}"), std::string("[1]"), auditor(R"(,"surprise":1)"), auditor(R"(,"revoked":1)"),
        auditor(R"(,"key_file":"k")"),
        std::string(R"([{"name":"a","organisation":"Other","role":"auditor","token_hash":")" + hash + "\"}]"),
        std::string(R"([{"name":"a","organisation":"FarmCo","role":"king","token_hash":")" + hash + "\"}]"),
        std::string(R"([{"name":"a","organisation":"FarmCo","role":"auditor","token_hash":"00"}]")"),
        std::string(R"([{"name":"a","organisation":"FarmCo","role":"capture","token_hash":")" + hash + "\"}]"),
        std::string(R"([{"name":"a","organisation":"FarmCo","role":"capture","key_file":"../k","token_hash":")" + hash +
                    "\"}]")}) {
    BOOST_TEST(!parse(text).ok(), text);
  }
  const auto twice = auditor("");
  const auto both = twice.substr(0, twice.size() - 1) + "," + twice.substr(1);
  BOOST_REQUIRE(!parse(both).ok());
  BOOST_TEST(parse(both).error().message.find("/1/name") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_users_file_that_others_may_read_stops_the_start) {
  const Folder folder;
  folder.write("users.json", "[]");
  BOOST_TEST(UserStore::open(folder / "users.json", "FarmCo").ok());
  BOOST_TEST(UserStore::open(folder / "missing.json", "FarmCo").ok());
  ::chmod((folder / "users.json").c_str(), 0644);
  const auto refused = UserStore::open(folder / "users.json", "FarmCo");
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().reason == "KEY_FILE_MODE");
}

BOOST_AUTO_TEST_CASE(a_changed_users_file_counts_at_once_and_a_broken_one_does_not) {
  const Folder folder;
  const auto entry =
      R"([{"name":"a","organisation":"FarmCo","role":"auditor","token_hash":")" + token_hash("t").hex() + "\"}]";
  folder.write("users.json", "[]");
  const auto store = UserStore::open(folder / "users.json", "FarmCo");
  BOOST_REQUIRE(store.ok());
  BOOST_CHECK((*store)->find("t") == nullptr);
  folder.write("users.json", entry);
  BOOST_CHECK((*store)->find("t") != nullptr);
  folder.write("users.json", "[{");
  BOOST_CHECK((*store)->find("t") != nullptr);
  BOOST_CHECK((*store)->find("T") == nullptr);
  folder.write("users.json", "[]");
  BOOST_CHECK((*store)->find("t") == nullptr);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::http::test
