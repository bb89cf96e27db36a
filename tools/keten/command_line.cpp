// The tree of commands: the only file that includes CLI11.
#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/keten/agreement_options.h"
#include "tools/keten/contract_options.h"
#include "tools/keten/contract_trace.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

/// The chosen command runs after parsing and leaves its exit code here.
struct Invocation {
  Console& console;
  int code = kSuccess;
};

template <typename Options>
using Command = int (*)(Console&, const Options&);

template <typename Options>
void on_chosen(CLI::App* command, Invocation& invocation, std::shared_ptr<Options> options, Command<Options> run) {
  command->callback([&invocation, options, run] { invocation.code = run(invocation.console, *options); });
}

void add_output(CLI::App* command, OutputForm& output) {
  static const std::map<std::string, OutputForm> kForms{{"table", OutputForm::table}, {"json", OutputForm::json}};
  command->add_option("-o,--output", output, "table or json")
      ->transform(CLI::CheckedTransformer(kForms).description(""))
      ->type_name("FORM");
}

void add_target(CLI::App* command, TargetOptions& target) {
  command->add_option("--state", target.state, "folder of a dev network; else KETEN_STATE, else ./keten-devnet")
      ->type_name("DIR");
  command->add_option("--node", target.node, "a node of the dev network by name")->type_name("NAME");
  command->add_option("--home", target.home, "home of your own node: its addresses and certificates")
      ->envname("KETEN_HOME")
      ->type_name("DIR");
  command->add_option("--endpoint", target.endpoint, "address of a node instead of the configured one")
      ->type_name("HOST:PORT");
}

void add_user(CLI::App* command, TargetOptions& target) {
  command->add_option("--as", target.user, "user of the dev network, USER or USER@ORGANISATION")->type_name("USER");
  command->add_option("--token", target.token, "bearer token; else KETEN_TOKEN")->type_name("TOKEN");
}

/// Of reads: what their answers are checked against.
void add_trust(CLI::App* command, TrustOptions& trust) {
  command->add_option("--genesis", trust.genesis, "checks the answer against it; else the genesis of the home")
      ->type_name("FILE");
  command->add_option("--checkpoint", trust.checkpoint, "checks the answer against a later epoch of the chain")
      ->type_name("FILE");
  command->add_flag("--trust-node", trust.trust_node, "checks nothing: the answer is the node's word");
  command->add_option("--verify-timeout", trust.timeout_s, "seconds to wait for a final block that binds the answer")
      ->check(CLI::Range(0.0, 600.0))
      ->type_name("S");
}

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& what) {
  auto* group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  return group;
}

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
  on_chosen(list, invocation, options, run_keys_list);
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
    on_chosen(made, invocation, options, run);
    return made;
  };
  command("list", "What the chain has recorded", run_evidence_list);
  command("show", "Both votes of one piece of evidence", run_evidence_show)
      ->add_option("id", options->id, "its id, or the beginning of it")
      ->required()
      ->type_name("ID");
}

void add_agreements(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<AgreementOptions>();
  const auto read = [&](CLI::App* group, const std::string& name, const std::string& what,
                        Command<AgreementOptions> run) {
    auto* made = group->add_subcommand(name, what);
    add_target(made, options->target);
    add_output(made, options->output);
    on_chosen(made, invocation, options, run);
    return made;
  };
  const auto act = [&](CLI::App* group, const std::string& name, const std::string& what,
                       Command<AgreementOptions> run) {
    auto* made = read(group, name, what, run);
    made->add_option("--as", options->target.user, "of a dev network: USER@ORGANISATION or @ORGANISATION")
        ->type_name("USER");
    made->add_option("--key-file", options->key_file, "key that signs; keys/admin.key of the home when not given")
        ->type_name("FILE");
    return made;
  };
  const auto add_id = [&](CLI::App* command, const std::string& what) {
    command->add_option("id", options->id, what)->required()->type_name("ID");
    return command;
  };
  const std::string kAgreement = "id of the agreement, or the beginning of it";
  auto* agreement = add_group(app, "agreement", "What companies sign: rules between them");
  auto* made = act(agreement, "new", "Propose a document, and sign it", run_agreement_new);
  made->add_option("file", options->file, "the document, JSON")->required()->type_name("FILE");
  made->add_flag("--check", options->check, "only say whether it is complete");
  auto* sign = add_id(act(agreement, "sign", "Sign the version that waits", run_agreement_sign), kAgreement);
  sign->add_option("--file", options->file, "sign only what says the same")->type_name("FILE");
  sign->add_option("--version", options->version, "its number; the one that waits when not given")->type_name("N");
  add_id(read(agreement, "show", "One agreement with its document", run_agreement_show), kAgreement);
  add_id(act(agreement, "amend", "Propose a new version", run_agreement_amend), kAgreement)
      ->add_option("file", options->file, "the new document")
      ->required()
      ->type_name("FILE");
  add_id(act(agreement, "withdraw", "End the version that waits for signatures", run_agreement_withdraw), kAgreement);
  add_id(act(agreement, "terminate", "End the agreement with its notice", run_agreement_terminate), kAgreement)
      ->add_option("--reason", options->text, "for the others")
      ->type_name("TEXT");
  read(agreement, "list", "Agreements and their states", run_agreement_list)
      ->add_option("--organisation", options->organisation, "only of this company")
      ->type_name("NAME");

  const std::string kFinding = "AGREEMENT/NUMBER; the agreement may be the beginning of its id";
  auto* findings = add_group(app, "findings", "What rules of agreements have found");
  auto* list = read(findings, "list", "Findings that are not closed", run_findings_list);
  list->add_option("id", options->id, "only of this agreement")->type_name("ID");
  list->add_option("--organisation", options->organisation, "only of agreements of this company")->type_name("NAME");
  list->add_flag("--all", options->all, "also closed ones");
  add_id(read(findings, "show", "One finding, and what was said about it", run_findings_show), kFinding);
  const auto say = [&](const std::string& name, const std::string& what, Command<AgreementOptions> run) {
    add_id(act(findings, name, what, run), kFinding)
        ->add_option("text", options->text, "for the other parties")
        ->required()
        ->type_name("TEXT");
  };
  say("answer", "Say something about a finding", run_findings_answer);
  say("dispute", "Say that a finding is wrong", run_findings_dispute);
  say("close", "Nothing more follows from a finding about another's event", run_findings_close);
  auto* correct =
      add_id(act(findings, "correct", "Name the event that corrects what was found", run_findings_correct), kFinding);
  correct->add_option("event", options->event_id, "id of our later event, or of the one declared an error")
      ->required()
      ->type_name("EVENT");
  correct->add_option("text", options->text, "for the other parties")->type_name("TEXT");
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

  command("list", "Nodes, their standing, keys and addresses", run_validators_list);
  auto* introduce = command("introduce", "Write down who the nodes are, for one that joins", run_validators_introduce);
  introduce->remove_option(introduce->get_option("--output"));
  introduce->add_option("file", options->file, "peers.json when not given")->type_name("FILE");
  command("pending", "The next epoch and the changes that wait for approval", run_validators_pending)
      ->add_flag("--all", options->all, "also changes that are closed");

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
  up->add_option("--demo", options->demo, "play a story: coldchain")->type_name("NAME");
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

void add_import(CLI::App& epcis, Invocation& invocation) {
  auto options = std::make_shared<ImportCommandOptions>();
  auto* command =
      epcis.add_subcommand("import", "Record a CSV table or EPCIS JSON, signed with your own key; no node needed");
  command->add_option("files", options->files, "CSV table or EPCIS 2.0 JSON")->required()->type_name("FILE");
  command
      ->add_option(
          "--profile", options->profile,
          "of tables: receiving, shipping, commissioning, transformation, aggregation; of JSON: strict, lenient")
      ->type_name("PROFILE");
  command->add_option("--offset", options->offset, "zone of times that have none, +02:00")->type_name("+hh:mm");
  command->add_flag("--check", options->check, "only look whether the files are right; sends nothing");
  auto& participant = options->participant;
  command->add_option("--home", participant.target.home, "home with your key, certificate and genesis")
      ->envname("KETEN_HOME")
      ->type_name("DIR");
  command
      ->add_option("--endpoint", participant.endpoints, "gRPC address of a node; repeated: the next one when one fails")
      ->type_name("HOST:PORT");
  command->add_option("--key-file", participant.key_file, "key that signs; keys/capture.key of the home when not given")
      ->type_name("FILE");
  command->add_option("--state", participant.target.state, "folder of a dev network; signs with the key of --as")
      ->type_name("DIR");
  command
      ->add_option("--as", participant.target.user, "key of the home that signs, or USER@ORGANISATION of a dev network")
      ->type_name("USER");
  command->add_option("--receipts", options->receipts, "folder for receipts; receipts/ of the home when not given")
      ->type_name("DIR");
  const CLI::AsNumberWithUnit seconds(std::map<std::string, double>{{"s", 1.0}, {"m", 60.0}, {"ms", 0.001}},
                                      CLI::AsNumberWithUnit::CASE_SENSITIVE, "TIME");
  command->add_option("--timeout", options->timeout_s, "patience for each transaction, 60s when not given")
      ->transform(seconds);
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_epcis_import);

  auto* columns = epcis.add_subcommand("columns", "The heading of a table to import");
  columns->add_option("profile", options->profile, "receiving, shipping, commissioning, transformation, aggregation")
      ->required()
      ->type_name("PROFILE");
  on_chosen(columns, invocation, options, run_epcis_columns);
}

void add_usage_on_ledger(CLI::App& group, Invocation& invocation) {
  using Options = std::shared_ptr<UsageLedgerOptions>;
  const auto add = [&](const char* name, const char* what, const char* subject, auto run, const auto& describe) {
    auto options = std::make_shared<UsageLedgerOptions>();
    auto* command = group.add_subcommand(name, what);
    command->add_option("subject", options->subject, subject)->required()->type_name("ID");
    describe(command, options);
    add_target(command, options->target);
    add_user(command, options->target);
    add_output(command, options->output);
    on_chosen(command, invocation, options, run);
  };
  constexpr auto kDataset = "the dataset: an IRI";
  constexpr auto kNegotiation = "negotiation: 64 hexadecimal digits";
  constexpr auto kAgreement = "agreement: 64 hexadecimal digits";
  const auto nothing_more = [](CLI::App*, const Options&) {};
  const auto content = [](CLI::App* command, const Options& options) {
    command->add_option("--commitment", options->commitment, "64 hexadecimal digits")->type_name("HEX");
    command->add_option("--content", options->content, "commit to this file instead")->type_name("FILE");
  };
  const auto policy = [](CLI::App* command, const Options& options) {
    command->add_option("--policy", options->policy, "the terms: an ODRL agreement")->required()->type_name("FILE");
  };
  const auto reason = [](CLI::App* command, const Options& options) {
    command->add_option("--reason", options->reason, "a code without spaces")->type_name("CODE");
  };
  add("register", "A dataset of ours, or its next version", kDataset, run_usage_register,
      [&](CLI::App* command, const Options& options) {
        content(command, options);
        command->add_option("--class", options->classes, "classification: a word or IRI; again for more")
            ->type_name("WORD");
        command->add_option("--custodian", options->organisation, "who holds it, if not we")->type_name("ORG");
      });
  add("transfer", "Offer the ownership of a dataset; without --to: take it", kDataset, run_usage_transfer,
      [](CLI::App* command, const Options& options) {
        command->add_option("--to", options->organisation, "the new owner")->type_name("ORG");
      });
  const auto offer = [&](bool proposes) {
    return [&, proposes](CLI::App* command, const Options& options) {
      options->proposes = proposes;
      policy(command, options);
      command->add_option("--negotiation", options->negotiation, "a counter-offer in this one")->type_name("ID");
      if (!proposes) { command->add_option("--to", options->organisation, "the consumer")->type_name("ORG"); }
    };
  };
  add("offer", "As owner: offer a dataset under terms", kDataset, run_usage_offer, offer(false));
  add("propose", "As consumer: ask for a dataset under terms", kDataset, run_usage_offer, offer(true));
  add("accept", "Sign the terms: accept, agree, verify or finalize, whichever is our turn", kNegotiation,
      run_usage_accept, policy);
  add("terminate", "End a negotiation", kNegotiation, run_usage_end, [&](CLI::App* command, const Options& options) {
    options->terminates = true;
    reason(command, options);
  });
  add("withdraw", "End an agreement", kAgreement, run_usage_end, reason);
  const auto use = [](bool happened) {
    return [happened](CLI::App* command, const Options& options) {
      options->happened = happened;
      command->add_option("--id", options->id, "of the use, once in an agreement")->required()->type_name("ID");
      command->add_option("--action", options->action, "an action of ODRL")->type_name("WORD");
      command->add_option("--say", options->statements, "purpose=quality; again for more")->type_name("OPERAND=VALUE");
    };
  };
  add("request", "Ask before a use", kAgreement, run_usage_use, use(false));
  add("log", "Tell of a use that happened", kAgreement, run_usage_use, use(true));
  add("fulfil", "Tell that a duty was done", kAgreement, run_usage_fulfil,
      [&](CLI::App* command, const Options& options) {
        command->add_option("duty", options->id, "its uid in the terms")->required()->type_name("UID");
        content(command, options);
      });
  add("duties", "Duties of an agreement and their deadlines", kAgreement, run_usage_duties, nothing_more);
  add("statement", "Uses under an agreement", kAgreement, run_usage_statement,
      [](CLI::App* command, const Options& options) {
        command->add_option("--from", options->from, "first moment")->type_name("TIME");
        command->add_option("--to", options->to, "first moment behind it")->type_name("TIME");
        command->add_flag("--csv", options->csv, "a line for each use");
      });
  add("show", "A dataset, negotiation or agreement as the ledger has it", "IRI, or 64 hexadecimal digits",
      run_usage_show, nothing_more);
}

void add_usage(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "usage", "Who may use which data for what (ODRL 2.2)");
  auto options = std::make_shared<UsageOptions>();
  auto* evaluate =
      group->add_subcommand("evaluate", "Judge cases: policy, request and state of the world; no node needed");
  evaluate->add_option("files", options->files, "JSON: one case or an array of them")->required()->type_name("FILE");
  add_output(evaluate, options->output);
  on_chosen(evaluate, invocation, options, run_usage_evaluate);

  auto* check = group->add_subcommand("check", "Whether policies may be signed, and what the ledger decides of them");
  check->add_option("files", options->files, "ODRL policies in JSON-LD")->required()->type_name("FILE");
  check->add_flag("--lenient", options->lenient, "list what is unknown instead of refusing it");
  add_output(check, options->output);
  on_chosen(check, invocation, options, run_usage_check);
  add_usage_on_ledger(*group, invocation);
}

void add_epcis(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "epcis", "Production events (GS1 EPCIS 2.0)");
  auto options = std::make_shared<EpcisOptions>();
  auto* capture = group->add_subcommand("capture", "Record documents or single events");
  capture->add_option("files", options->files, "EPCIS 2.0 JSON")->required()->type_name("FILE");
  capture->add_option("--wait", options->wait, "final or executed: wait until the events are recorded")
      ->type_name("LEVEL");
  add_target(capture, options->target);
  add_user(capture, options->target);
  add_output(capture, options->output);
  on_chosen(capture, invocation, options, run_epcis_capture);

  add_import(*group, invocation);

  auto* query = group->add_subcommand("query", "Events by EPCIS query parameters, newest first");
  query->add_option("parameters", options->parameters, "for example eventType=ObjectEvent MATCH_anyEPC=urn:...")
      ->type_name("KEY=VALUE");
  query->add_option("--pages", options->pages, "how many pages; 0: all")->type_name("N");
  add_target(query, options->target);
  add_user(query, options->target);
  add_output(query, options->output);
  on_chosen(query, invocation, options, run_epcis_query);

  const auto with_files = [&](CLI::App* command) {
    command->add_option("files", options->files, "EPCIS 2.0 JSON")->required()->type_name("FILE");
    add_output(command, options->output);
  };
  auto* validate = group->add_subcommand("validate", "Check documents without a node");
  with_files(validate);
  validate->add_option("--profile", options->profile, "strict: the published schema; lenient: also CBV words as URNs")
      ->check(CLI::IsMember({"strict", "lenient"}).description(""))
      ->type_name("PROFILE");
  on_chosen(validate, invocation, options, run_epcis_validate);

  auto* hash = group->add_subcommand("hash", "The CBV 2.0 event hash of each event, in the order of the documents");
  with_files(hash);
  hash->add_flag("--prehash", options->prehash, "the text that is hashed, instead of the hash");
  on_chosen(hash, invocation, options, run_epcis_hash);

  auto* normalise = group->add_subcommand("normalise", "The canonical GS1 Digital Link of each name");
  normalise->add_option("uris", options->parameters, "EPC URI, class, pattern or Digital Link")
      ->required()
      ->type_name("URI");
  add_output(normalise, options->output);
  on_chosen(normalise, invocation, options, run_epcis_normalise);
}

void add_contract_develop(CLI::App& group, Invocation& invocation) {
  auto made = std::make_shared<ContractNewOptions>();
  auto* begin = group.add_subcommand("new", "A folder with a rule or a contract that builds, and its first test");
  begin->add_option("name", made->name, "lower-case letters, digits, - and _")->required()->type_name("NAME");
  begin->add_option("--folder", made->folder, "the name when not given")->type_name("DIR");
  auto* rule = begin->add_flag("--rule")->description("judges events of agreements; the default");
  begin->add_flag("--contract", made->contract, "has methods and state of its own")->excludes(rule);
  on_chosen(begin, invocation, made, run_contract_new);

  auto built = std::make_shared<ContractBuildOptions>();
  auto* build = group.add_subcommand("build", "Compile a contract's folder to WebAssembly and check it");
  build->add_option("folder", built->folder, "the present one when not given")->type_name("DIR");
  build->add_option("--build", built->build, "where contract.wasm and schema.json go; build/ inside when not given")
      ->type_name("DIR");
  add_output(build, built->output);
  on_chosen(build, invocation, built, run_contract_build);

  auto tested = std::make_shared<ContractTestOptions>();
  auto* tests = group.add_subcommand(
      "test", "Build, then run each test of test.cpp natively and in the ledger's virtual machine; a difference fails");
  tests->add_option("folder", tested->folder, "the present one when not given")->type_name("DIR");
  tests->add_option("--build", tested->build, "as in build")->type_name("DIR");
  tests->add_flag("--update", tested->update, "write what the calls cost into fuel.txt instead of comparing with it");
  on_chosen(tests, invocation, tested, run_contract_test);

  auto engine_options = std::make_shared<ContractEngineOptions>();
  auto* engine = group.add_subcommand("engine", "The ledger's side of a native test");
  engine->group("");  // only test programs call it
  engine->add_option("module", engine_options->module)->required();
  on_chosen(engine, invocation, engine_options, run_contract_engine);

  auto checked = std::make_shared<ContractCheckOptions>();
  auto* check = group.add_subcommand("check", "Whether the ledger takes a module, and if not, what to use instead");
  check->add_option("file", checked->file, "a WebAssembly module")->required()->type_name("FILE.wasm");
  add_output(check, checked->output);
  on_chosen(check, invocation, checked, run_contract_check);
}

/// The way of a package: made, signed, published, approved, activated, called.
void add_packages(CLI::App& group, Invocation& invocation) {
  const auto command = [&](const std::string& name, const std::string& what, Command<PackageOptions> run) {
    auto options = std::make_shared<PackageOptions>();
    auto* made = group.add_subcommand(name, what);
    add_output(made, options->output);
    on_chosen(made, invocation, options, run);
    return std::pair(made, options);
  };
  const auto with_key = [](CLI::App* made, PackageOptions& options, const std::string& key) {
    add_target(made, options.target);
    made->add_option("--as", options.target.user,
                     "key of the home that signs, or USER@ORGANISATION of a dev network; " + key + " when not given")
        ->type_name("USER");
    made->add_option("--key-file", options.key_file, "key that signs instead")->type_name("FILE");
  };
  const auto on_contract = [&](const std::string& name, const std::string& what, Command<PackageOptions> run,
                               const std::string& key = "admin") {
    auto made = command(name, what, run);
    made.first->add_option("name", made.second->name, "the contract")->required()->type_name("NAME");
    with_key(made.first, *made.second, key);
    return made;
  };

  auto [package, made] =
      command("package", "Put a module into a package, for its publisher to sign", run_contract_package);
  package->add_option("module", made->file, "the module")->required()->type_name("FILE.wasm");
  package->add_option("--name", made->name, "of the contract")->required()->type_name("NAME");
  package->add_option("--version", made->version, "MAJOR.MINOR.PATCH")->required()->type_name("VERSION");
  package->add_option("--publisher", made->publisher, "organisation")->required()->type_name("NAME");
  package
      ->add_option("--method", made->methods,
                   "exported function that may be called; all of type () -> () when there is "
                   "neither --method nor --rule")
      ->type_name("NAME[=FUEL]");
  package->add_option("--rule", made->rules, "exported function that an agreement may name")->type_name("NAME[=FUEL]");
  package
      ->add_option("--migration", made->migration,
                   "exported function that brings the state of the version before along")
      ->type_name("NAME[=FUEL]");
  package->add_option("--schema", made->schema_file, "JSON object about the messages")->type_name("FILE");
  package->add_option("--readme", made->readme_file, "what it decides, and what it cannot")->type_name("FILE");
  package->add_option("--source", made->source_file, "what it was built from: its hash goes into the manifest")
      ->type_name("FILE");
  package->add_option("--build", made->build, "how to build the same bytes again")->type_name("TEXT");
  package->add_option("--out", made->out, "NAME-VERSION.ketenpkg when not given")->type_name("FILE");

  auto [sign, signing] = command("sign", "Sign a package with a publisher's key", run_contract_sign);
  sign->add_option("file", signing->file, "the package; the signature is added to it")->required()->type_name("FILE");
  with_key(sign, *signing, "publisher");

  auto [show, shown] = command("show", "What a package file says, and whether all of it holds", run_contract_show);
  show->add_option("file", shown->file, "the package")->required()->type_name("FILE");

  auto [publish, publishing] =
      command("publish", "Publish a signed package, for the others to approve", run_contract_publish);
  publish->alias("propose");
  publish->add_option("file", publishing->file, "the package")->required()->type_name("FILE");
  publish->add_option("--open-for", publishing->open_for_s, "how long it can be approved; 7 days when not given")
      ->type_name("SECONDS");
  with_key(publish, *publishing, "publisher");

  const auto with_version = [](CLI::App* one, PackageOptions& options) {
    one->add_option("version", options.version, "the newest that fits when not given")->type_name("VERSION");
  };
  const auto approve = on_contract("approve", "Approve a published version for our company", run_contract_approve);
  with_version(approve.first, *approve.second);
  const auto withdraw =
      on_contract("withdraw", "Take back a version that is not approved", run_contract_withdraw, "publisher");
  with_version(withdraw.first, *withdraw.second);
  const auto activate =
      on_contract("activate", "Let an approved version run from a height on; with its migration, if it has one",
                  run_contract_activate);
  with_version(activate.first, *activate.second);
  activate.first
      ->add_option("--at", activate.second->height, "first block in which it runs; the next one when not given")
      ->type_name("HEIGHT");
  on_contract("freeze", "Vote to stop a contract until it is resumed", run_contract_freeze);
  on_contract("resume", "Vote to let a frozen contract run again", run_contract_resume);
  on_contract("retire", "Vote to end a contract for ever", run_contract_retire);
  const auto quota = on_contract("quota", "Vote for the bytes of state that a contract may keep", run_contract_quota);
  quota.first->add_option("bytes", quota.second->value, "keys and values together")->required()->type_name("BYTES");

  auto [status, asked] = command("status", "Contracts, what runs, and whose approval is missing", run_contract_status);
  status->add_option("name", asked->name, "all when not given")->type_name("NAME");
  add_target(status, asked->target);

  for (const auto& [name, what, run] :
       {std::tuple<const char*, const char*, Command<PackageOptions>>{"call", "Call a method: a transaction",
                                                                      run_contract_call},
        {"query", "Run a method over what a node has, and keep nothing of it", run_contract_query}}) {
    auto called = on_contract(name, what, run, "device");
    called.first->add_option("method", called.second->method, "the method")->required()->type_name("METHOD");
    called.first->add_option("--text", called.second->text, "arguments as text")->type_name("TEXT");
    called.first->add_option("--hex", called.second->hex, "arguments in hexadecimal")->type_name("HEX");
    called.first->add_option("--arguments", called.second->arguments_file, "arguments in a file")->type_name("FILE");
    called.first->add_option("--fuel", called.second->fuel, "most that it may use; 20,000,000 when not given")
        ->type_name("UNITS");
  }
}

void add_rehearse(CLI::App& group, Invocation& invocation) {
  auto options = std::make_shared<RehearseOptions>();
  auto* command = group.add_subcommand(
      "rehearse", "The last blocks of a ledger once more with another module: which verdicts, state and fuel change");
  command->add_option("file", options->file, "the package to try; nobody needs to have signed it")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("where", options->where, "home or data directory of a node, HOST:PORT, or a node of the dev network")
      ->type_name("WHERE");
  command->add_option("--genesis", options->genesis, "the founding document")->required()->type_name("FILE");
  command->add_option("--blocks", options->blocks, "how many; 100 when not given")->type_name("N");
  command
      ->add_option("--instead-of", options->instead_of, "version that it replaces; all of its contract when not given")
      ->type_name("VERSION");
  command
      ->add_option("--state-dir", options->state_dir,
                   "keeps the ledger before these blocks, for the next rehearsal of the "
                   "same or a later height")
      ->type_name("DIR");
  add_target(command, options->target);
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_contract_rehearse);
}

void add_contract_trace(CLI::App& group, Invocation& invocation) {
  auto options = std::make_shared<ContractTraceOptions>();
  auto* command = group.add_subcommand(
      "trace", "A recorded transaction once more: each host function that a contract called, with fuel");
  command->add_option("id", options->id, "64 hexadecimal digits")->required()->type_name("TX");
  command
      ->add_option("where", options->where, "home or data directory of a node, HOST:PORT, or a node of the dev network")
      ->type_name("WHERE");
  command->add_option("--genesis", options->genesis, "the founding document")->required()->type_name("FILE");
  command->add_option("--state-dir", options->state_dir, "keeps the ledger before the transaction")->type_name("DIR");
  add_target(command, options->target);
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_contract_trace);
}

void add_contract(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "contract", "Rules and contracts as WebAssembly");
  add_packages(*group, invocation);
  add_rehearse(*group, invocation);
  add_contract_trace(*group, invocation);
  auto options = std::make_shared<SpecTestOptions>();
  auto* test = group->add_subcommand(
      "spec-test",
      "Run the WebAssembly core test suite in the ledger's virtual machine; exit code 1 when a test fails");
  test->add_option("files", options->files, "what wast2json made of a .wast file")->required()->type_name("FILE.json");
  add_output(test, options->output);
  on_chosen(test, invocation, options, run_contract_spec_test);
  add_contract_develop(*group, invocation);
}

void add_trace(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<TraceOptions>();
  auto* command =
      app.add_subcommand("trace", "Follow a product back to where it came from, or forward to where it went");
  command->add_option("epc", options->epc, "EPC, class or lot: URN or Digital Link")->required()->type_name("EPC");
  auto* forward = command->add_flag("--forward,--down", options->forward, "what it became and where it went");
  const std::string back = "what it was made of and where that came from (the default)";
  command->add_flag("--back,--up", back)->excludes(forward);
  command->add_option("--depth", options->depth, "how many steps to follow")->check(CLI::Range(1, 64))->type_name("N");
  add_target(command, options->target);
  add_trust(command, options->trust);
  add_user(command, options->target);
  command->add_option("-o,--output", options->output, "table, json, dot or epcis (a document of the events)")
      ->check(CLI::IsMember({"table", "json", "dot", "epcis"}).description(""))
      ->type_name("FORM");
  on_chosen(command, invocation, options, run_trace);
}

void add_export(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "export", "Events as files, for regulators and other repositories");
  auto options = std::make_shared<ExportOptions>();
  const auto with_choice = [&](CLI::App* command, const std::string& file) {
    command->add_option("--lot", options->lot, "EPC, class or lot: with all it was made of and became")
        ->type_name("EPC");
    command->add_option("--location", options->location, "GLN of 13 digits, or a URI: what was recorded there")
        ->type_name("PLACE");
    command->add_option("--from", options->from, "events since then, 2026-06-01T00:00:00Z")->type_name("TIME");
    command->add_option("--until,--to", options->until, "events until then")->type_name("TIME");
    command->add_option("-o,--out", options->file, "a new file; standard output when not given")->type_name(file);
    add_target(command, options->target);
    add_user(command, options->target);
  };
  auto* fsma = group->add_subcommand("fsma204", "One row for each critical tracking event and lot: 21 CFR 1 Subpart S");
  with_choice(fsma, "FILE.csv");
  on_chosen(fsma, invocation, options, run_export_fsma204);
  auto* epcis = group->add_subcommand("epcis", "An EPCIS 2.0 document that can be captured again");
  with_choice(epcis, "FILE.json");
  on_chosen(epcis, invocation, options, run_export_epcis);
}

void add_ledger_audit(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<LedgerAuditOptions>();
  auto* command = app.add_subcommand("audit", "Verify a whole ledger again, from its genesis");
  command
      ->add_option("where", options->where,
                   "home or data directory of a node, its gRPC HOST:PORT, or its name in a dev network")
      ->type_name("DIR|ENDPOINT");
  command->add_option("--genesis", options->genesis, "the founding document: all that is trusted")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--state-dir", options->state_dir,
                   "keeps what was verified, so that the next run goes on from there")
      ->type_name("DIR");
  command->add_option("--threads", options->threads, "for reading and signatures; 0: one a core")
      ->check(CLI::Range(0, 256))
      ->type_name("N");
  command->add_option("--until", options->until, "audit up to this height; 0: everything")->type_name("HEIGHT");
  add_target(command, options->target);
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_ledger_audit);
}

void add_compare(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<CompareOptions>();
  auto* command = app.add_subcommand("compare", "The first thing that two nodes disagree on");
  command
      ->add_option("first", options->first,
                   "home or data directory of a node, its gRPC HOST:PORT, or its name in a dev network")
      ->required()
      ->type_name("DIR|ENDPOINT");
  command->add_option("second", options->second, "likewise")->required()->type_name("DIR|ENDPOINT");
  command->add_option("--genesis", options->genesis, "the founding document")->required()->type_name("FILE");
  command
      ->add_option("--evidence", options->evidence_file,
                   "where to write the proof that a quorum signed both; split-view.json")
      ->type_name("FILE");
  add_target(command, options->target);
  add_output(command, options->output);
  on_chosen(command, invocation, options, run_compare);
}

void add_audit(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<AuditOptions>();
  const auto with_pages = [&](CLI::App* command) {
    command->add_option("--per-page", options->per_page, "lines of one page")
        ->check(CLI::Range(1, 1000))
        ->type_name("N");
    command->add_option("--pages", options->pages, "how many pages to fetch; 0 is all")->type_name("N");
    add_target(command, options->target);
    add_user(command, options->target);
    add_trust(command, options->trust);
    add_output(command, options->output);
  };
  auto* history = app.add_subcommand("history", "Everything recorded about one item or lot, and what counts of it");
  history->add_option("epc", options->what, "EPC, class or lot: URN or Digital Link")->required()->type_name("EPC");
  with_pages(history);
  on_chosen(history, invocation, options, run_history);

  auto* holdings = app.add_subcommand("holdings", "What a company has now, or what is at a place");
  holdings->add_option("who", options->what, "name of an organisation, or the URI of a place")
      ->required()
      ->type_name("ORG|LOCATION");
  with_pages(holdings);
  on_chosen(holdings, invocation, options, run_holdings);

  auto* recall =
      app.add_subcommand("recall", "What came of a lot, a place or a time: who has it, where it is, where it went");
  recall->add_option("what", options->what, "EPC, class, lot or place; nothing: everything from --from until --until")
      ->type_name("LOT|LOCATION");
  recall->add_option("--from", options->from, "events from this time on")->type_name("TIME");
  recall->add_option("--until", options->until, "events up to this time")->type_name("TIME");
  with_pages(recall);
  on_chosen(recall, invocation, options, run_recall);
}

void add_proofs(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "proof", "Files that prove an answer without any node");
  const auto add = [&](const char* name, const char* help, ProofSubject kind, const char* argument, const char* type) {
    auto options = std::make_shared<ProofOptions>();
    options->kind = kind;
    auto* command = group->add_subcommand(name, help);
    command->add_option("subject", options->what, argument)->required()->type_name(type);
    command->add_option("-o,--out", options->file, "the proof to write, NAME.ketenproof")
        ->required()
        ->type_name("FILE");
    if (kind == ProofSubject::trace) {
      command->add_flag("--forward,--down", options->forward, "what it went into; without it: what it came from");
    }
    command->add_option("--genesis", options->genesis, "checks the answer against it; else the genesis of the home")
        ->type_name("FILE");
    command->add_option("--checkpoint", options->checkpoint, "begins at a checkpoint, and checks against it")
        ->type_name("FILE");
    command->add_option("--timeout", options->timeout_s, "seconds to wait for a final block that binds it")
        ->check(CLI::Range(0.0, 600.0))
        ->type_name("S");
    add_target(command, options->target);
    command->add_flag_callback(
        "--json", [options] { options->output = OutputForm::json; }, "the verdict as JSON");
    on_chosen(command, invocation, options, run_proof);
  };
  add("tx", "A transaction, its place and its receipt", ProofSubject::transaction, "64 hexadecimal digits", "ID");
  add("item", "What the ledger holds of an item or lot now", ProofSubject::item, "URN or Digital Link", "EPC");
  add("history", "Everything ever recorded of an item or lot, nothing missing", ProofSubject::history,
      "URN or Digital Link", "EPC");
  add("absent", "Nothing was ever recorded of an item or lot", ProofSubject::absent, "URN or Digital Link", "EPC");
  add("trace", "The complete histories of all that an item came from or went into", ProofSubject::trace,
      "URN or Digital Link", "EPC");
  add("member", "Who is a member, or whose key it is", ProofSubject::member, "name of an organisation, or ed25519:...",
      "ORG|KEY");
  add("epoch", "Validators and parameters of an epoch", ProofSubject::epoch, "its number", "N");
  add("contract", "Which version of a contract or rule runs, by the hash of its package", ProofSubject::contract,
      "its name", "NAME");
  add("agreement", "Parties and versions of an agreement, by their hashes, and who signed", ProofSubject::agreement,
      "64 hexadecimal digits", "ID");

  auto options = std::make_shared<VerifyOptions>();
  auto* verify = app.add_subcommand("verify", "Check a proof file; needs no node and no network");
  verify->add_option("file", options->file, "a .ketenproof file")->required()->type_name("FILE");
  verify->add_option("--genesis", options->genesis, "the genesis of the chain, which you trust")->type_name("FILE");
  verify->add_option("--checkpoint", options->checkpoint, "a later epoch of the chain, which you trust")
      ->type_name("FILE");
  verify
      ->add_option("--expect", options->expect, "fail unless it proves something about this: an EPC, an id, a subject")
      ->type_name("SUBJECT");
  verify
      ->add_option("--checkpoint-out", options->checkpoint_out, "write the newest epoch that it proves as a checkpoint")
      ->type_name("FILE");
  add_output(verify, options->output);
  on_chosen(verify, invocation, options, run_verify);
}

void add_transactions(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "tx", "Transactions");
  auto options = std::make_shared<TransactionOptions>();
  const auto with_wait = [&](CLI::App* command) {
    command->add_option("--wait", options->wait, "admitted, final or executed")->type_name("LEVEL");
    command->add_option("--timeout-ms", options->timeout_ms, "how long to wait")
        ->check(CLI::Range(1, 60'000))
        ->type_name("MS");
  };
  auto* submit = group->add_subcommand("submit", "Submit a signed transaction, or sign a call with a key of the home");
  submit->add_option("file", options->file, "a serialized keten.v1.SignedTransaction")->type_name("FILE");
  submit->add_option("--contract", options->contract, "record")->type_name("NAME");
  submit->add_option("--method", options->method, "put")->type_name("NAME");
  submit->add_option("--key", options->key, "record.put: the key")->type_name("K");
  submit->add_option("--value", options->value, "record.put: the value")->type_name("V");
  submit->add_option("--as", options->target.user, "key of the home that signs; device when not given")
      ->type_name("USER");
  with_wait(submit);
  add_target(submit, options->target);
  add_output(submit, options->output);
  on_chosen(submit, invocation, options, run_tx_submit);

  auto* status = group->add_subcommand("status", "Where a transaction is");
  status->add_option("id", options->id, "64 hexadecimal digits")->required()->type_name("ID");
  with_wait(status);
  add_target(status, options->target);
  add_trust(status, options->trust);
  add_output(status, options->output);
  on_chosen(status, invocation, options, run_tx_status);

  auto* get = group->add_subcommand("get", "A transaction, its signature checked here");
  get->add_option("id", options->id, "64 hexadecimal digits")->required()->type_name("ID");
  add_target(get, options->target);
  add_trust(get, options->trust);
  add_output(get, options->output);
  on_chosen(get, invocation, options, run_tx_get);
}

void add_block(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "block", "Blocks");
  auto options = std::make_shared<BlockOptions>();
  auto* get = group->add_subcommand("get", "The finalized block at a height");
  get->add_option("height", options->height, "0 is the genesis")->required()->type_name("HEIGHT");
  add_target(get, options->target);
  add_output(get, options->output);
  on_chosen(get, invocation, options, run_block_get);
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

}  // namespace

int run_command_line(Console& console, std::vector<std::string> arguments) {
  CLI::App app("Keten: a ledger that the companies of a supply chain run together.", "keten");
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  Invocation invocation{console};
  add_init(app, invocation);
  add_genesis(app, invocation);
  add_testnet(app, invocation);
  add_tokens_and_keys(app, invocation);
  add_validators(app, invocation);
  add_agreements(app, invocation);
  add_evidence(app, invocation);
  add_devnet(app, invocation);
  add_node(app, invocation);
  add_debug(app, invocation);
  add_epcis(app, invocation);
  add_usage(app, invocation);
  add_trace(app, invocation);
  add_contract(app, invocation);
  add_audit(app, invocation);
  add_export(app, invocation);
  add_ledger_audit(app, invocation);
  add_compare(app, invocation);
  add_proofs(app, invocation);
  add_transactions(app, invocation);
  add_block(app, invocation);
  add_bench(app, invocation);
  add_version(app, invocation);
  // CLI11 takes the arguments from the back.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* shown = &app;
    while (!shown->get_subcommands().empty()) { shown = shown->get_subcommands().front(); }
    console.out << shown->help();
    return kSuccess;
  } catch (const CLI::ParseError& error) {
    std::string command = "keten";
    const CLI::App* shown = &app;
    while (!shown->get_subcommands().empty()) {
      shown = shown->get_subcommands().front();
      command += " " + shown->get_name();
    }
    std::string why = error.what();
    const auto left = shown->remaining();
    const bool wants_command = !shown->get_subcommands([](const CLI::App*) { return true; }).empty();
    if (wants_command && !left.empty() && !left.front().starts_with('-')) {
      why = "there is no command '" + left.front() + "' in " + command;
    }
    console.fail(invalid("USAGE", why), command + " --help");
    return kUsage;
  }
  return invocation.code;
}

}  // namespace keten::tools
