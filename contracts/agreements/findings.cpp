#include "contracts/agreements/findings.h"

#include <algorithm>
#include <vector>

#include "contracts/agreements/agreement_state.h"
#include "contracts/block_heads.h"
#include "contracts/production/event_record.h"
#include "core/check.h"
#include "core/encoding.h"

namespace keten::agreements {
namespace {

/// For watchers: the whole finding.
contracts::ContractEvent event_of(const Finding& finding, std::string_view what, Milliseconds time) {
  return {std::string(kContractName) + "." + std::string(what), finding.id.text(),
          to_bytes(json::canonical(to_json(finding, time)))};
}

Result<FindingRecord> find_open(Session& session, const FindingId& id, FindingStatus next) {
  const auto agreement = session.own_agreement(id.agreement);
  if (!agreement) { return agreement.error(); }
  const auto stored = session.context().get(finding_key(id));
  if (!stored) {
    return failure(ErrorKind::not_found, "UNKNOWN_FINDING",
                   "agreement " + id.agreement.hex() + " has no finding " + std::to_string(id.number));
  }
  auto record = decode_finding(*stored);
  CHECK(record.ok());
  if (record->status == FindingStatus::closed) {
    return refused("FINDING_CLOSED", "finding " + std::to_string(id.number) + " was closed by " +
                                         record->statements.back().organisation + " at height " +
                                         record->statements.back().height.text());
  }
  // Each party has its share, so that nobody can take the word from another; closing is always possible.
  const auto share = kStatementsMax / agreement->parties.size();
  const auto own = std::ranges::count(record->statements, session.organisation(), &Statement::organisation);
  if (next != FindingStatus::closed && static_cast<std::size_t>(own) >= share) {
    return refused("TOO_MANY_STATEMENTS", session.organisation() + " has made " + std::to_string(own) +
                                              " statements about this finding, the most that are possible for one of " +
                                              std::to_string(agreement->parties.size()) + " parties");
  }
  return record;
}

Result<Bytes> say(Session& session, const FindingId& id, FindingRecord record, Statement statement) {
  statement.organisation = session.organisation();
  statement.key = session.context().caller().key;
  statement.height = session.context().block().height;
  statement.time = session.now();
  // The time to deal with it counts until somebody has dealt with it.
  if (record.status == FindingStatus::open && record.deadline != 0) {
    session.context().erase(deadline_key(record.deadline, id));
    if (session.now() > record.deadline && record.overdue == 0) { record.overdue = session.now(); }
  }
  record.status = statement.status;
  const auto what = std::string(status_name(statement.status));
  record.statements.push_back(std::move(statement));
  session.context().put(finding_key(id), encode(record));
  session.tell(id.agreement, what, id.text());
  return Bytes{};
}

}  // namespace

FindingId record_finding(contracts::Context& context, const AgreementId& agreement, const FindingRecord& finding) {
  const contracts::Context::Within here(context, kContractName);
  const auto key = agreement_key(agreement);
  const auto stored = context.get(findings_key(agreement));
  const FindingId id{agreement, (stored ? Reader(*stored).u64() : 0) + 1};
  Writer count;
  count.u64(id.number);
  auto bytes = encode(finding);
  context.about({.kind = kHeadKind, .id = agreement.hex(), .state_key = key}, finding.event,
                Fact{"agreements.finding", {as_bytes(std::to_string(id.number)), bytes}});
  context.put(findings_key(agreement), count.take());
  context.put(finding_key(id), std::move(bytes));
  // What is overdue when it is found is not to be found so again.
  if (finding.deadline != 0 && finding.overdue == 0) { context.put(deadline_key(finding.deadline, id), {}); }
  context.emit(event_of({id, finding}, "finding", finding.time));
  return id;
}

Result<Bytes> answer(Session& session, const Say& arguments) {
  auto record = find_open(session, arguments.finding, FindingStatus::answered);
  if (!record) { return record.error(); }
  Statement statement;
  statement.status = FindingStatus::answered;
  statement.text = arguments.text;
  return say(session, arguments.finding, std::move(*record), std::move(statement));
}

Result<Bytes> dispute(Session& session, const Say& arguments) {
  auto record = find_open(session, arguments.finding, FindingStatus::disputed);
  if (!record) { return record.error(); }
  Statement statement;
  statement.status = FindingStatus::disputed;
  statement.text = arguments.text;
  return say(session, arguments.finding, std::move(*record), std::move(statement));
}

Result<Bytes> correct(Session& session, const Correct& arguments) {
  auto record = find_open(session, arguments.finding, FindingStatus::corrected);
  if (!record) { return record.error(); }
  if (record->organisation != session.organisation()) {
    return failure(ErrorKind::forbidden, "NOT_THE_RECORDER",
                   "the event was recorded by " + record->organisation + ", and only it can correct it");
  }
  if (record->package == kUsagePackage) {
    return refused("CORRECTED_ELSEWHERE",
                   "the finding is about the use of data: it is corrected by keten usage correct, log or fulfil");
  }
  // The event that corrects, or the declaration that the event itself was an error.
  std::optional<production::EventPosition> newest;
  for (const bool declares_error : {false, true}) {
    const auto stored = session.context().read(full_key(
        "production", production::event_record_key(session.organisation(), arguments.event_id, declares_error)));
    if (!stored) { continue; }
    const auto event = production::decode_event_record(*stored);
    CHECK(event.ok());
    if (!newest || event->position > *newest) { newest = event->position; }
  }
  if (!newest) {
    return failure(
        ErrorKind::not_found, "CORRECTION_UNKNOWN",
        session.organisation() + " has recorded no event " + arguments.event_id + "; record the correction first");
  }
  const production::EventPosition judged{record->height, record->transaction, record->event};
  if (*newest <= judged) {
    return refused("CORRECTION_TOO_OLD",
                   "event " + arguments.event_id + " was not recorded behind the event that the finding is about");
  }
  Statement statement;
  statement.status = FindingStatus::corrected;
  statement.event_id = arguments.event_id;
  statement.text = arguments.text;
  return say(session, arguments.finding, std::move(*record), std::move(statement));
}

void mark_corrected(contracts::Context& context, const FindingId& id, std::string_view by, std::string_view text) {
  const contracts::Context::Within here(context, kContractName);
  Session session(context);
  auto record = find_open(session, id, FindingStatus::corrected);
  if (!record) { return; }
  Statement statement;
  statement.status = FindingStatus::corrected;
  statement.event_id = by;
  statement.text = text;
  (void)say(session, id, std::move(*record), std::move(statement));
}

Result<Bytes> close(Session& session, const Say& arguments) {
  auto record = find_open(session, arguments.finding, FindingStatus::closed);
  if (!record) { return record.error(); }
  if (record->organisation == session.organisation()) {
    return failure(ErrorKind::forbidden, "OWN_FINDING",
                   "the finding is about an event of " + record->organisation +
                       "; another party closes it when it is content. Answer, correct or dispute it");
  }
  Statement statement;
  statement.status = FindingStatus::closed;
  statement.text = arguments.text;
  return say(session, arguments.finding, std::move(*record), std::move(statement));
}

void mark_overdue(const contracts::StateReader& state, const contracts::BlockContext& block,
                  contracts::WriteSet& writes, std::vector<contracts::IndexEntry>& index,
                  std::vector<contracts::ContractEvent>& events) {
  std::vector<std::pair<Bytes, FindingId>> due;
  const auto prefix = full_key(deadlines());
  state.scan(prefix, end_of(prefix), [&](ByteView key, ByteView) {
    const auto found = read_deadline_key(key.subspan(full_key({}).size()));
    CHECK(found.has_value());
    if (found->first >= block.time || due.size() == kOverdueAtOnce) { return false; }
    due.emplace_back(to_bytes(key), found->second);
    return true;
  });
  contracts::BlockHeads heads(state, block);
  for (auto& [key, id] : due) {
    auto finding = read_finding(state, id);
    CHECK(finding.has_value());
    finding->record.overdue = block.time;
    events.push_back(event_of(*finding, "overdue", block.time));
    auto record = encode(finding->record);
    heads.about(kHeadKind, id.agreement.hex(), full_key(agreement_key(id.agreement)),
                Fact{"agreements.overdue", {as_bytes(std::to_string(id.number)), record}});
    writes.insert_or_assign(full_key(finding_key(id)), std::move(record));
    writes.insert_or_assign(std::move(key), std::nullopt);
  }
  heads.finish(writes, index);
}

}  // namespace keten::agreements
