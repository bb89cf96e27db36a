#include "contracts/agreements/session.h"

#include "contracts/agreements/agreement_state.h"
#include "contracts/governance/records.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/records.h"
#include "core/check.h"
#include "core/encoding.h"

namespace keten::agreements {
namespace {

/// Governance, read by another contract.
packages::GovernanceReader governance_of(contracts::Context& context) {
  return packages::GovernanceReader([&context](const Bytes& key) { return context.read(key); });
}

}  // namespace

std::string join(const std::vector<std::string>& words) {
  std::string result;
  for (const auto& word : words) { result += (result.empty() ? "" : ", ") + word; }
  return result;
}

Status Session::check_still_registered() {
  auto store = governance_of(context_);
  const auto key = governance::Records(store).key(context_.caller().key);
  if (key && !key->is_valid()) {
    return failure(ErrorKind::forbidden, "KEY_REVOKED",
                   key_text(context_.caller().key) + " was revoked at height " + key->revoked.text());
  }
  return kDone;
}

Status Session::check_member(const std::string& organisation) {
  auto store = governance_of(context_);
  const auto record = governance::Records(store).organisation(organisation);
  if (!record) {
    return failure(ErrorKind::not_found, "UNKNOWN_ORGANISATION", "no member of this chain is called " + organisation);
  }
  if (!record->is_member()) {
    return refused("ORGANISATION_LEFT", organisation + " left the chain at height " + record->left.text());
  }
  return kDone;
}

Status Session::check_rules(const Document& document) {
  for (std::size_t i = 0; i < document.rules.size(); ++i) {
    const auto& rule = document.rules[i];
    const auto place = "rule " + std::to_string(i) + ": ";
    if (auto usable = packages::check_usable(context_, rule.hash); !usable) {
      auto error = usable.error();
      error.message = place + error.message;
      return error;
    }
    const auto stored = context_.read(packages::manifest_entry(rule.hash));
    CHECK(stored.has_value());
    const auto manifest = packages::Manifest::decode(as_text(*stored));
    CHECK(manifest.ok());
    if (manifest->name != rule.package || manifest->version.text() != rule.version) {
      return refused("PACKAGE_DIFFERS", place + "the hash is that of " + manifest->name + " " +
                                            manifest->version.text() + ", the agreement says " + rule.package + " " +
                                            rule.version);
    }
    if (manifest->rule(rule.entry) == nullptr) {
      std::vector<std::string> known;
      for (const auto& one : manifest->rules) { known.push_back(one.name); }
      return failure(ErrorKind::not_found, "UNKNOWN_RULE",
                     place + rule.package + " has no rule '" + rule.entry + "'; it has: " + join(known));
    }
  }
  return kDone;
}

Result<AgreementRecord> Session::agreement(const AgreementId& id) {
  const auto stored = context_.get(agreement_key(id));
  if (!stored) { return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "there is no agreement " + id.hex()); }
  auto record = decode_agreement(*stored);
  CHECK(record.ok());
  return record;
}

Result<AgreementRecord> Session::own_agreement(const AgreementId& id) {
  auto record = agreement(id);
  if (record && !record->has_party(organisation())) {
    return failure(ErrorKind::forbidden, "NOT_A_PARTY",
                   organisation() + " is no party of this agreement; its parties are " + join(record->parties));
  }
  return record;
}

std::uint32_t Session::proposals(std::string_view organisation) {
  const auto stored = context_.get(proposals_key(organisation));
  if (!stored) { return 0; }
  Reader reader(*stored);
  return reader.u32();
}

void Session::set_proposals(std::string_view organisation, std::uint32_t count) {
  Writer writer;
  writer.u32(count);
  context_.put(proposals_key(organisation), writer.take());
}

void Session::tell(const AgreementId& id, std::string_view what, std::string_view subject, Bytes data) {
  const auto key = agreement_key(id);
  context_.about_call({.kind = kHeadKind, .id = id.hex(), .state_key = key}, "agreements.call");
  context_.emit({std::string(kContractName) + "." + std::string(what), std::string(subject), std::move(data)});
}

}  // namespace keten::agreements
