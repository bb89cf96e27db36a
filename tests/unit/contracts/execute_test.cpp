#include "contracts/execute.h"

#include <memory>
#include <string>

#include <boost/test/unit_test.hpp>

#include "contracts/fuel.h"
#include "core/limits.h"
#include "tests/unit/contracts/ledger_fixture.h"

namespace keten::contracts {
namespace {

using test::make_put;
using test::PutOptions;

/// Returns as many bytes as the method's name says, or fails with as long a message.
class LongWinded : public Contract {
 public:
  std::string_view name() const override { return "long"; }
  Result<Roles> allowed_roles(std::string_view) const override { return Roles{Role::submitter}; }
  Status check(const Transaction&) const override { return kDone; }
  Result<Bytes> execute(Context& context) const override {
    const auto& method = context.transaction().body.method;
    const auto size = std::stoul(method.substr(1));
    if (method[0] == 'r') { return Bytes(size, 1); }
    std::string message = "x";
    while (message.size() < size) { message += "\xC3\xA9"; }
    return invalid(std::string(100, 'R'), message);
  }
};

struct Fixture {
  Genesis genesis = test::make_genesis();
  Registry registry = built_in_contracts();
  Directory directory{genesis};
  test::MapState state;
  test::MapState proofs;

  Fixture() { test::keep(state, proofs, execute_genesis(genesis)); }

  BlockResult run(const std::vector<TransactionPointer>& transactions) const {
    return execute_block({.state = state, .proofs = proofs},
                         {.chain_id = genesis.chain_id(), .height = Height{1}, .time = 1}, transactions, registry,
                         directory);
  }
  Receipt receipt(const PutOptions& options) const {
    return run({make_put(genesis, "k", "v", options)}).receipts.front();
  }
};

BOOST_FIXTURE_TEST_SUITE(execute_a_block, Fixture)

BOOST_AUTO_TEST_CASE(a_put_leaves_an_entry_an_event_and_a_receipt) {
  const auto transaction = make_put(genesis, "lot-1", "17 degrees");
  const auto result = run({transaction});
  BOOST_REQUIRE_EQUAL(result.receipts.size(), 1U);
  const auto& receipt = result.receipts.front();
  BOOST_TEST(receipt.succeeded);
  BOOST_TEST((receipt.transaction == transaction->id));
  BOOST_TEST((receipt.valid_until == Height{100}));
  BOOST_TEST(receipt.fuel_used > fuel::kTransaction + transaction->envelope.size());
  BOOST_REQUIRE_EQUAL(result.writes.size(), 1U);
  const auto& [key, value] = *result.writes.begin();
  BOOST_TEST((key == RecordContract::state_key("dairy", as_bytes("lot-1"))));
  const auto entry = RecordEntry::decode(*value);
  BOOST_REQUIRE(entry.ok());
  BOOST_TEST((entry->transaction == transaction->id));
  BOOST_TEST((entry->height == Height{1}));
  BOOST_TEST((entry->value_hash == RecordContract::hash_value(as_bytes("17 degrees"))));
  BOOST_REQUIRE_EQUAL(result.events.at(0).size(), 1U);
  BOOST_TEST(result.events[0][0].subject == "dairy/lot-1");
}

BOOST_AUTO_TEST_CASE(equal_blocks_give_equal_results_and_every_input_changes_the_root) {
  const auto one = make_put(genesis, "a", "1");
  const auto two = make_put(genesis, "b", "2");
  BOOST_TEST((run({one, two}).state_root == run({one, two}).state_root));
  BOOST_TEST((run({one, two}).state_root != run({two, one}).state_root));
  BOOST_TEST((run({one}).state_root != run({}).state_root));
}

BOOST_AUTO_TEST_CASE(the_last_write_of_a_key_wins_and_later_transactions_see_it) {
  const auto first = make_put(genesis, "k", "1");
  const auto second = make_put(genesis, "k", "2");
  const auto result = run({first, second});
  BOOST_TEST(result.writes.size() == 1U);
  BOOST_TEST((RecordEntry::decode(*result.writes.begin()->second)->transaction == second->id));
  BOOST_TEST((result.receipts[0].writes_digest != result.receipts[1].writes_digest));
}

BOOST_AUTO_TEST_CASE(subjects_have_heads_that_chain_what_was_recorded_about_them) {
  const auto first = test::make_put(genesis, RecordPut{to_bytes("k"), to_bytes("1"), {"lot-1", "lot-2"}});
  const auto second = test::make_put(genesis, RecordPut{to_bytes("k"), to_bytes("2"), {"lot-1"}});
  const auto foreign =
      test::make_put(genesis, RecordPut{to_bytes("k"), to_bytes("2"), {"lot-1"}}, {.fuel_limit = 4000});
  const auto result = run({first, foreign, second});
  BOOST_TEST(!result.receipts[1].succeeded);
  test::keep(state, proofs, result);
  const auto head = commitment::read_head(state, "record", "dairy/lot-1");
  BOOST_REQUIRE(head.has_value());
  auto chain = history_begin("record", "dairy/lot-1");
  std::uint64_t number = 0;
  for (const auto& [transaction, value] : {std::pair{first, "1"}, std::pair{second, "2"}}) {
    chain = next_chain(chain, {.number = ++number,
                               .height = Height{1},
                               .time = 1,
                               .transaction = transaction->id,
                               .event = 0,
                               .content = RecordContract::history_content(as_bytes("k"), as_bytes(value))});
  }
  BOOST_TEST((*head == Head{.count = 2, .chain = chain, .height = Height{1}, .state = {}}));
  BOOST_TEST(commitment::read_head(state, "record", "dairy/lot-2")->count == 1U);
  BOOST_TEST(!commitment::read_head(state, "record", "market/lot-1"));
  const auto proof = commitment::prove_entry(proofs, Height{1}, head_key("record", "dairy/lot-1"));
  BOOST_REQUIRE(proof.ok());
  BOOST_TEST((proof->leaf->value == map_value(head->encode())));
  // Heads are in the map, everything else in the rest.
  BOOST_TEST((result.commitments.rest ==
              next_rest(next_rest({}, Height{0}, {}), Height{1}, commitment::digest_of_rest(result.writes))));
}

BOOST_AUTO_TEST_CASE(a_sender_is_judged_at_execution) {
  BOOST_TEST(receipt({.sender = 99}).reason == "UNKNOWN_SENDER");
  BOOST_TEST(receipt({.organisation = "market"}).reason == "ORGANISATION_MISMATCH");
  BOOST_TEST(receipt({.sender = 10}).reason == "ROLE_NOT_ALLOWED");
  BOOST_TEST(receipt({.contract = "nothing"}).reason == "UNKNOWN_CONTRACT");
  BOOST_TEST(receipt({.method = "take"}).reason == "UNKNOWN_METHOD");
  BOOST_TEST(receipt({.valid_until = Height{0}}).reason == "EXPIRED");
  BOOST_TEST(receipt({.valid_until = Height{1}}).succeeded);
  BOOST_TEST(receipt({.valid_until = Height{1 + limits::kValidityBlocksMax}}).succeeded);
  BOOST_TEST(receipt({.valid_until = Height{2 + limits::kValidityBlocksMax}}).reason == "VALID_UNTIL_TOO_FAR");
  BOOST_TEST(receipt({.fuel_limit = limits::kFuelPerTransactionMax}).succeeded);
  BOOST_TEST(receipt({.fuel_limit = limits::kFuelPerTransactionMax + 1}).reason == "FUEL_LIMIT_TOO_HIGH");
}

BOOST_AUTO_TEST_CASE(a_transaction_of_another_chain_fails) {
  const auto foreign = make_put(test::make_genesis("other"), "k", "v");
  BOOST_TEST(run({foreign}).receipts[0].reason == "WRONG_CHAIN");
}

BOOST_AUTO_TEST_CASE(a_failed_transaction_leaves_a_receipt_and_nothing_else) {
  const auto good = make_put(genesis, "a", "1");
  const auto bad = make_put(genesis, "b", "2", {.fuel_limit = 2500});
  const auto result = run({bad, good});
  BOOST_TEST(!result.receipts[0].succeeded);
  BOOST_TEST(result.receipts[0].reason == "OUT_OF_FUEL");
  BOOST_TEST(result.receipts[0].fuel_used == 2500U);
  BOOST_TEST(result.receipts[0].writes_digest.is_zero());
  BOOST_TEST(result.events[0].empty());
  BOOST_TEST(result.writes.size() == 1U);
  BOOST_TEST(result.receipts[1].succeeded);
}

BOOST_AUTO_TEST_CASE(exactly_the_fuel_that_was_used_is_enough) {
  const auto used = receipt({.fuel_limit = 16'000}).fuel_used;  // a limit of as many bytes as the one that is used
  BOOST_TEST(receipt({.fuel_limit = used}).succeeded);
  BOOST_TEST(receipt({.fuel_limit = used - 1}).reason == "OUT_OF_FUEL");
}

BOOST_AUTO_TEST_CASE(what_goes_into_a_receipt_is_bounded) {
  registry.add(std::make_unique<LongWinded>());
  const auto long_winded = [&](const std::string& method) {
    return receipt({.fuel_limit = limits::kFuelPerTransactionMax, .contract = "long", .method = method});
  };
  const auto most = std::to_string(kReceiptResultBytesMax);
  BOOST_TEST(long_winded("r" + most).result.size() == kReceiptResultBytesMax);
  BOOST_TEST(long_winded("r" + std::to_string(kReceiptResultBytesMax + 1)).reason == "RESULT_TOO_LARGE");
  const auto failed = long_winded("m5000");
  BOOST_TEST(failed.reason.size() == kReceiptReasonBytesMax);
  // The cut falls inside a two-byte character, so the text is one byte shorter.
  BOOST_TEST(failed.message.size() == kReceiptMessageBytesMax - 1);
  BOOST_TEST(long_winded("m3").message.size() == 3U);
}

BOOST_AUTO_TEST_CASE(the_genesis_has_a_root_of_its_own) {
  const auto result = execute_genesis(genesis);
  BOOST_TEST(!result.state_root.is_zero());
  BOOST_TEST((result.state_root == execute_genesis(genesis).state_root));
  const auto leaf = mountain_leaf(Height{0}, genesis_header(genesis).id(), merkle_root({}));
  BOOST_TEST((result.commitments.mountain_root == merkle_root(std::vector{leaf})));
  BOOST_TEST((result.commitments.map_root != map_root({})));
  BOOST_TEST((result.commitments.rest == next_rest({}, Height{0}, {})));  // governance is provable
  BOOST_TEST((result.state_root == result.commitments.state_root(Height{0})));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(record_contract)

BOOST_AUTO_TEST_CASE(arguments_hold_up_to_their_limits) {
  const auto encode = [](std::size_t key, std::size_t value) {
    return RecordPut{.key = Bytes(key, 'k'), .value = Bytes(value, 'v')}.encode();
  };
  BOOST_TEST(RecordPut::decode(encode(1, 0)).ok());
  BOOST_TEST(RecordPut::decode(encode(RecordPut::kKeyBytesMax, RecordPut::kValueBytesMax)).ok());
  BOOST_TEST(!RecordPut::decode(encode(0, 1)).ok());
  BOOST_TEST(!RecordPut::decode(encode(RecordPut::kKeyBytesMax + 1, 1)).ok());
  BOOST_TEST(!RecordPut::decode(encode(1, RecordPut::kValueBytesMax + 1)).ok());
  auto trailing = encode(1, 1);
  trailing.push_back(0);
  BOOST_TEST(!RecordPut::decode(trailing).ok());
  const auto with_subjects = [](std::vector<std::string> subjects) {
    return RecordPut{.key = to_bytes("k"), .value = {}, .subjects = std::move(subjects)}.encode();
  };
  const std::vector<std::string> three{"a", "b", std::string(RecordPut::kSubjectBytesMax, 'c')};
  BOOST_TEST(RecordPut::decode(with_subjects(three))->subjects == three);
  BOOST_TEST(!RecordPut::decode(with_subjects({"b", "a"})).ok());
  BOOST_TEST(!RecordPut::decode(with_subjects({"a", "a"})).ok());
  BOOST_TEST(!RecordPut::decode(with_subjects({""})).ok());
  BOOST_TEST(!RecordPut::decode(with_subjects({std::string(RecordPut::kSubjectBytesMax + 1, 'c')})).ok());
  std::vector<std::string> many;
  for (std::size_t i = 0; i <= RecordPut::kSubjectsMax; ++i) { many.emplace_back(1, static_cast<char>('a' + i)); }
  BOOST_TEST(!RecordPut::decode(with_subjects(many)).ok());
  many.pop_back();
  BOOST_TEST(RecordPut::decode(with_subjects(many)).ok());
  const auto put = RecordPut::decode(encode(3, 4));
  BOOST_TEST((put->key == Bytes(3, 'k')));
  BOOST_TEST((put->value == Bytes(4, 'v')));
}

BOOST_AUTO_TEST_CASE(organisations_have_separate_keys) {
  BOOST_TEST((RecordContract::state_key("a", as_bytes("k")) != RecordContract::state_key("b", as_bytes("k"))));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::contracts
