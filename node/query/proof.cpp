#include "node/query/proof.h"

#include <algorithm>
#include <map>
#include <utility>

#include "contracts/agreements/records.h"
#include "contracts/commitment/commit.h"
#include "contracts/governance/member_history.h"
#include "contracts/packages/records.h"
#include "contracts/production/entity.h"
#include "contracts/production/history.h"
#include "contracts/production/item_state.h"
#include "contracts/record_contract.h"
#include "contracts/usage/ledger_records.h"
#include "core/merkle.h"
#include "core/proof/closure.h"
#include "core/proof/hashes.h"
#include "core/transaction_body.h"
#include "node/query/proof_parts.h"

namespace keten::query {
namespace {

Result<proof::BlockProof> block_of(const LedgerView& view, Height height, const proof::Proof& proof) {
  const auto record = view.record(height);
  if (!record) { return record.error(); }
  auto path = contracts::commitment::prove_block(view.snapshot().column(storage::Column::proofs), height,
                                                 proof.anchor.executed_height);
  if (!path) { return path.error(); }
  return proof::BlockProof{record->header, record->receipts_root, std::move(*path)};
}

Status add_block(const LedgerView& view, Height height, proof::Proof& proof) {
  const auto executed = view.executed();
  if (!executed) { return executed.error(); }
  if (height.value == 0) { return invalid("BLOCK_NOT_PROVABLE", "the genesis is what everything is proved from"); }
  if (height > executed->height) {
    return failure(ErrorKind::not_found, "BLOCK_NOT_FOUND",
                   "no block " + height.text() + " is executed here; the newest is " + executed->height.text());
  }
  if (height > proof.anchor.executed_height) { return not_yet("block " + height.text()); }
  auto one = block_of(view, height, proof);
  if (!one) { return one.error(); }
  proof.statement = std::move(*one);
  return kDone;
}

Status add_transaction(const LedgerView& view, const TransactionId& id, proof::Proof& proof) {
  const auto place = view.place(id);
  if (!place) { return place.error(); }
  if (!*place) {
    return failure(ErrorKind::not_found, "TRANSACTION_NOT_FOUND",
                   "no executed block holds transaction " + id.hex() + "; was it final? keten tx status tells");
  }
  const auto height = (*place)->height;
  const auto index = (*place)->index;
  if (height > proof.anchor.executed_height) { return not_yet("transaction " + id.hex()); }
  auto place_of_block = block_of(view, height, proof);
  if (!place_of_block) { return place_of_block.error(); }
  const auto block = view.block(height);
  if (!block) { return block.error(); }
  const auto receipts = view.receipts(height);
  if (!receipts) { return receipts.error(); }
  const auto& transaction = *(*block)->transactions.at(index);
  std::vector<Hash> leaves;
  leaves.reserve(receipts->size());
  for (const auto& receipt : *receipts) { leaves.push_back(proof::receipt_leaf(receipt)); }

  proof::TransactionProof one;
  one.header = std::move(place_of_block->header);
  one.receipts_root = place_of_block->receipts_root;
  one.mountain_path = std::move(place_of_block->mountain_path);
  one.index = index;
  one.body = to_bytes(body_bytes(transaction));
  one.signature = transaction.signature;
  one.payloads = transaction.payloads;
  one.payload_path = merkle_path(payload_leaves((*block)->transactions), index);
  one.receipt = receipts->at(index);
  one.receipt_path = merkle_path(leaves, index);
  proof.statement = std::move(one);
  return kDone;
}

bool is_epcis(std::string_view kind) { return kind == "item" || kind == "lot"; }

/// What a proof is made from.
struct Sources {
  const LedgerView& view;  ///< as new as there is
  const contracts::StateReader*
      past;  ///< the state that the anchor binds; null when it is not kept, or too old for the question
};

Status add_entry(const Sources& from, const Bytes& key, proof::Proof& proof) {
  if (!is_provable(key) || as_text(key).starts_with("heads/")) {
    return invalid("ENTRY_NOT_PROVABLE", "expected a key that begins with governance/");
  }
  const Histories histories(from.view, from.past, proof);
  auto found = histories.path(key);
  if (!found) { return found.error(); }
  proof::EntryProof one{key, std::nullopt, std::move(found->path)};
  if (found->value) {
    one.value = histories.bound_value(key, [&](ByteView stored) { return map_value(stored) == *found->value; });
    if (!one.value) { return not_yet("the newest change of this entry"); }
  } else if (from.past == nullptr && from.view.state().get(key)) {
    return not_yet("this entry");
  }
  proof.statement = std::move(one);
  return kDone;
}

Status add_history(const Sources& from, const proof::Entity& entity, proof::Proof& proof) {
  Histories histories(from.view, from.past, proof);
  auto history = is_epcis(entity.kind) ? histories.history(entity.id) : histories.recorded(entity);
  if (!history) { return history.error(); }
  proof.statement = std::move(*history);
  return kDone;
}

Bytes joined(std::string_view contract, ByteView own) {
  auto key = to_bytes(contract);
  key.insert(key.end(), own.begin(), own.end());
  return key;
}

/// Where the state says what the head of this entity commits to.
Result<Bytes> state_key(const proof::Entity& entity) {
  const auto& id = entity.id;
  if (entity.kind == proof::kContractKind) { return packages::full_key(packages::contract_key(id)); }
  if (entity.kind == proof::kDatasetKind) { return joined("usage/", as_bytes(usage::dataset_key(id))); }
  if (entity.kind == proof::kMemberKind) { return joined("governance/", governance::member_key(id)); }
  if (entity.kind == proof::kRecordKind) {
    const auto slash = id.find('/');
    if (slash == std::string::npos) {
      return invalid("RECORD_ID_INVALID", "a record is named by its organisation, '/', and its key");
    }
    return contracts::RecordContract::state_key(id.substr(0, slash), as_bytes(std::string_view(id).substr(slash + 1)));
  }
  if (entity.kind == proof::kAgreementKind) {
    const auto agreement = agreements::AgreementId::from_hex(id);
    if (!agreement) { return invalid("AGREEMENT_ID_INVALID", "an agreement is named by 64 hexadecimal digits"); }
    return joined("agreements/", agreements::agreement_key(*agreement));
  }
  return joined("production/", production::item_state_key(id));
}

Status add_state(const Sources& from, const proof::Entity& entity, proof::Proof& proof) {
  const auto key = state_key(entity);
  if (!key) { return key.error(); }
  Histories histories(from.view, from.past, proof);
  auto head = histories.head(entity);
  if (!head) { return head.error(); }
  auto value =
      histories.bound_value(*key, [&](ByteView stored) { return entity_state_digest(stored) == head->head.state; });
  if (!value) {
    if (!head->head.state.is_zero()) { return not_yet("the newest change of " + entity.id); }
    return failure(ErrorKind::not_found, "ITEM_UNKNOWN",
                   "the ledger holds no state of " + entity.id + "; it may have a history");
  }
  proof.statement = proof::StateProof{std::move(head->entity), head->head, std::move(head->path), std::move(*value)};
  return kDone;
}

Status add_absence(const Sources& from, const proof::Entity& entity, proof::Proof& proof) {
  auto found = Histories(from.view, from.past, proof).path(proof::head_key(entity));
  if (!found) { return found.error(); }
  if (found->value) {
    return failure(ErrorKind::refused, "ENTITY_EXISTS",
                   entity.kind + " " + entity.id + " is in the ledger: ask for what is recorded of it instead");
  }
  // The state that the block binds is older than what is executed here: silence of the one is not that of the other.
  if (from.view.state().get(proof::head_key(entity))) { return not_yet("what was recorded of " + entity.id); }
  proof.statement = proof::AbsenceProof{entity, std::move(found->path)};
  return kDone;
}

Status add_trace(const Sources& from, const std::string& id, proof::Direction direction, proof::Proof& proof) {
  Histories histories(from.view, from.past, proof);
  proof::NamesOf names;
  std::map<std::string, proof::Standing> reached;
  // Each round reads what the one before led to.
  for (bool grows = true; grows;) {
    grows = false;
    reached = proof::lineage(id, direction, names);
    if (reached.size() > kTraceHistoriesMax) {
      return failure(ErrorKind::too_large, "PROOF_TOO_LARGE",
                     "the lineage of " + id + " has more than " + std::to_string(kTraceHistoriesMax) +
                         " entities; ask for the histories of those that matter");
    }
    for (const auto& [one, standing] : reached) {
      if (names.contains(one)) { continue; }
      auto about = histories.events(one);
      if (!about) { return about.error(); }
      names.emplace(one, std::move(*about));
      grows = true;
    }
  }
  std::vector<proof::Entity> entities;
  for (const auto& [one, standing] : reached) { entities.push_back({std::string(production::head_kind(one)), one}); }
  std::sort(entities.begin(), entities.end());
  proof::TraceProof trace{direction, {std::string(production::head_kind(id)), id}, {}};
  for (const auto& entity : entities) {
    auto history = histories.history(entity.id);
    if (!history) { return history.error(); }
    trace.histories.push_back(std::move(*history));
  }
  proof.statement = std::move(trace);
  return kDone;
}

Result<proof::Entity> entity_of(const proof::Question& question) {
  const auto& kind = question.entity_kind;
  if (kind.empty()) {
    auto id = production::entity_key(question.entity);
    return proof::Entity{std::string(production::head_kind(id)), std::move(id)};
  }
  const bool is_known = std::ranges::find(proof::kEntityKinds, kind) != proof::kEntityKinds.end();
  const bool is_asked = question.kind == proof::QuestionKind::history || question.kind == proof::QuestionKind::state ||
                        question.kind == proof::QuestionKind::absence;
  if (!is_known || !is_asked) {
    return invalid("ENTITY_KIND_UNKNOWN",
                   "expected a history, state or absence of kind contract, agreement, dataset, member or record, or no "
                   "kind for an item or lot");
  }
  if (question.entity.empty() || question.entity.size() > proof::kIdentifierBytesMax) {
    return invalid("ENTITY_INVALID", "expected the id of " + kind + " of 1 to " +
                                         std::to_string(proof::kIdentifierBytesMax) + " bytes, found " +
                                         std::to_string(question.entity.size()));
  }
  return proof::Entity{kind, question.entity};
}

Status add(const Sources& from, const proof::Question& question, proof::Proof& proof) {
  const auto id = production::entity_key(question.entity);
  const auto entity = entity_of(question);
  if (!entity) { return entity.error(); }
  switch (question.kind) {
    case proof::QuestionKind::transaction: return add_transaction(from.view, question.transaction, proof);
    case proof::QuestionKind::entry: return add_entry(from, question.entry, proof);
    case proof::QuestionKind::history: return add_history(from, *entity, proof);
    case proof::QuestionKind::state: return add_state(from, *entity, proof);
    case proof::QuestionKind::absence: return add_absence(from, *entity, proof);
    case proof::QuestionKind::block: return add_block(from.view, question.block, proof);
    case proof::QuestionKind::trace: return add_trace(from, id, question.direction, proof);
  }
  CHECK(false);
}

}  // namespace

Result<Bytes> make_proof(const LedgerView& view, const proof::Question& question, const SnapshotAt& past) {
  auto proof = anchored(view, question.first_epoch);
  if (!proof) { return proof.error(); }
  const auto bound = proof->anchor.executed_height;
  if (question.at_least) {
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    if (*question.at_least > executed->height) {
      return failure(ErrorKind::unavailable, "PROOF_NOT_YET",
                     "expected the state after height " + question.at_least->text() + ", here only " +
                         executed->height.text() + " is executed; ask again in a second");
    }
  }
  const auto snapshot = question.at_least && *question.at_least <= bound ? past(bound) : nullptr;
  const Sources from{view, snapshot == nullptr ? nullptr : &snapshot->column(storage::Column::state)};
  if (auto added = add(from, question, *proof); !added) { return added.error(); }
  if (question.via && question.via->value > 0 && *question.via <= bound) {
    auto block = block_of(view, *question.via, *proof);
    if (!block) { return block.error(); }
    proof->via = std::move(*block);
  }
  auto file = proof::encode(*proof);
  if (file.size() > proof::kProofBytesMax) {
    return failure(ErrorKind::too_large, "PROOF_TOO_LARGE",
                   "the proof would have " + std::to_string(file.size()) + " bytes, at most " +
                       std::to_string(proof::kProofBytesMax) + " are verified; ask for less");
  }
  return file;
}

}  // namespace keten::query
