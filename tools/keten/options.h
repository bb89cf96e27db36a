#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "tools/keten/console.h"
#include "tools/keten/home.h"
#include "tools/keten/participant.h"
#include "tools/keten/target.h"
#include "tools/keten/verification.h"

/// What each command was asked, and the function that does it. A function returns the exit code.
namespace keten::tools {

struct InitOptions {
  HomeOptions home;
  bool is_light = false;               ///< takes part without a node
  std::vector<std::string> endpoints;  ///< of nodes that it may use
  OutputForm output = OutputForm::table;
};
int run_init(Console& console, const InitOptions& options);

struct GenesisOptions {
  std::string file;
  std::string chain;
  std::vector<std::string> cards;
  std::string home;
  std::string peers;  ///< install: the node joins a chain that runs
  OutputForm output = OutputForm::table;
};
int run_genesis_new(Console& console, const GenesisOptions& options);
int run_genesis_add(Console& console, const GenesisOptions& options);
int run_genesis_verify(Console& console, const GenesisOptions& options);
int run_genesis_sign(Console& console, const GenesisOptions& options);
int run_genesis_hash(Console& console, const GenesisOptions& options);
int run_genesis_install(Console& console, const GenesisOptions& options);

struct TestnetOptions {
  std::size_t validators = 4;
  std::string out;
  std::string chain = "keten-test";
  std::uint16_t base_port = 7100;
  OutputForm output = OutputForm::table;
};
int run_testnet_generate(Console& console, const TestnetOptions& options);

struct TokenOptions {
  std::string home;
  std::string user;
  std::string role = "auditor";
  std::string key = "capture";
  OutputForm output = OutputForm::table;
};
int run_token_new(Console& console, const TokenOptions& options);
int run_token_revoke(Console& console, const TokenOptions& options);
int run_token_list(Console& console, const TokenOptions& options);
int run_keys_show(Console& console, const TokenOptions& options);

struct GovernanceOptions {
  TargetOptions target;
  TrustOptions trust;
  std::string key_file;  ///< admin key; else the home's
  std::string card;
  std::string file = "peers.json";
  std::string node;
  std::string organisation;
  std::vector<std::string> assignments;  ///< NAME=NUMBER
  std::uint64_t change = 0;
  std::string reason;
  double open_for_s = 7 * 24 * 3600.0;
  bool follow = false;
  bool all = false;
  bool now = false;
  std::string certificate_file;
  std::string private_key_file;
  std::string address;
  std::string user;  ///< name of a key, or the key
  std::vector<std::string> roles = {"submitter"};
  OutputForm output = OutputForm::table;
};
struct EvidenceOptions {
  TargetOptions target;
  std::string id;  ///< or its beginning
  OutputForm output = OutputForm::table;
};
int run_evidence_list(Console& console, const EvidenceOptions& options);
int run_evidence_show(Console& console, const EvidenceOptions& options);

int run_validators_list(Console& console, const GovernanceOptions& options);
int run_validators_introduce(Console& console, const GovernanceOptions& options);
int run_validators_pending(Console& console, const GovernanceOptions& options);
int run_validators_propose_add(Console& console, const GovernanceOptions& options);
int run_validators_propose_remove(Console& console, const GovernanceOptions& options);
int run_validators_propose_remove_organisation(Console& console, const GovernanceOptions& options);
int run_validators_propose_parameter(Console& console, const GovernanceOptions& options);
int run_validators_approve(Console& console, const GovernanceOptions& options);
int run_validators_withdraw(Console& console, const GovernanceOptions& options);
int run_validators_rotate_key(Console& console, const GovernanceOptions& options);
int run_validators_renew_certificate(Console& console, const GovernanceOptions& options);
int run_validators_set_address(Console& console, const GovernanceOptions& options);
int run_keys_list(Console& console, const GovernanceOptions& options);
int run_keys_add(Console& console, const GovernanceOptions& options);
int run_keys_revoke(Console& console, const GovernanceOptions& options);

struct DevnetOptions {
  std::string state;
  std::size_t validators = 4;
  std::string demo;
  std::string config_out;
  std::string node;  ///< start only this one; add, remove: this one
  std::string organisation;
  bool detach = false;
  bool once = false;
  std::size_t lines = 20;
  OutputForm output = OutputForm::table;
};
int run_devnet_up(Console& console, const DevnetOptions& options);
int run_devnet_add(Console& console, const DevnetOptions& options);
int run_devnet_remove(Console& console, const DevnetOptions& options);
int run_devnet_down(Console& console, const DevnetOptions& options);
int run_devnet_restart(Console& console, const DevnetOptions& options);
int run_devnet_status(Console& console, const DevnetOptions& options);
int run_devnet_logs(Console& console, const DevnetOptions& options);

struct StatusOptions {
  TargetOptions target;
  bool all = false;
  OutputForm output = OutputForm::table;
};
int run_node_status(Console& console, const StatusOptions& options);

struct BundleOptions {
  TargetOptions target;
  std::string file;
};
int run_debug_bundle(Console& console, const BundleOptions& options);

struct EpcisOptions {
  TargetOptions target;
  std::vector<std::string> files;
  std::vector<std::string> parameters;  ///< query: KEY=VALUE; normalise: URIs
  std::string wait;                     ///< "", final, executed
  std::size_t pages = 1;                ///< 0: all
  std::string profile = "strict";       ///< strict, lenient
  bool prehash = false;                 ///< the hashed text instead of the hash
  OutputForm output = OutputForm::table;
};
int run_epcis_capture(Console& console, const EpcisOptions& options);
int run_epcis_query(Console& console, const EpcisOptions& options);
int run_epcis_validate(Console& console, const EpcisOptions& options);
int run_epcis_hash(Console& console, const EpcisOptions& options);
int run_epcis_normalise(Console& console, const EpcisOptions& options);

struct UsageOptions {
  std::vector<std::string> files;
  bool lenient = false;  ///< unknown terms are listed, not refused
  OutputForm output = OutputForm::table;
};
int run_usage_evaluate(Console& console, const UsageOptions& options);
int run_usage_check(Console& console, const UsageOptions& options);

/// What the commands take that speak with a ledger; each uses some.
struct UsageLedgerOptions {
  TargetOptions target;
  std::string subject;       ///< dataset (IRI), or negotiation or agreement (64 hexadecimal digits)
  std::string organisation;  ///< custodian, new owner, consumer
  std::string policy;        ///< file
  std::string negotiation;   ///< of a counter-offer
  std::string start;         ///< of the agreement
  std::string end;
  std::uint32_t notice_days = 0;
  std::vector<std::string> issuers;  ///< whose claims count beside the provider's
  std::string permit;                ///< the use that was asked for, of its log
  std::string commitment;            ///< 64 hexadecimal digits
  std::string content;               ///< file to commit to instead
  std::vector<std::string> classes;
  std::vector<std::string> statements;  ///< OPERAND=VALUE
  std::string action = "use";
  std::string id;        ///< of a use or duty
  std::string at;        ///< when a use was that is logged
  std::string duration;  ///< how long a use ran, or is to run at most
  std::string reason;
  std::string from;  ///< of a statement's period; empty: its beginning
  std::string to;
  bool proposes = false;    ///< the consumer begins or answers
  bool terminates = false;  ///< a negotiation, not an agreement
  bool happened = false;    ///< a use is logged, not asked for
  bool csv = false;
  OutputForm output = OutputForm::table;
};
int run_usage_register(Console& console, const UsageLedgerOptions& options);
int run_usage_transfer(Console& console, const UsageLedgerOptions& options);
int run_usage_offer(Console& console, const UsageLedgerOptions& options);
int run_usage_accept(Console& console, const UsageLedgerOptions& options);
int run_usage_end(Console& console, const UsageLedgerOptions& options);
int run_usage_use(Console& console, const UsageLedgerOptions& options);
int run_usage_fulfil(Console& console, const UsageLedgerOptions& options);
int run_usage_show(Console& console, const UsageLedgerOptions& options);
int run_usage_duties(Console& console, const UsageLedgerOptions& options);
int run_usage_statement(Console& console, const UsageLedgerOptions& options);

struct ImportCommandOptions {
  ParticipantOptions participant;
  std::vector<std::string> files;
  std::string profile;
  std::string offset;    ///< zone of times without one
  std::string receipts;  ///< folder; empty: in the home
  double timeout_s = 60;
  bool check = false;  ///< look at the files and send nothing
  OutputForm output = OutputForm::table;
};
int run_epcis_import(Console& console, const ImportCommandOptions& options);
int run_epcis_columns(Console& console, const ImportCommandOptions& options);

struct SpecTestOptions {
  std::vector<std::string> files;  ///< made by wast2json
  OutputForm output = OutputForm::table;
};
int run_contract_spec_test(Console& console, const SpecTestOptions& options);

/// keten contract package, sign, publish ... query.
struct PackageOptions {
  TargetOptions target;
  std::string key_file;  ///< that signs; else the home's
  std::string file;      ///< a module, or a package
  std::string name;      ///< of a contract
  std::string version;
  std::string publisher;
  std::vector<std::string> methods;  ///< NAME or NAME=FUEL
  std::vector<std::string> rules;
  std::string migration;
  std::string schema_file;
  std::string readme_file;
  std::string source_file;
  std::string build;
  std::string out;
  double open_for_s = 7 * 24 * 3600.0;
  std::uint64_t height = 0;
  std::uint64_t value = 0;  ///< bytes of a quota
  std::string method;
  std::string text;  ///< arguments of a method: a text, hexadecimal, or a file
  std::string hex;
  std::string arguments_file;
  std::uint64_t fuel = 20'000'000;
  OutputForm output = OutputForm::table;
};
int run_contract_package(Console& console, const PackageOptions& options);
int run_contract_sign(Console& console, const PackageOptions& options);
int run_contract_show(Console& console, const PackageOptions& options);
int run_contract_publish(Console& console, const PackageOptions& options);
int run_contract_approve(Console& console, const PackageOptions& options);
int run_contract_withdraw(Console& console, const PackageOptions& options);
int run_contract_activate(Console& console, const PackageOptions& options);
int run_contract_freeze(Console& console, const PackageOptions& options);
int run_contract_resume(Console& console, const PackageOptions& options);
int run_contract_retire(Console& console, const PackageOptions& options);
int run_contract_quota(Console& console, const PackageOptions& options);
int run_contract_status(Console& console, const PackageOptions& options);
int run_contract_call(Console& console, const PackageOptions& options);
int run_contract_query(Console& console, const PackageOptions& options);

struct RehearseOptions {
  TargetOptions target;
  std::string file;   ///< the candidate
  std::string where;  ///< as LedgerAuditOptions::where
  std::string genesis;
  std::string state_dir;
  std::string instead_of;  ///< version; empty: all that were published before
  std::uint64_t blocks = 100;
  OutputForm output = OutputForm::table;
};
int run_contract_rehearse(Console& console, const RehearseOptions& options);

struct ExportOptions {
  TargetOptions target;
  std::string lot;       ///< an EPC or class: it and what it was made of and became
  std::string location;  ///< GLN or URI
  std::string from;
  std::string until;
  std::string file;  ///< must not exist; empty: standard output
};
int run_export_fsma204(Console& console, const ExportOptions& options);
int run_export_epcis(Console& console, const ExportOptions& options);

struct TraceOptions {
  TargetOptions target;
  TrustOptions trust;
  std::string epc;
  bool forward = false;
  std::size_t depth = 16;
  std::string output = "table";  ///< table, json, dot, epcis
};
int run_trace(Console& console, const TraceOptions& options);

/// keten history, holdings, recall.
struct AuditOptions {
  TargetOptions target;
  TrustOptions trust;
  std::string what;
  std::string from;
  std::string until;
  std::size_t pages = 1;  ///< 0: all
  std::size_t per_page = 100;
  OutputForm output = OutputForm::table;
};
int run_history(Console& console, const AuditOptions& options);
int run_holdings(Console& console, const AuditOptions& options);
int run_recall(Console& console, const AuditOptions& options);

/// keten audit.
struct LedgerAuditOptions {
  TargetOptions target;
  std::string where;  ///< directory, host:port, or a node's name
  std::string genesis;
  std::string state_dir;
  std::size_t threads = 0;
  std::uint64_t until = 0;
  OutputForm output = OutputForm::table;
};
int run_ledger_audit(Console& console, const LedgerAuditOptions& options);

struct CompareOptions {
  TargetOptions target;
  std::string first;  ///< as LedgerAuditOptions::where
  std::string second;
  std::string genesis;
  std::string evidence_file = "split-view.json";
  OutputForm output = OutputForm::table;
};
int run_compare(Console& console, const CompareOptions& options);

/// keten proof tx, item, history, absent, trace, member, epoch ...
enum class ProofSubject {
  transaction,
  item,
  history,
  absent,
  trace,
  member,
  epoch,
  contract,
  agreement,
  dataset,
  record,
  block
};
struct ProofOptions {
  TargetOptions target;
  ProofSubject kind = ProofSubject::transaction;
  std::string what;
  std::string entity_kind;  ///< of history and absent; empty: an item or lot
  bool forward = false;
  std::string file;        ///< to write
  std::string genesis;     ///< to check the answer against; else that of the home
  std::string checkpoint;  ///< instead
  double timeout_s = 15;   ///< how long to wait for a final block that binds it
  OutputForm output = OutputForm::table;
};
int run_proof(Console& console, const ProofOptions& options);

struct VerifyOptions {
  std::string file;
  std::string genesis;
  std::string checkpoint;
  std::string expect;
  std::string checkpoint_out;
  std::string against;  ///< another proof
  OutputForm output = OutputForm::table;
};
int run_verify(Console& console, const VerifyOptions& options);

struct TransactionOptions {
  TargetOptions target;
  TrustOptions trust;
  std::string file;
  std::string contract = "record";
  std::string method = "put";
  std::string key;
  std::string value;
  std::set<std::string> subjects;
  bool plain = false;  ///< the key is not its own subject
  std::string id;
  std::string wait;  ///< "", admitted, final, executed
  std::uint32_t timeout_ms = 10'000;
  OutputForm output = OutputForm::table;
};
int run_tx_submit(Console& console, const TransactionOptions& options);
int run_tx_status(Console& console, const TransactionOptions& options);
int run_tx_get(Console& console, const TransactionOptions& options);

struct WatchOptions {
  TargetOptions target;
  std::string kind;         ///< empty: all
  std::string from;         ///< a cursor, a height, or empty: from the next block on
  std::uint64_t count = 0;  ///< ends after so many; 0: never
  OutputForm output = OutputForm::table;
};
int run_watch(Console& console, const WatchOptions& options);

struct BlockOptions {
  TargetOptions target;
  TrustOptions trust;
  std::uint64_t height = 0;
  OutputForm output = OutputForm::table;
};
int run_block_get(Console& console, const BlockOptions& options);

struct BenchCommandOptions {
  std::string state;
  std::size_t validators = 4;
  double duration_s = 20;
  std::size_t clients = 8;
  std::size_t size = 512;
  std::size_t events = 0;    ///< in every document; 0: records of `size` bytes
  std::size_t entities = 0;  ///< with a head, in every record
  std::string uses;          ///< id of an agreement: uses under it instead of records
  std::string organisation;  ///< who signs all; empty: every company its share
  double rate = 0;           ///< transactions per second offered; 0: as many as the network takes
  OutputForm output = OutputForm::table;
};
int run_bench(Console& console, const BenchCommandOptions& options);

int run_version(Console& console, OutputForm output);

/// The whole program: parses, runs, returns the exit code.
int run_command_line(Console& console, std::vector<std::string> arguments);

}  // namespace keten::tools
