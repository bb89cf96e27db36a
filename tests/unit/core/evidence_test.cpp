#include "core/evidence.h"

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

/// What validator 2 could sign in view 7.
struct Signer {
  Genesis genesis = sample::genesis(4);
  ChainId chain = genesis.chain_id();
  ValidatorSet set = genesis.validators();
  BlockId one = sample::hash_of("one");
  BlockId other = sample::hash_of("other");

  static Subject subject(VoteKind kind, const BlockId& block, std::uint64_t parent_view = 6) {
    return {.kind = kind, .epoch = {}, .view = View{7}, .parent_view = View{parent_view}, .block = block};
  }
  static Subject nullify() {
    return {.kind = VoteKind::nullify, .epoch = {}, .view = View{7}, .parent_view = {}, .block = {}};
  }
  [[nodiscard]] Vote vote(const Subject& what, std::size_t signer = 2) const {
    return sample::vote(what, signer, chain, set);
  }
  [[nodiscard]] Evidence pair(const Subject& first, const Subject& second) const {
    return Evidence::of(vote(first), vote(second));
  }
  [[nodiscard]] Result<EvidenceKey> verify(const Evidence& evidence) const {
    return verify_evidence(evidence, Epoch{0}, chain, set);
  }
  /// Refused, whatever the order of the votes.
  [[nodiscard]] bool is_framing(const Vote& first, const Vote& second) const {
    return !verify({.first = first, .second = second}) && !verify({.first = second, .second = first});
  }
};

std::string reason(const Result<EvidenceKey>& result) { return result ? "" : result.error().message; }

BOOST_AUTO_TEST_SUITE(evidence)

BOOST_FIXTURE_TEST_CASE(each_kind_of_contradiction_is_proven_by_its_two_votes, Signer) {
  struct Case {
    Subject first;
    Subject second;
    EvidenceKind kind;
  };
  const std::vector<Case> cases = {
      {subject(VoteKind::notarize, one), subject(VoteKind::notarize, other), EvidenceKind::conflicting_notarize},
      {subject(VoteKind::notarize, one), subject(VoteKind::notarize, one, 5), EvidenceKind::conflicting_notarize},
      {subject(VoteKind::finalize, one), subject(VoteKind::finalize, other), EvidenceKind::conflicting_finalize},
      {nullify(), subject(VoteKind::finalize, one), EvidenceKind::nullify_and_finalize},
      {subject(VoteKind::notarize, one), subject(VoteKind::finalize, other), EvidenceKind::notarize_finalize_mismatch},
  };
  for (const auto& one_case : cases) {
    for (const bool swapped : {false, true}) {
      const auto proof = swapped ? pair(one_case.second, one_case.first) : pair(one_case.first, one_case.second);
      const auto key = verify(proof);
      BOOST_REQUIRE_MESSAGE(key, reason(key));
      BOOST_TEST((*key == EvidenceKey{.epoch = {}, .signer = ValidatorIndex{2}, .kind = one_case.kind}));
      // Two votes have one form.
      BOOST_TEST(!verify({.first = proof.second, .second = proof.first}));
    }
  }
}

BOOST_FIXTURE_TEST_CASE(what_an_honest_validator_does_is_never_evidence, Signer) {
  const auto notarize = vote(subject(VoteKind::notarize, one));
  const auto finalize = vote(subject(VoteKind::finalize, one));
  const auto skip = vote(nullify());
  // The same vote twice, also with another valid-looking signature.
  for (const auto& same : {notarize, finalize, skip}) {
    BOOST_TEST(is_framing(same, same));
    auto resigned = same;
    resigned.signature.bytes[3] ^= 1U;
    BOOST_TEST(is_framing(same, resigned));
  }
  BOOST_TEST(is_framing(notarize, skip));
  BOOST_TEST(is_framing(notarize, finalize));
}

BOOST_FIXTURE_TEST_CASE(votes_that_do_not_belong_together_prove_nothing, Signer) {
  const auto notarize = vote(subject(VoteKind::notarize, one));
  // Of two signers.
  BOOST_TEST(is_framing(notarize, vote(subject(VoteKind::notarize, other), 1)));
  // Of two views.
  auto later = subject(VoteKind::notarize, other);
  later.view = View{8};
  BOOST_TEST(is_framing(notarize, vote(later)));
  // Of two epochs.
  auto elsewhere = subject(VoteKind::notarize, other);
  elsewhere.epoch = Epoch{1};
  BOOST_TEST(is_framing(notarize, vote(elsewhere)));
  // View 0 is nobody's.
  auto floor = subject(VoteKind::notarize, one, 0);
  floor.view = View{0};
  auto beside = subject(VoteKind::notarize, other, 0);
  beside.view = View{0};
  BOOST_TEST(is_framing(vote(floor), vote(beside)));
}

BOOST_FIXTURE_TEST_CASE(a_contradiction_elsewhere_is_none_here, Signer) {
  const auto proof = pair(subject(VoteKind::notarize, one), subject(VoteKind::notarize, other));
  BOOST_TEST(verify(proof).ok());
  BOOST_TEST(reason(verify_evidence(proof, Epoch{1}, chain, set)) == "evidence: expected votes of epoch 1, found 0");
  BOOST_TEST(!verify_evidence(proof, Epoch{0}, sample::hash_of("other chain"), set));
  auto members = set.members();
  members[3].weight = 2;
  BOOST_TEST(!verify_evidence(proof, Epoch{0}, chain, ValidatorSet(members)));
  members = set.members();
  members.resize(2);
  BOOST_TEST(reason(verify_evidence(proof, Epoch{0}, chain, ValidatorSet(members))) ==
             "evidence: expected a signer below 2, found 2");
}

BOOST_FIXTURE_TEST_CASE(one_bad_signature_is_enough_to_refuse, Signer) {
  for (const bool first : {true, false}) {
    auto forged = pair(nullify(), subject(VoteKind::finalize, one));
    (first ? forged.first : forged.second).signature.bytes[0] ^= 1U;
    BOOST_TEST(reason(verify(forged)).find("signature") != std::string::npos);
  }
  // Somebody else's signature under this signer's index.
  auto borrowed = pair(nullify(), subject(VoteKind::finalize, one));
  borrowed.second.signature = vote(subject(VoteKind::finalize, one), 1).signature;
  BOOST_TEST(!verify(borrowed));
}

BOOST_FIXTURE_TEST_CASE(no_change_of_one_byte_still_proves_anything, Signer) {
  Writer writer;
  pair(subject(VoteKind::notarize, one), subject(VoteKind::finalize, other)).encode(writer);
  const auto bytes = writer.take();
  BOOST_TEST(bytes.size() == 246U);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= 1U;
    Reader reader(changed);
    const auto decoded = Evidence::decode(reader);
    BOOST_TEST((!reader.finish("evidence") || !verify(decoded)), "byte " << i);
  }
}

BOOST_FIXTURE_TEST_CASE(evidence_comes_back_from_its_bytes_and_only_from_all_of_them, Signer) {
  const auto proof = pair(nullify(), subject(VoteKind::finalize, one));
  Writer writer;
  proof.encode(writer);
  Reader reader(writer.bytes());
  BOOST_TEST((Evidence::decode(reader) == proof));
  BOOST_TEST(reader.finish("evidence").ok());
  for (std::size_t length = 0; length < writer.bytes().size(); ++length) {
    Reader shorter(ByteView(writer.bytes()).first(length));
    (void)Evidence::decode(shorter);
    BOOST_TEST(!shorter.finish("evidence").ok());
  }
}

BOOST_FIXTURE_TEST_CASE(a_block_carries_evidence_and_its_header_commits_to_it, Signer) {
  auto block = sample::block(chain, 5, 2);
  const auto plain = block.encode();
  block.evidence = {pair(nullify(), subject(VoteKind::finalize, one)),
                    pair(subject(VoteKind::notarize, one), subject(VoteKind::notarize, other))};
  BOOST_TEST(!block.payload_matches());
  block.header.evidence_root = evidence_root(block.evidence);
  BOOST_TEST(block.payload_matches());
  const auto bytes = block.encode();
  BOOST_TEST(bytes.size() == plain.size() + 4 + 2 * 246);
  const auto decoded = Block::decode(bytes);
  BOOST_REQUIRE(decoded.ok());
  BOOST_TEST((decoded->evidence == block.evidence));
  BOOST_TEST(decoded->payload_matches());
  for (auto length = plain.size(); length < bytes.size(); ++length) {
    BOOST_TEST(!Block::decode(ByteView(bytes).first(length)).ok());
  }
  std::swap(block.evidence[0], block.evidence[1]);
  BOOST_TEST(!block.payload_matches());
  block.evidence.pop_back();
  BOOST_TEST(!block.payload_matches());
}

BOOST_FIXTURE_TEST_CASE(a_block_with_more_evidence_than_allowed_is_refused, Signer) {
  auto block = sample::block(chain, 5, 1);
  block.evidence.assign(limits::kBlockEvidenceMax, pair(nullify(), subject(VoteKind::finalize, one)));
  block.header.evidence_root = evidence_root(block.evidence);
  BOOST_TEST(Block::decode(block.encode()).ok());
  block.evidence.push_back(block.evidence.front());
  block.header.evidence_root = evidence_root(block.evidence);
  const auto decoded = Block::decode(block.encode());
  BOOST_REQUIRE(!decoded.ok());
  BOOST_TEST(decoded.error().message == "at most 16 pieces of evidence, found 17");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
