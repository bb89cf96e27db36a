// Rules, agreements, and the use of data, as commands.
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "tools/keten/agreement_options.h"
#include "tools/keten/command_groups.h"
#include "tools/keten/contract_options.h"
#include "tools/keten/contract_trace.h"
#include "tools/keten/usage_record_options.h"

namespace keten::tools {
namespace {

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
    const Command<UsageLedgerOptions> chosen = run;
    if (chosen == run_usage_show || chosen == run_usage_duties || chosen == run_usage_statement) {
      on_asked(command, invocation, options, chosen);
    } else {
      on_chosen(command, invocation, options, chosen);
    }
  };
  constexpr auto kDataset = "the dataset: an IRI";
  constexpr auto kNegotiation = "id of the negotiation, or the beginning of it";
  constexpr auto kAgreement = "id of the agreement, or the beginning of it";
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
      command->add_option("--start", options->start, "of the agreement; now when not given")->type_name("TIME");
      command->add_option("--end", options->end, "of the agreement; none when not given")->type_name("TIME");
      command->add_option("--notice-days", options->notice_days, "days that it holds behind a withdrawal")
          ->type_name("DAYS");
      command->add_option("--issuer", options->issuers, "a member whose claims count; again for more")
          ->type_name("ORG");
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
      if (happened) {
        command->add_option("--permit", options->permit, "the use that was permitted before")->type_name("ID");
      }
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
  add("show", "A dataset, negotiation or agreement as the ledger has it", "IRI, or an id or the beginning of one",
      run_usage_show, nothing_more);
}

/// What is recorded under an agreement beside uses.
void add_usage_records(CLI::App& group, Invocation& invocation) {
  using Options = std::shared_ptr<UsageRecordOptions>;
  const auto add = [&](const std::string& name, const std::string& what, const char* subject, auto run,
                       const auto& describe) {
    auto options = std::make_shared<UsageRecordOptions>();
    auto* command = group.add_subcommand(name, what);
    command->add_option("subject", options->subject, subject)->required()->type_name("ID");
    describe(command, options);
    add_target(command, options->target);
    add_user(command, options->target);
    add_output(command, options->output);
    on_chosen(command, invocation, options, run);
  };
  constexpr auto kAgreement = "id of the agreement, or the beginning of it";
  const auto reason = [](CLI::App* command, const Options& options) {
    command->add_option("--reason", options->reason, "a code without spaces")->type_name("CODE");
  };
  const auto say = [](CLI::App* command, const Options& options) {
    command->add_option("--say", options->statements, "purpose=quality; again for more")->type_name("OPERAND=VALUE");
  };
  add("correct", "Say what happened in place of what we logged; without --id: it did not happen", kAgreement,
      run_usage_correct, [&](CLI::App* command, const Options& options) {
        command->add_option("use", options->corrects, "the use that was logged wrongly")->required()->type_name("USE");
        command->add_option("--id", options->id, "of the use as it was, once in an agreement")->type_name("ID");
        command->add_option("--action", options->action, "an action of ODRL")->type_name("WORD");
        say(command, options);
        reason(command, options);
      });
  add("pay", "Tell that we have paid; it counts when the provider confirms it", kAgreement, run_usage_pay,
      [](CLI::App* command, const Options& options) {
        command->add_option("payment", options->id, "an id of our own")->required()->type_name("PAYMENT");
        command->add_option("--amount", options->amount, "a decimal, as 12.50")->required()->type_name("DECIMAL");
        command->add_option("--unit", options->unit, "the IRI of the currency")->required()->type_name("IRI");
        command->add_option("--duty", options->duty, "the uid of the duty that it is for")->type_name("UID");
      });
  add("receive", "As provider: confirm a payment", kAgreement, run_usage_receive,
      [](CLI::App* command, const Options& options) {
        command->add_option("payment", options->id, "its id")->required()->type_name("PAYMENT");
      });
  add("claim", "Vouch for what another member is", "the member", run_usage_claim,
      [&](CLI::App* command, const Options& options) {
        say(command, options);
        command->add_option("--from", options->from, "first moment")->type_name("TIME");
        command->add_option("--until", options->to, "first moment behind it")->type_name("TIME");
      });
  for (const auto* move : {"request", "start", "suspend", "complete", "terminate"}) {
    const bool begins = move == std::string_view("request");
    add("transfer-" + std::string(move), "Transfer of the data: " + std::string(move),
        begins ? kAgreement : "id of the transfer, or the beginning of it", run_usage_move_data,
        [&](CLI::App* command, const Options& options) {
          options->move = move;
          if (begins) { command->add_option("--format", options->format, "of the transfer")->type_name("WORD"); }
          if (options->move == "suspend" || options->move == "terminate") { reason(command, options); }
        });
  }
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
  add_usage_records(*group, invocation);
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
