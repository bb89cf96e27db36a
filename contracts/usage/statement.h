#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "contracts/usage/views.h"
#include "core/bytes.h"
#include "core/json.h"
#include "core/result.h"

/// What a statement is computed from, wherever it comes from: the state of a node (views.h), or the proved history of an agreement.
namespace keten::usage {

/// How often what happened for which purpose.
class UseCounts {
 public:
  void add(const json::Value& line);
  /// `total` and `byPurpose`: of each `purpose`, `kind`, `decision` its `uses`.
  [[nodiscard]] json::Value json() const;

 private:
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

/// `amounts` that the duties of a policy ask for, and `due`: their sums in each unit that are to be paid now. `duties` have `uid` and
/// `state`.
void set_amounts(json::Value& statement, const json::Value& policy, const json::Value& duties);

/// An entry of a history: core/history_fact.h. Borrows everything.
struct RecordedFact {
  std::int64_t time = 0;  ///< of the block, milliseconds
  std::string_view what;
  std::vector<ByteView> fields;
};

/// What the complete history of an agreement about data tells.
struct AgreementHistory {
  json::Value agreement;           ///< its record, with `document`
  std::vector<json::Value> lines;  ///< of its uses, in the order in which they were recorded
  json::Value duties;              ///< an array, in the order of the terms
  std::string terminated_by;       ///< empty: by nobody
  std::int64_t terminated = 0;     ///< when notice was given, milliseconds
};

/// Of the facts of the head `id` of kind `agreement`, in order. Fails with NOT_ABOUT_DATA when it is another kind of agreement, and
/// with HISTORY_MALFORMED for what the contract never writes.
[[nodiscard]] Result<AgreementHistory> read_history(std::string_view id, const std::vector<RecordedFact>& facts);

/// As read_statement() says it of a state, but for what a history does not tell: `state` and `asOf`. `terminatedBy` and `terminated`
/// take their place when notice was given.
[[nodiscard]] json::Value statement_of(const AgreementHistory& history, const Period& period);
/// The uses of a period.
[[nodiscard]] std::vector<json::Value> uses_of(const AgreementHistory& history, const Period& period);

}  // namespace keten::usage
