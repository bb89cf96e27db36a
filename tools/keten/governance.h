#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/ledger_client.h"
#include "client/transactions.h"
#include "contracts/contract.h"
#include "contracts/governance/views.h"
#include "core/result.h"
#include "tools/keten/target.h"

namespace keten::tools {

/// The governance part of a node's state, as the node answered.
class GovernanceState final : public contracts::StateReader {
 public:
  [[nodiscard]] static Result<GovernanceState> read(const client::LedgerClient& ledger);

  [[nodiscard]] Height height() const { return height_; }
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView first, ByteView end, const Visit& visit) const override;

 private:
  Height height_;
  std::map<Bytes, Bytes> entries_;
};

/// What became of a governance transaction that was executed.
struct Enacted {
  TransactionId id;
  Height height;
  Bytes result;
};

/// A node to speak with and an admin key to sign with.
class Administration {
 public:
  /// Without `key_file`: the key `user` of the node's home, or the one that `--as` names.
  [[nodiscard]] static Result<Administration> open(const TargetOptions& target, const std::string& key_file,
                                                   const std::string& user = "admin");

  [[nodiscard]] const Target& target() const { return target_; }
  [[nodiscard]] const client::LedgerClient& ledger() const { return ledger_; }
  [[nodiscard]] const NodeStatus& status() const { return status_; }
  [[nodiscard]] const KeyPair& key() const { return key_; }
  /// Of the signing key.
  [[nodiscard]] const std::string& organisation() const { return organisation_; }
  [[nodiscard]] Result<GovernanceState> state() const { return GovernanceState::read(ledger_); }

  /// Signs, submits and waits until it was executed; sent again for half a minute while the next epoch is about to begin.
  /// A transaction that governance refused is an error with its reason.
  [[nodiscard]] Result<Enacted> enact(std::string_view method, const Bytes& arguments) const;
  /// The same once, for a call of any contract; when it is valid is filled in here.
  [[nodiscard]] Result<Enacted> enact(client::Call call) const;
  /// Until the validators that are connected to this node have executed `height`, or `timeout_ms` have passed.
  [[nodiscard]] bool wait_for_peers(Height height, std::uint32_t timeout_ms) const;

 private:
  Administration(Target target, client::LedgerClient ledger, NodeStatus status, KeyPair key, std::string organisation);
  Target target_;
  client::LedgerClient ledger_;
  NodeStatus status_;
  KeyPair key_;
  std::string organisation_;
};

}  // namespace keten::tools
