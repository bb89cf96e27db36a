#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/genesis.h"
#include "core/result.h"
#include "tools/keten/home.h"

namespace keten::tools {

/// The founding of a network without a privileged party: each company makes its member card, anybody collects them, and
/// everyone checks and signs the same document. docs/operations.md, "Founding a network".

Result<Genesis> read_genesis(const std::filesystem::path& file);
Status write_genesis(const std::filesystem::path& file, const Genesis& genesis);

/// Adds a member card. An organisation that is there already only gains the card's nodes, and its keys must be the same.
/// Signatures that were there no longer hold and are dropped. Fails with MEMBER_EXISTS, MEMBER_DIFFERS.
Status add_member(Genesis& genesis, const GenesisOrganisation& card);

/// The organisation of this home is in the genesis exactly as its card says. Fails with CARD_MISSING, CARD_DIFFERS.
Status check_own_card(const Genesis& genesis, const HomeFiles& files);

/// Signs with the home's admin key, replacing a signature of the same organisation. Checks genesis and own card first.
Status sign_genesis(Genesis& genesis, const HomeFiles& files);

struct TestnetMember {
  std::string organisation;
  std::string node;
  NodeAddresses addresses;
};

/// Homes of all members under `folder`, one genesis that all have signed, copied into each home.
Result<Network> create_network(const std::filesystem::path& folder, const std::string& chain_name,
                               const std::vector<TestnetMember>& members);

/// Companies of a dev network when no story names others.
std::vector<std::string> usual_companies();

/// `companies` (FarmCo, TruckCo ...), then Company5 and so on, each with its node `farm-1`, `truck-1` ...
/// `ports` holds three for each: HTTP, gRPC, peers.
std::vector<TestnetMember> example_members(std::size_t count, const std::vector<std::uint16_t>& ports,
                                           const std::vector<std::string>& companies = usual_companies());

}  // namespace keten::tools
