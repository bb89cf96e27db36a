#pragma once

#include <string>
#include <utility>
#include <vector>

#include "contracts/packages/arguments.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/packages_contract.h"
#include "contracts/packages/records.h"
#include "tests/unit/governance/ledger.h"
#include "tests/unit/packages/sample_package.h"

namespace keten::packages::test {

/// Four organisations, of which the first has a publisher's key as well.
inline Genesis founding() {
  auto genesis = sample::genesis(4);
  for (const auto* name : {"company0", "company1"}) {
    auto& organisation = genesis.organisations[name == std::string_view("company0") ? 0 : 1];
    organisation.keys.push_back(sample::genesis_key(name, "publisher", Roles{Role::publisher}));
  }
  return genesis;
}

/// A ledger where every transaction is a block.
class PublishedLedger : public governance::test::Ledger {
 public:
  PublishedLedger() : Ledger(founding()) {}

  TransactionPointer signed_by(std::size_t index, const std::string& key, std::string_view method, Bytes arguments,
                               std::vector<Payload> payloads = {}) {
    auto body = sample::body(chain, ++number_, index);
    const auto pair = sample::key_pair(organisation(index) + "/" + key);
    body.sender = pair.public_key();
    body.valid_until = height.plus(10);
    body.fuel_limit = fuel_limit;
    body.contract = kContractName;
    body.method = method;
    body.arguments = std::move(arguments);
    return sign_transaction(std::move(body), std::move(payloads), pair);
  }
  std::string act(std::size_t index, const std::string& key, std::string_view method, Bytes arguments,
                  std::vector<Payload> payloads = {}) {
    last = block({signed_by(index, key, method, std::move(arguments), std::move(payloads))}).front();
    return last.succeeded ? "ok" : last.reason;
  }
  static std::vector<Payload> payload_of(const Package& package) {
    return {sample::payload(as_text(package.encode()))};
  }
  std::string publish(const Package& package, std::size_t index = 0) {
    return act(index, "publisher", kPublish, Publish{}.encode(), payload_of(package));
  }
  std::string approve(const Package& package, std::size_t index) {
    return act(index, "admin", kApprove, ThePackage{package.hash()}.encode());
  }
  /// Published and approved by three of four.
  std::string admit(const Package& package) {
    if (auto published = publish(package); published != "ok") { return published; }
    for (std::size_t index = 1; index < 4; ++index) {
      if (auto approved = approve(package, index); approved != "ok") { return approved; }
    }
    return "ok";
  }
  std::string activate(const Package& package, std::uint64_t at = 0, std::size_t index = 0) {
    return act(index, "admin", kActivate, Activate{package.manifest.name, package.hash(), Height{at}}.encode());
  }
  std::string upgrade(const Package& package) {
    return act(0, "admin", kUpgrade, Upgrade{package.manifest.name, package.hash()}.encode());
  }
  std::string vote(std::size_t index, Motion motion, std::uint64_t value = 0, const std::string& name = "counter") {
    return act(index, "admin", kVote, Vote{name, motion, value}.encode());
  }
  std::string call(const std::string& method = "count", const std::string& name = "counter") {
    return act(2, "device", kCall, Call{name, method, {}}.encode());
  }
  /// What the last call counted.
  [[nodiscard]] std::uint32_t counted() const {
    BOOST_REQUIRE(last.result.size() == 4U);
    return static_cast<std::uint32_t>(last.result[0] | last.result[1] << 8U);
  }
  [[nodiscard]] std::optional<ContractRecord> contract(const std::string& name = "counter") const {
    StateView view(state);
    return Records(view).contract(name);
  }
  [[nodiscard]] std::optional<PackageRecord> record(const Package& package) const {
    StateView view(state);
    return Records(view).package(package.hash());
  }
  [[nodiscard]] bool says(std::string_view part) const { return last.message.find(part) != std::string::npos; }

  std::uint64_t fuel_limit = limits_of_chain();

 private:
  static std::uint64_t limits_of_chain() { return keten::limits::kFuelPerTransactionMax; }
  std::uint64_t number_ = 1000;
};

}  // namespace keten::packages::test
