#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "client/ledger_client.h"
#include "client/transactions.h"
#include "core/result.h"
#include "tools/keten/target.h"

namespace keten::tools {

struct ParticipantOptions {
  TargetOptions target;                ///< home or dev network; `user` is the key that signs, `capture` when empty
  std::vector<std::string> endpoints;  ///< gRPC addresses; empty: those that the home names
  std::string key_file;                ///< instead of the key of the home
};

/// A transaction that is in the chain.
struct Recorded {
  TransactionId id;
  Height height;
  std::uint32_t index = 0;
  Receipt receipt;
  BlockId block;
  Milliseconds block_time = 0;
  std::string node;  ///< that said so
  std::string endpoint;
};

/// A company that signs with a key of its own, on this machine, and hands in at whichever of several nodes answers. Which chain
/// it signs for is what its genesis says, not what a node says.
class Participant {
 public:
  static Result<Participant> open(const ParticipantOptions& options);

  [[nodiscard]] const client::Sender& sender() const { return sender_; }
  /// Where receipts are kept when nobody says otherwise.
  [[nodiscard]] std::filesystem::path receipts() const { return home_ / "receipts"; }

  /// Until the call is executed. The signed transaction is written to `envelope` before it is sent for the first time, and taken from
  /// there when it exists, so that after any crash the same one is sent again: it is recorded once. When a node fails the next
  /// endpoint is asked; after `patience` without success fails with the last error and what the others said. A transaction
  /// that is too old to be recorded is signed anew. For a capture of so many events the fuel that the rules of the company's agreements
  /// may use is bought beside that of the call, as a node does for what comes over HTTP.
  Result<Recorded> record(const client::Call& call, std::size_t events, const std::filesystem::path& envelope,
                          std::chrono::milliseconds patience);

 private:
  struct Node {
    client::Endpoint endpoint;
    client::LedgerClient ledger;
    std::string trouble;  ///< what it last failed with
  };
  struct Attempt;

  Participant(client::Sender sender, std::filesystem::path home) : sender_(std::move(sender)), home_(std::move(home)) {}
  Result<Attempt> attempt(const Node& node, const client::Call& call, std::size_t events,
                          const std::filesystem::path& envelope, TransactionPointer& transaction);
  Result<Attempt> found(const Node& node, const std::string& name, const TransactionId& id,
                        std::uint32_t timeout_ms) const;

  client::Sender sender_;
  std::filesystem::path home_;
  std::vector<Node> nodes_;
  std::size_t current_ = 0;
};

}  // namespace keten::tools
