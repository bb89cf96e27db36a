#include "consensus/messages.h"

#include <boost/test/unit_test.hpp>

#include "consensus/journal_record.h"
#include "core/limits.h"
#include "tests/unit/consensus/bench.h"

namespace {

using namespace keten;
using namespace keten::consensus;
using keten::consensus::test::Bench;

Bytes encoded(const Proposal& proposal) {
  Writer writer;
  proposal.encode(writer);
  return writer.take();
}

Proposal example_proposal() {
  const Bench bench(4);
  const auto first = bench.header(1, test::test_genesis());
  return bench.proposal(
      bench.header(3, first), 1,
      {bench.certificate(Bench::subject(VoteKind::notarize, first, 0)), bench.certificate(Bench::nullify(2))});
}

std::vector<JournalRecord> example_records() {
  const Bench bench(4);
  const auto header = bench.header(1, test::test_genesis());
  const auto finalization = bench.certificate(Bench::subject(VoteKind::finalize, header, 0));
  return {OwnVote{bench.vote(Bench::nullify(7), ValidatorIndex{2})},
          OwnVote{bench.vote(Bench::subject(VoteKind::notarize, header, 0), ValidatorIndex{2})},
          HeldCertificate{bench.certificate(Bench::nullify(7))},
          Floor{.finalization = finalization, .block = header.id(), .height = header.height, .view = header.view},
          Floor{test::genesis_floor()},
          Quarantine{.cause = QuarantineCause::unknown_past, .vote = {}},
          Quarantine{.cause = QuarantineCause::foreign_vote, .vote = bench.vote(Bench::nullify(7), ValidatorIndex{2})},
          Readmission{.epoch = Epoch{3}, .first = View{9}},
          Contradiction{.one = finalization, .other = bench.certificate(Bench::nullify(7))},
          Evidence::of(bench.vote(Bench::nullify(1), ValidatorIndex{2}),
                       bench.vote(Bench::subject(VoteKind::finalize, header, 0), ValidatorIndex{2}))};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(consensus_messages)

BOOST_AUTO_TEST_CASE(a_proposal_survives_its_encoding) {
  const auto proposal = example_proposal();
  const auto decoded = Proposal::decode(encoded(proposal));
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST((*decoded == proposal));
  BOOST_TEST((decoded->subject().block == proposal.header.id()));
}

BOOST_AUTO_TEST_CASE(a_shortened_or_lengthened_proposal_is_refused) {
  auto bytes = encoded(example_proposal());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto decoded = Proposal::decode(ByteView(bytes).first(length));
    BOOST_REQUIRE(!decoded.ok());
    BOOST_REQUIRE_EQUAL(decoded.error().reason, "PROPOSAL_MALFORMED");
  }
  bytes.push_back(0);
  BOOST_TEST(!Proposal::decode(bytes).ok());
}

BOOST_AUTO_TEST_CASE(a_justification_has_a_limit) {
  const Bench bench(4);
  auto proposal = example_proposal();
  proposal.justification.assign(limits::kJustificationMax, bench.certificate(Bench::nullify(2)));
  BOOST_TEST(Proposal::decode(encoded(proposal)).ok());
  proposal.justification.push_back(bench.certificate(Bench::nullify(2)));
  BOOST_TEST(!Proposal::decode(encoded(proposal)).ok());
}

BOOST_AUTO_TEST_CASE(a_journal_record_survives_its_encoding) {
  for (const auto& record : example_records()) {
    const auto decoded = decode_record(encode_record(record));
    BOOST_REQUIRE(decoded.ok());
    BOOST_TEST((*decoded == record));
  }
}

BOOST_AUTO_TEST_CASE(a_recovery_reply_survives_its_encoding_and_nothing_shorter_does) {
  const Bench bench(4);
  RecoveryReply reply{.epoch = Epoch{1},
                      .nonce = test::test_chain(),
                      .view = View{8},
                      .has_sealed = true,
                      .proof = bench.certificate(Bench::nullify(7)),
                      .signature = {}};
  for (const bool has_proof : {true, false}) {
    if (!has_proof) { reply.proof.reset(); }
    Writer writer;
    reply.encode(writer);
    Reader reader(writer.bytes());
    BOOST_TEST((RecoveryReply::decode(reader) == reply));
    BOOST_TEST(reader.finish("reply").ok());
    for (std::size_t length = 0; length < writer.bytes().size(); ++length) {
      Reader shorter(ByteView(writer.bytes()).first(length));
      (void)RecoveryReply::decode(shorter);
      BOOST_REQUIRE(!shorter.finish("reply").ok());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_shortened_or_lengthened_journal_record_is_refused) {
  for (const auto& record : example_records()) {
    auto bytes = encode_record(record);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      BOOST_REQUIRE(!decode_record(ByteView(bytes).first(length)).ok());
    }
    bytes.push_back(0);
    BOOST_TEST(!decode_record(bytes).ok());
  }
}

BOOST_AUTO_TEST_CASE(a_journal_record_of_an_unknown_type_is_refused) {
  auto bytes = encode_record(example_records().front());
  for (const auto type : std::vector<std::uint8_t>{0, 8, 255}) {
    bytes[0] = type;
    const auto decoded = decode_record(bytes);
    BOOST_REQUIRE(!decoded.ok());
    BOOST_TEST(decoded.error().reason == "JOURNAL_RECORD_UNKNOWN");
  }
}

BOOST_AUTO_TEST_SUITE_END()
