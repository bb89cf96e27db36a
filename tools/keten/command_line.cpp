#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "contracts/state_row.h"
#include "node/storage/database.h"
#include "tools/keten/command_groups.h"

namespace keten::tools {

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
  add_watch(app, invocation);
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
  } catch (const storage::ReadFailure& failed) {  // of a ledger on disk, or of a node
    return console.fail(failed.error());
  } catch (const contracts::MalformedState& malformed) { return console.fail(malformed.error()); }
  return invocation.code;
}

}  // namespace keten::tools
