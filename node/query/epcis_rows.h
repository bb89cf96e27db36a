#pragma once

#include <functional>
#include <optional>
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

/// A range of the event index, newest first, read in portions: a page never costs more than its rows.
class RowCursor {
 public:
  /// Rows under `prefix` from `newest` to `oldest`, both included. Borrows the index.
  RowCursor(const contracts::StateReader& index, Bytes prefix, const production::index_rows::Stamp& newest,
            const production::index_rows::Stamp& oldest);

  /// The row under the cursor; empty at the end.
  [[nodiscard]] const std::optional<production::index_rows::Stamp>& stamp() const { return stamp_; }
  void next();

 private:
  void fill();

  const contracts::StateReader& index_;
  Bytes next_key_;
  Bytes end_;
  std::vector<production::index_rows::Stamp> portion_;
  std::size_t at_ = 0;
  bool exhausted_ = false;
  std::optional<production::index_rows::Stamp> stamp_;
};

/// Several ranges as one, newest first; a row that lies in several comes once.
class MergedRows {
 public:
  explicit MergedRows(std::vector<RowCursor> cursors) : cursors_(std::move(cursors)) {}
  std::optional<production::index_rows::Stamp> next();

 private:
  std::vector<RowCursor> cursors_;
};

/// The stamps around everything.
production::index_rows::Stamp newest_stamp();
production::index_rows::Stamp oldest_stamp();

}  // namespace keten::query
