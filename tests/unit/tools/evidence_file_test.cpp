#include "tools/keten/evidence_file.h"

#include <boost/test/unit_test.hpp>

#include "core/encoding.h"
#include "core/proof/light_client.h"
#include "core/proof/verify.h"
#include "node/audit/split_view.h"
#include "tests/unit/core/proof/sample_ledger.h"

namespace keten::tools {
namespace {

using L = sample::SampleLedger;

template <typename Encoded>
json::Value hex(const Encoded& value) {
  Writer writer;
  value.encode(writer);
  return json::Value::string(to_hex(writer.bytes()));
}

std::string reason(const std::string& text, const proof::TrustRoot& root) {
  const auto verdict = verify_evidence_file(text, root);
  return verdict ? "" : verdict.error().reason;
}

/// One character of each value of a member that matters.
std::string changed(const std::string& text, const std::string& member) {
  auto result = text;
  const auto place = result.find("\"" + member + "\":");
  BOOST_REQUIRE(place != std::string::npos);
  const auto at = result.find_first_of("0123456789abcdef", result.find(':', place)) + 200;
  result[at] = result[at] == '0' ? '1' : '0';
  return result;
}

BOOST_AUTO_TEST_SUITE(evidence_files)

BOOST_AUTO_TEST_CASE(a_split_view_is_checked_with_the_validators_that_are_trusted) {
  const auto& ledger = sample::sample_ledger();
  const auto& set = ledger.set(0);
  auto other = ledger.header(3);
  other.time += 1;
  const audit::SplitView split{ledger.genesis().chain_id(),
                               Epoch{0},
                               set,
                               {"one", {ledger.header(3)}, ledger.finalize(ledger.header(3), set, {0, 1, 2})},
                               {"other", {other}, ledger.finalize(other, set, {1, 2, 3})}};
  const auto text = json::pretty(split.to_json());
  BOOST_TEST(is_evidence_file(text));
  const auto verdict = verify_evidence_file(text, ledger.root());
  BOOST_REQUIRE_MESSAGE(verdict.ok(), (verdict ? "" : verdict.error().message));
  BOOST_TEST(verdict->text().find("signed both: company1/node1, company2/node2") != std::string::npos);
  BOOST_TEST(verdict->text().find("voted for both in one view") != std::string::npos);
  BOOST_TEST(verdict->to_json().find("verified")->as_bool());
  BOOST_TEST(reason(changed(text, "finalization"), ledger.root()) == "EVIDENCE_FILE_INVALID");
  BOOST_TEST(reason(text, ledger.checkpoint(1)) == "EVIDENCE_OTHER_EPOCH");
  BOOST_TEST(reason(text, L("another").root()) == "PROOF_OTHER_CHAIN");
  BOOST_TEST(reason("{}", ledger.root()) == "EVIDENCE_FILE_INVALID");
  BOOST_TEST(reason("{", ledger.root()) == "EVIDENCE_FILE_INVALID");
}

BOOST_AUTO_TEST_CASE(a_contradiction_is_checked_from_the_trust_root_on) {
  const auto& ledger = sample::sample_ledger();
  const auto seen = ledger.absence(7, {"item", L::kNever});
  auto shown = seen;
  shown.anchor.time += 1;
  shown.finalization = ledger.finalize(shown.anchor, ledger.set(1), {0, 1, 2, 3});
  const auto document = [&](const proof::Proof& one) {
    auto block = json::Value::object();
    block.set("header", hex(seen.anchor)).set("finalization", hex(seen.finalization));
    auto result = json::Value::object();
    result.set("kind", json::Value::string("contradiction"))
        .set("version", json::Value::number(1))
        .set("chain_id", json::Value::string(ledger.genesis().chain_id().hex()))
        .set("what", json::Value::string("whatever"))
        .set("seen", std::move(block))
        .set("checkpoint", *json::parse(proof::checkpoint_json(ledger.checkpoint(1))))
        .set("proof", json::Value::string(to_hex(proof::encode(one))));
    return json::pretty(result);
  };
  const auto text = document(shown);
  for (const auto& root : {ledger.root(), ledger.checkpoint(1)}) {
    const auto verdict = verify_evidence_file(text, root);
    BOOST_REQUIRE_MESSAGE(verdict.ok(), (verdict ? "" : verdict.error().message));
    BOOST_TEST(verdict->proved.back().starts_with("signed both: "));
    BOOST_TEST(verdict->text().find("whatever") == std::string::npos);
  }
  BOOST_TEST(reason(document(seen), ledger.root()) == "EVIDENCE_FILE_INVALID");  // nothing contradicts
  BOOST_TEST(reason(changed(text, "finalization"), ledger.root()) == "EVIDENCE_FILE_INVALID");
  BOOST_TEST(reason(changed(text, "proof"), ledger.root()) != "");
  BOOST_TEST(reason(text, ledger.checkpoint(2)) == "PROOF_OTHER_EPOCH");

  // What the document says of the epoch of the block that was seen is not asked.
  auto made_up = ledger.checkpoint(1);
  made_up.block.bytes[0] ^= 1;
  auto honest = json::parse(document(seen));
  honest->remove("checkpoint");
  honest->set("checkpoint", *json::parse(proof::checkpoint_json(made_up)));
  BOOST_TEST(reason(json::pretty(*honest), ledger.root()) == "EVIDENCE_FILE_INVALID");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::tools
