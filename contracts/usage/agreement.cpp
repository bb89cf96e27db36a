#include "contracts/usage/agreement.h"

#include <map>
#include <utility>

#include "contracts/agreements/findings.h"
#include "contracts/packages/module_store.h"
#include "contracts/production/time.h"
#include "contracts/usage/policy_reader.h"
#include "core/check.h"

namespace keten::usage {
namespace {

using Json = json::Value;

Json text(std::string_view content) { return Json::string(std::string(content)); }

/// Which versions of which profiles the document was signed with.
std::vector<std::pair<std::string, std::uint32_t>> pinned_in(const Json& document) {
  std::vector<std::pair<std::string, std::uint32_t>> pinned;
  const auto* profiles = document.find("profiles");
  if (profiles == nullptr) { return pinned; }
  for (const auto& [iri, pin] : profiles->members()) {
    pinned.emplace_back(iri, static_cast<std::uint32_t>(pin.find("version")->as_integer().value_or(0)));
  }
  return pinned;
}

/// The same terms judge many uses: they are read once as long as they are kept. What the state is asked for, and what it costs, does
/// not depend on that.
std::shared_ptr<const Terms> terms_of(contracts::Context& context, const Hash& hash, const Bytes& bytes) {
  auto* store = context.modules_if_any();
  std::shared_ptr<const Terms> kept;
  if (store != nullptr) { kept = std::static_pointer_cast<const Terms>(store->made(hash)); }
  Json document;
  if (!kept) {
    auto parsed = json::parse(as_text(bytes));
    CHECK(parsed.ok());
    document = std::move(*parsed);
  }
  auto pinned = kept ? kept->profiles : pinned_in(document);
  std::map<std::string, Bytes> stored;
  for (const auto& [iri, version] : pinned) { stored.emplace(iri, profile_bytes(context, iri, version)); }
  if (kept) { return kept; }
  auto policy = read_policy(*document.find("policy"), {}, [&](const std::string& iri) {
    const auto found = stored.find(iri);
    return found == stored.end() ? nullptr : profile_of(found->second);
  });
  CHECK(policy.ok());  // these bytes were read before they were stored
  const auto terms =
      std::make_shared<const Terms>(Terms{std::move(document), std::move(*policy), bytes.size(), std::move(pinned)});
  constexpr std::size_t kMemoryPerByte = 16;   // of JSON that was read
  constexpr std::size_t kMemoryPerPart = 512;  // of a policy
  if (store != nullptr) {
    store->keep_made(hash, terms, bytes.size() * kMemoryPerByte + terms->policy.weight * kMemoryPerPart);
  }
  return terms;
}

}  // namespace

Json agreement_document(std::string_view negotiation, const NegotiationParties& parties, std::string_view dataset,
                        const Json& policy, const Json& agreed, Milliseconds now) {
  auto document = Json::object();
  document.set("title", text("Data usage, negotiation " + std::string(negotiation)))
      .set("parties", Json::array().push(text(parties.provider)).push(text(parties.consumer)))
      .set("start", text(production::time_text(static_cast<std::int64_t>(now))))
      .set("noticeDays", Json::number(std::int64_t{0}))
      .set("scope", Json::object().set("datasets", Json::array().push(text(dataset))))
      .set("policy", policy);
  for (const auto& [name, value] : agreed.members()) { document.set(name, value); }
  return document;
}

Bytes profile_bytes(contracts::Context& context, const std::string& iri, std::uint32_t version) {
  auto bytes = context.get(as_bytes(profile_version_key(iri, version)));
  CHECK(bytes.has_value());  // versions are never erased
  context.charge(bytes->size() * kFuelPerTermsByte);
  return std::move(*bytes);
}

std::shared_ptr<const Profile> profile_of(ByteView bytes) {
  const auto terms = json::parse(as_text(bytes));
  CHECK(terms.ok());
  auto profile = read_profile(*terms);
  CHECK(profile.ok());  // it was read before it was stored
  return std::make_shared<const Profile>(std::move(*profile));
}

Result<Agreement> find_agreement(contracts::Context& context, Records& records, const std::string& id) {
  const auto about = records.read(agreement_key(id));
  if (!about) {
    return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT",
                   "there is no agreement about data " + id + "; one is made by a negotiation: keten usage offer");
  }
  Agreement agreement;
  agreement.id = id;
  agreement.negotiation = about->find_string("negotiation").value_or("");
  agreement.dataset = about->find_string("dataset").value_or("");
  agreement.provider = about->find_string("provider").value_or("");
  agreement.consumer = about->find_string("consumer").value_or("");
  Bytes bytes;
  Hash hash;
  {
    const contracts::Context::Within there(context, agreements::kContractName);
    const auto key = agreement.agreement_id();
    const auto stored = context.get(agreements::agreement_key(key));
    CHECK(stored.has_value());
    auto record = agreements::decode_agreement(*stored);
    CHECK(record.ok());
    agreement.record = std::move(*record);
    agreement.start = agreement.record.versions.front().in_force_from();
    agreement.version = agreement.record.version_in_force(context.block().time);
    const auto shown = agreement.version != 0 ? agreement.version : agreement.record.agreed_version();
    hash = agreement.record.versions[shown - 1].hash;
    auto document = context.get(agreements::document_key(key, shown));
    CHECK(document.has_value());
    bytes = std::move(*document);
  }
  context.charge(bytes.size() * kFuelPerTermsByte);  // the same whether they are kept or not
  agreement.terms = terms_of(context, hash, bytes);
  return agreement;
}

Result<Agreement> find_active(contracts::Context& context, Records& records, const std::string& id) {
  auto agreement = find_agreement(context, records, id);
  if (!agreement || agreement->version != 0) { return agreement; }
  const auto now = context.block().time;
  const auto& record = agreement->record;
  if (agreement->start > now) {
    return failure(ErrorKind::refused, "AGREEMENT_NOT_BEGUN",
                   "agreement " + id + " begins at " +
                       production::time_text(static_cast<std::int64_t>(agreement->start)) +
                       "; nothing is used under it before");
  }
  return failure(ErrorKind::refused, "AGREEMENT_ENDED",
                 "agreement " + id + " " +
                     (record.terminated != 0 ? "was ended by " + record.terminated_by : "has come to its end") +
                     "; nothing is used under it");
}

Status check_consumer(const Agreement& agreement, const std::string& organisation) {
  if (agreement.consumer == organisation) { return kDone; }
  return failure(ErrorKind::forbidden, "NOT_THE_CONSUMER",
                 "the data is used by " + agreement.consumer + " under this agreement, not by " + organisation);
}

Status check_provider(const Agreement& agreement, const std::string& organisation) {
  if (agreement.provider == organisation) { return kDone; }
  return failure(ErrorKind::forbidden, "NOT_THE_PROVIDER",
                 "the data is provided by " + agreement.provider + " under this agreement, not by " + organisation);
}

std::uint64_t record_finding(contracts::Context& context, Records& records, const Agreement& agreement,
                             const UsageFinding& what) {
  agreements::FindingRecord finding;
  finding.version = agreement.version != 0 ? agreement.version : agreement.record.agreed_version();
  finding.package = agreements::kUsagePackage;
  finding.code = what.code;
  finding.message = what.message.substr(0, agreements::kTextBytesMax);
  finding.organisation = what.organisation;
  finding.event_id = what.subject;
  finding.height = context.block().height;
  finding.transaction = context.transaction_index();
  finding.event = static_cast<std::uint16_t>(records.next_event());
  finding.time = context.block().time;
  if (what.deadline != 0) { finding.overdue = context.block().time; }
  finding.deadline = what.deadline;
  return agreements::record_finding(context, agreement.agreement_id(), finding).number;
}

void mark_corrected(contracts::Context& context, const Agreement& agreement, std::uint64_t finding, std::string_view by,
                    std::string_view text) {
  agreements::mark_corrected(context, {agreement.agreement_id(), finding}, by, text);
}

}  // namespace keten::usage
