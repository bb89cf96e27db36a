#include "contracts/usage/methods.h"
#include "contracts/usage/policy_reader.h"
#include "contracts/usage/profile.h"
#include "contracts/usage/usage_contract.h"

namespace keten::usage {

/// The next version of a profile. Earlier ones stay: agreements are judged by the version that they have signed.
Result<Bytes> register_profile(const Call& call) {
  using Json = json::Value;
  const auto& iri = call.arguments.profile;
  const auto& organisation = call.organisation();
  const auto key = profile_key(iri);
  if (iri.find(':') == std::string::npos || is_built_in_profile(iri)) {
    return invalid("USAGE_ARGUMENTS",
                   "at /profile: expected an IRI, and none of those that the ledger knows, found " + iri);
  }
  std::int64_t version = 1;
  if (const auto before = call.records.get(key)) {
    const auto owner = before->find_string("owner").value_or("");
    if (owner != organisation) {
      return forbidden("NOT_THE_OWNER",
                       "profile " + iri + " belongs to " + std::string(owner) + ", not to " + organisation);
    }
    version += before->find("version")->as_integer().value_or(0);
  } else if (auto name = check_own_name(kProfileNames, iri, organisation); !name) {
    return name.error();
  }
  if (version > static_cast<std::int64_t>(kProfileVersionsMax)) {
    return refused("TOO_MANY_VERSIONS", "profile " + iri + " has " + std::to_string(kProfileVersionsMax) +
                                            " versions, the most that are possible; register another name");
  }
  const auto canonical = json::canonical(*call.arguments.profile_terms);
  if (canonical.size() > kProfileBytesMax) {
    return failure(ErrorKind::too_large, "PROFILE_TOO_LARGE",
                   "a profile has at most " + std::to_string(kProfileBytesMax) + " bytes, this one has " +
                       std::to_string(canonical.size()));
  }
  call.context.charge(canonical.size() * kFuelPerTermsByte);
  const auto terms = json::parse(canonical);
  if (!terms) { return terms.error(); }
  if (auto profile = read_profile(*terms); !profile) { return profile.error(); }
  const auto hash = profile_hash(canonical).hex();
  call.records.put(profile_version_key(iri, static_cast<std::uint32_t>(version)), canonical);
  auto record = Json::object();
  record.set("profile", text(iri))
      .set("owner", text(organisation))
      .set("version", Json::number(version))
      .set("hash", text(hash));
  call.records.stamp(record);
  call.records.set(key, record);
  call.records.emit("profile_registered", iri);
  return to_bytes(json::canonical(Json::object().set("version", Json::number(version)).set("hash", text(hash))));
}

}  // namespace keten::usage
