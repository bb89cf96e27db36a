#include "contracts/agreements/agreements_contract.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "contracts/agreements/arguments.h"
#include "contracts/agreements/findings.h"
#include "contracts/agreements/session.h"
#include "contracts/method_table.h"
#include "core/check.h"

namespace keten::agreements {
namespace {

using contracts::Context;

constexpr Milliseconds kDay = 24ULL * 3'600'000ULL;

std::string version_text(std::uint32_t version) { return "version " + std::to_string(version); }

VersionRecord new_version(Session& session, const std::string& canonical, const Document& document) {
  VersionRecord version;
  version.hash = document_hash(canonical);
  version.start = document.start;
  version.end = document.end.value_or(0);
  version.signatures.push_back(session.signature());
  return version;
}

Status check_time(Session& session, const VersionRecord& version) {
  if (version.end == 0 || version.end > session.now()) { return kDone; }
  return refused("AGREEMENT_EXPIRED", "its end lies in the past; propose one that ends later");
}

/// So that judging an event looks at a bounded number of them: forgets what is over, then counts.
Status make_room(Session& session, const std::string& party) {
  const auto prefix = agreed_of(party);
  std::vector<AgreementId> ids;
  session.context().scan(prefix, end_of(prefix), [&](ByteView key, ByteView) {
    ids.push_back(*AgreementId::from(key.subspan(prefix.size())));
    return true;
  });
  if (ids.size() < kAgreementsInForceMax) { return kDone; }
  std::size_t kept = ids.size();
  for (const auto& id : ids) {
    const auto record = session.agreement(id);
    if (!record) { return record.error(); }
    if (!record->is_over(session.now())) { continue; }
    auto key = prefix;
    key.insert(key.end(), id.bytes.begin(), id.bytes.end());
    session.context().erase(key);
    --kept;
  }
  if (kept < kAgreementsInForceMax) { return kDone; }
  return refused("TOO_MANY_AGREEMENTS", party + " has " + std::to_string(kept) +
                                            " agreements that are or will be in force, the most that are possible");
}

Result<Bytes> propose(Session& session, const Propose& arguments) {
  const auto document = parse_document(arguments.document);
  if (!document) { return document.error(); }
  if (!document->has_party(session.organisation())) {
    return failure(ErrorKind::forbidden, "NOT_A_PARTY",
                   session.organisation() + " is no party of the agreement that it proposes; its parties are " +
                       join(document->parties));
  }
  const AgreementId id = document_hash(arguments.document);
  if (session.context().get(agreement_key(id))) {
    return failure(ErrorKind::conflict, "AGREEMENT_EXISTS",
                   "exactly this was proposed before, as " + id.hex() + "; to begin anew change its title");
  }
  for (const auto& party : document->parties) {
    if (auto member = session.check_member(party); !member) { return member.error(); }
  }
  if (auto rules = session.check_rules(*document); !rules) { return rules.error(); }
  const auto proposals = session.proposals(session.organisation());
  if (proposals >= kProposalsOpenMax) {
    return refused("TOO_MANY_PROPOSALS", std::to_string(proposals) + " proposals of " + session.organisation() +
                                             " wait for signatures; withdraw some");
  }
  AgreementRecord record;
  record.parties = document->parties;
  record.versions.push_back(new_version(session, arguments.document, *document));
  if (auto time = check_time(session, record.versions.back()); !time) { return time.error(); }
  session.set_proposals(session.organisation(), proposals + 1);
  session.keep(id, record);
  session.context().put(document_key(id, 1), to_bytes(arguments.document));
  for (const auto& party : record.parties) {
    auto key = of_party(party);
    key.insert(key.end(), id.bytes.begin(), id.bytes.end());
    session.context().put(key, {});
  }
  session.tell(id, "proposed", id.hex());
  return to_bytes(id.view());
}

/// The version that waits for signatures, when it is this one.
Status check_open(const AgreementRecord& record, std::uint32_t version) {
  if (version == 0 || version > record.versions.size()) {
    return failure(ErrorKind::not_found, "UNKNOWN_VERSION",
                   "the agreement has versions 1 to " + std::to_string(record.versions.size()) + ", not " +
                       std::to_string(version));
  }
  const auto& found = record.versions[version - 1];
  if (found.status == VersionStatus::agreed) {
    return refused("VERSION_CLOSED", version_text(version) + " has been signed by all");
  }
  if (found.status == VersionStatus::withdrawn) {
    return refused("VERSION_CLOSED", version_text(version) + " was withdrawn by " + found.withdrawn_by);
  }
  return kDone;
}

/// Whoever opened the first version has one proposal less that waits.
void close_proposal(Session& session, const AgreementRecord& record, std::uint32_t version) {
  if (version != 1) { return; }
  const auto& proposer = record.versions.front().signatures.front().organisation;
  const auto proposals = session.proposals(proposer);
  session.set_proposals(proposer, proposals > 0 ? proposals - 1 : 0);
}

Result<Bytes> sign(Session& session, const Sign& arguments) {
  auto record = session.own_agreement(arguments.agreement);
  if (!record) { return record.error(); }
  if (auto open = check_open(*record, arguments.version); !open) { return open.error(); }
  auto& version = record->versions[arguments.version - 1];
  if (arguments.hash != version.hash) {
    return refused("AGREEMENT_DIFFERS", version_text(arguments.version) + " has the hash " + version.hash.hex() +
                                            ", what was signed has " + arguments.hash.hex() + "; read it again");
  }
  if (version.has_signed(session.organisation())) {
    return refused("ALREADY_SIGNED", session.organisation() + " has signed " + version_text(arguments.version));
  }
  if (auto time = check_time(session, version); !time) { return time.error(); }
  const auto stored = session.context().get(document_key(arguments.agreement, arguments.version));
  const auto document = parse_document(as_text(*stored));
  if (!document) { return document.error(); }
  if (auto rules = session.check_rules(*document); !rules) { return rules.error(); }
  version.signatures.push_back(session.signature());
  const bool all = std::ranges::all_of(record->parties, [&](const auto& party) { return version.has_signed(party); });
  if (all) {
    // What was agreed without rules, about data, is asked by events once it has some.
    if (record->agreed_version() == 0 || !document->rules.empty()) {
      for (const auto& party : record->parties) {
        auto key = agreed_of(party);
        key.insert(key.end(), arguments.agreement.bytes.begin(), arguments.agreement.bytes.end());
        if (session.context().get(key)) { continue; }
        if (auto room = make_room(session, party); !room) { return room.error(); }
        session.context().put(key, {});
      }
    }
    close_proposal(session, *record, arguments.version);
    version.status = VersionStatus::agreed;
    version.agreed = session.now();
  }
  session.keep(arguments.agreement, *record);
  session.tell(arguments.agreement, all ? "agreed" : "signed", arguments.agreement.hex());
  return Bytes{static_cast<std::uint8_t>(all ? 1 : 0)};
}

Result<Bytes> amend(Session& session, const Amend& arguments) {
  auto record = session.own_agreement(arguments.agreement);
  if (!record) { return record.error(); }
  const auto document = parse_document(arguments.document);
  if (!document) { return document.error(); }
  if (const auto open = record->open_version(); open != 0) {
    return refused("VERSION_OPEN", version_text(open) + " waits for signatures; sign or withdraw it first");
  }
  if (record->agreed_version() == 0) {
    return refused("NOT_AGREED", "the agreement was withdrawn before all had signed; propose a new one");
  }
  if (record->terminated != 0) {
    return refused("AGREEMENT_TERMINATED", record->terminated_by + " has terminated it; propose a new one");
  }
  if (record->is_over(session.now())) {
    return refused("AGREEMENT_ENDED", "the agreement has ended; propose a new one");
  }
  if (std::set<std::string>(record->parties.begin(), record->parties.end()) !=
      std::set<std::string>(document->parties.begin(), document->parties.end())) {
    return refused("PARTIES_DIFFER", "an amendment has the parties of the agreement, " + join(record->parties) +
                                         ", found " + join(document->parties) + "; propose a new agreement");
  }
  const auto agreed =
      parse_document(as_text(*session.context().get(document_key(arguments.agreement, record->agreed_version()))));
  if (!agreed) { return agreed.error(); }
  const auto* signed_with = agreed->value.find("profiles");
  const auto* named = document->value.find("profiles");
  const bool other_profiles =
      (signed_with == nullptr) != (named == nullptr) || (named != nullptr && *named != *signed_with);
  if (agreed->policy != document->policy || agreed->scope.datasets != document->scope.datasets || other_profiles) {
    return refused("POLICY_DIFFERS",
                   "an amendment keeps the policy, its profiles and its datasets; another policy is negotiated: keten "
                   "usage offer");
  }
  // What was withdrawn gives its number to the next proposal, so that withdrawing uses nothing up.
  if (record->versions.back().status == VersionStatus::withdrawn) { record->versions.pop_back(); }
  if (record->versions.size() >= kVersionsMax) {
    return refused("TOO_MANY_VERSIONS", "the agreement has " + std::to_string(kVersionsMax) +
                                            " versions, the most that are possible; propose a new one");
  }
  auto version = new_version(session, arguments.document, *document);
  if (version.hash == record->versions[record->agreed_version() - 1].hash) {
    return refused("NOTHING_CHANGES", "this is what all have signed already");
  }
  if (auto time = check_time(session, version); !time) { return time.error(); }
  if (auto rules = session.check_rules(*document); !rules) { return rules.error(); }
  record->versions.push_back(std::move(version));
  const auto number = static_cast<std::uint32_t>(record->versions.size());
  session.context().put(document_key(arguments.agreement, number), to_bytes(arguments.document));
  session.keep(arguments.agreement, *record);
  session.tell(arguments.agreement, "amendment", arguments.agreement.hex());
  return Bytes{static_cast<std::uint8_t>(number)};
}

Result<Bytes> withdraw(Session& session, const Withdraw& arguments) {
  auto record = session.own_agreement(arguments.agreement);
  if (!record) { return record.error(); }
  if (auto open = check_open(*record, arguments.version); !open) { return open.error(); }
  auto& version = record->versions[arguments.version - 1];
  version.status = VersionStatus::withdrawn;
  version.withdrawn_by = session.organisation();
  close_proposal(session, *record, arguments.version);
  session.keep(arguments.agreement, *record);
  session.tell(arguments.agreement, "withdrawn", arguments.agreement.hex());
  return Bytes{};
}

Result<Bytes> terminate(Session& session, const Terminate& arguments) {
  auto record = session.own_agreement(arguments.agreement);
  if (!record) { return record.error(); }
  if (record->agreed_version() == 0) {
    return refused("NOT_AGREED", "not all have signed it; a proposal is withdrawn, not terminated");
  }
  if (record->terminated != 0) {
    return refused("AGREEMENT_TERMINATED", record->terminated_by + " has terminated it already");
  }
  if (const auto open = record->open_version(); open != 0) {
    auto& version = record->versions[open - 1];
    version.status = VersionStatus::withdrawn;
    version.withdrawn_by = session.organisation();
  }
  if (record->is_over(session.now())) { return refused("AGREEMENT_ENDED", "the agreement has ended already"); }
  // The notice is that of the version that holds; when none does, of the newest that all have signed.
  const auto holds = record->version_in_force(session.now());
  const auto stored =
      session.context().get(document_key(arguments.agreement, holds != 0 ? holds : record->agreed_version()));
  CHECK(stored.has_value());
  const auto document = parse_document(as_text(*stored));
  CHECK(document.ok());
  record->terminated = session.now();
  record->ends = session.now() + document->notice_days * kDay;
  record->terminated_by = session.organisation();
  record->reason = arguments.reason;
  session.keep(arguments.agreement, *record);
  session.tell(arguments.agreement, "terminated", arguments.agreement.hex());
  return Bytes{};
}

template <typename Arguments>
Status check_shape(ByteView bytes) {
  const auto arguments = Arguments::decode(bytes);
  return arguments ? kDone : Status(arguments.error());
}

template <typename Arguments, Result<Bytes> (*run)(Session&, const Arguments&)>
Result<Bytes> execute_with(Session& session) {
  const auto arguments = Arguments::decode(session.context().transaction().body.arguments);
  if (!arguments) { return arguments.error(); }
  if (auto registered = session.check_still_registered(); !registered) { return registered.error(); }
  return run(session, *arguments);
}

struct Method {
  std::string_view name;
  Roles roles;
  Status (*check)(ByteView);
  Result<Bytes> (*execute)(Session&);
};

// Whoever signs for a company is its admin. People who work with findings sign with keys of their own; what a node signs for
// them says nothing here.
constexpr Roles kAdmin{Role::admin};
constexpr Roles kPeople{Role::admin, Role::submitter};

constexpr std::array kMethods{
    Method{kPropose, kAdmin, check_shape<Propose>, execute_with<Propose, propose>},
    Method{kSign, kAdmin, check_shape<Sign>, execute_with<Sign, sign>},
    Method{kAmend, kAdmin, check_shape<Amend>, execute_with<Amend, amend>},
    Method{kWithdraw, kAdmin, check_shape<Withdraw>, execute_with<Withdraw, withdraw>},
    Method{kTerminate, kAdmin, check_shape<Terminate>, execute_with<Terminate, terminate>},
    Method{kAnswer, kPeople, check_shape<Say>, execute_with<Say, answer>},
    Method{kCorrect, kPeople, check_shape<Correct>, execute_with<Correct, correct>},
    Method{kDispute, kPeople, check_shape<Say>, execute_with<Say, dispute>},
    Method{kClose, kPeople, check_shape<Say>, execute_with<Say, close>},
};

Result<const Method*> find_method(std::string_view name) {
  return contracts::find_method(kContractName, kMethods, name);
}

}  // namespace

std::string_view AgreementsContract::name() const { return kContractName; }

Result<Roles> AgreementsContract::allowed_roles(std::string_view method) const {
  const auto found = find_method(method);
  if (!found) { return found.error(); }
  return (*found)->roles;
}

Status AgreementsContract::check(const Transaction& transaction) const {
  const auto method = find_method(transaction.body.method);
  if (!method) { return method.error(); }
  if (!transaction.body.payload_commitments.empty()) {
    return invalid("ARGUMENTS_INVALID", transaction.body.method + " takes no payload");
  }
  return (*method)->check(transaction.body.arguments);
}

Result<Bytes> AgreementsContract::execute(Context& context) const {
  const auto method = find_method(context.transaction().body.method);
  if (!method) { return method.error(); }
  Session session(context);
  return (*method)->execute(session);
}

}  // namespace keten::agreements
