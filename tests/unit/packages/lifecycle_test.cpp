#include "contracts/packages/lifecycle.h"

#include <boost/test/unit_test.hpp>

#include "contracts/fuel.h"
#include "contracts/packages/limits.h"
#include "contracts/packages/views.h"
#include "tests/unit/packages/published_ledger.h"

namespace keten::packages {
namespace {

using test::make;

BOOST_FIXTURE_TEST_SUITE(lifecycle, test::PublishedLedger)

BOOST_AUTO_TEST_CASE(a_package_runs_once_it_is_published_approved_and_active) {
  const auto package = make();
  BOOST_TEST(call() == "UNKNOWN_PACKAGED_CONTRACT");
  BOOST_TEST(publish(package) == "ok");
  BOOST_TEST((last.result == to_bytes(package.hash().view())));
  BOOST_TEST(call() == "CONTRACT_NOT_ACTIVE");
  BOOST_TEST(approve(package, 0) == "ok");
  BOOST_TEST(approve(package, 1) == "ok");
  BOOST_TEST((VoteOutcome::decode(last.result).value() == VoteOutcome{false, 2, 3}));
  BOOST_TEST(activate(package) == "NOT_APPROVED");
  BOOST_TEST(says("2 of 3 approvals; missing: company2, company3"), last.message);
  BOOST_TEST(approve(package, 3) == "ok");
  BOOST_TEST((VoteOutcome::decode(last.result).value() == VoteOutcome{true, 3, 3}));
  BOOST_TEST(approve(package, 2) == "ALREADY_APPROVED");
  const auto at = height.value + 5;
  BOOST_TEST(activate(package, at) == "ok");
  BOOST_TEST(call() == "CONTRACT_NOT_ACTIVE");
  BOOST_TEST(says("from height " + std::to_string(at)), last.message);
  height = Height{at - 1};
  BOOST_TEST(call() == "ok");
  BOOST_TEST(counted() == 1U);
  BOOST_TEST(call() == "ok");
  BOOST_TEST(counted() == 2U);
  BOOST_TEST(state.entries.contains(to_bytes("contracts/state/counter/calls")));
}

BOOST_AUTO_TEST_CASE(results_and_fuel_are_the_same_whatever_was_compiled_before_and_whoever_watches) {
  const auto package = make();
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  const contracts::BlockContext context{.chain_id = chain, .height = height.next(), .time = time + 1};
  const std::vector<TransactionPointer> calls{signed_by(2, "device", kCall, Call{"counter", "count", {}}.encode()),
                                              signed_by(2, "device", kCall, Call{"counter", "count", {}}.encode())};
  class Counting final : public vm::HostWatch {
   public:
    vm::HostResult call(vm::Host& host, std::uint32_t offer, vm::HostCall& call) override {
      ++calls;
      return host.call(offer, call);
    }
    std::size_t calls = 0;
  } counting;
  ModuleStore kept;
  ModuleStore none(0);
  ModuleStore watched;
  watched.watch(&counting);
  const auto run = [&](ModuleStore* modules) {
    return contracts::execute_block({.state = state, .proofs = proofs}, context, calls, registry,
                                    membership().directory, modules);
  };
  const auto cold = run(&kept);
  BOOST_TEST(kept.size() == 1U);
  for (auto* modules : {&kept, &none, &watched, static_cast<ModuleStore*>(nullptr)}) {
    const auto warm = run(modules);
    BOOST_TEST((warm.state_root == cold.state_root));
    BOOST_TEST((warm.receipts_root == cold.receipts_root));
    for (std::size_t i = 0; i < calls.size(); ++i) {
      BOOST_TEST(warm.receipts[i].succeeded);
      BOOST_TEST(warm.receipts[i].fuel_used == cold.receipts[i].fuel_used);
    }
  }
  BOOST_TEST(counting.calls == 6U);  // each call reads, writes and sets its result
}

BOOST_AUTO_TEST_CASE(a_store_keeps_to_its_bound_and_drops_what_was_used_longest_ago) {
  std::vector<Package> packages;
  for (const auto* name : {"one", "two", "three"}) {
    packages.push_back(make({.name = name}));
    BOOST_TEST(publish(packages.back()) == "ok");
  }
  ModuleStore probe;
  BOOST_REQUIRE(probe.find(packages[0].hash(), state) != nullptr);
  ModuleStore store(probe.bytes() * 2);
  const auto* first = store.find(packages[0].hash(), state);
  BOOST_REQUIRE(store.find(packages[1].hash(), state) != nullptr);
  BOOST_TEST(store.find(packages[0].hash(), state) == first);
  BOOST_REQUIRE(store.find(packages[2].hash(), state) != nullptr);
  BOOST_TEST(store.size() == 2U);
  BOOST_TEST(store.bytes() <= probe.bytes() * 2);
  BOOST_TEST(store.find(packages[0].hash(), state) == first);
  BOOST_TEST(store.find(sample::hash_of("no package"), state) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_guest_that_had_to_go_comes_back_without_being_translated_again) {
  std::vector<Package> packages;
  for (const auto* name : {"one", "two", "three"}) {
    packages.push_back(make({.name = name}));
    BOOST_TEST(publish(packages.back()) == "ok");
  }
  ModuleStore probe;
  BOOST_REQUIRE(probe.find(packages[0].hash(), state) != nullptr);
  ModuleStore store(probe.bytes());
  std::map<std::size_t, const vm::Program*> programs;
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < packages.size(); ++i) {
      auto* guest = store.find(packages[i].hash(), state);
      BOOST_REQUIRE(guest != nullptr);
      BOOST_TEST(guest->manifest.name == packages[i].manifest.name);
      if (round == 0) { programs[i] = &guest->instance.program(); }
      BOOST_TEST(&guest->instance.program() == programs[i]);
      BOOST_TEST(store.size() == 1U);
      BOOST_TEST(store.sleeping() == (round == 0 ? i : 2U));
    }
  }
}

BOOST_AUTO_TEST_CASE(only_the_publisher_publishes_what_its_own_key_signed) {
  auto package = make();
  BOOST_TEST(publish(package, 1) == "NOT_THE_PUBLISHER");
  package.signatures.clear();
  BOOST_TEST(publish(package) == "PACKAGE_NOT_SIGNED");
  package.sign("company0", sample::key_pair("company0/admin"));
  BOOST_TEST(publish(package) == "PACKAGE_NOT_SIGNED");
  package.sign("company0", sample::key_pair("company1/publisher"));
  BOOST_TEST(publish(package) == "SIGNER_UNKNOWN");
  package = make();
  package.sign("company1", sample::key_pair("nobody"));
  BOOST_TEST(publish(package) == "SIGNER_UNKNOWN");
  BOOST_TEST(act(0, "admin", kPublish, Publish{}.encode(), payload_of(make())) == "ROLE_NOT_ALLOWED");
  BOOST_TEST(publish(make()) == "ok");
  BOOST_TEST(publish(make({.version = {1, 1, 0}, .publisher = "company1"}), 1) == "NAME_TAKEN");
}

BOOST_AUTO_TEST_CASE(there_are_at_most_as_many_contracts_as_the_limit_says) {
  const auto there_are = [&](std::uint32_t count) {
    Writer writer;
    writer.u32(count);
    keten::test::keep(state, full_key(as_bytes("count")), writer.take());
  };
  there_are(limits::kContractsMax - 1);
  BOOST_TEST(publish(make()) == "ok");
  BOOST_TEST(publish(make({.name = "other"})) == "TOO_MANY_CONTRACTS");
  BOOST_TEST(says("there are 1024 contracts"));
  BOOST_TEST(publish(make({.version = {1, 1, 0}})) == "ok", "a version is no other contract");
  BOOST_TEST(act(0, "publisher", kWithdraw, ThePackage{make().hash()}.encode()) == "ok");
  BOOST_TEST(publish(make({.name = "other"})) == "TOO_MANY_CONTRACTS", "its name still has a version");
  BOOST_TEST(act(0, "publisher", kWithdraw, ThePackage{make({.version = {1, 1, 0}}).hash()}.encode()) == "ok");
  BOOST_TEST(publish(make({.name = "other"})) == "ok");
}

BOOST_AUTO_TEST_CASE(a_package_runs_under_its_own_name_only) {
  BOOST_TEST(admit(make()) == "ok");
  const auto other = make({.name = "other"});
  BOOST_TEST(admit(other) == "ok");
  BOOST_TEST(act(0, "admin", kActivate, Activate{"counter", other.hash(), Height{0}}.encode()) == "OTHER_CONTRACT");
  BOOST_TEST(says("is other 1.0.0, not a version of counter"));
  BOOST_TEST(activate(make()) == "ok");
  BOOST_TEST(act(0, "admin", kUpgrade, Upgrade{"counter", other.hash()}.encode()) == "OTHER_CONTRACT");
}

BOOST_AUTO_TEST_CASE(a_changed_byte_is_refused_on_the_ledger_too) {
  auto payload = payload_of(make());
  payload.front().content[515] ^= 1;
  BOOST_TEST(act(0, "publisher", kPublish, Publish{}.encode(), payload) == "PACKAGE_HASH_MISMATCH");
  BOOST_TEST(!contract().has_value());
}

BOOST_AUTO_TEST_CASE(a_module_that_cannot_run_is_refused_when_it_is_published) {
  BOOST_TEST(publish(make({.module = to_bytes("no module")})) == "MODULE_MALFORMED");
  BOOST_TEST(publish(make({.methods = {{"absent", 1}}})) == "MODULE_EXPORT");
  BOOST_TEST(says("'absent'"));
  BOOST_TEST(
      publish(make({.module = test::module_of({{"count", test::count_by(1)}, {"_initialize", test::for_ever()}})})) ==
      "MODULE_INITIALIZE");
  BOOST_TEST(
      publish(make({.module = test::module_of({{"count", test::count_by(1)}, {"_initialize", test::count_by(1)}})})) ==
      "MODULE_INITIALIZE");
}

BOOST_AUTO_TEST_CASE(whoever_publishes_pays_for_what_it_makes_everybody_do) {
  const auto endless =
      make({.module = test::module_of({{"count", test::count_by(1)}, {"_initialize", test::for_ever()}})});
  BOOST_TEST(publish(endless) == "MODULE_INITIALIZE");
  BOOST_TEST(last.fuel_used > limits::kInitializeFuelMax);
  fuel_limit = 2'000'000;
  BOOST_TEST(publish(endless) == "OUT_OF_FUEL");
  BOOST_TEST(last.fuel_used == fuel_limit);
  auto package = make();
  for (int signer = 0; signer < 15; ++signer) {
    package.sign("company" + std::to_string(signer % 4), sample::key_pair("key " + std::to_string(signer)));
  }
  package.signatures.back().signature.bytes[0] ^= 1;
  fuel_limit = 1'000'000;
  BOOST_TEST(publish(package) == "OUT_OF_FUEL");
  fuel_limit = keten::limits::kFuelPerTransactionMax;
  BOOST_TEST(publish(package) == "PACKAGE_SIGNATURE");
  BOOST_TEST(last.fuel_used > 16 * contracts::fuel::kVerify);
}

BOOST_AUTO_TEST_CASE(a_result_is_paid_for_like_state_because_it_stays_too) {
  const auto give = [](std::uint32_t bytes) {
    return test::Code().i32(4096).i32(bytes).call(test::host("set_result"));
  };
  const auto package = make({.methods = {{"count", 100'000}, {"much", 100'000}},
                             .module = test::module_of({{"count", give(0)}, {"much", give(60'000)}})});
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  BOOST_TEST(call() == "ok");
  const auto before = last.fuel_used;
  BOOST_TEST(call("much") == "ok");
  BOOST_TEST(last.fuel_used >= before + 60'000 * contracts::fuel::kWrittenByte);
}

BOOST_AUTO_TEST_CASE(what_initialize_has_done_is_there_at_the_beginning_of_every_call) {
  using test::Code;
  const auto initialize = Code().i32(test::kValue).i32(41).access(0x36);
  const auto give = Code()
                        .i32(test::kValue)
                        .i32(test::kValue)
                        .access(0x28)
                        .i32(1)
                        .op(0x6A)
                        .access(0x36)
                        .i32(test::kValue)
                        .i32(4)
                        .call(test::host("set_result"));
  const auto package = make({.module = test::module_of({{"count", give}, {"_initialize", initialize}})});
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(call() == "ok");
    BOOST_TEST(counted() == 42U);
  }
}

BOOST_AUTO_TEST_CASE(an_approval_that_comes_too_late_counts_no_more) {
  const auto package = make();
  BOOST_TEST(publish(package) == "ok");
  BOOST_TEST(approve(package, 1) == "ok");
  time += keten::limits::kChangeOpenMsDefault;
  BOOST_TEST(approve(package, 2) == "APPROVAL_EXPIRED");
  BOOST_TEST(says("company0 can publish it again"), last.message);
  BOOST_TEST(publish(package) == "ok");
  BOOST_TEST(record(package)->approvals.empty());
  BOOST_TEST(approve(package, 2) == "ok");
}

BOOST_AUTO_TEST_CASE(a_version_means_one_content_for_ever) {
  BOOST_TEST(publish(make()) == "ok");
  BOOST_TEST(publish(make()) == "ALREADY_PUBLISHED");
  BOOST_TEST(publish(make({.methods = {{"count", 5}}})) == "VERSION_EXISTS");
}

BOOST_AUTO_TEST_CASE(only_organisations_with_a_voice_approve_and_each_once) {
  const auto package = make();
  BOOST_TEST(approve(package, 1) == "UNKNOWN_PACKAGE");
  BOOST_TEST(publish(package) == "ok");
  BOOST_TEST(act(1, "device", kApprove, ThePackage{package.hash()}.encode()) == "ROLE_NOT_ALLOWED");
  BOOST_TEST(approve(package, 1) == "ok");
  BOOST_TEST(approve(package, 1) == "ALREADY_APPROVED");
  const auto newcomer = sample::genesis_key("newcomer", "admin", Roles{Role::admin});
  BOOST_TEST(agree({governance::AddOrganisation{"newcomer", {newcomer}}}) == "ok");
  auto body = sample::body(chain, 1);
  const auto pair = sample::key_pair("newcomer/admin");
  body.organisation = "newcomer";
  body.sender = pair.public_key();
  body.valid_until = height.plus(10);
  body.contract = kContractName;
  body.method = kApprove;
  body.arguments = ThePackage{package.hash()}.encode();
  const auto receipt = block({sign_transaction(body, {}, pair)}).front();
  BOOST_TEST(receipt.reason == "NO_VOICE", receipt.message);
}

BOOST_AUTO_TEST_CASE(a_newer_version_takes_over_at_its_height_and_an_older_one_never) {
  const auto one = make();
  const auto two = make({.version = {1, 1, 0}, .module = test::module_of({{"count", test::count_by(10)}})});
  const auto three = make({.version = {1, 2, 0}});
  for (const auto* package : {&one, &two, &three}) { BOOST_TEST(admit(*package) == "ok"); }
  BOOST_TEST(activate(one) == "ok");
  BOOST_TEST(call() == "ok");
  const auto at = height.value + 10;
  BOOST_TEST(activate(two, at) == "ok");
  BOOST_TEST(activate(three, at) == "TWO_VERSIONS_AT_ONE_HEIGHT");
  BOOST_TEST(activate(three, at + 1) == "ACTIVATION_PENDING");
  BOOST_TEST(activate(three, 1) == "HEIGHT_OUT_OF_RANGE");
  height = Height{at + 1};
  BOOST_TEST(call() == "ok");
  BOOST_TEST(counted() == 11U);
  BOOST_TEST(activate(one) == "DOWNGRADE");
  BOOST_TEST(activate(two) == "DOWNGRADE");
  BOOST_TEST((contract()->running(height)->package == two.hash()));
  BOOST_TEST(activate(three, height.value + 50) == "ok");
  BOOST_TEST(activate(make({.version = {9, 0, 0}})) == "UNKNOWN_PACKAGE");
  const auto four = make({.version = {1, 3, 0}});
  BOOST_TEST(admit(four) == "ok");
  BOOST_TEST(activate(four) == "ACTIVATION_PENDING");
}

BOOST_AUTO_TEST_CASE(two_activations_in_one_block_do_not_share_a_height) {
  const auto one = make();
  const auto two = make({.version = {1, 1, 0}});
  BOOST_TEST(admit(one) == "ok");
  BOOST_TEST(admit(two) == "ok");
  const auto receipts = block({signed_by(0, "admin", kActivate, Activate{"counter", one.hash(), {}}.encode()),
                               signed_by(1, "admin", kActivate, Activate{"counter", two.hash(), {}}.encode())});
  BOOST_TEST(receipts[0].succeeded);
  BOOST_TEST(receipts[1].reason == "TWO_VERSIONS_AT_ONE_HEIGHT");
}

Package with_migration(const vm::assembler::Code& migrate) {
  return make({.version = {2, 0, 0},
               .migration = Entry{"migrate", 50'000},
               .module = test::module_of({{"count", test::count_by(1)}, {"migrate", migrate}})});
}

BOOST_AUTO_TEST_CASE(an_upgrade_migrates_the_state_and_switches_in_one_transaction) {
  const auto one = make();
  const auto two = with_migration(test::count_by(100));
  BOOST_TEST(admit(one) == "ok");
  BOOST_TEST(admit(two) == "ok");
  BOOST_TEST(upgrade(two) == "NOTHING_TO_MIGRATE");
  BOOST_TEST(activate(one) == "ok");
  BOOST_TEST(call() == "ok");
  BOOST_TEST(activate(two) == "MIGRATION_NEEDED");
  BOOST_TEST(upgrade(one) == "DOWNGRADE");
  BOOST_TEST(upgrade(two) == "ok");
  BOOST_TEST(contract()->active->version.text() == "2.0.0");
  BOOST_TEST(call() == "ok");
  BOOST_TEST(counted() == 102U);
  BOOST_TEST(call("migrate") == "UNKNOWN_METHOD");
}

BOOST_AUTO_TEST_CASE(a_migration_that_fails_changes_nothing) {
  const auto one = make();
  BOOST_TEST(admit(one) == "ok");
  BOOST_TEST(activate(one) == "ok");
  BOOST_TEST(call() == "ok");
  for (const auto& code : {test::count_by(100).add(test::for_ever()), test::count_by(100).op(0x00)}) {
    const auto two = make({.version = {2, 0, static_cast<std::uint32_t>(code.bytes.size())},
                           .migration = Entry{"migrate", 50'000},
                           .module = test::module_of({{"count", test::count_by(1)}, {"migrate", code}})});
    BOOST_TEST(admit(two) == "ok");
    const auto before = state.entries;
    BOOST_TEST(upgrade(two) == "MIGRATION_FAILED");
    BOOST_TEST((says("CONTRACT_OUT_OF_FUEL") || says("CONTRACT_TRAP")), last.message);
    BOOST_TEST((state.entries == before));
  }
  BOOST_TEST(call() == "ok");
  BOOST_TEST(counted() == 2U);
}

BOOST_AUTO_TEST_CASE(a_quorum_freezes_resumes_and_retires) {
  const auto package = make();
  BOOST_TEST(vote(0, Motion::freeze) == "UNKNOWN_PACKAGED_CONTRACT");
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  BOOST_TEST(vote(0, Motion::resume) == "NOTHING_CHANGES");
  BOOST_TEST(vote(0, Motion::freeze) == "ok");
  BOOST_TEST(vote(0, Motion::freeze) == "ALREADY_VOTED");
  BOOST_TEST(vote(1, Motion::freeze) == "ok");
  BOOST_TEST(call() == "ok");
  BOOST_TEST(vote(2, Motion::freeze) == "ok");
  BOOST_TEST(call() == "CONTRACT_FROZEN");
  for (std::size_t index = 0; index < 3; ++index) { BOOST_TEST(vote(index, Motion::resume) == "ok"); }
  BOOST_TEST(call() == "ok");
  BOOST_TEST(counted() == 2U);
  for (std::size_t index = 1; index < 4; ++index) { BOOST_TEST(vote(index, Motion::retire) == "ok"); }
  BOOST_TEST(call() == "CONTRACT_RETIRED");
  BOOST_TEST(vote(0, Motion::resume) == "CONTRACT_RETIRED");
  BOOST_TEST(activate(package) == "CONTRACT_RETIRED");
  BOOST_TEST(publish(make({.version = {3, 0, 0}})) == "CONTRACT_RETIRED");
}

BOOST_AUTO_TEST_CASE(a_frozen_contract_is_migrated_only_by_a_version_that_was_approved_since) {
  const auto one = make();
  const auto two = with_migration(test::count_by(100));
  const auto three = make({.version = {3, 0, 0},
                           .migration = Entry{"migrate", 50'000},
                           .module = test::module_of({{"count", test::count_by(1)}, {"migrate", test::count_by(9)}})});
  for (const auto* package : {&one, &two}) { BOOST_TEST(admit(*package) == "ok"); }
  BOOST_TEST(activate(one) == "ok");
  BOOST_TEST(call() == "ok");
  for (std::size_t index = 0; index < 3; ++index) { BOOST_TEST(vote(index, Motion::freeze) == "ok"); }
  const auto before = state.entries;
  BOOST_TEST(upgrade(two) == "CONTRACT_FROZEN");
  BOOST_TEST((state.entries == before));
  BOOST_TEST(admit(three) == "ok");
  BOOST_TEST(upgrade(three) == "ok");
  BOOST_TEST(call() == "CONTRACT_FROZEN");
}

BOOST_AUTO_TEST_CASE(votes_expire_one_by_one) {
  BOOST_TEST(publish(make()) == "ok");
  BOOST_TEST(vote(0, Motion::freeze) == "ok");
  time += keten::limits::kChangeOpenMsDefault;
  BOOST_TEST(vote(1, Motion::freeze) == "ok");
  BOOST_TEST(vote(2, Motion::freeze) == "ok");
  BOOST_TEST((VoteOutcome::decode(last.result).value() == VoteOutcome{false, 2, 3}));
  BOOST_TEST(vote(0, Motion::freeze) == "ok");
  BOOST_TEST(contract()->frozen.value == height.value);
}

BOOST_AUTO_TEST_CASE(a_contract_keeps_no_more_state_than_its_quota) {
  const auto package = make({.methods = {{"count", 100'000}, {"fill", 5'000'000}},
                             .module = test::module_of({{"count", test::count_by(1)}, {"fill", test::put_much()}})});
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  for (const std::size_t index : {0, 1}) { BOOST_TEST(vote(index, Motion::quota, 50'000) == "ok"); }
  BOOST_TEST(vote(2, Motion::quota, 60'000) == "ok");
  BOOST_TEST(contract()->quota == limits::kStateBytesDefault);
  BOOST_TEST(vote(3, Motion::quota, 50'000) == "ok");
  BOOST_TEST(contract()->quota == 50'000U);
  BOOST_TEST(call("fill") == "STATE_QUOTA_EXCEEDED");
  BOOST_TEST(says("would keep 60005 bytes of state, its quota is 50000"), last.message);
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(vote(index, Motion::quota, 60'005) == "ok"); }
  BOOST_TEST(call("fill") == "ok");
  BOOST_TEST(call("fill") == "ok");
  for (const std::size_t index : {0, 1, 2}) { BOOST_TEST(vote(index, Motion::quota, 0) == "ok"); }
  BOOST_TEST(call("count") == "ok");  // keeps less than before
  StateView view(state);
  BOOST_TEST(Records(view).used("counter") == 9U);
}

BOOST_AUTO_TEST_CASE(a_method_has_its_own_ceiling_of_fuel_and_a_contract_its_own_methods) {
  const auto package = make({.methods = {{"run", 20'000}},
                             .rules = {{"count", 100}},
                             .module = test::module_of({{"count", test::count_by(1)}, {"run", test::for_ever()}})});
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  BOOST_TEST(call("run") == "CONTRACT_OUT_OF_FUEL");
  BOOST_TEST(last.fuel_used > 20'000U);
  BOOST_TEST(last.fuel_used < 40'000U);
  BOOST_TEST(call("count") == "UNKNOWN_METHOD");
  BOOST_TEST(says("known: run"), last.message);
}

BOOST_AUTO_TEST_CASE(a_publisher_has_room_for_eight_packages_that_wait) {
  std::vector<Package> packages;
  for (std::uint32_t minor = 0; minor < 9; ++minor) { packages.push_back(make({.version = {1, minor, 0}})); }
  for (std::size_t i = 0; i < 8; ++i) { BOOST_TEST(publish(packages[i]) == "ok"); }
  BOOST_TEST(publish(packages[8]) == "TOO_MANY_PACKAGES");
  BOOST_TEST(act(1, "publisher", kWithdraw, ThePackage{packages[0].hash()}.encode()) == "NOT_THE_PUBLISHER");
  BOOST_TEST(act(0, "publisher", kWithdraw, ThePackage{packages[0].hash()}.encode()) == "ok");
  BOOST_TEST(!record(packages[0]).has_value());
  BOOST_TEST(publish(packages[8]) == "ok");
  time += keten::limits::kChangeOpenMsDefault + 1000;
  const auto rows = state.entries.size();
  BOOST_TEST(publish(packages[0]) == "ok");  // those that expired have gone
  BOOST_TEST(state.entries.size() < rows);
  BOOST_TEST(!record(packages[8]).has_value());
  BOOST_TEST(record(packages[0]).has_value());
}

BOOST_AUTO_TEST_CASE(a_name_is_free_again_when_nothing_is_left_of_it) {
  const auto package = make();
  BOOST_TEST(publish(package) == "ok");
  BOOST_TEST(act(0, "publisher", kWithdraw, ThePackage{package.hash()}.encode()) == "ok");
  BOOST_TEST(!contract().has_value());
  const auto other = make({.publisher = "company1"});
  BOOST_TEST(publish(other, 1) == "ok");
}

BOOST_AUTO_TEST_CASE(a_name_that_nobody_approved_anything_of_is_free_for_others_in_the_end) {
  BOOST_TEST(publish(make()) == "ok");
  BOOST_TEST(publish(make({.version = {1, 1, 0}})) == "ok");
  const auto other = make({.publisher = "company1"});
  BOOST_TEST(publish(other, 1) == "NAME_TAKEN");
  time += keten::limits::kChangeOpenMsDefault + 1000;
  BOOST_TEST(publish(other, 1) == "ok");
  BOOST_TEST(contract()->publisher == "company1");
  BOOST_TEST(publish(make()) == "NAME_TAKEN");
  BOOST_TEST(publish(other, 1) == "ALREADY_PUBLISHED");
  for (std::size_t index = 1; index < 4; ++index) { BOOST_TEST(approve(other, index) == "ok"); }
  time += keten::limits::kChangeOpenMsDefault + 1000;
  BOOST_TEST(publish(make()) == "NAME_TAKEN");
}

BOOST_AUTO_TEST_CASE(votes_about_a_contract_end_with_it) {
  const auto package = make();
  BOOST_TEST(publish(package) == "ok");
  for (std::size_t index = 2; index < 4; ++index) { BOOST_TEST(vote(index, Motion::retire) == "ok"); }
  BOOST_TEST(act(0, "publisher", kWithdraw, ThePackage{package.hash()}.encode()) == "ok");
  BOOST_TEST(publish(make({.publisher = "company1"}), 1) == "ok");
  BOOST_TEST(vote(0, Motion::retire) == "ok");
  BOOST_TEST((contract()->retired == Height{}));
}

BOOST_AUTO_TEST_CASE(a_view_says_what_runs_and_who_is_missing) {
  const auto one = make();
  const auto two = make({.version = {1, 1, 0}});
  BOOST_TEST(!read_contract(state, "counter", time).has_value());
  BOOST_TEST(publish(one) == "ok");
  BOOST_TEST(approve(one, 1) == "ok");
  auto view = read_contract(state, "counter", time).value();
  BOOST_TEST(view.standing(height) == "not active");
  BOOST_TEST(view.packages.front().progress() ==
             "1 of 3 approvals: company1; missing 2 of company0, company2, company3");
  BOOST_TEST(view.standing(view.packages.front(), height, time) == "published");
  BOOST_TEST(view.standing(view.packages.front(), height, view.packages.front().record.expires + 1) == "expired");
  BOOST_TEST(approve(one, 2) == "ok");
  BOOST_TEST(approve(one, 3) == "ok");
  BOOST_TEST(admit(two) == "ok");
  BOOST_TEST(activate(one) == "ok");
  BOOST_TEST(vote(1, Motion::quota, 77) == "ok");
  view = read_contract(state, "counter", time).value();
  BOOST_TEST(view.standing(view.packages[0], height.previous(), time) == "scheduled");
  BOOST_TEST(view.standing(height.next()) == "active 1.0.0");
  BOOST_TEST(view.standing(view.packages[1], height.next(), time) == "approved");
  BOOST_REQUIRE(view.motions.size() == 1U);
  BOOST_TEST(view.motions.front().value == 77U);
  BOOST_TEST(view.motions.front().progress() == "1 of 3 votes: company1; missing 2 of company0, company2, company3");
  BOOST_TEST(activate(two) == "ok");
  view = read_contract(state, "counter", time).value();
  BOOST_TEST(view.standing(view.packages[0], height.next(), time) == "superseded");
  BOOST_TEST((read_contract_names(state, 10) == std::vector<std::string>{"counter"}));
}

BOOST_AUTO_TEST_CASE(every_step_stands_in_the_history_of_the_contract) {
  const auto package = make();
  BOOST_TEST(admit(package) == "ok");
  BOOST_TEST(activate(package) == "ok");
  const auto head = Head::decode(state.entries.at(head_key("contract", "counter"))).value();
  BOOST_TEST(head.count == 5U);
  BOOST_TEST((head.state == entity_state_digest(state.entries.at(to_bytes("contracts/contract/counter")))));
  BOOST_REQUIRE(events.size() == 1U);
  BOOST_TEST(events.front().kind == "contracts.activated");
  BOOST_TEST(call() == "ok");
  BOOST_TEST(Head::decode(state.entries.at(head_key("contract", "counter"))).value().count == 5U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::packages
