#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include <boost/test/unit_test.hpp>

#include "core/proof/verify.h"
#include "tests/unit/core/proof/forgeries.h"
#include "tests/unit/core/proof/sample_ledger.h"

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
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    if (entry.is_regular_file()) { BOOST_TEST(all.contains(entry.path()), entry.path() << " belongs to nothing"); }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten
