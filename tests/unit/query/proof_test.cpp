// Proofs are made from a ledger that really executed, and judged by the verifier of strangers.
#include "node/query/proof.h"

#include <set>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "contracts/governance/arguments.h"
#include "contracts/governance/governance_contract.h"
#include "contracts/production/entity.h"
#include "contracts/production/item_state.h"
#include "contracts/record_contract.h"
#include "core/json.h"
#include "core/proof/verify.h"
#include "tests/unit/production/memory_ledger.h"
#include "tests/unit/storage/chain_fixture.h"

namespace keten::query {
namespace {

using test::document_of;
using test::event_of;

constexpr const char* kMilk = "urn:epc:id:sgtin:952132.1000018.m1";
constexpr const char* kOther = "urn:epc:id:sgtin:952132.1000018.m2";
constexpr const char* kCrate = "urn:epc:id:sscc:952132.10000000017";
constexpr const char* kCheese = "urn:epc:id:sgtin:952132.1000032.c1";
constexpr const char* kRennet = "urn:epc:class:lgtin:952132.1000025.r7";

struct Ledger : test::Chain {
  /// A final block that binds what was executed before it.
  Block bind(std::vector<TransactionPointer> transactions, bool is_final_itself = true) {
    auto block = test::make_block(head, std::move(transactions));
    const auto executed = storage::read_executed(*database.snapshot());
    block.header.executed_height = executed->height;
    block.header.state_root = executed->state_root;
    std::optional<Certificate> finalization;
    if (is_final_itself) {
      const auto set = genesis.validators();
      finalization = test::make_finalization(block.header);
      const auto digest = finalization->subject.signing_hash(genesis.chain_id(), set.id());
      finalization->signatures = {test::key_of(12).sign(digest.view()), test::key_of(22).sign(digest.view())};
    }
    past[executed->height] = database.snapshot();
    const auto done = commit(block, finalization);
    BOOST_REQUIRE_MESSAGE(done.ok(), (done ? "" : done.error().message));
    head = block.header;
    return block;
  }

  TransactionPointer capture(const std::string& events) {
    TransactionBody body;
    body.chain_id = genesis.chain_id();
    body.organisation = "dairy";
    body.valid_until = head.height.plus(50);
    body.fuel_limit = 100'000'000;
    body.contract = "production";
    body.method = "capture";
    body.salt.bytes[0] = ++salt_;
    Payload payload;
    payload.content = to_bytes(document_of(events));
    return sign_transaction(std::move(body), {std::move(payload)}, test::key_of(11));
  }
  static std::string listed(const std::string& epc, const std::string& action, const std::string& time) {
    return event_of("ObjectEvent", time,
                    R"("action":")" + action + R"(","bizStep":"commissioning","epcList":[")" + epc + "\"]");
  }
  /// Milk is commissioned, packed, unpacked and becomes cheese, with rennet; three blocks, and one that binds the last.
  void story() {
    bind({capture(listed(kMilk, "ADD", "2026-01-01T00:00:00Z") + "," + listed(kOther, "ADD", "2026-01-01T01:00:00Z"))});
    bind({capture(event_of("AggregationEvent", "2026-01-02T00:00:00Z",
                           R"("action":"ADD","parentID":")" + std::string(kCrate) + R"(","childEPCs":[")" + kMilk +
                               R"(",")" + kOther + "\"]")),
          test::make_put(genesis, "shelf", "7")});
    bind({capture(event_of("TransformationEvent", "2026-01-03T00:00:00Z",
                           R"("inputEPCList":[")" + std::string(kMilk) + R"("],"inputQuantityList":[{"epcClass":")" +
                               kRennet + R"(","quantity":2,"uom":"GRM"}],"outputEPCList":[")" + kCheese + "\"]"))});
    // Late: recorded last, happened before.
    bind({capture(listed(kMilk, "OBSERVE", "2026-01-01T12:00:00Z"))});
    bind({});
  }

  [[nodiscard]] Result<Bytes> ask(const proof::Question& question) const {
    const auto at = [this](Height height) -> storage::SnapshotPointer {
      const auto found = past.find(height);
      return found == past.end() || !keeps_past ? nullptr : found->second;
    };
    return make_proof(LedgerQuery(database, blocks).view(), question, at);
  }
  proof::Verdict verified(const proof::Question& question, const std::string& expected) const {
    return proved(question, expected);
  }
  proof::Verdict proved(const proof::Question& question, std::optional<std::string_view> expected = {}) const {
    const auto file = ask(question);
    BOOST_REQUIRE_MESSAGE(file.ok(), (file ? "" : file.error().message));
    auto verdict = proof::verify(*file, proof::trust_root(genesis), expected);
    BOOST_REQUIRE_MESSAGE(verdict.ok(), (verdict ? "" : verdict.error().message));
    return std::move(*verdict);
  }
  static proof::Question about(proof::QuestionKind kind, const std::string& entity, std::string_view entity_kind = "") {
    proof::Question question;
    question.kind = kind;
    question.entity = entity;
    question.entity_kind = entity_kind;
    return question;
  }

  /// A call of a contract whose arguments are JSON; its id.
  std::string say(const std::string& organisation, const std::string& contract, const std::string& method,
                  const std::string& arguments) {
    TransactionBody body;
    body.chain_id = genesis.chain_id();
    body.organisation = organisation;
    body.valid_until = head.height.plus(50);
    body.fuel_limit = 100'000'000;
    body.contract = contract;
    body.method = method;
    body.arguments = to_bytes(arguments);
    body.salt.bytes[0] = ++salt_;
    // Administrators sign agreements and changes of governance.
    const bool signs = method == "agree" || method == "verify" || method == governance::kPropose;
    const auto signer = static_cast<std::uint8_t>((organisation == "dairy" ? 11 : 21) - (signs ? 1 : 0));
    const auto transaction = sign_transaction(std::move(body), {}, test::key_of(signer));
    bind({transaction});
    const auto receipt = LedgerQuery(database, blocks).view().receipt(transaction->id);
    BOOST_REQUIRE_MESSAGE(receipt.ok() && receipt->receipt.succeeded, method << ": " << receipt->receipt.message);
    return transaction->id.hex();
  }
  /// From the offer to the agreement: ids of negotiation and agreement.
  std::pair<std::string, std::string> agree_on_milk(const std::string& uid) {
    const auto policy = R"({"@type":"Agreement","uid":")" + uid +
                        R"(","permission":[{"uid":"urn:rule:1","action":"use","target":"urn:ds:milk",)"
                        R"("assigner":"urn:keten:organisation:dairy","assignee":"urn:keten:organisation:market"}]})";
    const auto result_of = [&](const std::string& id) {
      const auto receipt = LedgerQuery(database, blocks).view().receipt(*TransactionId::from_hex(id));
      return *json::parse(as_text(receipt->receipt.result));
    };
    const auto id =
        say("dairy", "usage", "offer", R"({"dataset":"urn:ds:milk","consumer":"market","policy":)" + policy + "}");
    const auto with =
        R"({"negotiation":")" + id + R"(","terms":")" + std::string(*result_of(id).find_string("terms")) + "\"}";
    std::string last;
    for (const auto& [who, move] :
         {std::pair{"market", "accept"}, {"dairy", "agree"}, {"market", "verify"}, {"dairy", "finalize"}}) {
      last = say(who, "usage", move, with);
    }
    return {id, std::string(*result_of(last).find_string("agreement"))};
  }
  /// What the entries of a history say: `what` and the first field of each.
  static std::vector<std::string> said(const proof::Verdict& verdict) {
    std::vector<std::string> result;
    for (const auto& entry : verdict.facts.find("statement")->find("entries")->items()) {
      result.push_back(std::string(entry.find_string("what").value_or("")) + " " +
                       entry.find("fields")->items().at(0).text());
    }
    return result;
  }
  [[nodiscard]] std::string refused(const proof::Question& question) const {
    const auto file = ask(question);
    return file ? "" : file.error().reason;
  }

  std::map<Height, storage::SnapshotPointer> past;
  bool keeps_past = true;

 private:
  std::uint8_t salt_ = 0;
};

std::string key(const char* epc) { return production::entity_key(epc); }

BOOST_FIXTURE_TEST_SUITE(proofs, Ledger)

BOOST_AUTO_TEST_CASE(every_transaction_is_proved_once_a_final_block_binds_its_state) {
  story();
  std::size_t count = 0;
  const auto view = LedgerQuery(database, blocks).view();
  for (std::uint64_t height = 1; height < head.height.value; ++height) {
    const auto block = view.block(Height{height});
    for (const auto& transaction : (*block)->transactions) {
      proof::Question question;
      question.transaction = transaction->id;
      const auto verdict = verified(question, "transaction " + transaction->id.hex());
      BOOST_TEST(verdict.facts.find("statement")->find("height")->text() == std::to_string(height));
      BOOST_TEST(verdict.facts.find("statement")->find("succeeded")->as_bool());
      ++count;
    }
  }
  BOOST_TEST(count == 5U);
  proof::Question unknown;
  BOOST_TEST(refused(unknown) == "TRANSACTION_NOT_FOUND");
}

BOOST_AUTO_TEST_CASE(what_no_final_block_binds_yet_is_not_proved_yet) {
  proof::Question question;
  question.transaction = capture(listed(kMilk, "ADD", "2026-01-01T00:00:00Z"))->id;
  BOOST_TEST(refused(about(proof::QuestionKind::absence, kMilk)) == "PROOF_NOT_YET");
  const auto recorded = capture(listed(kMilk, "ADD", "2026-01-01T00:00:00Z"));
  question.transaction = recorded->id;
  bind({recorded});
  BOOST_TEST(refused(question) == "PROOF_NOT_YET");
  BOOST_TEST(refused(about(proof::QuestionKind::history, kMilk)) == "PROOF_NOT_YET");
  BOOST_TEST(refused(about(proof::QuestionKind::state, kMilk)) == "PROOF_NOT_YET");
  // It is true of the state that the block binds, which is the one before, and not of what is executed.
  auto absence = about(proof::QuestionKind::absence, kMilk);
  BOOST_TEST(refused(absence) == "PROOF_NOT_YET");
  absence.at_least = Height{0};
  BOOST_TEST(refused(absence) == "PROOF_NOT_YET");
  absence = about(proof::QuestionKind::absence, kCheese);
  absence.at_least = head.height;
  verified(absence, "absence of item " + key(kCheese));
  absence.at_least = head.height.next();
  BOOST_TEST(refused(absence) == "PROOF_NOT_YET");
  bind({}, false);  // final by a descendant only
  BOOST_TEST(refused(question) == "PROOF_NOT_YET");
  bind({});
  verified(question, recorded->id.hex());
  verified(about(proof::QuestionKind::history, kMilk), key(kMilk));
  BOOST_TEST(refused(about(proof::QuestionKind::absence, kMilk)) == "ENTITY_EXISTS");
}

BOOST_AUTO_TEST_CASE(an_item_that_changes_in_every_block_is_provable_at_any_moment) {
  bind({capture(listed(kMilk, "ADD", "2026-01-01T00:00:00Z"))});
  for (int number = 0; number < 50; ++number) {
    // Every third block has no finalization of its own: then the state that is bound lies further back.
    const bool is_final_itself = number % 3 != 2;
    bind({capture(listed(kMilk, "OBSERVE", "2026-01-02T00:00:" + std::to_string(10 + number) + "Z"))}, is_final_itself);
    const auto recorded = static_cast<std::uint64_t>(number + (is_final_itself ? 1 : 0));
    const auto old_enough = [&](proof::QuestionKind kind, std::uint64_t height) {
      auto question = about(kind, kMilk);
      question.at_least = Height{height};
      return question;
    };
    const auto history = verified(old_enough(proof::QuestionKind::history, 0), "history of item " + key(kMilk));
    BOOST_TEST(history.facts.find("statement")->find("count")->text() == std::to_string(recorded));
    const auto state = verified(old_enough(proof::QuestionKind::state, recorded), "state of item " + key(kMilk));
    BOOST_TEST(state.facts.find("statement")->find("count")->text() == std::to_string(recorded));
    const auto value = production::decode_item_state(*from_hex(state.facts.find("statement")->find("value")->text()));
    BOOST_REQUIRE(value.ok());
    BOOST_TEST(value->events == recorded);
    verified(old_enough(proof::QuestionKind::trace, recorded), "trace back of item " + key(kMilk));
    // Whoever wants what was recorded last has to wait for the block that binds it.
    BOOST_TEST(refused(old_enough(proof::QuestionKind::history, recorded + 1)) == "PROOF_NOT_YET");
    BOOST_TEST(refused(about(proof::QuestionKind::history, kMilk)) == "PROOF_NOT_YET");
    keeps_past = false;
    BOOST_TEST(refused(old_enough(proof::QuestionKind::history, 0)) == "PROOF_NOT_YET");
    keeps_past = true;
  }
}

BOOST_AUTO_TEST_CASE(a_history_is_complete_in_the_order_of_recording_and_holds_what_was_captured) {
  story();
  const auto verdict = verified(about(proof::QuestionKind::history, kMilk), "history of item " + key(kMilk));
  const auto& entries = verdict.facts.find("statement")->find("entries")->items();
  BOOST_REQUIRE(entries.size() == 4U);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    BOOST_TEST(entries[i].find("height")->text() == std::to_string(i + 1));
    BOOST_TEST(entries[i].find("organisation")->text() == "dairy");
    BOOST_TEST(entries[i].find("has_text")->as_bool());
  }
  // A Digital Link asks for the same thing.
  verified(about(proof::QuestionKind::history, key(kMilk)), key(kMilk));
  verified(about(proof::QuestionKind::history, kRennet), "history of lot " + key(kRennet));
  BOOST_TEST(refused(about(proof::QuestionKind::history, "urn:epc:id:sgtin:952132.1000018.never")) == "ITEM_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(a_state_is_the_value_that_the_ledger_keeps) {
  story();
  const auto verdict = verified(about(proof::QuestionKind::state, kCheese), "state of item " + key(kCheese));
  const auto value = from_hex(verdict.facts.find("statement")->find("value")->text());
  const auto state = production::decode_item_state(*value);
  BOOST_REQUIRE(state.ok());
  BOOST_TEST(state->born);
  BOOST_TEST(state->possessor == "dairy");
}

BOOST_AUTO_TEST_CASE(an_item_that_never_was_is_proved_to_be_absent) {
  story();
  for (int number = 0; number < 40; ++number) {
    const auto never = "urn:epc:id:sgtin:952132.1000018.never" + std::to_string(number);
    verified(about(proof::QuestionKind::absence, never), "absence of item " + production::entity_key(never));
  }
  for (const auto* there : {kMilk, kOther, kCrate, kCheese, kRennet}) {
    BOOST_TEST(refused(about(proof::QuestionKind::absence, there)) == "ENTITY_EXISTS");
  }
}

BOOST_AUTO_TEST_CASE(a_trace_holds_the_complete_histories_of_the_whole_lineage) {
  story();
  const auto ids = [&](const char* of, proof::Direction direction) {
    auto question = about(proof::QuestionKind::trace, of);
    question.direction = direction;
    const auto verdict = verified(question, key(of));
    std::set<std::string> result;
    for (const auto& one : verdict.facts.find("statement")->find("entities")->items()) {
      result.insert(one.find("id")->text());
    }
    return result;
  };
  BOOST_TEST((ids(kCheese, proof::Direction::back) ==
              std::set<std::string>{key(kCheese), key(kMilk), key(kRennet), key(kCrate)}));
  BOOST_TEST((ids(kOther, proof::Direction::forward) == std::set<std::string>{key(kOther), key(kCrate)}));
  BOOST_TEST((ids(kMilk, proof::Direction::forward) == std::set<std::string>{key(kMilk), key(kCrate), key(kCheese)}));
  BOOST_TEST((ids(kCrate, proof::Direction::back) == std::set<std::string>{key(kCrate), key(kMilk), key(kOther)}));
  auto unknown = about(proof::QuestionKind::trace, "urn:epc:id:sgtin:952132.1000018.never");
  BOOST_TEST(refused(unknown) == "ITEM_UNKNOWN");
}

BOOST_AUTO_TEST_CASE(a_dataset_shows_every_agreement_that_covers_it_and_an_agreement_every_use) {
  using proof::QuestionKind;
  say("dairy", "usage", "register",
      R"({"dataset":"urn:ds:milk","commitment":")" + std::string(64, 'a') + R"(","classification":["sensor"]})");
  const auto [first_talk, first] = agree_on_milk("urn:terms:1");
  const auto use = [&](const std::string& agreement, const std::string& id) {
    say("market", "usage", "log",
        R"({"agreement":")" + agreement + R"(","uses":[{"id":")" + id + R"(","action":"read"}]})");
  };
  use(first, "1");
  const auto [second_talk, second] = agree_on_milk("urn:terms:2");
  use(first, "2");
  use(second, "1");
  bind({});

  const auto dataset =
      verified(about(QuestionKind::history, "urn:ds:milk", "dataset"), "history of dataset urn:ds:milk");
  std::vector<std::string> expected{"usage.record dataset/urn:ds:milk"};
  expected.insert(expected.end(), 5, "usage.record negotiation/" + first_talk);
  expected.insert(expected.end(), 5, "usage.record negotiation/" + second_talk);
  BOOST_TEST(said(dataset) == expected);
  // The last step of each says which agreement it came to.
  const auto& steps_of_dataset = dataset.facts.find("statement")->find("entries")->items();
  for (const auto& [at, agreement] : {std::pair<std::size_t, std::string>{5, first}, {10, second}}) {
    const auto record = json::parse(steps_of_dataset[at].find("fields")->items().at(1).text());
    BOOST_TEST(*record->find_string("agreement") == agreement);
  }
  const auto agreement = verified(about(QuestionKind::history, first, "agreement"), "history of agreement " + first);
  const auto steps = said(agreement);
  BOOST_REQUIRE(steps.size() >= 4U);
  BOOST_TEST(steps[0] == "agreements.call finalize");
  BOOST_TEST(steps[1].starts_with("usage.agreement {\"agreement\":\"" + first + "\""), steps[1]);
  BOOST_TEST(steps[2] == "usage.record use/" + first + "/1");
  BOOST_TEST(steps[3] == "usage.record use/" + first + "/2");
  const auto state = verified(about(QuestionKind::state, "urn:ds:milk", "dataset"), "state of dataset urn:ds:milk");
  const auto value = from_hex(state.facts.find("statement")->find("value")->text());
  BOOST_TEST(*json::parse(as_text(*value))->find_string("owner") == "dairy");
  verified(about(QuestionKind::state, second, "agreement"), "state of agreement " + second);
  verified(about(QuestionKind::absence, "urn:ds:other", "dataset"), "absence of dataset urn:ds:other");
  BOOST_TEST(refused(about(QuestionKind::absence, "urn:ds:milk", "dataset")) == "ENTITY_EXISTS");
  BOOST_TEST(refused(about(QuestionKind::history, "urn:ds:other", "dataset")) == "ITEM_UNKNOWN");
  BOOST_TEST(refused(about(QuestionKind::history, "urn:ds:milk", "herd")) == "ENTITY_KIND_UNKNOWN");
  BOOST_TEST(refused(about(QuestionKind::trace, "urn:ds:milk", "dataset")) == "ENTITY_KIND_UNKNOWN");

  // In an older state a history ends earlier.
  auto older = about(QuestionKind::history, first, "agreement");
  older.at_least = Height{1};
  use(first, "3");
  BOOST_TEST(said(verified(older, "agreement " + first)).size() == steps.size());
  bind({});
  BOOST_TEST(said(verified(older, "agreement " + first)).size() == steps.size() + 1);
}

BOOST_AUTO_TEST_CASE(what_was_put_under_a_subject_is_proved_with_all_that_was_put_before) {
  using proof::QuestionKind;
  const auto put = [&](const std::string& key, const std::string& value, std::vector<std::string> subjects) {
    bind({test::make_put(genesis, contracts::RecordPut{to_bytes(key), to_bytes(value), std::move(subjects)},
                         {.valid_until = head.height.plus(20)})});
  };
  put("shelf", "1", {});
  bind({});
  BOOST_TEST(refused(about(QuestionKind::state, "dairy/shelf", "record")) == "ITEM_UNKNOWN");
  verified(about(QuestionKind::absence, "dairy/shelf", "record"), "absence of record dairy/shelf");
  put("shelf", "2", {"shelf", "store"});
  put("scale", "3", {"shelf"});
  put("shelf", "4", {});
  bind({});
  const auto history = verified(about(QuestionKind::history, "dairy/shelf", "record"), "history of record dairy/shelf");
  const auto& entries = history.facts.find("statement")->find("entries")->items();
  BOOST_REQUIRE(entries.size() == 2U);
  BOOST_TEST(entries[0].find("value")->text() == "32");
  BOOST_TEST(entries[1].find("key")->text() == "scale");
  // The last put did not name the subject, and is what the state says all the same.
  const auto state = verified(about(QuestionKind::state, "dairy/shelf", "record"), "state of record dairy/shelf");
  const auto entry = contracts::RecordEntry::decode(*from_hex(state.facts.find("statement")->find("value")->text()));
  BOOST_TEST((entry->value_hash == contracts::RecordContract::hash_value(as_bytes("4"))));
  BOOST_TEST(refused(about(QuestionKind::state, "dairy/store", "record")) == "ITEM_UNKNOWN");
  BOOST_TEST(refused(about(QuestionKind::state, "shelf", "record")) == "RECORD_ID_INVALID");
}

BOOST_AUTO_TEST_CASE(the_history_of_a_member_begins_with_the_genesis) {
  using proof::QuestionKind;
  story();
  const auto history = verified(about(QuestionKind::history, "dairy", "member"), "history of member dairy");
  const auto& entries = history.facts.find("statement")->find("entries")->items();
  BOOST_REQUIRE(entries.size() == 5U);  // three keys, the node, the organisation
  for (const auto& entry : entries) {
    BOOST_TEST(entry.find("height")->text() == "0");
    BOOST_TEST(entry.find("time_ms")->text() == std::to_string(genesis.time));
    BOOST_TEST(entry.find("transaction")->text() == std::string(64, '0'));
    BOOST_TEST(*entry.find_string("what") == "governance.record");
  }
  BOOST_TEST(entries[4].find("fields")->items().at(0).text() == "organisation/dairy");
  const auto state = verified(about(QuestionKind::state, "dairy", "member"), "state of member dairy");
  BOOST_TEST(state.facts.find("statement")->find("value")->text() ==
             to_hex(*LedgerQuery(database, blocks).view().state().get(as_bytes("governance/organisation/dairy"))));
  BOOST_TEST(refused(about(QuestionKind::absence, "market", "member")) == "ENTITY_EXISTS");
  verified(about(QuestionKind::absence, "press", "member"), "absence of member press");
}

BOOST_AUTO_TEST_CASE(a_block_is_proved_by_its_header_once_a_later_one_binds_it) {
  story();
  auto question = about(proof::QuestionKind::block, "");
  question.block = Height{2};
  const auto verdict = verified(question, "block 2");
  const auto header = LedgerQuery(database, blocks).view().record(Height{2})->header;
  BOOST_TEST(verdict.facts.find("statement")->find("block")->text() == header.id().hex());
  BOOST_TEST(verdict.facts.find("statement")->find("transactions")->text() == "2");
  question.via = Height{1};
  const auto via = verified(question, "block 2");
  BOOST_TEST(via.facts.find("via")->find("height")->text() == "1");
  question.via = head.height;  // its state does not reach so far
  BOOST_TEST(verified(question, "block 2").facts.find("via") == nullptr);
  question.block = head.height;
  BOOST_TEST(refused(question) == "PROOF_NOT_YET");
  question.block = head.height.next();
  BOOST_TEST(refused(question) == "BLOCK_NOT_FOUND");
  question.block = Height{0};
  BOOST_TEST(refused(question) == "BLOCK_NOT_PROVABLE");
}

BOOST_AUTO_TEST_CASE(an_entry_newer_than_what_the_final_block_binds_is_not_proved_yet) {
  story();
  const auto governance = [this] {
    std::map<Bytes, Bytes> rows;
    LedgerQuery(database, blocks)
        .view()
        .state()
        .scan(as_bytes("governance/"), as_bytes("governance0"), [&](ByteView key, ByteView value) {
          rows[to_bytes(key)] = to_bytes(value);
          return true;
        });
    return rows;
  };
  const auto before = governance();
  governance::ProposeChange proposal;
  proposal.changes = {governance::SetParameter{"block_transactions_max", 100}};
  say("dairy", "governance", std::string(governance::kPropose), std::string(as_text(proposal.encode())));
  auto question = about(proof::QuestionKind::entry, "");
  std::size_t is_new = 0;
  std::size_t is_changed = 0;
  std::map<Bytes, Bytes> written;
  for (const auto& [key, value] : governance()) {
    const auto old = before.find(key);
    if (old != before.end() && old->second == value) { continue; }
    (old == before.end() ? is_new : is_changed) += 1;
    written[key] = value;
    question.entry = key;
    question.at_least.reset();
    BOOST_TEST(refused(question) == "PROOF_NOT_YET");
    // The block that changed it binds the state before it, and that can be asked for.
    question.at_least = Height{0};
    const auto bound = proved(question);
    BOOST_TEST(bound.facts.find("statement")->find("present")->as_bool() == (old != before.end()));
    if (old != before.end()) {
      BOOST_TEST(bound.facts.find("statement")->find("value")->text() == to_hex(old->second));
    }
  }
  BOOST_TEST(is_new > 0U);
  BOOST_TEST(is_changed > 0U);
  bind({});
  question.at_least.reset();
  for (const auto& [key, value] : written) {
    question.entry = key;
    BOOST_TEST(proved(question).facts.find("statement")->find("value")->text() == to_hex(value));
  }
}

BOOST_AUTO_TEST_CASE(members_are_entries_and_other_state_is_not_provable) {
  story();
  auto question = about(proof::QuestionKind::entry, "");
  question.entry = to_bytes("governance/organisation/dairy");
  const auto verdict = verified(question, "entry governance/organisation/dairy");
  BOOST_TEST(verdict.facts.find("statement")->find("present")->as_bool());
  question.entry = to_bytes("governance/organisation/press");
  verified(question, "no entry governance/organisation/press");
  question.entry = to_bytes("record/dairy");
  BOOST_TEST(refused(question) == "ENTRY_NOT_PROVABLE");
  question.entry = to_bytes("heads/item");
  BOOST_TEST(refused(question) == "ENTRY_NOT_PROVABLE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::query
