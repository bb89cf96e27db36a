#include "contracts/agreements/arguments.h"
#include "contracts/agreements/records.h"
#include "contracts/packages/manifest.h"
#include "core/check.h"
#include "core/json.h"
#include "tests/fuzz/targets.h"
#include "tests/unit/core/sample_network.h"

namespace keten::fuzz {
namespace {

using namespace agreements;

template <typename T>
void decoded(ByteView input) {
  const auto value = T::decode(input);
  if (!value) {
    CHECK(!value.error().reason.empty() && !value.error().message.empty());
    return;
  }
  CHECK(value->encode() == to_bytes(input));
}

/// Read back from what it writes: within its own limits, the same.
template <typename Record, Result<Record> (*decode)(ByteView)>
void record(ByteView input) {
  const auto value = decode(input);
  if (value) { CHECK(encode(*value) == to_bytes(input)); }
}

constexpr std::string_view kDocument =
    R"({"end":"2027-01-01T00:00:00.000Z","identifiers":{"shop":["urn:x:shop"]},"noticeDays":30,"parties":["dairy","shop"],)"
    R"("rules":[{"entry":"on_event","hash":"5d2c81aa5d2c81aa5d2c81aa5d2c81aa5d2c81aa5d2c81aa5d2c81aa5d2c81aa","mode":"flag",)"
    R"("package":"condition-limits","parameters":{"max":8},"version":"1.0.0"}],"scope":{"businessSteps":["shipping"],)"
    R"("ownEvents":true,"products":["https://id.gs1.org/01/09521003000428"]},"start":"2026-01-01T00:00:00.000Z","title":"Milk"})";

}  // namespace

/// The first byte chooses what is read.
void agreement_arguments(ByteView input) {
  if (input.empty()) { return; }
  const auto rest = input.subspan(1);
  switch (input[0] % 9) {
    case 0: decoded<Propose>(rest); break;
    case 1: decoded<Amend>(rest); break;
    case 2: decoded<Sign>(rest); break;
    case 3: decoded<Withdraw>(rest); break;
    case 4: decoded<Terminate>(rest); break;
    case 5: decoded<Say>(rest); break;
    case 6: decoded<Correct>(rest); break;
    case 7: record<AgreementRecord, decode_agreement>(rest); break;
    default: record<FindingRecord, decode_finding>(rest); break;
  }
}

/// What all parties sign has one spelling, and says the same when it is read again.
void agreement_document(ByteView input) {
  const auto document = parse_document(as_text(input));
  if (!document) {
    CHECK(!document.error().reason.empty() && !document.error().message.empty());
    return;
  }
  CHECK(json::canonical(document->value) == as_text(input));
  CHECK(document->parties.size() >= 2 && document->parties.size() <= kPartiesMax);
  CHECK(!document->rules.empty() || !document->policy.is(json::Kind::null));
  CHECK(document->rules.size() <= kRulesMax);
  CHECK(!document->end || *document->end > document->start);
  const auto again = read_document(document->value);
  CHECK(again && again->value == document->value);
}

void package_manifest(ByteView input) {
  const auto manifest = packages::Manifest::decode(as_text(input));
  if (!manifest) {
    CHECK(!manifest.error().reason.empty() && !manifest.error().message.empty());
    return;
  }
  CHECK(manifest->encode() == as_text(input));
  CHECK(packages::Version::parse(manifest->version.text()).ok());
}

std::vector<Bytes> agreement_documents() { return {to_bytes(kDocument)}; }

std::vector<Bytes> agreement_argument_seeds() {
  const auto id = sample::hash_of("agreement");
  const SignatureRecord signature{"dairy", PublicKey{{7}}, Height{3}, 4};
  AgreementRecord agreement;
  agreement.parties = {"dairy", "shop"};
  agreement.versions.push_back({id, VersionStatus::agreed, 5, 6, 5, {}, {signature, signature}});
  FindingRecord finding;
  finding.code = "over_limit";
  finding.message = "too warm";
  finding.statements.push_back({FindingStatus::corrected, "dairy", PublicKey{{7}}, Height{9}, 10, "urn:x:1", "so"});
  std::vector<Bytes> result;
  for (const auto& arguments :
       {Propose{std::string(kDocument)}.encode(), Amend{id, std::string(kDocument)}.encode(), Sign{id, 1, id}.encode(),
        Withdraw{id, 2}.encode(), Terminate{id, "we move"}.encode(), Say{{id, 1}, "seen"}.encode(),
        Correct{{id, 1}, "urn:x:1", "so"}.encode(), encode(agreement), encode(finding)}) {
    auto one = Bytes{static_cast<std::uint8_t>(result.size())};
    one.insert(one.end(), arguments.begin(), arguments.end());
    result.push_back(std::move(one));
  }
  return result;
}

}  // namespace keten::fuzz
