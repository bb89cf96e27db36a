#include "contracts/governance/member_history.h"

#include <utility>

#include "contracts/block_heads.h"
#include "contracts/governance/records.h"
#include "core/check.h"

namespace keten::governance {
namespace {

constexpr std::string_view kNamespacePrefix = "governance/";
constexpr std::string_view kOrganisationPrefix = "organisation/";
constexpr std::string_view kWhat = "governance.record";

/// Whose record it is; empty when it is nobody's.
std::string owner_of(std::string_view key, ByteView value) {
  if (key.starts_with(kOrganisationPrefix)) { return std::string(key.substr(kOrganisationPrefix.size())); }
  if (key.starts_with("key/")) { return decode_key_record(value).registered.organisation; }
  if (key.starts_with("node/")) { return decode_node_record(value).organisation; }
  return {};
}

}  // namespace

Bytes member_key(std::string_view organisation) {
  return to_bytes(std::string(kOrganisationPrefix) + std::string(organisation));
}

std::vector<MemberRecord> member_records(const contracts::WriteSet& writes) {
  std::vector<MemberRecord> result;
  for (auto at = writes.lower_bound(to_bytes(kNamespacePrefix)); at != writes.end(); ++at) {
    const auto full = as_text(at->first);
    if (!full.starts_with(kNamespacePrefix)) { break; }
    if (!at->second) { continue; }  // records of members are kept for ever
    const auto key = full.substr(kNamespacePrefix.size());
    if (auto owner = owner_of(key, *at->second); !owner.empty()) {
      result.push_back({std::move(owner), to_bytes(key), *at->second});
    }
  }
  return result;
}

void record_members(contracts::Context& context) {
  std::uint64_t event = 0;
  for (const auto& record : member_records(context.writes())) {
    const auto key = member_key(record.organisation);
    context.about({.kind = kMemberKind, .id = record.organisation, .state_key = key}, event++,
                  Fact{kWhat, {record.key, record.value}});
  }
}

void record_members(const contracts::StateReader& state, const contracts::BlockContext& block,
                    contracts::WriteSet& writes, std::vector<contracts::IndexEntry>& index) {
  contracts::BlockHeads heads(state, block);
  for (const auto& record : member_records(writes)) {
    auto full = to_bytes(std::string(kNamespacePrefix) + to_text(member_key(record.organisation)));
    heads.about(kMemberKind, record.organisation, std::move(full), Fact{kWhat, {record.key, record.value}});
  }
  heads.finish(writes, index);
}

}  // namespace keten::governance
