#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.h"
#include "core/commitment.h"
#include "core/evidence.h"
#include "core/history_fact.h"
#include "core/ids.h"
#include "core/keys.h"
#include "core/result.h"
#include "core/roles.h"
#include "core/transaction.h"

namespace keten::packages {
class ModuleStore;
}

namespace keten::contracts {

namespace history_rows {
struct Row;
}

/// Ordered key-value state as it was after some height. Keys sort as unsigned bytes.
class StateReader {
 public:
  virtual ~StateReader() = default;
  [[nodiscard]] virtual std::optional<Bytes> get(ByteView key) const = 0;
  /// The values of several keys in their order. Ascending keys are cheapest.
  [[nodiscard]] virtual std::vector<std::optional<Bytes>> get_many(std::span<const Bytes> keys) const;
  /// Visits keys in [first, end) in order until `visit` returns false; an empty `end` is no upper bound. The views
  /// live as long as the call of `visit`.
  using Visit = std::function<bool(ByteView key, ByteView value)>;
  virtual void scan(ByteView first, ByteView end, const Visit& visit) const = 0;
  /// The same keys from the last to the first. A reader that has no better way looks at all of them.
  virtual void scan_back(ByteView first, ByteView end, const Visit& visit) const;
  /// As scan, and tells of each row on the way that was erased and not yet forgotten: looking past it is work too.
  virtual void scan_past(ByteView first, ByteView end, const Visit& visit, const std::function<void()>& erased) const {
    static_cast<void>(erased);
    scan(first, end, visit);
  }
};

/// Sorted changes; no value means erased.
using WriteSet = std::map<Bytes, std::optional<Bytes>>;

struct BlockContext {
  ChainId chain_id;
  Height height;
  Milliseconds time = 0;                    ///< header time: the only time a contract sees
  BlockId id = {};                          ///< what the mountain commits to; contracts have no use for it
  std::optional<SetId> next_set = {};       ///< of a sealing block: these validators begin the next epoch behind it
  std::span<const Evidence> evidence = {};  ///< of the block; borrowed
};

struct Caller {
  std::string organisation;
  PublicKey key;
  Roles roles;
  std::string user;  ///< the name registered with the key; empty for machines
};

/// Something a transaction did, in its receipt; what watchers receive.
struct ContractEvent {
  std::string kind;     ///< for example `epcis.event`
  std::string subject;  ///< the entity it is about, canonical
  Bytes data;           ///< contract-defined
};

/// A row of a local, rebuildable query index. Not part of the write set nor of any root.
struct IndexEntry {
  Bytes key;
  Bytes value;
};

/// Thrown inside execution when a limit is hit; `execute_block` turns it into a failed receipt.
struct Abort {
  Error error;
};

/// Everything one transaction may see and do. Every access is charged; running out of fuel throws Abort.
class Context {
 public:
  /// Everything but the fuel is borrowed. Without `modules` no contract in WebAssembly can run.
  Context(const BlockContext& block, const Transaction& transaction, const Caller& caller, std::uint32_t index,
          const StateReader& state, std::uint64_t fuel_limit, packages::ModuleStore* modules = nullptr);

  [[nodiscard]] const BlockContext& block() const { return block_; }
  [[nodiscard]] const Transaction& transaction() const { return transaction_; }
  [[nodiscard]] const Caller& caller() const { return caller_; }
  /// The transaction's place in its block.
  [[nodiscard]] std::uint32_t transaction_index() const { return index_; }

  // State. Keys are the contract's own: `<contract>/` is put before them here and taken off again in a scan.
  [[nodiscard]] std::optional<Bytes> get(ByteView key);
  void put(ByteView key, Bytes value);
  void erase(ByteView key);
  /// Sees this transaction's own writes. Visits [first, end) in order; an empty `end` is the end of the namespace.
  /// `visit` may write, but not roll back.
  void scan(ByteView first, ByteView end, const StateReader::Visit& visit);

  /// What any contract keeps, by its full key, this transaction's writes included. Charged as `get`.
  [[nodiscard]] std::optional<Bytes> read(const Bytes& full_key);
  /// The state before this transaction, without charge: who reads from it charges by rules of its own.
  [[nodiscard]] const StateReader& before() const { return state_; }
  /// Compiled modules. Precondition: the context was made with them.
  [[nodiscard]] packages::ModuleStore& modules() const;
  /// The same; null when the context was made without them.
  [[nodiscard]] packages::ModuleStore* modules_if_any() const { return modules_; }

  /// While it lives, keys are those of another built-in contract: for what a transaction has to leave there too.
  class Within {
   public:
    Within(Context& context, std::string_view contract);
    ~Within() { context_.prefix_ = std::move(prefix_); }
    Within(const Within&) = delete;
    Within& operator=(const Within&) = delete;

   private:
    Context& context_;
    Bytes prefix_;
  };

  void emit(ContractEvent event);

  /// An entity that has a head: everything recorded about it is chained there, so that its history can be proved complete.
  /// docs/formats.md, "Heads".
  struct Entity {
    std::string_view kind;  ///< see core/commitment.h
    std::string_view id;
    ByteView state_key = {};  ///< of what the state says about it, the contract's own key; empty when it says nothing
  };
  /// Something was recorded about it: event number `event` of the transaction, with a content by the contract's rules.
  /// Throws Abort{TOO_MANY_ENTITIES} beyond kEntitiesPerTransactionMax. Entities of other contracts (Within) do not count: theirs
  /// is another bound, and what they record must not decide whether this transaction may.
  /// A content that is no fact is found again by whoever proves the history, from rows of its own.
  void about(const Entity& entity, std::uint64_t event, const Hash& content) {
    (void)add_entry(entity, event, content);
  }
  /// The index keeps the fact, so that the node can prove the history.
  void about(const Entity& entity, std::uint64_t event, const Fact& fact);
  /// The call itself is the fact: method, organisation and arguments, which stay in the transaction only.
  void about_call(const Entity& entity, std::string_view what, std::uint64_t event = 0);
  /// A record.put, which stays in the transaction only.
  void about_put(const Entity& entity, const Hash& content);
  /// What the state says about it changed: its head will say so too, with or without something recorded.
  void restated(const Entity& entity) { (void)touched(entity); }
  /// Writes the heads, once, behind everything else; throws Abort. Whoever runs the contract calls it.
  void write_heads();

  /// Keys of an index are the contract's own business: nothing is put before them.
  void index(Bytes key, Bytes value);
  /// Throws Abort{OUT_OF_FUEL}.
  void charge(std::uint64_t fuel);

  /// A head on its way: as before the transaction, with what was recorded since.
  struct TouchedHead {
    Head head;
    Bytes state_key;  ///< full; empty when there is none
  };

  /// Writes made since the mark can be taken back: the savepoint of `proceed` captures.
  struct Savepoint {
    WriteSet writes;
    std::size_t events;
    std::size_t index_entries;
    std::map<Bytes, TouchedHead> heads;
    std::size_t own_heads;
  };
  [[nodiscard]] Savepoint savepoint() const {
    return {writes_, events_.size(), index_entries_.size(), heads_, own_heads_};
  }
  void roll_back(Savepoint savepoint);

  /// Under full keys, namespace included.
  [[nodiscard]] const WriteSet& writes() const { return writes_; }
  [[nodiscard]] WriteSet take_writes() { return std::move(writes_); }
  [[nodiscard]] std::vector<ContractEvent>& events() { return events_; }
  [[nodiscard]] std::vector<IndexEntry>& index_entries() { return index_entries_; }
  [[nodiscard]] std::uint64_t fuel_left() const { return fuel_left_; }

 private:
  [[nodiscard]] Bytes full_key(ByteView key) const;
  Head& touched(const Entity& entity);
  /// Returns the number of the entry.
  std::uint64_t add_entry(const Entity& entity, std::uint64_t event, const Hash& content);
  void add_history_row(const Entity& entity, std::uint64_t number, history_rows::Row row);

  const BlockContext& block_;
  const Transaction& transaction_;
  const Caller& caller_;
  std::uint32_t index_;
  const StateReader& state_;
  std::uint64_t fuel_left_;
  packages::ModuleStore* modules_;
  Bytes prefix_;  ///< `<contract>/`
  WriteSet writes_;
  std::map<Bytes, TouchedHead> heads_;  ///< by their full keys
  std::size_t own_heads_ = 0;           ///< of them, those that the transaction's contract touched first
  std::vector<ContractEvent> events_;
  std::vector<IndexEntry> index_entries_;
};

/// A built-in contract. Stateless: everything it knows is in the Context.
class Contract {
 public:
  virtual ~Contract() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Which roles may call the method; an unknown method is an error (UNKNOWN_METHOD).
  [[nodiscard]] virtual Result<Roles> allowed_roles(std::string_view method) const = 0;
  /// Shape only, no state: what the submitter can be told at once. Runs at admission, before the signature check.
  [[nodiscard]] virtual Status check(const Transaction& transaction) const = 0;
  /// Runs the transaction; the result bytes go into the receipt. A failure undoes all writes. May throw Abort.
  [[nodiscard]] virtual Result<Bytes> execute(Context& context) const = 0;
};

}  // namespace keten::contracts
