#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "client/keystore.h"
#include "core/json.h"
#include "tests/unit/tools/keten_command.h"
#include "tests/unit/tools/temporary_folder.h"
#include "tools/keten/options.h"

namespace {

using namespace keten::tools;

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(a_command_that_does_not_exist_is_a_usage_error_with_a_hint) {
  const auto outcome = keten_command({"nonsense"});
  BOOST_TEST(outcome.code == kUsage);
  BOOST_TEST(outcome.out == "");
  BOOST_TEST(outcome.err == "error: USAGE  there is no command 'nonsense' in keten\nhint: keten --help\n");
  BOOST_TEST(keten_command({"devnet", "upp"}).err ==
             "error: USAGE  there is no command 'upp' in keten devnet\nhint: keten devnet --help\n");
}

BOOST_AUTO_TEST_CASE(a_missing_argument_is_a_usage_error_that_names_the_command) {
  const auto outcome = keten_command({"genesis", "sign", "file"});
  BOOST_TEST(outcome.code == kUsage);
  BOOST_TEST(outcome.err == "error: USAGE  --home is required\nhint: keten genesis sign --help\n");
}

BOOST_AUTO_TEST_CASE(help_is_a_result_and_not_an_error) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"--help"}, {"devnet", "--help"}, {"devnet", "up", "--help"}, {"trace", "--help"}, {"bench", "--help"}}) {
    const auto outcome = keten_command(arguments);
    BOOST_TEST(outcome.code == kSuccess);
    BOOST_TEST(outcome.err == "");
    BOOST_TEST(!outcome.out.empty());
  }
}

BOOST_AUTO_TEST_CASE(the_version_is_told_as_text_and_as_json) {
  BOOST_TEST(starts_with(keten_command({"version"}).out, "keten 0."));
  const auto document = keten::json::parse(keten_command({"version", "-o", "json"}).out);
  BOOST_REQUIRE(document.ok());
  BOOST_TEST(document->find_string("program").value() == "keten");
}

BOOST_AUTO_TEST_CASE(an_output_form_that_does_not_exist_is_a_usage_error) {
  BOOST_TEST(keten_command({"version", "-o", "xml"}).code == kUsage);
}

BOOST_AUTO_TEST_CASE(back_and_forward_at_once_are_a_usage_error) {
  BOOST_TEST(keten_command({"trace", "urn:x:y", "--back", "--forward"}).code == kUsage);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_missing_fails_with_the_reason) {
  const auto outcome = keten_command({"genesis", "hash", "/does/not/exist"});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(starts_with(outcome.err, "error: FILE_UNREADABLE  cannot open /does/not/exist"));
}

BOOST_AUTO_TEST_CASE(a_node_that_does_not_answer_is_not_ready) {
  // Port 1 of loopback: nobody listens there.
  const auto outcome = keten_command({"trace", "urn:x:y", "--endpoint", "127.0.0.1:1"});
  BOOST_TEST(outcome.code == kNotReady);
  BOOST_TEST(starts_with(outcome.err, "error: UNREACHABLE  "));
}

BOOST_AUTO_TEST_CASE(a_network_that_is_missing_is_said_so) {
  const TestFolder folder;
  const auto outcome = keten_command({"node", "status", "--all", "--state", folder / "nothing"});
  BOOST_TEST(outcome.code == kFailed);
  BOOST_TEST(starts_with(outcome.err, "error: NO_NETWORK  "));
}

BOOST_AUTO_TEST_CASE(four_companies_found_a_network_without_a_privileged_one) {
  const TestFolder folder;
  const std::vector<std::pair<std::string, std::string>> members{
      {"FarmCo", "farm-1"}, {"TruckCo", "truck-1"}, {"DairyCo", "dairy-1"}, {"ShopCo", "shop-1"}};
  const auto genesis = folder / "genesis.json";
  BOOST_TEST(keten_command({"genesis", "new", "--chain", "milk", "-o", genesis}).code == kSuccess);
  BOOST_TEST(keten_command({"genesis", "new", "--chain", "milk", "-o", genesis}).code == kFailed);
  for (const auto& [organisation, node] : members) {
    BOOST_TEST(keten_command({"init", "--org", organisation, "--node", node, "--home", folder / node}).code ==
               kSuccess);
    BOOST_TEST(keten_command({"genesis", "add", genesis, folder / node + "/member.json"}).code == kSuccess);
  }
  BOOST_TEST(keten_command({"genesis", "verify", genesis, "--home", folder / "farm-1"}).code == kVerificationFailed);
  BOOST_TEST(keten_command({"genesis", "install", genesis, "--home", folder / "farm-1"}).code == kVerificationFailed);
  for (const auto& [organisation, node] : members) {
    BOOST_TEST(keten_command({"genesis", "sign", genesis, "--home", folder / node}).code == kSuccess);
  }
  const auto verified = keten_command({"genesis", "verify", genesis, "--home", folder / "farm-1", "-o", "json"});
  BOOST_TEST(verified.code == kSuccess);
  const auto document = keten::json::parse(verified.out);
  BOOST_REQUIRE(document.ok());
  BOOST_TEST(document->find("tolerates_faulty")->as_integer().value() == 1);
  BOOST_TEST(document->find("signed_by")->items().size() == 4U);
  const auto chain_id = std::string(document->find_string("chain_id").value());
  BOOST_TEST(chain_id + "\n" == keten_command({"genesis", "hash", genesis}).out);
  BOOST_TEST(keten_command({"genesis", "install", genesis, "--home", folder / "farm-1"}).code == kSuccess);
  BOOST_TEST(keten_command({"genesis", "install", genesis, "--home", folder / "farm-1"}).code == kFailed);
}

BOOST_AUTO_TEST_CASE(init_refuses_to_overwrite_a_home) {
  const TestFolder folder;
  const std::vector<std::string> arguments{"init", "--org", "FarmCo", "--node", "farm-1", "--home", folder / "home"};
  BOOST_TEST(keten_command(arguments).code == kSuccess);
  const auto again = keten_command(arguments);
  BOOST_TEST(again.code == kFailed);
  BOOST_TEST(starts_with(again.err, "error: HOME_EXISTS  "));
}

BOOST_AUTO_TEST_CASE(a_token_is_told_once_kept_as_hash_and_can_be_revoked) {
  const TestFolder folder;
  const auto home = folder / "home";
  BOOST_TEST(keten_command({"init", "--org", "FarmCo", "--node", "farm-1", "--home", home}).code == kSuccess);
  const auto issued = keten_command({"token", "new", "inspector", "--home", home});
  BOOST_TEST(issued.code == kSuccess);
  const auto token = issued.out.substr(0, issued.out.size() - 1);
  const auto users = keten::client::read_file(home + "/users.json");
  BOOST_REQUIRE(users.ok());
  BOOST_TEST(users->find(token) == std::string::npos);
  BOOST_TEST(keten_command({"token", "new", "inspector", "--home", home}).code == kFailed);
  BOOST_TEST(keten_command({"token", "revoke", "inspector", "--home", home}).code == kSuccess);
  BOOST_TEST(keten_command({"token", "revoke", "nobody", "--home", home}).code == kFailed);
  BOOST_TEST(keten_command({"token", "list", "--home", home}).out.find("inspector  auditor  revoked") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
