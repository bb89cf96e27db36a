#include "contracts/packages/lifecycle.h"

#include <algorithm>
#include <utility>

#include "contracts/fuel.h"
#include "contracts/guest_functions.h"
#include "contracts/packages/limits.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/package_file.h"
#include "contracts/state_row.h"
#include "core/check.h"

namespace keten::packages {
namespace {

// Prices in fuel, beside what every access to the state costs (contracts/fuel.h).
constexpr std::uint64_t kFuelPerPackageByte = 4;   // read, compared, hashed
constexpr std::uint64_t kFuelPerModuleByte = 100;  // decoded, validated, translated

constexpr std::string_view kHeadKind = "contract";

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}
Error forbidden(std::string reason, std::string message) {
  return failure(ErrorKind::forbidden, std::move(reason), std::move(message));
}
Error conflict(std::string reason, std::string message) {
  return failure(ErrorKind::conflict, std::move(reason), std::move(message));
}

std::string title(const PackageRecord& record) { return record.name + " " + record.version.text(); }

/// Keys of the organisations they name, and one of them a publisher's key of the publisher.
Status check_signers(Session& session, const Package& package) {
  bool is_signed = false;
  for (const auto& signature : package.signatures) {
    const auto who = key_text(signature.key);
    const auto key = session.governance().key(signature.key);
    if (!key || !key->is_valid() || key->registered.organisation != signature.organisation) {
      return forbidden(
          "SIGNER_UNKNOWN",
          "the package is signed by " + who + " for " + signature.organisation + ", but that is no valid key of it" +
              (key && !key->is_valid() ? ": it was revoked at height " + key->revoked.text() : std::string()));
    }
    is_signed = is_signed ||
                (signature.organisation == package.manifest.publisher && key->registered.roles.has(Role::publisher));
  }
  if (is_signed) { return kDone; }
  return forbidden("PACKAGE_NOT_SIGNED", "the package has no signature by a key of " + package.manifest.publisher +
                                             " with the role publisher; sign it with `keten contract sign`");
}

/// Takes a package back that was never approved, and its contract when nothing else was published under the name.
void drop(Session& session, const Hash& hash, const PackageRecord& record) {
  session.records().erase_package(hash, record);
  if (session.records().versions(record.name).empty()) {
    session.context().erase(contract_key(record.name));
    for (const auto motion : {Motion::freeze, Motion::resume, Motion::retire, Motion::quota}) {
      if (session.records().motion(record.name, motion)) { session.records().erase_motion(record.name, motion); }
    }
    session.records().set_contract_count(session.records().contract_count() - 1);
  }
}

void close(Session& session, const Hash& hash, std::string_view publisher) {
  auto open = session.records().open(publisher);
  std::erase(open, hash);
  session.records().set_open(publisher, open);
}

/// Room for one more package that waits; those that waited too long go.
Status make_room(Session& session, std::string_view publisher, const Hash& hash) {
  auto open = session.records().open(publisher);
  if (open.size() >= limits::kOpenPerPublisherMax) {
    std::erase_if(open, [&](const Hash& each) {
      const auto record = session.records().package(each);
      CHECK(record.has_value());
      if (session.time() <= record->expires) { return false; }
      drop(session, each, *record);
      return true;
    });
  }
  if (open.size() >= limits::kOpenPerPublisherMax) {
    return refused("TOO_MANY_PACKAGES", std::to_string(open.size()) + " packages of " + std::string(publisher) +
                                            " wait for approval, the most that are possible; withdraw one");
  }
  open.push_back(hash);
  session.records().set_open(publisher, open);
  return kDone;
}

/// Whether everything published under a name waited too long and was never approved: then it is free again.
bool let_go(Session& session, const std::string& name) {
  std::vector<std::pair<Hash, PackageRecord>> all;
  for (const auto& [version, hash] : session.records().versions(name)) {
    const auto record = session.records().package(hash);
    CHECK(record.has_value());
    if (record->is_approved() || session.time() <= record->expires) { return false; }
    all.emplace_back(hash, *record);
  }
  for (const auto& [hash, record] : all) {
    close(session, hash, record.publisher);
    drop(session, hash, record);
  }
  return true;
}

/// The name is free, or the publisher's.
Status check_owner(Session& session, const Manifest& manifest) {
  const auto contract = session.records().contract(manifest.name);
  if (!contract || contract->publisher == manifest.publisher || let_go(session, manifest.name)) { return kDone; }
  return conflict("NAME_TAKEN", "the name " + manifest.name + " belongs to " + contract->publisher +
                                    ", who published under it first; choose another one");
}

/// The contract that a package belongs to; a new one when the name is free.
Result<ContractRecord> contract_for(Session& session, const Manifest& manifest) {
  const auto contract = session.records().contract(manifest.name);
  if (!contract) {
    const auto count = session.records().contract_count();
    if (count >= limits::kContractsMax) {
      return refused("TOO_MANY_CONTRACTS",
                     "there are " + std::to_string(count) + " contracts, the most that are possible");
    }
    session.records().set_contract_count(count + 1);
    return ContractRecord{.publisher = manifest.publisher,
                          .active = std::nullopt,
                          .scheduled = std::nullopt,
                          .frozen = {},
                          .retired = {},
                          .quota = limits::kStateBytesDefault};
  }
  if (contract->retired != Height{}) {
    return refused("CONTRACT_RETIRED", "contract " + manifest.name + " was retired at height " +
                                           contract->retired.text() + "; publish under another name");
  }
  return *contract;
}

Result<PackageRecord> find_package(Session& session, const Hash& hash) {
  auto record = session.records().package(hash);
  if (!record) {
    return failure(ErrorKind::not_found, "UNKNOWN_PACKAGE", "no package " + hash.hex() + " is published");
  }
  return *record;
}

Result<ContractRecord> find_contract(Session& session, const std::string& name) {
  auto record = session.records().contract(name);
  if (!record) {
    return failure(ErrorKind::not_found, "UNKNOWN_PACKAGED_CONTRACT",
                   "no package was published under the name " + name);
  }
  return *record;
}

Error no_voice(Session& session, const governance::Voices& voices) {
  return forbidden(
      "NO_VOICE",
      session.organisation() +
          " runs no validator in this epoch; contracts are decided by organisations that do: " + voices.text());
}

std::set<std::string> organisations(const std::map<std::string, Height>& approvals) {
  std::set<std::string> result;
  for (const auto& [organisation, height] : approvals) { result.insert(organisation); }
  return result;
}

std::string missing_text(const governance::Voices& voices, const std::set<std::string>& approving) {
  std::string result;
  for (const auto& voice : voices.organisations()) {
    if (!approving.contains(voice)) { result += (result.empty() ? "" : ", ") + voice; }
  }
  return result;
}

VoteOutcome outcome_of(const governance::Voices& voices, const std::set<std::string>& votes) {
  const auto counting = voices.approving(votes).size();
  return {.is_decided = counting >= voices.needed(),
          .votes = static_cast<std::uint32_t>(counting),
          .needed = static_cast<std::uint32_t>(voices.needed())};
}

struct Candidate {
  ContractRecord contract;
  PackageRecord package;
};

/// What activation and upgrade have in common: an approved package of this contract, above what runs, by someone whose business it is.
Result<Candidate> candidate(Session& session, const std::string& name, const Hash& hash) {
  auto contract = find_contract(session, name);
  if (!contract) { return contract.error(); }
  auto package = find_package(session, hash);
  if (!package) { return package.error(); }
  if (package->name != name) {
    return refused("OTHER_CONTRACT", "package " + hash.hex() + " is " + title(*package) + ", not a version of " + name);
  }
  const governance::Voices voices(session.governance());
  if (session.organisation() != contract->publisher && !voices.has(session.organisation())) {
    return no_voice(session, voices);
  }
  if (contract->retired != Height{}) {
    return refused("CONTRACT_RETIRED", "contract " + name + " was retired at height " + contract->retired.text());
  }
  if (!package->is_approved()) {
    const auto approving = voices.approving(organisations(package->approvals));
    return refused("NOT_APPROVED", title(*package) + " has " + std::to_string(approving.size()) + " of " +
                                       std::to_string(voices.needed()) +
                                       " approvals; missing: " + missing_text(voices, approving));
  }
  if (const auto* running = contract->running(session.height())) {
    if (package->version <= running->version) {
      return refused("DOWNGRADE", "version " + package->version.text() + " is not above " + running->version.text() +
                                      ", which runs since height " + running->height.text() +
                                      "; publish what should run under a higher version");
    }
    contract->active = *running;
    if (contract->scheduled && contract->scheduled->height <= session.height()) { contract->scheduled.reset(); }
  }
  return Candidate{std::move(*contract), std::move(*package)};
}

/// One version at a height, and one change at a time.
Status check_place(const ContractRecord& contract, const std::string& name, Height height) {
  const auto* taken = contract.scheduled ? &*contract.scheduled : contract.active ? &*contract.active : nullptr;
  if (taken != nullptr && taken->height == height) {
    return conflict("TWO_VERSIONS_AT_ONE_HEIGHT", "version " + taken->version.text() + " of " + name +
                                                      " begins at height " + height.text() +
                                                      " already; choose another height");
  }
  if (contract.scheduled) {
    return refused("ACTIVATION_PENDING", "version " + contract.scheduled->version.text() + " of " + name +
                                             " begins at height " + contract.scheduled->height.text() +
                                             "; another change can be made from then on");
  }
  return kDone;
}

/// Counts what a call has changed in a contract's namespace. Every changed entry is looked up as it was before.
Status settle_quota(Session& session, const std::string& name, std::uint64_t quota) {
  auto& context = session.context();
  const auto prefix = to_bytes("contracts/" + state_prefix(name));
  std::uint64_t more = 0;
  std::uint64_t less = 0;
  bool any = false;
  for (auto at = context.writes().lower_bound(prefix);
       at != context.writes().end() && as_text(at->first).starts_with(as_text(prefix)); ++at) {
    any = true;
    const auto& [key, value] = *at;
    const auto key_bytes = key.size() - prefix.size();
    const auto before = context.before().get(key);
    context.charge(contracts::fuel::kGet + (before ? before->size() * contracts::fuel::kReadByte : 0));
    more += value ? key_bytes + value->size() : 0;
    less += before ? key_bytes + before->size() : 0;
  }
  if (!any || more == less) { return kDone; }
  const auto used = session.records().used(name);
  contracts::expect_row(used + more >= less, "bytes of state");
  const auto after = used + more - less;
  if (after > used && after > quota) {
    return refused("STATE_QUOTA_EXCEEDED", "contract " + name + " would keep " + std::to_string(after) +
                                               " bytes of state, its quota is " + std::to_string(quota) +
                                               "; it can delete something, or organisations vote for more with `keten "
                                               "contract quota`");
  }
  session.records().set_used(name, after);
  return kDone;
}

struct Running {
  const std::string& name;
  const Entry& entry;
  ByteView arguments;
  std::uint64_t quota;
};

Result<Bytes> run(Session& session, Guest& guest, const Running& running) {
  const auto prefix = state_prefix(running.name);
  const auto speaker = std::string(kContractName) + "." + running.name;
  auto result = contracts::guest::call(session.context(), guest.instance,
                                       {.method = running.entry.name,
                                        .arguments = running.arguments,
                                        .fuel_max = running.entry.fuel,
                                        .state_prefix = prefix,
                                        .event_prefix = speaker});
  if (!result) { return result; }
  if (auto settled = settle_quota(session, running.name, running.quota); !settled) { return settled.error(); }
  return result;
}

}  // namespace

Session::Session(contracts::Context& context)
    : context_(context),
      store_(context),
      records_(store_),
      governance_store_([&context](const Bytes& key) { return context.read(key); }),
      governance_(governance_store_) {}

Status Session::check_still_registered() {
  const auto key = governance_.key(context_.caller().key);
  if (!key || key->is_valid()) { return kDone; }
  return forbidden("KEY_REVOKED", key_text(context_.caller().key) + " was revoked at height " + key->revoked.text());
}

void Session::tell(std::string_view step, std::string_view name, const Hash& package, std::uint64_t value) {
  const auto key = contract_key(name);
  context_.about({.kind = kHeadKind, .id = name, .state_key = key}, 0,
                 Fact{"contracts.step",
                      {as_bytes(step), as_bytes(organisation()), package.view(), as_bytes(std::to_string(value))}});
  context_.emit({.kind = std::string(kContractName) + "." + std::string(step),
                 .subject = std::string(name),
                 .data = to_bytes(package.view())});
}

Result<Bytes> publish(Session& session, const Publish& arguments) {
  auto& context = session.context();
  const auto& file = context.transaction().payloads.front().content;
  context.charge(kFuelPerPackageByte * file.size());
  auto package = Package::read(file);
  if (!package) { return package.error(); }
  context.charge(contracts::fuel::kVerify * package->signatures.size());
  if (auto verified = package->check_signatures(); !verified) { return verified.error(); }
  const auto& manifest = package->manifest;
  const auto hash = package->hash();
  if (manifest.publisher != session.organisation()) {
    return forbidden("NOT_THE_PUBLISHER", "the package is of " + manifest.publisher + ", the transaction of " +
                                              session.organisation() + "; a publisher publishes its own packages");
  }
  if (auto signers = check_signers(session, *package); !signers) { return signers.error(); }

  if (auto owner = check_owner(session, manifest); !owner) { return owner.error(); }
  PackageRecord record;
  record.name = manifest.name;
  record.version = manifest.version;
  record.publisher = manifest.publisher;
  record.transaction = context.transaction().id;
  record.published = session.height();
  record.expires = session.time() + arguments.open_for_ms;
  record.module_bytes = static_cast<std::uint32_t>(package->module.size());
  if (const auto there = session.records().version(manifest.name, manifest.version)) {
    if (*there != hash) {
      return conflict("VERSION_EXISTS", "version " + manifest.version.text() + " of " + manifest.name +
                                            " was published with other content, package " + there->hex() +
                                            "; publish this under another version");
    }
    const auto known = session.records().package(hash);
    CHECK(known.has_value());
    if (known->is_approved() || session.time() <= known->expires) {
      return conflict("ALREADY_PUBLISHED", title(record) + " was published at height " + known->published.text() +
                                               (known->is_approved() ? " and is approved" : " and waits for approval"));
    }
    close(session, hash, manifest.publisher);  // it waited too long: everything begins again
  }
  if (auto room = make_room(session, manifest.publisher, hash); !room) { return room.error(); }
  const auto contract = contract_for(session, manifest);
  if (!contract) { return contract.error(); }
  context.charge(kFuelPerModuleByte * package->module.size());
  StartFuel fuel{.most = std::min(context.fuel_left(), limits::kInitializeFuelMax)};
  const auto guest = make_guest(manifest, package->module, fuel);
  const bool could_not_pay = fuel.ran_out && fuel.most < limits::kInitializeFuelMax;
  context.charge(could_not_pay ? context.fuel_left() + 1 : fuel.used);
  if (!guest) { return guest.error(); }

  auto& records = session.records();
  records.set_contract(manifest.name, *contract);
  records.set_version(manifest.name, manifest.version, hash);
  records.set_package(hash, record);
  records.set_files(hash, manifest.encode(), std::move(package->module));
  session.tell("published", manifest.name, hash);
  return to_bytes(hash.view());
}

Result<Bytes> approve(Session& session, const ThePackage& arguments) {
  auto record = find_package(session, arguments.package);
  if (!record) { return record.error(); }
  if (record->is_approved()) {
    return refused("ALREADY_APPROVED", title(*record) + " has been approved at height " + record->approved.text());
  }
  if (session.time() > record->expires) {
    return refused("APPROVAL_EXPIRED", title(*record) + " could be approved until " + std::to_string(record->expires) +
                                           " ms, this block is of " + std::to_string(session.time()) + " ms; " +
                                           record->publisher + " can publish it again");
  }
  const governance::Voices voices(session.governance());
  if (!voices.has(session.organisation())) { return no_voice(session, voices); }
  const bool is_new = record->approvals.emplace(session.organisation(), session.height()).second;
  const auto outcome = outcome_of(voices, organisations(record->approvals));
  // Again: only when enough others have left meanwhile, so that it is decided now.
  if (!is_new && !outcome.is_decided) {
    return refused("ALREADY_APPROVED", session.organisation() + " has approved " + title(*record) +
                                           " already; an organisation counts once");
  }
  if (outcome.is_decided) {
    record->approved = session.height();
    close(session, arguments.package, record->publisher);
  }
  session.records().set_package(arguments.package, *record);
  session.tell("approved", record->name, arguments.package, outcome.is_decided ? 1 : 0);
  return outcome.encode();
}

Result<Bytes> withdraw(Session& session, const ThePackage& arguments) {
  const auto record = find_package(session, arguments.package);
  if (!record) { return record.error(); }
  if (record->publisher != session.organisation()) {
    return forbidden("NOT_THE_PUBLISHER", title(*record) + " was published by " + record->publisher);
  }
  if (record->is_approved()) {
    return refused("ALREADY_APPROVED", title(*record) + " was approved at height " + record->approved.text() +
                                           "; a contract ends by a vote to retire it");
  }
  close(session, arguments.package, record->publisher);
  drop(session, arguments.package, *record);
  session.tell("withdrawn", record->name, arguments.package);
  return Bytes{};
}

Result<Bytes> activate(Session& session, const Activate& arguments) {
  auto found = candidate(session, arguments.name, arguments.package);
  if (!found) { return found.error(); }
  auto& [contract, package] = *found;
  const auto next = session.height().next();
  const auto height = arguments.height == Height{} ? next : arguments.height;
  if (height < next || height.value - next.value > limits::kHeightsAheadMax) {
    return refused("HEIGHT_OUT_OF_RANGE", "a version begins at height " + next.text() + " at the earliest and " +
                                              std::to_string(limits::kHeightsAheadMax) +
                                              " blocks later at the latest, not at " + height.text());
  }
  if (auto place = check_place(contract, arguments.name, height); !place) { return place.error(); }
  const auto manifest = Manifest::decode(as_text(session.records().manifest(arguments.package).value()));
  CHECK(manifest.ok());
  if (contract.active && manifest->migration) {
    return refused("MIGRATION_NEEDED",
                   title(package) + " brings a migration of the state; use `keten contract upgrade`");
  }
  contract.scheduled = Activation{arguments.package, package.version, height};
  session.records().set_contract(arguments.name, contract);
  session.tell("activated", arguments.name, arguments.package, height.value);
  return Bytes{};
}

Result<Bytes> upgrade(Session& session, const Upgrade& arguments) {
  auto found = candidate(session, arguments.name, arguments.package);
  if (!found) { return found.error(); }
  auto& [contract, package] = *found;
  // Whoever approves a version behind the freeze knows of it; an older approval must not set the switch aside.
  if (contract.frozen != Height{} && package.approved <= contract.frozen) {
    return refused("CONTRACT_FROZEN", "contract " + arguments.name + " is frozen since height " +
                                          contract.frozen.text() + " and " + title(package) +
                                          " was approved before; its migration runs when organisations have voted to "
                                          "resume the contract, or have approved a version that mends it");
  }
  if (auto place = check_place(contract, arguments.name, session.height()); !place) { return place.error(); }
  if (!contract.active) {
    return refused("NOTHING_TO_MIGRATE", "no version of " + arguments.name + " has run yet; activate this one instead");
  }
  const auto guest = start_guest(session.context(), arguments.package);
  if (!guest) { return guest.error(); }
  const auto& migration = (*guest)->manifest.migration;
  if (!migration) {
    return refused("NO_MIGRATION",
                   title(package) + " brings no migration of the state; activate it at a height instead");
  }
  const auto from = contract.active->version.text();
  auto migrated = run(session, **guest, {arguments.name, *migration, as_bytes(from), contract.quota});
  if (!migrated) {
    return refused("MIGRATION_FAILED", "the migration of " + arguments.name + " from " + from + " to " +
                                           package.version.text() + " was undone and " + from +
                                           " goes on: " + migrated.error().reason + ", " + migrated.error().message);
  }
  contract.active = Activation{arguments.package, package.version, session.height()};
  session.records().set_contract(arguments.name, contract);
  session.tell("upgraded", arguments.name, arguments.package, session.height().value);
  return migrated;
}

Result<Bytes> vote(Session& session, const Vote& arguments) {
  const auto& [name, motion, value] = arguments;
  auto contract = find_contract(session, name);
  if (!contract) { return contract.error(); }
  const governance::Voices voices(session.governance());
  if (!voices.has(session.organisation())) { return no_voice(session, voices); }
  if (contract->retired != Height{}) {
    return refused("CONTRACT_RETIRED", "contract " + name + " was retired at height " + contract->retired.text());
  }
  const bool is_frozen = contract->frozen != Height{};
  if ((motion == Motion::freeze && is_frozen) || (motion == Motion::resume && !is_frozen) ||
      (motion == Motion::quota && contract->quota == value)) {
    return refused("NOTHING_CHANGES", motion == Motion::quota
                                          ? "the quota of " + name + " is " + std::to_string(value) + " bytes already"
                                          : "contract " + name + (is_frozen ? " is frozen already" : " is not frozen"));
  }
  auto& records = session.records();
  auto record = records.motion(name, motion).value_or(MotionRecord{});
  std::erase_if(record.votes, [&](const auto& each) { return session.time() > each.second.expires; });
  const auto own = record.votes.find(session.organisation());
  const bool is_new = own == record.votes.end() || own->second.value != value;
  record.votes[session.organisation()] = {value, session.time() + keten::limits::kChangeOpenMsDefault};
  const auto outcome = outcome_of(voices, record.voters(value, session.time()));
  if (!is_new && !outcome.is_decided) {
    return refused("ALREADY_VOTED", session.organisation() + " has voted to " + std::string(motion_name(motion)) + " " +
                                        name + " already; an organisation counts once");
  }
  if (!outcome.is_decided) {
    records.set_motion(name, motion, record);
    session.tell(std::string("vote_") + std::string(motion_name(motion)), name, {}, value);
    return outcome.encode();
  }
  records.erase_motion(name, motion);
  switch (motion) {
    case Motion::freeze:
      contract->frozen = session.height();
      records.erase_motion(name, Motion::resume);
      break;
    case Motion::resume:
      contract->frozen = {};
      records.erase_motion(name, Motion::freeze);
      break;
    case Motion::retire:
      if (const auto* running = contract->running(session.height())) { contract->active = *running; }
      contract->retired = session.height();
      contract->scheduled.reset();
      break;
    case Motion::quota: contract->quota = value; break;
  }
  records.set_contract(name, *contract);
  session.tell(motion == Motion::freeze   ? "frozen"
               : motion == Motion::resume ? "resumed"
               : motion == Motion::retire ? "retired"
                                          : "quota_set",
               name, {}, value);
  return outcome.encode();
}

Result<Bytes> call(Session& session, const Call& arguments) {
  const auto& name = arguments.name;
  const auto contract = find_contract(session, name);
  if (!contract) { return contract.error(); }
  if (contract->retired != Height{}) {
    return refused("CONTRACT_RETIRED", "contract " + name + " was retired at height " + contract->retired.text());
  }
  if (contract->frozen != Height{}) {
    return refused("CONTRACT_FROZEN", "contract " + name + " is frozen since height " + contract->frozen.text() +
                                          "; it runs again when organisations have voted to resume it");
  }
  const auto* running = contract->running(session.height());
  if (running == nullptr) {
    return refused("CONTRACT_NOT_ACTIVE", contract->scheduled
                                              ? "version " + contract->scheduled->version.text() + " of " + name +
                                                    " runs from height " + contract->scheduled->height.text() + " on"
                                              : "no version of " + name + " has been activated");
  }
  const auto guest = start_guest(session.context(), running->package);
  if (!guest) { return guest.error(); }
  const auto* entry = (*guest)->manifest.method(arguments.method);
  if (entry == nullptr) {
    std::string known;
    for (const auto& each : (*guest)->manifest.methods) { known += (known.empty() ? "" : ", ") + each.name; }
    return failure(ErrorKind::not_found, "UNKNOWN_METHOD",
                   "contract " + name + " " + running->version.text() + " has no method '" + arguments.method +
                       "'; known: " + (known.empty() ? "none" : known));
  }
  return run(session, **guest, {name, *entry, arguments.arguments, contract->quota});
}

}  // namespace keten::packages
