#include <algorithm>
#include <utility>

#include "contracts/commitment/commit.h"
#include "contracts/production/event.h"
#include "contracts/production/event_record.h"
#include "contracts/production/history.h"
#include "contracts/production/index_rows.h"
#include "core/proof/hashes.h"
#include "node/query/epcis_content.h"
#include "node/query/epcis_rows.h"
#include "node/query/proof_parts.h"

namespace keten::query {
namespace {

namespace index_rows = production::index_rows;

proof::Entity entity_of(const std::string& id) { return {std::string(production::head_kind(id)), id}; }

Error changed_since(const std::string& id) { return not_yet("the newest change of " + id); }

/// Digest of what was captured, as the state keeps it.
Result<Hash> digest_of(const LedgerView& view, const production::EventSummary& summary) {
  auto key = to_bytes("production/");
  const auto record = production::event_record_key(summary.organisation, summary.id, summary.declares_error);
  key.insert(key.end(), record.begin(), record.end());
  const auto stored = view.state().get(key);
  const auto decoded = stored ? production::decode_event_record(*stored) : invalid("MISSING", "there is none");
  if (!decoded) {
    return failure(ErrorKind::corrupt, "STORAGE_CORRUPT",
                   "record of event " + summary.id + ": " + decoded.error().message);
  }
  return decoded->digest;
}

}  // namespace

Result<Histories::Path> Histories::path(ByteView key) const {
  const auto& proofs = view_.snapshot().column(storage::Column::proofs);
  const auto found = contracts::commitment::prove_entry(proofs, proof_.anchor.executed_height, key);
  if (!found) { return found.error(); }
  Path result{{found->siblings, std::nullopt}, std::nullopt};
  if (found->leaf && found->leaf->key == map_key(key)) {
    result.value = found->leaf->value;
  } else if (found->leaf) {
    result.path.other = proof::MapLeaf{found->leaf->key, found->leaf->value};
  }
  return result;
}

Result<proof::HistoryProof> Histories::head(const proof::Entity& entity) {
  auto place = path(proof::head_key(entity));
  if (!place) { return place.error(); }
  if (!place->value) {
    if (view_.state().get(proof::head_key(entity))) { return changed_since(entity.id); }
    return failure(ErrorKind::not_found, "ITEM_UNKNOWN",
                   "nothing was ever recorded of " + entity.kind + " " + entity.id);
  }
  const auto value =
      bound_value(proof::head_key(entity), [&](ByteView stored) { return map_value(stored) == *place->value; });
  if (!value) { return changed_since(entity.id); }
  const auto head = Head::decode(*value);
  if (!head) { return head.error(); }
  return proof::HistoryProof{entity, *head, std::move(place->path), {}};
}

Result<std::vector<production::EventPosition>> Histories::positions(const std::string& id) {
  if (const auto known = positions_.find(id); known != positions_.end()) { return known->second; }
  std::vector<production::EventPosition> result;
  RowCursor rows(view_.index(), index_rows::of_entity(id), newest_stamp(), oldest_stamp());
  for (; rows.stamp(); rows.next()) {
    const auto& position = rows.stamp()->position;
    if (position.height <= proof_.anchor.executed_height) { result.push_back(position); }
    if (entries_ + result.size() > kProofEntriesMax) {
      return failure(ErrorKind::too_large, "PROOF_TOO_LARGE",
                     "at most " + std::to_string(kProofEntriesMax) + " entries fit into one proof; " + id +
                         " alone, or what it is traced to, has more");
    }
  }
  entries_ += result.size();
  std::sort(result.begin(), result.end());  // the order of recording
  return positions_.emplace(id, std::move(result)).first->second;
}

Result<const proof::EpcisEvent*> Histories::event(const production::EventPosition& position) {
  if (const auto known = read_.find(position); known != read_.end()) { return &known->second; }
  const auto summary = read_summary(view_.index(), position);
  if (!summary) { return summary.error(); }
  const auto digest = digest_of(view_, *summary);
  if (!digest) { return digest.error(); }
  proof::EpcisEvent event;
  event.digest = *digest;
  event.flags = summary->declares_error ? 1 : 0;
  event.organisation = summary->organisation;
  event.event_id = summary->id;
  for (const auto& name : production::committed_names(*summary)) { event.names.push_back({name.roles, name.key}); }
  return &read_.emplace(position, std::move(event)).first->second;
}

Result<std::vector<const proof::EpcisEvent*>> Histories::events(const std::string& id) {
  const auto places = positions(id);
  if (!places) { return places.error(); }
  std::vector<const proof::EpcisEvent*> result;
  for (const auto& position : *places) {
    const auto one = event(position);
    if (!one) { return one.error(); }
    result.push_back(*one);
  }
  return result;
}

Result<std::uint32_t> Histories::place_of(const production::EventPosition& position) {
  const auto [found, is_new] = places_.try_emplace(position, static_cast<std::uint32_t>(proof_.events.size()));
  if (!is_new) { return found->second; }
  const auto one = event(position);
  if (!one) { return one.error(); }
  proof_.events.push_back(**one);
  // What was captured goes with it when it is still here.
  const EventLoader load = [this](Height height, std::uint32_t index) { return view_.transaction_at({height, index}); };
  EventContent content(load);
  if (const auto captured = content.event(position)) {
    auto value = (*captured)->value;
    value.remove("recordTime");
    auto text = to_bytes(json::canonical(value));
    if (proof::epcis_text_digest(text) == proof_.events.back().digest) { proof_.events.back().text = std::move(text); }
  }
  return found->second;
}

Result<proof::HistoryProof> Histories::history(const std::string& id) {
  auto result = head(entity_of(id));
  if (!result) { return result.error(); }
  const auto places = positions(id);
  if (!places) { return places.error(); }
  Height of_block;
  Milliseconds time = 0;
  std::vector<Receipt> receipts;
  for (const auto& position : *places) {
    if (position.height != of_block || receipts.empty()) {
      const auto record = view_.record(position.height);
      if (!record) { return record.error(); }
      auto all = view_.receipts(position.height);
      if (!all) { return all.error(); }
      of_block = position.height;
      time = record->header.time;
      receipts = std::move(*all);
    }
    const auto place = place_of(position);
    if (!place) { return place.error(); }
    result->entries.push_back({position.height, time, receipts.at(position.transaction).transaction, position.event,
                               proof::EventPlace{*place}});
  }
  return result;
}

}  // namespace keten::query
