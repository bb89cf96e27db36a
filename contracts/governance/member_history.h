#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contracts/contract.h"

/// Everything that is written about an organisation, its keys and its nodes stands in the history of its head, of kind `member`.
/// docs/formats/governance.md, "Members".
namespace keten::governance {

inline constexpr std::string_view kMemberKind = "member";

/// A record of a member: what an entry in its history says.
struct MemberRecord {
  std::string organisation;
  Bytes key;  ///< without `governance/`
  Bytes value;
};

/// Those among the changes of a state, in the order of their keys.
[[nodiscard]] std::vector<MemberRecord> member_records(const contracts::WriteSet& writes);

/// Where the state says what the head of a member commits to, without `governance/`.
[[nodiscard]] Bytes member_key(std::string_view organisation);

/// For a transaction: into the heads of its context, behind everything else that it writes.
void record_members(contracts::Context& context);
/// For what a block does itself, and for the genesis: into `writes`. `state` is what was before them.
void record_members(const contracts::StateReader& state, const contracts::BlockContext& block,
                    contracts::WriteSet& writes, std::vector<contracts::IndexEntry>& index);

}  // namespace keten::governance
