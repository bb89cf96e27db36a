#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "contracts/contract.h"
#include "contracts/production/event_summary.h"
#include "contracts/production/index_rows.h"
#include "core/bytes.h"
#include "core/result.h"

namespace keten::query {

/// The summary of the event recorded at that place. Fails with INDEX_CORRUPT when the row is missing or broken.
Result<production::EventSummary> read_summary(const contracts::StateReader& index,
                                              const production::EventPosition& position);

enum class Direction : std::uint8_t { newest_first, oldest_first };

/// A range of the event index, read in portions that grow: a page never costs much more than its rows.
class RowCursor {
 public:
  /// Rows under `prefix` from `newest` to `oldest`, both included. Borrows the index.
  RowCursor(const contracts::StateReader& index, Bytes prefix, const production::index_rows::Stamp& newest,
            const production::index_rows::Stamp& oldest, Direction direction = Direction::newest_first);

  /// The row under the cursor; empty at the end.
  [[nodiscard]] const std::optional<production::index_rows::Stamp>& stamp() const { return stamp_; }
  void next();

 private:
  void fill();

  const contracts::StateReader& index_;
  Direction direction_;
  Bytes first_;
  Bytes end_;
  std::vector<production::index_rows::Stamp> portion_;
  std::size_t portion_size_ = 8;
  std::size_t at_ = 0;
  bool exhausted_ = false;
  std::optional<production::index_rows::Stamp> stamp_;
};

/// Several ranges as one, in their order; a row that lies in several comes once.
class MergedRows {
 public:
  MergedRows(std::vector<RowCursor> cursors, Direction direction);
  MergedRows(const MergedRows&) = delete;
  MergedRows& operator=(const MergedRows&) = delete;
  std::optional<production::index_rows::Stamp> next();

 private:
  [[nodiscard]] bool comes_later(const RowCursor* left, const RowCursor* right) const;
  void push(RowCursor* cursor);

  std::vector<RowCursor> cursors_;
  std::vector<RowCursor*> heap_;  ///< those that have a row, the first row in front
  Direction direction_;
};

/// The keys of a range, as RowCursor reads it.
std::pair<Bytes, Bytes> key_range(const Bytes& prefix, const production::index_rows::Stamp& newest,
                                  const production::index_rows::Stamp& oldest);

/// The stamps around everything.
production::index_rows::Stamp newest_stamp();
production::index_rows::Stamp oldest_stamp();

}  // namespace keten::query
