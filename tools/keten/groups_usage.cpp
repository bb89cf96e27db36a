// The use of data as commands: ODRL policies, and what the ledger records of uses.
#include <memory>
#include <string>
#include <utility>

#include "tools/keten/command_groups.h"
#include "tools/keten/usage_options.h"
#include "tools/keten/usage_profile_options.h"
#include "tools/keten/usage_record_options.h"

namespace keten::tools {
namespace {

/// The name of what a command is about: what is missing when it is missing.
std::string positional(std::string_view words) {
  for (const auto* name : {"dataset", "negotiation", "agreement", "member", "transfer"}) {
    if (words.starts_with("the " + std::string(name)) || words.starts_with("id of the " + std::string(name))) {
      return name;
    }
  }
  return "id";
}

/// A command about one thing on the ledger, with its user, node and form of output; what more it takes, `describe` adds.
template <typename Options, typename Describe>
std::pair<CLI::App*, std::shared_ptr<Options>> add_about(CLI::App& group, const std::string& name,
                                                         const std::string& what, const char* subject,
                                                         const Describe& describe) {
  auto options = std::make_shared<Options>();
  auto* command = group.add_subcommand(name, what);
  command->add_option(positional(subject), options->subject, subject)->required()->type_name("ID");
  describe(command, options);
  add_target(command, options->target);
  add_user(command, options->target);
  add_output(command, options->output);
  return {command, std::move(options)};
}

void add_usage_on_ledger(CLI::App& group, Invocation& invocation) {
  using Options = std::shared_ptr<UsageLedgerOptions>;
  const auto add = [&](const char* name, const char* what, const char* subject, auto run, const auto& describe) {
    const auto [command, options] = add_about<UsageLedgerOptions>(group, name, what, subject, describe);
    const Command<UsageLedgerOptions> chosen = run;
    if (chosen == run_usage_show || chosen == run_usage_duties) {
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
      command
          ->add_option("--duration", options->duration, happened ? "how long it ran" : "how long it is to run at most")
          ->type_name("PT90M");
      if (happened) {
        command->add_option("--at", options->at, "when it was; now when not given")->type_name("TIME");
        command->add_option("--permit", options->permit, "the use that was permitted before")->type_name("ID");
      }
    };
  };
  auto request = std::make_shared<UsageRequestOptions>();
  auto* asks = group.add_subcommand("request", "Ask before a use");
  asks->add_option("agreement", request->subject, kAgreement)->required()->type_name("ID");
  use(false)(asks, request);
  asks->add_option("--permit-file", request->permit_file, "write the permit for who holds the data")->type_name("FILE");
  add_target(asks, request->target);
  add_user(asks, request->target);
  add_output(asks, request->output);
  on_chosen(asks, invocation, request, run_usage_request);
  add("log", "Tell of a use that happened", kAgreement, run_usage_use, use(true));
  add("fulfil", "Tell that a duty was done", kAgreement, run_usage_fulfil,
      [&](CLI::App* command, const Options& options) {
        command->add_option("duty", options->id, "its uid in the terms")->required()->type_name("UID");
        content(command, options);
      });
  add("duties", "Duties of an agreement and their deadlines", kAgreement, run_usage_duties, nothing_more);
  auto statement = std::make_shared<UsageStatementOptions>();
  auto* tells =
      group.add_subcommand("statement", "Uses under an agreement, what is to be paid, and how the duties stand");
  tells->add_option("agreement", statement->subject, kAgreement)->required()->type_name("ID");
  tells->add_option("--from", statement->from, "first moment")->type_name("TIME");
  tells->add_option("--to", statement->to, "first moment behind it")->type_name("TIME");
  tells->add_flag("--csv", statement->csv, "a line for each use");
  tells->add_option("--proof", statement->proof_file, "write a file that proves it: all uses, none is missing")
      ->type_name("FILE");
  tells
      ->add_option("--dataset-proof", statement->dataset_file,
                   "and one that proves which agreements were made for the dataset")
      ->type_name("FILE");
  add_target(tells, statement->target);
  add_user(tells, statement->target);
  add_output(tells, statement->output);
  on_asked(tells, invocation, statement, run_usage_proved_statement);
  auto explain = std::make_shared<UsageExplainOptions>();
  auto* explains = group.add_subcommand("explain", "Terms in plain words; why a use is permitted or not");
  explains->add_option("what", explain->subject, "a policy's file, or the id of an agreement or its beginning")
      ->required()
      ->type_name("FILE|ID");
  explains->add_option("--action", explain->action, "of a use that might be: what the ledger would decide now")
      ->type_name("WORD");
  explains->add_option("--say", explain->statements, "purpose=quality; again for more")->type_name("OPERAND=VALUE");
  explains->add_option("--duration", explain->duration, "how long it is to run at most")->type_name("PT90M");
  explains->add_option("--use", explain->use, "a use that was recorded: why it was decided so")->type_name("USE");
  explains->add_flag("--dutch", explain->dutch, "in Dutch");
  add_target(explains, explain->target);
  add_user(explains, explain->target);
  add_output(explains, explain->output);
  on_asked(explains, invocation, explain, run_usage_explain);
  add("show", "A dataset, negotiation or agreement as the ledger has it", "IRI, or an id or the beginning of one",
      run_usage_show, nothing_more);
}

/// What is recorded under an agreement beside uses.
void add_usage_records(CLI::App& group, Invocation& invocation) {
  using Options = std::shared_ptr<UsageRecordOptions>;
  const auto add = [&](const std::string& name, const std::string& what, const char* subject, auto run,
                       const auto& describe) {
    const auto [command, options] = add_about<UsageRecordOptions>(group, name, what, subject, describe);
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
        command->add_option("--at", options->at, "when it was; when it was logged to be, when not given")
            ->type_name("TIME");
        command->add_option("--duration", options->duration, "how long it ran")->type_name("PT90M");
        say(command, options);
        reason(command, options);
      });
  const auto duty = [](CLI::App* command, const Options& options) {
    command->add_option("duty", options->duty, "its uid in the terms")->required()->type_name("UID");
  };
  add("confirm", "Say that a duty was done that is owed to us", kAgreement, run_usage_confirm, duty);
  add("dispute", "Say that a duty was not done that is owed to us", kAgreement, run_usage_dispute,
      [&](CLI::App* command, const Options& options) {
        duty(command, options);
        reason(command, options);
        command->add_option("--commitment", options->commitment, "to what shows it: 64 hexadecimal digits")
            ->type_name("HEX");
        command->add_option("--content", options->content, "commit to this file instead")->type_name("FILE");
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

/// What needs no node.
void add_permits(CLI::App& group, Invocation& invocation) {
  auto options = std::make_shared<UsagePermitOptions>();
  auto* verify = group.add_subcommand("verify-permit", "Whether a permit allows what is asked for; no node needed");
  verify->add_option("file", options->file, "what keten usage request --permit-file wrote")
      ->required()
      ->type_name("FILE");
  verify->add_option("--genesis", options->genesis, "of the chain")->type_name("FILE");
  verify->add_option("--checkpoint", options->checkpoint, "instead of the genesis")->type_name("FILE");
  verify->add_option("--agreement", options->agreement, "under which the data is held")->required()->type_name("ID");
  verify->add_option("--dataset", options->dataset, "that is asked for")->required()->type_name("IRI");
  verify->add_option("--consumer", options->consumer, "who asks for it")->type_name("ORG");
  verify->add_option("--action", options->action, "what is asked for")->type_name("WORD");
  verify->add_option("--use", options->use, "id of the use")->type_name("ID");
  verify->add_option("--at", options->at, "instead of the time of this machine")->type_name("TIME");
  verify->add_option("--max-age", options->max_age_s, "seconds since the decision; 3600 when not given")
      ->check(CLI::Range(0.0, 1e9))
      ->type_name("S");
  add_output(verify, options->output);
  on_chosen(verify, invocation, options, run_usage_verify_permit);

  auto statement = std::make_shared<UsageStatementFileOptions>();
  auto* check = group.add_subcommand("verify-statement", "What a proof says of all uses of data; no node needed");
  check->add_option("file", statement->file, "what keten usage statement --proof wrote")->required()->type_name("FILE");
  check->add_option("--genesis", statement->genesis, "of the chain")->type_name("FILE");
  check->add_option("--checkpoint", statement->checkpoint, "instead of the genesis")->type_name("FILE");
  check->add_option("--dataset-proof", statement->dataset_file, "what other agreements there are for the dataset")
      ->type_name("FILE");
  check->add_option("--agreement", statement->agreement, "that it must be of")->type_name("ID");
  check->add_option("--from", statement->from, "first moment")->type_name("TIME");
  check->add_option("--to", statement->to, "first moment behind it")->type_name("TIME");
  check->add_flag("--csv", statement->csv, "a line for each use");
  add_output(check, statement->output);
  on_chosen(check, invocation, statement, run_usage_verify_statement);
}

/// Personal data stays off the chain.
void add_sealed(CLI::App& group, Invocation& invocation) {
  const auto add = [&](const char* name, const char* what, const char* file, Command<UsageSealOptions> run) {
    auto options = std::make_shared<UsageSealOptions>();
    auto* command = group.add_subcommand(name, what);
    command->add_option("file", options->file, file)->required()->type_name("FILE");
    on_chosen(command, invocation, options, run);
    return std::pair(command, options);
  };
  const auto out = [](CLI::App* command, const std::shared_ptr<UsageSealOptions>& options) {
    command->add_option("-o,--out", options->out, "never replaced")->required()->type_name("FILE");
  };
  auto [seal, sealed] = add("seal", "Commit to fields that stay off the chain, each behind a salt of its own",
                            "a JSON object: its members are the fields", run_usage_seal);
  seal->add_option("--about", sealed->about, "what they belong to: a dataset, an agreement ...")
      ->required()
      ->type_name("IRI");
  out(seal, sealed);
  auto [open, opened] =
      add("open", "Open one sealed field to one party", "what keten usage seal wrote", run_usage_open);
  open->add_option("--field", opened->field, "its name")->required()->type_name("NAME");
  open->add_option("--for", opened->recipient, "public key of who may read it")->required()->type_name("ed25519:HEX");
  out(open, opened);
  auto [check, checked] =
      add("check-opening", "Read a field that was opened to us, and check it", "the opening", run_usage_check_opening);
  check->add_option("--key-file", checked->key_file, "our secret key")->required()->type_name("FILE");
  check->add_option("--commitment", checked->commitment, "that it must belong to")->type_name("HEX");
  check->add_option("--dataset", checked->dataset, "it must belong to its commitment on the ledger")->type_name("IRI");
  add_target(check, checked->target);
  add_output(check, checked->output);
}

/// Words of one's own, that policies may use.
void add_profiles(CLI::App& group, Invocation& invocation) {
  auto* profile = group.add_subcommand("profile", "Words that an organisation adds to ODRL, version by version");
  profile->require_subcommand(1);
  const auto add = [&](const char* name, const char* what) {
    auto options = std::make_shared<UsageProfileOptions>();
    auto* command = profile->add_subcommand(name, what);
    add_target(command, options->target);
    add_output(command, options->output);
    return std::pair(command, options);
  };
  auto [registers, registered] = add("register", "A profile of ours, or its next version");
  registers->add_option("profile", registered->subject, "its IRI")->required()->type_name("IRI");
  registers->add_option("--definition", registered->definition, "actions and operands")->required()->type_name("FILE");
  add_user(registers, registered->target);
  on_chosen(registers, invocation, registered, run_usage_profile_register);
  auto [lists, listed] = add("list", "All profiles, or those whose IRI begins so");
  lists->add_option("beginning", listed->subject, "of the IRI")->type_name("IRI");
  on_asked(lists, invocation, listed, run_usage_profile_list);
  auto [shows, shown] = add("show", "What a profile defines");
  shows->add_option("profile", shown->subject, "its IRI")->required()->type_name("IRI");
  shows->add_option("--version", shown->version, "the newest when not given")->type_name("N");
  on_asked(shows, invocation, shown, run_usage_profile_show);
}

}  // namespace

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
  add_permits(*group, invocation);
  add_sealed(*group, invocation);
  add_profiles(*group, invocation);
}

}  // namespace keten::tools
