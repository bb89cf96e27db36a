#include "tests/fuzz/targets.h"

#include <algorithm>
#include <array>

#include "consensus/journal_record.h"
#include "consensus/messages.h"
#include "contracts/governance/arguments.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/package_file.h"
#include "contracts/production/document.h"
#include "contracts/vm/instance.h"
#include "core/block.h"
#include "core/certificate.h"
#include "core/check.h"
#include "core/genesis.h"
#include "core/json.h"
#include "core/proof/verify.h"
#include "core/receipt.h"
#include "core/transaction.h"
#include "node/storage/record_log.h"
#include "tests/differential/module_generator.h"
#include "tests/unit/core/proof/sample_ledger.h"

namespace keten::fuzz {
namespace {

template <typename T>
Bytes encoded(const T& value) {
  Writer writer;
  value.encode(writer);
  return writer.take();
}

/// What is accepted is written back as the same bytes: there is one encoding.
template <typename T>
void canonical(ByteView input) {
  Reader reader(input);
  const auto value = T::decode(reader);
  if (!reader.finish("input")) { return; }
  CHECK(encoded(value) == to_bytes(input));
}

void transaction(ByteView input) {
  const auto decoded = decode_transaction(input);
  if (!decoded) {
    CHECK(!decoded.error().reason.empty() && !decoded.error().message.empty());
    return;
  }
  const auto& one = **decoded;
  CHECK(one.envelope == to_bytes(input));
  CHECK(one.payloads.size() == one.body.payload_commitments.size());
  for (std::size_t i = 0; i < one.payloads.size(); ++i) {
    CHECK(one.payloads[i].commitment() == one.body.payload_commitments[i]);
  }
  (void)has_valid_signature(one);
}

void block(ByteView input) {
  const auto decoded = Block::decode(input);
  if (!decoded) { return; }
  CHECK(decoded->encode() == to_bytes(input));
  (void)decoded->payload_matches();
}

void certificate(ByteView input) {
  canonical<Certificate>(input);
  Reader reader(input);
  const auto value = Certificate::decode(reader);
  if (!reader.finish("input")) { return; }
  // Against sets of every size: no index, length or count may confuse it.
  std::vector<Validator> members;
  for (std::uint8_t i = 0; i < 20; ++i) {
    (void)is_well_formed(value, ValidatorSet(members));
    members.push_back({"o", "n", PublicKey{{i}}, 1});
  }
}

void proposal(ByteView input) {
  const auto decoded = consensus::Proposal::decode(input);
  if (decoded) { CHECK(encoded(*decoded) == to_bytes(input)); }
}

void journal_record(ByteView input) {
  const auto decoded = consensus::decode_record(input);
  if (decoded) { CHECK(consensus::encode_record(*decoded) == to_bytes(input)); }
}

void receipts(ByteView input) {
  const auto decoded = decode_receipts(input);
  if (decoded) { CHECK(encode_receipts(*decoded) == to_bytes(input)); }
}

void record_log(ByteView input) {
  const auto recovered = storage::recover(input);
  if (!recovered) { return; }
  CHECK(recovered->valid_length <= input.size());
  std::uint64_t place = 0;
  for (const auto& record : recovered->records) {
    CHECK(record.place == place && record.type > 0 && record.type < 128);
    place += storage::kRecordHeaderBytes + record.payload.size();
  }
  CHECK(place == recovered->valid_length);
  // What was good stays good when the rest is cut off, and takes another record.
  auto file = to_bytes(input.first(recovered->valid_length));
  storage::append_record(file, file.size(), 1, as_bytes("one more"), storage::Group::begins);
  const auto again = storage::recover(file);
  CHECK(again && again->records.size() == recovered->records.size() + 1 && again->tail == storage::Tail::clean);
}

void json(ByteView input) {
  const auto parsed = json::parse(as_text(input));
  if (!parsed) {
    CHECK(parsed.error().reason.starts_with("JSON_"));
    return;
  }
  const auto compact = json::parse(json::serialize(*parsed));
  CHECK(compact && *compact == *parsed);
  const auto pretty = json::parse(json::pretty(*parsed));
  CHECK(pretty && *pretty == *parsed);
  const auto canonical_text = json::canonical(*parsed);
  const auto canonical_value = json::parse(canonical_text);
  if (!canonical_value) {
    // RFC 8785 spells 1e20 with all its zeros, and such an integer, written so, is refused from outside.
    CHECK(canonical_value.error().reason == "JSON_NUMBER_RANGE" || canonical_value.error().reason == "JSON_TOO_LARGE");
    return;
  }
  CHECK(json::canonical(*canonical_value) == canonical_text);
}

void epcis(ByteView input) {
  for (const auto profile : {production::Profile::strict, production::Profile::lenient}) {
    const auto document = production::read_document(as_text(input), profile);
    if (!document) { continue; }
    const auto again = production::read_document(json::serialize(*json::parse(as_text(input))), profile);
    CHECK(again && again->events.size() == document->events.size());
    for (std::size_t i = 0; i < document->events.size(); ++i) {
      CHECK(again->events[i].entity_count() == document->events[i].entity_count());
      CHECK(again->events[i].value == document->events[i].value);
    }
  }
}

void genesis(ByteView input) {
  const auto parsed = Genesis::from_json(as_text(input));
  if (!parsed) { return; }
  const auto text = parsed->to_json();
  const auto again = Genesis::from_json(text);
  CHECK(again && again->to_json() == text && again->chain_id() == parsed->chain_id());
  (void)parsed->check_signed();
}

void member_card(ByteView input) {
  const auto parsed = parse_member_card(as_text(input));
  if (!parsed) { return; }
  const auto again = parse_member_card(member_card_json(*parsed));
  CHECK(again && *again == *parsed);
}

template <typename Arguments>
void canonical_arguments(ByteView input) {
  const auto decoded = Arguments::decode(input);
  if (!decoded) {
    CHECK(!decoded.error().reason.empty() && !decoded.error().message.empty());
    return;
  }
  CHECK(decoded->encode() == to_bytes(input));
}

/// The first byte chooses the method.
void governance_arguments(ByteView input) {
  using namespace governance;
  if (input.empty()) { return; }
  const auto rest = input.subspan(1);
  switch (input[0] % 9) {
    case 0: canonical_arguments<ProposeChange>(rest); break;
    case 1: canonical_arguments<ApproveChange>(rest); break;
    case 2: canonical_arguments<WithdrawChange>(rest); break;
    case 3: canonical_arguments<RotateValidator>(rest); break;
    case 4: canonical_arguments<UpdateNode>(rest); break;
    case 5: canonical_arguments<AddKey>(rest); break;
    case 6: canonical_arguments<Ready>(rest); break;
    case 7: canonical_arguments<RevokeKey>(rest); break;
    default: canonical_arguments<ChangeOutcome>(rest); break;
  }
  if (const auto proposal = ProposeChange::decode(rest)) {
    for (const auto& change : proposal->changes) { CHECK(!describe(change).empty()); }
  }
}

/// A package file has one content, and a content one file.
void package(ByteView input) {
  const auto decoded = packages::Package::decode(input);
  if (!decoded) {
    CHECK(!decoded.error().reason.empty() && !decoded.error().message.empty());
    return;
  }
  CHECK(decoded->encode() == to_bytes(input));
}

void package_arguments(ByteView input) {
  using namespace packages;
  if (input.empty()) { return; }
  const auto rest = input.subspan(1);
  switch (input[0] % 6) {
    case 0: canonical_arguments<Publish>(rest); break;
    case 1: canonical_arguments<ThePackage>(rest); break;
    case 2: canonical_arguments<Activate>(rest); break;
    case 3: canonical_arguments<Upgrade>(rest); break;
    case 4: canonical_arguments<packages::Vote>(rest); break;
    default: canonical_arguments<Call>(rest); break;
  }
}

/// Any bytes get an answer; what is believed has one encoding and a verdict. That nothing false is believed is the matter of
/// tests/unit/core/proof.
void proof_file(ByteView input) {
  static const auto root = sample::sample_ledger().root();
  const auto decoded = proof::decode(input);
  if (decoded) { CHECK(proof::encode(*decoded) == to_bytes(input)); }
  const auto verdict = proof::verify(input, root);
  if (!verdict) {
    CHECK(!verdict.error().reason.empty() && !verdict.error().message.empty());
    return;
  }
  CHECK(decoded && !verdict->text().empty() && json::parse(json::serialize(verdict->to_json())));
  (void)proof::begin_at(input, Epoch{1});
}

void checkpoint(ByteView input) {
  const auto parsed = proof::parse_checkpoint(as_text(input));
  if (!parsed) { return; }
  const auto again = proof::parse_checkpoint(proof::checkpoint_json(*parsed));
  CHECK(again && again->chain_id == parsed->chain_id && again->epoch == parsed->epoch &&
        again->validators.id() == parsed->validators.id() && again->since == parsed->since &&
        again->block == parsed->block);
}

/// Host functions that use what they are given: an address and a length.
const std::array<vm::Offer, 2> kOffers = {
    {{"keten", "read", {{vm::ValueType::i32, vm::ValueType::i32}, vm::ValueType::i32}},
     {"keten", "write", {{vm::ValueType::i32}, {}}}}};
class FuzzHost final : public vm::Host {
 public:
  vm::HostResult call(std::uint32_t offer, vm::HostCall& call) override {
    if (!call.charge(10)) { return vm::HostResult::out_of_fuel(); }
    if (offer == 1) {
      return call.write(call.u32(0), as_bytes("0123456789"))
                 ? vm::HostResult::done()
                 : vm::HostResult::trap(vm::Trap::out_of_bounds_memory_access);
    }
    const auto bytes = call.read(call.u32(0), call.u32(1));
    if (!bytes) { return vm::HostResult::error(invalid("OUTSIDE", "outside the memory")); }
    std::uint32_t sum = 0;
    for (const auto byte : *bytes) { sum += byte; }
    return vm::HostResult::i32(sum);
  }
};

/// Every function, whether exported or not, by both ways of dispatch: they agree, stay within their fuel and can be put back.
void run_all(const vm::Module& module) {
  vm::Instance threaded(module, vm::Dispatch::threaded);
  vm::Instance switched(module, vm::Dispatch::switched);
  const auto before = to_bytes(threaded.memory());
  FuzzHost host;
  const auto count = std::min<std::size_t>(module->functions.size(), 20);
  for (std::uint32_t function = 0; function < count; ++function) {
    std::vector<std::uint64_t> arguments;
    for (std::size_t i = 0; i < module->type_of(function).parameters.size(); ++i) {
      arguments.push_back(i * 65'537 + 3);
    }
    constexpr std::uint64_t kFuel = 20'000;
    const auto first = threaded.call(function, arguments, kFuel, host);
    const auto second = switched.call(function, arguments, kFuel, host);
    CHECK(first.text() == second.text() && first.value == second.value && first.fuel_used == second.fuel_used);
    CHECK(first.fuel_used <= kFuel);
    CHECK(std::equal(threaded.memory().begin(), threaded.memory().end(), switched.memory().begin(),
                     switched.memory().end()));
  }
  threaded.reset();
  CHECK(std::equal(before.begin(), before.end(), threaded.memory().begin(), threaded.memory().end()));
}

/// Any bytes as a module: refused with a place in it, or translated in proportion and run.
void wasm_module(ByteView input) {
  const auto module = vm::compile(input, kOffers);
  if (!module) {
    CHECK(module.error().message.starts_with("byte ") && !module.error().reason.empty());
    return;
  }
  CHECK((*module)->code.size() <= 4 * input.size() + 16);
  run_all(*module);
}

/// The bytes steer a generator of valid modules.
void wasm_run(ByteView input) {
  vm::Choices choices(input.size(), input);
  const auto module = vm::compile(vm::generate_module(choices).encode(), {});
  CHECK(module.ok());
  run_all(*module);
}

constexpr std::array kTargets{
    Target{"transaction", transaction},
    Target{"block", block},
    Target{"header", canonical<BlockHeader>},
    Target{"vote", canonical<Vote>},
    Target{"certificate", certificate},
    Target{"proposal", proposal},
    Target{"journal_record", journal_record},
    Target{"receipts", receipts},
    Target{"record_log", record_log},
    Target{"json", json},
    Target{"epcis", epcis},
    Target{"usage_policy", usage_policy},
    Target{"usage_case", usage_case},
    Target{"usage_arguments", usage_arguments},
    Target{"genesis", genesis},
    Target{"member_card", member_card},
    Target{"governance", governance_arguments},
    Target{"package", package},
    Target{"package_arguments", package_arguments},
    Target{"package_manifest", package_manifest},
    Target{"agreement_arguments", agreement_arguments},
    Target{"agreement_document", agreement_document},
    Target{"proof", proof_file},
    Target{"checkpoint", checkpoint},
    Target{"wasm_module", wasm_module},
    Target{"wasm_run", wasm_run},
    Target{"csv", csv},
    Target{"event_table", event_table},
    Target{"event_json", event_json},
    Target{"query_string", query_string},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  for (const auto& target : kTargets) {
    if (target.name == name) { return &target; }
  }
  return nullptr;
}

}  // namespace keten::fuzz
