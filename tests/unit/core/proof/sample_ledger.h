#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/merkle.h"
#include "core/proof/closure.h"
#include "core/proof/hashes.h"
#include "core/proof/proof.h"
#include "core/proof/trust_root.h"
#include "core/transaction_body.h"
#include "tests/unit/core/sample_network.h"

/// A small chain of three epochs, made by the shortest means: its map is a sorted list, its mountain a list of leaves. What
/// it proves follows from small numbers, so that golden files agree on every machine.
namespace keten::sample {

/// The map as a definition: docs/formats/proof.md, "Map".
class NaiveMap {
 public:
  void put(const Bytes& key, Bytes value) { entries_[map_key(key)] = {key, std::move(value)}; }
  [[nodiscard]] std::optional<Bytes> get(const Bytes& key) const {
    const auto found = entries_.find(map_key(key));
    return found == entries_.end() ? std::nullopt : std::optional(found->second.second);
  }
  [[nodiscard]] Hash root() const { return map_root(top(leaves(), 0)); }

  [[nodiscard]] proof::MapPath path(const Bytes& key) const {
    const auto name = map_key(key);
    proof::MapPath result;
    const auto all = leaves();
    std::span<const proof::MapLeaf> rest = all;
    std::size_t depth = 0;
    for (; rest.size() > 1; ++depth) {
      const auto split = half(rest, depth);
      const auto left = rest.first(split);
      const auto right = rest.subspan(split);
      const bool goes_right = map_bit(name, depth);
      result.siblings.push_back(top(goes_right ? left : right, depth + 1));
      rest = goes_right ? right : left;
    }
    if (rest.size() == 1 && rest[0].key != name) { result.other = rest[0]; }
    return result;
  }

 private:
  [[nodiscard]] std::vector<proof::MapLeaf> leaves() const {
    std::vector<proof::MapLeaf> result;
    for (const auto& [name, entry] : entries_) { result.push_back({name, map_value(entry.second)}); }
    return result;
  }
  static std::size_t half(std::span<const proof::MapLeaf> leaves, std::size_t depth) {
    return static_cast<std::size_t>(
        std::count_if(leaves.begin(), leaves.end(), [&](const auto& leaf) { return !map_bit(leaf.key, depth); }));
  }
  static Hash top(std::span<const proof::MapLeaf> leaves, std::size_t depth) {
    if (leaves.empty()) { return {}; }
    if (leaves.size() == 1) { return map_leaf(leaves[0].key, leaves[0].value); }
    const auto split = half(leaves, depth);
    return map_node(top(leaves.first(split), depth + 1), top(leaves.subspan(split), depth + 1));
  }

  std::map<Hash, std::pair<Bytes, Bytes>> entries_;
};

struct RecordedEntry {
  proof::HistoryEntry entry;  ///< an EPCIS entry has its content's place in SampleLedger::events
  std::optional<proof::EpcisEvent> event;
};

class SampleLedger {
 public:
  static constexpr const char* kMilk1 = "https://id.gs1.org/01/09521321000018/21/m1";
  static constexpr const char* kMilk2 = "https://id.gs1.org/01/09521321000018/21/m2";
  static constexpr const char* kLot = "https://id.gs1.org/01/09521321000025/10/rennet";
  static constexpr const char* kCrate = "https://id.gs1.org/00/095213210000000017";
  static constexpr const char* kCheese = "https://id.gs1.org/01/09521321000032/21/c1";
  // A lot that an epcList names, and an item that a quantityList names: what an event says of a key decides nothing.
  static constexpr const char* kCream = "https://id.gs1.org/01/09521321000049/10/cream";
  static constexpr const char* kButter = "https://id.gs1.org/01/09521321000056/21/b1";
  static constexpr const char* kDataset = "https://company1.example/milk-yield";
  static constexpr const char* kAgreement = "00000000000000000000000000000000000000000000000000000000000000a1";
  static constexpr const char* kNever = "https://id.gs1.org/01/09521321000018/21/never";

  explicit SampleLedger(const std::string& chain_name = "sample") {
    genesis_.chain_name = chain_name;
    genesis_.signatures.clear();
    chain_ = genesis_.chain_id();
    for (const auto& organisation : genesis_.organisations) {
      const auto admin = key_pair(organisation.name + "/admin");
      genesis_.signatures.push_back(
          {organisation.name, admin.public_key(), admin.sign(genesis_signing_hash(chain_).view())});
    }
    sets_.push_back(genesis_.validators());
    auto grown = genesis_.validators().members();
    grown.push_back({"press", "press-1", key_pair("press/press-1").public_key(), 1, NodeNumber{4}});
    sets_.emplace_back(grown);
    grown.erase(grown.begin());
    sets_.emplace_back(grown);
    for (const auto& organisation : genesis_.organisations) {
      map_.put(to_bytes("governance/organisation/" + organisation.name), Bytes(24, 1));
    }
    close(genesis_header(genesis_), {});

    block({milk()});
    block({crate(), record(1), record(2), record(3), record(4)});
    block({cheese(), record(5, true)});
    block({told(record(6), {{{"dataset", kDataset}, {"usage.record", {to_bytes("dataset/1"), to_bytes("{}")}}},
                            {{"contract", "counter"}, {"contracts.step", {to_bytes("approved"), Bytes(32, 7), {}}}}})});
    block({}, true);  // height 5 seals epoch 0
    block({observe(kCheese, "shipping")});
    block({told(record(7), {{{"agreement", kAgreement}, {"usage.record", {to_bytes("agreed"), to_bytes("{\"a\":1}")}}},
                            {{"dataset", kDataset}, {"usage.record", {to_bytes("agreed"), to_bytes("{\"a\":1}")}}}})});
    block({}, true);  // height 8 seals epoch 1
    block({observe(kCheese, "receiving"),
           told(record(8), {{{"agreement", kAgreement}, {"usage.record", {to_bytes("use/1"), to_bytes("{\"n\":1}")}}},
                            {{"agreement", kAgreement}, {"agreements.call", {}}},
                            {{"contract", "counter"}, {"contracts.step", {to_bytes("frozen"), Bytes{0, 255}}}}})});
    block({record(9), butter()});
    block({});
  }

  [[nodiscard]] const Genesis& genesis() const { return genesis_; }
  [[nodiscard]] proof::TrustRoot root() const { return proof::trust_root(genesis_); }
  /// Of the epoch that begins behind the sealing block of the epoch before it.
  [[nodiscard]] proof::TrustRoot checkpoint(std::uint64_t epoch) const {
    for (const auto& header : headers_) {
      if (!header.next_set.is_zero() && header.epoch.value + 1 == epoch) {
        return {chain_, Epoch{epoch}, sets_.at(epoch), header.height, header.id(), false};
      }
    }
    return root();
  }
  [[nodiscard]] std::uint64_t height() const { return headers_.size() - 1; }
  [[nodiscard]] const BlockHeader& header(std::uint64_t height) const { return headers_.at(height); }
  [[nodiscard]] const ValidatorSet& set(std::uint64_t epoch) const { return sets_.at(epoch); }
  [[nodiscard]] TransactionId transaction_at(std::uint64_t height, std::size_t index) const {
    return bodies_.at(height).at(index)->id;
  }

  // Statements hold in the state that block `anchor` binds, which is that after the block before it.
  [[nodiscard]] proof::Proof transaction(std::uint64_t anchor, std::uint64_t height, std::size_t index) const {
    const auto& transactions = bodies_.at(height);
    const auto& transaction = *transactions.at(index);
    proof::TransactionProof one;
    one.header = headers_.at(height);
    one.receipts_root = merkle_root(receipt_leaves(height));
    one.mountain_path = merkle_path(std::span(mountain_).first(anchor), height);
    one.index = static_cast<std::uint32_t>(index);
    one.body = to_bytes(body_bytes(transaction));
    one.signature = transaction.signature;
    one.payloads = transaction.payloads;
    one.payload_path = merkle_path(payload_leaves(transactions), index);
    one.receipt = receipts_.at(height).at(index);
    one.receipt_path = merkle_path(receipt_leaves(height), index);
    return begin(anchor, std::move(one));
  }
  [[nodiscard]] proof::Proof block_proof(std::uint64_t anchor, std::uint64_t height) const {
    return begin(anchor, proof::BlockProof{headers_.at(height), merkle_root(receipt_leaves(height)),
                                           merkle_path(std::span(mountain_).first(anchor), height)});
  }
  /// With the block of that height.
  [[nodiscard]] proof::Proof via(proof::Proof proof, std::uint64_t height) const {
    proof.via = std::get<proof::BlockProof>(block_proof(proof.anchor.height.value, height).statement);
    return proof;
  }
  [[nodiscard]] proof::Proof entry(std::uint64_t anchor, const Bytes& key) const {
    const auto& map = maps_.at(anchor - 1);
    return begin(anchor, proof::EntryProof{key, map.get(key), map.path(key)});
  }
  [[nodiscard]] proof::Proof history(std::uint64_t anchor, const proof::Entity& entity) const {
    auto result = begin(anchor, proof::AbsenceProof{});
    result.statement = history_of(anchor, entity, result.events);
    return result;
  }
  [[nodiscard]] proof::Proof state(std::uint64_t anchor, const proof::Entity& entity) const {
    const auto key = proof::head_key(entity);
    return begin(anchor, proof::StateProof{entity, head_of(anchor, entity), maps_.at(anchor - 1).path(key),
                                           state_of(entity, head_of(anchor, entity).count)});
  }
  [[nodiscard]] proof::Proof absence(std::uint64_t anchor, const proof::Entity& entity) const {
    return begin(anchor, proof::AbsenceProof{entity, maps_.at(anchor - 1).path(proof::head_key(entity))});
  }
  [[nodiscard]] proof::Proof trace(std::uint64_t anchor, const proof::Entity& entity,
                                   proof::Direction direction) const {
    auto result = begin(anchor, proof::AbsenceProof{});
    proof::NamesOf names;
    for (const auto& [one, entries] : histories_) {
      for (const auto& recorded : entries) {
        if (recorded.event && recorded.entry.height.value < anchor) { names[one.id].push_back(&*recorded.event); }
      }
    }
    proof::TraceProof trace{direction, entity, {}};
    const auto reached = proof::lineage(entity.id, direction, names);
    for (const auto& [one, entries] : histories_) {
      if (reached.contains(one.id)) { trace.histories.push_back(history_of(anchor, one, result.events)); }
    }
    result.statement = std::move(trace);
    return result;
  }
  /// Whether a trace is the one that the ledger makes itself.
  [[nodiscard]] bool is_a_trace(const proof::Proof& proof) const {
    const auto* one = std::get_if<proof::TraceProof>(&proof.statement);
    return one != nullptr &&
           proof::encode(proof) == proof::encode(trace(proof.anchor.height.value, one->entity, one->direction));
  }
  /// By the lists that the ledger is made of, not by any hash.
  [[nodiscard]] bool is_absent(const proof::Proof& proof) const {
    const auto& map = maps_.at(proof.anchor.executed_height.value);
    if (const auto* entry = std::get_if<proof::EntryProof>(&proof.statement)) {
      return !entry->value && !map.get(entry->key);
    }
    const auto* absence = std::get_if<proof::AbsenceProof>(&proof.statement);
    return absence != nullptr && !map.get(proof::head_key(absence->entity));
  }
  /// A finalization by these of the epoch's validators.
  [[nodiscard]] Certificate finalize(const BlockHeader& header, const ValidatorSet& set,
                                     const std::vector<std::size_t>& signers) const {
    const Subject subject{VoteKind::finalize, header.epoch, header.view, View{header.view.value - 1}, header.id()};
    Certificate certificate;
    certificate.subject = subject;
    certificate.signers.assign((set.size() + 7) / 8, 0);
    for (const auto index : signers) {
      const auto& member = set.members().at(index);
      certificate.signers[index / 8] = static_cast<std::uint8_t>(certificate.signers[index / 8] | (1U << (index % 8)));
      certificate.signatures.push_back(
          key_pair(member.organisation + "/" + member.node).sign(subject.signing_hash(chain_, set.id()).view()));
    }
    return certificate;
  }

  /// Around any statement: what leads from the genesis to block `anchor`.
  [[nodiscard]] proof::Proof begin(std::uint64_t anchor, proof::Statement statement) const {
    proof::Proof result;
    result.chain_id = chain_;
    result.anchor = headers_.at(anchor);
    for (const auto& header : headers_) {
      if (header.height.value >= anchor || header.next_set.is_zero()) { continue; }
      const auto& set = sets_.at(header.epoch.value);
      result.hand_overs.push_back({header, finalize(header, set, {0, 1, 3, 4, 2 % set.size()}, set.quorum_weight()),
                                   sets_.at(header.epoch.value + 1).members()});
    }
    const auto& set = sets_.at(result.anchor.epoch.value);
    result.finalization = finalize(result.anchor, set, {0, 1, 2, 3, 4}, set.quorum_weight());
    result.commitments = commitments_.at(anchor - 1);
    result.statement = std::move(statement);
    return result;
  }

 private:
  struct Act {
    TransactionPointer transaction;
    std::vector<proof::EpcisEvent> events;
    std::vector<std::pair<proof::Entity, proof::RecordContent>> records;
    bool fails = false;
    std::vector<std::pair<proof::Entity, proof::FactContent>> facts{};
  };
  static Act told(Act act, std::vector<std::pair<proof::Entity, proof::FactContent>> facts) {
    act.facts = std::move(facts);
    return act;
  }

  [[nodiscard]] Certificate finalize(const BlockHeader& header, const ValidatorSet& set,
                                     std::vector<std::size_t> preferred, std::uint64_t count) const {
    std::erase_if(preferred, [&](std::size_t index) { return index >= set.size(); });
    preferred.resize(count);
    std::sort(preferred.begin(), preferred.end());
    return finalize(header, set, preferred);
  }

  Act capture(const std::string& text, const std::vector<proof::EpcisName>& names, std::uint32_t flags = 0) {
    auto body = sample::body(chain_, ++serial_);
    body.contract = "production";
    body.method = "capture";
    body.arguments.clear();
    proof::EpcisEvent event;
    event.text = to_bytes(text);
    event.digest = proof::epcis_text_digest(event.text);
    event.flags = flags;
    event.organisation = organisation_name(0);
    event.event_id = "urn:uuid:00000000-0000-4000-8000-00000000000" + std::to_string(serial_ % 10);
    event.names = names;
    std::sort(event.names.begin(), event.names.end(),
              [](const auto& a, const auto& b) { return std::pair(a.key, a.roles) < std::pair(b.key, b.roles); });
    return {sign_transaction(body, {payload(text)}, device_key(0)), {event}, {}, false};
  }
  Act milk() { return capture(R"({"action":"ADD","type":"ObjectEvent"})", {{1, kMilk1}, {1, kMilk2}}); }
  Act crate() {
    return capture(R"({"action":"ADD","type":"AggregationEvent"})", {{2, kCrate}, {4, kMilk1}, {4, kMilk2}});
  }
  Act cheese() { return capture(R"({"type":"TransformationEvent"})", {{8, kMilk1}, {8 | 32, kLot}, {16, kCheese}}); }
  Act butter() { return capture(R"({"type":"TransformationEvent","of":"cream"})", {{8, kCream}, {16 | 32, kButter}}); }
  Act observe(const std::string& what, const std::string& step) {
    return capture(R"({"action":"OBSERVE","bizStep":")" + step + R"(","type":"ObjectEvent"})", {{1, what}});
  }
  Act record(std::uint64_t number, bool fails = false) {
    Act act{sample::transaction(chain_, 100 + number, number % 4), {}, {}, fails};
    if (!fails) {
      act.records.push_back({{"record", organisation_name(number % 4) + "/shelf"},
                             {to_bytes("key " + std::to_string(number)), to_bytes("value")}});
    }
    return act;
  }

  static Bytes state_of(const proof::Entity& entity, std::uint64_t count) {
    return to_bytes("state of " + entity.id + " behind " + std::to_string(count));
  }

  void add_entry(const proof::Entity& entity, RecordedEntry recorded, const Hash& content) {
    auto& entries = histories_[entity];
    auto& head = heads_[entity];
    if (entries.empty()) { head.chain = proof::history_begin(entity); }
    head.count = entries.size() + 1;
    head.chain = proof::history_next(head.chain, head.count, recorded.entry, content);
    head.height = recorded.entry.height;
    if (entity.kind != "record") { head.state = entity_state_digest(state_of(entity, head.count)); }
    entries.push_back(std::move(recorded));
    map_.put(proof::head_key(entity), head.encode());
  }

  void apply(const Act& act, const BlockHeader& header) {
    proof::HistoryEntry entry;
    entry.height = header.height;
    entry.time = header.time;
    entry.transaction = act.transaction->id;
    for (const auto& event : act.events) {
      std::vector<proof::Entity> entities;
      for (const auto& name : event.names) {
        entities.push_back({name.key.find("/10/") == std::string::npos ? "item" : "lot", name.key});
      }
      for (const auto& entity : entities) {
        entry.content = proof::EventPlace{};
        add_entry(entity, {entry, event}, proof::epcis_content(event));
      }
      ++entry.event;
    }
    for (const auto& [entity, content] : act.records) {
      entry.content = content;
      add_entry(entity, {entry, std::nullopt}, proof::record_content(content));
    }
    for (const auto& [entity, content] : act.facts) {
      entry.content = content;
      add_entry(entity, {entry, std::nullopt}, proof::fact_content(content));
      ++entry.event;
    }
  }

  void block(const std::vector<Act>& acts, bool seals = false) {
    const auto& parent = headers_.back();
    BlockHeader header;
    header.chain_id = chain_;
    header.height = parent.height.next();
    header.epoch = parent.next_set.is_zero() ? parent.epoch : parent.epoch.next();
    header.view = View{header.height.value + 1};
    header.parent = parent.id();
    header.proposer = ValidatorIndex{static_cast<std::uint16_t>(header.height.value % 4)};
    header.time = genesis_.time + header.height.value * 1000;
    header.executed_height = parent.height;
    header.state_root = commitments_.back().state_root(parent.height);
    if (seals) { header.next_set = sets_.at(header.epoch.value + 1).id(); }
    std::vector<TransactionPointer> transactions;
    std::vector<Receipt> receipts;
    for (const auto& act : acts) {
      transactions.push_back(act.transaction);
      header.payload_bytes += static_cast<std::uint32_t>(act.transaction->envelope.size());
      Receipt receipt;
      receipt.transaction = act.transaction->id;
      receipt.succeeded = !act.fails;
      if (act.fails) {
        receipt.reason = "OUT_OF_FUEL";
        receipt.message = "the fuel does not pay for it";
      }
      receipt.fuel_used = 1234;
      receipt.writes_digest = act.fails ? Hash{} : hash_of("writes");
      receipt.valid_until = act.transaction->body.valid_until;
      receipts.push_back(receipt);
    }
    header.transaction_count = static_cast<std::uint32_t>(transactions.size());
    header.payload_root = merkle_root(payload_leaves(transactions));
    for (const auto& act : acts) {
      if (!act.fails) { apply(act, header); }
    }
    bodies_[header.height.value] = std::move(transactions);
    receipts_[header.height.value] = receipts;
    close(header, receipts);
  }

  void close(const BlockHeader& header, const std::vector<Receipt>& /*receipts*/) {
    const auto receipts_root = merkle_root(receipt_leaves(header.height.value));
    mountain_.push_back(mountain_leaf(header.height, header.id(), receipts_root));
    headers_.push_back(header);
    maps_.push_back(map_);
    heads_at_.push_back(heads_);
    commitments_.push_back({merkle_root(mountain_), map_.root(), hash_of("rest " + header.height.text())});
  }

  [[nodiscard]] std::vector<Hash> receipt_leaves(std::uint64_t height) const {
    std::vector<Hash> result;
    const auto found = receipts_.find(height);
    if (found == receipts_.end()) { return result; }
    for (const auto& receipt : found->second) { result.push_back(proof::receipt_leaf(receipt)); }
    return result;
  }
  [[nodiscard]] Head head_of(std::uint64_t anchor, const proof::Entity& entity) const {
    return heads_at_.at(anchor - 1).at(entity);
  }
  [[nodiscard]] proof::HistoryProof history_of(std::uint64_t anchor, const proof::Entity& entity,
                                               std::vector<proof::EpcisEvent>& events) const {
    proof::HistoryProof result{entity, head_of(anchor, entity), maps_.at(anchor - 1).path(proof::head_key(entity)), {}};
    for (const auto& recorded : histories_.at(entity)) {
      if (recorded.entry.height.value >= anchor) { continue; }
      auto entry = recorded.entry;
      if (recorded.event) {
        const auto content = proof::epcis_content(*recorded.event);
        const auto found = std::find_if(events.begin(), events.end(),
                                        [&](const auto& event) { return proof::epcis_content(event) == content; });
        entry.content = proof::EventPlace{static_cast<std::uint32_t>(found - events.begin())};
        if (found == events.end()) { events.push_back(*recorded.event); }
      }
      result.entries.push_back(std::move(entry));
    }
    return result;
  }

  Genesis genesis_ = sample::genesis(4);
  ChainId chain_;
  std::uint64_t serial_ = 0;
  std::vector<ValidatorSet> sets_;
  std::vector<BlockHeader> headers_;
  std::map<std::uint64_t, std::vector<TransactionPointer>> bodies_;
  std::map<std::uint64_t, std::vector<Receipt>> receipts_;
  std::vector<Hash> mountain_;
  NaiveMap map_;
  std::vector<NaiveMap> maps_;  ///< after each height
  std::map<proof::Entity, Head> heads_;
  std::vector<std::map<proof::Entity, Head>> heads_at_;
  std::map<proof::Entity, std::vector<RecordedEntry>> histories_;
  std::vector<Commitments> commitments_;
};

inline const SampleLedger& sample_ledger() {
  static const SampleLedger ledger;
  return ledger;
}

/// With the content of every fact that says `what` left out: the format has room for content that is erased.
inline proof::Proof hiding(proof::Proof proof, std::string_view what) {
  for (auto& entry : std::get<proof::HistoryProof>(proof.statement).entries) {
    const auto* fact = std::get_if<proof::FactContent>(&entry.content);
    if (fact != nullptr && !fact->fields.empty() && as_text(fact->fields[0]) == what) {
      entry.content = proof::fact_content(*fact);
    }
  }
  return proof;
}

/// At least one valid proof of each kind, with a name.
inline std::vector<std::pair<std::string, proof::Proof>> sample_proofs() {
  using L = SampleLedger;
  const auto& ledger = sample_ledger();
  const auto last = ledger.height();
  return {
      {"transaction", ledger.transaction(4, 2, 3)},
      {"transaction_with_payload", ledger.transaction(last, 3, 0)},
      {"transaction_refused", ledger.transaction(5, 3, 1)},
      {"transaction_across_epochs", ledger.transaction(last, 9, 1)},
      {"entry", ledger.entry(7, to_bytes("governance/organisation/company2"))},
      {"no_entry", ledger.entry(last, to_bytes("governance/organisation/company7"))},
      {"history_of_one_event", ledger.history(2, {"item", L::kMilk2})},
      {"history", ledger.history(last, {"item", L::kCheese})},
      {"history_of_records", ledger.history(last, {"record", "company1/shelf"})},
      {"history_of_a_dataset", ledger.history(last, {"dataset", L::kDataset})},
      {"history_of_a_dataset_that_hides_an_agreement",
       hiding(ledger.history(last, {"dataset", L::kDataset}), "agreed")},
      {"history_of_an_agreement", ledger.history(last, {"agreement", L::kAgreement})},
      {"history_of_a_contract", ledger.history(last, {"contract", "counter"})},
      {"state", ledger.state(7, {"item", L::kCheese})},
      {"state_of_a_dataset", ledger.state(last, {"dataset", L::kDataset})},
      {"absence_of_a_dataset", ledger.absence(last, {"dataset", "https://company1.example/other"})},
      {"absence_of_a_member", ledger.absence(last, {"member", "company9"})},
      {"block", ledger.block_proof(last, 2)},
      {"history_via_a_block", ledger.via(ledger.history(last, {"item", L::kMilk1}), 6)},
      {"block_of_an_earlier_epoch", ledger.block_proof(last, 5)},
      {"absence", ledger.absence(last, {"item", L::kNever})},
      {"absence_in_early_state", ledger.absence(1, {"item", L::kMilk1})},
      {"trace_back", ledger.trace(last, {"item", L::kCheese}, proof::Direction::back)},
      {"trace_forward", ledger.trace(last, {"item", L::kMilk1}, proof::Direction::forward)},
      {"trace_back_to_a_lot", ledger.trace(last, {"item", L::kButter}, proof::Direction::back)},
      {"trace_forward_of_a_lot", ledger.trace(last, {"lot", L::kCream}, proof::Direction::forward)},
  };
}

}  // namespace keten::sample
