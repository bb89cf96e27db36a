#include "core/proof/verify.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "core/merkle.h"
#include "core/proof/closure.h"
#include "core/proof/entity_ids.h"
#include "core/proof/hashes.h"
#include "core/proof/statement_verdict.h"
#include "core/transaction_body.h"

namespace keten::proof {
namespace {

/// Heads have statements of their own.
bool is_entry(ByteView key) { return is_provable(key) && !as_text(key).starts_with("heads/"); }

Error broken(std::string what) { return invalid("PROOF_INVALID", std::move(what)); }

/// A final block with the set that must have signed it; the signatures are checked when everything else holds.
struct Signed {
  const BlockHeader& header;
  const Certificate& finalization;
  ValidatorSet validators;
  std::string what;
};

/// Everything about a finalization but its signatures.
Status check_finalization(const Signed& block, const ChainId& chain, Epoch epoch) {
  const auto& header = block.header;
  const auto& subject = block.finalization.subject;
  if (header.version != kProtocolVersion) { return broken(block.what + ": the header has another version than 1"); }
  if (header.chain_id != chain) { return broken(block.what + ": the header is of another chain"); }
  if (header.epoch != epoch) {
    return broken(block.what + ": expected a block of epoch " + epoch.text() + ", found epoch " + header.epoch.text());
  }
  if (header.height.value == 0) { return broken(block.what + ": the genesis is never signed"); }
  if (subject.kind != VoteKind::finalize || subject.block != header.id() || subject.epoch != epoch ||
      subject.view < header.view) {
    return broken(block.what + ": its certificate is no finalization of this very block");
  }
  if (!is_well_formed(block.finalization, block.validators)) {
    return broken(block.what + ": its finalization is not by a quorum of the validators of epoch " + epoch.text());
  }
  return kDone;
}

Status check_signatures(const Signed& block) {
  if (!verify_certificate(block.finalization, block.header.chain_id, block.validators)) {
    return broken(block.what + ": a signature of its finalization does not hold");
  }
  return kDone;
}

/// Walks from the trust root to the anchor. The last one is the anchor.
Result<std::vector<Signed>> chain_of_sets(const Proof& proof, const TrustRoot& root) {
  if (proof.chain_id != root.chain_id) {
    return failure(ErrorKind::refused, "PROOF_OTHER_CHAIN",
                   "the proof is of chain " + proof.chain_id.hex() + ", the trust root is of " + root.chain_id.hex());
  }
  if (proof.first_epoch != root.epoch) {
    return failure(ErrorKind::refused, "PROOF_OTHER_EPOCH",
                   "the proof begins at epoch " + proof.first_epoch.text() + ", the trust root is epoch " +
                       root.epoch.text() + "; verify with the genesis or a checkpoint of that epoch");
  }
  std::vector<Signed> blocks;
  ValidatorSet validators = root.validators;
  Epoch epoch = root.epoch;
  Height last = root.since;
  for (const auto& hand_over : proof.hand_overs) {
    Signed block{hand_over.header, hand_over.finalization, validators, "end of epoch " + epoch.text()};
    if (auto checked = check_finalization(block, proof.chain_id, epoch); !checked) { return checked.error(); }
    if (hand_over.header.height <= last) { return broken(block.what + ": its height is not above the one before"); }
    ValidatorSet next(hand_over.members);
    if (hand_over.header.next_set != next.id()) {
      return broken(block.what + ": the members are not those that the block names for the next epoch");
    }
    last = hand_over.header.height;
    blocks.push_back(std::move(block));
    validators = std::move(next);
    ++epoch;
  }
  Signed anchor{proof.anchor, proof.finalization, std::move(validators), "anchor"};
  if (auto checked = check_finalization(anchor, proof.chain_id, epoch); !checked) { return checked.error(); }
  if (proof.anchor.height <= last) { return broken("anchor: its height is not above the end of the epoch before"); }
  if (proof.anchor.executed_height >= proof.anchor.height) {
    return broken("anchor: it binds a state that comes after it");
  }
  if (proof.commitments.state_root(proof.anchor.executed_height) != proof.anchor.state_root) {
    return broken("commitments: they are not the state root that the anchor binds");
  }
  blocks.push_back(std::move(anchor));
  return blocks;
}

class Checker {
 public:
  Checker(const Proof& proof, StatementVerdict& verdict) : proof_(proof), verdict_(verdict) {
    contents_.reserve(proof.events.size());
    for (const auto& event : proof.events) { contents_.push_back(epcis_content(event)); }
  }

  Status operator()(const BlockProof& one) {
    if (auto checked = check_block(one.header, one.receipts_root, one.mountain_path, "block"); !checked) {
      return checked;
    }
    verdict_.add(one);
    return no_events();
  }

  Status operator()(const TransactionProof& one) {
    const auto& header = one.header;
    if (auto checked = check_block(header, one.receipts_root, one.mountain_path, "transaction"); !checked) {
      return checked;
    }
    const auto body = decode_transaction_body(one.body);
    if (!body) { return broken("transaction: " + body.error().message); }
    const auto id = transaction_id(one.body);
    if (body->chain_id != proof_.chain_id) { return broken("transaction: it was signed for another chain"); }
    if (!verify_merkle_path(transaction_leaf(id, one.signature), one.index, header.transaction_count, one.payload_path,
                            header.payload_root)) {
      return broken("transaction: it is not at its place in the block");
    }
    if (one.receipt.transaction != id) { return broken("receipt: it is of another transaction"); }
    if (!verify_merkle_path(receipt_leaf(one.receipt), one.index, header.transaction_count, one.receipt_path,
                            one.receipts_root)) {
      return broken("receipt: it is not at its place in the block");
    }
    if (!one.payloads.empty() && one.payloads.size() != body->payload_commitments.size()) {
      return broken("payloads: expected all of the transaction or none");
    }
    for (std::size_t i = 0; i < one.payloads.size(); ++i) {
      if (one.payloads[i].commitment() != body->payload_commitments[i]) {
        return broken("payloads: number " + std::to_string(i) + " is not what the transaction commits to");
      }
    }
    senders_.push_back({body->sender, id, one.signature});
    verdict_.add(one, *body, id);
    return no_events();
  }

  Status operator()(const EntryProof& one) {
    // Absence from the map says something only of keys that would be in the map.
    if (!is_entry(one.key)) {
      return broken(
          "entry: expected a key that begins with governance/, the map holds no others; for entities there are "
          "proofs of their own");
    }
    const auto value = one.value ? std::optional<ByteView>(*one.value) : std::nullopt;
    if (!verify_map_path(one.key, value, one.path, proof_.commitments.map_root)) {
      return broken("entry: the map of provable entries says something else");
    }
    verdict_.add(one);
    return no_events();
  }

  Status operator()(const HistoryProof& one) {
    if (auto checked = check_history(one); !checked) { return checked; }
    if (auto checked = all_events_used(); !checked) { return checked; }
    verdict_.add(one, proof_.events);
    return kDone;
  }

  Status operator()(const StateProof& one) {
    if (auto checked = check_head(one.entity, one.head, one.path); !checked) { return checked; }
    if (entity_state_digest(one.value) != one.head.state) {
      return broken("state: the value is not what the head of the entity commits to");
    }
    verdict_.add(one);
    return no_events();
  }

  Status operator()(const AbsenceProof& one) {
    if (const auto expected = never_recorded(one.entity); !expected.empty()) {
      return broken("absence: the ledger never has anything of " + one.entity.kind + " " + shown(one.entity.id) +
                    ", so its silence says nothing; expected " + expected);
    }
    if (!verify_map_path(head_key(one.entity), std::nullopt, one.path, proof_.commitments.map_root)) {
      return broken("absence: the map of provable entries does not say that nothing was recorded");
    }
    verdict_.add(one);
    return no_events();
  }

  Status operator()(const TraceProof& one) {
    const Entity* before = nullptr;
    for (const auto& history : one.histories) {
      if (history.entity.kind != "item" && history.entity.kind != "lot") {
        return broken("trace: expected histories of items and lots, found " + history.entity.kind);
      }
      if (before != nullptr && !(*before < history.entity)) {
        return broken("trace: its histories do not ascend by kind and id");
      }
      before = &history.entity;
      if (auto checked = check_history(history); !checked) { return checked; }
    }
    return all_events_used();
  }

  /// The part that is dear, for what validators have signed only.
  Status check_closure(const TraceProof& one) {
    NamesOf events;
    for (const auto& history : one.histories) {
      const auto [found, is_new] = events.try_emplace(history.entity.id);
      if (!is_new) { return broken("trace: " + shown(history.entity.id) + " is there as item and as lot"); }
      auto& list = found->second;
      for (const auto& entry : history.entries) {
        const auto* place = std::get_if<EventPlace>(&entry.content);
        if (place == nullptr) {
          return broken("trace: the history of " + shown(history.entity.id) + " has an entry without names");
        }
        list.push_back(&proof_.events[place->place]);
      }
    }
    const auto reached = lineage(one.entity.id, one.direction, events);
    for (const auto& [id, standing] : reached) {
      if (!events.contains(id)) { return broken("trace: it leads to " + shown(id) + ", whose history is missing"); }
    }
    for (const auto& [id, list] : events) {
      if (!reached.contains(id)) { return broken("trace: nothing in it leads to " + shown(id)); }
    }
    const auto is_start = [&](const HistoryProof& history) { return history.entity == one.entity; };
    if (std::none_of(one.histories.begin(), one.histories.end(), is_start)) {
      return broken("trace: the traced entity is of another kind");
    }
    verdict_.add(one, reached, proof_.events);
    return kDone;
  }

  [[nodiscard]] Status check_via() const {
    if (!proof_.via) { return kDone; }
    return check_block(proof_.via->header, proof_.via->receipts_root, proof_.via->mountain_path, "via");
  }

  [[nodiscard]] Status check_senders() const {
    for (const auto& one : senders_) {
      if (!keten::verify(one.key, transaction_signing_hash(one.id).view(), one.signature)) {
        return broken("transaction: the signature of its sender does not hold");
      }
    }
    return kDone;
  }

 private:
  struct Sender {
    PublicKey key;
    TransactionId id;
    Signature signature;
  };

  [[nodiscard]] Status check_block(const BlockHeader& header, const Hash& receipts_root, const std::vector<Hash>& path,
                                   const std::string& what) const {
    const auto& at = proof_.anchor.executed_height;
    if (header.version != kProtocolVersion || header.chain_id != proof_.chain_id) {
      return broken(what + ": its block is of another chain or version");
    }
    if (header.height.value == 0 || header.height > at) {
      return broken(what + ": its block is not among those up to height " + at.text());
    }
    const auto leaf = mountain_leaf(header.height, header.id(), receipts_root);
    if (!verify_merkle_path(leaf, header.height.value, at.value + 1, path, proof_.commitments.mountain_root)) {
      return broken(what + ": its block is not in the mountain of blocks");
    }
    return kDone;
  }

  Status check_head(const Entity& entity, const Head& head, const MapPath& path) {
    const auto value = head.encode();
    if (!verify_map_path(head_key(entity), ByteView(value), path, proof_.commitments.map_root)) {
      return broken("head of " + entity.kind + " " + shown(entity.id) +
                    ": the map of provable entries does not have it like this");
    }
    return kDone;
  }

  Status check_history(const HistoryProof& one) {
    const auto what = "history of " + one.entity.kind + " " + shown(one.entity.id);
    if (auto checked = check_head(one.entity, one.head, one.path); !checked) { return checked; }
    if (one.entries.size() != one.head.count) {
      return broken(what + ": the ledger has " + std::to_string(one.head.count) + " entries, the file has " +
                    std::to_string(one.entries.size()));
    }
    Hash chain = history_begin(one.entity);
    Height last{0};
    std::uint64_t number = 0;
    for (const auto& entry : one.entries) {
      ++number;
      const auto content = content_of(entry);
      if (!content) { return content.error(); }
      if (entry.height < last || entry.height > proof_.anchor.executed_height) {
        return broken(what + ": entry " + std::to_string(number) + " is out of order");
      }
      last = entry.height;
      chain = history_next(chain, number, entry, *content);
    }
    if (chain != one.head.chain) { return broken(what + ": its entries are not those that the ledger has"); }
    if (number > 0 && last != one.head.height) { return broken(what + ": its last entry is at another height"); }
    return kDone;
  }

  Result<Hash> content_of(const HistoryEntry& entry) {
    if (const auto* digest = std::get_if<Hash>(&entry.content)) { return *digest; }
    if (const auto* record = std::get_if<RecordContent>(&entry.content)) { return record_content(*record); }
    if (const auto* fact = std::get_if<FactContent>(&entry.content)) { return fact_content(*fact); }
    const std::size_t place = std::get<EventPlace>(entry.content).place;
    // One order of the list of events: that of their first use.
    if (place > used_ || place >= contents_.size()) {
      return broken("entries: event " + std::to_string(place) + " is out of order");
    }
    if (place == used_) {
      if (!seen_.insert(contents_[place]).second) {
        return broken("events: number " + std::to_string(place) + " is there twice");
      }
      const auto& event = proof_.events[place];
      if (!event.text.empty() && epcis_text_digest(event.text) != event.digest) {
        return broken("events: the text of number " + std::to_string(place) + " is not what was recorded");
      }
      ++used_;
    }
    return contents_[place];
  }

  [[nodiscard]] Status all_events_used() const {
    if (used_ != proof_.events.size()) { return broken("events: the file has some that no history names"); }
    return kDone;
  }
  [[nodiscard]] Status no_events() const { return all_events_used(); }

  const Proof& proof_;
  StatementVerdict& verdict_;
  std::vector<Hash> contents_;
  std::size_t used_ = 0;
  std::set<Hash> seen_;
  std::vector<Sender> senders_;
};

}  // namespace

Result<Verdict> verify(ByteView file, const TrustRoot& root, std::optional<std::string_view> expected) {
  const auto proof = decode(file);
  if (!proof) { return proof.error(); }
  const auto blocks = chain_of_sets(*proof, root);
  if (!blocks) { return blocks.error(); }
  StatementVerdict statement;
  Checker checker(*proof, statement);
  if (auto checked = std::visit(checker, proof->statement); !checked) { return checked.error(); }
  if (auto checked = checker.check_via(); !checked) { return checked.error(); }
  // From the trust root on: who invents validators can sign for all but the first of them.
  for (const auto& block : *blocks) {
    if (auto checked = check_signatures(block); !checked) { return checked.error(); }
  }
  if (auto checked = checker.check_senders(); !checked) { return checked.error(); }
  if (const auto* trace = std::get_if<TraceProof>(&proof->statement)) {
    if (auto checked = checker.check_closure(*trace); !checked) { return checked.error(); }
  }
  auto verdict = statement.finish(*proof, root, blocks->back().validators);
  if (expected && !verdict.is_about(*expected)) {
    return failure(
        ErrorKind::refused, "PROOF_OTHER_SUBJECT",
        "the proof holds, but not for what was expected, " + shown(*expected) + "; it is: " + verdict.subject);
  }
  return verdict;
}

Status check_final(const FinalBlock& block, const ChainId& chain, const ValidatorSet& validators) {
  const Signed one{block.header, block.finalization, validators, "block " + block.header.height.text()};
  if (auto checked = check_finalization(one, chain, block.header.epoch); !checked) { return checked; }
  return check_signatures(one);
}

Result<Bytes> begin_at(ByteView file, Epoch epoch) {
  auto proof = decode(file);
  if (!proof) { return proof.error(); }
  if (epoch < proof->first_epoch || epoch.value - proof->first_epoch.value > proof->hand_overs.size()) {
    return failure(ErrorKind::refused, "PROOF_OTHER_EPOCH",
                   "the proof holds from epoch " + proof->first_epoch.text() + " to epoch " +
                       proof->anchor.epoch.text() + "; a trust root of epoch " + epoch.text() + " cannot verify it");
  }
  const auto count = static_cast<std::ptrdiff_t>(epoch.value - proof->first_epoch.value);
  proof->hand_overs.erase(proof->hand_overs.begin(), proof->hand_overs.begin() + count);
  proof->first_epoch = epoch;
  return encode(*proof);
}

}  // namespace keten::proof
