#include "core/proof/light_client.h"

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/proof/contradiction.h"
#include "core/proof/verify.h"
#include "tests/unit/core/proof/sample_ledger.h"

namespace keten::proof {
namespace {

using L = sample::SampleLedger;

struct Following {
  const L& ledger = sample::sample_ledger();
  LightClient client{ledger.root()};

  [[nodiscard]] Proof about_cheese(std::uint64_t anchor) const { return ledger.absence(anchor, {"item", L::kNever}); }
  /// A node answers from the epoch that the client is in.
  LightClient::Answer shown(const Proof& proof) {
    const auto file = begin_at(encode(proof), client.root().epoch);
    BOOST_REQUIRE(file.ok());
    auto answer = client.accept(*file);
    BOOST_REQUIRE_MESSAGE(answer.ok(), (answer ? "" : answer.error().message));
    return std::move(*answer);
  }
  /// Another block than that of `anchor`, made final by a quorum that signs twice.
  template <typename Change>
  [[nodiscard]] Proof fork(std::uint64_t anchor, Change change) const {
    auto proof = about_cheese(anchor);
    change(proof.anchor);
    proof.finalization = ledger.finalize(proof.anchor, ledger.set(proof.anchor.epoch.value), {0, 1, 2, 3});
    return proof;
  }
  void is_contradiction(const Proof& proof, const std::string& words) {
    const auto before = client.to_json();
    const auto answer = shown(proof);
    BOOST_REQUIRE(answer.contradiction.has_value());
    BOOST_TEST(answer.contradiction->what.find(words) != std::string::npos, answer.contradiction->what);
    BOOST_TEST((answer.contradiction->shown.header == proof.anchor));
    BOOST_TEST(check_final(answer.contradiction->seen, ledger.genesis().chain_id(), client.root().validators).ok());
    BOOST_TEST(client.to_json() == before);
  }
};

BOOST_FIXTURE_TEST_SUITE(light_client, Following)

BOOST_AUTO_TEST_CASE(it_follows_the_validators_from_the_genesis_through_every_epoch) {
  BOOST_TEST(!client.newest().has_value());
  for (std::uint64_t anchor = 1; anchor <= ledger.height(); ++anchor) {
    const auto answer = shown(about_cheese(anchor));
    BOOST_TEST(!answer.contradiction.has_value());
    BOOST_TEST(!answer.is_behind);
    BOOST_TEST((client.newest()->header == ledger.header(anchor)));
    const auto epoch = ledger.header(anchor).epoch;
    BOOST_TEST((client.root().epoch == epoch));
    BOOST_TEST((client.root().validators.id() == ledger.set(epoch.value).id()));
    BOOST_TEST(client.root().is_genesis == (epoch == Epoch{0}));
  }
  BOOST_TEST(client.root().epoch.value == 2U);
}

BOOST_AUTO_TEST_CASE(it_skips_epochs_that_it_was_not_there_for) {
  shown(about_cheese(1));
  shown(ledger.via(about_cheese(11), 1));
  BOOST_TEST(client.root().epoch.value == 2U);
  BOOST_TEST((client.root().block == ledger.checkpoint(2).block));
}

BOOST_AUTO_TEST_CASE(what_it_keeps_goes_on_where_it_stopped) {
  std::uint64_t before = 0;
  for (const std::uint64_t anchor : {0, 3, 7, 11}) {
    if (anchor > 0) { shown(before == 0 ? about_cheese(anchor) : ledger.via(about_cheese(anchor), before)); }
    if (anchor > 0) { BOOST_TEST((client.newest()->header == ledger.header(anchor))); }
    before = anchor;
    const auto again = LightClient::from_json(client.to_json());
    BOOST_REQUIRE_MESSAGE(again.ok(), (again ? "" : again.error().message));
    BOOST_TEST((again->newest() == client.newest()));
    BOOST_TEST(again->to_json() == client.to_json());
  }
}

BOOST_AUTO_TEST_CASE(what_was_kept_and_is_damaged_is_refused) {
  shown(about_cheese(7));
  const auto kept = client.to_json();
  const auto refuses = [&](const std::string& text) {
    const auto again = LightClient::from_json(text);
    return !again.ok() && again.error().reason == "LIGHT_CLIENT_INVALID";
  };
  BOOST_TEST(refuses(""));
  BOOST_TEST(refuses("[]"));
  BOOST_TEST(refuses("{}"));
  BOOST_TEST(refuses(kept.substr(0, kept.size() / 2)));
  const auto replaced = [&](std::string_view what, std::string_view by) {
    auto text = kept;
    const auto place = text.find(what);
    BOOST_REQUIRE(place != std::string::npos);
    return text.replace(place, what.size(), by);
  };
  BOOST_TEST(refuses(replaced("\"keten_light_client\": 1", "\"keten_light_client\": 2")));
  BOOST_TEST(refuses(replaced("\"newest\"", "\"oldest\"")));
  BOOST_TEST(refuses(replaced("\"epoch\": 1", "\"epoch\": 0")));
  // Every digit of the block and of its signatures counts.
  const auto header = kept.find("\"header\": \"") + 11;
  for (auto place = header; kept[place] != '"'; place += 7) {
    auto text = kept;
    text[place] = text[place] == '0' ? '1' : '0';
    BOOST_TEST(refuses(text));
  }
}

BOOST_AUTO_TEST_CASE(a_node_that_is_behind_is_noticed_and_changes_nothing) {
  shown(about_cheese(7));
  const auto kept = client.to_json();
  const auto answer = shown(about_cheese(6));
  BOOST_TEST(answer.is_behind);
  BOOST_TEST(!answer.contradiction.has_value());
  BOOST_TEST(client.to_json() == kept);
  // Further back than the epoch: only from an older root.
  const auto early = encode(about_cheese(3));
  BOOST_TEST(client.accept(early).error().reason == "PROOF_OTHER_EPOCH");
  const auto older = client.accept(early, ledger.root());
  BOOST_REQUIRE(older.ok());
  BOOST_TEST(older->is_behind);
  BOOST_TEST(!older->contradiction.has_value());
  BOOST_TEST(client.to_json() == kept);
}

BOOST_AUTO_TEST_CASE(another_block_of_a_height_that_was_seen_final_is_a_contradiction) {
  shown(about_cheese(7));
  is_contradiction(fork(7, [](BlockHeader& header) { ++header.time; }), "are both final");
}

BOOST_AUTO_TEST_CASE(a_block_that_does_not_follow_the_one_seen_is_a_contradiction) {
  shown(about_cheese(6));
  is_contradiction(fork(7, [](BlockHeader& header) { header.parent.bytes[0] ^= 1; }), "does not follow");
}

BOOST_AUTO_TEST_CASE(a_block_seen_that_does_not_follow_the_one_shown_is_a_contradiction) {
  shown(about_cheese(7));
  is_contradiction(fork(6, [](BlockHeader& header) { ++header.time; }), "does not follow");
}

BOOST_AUTO_TEST_CASE(a_block_far_behind_that_is_of_another_chain_than_the_one_seen_is_a_contradiction) {
  shown(fork(6, [](BlockHeader& header) { ++header.time; }));
  // By itself the block of height 11 says nothing of height 6.
  auto copy = client;
  const auto unlinked = copy.accept(*begin_at(encode(about_cheese(11)), Epoch{1}));
  BOOST_REQUIRE(unlinked.ok());
  BOOST_TEST(!unlinked->contradiction.has_value());
  BOOST_TEST(unlinked->is_unlinked);
  is_contradiction(ledger.via(about_cheese(11), 6), "follows block " + ledger.header(6).id().hex());
}

BOOST_AUTO_TEST_CASE(a_chain_that_passes_through_the_block_seen_is_linked_to_it) {
  shown(about_cheese(3));
  const auto linked = shown(ledger.via(about_cheese(9), 3));
  BOOST_TEST(!linked.is_unlinked);
  BOOST_TEST(!linked.contradiction.has_value());
  BOOST_TEST(linked.verdict.facts.find("via")->find("block")->text() == ledger.header(3).id().hex());
  BOOST_TEST(shown(ledger.via(about_cheese(11), 3)).is_unlinked);  // not the newest that it has seen
  BOOST_TEST(shown(about_cheese(11)).is_unlinked);
  // What does not follow the block seen for sure does not take its place.
  BOOST_TEST((client.newest()->header == ledger.header(9)));
  BOOST_TEST(!shown(ledger.via(about_cheese(11), 9)).is_unlinked);
  BOOST_TEST(!shown(about_cheese(11)).is_unlinked);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_that_nobody_signed_accuses_nobody) {
  shown(about_cheese(6));
  auto wrong = ledger.checkpoint(1);
  wrong.block.bytes[0] ^= 1;
  const auto file = begin_at(encode(about_cheese(7)), Epoch{1});
  BOOST_REQUIRE(file.ok());
  const auto before = client.to_json();
  const auto answer = client.accept(*file, wrong);
  BOOST_REQUIRE(!answer.ok());
  BOOST_TEST(answer.error().reason == "CHECKPOINT_INVALID");
  BOOST_TEST(client.to_json() == before);
}

BOOST_AUTO_TEST_CASE(two_proofs_of_any_heights_are_compared_when_one_shows_a_block_of_the_other) {
  const auto early = about_cheese(6);
  const auto forked = fork(6, [](BlockHeader& header) { ++header.time; });
  const auto late = ledger.block_proof(11, 6);
  BOOST_TEST(!contradiction(early, late).has_value());
  BOOST_TEST((meeting(early, late) == Height{6}));
  for (const auto& what : {contradiction(forked, late), contradiction(late, forked)}) {
    BOOST_REQUIRE(what.has_value());
    BOOST_TEST(what->find("which is final too, follows") != std::string::npos, *what);
  }
  // Two chains that part before both anchors, shown at one height.
  auto other = ledger.block_proof(9, 4);
  ++std::get<BlockProof>(other.statement).header.time;
  BOOST_REQUIRE(contradiction(other, ledger.block_proof(11, 4)).has_value());
  BOOST_TEST(!contradiction(forked, ledger.block_proof(11, 4)).has_value());
  BOOST_TEST((meeting(forked, ledger.block_proof(11, 4)) == Height{5}));
}

BOOST_AUTO_TEST_CASE(two_states_after_one_block_are_a_contradiction) {
  shown(about_cheese(9));
  auto proof = fork(11, [](BlockHeader& header) {
    header.executed_height = Height{8};
    header.height = Height{12};
  });
  proof.commitments.rest.bytes[0] ^= 1;
  proof.anchor.state_root = proof.commitments.state_root(Height{8});
  proof.finalization = ledger.finalize(proof.anchor, ledger.set(2), {0, 1, 2, 3});
  // The absence still holds: only the rest differs.
  std::get<AbsenceProof>(proof.statement) = std::get<AbsenceProof>(ledger.absence(11, {"item", L::kNever}).statement);
  is_contradiction(proof, "bind different states");
}

BOOST_AUTO_TEST_CASE(a_longer_epoch_than_the_one_that_was_seen_to_end_is_a_contradiction) {
  shown(about_cheese(6));  // epoch 1 began with block 5
  auto proof = about_cheese(4);
  proof.anchor.height = Height{40};
  proof.finalization = ledger.finalize(proof.anchor, ledger.set(0), {0, 1, 2});
  const auto answer = client.accept(encode(proof), ledger.root());
  BOOST_REQUIRE(answer.ok());
  BOOST_REQUIRE(answer->contradiction.has_value());
  BOOST_TEST(answer->contradiction->what.find("of epoch 0, behind one of epoch 1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_beginning_of_an_epoch_is_a_contradiction) {
  shown(about_cheese(6));
  auto proof = about_cheese(7);
  auto& sealing = proof.hand_overs.at(0);
  ++sealing.header.time;
  sealing.finalization = ledger.finalize(sealing.header, ledger.set(0), {0, 1, 2});
  proof.anchor.height = Height{20};
  proof.finalization = ledger.finalize(proof.anchor, ledger.set(1), {0, 1, 2, 3});
  const auto answer = client.accept(encode(proof), ledger.root());
  BOOST_REQUIRE(answer.ok());
  BOOST_REQUIRE(answer->contradiction.has_value());
  BOOST_TEST(answer->contradiction->what.find("epoch 1 began with block") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_does_not_verify_or_is_of_another_chain_changes_nothing) {
  shown(about_cheese(3));
  const auto kept = client.to_json();
  auto forged = about_cheese(4);
  ++forged.anchor.time;
  BOOST_TEST(client.accept(encode(forged)).error().reason == "PROOF_INVALID");
  const sample::SampleLedger other("other");
  BOOST_TEST(client.accept(encode(other.absence(4, {"item", L::kNever}))).error().reason == "PROOF_OTHER_CHAIN");
  BOOST_TEST(client.accept(encode(other.absence(4, {"item", L::kNever})), other.root()).error().reason ==
             "PROOF_OTHER_CHAIN");
  BOOST_TEST(client.accept(encode(about_cheese(4)), "history of item x").error().reason == "PROOF_OTHER_SUBJECT");
  BOOST_TEST(client.to_json() == kept);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::proof
