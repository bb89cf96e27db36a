#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/proof/verify.h"
#include "tests/unit/core/proof/forgeries.h"
#include "tests/unit/core/proof/sample_ledger.h"
#include "tests/unit/core/proof/trust_roots.h"

// Proof files for verifiers in any language: docs/formats/proof.md, "Test vectors".
namespace keten {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "tests/golden/proofs";

bool writes() {
  const char* write = std::getenv("KETEN_GOLDEN_WRITE");
  return write != nullptr && std::string(write) == "1";
}

/// Compares, or writes. Returns what is stored then.
std::string golden(const fs::path& name, std::string_view content, std::set<fs::path>& all) {
  const auto path = kFolder / name;
  all.insert(path);
  if (writes()) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  std::ifstream file(path, std::ios::binary);
  std::string stored{std::istreambuf_iterator<char>(file), {}};
  BOOST_TEST((stored == content), path << " differs; tests/golden/README.md says what that means");
  return stored;
}

void add_valid(const std::string& folder, const std::string& name, ByteView file, const proof::TrustRoot& root,
               std::set<fs::path>& all) {
  const auto stored = golden(fs::path(folder) / (name + ".ketenproof"), as_text(file), all);
  const auto verdict = proof::verify(as_bytes(stored), root);
  BOOST_REQUIRE_MESSAGE(verdict.ok(), folder << "/" << name << ": " << (verdict ? "" : verdict.error().message));
  golden(fs::path(folder) / (name + ".json"), json::pretty(verdict->facts) + "\n", all);
}

bool is_trust_root(const std::string& text) {
  if (text.find("keten_checkpoint") != std::string::npos) { return proof::parse_checkpoint(text).ok(); }
  const auto genesis = Genesis::from_json(text);
  return genesis.ok() && genesis->check_signed().ok();
}

/// What whoever asks for something may be given: docs/formats/proof.md, "Expected".
std::string expectations() {
  using L = sample::SampleLedger;
  const std::string transaction = sample::sample_ledger().transaction_at(2, 3).hex();
  const auto block = sample::sample_ledger().header(2).id().hex();
  const std::string cheese = L::kCheese;
  const std::string never = L::kNever;
  const std::string dataset = L::kDataset;
  const std::vector<std::pair<std::string, std::vector<std::string>>> asked = {
      {"history",
       {"history of item " + cheese, "item " + cheese, cheese, "lot " + cheese, "state of item " + cheese,
        "history of item " + cheese + " ", "item", "", L::kMilk1}},
      {"state", {"state of item " + cheese, "item " + cheese, cheese, "history of item " + cheese}},
      {"trace_back", {"trace back of item " + cheese, "item " + cheese, cheese, "trace forward of item " + cheese}},
      {"trace_forward_of_a_lot",
       {std::string("lot ") + L::kCream, L::kCream, std::string("item ") + L::kCream, L::kButter}},
      {"absence",
       {"absence of item " + never, "item " + never, never, "absence of lot " + never, "history of item " + never}},
      {"absence_of_a_dataset",
       {"absence of dataset https://company1.example/other", "dataset https://company1.example/other",
        "https://company1.example/other"}},
      {"absence_of_a_member", {"absence of member company9", "member company9", "company9"}},
      {"history_of_a_dataset", {"history of dataset " + dataset, "dataset " + dataset, dataset, "item " + dataset}},
      {"state_of_a_dataset", {"state of dataset " + dataset, "dataset " + dataset, dataset}},
      {"history_of_records", {"history of record company1/shelf", "record company1/shelf", "company1/shelf"}},
      {"history_of_an_agreement", {std::string("agreement ") + L::kAgreement, L::kAgreement}},
      {"history_of_a_contract", {"contract counter", "counter"}},
      {"entry",
       {"entry governance/organisation/company2", "governance/organisation/company2",
        "no entry governance/organisation/company2", "organisation/company2"}},
      {"no_entry",
       {"no entry governance/organisation/company7", "governance/organisation/company7",
        "entry governance/organisation/company7"}},
      {"transaction", {"transaction " + transaction, transaction, transaction.substr(1)}},
      {"block", {"block 2", block, "2", "block 3"}},
  };
  auto list = json::Value::array();
  for (const auto& [name, all] : asked) {
    for (const auto& [other, proof] : sample::sample_proofs()) {
      if (other != name) { continue; }
      const auto file = proof::encode(proof);
      for (const auto& expected : all) {
        const auto verdict = proof::verify(file, sample::sample_ledger().root(), expected);
        BOOST_TEST((verdict.ok() || verdict.error().reason == "PROOF_OTHER_SUBJECT"));
        auto one = json::Value::object();
        one.set("proof", json::Value::string(name))
            .set("expected", json::Value::string(expected))
            .set("accepted", json::Value::boolean(verdict.ok()));
        list.push(std::move(one));
      }
    }
  }
  return json::pretty(list) + "\n";
}

BOOST_AUTO_TEST_SUITE(golden_proofs)

BOOST_AUTO_TEST_CASE(proofs_their_verdicts_and_forgeries_are_frozen) {
  const auto& ledger = sample::sample_ledger();
  std::set<fs::path> all;
  golden("genesis.json", ledger.genesis().to_json(), all);
  const auto checkpoint =
      proof::parse_checkpoint(golden("checkpoint.json", proof::checkpoint_json(ledger.checkpoint(1)) + "\n", all));
  BOOST_REQUIRE(checkpoint.ok());
  for (const auto& [name, proof] : sample::sample_proofs()) {
    const auto file = proof::encode(proof);
    add_valid("valid", name, file, ledger.root(), all);
    if (const auto later = proof::begin_at(file, Epoch{1})) { add_valid("checkpoint", name, *later, *checkpoint, all); }
  }
  std::ostringstream reasons;
  for (const auto& [name, reason, file] : sample::sample_forgeries()) {
    const auto stored = golden(fs::path("invalid") / (name + ".ketenproof"), as_text(file), all);
    const auto verdict = proof::verify(as_bytes(stored), ledger.root());
    BOOST_REQUIRE_MESSAGE(!verdict.ok(), name << " was believed");
    reasons << name << " = " << verdict.error().reason << '\n';
  }
  golden("invalid.txt", reasons.str(), all);
  golden("expected.json", expectations(), all);
  std::ostringstream believed;
  for (const auto& [name, is_right, text] : sample::sample_trust_files()) {
    const auto stored = golden(fs::path("trust") / (name + ".json"), text, all);
    BOOST_TEST(is_trust_root(stored) == is_right, name);
    believed << name << " = " << (is_right ? "holds" : "refused") << '\n';
  }
  golden("trust.txt", believed.str(), all);
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    if (entry.is_regular_file()) { BOOST_TEST(all.contains(entry.path()), entry.path() << " belongs to nothing"); }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
