#include <set>
#include <string>
#include <variant>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/unit/pipeline/bench.h"

// Four validators: one is the pipeline, the other three are what the test says in their names.
namespace keten::pipeline::test {
namespace {

/// Blocks 1 to `count`, one transaction each, and the finalization of the last.
BlockResponse chain_of(const Bench& bench, std::uint64_t count) {
  BlockResponse response;
  response.from = Height{1};
  auto parent = bench.genesis_block;
  for (std::uint64_t view = 1; view <= count; ++view) {
    response.blocks.push_back(std::make_shared<Block>(bench.block(view, parent, {bench.transaction(view)})));
    parent = response.blocks.back()->header;
  }
  response.finalization = bench.certificate(Bench::subject(VoteKind::finalize, *response.blocks.back(), count - 1));
  return response;
}

BOOST_AUTO_TEST_SUITE(block_sync)

BOOST_AUTO_TEST_CASE(a_gap_is_fetched_checked_stored_and_delivered_in_order) {
  Bench fresh(4, 2);
  fresh.start();
  for (const auto peer : fresh.others()) { fresh.step(PeerConnected{peer}); }
  for (const auto peer : fresh.others()) { fresh.step(FromPeer{peer, Bench::status_at(20)}); }
  const auto asked = fresh.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_REQUIRE(asked[0].first.has_value());
  BOOST_TEST((asked[0].second.from == Height{1}));
  BOOST_TEST((asked[0].second.to == Height{20}));

  fresh.verify();
  fresh.clear();
  fresh.step(FromPeer{*asked[0].first, chain_of(fresh, 20)});
  BOOST_TEST(fresh.seen.persist.empty());
  BOOST_REQUIRE(fresh.seen.verify_votes.size() == 1U);
  fresh.verify();
  BOOST_REQUIRE(fresh.seen.persist.size() == 1U);
  BOOST_TEST(fresh.seen.persist[0].blocks.size() == 20U);
  BOOST_TEST(fresh.seen.finals.empty());
  BOOST_TEST(fresh.seen.execute.empty());
  fresh.disk();
  BOOST_REQUIRE(fresh.seen.finals.size() == 20U);
  BOOST_REQUIRE(fresh.seen.execute.size() == 20U);
  for (std::uint64_t i = 0; i < 20; ++i) {
    BOOST_TEST((fresh.seen.execute[i].block->header.height == Height{i + 1}));
    BOOST_TEST(fresh.seen.execute[i].finalization.has_value() == (i == 19));
  }
  BOOST_TEST((fresh.pipeline->status(fresh.now).height == Height{20}));
  fresh.execute();
  BOOST_TEST((fresh.pipeline->status(fresh.now).state_root == root_after(Height{20})));
}

BOOST_AUTO_TEST_CASE(blocks_that_nobody_finalized_are_not_taken) {
  const auto refuses = [](auto change) {
    Bench bench(4, 2);
    bench.start();
    for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
    for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(5)}); }
    bench.elapse(600);
    for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(5)}); }
    const auto asked = bench.sent<BlockRequest>();
    BOOST_REQUIRE(!asked.empty());
    auto response = chain_of(bench, 5);
    change(bench, response);
    bench.step(FromPeer{*asked.back().first, response});
    bench.settle();
    return bench.pipeline->status(bench.now).height == Height{0};
  };
  BOOST_TEST(!refuses([](Bench&, BlockResponse&) {}));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.finalization.reset(); }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.finalization->signatures[1].bytes[9] ^= 1U; }));
  BOOST_TEST(refuses([](Bench& b, BlockResponse& r) {
    r.finalization = b.certificate(Bench::subject(VoteKind::notarize, *r.blocks.back(), 4));
  }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.blocks.pop_back(); }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.blocks.erase(r.blocks.begin()); }));
  BOOST_TEST(refuses([](Bench&, BlockResponse& r) { r.blocks.erase(r.blocks.begin() + 2); }));
  BOOST_TEST(refuses([](Bench& b, BlockResponse& r) {
    auto other = *r.blocks[1];
    other.transactions = {b.transaction(99)};
    r.blocks[1] = std::make_shared<Block>(other);
  }));
  const auto shorten = [](BlockResponse& r) {
    r.path = {r.blocks[3]->header, r.blocks[4]->header};
    r.blocks.resize(3);
  };
  BOOST_TEST(refuses([&](Bench& b, BlockResponse& r) {
    shorten(r);
    r.finalization = b.certificate(Bench::subject(VoteKind::finalize, *r.blocks.back(), 2));
  }));
  BOOST_TEST(refuses([&](Bench& b, BlockResponse& r) {
    shorten(r);
    r.path[0].time += 1;
    b.clear();
  }));
}

/// Of a chain, what a peer serves that has room for two blocks, from a height on.
BlockResponse two_blocks(const BlockResponse& chain, std::uint64_t from) {
  BlockResponse part{Height{from}, {}, chain.finalization, {}};
  for (std::size_t i = from - 1; i < chain.blocks.size(); ++i) {
    if (part.blocks.size() < 2) {
      part.blocks.push_back(chain.blocks[i]);
    } else {
      part.path.push_back(chain.blocks[i]->header);
    }
  }
  return part;
}

/// Answers the newest request; the blocks that were asked from.
std::uint64_t answer_with_two(Bench& bench, const BlockResponse& chain) {
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(!asked.empty());
  bench.clear();
  const auto [peer, request] = asked.back();
  bench.step(FromPeer{*peer, two_blocks(chain, request.from.value)});
  bench.verify();
  return request.from.value;
}

BOOST_AUTO_TEST_CASE(blocks_that_only_a_far_descendant_proves_wait_for_it) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.verify();
  const auto chain = chain_of(bench, 5);
  for (const std::uint64_t from : {1U, 3U}) {
    BOOST_TEST(answer_with_two(bench, chain) == from);
    BOOST_REQUIRE(bench.seen.persist.size() == 1U);
    BOOST_TEST(bench.seen.persist[0].blocks.size() == 2U);
    BOOST_TEST(bench.seen.persist[0].records.empty());
    bench.disk();
    BOOST_TEST(bench.seen.execute.empty());
    BOOST_TEST((bench.pipeline->status(bench.now).height == Height{0}));
    BOOST_TEST((bench.pipeline->engine().floor().height == Height{0}));
  }
  BOOST_TEST(answer_with_two(bench, chain) == 5U);
  BOOST_REQUIRE(bench.seen.persist.size() == 1U);
  BOOST_TEST(bench.seen.persist[0].blocks.size() == 1U);
  BOOST_TEST(!bench.seen.persist[0].records.empty());
  BOOST_TEST(bench.seen.execute.empty());
  bench.disk();
  BOOST_REQUIRE(bench.seen.execute.size() == 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST((bench.seen.execute[i].block->header == chain.blocks[i]->header));
    BOOST_TEST(bench.seen.execute[i].finalization.has_value() == (i == 4));
  }
  BOOST_TEST((bench.pipeline->engine().floor().height == Height{5}));
}

BOOST_AUTO_TEST_CASE(the_nearest_proof_counts_when_peers_have_different_ones) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.verify();
  const auto long_chain = chain_of(bench, 9);
  auto chain = long_chain;
  chain.blocks.resize(3);
  chain.finalization = bench.certificate(Bench::subject(VoteKind::finalize, *chain.blocks.back(), 2));
  BOOST_TEST(answer_with_two(bench, chain) == 1U);
  BOOST_TEST(answer_with_two(bench, long_chain) == 3U);
  bench.disk();
  BOOST_REQUIRE(bench.seen.execute.size() == 3U);
  BOOST_TEST((bench.seen.execute[2].finalization == chain.finalization));
  BOOST_TEST((bench.pipeline->engine().floor().height == Height{3}));
  BOOST_TEST(answer_with_two(bench, long_chain) == 5U);  // block 4 is kept
}

BOOST_AUTO_TEST_CASE(a_sync_whose_proof_left_with_its_peer_begins_again_with_the_others) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  bench.step(FromPeer{bench.others()[0], Bench::status_at(20)});
  bench.verify();
  BOOST_TEST(answer_with_two(bench, chain_of(bench, 5)) == 1U);
  bench.step(PeerDisconnected{bench.others()[0]});
  bench.clear();
  bench.step(FromPeer{bench.others()[1], Bench::status_at(2)});
  bench.elapse(1500);
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_TEST((asked[0].first == bench.others()[1]));
  BOOST_TEST((asked[0].second.from == Height{1}));
  auto chain = chain_of(bench, 5);
  chain.blocks.resize(2);
  chain.finalization = bench.certificate(Bench::subject(VoteKind::finalize, *chain.blocks.back(), 1));
  bench.step(FromPeer{bench.others()[1], chain});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{2}));
}

// Links whose way there and back takes longer than the time until another peer is asked: found by the simulator.
BOOST_AUTO_TEST_CASE(an_answer_that_takes_long_counts_although_others_were_asked_meanwhile) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.verify();
  bench.elapse(1200);
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 2U);
  BOOST_TEST((asked[0].first != asked[1].first));
  bench.step(FromPeer{*asked[0].first, chain_of(bench, 20)});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{20}));
}

BOOST_AUTO_TEST_CASE(only_who_was_asked_is_heard) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  bench.verify();
  auto junk = chain_of(bench, 20);
  junk.finalization->signatures[0].bytes[0] ^= 1U;
  for (const auto peer : bench.others()) {
    if (peer != *asked[0].first) { bench.step(FromPeer{peer, junk}); }
  }
  BOOST_TEST(bench.seen.verify_votes.empty());
  bench.step(FromPeer{*asked[0].first, chain_of(bench, 20)});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{20}));
}

BOOST_AUTO_TEST_CASE(a_request_for_blocks_is_served_up_to_the_limit_and_only_what_is_final) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.step(FromPeer{*bench.sent<BlockRequest>()[0].first, chain_of(bench, 20)});
  bench.settle();
  bench.clear();
  const auto peer = bench.others()[0];
  bench.step(FromPeer{peer, BlockRequest{Height{0}, Height{5}}});
  bench.step(FromPeer{peer, BlockRequest{Height{6}, Height{5}}});
  bench.step(FromPeer{peer, BlockRequest{Height{21}, Height{30}}});
  BOOST_TEST(bench.seen.serve.empty());
  bench.step(FromPeer{peer, BlockRequest{Height{2}, Height{~std::uint64_t{0}}}});
  BOOST_REQUIRE(bench.seen.serve.size() == 1U);
  BOOST_TEST((bench.seen.serve[0].request.from == Height{2}));
  BOOST_TEST(bench.seen.serve[0].request.to.value == 1 + limits::kSyncBlocksMax);
}

BOOST_AUTO_TEST_CASE(a_block_that_certificates_speak_of_is_fetched_whole) {
  Bench bench(4, 3);
  bench.start_connected();
  const auto first = bench.block(1, bench.genesis_block, {bench.transaction(1)});
  const auto holder = bench.not_leader(1);
  bench.step(FromPeer{holder, bench.certificate(Bench::subject(VoteKind::notarize, first, 0))});
  bench.settle();
  for (int i = 0; i < 20 && bench.sent<PayloadRequest>().empty(); ++i) {
    bench.elapse(100);
    bench.settle();
  }
  const auto asked = bench.sent<PayloadRequest>();
  BOOST_REQUIRE(!asked.empty());
  BOOST_TEST((asked[0].second.block == first.header.id()));
  BOOST_TEST(asked[0].second.indices.empty());
  PayloadResponse response;
  response.block_id = first.header.id();
  auto other = first;
  other.transactions = {bench.transaction(2)};
  response.block = std::make_shared<Block>(other);
  bench.clear();
  bench.step(FromPeer{*asked[0].first, response});
  BOOST_TEST(bench.seen.persist.empty());
  response.block = std::make_shared<Block>(first);
  bench.step(FromPeer{*asked[0].first, response});
  BOOST_REQUIRE(!bench.seen.persist.empty());
  BOOST_TEST((bench.seen.persist[0].blocks.at(0)->header == first.header));
  bench.clear();
  for (int i = 0; i < 20; ++i) {
    bench.elapse(100);
    bench.settle();
  }
  BOOST_TEST(bench.sent<PayloadRequest>().empty());
}

// Bug 24: who was asked for blocks takes its height back.
BOOST_AUTO_TEST_CASE(a_peer_that_takes_its_height_back_does_not_stop_block_sync) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(20)}); }
  bench.verify();
  const auto liar = *bench.sent<BlockRequest>().at(0).first;
  bench.clear();
  bench.step(FromPeer{liar, Bench::status_at(1)});
  for (int i = 0; i < 50 && bench.sent<BlockRequest>().empty(); ++i) { bench.elapse(100); }
  const auto asked = bench.sent<BlockRequest>();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_TEST((*asked[0].first != liar));
  bench.step(FromPeer{*asked[0].first, chain_of(bench, 20)});
  bench.settle();
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{20}));
}

// Bug 24: nobody has the height any more that one of them said.
BOOST_AUTO_TEST_CASE(a_height_that_is_taken_back_is_no_longer_waited_for) {
  Bench bench(4, 2);
  bench.start();
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  for (const auto peer : bench.others()) { bench.step(FromPeer{peer, Bench::status_at(0)}); }
  bench.step(FromPeer{bench.others()[0], Bench::status_at(1'000'000)});
  BOOST_REQUIRE(bench.sent<BlockRequest>().size() == 1U);
  bench.step(FromPeer{bench.others()[0], Bench::status_at(0)});
  bench.settle();
  bench.clear();
  for (int i = 0; i < 50; ++i) { bench.elapse(100); }
  BOOST_TEST(bench.sent<BlockRequest>().empty());
  const auto block = bench.block(1, bench.genesis_block, {bench.transaction(1)});
  bench.step(FromPeer{bench.others()[0], TransactionBatch{{bench.transaction(1)}}});
  bench.settle();
  bench.send_proposal(block, 0);
  bench.settle();
  BOOST_TEST(bench.has_voted(VoteKind::notarize, 1));
}

// One peer may name any height: that is no lag, and it is asked less and less.
BOOST_AUTO_TEST_CASE(a_height_that_one_peer_claims_and_cannot_prove_is_no_lag_and_costs_little) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto liar = bench.others()[0];
  const auto tell = [&] {
    for (const auto peer : bench.others()) {
      bench.step(FromPeer{peer, Bench::status_at(peer == liar ? 1'000'000 : 0)});
    }
  };
  tell();
  BOOST_TEST(bench.pipeline->status(bench.now).lag == 0U);
  BOOST_TEST(bench.pipeline->status(bench.now).reason.empty());
  for (int i = 0; i < 120; ++i) {
    bench.elapse(500);
    tell();
  }
  const auto asked = bench.sent<BlockRequest>();
  BOOST_TEST(!asked.empty());  // a follower that is connected to one validator only gets its blocks
  BOOST_TEST(asked.size() <= 12U);
  for (const auto& [to, request] : asked) { BOOST_TEST((to == liar)); }
  BOOST_TEST(bench.pipeline->status(bench.now).lag == 0U);
}

BOOST_AUTO_TEST_CASE(two_of_four_that_are_ahead_are_a_lag) {
  Bench bench(4, 2);
  bench.start_connected();
  const auto peers = bench.others();
  bench.step(FromPeer{peers[0], Bench::status_at(30)});
  BOOST_TEST(bench.pipeline->status(bench.now).lag == 0U);
  bench.step(FromPeer{peers[1], Bench::status_at(20)});
  BOOST_TEST(bench.pipeline->status(bench.now).lag == 20U);
}

BOOST_AUTO_TEST_CASE(a_peer_that_does_not_send_what_it_claims_holds_up_the_sync_once) {
  Bench bench(4, 2);
  bench.start();
  const auto liar = bench.others()[0];
  const auto chain = chain_of(bench, 40);
  for (const auto peer : bench.others()) { bench.step(PeerConnected{peer}); }
  const auto tell = [&] {
    for (const auto peer : bench.others()) {
      bench.step(FromPeer{peer, Bench::status_at(peer == liar ? 1'000'000 : 40)});
    }
  };
  tell();
  // Honest peers have room for two blocks in an answer, so that there are twenty to ask for.
  std::size_t to_liar = 0;
  std::uint64_t waited_ms = 0;
  while (bench.pipeline->status(bench.now).height < Height{40} && waited_ms < 60'000) {
    const auto asked = bench.sent<BlockRequest>();
    bench.clear();
    if (asked.empty()) {
      waited_ms += 100;
      bench.elapse(100);
      tell();
      continue;
    }
    for (const auto& [to, request] : asked) {
      if (to == liar) {
        ++to_liar;
      } else {
        bench.step(FromPeer{*to, two_blocks(chain, request.from.value)});
        bench.settle();
      }
    }
  }
  BOOST_TEST((bench.pipeline->status(bench.now).height == Height{40}));
  BOOST_TEST(to_liar <= 2U);
  BOOST_TEST(waited_ms <= 3000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::pipeline::test
