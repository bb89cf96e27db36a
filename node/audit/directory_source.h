#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "node/audit/source.h"
#include "node/rocksdb/rocks_database.h"
#include "node/storage/commit.h"

namespace keten::audit {

/// What a node keeps on disk (docs/formats/storage.md), as it is at the moment of opening: nothing is locked or written, so
/// the node may run. Any thread.
class DirectorySource : public LedgerSource {
 public:
  /// `path` is the home of a node, or its data directory. Fails with LEDGER_MISSING naming what was looked for, WRONG_CHAIN
  /// when it is of another chain, and the reasons of the database.
  [[nodiscard]] static Result<std::unique_ptr<DirectorySource>> open(const std::filesystem::path& path,
                                                                     const ChainId& chain);

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] Tip tip() const override { return {executed_.height, executed_.state_root}; }
  [[nodiscard]] Result<SourceBlock> block(Height height) const override;
  [[nodiscard]] Result<SourceBlock> header(Height height) const override;
  [[nodiscard]] Result<BlockId> block_id(Height height) const override;
  [[nodiscard]] Result<std::optional<std::vector<Receipt>>> receipts(Height height) const override;
  [[nodiscard]] Result<EpochEntry> epoch(Epoch epoch) const override;
  [[nodiscard]] const storage::Snapshot* tables() const override { return snapshot_.get(); }

 private:
  DirectorySource() = default;
  [[nodiscard]] Result<Bytes> read(const storage::BlockRecord& record) const;

  std::string name_;
  std::filesystem::path segments_;
  std::unique_ptr<rocksdb_store::RocksDatabase> database_;
  storage::SnapshotPointer snapshot_;
  storage::Executed executed_;
};

}  // namespace keten::audit
