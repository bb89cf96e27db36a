// A checker that cannot fail proves nothing: each is shown a history that breaks its promise, and the step before it.
#include <boost/test/unit_test.hpp>

#include "core/limits.h"
#include "tests/simulator/checkers/agreement.h"
#include "tests/simulator/checkers/block_times.h"
#include "tests/simulator/checkers/blocks_recoverable.h"
#include "tests/simulator/checkers/bounded_memory.h"
#include "tests/simulator/checkers/certificates_valid.h"
#include "tests/simulator/checkers/delivered_once_in_order.h"
#include "tests/simulator/checkers/durable_before_send.h"
#include "tests/simulator/checkers/epoch_order.h"
#include "tests/simulator/checkers/equal_state_roots.h"
#include "tests/simulator/checkers/floor_monotone.h"
#include "tests/simulator/checkers/liveness.h"
#include "tests/simulator/checkers/no_honest_blamed.h"
#include "tests/simulator/checkers/nothing_lost.h"
#include "tests/simulator/checkers/one_certificate_kind.h"
#include "tests/simulator/checkers/only_valid_transactions.h"
#include "tests/simulator/checkers/parent_chain.h"
#include "tests/simulator/checkers/single_vote.h"

using namespace keten;
using namespace keten::simulator;

namespace {

constexpr NodeNumber kFirstNode{0};
constexpr NodeNumber kSecondNode{1};
constexpr ValidatorIndex kSigner{0};

const Founding& founding() {
  static const Founding four(4);
  return four;
}

Hash hash_of(std::uint8_t number) {
  Hash hash;
  hash.bytes[0] = number;
  return hash;
}

Block block_at(std::uint64_t height, std::uint64_t view, const BlockId& parent) {
  Block block;
  block.header.height = Height{height};
  block.header.view = View{view};
  block.header.parent = parent;
  block.header.time = founding().genesis().time + height;
  block.header.payload_root = genesis_header(founding().genesis()).payload_root;
  return block;
}

Subject vote(VoteKind kind, std::uint64_t view, std::uint8_t block = 0) {
  return {kind, {}, View{view}, {}, hash_of(block)};
}

Certificate certificate(const Subject& subject) { return {subject, {0x07}, {{}, {}, {}}}; }

consensus::Floor floor_at(std::uint64_t view) {
  consensus::Floor floor;
  floor.finalization.subject = {VoteKind::finalize, {}, View{view}, {}, {}};
  floor.view = View{view};
  floor.height = Height{view};
  return floor;
}

void final_at(Checker& checker, NodeNumber at, const Block& block) {
  checker.block_final(at, {block, block.header.id()});
}

bool is_quiet(const Checker& checker) { return checker.violations().empty(); }

}  // namespace

BOOST_AUTO_TEST_CASE(agreement_sees_two_blocks_of_one_height) {
  Agreement checker;
  final_at(checker, kFirstNode, block_at(1, 1, {}));
  final_at(checker, kSecondNode, block_at(1, 1, {}));
  BOOST_TEST(is_quiet(checker));
  final_at(checker, kSecondNode, block_at(1, 2, {}));
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(one_certificate_kind_sees_a_view_both_finalized_and_nullified) {
  OneCertificateKind checker;
  checker.certificate_sent(kFirstNode, certificate(vote(VoteKind::notarize, 3, 1)));
  checker.certificate_sent(kFirstNode, certificate(vote(VoteKind::nullify, 3)));
  BOOST_TEST(is_quiet(checker));
  checker.certificate_sent(kFirstNode, certificate(vote(VoteKind::finalize, 3, 1)));
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(one_certificate_kind_sees_two_notarized_blocks) {
  OneCertificateKind checker;
  checker.certificate_sent(kFirstNode, certificate(vote(VoteKind::notarize, 3, 1)));
  checker.synced(kSecondNode, {1, {}, {consensus::HeldCertificate{certificate(vote(VoteKind::notarize, 3, 2))}}});
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(parent_chain_sees_a_skipped_view_without_its_nullification) {
  const auto genesis = genesis_header(founding().genesis());
  ParentChain checker(genesis);
  const auto first = block_at(1, 1, genesis.id());
  final_at(checker, kFirstNode, first);
  checker.certificate_sent(kFirstNode, certificate(vote(VoteKind::nullify, 2)));
  const auto second = block_at(2, 3, first.header.id());
  final_at(checker, kFirstNode, second);
  BOOST_TEST(is_quiet(checker));
  final_at(checker, kFirstNode, block_at(3, 5, second.header.id()));
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(parent_chain_sees_a_missing_height_unless_it_is_on_a_disk) {
  const auto genesis = genesis_header(founding().genesis());
  const auto first = block_at(1, 1, genesis.id());
  const auto second = block_at(2, 2, first.header.id());
  ParentChain checker(genesis);
  checker.synced(kFirstNode, {1, {std::make_shared<const Block>(first)}, {}});
  final_at(checker, kFirstNode, second);
  BOOST_TEST(is_quiet(checker));
  ParentChain other(genesis);
  final_at(other, kFirstNode, second);
  BOOST_TEST(!is_quiet(other));
}

BOOST_AUTO_TEST_CASE(parent_chain_sees_a_wrong_parent) {
  const auto genesis = genesis_header(founding().genesis());
  ParentChain checker(genesis);
  final_at(checker, kFirstNode, block_at(1, 1, hash_of(9)));
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(blocks_recoverable_sees_a_notarized_block_on_too_few_disks) {
  const std::map<Epoch, ValidatorSet> sets{{Epoch{}, founding().validators()}};
  BlocksRecoverable checker(sets);
  const auto block = std::make_shared<const Block>(block_at(1, 1, {}));
  Subject subject = vote(VoteKind::notarize, 1);
  subject.block = block->header.id();
  checker.synced(kFirstNode, {1, {block}, {}});
  checker.synced(kSecondNode, {1, {block}, {}});
  checker.certificate_sent(kFirstNode, certificate(subject));
  BOOST_TEST(is_quiet(checker));
  checker.damaged(kSecondNode);
  checker.certificate_sent(kFirstNode, certificate(subject));
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(single_vote_allows_notarize_and_nullify_of_one_view) {
  SingleVote checker;
  checker.vote_sent(vote(VoteKind::notarize, 1, 1), kFirstNode);
  checker.vote_sent(vote(VoteKind::nullify, 1), kFirstNode);
  checker.vote_sent(vote(VoteKind::notarize, 1, 2), kSecondNode);
  BOOST_TEST(is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(single_vote_sees_every_forbidden_pair) {
  const std::pair<Subject, Subject> pairs[] = {
      {vote(VoteKind::notarize, 1, 1), vote(VoteKind::notarize, 1, 2)},
      {vote(VoteKind::finalize, 1, 1), vote(VoteKind::finalize, 1, 2)},
      {vote(VoteKind::finalize, 1, 1), vote(VoteKind::nullify, 1)},
      {vote(VoteKind::nullify, 1), vote(VoteKind::finalize, 1, 1)},
      {vote(VoteKind::notarize, 1, 1), vote(VoteKind::finalize, 1, 2)},
  };
  for (const auto& [first, second] : pairs) {
    SingleVote checker;
    checker.vote_sent(first, kFirstNode);
    checker.vote_sent(second, kFirstNode);
    BOOST_TEST(!is_quiet(checker), text_of(first) + " and " + text_of(second));
  }
}

BOOST_AUTO_TEST_CASE(durable_before_send_sees_a_vote_that_is_not_in_the_journal) {
  DurableBeforeSend checker;
  const auto nullify = vote(VoteKind::nullify, 1);
  checker.synced(kFirstNode, {1, {}, {consensus::OwnVote{{nullify, kSigner, {}}}}});
  checker.vote_sent(nullify, kFirstNode);
  BOOST_TEST(is_quiet(checker));
  checker.vote_sent(nullify, kSecondNode);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(durable_before_send_sees_a_notarize_without_the_body) {
  DurableBeforeSend checker;
  const auto notarize = vote(VoteKind::notarize, 1, 1);
  checker.synced(kFirstNode, {1, {}, {consensus::OwnVote{{notarize, kSigner, {}}}}});
  checker.vote_sent(notarize, kFirstNode);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(durable_before_send_sees_a_vote_whose_certificates_are_not_durable) {
  DurableBeforeSend checker;
  const auto nullify = [](std::uint64_t view) { return vote(VoteKind::nullify, view); };
  for (std::uint64_t view = 1; view <= 3; ++view) {
    checker.synced(kFirstNode, {view, {}, {consensus::OwnVote{{nullify(view), kSigner, {}}}}});
  }
  checker.synced(kFirstNode, {4, {}, {consensus::HeldCertificate{certificate(nullify(1))}}});
  checker.vote_sent(nullify(2), kFirstNode);
  BOOST_TEST(is_quiet(checker));
  checker.vote_sent(nullify(3), kFirstNode);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(durable_before_send_sees_a_final_block_above_the_durable_floor) {
  DurableBeforeSend checker;
  const auto block = std::make_shared<const Block>(block_at(1, 1, {}));
  checker.synced(kFirstNode, {1, {block}, {floor_at(1)}});
  final_at(checker, kFirstNode, *block);
  BOOST_TEST(is_quiet(checker));
  const auto next = std::make_shared<const Block>(block_at(2, 2, {}));
  checker.synced(kFirstNode, {2, {next}, {}});
  final_at(checker, kFirstNode, *next);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(floor_monotone_sees_a_floor_that_a_restart_forgot) {
  FloorMonotone checker;
  checker.synced(kFirstNode, {1, {}, {floor_at(4)}});
  pipeline::PipelineRecovered recovered;
  recovered.consensus.floor = floor_at(4);
  checker.started(kFirstNode, recovered);
  BOOST_TEST(is_quiet(checker));
  recovered.consensus.floor = floor_at(3);
  checker.started(kFirstNode, recovered);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(floor_monotone_sees_a_running_floor_move_backwards) {
  FloorMonotone checker;
  checker.measured(kFirstNode, floor_at(4), {});
  checker.measured(kFirstNode, floor_at(3), {});
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(certificates_valid_sees_a_short_and_a_forged_certificate) {
  const KeyRing keys(founding().validator_keys(), Signatures::tags);
  const auto subject = vote(VoteKind::notarize, 2, 1);
  const auto digest = subject.signing_hash(founding().chain_id(), founding().validators().id());
  Certificate good{subject, {0x07}, {}};
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto& key = founding().validators().at(ValidatorIndex{i}).key;
    good.signatures.push_back(keys.keys_of(NodeNumber{i}).find(key)->sign(digest));
  }
  const std::map<Epoch, ValidatorSet> sets{{Epoch{}, founding().validators()}};
  CertificatesValid checker(founding().chain_id(), sets, keys);
  checker.certificate_sent(kFirstNode, good);
  BOOST_TEST(is_quiet(checker));

  auto forged = good;
  forged.signatures[1] = forged.signatures[0];
  checker.certificate_sent(kFirstNode, forged);
  BOOST_TEST(checker.violations().size() == 1U);
  auto small = good;
  small.signers = {0x03};
  small.signatures.pop_back();
  checker.certificate_sent(kFirstNode, small);
  BOOST_TEST(checker.violations().size() == 2U);
}

BOOST_AUTO_TEST_CASE(epoch_order_sees_a_vote_of_an_epoch_whose_beginning_is_not_durable) {
  const std::map<Epoch, ValidatorSet> sets{{Epoch{}, founding().validators()}, {Epoch{1}, founding().validators()}};
  auto sealing = block_at(1, 1, hash_of(1));
  sealing.header.next_set = founding().validators().id();
  const auto id = sealing.header.id();
  consensus::Floor floor;
  floor.finalization.subject = {VoteKind::finalize, {}, View{2}, View{1}, id};
  floor.block = id;
  const Subject vote{VoteKind::nullify, Epoch{1}, View{1}, {}, {}};
  const auto look = [&](const pipeline::Persist& before) {
    EpochOrder checker(sets);
    checker.synced(kFirstNode, {1, {std::make_shared<const Block>(sealing)}, {}});
    checker.synced(kFirstNode, before);
    checker.vote_sent(vote, kFirstNode);
    return is_quiet(checker);
  };
  BOOST_TEST(look({2, {}, {floor}}));
  BOOST_TEST(!look({2, {}, {}}));
  auto of_another = floor;
  of_another.block = hash_of(7);
  BOOST_TEST(!look({2, {}, {of_another}}));
  auto notarized = floor;
  notarized.finalization.subject.kind = VoteKind::notarize;
  BOOST_TEST(!look({2, {}, {notarized}}));
}

BOOST_AUTO_TEST_CASE(epoch_order_sees_a_block_that_hands_over_to_another_set) {
  const std::map<Epoch, ValidatorSet> sets{{Epoch{}, founding().validators()}, {Epoch{1}, founding().validators()}};
  EpochOrder checker(sets);
  auto sealing = block_at(1, 1, hash_of(1));
  sealing.header.next_set = founding().validators().id();
  final_at(checker, kFirstNode, sealing);
  BOOST_TEST(is_quiet(checker));
  sealing.header.next_set = hash_of(9);
  final_at(checker, kFirstNode, sealing);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(parent_chain_sees_a_block_behind_a_sealing_block_of_its_epoch) {
  const auto genesis = genesis_header(founding().genesis());
  auto sealing = block_at(1, 1, genesis.id());
  sealing.header.next_set = hash_of(1);
  const auto look = [&](Epoch epoch, std::uint64_t view) {
    ParentChain checker(genesis);
    final_at(checker, kFirstNode, sealing);
    auto next = block_at(2, view, sealing.header.id());
    next.header.epoch = epoch;
    final_at(checker, kFirstNode, next);
    return is_quiet(checker);
  };
  BOOST_TEST(look(Epoch{1}, 1));
  BOOST_TEST(!look(Epoch{1}, 2));  // view 1 was never nullified
  BOOST_TEST(!look(Epoch{}, 2));
  BOOST_TEST(!look(Epoch{2}, 1));
}

BOOST_AUTO_TEST_CASE(delivered_once_in_order_sees_a_gap_a_repetition_and_a_double_transaction) {
  const auto start = [](DeliveredOnceInOrder& checker) { checker.started(kFirstNode, {}); };
  DeliveredOnceInOrder gap;
  start(gap);
  gap.executed(kFirstNode, Height{1}, {});
  BOOST_TEST(is_quiet(gap));
  gap.executed(kFirstNode, Height{3}, {});
  BOOST_TEST(!is_quiet(gap));

  DeliveredOnceInOrder repetition;
  start(repetition);
  final_at(repetition, kFirstNode, block_at(1, 1, {}));
  final_at(repetition, kFirstNode, block_at(1, 1, {}));
  BOOST_TEST(!is_quiet(repetition));

  DeliveredOnceInOrder twice;
  start(twice);
  auto first = block_at(1, 1, {});
  first.transactions.push_back(founding().transactions()[1]);
  auto second = block_at(2, 2, {});
  second.transactions = first.transactions;
  final_at(twice, kFirstNode, first);
  BOOST_TEST(is_quiet(twice));
  final_at(twice, kFirstNode, second);
  BOOST_TEST(!is_quiet(twice));
}

BOOST_AUTO_TEST_CASE(only_valid_transactions_sees_a_forged_one) {
  OnlyValidTransactions checker(founding());
  auto block = block_at(1, 1, {});
  block.transactions = {founding().transactions()[1]};
  final_at(checker, kFirstNode, block);
  BOOST_TEST(is_quiet(checker));
  block.transactions = {founding().transactions()[Founding::kForgedEvery]};
  BOOST_TEST(!has_valid_signature(*block.transactions.front()));
  final_at(checker, kFirstNode, block);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(equal_state_roots_sees_a_divergence_and_a_lying_header) {
  EqualStateRoots divergence;
  divergence.executed(kFirstNode, Height{1}, hash_of(1));
  divergence.executed(kSecondNode, Height{1}, hash_of(1));
  BOOST_TEST(is_quiet(divergence));
  divergence.executed(kSecondNode, Height{1}, hash_of(2));
  BOOST_TEST(!is_quiet(divergence));

  EqualStateRoots header;
  header.executed(kFirstNode, Height{1}, hash_of(1));
  auto block = block_at(2, 2, {});
  block.header.executed_height = Height{1};
  block.header.state_root = hash_of(3);
  final_at(header, kFirstNode, block);
  BOOST_TEST(!is_quiet(header));
}

BOOST_AUTO_TEST_CASE(nothing_lost_sees_a_missing_and_a_moved_transaction) {
  auto block = block_at(1, 1, {});
  block.transactions = {founding().transactions()[1]};
  const auto& id = block.transactions.front()->id;
  NothingLost checker;
  final_at(checker, kFirstNode, block);
  checker.read_back(kSecondNode, id, storage::Place{Height{1}, 0});
  checker.read_back(kSecondNode, hash_of(7), std::nullopt);
  BOOST_TEST(is_quiet(checker));
  checker.read_back(kSecondNode, id, std::nullopt);
  BOOST_TEST(checker.violations().size() == 1U);
  checker.read_back(kSecondNode, id, storage::Place{Height{2}, 0});
  BOOST_TEST(checker.violations().size() == 2U);
}

BOOST_AUTO_TEST_CASE(bounded_memory_sees_a_mempool_over_its_limit) {
  BoundedMemory checker;
  pipeline::PipelineStatus status;
  status.mempool_transactions = limits::kMempoolTransactionsMax;
  checker.measured(kFirstNode, {}, status);
  BOOST_TEST(is_quiet(checker));
  ++status.mempool_transactions;
  checker.measured(kFirstNode, {}, status);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(liveness_sees_work_that_is_left) {
  Liveness checker(1000);
  checker.looked(1000, "a transaction");
  checker.looked(5000, "");
  BOOST_TEST(is_quiet(checker));
  checker.looked(1001, "a transaction");
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(durable_before_send_sees_a_skipped_view_without_proof) {
  const auto vote_over = [](bool has_proof) {
    DurableBeforeSend checker;
    const Subject skipped = vote(VoteKind::nullify, 1);
    const Subject notarized = vote(VoteKind::notarize, 1, 7);
    auto subject = vote(VoteKind::notarize, 2, 9);
    subject.parent_view = View{0};
    Block block = block_at(1, 2, {});
    subject.block = block.header.id();
    consensus::OwnVote own{{subject, ValidatorIndex{0}, {}}};
    pipeline::Persist persist{1, {std::make_shared<const Block>(block)}, {}};
    persist.records.emplace_back(consensus::HeldCertificate{certificate(has_proof ? skipped : notarized)});
    persist.records.emplace_back(own);
    checker.synced(kFirstNode, persist);
    checker.vote_sent(subject, kFirstNode);
    return is_quiet(checker);
  };
  BOOST_TEST(vote_over(true));
  BOOST_TEST(!vote_over(false));
}

BOOST_AUTO_TEST_CASE(block_times_sees_a_block_before_its_time) {
  const Schedule schedule;
  const auto start = founding().genesis().time + 1000;
  BlockTimes checker(schedule, start, 5000);
  auto block = block_at(1, 1, {});
  block.header.time = start + 5000 + BlockTimes::kClockErrorMax;
  final_at(checker, kFirstNode, block);
  BOOST_TEST(is_quiet(checker));
  ++block.header.time;
  final_at(checker, kFirstNode, block);
  BOOST_TEST(!is_quiet(checker));
}

BOOST_AUTO_TEST_CASE(no_honest_blamed_sees_one_that_is_not_listened_to) {
  NoHonestBlamed checker;
  BOOST_TEST(is_quiet(checker));
  checker.blamed(kFirstNode, kSecondNode);
  BOOST_TEST(!is_quiet(checker));
}
