#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "consensus/elector.h"
#include "consensus/journal_record.h"
#include "consensus/messages.h"
#include "contracts/agreements/document.h"
#include "contracts/commitment/map_page.h"
#include "contracts/execute.h"
#include "contracts/governance/arguments.h"
#include "contracts/governance/evidence_state.h"
#include "contracts/governance/genesis_state.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/lifecycle.h"
#include "contracts/packages/package_file.h"
#include "contracts/packages/records.h"
#include "contracts/production/history.h"
#include "contracts/record_contract.h"
#include "contracts/usage/agreement.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/profile.h"
#include "core/merkle.h"
#include "core/receipt.h"
#include "tests/unit/core/sample_network.h"

namespace keten {
namespace {

/// The content of one golden file while it is made.
class Golden {
 public:
  explicit Golden(std::string name) : path_("tests/golden/" + std::move(name)) {}
  /// Compares, or writes when KETEN_GOLDEN_WRITE is set. The working directory is the repository.
  ~Golden() {
    if (const char* write = std::getenv("KETEN_GOLDEN_WRITE"); write != nullptr && std::string(write) == "1") {
      std::ofstream(path_, std::ios::binary) << text_.str();
      return;
    }
    std::ifstream file(path_, std::ios::binary);
    const std::string stored{std::istreambuf_iterator<char>(file), {}};
    BOOST_TEST(stored == text_.str(), path_ << " differs; tests/golden/README.md says what that means");
  }
  Golden(const Golden&) = delete;
  Golden& operator=(const Golden&) = delete;

  void add(std::string_view name, ByteView bytes) { text_ << name << " = " << to_hex(bytes) << '\n'; }
  void add(std::string_view name, const Hash& hash) { add(name, hash.view()); }
  void add(std::string_view name, std::string_view text) { text_ << name << " = " << text << '\n'; }
  template <typename T>
  void add_encoded(std::string_view name, const T& value) {
    Writer writer;
    value.encode(writer);
    add(name, ByteView(writer.bytes()));
  }

 private:
  std::string path_;
  std::ostringstream text_;
};

struct Network {
  Genesis genesis = sample::genesis(4);
  ChainId chain = genesis.chain_id();
  ValidatorSet set = genesis.validators();
  Block block = sample::block(chain, 5, 2);
  [[nodiscard]] Subject subject(VoteKind kind) const {
    if (kind == VoteKind::nullify) { return {kind, Epoch{0}, View{7}, View{}, BlockId{}}; }
    return {kind, Epoch{0}, View{7}, View{6}, block.header.id()};
  }
};

const Network& network() {
  static const Network network;
  return network;
}

constexpr VoteKind kKinds[] = {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize};

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(hashing_is_frozen) {
  Golden golden("hashing.txt");
  golden.add("tag only", Hasher("keten/example/1").finish());
  golden.add("fixed 00..1f", [] {
    Bytes bytes;
    for (std::uint8_t i = 0; i < 32; ++i) { bytes.push_back(i); }
    return Hasher("keten/example/1").fixed(bytes).finish();
  }());
  golden.add("number 258", Hasher("keten/example/1").number(258).finish());
  golden.add("sized abc", Hasher("keten/example/1").sized("abc").finish());
  golden.add("sized abc, number 258", Hasher("keten/example/1").sized("abc").number(258).finish());
}

BOOST_AUTO_TEST_CASE(merkle_roots_are_frozen) {
  Golden golden("merkle.txt");
  std::vector<Hash> leaves;
  for (std::size_t count = 0; count <= 9; ++count) {
    golden.add("root of " + std::to_string(count), merkle_root(leaves));
    leaves.push_back(sample::hash_of("leaf " + std::to_string(count)));
    golden.add("leaf " + std::to_string(count), leaves.back());
  }
}

BOOST_AUTO_TEST_CASE(the_genesis_is_frozen) {
  const auto& genesis = network().genesis;
  Golden golden("genesis.txt");
  golden.add("chain id", network().chain);
  golden.add("signed by organisations", genesis_signing_hash(network().chain));
  golden.add("set id", network().set.id());
  const auto& admin = genesis.organisations[0].keys[0];
  golden.add("possession of company0 admin", key_possession_hash("company0", "admin", admin.key, admin.roles));
  golden.add("possession signature", admin.possession.view());
  golden.add("admin signature", genesis.signatures[0].signature.view());
  golden.add_encoded("header at height 0", genesis_header(genesis));
  golden.add("block id at height 0", genesis_header(genesis).id());
  std::string leaders;
  const consensus::Elector elector(network().chain, Epoch{0}, 4);
  for (std::uint64_t view = 1; view <= 4; ++view) {
    leaders += (view == 1 ? "" : " ") + elector.leader(View{view}).text();
  }
  golden.add("leaders of views 1 to 4", std::string_view(leaders));
  golden.add("state root at height 0", contracts::execute_genesis(genesis).state_root);
}

BOOST_AUTO_TEST_CASE(the_genesis_file_is_frozen) {
  const auto text = sample::genesis(2).to_json();
  const std::string path = "tests/golden/genesis.json";
  if (const char* write = std::getenv("KETEN_GOLDEN_WRITE"); write != nullptr && std::string(write) == "1") {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string stored{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST(stored == text);
  BOOST_REQUIRE(Genesis::from_json(stored));
  BOOST_TEST(Genesis::from_json(stored)->check_signed().ok());
}

BOOST_AUTO_TEST_CASE(transactions_are_frozen) {
  Golden golden("transaction.txt");
  const auto payload = sample::payload("content");
  golden.add("payload commitment", payload.commitment());
  const auto plain = sample::transaction(network().chain, 1);
  const auto with_payload = sign_transaction(sample::body(network().chain, 2), {payload}, sample::device_key(0));
  for (const auto& [name, transaction] : {std::pair{"plain", plain}, std::pair{"with payload", with_payload}}) {
    const std::string prefix = name;
    golden.add(prefix + ": envelope", ByteView(transaction->envelope));
    golden.add(prefix + ": id", transaction->id);
    golden.add(prefix + ": signed", transaction_signing_hash(transaction->id));
    golden.add(prefix + ": signature", transaction->signature.view());
    golden.add(prefix + ": leaf", transaction->leaf);
  }
}

BOOST_AUTO_TEST_CASE(blocks_are_frozen) {
  Golden golden("block.txt");
  const auto& block = network().block;
  golden.add_encoded("header", block.header);
  golden.add("block id", block.header.id());
  golden.add("payload root", block.header.payload_root);
  golden.add("block", ByteView(block.encode()));
}

BOOST_AUTO_TEST_CASE(votes_and_certificates_are_frozen) {
  Golden golden("votes.txt");
  for (const auto kind : kKinds) {
    const std::string name(vote_name(kind));
    const auto subject = network().subject(kind);
    golden.add(name + ": signed", subject.signing_hash(network().chain, network().set.id()));
    golden.add_encoded(name + ": vote", sample::vote(subject, 2, network().chain, network().set));
    golden.add_encoded(name + ": certificate", sample::certificate(subject, {0, 2, 3}, network().chain, network().set));
  }
}

BOOST_AUTO_TEST_CASE(evidence_is_frozen) {
  Golden golden("evidence.txt");
  const auto& chain = network().chain;
  const auto& set = network().set;
  const auto vote = [&](VoteKind kind) { return sample::vote(network().subject(kind), 2, chain, set); };
  const auto evidence = Evidence::of(vote(VoteKind::finalize), vote(VoteKind::nullify));
  golden.add_encoded("nullify and finalize", evidence);
  golden.add("id", evidence.id());
  auto block = network().block;
  block.evidence = {evidence};
  block.header.evidence_root = evidence_root(block.evidence);
  golden.add("evidence root", block.header.evidence_root);
  golden.add("block with evidence", ByteView(block.encode()));
  golden.add("state entry", ByteView(governance::evidence_entry(*evidence_key(evidence))));
}

BOOST_AUTO_TEST_CASE(recovery_is_frozen) {
  Golden golden("recovery.txt");
  const auto& chain = network().chain;
  const auto& set = network().set;
  consensus::RecoveryReply reply;
  reply.nonce = sample::hash_of("nonce");
  reply.view = View{8};
  reply.proof = sample::certificate(network().subject(VoteKind::nullify), {0, 1, 3}, chain, set);
  const auto signed_hash = reply.signing_hash(chain, set.id(), ValidatorIndex{2}, ValidatorIndex{1});
  reply.signature = sample::validator_key(1).sign(signed_hash.view());
  golden.add("signed by validator 1 for 2", signed_hash);
  golden.add_encoded("reply", reply);
  reply.proof.reset();
  reply.view = View{1};
  reply.has_sealed = true;
  golden.add("signed in view 1", reply.signing_hash(chain, set.id(), ValidatorIndex{2}, ValidatorIndex{1}));
  golden.add_encoded("reply without proof", reply);
}

BOOST_AUTO_TEST_CASE(proposals_are_frozen) {
  Golden golden("proposal.txt");
  consensus::Proposal proposal;
  proposal.view = network().block.header.view;
  proposal.parent_view = View{6};
  proposal.header = network().block.header;
  proposal.leader_notarize =
      sample::validator_key(1).sign(proposal.subject().signing_hash(network().chain, network().set.id()).view());
  golden.add_encoded("without justification", proposal);
  proposal.justification.push_back(
      sample::certificate(network().subject(VoteKind::nullify), {0, 1, 2}, network().chain, network().set));
  golden.add_encoded("with a nullification", proposal);
}

BOOST_AUTO_TEST_CASE(journal_records_are_frozen) {
  Golden golden("journal.txt");
  const auto& chain = network().chain;
  const auto& set = network().set;
  golden.add(
      "own vote",
      ByteView(encode_record(consensus::OwnVote{sample::vote(network().subject(VoteKind::notarize), 2, chain, set)})));
  const auto finalization = sample::certificate(network().subject(VoteKind::finalize), {0, 2, 3}, chain, set);
  golden.add("held certificate", ByteView(encode_record(consensus::HeldCertificate{finalization})));
  golden.add("floor",
             ByteView(encode_record(consensus::Floor{finalization, network().block.header.id(), Height{5}, View{7}})));
  golden.add("floor of the genesis",
             ByteView(encode_record(consensus::Floor{{}, genesis_header(network().genesis).id(), Height{0}, View{0}})));
  using consensus::Quarantine;
  using consensus::QuarantineCause;
  const auto nullify = sample::vote(network().subject(VoteKind::nullify), 2, chain, set);
  const auto finalize = sample::vote(network().subject(VoteKind::finalize), 2, chain, set);
  golden.add("quarantine", ByteView(encode_record(Quarantine{.cause = QuarantineCause::journal_lost})));
  golden.add("quarantine after a foreign vote",
             ByteView(encode_record(Quarantine{.cause = QuarantineCause::foreign_vote, .vote = nullify})));
  golden.add("readmission", ByteView(encode_record(consensus::Readmission{.epoch = Epoch{0}, .first = View{9}})));
  const auto nullification = sample::certificate(network().subject(VoteKind::nullify), {0, 1, 2}, chain, set);
  golden.add("contradiction", ByteView(encode_record(consensus::Contradiction{finalization, nullification})));
  golden.add("evidence", ByteView(consensus::encode_record(Evidence::of(finalize, nullify))));
}

BOOST_AUTO_TEST_CASE(receipts_and_digests_are_frozen) {
  Golden golden("receipt.txt");
  Receipt good;
  good.transaction = network().block.transactions[0]->id;
  good.succeeded = true;
  good.fuel_used = 1234;
  good.writes_digest = sample::hash_of("writes");
  good.result = to_bytes("result");
  good.valid_until = Height{100};
  Receipt bad;
  bad.transaction = network().block.transactions[1]->id;
  bad.reason = "OUT_OF_FUEL";
  bad.message = "the limit is 10";
  bad.valid_until = Height{100};
  golden.add_encoded("good", good);
  golden.add_encoded("bad", bad);
  golden.add("list", ByteView(encode_receipts({good, bad})));
  golden.add("leaf of good", contracts::receipt_leaf(good));
  golden.add("leaf of bad", contracts::receipt_leaf(bad));
  const std::vector<Hash> leaves{contracts::receipt_leaf(good), contracts::receipt_leaf(bad)};
  golden.add("receipts root", merkle_root(leaves));
  contracts::WriteSet writes;
  golden.add("no writes", contracts::commitment::digest_of(writes));
  writes[to_bytes("record/a")] = to_bytes("value");
  writes[to_bytes("record/b")] = std::nullopt;
  golden.add("put and erase", contracts::commitment::digest_of(writes));
}

BOOST_AUTO_TEST_CASE(commitments_are_frozen) {
  Golden golden("commitment.txt");
  const std::vector<Bytes> names{head_key("item", "https://id.gs1.org/01/04012345111118/21/1"), head_key("lot", "a"),
                                 to_bytes("governance/epoch")};
  golden.add("head key", ByteView(names[0]));
  std::vector<contracts::commitment::Page::Leaf> leaves;
  for (const auto& name : names) { leaves.push_back({map_key(name), map_value(as_bytes("value"))}); }
  golden.add("K", leaves[0].key);
  golden.add("V", leaves[0].value);
  std::ranges::sort(leaves, {}, &contracts::commitment::Page::Leaf::key);
  for (std::size_t count = 0; count <= leaves.size(); ++count) {
    const auto tree = contracts::commitment::subtree_of(std::span(leaves).first(count), 0);
    golden.add("map root of the first " + std::to_string(count) + " in order of K", map_root(tree.hash));
  }
  const auto begin = history_begin("item", "a");
  const HistoryEntry entry{.number = 1,
                           .height = Height{7},
                           .time = 1'700'000'000'000,
                           .transaction = sample::hash_of("transaction"),
                           .event = 3,
                           .content = sample::hash_of("content")};
  golden.add("history begin of item a", begin);
  golden.add("entry", entry.digest());
  golden.add("chain of one", next_chain(begin, entry));
  golden.add("state of an entity", entity_state_digest(as_bytes("state")));
  const Head head{.count = 1,
                  .chain = next_chain(begin, entry),
                  .height = Height{7},
                  .state = entity_state_digest(as_bytes("state"))};
  golden.add("head", ByteView(head.encode()));
  golden.add("content of a put", contracts::RecordContract::history_content(as_bytes("key"), as_bytes("value")));
  production::EventSummary summary;
  summary.organisation = "company0";
  summary.id = "urn:uuid:1";
  summary.entities = {{production::role::kListed, "b", {}, {}},
                      {production::role::kParent, "a", {}, {}},
                      {production::role::kListed, "b", {}, {}},
                      {production::role::kChild, "b", {}, {}}};
  golden.add("content of an event", production::history_content(summary, sample::hash_of("event")));
  golden.add("mountain leaf", mountain_leaf(Height{5}, sample::hash_of("block"), sample::hash_of("receipts")));
  golden.add("rest", next_rest(sample::hash_of("rest"), Height{5}, sample::hash_of("writes")));
  const Commitments commitments{.mountain_root = sample::hash_of("mountain"),
                                .map_root = sample::hash_of("map"),
                                .rest = sample::hash_of("rest")};
  golden.add("state root", commitments.state_root(Height{5}));
}

BOOST_AUTO_TEST_CASE(packages_are_frozen) {
  using namespace packages;
  Golden golden("packages.txt");
  Package package;
  package.module = to_bytes("the module");
  package.schema = to_bytes("{}");
  package.readme = to_bytes("# counter\n");
  package.manifest = {.name = "counter",
                      .version = {1, 2, 3},
                      .publisher = "company0",
                      .methods = {{"count", 100'000}},
                      .rules = {{"on_event", 50'000}},
                      .migration = Entry{"migrate", 1'000'000},
                      .module = file_hash(package.module),
                      .schema = file_hash(package.schema),
                      .readme = file_hash(package.readme),
                      .source = file_hash(as_bytes("source")),
                      .build = "clang"};
  package.sign("company0", sample::key_pair("company0/publisher"));
  golden.add("manifest", package.manifest.encode());
  golden.add("package", package.hash());
  golden.add("signed", package_signing_hash(package.hash()));
  golden.add("file", ByteView(package.encode()));
  golden.add("publish", ByteView(Publish{}.encode()));
  golden.add("approve", ByteView(ThePackage{package.hash()}.encode()));
  golden.add("activate", ByteView(Activate{"counter", package.hash(), Height{77}}.encode()));
  golden.add("upgrade", ByteView(Upgrade{"counter", package.hash()}.encode()));
  golden.add("vote", ByteView(packages::Vote{"counter", Motion::quota, 1'000'000}.encode()));
  golden.add("call", ByteView(Call{"counter", "count", to_bytes("arguments")}.encode()));
  golden.add("outcome", ByteView(VoteOutcome{true, 3, 3}.encode()));
  golden.add("step",
             fact_content({"contracts.step",
                           {as_bytes("approved"), as_bytes("company1"), package.hash().view(), as_bytes("1")}}));

  class Kept final : public governance::Store {
   public:
    std::map<Bytes, Bytes> rows;
    [[nodiscard]] std::optional<Bytes> get(ByteView key) override {
      const auto found = rows.find(to_bytes(key));
      return found == rows.end() ? std::nullopt : std::optional(found->second);
    }
    void put(ByteView key, Bytes value) override { rows[to_bytes(key)] = std::move(value); }
    void erase(ByteView key) override { rows.erase(to_bytes(key)); }
    void scan(ByteView, ByteView, const contracts::StateReader::Visit&) override {}
  } kept;
  packages::Records records(kept);
  const Activation active{package.hash(), {1, 2, 3}, Height{77}};
  records.set_contract("counter", {"company0", active, Activation{sample::hash_of("next"), {2, 0, 0}, Height{99}},
                                   Height{80}, Height{}, 16'777'216});
  records.set_version("counter", {1, 2, 3}, package.hash());
  records.set_package(package.hash(), {"counter",
                                       {1, 2, 3},
                                       "company0",
                                       sample::hash_of("transaction"),
                                       Height{70},
                                       1'750'000'600'000,
                                       {{"company1", Height{71}}, {"company2", Height{72}}},
                                       Height{73},
                                       10});
  records.set_files(package.hash(), package.manifest.encode(), package.module);
  records.set_motion("counter", Motion::freeze, {{{"company1", {0, 1'750'000'600'000}}}});
  records.set_open("company0", {package.hash()});
  records.set_contract_count(1);
  records.set_used("counter", 9);
  for (const auto& [key, value] : kept.rows) { golden.add("state " + to_hex(key), ByteView(value)); }
}

BOOST_AUTO_TEST_CASE(data_usage_is_frozen) {
  Golden golden("usage.txt");
  const std::string id(64, 'a');
  const auto document = usage::agreement_document(
      id, {.provider = "company0", .consumer = "company1"}, "urn:ds:milk", *json::parse(R"({"uid":"urn:p"})"),
      *json::parse(R"({"end":"2028-01-01T00:00:00Z","issuers":["company2"],"noticeDays":7})"), 1'800'000'000'000);
  const auto canonical = json::canonical(document);
  golden.add("document", std::string_view(canonical));
  golden.add("terms", agreements::document_hash(canonical));
  for (const auto& key :
       {usage::dataset_key("urn:ds:milk"), usage::negotiation_key(id), usage::terms_key(id), usage::agreement_key(id),
        usage::counters_key(id), usage::duty_key(id, 7), usage::use_key(id, "u1"), usage::line_key(id, 7),
        usage::payment_key(id, "p1"), usage::claims_of("company1", "company0"), usage::transfer_key(id),
        usage::due_key(1'800'000'000'000, usage::duty_key(id, 7)), usage::open_negotiations_key("company0", "company1"),
        usage::profile_key("urn:keten:profile:company0:milk"),
        usage::profile_version_key("urn:keten:profile:company0:milk", 2)}) {
    golden.add("key", std::string_view(key));
  }
  golden.add("profile", usage::profile_hash(R"({"actions":{"urn:milk:train":"derive"}})"));
}

BOOST_AUTO_TEST_CASE(governance_is_frozen) {
  using namespace governance;
  Golden golden("governance.txt");
  const auto user = sample::genesis_key("press", "admin", Roles{Role::admin});
  auto card = sample::genesis_validator("press", "press-1");
  card.tls_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  ProposeChange proposal;
  proposal.changes = {AddOrganisation{"press", {user}},
                      RemoveOrganisation{"company1"},
                      AddValidator{"press", card},
                      RemoveValidator{"node2", Afterwards::follows},
                      SetParameter{"min_block_interval_ms", 100},
                      AddMemberKey{"company0", sample::genesis_key("company0", "spare", Roles{Role::admin})}};
  proposal.reason = "press joins";
  golden.add("change.propose", ByteView(proposal.encode()));
  golden.add("digest", change_digest(proposal.encode()));
  golden.add("change.approve", ByteView(ApproveChange{ChangeId{7}, change_digest(proposal.encode())}.encode()));
  golden.add("change.withdraw", ByteView(WithdrawChange{ChangeId{7}}.encode()));
  golden.add("outcome", ByteView(ChangeOutcome{ChangeId{7}, true, 3, 3}.encode()));
  const auto key = sample::key_pair("second");
  const auto possession = key_possession_hash("company0", "node0", key.public_key(), Roles{Role::validator});
  golden.add("validator.rotate",
             ByteView(RotateValidator{"node0", key.public_key(), key.sign(possession.view())}.encode()));
  golden.add("node.update",
             ByteView(UpdateNode{"node0", card.tls_certificate, "moved:7001", FormerCertificate::ends}.encode()));
  golden.add("key.add", ByteView(AddKey{user}.encode()));
  golden.add("key.revoke", ByteView(RevokeKey{user.key}.encode()));
  golden.add("ready", ByteView(Ready{network().set.id(), Height{12}}.encode()));
  for (const auto& [entry, value] : genesis_state(sample::genesis(1))) {
    golden.add("state " + to_hex(entry), ByteView(*value));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
