#include <string>

#include "consensus/journal_record.h"
#include "consensus/messages.h"
#include "contracts/governance/arguments.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/package_file.h"
#include "core/receipt.h"
#include "node/storage/record_log.h"
#include "tests/differential/module_generator.h"
#include "tests/fuzz/targets.h"
#include "tests/unit/core/proof/sample_ledger.h"
#include "tests/unit/core/sample_network.h"

namespace keten::fuzz {
namespace {

template <typename T>
Bytes encoded(const T& value) {
  Writer writer;
  value.encode(writer);
  return writer.take();
}

constexpr std::string_view kObjectEvent = R"({
  "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
  "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2024-05-01T08:00:00Z",
  "epcisBody": {"eventList": [{
    "type": "ObjectEvent", "eventTime": "2024-05-01T07:59:00.5+02:00", "eventTimeZoneOffset": "+02:00",
    "epcList": ["urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/10614141073464/21/2018"],
    "quantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.5, "uom": "KGM"}],
    "action": "OBSERVE", "bizStep": "shipping", "disposition": "in_transit",
    "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"},
    "bizTransactionList": [{"type": "po", "bizTransaction": "urn:epc:id:gdti:0614141.00001.1618034"}],
    "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
    "sensorElementList": [{"sensorReport": [{"type": "Temperature", "value": 26.0, "uom": "CEL"}]}]
  }]}})";

constexpr std::string_view kAggregationEvent = R"({
  "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
  "type": "AggregationEvent", "eventTime": "2024-05-01T07:59:00Z", "eventTimeZoneOffset": "+00:00",
  "parentID": "urn:epc:id:sscc:0614141.1234567890", "childEPCs": ["urn:epc:id:sgtin:0614141.107346.2017"],
  "action": "ADD", "bizStep": "packing"})";

constexpr std::string_view kPolicy = R"({"@context":["http://www.w3.org/ns/odrl.jsonld",{"ex":"http://example.org/"}],
  "@type":"Agreement","uid":"ex:p","conflict":"prohibit","profile":"http://www.w3.org/ns/odrl/2/core",
  "permission":[{"uid":"ex:r","target":{"@type":"AssetCollection","source":"ex:s","refinement":[{"leftOperand":"skos:concept",
  "operator":"isNoneOf","rightOperand":["health"]}]},"assigner":"ex:farm","assignee":{"uid":"ex:coop","partOf":"ex:union"},
  "action":[{"rdf:value":{"@id":"odrl:read"},"refinement":[{"leftOperand":"count","operator":"lteq","rightOperand":10}]}],
  "constraint":[{"xone":{"@list":[{"leftOperand":"dateTime","operator":"lt","rightOperand":{"@value":"2027-01-01","@type":"xsd:date"}},
  {"leftOperand":"elapsedTime","operator":"eq","rightOperand":"P3M"}]}}],"duty":[{"action":"compensate","constraint":
  [{"leftOperand":"payAmount","operator":"eq","rightOperand":"5.00","unit":"ex:EUR"}],"consequence":[{"action":"delete"}]}]}],
  "prohibition":[{"action":"distribute","remedy":{"action":"inform"}}],"obligation":{"action":"anonymize"}})";

constexpr std::string_view kCase =
    R"({"policy":{"uid":"ex:p","permission":[{"uid":"ex:r","action":"use","assignee":"ex:all",
  "constraint":[{"leftOperand":"count","operator":"lteq","rightOperand":5}]}]},"request":{"permission":[{"assignee":"ex:a",
  "action":"read","target":"ex:x"}]},"sotw":{"now":"2024-02-12T11:20Z","partOf":[["ex:a","ex:all"]],"isA":[["ex:a","ex:k"]],
  "duties":[{"rule":"ex:d","performance":"Performed","deontic":"Fulfilled"}],"claims":{"ex:a":{"idsc:ROLE":["x",1,true]}},
  "uses":{"count":3,"firstUse":"2024","payAmount":{"@value":5,"unit":"ex:EUR"},"meteredTime":"PT1H","rules":{"ex:r":{}}},
  "events":[{"uid":"fair","start":"2024-01"}]},"expected":[{"type":"PermissionReport","premises":[{"dangling":"x"}]}]})";

constexpr std::string_view kTable =
    "event_time,location,gtin,lot,quantity,unit,to_party,from_party,document_type,document,document_issuer\r\n"
    "2026-05-19T14:20+02:00,9521005000105,9521005000020,BAG-1,46.5,KGM,9521003000008,9521005000006,desadv,DN "
    "7,9521005000006\r\n"
    "2026-05-19 "
    "14:21:30.5Z,urn:epc:id:sgln:9521005.00010.0,96385074,\"A/1\",1,,https://id.gs1.org/417/9521003000008,,,,\r\n";
constexpr std::string_view kQuotedTable =
    "\xEF\xBB\xBF"
    "a;\"b;c\"\n\"x \"\"y\"\"\nz\";caf\xC3\xA9\n\n;\n";

/// The first byte chooses the profile.
std::vector<Bytes> event_tables() {
  const auto table = [](char profile, std::string_view text) { return to_bytes(profile + std::string(text)); };
  return {table('0', kTable), table('1', kTable),
          table('2',
                "event_time,location,gtin,lot,serial,quantity,unit,country,harvest_start,catch_area,best_before\n"
                "2026-05-18T07:10:00Z,9521005000013,9521005000037,A/1,,120,KGM,NL,2026-05-18,21.4R 27.14.a,\n"
                "2026-05-18T07:10:00Z,9521005000013,9521005000020,,7,,,,,,2026-06-01\n"),
          table('3',
                "event;role;event_time;location;gtin;lot;quantity;unit;step\n"
                "P1;input;2026-05-19T06:30:00Z;9521005000105;9521005000037;A;120;KGM;\n"
                "P1;output;;;9521005000020;B;118;;packing\n"),
          table('4',
                "event_time,location,container,action,gtin,lot,quantity,sscc,event\n"
                "2026-05-19T10:00,9521005000105,295210050000000017,pack,9521005000020,B,100,,\n"
                "2026-05-20T10:00,9521005000105,295210050000000017,unpack,,,,095210050000000013,U\n")};
}

std::vector<Bytes> query_strings() {
  return {to_bytes("eventType=ObjectEvent%7CAggregationEvent&EQ_bizStep=shipping&GE_eventTime=2026-01-01T00:00:00+02:"
                   "00&perPage=10"),
          to_bytes("MATCH_anyEPC=urn:epc:idpat:sgtin:4012345.011111.*&EQ_bizTransaction_po=urn:x:1&GT_quantity_KGM=5.5&"
                   "orderBy=recordTime"),
          to_bytes("EQ_ILMD_ex:lot=a&GT_SENSORREPORT_ex:x=2&EXISTS_ex:y=&EQ_ATTR_bizLocation_name=b&GE_value_CEL=3&WD_"
                   "readPoint=urn:x:2"),
          to_bytes("orderBy=eventTime&eventCountLimit=5&orderDirection=ASC&EQ_persistentDisposition_set=damaged&EQ_"
                   "eventID=ni:///x")};
}

struct Network {
  Genesis genesis = sample::genesis(4);
  ChainId chain = genesis.chain_id();
  ValidatorSet set = genesis.validators();
  Block block = sample::block(chain, 5, 3);
  [[nodiscard]] Subject subject(VoteKind kind) const {
    if (kind == VoteKind::nullify) { return {kind, Epoch{0}, View{7}, View{}, BlockId{}}; }
    return {kind, Epoch{0}, View{7}, View{6}, block.header.id()};
  }
  [[nodiscard]] Certificate certificate(VoteKind kind) const {
    return sample::certificate(subject(kind), {0, 2, 3}, chain, set);
  }
};

constexpr VoteKind kKinds[] = {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize};

std::vector<Bytes> transactions(const Network& network) {
  return {sample::transaction(network.chain, 1)->envelope,
          sign_transaction(sample::body(network.chain, 2), {sample::payload("content"), sample::payload("")},
                           sample::device_key(0))
              ->envelope};
}

std::vector<Bytes> proposals(const Network& network) {
  consensus::Proposal proposal;
  proposal.view = View{7};
  proposal.parent_view = View{6};
  proposal.header = network.block.header;
  auto with_certificates = proposal;
  with_certificates.justification = {network.certificate(VoteKind::notarize), network.certificate(VoteKind::nullify)};
  return {encoded(proposal), encoded(with_certificates)};
}

std::vector<Bytes> journal_records(const Network& network) {
  return {encode_record(
              consensus::OwnVote{sample::vote(network.subject(VoteKind::finalize), 2, network.chain, network.set)}),
          encode_record(consensus::HeldCertificate{network.certificate(VoteKind::nullify)}),
          encode_record(consensus::Floor{network.certificate(VoteKind::finalize), network.block.header.id(), Height{5},
                                         View{7}})};
}

std::vector<Bytes> record_logs() {
  Bytes log;
  storage::append_record(log, log.size(), 1, as_bytes("first"), storage::Group::begins);
  storage::append_record(log, log.size(), 2, as_bytes(""), storage::Group::continues);
  storage::append_record(log, log.size(), 3, as_bytes("third"), storage::Group::begins);
  auto preallocated = log;
  preallocated.resize(log.size() + 64);
  return {log, preallocated};
}

std::vector<Bytes> governance_arguments() {
  using namespace governance;
  auto card = sample::genesis_validator("press", "press-1");
  card.tls_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const auto user = sample::genesis_key("press", "admin", Roles{Role::admin});
  ProposeChange proposal;
  proposal.changes = {AddOrganisation{"press", {user}},
                      RemoveOrganisation{"company1"},
                      AddValidator{"press", card},
                      RemoveValidator{"node2", Afterwards::follows},
                      SetParameter{"block_bytes_max", 65536},
                      AddMemberKey{"company0", user}};
  proposal.reason = "na\xC3\xAFve";
  std::vector<Bytes> result = {
      proposal.encode(),
      ApproveChange{ChangeId{7}, change_digest(proposal.encode())}.encode(),
      WithdrawChange{ChangeId{7}}.encode(),
      RotateValidator{"node0", user.key, user.possession}.encode(),
      UpdateNode{"node0", card.tls_certificate, "moved:7001", FormerCertificate::ends}.encode(),
      AddKey{user}.encode(),
      Ready{SetId{user.key.bytes}, Height{12}}.encode(),
      RevokeKey{user.key}.encode(),
      ChangeOutcome{ChangeId{7}, true, 3, 3}.encode()};
  for (std::size_t method = 0; method < result.size(); ++method) {
    result[method].insert(result[method].begin(), static_cast<std::uint8_t>(method));
  }
  return result;
}

/// Small, so that a changed byte often hits something that matters.
std::vector<Bytes> wasm_modules() {
  using vm::assembler::Code;
  constexpr auto i32 = vm::ValueType::i32;
  vm::assembler::Module small;
  small.memory = {1, 2};
  small.table = 2;
  small.globals = {{i32, true, 7}};
  small.imports = {{"keten", "read", {{i32, i32}, i32}}, {"keten", "write", {{i32}, {}}}};
  small.functions.push_back(
      {{{i32}, i32},
       Code().begin(0x02, vm::assembler::kI32).get(0).get(0).br_table({0, 1}).end().i32(3).get(0).call(0),
       {i32},
       "f"});
  small.functions.push_back(
      {{{i32}, i32},
       Code().begin(0x03).get(0).i32(1).op(0x6B).tee(0).br_if(0).end().get(0).i32(0).call_indirect(2),
       {},
       ""});
  small.functions.push_back(
      {{{}, {}}, Code().i32(9).call(1).i32(1).i32(2).i32(30).memory_copy().i32(1).memory(0x40).op(0x1A), {}, ""});
  small.elements = {{0, {2}}};
  small.data = {{3, {1, 2, 3}}};
  vm::Choices choices(1);
  return {small.encode(), vm::generate_module(choices).encode()};
}

std::vector<Bytes> package_files() {
  packages::Package package;
  package.module = to_bytes(std::string_view("\0asm\1\0\0\0", 8));
  package.schema = to_bytes("{}");
  package.readme = to_bytes("# counter\n");
  package.manifest.name = "counter";
  package.manifest.publisher = "company0";
  package.manifest.methods = {{"count", 5}};
  package.manifest.rules = {{"on_event", 7}};
  package.manifest.module = packages::file_hash(package.module);
  package.manifest.schema = packages::file_hash(package.schema);
  package.manifest.readme = packages::file_hash(package.readme);
  std::vector<Bytes> result{package.encode()};
  package.sign("company0", sample::key_pair("company0/publisher"));
  package.sign("company1", sample::key_pair("company1/publisher"));
  result.push_back(package.encode());
  return result;
}

std::vector<Bytes> package_arguments() {
  using namespace packages;
  const auto hash = sample::hash_of("package");
  std::vector<Bytes> result;
  for (const auto& arguments :
       {Publish{}.encode(), ThePackage{hash}.encode(), Activate{"counter", hash, Height{9}}.encode(),
        Upgrade{"counter", hash}.encode(), packages::Vote{"counter", Motion::quota, 7}.encode(),
        Call{"counter", "count", to_bytes("x")}.encode()}) {
    auto one = Bytes{static_cast<std::uint8_t>(result.size())};
    one.insert(one.end(), arguments.begin(), arguments.end());
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace

std::vector<Bytes> seeds(std::string_view target) {
  static const Network network;
  std::vector<Bytes> result;
  if (target == "transaction") { return transactions(network); }
  if (target == "block") { return {network.block.encode(), sample::block(network.chain, 1, 0).encode()}; }
  if (target == "header") { return {encoded(network.block.header)}; }
  if (target == "vote") {
    for (const auto kind : kKinds) {
      result.push_back(encoded(sample::vote(network.subject(kind), 1, network.chain, network.set)));
    }
    return result;
  }
  if (target == "certificate") {
    for (const auto kind : kKinds) { result.push_back(encoded(network.certificate(kind))); }
    return result;
  }
  if (target == "proposal") { return proposals(network); }
  if (target == "journal_record") { return journal_records(network); }
  if (target == "receipts") { return {encode_receipts({}), encode_receipts(std::vector<Receipt>(2))}; }
  if (target == "record_log") { return record_logs(); }
  if (target == "json") {
    return {to_bytes(R"({"a":[1,-2.5e-3,"x\u0041\ud83d\ude00",null,true,{}],"":""})"), to_bytes(kObjectEvent)};
  }
  if (target == "usage_policy") { return {to_bytes(kPolicy)}; }
  if (target == "usage_arguments") {
    // The first byte is the place of the method in usage_targets.cpp.
    const std::string id(64, 'a');
    const auto of = [](unsigned char method, const std::string& arguments) {
      return to_bytes(std::string(1, static_cast<char>(method)) + arguments);
    };
    return {of(0, R"({"dataset":"urn:ds","commitment":")" + id + R"(","custodian":"b","classification":["x"]})"),
            of(4, R"({"dataset":"urn:ds","policy":{"uid":"ex:p"},"consumer":"b","noticeDays":1,"issuers":["c"]})"),
            of(5, R"({"negotiation":")" + id + R"(","terms":")" + id + "\"}"),
            of(7, R"({"agreement":")" + id +
                      R"(","uses":[{"id":"1","action":"read","permit":"0","statements":{"purpose":"x","count":2}}]})"),
            of(8, R"({"agreement":")" + id + R"(","corrects":"1","use":{"id":"2","action":"read"}})"),
            of(10, R"({"agreement":")" + id + R"(","payment":"p","amount":"1.50","unit":"ex:EUR"})"),
            of(12, R"({"about":"b","claims":{"vcard:hasRole":["ex:a",1]},"from":"2027-01-01T00:00:00Z"})")};
  }
  if (target == "usage_case") { return {to_bytes(kCase)}; }
  if (target == "epcis") { return {to_bytes(kObjectEvent), to_bytes(kAggregationEvent)}; }
  if (target == "genesis") { return {to_bytes(sample::genesis(1).to_json()), to_bytes(network.genesis.to_json())}; }
  if (target == "member_card") { return {to_bytes(member_card_json(network.genesis.organisations[0]))}; }
  if (target == "proof") {
    for (const auto& [name, proof] : sample::sample_proofs()) { result.push_back(proof::encode(proof)); }
    return result;
  }
  if (target == "checkpoint") { return {to_bytes(proof::checkpoint_json(sample::sample_ledger().checkpoint(1)))}; }
  if (target == "governance") { return governance_arguments(); }
  if (target == "package") { return package_files(); }
  if (target == "package_arguments") { return package_arguments(); }
  if (target == "package_manifest") {
    return {to_bytes(packages::Package::decode(package_files().front()).value().manifest.encode())};
  }
  if (target == "agreement_arguments") { return agreement_argument_seeds(); }
  if (target == "agreement_document") { return agreement_documents(); }
  if (target == "wasm_module") { return wasm_modules(); }
  if (target == "wasm_run") {
    return {Bytes(40, 1), to_bytes("every byte of this sentence is a choice of the generator")};
  }
  if (target == "csv") { return {to_bytes(kTable), to_bytes(kQuotedTable)}; }
  if (target == "event_table") { return event_tables(); }
  if (target == "event_json") {
    return {to_bytes("0" + std::string(kObjectEvent)), to_bytes("1" + std::string(kAggregationEvent))};
  }
  if (target == "query_string") { return query_strings(); }
  return result;
}

}  // namespace keten::fuzz
