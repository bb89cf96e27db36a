#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/block.h"
#include "core/commitment.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/proof/question.h"
#include "core/result.h"
#include "core/transaction.h"
#include "node/wire/ledger_wire.h"

namespace keten::client {

/// Where a node's gRPC API is and who we are. All PEM texts, not file names.
struct Endpoint {
  std::string address;              ///< host:port
  std::string server_certificates;  ///< one or more; the server must present one of them
  std::string certificate;          ///< ours; the node must know it
  std::string key;                  ///< ours, secret
};

/// A transaction as the node has it.
struct FoundTransaction {
  Bytes envelope;
  TransactionProgress progress;  ///< without receipt
};

/// Part of the state of one contract: docs/formats/governance.md, "State", and likewise of the others.
struct StateEntries {
  Height height;                                 ///< the state is that after this block
  std::vector<std::pair<Bytes, Bytes>> entries;  ///< keys with `<contract>/`, in order
};

/// A page of one contract's state; what is empty or 0 does not restrict. Keys are without `<contract>/`.
struct StateRange {
  std::string contract;
  Bytes first;         ///< keys not below this one
  Bytes end;           ///< below this one
  Height height = {};  ///< the state after this block; 0: the newest
  std::uint32_t limit = 0;
};
struct StatePage {
  StateEntries found;
  bool more = false;
};

/// Contracts, agreements or findings: docs/http.md.
struct RulesQuestion {
  enum class Subject : std::uint8_t { contract = 1, agreement = 2, finding = 3 };
  Subject subject = Subject::contract;
  std::string id = {};
  std::string agreement = {};
  std::string party = {};
  std::string state = {};
  std::string after = {};
  std::uint32_t limit = 0;
};
struct RulesPage {
  std::vector<std::string> documents;  ///< JSON
  std::string next;                    ///< empty: that was all
};

struct FoundBlock {
  BlockId id;
  BlockHeader header;
  Bytes finalization;  ///< canonical certificate; empty while unknown
  std::vector<TransactionId> transaction_ids;
  std::vector<Bytes> transactions;  ///< envelopes, when asked for
  std::vector<Evidence> evidence;   ///< likewise
  // What the node says that its execution gave; zero when it does not say.
  Hash state_root;
  Hash receipts_root;
  Commitments commitments;
};

/// Answers to one batch of a stream: one status per transaction, in order.
struct BatchAnswer {
  std::uint64_t sequence = 0;
  std::vector<Status> results;
};

/// Batches on one stream. One thread may send while another receives. Answers come in the order of the batches.
class SubmitStream {
 public:
  virtual ~SubmitStream() = default;
  /// Blocks while the transport is full; false when the stream has ended, `finish` tells why.
  virtual bool send(std::span<const TransactionPointer> transactions, std::uint64_t sequence) = 0;
  /// No more batches from us.
  virtual void close() = 0;
  /// The next answer; nothing when the stream has ended.
  virtual std::optional<BatchAnswer> receive() = 0;
  /// How the stream ended. Call once, after `receive` returned nothing.
  virtual Status finish() = 0;
  /// Ends the stream at once, from any thread.
  virtual void cancel() = 0;
};

/// An event of an executed block, as the node says.
struct WatchedEvent {
  std::string cursor;  ///< to go on behind it
  std::string kind;    ///< `epcis.event`, `agreements.finding` ...
  std::string subject;
  Bytes data;
  TransactionId transaction;  ///< that caused it; zero: time did
  Height height;
  Milliseconds time = 0;  ///< of the block
};

/// Events as they are executed. One thread.
class EventWatch {
 public:
  virtual ~EventWatch() = default;
  /// Blocks until there is one; nothing when the stream has ended.
  virtual std::optional<WatchedEvent> next() = 0;
  /// Why it ended. Call once, after `next` returned nothing.
  virtual Status finish() = 0;
};

/// One node's `keten.v1.LedgerService`. Thread-safe. Failures are the node's, or UNREACHABLE and TIMEOUT of the transport.
class LedgerClient {
 public:
  explicit LedgerClient(const Endpoint& endpoint);
  ~LedgerClient();
  LedgerClient(LedgerClient&&) noexcept;
  LedgerClient& operator=(LedgerClient&&) noexcept;

  /// One status per transaction in order: admitted, or why not.
  [[nodiscard]] Result<std::vector<Status>> submit(std::span<const TransactionPointer> transactions) const;
  [[nodiscard]] Status submit(const TransactionPointer& transaction) const;
  [[nodiscard]] std::unique_ptr<SubmitStream> submit_stream() const;
  /// Events behind `cursor`: of an event, a height, 0 for all, empty from the next block on; of one `kind`, empty: all.
  [[nodiscard]] std::unique_ptr<EventWatch> watch(const std::string& cursor, const std::string& kind) const;

  [[nodiscard]] Result<TransactionProgress> wait(const TransactionId& id, WaitLevel level,
                                                 std::uint32_t timeout_ms = 10'000) const;
  [[nodiscard]] Result<FoundTransaction> transaction(const TransactionId& id) const;
  [[nodiscard]] Result<wire::PlacedReceipt> receipt(const TransactionId& id) const;

  enum class BlockContent : std::uint8_t { ids, transactions };
  [[nodiscard]] Result<FoundBlock> block(Height height, BlockContent content = BlockContent::ids) const;
  /// Everything of a contract whose key begins with `prefix` (without `<contract>/`), of one height. Fails with STATE_MOVED
  /// when the node executes changes faster than it is read.
  [[nodiscard]] Result<StateEntries> state(std::string_view contract, ByteView prefix = {}) const;
  [[nodiscard]] Result<StateEntries> governance(std::string_view prefix = {}) const {
    return state("governance", as_bytes(prefix));
  }
  /// A page of it. Fails with STATE_GONE when the node does not have that height.
  [[nodiscard]] Result<StatePage> state_page(const StateRange& range) const;
  [[nodiscard]] Result<RulesPage> rules(const RulesQuestion& question) const;
  struct UsageQuestion {
    std::string view;     ///< "datasets", "dataset", "agreement", "uses", "use", "duties", "statement"
    std::string subject;  ///< a dataset or an agreement
    std::string use;
    std::string from;
    std::string to;
    std::string after;
    std::uint32_t limit = 0;
  };
  /// About data usage, as over HTTP.
  [[nodiscard]] Result<json::Value> usage(const UsageQuestion& question) const;
  /// A proof file, not verified. PROOF_NOT_YET: ask again in a second.
  [[nodiscard]] Result<Bytes> proof(const proof::Question& question) const;
  [[nodiscard]] Result<NodeStatus> status(std::uint32_t timeout_ms = 3'000) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace keten::client
