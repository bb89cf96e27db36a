#include "node/daemon/reads.h"

#include <algorithm>

#include "node/query/proof.h"

namespace keten::node {
namespace {

Result<api::StoredBlock> with_finalization(const query::LedgerView& view, Result<BlockPointer> block) {
  if (!block) { return block.error(); }
  const auto record = view.record((*block)->header.height);
  if (!record) { return record.error(); }
  api::StoredBlock stored{std::move(*block), std::nullopt, record->state_root(), record->receipts_root,
                          record->commitments};
  if (auto covering = view.finalization_covering(stored.block->header.height)) {
    stored.finalization = std::move(covering->certificate);
  }
  return stored;
}

}  // namespace

std::optional<TransactionProgress> Reads::progress(const TransactionId& id) const {
  const auto found = guarded([&]() { return view().receipt(id); });
  if (!found) { return std::nullopt; }
  return TransactionProgress{TransactionState::executed, found->place.height, found->place.index, found->receipt};
}

Result<query::RulePage> Reads::rules(const query::RuleQuestion& question, Height& height) const {
  const auto newest = view();
  const auto executed = newest.executed();
  if (!executed) { return executed.error(); }
  const auto record = newest.record(executed->height);
  if (!record) { return record.error(); }
  height = executed->height;
  return query::ask_rules(newest.state(), height, record->header.time, question);
}

Result<query::LedgerView> Reads::view_at(Height height) const {
  auto newest = view();
  if (height == Height{}) { return newest; }
  if (auto snapshot = recent_.at(height)) { return ledger_.view(std::move(snapshot)); }
  // Behind a start nothing is kept yet.
  const auto executed = newest.executed();
  if (executed && executed->height == height) { return newest; }
  return failure(
      ErrorKind::not_found, "STATE_GONE",
      "this node no longer has the state after height " + height.text() + ", or has not reached it; begin again");
}

Result<Bytes> Reads::proof(const query::LedgerView& view, const proof::Question& question) const {
  return guarded(
      [&]() { return query::make_proof(view, question, [this](Height height) { return recent_.at(height); }); });
}

Result<query::BlockRange> Reads::range(Height from, Height to, std::size_t blocks_max, std::size_t bytes_max) const {
  return guarded([&]() { return view().range(from, to, blocks_max, bytes_max); });
}

Result<api::StoredTransaction> ApiReads::transaction(const TransactionId& id) const {
  return guarded([&]() -> Result<api::StoredTransaction> {
    auto found = reads_.view().transaction(id);
    if (!found) { return found.error(); }
    return api::StoredTransaction{found->transaction->envelope, found->place.height, found->place.index};
  });
}

Result<api::StoredReceipt> ApiReads::receipt(const TransactionId& id) const {
  return guarded([&]() -> Result<api::StoredReceipt> {
    auto found = reads_.view().receipt(id);
    if (!found) { return found.error(); }
    return api::StoredReceipt{std::move(found->receipt), found->place.height, found->place.index};
  });
}

Result<api::StoredBlock> ApiReads::block(Height height) const {
  return guarded([&]() {
    const auto view = reads_.view();
    return with_finalization(view, view.block(height));
  });
}

Result<api::StoredBlock> ApiReads::block(const BlockId& id) const {
  return guarded([&]() {
    const auto view = reads_.view();
    return with_finalization(view, view.block(id));
  });
}

Result<api::EventPage> ApiReads::events(const api::EventCursor& after, std::string_view kind, std::size_t limit) const {
  return guarded([&]() -> Result<api::EventPage> {
    const auto view = reads_.view();
    const auto executed = view.executed();
    if (!executed) { return executed.error(); }
    if (after.height > executed->height) { return api::EventPage{{}, after}; }
    query::EventCursor from{after.height, after.index, after.event};
    if (after.index == UINT32_MAX) {
      from = {after.height.next(), 0, 0};
    } else if (after.event == UINT32_MAX) {
      from = {after.height, after.index + 1, 0};
    } else {
      ++from.event_index;
    }
    auto page = view.events(from, limit);
    if (!page) { return page.error(); }
    api::EventPage result;
    Height known;
    Milliseconds time = 0;
    std::vector<Receipt> receipts;
    for (auto& placed : page->events) {
      if (!kind.empty() && placed.event.kind != kind) { continue; }
      const auto& at = placed.cursor;
      if (at.height != known) {
        auto record = view.record(at.height);
        if (!record) { return record.error(); }
        auto of_block = view.receipts(at.height);
        if (!of_block) { return of_block.error(); }
        known = at.height;
        time = record->header.time;
        receipts = std::move(*of_block);
      }
      result.events.push_back(
          {{at.height, at.transaction_index, at.event_index},
           std::move(placed.event.kind),
           std::move(placed.event.subject),
           std::move(placed.event.data),
           at.transaction_index < receipts.size() ? receipts[at.transaction_index].transaction : TransactionId{},
           time});
    }
    // `next` of the store is the first unseen place; the cursor of this interface is the last one looked at.
    const auto& next = page->next;
    if (next.event_index > 0) {
      result.next = {next.height, next.transaction_index, next.event_index - 1};
    } else if (next.transaction_index > 0) {
      result.next = {next.height, next.transaction_index - 1, UINT32_MAX};
    } else {
      result.next = api::EventCursor::end_of(next.height.value == 0 ? Height{} : next.height.previous());
    }
    return result;
  });
}

Result<api::StatePage> ApiReads::state(const api::StateQuestion& question) const {
  return guarded([&]() -> Result<api::StatePage> {
    const auto space = question.contract + "/";
    const auto whole = [&](const Bytes& key) {
      auto result = to_bytes(space);
      result.insert(result.end(), key.begin(), key.end());
      return result;
    };
    const auto view = reads_.view_at(question.height);
    if (!view) { return view.error(); }
    const auto executed = view->executed();
    if (!executed) { return executed.error(); }
    const auto prefix = whole(question.prefix);
    const auto after = whole(question.after);
    const auto end = question.end.empty() ? to_bytes(question.contract + "0") : whole(question.end);  // '0' follows '/'
    api::StatePage page{executed->height, {}, false};
    std::size_t bytes = 0;
    view->state().scan(std::max({prefix, after, whole(question.first)}), end, [&](ByteView key, ByteView value) {
      if (!std::ranges::equal(prefix, key.first(std::min(key.size(), prefix.size())))) { return false; }
      if (!question.after.empty() && std::ranges::equal(key, after)) { return true; }
      if (bytes >= question.bytes_max || (question.entries_max != 0 && page.entries.size() >= question.entries_max)) {
        page.more = true;
        return false;
      }
      bytes += key.size() + value.size();
      page.entries.emplace_back(to_bytes(key.subspan(space.size())), to_bytes(value));
      return true;
    });
    return page;
  });
}

Result<api::RulesAt> ApiReads::rules(const query::RuleQuestion& question) const {
  return guarded([&]() -> Result<api::RulesAt> {
    Height height;
    auto page = reads_.rules(question, height);
    if (!page) { return page.error(); }
    return api::RulesAt{std::move(*page), height};
  });
}

Result<Bytes> ApiReads::proof(const proof::Question& question) const {
  return guarded([&]() { return reads_.proof(reads_.view(), question); });
}

Result<query::UsageAnswer> ApiReads::usage(const query::UsageQuestion& question) const {
  return guarded([&]() { return query::answer_usage(reads_.view(), question); });
}

Height ApiReads::executed_height() const {
  const auto executed = guarded([&]() { return reads_.view().executed(); });
  return executed ? executed->height : Height{};
}

}  // namespace keten::node
