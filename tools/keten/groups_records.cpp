// Recording, asking, proving, as commands.
#include <map>
#include <memory>
#include <string>

#include "tools/keten/command_groups.h"

namespace keten::tools {
namespace {

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

}  // namespace

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
  on_asked(query, invocation, options, run_epcis_query);

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
  on_asked(fsma, invocation, options, run_export_fsma204);
  auto* epcis = group->add_subcommand("epcis", "An EPCIS 2.0 document that can be captured again");
  with_choice(epcis, "FILE.json");
  on_asked(epcis, invocation, options, run_export_epcis);
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
  on_asked(history, invocation, options, run_history);

  auto* holdings = app.add_subcommand("holdings", "What a company has now, or what is at a place");
  holdings->add_option("who", options->what, "name of an organisation, or the URI of a place")
      ->required()
      ->type_name("ORG|LOCATION");
  with_pages(holdings);
  on_asked(holdings, invocation, options, run_holdings);

  auto* recall =
      app.add_subcommand("recall", "What came of a lot, a place or a time: who has it, where it is, where it went");
  recall->add_option("what", options->what, "EPC, class, lot or place; nothing: everything from --from until --until")
      ->type_name("LOT|LOCATION");
  recall->add_option("--from", options->from, "events from this time on")->type_name("TIME");
  recall->add_option("--until", options->until, "events up to this time")->type_name("TIME");
  with_pages(recall);
  on_asked(recall, invocation, options, run_recall);
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
    if (kind == ProofSubject::history || kind == ProofSubject::absent) {
      command
          ->add_option("--kind", options->entity_kind,
                       "of what is no item or lot: contract, agreement, dataset, member or record")
          ->check(CLI::IsMember(std::vector<std::string>(proof::kEntityKinds.begin(), proof::kEntityKinds.end())))
          ->type_name("KIND");
    }
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
  add("history", "Everything ever recorded of an item, lot or anything else, nothing missing", ProofSubject::history,
      "URN or Digital Link, or with --kind a name or id", "EPC|ID");
  add("absent", "Nothing was ever recorded of an item, lot or anything else", ProofSubject::absent,
      "URN or Digital Link, or with --kind a name or id", "EPC|ID");
  add("trace", "The complete histories of all that an item came from or went into", ProofSubject::trace,
      "URN or Digital Link", "EPC");
  add("member", "Who is a member, or whose key it is", ProofSubject::member, "name of an organisation, or ed25519:...",
      "ORG|KEY");
  add("epoch", "Validators and parameters of an epoch", ProofSubject::epoch, "its number", "N");
  add("contract", "Which version of a contract or rule runs, by the hash of its package", ProofSubject::contract,
      "its name", "NAME");
  add("agreement", "What the ledger holds of an agreement: parties, terms, who signed", ProofSubject::agreement,
      "64 hexadecimal digits", "ID");
  add("dataset", "Who owns a dataset, and what its content is bound to", ProofSubject::dataset, "as it was registered",
      "ID");
  add("record", "What was put last under a key", ProofSubject::record, "organisation and key", "ORG/KEY");
  add("block", "A block of the chain, by its header", ProofSubject::block, "its height", "HEIGHT");

  auto options = std::make_shared<VerifyOptions>();
  auto* verify = app.add_subcommand("verify", "Check a proof file; needs no node and no network");
  verify->add_option("file", options->file, "a .ketenproof file, or split-view.json, contradiction.json")
      ->required()
      ->type_name("FILE");
  verify->add_option("--genesis", options->genesis, "the genesis of the chain, which you trust")->type_name("FILE");
  verify->add_option("--checkpoint", options->checkpoint, "a later epoch of the chain, which you trust")
      ->type_name("FILE");
  verify
      ->add_option("--expect", options->expect, "fail unless it is about this: an EPC, 'KIND ID', or the whole subject")
      ->type_name("SUBJECT");
  verify
      ->add_option("--checkpoint-out", options->checkpoint_out, "write the newest epoch that it proves as a checkpoint")
      ->type_name("FILE");
  verify
      ->add_option("--against", options->against,
                   "another proof, from another node: fails when the two cannot both be of one chain")
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
  submit
      ->add_option("--subject", options->subjects,
                   "record.put: what it is about beside its key; the history of each can be proved")
      ->type_name("S");
  submit->add_flag("--plain", options->plain,
                   "record.put: without a history of the key; costs less, and is proved as a transaction only");
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

void add_watch(CLI::App& app, Invocation& invocation) {
  auto options = std::make_shared<WatchOptions>();
  auto* watch = app.add_subcommand("watch", "What happens on the ledger, as it happens; Ctrl-C ends it");
  watch->add_option("--kind", options->kind, "only such events: epcis.event, agreements.finding ...")
      ->type_name("KIND");
  watch
      ->add_option("--from", options->from,
                   "go on behind this cursor or height, 0 from the beginning; from now on when not given")
      ->type_name("CURSOR");
  watch->add_option("--count", options->count, "end after so many events")->type_name("N");
  add_target(watch, options->target);
  add_output(watch, options->output);
  on_chosen(watch, invocation, options, run_watch);
}

void add_block(CLI::App& app, Invocation& invocation) {
  auto* group = add_group(app, "block", "Blocks");
  auto options = std::make_shared<BlockOptions>();
  auto* get = group->add_subcommand("get", "The finalized block at a height");
  get->add_option("height", options->height, "0 is the genesis")->required()->type_name("HEIGHT");
  add_target(get, options->target);
  add_output(get, options->output);
  add_trust(get, options->trust);
  on_asked(get, invocation, options, run_block_get);
}

}  // namespace keten::tools
