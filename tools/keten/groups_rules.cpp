// Rules and agreements as commands.
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "tools/keten/agreement_options.h"
#include "tools/keten/command_groups.h"
#include "tools/keten/contract_options.h"
#include "tools/keten/contract_trace.h"

namespace keten::tools {
namespace {

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
  on_asked(status, invocation, asked, run_contract_status);

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

}  // namespace

void add_agreements(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<AgreementOptions>();
  const auto read = [&](CLI::App* group, const std::string& name, const std::string& what,
                        Command<AgreementOptions> run) {
    auto* made = group->add_subcommand(name, what);
    add_target(made, options->target);
    add_output(made, options->output);
    on_asked(made, invocation, options, run);
    return made;
  };
  const auto act = [&](CLI::App* group, const std::string& name, const std::string& what,
                       Command<AgreementOptions> run) {
    auto* made = read(group, name, what, run);
    on_chosen(made, invocation, options, run);
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

}  // namespace keten::tools
