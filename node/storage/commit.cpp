#include "node/storage/commit.h"

#include <algorithm>
#include <array>

#include "core/encoding.h"
#include "core/limits.h"

namespace keten::storage {

namespace {

constexpr std::uint32_t kFormat = 2;
constexpr std::size_t kEventTextMax = 64 * 1024;
constexpr std::size_t kEventDataMax = limits::kTransactionBytesMax;

// Keys of column meta.
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kExecutedKey = "executed";

/// Records of one height lie side by side, and heights in order: RocksDB moves such files instead of rewriting them.
enum class Kind : std::uint8_t { block = 'b', events = 'e', finalization = 'f', receipts = 'r' };

using HeightKey = std::array<std::uint8_t, 9>;
HeightKey height_key(Height height, Kind kind) {
  HeightKey key{};
  for (std::size_t i = 0; i < 8; ++i) { key[i] = static_cast<std::uint8_t>(height.value >> (56U - 8U * i)); }
  key[8] = static_cast<std::uint8_t>(kind);
  return key;
}

using IdKey = std::array<std::uint8_t, 33>;
IdKey id_key(char kind, const Hash& id) {
  IdKey key{};
  key[0] = static_cast<std::uint8_t>(kind);
  std::ranges::copy(id.bytes, key.begin() + 1);
  return key;
}

Error corrupt(std::string_view what, const Error& why) {
  return failure(ErrorKind::corrupt, "STORAGE_CORRUPT", "stored " + std::string(what) + ": " + why.message);
}

Bytes encode_executed(const Executed& executed) {
  Writer writer;
  writer.number(executed.height);
  writer.fixed(executed.block);
  writer.fixed(executed.state_root);
  executed.replay_from.encode(writer);
  return writer.take();
}

Bytes encode_block_record(const BlockRecord& record) {
  Writer writer;
  writer.reserve(512);
  writer.fixed(record.id);
  record.location.encode(writer);
  writer.fixed(record.receipts_root);
  writer.fixed(record.commitments.mountain_root);
  writer.fixed(record.commitments.map_root);
  writer.fixed(record.commitments.rest);
  writer.number(record.valid_until_max);
  record.header.encode(writer);
  return writer.take();
}

Bytes encode_place(const Place& place) {
  Writer writer;
  writer.number(place.height);
  writer.u32(place.index);
  return writer.take();
}

Bytes encode_height(Height height) {
  Writer writer;
  writer.number(height);
  return writer.take();
}

/// Count, then for each event: transaction index, kind, subject, data.
Bytes encode_events(const std::vector<std::vector<contracts::ContractEvent>>& events) {
  std::size_t count = 0;
  for (const auto& each : events) { count += each.size(); }
  Writer writer;
  writer.u32(static_cast<std::uint32_t>(count));
  for (std::uint32_t index = 0; index < events.size(); ++index) {
    for (const auto& event : events[index]) {
      writer.u32(index);
      writer.sized(event.kind);
      writer.sized(event.subject);
      writer.sized(ByteView(event.data));
    }
  }
  return writer.take();
}

void put_state(Batch& batch, const contracts::WriteSet& writes) {
  for (const auto& [key, value] : writes) {
    if (value) {
      batch.put(Column::state, key, *value);
    } else {
      batch.erase(Column::state, key);
    }
  }
}

struct PlacedHeader {
  const BlockHeader& header;
  BlockId id;
  Location location;
  Location replay_from;
};

/// What genesis and later blocks have in common: everything but transactions and finalization.
void put_block(Batch& batch, const PlacedHeader& block, const contracts::BlockResult& result) {
  Height valid_until_max;
  for (const auto& receipt : result.receipts) { valid_until_max = std::max(valid_until_max, receipt.valid_until); }
  const auto height = block.header.height;
  batch.put(Column::blocks, height_key(height, Kind::block),
            encode_block_record({.id = block.id,
                                 .header = block.header,
                                 .location = block.location,
                                 .receipts_root = result.receipts_root,
                                 .commitments = result.commitments,
                                 .valid_until_max = valid_until_max}));
  batch.put(Column::ids, id_key('b', block.id), encode_height(height));
  batch.put(
      Column::meta, as_bytes(kExecutedKey),
      encode_executed(
          {.height = height, .block = block.id, .state_root = result.state_root, .replay_from = block.replay_from}));
  put_state(batch, result.writes);
  for (const auto& entry : result.index_entries) { batch.put(Column::index, entry.key, entry.value); }
  for (const auto& row : result.proofs) {
    if (row.value) {
      batch.put(Column::proofs, row.key, *row.value);
    } else {
      batch.erase(Column::proofs, row.key);
    }
  }
}

/// Upper bound of the batch's bytes, so that its buffer grows once.
std::size_t estimate_bytes(const contracts::BlockResult& result) {
  std::size_t bytes = 2048 + result.receipts.size() * 64;
  for (const auto& [key, value] : result.writes) { bytes += key.size() + (value ? value->size() : 0); }
  for (const auto& entry : result.index_entries) { bytes += entry.key.size() + entry.value.size(); }
  for (const auto& row : result.proofs) { bytes += row.key.size() + (row.value ? row.value->size() : 0); }
  return bytes;
}

}  // namespace

Batch make_commit(const Commit& commit) {
  const auto& result = commit.result;
  const auto height = commit.block.header.height;
  const auto receipts = encode_receipts(result.receipts);
  const auto events = encode_events(result.events);
  Batch batch;
  batch.reserve(8 + result.receipts.size() + result.writes.size() + result.index_entries.size() + result.proofs.size(),
                estimate_bytes(result) + receipts.size() + events.size());

  put_block(
      batch,
      {.header = commit.block.header, .id = commit.id, .location = commit.location, .replay_from = commit.replay_from},
      result);
  if (!result.receipts.empty()) { batch.put(Column::blocks, height_key(height, Kind::receipts), receipts); }
  if (events.size() > 4) { batch.put(Column::blocks, height_key(height, Kind::events), events); }
  if (commit.finalization) {
    Writer writer;
    commit.finalization->encode(writer);
    batch.put(Column::blocks, height_key(height, Kind::finalization), writer.bytes());
  }
  for (std::uint32_t index = 0; index < result.receipts.size(); ++index) {
    batch.put(Column::ids, id_key('t', result.receipts[index].transaction),
              encode_place({.height = height, .index = index}));
  }
  return batch;
}

namespace {

enum class Standing : std::uint8_t { next, executed_already };

/// Where the block stands to what was executed.
Result<Standing> stand(const Database& database, const Commit& commit) {
  const auto& header = commit.block.header;
  const auto snapshot = database.snapshot();
  const auto executed = read_executed(*snapshot);
  if (!executed) { return executed.error(); }
  if (header.height <= executed->height) {
    const auto known = read_block_record(*snapshot, header.height);
    if (!known) { return known.error(); }
    if (known->id == commit.id) { return Standing::executed_already; }
    return failure(
        ErrorKind::corrupt, "COMMIT_CONFLICT",
        "height " + header.height.text() + " was executed with block " + known->id.hex() + ", not " + commit.id.hex());
  }
  if (header.height != executed->height.next() || header.parent != executed->block) {
    return failure(ErrorKind::corrupt, "COMMIT_GAP",
                   "block " + commit.id.hex() + " at height " + header.height.text() +
                       " does not follow the executed block at height " + executed->height.text());
  }
  // The snapshot ends here: a database that copies for its snapshots copies everything while one lives.
  return Standing::next;
}

Status initialise_or_check(Database& database, const Genesis& genesis) {
  const auto chain_id = genesis.chain_id();
  const auto stored = database.snapshot()->column(Column::meta).get(as_bytes(kFormatKey));
  if (!stored) {
    const auto header = genesis_header(genesis);
    Writer format;
    format.u32(kFormat);
    format.fixed(chain_id);
    Batch batch;
    batch.put(Column::meta, as_bytes(kFormatKey), format.bytes());
    put_block(batch, {.header = header, .id = header.id(), .location = {}, .replay_from = {}},
              contracts::execute_genesis(genesis));
    return database.write(batch, Durability::synced);
  }
  Reader reader(*stored);
  const auto format = reader.u32();
  if (format != kFormat) {
    return failure(
        ErrorKind::refused, "STORAGE_FORMAT",
        "the database has format " + std::to_string(format) + ", this program reads format " + std::to_string(kFormat));
  }
  const auto found = reader.fixed<ChainId>();
  if (auto end = reader.finish("format"); !end) { return corrupt("format", end.error()); }
  if (found != chain_id) {
    return failure(ErrorKind::refused, "WRONG_CHAIN",
                   "the database is of chain " + found.hex() + ", the genesis is of chain " + chain_id.hex());
  }
  return kDone;
}

}  // namespace

Status commit_block(Database& database, const Commit& commit) {
  try {
    const auto standing = stand(database, commit);
    if (!standing) { return standing.error(); }
    if (*standing == Standing::executed_already) { return kDone; }
  } catch (const ReadFailure& failed) { return failed.error(); }
  return database.write(make_commit(commit), Durability::buffered);
}

Status initialise(Database& database, const Genesis& genesis) {
  try {
    return initialise_or_check(database, genesis);
  } catch (const ReadFailure& failed) { return failed.error(); }
}

Result<Executed> read_executed(const Snapshot& snapshot) {
  const auto bytes = snapshot.column(Column::meta).get(as_bytes(kExecutedKey));
  if (!bytes) { return failure(ErrorKind::corrupt, "STORAGE_CORRUPT", "the database has no executed height"); }
  Reader reader(*bytes);
  Executed executed;
  executed.height = reader.number<Height>();
  executed.block = reader.fixed<BlockId>();
  executed.state_root = reader.fixed<Hash>();
  executed.replay_from = Location::decode(reader);
  if (auto end = reader.finish("executed height"); !end) { return corrupt("executed height", end.error()); }
  return executed;
}

Result<BlockRecord> read_block_record(const Snapshot& snapshot, Height height) {
  const auto bytes = snapshot.column(Column::blocks).get(height_key(height, Kind::block));
  if (!bytes) {
    return failure(ErrorKind::not_found, "BLOCK_NOT_FOUND", "no executed block at height " + height.text());
  }
  Reader reader(*bytes);
  BlockRecord record;
  record.id = reader.fixed<BlockId>();
  record.location = Location::decode(reader);
  record.receipts_root = reader.fixed<Hash>();
  record.commitments.mountain_root = reader.fixed<Hash>();
  record.commitments.map_root = reader.fixed<Hash>();
  record.commitments.rest = reader.fixed<Hash>();
  record.valid_until_max = reader.number<Height>();
  record.header = BlockHeader::decode(reader);
  if (auto end = reader.finish("block record"); !end) { return corrupt("block record", end.error()); }
  return record;
}

Result<std::vector<Receipt>> read_receipts(const Snapshot& snapshot, Height height) {
  const auto bytes = snapshot.column(Column::blocks).get(height_key(height, Kind::receipts));
  if (!bytes) { return std::vector<Receipt>{}; }
  auto receipts = decode_receipts(*bytes);
  if (!receipts) { return corrupt("receipts", receipts.error()); }
  return receipts;
}

Result<std::vector<StoredEvent>> read_events(const Snapshot& snapshot, Height height) {
  std::vector<StoredEvent> events;
  const auto bytes = snapshot.column(Column::blocks).get(height_key(height, Kind::events));
  if (!bytes) { return events; }
  Reader reader(*bytes);
  const auto count = reader.u32();
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    StoredEvent stored;
    stored.transaction_index = reader.u32();
    stored.event.kind = reader.text(kEventTextMax);
    stored.event.subject = reader.text(kEventTextMax);
    stored.event.data = to_bytes(reader.sized(kEventDataMax));
    events.push_back(std::move(stored));
  }
  if (auto end = reader.finish("events"); !end) { return corrupt("events", end.error()); }
  return events;
}

Result<std::optional<Certificate>> read_finalization(const Snapshot& snapshot, Height height) {
  const auto bytes = snapshot.column(Column::blocks).get(height_key(height, Kind::finalization));
  if (!bytes) { return std::optional<Certificate>{}; }
  Reader reader(*bytes);
  auto certificate = Certificate::decode(reader);
  if (auto end = reader.finish("finalization"); !end) { return corrupt("finalization", end.error()); }
  return std::optional(std::move(certificate));
}

Result<std::optional<Height>> read_height(const Snapshot& snapshot, const BlockId& block) {
  const auto bytes = snapshot.column(Column::ids).get(id_key('b', block));
  if (!bytes) { return std::optional<Height>{}; }
  Reader reader(*bytes);
  const auto height = reader.number<Height>();
  if (auto end = reader.finish("block height"); !end) { return corrupt("block height", end.error()); }
  return std::optional(height);
}

Result<std::optional<Place>> read_place(const Snapshot& snapshot, const TransactionId& transaction) {
  const auto bytes = snapshot.column(Column::ids).get(id_key('t', transaction));
  if (!bytes) { return std::optional<Place>{}; }
  Reader reader(*bytes);
  Place place;
  place.height = reader.number<Height>();
  place.index = reader.u32();
  if (auto end = reader.finish("transaction place"); !end) { return corrupt("transaction place", end.error()); }
  return std::optional(place);
}

Result<std::vector<std::pair<Height, Hash>>> read_recent_roots(const Snapshot& snapshot, std::uint64_t count) {
  const auto executed = read_executed(snapshot);
  if (!executed) { return executed.error(); }
  const auto newest = executed->height.value;
  std::vector<std::pair<Height, Hash>> roots;
  for (auto height = newest + 1 > count ? newest + 1 - count : 0; height <= newest; ++height) {
    const auto record = read_block_record(snapshot, Height{height});
    if (!record) { return record.error(); }
    roots.emplace_back(Height{height}, record->state_root());
  }
  return roots;
}

Result<std::vector<WindowRecord>> read_window(const Snapshot& snapshot, std::uint64_t blocks) {
  const auto executed = read_executed(snapshot);
  if (!executed) { return executed.error(); }
  const auto newest = executed->height.value;
  std::vector<WindowRecord> window;
  for (auto height = newest >= blocks ? newest - blocks + 1 : 1; height <= newest; ++height) {
    const auto record = read_block_record(snapshot, Height{height});
    if (!record) { return record.error(); }
    if (record->valid_until_max <= executed->height) { continue; }
    const auto receipts = read_receipts(snapshot, Height{height});
    if (!receipts) { return receipts.error(); }
    WindowRecord entry{.height = Height{height}, .transactions = {}};
    for (const auto& receipt : *receipts) {
      if (receipt.valid_until > executed->height) {
        entry.transactions.emplace_back(receipt.transaction, receipt.valid_until);
      }
    }
    if (!entry.transactions.empty()) { window.push_back(std::move(entry)); }
  }
  return window;
}

}  // namespace keten::storage
