#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/json.h"
#include "tests/unit/tools/keten_command.h"
#include "tests/unit/tools/temporary_folder.h"
#include "tools/keten/secrets.h"

namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(bundle)

BOOST_AUTO_TEST_CASE(a_secret_is_found_in_every_form) {
  keten::tools::Scrubber scrubber;
  const std::string seed = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff";
  scrubber.add(seed);
  scrubber.add("short");
  for (const auto& form :
       std::vector<std::string>{seed, std::string("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFF"),
                                std::string("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8=")}) {
    const auto clean = scrubber.clean("before " + form + " behind, short words stay");
    BOOST_TEST(clean.find("(removed)") != std::string::npos);
    BOOST_TEST(clean.find(form.substr(0, 40)) == std::string::npos);
    BOOST_TEST(clean.find("short words stay") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(what_calls_itself_a_secret_is_removed) {
  const keten::tools::Scrubber scrubber;
  for (const auto& text :
       std::vector<std::string>{"password = \"hunter2hunter2\"", "Authorization: Bearer abcdef0123456789",
                                "api_token: c4n4ry-c4n4ry", "\"secret\": \"c4n4ry-c4n4ry\""}) {
    const auto clean = scrubber.clean(text);
    BOOST_TEST(clean.find("(removed)") != std::string::npos);
    BOOST_TEST(clean.find("c4n4ry") == std::string::npos);
    BOOST_TEST(clean.find("hunter2") == std::string::npos);
    BOOST_TEST(clean.find("abcdef0123456789") == std::string::npos);
  }
  BOOST_TEST(scrubber.clean("state root 0123456789abcdef") == "state root 0123456789abcdef");
}

BOOST_AUTO_TEST_CASE(a_bundle_of_a_home_tells_much_and_nothing_secret) {
  const TestFolder folder;
  const auto net = folder.path() / "net";
  BOOST_REQUIRE(keten_command({"testnet", "generate", "--validators", "4", "--out", net.string()}).code == 0);
  const auto home = net / "farm-1";
  const auto seed = read_text(home / "keys" / "validator.key").substr(0, 64);
  std::ofstream(home / "ketend.toml", std::ios::app) << "# password: c4n4ry-of-the-config\n";
  std::ofstream(home / "ketend.log") << "2026-01-01 started\nseed " << seed << "\ntls "
                                     << read_text(home / "tls" / "node.key")
                                     << "Authorization: Bearer c4n4ry-of-the-log\n";
  const auto file = folder.path() / "bundle.json";
  const auto made = keten_command({"debug", "bundle", "--home", home.string(), "-o", file.string()});
  BOOST_REQUIRE_MESSAGE(made.code == 0, made.err);
  const auto text = read_text(file);
  const auto document = keten::json::parse(text);
  BOOST_REQUIRE(document.ok());
  for (const auto* told :
       {"genesis_id", "2026-01-01 started", "min_block_interval_ms", "keys/validator.key", "disk_free_bytes"}) {
    BOOST_TEST(text.find(told) != std::string::npos, told << " is told");
  }
  BOOST_TEST(text.find("c4n4ry") == std::string::npos);
  for (const auto& entry : std::filesystem::directory_iterator(home / "keys")) {
    BOOST_TEST(text.find(read_text(entry.path()).substr(0, 64)) == std::string::npos, entry.path() << " is not told");
  }
  // The lines of the private key for TLS.
  std::ifstream key(home / "tls" / "node.key");
  for (std::string line; std::getline(key, line);) {
    if (line.size() >= 32 && !line.starts_with("-----")) { BOOST_TEST(text.find(line) == std::string::npos); }
  }
  const auto mode = std::filesystem::status(file).permissions();
  BOOST_TEST(((mode & std::filesystem::perms::others_read) == std::filesystem::perms::none));
  BOOST_TEST(keten_command({"debug", "bundle", "--home", home.string(), "-o", file.string()}).err.find("FILE_EXISTS") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
