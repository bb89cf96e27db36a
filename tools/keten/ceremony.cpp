#include "tools/keten/ceremony.h"

#include <algorithm>
#include <cctype>
#include <chrono>

#include "client/keystore.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

using client::Existing;
using client::FileAccess;

Milliseconds now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<Milliseconds>(std::chrono::duration_cast<std::chrono::milliseconds>(since).count());
}

GenesisOrganisation* find_organisation(Genesis& genesis, const std::string& name) {
  for (auto& organisation : genesis.organisations) {
    if (organisation.name == name) { return &organisation; }
  }
  return nullptr;
}

Result<GenesisOrganisation> read_card(const std::filesystem::path& file) {
  const auto text = client::read_file(file);
  if (!text) { return text.error(); }
  return parse_member_card(*text);
}

/// `farm-1` of FarmCo, `company5-1` of Company5.
std::string node_name(std::string company) {
  if (company.size() > 2 && company.ends_with("Co")) { company.resize(company.size() - 2); }
  for (char& c : company) { c = static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }
  return company + "-1";
}

}  // namespace

Result<Genesis> read_genesis(const std::filesystem::path& file) {
  const auto text = client::read_file(file);
  if (!text) { return text.error(); }
  return Genesis::from_json(*text);
}

Status write_genesis(const std::filesystem::path& file, const Genesis& genesis) {
  return client::write_file(file, genesis.to_json(), FileAccess::everyone, Existing::replace);
}

Status add_member(Genesis& genesis, const GenesisOrganisation& card) {
  auto* existing = find_organisation(genesis, card.name);
  if (existing == nullptr) {
    genesis.organisations.push_back(card);
  } else {
    if (existing->keys != card.keys) {
      return failure(ErrorKind::conflict, "MEMBER_DIFFERS",
                     "organisation " + card.name + " is in the genesis already with other keys");
    }
    for (const auto& validator : card.validators) {
      const bool known = std::any_of(existing->validators.begin(), existing->validators.end(),
                                     [&](const auto& other) { return other.node == validator.node; });
      if (known) {
        return failure(ErrorKind::conflict, "MEMBER_EXISTS",
                       "node " + validator.node + " of " + card.name + " is in the genesis already");
      }
      existing->validators.push_back(validator);
    }
  }
  genesis.signatures.clear();
  return kDone;
}

Status check_own_card(const Genesis& genesis, const HomeFiles& files) {
  const auto card = read_card(files.card());
  if (!card) { return card.error(); }
  auto copy = genesis;
  const auto* ours = find_organisation(copy, card->name);
  if (ours == nullptr) {
    return failure(ErrorKind::refused, "CARD_MISSING",
                   "organisation " + card->name + " of this home is not in the genesis");
  }
  const bool same_nodes = std::all_of(card->validators.begin(), card->validators.end(), [&](const auto& validator) {
    return std::find(ours->validators.begin(), ours->validators.end(), validator) != ours->validators.end();
  });
  if (ours->keys != card->keys || !same_nodes) {
    return failure(ErrorKind::refused, "CARD_DIFFERS",
                   "the genesis says something else about " + card->name + " than " + files.card().string());
  }
  return kDone;
}

Status sign_genesis(Genesis& genesis, const HomeFiles& files) {
  if (auto checked = genesis.check(); !checked) { return checked; }
  if (auto checked = check_own_card(genesis, files); !checked) { return checked; }
  const auto card = read_card(files.card());
  if (!card) { return card.error(); }
  const auto admin = client::read_key_file(files.key("admin"));
  if (!admin) { return admin.error(); }
  std::erase_if(genesis.signatures, [&](const auto& signature) { return signature.organisation == card->name; });
  genesis.signatures.push_back({.organisation = card->name,
                                .key = admin->public_key(),
                                .signature = admin->sign(genesis_signing_hash(genesis.chain_id()).view())});
  return kDone;
}

Result<Network> create_network(const std::filesystem::path& folder, const std::string& chain_name,
                               const std::vector<TestnetMember>& members) {
  Network network;
  network.chain_name = chain_name;
  network.genesis = folder / "genesis.json";
  std::error_code ignored;
  if (std::filesystem::exists(network.genesis, ignored)) {
    return failure(ErrorKind::conflict, "NETWORK_EXISTS",
                   network.genesis.string() + " exists already and is not overwritten");
  }
  if (auto made = client::make_private_directory(folder); !made) { return made.error(); }

  Genesis genesis;
  genesis.chain_name = chain_name;
  genesis.time = now();
  for (const auto& member : members) {
    const auto home = folder / member.node;
    auto created = create_home(
        {.organisation = member.organisation, .node = member.node, .home = home, .addresses = member.addresses});
    if (!created) { return created.error(); }
    if (auto added = add_member(genesis, created->card); !added) { return added.error(); }
    network.users.insert(network.users.end(), created->users.begin(), created->users.end());
    network.nodes.push_back({.name = member.node,
                             .organisation = member.organisation,
                             .home = home,
                             .http = member.addresses.http,
                             .grpc = member.addresses.grpc,
                             .peer = member.addresses.peer});
  }
  for (const auto& node : network.nodes) {
    if (auto done = sign_genesis(genesis, HomeFiles{node.home}); !done) { return done.error(); }
  }
  if (auto done = genesis.check_signed(); !done) { return done.error(); }
  if (auto done = write_genesis(network.genesis, genesis); !done) { return done.error(); }
  for (const auto& node : network.nodes) {
    if (auto done = write_genesis(HomeFiles{node.home}.genesis(), genesis); !done) { return done.error(); }
  }
  network.chain_id = genesis.chain_id();
  return network;
}

std::vector<std::string> usual_companies() { return {"FarmCo", "TruckCo", "DairyCo", "ShopCo"}; }

std::vector<TestnetMember> example_members(std::size_t count, const std::vector<std::uint16_t>& ports,
                                           const std::vector<std::string>& companies) {
  CHECK(ports.size() >= 3 * count);
  const auto loopback = [](std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); };
  std::vector<TestnetMember> members;
  for (std::size_t i = 0; i < count; ++i) {
    TestnetMember member;
    member.organisation = i < companies.size() ? companies[i] : "Company" + std::to_string(i + 1);
    member.node = node_name(member.organisation);
    member.addresses.http = loopback(ports[3 * i]);
    member.addresses.grpc = loopback(ports[3 * i + 1]);
    member.addresses.peer = loopback(ports[3 * i + 2]);
    members.push_back(std::move(member));
  }
  return members;
}

}  // namespace keten::tools
