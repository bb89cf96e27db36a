// What rules of an agreement cost a validator: captures with none and with three library rules, from the bytes of a transaction to the
// state root. tools/bench/rule_cost.py compiles the rules and gives the ratio.
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <benchmark/benchmark.h>

#include "contracts/agreements/arguments.h"
#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/module_store.h"
#include "contracts/production/production_contract.h"
#include "contracts/production/time.h"
#include "contracts/registry.h"
#include "core/check.h"
#include "core/json.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/packages/sample_package.h"

namespace {

using namespace keten;

constexpr std::size_t kCaptures = 100;  // of one event, in a block
constexpr std::uint64_t kFuel = 10'000'000;

struct LibraryRule {
  const char* name;
  const char* parameters;
};
constexpr LibraryRule kRules[] = {
    {"condition-limits", R"({"limits":[{"type":"Temperature","unit":"CEL","min":2,"max":7}]})"},
    {"required-fields", R"({"profiles":[{"name":"place","steps":["shipping"],"fields":["readPoint/id"]}]})"},
    {"time-order", R"({"skewSeconds":300})"},
};

/// Two companies; every call is a block.
class Ledger {
 public:
  Ledger() : genesis_(sample::genesis(2)) {
    genesis_.organisations[0].keys.push_back(sample::genesis_key("company0", "publisher", Roles{Role::publisher}));
    test::keep(state_, proofs_, contracts::execute_genesis(genesis_));
  }

  TransactionPointer sign(const std::string& organisation, const std::string& user, std::string_view contract,
                          std::string_view method, Bytes arguments, std::vector<Payload> payloads = {}) {
    TransactionBody body;
    body.chain_id = genesis_.chain_id();
    body.organisation = organisation;
    const auto key = sample::key_pair(organisation + "/" + user);
    body.sender = key.public_key();
    body.valid_until = height_.plus(100);
    ++salt_;
    for (std::size_t i = 0; i < 8; ++i) { body.salt.bytes[i] = static_cast<std::uint8_t>(salt_ >> (8 * i)); }
    body.fuel_limit = limits::kFuelPerTransactionMax;
    body.contract = contract;
    body.method = method;
    body.arguments = std::move(arguments);
    return sign_transaction(std::move(body), std::move(payloads), key);
  }
  contracts::BlockResult execute(const std::vector<TransactionPointer>& transactions) {
    const contracts::BlockContext context{
        .chain_id = genesis_.chain_id(), .height = height_.next(), .time = genesis_.time + 1000 * (height_.value + 1)};
    return contracts::execute_block({.state = state_, .proofs = proofs_}, context, transactions, registry_,
                                    governance::read_membership(state_).value().directory, &modules_);
  }
  void act(const std::string& organisation, const std::string& user, std::string_view contract, std::string_view method,
           Bytes arguments, std::vector<Payload> payloads = {}) {
    const auto result =
        execute({sign(organisation, user, contract, method, std::move(arguments), std::move(payloads))});
    CHECK(result.receipts.front().succeeded);
    test::keep(state_, proofs_, result);
    ++height_;
  }
  [[nodiscard]] Milliseconds founded() const { return genesis_.time; }

 private:
  Genesis genesis_;
  test::MapState state_;
  test::MapState proofs_;
  Height height_;
  std::uint64_t salt_ = 0;
  contracts::Registry registry_ = contracts::built_in_contracts();
  packages::ModuleStore modules_;
};

json::Value text(std::string_view value) { return json::Value::string(std::string(value)); }

void admit(Ledger& ledger, const packages::Package& package) {
  Payload payload;
  payload.content = package.encode();
  ledger.act("company0", "publisher", packages::kContractName, packages::kPublish, packages::Publish{}.encode(),
             {std::move(payload)});
  for (const auto* company : {"company0", "company1"}) {
    ledger.act(company, "admin", packages::kContractName, packages::kApprove,
               packages::ThePackage{package.hash()}.encode());
  }
}

/// Publishes, approves, and has both companies sign.
bool agree(Ledger& ledger, std::size_t count, const std::string& folder) {
  auto rules = json::Value::array();
  for (std::size_t i = 0; i < count; ++i) {
    std::ifstream file(folder + "/" + kRules[i].name + "/contract.wasm", std::ios::binary);
    Bytes module{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (module.empty()) { return false; }
    const auto package = packages::test::make(
        {.name = kRules[i].name, .methods = {}, .rules = {{"on_event", kFuel}}, .module = std::move(module)});
    admit(ledger, package);
    rules.push(json::Value::object()
                   .set("package", text(kRules[i].name))
                   .set("version", text("1.0.0"))
                   .set("hash", text(package.hash().hex()))
                   .set("mode", text("reject"))
                   .set("parameters", json::parse(kRules[i].parameters).value()));
  }
  auto document = json::Value::object();
  document.set("title", text("Milk"))
      .set("parties", json::Value::array().push(text("company0")).push(text("company1")))
      .set("start", text(production::time_text(static_cast<std::int64_t>(ledger.founded()))))
      .set("noticeDays", json::Value::number(30))
      .set("scope", json::Value::object().set("ownEvents", json::Value::boolean(true)))
      .set("rules", std::move(rules));
  const auto canonical = json::canonical(document);
  const auto id = agreements::document_hash(canonical);
  ledger.act("company0", "admin", agreements::kContractName, agreements::kPropose,
             agreements::Propose{canonical}.encode());
  ledger.act("company1", "admin", agreements::kContractName, agreements::kSign, agreements::Sign{id, 1, id}.encode());
  return true;
}

std::string event(std::size_t number) {
  const auto name = std::to_string(number);
  return R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
         R"("schemaVersion":"2.0","creationDate":"2025-01-01T00:00:00Z","epcisBody":{"eventList":[{"type":"ObjectEvent",)"
         R"("eventID":"urn:x:event:)" +
         name +
         R"(","eventTime":"2025-01-01T00:00:00Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE","bizStep":"shipping",)"
         R"("disposition":"in_transit","epcList":["https://id.gs1.org/01/09521003000428/21/)" +
         name +
         R"("],"readPoint":{"id":"urn:epc:id:sgln:9521003.00000.0"},"sourceList":[{"type":"possessing_party",)"
         R"("source":"urn:x:company0"}],"destinationList":[{"type":"possessing_party","destination":"urn:x:company1"}],)"
         R"("sensorElementList":[{"sensorReport":[{"type":"Temperature","value":4.5,"uom":"CEL"}]}]}]}})";
}

/// What a validator does with a block of captures: decode, check the signature, execute, state root.
void captures_under_rules(benchmark::State& state) {
  const auto count = static_cast<std::size_t>(state.range(0));
  const char* folder = std::getenv("KETEN_RULES");
  Ledger ledger;
  if (count > 0 && (folder == nullptr || !agree(ledger, count, folder))) {
    state.SkipWithError("needs compiled rules in KETEN_RULES: run tools/bench/rule_cost.py");
    return;
  }
  std::vector<Bytes> envelopes;
  for (std::size_t i = 0; i < kCaptures; ++i) {
    Payload payload;
    payload.content = to_bytes(event(i));
    envelopes.push_back(ledger
                            .sign("company0", "device", "production", "capture",
                                  production::encode(production::CaptureArguments{}), {std::move(payload)})
                            ->envelope);
  }
  std::uint64_t fuel = 0;
  for (auto _ : state) {
    std::vector<TransactionPointer> transactions;
    for (const auto& envelope : envelopes) {
      transactions.push_back(decode_transaction(envelope).value());
      CHECK(has_valid_signature(*transactions.back()));
    }
    const auto result = ledger.execute(transactions);
    for (const auto& receipt : result.receipts) {
      if (!receipt.succeeded) {
        state.SkipWithError((receipt.reason + ": " + receipt.message).c_str());
        return;
      }
    }
    fuel = result.receipts.front().fuel_used;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCaptures));
  state.counters["fuel"] = static_cast<double>(fuel);
}
BENCHMARK(captures_under_rules)->Arg(0)->Arg(1)->Arg(3)->Unit(benchmark::kMillisecond);

/// Publishing a rule of the library: its price, in units of fuel, beside its time.
void publish_a_rule(benchmark::State& state) {
  const char* folder = std::getenv("KETEN_RULES");
  std::ifstream file(std::string(folder == nullptr ? "" : folder) + "/condition-limits/contract.wasm",
                     std::ios::binary);
  Bytes module{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (module.empty()) {
    state.SkipWithError("needs compiled rules in KETEN_RULES: run tools/bench/rule_cost.py");
    return;
  }
  Ledger ledger;
  Payload payload;
  payload.content =
      packages::test::make({.name = "rule", .methods = {}, .rules = {{"on_event", kFuel}}, .module = std::move(module)})
          .encode();
  const auto transaction = ledger.sign("company0", "publisher", packages::kContractName, packages::kPublish,
                                       packages::Publish{}.encode(), {std::move(payload)});
  std::uint64_t fuel = 0;
  for (auto _ : state) {
    const auto result = ledger.execute({transaction});
    CHECK(result.receipts.front().succeeded);
    fuel = result.receipts.front().fuel_used;
  }
  state.counters["fuel"] = static_cast<double>(fuel);
}
BENCHMARK(publish_a_rule)->Unit(benchmark::kMicrosecond);

/// A started guest that does nothing: what is paid for beside its instructions.
void start_a_guest(benchmark::State& state) {
  Ledger ledger;
  const auto package = packages::test::make({.module = packages::test::module_of({{"count", packages::test::Code()}})});
  admit(ledger, package);
  ledger.act("company0", "admin", packages::kContractName, packages::kActivate,
             packages::Activate{"counter", package.hash(), {}}.encode());
  std::vector<TransactionPointer> calls;
  for (std::size_t i = 0; i < kCaptures; ++i) {
    calls.push_back(ledger.sign("company1", "device", packages::kContractName, packages::kCall,
                                packages::Call{"counter", "count", {}}.encode()));
  }
  std::uint64_t fuel = 0;
  for (auto _ : state) {
    const auto result = ledger.execute(calls);
    CHECK(result.receipts.back().succeeded);
    fuel = result.receipts.back().fuel_used;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kCaptures));
  state.counters["fuel"] = static_cast<double>(fuel);
}
BENCHMARK(start_a_guest)->Unit(benchmark::kMicrosecond);

}  // namespace
