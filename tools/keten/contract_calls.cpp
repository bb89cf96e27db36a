// keten contract call and query.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/execute.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/packages_contract.h"
#include "contracts/packages/records.h"
#include "core/limits.h"
#include "tools/keten/governance.h"
#include "tools/keten/ledger_rows.h"
#include "tools/keten/options.h"

namespace keten::tools {
namespace {

Result<Bytes> arguments_of(const PackageOptions& options) {
  const auto given =
      (options.text.empty() ? 0 : 1) + (options.hex.empty() ? 0 : 1) + (options.arguments_file.empty() ? 0 : 1);
  if (given > 1) { return invalid("USAGE", "arguments come from one of --text, --hex and --arguments"); }
  if (!options.hex.empty()) { return from_hex(options.hex); }
  if (options.arguments_file.empty()) { return to_bytes(options.text); }
  const auto content = client::read_file(options.arguments_file, limits::kArgumentBytesMax);
  if (!content) { return content.error(); }
  return to_bytes(*content);
}

/// Printable ASCII, and at least one character.
bool is_readable(ByteView bytes) {
  return !bytes.empty() && std::ranges::all_of(bytes, [](std::uint8_t one) { return one >= ' ' && one <= '~'; });
}

struct Answer {
  Bytes result;
  std::optional<std::uint64_t> fuel;
  Height height;
  std::optional<TransactionId> transaction;
  std::vector<contracts::ContractEvent> events = {};
};

int print_answer(Console& console, const Answer& answer, OutputForm output) {
  if (output == OutputForm::json) {
    auto document = json::Value::object();
    document.set("result", text_value(to_hex(answer.result)));
    if (is_readable(answer.result)) { document.set("text", text_value(as_text(answer.result))); }
    document.set("height", number_value(answer.height.value));
    if (answer.fuel) { document.set("fuel", number_value(*answer.fuel)); }
    if (answer.transaction) { document.set("transaction_id", text_value(answer.transaction->hex())); }
    console.out << json::pretty(document) << "\n";
    return kSuccess;
  }
  if (answer.result.empty()) {
    console.out << "(no result)\n";
  } else {
    console.out << (is_readable(answer.result) ? std::string(as_text(answer.result)) : to_hex(answer.result)) << "\n";
  }
  std::string line = fmt::format("height {}", answer.height.value);
  if (answer.fuel) { line += fmt::format(", fuel {}", *answer.fuel); }
  if (answer.transaction) { line += ", transaction " + answer.transaction->hex(); }
  console.out << console.dim(line) << "\n";
  for (const auto& event : answer.events) {
    console.out << console.dim(fmt::format("event {} {}", printable(event.kind), printable(event.subject))) << "\n";
  }
  return kSuccess;
}

}  // namespace

int run_contract_call(Console& console, const PackageOptions& options) {
  auto arguments = arguments_of(options);
  if (!arguments) { return console.fail(arguments.error()); }
  const packages::Call call{options.name, options.method, std::move(*arguments)};
  if (auto checked = packages::Call::decode(call.encode()); !checked) { return console.fail(checked.error()); }
  const auto administration = Administration::open(options.target, options.key_file, "device");
  if (!administration) { return console.fail(administration.error()); }
  const auto enacted = administration->enact({.contract = std::string(packages::kContractName),
                                              .method = std::string(packages::kCall),
                                              .arguments = call.encode(),
                                              .valid_until = {},
                                              .fuel_limit = options.fuel});
  if (!enacted) { return console.fail(enacted.error()); }
  return print_answer(
      console, {.result = enacted->result, .fuel = std::nullopt, .height = enacted->height, .transaction = enacted->id},
      options.output);
}

/// Runs here, over what the node has: nothing is sent but reads, and nothing is kept.
int run_contract_query(Console& console, const PackageOptions& options) {
  auto arguments = arguments_of(options);
  if (!arguments) { return console.fail(arguments.error()); }
  const packages::Call call{options.name, options.method, std::move(*arguments)};
  if (auto checked = packages::Call::decode(call.encode()); !checked) { return console.fail(checked.error()); }
  const auto administration = Administration::open(options.target, options.key_file, "device");
  if (!administration) { return console.fail(administration.error()); }
  const LedgerRows rows(administration->ledger());
  const auto& status = administration->status();
  const contracts::BlockContext block{
      .chain_id = status.chain_id, .height = rows.height().next(), .time = status.block_time};
  TransactionBody body;
  body.chain_id = status.chain_id;
  body.organisation = administration->organisation();
  body.sender = administration->key().public_key();
  body.valid_until = block.height;
  body.fuel_limit = std::min(options.fuel, limits::kFuelPerTransactionMax);
  body.contract = packages::kContractName;
  body.method = packages::kCall;
  body.arguments = call.encode();
  const auto transaction = sign_transaction(std::move(body), {}, administration->key());
  const contracts::Caller caller{.organisation = administration->organisation(),
                                 .key = administration->key().public_key(),
                                 .roles = Roles{Role::submitter},
                                 .user = {}};
  packages::ModuleStore modules;
  contracts::Context context(block, *transaction, caller, 0, rows, transaction->body.fuel_limit, &modules);
  try {
    const auto result = packages::PackagesContract().execute(context);
    if (!result) { return console.fail(result.error()); }
    return print_answer(console,
                        {.result = *result,
                         .fuel = transaction->body.fuel_limit - context.fuel_left(),
                         .height = rows.height(),
                         .transaction = std::nullopt,
                         .events = context.events()},
                        options.output);
  } catch (const contracts::Abort& abort) { return console.fail(abort.error); }
}

}  // namespace keten::tools
