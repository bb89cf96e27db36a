#include "node/query/ledger_query.h"

#include <algorithm>
#include <utility>

#include "core/encoding.h"
#include "core/limits.h"

namespace keten::query {

namespace {

Error mismatch(const std::string& what) { return failure(ErrorKind::corrupt, "STORAGE_CORRUPT", what); }

/// Bytes of an encoded header: all its fields have a fixed width.
std::size_t header_bytes() {
  static const std::size_t size = [] {
    Writer writer;
    BlockHeader{}.encode(writer);
    return writer.bytes().size();
  }();
  return size;
}

}  // namespace

LedgerView::LedgerView(storage::SnapshotPointer snapshot, const storage::BlockReader& blocks)
    : snapshot_(std::move(snapshot)), blocks_(blocks) {}

Result<storage::Executed> LedgerView::executed() const { return storage::read_executed(*snapshot_); }

Result<storage::BlockRecord> LedgerView::record(Height height) const {
  return storage::read_block_record(*snapshot_, height);
}

Result<storage::BlockRecord> LedgerView::record(const BlockId& id) const {
  const auto height = storage::read_height(*snapshot_, id);
  if (!height) { return height.error(); }
  if (!*height) { return failure(ErrorKind::not_found, "BLOCK_NOT_FOUND", "no executed block has the id " + id.hex()); }
  return record(**height);
}

Result<BlockPointer> LedgerView::body(const storage::BlockRecord& record) const {
  if (record.header.height.value == 0) { return std::make_shared<const Block>(Block{record.header, {}, {}}); }
  const auto bytes = blocks_.read(record.location, 0, record.location.length);
  if (!bytes) { return bytes.error(); }
  auto block = Block::decode(*bytes);
  if (!block) { return mismatch("block " + record.id.hex() + " cannot be read: " + block.error().message); }
  if (block->header != record.header || !block->payload_matches()) {
    return mismatch("the stored bytes of block " + record.id.hex() + " are not those of this block");
  }
  return std::make_shared<const Block>(std::move(*block));
}

Result<BlockPointer> LedgerView::block(Height height) const {
  const auto found = record(height);
  if (!found) { return found.error(); }
  return body(*found);
}

Result<BlockPointer> LedgerView::block(const BlockId& id) const {
  const auto found = record(id);
  if (!found) { return found.error(); }
  return body(*found);
}

Result<std::optional<storage::Place>> LedgerView::place(const TransactionId& id) const {
  return storage::read_place(*snapshot_, id);
}

/// Header, count, sizes, envelopes (core/block.h): reads the sizes up to the transaction, then the transaction.
Result<TransactionPointer> LedgerView::transaction_of(const storage::BlockRecord& record, std::uint32_t index) const {
  if (index >= record.header.transaction_count) {
    return failure(ErrorKind::not_found, "TRANSACTION_NOT_FOUND",
                   "block " + record.header.height.text() + " has " + std::to_string(record.header.transaction_count) +
                       " transactions, number " + std::to_string(index) + " was asked for");
  }
  const auto table = static_cast<std::uint32_t>(header_bytes() + 4);
  const auto sizes = blocks_.read(record.location, table, 4 * (index + 1));
  if (!sizes) { return sizes.error(); }
  Reader reader(*sizes);
  std::uint64_t offset = table + std::uint64_t{4} * record.header.transaction_count;
  for (std::uint32_t i = 0; i < index; ++i) { offset += reader.u32(); }
  const auto size = reader.u32();
  if (offset + size > record.location.length) {
    return mismatch("the size table of block " + record.id.hex() + " is damaged");
  }
  const auto envelope = blocks_.read(record.location, static_cast<std::uint32_t>(offset), size);
  if (!envelope) { return envelope.error(); }
  auto transaction = decode_transaction(*envelope);
  if (!transaction) {
    return mismatch("transaction " + std::to_string(index) + " of block " + record.id.hex() +
                    " cannot be read: " + transaction.error().message);
  }
  // The id covers body and payloads; without the block's other leaves only the signature itself tells that it is whole.
  if (!has_valid_signature(**transaction)) {
    return mismatch("the signature of transaction " + std::to_string(index) + " of block " + record.id.hex() +
                    " is damaged");
  }
  return transaction;
}

Result<TransactionPointer> LedgerView::transaction_at(const storage::Place& place) const {
  const auto found = record(place.height);
  if (!found) { return found.error(); }
  return transaction_of(*found, place.index);
}

namespace {

Error unknown_transaction(const TransactionId& id) {
  return failure(ErrorKind::not_found, "TRANSACTION_NOT_FOUND", "no executed block holds transaction " + id.hex());
}

}  // namespace

Result<PlacedTransaction> LedgerView::transaction(const TransactionId& id) const {
  const auto found = place(id);
  if (!found) { return found.error(); }
  if (!*found) { return unknown_transaction(id); }
  auto transaction = transaction_at(**found);
  if (!transaction) { return transaction.error(); }
  if ((*transaction)->id != id) {
    return mismatch("at the place of transaction " + id.hex() + " lies " + (*transaction)->id.hex());
  }
  return PlacedTransaction{.transaction = std::move(*transaction), .place = **found};
}

Result<std::vector<Receipt>> LedgerView::receipts(Height height) const {
  if (const auto found = record(height); !found) { return found.error(); }
  return storage::read_receipts(*snapshot_, height);
}

Result<PlacedReceipt> LedgerView::receipt(const TransactionId& id) const {
  const auto found = place(id);
  if (!found) { return found.error(); }
  if (!*found) { return unknown_transaction(id); }
  auto all = storage::read_receipts(*snapshot_, (*found)->height);
  if (!all) { return all.error(); }
  if ((*found)->index >= all->size() || (*all)[(*found)->index].transaction != id) {
    return mismatch("the receipt of transaction " + id.hex() + " is not where it should be");
  }
  return PlacedReceipt{.receipt = std::move((*all)[(*found)->index]), .place = **found};
}

Result<EventPage> LedgerView::events(EventCursor from, std::size_t events_max, std::size_t blocks_max) const {
  const auto newest = executed();
  if (!newest) { return newest.error(); }
  EventPage page{.events = {}, .next = from};
  for (std::size_t blocks = 0; blocks < blocks_max && page.next.height <= newest->height; ++blocks) {
    auto stored = storage::read_events(*snapshot_, page.next.height);
    if (!stored) { return stored.error(); }
    EventCursor cursor{.height = page.next.height};
    for (auto& each : *stored) {
      if (each.transaction_index != cursor.transaction_index) {
        cursor.transaction_index = each.transaction_index;
        cursor.event_index = 0;
      }
      if (cursor >= page.next) {
        page.next = cursor;
        if (page.events.size() >= events_max) { return page; }
        page.events.push_back({.cursor = cursor, .event = std::move(each.event)});
      }
      ++cursor.event_index;
    }
    page.next = {.height = page.next.height.next()};
  }
  return page;
}

Result<CoveringFinalization> LedgerView::finalization_covering(Height height) const {
  const auto newest = executed();
  if (!newest) { return newest.error(); }
  for (auto at = height; at <= newest->height; ++at) {
    auto certificate = storage::read_finalization(*snapshot_, at);
    if (!certificate) { return certificate.error(); }
    if (*certificate) { return CoveringFinalization{.height = at, .certificate = std::move(**certificate)}; }
  }
  return failure(ErrorKind::unavailable, "NOT_FINAL_HERE",
                 "no finalization at or above height " + height.text() + " is stored yet; executed up to " +
                     newest->height.text());
}

Status LedgerView::extend(BlockRange& range, Height last, Height newest) const {
  for (auto height = last.next(); height <= newest && range.path.size() < limits::kSyncPathMax; ++height) {
    auto found = record(height);
    if (!found) { return found.error(); }
    range.path.push_back(std::move(found->header));
    auto certificate = storage::read_finalization(*snapshot_, height);
    if (!certificate) { return certificate.error(); }
    if (*certificate) {
      range.finalization = std::move(*certificate);
      return kDone;
    }
  }
  range.path.clear();
  return kDone;
}

Result<BlockRange> LedgerView::range(Height from, Height to, std::size_t blocks_max, std::size_t bytes_max) const {
  const auto newest = executed();
  if (!newest) { return newest.error(); }
  BlockRange range{.from = from, .blocks = {}, .finalization = std::nullopt, .path = {}};
  to = std::min(to, newest->height);

  // First which blocks, from the records alone; then their bodies.
  std::vector<storage::BlockRecord> records;
  std::size_t bytes = 0;
  std::size_t proven = 0;  // how many of them the finalization covers
  for (auto height = from; height <= to && records.size() < blocks_max; ++height) {
    auto found = record(height);
    if (!found) { return found.error(); }
    bytes += found->location.length;
    if (!records.empty() && bytes > bytes_max) { break; }
    records.push_back(std::move(*found));
    auto certificate = storage::read_finalization(*snapshot_, height);
    if (!certificate) { return certificate.error(); }
    if (*certificate) {
      proven = records.size();
      range.finalization = std::move(*certificate);
    }
    // What follows is of another set of validators, which the asker learns by executing this block.
    if (!records.back().header.next_set.is_zero()) { break; }
  }
  if (proven == 0 && !records.empty()) {
    if (auto extended = extend(range, records.back().header.height, newest->height); !extended) {
      return extended.error();
    }
    if (range.finalization) { proven = records.size(); }
  }
  range.blocks.reserve(proven);
  for (std::size_t i = 0; i < proven; ++i) {
    auto block = body(records[i]);
    // Others have the damaged one; this node still serves those before it.
    if (!block && i > 0) { return this->range(from, records[i - 1].header.height, blocks_max, bytes_max); }
    if (!block) { return block.error(); }
    range.blocks.push_back(std::move(*block));
  }
  return range;
}

}  // namespace keten::query
