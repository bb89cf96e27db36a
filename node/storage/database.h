#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "contracts/contract.h"
#include "core/bytes.h"
#include "core/result.h"

namespace keten::storage {

/// What is kept under which key: docs/formats/storage.md, "Database".
enum class Column : std::uint8_t {
  state,   ///< what contracts wrote; same on every validator
  index,   ///< rows of local query indexes; rebuildable
  blocks,  ///< by height: index, receipts, events, finalization
  ids,     ///< transaction id and block id to place
  meta,    ///< format, chain, executed height
  proofs,  ///< what the commitments in the state root keep; derived from blocks and state
};
inline constexpr std::size_t kColumnCount = 6;

enum class Durability : std::uint8_t {
  buffered,  ///< survives the end of the process, not of the power: what blocks and journal can bring back
  synced,
};

/// Changes that become visible and durable together, in order of the calls. All bytes lie in one buffer.
class Batch {
 public:
  struct Operation {
    Column column = Column::state;
    ByteView key;
    std::optional<ByteView> value;  ///< none: erase
  };

  void put(Column column, ByteView key, ByteView value);
  void erase(Column column, ByteView key);
  void reserve(std::size_t operations, std::size_t bytes);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return buffer_.size(); }
  /// Borrows from the batch.
  [[nodiscard]] Operation at(std::size_t place) const;

 private:
  struct Entry {
    std::size_t offset;
    std::uint32_t key_size;
    std::uint32_t value_size;
    Column column;
    bool is_erase;
  };
  std::vector<Entry> entries_;
  Bytes buffer_;
};

/// A read that the disk could not answer. Never taken for "not there": it passes through contracts and queries up to
/// whoever drives them, who answers DATA_LOSS or stops the node.
class ReadFailure : public std::exception {
 public:
  explicit ReadFailure(Error error) : error_(std::move(error)) {}
  [[nodiscard]] const Error& error() const { return error_; }
  [[nodiscard]] const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

/// All columns as they were at one moment, while others write. Any thread; must not outlive its database.
/// Reading throws ReadFailure.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
  [[nodiscard]] virtual const contracts::StateReader& column(Column column) const = 0;
};
using SnapshotPointer = std::shared_ptr<const Snapshot>;

/// Ordered key-value store. RocksDB on a node, a map in the simulator. One writer, readers on any thread.
class Database {
 public:
  virtual ~Database() = default;
  [[nodiscard]] virtual SnapshotPointer snapshot() const = 0;
  /// All of the batch or nothing. After a failure nothing more must be written: stop the node.
  [[nodiscard]] virtual Status write(const Batch& batch, Durability durability) = 0;
};

}  // namespace keten::storage
