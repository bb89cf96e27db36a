// keten contract trace: what a contract asked of the ledger, call by call.
#include "tools/keten/contract_trace.h"

#include <algorithm>
#include <array>
#include <ostream>

#include <fmt/format.h>

#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "contracts/guest_functions.h"
#include "contracts/packages/module_store.h"
#include "node/storage/commit.h"
#include "tools/keten/past_ledger.h"

namespace keten::tools {
namespace {

constexpr std::uint32_t kShownBytes = 64;
constexpr std::size_t kCallsMax = 10'000;

/// One host function that a guest has called.
struct Called {
  std::string name;
  std::string first;  ///< the bytes that its first two parameters name, shortened, for people
  std::string answer;
  std::uint64_t fuel_before = 0;  ///< that the call of the guest had left
  std::uint64_t fuel_after = 0;
};

/// Functions whose first two parameters are the place and length of something that goes in.
bool reads_first(std::string_view name) {
  constexpr std::array kOthers{std::string_view("sender_organisation"), std::string_view("method"),
                               std::string_view("arguments"), std::string_view("verify_ed25519")};
  return std::ranges::find(kOthers, name) == kOthers.end();
}

std::string answer_text(const vm::Offer& offer, const vm::HostResult& result) {
  switch (result.kind) {
    case vm::HostResult::Kind::value:
      if (!offer.type.result) { return ""; }
      return offer.type.result == vm::ValueType::i32
                 ? std::to_string(static_cast<std::int32_t>(static_cast<std::uint32_t>(result.value)))
                 : std::to_string(result.value);
    case vm::HostResult::Kind::trap: return "trap: " + std::string(vm::name_of(result.trapped));
    case vm::HostResult::Kind::out_of_fuel: return "out of fuel";
    case vm::HostResult::Kind::error: return result.failure ? result.failure->reason : "error";
    case vm::HostResult::Kind::pause: return "";  // a watched call is not paused
  }
  return "";
}

class Recorder final : public vm::HostWatch {
 public:
  vm::HostResult call(vm::Host& host, std::uint32_t offer, vm::HostCall& call) override {
    const auto& function = contracts::guest::offers()[offer];
    Called one;
    one.name = function.name;
    if (function.type.parameters.size() >= 2 && reads_first(function.name)) {
      const auto length = std::min(call.u32(1), kShownBytes);
      if (const auto bytes = call.read(call.u32(0), length)) {
        one.first = printable(as_text(*bytes)) + (length < call.u32(1) ? "..." : "");
      }
    }
    one.fuel_before = call.fuel_left();
    auto result = host.call(offer, call);
    one.fuel_after = call.fuel_left();
    one.answer = answer_text(function, result);
    ++count;
    if (count > skip && calls.size() < kCallsMax) { calls.push_back(std::move(one)); }
    return result;
  }

  std::size_t skip = 0;  ///< calls by transactions before the one that is looked at
  std::size_t count = 0;
  std::vector<Called> calls;
};

/// Where the transaction is: as the node's tables say, or the first block from the end that holds it.
Result<storage::Place> find_place(const audit::LedgerSource& source, const TransactionId& id) {
  if (const auto* tables = source.tables()) {
    const auto place = storage::read_place(*tables, id);
    if (!place) { return place.error(); }
    if (*place) { return **place; }
  } else {
    for (auto height = source.tip().height; height > Height{}; height = height.previous()) {
      const auto read = source.block(height);
      if (!read) { return read.error(); }
      const auto& transactions = read->block->transactions;
      const auto found = std::ranges::find(transactions, id, [](const auto& each) { return each->id; });
      if (found != transactions.end()) {
        return storage::Place{height, static_cast<std::uint32_t>(found - transactions.begin())};
      }
    }
  }
  return failure(ErrorKind::not_found, "TRANSACTION_UNKNOWN", "no block of the ledger holds transaction " + id.hex());
}

struct Traced {
  storage::Place place;
  Receipt receipt;
  std::string call;  ///< contract and method
  std::vector<Called> calls;
  std::size_t count = 0;
};

Result<Traced> trace(const audit::LedgerSource& source, const storage::Snapshot& ledger, const storage::Place& place) {
  const auto read = source.block(place.height);
  if (!read) { return read.error(); }
  const auto& block = *read->block;
  const auto start = storage::state_before(ledger);
  const auto membership = governance::read_membership(start.state);
  if (!membership) { return membership.error(); }
  auto context = contracts::block_context(block);
  context.next_set.reset();  // what a sealing block does behind its transactions does not matter here
  context.evidence = {};
  const auto registry = contracts::built_in_contracts();
  Recorder recorder;
  packages::ModuleStore modules;
  modules.watch(&recorder);
  const auto run = [&](std::size_t count) {
    const std::vector<TransactionPointer> transactions(block.transactions.begin(),
                                                       block.transactions.begin() + static_cast<std::ptrdiff_t>(count));
    return contracts::execute_block(start, context, transactions, registry, membership->directory, &modules);
  };
  if (place.index > 0) { (void)run(place.index); }
  recorder.skip = recorder.count;
  recorder.count = 0;
  recorder.calls.clear();
  const auto result = run(std::size_t{place.index} + 1);
  const auto& body = block.transactions[place.index]->body;
  return Traced{.place = place,
                .receipt = result.receipts[place.index],
                .call = body.contract + "." + body.method,
                .calls = std::move(recorder.calls),
                .count = recorder.count - recorder.skip};
}

std::string verdict(const Receipt& receipt) { return receipt.succeeded ? "ok" : receipt.reason; }

void print_json(Console& console, const Traced& traced) {
  auto calls = json::Value::array();
  for (const auto& one : traced.calls) {
    calls.push(json::Value::object()
                   .set("function", text_value(one.name))
                   .set("first", text_value(one.first))
                   .set("answer", text_value(one.answer))
                   .set("fuel", number_value(one.fuel_before - one.fuel_after))
                   .set("left", number_value(one.fuel_after)));
  }
  console.out << json::pretty(json::Value::object()
                                  .set("transaction_id", text_value(traced.receipt.transaction.hex()))
                                  .set("height", number_value(traced.place.height.value))
                                  .set("index", number_value(std::uint64_t{traced.place.index}))
                                  .set("call", text_value(traced.call))
                                  .set("verdict", text_value(verdict(traced.receipt)))
                                  .set("message", text_value(traced.receipt.message))
                                  .set("fuel", number_value(traced.receipt.fuel_used))
                                  .set("calls", std::move(calls)))
              << "\n";
}

void print(Console& console, const Traced& traced) {
  console.out << fmt::format("{} at height {} index {}: {}, fuel {}\n", printable(traced.call),
                             traced.place.height.value, traced.place.index, verdict(traced.receipt),
                             traced.receipt.fuel_used);
  if (!traced.receipt.succeeded) { console.out << "  " << printable(traced.receipt.message) << "\n"; }
  if (traced.calls.empty()) {
    console.out << "  no contract in WebAssembly called anything\n";
    return;
  }
  Table table({{"FUNCTION"}, {"FIRST"}, {"ANSWER"}, {"FUEL", Table::Align::right}, {"LEFT", Table::Align::right}});
  for (const auto& one : traced.calls) {
    table.add({one.name, one.first, printable(one.answer), std::to_string(one.fuel_before - one.fuel_after),
               std::to_string(one.fuel_after)});
  }
  console.out << table.text("  ");
  if (traced.count > traced.calls.size()) {
    console.out << fmt::format("  and {} more\n", traced.count - traced.calls.size());
  }
}

}  // namespace

int run_contract_trace(Console& console, const ContractTraceOptions& options) {
  const auto id = TransactionId::from_hex(options.id);
  if (!id) { return console.fail(invalid("USAGE", "TX: expected 64 hexadecimal digits")); }
  const auto past = PastLedger::open(
      {.where = options.where, .target = options.target, .genesis = options.genesis, .state_dir = options.state_dir});
  if (!past) { return console.fail(past.error()); }
  const auto place = find_place((*past)->source(), *id);
  if (!place) { return console.fail(place.error()); }
  const auto database = (*past)->up_to(place->height.previous(), console);
  if (!database) { return console.fail(database.error()); }
  try {
    const auto snapshot = (*database)->snapshot();
    const auto traced = trace((*past)->source(), *snapshot, *place);
    if (!traced) { return console.fail(traced.error()); }
    if (options.output == OutputForm::json) {
      print_json(console, *traced);
    } else {
      print(console, *traced);
    }
  } catch (const storage::ReadFailure& failed) { return console.fail(failed.error()); }
  return kSuccess;
}

}  // namespace keten::tools
