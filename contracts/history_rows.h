#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/history_fact.h"
#include "core/ids.h"

/// Rows of the local index that tell where the entries of an entity's history were recorded, and what they say, so that a node can
/// prove the history. In no root: a proof shows that they are right. docs/formats/storage.md, "Histories". Items and lots
/// have rows of their own.
namespace keten::contracts::history_rows {

/// Where a fact's fields are.
enum class Kept : std::uint8_t {
  here = 0,  ///< in the row
  call = 1,  ///< they are method, organisation and arguments of the transaction
  put = 2,   ///< no fact: key and value of the transaction's record.put
};

inline constexpr std::uint32_t kNoTransaction = 0xFFFF'FFFF;  ///< the block itself recorded it

struct Row {
  Height height;
  std::uint32_t transaction = 0;  ///< its place in the block, or kNoTransaction
  std::uint64_t event = 0;
  Kept kept = Kept::here;
  std::string what{};           ///< of the fact; empty for a put
  std::vector<Bytes> fields{};  ///< when they are kept here
  friend bool operator==(const Row&, const Row&) = default;
};

/// Entry `number`, from 1, of an entity; keys ascend with it.
[[nodiscard]] Bytes key(std::string_view kind, std::string_view id, std::uint64_t number);
[[nodiscard]] Bytes encode(const Row& row);
/// None when these are not the bytes of a row.
[[nodiscard]] std::optional<Row> decode(ByteView bytes);

}  // namespace keten::contracts::history_rows
