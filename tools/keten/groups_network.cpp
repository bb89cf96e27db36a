// Founding, running and watching a network, as commands.
#include <map>
#include <memory>
#include <string>

#include "tools/keten/command_groups.h"

namespace keten::tools {
namespace {

/// Who signs for the company.
void add_admin(CLI::App* command, GovernanceOptions& options) {
  command->add_option("--as", options.target.user, "of a dev network: USER@ORGANISATION or @ORGANISATION")
      ->type_name("USER");
  command->add_option("--key-file", options.key_file, "admin key that signs; keys/admin.key of the home when not given")
      ->type_name("FILE");
}

void add_registered_keys(CLI::App& group, Invocation& invocation) {
  auto options = std::make_shared<GovernanceOptions>();
  const auto with_target = [&](CLI::App* command) {
    add_target(command, options->target);
    add_output(command, options->output);
  };
  auto* list = group.add_subcommand("list", "Keys that the ledger knows");
  list->add_option("--organisation", options->organisation, "only of this company")->type_name("NAME");
  list->add_flag("--all", options->all, "also revoked ones");
  with_target(list);
  on_asked(list, invocation, options, run_keys_list);
  auto* add = group.add_subcommand("add", "Make a key for a user or device and register it");
  add->add_option("name", options->user, "of the user or device")->required()->type_name("NAME");
  add->add_option("--roles", options->roles, "submitter when not given; admin, submitter, auditor, publisher, capture")
      ->delimiter(',')
      ->type_name("ROLES");
  with_target(add);
  add_admin(add, *options);
  on_chosen(add, invocation, options, run_keys_add);
  auto* revoke = group.add_subcommand("revoke", "End a key of our company, for ever");
  revoke->add_option("key", options->user, "its name, or ed25519:...")->required()->type_name("KEY");
  with_target(revoke);
  add_admin(revoke, *options);
  on_chosen(revoke, invocation, options, run_keys_revoke);
}

}  // namespace

void add_init(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<InitOptions>();
  auto* command =
      app.add_subcommand("init", "Make the home of one node: keys, certificates, configuration, member card");
  command->add_option("--org", options->home.organisation, "the company")->required()->type_name("NAME");
  auto* node = command->add_option("--node", options->home.node, "the node, unique in the network")->type_name("NAME");
  auto* light = command->add_flag("--light", options->is_light, "take part without a node: keys and certificate only");
  light->excludes(node);
  command->add_option("--endpoint", options->endpoints, "with --light: gRPC address of a node to use; may be repeated")
      ->needs(light)
      ->type_name("HOST:PORT");
  command->add_option("--home", options->home.home, "where to put it; nothing is overwritten")
      ->required()
      ->type_name("DIR");
  command->add_option("--peer-address", options->home.addresses.peer, "where the other validators reach it")
      ->type_name("HOST:PORT");
  command->add_option("--peer-listen", options->home.addresses.peer_listen, "where it listens for them, if elsewhere")
      ->type_name("HOST:PORT");
  command->add_option("--grpc", options->home.addresses.grpc, "where it listens for gRPC clients")
      ->type_name("HOST:PORT");
  command->add_option("--http", options->home.addresses.http, "where it listens for HTTP clients")
      ->type_name("HOST:PORT");
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_init);
}

void add_genesis(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "genesis", "Found a network without a privileged party");
  auto options = std::make_shared<GenesisOptions>();
  const auto with_home = [&](CLI::App* command, bool required) {
    auto* home = command->add_option("--home", options->home, "home of our node")->type_name("DIR");
    if (required) { home->required(); }
  };
  const auto with_file = [&](CLI::App* command) {
    command->add_option("file", options->file, "the genesis")->required()->type_name("FILE");
  };

  auto* create = group->add_subcommand("new", "Begin an empty genesis");
  create->add_option("--chain", options->chain, "name of the chain")->required()->type_name("NAME");
  create->add_option("-o,--out", options->file, "the genesis to write")->required()->type_name("FILE");
  on_chosen(create, invocation, options, run_genesis_new);

  auto* add = group->add_subcommand("add", "Add member cards");
  with_file(add);
  add->add_option("cards", options->cards, "member.json of each company")->required()->type_name("CARD");
  on_chosen(add, invocation, options, run_genesis_add);

  auto* verify = group->add_subcommand("verify", "Show members and check keys, proofs and signatures");
  with_file(verify);
  with_home(verify, false);
  add_output(verify, options->output);
  on_chosen(verify, invocation, options, run_genesis_verify);

  auto* sign = group->add_subcommand("sign", "Sign with the admin key of a home, after checking");
  with_file(sign);
  with_home(sign, true);
  on_chosen(sign, invocation, options, run_genesis_sign);

  auto* install = group->add_subcommand("install", "Put the genesis that all have signed into a home");
  with_file(install);
  with_home(install, true);
  install->add_option("--peers", options->peers, "who the others are today: this node joins a chain that runs")
      ->type_name("FILE");
  on_chosen(install, invocation, options, run_genesis_install);

  auto* hash = group->add_subcommand("hash", "Print the chain id");
  with_file(hash);
  on_chosen(hash, invocation, options, run_genesis_hash);
}

void add_testnet(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "testnet", "Networks for tests");
  auto options = std::make_shared<TestnetOptions>();
  auto* generate = group->add_subcommand("generate", "Homes of several companies with a genesis that all have signed");
  generate->add_option("--validators", options->validators, "how many companies with a node each")
      ->check(CLI::Range(1, 100))
      ->type_name("N");
  generate->add_option("--out", options->out, "where to put the homes")->required()->type_name("DIR");
  generate->add_option("--chain", options->chain, "name of the chain")->type_name("NAME");
  generate->add_option("--base-port", options->base_port, "first port; each node takes three, ten apart")
      ->type_name("PORT");
  add_output(generate, options->output);
  on_chosen(generate, invocation, options, run_testnet_generate);
}

void add_tokens_and_keys(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TokenOptions>();
  const auto with_home = [&](CLI::App* command) {
    command->add_option("--home", options->home, "home of the node")
        ->required()
        ->envname("KETEN_HOME")
        ->type_name("DIR");
    add_output(command, options->output);
  };
  auto* group = add_group(app, "token", "Bearer tokens for the HTTP API of a node");
  auto* create = group->add_subcommand("new", "A user with a token, which is shown once");
  create->add_option("user", options->user, "name of the user")->required()->type_name("USER");
  create->add_option("--role", options->role, "auditor (reads) or capture (also records events)")->type_name("ROLE");
  create->add_option("--key", options->key, "capture: the delegated key in keys/, which the genesis lists")
      ->type_name("NAME");
  with_home(create);
  on_chosen(create, invocation, options, run_token_new);
  auto* revoke = group->add_subcommand("revoke", "End a token; a running node notices by itself");
  revoke->add_option("user", options->user, "name of the user")->required()->type_name("USER");
  with_home(revoke);
  on_chosen(revoke, invocation, options, run_token_revoke);
  auto* list = group->add_subcommand("list", "Users that have a token");
  with_home(list);
  on_chosen(list, invocation, options, run_token_list);

  auto* keys = add_group(app, "keys", "Keys of a node and its users");
  auto* show = keys->add_subcommand("show", "Public keys of a home with their roles and files");
  with_home(show);
  on_chosen(show, invocation, options, run_keys_show);
  add_registered_keys(*keys, invocation);
}

void add_evidence(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "evidence", "Validators that signed two things which exclude each other");
  auto options = std::make_shared<EvidenceOptions>();
  const auto command = [&](const std::string& name, const std::string& what, Command<EvidenceOptions> run) {
    auto* made = group->add_subcommand(name, what);
    add_target(made, options->target);
    add_output(made, options->output);
    on_asked(made, invocation, options, run);
    return made;
  };
  command("list", "What the chain has recorded", run_evidence_list);
  command("show", "Both votes of one piece of evidence", run_evidence_show)
      ->add_option("id", options->id, "its id, or the beginning of it")
      ->required()
      ->type_name("ID");
}

void add_validators(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "validators", "Who validates: members come and go, keys and certificates rotate");
  auto options = std::make_shared<GovernanceOptions>();
  const auto command = [&](const std::string& name, const std::string& what, Command<GovernanceOptions> run) {
    auto* made = group->add_subcommand(name, what);
    add_target(made, options->target);
    add_output(made, options->output);
    on_chosen(made, invocation, options, run);
    return made;
  };
  const auto administration = [&](const std::string& name, const std::string& what, Command<GovernanceOptions> run) {
    auto* made = command(name, what, run);
    add_admin(made, *options);
    return made;
  };
  const auto proposal = [&](const std::string& name, const std::string& what, Command<GovernanceOptions> run) {
    auto* made = administration(name, what, run);
    const CLI::AsNumberWithUnit time(
        std::map<std::string, double>{{"m", 60.0}, {"h", 3600.0}, {"d", 24 * 3600.0}, {"s", 1.0}},
        CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME");
    made->add_option("--reason", options->reason, "one line for those who approve")->type_name("TEXT");
    made->add_option("--open-for", options->open_for_s, "how long it may be approved, 1m to 30d; 7d when not given")
        ->transform(time);
    return made;
  };

  auto* list = command("list", "Nodes, their standing, keys and addresses", run_validators_list);
  add_trust(list, options->trust);
  on_asked(list, invocation, options, run_validators_list);
  auto* introduce = command("introduce", "Write down who the nodes are, for one that joins", run_validators_introduce);
  introduce->remove_option(introduce->get_option("--output"));
  introduce->add_option("file", options->file, "peers.json when not given")->type_name("FILE");
  auto* pending = command("pending", "The next epoch and the changes that wait for approval", run_validators_pending);
  pending->add_flag("--all", options->all, "also changes that are closed");
  on_asked(pending, invocation, options, run_validators_pending);

  proposal("propose-add", "Propose that a node validates, and that its company joins", run_validators_propose_add)
      ->add_option("card", options->card, "member.json of the node, from keten init")
      ->required()
      ->type_name("CARD");
  auto* remove = proposal("propose-remove", "Propose that a node no longer validates", run_validators_propose_remove);
  remove->add_option("node", options->node, "the node")->required()->type_name("NODE");
  remove->add_flag("--follow", options->follow, "it may stay connected, executes and serves reads");
  proposal("propose-remove-organisation", "Propose that a company leaves with its keys and nodes",
           run_validators_propose_remove_organisation)
      ->add_option("organisation", options->organisation, "the company")
      ->required()
      ->type_name("NAME");
  proposal("propose-parameter", "Propose other parameters from the next epoch on", run_validators_propose_parameter)
      ->add_option("parameters", options->assignments, "for example block_bytes_max=2097152")
      ->required()
      ->type_name("NAME=NUMBER");

  administration("approve", "Approve a change for our company", run_validators_approve)
      ->add_option("change", options->change, "its number, see pending")
      ->required()
      ->type_name("CHANGE");
  administration("withdraw", "Close our own change, or take our approval back", run_validators_withdraw)
      ->add_option("change", options->change, "its number, see pending")
      ->required()
      ->type_name("CHANGE");
  administration("rotate-key", "Give our node a new key to vote with, from the next epoch on",
                 run_validators_rotate_key);
  auto* renew = administration("renew-certificate", "Give our node a new TLS certificate, at once",
                               run_validators_renew_certificate);
  renew->add_option("--certificate", options->certificate_file, "a certificate of our own; else one is made")
      ->type_name("FILE");
  renew->add_option("--private-key", options->private_key_file, "its private key")->type_name("FILE");
  renew->add_flag("--end-old", options->now, "the old certificate is refused at once: its key was lost or stolen");
  auto* address = administration("set-address", "Tell the others where they find our node", run_validators_set_address);
  address->add_option("address", options->address, "host and port")->required()->type_name("HOST:PORT");
  address->add_option("--name", options->node, "another node of our company")->type_name("NODE");
}

void add_devnet(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "devnet", "A network of companies on this machine");
  auto options = std::make_shared<DevnetOptions>();
  const auto with_state = [&](CLI::App* command) {
    command->add_option("--state", options->state, "folder of the network")->type_name("DIR");
  };
  auto* up = group->add_subcommand("up", "Make or continue a network and start the nodes that do not run");
  with_state(up);
  up->add_option("--validators", options->validators, "how many companies with a node each")
      ->check(CLI::Range(1, 100))
      ->type_name("N");
  up->add_option("--demo", options->demo, "play a story: coldchain, or dairy")->type_name("NAME");
  up->add_option("--node", options->node, "start only this node")->type_name("NAME");
  up->add_flag("--detach", options->detach, "leave the nodes running; needs --state");
  up->add_flag("--once", options->once, "stop after printing, also with a terminal");
  up->add_option("--config-out", options->config_out, "write addresses, processes and users as JSON (secret)")
      ->type_name("FILE");
  add_output(up, options->output);
  on_chosen(up, invocation, options, run_devnet_up);

  auto* down = group->add_subcommand("down", "Stop the nodes; their data stays");
  with_state(down);
  on_chosen(down, invocation, options, run_devnet_down);

  auto* restart = group->add_subcommand("restart", "Start a node again, stopping it first if it runs");
  restart->add_option("node", options->node, "the node")->required()->type_name("NAME");
  with_state(restart);
  on_chosen(restart, invocation, options, run_devnet_restart);

  auto* add = group->add_subcommand("add", "One more company with a node: joins by proposal, approvals, an epoch");
  add->add_option("node", options->node, "the new node")->required()->type_name("NAME");
  add->add_option("--org", options->organisation, "its company; made from the node's name when not given")
      ->type_name("NAME");
  with_state(add);
  on_chosen(add, invocation, options, run_devnet_add);

  auto* remove = group->add_subcommand("remove", "A node leaves: by proposal, approvals, an epoch; then it is stopped");
  remove->add_option("node", options->node, "the node")->required()->type_name("NAME");
  with_state(remove);
  on_chosen(remove, invocation, options, run_devnet_remove);

  auto* status = group->add_subcommand("status", "What each node says");
  with_state(status);
  add_output(status, options->output);
  on_chosen(status, invocation, options, run_devnet_status);

  auto* logs = group->add_subcommand("logs", "Last lines of the logs");
  with_state(logs);
  logs->add_option("--node", options->node, "only this node")->type_name("NAME");
  logs->add_option("-n,--lines", options->lines, "how many lines of each")->type_name("N");
  on_chosen(logs, invocation, options, run_devnet_logs);
}

void add_node(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "node", "How nodes are");
  auto options = std::make_shared<StatusOptions>();
  auto* status = group->add_subcommand(
      "status", "Height, state root, peers, and why it does not advance; exit code 3 without quorum");
  add_target(status, options->target);
  status->add_flag("--all", options->all, "all nodes of the network");
  add_output(status, options->output);
  on_chosen(status, invocation, options, run_node_status);
}

void add_debug(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "debug", "For whoever helps");
  auto options = std::make_shared<BundleOptions>();
  auto* bundle = group->add_subcommand(
      "bundle", "One file with status, configuration, log ends, metrics and journal summary of the nodes; no secrets");
  add_target(bundle, options->target);
  bundle->add_option("-o,--out", options->file, "the file to write")->required()->type_name("FILE");
  on_chosen(bundle, invocation, options, run_debug_bundle);
}

void add_bench(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<BenchCommandOptions>();
  auto* command = app.add_subcommand("bench", "Measure a real network: signed, verified by everyone, durable");
  command->add_option("--state", options->state, "a running dev network; else a temporary one of our own")
      ->type_name("DIR");
  command->add_option("--validators", options->validators, "of the temporary network")
      ->check(CLI::Range(1, 100))
      ->type_name("N");
  const CLI::AsNumberWithUnit seconds(std::map<std::string, double>{{"s", 1.0}, {"m", 60.0}, {"ms", 0.001}},
                                      CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME");
  command->add_option("--duration", options->duration_s, "how long to load, for example 20s")->transform(seconds);
  command->add_option("--clients", options->clients, "connections, spread evenly over the nodes")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
  command->add_option("--size", options->size, "bytes of one signed transaction")
      ->check(CLI::Range(300, 60'000))
      ->type_name("BYTES");
  command->add_option("--events", options->events, "capture documents of so many EPCIS events instead of records")
      ->check(CLI::Range(1, 500))
      ->type_name("N");
  command
      ->add_option("--entities", options->entities, "entities that every record is about, whose histories are provable")
      ->check(CLI::Range(0, 16))
      ->type_name("N");
  command->add_option("--uses", options->uses, "uses of data under this agreement instead of records")->type_name("ID");
  command->add_option("--company", options->organisation, "who signs all; else every company its share")
      ->type_name("NAME");
  command->add_option("--rate", options->rate, "transactions per second to offer; 0: as many as it takes")
      ->type_name("N");
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_bench);
}

void add_version(CLI::App& app, Invocation& invocation) {
  struct Options {
    OutputForm output = OutputForm::table;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("version", "What this program is");
  add_output(command, options->output);
  command->callback([&invocation, options] { invocation.code = run_version(invocation.console, options->output); });
}

}  // namespace keten::tools
