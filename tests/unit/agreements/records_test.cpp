#include "contracts/agreements/records.h"

#include <boost/test/unit_test.hpp>

#include "contracts/agreements/document.h"

namespace keten::agreements {
namespace {

// Made from docs/formats/agreements.md by another program: validators commit to these bytes.
constexpr std::string_view kDocument =
    R"({"noticeDays":0,"parties":["a","b"],"policy":{},"start":"2027-01-01T00:00:00Z","title":"t"})";
constexpr std::string_view kDocumentHash = "4c879d03d13c82125891343771ca92e1472f7737d6fc4f267fc8503a54b44093";
constexpr std::string_view kAgreement =
    "010208000000636f6d70616e793008000000636f6d70616e79310700000000000000080000000000000008000000"
    "636f6d70616e7931070000007765206d6f76650111111111111111111111111111111111111111111111"
    "1111111111111111111101040000000000000005000000000000000600000000000000000000000108000000636f6d70616e"
    "7930222222222222222222222222222222222222222222222222222222222222222209000000000000000a00000000000000";
constexpr std::string_view kFinding =
    "010201000000030a0000007761726d20312e302e3008000000746f6f5f7761726d030000003920430b000000000000000c00"
    "00000000000008000000636f6d70616e79300700000075726e3a783a310d000000000000000e0000000f0010000000000000"
    "00010208000000636f6d70616e79302222222222222222222222222222222222222222222222222222222222222222120000"
    "000000000013000000000000000700000075726e3a783a32050000006669786564";

PublicKey some_key() {
  PublicKey key;
  key.bytes.fill(0x22);
  return key;
}

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(the_hash_that_parties_sign_is_that_of_the_format) {
  BOOST_TEST(parse_document(kDocument).ok());
  BOOST_TEST(document_hash(kDocument).hex() == kDocumentHash);
}

BOOST_AUTO_TEST_CASE(an_agreement_is_kept_as_the_format_says) {
  AgreementRecord record;
  record.parties = {"company0", "company1"};
  record.terminated = 7;
  record.ends = 8;
  record.terminated_by = "company1";
  record.reason = "we move";
  VersionRecord version;
  version.hash.bytes.fill(0x11);
  version.status = VersionStatus::agreed;
  version.start = 4;
  version.end = 5;
  version.agreed = 6;
  version.signatures.push_back({"company0", some_key(), Height{9}, 10});
  record.versions.push_back(version);
  BOOST_TEST(to_hex(encode(record)) == kAgreement);
  const auto bytes = from_hex(kAgreement).value();
  BOOST_TEST(to_hex(encode(decode_agreement(bytes).value())) == kAgreement);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST(!decode_agreement(ByteView(bytes).first(size)).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_finding_is_kept_as_the_format_says) {
  FindingRecord record;
  record.status = FindingStatus::corrected;
  record.version = 1;
  record.rule = 3;
  record.package = "warm 1.0.0";
  record.code = "too_warm";
  record.message = "9 C";
  record.deadline = 11;
  record.overdue = 12;
  record.organisation = "company0";
  record.event_id = "urn:x:1";
  record.height = Height{13};
  record.transaction = 14;
  record.event = 15;
  record.time = 16;
  record.statements.push_back({FindingStatus::corrected, "company0", some_key(), Height{18}, 19, "urn:x:2", "fixed"});
  BOOST_TEST(to_hex(encode(record)) == kFinding);
  const auto bytes = from_hex(kFinding).value();
  BOOST_TEST(to_hex(encode(decode_finding(bytes).value())) == kFinding);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_TEST(!decode_finding(ByteView(bytes).first(size)).ok());
  }
}

BOOST_AUTO_TEST_CASE(the_key_of_a_deadline_is_read_back) {
  FindingId id;
  id.agreement.bytes.fill(0x33);
  id.number = 0x0102030405060708;
  const auto key = deadline_key(0x1112131415161718, id);
  const auto read = read_deadline_key(key);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST(read->first == 0x1112131415161718U);
  BOOST_TEST((read->second == id));
  BOOST_TEST(!read_deadline_key(ByteView(key).first(key.size() - 1)).has_value());
  BOOST_TEST((FindingId::parse(id.text()).value() == id));
  BOOST_TEST(FindingId::parse("33/1").error().reason == "FINDING_ID_INVALID");
  BOOST_TEST(FindingId::parse(id.agreement.hex() + "/").error().reason == "FINDING_ID_INVALID");
  BOOST_TEST(FindingId::parse(id.text() + "x").error().reason == "FINDING_ID_INVALID");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::agreements
