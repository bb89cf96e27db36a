#include "node/audit/directory_source.h"

#include <utility>

#include <fmt/format.h>

#include "core/limits.h"
#include "node/audit/epoch_entry.h"
#include "node/journal/file.h"
#include "node/storage/record_log.h"

namespace keten::audit {
namespace {

Error corrupt(std::string reason, std::string message) {
  return failure(ErrorKind::corrupt, std::move(reason), std::move(message));
}

/// Block::decode says that something is wrong; this says with which transaction.
std::string first_bad_transaction(ByteView bytes, const std::vector<Receipt>& receipts) {
  Reader reader(bytes);
  (void)BlockHeader::decode(reader);
  const std::size_t count = reader.u32();
  if (count > limits::kBlockTransactionsMax) { return {}; }
  std::vector<std::uint32_t> sizes(count);
  for (auto& size : sizes) { size = reader.u32(); }
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    const auto transaction = decode_transaction(reader.raw(sizes[i]));
    const bool is_it = transaction && (i >= receipts.size() || receipts[i].transaction == (*transaction)->id);
    if (is_it && has_valid_signature(**transaction)) { continue; }
    const auto id = i < receipts.size() ? " (" + receipts[i].transaction.hex() + ")" : std::string();
    return fmt::format("; the first wrong transaction is number {}{}", i, id);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<DirectorySource>> DirectorySource::open(const std::filesystem::path& path,
                                                               const ChainId& chain) {
  std::error_code ignored;
  const auto data = std::filesystem::exists(path / "state", ignored) ? path : path / "data";
  for (const auto* part : {"state", "blocks"}) {
    if (std::filesystem::exists(data / part, ignored)) { continue; }
    return failure(ErrorKind::not_found, "LEDGER_MISSING",
                   fmt::format("{} is neither the home of a node nor its data directory: there is no {}", path.string(),
                               (data / part).string()));
  }
  std::unique_ptr<DirectorySource> source(new DirectorySource());
  source->name_ = std::filesystem::weakly_canonical(path, ignored).string();
  source->segments_ = data / "blocks";
  auto database = rocksdb_store::RocksDatabase::open_read_only((data / "state").string());
  if (!database) { return database.error(); }
  source->database_ = std::move(*database);
  source->snapshot_ = source->database_->snapshot();
  try {
    const auto genesis = storage::read_block_record(*source->snapshot_, Height{0});
    if (!genesis) { return genesis.error(); }
    if (genesis->header.chain_id != chain) {
      return failure(ErrorKind::refused, "WRONG_CHAIN",
                     fmt::format("{} is of chain {}, the genesis is of chain {}", source->name_,
                                 genesis->header.chain_id.hex(), chain.hex()));
    }
    auto executed = storage::read_executed(*source->snapshot_);
    if (!executed) { return executed.error(); }
    source->executed_ = *executed;
  } catch (const storage::ReadFailure& failed) { return failed.error(); }
  return source;
}

Result<Bytes> DirectorySource::read(const storage::BlockRecord& record) const {
  const auto& location = record.location;
  const auto path = segments_ / fmt::format("{:06}.seg", location.segment);
  const auto where =
      fmt::format("{}, bytes {} to {}", path.string(), location.offset, location.offset + location.length);
  if (location.offset < storage::kRecordHeaderBytes || location.length > storage::kRecordPayloadMax) {
    return corrupt("BLOCK_MISSING", "the database says that the block lies in " + where + ", where none can be");
  }
  const auto file = journal::machine_files().open(path.string(), journal::OpenMode::read);
  if (!file) { return corrupt("BLOCK_MISSING", "the block should be in " + where + ": " + file.error().message); }
  const auto place = location.offset - storage::kRecordHeaderBytes;
  const auto frame = (*file)->read_at(place, location.length + storage::kRecordHeaderBytes);
  if (!frame) { return corrupt("BLOCK_MISSING", "the block should be in " + where + ": " + frame.error().message); }
  const auto payload = storage::read_record(*frame, place);
  if (payload) { return to_bytes(*payload); }
  const auto receipts = storage::read_receipts(*snapshot_, record.header.height);
  return corrupt("SEGMENT_CORRUPT", "the record in " + where + " contradicts its checksum" +
                                        first_bad_transaction(ByteView(*frame).subspan(storage::kRecordHeaderBytes),
                                                              receipts ? *receipts : std::vector<Receipt>{}));
}

Result<SourceBlock> DirectorySource::header(Height height) const {
  const auto record = storage::read_block_record(*snapshot_, height);
  if (!record) {
    if (record.error().kind != ErrorKind::not_found) { return record.error(); }
    return corrupt("BLOCK_MISSING", "the database has executed height " + executed_.height.text() +
                                        " and has no record of height " + height.text());
  }
  auto finalization = storage::read_finalization(*snapshot_, height);
  if (!finalization) { return finalization.error(); }
  SourceBlock found;
  found.block = std::make_shared<const Block>(Block{record->header, {}, {}});
  found.finalization = std::move(*finalization);
  found.result = StoredResult{record->state_root(), record->receipts_root, record->commitments};
  return found;
}

Result<SourceBlock> DirectorySource::block(Height height) const {
  auto found = header(height);
  if (!found) { return found.error(); }
  const auto record = storage::read_block_record(*snapshot_, height);
  if (!record) { return record.error(); }
  const auto bytes = read(*record);
  if (!bytes) { return bytes.error(); }
  auto block = Block::decode(*bytes);
  if (!block) {
    const auto receipts = storage::read_receipts(*snapshot_, height);
    return corrupt(
        block.error().reason,
        block.error().message + first_bad_transaction(*bytes, receipts ? *receipts : std::vector<Receipt>{}));
  }
  const auto id = block->header.id();
  if (block->header != record->header || id != record->id) {
    return corrupt("BLOCK_DIFFERS", fmt::format("the database says that block {} is at height {}, at its place lies {}",
                                                record->id.hex(), height.value, id.hex()));
  }
  found->block = std::make_shared<const Block>(std::move(*block));
  found->bytes = bytes->size();
  return found;
}

Result<BlockId> DirectorySource::block_id(Height height) const {
  if (auto found = header(height); !found) { return found.error(); }
  const auto record = storage::read_block_record(*snapshot_, height);
  if (!record) { return record.error(); }
  const auto bytes = read(*record);
  if (!bytes) { return bytes.error(); }
  Reader reader(*bytes);
  const auto header = BlockHeader::decode(reader);
  if (!reader.ok()) { return corrupt("BLOCK_MALFORMED", "what lies in its place does not begin with a header"); }
  return header.id();
}

Result<std::optional<std::vector<Receipt>>> DirectorySource::receipts(Height height) const {
  auto receipts = storage::read_receipts(*snapshot_, height);
  if (!receipts) { return receipts.error(); }
  return std::optional(std::move(*receipts));
}

Result<LedgerSource::EpochEntry> DirectorySource::epoch(Epoch epoch) const {
  return read_epoch_entry(snapshot_->column(storage::Column::state), epoch);
}

}  // namespace keten::audit
