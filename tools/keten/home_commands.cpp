// keten init, genesis, testnet, token, keys: what needs no running node.
#include <chrono>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "core/json.h"
#include "tools/keten/ceremony.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

json::Value users_json(const std::vector<NetworkUser>& users) {
  auto list = json::Value::array();
  for (const auto& user : users) {
    list.push(json::Value::object()
                  .set("name", text_value(user.name))
                  .set("organisation", text_value(user.organisation))
                  .set("role", text_value(user.role))
                  .set("token", text_value(user.token))
                  .set("key_file", text_value(user.key_file.string())));
  }
  return list;
}

std::string roles_text(Roles roles) {
  std::string text;
  for (const auto& name : role_names(roles)) { text += (text.empty() ? "" : "+") + name; }
  return text;
}

json::Value genesis_summary(const Genesis& genesis, const Status& complete) {
  const auto validators = genesis.validators();
  auto members = json::Value::array();
  for (const auto& organisation : genesis.organisations) {
    auto nodes = json::Value::array();
    for (const auto& validator : organisation.validators) {
      nodes.push(json::Value::object()
                     .set("node", text_value(validator.node))
                     .set("key", text_value(key_text(validator.key)))
                     .set("peer_address", text_value(validator.peer_address)));
    }
    auto keys = json::Value::array();
    for (const auto& key : organisation.keys) {
      keys.push(json::Value::object()
                    .set("name", text_value(key.name))
                    .set("key", text_value(key_text(key.key)))
                    .set("roles", text_value(roles_text(key.roles))));
    }
    members.push(json::Value::object()
                     .set("organisation", text_value(organisation.name))
                     .set("validators", std::move(nodes))
                     .set("keys", std::move(keys)));
  }
  auto signers = json::Value::array();
  for (const auto& signature : genesis.signatures) { signers.push(text_value(signature.organisation)); }
  return json::Value::object()
      .set("chain", text_value(genesis.chain_name))
      .set("chain_id", text_value(genesis.chain_id().hex()))
      .set("validators", number_value(std::uint64_t{validators.size()}))
      .set("tolerates_faulty", number_value(std::uint64_t{validators.size() - validators.quorum_weight()}))
      .set("members", std::move(members))
      .set("signed_by", std::move(signers))
      .set("complete", json::Value::boolean(complete.ok()));
}

void print_genesis(Console& console, const Genesis& genesis) {
  const auto validators = genesis.validators();
  console.out << fmt::format("Chain {}   id {}\n", console.bold(genesis.chain_name), genesis.chain_id().hex());
  console.out << fmt::format("{} validators, tolerates {} faulty\n\n", validators.size(),
                             validators.size() - validators.quorum_weight());
  Table table({{"ORGANISATION"}, {"NODE"}, {"KEY"}, {"ROLES"}, {"PEER ADDRESS"}, {"SIGNED"}});
  for (const auto& organisation : genesis.organisations) {
    bool has_signed = false;
    for (const auto& signature : genesis.signatures) { has_signed |= signature.organisation == organisation.name; }
    const std::string mark = has_signed ? "yes" : "no";
    for (const auto& validator : organisation.validators) {
      table.add({organisation.name, validator.node, key_text(validator.key).substr(0, 24), "validator",
                 validator.peer_address, mark});
    }
    for (const auto& key : organisation.keys) {
      table.add({organisation.name, key.name, key_text(key.key).substr(0, 24), roles_text(key.roles), "", ""});
    }
  }
  console.out << table.text();
}

int init_participant(Console& console, const InitOptions& options) {
  const HomeFiles files{options.home.home};
  const auto card = create_participant_home(options.home.organisation, files.home, options.endpoints);
  if (!card) { return console.fail(card.error()); }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(json::Value::object()
                                    .set("organisation", text_value(options.home.organisation))
                                    .set("home", text_value(files.home.string()))
                                    .set("card", text_value(files.card().string()))
                                    .set("certificate", text_value(files.client_certificate().string())))
                << "\n";
    return kSuccess;
  }
  console.out << fmt::format("Home of {}, which takes part without a node, made in {}\n\n",
                             console.bold(options.home.organisation), files.home.string())
              << "Send to a member of the network: " << files.card().string() << " (they propose and approve it)\n"
              << "and " << files.client_certificate().string() << " (each node that you use adds it to its clients)\n"
              << "What comes back: keten genesis install genesis.json --peers peers.json --home " << files.home.string()
              << "\n";
  return kSuccess;
}

}  // namespace

int run_init(Console& console, const InitOptions& options) {
  if (options.is_light) { return init_participant(console, options); }
  if (options.home.node.empty()) {
    console.fail(invalid("USAGE", "--node is required; a company without a node takes part with --light"));
    return kUsage;
  }
  const auto created = create_home(options.home);
  if (!created) { return console.fail(created.error()); }
  const HomeFiles files{options.home.home};
  if (options.output == OutputForm::json) {
    console.out << json::pretty(json::Value::object()
                                    .set("organisation", text_value(options.home.organisation))
                                    .set("node", text_value(options.home.node))
                                    .set("home", text_value(files.home.string()))
                                    .set("card", text_value(files.card().string()))
                                    .set("users", users_json(created->users)))
                << "\n";
    return kSuccess;
  }
  console.out << fmt::format("Home of {} of {} made in {}\n\n", console.bold(options.home.node),
                             options.home.organisation, files.home.string());
  Table table({{"USER"}, {"ROLE"}, {"KEY FILE"}, {"TOKEN (shown only now)"}});
  for (const auto& user : created->users) {
    table.add({user.name, user.role, user.key_file.string(), user.token.empty() ? "-" : user.token});
  }
  console.out << table.text() << "\nGive " << files.card().string()
              << " to whoever collects the genesis: keten genesis add FILE CARD\n";
  return kSuccess;
}

int run_genesis_new(Console& console, const GenesisOptions& options) {
  std::error_code ignored;
  if (std::filesystem::exists(options.file, ignored)) {
    return console.fail(
        failure(ErrorKind::conflict, "FILE_EXISTS", options.file + " exists already and is not overwritten"));
  }
  Genesis genesis;
  genesis.chain_name = options.chain;
  genesis.time = static_cast<Milliseconds>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
  if (auto written = write_genesis(options.file, genesis); !written) { return console.fail(written.error()); }
  console.out << "Genesis of chain " << options.chain << " begun in " << options.file << "\nNext: keten genesis add "
              << options.file << " MEMBER-CARD...\n";
  return kSuccess;
}

int run_genesis_add(Console& console, const GenesisOptions& options) {
  auto genesis = read_genesis(options.file);
  if (!genesis) { return console.fail(genesis.error()); }
  for (const auto& file : options.cards) {
    const auto text = client::read_file(file);
    if (!text) { return console.fail(text.error()); }
    const auto card = parse_member_card(*text);
    if (!card) { return console.fail(card.error(), "a member card is the member.json of keten init"); }
    if (auto added = add_member(*genesis, *card); !added) { return console.fail(added.error()); }
  }
  if (auto valid = genesis->check(); !valid) { return console.fail(valid.error()); }
  if (auto written = write_genesis(options.file, *genesis); !written) { return console.fail(written.error()); }
  print_genesis(console, *genesis);
  console.out << "\nSignatures from before do not hold for the changed document. Next, each company:\n"
              << "  keten genesis verify " << options.file << " --home DIR && keten genesis sign " << options.file
              << " --home DIR\n";
  return kSuccess;
}

int run_genesis_verify(Console& console, const GenesisOptions& options) {
  const auto genesis = read_genesis(options.file);
  if (!genesis) { return console.fail(genesis.error()); }
  const auto own = options.home.empty() ? Status(kDone) : check_own_card(*genesis, HomeFiles{options.home});
  const auto valid = genesis->check();
  const auto complete = genesis->check_signed();
  if (options.output == OutputForm::json) {
    console.out << json::pretty(genesis_summary(*genesis, complete)) << "\n";
  } else {
    print_genesis(console, *genesis);
  }
  for (const auto* status : {&valid, &own, &complete}) {
    if (!*status) {
      console.fail(status->error());
      return kVerificationFailed;
    }
  }
  if (options.output == OutputForm::table) {
    console.out << "\nEvery key is possessed, every organisation has signed"
                << (options.home.empty() ? "." : ", and our card is in it as we made it.") << "\n";
  }
  return kSuccess;
}

int run_genesis_sign(Console& console, const GenesisOptions& options) {
  auto genesis = read_genesis(options.file);
  if (!genesis) { return console.fail(genesis.error()); }
  if (auto done = sign_genesis(*genesis, HomeFiles{options.home}); !done) { return console.fail(done.error()); }
  if (auto done = write_genesis(options.file, *genesis); !done) { return console.fail(done.error()); }
  const auto complete = genesis->check_signed();
  console.out << "Signed chain id " << genesis->chain_id().hex() << "\n";
  if (complete) {
    console.out << "All have signed. Next, each company: keten genesis install " << options.file << " --home DIR\n";
  } else {
    console.out << "Still to do: " << complete.error().message << "\n";
  }
  return kSuccess;
}

int run_genesis_install(Console& console, const GenesisOptions& options) {
  const HomeFiles files{options.home};
  const auto genesis = read_genesis(options.file);
  if (!genesis) { return console.fail(genesis.error()); }
  const auto own = options.peers.empty() ? check_own_card(*genesis, files) : Status(kDone);
  for (const auto& status : {own, genesis->check_signed()}) {
    if (!status) {
      console.fail(status.error());
      return kVerificationFailed;
    }
  }
  auto written =
      client::write_file(files.genesis(), genesis->to_json(), client::FileAccess::everyone, client::Existing::refuse);
  if (!written) {
    return console.fail(written.error(), "a node never changes its chain; make a new home for another one");
  }
  if (!options.peers.empty()) {
    const auto peers = client::read_file(options.peers);
    if (!peers) { return console.fail(peers.error()); }
    written =
        client::write_file(files.home / "peers.json", *peers, client::FileAccess::everyone, client::Existing::replace);
    if (!written) { return console.fail(written.error()); }
  }
  console.out << "Installed. "
              << (is_participant_home(files) ? "Record events: keten epcis import FILE --profile PROFILE --home "
                                             : "Start the node: ketend start --home ")
              << options.home << "\n";
  return kSuccess;
}

int run_genesis_hash(Console& console, const GenesisOptions& options) {
  const auto genesis = read_genesis(options.file);
  if (!genesis) { return console.fail(genesis.error()); }
  console.out << genesis->chain_id().hex() << "\n";
  return kSuccess;
}

int run_testnet_generate(Console& console, const TestnetOptions& options) {
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < options.validators; ++i) {
    for (const std::size_t offset : {0, 1, 2}) {
      const auto port = options.base_port + 10 * i + offset;
      if (port > 65'535) {
        return console.fail(invalid("PORT_RANGE", "the ports would pass 65535; lower --base-port"));
      }
      ports.push_back(static_cast<std::uint16_t>(port));
    }
  }
  const auto network =
      create_network(std::filesystem::absolute(options.out), options.chain, example_members(options.validators, ports));
  if (!network) { return console.fail(network.error()); }
  const auto file = std::filesystem::path(options.out) / "testnet.json";
  if (auto written = client::write_file(file, network->to_json(), client::FileAccess::owner, client::Existing::refuse);
      !written) {
    return console.fail(written.error());
  }
  if (options.output == OutputForm::json) {
    console.out << network->to_json();
    return kSuccess;
  }
  Table table({{"NODE"}, {"ORGANISATION"}, {"HTTP"}, {"GRPC"}, {"PEERS"}, {"HOME"}});
  for (const auto& node : network->nodes) {
    table.add({node.name, node.organisation, node.http, node.grpc, node.peer, node.home.string()});
  }
  console.out << table.text() << "\nTokens and addresses: " << file.string()
              << "\nStart each: ketend start --home HOME\n";
  return kSuccess;
}

int run_token_new(Console& console, const TokenOptions& options) {
  const auto issued = issue_token(HomeFiles{options.home}, options.user, options.role, options.key);
  if (!issued) { return console.fail(issued.error()); }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(json::Value::object()
                                    .set("user", text_value(issued->user))
                                    .set("role", text_value(issued->role))
                                    .set("token", text_value(issued->token)))
                << "\n";
    return kSuccess;
  }
  console.out << issued->token << "\n";
  console.err << "The token of " << issued->user << " is shown only now; the node keeps its hash.\n";
  return kSuccess;
}

int run_token_revoke(Console& console, const TokenOptions& options) {
  if (auto done = revoke_token(HomeFiles{options.home}, options.user); !done) { return console.fail(done.error()); }
  console.out << "Revoked the token of " << options.user << ". A running node notices by itself.\n";
  return kSuccess;
}

int run_token_list(Console& console, const TokenOptions& options) {
  const auto users = list_tokens(HomeFiles{options.home});
  if (!users) { return console.fail(users.error()); }
  if (options.output == OutputForm::json) {
    auto list = json::Value::array();
    for (const auto& user : *users) {
      list.push(json::Value::object()
                    .set("name", text_value(user.name))
                    .set("role", text_value(user.role))
                    .set("revoked", json::Value::boolean(user.revoked)));
    }
    console.out << json::pretty(list) << "\n";
    return kSuccess;
  }
  Table table({{"USER"}, {"ROLE"}, {"STATE"}});
  for (const auto& user : *users) { table.add({user.name, user.role, user.revoked ? "revoked" : "valid"}); }
  console.out << table.text();
  return kSuccess;
}

int run_keys_show(Console& console, const TokenOptions& options) {
  const HomeFiles files{options.home};
  const auto text = client::read_file(files.card());
  if (!text) { return console.fail(text.error()); }
  const auto card = parse_member_card(*text);
  if (!card) { return console.fail(card.error()); }
  auto list = json::Value::array();
  Table table({{"NAME"}, {"ROLES"}, {"PUBLIC KEY"}, {"FILE"}});
  const auto add = [&](const std::string& name, const std::string& roles, const PublicKey& key,
                       const std::string& file) {
    table.add({name, roles, key_text(key), file});
    list.push(json::Value::object()
                  .set("name", text_value(name))
                  .set("roles", text_value(roles))
                  .set("public_key", text_value(key_text(key)))
                  .set("file", text_value(file)));
  };
  for (const auto& validator : card->validators) {
    add(validator.node, "validator", validator.key, files.key("validator").string());
  }
  for (const auto& key : card->keys) { add(key.name, roles_text(key.roles), key.key, files.key(key.name).string()); }
  console.out << (options.output == OutputForm::json ? json::pretty(list) + "\n" : table.text());
  return kSuccess;
}

}  // namespace keten::tools
