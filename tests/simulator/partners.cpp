#include "tests/simulator/partners.h"

#include <algorithm>

#include "contracts/agreements/agreement_state.h"
#include "contracts/agreements/arguments.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/views.h"
#include "contracts/production/production_contract.h"
#include "contracts/production/time.h"
#include "core/json.h"
#include "tests/unit/packages/sample_package.h"

namespace keten::simulator {
namespace {

using packages::test::Code;
using packages::test::host;
using packages::test::kKey;

constexpr std::uint64_t kValidBlocks = 60;
constexpr std::string_view kName = "calls";

/// `count` counts its calls in the state; `on_event` finds something about every event, to be dealt with within two seconds.
packages::Package make_package(const Founding& founding) {
  const auto finds =
      Code().i32(kKey).i32(5).i32(kKey).i32(5).call(host("block_time_ms")).i64(2000).op(0x7C).call(host("finding"));
  const auto& publisher = founding.genesis().organisations.front().name;
  auto package = packages::test::make(
      {.name = std::string(kName),
       .publisher = publisher,
       .methods = {{"count", 100'000}},
       .rules = {{"on_event", 100'000}},
       .module = packages::test::module_of({{"count", packages::test::count_by(1)}, {"on_event", finds}})});
  package.signatures.clear();
  package.sign(publisher, founding.admin(publisher));
  return package;
}

std::string make_document(const Founding& founding, const packages::Package& package) {
  const auto text = [](std::string_view value) { return json::Value::string(std::string(value)); };
  auto parties = json::Value::array();
  for (std::size_t i = 0; i < 2; ++i) { parties.push(text(founding.genesis().organisations[i].name)); }
  auto rule = json::Value::object();
  rule.set("package", text(kName))
      .set("version", text(package.manifest.version.text()))
      .set("hash", text(package.hash().hex()))
      .set("mode", text("flag"));
  auto value = json::Value::object();
  value.set("title", text("Calls"))
      .set("parties", std::move(parties))
      .set("start", text(production::time_text(static_cast<std::int64_t>(founding.genesis().time))))
      .set("noticeDays", json::Value::number(1))
      .set("scope", json::Value::object().set("ownEvents", json::Value::boolean(true)))
      .set("rules", json::Value::array().push(std::move(rule)));
  return json::canonical(value);
}

}  // namespace

Partners::Partners(const Founding& founding, Schedule& schedule, Witness& witness, Counters& counters, Random random)
    : founding_(founding), schedule_(schedule), witness_(witness), counters_(counters), random_(random) {}

void Partners::start() {
  if (package_.module.empty()) {
    package_ = make_package(founding_);
    document_ = make_document(founding_, package_);
    witness_.remark("* two companies begin with a package and an agreement");
  }
  schedule_.after(random_.between(150 * kMillisecond, 500 * kMillisecond), [this] {
    if (is_finished_) { return; }
    act();
    start();
  });
}

Validator* Partners::best() const {
  Validator* best = nullptr;
  for (const auto& one : *validators_) {
    const bool is_better = one->is_up() && (best == nullptr || one->executed_height() > best->executed_height());
    if (is_better) { best = one.get(); }
  }
  return best;
}

void Partners::act() {
  auto* one = best();
  if (one == nullptr) { return; }
  now_ = one->executed_height();
  const auto snapshot = one->disk().database().snapshot();
  const auto& state = snapshot->column(storage::Column::state);
  try {
    const auto contract = packages::read_contract(state, kName, 0);
    const auto& publisher = package_.manifest.publisher;
    if (!contract) {
      Payload payload;
      payload.content = package_.encode();
      return submit(publisher, founding_.admin(publisher),
                    {.method = packages::kPublish,
                     .arguments = packages::Publish{}.encode(),
                     .contract = packages::kContractName,
                     .payloads = {std::move(payload)}});
    }
    if (contract->record.running(now_.next()) != nullptr) { return agree(state); }
    if (!contract->record.scheduled) { approve(state); }
  } catch (const storage::ReadFailure&) { return; }  // of a disk that fails: another machine is asked next time
}

void Partners::approve(const contracts::StateReader& state) {
  const auto contract = packages::read_contract(state, kName, 0);
  const auto* package = contract->package(package_.hash());
  if (package == nullptr) { return; }
  if (package->record.is_approved()) {
    const auto& by = package_.manifest.publisher;
    const packages::Activate activate{std::string(kName), package_.hash(), now_.plus(random_.between(4, 12))};
    return submit(by, founding_.admin(by),
                  {.method = packages::kActivate, .arguments = activate.encode(), .contract = packages::kContractName});
  }
  for (const auto& organisation : package->missing) {
    submit(organisation, founding_.admin(organisation),
           {.method = packages::kApprove,
            .arguments = packages::ThePackage{package_.hash()}.encode(),
            .contract = packages::kContractName});
  }
}

void Partners::agree(const contracts::StateReader& state) {
  const auto id = agreements::document_hash(document_);
  const auto agreement = agreements::read_agreement_record(state, id);
  const auto& organisations = founding_.genesis().organisations;
  const auto sign = [&](std::size_t index, std::string_view method, Bytes arguments) {
    const auto& name = organisations[index].name;
    submit(name, founding_.admin(name),
           {.method = method, .arguments = std::move(arguments), .contract = agreements::kContractName});
  };
  if (!agreement) { return sign(0, agreements::kPropose, agreements::Propose{document_}.encode()); }
  if (agreement->record.open_version() != 0) {
    return sign(1, agreements::kSign, agreements::Sign{id, 1, id}.encode());
  }
  if (agreement->record.findings > 0 && random_.chance(200)) {
    const agreements::FindingId finding{id, random_.between(1, agreement->record.findings)};
    return sign(1, agreements::kAnswer, agreements::Say{finding, "seen"}.encode());
  }
  work();
}

void Partners::work() {
  const auto& seller = founding_.genesis().organisations.front().name;
  if (random_.chance(400)) {
    return submit(seller, founding_.device(seller),
                  {.method = packages::kCall,
                   .arguments = packages::Call{std::string(kName), "count", {}}.encode(),
                   .contract = packages::kContractName});
  }
  Payload payload;
  payload.content = to_bytes(
      R"({"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],"type":"EPCISDocument",)"
      R"("schemaVersion":"2.0","creationDate":"2025-06-15T15:06:40Z","epcisBody":{"eventList":[{"type":"ObjectEvent",)"
      R"("eventTime":"2025-06-15T15:06:40Z","eventTimeZoneOffset":"+00:00","action":"OBSERVE","bizStep":"shipping",)"
      R"("eventID":"urn:x:event:)" +
      std::to_string(++events_) + R"(","epcList":["urn:epc:id:sgtin:4012345.011111.)" +
      std::to_string(random_.below(5)) + R"("]}]}})");
  submit(seller, founding_.device(seller),
         {.method = "capture",
          .arguments = production::encode(production::CaptureArguments{}),
          .contract = "production",
          .payloads = {std::move(payload)}});
}

void Partners::finish() {
  is_finished_ = true;
  auto* one = package_.module.empty() ? nullptr : best();
  if (one == nullptr) { return; }
  const auto snapshot = one->disk().database().snapshot();
  const auto& state = snapshot->column(storage::Column::state);
  try {
    const auto contract = packages::read_contract(state, kName, 0);
    if (contract && contract->used > 0) { counters_.count(Happening::guest_called); }
    const auto id = agreements::document_hash(document_);
    for (const auto& finding : agreements::list_findings(state, id, 0, 100)) {
      counters_.count(Happening::event_flagged);
      if (finding.record.overdue != 0) { counters_.count(Happening::finding_overdue); }
    }
  } catch (const storage::ReadFailure&) { return; }
}

void Partners::submit(const std::string& organisation, const KeyPair& key, Founding::Call call) {
  auto& machine = *validators_->at(random_.below(validators_->size()));
  if (!machine.is_up()) { return; }
  call.valid_until = now_.plus(kValidBlocks);
  call.salt = random_.next();
  for (auto& payload : call.payloads) { payload.salt.bytes.fill(static_cast<std::uint8_t>(call.salt)); }
  machine.handle(pipeline::Submitted{kOwnTicket, {founding_.govern(organisation, key, std::move(call))}});
}

}  // namespace keten::simulator
