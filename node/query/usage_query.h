#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/json.h"
#include "node/query/ledger_query.h"

namespace keten::query {

/// What may be asked about data usage.
enum class UsageView : std::uint8_t { datasets, dataset, agreement, uses, use, duties, statement };

struct UsageQuestion {
  UsageView view = UsageView::datasets;
  std::string subject;    ///< a dataset (IRI) or agreement (64 hexadecimal digits)
  std::string use;        ///< id of one use
  std::string from;       ///< of uses and statements: the first block time, with zone; empty: since ever
  std::string to;         ///< the first behind the period; empty: until now
  std::string after;      ///< `next` of the part before; empty: from the beginning
  std::size_t limit = 0;  ///< of datasets and uses
};

struct UsageAnswer {
  json::Value value;
  Height height;
};

/// Datasets, agreements about data, their uses, duties and statements (contracts/usage/views.h), at the time of the newest executed
/// block. Fails with UNKNOWN_DATASET, UNKNOWN_AGREEMENT, UNKNOWN_USE, AGREEMENT_ID_INVALID, TIME_INVALID, PAGE_TOKEN and TOO_MANY_USES.
[[nodiscard]] Result<UsageAnswer> answer_usage(const LedgerView& view, const UsageQuestion& question);

// The sheet of uses: its heading, and the row of a line of UsageView::uses. RFC 4180, safe to open in a spreadsheet.
[[nodiscard]] std::string usage_sheet_heading();
[[nodiscard]] std::string usage_sheet_row(const json::Value& line);

}  // namespace keten::query
