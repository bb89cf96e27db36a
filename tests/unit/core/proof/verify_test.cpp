#include "core/proof/verify.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/proof/wire_limits.h"
#include "tests/unit/core/proof/forgeries.h"
#include "tests/unit/core/proof/sample_ledger.h"

namespace keten::proof {
namespace {

BOOST_AUTO_TEST_SUITE(verify_proof)

BOOST_AUTO_TEST_CASE(every_kind_of_proof_holds_and_says_what_it_proves) {
  for (const auto& [name, proof] : sample::sample_proofs()) {
    const auto file = encode(proof);
    const auto verdict = verify(file, sample::sample_ledger().root());
    BOOST_REQUIRE_MESSAGE(verdict.ok(), name << ": " << (verdict ? "" : verdict.error().message));
    BOOST_TEST(encode(*decode(file)) == file);
    BOOST_TEST((verdict->height == proof.anchor.executed_height));
    BOOST_TEST(verdict->text().starts_with(verdict->subject + "\n"));
    BOOST_TEST(!verdict->not_proved.empty());
    BOOST_TEST(verdict->facts.find("validators")->as_integer().value() ==
               static_cast<std::int64_t>(sample::sample_ledger().set(proof.anchor.epoch.value).size()));
    BOOST_TEST_MESSAGE(name << ": " << file.size() << " bytes\n" << verdict->text());
  }
}

BOOST_AUTO_TEST_CASE(a_proof_about_something_else_than_expected_is_refused) {
  using L = sample::SampleLedger;
  const auto& ledger = sample::sample_ledger();
  const auto reason = [&](const Proof& proof, std::string_view expected) {
    const auto verdict = verify(encode(proof), ledger.root(), expected);
    return verdict ? "" : verdict.error().reason;
  };
  const auto history = ledger.history(11, {"item", L::kCheese});
  const std::string cheese = L::kCheese;
  BOOST_TEST(reason(history, "history of item " + cheese) == "");
  BOOST_TEST(reason(history, "item " + cheese) == "");
  BOOST_TEST(reason(history, cheese) == "");
  BOOST_TEST(reason(history, "state of item " + cheese) == "PROOF_OTHER_SUBJECT");
  BOOST_TEST(reason(history, "lot " + cheese) == "PROOF_OTHER_SUBJECT");
  BOOST_TEST(reason(history, L::kMilk1) == "PROOF_OTHER_SUBJECT");
  BOOST_TEST(reason(history, "") == "PROOF_OTHER_SUBJECT");
  // Of the cheese as a lot there is nothing, which must not pass for "of the cheese there is nothing".
  const auto absence = ledger.absence(11, {"lot", cheese});
  BOOST_TEST(reason(absence, "absence of lot " + cheese) == "");
  BOOST_TEST(reason(absence, "lot " + cheese) == "PROOF_OTHER_SUBJECT");
  BOOST_TEST(reason(absence, "item " + cheese) == "PROOF_OTHER_SUBJECT");
  BOOST_TEST(reason(absence, cheese) == "PROOF_OTHER_SUBJECT");
  // Anybody may call a dataset as an item is called.
  const auto dataset = ledger.history(11, {"dataset", L::kDataset});
  BOOST_TEST(reason(dataset, std::string("dataset ") + L::kDataset) == "");
  BOOST_TEST(reason(dataset, L::kDataset) == "PROOF_OTHER_SUBJECT");
  const auto transaction = ledger.transaction(4, 2, 3);
  BOOST_TEST(reason(transaction, ledger.transaction_at(2, 3).hex()) == "");
  BOOST_TEST(reason(transaction, ledger.transaction_at(2, 2).hex()) == "PROOF_OTHER_SUBJECT");
}

BOOST_AUTO_TEST_CASE(entries_of_which_a_file_has_the_hash_only_are_named_as_not_proved) {
  using L = sample::SampleLedger;
  const auto& ledger = sample::sample_ledger();
  const auto all = ledger.history(11, {"dataset", L::kDataset});
  const auto not_proved = [&](const Proof& proof) {
    const auto verdict = verify(encode(proof), ledger.root());
    BOOST_REQUIRE(verdict.ok());
    return verdict->not_proved.front();
  };
  BOOST_TEST(not_proved(all).starts_with("that what was recorded is true"));
  BOOST_TEST(not_proved(sample::hiding(all, "agreed")) == "what entry 2 says is not in this file: only its hash");
  BOOST_TEST(not_proved(sample::hiding(sample::hiding(all, "agreed"), "dataset/1")) ==
             "what entries 1, 2 say is not in this file: only their hash");
}

BOOST_AUTO_TEST_CASE(of_a_record_it_is_said_that_puts_without_a_subject_are_in_no_history) {
  const auto& ledger = sample::sample_ledger();
  const std::string said = "that nothing was put under this key: a put that names no subject is in no history";
  const auto absent = verify(encode(ledger.absence(11, {"record", "company1/scale"})), ledger.root());
  BOOST_REQUIRE(absent.ok());
  BOOST_TEST(absent->proved.front() == "no put ever named the subject of record company1/scale");
  BOOST_TEST(absent->not_proved.front() == said);
  const auto history = verify(encode(ledger.history(11, {"record", "company1/shelf"})), ledger.root());
  BOOST_REQUIRE(history.ok());
  BOOST_TEST(history->not_proved.front() == said);
}

BOOST_AUTO_TEST_CASE(signatures_are_checked_from_the_trust_root_on_so_that_invented_validators_cost_nothing) {
  const auto& ledger = sample::sample_ledger();
  auto proof = ledger.absence(11, {"item", sample::SampleLedger::kNever});
  proof.finalization.signatures.at(0).bytes[40] ^= 1U;
  const auto anchor = verify(encode(proof), ledger.root());
  BOOST_REQUIRE(!anchor.ok());
  BOOST_TEST(anchor.error().message.starts_with("anchor: "), anchor.error().message);
  for (auto epoch : {1U, 0U}) {
    proof.hand_overs.at(epoch).finalization.signatures.at(0).bytes[40] ^= 1U;
    const auto verdict = verify(encode(proof), ledger.root());
    BOOST_REQUIRE(!verdict.ok());
    BOOST_TEST(verdict.error().message.starts_with("end of epoch " + std::to_string(epoch) + ": "),
               verdict.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_kind_that_no_head_can_have_is_refused) {
  const auto& ledger = sample::sample_ledger();
  auto history = ledger.history(11, {"item", sample::SampleLedger::kCheese});
  std::get<HistoryProof>(history.statement).entity.kind = "seventeenletters_";
  const auto verdict = verify(encode(history), ledger.root());
  BOOST_REQUIRE(!verdict.ok());
  BOOST_TEST(verdict.error().reason == "PROOF_MALFORMED");
}

BOOST_AUTO_TEST_CASE(what_a_file_repeats_is_counted_before_anything_is_kept) {
  const auto refused = [](const Bytes& file) {
    const auto checked = check_wire_limits(file);
    return checked ? std::string() : checked.error().message.substr(0, checked.error().message.find(';'));
  };
  const auto field = [](std::uint8_t number, const Bytes& content) {
    Bytes result{static_cast<std::uint8_t>(number << 3U | 2U)};
    for (auto size = content.size();; size >>= 7U) {
      result.push_back(static_cast<std::uint8_t>((size & 0x7FU) | (size > 0x7F ? 0x80U : 0U)));
      if (size <= 0x7F) { break; }
    }
    result.insert(result.end(), content.begin(), content.end());
    return result;
  };
  const auto times = [](const Bytes& one, std::size_t count) {
    Bytes result;
    for (std::size_t i = 0; i < count; ++i) { result.insert(result.end(), one.begin(), one.end()); }
    return result;
  };
  const auto join = [](Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
  };
  const auto digest = field(1, Bytes(32, 7));
  const auto event = [&](std::size_t names) { return field(10, join(digest, times(field(5, {}), names))); };
  BOOST_TEST(refused(event(20'000)) == "");
  BOOST_TEST(refused(event(20'001)) == "found field 5 more often than 20000 times");
  BOOST_TEST(refused(times(event(20'000), 50)) == "");
  BOOST_TEST(refused(times(event(20'000), 51)) == "found more than 1000000 names of events");
  BOOST_TEST(refused(times(field(10, {}), 3)) == "found field 10 shorter than 34 bytes");
  const auto path = [&](std::size_t siblings) { return field(15, field(3, times(field(1, Bytes(32, 1)), siblings))); };
  BOOST_TEST(refused(path(256)) == "");
  BOOST_TEST(refused(path(257)) == "found field 1 more often than 256 times");
  BOOST_TEST(refused(field(15, field(3, field(1, {})))) == "found field 1 shorter than 32 bytes");
  const auto entry = field(5, field(3, Bytes(32, 1)));
  BOOST_TEST(refused(field(13, times(entry, 10))) == "");
  BOOST_TEST(refused(field(13, times(entry, 1'000'001))) == "found field 5 more often than 1000000 times");
  BOOST_TEST(refused(times(field(2, {}), 2)) == "found field 2 more often than 1 time");
  BOOST_TEST(refused(field(15, field(9, {}))) == "found field 9 of a kind that the format does not have there");
  BOOST_TEST(refused(Bytes{0x12, 0x7F}) == "found a field that is cut off");
}

BOOST_AUTO_TEST_CASE(a_checkpoint_verifies_what_begins_at_its_epoch_and_a_longer_file_can_be_cut) {
  const auto& ledger = sample::sample_ledger();
  const auto checkpoint = ledger.checkpoint(1);
  const auto late = encode(ledger.transaction(11, 2, 0));
  const auto early = encode(ledger.transaction(4, 2, 0));
  const auto uncut = verify(late, checkpoint);
  BOOST_REQUIRE(!uncut.ok());
  BOOST_TEST(uncut.error().reason == "PROOF_OTHER_EPOCH");
  const auto cut = begin_at(late, Epoch{1});
  BOOST_REQUIRE(cut.ok());
  const auto verdict = verify(*cut, checkpoint);
  BOOST_REQUIRE(verdict.ok());
  BOOST_TEST(verdict->facts.find("hand_overs")->text() == "1");
  BOOST_TEST(verdict->facts.find("trust")->find("from")->text() == "checkpoint");
  BOOST_TEST((*begin_at(late, Epoch{0}) == late));
  BOOST_TEST(verify(*begin_at(late, Epoch{2}), ledger.checkpoint(2)).ok());
  BOOST_TEST(!begin_at(late, Epoch{3}).ok());
  const auto older = begin_at(early, Epoch{1});
  BOOST_REQUIRE(!older.ok());
  BOOST_TEST(older.error().reason == "PROOF_OTHER_EPOCH");

  auto other_set = checkpoint;
  other_set.validators = ledger.set(0);
  BOOST_TEST(!verify(*cut, other_set).ok());
  auto later = checkpoint;  // that an epoch began later than it ended cannot be
  later.since = Height{8};
  BOOST_TEST(!verify(*cut, later).ok());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_file_is_read_strictly) {
  const auto root = sample::sample_ledger().checkpoint(1);
  const auto text = checkpoint_json(root);
  const auto read = parse_checkpoint(text);
  BOOST_REQUIRE(read.ok());
  BOOST_TEST((read->chain_id == root.chain_id && read->epoch == root.epoch && read->since == root.since));
  BOOST_TEST((read->block == root.block && read->validators.id() == root.validators.id() && !read->is_genesis));
  const auto with = [&](const std::string& from, const std::string& to) {
    auto changed = text;
    const auto place = changed.find(from);
    BOOST_REQUIRE(place != std::string::npos);
    changed.replace(place, from.size(), to);
    const auto result = parse_checkpoint(changed);
    return result ? "" : result.error().reason;
  };
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"\"keten_checkpoint\": 1", "\"keten_checkpoint\": 2"},
           {"\"epoch\": 1", "\"epoch\": -1"},
           {"\"epoch\": 1", "\"epoch\": 1, \"more\": 1"},
           {"\"epoch\": 1,", ""},
           {"\"height\": 5", "\"height\": \"5\""},
           {"\"weight\": 1", "\"weight\": 0"},
           {"\"organisation\": \"company0\"", "\"organisation\": \"\""},
           {"ed25519:", "ed25519:00"},
           {root.validators.at(ValidatorIndex{0}).key.hex(), root.validators.at(ValidatorIndex{1}).key.hex()},
           {root.chain_id.hex(), root.chain_id.hex().substr(1)}}) {
    BOOST_TEST(with(from, to) == "CHECKPOINT_INVALID", from << " as " << to);
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_text_are_shown_so_that_nothing_passes_for_something_else) {
  BOOST_TEST(shown("https://id.gs1.org/00/1") == "https://id.gs1.org/00/1");
  BOOST_TEST(shown(std::string("a\0b", 3)) == "0x610062");
  BOOST_TEST(shown("0x610062") == "0x3078363130303632");
  BOOST_TEST(shown("\x1b[2J") == "0x1b5b324a");
  BOOST_TEST(shown_time(1'750'000'001'002) == "2025-06-15T15:06:41.002Z");
  BOOST_TEST(shown_time(0) == "1970-01-01T00:00:00.000Z");
  BOOST_TEST(shown_time(~0ULL) == "18446744073709551615 ms");
}

BOOST_AUTO_TEST_CASE(no_forgery_is_believed_and_each_is_refused_for_its_own_reason) {
  std::set<std::string> names;
  for (const auto& [name, reason, file] : sample::sample_forgeries()) {
    BOOST_TEST(names.insert(name).second, name << " is there twice");
    const auto verdict = verify(file, sample::sample_ledger().root());
    BOOST_REQUIRE_MESSAGE(!verdict.ok(), name << " was believed");
    BOOST_TEST(verdict.error().reason == reason,
               name << ": " << verdict.error().reason << " " << verdict.error().message);
    BOOST_TEST_MESSAGE(name << ": " << verdict.error().message);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::proof
