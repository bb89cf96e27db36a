#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/commitment.h"
#include "core/ids.h"
#include "core/proof/question.h"
#include "core/receipt.h"
#include "core/result.h"
#include "node/query/rule_reads.h"
#include "node/query/usage_query.h"

namespace keten::api {

/// Place of an event: ordered, and written `height.index.event`.
struct EventCursor {
  Height height;
  std::uint32_t index = 0;  ///< of the transaction in its block
  std::uint32_t event = 0;  ///< in the order the transaction emitted them
  friend auto operator<=>(const EventCursor&, const EventCursor&) = default;

  [[nodiscard]] std::string text() const;
  /// Accepts `height.index.event`, and a height alone as the end of that block: "0" is before everything.
  /// Fails with CURSOR_INVALID.
  static Result<EventCursor> parse(std::string_view text);
  /// After every event of the block at `height`.
  static EventCursor end_of(Height height) { return {height, UINT32_MAX, UINT32_MAX}; }
};

struct LedgerEvent {
  EventCursor cursor;
  std::string kind;
  std::string subject;
  Bytes data;
  TransactionId transaction;  ///< zero: of the block itself
  Milliseconds time = 0;      ///< of the block
};

struct EventPage {
  std::vector<LedgerEvent> events;
  EventCursor next;  ///< everything at or before it was looked at; the position to go on from
};

struct StoredTransaction {
  Bytes envelope;
  Height height;
  std::uint32_t index = 0;
};

struct StoredReceipt {
  Receipt receipt;
  Height height;
  std::uint32_t index = 0;
};

struct StoredBlock {
  BlockPointer block;
  std::optional<Certificate> finalization;  ///< of this block or of a descendant
  // As this node executed it.
  Hash state_root;
  Hash receipts_root;
  Commitments commitments;
};

/// Keys are without `<contract>/`; what is empty or 0 does not restrict.
struct StateQuestion {
  std::string contract;
  Bytes after;   ///< keys behind this one
  Bytes prefix;  ///< that begin so
  Bytes first;   ///< not below this one
  Bytes end;     ///< below this one
  Height height;
  std::size_t entries_max = 0;
  std::size_t bytes_max = 0;  ///< about
};

/// A part of the state of one contract, keys without `<contract>/`.
struct StatePage {
  Height height;
  std::vector<std::pair<Bytes, Bytes>> entries;
  bool more = false;
};

/// Contracts, agreements or findings, and the height that was read.
struct RulesAt {
  query::RulePage page;
  Height height;
};

/// What the gRPC front door reads from the store. The daemon adapts node/query to it; a fake serves tests.
/// Thread-safe; may read the disk, so it is called on the API's own workers.
class LedgerReads {
 public:
  virtual ~LedgerReads() = default;

  /// In an executed block; TRANSACTION_UNKNOWN (not_found) otherwise.
  [[nodiscard]] virtual Result<StoredTransaction> transaction(const TransactionId& id) const = 0;
  [[nodiscard]] virtual Result<StoredReceipt> receipt(const TransactionId& id) const = 0;
  /// A final block; BLOCK_UNKNOWN (not_found) otherwise.
  [[nodiscard]] virtual Result<StoredBlock> block(Height height) const = 0;
  [[nodiscard]] virtual Result<StoredBlock> block(const BlockId& id) const = 0;
  /// Events after `after` of executed blocks, in order, at most `limit`; of one kind unless `kind` is empty.
  [[nodiscard]] virtual Result<EventPage> events(const EventCursor& after, std::string_view kind,
                                                 std::size_t limit) const = 0;
  [[nodiscard]] virtual Height executed_height() const = 0;
  /// In order. Fails with STATE_GONE when the state after that height is not kept, or not reached.
  [[nodiscard]] virtual Result<StatePage> state(const StateQuestion& question) const = 0;
  /// Fails like query::ask_rules().
  [[nodiscard]] virtual Result<RulesAt> rules(const query::RuleQuestion& question) const = 0;
  /// Fails like query::answer_usage().
  [[nodiscard]] virtual Result<query::UsageAnswer> usage(const query::UsageQuestion& question) const = 0;
  /// A proof file. Fails like query::make_proof().
  [[nodiscard]] virtual Result<Bytes> proof(const proof::Question& question) const = 0;
};

}  // namespace keten::api
