#pragma once

#include <optional>
#include <string>

#include "contracts/governance/records.h"

namespace keten::governance {

/// Changes members, keys, nodes and the rules of the next epoch, inside one transaction. After a failure the
/// transaction's writes must be undone; after success `finish()` judges the whole.
class Amendments {
 public:
  /// Borrows both.
  Amendments(contracts::Context& context, Records& records) : context_(context), records_(records) {}

  [[nodiscard]] Status apply(const Change& change);
  /// By the node's own organisation.
  [[nodiscard]] Status rotate(std::string_view organisation, const RotateValidator& arguments);
  [[nodiscard]] Status update(std::string_view organisation, const UpdateNode& arguments);
  [[nodiscard]] Status add_user_key(const std::string& organisation, const GenesisKey& key);
  [[nodiscard]] Status revoke_user_key(const std::string& organisation, const PublicKey& key);

  /// Whether the next epoch's rules, as they would be, keep the chain running: size of the set, parameters, and that
  /// those who validate today are a quorum of it. Writes them.
  [[nodiscard]] Status finish();

 private:
  struct FoundNode {
    NodeNumber number;
    NodeRecord record;
  };

  [[nodiscard]] Status add(const AddOrganisation& change);
  [[nodiscard]] Status add(const AddValidator& change);
  [[nodiscard]] Status remove(const RemoveOrganisation& change);
  [[nodiscard]] Status remove(const RemoveValidator& change);
  [[nodiscard]] Status set(const SetParameter& change);
  [[nodiscard]] Status remove_node(FoundNode node, Afterwards afterwards);

  /// Reads the pending rules, or today's as the start of new ones. Fails with EPOCH_FROZEN.
  [[nodiscard]] Status open_pending();
  [[nodiscard]] Status require_member(const std::string& organisation);
  [[nodiscard]] Result<FoundNode> find_node(std::string_view name);
  [[nodiscard]] Result<FoundNode> find_own_node(std::string_view organisation, std::string_view name);
  [[nodiscard]] Status check_new_key(const std::string& organisation, const std::string& name, Roles roles,
                                     const PublicKey& key, const Signature& possession);
  /// Fail with ROTATED_JUST_NOW: `key` was given to `node`, or an active one to any node of the organisation, just now.
  [[nodiscard]] Status check_pause(const std::string& node, const PublicKey& key);
  [[nodiscard]] Status check_pause(std::string_view organisation);
  [[nodiscard]] Status check_new_certificate(std::string_view pem, std::optional<NodeNumber> owner);
  [[nodiscard]] Status check_new_address(std::string_view address, std::optional<NodeNumber> owner);
  [[nodiscard]] std::optional<Validator> current_validator(NodeNumber number) const;
  [[nodiscard]] Height height() const { return context_.block().height; }

  contracts::Context& context_;
  Records& records_;
  std::optional<EpochRecord> current_;
  std::optional<PendingRecord> pending_;
  std::vector<Validator> validators_before_;  ///< of the pending rules when this transaction opened them
};

}  // namespace keten::governance
