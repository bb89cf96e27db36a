#pragma once

#include <compare>
#include <cstdint>
#include <functional>

#include "core/bytes.h"
#include "core/encoding.h"
#include "core/result.h"

namespace keten::storage {

/// Where the bytes of a block (`Block::encode`) lie in the append-only segments. Ordered as they were written.
struct Location {
  std::uint32_t segment = 0;  ///< from 1; 0 is nowhere
  std::uint64_t offset = 0;   ///< of the block's first byte in the file
  std::uint32_t length = 0;
  friend auto operator<=>(const Location&, const Location&) = default;

  void encode(Writer& writer) const;
  static Location decode(Reader& reader);
};

/// Reads stored blocks. Segment files on a node, memory in the simulator. Any thread.
class BlockReader {
 public:
  virtual ~BlockReader() = default;
  /// `length` bytes from `offset` inside the block. Fails with BLOCK_UNREADABLE.
  [[nodiscard]] virtual Result<Bytes> read(const Location& location, std::uint32_t offset,
                                           std::uint32_t length) const = 0;
};

/// Stored blocks in the order in which they were appended.
class BlockLog : public BlockReader {
 public:
  /// Visits them from the block at `from` (included; the default is the very first) to the end. The view lives as long
  /// as the call.
  using Visit = std::function<void(const Location& location, ByteView block)>;
  [[nodiscard]] virtual Status replay(const Location& from, const Visit& visit) const = 0;
};

}  // namespace keten::storage
