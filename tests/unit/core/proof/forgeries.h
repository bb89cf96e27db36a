#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/proof/proof.h"
#include "tests/unit/core/proof/sample_ledger.h"

/// What somebody who wants to be believed would try: each is a file that says something false, or is no proof.
namespace keten::sample {

struct Forgery {
  std::string name;
  std::string reason;
  Bytes file;
};

namespace forging {

using L = SampleLedger;
using proof::Proof;

template <typename Change>
Bytes changed(Proof proof, Change change) {
  change(proof);
  return proof::encode(proof);
}
template <typename Kind>
Kind& as(Proof& proof) {
  return std::get<Kind>(proof.statement);
}

/// The anchor says something else and is signed again by these of the set.
inline void sign_again(const SampleLedger& ledger, Proof& proof, const ValidatorSet& set,
                       const std::vector<std::size_t>& signers) {
  proof.finalization = ledger.finalize(proof.anchor, set, signers);
}

inline void transactions(std::vector<Forgery>& all) {
  using T = proof::TransactionProof;
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  const auto good = ledger.transaction(last, 2, 3);
  const auto add = [&](const std::string& name, auto change) {
    all.push_back({"transaction_" + name, "PROOF_INVALID", changed(good, change)});
  };
  add("at_another_place", [](Proof& p) { --as<T>(p).index; });
  add("behind_the_last", [](Proof& p) { as<T>(p).index = as<T>(p).header.transaction_count; });
  add("last_leaf_doubled", [](Proof& p) {
    auto& one = as<T>(p);
    one.index = one.header.transaction_count++;
    one.header.payload_bytes *= 2;
  });
  add("path_shortened", [](Proof& p) { as<T>(p).payload_path.pop_back(); });
  add("path_lengthened", [](Proof& p) { as<T>(p).payload_path.push_back(Hash{}); });
  add("path_reversed", [](Proof& p) { std::swap(as<T>(p).payload_path.at(0), as<T>(p).payload_path.at(1)); });
  add("mountain_path_shortened", [](Proof& p) { as<T>(p).mountain_path.pop_back(); });
  add("mountain_path_swapped", [](Proof& p) { std::swap(as<T>(p).mountain_path.at(0), as<T>(p).mountain_path.at(1)); });
  add("block_time_changed", [](Proof& p) { as<T>(p).header.time -= 1; });
  add("in_a_block_that_comes_after", [&](Proof& p) {
    auto other = ledger.transaction(last, 9, 1);
    as<T>(other).header.height = Height{last};
    p = other;
  });
  add("receipt_says_refused", [](Proof& p) {
    as<T>(p).receipt.succeeded = false;
    as<T>(p).receipt.reason = "OUT_OF_FUEL";
  });
  add("receipt_of_another", [&](Proof& p) {
    const auto other = ledger.transaction(last, 2, 2);
    as<T>(p).receipt = std::get<T>(other.statement).receipt;
    as<T>(p).receipt_path = std::get<T>(other.statement).receipt_path;
  });
  add("receipt_at_another_place", [&](Proof& p) {
    const auto other = ledger.transaction(last, 2, 2);
    as<T>(p).receipt_path = std::get<T>(other.statement).receipt_path;
  });
  add("receipts_root_changed", [](Proof& p) { as<T>(p).receipts_root.bytes[0] ^= 1U; });
  add("signature_of_another", [&](Proof& p) {
    const auto other = ledger.transaction(last, 2, 2);
    as<T>(p).signature = std::get<T>(other.statement).signature;
  });
  add("body_of_another", [&](Proof& p) {
    const auto other = ledger.transaction(last, 2, 2);
    as<T>(p).body = std::get<T>(other.statement).body;
  });
  add("body_changed", [](Proof& p) { as<T>(p).body.back() ^= 1U; });
  const auto paid = ledger.transaction(last, 3, 0);
  all.push_back({"payload_changed", "PROOF_INVALID",
                 changed(paid, [](Proof& p) { as<T>(p).payloads.at(0).content.at(2) ^= 1U; })});
  all.push_back({"payload_salt_changed", "PROOF_INVALID",
                 changed(paid, [](Proof& p) { as<T>(p).payloads.at(0).salt.bytes[0] ^= 1U; })});
  all.push_back({"payload_twice", "PROOF_INVALID",
                 changed(paid, [](Proof& p) { as<T>(p).payloads.push_back(as<T>(p).payloads.front()); })});
}

inline void entries_and_absence(std::vector<Forgery>& all) {
  using E = proof::EntryProof;
  using A = proof::AbsenceProof;
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  const auto entry = ledger.entry(last, to_bytes("governance/organisation/company2"));
  const auto add = [&](const std::string& name, const Proof& good, auto change) {
    all.push_back({name, "PROOF_INVALID", changed(good, change)});
  };
  add("entry_value_changed", entry, [](Proof& p) { as<E>(p).value->at(0) ^= 1U; });
  add("entry_of_another_key", entry, [](Proof& p) { as<E>(p).key = to_bytes("governance/organisation/company1"); });
  add("entry_said_to_be_absent", entry, [](Proof& p) { as<E>(p).value.reset(); });
  add("entry_said_to_be_another", entry, [](Proof& p) {
    as<E>(p).path.other = proof::MapLeaf{map_key(as<E>(p).key), map_value(*as<E>(p).value)};
    as<E>(p).value.reset();
  });
  add("entry_with_another_leaf_beside", entry, [](Proof& p) {
    as<E>(p).path.other = proof::MapLeaf{map_key(as<E>(p).key), map_value(*as<E>(p).value)};
  });
  add("map_sides_swapped", entry, [](Proof& p) {
    auto& siblings = as<E>(p).path.siblings;
    std::swap(siblings.at(0), siblings.at(1));
  });
  add("map_path_shortened", entry, [](Proof& p) { as<E>(p).path.siblings.pop_back(); });
  add("map_path_lengthened", entry, [](Proof& p) { as<E>(p).path.siblings.push_back(Hash{}); });
  add("map_path_of_256", entry, [](Proof& p) { as<E>(p).path.siblings.resize(256); });

  const auto gone = ledger.entry(last, to_bytes("governance/organisation/company7"));
  add("absent_entry_said_to_be_there", gone, [](Proof& p) {
    as<E>(p).value = Bytes(24, 1);
    as<E>(p).path.other.reset();
  });

  // Exclusion of what is there, made from what is there too.
  const proof::Entity milk{"item", L::kMilk1};
  const auto present = ledger.history(last, milk);
  const auto& path = std::get<proof::HistoryProof>(present.statement).path;
  const auto absent = [&](proof::MapPath forged) { return ledger.begin(last, A{milk, std::move(forged)}); };
  add("absence_of_what_is_there", absent(path), [](Proof&) {});
  for (std::size_t cut = 0; cut < path.siblings.size(); ++cut) {
    auto shorter = path;
    shorter.siblings.resize(cut);
    add("absence_with_path_cut_to_" + std::to_string(cut), absent(shorter), [](Proof&) {});
  }
  const auto neighbour = ledger.history(last, {"item", L::kMilk2});
  const auto& beside = std::get<proof::HistoryProof>(neighbour.statement);
  const proof::MapLeaf leaf{map_key(proof::head_key(beside.entity)), map_value(beside.head.encode())};
  add("absence_from_a_neighbour", absent({beside.path.siblings, leaf}), [](Proof&) {});
  add("absence_from_a_neighbour_on_own_path", absent({path.siblings, leaf}), [](Proof&) {});
  const proof::MapLeaf self{map_key(proof::head_key(milk)),
                            map_value(std::get<proof::HistoryProof>(present.statement).head.encode())};
  add("absence_from_itself", absent({path.siblings, self}), [](Proof&) {});
  // A node as a leaf: its two halves where K' and V' stand.
  auto shorter = path;
  const auto sibling = shorter.siblings.back();
  shorter.siblings.pop_back();
  add("absence_with_a_node_as_leaf",
      absent({shorter.siblings, proof::MapLeaf{sibling, map_leaf(self.key, self.value)}}), [](Proof&) {});
  add("absence_with_a_node_as_leaf_mirrored",
      absent({shorter.siblings, proof::MapLeaf{map_leaf(self.key, self.value), sibling}}), [](Proof&) {});

  // True of the map, and it says nothing: such keys are never in it.
  add("absence_of_an_entry_that_is_not_provable", ledger.entry(last, to_bytes("production/item/x")), [](Proof&) {});
  add("absence_of_a_head_as_an_entry", ledger.entry(last, proof::head_key({"lot", L::kMilk1})), [](Proof&) {});
  add("absence_of_a_kind_that_does_not_exist", ledger.absence(last, {"ite", L::kMilk1}), [](Proof&) {});
  const auto nothing = [&](const std::string& name, const std::string& kind, const std::string& id) {
    add("absence_of_" + name, ledger.absence(last, {kind, id}), [](Proof&) {});
  };
  nothing("a_contract_that_is_built_in", "contract", "production");
  nothing("a_contract_with_a_capital", "contract", "Counter");
  nothing("an_agreement_of_63_digits", "agreement", std::string(63, 'a'));
  nothing("an_agreement_in_capitals", "agreement", std::string(64, 'A'));
  nothing("a_member_with_a_space", "member", "company 1");
  nothing("a_record_without_organisation", "record", "shelf");
  nothing("a_record_without_subject", "record", "company1/");
  nothing("a_record_with_a_long_subject", "record", "company1/" + std::string(257, 's'));
  nothing("a_dataset_with_a_space", "dataset", "urn:ds:milk ");
  nothing("a_dataset_of_257_characters", "dataset", std::string(257, 'd'));

  const auto never = ledger.absence(last, {"item", L::kNever});
  add("absence_of_another", never, [](Proof& p) { as<A>(p).entity.id = L::kCheese; });
  add("absence_in_an_older_state", ledger.absence(1, milk), [&](Proof& p) {
    const auto now = ledger.absence(last, milk);
    p.anchor = now.anchor;
    p.finalization = now.finalization;
    p.hand_overs = now.hand_overs;
  });
}

inline void blocks(std::vector<Forgery>& all) {
  using B = proof::BlockProof;
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  const auto good = ledger.block_proof(last, 2);
  const auto add = [&](const std::string& name, auto change) {
    all.push_back({"block_" + name, "PROOF_INVALID", changed(good, change)});
  };
  add("at_another_height", [](Proof& p) { ++as<B>(p).header.height; });
  add("time_changed", [](Proof& p) { ++as<B>(p).header.time; });
  add("with_another_payload", [](Proof& p) { as<B>(p).header.payload_root.bytes[0] ^= 1U; });
  add("receipts_root_changed", [](Proof& p) { as<B>(p).receipts_root.bytes[31] ^= 1U; });
  add("path_shortened", [](Proof& p) { as<B>(p).mountain_path.pop_back(); });
  add("path_lengthened", [](Proof& p) { as<B>(p).mountain_path.push_back(Hash{}); });
  add("path_of_another",
      [&](Proof& p) { as<B>(p).mountain_path = std::get<B>(ledger.block_proof(last, 3).statement).mountain_path; });
  add("that_the_anchor_does_not_bind", [&](Proof& p) { as<B>(p).header = ledger.header(last); });
  add("of_height_0", [&](Proof& p) {
    as<B>(p).header = ledger.header(0);
    as<B>(p).mountain_path = std::get<B>(ledger.block_proof(last, 0).statement).mountain_path;
  });
  const auto via = ledger.via(ledger.history(last, {"item", L::kMilk1}), 6);
  const auto add_via = [&](const std::string& name, auto change) {
    all.push_back({"via_" + name, "PROOF_INVALID", changed(via, change)});
  };
  add_via("at_another_height", [](Proof& p) { ++p.via->header.height; });
  add_via("another_block", [](Proof& p) { ++p.via->header.time; });
  add_via("another_path",
          [&](Proof& p) { p.via->mountain_path = std::get<B>(ledger.block_proof(last, 7).statement).mountain_path; });
  add_via("beyond_the_state", [&](Proof& p) { p.via->header = ledger.header(last); });
  add("of_another_version", [](Proof& p) { as<B>(p).header.version = 2; });
}

inline void histories(std::vector<Forgery>& all) {
  using H = proof::HistoryProof;
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  const auto good = ledger.history(last, {"item", L::kCheese});
  const auto add = [&](const std::string& name, const Proof& from, auto change) {
    all.push_back({name, "PROOF_INVALID", changed(from, change)});
  };
  add("history_without_its_first", good, [](Proof& p) {
    as<H>(p).entries.erase(as<H>(p).entries.begin());
    p.events.erase(p.events.begin());
    for (auto& entry : as<H>(p).entries) { --std::get<proof::EventPlace>(entry.content).place; }
  });
  add("history_without_its_last", good, [](Proof& p) {
    as<H>(p).entries.pop_back();
    p.events.pop_back();
  });
  add("history_without_its_last_and_a_lower_count", good, [](Proof& p) {
    as<H>(p).entries.pop_back();
    p.events.pop_back();
    --as<H>(p).head.count;
  });
  add("history_without_the_middle_one", good, [](Proof& p) {
    as<H>(p).entries.erase(as<H>(p).entries.begin() + 1);
    p.events.erase(p.events.begin() + 1);
    as<H>(p).entries.at(1).content = proof::EventPlace{1};
  });
  add("history_with_one_twice", good, [](Proof& p) { as<H>(p).entries.push_back(as<H>(p).entries.back()); });
  add("history_in_another_order", good,
      [](Proof& p) { std::swap(as<H>(p).entries.at(1).transaction, as<H>(p).entries.at(2).transaction); });
  add("history_of_another", good, [](Proof& p) { as<H>(p).entity.id = L::kMilk1; });
  add("history_kind_and_id_shifted", good, [](Proof& p) {
    as<H>(p).entity.kind = "ite";
    as<H>(p).entity.id = "m" + as<H>(p).entity.id;
  });
  add("history_with_an_older_head", good, [&](Proof& p) {
    const auto older = ledger.history(4, {"item", L::kCheese});
    as<H>(p) = std::get<H>(older.statement);
    p.events.resize(1);
  });
  add("history_time_changed", good, [](Proof& p) { as<H>(p).entries.at(0).time += 1; });
  add("history_event_number_changed", good, [](Proof& p) { as<H>(p).entries.at(0).event += 1; });
  add("history_organisation_changed", good, [](Proof& p) { p.events.at(0).organisation = "company1"; });
  add("history_error_flag_set", good, [](Proof& p) { p.events.at(0).flags = 1; });
  add("history_role_changed", good, [](Proof& p) { p.events.at(0).names.at(0).roles = 1; });
  add("history_name_left_out", good, [](Proof& p) { p.events.at(0).names.pop_back(); });
  add("history_text_changed", good, [](Proof& p) { p.events.at(0).text.at(2) ^= 1U; });
  add("history_text_and_digest_changed", good, [](Proof& p) {
    p.events.at(0).text.at(2) ^= 1U;
    p.events.at(0).digest = proof::epcis_text_digest(p.events.at(0).text);
  });
  add("history_with_an_unused_event", good, [](Proof& p) {
    p.events.push_back(p.events.front());
    p.events.back().event_id = "more";
  });
  add("history_with_an_event_twice_in_the_list", good, [](Proof& p) { p.events.push_back(p.events.front()); });
  add("history_events_in_another_order", good, [](Proof& p) {
    std::swap(p.events.at(0), p.events.at(1));
    as<H>(p).entries.at(0).content = proof::EventPlace{1};
    as<H>(p).entries.at(1).content = proof::EventPlace{0};
  });
  const auto records = ledger.history(last, {"record", "company1/shelf"});
  add("record_boundary_moved", records, [](Proof& p) {
    auto& record = std::get<proof::RecordContent>(as<H>(p).entries.at(0).content);
    record.key.push_back(record.value.front());
    record.value.erase(record.value.begin());
  });
  add("record_value_changed", records,
      [](Proof& p) { std::get<proof::RecordContent>(as<H>(p).entries.at(1).content).value.at(0) ^= 1U; });
  add("record_replaced_by_a_digest", records, [](Proof& p) { as<H>(p).entries.at(0).content = hash_of("other"); });
  const auto facts = ledger.history(last, {"agreement", L::kAgreement});
  const auto fact = [](Proof& p, std::size_t number) -> proof::FactContent& {
    return std::get<proof::FactContent>(as<H>(p).entries.at(number).content);
  };
  add("fact_boundary_moved", facts, [&](Proof& p) {
    auto& fields = fact(p, 0).fields;
    fields.at(1).insert(fields.at(1).begin(), fields.at(0).back());
    fields.at(0).pop_back();
  });
  add("fact_value_changed", facts, [&](Proof& p) { fact(p, 1).fields.at(1).at(0) ^= 1U; });
  add("fact_of_another_name", facts, [&](Proof& p) { fact(p, 0).what = "usage.record1"; });
  add("fact_with_an_empty_field_more", facts, [&](Proof& p) { fact(p, 2).fields.emplace_back(); });
  add("fact_as_a_record", facts, [&](Proof& p) {
    const auto one = fact(p, 0);
    as<H>(p).entries.at(0).content = proof::RecordContent{one.fields.at(0), one.fields.at(1)};
  });
  add("fact_left_out", facts, [](Proof& p) { as<H>(p).entries.erase(as<H>(p).entries.begin() + 1); });
  add("fact_of_another_agreement", facts, [](Proof& p) { as<H>(p).entity.id.back() = '2'; });
  add("agreement_as_a_dataset", facts, [](Proof& p) { as<H>(p).entity.kind = "dataset"; });
  all.push_back(
      {"fact_of_no_name", "PROOF_MALFORMED", changed(facts, [&](Proof& p) { fact(p, 0).what = "two words"; })});
  all.push_back(
      {"fact_of_17_fields", "PROOF_MALFORMED", changed(facts, [&](Proof& p) { fact(p, 0).fields.resize(17); })});
  const auto dataset = ledger.history(last, {"dataset", L::kDataset});
  add("dataset_without_its_agreement", dataset, [](Proof& p) {
    as<H>(p).entries.pop_back();
    --as<H>(p).head.count;
  });
  const auto state = ledger.state(last, {"item", L::kCheese});
  add("state_value_changed", state, [](Proof& p) { as<proof::StateProof>(p).value.at(0) ^= 1U; });
  add("state_of_an_earlier_height", state, [&](Proof& p) {
    as<proof::StateProof>(p).value = std::get<proof::StateProof>(ledger.state(7, {"item", L::kCheese}).statement).value;
  });
}

/// A trace without history `left_out`. Events that nothing names any more go too, so that only the gap is wrong.
inline Proof with_gap(Proof trace, std::size_t left_out) {
  auto& histories = as<proof::TraceProof>(trace).histories;
  histories.erase(histories.begin() + static_cast<std::ptrdiff_t>(left_out));
  std::vector<proof::EpcisEvent> events;
  for (auto& history : histories) {
    for (auto& entry : history.entries) {
      const auto& event = trace.events.at(std::get<proof::EventPlace>(entry.content).place);
      const auto content = proof::epcis_content(event);
      const auto found = std::find_if(events.begin(), events.end(),
                                      [&](const auto& known) { return proof::epcis_content(known) == content; });
      entry.content = proof::EventPlace{static_cast<std::uint32_t>(found - events.begin())};
      if (found == events.end()) { events.push_back(event); }
    }
  }
  trace.events = std::move(events);
  return trace;
}

/// What no ledger keeps, signed by a quorum: one id as an item and as a lot.
inline Proof trace_of_two_kinds() {
  using H = proof::HistoryProof;
  const auto& ledger = sample_ledger();
  auto result = ledger.history(2, {"item", L::kMilk2});
  const auto one = as<H>(result);
  proof::TraceProof trace{proof::Direction::back, one.entity, {}};
  NaiveMap map;
  for (const auto* kind : {"item", "lot"}) {
    auto history = one;
    history.entity.kind = kind;
    history.head.chain = proof::history_next(proof::history_begin(history.entity), 1, history.entries.at(0),
                                             proof::epcis_content(result.events.at(0)));
    map.put(proof::head_key(history.entity), history.head.encode());
    trace.histories.push_back(std::move(history));
  }
  for (auto& history : trace.histories) { history.path = map.path(proof::head_key(history.entity)); }
  result.commitments.map_root = map.root();
  result.anchor.state_root = result.commitments.state_root(result.anchor.executed_height);
  result.statement = std::move(trace);
  sign_again(ledger, result, ledger.set(0), {0, 1, 2});
  return result;
}

inline void traces(std::vector<Forgery>& all) {
  using T = proof::TraceProof;
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  const auto add = [&](const std::string& name, const Proof& from, auto change) {
    all.push_back({name, "PROOF_INVALID", changed(from, change)});
  };
  const auto trace = ledger.trace(last, {"item", L::kCheese}, proof::Direction::back);
  const auto add_gaps = [&](const std::string& name, const Proof& whole) {
    for (std::size_t i = 0; i < std::get<T>(whole.statement).histories.size(); ++i) {
      add(name + "_without_history_" + std::to_string(i), with_gap(whole, i), [](Proof&) {});
    }
  };
  add_gaps("trace", trace);
  add_gaps("trace_forward_of_a_lot", ledger.trace(last, {"lot", L::kCream}, proof::Direction::forward));
  add_gaps("trace_back_to_a_lot", ledger.trace(last, {"item", L::kButter}, proof::Direction::back));
  add("trace_of_an_id_of_two_kinds", trace_of_two_kinds(), [](Proof&) {});
  add("trace_in_the_other_direction", trace, [](Proof& p) { as<T>(p).direction = proof::Direction::forward; });
  add("trace_of_another", trace, [](Proof& p) { as<T>(p).entity.id = L::kMilk2; });
  add("trace_of_what_is_not_in_it", trace, [](Proof& p) { as<T>(p).entity.id = L::kNever; });
  add("trace_of_another_kind", trace, [](Proof& p) { as<T>(p).entity.kind = "lot"; });
  add("trace_with_a_history_twice", trace,
      [](Proof& p) { as<T>(p).histories.insert(as<T>(p).histories.begin(), as<T>(p).histories.front()); });
  add("trace_not_ascending", trace,
      [](Proof& p) { std::reverse(as<T>(p).histories.begin(), as<T>(p).histories.end()); });
}

inline void validators(std::vector<Forgery>& all) {
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  const auto good = ledger.absence(last, {"item", L::kNever});
  const auto early = ledger.absence(4, {"item", L::kNever});
  const auto add = [&](const std::string& name, const Proof& from, auto change) {
    all.push_back({name, "PROOF_INVALID", changed(from, change)});
  };
  /// Everything consistent with a state that never was.
  const auto invent = [](Proof& p) {
    p.commitments.map_root = map_root(Hash{});
    std::get<proof::AbsenceProof>(p.statement) = {{"item", L::kMilk1}, {}};
    p.anchor.state_root = p.commitments.state_root(p.anchor.executed_height);
  };
  add("invented_state_unsigned", early, invent);
  add("invented_state_signed_by_quorum_minus_one", early, [&](Proof& p) {
    invent(p);
    sign_again(ledger, p, ledger.set(0), {1, 2});
  });
  add("invented_state_signed_by_nobody", early, [&](Proof& p) {
    invent(p);
    sign_again(ledger, p, ledger.set(0), {});
  });
  add("invented_state_with_one_signature_three_times", early, [&](Proof& p) {
    invent(p);
    sign_again(ledger, p, ledger.set(0), {1});
    p.finalization.signers = {0x0E};
    p.finalization.signatures.resize(3, p.finalization.signatures.front());
  });
  add("invented_state_signed_by_the_retired_set", good, [&](Proof& p) {
    invent(p);
    sign_again(ledger, p, ledger.set(0), {0, 1, 2, 3});
  });
  add("invented_state_in_the_epoch_of_the_retired_set", good, [&](Proof& p) {
    invent(p);
    p.anchor.epoch = Epoch{0};
    sign_again(ledger, p, ledger.set(0), {0, 1, 2, 3});
  });
  add("invented_state_with_an_invented_set", good, [&](Proof& p) {
    invent(p);
    std::vector<Validator> members;
    for (const auto* name : {"evil/a", "evil/b", "evil/c", "evil/d"}) {
      members.push_back({"evil", std::string(name).substr(5), key_pair(name).public_key(), 1, {}});
    }
    p.hand_overs.back().members = members;
    sign_again(ledger, p, ValidatorSet(members), {0, 1, 2, 3});
  });
  add("invented_state_with_an_invented_set_and_header", good, [&](Proof& p) {
    invent(p);
    std::vector<Validator> members;
    for (const auto* name : {"evil/a", "evil/b", "evil/c", "evil/d"}) {
      members.push_back({"evil", std::string(name).substr(5), key_pair(name).public_key(), 1, {}});
    }
    p.hand_overs.back().members = members;
    p.hand_overs.back().header.next_set = ValidatorSet(members).id();
    sign_again(ledger, p, ValidatorSet(members), {0, 1, 2, 3});
  });
  add("a_notarization_instead", early, [&](Proof& p) {
    p.finalization.subject.kind = VoteKind::notarize;
    p.finalization.signatures.clear();
    for (const auto index : {0U, 1U, 2U}) {
      p.finalization.signatures.push_back(
          validator_key(index).sign(p.finalization.subject.signing_hash(p.chain_id, ledger.set(0).id()).view()));
    }
  });
  add("a_finalization_of_another_block", early, [&](Proof& p) {
    p.finalization = ledger.absence(3, {"item", L::kNever}).finalization;
  });
  add("a_signature_changed", early, [](Proof& p) { p.finalization.signatures.at(1).bytes[40] ^= 1U; });
  add("two_signatures_swapped", early,
      [](Proof& p) { std::swap(p.finalization.signatures.at(0), p.finalization.signatures.at(1)); });
  add("a_signer_beyond_the_set", early, [](Proof& p) { p.finalization.signers = {0x13}; });
  add("a_bitmap_too_long", early, [](Proof& p) { p.finalization.signers.push_back(0); });
  add("a_signature_too_many", early, [](Proof& p) {
    p.finalization.signers = {0x0F};
    p.finalization.signatures.push_back(p.finalization.signatures.front());
  });
  add("a_hand_over_left_out", good, [](Proof& p) { p.hand_overs.erase(p.hand_overs.begin()); });
  add("the_last_hand_over_left_out", good, [](Proof& p) { p.hand_overs.pop_back(); });
  add("a_hand_over_twice", good, [](Proof& p) { p.hand_overs.push_back(p.hand_overs.back()); });
  add("hand_overs_swapped", good, [](Proof& p) { std::swap(p.hand_overs.at(0), p.hand_overs.at(1)); });
  add("hand_over_members_in_another_order", good,
      [](Proof& p) { std::swap(p.hand_overs.at(0).members.at(0), p.hand_overs.at(0).members.at(1)); });
  add("hand_over_weight_raised", good, [](Proof& p) { p.hand_overs.at(0).members.at(4).weight = 100; });
  add("hand_over_by_a_block_that_seals_nothing", good, [&](Proof& p) {
    auto& first = p.hand_overs.at(0);
    first.header = ledger.header(4);
    first.finalization = early.finalization;
    first.header.next_set = {};
  });
  add("hand_over_signature_changed", good,
      [](Proof& p) { p.hand_overs.at(0).finalization.signatures.at(0).bytes[3] ^= 1U; });
  add("executed_height_changed", early, [](Proof& p) { p.anchor.executed_height = Height{2}; });
  add("commitments_swapped", early, [](Proof& p) { std::swap(p.commitments.rest, p.commitments.mountain_root); });
  add("rest_changed", early, [](Proof& p) { p.commitments.rest.bytes[0] ^= 1U; });
  static const SampleLedger other("other");
  const auto foreign = other.absence(4, {"item", L::kNever});
  all.push_back({"another_chain", "PROOF_OTHER_CHAIN", proof::encode(foreign)});
  add("another_chain_under_this_name", foreign, [&](Proof& p) { p.chain_id = early.chain_id; });
  add("an_anchor_of_another_chain", early, [&](Proof& p) {
    p.anchor = foreign.anchor;
    p.finalization = foreign.finalization;
    p.commitments = foreign.commitments;
  });
  add("signatures_for_another_chain", early,
      [&](Proof& p) { p.finalization.signatures = foreign.finalization.signatures; });
  all.push_back({"another_first_epoch", "PROOF_OTHER_EPOCH", changed(good, [](Proof& p) {
                   p.first_epoch = Epoch{1};
                   p.hand_overs.erase(p.hand_overs.begin());
                 })});
}

inline void encodings(std::vector<Forgery>& all) {
  const auto file = proof::encode(sample_ledger().absence(4, {"item", L::kNever}));
  const auto add = [&](const std::string& name, Bytes bytes) {
    all.push_back({"encoding_" + name, "PROOF_MALFORMED", std::move(bytes)});
  };
  const auto with = [&](std::size_t place, std::initializer_list<std::uint8_t> bytes) {
    auto result = file;
    result.insert(result.begin() + static_cast<std::ptrdiff_t>(place), bytes);
    return result;
  };
  add("empty", {});
  add("cut_short", Bytes(file.begin(), file.end() - 1));
  add("one_byte_behind", with(file.size(), {0}));
  add("unknown_field", with(file.size(), {0x8a, 0x06, 0x00}));
  add("zero_written_out", with(2 + 34, {0x18, 0x00}));
  auto long_varint = file;
  long_varint.at(1) = 0x81;
  long_varint.insert(long_varint.begin() + 2, 0);
  add("long_varint", long_varint);
  add("field_twice", with(0, {0x08, 0x01}));
  Bytes reordered(file.begin() + 2, file.end());
  reordered.insert(reordered.end(), {0x08, 0x01});
  add("fields_in_another_order", reordered);
  add("another_version", [&] {
    auto result = file;
    result.at(1) = 2;
    return result;
  }());
  add("no_statement", [&] {
    auto empty = *proof::decode(file);
    empty.statement = proof::AbsenceProof{{"item", "x"}, {}};
    auto shorter = proof::encode(empty);
    // The statement is the last field: 7a, its length, 0a 04 item, 12 01 x, 1a 00.
    shorter.resize(shorter.size() - (2 + 6 + 3 + 2));
    return shorter;
  }());
  add("no_path", [&] {
    auto empty = *proof::decode(file);
    empty.statement = proof::AbsenceProof{{"item", "x"}, {}};
    auto shorter = proof::encode(empty);
    shorter.resize(shorter.size() - 2);
    shorter.at(shorter.size() - 10) = static_cast<std::uint8_t>(shorter.at(shorter.size() - 10) - 2);
    return shorter;
  }());
  add("hash_of_31_bytes", [&] {
    auto result = file;
    result.at(3) = 31;
    result.erase(result.begin() + 4);
    return result;
  }());
}

}  // namespace forging

inline std::vector<Forgery> sample_forgeries() {
  std::vector<Forgery> all;
  forging::transactions(all);
  forging::entries_and_absence(all);
  forging::blocks(all);
  forging::histories(all);
  forging::traces(all);
  forging::validators(all);
  forging::encodings(all);
  return all;
}

}  // namespace keten::sample
