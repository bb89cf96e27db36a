#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"
#include "core/json.h"
#include "core/result.h"

/// Data usage as people read it: the same for HTTP, gRPC, the command line and tests. Every read looks at the entries that it
/// tells of and no others.
namespace keten::usage {

/// Uses that one statement counts. 100,000 take a fraction of a second.
inline constexpr std::uint64_t kStatementUsesMax = 1'000'000;

/// Block times in milliseconds: `from` is the first, `to` the first behind it.
struct Period {
  std::int64_t from = 0;
  std::int64_t to = INT64_MAX;
};

/// A part of a list.
struct Listed {
  json::Value items;  ///< an array
  std::string next;   ///< what the following part comes after; empty: there is none
};

/// Fails with UNKNOWN_DATASET.
[[nodiscard]] Result<json::Value> read_dataset(const contracts::StateReader& state, std::string_view dataset);
/// By their IRIs, those behind `after`.
[[nodiscard]] Listed list_datasets(const contracts::StateReader& state, std::string_view after, std::size_t limit);

/// The record of a negotiation, with the document on the table. Fails with UNKNOWN_NEGOTIATION.
[[nodiscard]] Result<json::Value> read_negotiation(const contracts::StateReader& state, std::string_view id);
/// An agreement about data at a time, by its id or that of its negotiation: who provides and consumes what, its state by contract
/// `agreements`, document, counters. Fails with UNKNOWN_AGREEMENT; so do those below, which take both ids too.
[[nodiscard]] Result<json::Value> read_agreement(const contracts::StateReader& state, std::string_view id,
                                                 std::int64_t now);

/// In the order of the terms; an open duty behind its deadline is `overdue` at `now`. Fails with UNKNOWN_AGREEMENT.
[[nodiscard]] Result<json::Value> list_duties(const contracts::StateReader& state, std::string_view id,
                                              std::int64_t now);

/// Lines of uses in the order in which they were recorded, behind number `after`: docs/formats/usage.md. Fails with UNKNOWN_AGREEMENT.
[[nodiscard]] Result<Listed> list_uses(const contracts::StateReader& state, std::string_view id, const Period& period,
                                       std::uint64_t after, std::size_t limit);
/// One use with its compliance report. Fails with UNKNOWN_USE.
[[nodiscard]] Result<json::Value> read_use(const contracts::StateReader& state, std::string_view id,
                                           std::string_view use);

/// What a period has brought: uses by purpose, kind and decision, amounts, duties at `now`. Fails with UNKNOWN_AGREEMENT, and with
/// TOO_MANY_USES over kStatementUsesMax.
[[nodiscard]] Result<json::Value> read_statement(const contracts::StateReader& state, std::string_view id,
                                                 const Period& period, std::int64_t now);

/// The same of lines that somebody has, in order: what `read_statement` says of the uses, for who verifies it.
[[nodiscard]] json::Value count_uses(const std::vector<json::Value>& lines);

/// Headings of the sheet of uses, and one row of it. Times as text.
[[nodiscard]] std::vector<std::string> use_columns();
[[nodiscard]] std::vector<std::string> use_row(const json::Value& line);

}  // namespace keten::usage
