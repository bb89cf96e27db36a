#include "core/certificate.h"

#include <algorithm>
#include <set>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

struct Network {
  explicit Network(std::size_t validators)
      : genesis(sample::genesis(validators)), chain(genesis.chain_id()), set(genesis.validators()) {}
  [[nodiscard]] Subject subject(VoteKind kind = VoteKind::notarize) const {
    if (kind == VoteKind::nullify) { return {kind, Epoch{0}, View{9}, View{}, BlockId{}}; }
    return {kind, Epoch{0}, View{9}, View{8}, sample::hash_of("block")};
  }
  [[nodiscard]] Certificate certificate(const std::vector<std::size_t>& signers,
                                        VoteKind kind = VoteKind::notarize) const {
    return sample::certificate(subject(kind), signers, chain, set);
  }
  [[nodiscard]] bool verifies(const Certificate& certificate) const {
    return verify_certificate(certificate, chain, set);
  }

  Genesis genesis;
  ChainId chain;
  ValidatorSet set;
};

template <typename T>
Bytes encoded(const T& value) {
  Writer writer;
  value.encode(writer);
  return writer.take();
}

template <typename T>
bool decodes(ByteView bytes) {
  Reader reader(bytes);
  (void)T::decode(reader);
  return reader.finish("it").ok();
}

const Network& four() {
  static const Network network(4);
  return network;
}

BOOST_AUTO_TEST_SUITE(certificate)

BOOST_AUTO_TEST_CASE(a_vote_comes_back_as_it_was) {
  const auto& network = four();
  for (const auto kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const auto vote = sample::vote(network.subject(kind), 2, network.chain, network.set);
    const auto bytes = encoded(vote);
    BOOST_TEST(bytes.size() == 123U);
    Reader reader(bytes);
    BOOST_TEST((Vote::decode(reader) == vote));
    BOOST_TEST(reader.finish("vote").ok());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      BOOST_TEST(!decodes<Vote>(ByteView(bytes).first(length)));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_the_three_kinds_of_vote_are_read) {
  auto bytes = encoded(sample::vote(four().subject(), 2, four().chain, four().set));
  for (int kind = 0; kind < 256; ++kind) {
    bytes[0] = static_cast<std::uint8_t>(kind);
    // 2 is nullify, which must not name a block as this one does.
    BOOST_TEST(decodes<Vote>(bytes) == (kind == 1 || kind == 3));
  }
  BOOST_TEST(vote_name(VoteKind::notarize) == "notarize");
  BOOST_TEST(vote_name(VoteKind::nullify) == "nullify");
  BOOST_TEST(vote_name(VoteKind::finalize) == "finalize");
}

BOOST_AUTO_TEST_CASE(a_nullify_that_names_a_parent_or_a_block_is_refused) {
  auto subject = four().subject(VoteKind::nullify);
  subject.parent_view = View{1};
  BOOST_TEST(!decodes<Subject>(encoded(subject)));
  subject = four().subject(VoteKind::nullify);
  subject.block.bytes[31] = 1;
  BOOST_TEST(!decodes<Subject>(encoded(subject)));
}

BOOST_AUTO_TEST_CASE(a_quorum_of_votes_makes_a_certificate_that_verifies) {
  const auto& network = four();
  for (const auto kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const auto certificate = network.certificate({3, 0, 2}, kind);
    BOOST_TEST(certificate.signers.size() == 1U);
    BOOST_TEST(certificate.signers[0] == 0b1101U);
    BOOST_TEST(certificate.signer_indices().size() == 3U);
    BOOST_TEST((certificate.signer_indices()[1] == ValidatorIndex{2}));
    BOOST_TEST(network.verifies(certificate));
    const auto bytes = encoded(certificate);
    Reader reader(bytes);
    BOOST_TEST((Certificate::decode(reader) == certificate));
    BOOST_TEST(reader.finish("certificate").ok());
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      BOOST_TEST(!decodes<Certificate>(ByteView(bytes).first(length)));
    }
  }
}

BOOST_AUTO_TEST_CASE(one_vote_less_than_a_quorum_is_no_certificate) {
  for (const std::size_t validators : {1U, 2U, 3U, 4U, 7U, 9U, 10U}) {
    const Network network(validators);
    std::vector<std::size_t> signers;
    for (std::size_t i = 0; i < network.set.quorum_weight(); ++i) { signers.push_back(i); }
    auto certificate = network.certificate(signers);
    BOOST_TEST(network.verifies(certificate));
    auto& last = certificate.signers[(signers.size() - 1) / 8];
    last = static_cast<std::uint8_t>(last & ~(1U << ((signers.size() - 1) % 8)));
    certificate.signatures.pop_back();
    BOOST_TEST(!is_well_formed(certificate, network.set), validators << " validators");
    BOOST_TEST(!network.verifies(certificate));
  }
}

// Bug 22.
BOOST_AUTO_TEST_CASE(the_bitmap_has_one_length_and_zero_padding) {
  const auto& network = four();
  const auto good = network.certificate({0, 1, 2});
  auto changed = good;
  changed.signers.push_back(0);
  BOOST_TEST(!is_well_formed(changed, network.set));
  changed.signers.clear();
  BOOST_TEST(!is_well_formed(changed, network.set));
  for (std::uint8_t bit = 4; bit < 8; ++bit) {  // an index that no validator has
    changed = good;
    changed.signers[0] = static_cast<std::uint8_t>(changed.signers[0] | (1U << bit));
    changed.signatures.push_back(changed.signatures.back());
    BOOST_TEST(!is_well_formed(changed, network.set));
    changed.signatures.pop_back();
    BOOST_TEST(!is_well_formed(changed, network.set));
  }
  const Network nine(9);
  auto wide = nine.certificate({0, 1, 2, 3, 4, 5, 8});
  BOOST_TEST(wide.signers.size() == 2U);
  BOOST_TEST(nine.verifies(wide));
  wide.signers[1] = 0b10;
  BOOST_TEST(!is_well_formed(wide, nine.set));
}

// Bug 23.
BOOST_AUTO_TEST_CASE(as_many_signatures_as_bits) {
  const auto& network = four();
  auto more = network.certificate({0, 1, 2});
  more.signatures.push_back(more.signatures[0]);
  BOOST_TEST(!is_well_formed(more, network.set));
  auto fewer = network.certificate({0, 1, 2, 3});
  fewer.signatures.pop_back();
  BOOST_TEST(!is_well_formed(fewer, network.set));
  // On the wire the bits say how many follow: one signature more is a trailing byte, one less is missing.
  const auto good = network.certificate({0, 1, 2});
  auto bytes = encoded(good);
  bytes.resize(bytes.size() + Signature::size);
  BOOST_TEST(!decodes<Certificate>(bytes));
  bytes.resize(bytes.size() - 2 * Signature::size);
  BOOST_TEST(!decodes<Certificate>(bytes));
}

// Bug 23.
BOOST_AUTO_TEST_CASE(a_bitmap_above_the_largest_set_is_refused) {
  Certificate certificate;
  certificate.signers = Bytes((limits::kValidatorsMax + 7) / 8, 0);
  BOOST_TEST(decodes<Certificate>(encoded(certificate)));
  certificate.signers.push_back(0);
  BOOST_TEST(!decodes<Certificate>(encoded(certificate)));
}

BOOST_AUTO_TEST_CASE(one_validators_signature_does_not_count_twice) {
  const auto& network = four();
  auto doubled = network.certificate({0, 1, 2});
  doubled.signatures[2] = doubled.signatures[1];
  BOOST_TEST(is_well_formed(doubled, network.set));
  BOOST_TEST(!network.verifies(doubled));
}

// Bug 22.
BOOST_AUTO_TEST_CASE(signatures_stand_in_the_order_of_indices) {
  const auto& network = four();
  auto swapped = network.certificate({0, 1, 2});
  std::swap(swapped.signatures[0], swapped.signatures[1]);
  BOOST_TEST(!network.verifies(swapped));
}

BOOST_AUTO_TEST_CASE(a_certificate_holds_for_its_subject_chain_and_set_only) {
  const auto& network = four();
  const auto good = network.certificate({0, 1, 2});
  const auto with = [&](auto change) {
    auto changed = good;
    change(changed.subject);
    return network.verifies(changed);
  };
  BOOST_TEST(!with([](Subject& s) { s.kind = VoteKind::finalize; }));
  BOOST_TEST(!with([](Subject& s) { ++s.epoch; }));
  BOOST_TEST(!with([](Subject& s) { ++s.view; }));
  BOOST_TEST(!with([](Subject& s) { ++s.parent_view; }));
  BOOST_TEST(!with([](Subject& s) { s.block.bytes[5] ^= 1U; }));
  BOOST_TEST(!verify_certificate(good, sample::hash_of("another chain"), network.set));
  auto members = network.set.members();
  std::swap(members[0], members[3]);
  BOOST_TEST(!verify_certificate(good, network.chain, ValidatorSet(members)));
  auto other_bits = good;
  other_bits.signers[0] = 0b1011;
  BOOST_TEST(!network.verifies(other_bits));
}

BOOST_AUTO_TEST_CASE(weights_decide_not_heads) {
  auto members = four().set.members();
  members[3].weight = 10;  // total 13, quorum 9
  const ValidatorSet weighted(members);
  const auto subject = four().subject();
  Certificate heads = sample::certificate(subject, {0, 1, 2}, four().chain, four().set);
  BOOST_TEST(!is_well_formed(heads, weighted));
  const auto alone = sample::certificate(subject, {3}, four().chain, weighted);
  BOOST_TEST(verify_certificate(alone, four().chain, weighted));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(validator_set)

BOOST_AUTO_TEST_CASE(two_quorums_share_more_than_the_faulty) {
  for (std::uint32_t total = 1; total <= 100; ++total) {
    const ValidatorSet set({{"company", "node", sample::key_pair("a").public_key(), total}});
    BOOST_TEST(set.total_weight() == total);
    BOOST_TEST(2 * set.quorum_weight() - total > set.fault_weight());
    BOOST_TEST(set.has_quorum(set.quorum_weight()));
    BOOST_TEST(!set.has_quorum(set.quorum_weight() - 1));
    BOOST_TEST(set.fault_weight() == (total - 1) / 3);
  }
}

BOOST_AUTO_TEST_CASE(the_id_binds_order_names_keys_and_weights) {
  const auto members = four().set.members();
  std::set<SetId> ids{ValidatorSet(members).id()};
  const auto with = [&](auto change) {
    auto changed = members;
    change(changed);
    ids.insert(ValidatorSet(changed).id());
  };
  with([](auto& set) { std::swap(set[0], set[1]); });
  with([](auto& set) { set.pop_back(); });
  with([](auto& set) { set[0].organisation += "x"; });
  with([](auto& set) { set[0].node += "x"; });
  with([](auto& set) { set[0].key.bytes[0] ^= 1U; });
  with([](auto& set) { ++set[0].weight; });
  with([](auto& set) { set[0].node = "x" + std::exchange(set[0].organisation, "company").substr(0, 1); });
  BOOST_TEST(ids.size() == 8U);
  BOOST_TEST((ValidatorSet(members).id() == *ids.find(ValidatorSet(members).id())));
}

BOOST_AUTO_TEST_CASE(members_are_found_by_key) {
  const auto& set = four().set;
  for (std::uint16_t i = 0; i < 4; ++i) {
    BOOST_TEST((set.find(set.at(ValidatorIndex{i}).key) == ValidatorIndex{i}));
    BOOST_TEST(set.contains(ValidatorIndex{i}));
  }
  BOOST_TEST(!set.contains(ValidatorIndex{4}));
  BOOST_TEST(!set.find(sample::key_pair("stranger").public_key()).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
