#include <filesystem>
#include <string>

#include <boost/test/unit_test.hpp>
#include <stdlib.h>
#include <sys/stat.h>

#include "client/http_client.h"
#include "client/keystore.h"
#include "client/ledger_client.h"
#include "client/transactions.h"
#include "core/encoding.h"

namespace {

using namespace keten;

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "keten-client-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(client_library)

BOOST_FIXTURE_TEST_CASE(a_key_file_gives_back_its_key_and_is_never_overwritten, Folder) {
  const auto seed = client::random_seed();
  BOOST_REQUIRE(client::write_key_file(path / "a.key", seed).ok());
  const auto key = client::read_key_file(path / "a.key");
  BOOST_REQUIRE(key.ok());
  BOOST_TEST(key->public_key().hex() == KeyPair::from_seed(seed).public_key().hex());
  const auto again = client::write_key_file(path / "a.key", client::random_seed());
  BOOST_REQUIRE(!again.ok());
  BOOST_TEST(again.error().reason == "FILE_EXISTS");
}

BOOST_FIXTURE_TEST_CASE(a_key_file_that_others_may_read_is_refused_with_the_repair, Folder) {
  BOOST_REQUIRE(client::write_key_file(path / "a.key", client::random_seed()).ok());
  BOOST_REQUIRE(::chmod((path / "a.key").c_str(), 0640) == 0);
  const auto key = client::read_key_file(path / "a.key");
  BOOST_REQUIRE(!key.ok());
  BOOST_TEST(key.error().reason == "KEY_FILE_MODE");
  BOOST_TEST(key.error().message.find("chmod 600") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_key_file_with_something_else_in_it_is_refused, Folder) {
  for (const std::string content : {"", "abc\n", "zz"}) {
    BOOST_REQUIRE(
        client::write_file(path / "a.key", content, client::FileAccess::owner, client::Existing::replace).ok());
    BOOST_TEST(client::read_key_file(path / "a.key").error().reason == "KEY_FILE_MALFORMED");
  }
  BOOST_TEST(client::read_key_file(path / "none.key").error().reason == "FILE_UNREADABLE");
}

BOOST_AUTO_TEST_CASE(the_same_call_signed_twice_is_two_transactions) {
  KeySeed seed;
  seed.bytes[3] = 9;
  const client::Sender sender{.chain_id = {}, .organisation = "FarmCo", .key = KeyPair::from_seed(seed)};
  const client::Call call{.contract = "record",
                          .method = "put",
                          .arguments = client::record_put_arguments(as_bytes("k"), as_bytes("v")),
                          .valid_until = Height{10}};
  const auto first = client::sign_call(sender, call);
  const auto second = client::sign_call(sender, call);
  BOOST_TEST(first->id.hex() != second->id.hex());
  BOOST_TEST(has_valid_signature(*first));
  const Salt salt;
  BOOST_TEST(client::sign_call(sender, call, salt)->id.hex() == client::sign_call(sender, call, salt)->id.hex());
}

BOOST_AUTO_TEST_CASE(an_address_without_a_port_is_refused_and_a_closed_one_is_unreachable) {
  BOOST_TEST(client::http_request("localhost", {}).error().reason == "ADDRESS_INVALID");
  const auto closed = client::http_request("127.0.0.1:1", {});
  BOOST_REQUIRE(!closed.ok());
  BOOST_TEST(closed.error().reason == "UNREACHABLE");
  BOOST_TEST(closed.error().message.find("127.0.0.1:1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(everything_but_unreserved_characters_is_percent_encoded) {
  BOOST_TEST(client::percent_encode("https://id.gs1.org/01/1?a=b ~é") ==
             "https%3A%2F%2Fid.gs1.org%2F01%2F1%3Fa%3Db%20~%C3%A9");
}

BOOST_AUTO_TEST_SUITE_END()
