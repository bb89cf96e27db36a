#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/directory.h"
#include "core/genesis.h"
#include "core/ids.h"
#include "core/receipt.h"
#include "core/result.h"
#include "core/transaction.h"

namespace keten {

enum class WaitLevel : std::uint8_t { admitted, final, executed };

enum class TransactionState : std::uint8_t { unknown, admitted, final, executed, expired };

/// Where a transaction is. `height` is zero while it is not in a block.
struct TransactionProgress {
  TransactionState state = TransactionState::unknown;
  Height height;
  std::uint32_t index = 0;
  std::optional<Receipt> receipt;
};

struct PeerSummary {
  std::string node;
  std::string organisation;
  bool connected = false;
  Height height;
  Height executed_height;
  std::uint64_t silent_ms = 0;
};

struct NodeStatus {
  std::string node;
  std::string organisation;
  ChainId chain_id;
  std::string chain_name;
  Height height;  ///< finalized
  Height executed_height;
  Hash state_root;  ///< after executed_height
  Epoch epoch;
  View view;
  ValidatorIndex self;
  std::vector<PeerSummary> peers;  ///< the other validators in order
  std::uint64_t lag = 0;           ///< heights behind the best connected peer
  std::string reason;              ///< why the chain does not advance; empty when it does or is idle
  bool stale = false;   ///< others may know more: no quorum, far behind, or the loop has said nothing for long
  std::string disk;     ///< what its disk has too little of; empty when nothing
  bool quorum = false;  ///< enough validators are connected for the chain to advance
  std::size_t mempool_transactions = 0;
  std::size_t mempool_bytes = 0;
  Milliseconds block_time = 0;  ///< of the newest finalized block
  std::string version;
  std::map<std::string, std::uint64_t> counters;
  std::string role;  ///< of this node: validator, joining, follower, or stranger: nobody named it yet
  Milliseconds certificate_expires = 0;  ///< of this node's TLS certificate; 0: not known
  std::vector<std::string> warnings;     ///< what will need somebody's care, but stops nothing yet
};

/// What the front doors (gRPC, HTTP) may ask of the node. Thread-safe. Implemented by the daemon; a fake serves tests.
/// Callbacks come exactly once, on an unspecified thread, and must not block.
class Gateway {
 public:
  virtual ~Gateway() = default;

  /// One result per transaction, in order: admitted (its signature holds and it waits in the mempool), or why not.
  /// Reasons: WRONG_CHAIN, EXPIRED, VALID_UNTIL_TOO_FAR, DUPLICATE, UNKNOWN_SENDER, ROLE_NOT_ALLOWED, UNKNOWN_CONTRACT,
  /// UNKNOWN_METHOD, SIGNATURE_INVALID, MEMPOOL_FULL, ORGANISATION_QUOTA, NO_QUORUM, DISK_FULL and those of the contract's check.
  using Admitted = std::function<void(std::vector<Status>)>;
  virtual void submit(std::vector<TransactionPointer> transactions, Admitted done) = 0;

  /// Answers when the level is reached, with TIMEOUT or NO_QUORUM when not; TRANSACTION_UNKNOWN when never seen here.
  using Waited = std::function<void(Result<TransactionProgress>)>;
  virtual void wait(const TransactionId& id, WaitLevel level, std::uint64_t timeout_ms, Waited done) = 0;

  /// Where the transaction is now: from the mempool, unexecuted blocks, then the store.
  [[nodiscard]] virtual TransactionProgress progress(const TransactionId& id) const = 0;

  [[nodiscard]] virtual NodeStatus status() const = 0;
  [[nodiscard]] virtual DirectoryPointer directory() const = 0;
  [[nodiscard]] virtual const Genesis& genesis() const = 0;

  /// Calls `changed` after every executed block until the subscription is dropped.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  [[nodiscard]] virtual std::unique_ptr<Subscription> watch_executed(std::function<void(Height)> changed) = 0;
};

}  // namespace keten
