#include <algorithm>
#include <set>

#include <boost/test/unit_test.hpp>

#include "consensus/block_tree.h"
#include "consensus/certificate_store.h"
#include "consensus/header_rules.h"
#include "consensus/pacemaker.h"
#include "consensus/quorum.h"
#include "consensus/resolver.h"
#include "tests/unit/consensus/bench.h"

// The small parts of the engine, each by itself.

namespace {

using namespace keten;
using namespace keten::consensus;
using keten::consensus::test::Bench;

}  // namespace

BOOST_AUTO_TEST_SUITE(leaders)

BOOST_AUTO_TEST_CASE(everybody_leads_once_in_each_round) {
  for (std::size_t n = 1; n <= 20; ++n) {
    const Elector elector(test::test_chain(), Epoch{0}, n);
    std::set<ValidatorIndex> seen;
    for (std::uint64_t view = 1; view <= n; ++view) { seen.insert(elector.leader(View{view})); }
    BOOST_TEST(seen.size() == n);
    BOOST_TEST((elector.leader(View{1}) == elector.leader(View{n + 1})));
  }
}

BOOST_AUTO_TEST_CASE(the_order_depends_on_chain_and_epoch) {
  const auto order = [](const ChainId& chain, Epoch epoch) {
    const Elector elector(chain, epoch, 20);
    std::vector<ValidatorIndex> result;
    for (std::uint64_t view = 1; view <= 20; ++view) { result.push_back(elector.leader(View{view})); }
    return result;
  };
  BOOST_TEST((order(test::test_chain(), Epoch{0}) == order(test::test_chain(), Epoch{0})));
  BOOST_TEST((order(test::test_chain(), Epoch{0}) != order(test::test_chain(), Epoch{1})));
  BOOST_TEST((order(test::test_chain(), Epoch{0}) != order(ChainId{}, Epoch{0})));
}

BOOST_AUTO_TEST_CASE(a_third_less_one_may_fail) {
  const std::vector<std::uint64_t> expected{0, 0, 0, 1, 1, 1, 2, 2, 2, 3};
  for (std::size_t n = 1; n <= expected.size(); ++n) {
    BOOST_TEST(faults_tolerated(test::cheap_validators(n)) == expected[n - 1]);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(certificate_store)

BOOST_AUTO_TEST_CASE(a_view_may_have_both_a_notarization_and_a_nullification) {
  const Bench bench(4);
  CertificateStore store;
  const auto header = bench.header(1, test::test_genesis());
  BOOST_TEST(
      (store.add(bench.certificate(Bench::subject(VoteKind::notarize, header, 0))) == CertificateStore::Added::added));
  BOOST_TEST((store.add(bench.certificate(Bench::nullify(1))) == CertificateStore::Added::added));
  BOOST_TEST((store.add(bench.certificate(Bench::nullify(1))) == CertificateStore::Added::known));
}

BOOST_AUTO_TEST_CASE(two_notarizations_or_final_and_skipped_contradict) {
  const Bench bench(4);
  const auto one = bench.header(1, test::test_genesis());
  const auto other = bench.header(1, test::test_genesis(), 9);
  const std::vector<Certificate> all{bench.certificate(Bench::subject(VoteKind::notarize, one, 0)),
                                     bench.certificate(Bench::subject(VoteKind::notarize, other, 0)),
                                     bench.certificate(Bench::subject(VoteKind::finalize, one, 0)),
                                     bench.certificate(Bench::nullify(1))};
  const auto second = [&](std::size_t first, std::size_t then) {
    CertificateStore store;
    (void)store.add(all[first]);
    return store.add(all[then]);
  };
  BOOST_TEST((second(0, 1) == CertificateStore::Added::contradiction));
  BOOST_TEST((second(1, 2) == CertificateStore::Added::contradiction));
  BOOST_TEST((second(2, 1) == CertificateStore::Added::contradiction));
  BOOST_TEST((second(2, 3) == CertificateStore::Added::contradiction));
  BOOST_TEST((second(3, 2) == CertificateStore::Added::contradiction));
  BOOST_TEST((second(0, 2) == CertificateStore::Added::added));
}

BOOST_AUTO_TEST_CASE(skips_are_proven_by_nullifications_only) {
  const Bench bench(4);
  CertificateStore store;
  const auto header = bench.header(2, test::test_genesis());
  (void)store.add(bench.certificate(Bench::nullify(1)));
  (void)store.add(bench.certificate(Bench::subject(VoteKind::notarize, header, 0)));
  (void)store.add(bench.certificate(Bench::nullify(3)));
  BOOST_TEST(!store.first_unskipped_between(View{0}, View{1}).has_value());
  BOOST_TEST(!store.first_unskipped_between(View{0}, View{2}).has_value());
  BOOST_TEST((store.first_unskipped_between(View{0}, View{3}) == View{2}));
  BOOST_TEST(!store.first_unskipped_between(View{2}, View{4}).has_value());
  BOOST_TEST((store.newest_accepted_below(View{4}) == View{2}));
  BOOST_TEST(!store.newest_accepted_below(View{2}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(block_tree)

BOOST_AUTO_TEST_CASE(a_path_is_complete_when_every_block_is_stored) {
  const Bench bench(4);
  const auto genesis = test::test_genesis();
  const auto one = bench.header(1, genesis);
  const auto two = bench.header(2, one);
  BlockTree tree(genesis);
  BOOST_TEST((tree.path_to(two.id()).missing == two.id()));
  tree.add_stored(two);
  BOOST_TEST((tree.path_to(two.id()).missing == one.id()));
  tree.add(one);
  BOOST_TEST((tree.path_to(two.id()).kind == BlockTree::Path::Kind::missing));
  tree.add_stored(one);
  BOOST_TEST((tree.path_to(two.id()).kind == BlockTree::Path::Kind::complete));
  BOOST_TEST((tree.path_to(two.id()).headers == std::vector{one, two}));
  BOOST_TEST((tree.path_to(genesis.id()).kind == BlockTree::Path::Kind::complete));
}

// Bug 7.
BOOST_AUTO_TEST_CASE(a_fork_beside_the_floor_leads_nowhere) {
  const Bench bench(4);
  const auto genesis = test::test_genesis();
  const auto one = bench.header(1, genesis);
  const auto beside = bench.header(1, genesis, 9);
  const auto two = bench.header(3, beside);
  BlockTree tree(genesis);
  tree.add_stored(one);
  tree.add_stored(two);
  tree.move_floor(one, one.view);
  BOOST_TEST((tree.path_to(two.id()).kind == BlockTree::Path::Kind::aside));
  BOOST_TEST(tree.is_stored(one.id()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(header_rules)

BOOST_AUTO_TEST_CASE(each_field_of_a_header_is_judged) {
  const Bench bench(4);
  const auto genesis = test::test_genesis();
  const auto good = bench.header(1, genesis);
  const auto judge = [&](auto change) {
    auto header = good;
    change(header);
    return is_well_formed_proposal(bench.proposal(header, 0), bench.config, bench.elector);
  };
  BOOST_TEST(judge([](BlockHeader&) {}));
  BOOST_TEST(judge([](BlockHeader& header) { header.evidence_root.bytes[0] = 1; }));
  BOOST_TEST(!judge([](BlockHeader& header) { header.version = 2; }));
  BOOST_TEST(!judge([](BlockHeader& header) { header.chain_id = {}; }));
  BOOST_TEST(!judge([](BlockHeader& header) { header.epoch = Epoch{1}; }));
  BOOST_TEST(!judge([&](BlockHeader& header) { header.proposer = bench.leader(2); }));
  BOOST_TEST(judge([](BlockHeader& header) { header.next_set.bytes[0] = 1; }));  // which one is the pipeline's to judge
  BOOST_TEST(!judge([](BlockHeader& header) { header.executed_height = header.height; }));
}

BOOST_AUTO_TEST_CASE(a_view_inside_the_header_is_the_view_of_the_proposal) {
  const Bench bench(4);
  auto proposal = bench.proposal(bench.header(1, test::test_genesis()), 0);
  proposal.header.view = View{2};
  BOOST_TEST(!is_well_formed_proposal(proposal, bench.config, bench.elector));
}

BOOST_AUTO_TEST_CASE(only_a_sealing_block_is_proposed_again_in_a_later_view_on_a_view_that_accepted_it) {
  const Bench bench(4);
  auto header = bench.header(2, test::test_genesis());
  header.next_set.bytes[0] = 1;
  auto again = bench.proposal(header, 3);
  again.view = View{4};
  const auto judge = [&](auto change) {
    auto proposal = again;
    change(proposal);
    return is_well_formed_proposal(proposal, bench.config, bench.elector);
  };
  BOOST_TEST(judge([](Proposal&) {}));
  BOOST_TEST(judge([](Proposal& one) { one.parent_view = View{2}; }));
  BOOST_TEST(!judge([](Proposal& one) { one.parent_view = View{1}; }));
  BOOST_TEST(!judge([](Proposal& one) { one.parent_view = View{4}; }));
  BOOST_TEST(!judge([](Proposal& one) { one.header.next_set = {}; }));
  BOOST_TEST(!judge([](Proposal& one) { one.header.epoch = Epoch{1}; }));
  BOOST_TEST(!judge([&](Proposal& one) { one.header.proposer = bench.leader(4); }));
}

BOOST_AUTO_TEST_CASE(a_block_far_ahead_of_execution_is_empty) {
  const Bench bench(4);
  auto header = bench.header(1, test::test_genesis());
  header.executed_height = Height{10};
  const auto judge = [&](std::uint64_t height, std::uint32_t count) {
    header.height = Height{height};
    header.transaction_count = count;
    return is_well_formed_proposal(bench.proposal(header, 0), bench.config, bench.elector);
  };
  BOOST_TEST(judge(42, 1));
  BOOST_TEST(!judge(43, 1));
  BOOST_TEST(judge(43, 0));
}

BOOST_AUTO_TEST_CASE(a_header_follows_its_parent) {
  const Bench bench(4);
  auto parent = bench.header(1, test::test_genesis());
  parent.executed_height = Height{0};
  const auto good = bench.header(2, parent);
  const auto judge = [&](auto change) {
    auto header = good;
    change(header);
    return check_succession(parent.id(), parent, header, bench.config, 1'000'000);
  };
  BOOST_TEST((judge([](BlockHeader&) {}) == Succession::good));
  BOOST_TEST((judge([](BlockHeader& header) { header.height = Height{3}; }) == Succession::invalid));
  BOOST_TEST((judge([](BlockHeader& header) { header.parent = {}; }) == Succession::invalid));
  BOOST_TEST((judge([&](BlockHeader& header) { header.time = parent.time; }) == Succession::invalid));
  BOOST_TEST((judge([](BlockHeader& header) { header.time = 1'005'000; }) == Succession::good));
  BOOST_TEST((judge([](BlockHeader& header) { header.time = 1'005'001; }) == Succession::early));
  BOOST_TEST((judge([](BlockHeader& header) { header.time = UINT64_MAX; }) == Succession::early));
  BOOST_TEST((judge([](BlockHeader& header) { header.state_root.bytes[0] = 1; }) == Succession::invalid));
  parent.executed_height = Height{5};
  auto header = bench.header(2, parent);
  header.executed_height = Height{4};
  BOOST_TEST((check_succession(parent.id(), parent, header, bench.config, 1'000'000) == Succession::invalid));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(timers)

BOOST_AUTO_TEST_CASE(a_leader_is_late_only_without_a_proposal) {
  Pacemaker pacemaker(Timing{});
  pacemaker.set_work(true, 1000);
  pacemaker.enter(View{1}, 1000);
  BOOST_TEST(!pacemaker.is_leader_late(1399));
  BOOST_TEST(pacemaker.is_half_late(1200));
  BOOST_TEST(pacemaker.is_leader_late(1400));
  pacemaker.proposal_arrived(1399);
  BOOST_TEST(!pacemaker.is_leader_late(1400));
  BOOST_TEST(!pacemaker.is_view_late(2298));
  BOOST_TEST(pacemaker.is_view_late(2299));
}

// Bug 13.
BOOST_AUTO_TEST_CASE(timers_of_older_views_do_not_fire) {
  Pacemaker pacemaker(Timing{});
  pacemaker.set_work(true, 0);
  pacemaker.enter(View{1}, 0);
  pacemaker.proposal_arrived(10);
  pacemaker.enter(View{2}, 395);
  BOOST_TEST(!pacemaker.is_leader_late(405));
  BOOST_TEST(!pacemaker.is_view_late(1000));
  BOOST_TEST(pacemaker.deadline_ms(400) == 595U);
}

BOOST_AUTO_TEST_CASE(without_work_the_leader_has_the_idle_interval) {
  Pacemaker pacemaker(Timing{});
  pacemaker.enter(View{1}, 0);
  BOOST_TEST(!pacemaker.is_leader_late(60'399));
  BOOST_TEST(pacemaker.is_leader_late(60'400));
  pacemaker.set_work(true, 5000);
  BOOST_TEST(!pacemaker.is_leader_late(5399));
  BOOST_TEST(pacemaker.is_leader_late(5400));
  pacemaker.set_work(false, 5200);
  BOOST_TEST(!pacemaker.is_leader_late(5400));
}

BOOST_AUTO_TEST_CASE(work_that_goes_on_does_not_restart_the_clock) {
  Pacemaker pacemaker(Timing{});
  pacemaker.set_work(true, 0);
  pacemaker.enter(View{1}, 0);
  pacemaker.set_work(true, 300);
  BOOST_TEST(pacemaker.is_leader_late(400));
}

BOOST_AUTO_TEST_CASE(timeouts_grow_by_half_up_to_the_cap) {
  Timing timing;
  timing.leader_timeout_ms = 1000;
  std::uint64_t last = 0;
  for (std::uint64_t growth = 0; growth < 200; ++growth) {
    Pacemaker pacemaker(timing);
    pacemaker.set_work(true, 0);
    pacemaker.enter(View{1}, 0);
    pacemaker.set_growth(growth);
    std::uint64_t low = 0;
    std::uint64_t high = timing.timeout_cap_ms;
    while (low < high) {
      const auto middle = (low + high) / 2;
      if (pacemaker.is_leader_late(middle)) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    BOOST_TEST(low >= last);
    if (growth == 0) { BOOST_TEST(low == 1000U); }
    if (growth == 1) { BOOST_TEST(low == 1501U); }
    last = low;
  }
  BOOST_TEST(last == timing.timeout_cap_ms);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(repair)

// Bug 47.
BOOST_AUTO_TEST_CASE(a_wanted_block_is_asked_for_with_growing_spaces) {
  Resolver resolver(4);
  const BlockId block = test::test_chain();
  std::vector<std::uint64_t> asked;
  for (std::uint64_t now = 0; now < 20'000; now += 10) {
    resolver.begin_pass();
    if (resolver.want(block, 50, now)) { asked.push_back(now); }
    resolver.end_pass();
  }
  BOOST_TEST(asked == (std::vector<std::uint64_t>{50, 250, 650, 1450, 3050, 6250, 11'250, 16'250}));
}

BOOST_AUTO_TEST_CASE(a_block_that_is_no_longer_wanted_is_forgotten) {
  Resolver resolver(4);
  resolver.begin_pass();
  BOOST_TEST(resolver.want(test::test_chain(), 0, 100));
  resolver.end_pass();
  resolver.begin_pass();
  resolver.end_pass();
  BOOST_TEST(resolver.deadline_ms(100) == UINT64_MAX);
}

// Bug 47.
BOOST_AUTO_TEST_CASE(at_most_sixteen_blocks_are_wanted_at_one_time) {
  Resolver resolver(4);
  resolver.begin_pass();
  std::size_t asked = 0;
  for (std::uint8_t i = 0; i < 100; ++i) {
    BlockId block;
    block.bytes[0] = i;
    asked += resolver.want(block, 0, 0) ? 1U : 0U;
  }
  BOOST_TEST(asked == Resolver::kFetchesMax);
}

// Bug 47.
BOOST_AUTO_TEST_CASE(requests_to_one_peer_are_spaced_and_answers_limited) {
  Resolver resolver(4);
  const ValidatorIndex peer{2};
  BOOST_TEST(resolver.may_request(peer, 1000));
  BOOST_TEST(!resolver.may_request(peer, 1199));
  BOOST_TEST(resolver.may_request(peer, 1200));
  BOOST_TEST(!resolver.may_request(peer, 1599));
  resolver.progressed();
  BOOST_TEST(resolver.may_request(peer, 1600));
  BOOST_TEST(!resolver.may_request(peer, 1700));
  std::size_t answers = 0;
  for (std::uint64_t now = 10'000; now < 11'000; ++now) { answers += resolver.may_answer(peer, now) ? 1U : 0U; }
  BOOST_TEST(answers == Resolver::kAnswersPerSecond);
  BOOST_TEST(resolver.may_answer(peer, 11'000));
}

BOOST_AUTO_TEST_CASE(repetitions_have_a_budget_of_bytes) {
  ByteBudget budget(1000);
  BOOST_TEST(budget.take(1000, 0));
  BOOST_TEST(!budget.take(1, 0));
  BOOST_TEST(budget.take(500, 500));
  BOOST_TEST(!budget.take(1, 500));
  BOOST_TEST(budget.take(1000, 60'000));
  BOOST_TEST(!budget.take(1, 60'000));
}

BOOST_AUTO_TEST_SUITE_END()
