#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/agreements/agreement_state.h"
#include "contracts/agreements/arguments.h"
#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "contracts/production/time.h"
#include "contracts/registry.h"
#include "tests/unit/contracts/ledger_fixture.h"
#include "tests/unit/core/sample_network.h"

/// A ledger without consensus: every transaction is a block, a second after the last. Organisations are company0 to company3, each with
/// keys `admin`, `device` (submitter) and `capture`.
namespace keten::agreements::test {

inline constexpr Milliseconds kDayMs = 24ULL * 3'600'000ULL;

class Ledger {
 public:
  Ledger() { keep(contracts::execute_genesis(genesis)); }

  Genesis genesis = sample::genesis(4);
  ChainId chain = genesis.chain_id();
  keten::test::MapState state;
  keten::test::MapState proofs;
  Height height;
  Milliseconds time = genesis.time;
  contracts::Registry registry = contracts::built_in_contracts();
  std::vector<contracts::ContractEvent> events;  ///< of the newest block
  Receipt last;

  struct Sending {
    std::string contract = std::string(kContractName);
    std::string user = "admin";
    std::vector<Payload> payloads = {};
    std::uint64_t fuel = limits::kFuelPerTransactionMax;
  };
  TransactionPointer sign(std::size_t organisation, std::string_view method, Bytes arguments, Sending sending) {
    const auto name = sample::organisation_name(organisation);
    const auto key = sample::key_pair(name + "/" + sending.user);
    auto body = sample::body(chain, ++salt_);
    body.organisation = name;
    body.sender = key.public_key();
    body.valid_until = height.plus(10);
    body.fuel_limit = sending.fuel;
    body.contract = sending.contract;
    body.method = method;
    body.arguments = std::move(arguments);
    return sign_transaction(std::move(body), std::move(sending.payloads), key);
  }
  std::vector<Receipt> block(const std::vector<TransactionPointer>& transactions, Milliseconds later = 1000) {
    ++height;
    time += later;
    const contracts::BlockContext context{.chain_id = chain, .height = height, .time = time};
    const auto directory = governance::read_membership(state).value().directory;
    auto result =
        contracts::execute_block({.state = state, .proofs = proofs}, context, transactions, registry, directory);
    events.clear();
    for (auto& list : result.events) { events.insert(events.end(), list.begin(), list.end()); }
    keep(result);
    return result.receipts;
  }
  /// `ok`, or the reason.
  std::string send(std::size_t organisation, std::string_view method, Bytes arguments, const Sending& sending) {
    last = block({sign(organisation, method, std::move(arguments), sending)}).front();
    return last.succeeded ? "ok" : last.reason;
  }
  std::string send(std::size_t organisation, std::string_view method, Bytes arguments) {
    return send(organisation, method, std::move(arguments), Sending{});
  }
  void wait(Milliseconds duration) { (void)block({}, duration); }

  // Agreements.
  std::string propose(std::size_t organisation, const std::string& document) {
    return send(organisation, kPropose, Propose{document}.encode());
  }
  std::string amend(std::size_t organisation, const AgreementId& id, const std::string& document) {
    return send(organisation, kAmend, Amend{id, document}.encode());
  }
  std::string sign_version(std::size_t organisation, const AgreementId& id, std::uint32_t version,
                           const std::string& document) {
    return send(organisation, kSign, Sign{id, version, document_hash(document)}.encode());
  }
  std::string withdraw(std::size_t organisation, const AgreementId& id, std::uint32_t version) {
    return send(organisation, kWithdraw, Withdraw{id, version}.encode());
  }
  std::string terminate(std::size_t organisation, const AgreementId& id) {
    return send(organisation, kTerminate, Terminate{id, "we move on"}.encode());
  }
  std::string say(std::size_t organisation, std::string_view method, const FindingId& finding,
                  const std::string& user = "device") {
    return send(organisation, method, Say{finding, "because"}.encode(), Sending{.user = user});
  }
  [[nodiscard]] std::string state_of(const AgreementId& id) const {
    const auto agreement = read_agreement_record(state, id);
    return agreement ? std::string(state_name(agreement->record, time)) : "unknown";
  }
  [[nodiscard]] std::uint32_t version_of(const AgreementId& id) const {
    return read_agreement_record(state, id)->record.version_in_force(time);
  }
  /// Proposed by company 0, signed by company 1.
  AgreementId agree(const std::string& document) {
    BOOST_TEST(propose(0, document) == "ok");
    const auto id = document_hash(document);
    BOOST_TEST(sign_version(1, id, 1, document) == "ok");
    return id;
  }

 private:
  void keep(const contracts::BlockResult& result) { keten::test::keep(state, proofs, result); }
  std::uint64_t salt_ = 0;
};

/// Of companies 0 and 1, with a policy and without rules, so that nothing else is needed to sign it. Times are in days from the
/// founding; an end of 0 is none.
struct Terms {
  std::string title = "Milk";
  std::vector<std::string> parties = {"company0", "company1"};
  int start = 0;
  int end = 0;
  int notice = 30;
};
inline std::string time_text(int day) {
  return production::time_text(
      static_cast<std::int64_t>(sample::genesis(4).time + static_cast<std::uint64_t>(day) * kDayMs));
}
inline json::Value document_value(const Terms& terms = {}) {
  auto parties = json::Value::array();
  for (const auto& party : terms.parties) { parties.push(json::Value::string(party)); }
  auto value = json::Value::object();
  value.set("title", json::Value::string(terms.title))
      .set("parties", std::move(parties))
      .set("start", json::Value::string(time_text(terms.start)))
      .set("noticeDays", json::Value::number(terms.notice))
      .set("policy", json::Value::object());
  if (terms.end != 0) { value.set("end", json::Value::string(time_text(terms.end))); }
  return value;
}
inline std::string document(const Terms& terms = {}) { return json::canonical(document_value(terms)); }

}  // namespace keten::agreements::test
