#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/genesis.h"
#include "core/ids.h"
#include "core/limits.h"

/// Arguments of the methods of contract `governance`, in the canonical encoding. docs/formats/governance.md.
/// Every decode checks the shape (sizes, names, roles, counts) and fails with ARGUMENTS_INVALID; keys, proofs and
/// everything about the state are judged at execution.
namespace keten::governance {

inline constexpr std::string_view kContractName = "governance";
inline constexpr std::string_view kPropose = "change.propose";
inline constexpr std::string_view kApprove = "change.approve";
inline constexpr std::string_view kWithdraw = "change.withdraw";
inline constexpr std::string_view kRotateValidator = "validator.rotate";
inline constexpr std::string_view kUpdateNode = "node.update";
inline constexpr std::string_view kAddKey = "key.add";
inline constexpr std::string_view kRevokeKey = "key.revoke";
inline constexpr std::string_view kReady = "ready";

/// Of a proposal's arguments: every open one is read by whoever proposes another.
inline constexpr std::size_t kProposalBytesMax = 64 * 1024;
/// A change that expired is closed by a later proposal, which pays for so many.
inline constexpr std::size_t kChangesClosedAtOnce = 16;
/// Between a key that waits for the next epoch and another one in its place, because each makes everyone say ready again; and
/// between a rotated key that began an epoch and the next rotation of its organisation, because each begins another epoch.
inline constexpr std::uint64_t kRotationPauseBlocks = 50;

/// Counts the changes that were proposed in a chain, from 1.
using ChangeId = Number<struct ChangeIdTag>;

/// A company joins, with the keys of its people and devices; at once.
struct AddOrganisation {
  std::string name;
  std::vector<GenesisKey> keys;  ///< at least one admin
  friend bool operator==(const AddOrganisation&, const AddOrganisation&) = default;
};

/// A company leaves: its user keys are revoked at once, its validators leave with the next epoch. The name stays taken.
struct RemoveOrganisation {
  std::string name;
  friend bool operator==(const RemoveOrganisation&, const RemoveOrganisation&) = default;
};

/// A node may connect at once and validates from the next epoch on.
struct AddValidator {
  std::string organisation;
  GenesisValidator validator;
  friend bool operator==(const AddValidator&, const AddValidator&) = default;
};

/// What becomes of a node that no longer validates.
enum class Afterwards : std::uint8_t {
  leaves = 0,   ///< the others close their connections to it
  follows = 1,  ///< it may stay connected, executes and serves reads
};

/// With the next epoch; a node that only prepares for it goes at once.
struct RemoveValidator {
  std::string node;
  Afterwards afterwards = Afterwards::leaves;
  friend bool operator==(const RemoveValidator&, const RemoveValidator&) = default;
};

/// With the next epoch.
struct SetParameter {
  std::string parameter;  ///< name in core/parameters.h
  std::uint64_t value = 0;
  friend bool operator==(const SetParameter&, const SetParameter&) = default;
};

/// Gives an organisation that lost its admin keys a new one; at once.
struct AddMemberKey {
  std::string organisation;
  GenesisKey key;
  friend bool operator==(const AddMemberKey&, const AddMemberKey&) = default;
};

using Change =
    std::variant<AddOrganisation, RemoveOrganisation, AddValidator, RemoveValidator, SetParameter, AddMemberKey>;

/// `change.propose`: applied all or none, when enough organisations have approved.
struct ProposeChange {
  std::vector<Change> changes;                              ///< 1 to limits::kChangesPerProposalMax
  Milliseconds open_for_ms = limits::kChangeOpenMsDefault;  ///< afterwards it can no longer be approved
  std::string reason;                                       ///< for the people who approve; may be empty
  friend bool operator==(const ProposeChange&, const ProposeChange&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<ProposeChange> decode(ByteView bytes);
};

/// What an approval signs: nobody can be made to approve another change under the same number.
[[nodiscard]] Hash change_digest(ByteView proposal);

/// `change.approve`.
struct ApproveChange {
  ChangeId change;
  Hash digest;  ///< change_digest of the arguments of its proposal
  friend bool operator==(const ApproveChange&, const ApproveChange&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<ApproveChange> decode(ByteView bytes);
};

/// `change.withdraw`: by the organisation that proposed it: closes it; by another one: takes its approval back.
struct WithdrawChange {
  ChangeId change;
  friend bool operator==(const WithdrawChange&, const WithdrawChange&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<WithdrawChange> decode(ByteView bytes);
};

/// What proposing and approving return in the receipt.
struct ChangeOutcome {
  ChangeId change;
  bool applied = false;
  std::uint32_t approvals = 0;  ///< by organisations that run validators
  std::uint32_t needed = 0;
  friend bool operator==(const ChangeOutcome&, const ChangeOutcome&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<ChangeOutcome> decode(ByteView bytes);
};

/// `validator.rotate`: the node votes with this key from the next epoch on.
struct RotateValidator {
  std::string node;
  PublicKey key;
  Signature possession;  ///< over key_possession_hash(organisation, node, key, validator)
  friend bool operator==(const RotateValidator&, const RotateValidator&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<RotateValidator> decode(ByteView bytes);
};

enum class FormerCertificate : std::uint8_t {
  stays = 0,  ///< pinned until the next update, so that no connection is lost
  ends = 1,   ///< no longer pinned: its key is lost or stolen
};

/// `node.update`: at once.
struct UpdateNode {
  std::string node;
  std::string tls_certificate;  ///< empty: as it is
  std::string peer_address;     ///< empty: as it is
  FormerCertificate former = FormerCertificate::stays;
  friend bool operator==(const UpdateNode&, const UpdateNode&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<UpdateNode> decode(ByteView bytes);
};

/// `key.add`: a user or device of the sender's organisation; at once.
struct AddKey {
  GenesisKey key;
  friend bool operator==(const AddKey&, const AddKey&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<AddKey> decode(ByteView bytes);
};

/// `key.revoke`: from the next block on; the key is never registered again.
struct RevokeKey {
  PublicKey key;
  friend bool operator==(const RevokeKey&, const RevokeKey&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<RevokeKey> decode(ByteView bytes);
};

/// `ready`, signed with the key that the sender will vote with.
struct Ready {
  SetId set;      ///< of the pending rules
  Height synced;  ///< what the node has executed
  friend bool operator==(const Ready&, const Ready&) = default;

  [[nodiscard]] Bytes encode() const;
  static Result<Ready> decode(ByteView bytes);
};

/// For people: "add validator farm-2 of farm", "set block_bytes_max to 2097152".
[[nodiscard]] std::string describe(const Change& change);

/// One PEM certificate and nothing else: its DER bytes. Fails with CERTIFICATE_INVALID.
Result<Bytes> certificate_der(std::string_view pem);
/// `host:port`. Fails with ADDRESS_INVALID.
[[nodiscard]] Status check_peer_address(std::string_view address);

}  // namespace keten::governance
