#include "node/wire/peer_wire.h"

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <keten/v1/peer.pb.h>
#include <sys/resource.h>

#include "core/limits.h"
#include "tests/unit/wire/samples.h"

namespace keten::wire {
namespace {

std::string encoded(const pipeline::PeerMessage& message) {
  auto bytes = encode_peer_message(message);
  BOOST_REQUIRE(bytes);
  return *bytes;
}

v1::PeerMessages parsed(const pipeline::PeerMessage& message) {
  v1::PeerMessages batch;
  BOOST_REQUIRE(batch.ParseFromString(encoded(message)));
  return batch;
}

std::string refusal(const v1::PeerMessages& batch) {
  const auto decoded = decode_peer_messages(as_bytes(batch.SerializeAsString()));
  return decoded ? "" : decoded.error().reason;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(peer_wire)

BOOST_AUTO_TEST_CASE(every_message_comes_back_as_it_was_sent) {
  for (const auto& message : samples::messages()) {
    BOOST_TEST_CONTEXT("kind " << message.index()) {
      const auto bytes = encoded(message);
      const auto decoded = decode_peer_messages(as_bytes(bytes));
      BOOST_REQUIRE_MESSAGE(decoded, (decoded ? "" : decoded.error().message));
      BOOST_REQUIRE(decoded->size() == 1);
      BOOST_TEST(decoded->front().index() == message.index());
      BOOST_TEST((encoded(decoded->front()) == bytes));
    }
  }
}

BOOST_AUTO_TEST_CASE(serialized_messages_one_after_the_other_are_the_batch_of_them) {
  std::string batch;
  for (const auto& message : samples::messages()) { batch += encoded(message); }
  const auto decoded = decode_peer_messages(as_bytes(batch));
  BOOST_REQUIRE(decoded);
  BOOST_TEST(decoded->size() == samples::messages().size());
  BOOST_TEST(decode_peer_messages({})->empty());
}

BOOST_AUTO_TEST_CASE(a_message_that_ends_early_is_refused) {
  for (const auto& message : samples::messages()) {
    const auto bytes = encoded(message);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const auto decoded = decode_peer_messages(as_bytes(bytes.substr(0, size)));
      BOOST_REQUIRE_MESSAGE(!decoded, "kind " << message.index() << " cut to " << size);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_part_is_refused_and_never_followed) {
  // An empty sub-message of each kind that has required parts: proto3 itself finds nothing wrong with them.
  std::vector<v1::PeerMessage> incomplete(9);
  incomplete[0].set_vote("");
  incomplete[1].set_certificate("");
  incomplete[2].mutable_proposal();
  incomplete[3].mutable_certificate_response()->add_certificates("");
  incomplete[4].mutable_certificate_response()->add_headers("");
  incomplete[5].mutable_payload_request();
  incomplete[6].mutable_payload_response();
  incomplete[7].mutable_block_response()->add_blocks("");
  incomplete[8].mutable_transactions()->add_transactions("");
  for (const auto& message : incomplete) {
    v1::PeerMessages batch;
    *batch.add_messages() = message;
    BOOST_TEST(refusal(batch) != "", message.ShortDebugString());
  }
  v1::PeerMessages none;
  none.add_messages();
  BOOST_TEST(refusal(none) == "PEER_MESSAGE_MALFORMED");
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_canonical_object_are_refused) {
  auto vote = parsed(samples::vote(VoteKind::notarize));
  vote.mutable_messages(0)->mutable_vote()->push_back('x');
  BOOST_TEST(refusal(vote) == "PEER_MESSAGE_MALFORMED");
  auto proposal = parsed(samples::proposal());
  proposal.mutable_messages(0)->mutable_proposal()->mutable_core()->push_back('x');
  BOOST_TEST(refusal(proposal) != "");
}

// Bug 25.
BOOST_AUTO_TEST_CASE(a_proposal_has_as_many_leaves_as_its_header_says) {
  auto batch = parsed(samples::proposal());
  auto& leaves = *batch.mutable_messages(0)->mutable_proposal()->mutable_leaves();
  leaves.pop_back();
  BOOST_TEST(refusal(batch) == "PEER_MESSAGE_MALFORMED");
  leaves.resize(32);
  BOOST_TEST(refusal(batch) == "PEER_MESSAGE_MALFORMED");
  leaves.resize(32 * (limits::kBlockTransactionsMax + 1));
  BOOST_TEST(refusal(batch) == "PEER_MESSAGE_TOO_LARGE");
}

BOOST_AUTO_TEST_CASE(indices_ascend_and_stay_inside_a_block) {
  for (const auto& bad : std::vector<std::vector<std::uint32_t>>{{1, 1}, {2, 1}, {2000}}) {
    BOOST_TEST(refusal(parsed(pipeline::PayloadRequest{samples::hash(1), bad})) == "PEER_MESSAGE_MALFORMED");
  }
}

BOOST_AUTO_TEST_CASE(an_answer_is_about_what_it_says) {
  const auto block = samples::block(4, {samples::transaction(1)});
  BOOST_TEST(refusal(parsed(pipeline::PayloadResponse{samples::hash(3), block, {}, {}})) == "PEER_MESSAGE_MALFORMED");
  BOOST_TEST(refusal(parsed(pipeline::PayloadResponse{samples::hash(3), nullptr, {1}, {}})) ==
             "PEER_MESSAGE_MALFORMED");
  BOOST_TEST(refusal(parsed(pipeline::BlockResponse{{5}, {block}, {}, {}})) == "PEER_MESSAGE_MALFORMED");
  BOOST_TEST(refusal(parsed(pipeline::BlockResponse{{4}, {block}, samples::certificate(VoteKind::nullify), {}})) ==
             "PEER_MESSAGE_MALFORMED");
  const auto later = samples::block(6, {})->header;
  const auto finalization = samples::certificate(VoteKind::finalize);
  BOOST_TEST(refusal(parsed(pipeline::BlockResponse{{4}, {block}, finalization, {later}})) == "PEER_MESSAGE_MALFORMED");
  const auto next = samples::block(5, {})->header;
  BOOST_TEST(refusal(parsed(pipeline::BlockResponse{{4}, {block}, finalization, {next, later}})) == "");
  BOOST_TEST(refusal(parsed(pipeline::BlockResponse{{4}, {block}, {}, {next, later}})) == "PEER_MESSAGE_MALFORMED");
  BOOST_TEST(refusal(parsed(pipeline::BlockRequest{{5}, {4}})) == "PEER_MESSAGE_MALFORMED");
}

BOOST_AUTO_TEST_CASE(limits_hold_at_the_limit_and_one_above) {
  pipeline::TransactionBatch batch;
  const auto one = samples::transaction(1);
  batch.transactions.assign(limits::kBatchTransactionsMax, one);
  BOOST_TEST(refusal(parsed(batch)) == "");
  batch.transactions.push_back(one);
  BOOST_TEST(refusal(parsed(batch)) == "PEER_MESSAGE_TOO_LARGE");

  pipeline::BlockResponse blocks;
  blocks.from = {1};
  for (std::uint64_t i = 1; i <= limits::kSyncBlocksMax; ++i) { blocks.blocks.push_back(samples::block(i, {})); }
  BOOST_TEST(refusal(parsed(blocks)) == "");
  blocks.blocks.push_back(samples::block(limits::kSyncBlocksMax + 1, {}));
  BOOST_TEST(refusal(parsed(blocks)) == "PEER_MESSAGE_TOO_LARGE");

  pipeline::BlockResponse path{{1}, {samples::block(1, {})}, samples::certificate(VoteKind::finalize), {}};
  for (std::uint64_t i = 2; i <= limits::kSyncPathMax + 1; ++i) { path.path.push_back(samples::block(i, {})->header); }
  BOOST_TEST(refusal(parsed(path)) == "");
  path.path.push_back(samples::block(limits::kSyncPathMax + 2, {})->header);
  BOOST_TEST(refusal(parsed(path)) == "PEER_MESSAGE_TOO_LARGE");

  std::string many;
  const auto vote = encoded(samples::vote(VoteKind::nullify));
  for (std::size_t i = 0; i < limits::kPeerVoteQueueMax; ++i) { many += vote; }
  BOOST_TEST(decode_peer_messages(as_bytes(many)).ok());
  BOOST_TEST(decode_peer_messages(as_bytes(many + vote)).error().reason == "PEER_MESSAGE_TOO_LARGE");
}

/// `inside` as the only field with this number.
std::string wrapped(int number, const std::string& inside) {
  std::string out;
  {
    google::protobuf::io::StringOutputStream stream(&out);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.WriteTag(static_cast<std::uint32_t>(number) << 3U | 2U);
    coded.WriteVarint32(static_cast<std::uint32_t>(inside.size()));
    coded.WriteString(inside);
  }
  return out;
}

std::size_t memory_kb() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::size_t>(used.ru_maxrss);
}

BOOST_AUTO_TEST_CASE(elements_of_nothing_are_counted_before_memory_is_taken_for_them) {
  const auto before = memory_kb();
  const auto reason = [](const std::string& bytes) {
    const auto decoded = decode_peer_messages(as_bytes(bytes));
    return decoded ? std::string() : decoded.error().reason;
  };
  std::string empty;  // four million fields 1 without bytes
  for (std::size_t i = 0; i < 4'000'000; ++i) { empty += std::string("\x0a\0", 2); }
  BOOST_TEST(reason(empty) == "PEER_MESSAGE_TOO_LARGE");
  for (const int kind : {v1::PeerMessage::kTransactionsFieldNumber, v1::PeerMessage::kCertificateResponseFieldNumber,
                         v1::PeerMessage::kHelloFieldNumber, v1::PeerMessage::kStatusFieldNumber}) {
    BOOST_TEST(reason(wrapped(1, wrapped(kind, empty))) == "PEER_MESSAGE_TOO_LARGE");
  }
  BOOST_TEST(reason(wrapped(1, wrapped(100, empty))) == "PEER_MESSAGE_TOO_LARGE");
  BOOST_TEST(memory_kb() - before < 80'000U);  // the bytes themselves, three times
}

BOOST_AUTO_TEST_CASE(a_message_over_eight_megabytes_is_not_sent) {
  pipeline::TransactionBatch batch;
  batch.transactions.assign(40, samples::transaction(1, 250'000));
  BOOST_TEST(encode_peer_message(batch).error().reason == "PEER_MESSAGE_TOO_LARGE");
  batch.transactions.resize(30);
  BOOST_TEST(encode_peer_message(batch).ok());
}

BOOST_AUTO_TEST_CASE(a_hello_comes_back_and_a_damaged_one_is_refused) {
  Hello hello{samples::hash(1), 1, samples::key(2).public_key(), {}, {{samples::key(3).public_key(), {}}}};
  hello.incarnation.bytes.fill(7);
  hello.proofs.resize(limits::kFormerKeysMax, hello.proofs.front());
  hello.proofs.back().signature.bytes.fill(6);
  const auto bytes = encode_hello(hello);
  BOOST_TEST((*decode_hello(as_bytes(bytes)) == hello));
  BOOST_TEST(decode_peer_messages(as_bytes(bytes)).error().reason == "PEER_MESSAGE_MALFORMED");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    BOOST_REQUIRE(decode_hello(as_bytes(bytes.substr(0, size))).error().reason == "HELLO_MALFORMED");
  }
  BOOST_TEST(!decode_hello(as_bytes(bytes + bytes)).ok());
  hello.proofs.push_back(hello.proofs.front());
  BOOST_TEST(decode_hello(as_bytes(encode_hello(hello))).error().reason == "HELLO_MALFORMED");
  hello.proofs.clear();
  BOOST_TEST(decode_hello(as_bytes(encode_hello(hello))).error().reason == "HELLO_MALFORMED");
  BOOST_TEST(!decode_hello(as_bytes(encoded(samples::vote(VoteKind::nullify)))).ok());
}

// Bug 19: a cap below what the protocol may legally say.
BOOST_AUTO_TEST_CASE(the_largest_certificates_and_the_largest_proposal_fit) {
  const auto subject = samples::vote(VoteKind::notarize).subject;
  Certificate largest{subject, Bytes(13, 0xff), std::vector<Signature>(limits::kValidatorsMax)};
  largest.signers.back() = 0x0f;
  consensus::CertificateResponse response;
  response.certificates.assign(64, largest);
  response.headers.resize(64);
  const auto answer = encoded(response);
  BOOST_TEST(answer.size() < limits::kPeerMessageBytesMax);
  const auto decoded = decode_peer_messages(as_bytes(answer));
  BOOST_REQUIRE_MESSAGE(decoded, (decoded ? "" : decoded.error().message));
  BOOST_TEST((std::get<consensus::CertificateResponse>(decoded->front()) == response));

  pipeline::ProposalMessage proposal;
  proposal.proposal.view = subject.view;
  proposal.proposal.header.view = subject.view;
  proposal.proposal.justification.assign(limits::kJustificationMax, largest);
  proposal.leaves.resize(limits::kBlockTransactionsMax);
  proposal.proposal.header.transaction_count = static_cast<std::uint32_t>(proposal.leaves.size());
  const auto longest = encoded(proposal);
  BOOST_TEST(longest.size() < limits::kPeerMessageBytesMax);
  const auto read = decode_peer_messages(as_bytes(longest));
  BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().message));
  BOOST_TEST((std::get<pipeline::ProposalMessage>(read->front()).proposal == proposal.proposal));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace keten::wire
