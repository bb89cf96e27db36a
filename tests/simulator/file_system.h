#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "node/journal/file.h"
#include "tests/simulator/random.h"

namespace keten::simulator {

/// What the next sync of a file does besides what it says.
enum class SyncFault : std::uint8_t {
  fails,  ///< an error; the kernel calls the pages clean: readable until the power goes, never written by a later sync
  loses,  ///< says that it is done and writes nothing
  misdirects,  ///< says that it is done and writes to another place of the file
};

/// The files of one machine: page cache and platter apart. What was written is on the platter after a sync; a power
/// failure takes the cache, tears the newest writes and forgets new names whose directory was not synced. Can also fail,
/// lie, rot, be full, and lose its power between any two operations.
class FileSystem final : public journal::FileSystem {
 public:
  explicit FileSystem(Random random) : random_(random) {}

  [[nodiscard]] Result<journal::FilePointer> open(const std::string& path, journal::OpenMode mode) override;
  [[nodiscard]] bool exists(const std::string& path) const override { return names_.contains(path); }
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& directory) const override;
  [[nodiscard]] Status sync_directory(const std::string& path) override;
  [[nodiscard]] Status make_directory(const std::string& path) override;
  [[nodiscard]] Status rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] Result<journal::FilePointer> lock(const std::string& path, const std::string& reason) override;

  // ---- what goes wrong ----

  /// The power comes back: only the platter counts, and what it got of the unsynced writes.
  void power_failure();
  /// The power goes before the operation after the next `count` ones: from there on all fail.
  void cut_power_after(std::uint64_t count) { operations_left_ = count; }
  [[nodiscard]] bool has_power() const { return operations_left_ != 0; }
  /// A killed process starts again: the cache is still there.
  void power_stays() { operations_left_.reset(); }

  /// For the next sync of a file whose path begins like this.
  void spoil_next_sync(std::string path_prefix, SyncFault fault);
  /// Whether that sync has happened.
  [[nodiscard]] bool is_spoiled() const { return !spoil_.has_value(); }
  void spare_syncs() { spoil_.reset(); }

  /// Flips a bit of the platter and of the cache, in [first, end) of the file, and tells where; none when there is no such
  /// byte.
  std::optional<std::uint64_t> rot(const std::string& path, std::uint64_t first, std::uint64_t end);
  /// All files together may not grow beyond this any more; none: room enough.
  void set_room(std::optional<std::uint64_t> bytes) { room_ = bytes; }
  /// An operator throws the files of a directory away.
  void remove_all(const std::string& directory);

  /// A file was written or synced after its sync had failed: the kernel may have dropped what came before.
  [[nodiscard]] bool was_used_after_failure() const { return used_after_failure_; }

  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::uint64_t size(const std::string& path) const;
  /// Torn writes at power failures so far.
  [[nodiscard]] std::uint64_t torn() const { return torn_; }

 private:
  friend class OpenFile;
  /// A write, or a new length.
  struct Change {
    std::uint64_t offset = 0;
    Bytes bytes;
    bool is_length = false;
  };
  struct Node {
    Bytes cache;
    Bytes platter;
    std::vector<Change> pending;  ///< in the cache only
  };
  using NodePointer = std::shared_ptr<Node>;
  /// A name that a directory got and did not sync.
  struct Naming {
    std::string from;  ///< empty for a new file
    std::string to;
    NodePointer node;
  };

  [[nodiscard]] Status operate(const std::string& what);
  [[nodiscard]] Status write(const std::string& path, Node& node, std::uint64_t offset, ByteView bytes);
  [[nodiscard]] Status set_length(const std::string& path, Node& node, std::uint64_t length);
  [[nodiscard]] Status sync(const std::string& path, Node& node);
  [[nodiscard]] bool is_spoiling(const std::string& path) const;
  static void apply(Bytes& bytes, const Change& change);
  void settle(Node& node);
  void tear(Bytes& platter, const Change& change);
  static void name(std::map<std::string, NodePointer>& names, const Naming& naming);

  struct Spoil {
    std::string path_prefix;
    SyncFault fault;
  };
  Random random_;
  std::map<std::string, NodePointer> names_;
  std::map<std::string, NodePointer> durable_names_;
  std::vector<Naming> pending_names_;
  std::optional<std::uint64_t> operations_left_;
  std::optional<Spoil> spoil_;
  std::optional<std::uint64_t> room_;
  std::uint64_t torn_ = 0;
  bool used_after_failure_ = false;
};

}  // namespace keten::simulator
