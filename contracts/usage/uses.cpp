#include "contracts/production/time.h"
#include "contracts/usage/methods.h"
#include "contracts/usage/usage_contract.h"
#include "contracts/usage/use_judge.h"

namespace keten::usage {
namespace {

using Json = json::Value;

void keep_line(const Call& call, const Agreement& agreement, const Json& record) {
  const auto number = static_cast<std::uint64_t>(record.find("number")->as_integer().value_or(0));
  call.records.set(line_key(agreement.id, number), line_of(record));
}

void keep(const Call& call, const Agreement& agreement, const std::string& key, Json& record) {
  call.records.stamp(record);
  call.records.set(key, record, {.kind = kAgreementKind, .id = agreement.id});
  keep_line(call, agreement, record);
}

Status check_new(const Call& call, const Agreement& agreement, const std::string& use) {
  if (!call.records.get(use_key(agreement.id, use))) { return kDone; }
  return failure(ErrorKind::conflict, "USE_ID_USED",
                 "use " + use + " was recorded before under this agreement; a use has an id of its own");
}

/// A use that happened without a permission is a finding, which the provider closes.
void note_violation(const Call& call, const Agreement& agreement, Json& record, const std::string& use) {
  const auto finding =
      record_finding(call.context, call.records, agreement,
                     {.code = "violation",
                      .message = "use " + use + ": " + std::string(record.find_string("reason").value_or("")),
                      .subject = use,
                      .organisation = agreement.consumer});
  record.set("finding", Json::number(static_cast<std::int64_t>(finding)));
}

/// The log of a use that was asked for before: counted then, reported now.
Result<Json> report_of_permit(const Call& call, const Agreement& agreement, const UseArguments& log, UseJudge& judge) {
  const auto key = use_key(agreement.id, log.permit);
  auto permit = call.records.get(key);
  if (!permit || permit->find_string("kind") != "permit") {
    return not_found("UNKNOWN_PERMIT", "no use " + log.permit + " was asked for under this agreement");
  }
  if (permit->find_string("decision") != "permitted") {
    return refused("NOT_PERMITTED", "use " + log.permit + " was denied; log what happened as a use of its own");
  }
  if (const auto by = permit->find_string("loggedBy")) {
    return refused("ALREADY_LOGGED", "use " + log.permit + " was logged before, as " + std::string(*by));
  }
  const auto* asked = permit->find("use");
  const auto none = Json::object();
  const auto said = [&](const Json& use) -> const Json& {
    const auto* statements = use.find("statements");
    return statements == nullptr ? none : *statements;
  };
  if (asked->find_string("action") != log.action ||
      json::canonical(said(*asked)) != json::canonical(said(log.document))) {
    return refused("PERMIT_DIFFERS", "use " + log.permit +
                                         " was permitted with another action or other statements; log what happened "
                                         "as a use of its own");
  }
  if (log.at && *log.at < permit->find("time")->as_integer().value_or(0)) {
    return refused("PERMIT_DIFFERS", "use " + log.permit +
                                         " was permitted later than the log says that it happened; log what happened "
                                         "as a use of its own");
  }
  if (const auto* until = permit->find("logBy")) {
    const auto deadline = until->as_integer().value_or(0);
    call.records.erase(due_key(static_cast<std::uint64_t>(deadline), key));
    auto finding = permit->find("finding") == nullptr ? 0 : permit->find("finding")->as_integer().value_or(0);
    if (finding != 0) {
      judge.duties().log_missing(std::string(permit->find_string("logDuty").value_or("")), -1);
    } else if (deadline < call.now()) {
      finding = static_cast<std::int64_t>(record_finding(call.context, call.records, agreement,
                                                         {.code = "log_missing",
                                                          .message = "use " + log.permit + " was not logged in time",
                                                          .subject = log.permit,
                                                          .organisation = agreement.consumer,
                                                          .deadline = static_cast<Milliseconds>(deadline)}));
      permit->set("finding", Json::number(finding));
    }
    if (finding != 0) {
      mark_corrected(call.context, agreement, static_cast<std::uint64_t>(finding), log.id, "logged late");
    }
  }
  const auto too_long = judge.tell_time(log, *permit);
  permit->set("loggedBy", text(log.id));
  call.records.set(key, *permit);
  return Json::object()
      .set("use", log.document)
      .set("number", judge.next_number())
      .set("kind", text("report"))
      .set("decision", text(too_long.empty() ? "permitted" : "denied"))
      .set("reason", text(too_long.empty() ? "as permitted before, by use " + log.permit : too_long))
      .set("counted", Json::array());
}

/// A use that happened, judged by the terms of its own time; a use at a time without terms is a violation.
Json judge_log(const Agreement& agreement, UseJudge& judge, const UseArguments& use, std::int64_t at) {
  const auto when = static_cast<Milliseconds>(at);
  if (agreement.record.version_in_force(when) != 0) { return judge.judge(use, UseJudge::Kind::log, at); }
  return judge.judge_outside(use, agreement.start > when
                                      ? "the agreement begins at " +
                                            production::time_text(static_cast<std::int64_t>(agreement.start)) +
                                            ", the use was before"
                                      : std::string("the agreement had come to its end when the data was used"));
}

Status check_past(const Call& call, const UseArguments& use) {
  if (!use.at || *use.at <= call.now()) { return kDone; }
  return refused("USE_IN_FUTURE", "use " + use.id + " is said to have been at " + production::time_text(*use.at) +
                                      ", and it is " + production::time_text(call.now()) +
                                      ": a log tells what has happened");
}

/// What the receipt shows of a use, to somebody who holds the data too.
Json result_of(const Agreement& agreement, const std::string& id, const Json& record) {
  auto result = Json::object();
  result.set("id", text(id))
      .set("dataset", text(agreement.dataset))
      .set("decision", *record.find("decision"))
      .set("reason", *record.find("reason"));
  if (const auto* until = record.find("until")) { result.set("until", *until); }
  return result;
}

}  // namespace

Result<Bytes> use(const Call& call) {
  const bool happened = call.arguments.method == Method::log;
  auto agreement = find_agreement(call.context, call.records, call.arguments.subject);
  if (!agreement) { return agreement.error(); }
  if (auto consumer = check_consumer(*agreement, call.organisation()); !consumer) { return consumer.error(); }
  UseJudge judge(call.context, call.records, *agreement);
  auto results = Json::array();
  for (const auto& one : call.arguments.uses) {
    if (auto is_new = check_new(call, *agreement, one.id); !is_new) { return is_new.error(); }
    const auto key = use_key(agreement->id, one.id);
    auto record = Json::object();
    if (!one.permit.empty() && !happened) {
      return invalid("USAGE_ARGUMENTS", "only the log of a use names the permit that it was permitted by");
    }
    if (one.at && !happened) {
      return invalid("USAGE_ARGUMENTS", "only the log of a use tells when it was; a permit is for now");
    }
    if (auto past = check_past(call, one); !past) { return past.error(); }
    if (!one.permit.empty()) {
      // Also behind the end: what was permitted before is reported.
      auto log = report_of_permit(call, *agreement, one, judge);
      if (!log) { return log.error(); }
      record = std::move(*log);
    } else if (happened) {
      record = judge_log(*agreement, judge, one, one.at.value_or(call.now()));
    } else {
      if (agreement->version == 0) { return find_active(call.context, call.records, agreement->id).error(); }
      record = judge.judge(one, UseJudge::Kind::permit, call.now());
    }
    const bool permitted = record.find_string("decision") == "permitted";
    if (happened && !permitted) { note_violation(call, *agreement, record, one.id); }
    if (const auto* until = record.find("logBy")) {
      call.records.put(due_key(static_cast<std::uint64_t>(until->as_integer().value_or(0)), key), "");
    }
    keep(call, *agreement, key, record);
    if (!permitted) { call.records.emit(happened ? "violation" : "denied", agreement->id); }
    results.push(result_of(*agreement, one.id, record));
  }
  judge.keep_counters();
  call.records.emit(happened ? "logged" : "asked", agreement->id);
  return to_bytes(json::canonical(results));
}

/// Who logged a use says that it was another, or none. What was recorded first stays; the counters are as if he had said so then.
Result<Bytes> correct(const Call& call) {
  auto agreement = find_agreement(call.context, call.records, call.arguments.subject);
  if (!agreement) { return agreement.error(); }
  if (auto consumer = check_consumer(*agreement, call.organisation()); !consumer) { return consumer.error(); }
  const auto& corrects = call.arguments.corrects;
  const auto key = use_key(agreement->id, corrects);
  auto original = call.records.get(key);
  if (!original) { return not_found("UNKNOWN_USE", "no use " + corrects + " was recorded under this agreement"); }
  if (original->find_string("kind") != "log") {
    return refused("NOT_CORRECTABLE",
                   "use " + corrects +
                       " is a permit, or the report of one: what was permitted may have been used; log what "
                       "happened as a use of its own");
  }
  if (const auto by = original->find_string("correctedBy")) {
    return refused("ALREADY_CORRECTED", "use " + corrects + " was corrected before, by " + std::string(*by));
  }
  if (!call.arguments.uses.empty() && !call.arguments.uses.front().permit.empty()) {
    return invalid("USAGE_ARGUMENTS", "a correction says what happened; it names no permit");
  }
  UseJudge judge(call.context, call.records, *agreement);
  judge.take_back(*original);
  auto by = call.context.transaction().id.hex();
  auto result = Json::object();
  if (call.arguments.uses.empty()) {
    original->set("void", Json::boolean(true));
    result.set("decision", text("void"));
  } else {
    const auto& use = call.arguments.uses.front();
    if (auto is_new = check_new(call, *agreement, use.id); !is_new) { return is_new.error(); }
    if (auto past = check_past(call, use); !past) { return past.error(); }
    // By the time of the use that was logged, not by that of the correction.
    const auto said = original->find("use")->find_string("at");
    const auto logged = said ? production::parse_time(*said) : std::nullopt;
    const auto at = use.at.value_or(logged.value_or(original->find("time")->as_integer().value_or(0)));
    auto record = judge_log(*agreement, judge, use, at);
    record.set("corrects", text(corrects));
    if (record.find_string("decision") != "permitted") {
      note_violation(call, *agreement, record, use.id);
      call.records.emit("violation", agreement->id);
    }
    keep(call, *agreement, use_key(agreement->id, use.id), record);
    result = result_of(*agreement, use.id, record);
    by = use.id;
  }
  original->set("correctedBy", text(by));
  if (!call.arguments.reason.empty()) { original->set("correctionReason", text(call.arguments.reason)); }
  // Its own transaction, height and time stay; the history has both.
  call.records.set(key, *original, {.kind = kAgreementKind, .id = agreement->id});
  keep_line(call, *agreement, *original);
  if (const auto* finding = original->find("finding")) {
    mark_corrected(call.context, *agreement, static_cast<std::uint64_t>(finding->as_integer().value_or(0)), by,
                   "the use was corrected");
  }
  judge.keep_counters();
  call.records.emit("corrected", agreement->id);
  return to_bytes(json::canonical(result));
}

}  // namespace keten::usage
