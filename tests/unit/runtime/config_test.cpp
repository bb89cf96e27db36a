#include "node/runtime/config.h"

#include <string>

#include <boost/test/unit_test.hpp>

namespace keten {
namespace {

const std::string kLeast = "[node]\nname = \"farm-1\"\norganisation = \"FarmCo\"\n";

Error error_of(const std::string& text) {
  const auto parsed = parse_config(text, "ketend.toml");
  BOOST_REQUIRE(!parsed);
  BOOST_TEST(parsed.error().reason == "CONFIG_INVALID");
  return parsed.error();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_SUITE(config)

BOOST_AUTO_TEST_CASE(what_is_left_out_has_its_default) {
  const auto parsed = parse_config(kLeast, "ketend.toml");
  BOOST_REQUIRE(parsed);
  NodeConfig expected;
  expected.node = {"farm-1", "FarmCo"};
  BOOST_TEST((*parsed == expected));
}

BOOST_AUTO_TEST_CASE(the_default_file_reads_back_as_what_it_was_written_from) {
  NodeConfig config;
  config.node = {"farm \"1\"", "Farm\\Co"};
  config.peers.addresses = {{"port-1", "10.0.0.2:7102"}, {"truck 1", "[::1]:9"}};
  config.storage.journal_preallocate_mb = 1;
  config.log = {LogLevel::debug, LogFormat::json};
  const auto parsed = parse_config(default_config_text(config), "ketend.toml");
  BOOST_REQUIRE_MESSAGE(parsed, (parsed ? "" : parsed.error().message));
  BOOST_TEST((*parsed == config));
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one) {
  const auto error = error_of(kLeast + "[mempool]\ntransaction = 100\n");
  BOOST_TEST(has(error.message, "ketend.toml:5"));
  BOOST_TEST(has(error.message, "did you mean 'transactions'?"));
  BOOST_REQUIRE(error.violations.size() == 1);
  BOOST_TEST(error.violations[0].pointer == "/mempool/transaction");
}

BOOST_AUTO_TEST_CASE(an_unknown_section_is_refused_with_the_nearest_known_one) {
  BOOST_TEST(has(error_of(kLeast + "[concensus]\n").message, "did you mean [consensus]?"));
  BOOST_TEST(has(error_of("node = 3\n").message, "expected a section [node]"));
}

BOOST_AUTO_TEST_CASE(wrong_types_and_ranges_are_refused) {
  for (const std::string bad :
       {"[storage]\ncache_mb = \"16\"\n", "[storage]\ncache_mb = 3\n", "[storage]\ncache_mb = -1\n",
        "[storage]\ncache_mb = 65537\n", "[storage]\ncache_mb = 16.0\n", "[log]\nlevel = \"loud\"\n",
        "[log]\nformat = 3\n", "[peers]\nlisten = \"7102\"\n", "[peers]\naddresses = 3\n",
        "[peers.addresses]\nx = \"nowhere\"\n", "[api]\nhttp_allow_remote = \"yes\"\n", "[verify]\nthreads = 257\n"}) {
    BOOST_TEST_CONTEXT(bad) { error_of(kLeast + bad); }
  }
  BOOST_TEST(parse_config(kLeast + "[storage]\ncache_mb = 65536\n", "x").ok());
  BOOST_TEST(parse_config(kLeast + "[storage]\ncache_mb = 4\n", "x").ok());
}

BOOST_AUTO_TEST_CASE(every_mistake_is_reported) {
  BOOST_TEST(error_of(kLeast + "[log]\nlevel = 1\nformat = 1\ncolour = 1\n").violations.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_refused_with_its_line) {
  BOOST_TEST(has(error_of("[node]\nname = \n").message, "ketend.toml:2"));
}

BOOST_AUTO_TEST_CASE(http_without_tls_stays_on_this_machine_unless_the_operator_says_otherwise) {
  const std::string open = kLeast + "[api]\nhttp_listen = \"0.0.0.0:7100\"\n";
  BOOST_TEST(has(error_of(open).message, "loopback"));
  BOOST_TEST(parse_config(open + "http_allow_remote = true\n", "x").ok());
}

BOOST_AUTO_TEST_CASE(a_node_without_a_name_is_refused) { BOOST_TEST(has(error_of("").message, "node.name")); }

BOOST_AUTO_TEST_CASE(addresses_are_a_host_and_a_port) {
  BOOST_TEST(parse_address("farm.example:7102")->port == 7102);
  BOOST_TEST(parse_address("[::1]:1")->host == "::1");
  BOOST_TEST(parse_address("[::1]:1")->is_loopback());
  BOOST_TEST(!parse_address("10.0.0.1:1")->is_loopback());
  for (const auto* bad : {"", ":", "host", "host:", ":1", "host:65536", "host:-1", "host:1x", "::1:80", "[::1]", "[]:1",
                          "ho st:1", "host\n:1"}) {
    BOOST_TEST(!parse_address(bad).ok(), bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten
