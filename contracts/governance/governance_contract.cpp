#include "contracts/governance/governance_contract.h"

#include <algorithm>
#include <array>
#include <utility>

#include "contracts/governance/amendments.h"
#include "contracts/governance/arguments.h"
#include "contracts/governance/member_history.h"
#include "contracts/governance/records.h"
#include "contracts/governance/voices.h"
#include "contracts/method_table.h"
#include "core/limits.h"

namespace keten::governance {
namespace {

using contracts::Context;

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}

/// One transaction: its records, and the amendments that it makes.
struct Session {
  explicit Session(Context& the_context) : context(the_context) {}

  Context& context;
  ContextStore store{context};
  Records records{store};
  Amendments amendments{context, records};

  [[nodiscard]] const std::string& organisation() const { return context.caller().organisation; }
  [[nodiscard]] Height height() const { return context.block().height; }
  void emit(std::string_view what, std::string subject) {
    context.emit({"governance." + std::string(what), std::move(subject), {}});
  }
};

/// The directory is that of the block before: what an earlier transaction of this block took away counts here at once.
Status check_still_registered(Session& session) {
  const auto key = session.records.key(session.context.caller().key);
  if (key && !key->is_valid()) {
    return failure(ErrorKind::forbidden, "KEY_REVOKED",
                   key_text(session.context.caller().key) + " was revoked at height " + key->revoked.text());
  }
  return kDone;
}

void close(Session& session, ChangeId id, ChangeRecord& record, ChangeStatus status) {
  record.status = status;
  record.closed = session.height();
  session.records.set_change(id, record);
  auto open = session.records.open_changes();
  std::erase(open, id);
  session.records.set_open_changes(open);
}

struct OpenChanges {
  std::size_t all = 0;
  std::size_t own = 0;  ///< of the sender's organisation
};

/// Closes what expired, as much as one transaction pays for; the rest of that is not counted either.
OpenChanges count_open(Session& session) {
  OpenChanges open;
  std::size_t closed = 0;
  for (const auto id : session.records.open_changes()) {
    auto record = session.records.change(id);
    if (!record) { continue; }
    if (session.context.block().time <= record->expires) {
      ++open.all;
      open.own += record->proposer == session.organisation() ? 1 : 0;
    } else if (closed < kChangesClosedAtOnce) {
      close(session, id, *record, ChangeStatus::expired);
      ++closed;
    }
  }
  return open;
}

Status apply_all(Session& session, const ProposeChange& proposal) {
  for (const auto& change : proposal.changes) {
    if (auto applied = session.amendments.apply(change); !applied) { return applied; }
  }
  return session.amendments.finish();
}

ChangeOutcome outcome_of(ChangeId id, const ChangeRecord& record, const Voices& voices) {
  const auto approvals = static_cast<std::uint32_t>(voices.approving(record.approvals).size());
  return {
      .change = id, .applied = false, .approvals = approvals, .needed = static_cast<std::uint32_t>(voices.needed())};
}

/// Applies the change when enough have approved; keeps the record either way.
Result<Bytes> settle(Session& session, ChangeId id, ChangeRecord record, const ProposeChange& proposal,
                     const Voices& voices) {
  auto outcome = outcome_of(id, record, voices);
  if (outcome.approvals < outcome.needed) {
    session.records.set_change(id, record);
    return outcome.encode();
  }
  outcome.applied = true;
  close(session, id, record, ChangeStatus::applied);
  if (auto applied = apply_all(session, proposal); !applied) { return applied.error(); }
  session.emit("applied", id.text());
  return outcome.encode();
}

Result<Bytes> propose(Session& session, const ProposeChange& proposal) {
  const Voices voices(session.records);
  const auto count = count_open(session);
  // Nobody keeps those who govern from it: whoever has a voice has room for one change, whatever the others propose.
  if (count.all >= limits::kChangesOpenMax && (count.own > 0 || !voices.has(session.organisation()))) {
    return refused("TOO_MANY_CHANGES", std::to_string(count.all) +
                                           " changes are open, the most that are possible; approve or withdraw some");
  }
  if (count.own >= limits::kChangesOpenPerOrganisationMax) {
    return refused("TOO_MANY_CHANGES", session.organisation() + " has proposed " + std::to_string(count.own) +
                                           " changes that are still open; withdraw some");
  }
  const auto id = session.records.take_change_id();
  ChangeRecord record;
  record.proposer = session.organisation();
  record.key = session.context.caller().key;
  record.height = session.height();
  record.time = session.context.block().time;
  record.expires = record.time + proposal.open_for_ms;
  if (voices.has(record.proposer)) { record.approvals.insert(record.proposer); }
  record.proposal = session.context.transaction().body.arguments;
  auto open = session.records.open_changes();
  open.push_back(id);
  session.records.set_open_changes(open);

  if (outcome_of(id, record, voices).approvals < voices.needed()) {
    // A change that could not be applied today is refused today, not after everybody has approved it.
    const auto before = session.context.savepoint();
    if (auto applied = apply_all(session, proposal); !applied) { return applied.error(); }
    session.context.roll_back(before);
  }
  session.emit("proposed", id.text());
  return settle(session, id, std::move(record), proposal, voices);
}

/// An open change, unless its time is over.
Result<ChangeRecord> find_open(Session& session, ChangeId id) {
  auto record = session.records.change(id);
  if (!record) { return failure(ErrorKind::not_found, "UNKNOWN_CHANGE", "there is no change " + id.text()); }
  if (record->status != ChangeStatus::open) {
    return refused("CHANGE_CLOSED", "change " + id.text() + " was " + std::string(change_status_name(record->status)) +
                                        " at height " + record->closed.text());
  }
  if (session.context.block().time > record->expires) {
    return refused("CHANGE_EXPIRED", "change " + id.text() + " could be approved until " +
                                         std::to_string(record->expires) + " ms, this block is of " +
                                         std::to_string(session.context.block().time) + " ms; propose it again");
  }
  return *record;
}

Result<Bytes> approve(Session& session, const ApproveChange& arguments) {
  auto record = find_open(session, arguments.change);
  if (!record) { return record.error(); }
  if (arguments.digest != change_digest(record->proposal)) {
    return refused("CHANGE_DIFFERS", "change " + arguments.change.text() +
                                         " has another content than the one that was approved; look at it again");
  }
  const Voices voices(session.records);
  if (!voices.has(session.organisation())) {
    return failure(
        ErrorKind::forbidden, "NO_VOICE",
        session.organisation() +
            " runs no validator in this epoch; changes are approved by organisations that do: " + voices.text());
  }
  // Again: only when enough others have left meanwhile, so that it can be applied now.
  const bool is_new = record->approvals.insert(session.organisation()).second;
  if (!is_new && outcome_of(arguments.change, *record, voices).approvals < voices.needed()) {
    return refused("ALREADY_APPROVED", session.organisation() + " has approved change " + arguments.change.text() +
                                           " already; an organisation counts once");
  }
  const auto proposal = ProposeChange::decode(record->proposal);
  if (!proposal) { return proposal.error(); }
  session.emit("approved", arguments.change.text());
  return settle(session, arguments.change, std::move(*record), *proposal, voices);
}

Result<Bytes> withdraw(Session& session, const WithdrawChange& arguments) {
  auto record = find_open(session, arguments.change);
  if (!record) { return record.error(); }
  if (record->proposer == session.organisation()) {
    close(session, arguments.change, *record, ChangeStatus::withdrawn);
  } else if (record->approvals.erase(session.organisation()) > 0) {
    session.records.set_change(arguments.change, *record);
  } else {
    return refused("NOT_APPROVED",
                   session.organisation() + " has neither proposed nor approved change " + arguments.change.text());
  }
  session.emit("withdrawn", arguments.change.text());
  return Bytes{};
}

Result<Bytes> rotate(Session& session, const RotateValidator& arguments) {
  if (auto done = session.amendments.rotate(session.organisation(), arguments); !done) { return done.error(); }
  if (auto done = session.amendments.finish(); !done) { return done.error(); }
  session.emit("key_rotated", arguments.node);
  return Bytes{};
}

Result<Bytes> update(Session& session, const UpdateNode& arguments) {
  if (auto done = session.amendments.update(session.organisation(), arguments); !done) { return done.error(); }
  session.emit("node_updated", arguments.node);
  return Bytes{};
}

Result<Bytes> add_key(Session& session, const AddKey& arguments) {
  if (auto done = session.amendments.add_user_key(session.organisation(), arguments.key); !done) {
    return done.error();
  }
  session.emit("key_added", session.organisation() + "/" + arguments.key.name);
  return Bytes{};
}

Result<Bytes> revoke_key(Session& session, const RevokeKey& arguments) {
  if (auto done = session.amendments.revoke_user_key(session.organisation(), arguments.key); !done) {
    return done.error();
  }
  session.emit("key_revoked", key_text(arguments.key));
  return Bytes{};
}

/// A quorum is ready, and everyone who joins: otherwise the new ones would use up the tolerance for faults at once.
bool is_complete(const PendingRecord& pending, const EpochRecord& current) {
  std::uint64_t ready = 0;
  for (const auto& validator : pending.validators) {
    const bool says_so = pending.ready.contains(validator.number);
    if (says_so) { ready += validator.weight; }
    const bool joins = std::ranges::none_of(
        current.validators, [&](const Validator& present) { return present.number == validator.number; });
    if (joins && !says_so) { return false; }
  }
  return ValidatorSet(pending.validators).has_quorum(ready);
}

Result<Bytes> ready(Session& session, const Ready& arguments) {
  auto pending = session.records.pending();
  if (!pending) { return refused("NOTHING_PENDING", "no change waits for a next epoch"); }
  const ValidatorSet next(pending->validators);
  if (arguments.set != next.id()) {
    return refused("OTHER_VALIDATORS", "the next epoch's validators are " + next.id().hex() + ", ready was said for " +
                                           arguments.set.hex());
  }
  const auto place = next.find(session.context.caller().key);
  if (!place) {
    return failure(ErrorKind::forbidden, "NOT_IN_NEXT_SET",
                   key_text(session.context.caller().key) + " is no key of the next epoch's validators");
  }
  if (arguments.synced > session.height() ||
      session.height().value - arguments.synced.value > limits::kReadyAgeBlocksMax) {
    return refused("READY_TOO_OLD", "executed up to height " + arguments.synced.text() + ", expected at most " +
                                        std::to_string(limits::kReadyAgeBlocksMax) + " blocks before height " +
                                        session.height().text());
  }
  const auto& validator = next.at(*place);
  if (!pending->ready.emplace(validator.number, session.height()).second) { return Bytes{}; }
  session.emit("ready", validator.node);
  if (!pending->is_frozen() && is_complete(*pending, session.records.current())) {
    pending->frozen = session.height();
    session.emit("frozen", session.records.current_epoch().next().text());
  }
  session.records.set_pending(*pending);
  return Bytes{};
}

template <typename Arguments>
Status check_shape(ByteView bytes) {
  const auto arguments = Arguments::decode(bytes);
  return arguments ? kDone : Status(arguments.error());
}

template <typename Arguments, Result<Bytes> (*run)(Session&, const Arguments&)>
Result<Bytes> execute_with(Session& session) {
  const auto arguments = Arguments::decode(session.context.transaction().body.arguments);
  if (!arguments) { return arguments.error(); }
  if (auto registered = check_still_registered(session); !registered) { return registered.error(); }
  return run(session, *arguments);
}

struct Method {
  std::string_view name;
  Roles roles;
  Status (*check)(ByteView);
  Result<Bytes> (*execute)(Session&);
};

constexpr Roles kAdmin{Role::admin};

constexpr std::array kMethods{
    Method{kPropose, kAdmin, check_shape<ProposeChange>, execute_with<ProposeChange, propose>},
    Method{kApprove, kAdmin, check_shape<ApproveChange>, execute_with<ApproveChange, approve>},
    Method{kWithdraw, kAdmin, check_shape<WithdrawChange>, execute_with<WithdrawChange, withdraw>},
    Method{kRotateValidator, kAdmin, check_shape<RotateValidator>, execute_with<RotateValidator, rotate>},
    Method{kUpdateNode, kAdmin, check_shape<UpdateNode>, execute_with<UpdateNode, update>},
    Method{kAddKey, kAdmin, check_shape<AddKey>, execute_with<AddKey, add_key>},
    Method{kRevokeKey, kAdmin, check_shape<RevokeKey>, execute_with<RevokeKey, revoke_key>},
    Method{kReady, Roles{Role::validator}, check_shape<Ready>, execute_with<Ready, ready>},
};

Result<const Method*> find_method(std::string_view name) {
  return contracts::find_method(kContractName, kMethods, name);
}

}  // namespace

std::string_view GovernanceContract::name() const { return kContractName; }

Result<Roles> GovernanceContract::allowed_roles(std::string_view method) const {
  const auto found = find_method(method);
  if (!found) { return found.error(); }
  return (*found)->roles;
}

Status GovernanceContract::check(const Transaction& transaction) const {
  const auto method = find_method(transaction.body.method);
  if (!method) { return method.error(); }
  if (!transaction.body.payload_commitments.empty()) {
    return invalid("ARGUMENTS_INVALID", transaction.body.method + " takes no payload");
  }
  return (*method)->check(transaction.body.arguments);
}

Result<Bytes> GovernanceContract::execute(Context& context) const {
  const auto method = find_method(context.transaction().body.method);
  if (!method) { return method.error(); }
  Session session(context);
  auto result = (*method)->execute(session);
  if (result) { record_members(context); }
  return result;
}

}  // namespace keten::governance
