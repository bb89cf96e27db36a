#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/ledger_client.h"
#include "core/bytes.h"
#include "core/json.h"
#include "core/result.h"
#include "tools/keten/options.h"

/// What the commands about data usage share: a node to speak with, ids by their beginnings, one signed call and its answer.
namespace keten::tools {

/// A node to speak with, and whose key signs.
struct UsageSession {
  Target target;
  client::LedgerClient ledger;
  NodeStatus status;
};
Result<UsageSession> open_usage_session(const UsageLedgerOptions& options);

struct UsageCall {
  std::string method;
  Bytes arguments;
  std::string contract = "usage";
};
/// The answer of the contract once the call is executed: `transaction`, `height`, `result`. Its refusal is an error.
Result<json::Value> send_usage_call(const UsageSession& session, const UsageLedgerOptions& options, UsageCall call);
void print_usage_answer(Console& console, const UsageLedgerOptions& options, const std::string& method,
                        const json::Value& answer);

/// A value of a record for a person; members of an array behind each other.
std::string value_text(const json::Value& value);

/// Runs one call and prints what came of it.
int run_usage_call(Console& console, const UsageSession& session, const UsageLedgerOptions& options,
                   const std::string& method, UsageCall call);
int run_usage_call(Console& console, const UsageSession& session, const UsageLedgerOptions& options,
                   const std::string& method, const json::Value& arguments);
/// Likewise about a dataset.
int run_usage_call(Console& console, const UsageLedgerOptions& options, const std::string& method,
                   const json::Value& arguments);
/// Likewise about a negotiation or agreement, whose whole id becomes the member `name` of the arguments.
int run_usage_call_about(Console& console, const UsageLedgerOptions& options, const std::string& method,
                         const std::string& name, const std::string& beginning, json::Value arguments);

[[nodiscard]] bool is_usage_id(std::string_view text);
/// Fails with ID_INVALID when it cannot be the beginning of an id.
Status check_beginning(const std::string& beginning);
/// The whole id under `table` that begins so; empty when there is none. Fails with ID_AMBIGUOUS.
Result<std::string> id_under(const UsageSession& session, const std::string& table, const std::string& beginning);
/// The id of the negotiation that begins so. Fails with ID_INVALID, ID_AMBIGUOUS, UNKNOWN_NEGOTIATION.
Result<std::string> negotiation_id(const UsageSession& session, const std::string& beginning);
/// The id of the agreement that begins so, or that the negotiation led to that begins so. Fails with ID_INVALID, ID_AMBIGUOUS,
/// UNKNOWN_AGREEMENT.
Result<std::string> agreement_id(const UsageSession& session, const std::string& beginning);
/// What the contract keeps under `key`. Fails with UNKNOWN_RECORD.
Result<json::Value> read_usage_record(const UsageSession& session, const std::string& key);

/// What --say tells: operands and their values; an empty value is none at all. Fails with STATEMENT_INVALID.
Result<json::Value> said_in(const std::vector<std::string>& statements);
/// One use as `--id`, `--action` and `--say` tell of it.
Result<json::Value> use_in(const UsageLedgerOptions& options);
/// `--commitment`, or the hash of the content of `--content`; empty without both.
Result<std::string> commitment_of(const UsageLedgerOptions& options);
/// Fails with COMMITMENT_MISSING without both.
Result<std::string> needed_commitment_of(const UsageLedgerOptions& options);

}  // namespace keten::tools
