#pragma once

#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "tools/keten/options.h"

/// Pieces of the tree of commands. Who includes this includes CLI11: the groups_*.cpp and command_line.cpp, and nothing else.
namespace keten::tools {

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

/// Of reads: unless the command itself tells what of the answer is verified, the last line says whose word it is.
template <typename Options>
void on_asked(CLI::App* command, Invocation& invocation, std::shared_ptr<Options> options, Command<Options> run) {
  command->callback([&invocation, options, run] {
    invocation.code = run(invocation.console, *options);
    if (invocation.code == kSuccess) { tell_word_of_node(invocation.console, *options->target.asked); }
  });
}

inline void add_output(CLI::App* command, OutputForm& output) {
  static const std::map<std::string, OutputForm> kForms{{"table", OutputForm::table}, {"json", OutputForm::json}};
  command->add_option("-o,--output", output, "table or json")
      ->transform(CLI::CheckedTransformer(kForms).description(""))
      ->type_name("FORM");
}

inline void add_target(CLI::App* command, TargetOptions& target) {
  command->add_option("--state", target.state, "folder of a dev network; else KETEN_STATE, else ./keten-devnet")
      ->type_name("DIR");
  command->add_option("--node", target.node, "a node of the dev network by name")->type_name("NAME");
  command->add_option("--home", target.home, "home of your own node: its addresses and certificates")
      ->envname("KETEN_HOME")
      ->type_name("DIR");
  command->add_option("--endpoint", target.endpoint, "address of a node instead of the configured one")
      ->type_name("HOST:PORT");
}

inline void add_user(CLI::App* command, TargetOptions& target) {
  command->add_option("--as", target.user, "user of the dev network, USER or USER@ORGANISATION")->type_name("USER");
  command->add_option("--token", target.token, "bearer token; else KETEN_TOKEN")->type_name("TOKEN");
}

/// Of reads: what their answers are checked against.
inline void add_trust(CLI::App* command, TrustOptions& trust) {
  command->add_option("--genesis", trust.genesis, "checks the answer against it; else the genesis of the home")
      ->type_name("FILE");
  command->add_option("--checkpoint", trust.checkpoint, "checks the answer against a later epoch of the chain")
      ->type_name("FILE");
  command->add_flag("--trust-node", trust.trust_node, "checks nothing: the answer is the node's word");
  command->add_option("--verify-timeout", trust.timeout_s, "seconds to wait for a final block that binds the answer")
      ->check(CLI::Range(0.0, 600.0))
      ->type_name("S");
}

inline CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& what) {
  auto* group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  return group;
}

// Founding, running and watching a network: groups_network.cpp
void add_init(CLI::App& app, Invocation& invocation);
void add_genesis(CLI::App& app, Invocation& invocation);
void add_testnet(CLI::App& app, Invocation& invocation);
void add_tokens_and_keys(CLI::App& app, Invocation& invocation);
void add_evidence(CLI::App& app, Invocation& invocation);
void add_validators(CLI::App& app, Invocation& invocation);
void add_devnet(CLI::App& app, Invocation& invocation);
void add_node(CLI::App& app, Invocation& invocation);
void add_debug(CLI::App& app, Invocation& invocation);
void add_bench(CLI::App& app, Invocation& invocation);
void add_version(CLI::App& app, Invocation& invocation);

// Rules and agreements: groups_rules.cpp
void add_agreements(CLI::App& app, Invocation& invocation);
void add_contract(CLI::App& app, Invocation& invocation);
// The use of data: groups_usage.cpp
void add_usage(CLI::App& app, Invocation& invocation);

// Recording, asking, proving: groups_records.cpp
void add_epcis(CLI::App& app, Invocation& invocation);
void add_trace(CLI::App& app, Invocation& invocation);
void add_export(CLI::App& app, Invocation& invocation);
void add_ledger_audit(CLI::App& app, Invocation& invocation);
void add_compare(CLI::App& app, Invocation& invocation);
void add_audit(CLI::App& app, Invocation& invocation);
void add_proofs(CLI::App& app, Invocation& invocation);
void add_transactions(CLI::App& app, Invocation& invocation);
void add_block(CLI::App& app, Invocation& invocation);
void add_watch(CLI::App& app, Invocation& invocation);

}  // namespace keten::tools
