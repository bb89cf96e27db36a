#include "contracts/usage/views.h"

#include <algorithm>
#include <utility>

#include "contracts/agreements/agreement_state.h"
#include "contracts/production/time.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/statement.h"
#include "contracts/usage/use_judge.h"
#include "core/check.h"

namespace keten::usage {
namespace {

using contracts::StateReader;
using Json = json::Value;

Json text(std::string_view content) { return Json::string(std::string(content)); }
Json number(std::uint64_t value) { return Json::number(static_cast<std::int64_t>(value)); }
std::string word(const Json& record, std::string_view name) {
  return std::string(record.find_string(name).value_or(""));
}

/// What the contract keeps under `key`.
std::optional<Json> stored(const StateReader& state, const std::string& key) {
  const auto bytes = state.get(as_bytes("usage/" + key));
  if (!bytes) { return std::nullopt; }
  auto record = json::parse(as_text(*bytes));
  CHECK(record.ok());  // only the contract writes here
  return std::move(*record);
}

/// Visits records with keys in [first, end), without `usage/`, until `visit` returns false.
template <typename Visit>
void scan(const StateReader& state, const std::string& first, const std::string& end, Visit&& visit) {
  const std::string space = "usage/";
  state.scan(as_bytes(space + first), as_bytes(space + end), [&](ByteView key, ByteView value) {
    auto record = json::parse(as_text(value));
    CHECK(record.ok());
    return visit(std::string(as_text(key)).substr(space.size()), std::move(*record));
  });
}

/// The id of an agreement, also when it is told by that of its negotiation. Fails with UNKNOWN_AGREEMENT.
Result<std::string> agreement_id(const StateReader& state, std::string_view id) {
  if (stored(state, agreement_key(id))) { return std::string(id); }
  if (const auto negotiation = stored(state, negotiation_key(id))) {
    if (const auto agreed = negotiation->find_string("agreement")) { return std::string(*agreed); }
  }
  return failure(ErrorKind::not_found, "UNKNOWN_AGREEMENT", "there is no agreement about data " + std::string(id));
}

std::int64_t integer(const Json& record, std::string_view name) {
  const auto* member = record.find(name);
  return member == nullptr ? 0 : member->as_integer().value_or(0);
}

std::uint64_t uses_of(const StateReader& state, std::string_view id) {
  const auto counters = stored(state, counters_key(id));
  return counters ? static_cast<std::uint64_t>(integer(*counters, "uses")) : 0;
}

/// The number of the first use at `time` or later, one more than `last` when there is none. Block times do not go back.
std::uint64_t first_at(const StateReader& state, std::string_view id, std::uint64_t last, std::int64_t time) {
  std::uint64_t from = 1;
  for (auto to = last + 1; from < to;) {
    const auto middle = from + (to - from) / 2;
    const auto line = stored(state, line_key(id, middle));
    CHECK(line.has_value());
    if (integer(*line, "time") < time) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

/// Numbers of the uses of a period: [first, second).
std::pair<std::uint64_t, std::uint64_t> numbers_of(const StateReader& state, std::string_view id,
                                                   const Period& period) {
  const auto last = uses_of(state, id);
  const auto first = period.from <= 0 ? 1 : first_at(state, id, last, period.from);
  const auto end = period.to == INT64_MAX ? last + 1 : first_at(state, id, last, period.to);
  return {first, std::max(first, end)};
}

}  // namespace

Result<json::Value> read_dataset(const StateReader& state, std::string_view dataset) {
  if (auto found = stored(state, dataset_key(dataset))) { return std::move(*found); }
  return failure(ErrorKind::not_found, "UNKNOWN_DATASET", "no dataset " + std::string(dataset) + " is registered");
}

Listed list_datasets(const StateReader& state, std::string_view after, std::size_t limit) {
  Listed listed{Json::array(), {}};
  const auto first = dataset_key(after);
  scan(state, first, "dataset0", [&](const std::string& key, Json record) {
    if (!after.empty() && key == first) { return true; }
    if (listed.items.items().size() == limit) {
      listed.next = word(listed.items.items().back(), "dataset");
      return false;
    }
    listed.items.push(std::move(record));
    return true;
  });
  return listed;
}

Result<json::Value> read_negotiation(const StateReader& state, std::string_view id) {
  auto record = stored(state, negotiation_key(id));
  if (!record) {
    return failure(ErrorKind::not_found, "UNKNOWN_NEGOTIATION", "there is no negotiation " + std::string(id));
  }
  if (const auto terms = state.get(as_bytes("usage/" + terms_key(id)))) {
    auto document = json::parse(as_text(*terms));
    CHECK(document.ok());
    record->set("document", std::move(*document));
  }
  return std::move(*record);
}

Result<json::Value> read_agreement(const StateReader& state, std::string_view id_or_negotiation, std::int64_t now) {
  const auto id = agreement_id(state, id_or_negotiation);
  if (!id) { return id.error(); }
  auto record = *stored(state, agreement_key(*id));
  const auto time = static_cast<Milliseconds>(now);
  const auto signed_one = agreements::read_agreement_record(state, *agreements::AgreementId::from_hex(*id));
  CHECK(signed_one.has_value());
  const auto in_force = signed_one->record.version_in_force(time);
  const auto version = in_force != 0 ? in_force : signed_one->record.agreed_version();
  auto document = json::parse(agreements::read_version(state, signed_one->id, version));
  CHECK(document.ok());
  record.set("state", text(agreements::state_name(signed_one->record, time)))
      .set("start", number(signed_one->record.versions.front().in_force_from()))
      .set("version", number(version))
      .set("findings", number(signed_one->record.findings))
      .set("document", std::move(*document));
  if (signed_one->record.terminated != 0) {
    record.set("terminatedBy", text(signed_one->record.terminated_by))
        .set("ends", number(signed_one->record.ends))
        .set("reason", text(signed_one->record.reason));
  }
  if (auto counters = stored(state, counters_key(*id))) { record.set("counters", std::move(*counters)); }
  return record;
}

Result<json::Value> list_duties(const StateReader& state, std::string_view id_or_negotiation, std::int64_t now) {
  const auto id = agreement_id(state, id_or_negotiation);
  if (!id) { return id.error(); }
  auto list = Json::array();
  const auto first = "duty/" + *id;
  scan(state, first + "/", first + "0", [&](const std::string&, Json duty) {
    const auto* deadline = duty.find("deadline");
    if (word(duty, "state") == "open" && deadline != nullptr && deadline->as_integer().value_or(now) < now) {
      duty.set("state", text("overdue"));
    }
    list.push(std::move(duty));
    return true;
  });
  return list;
}

Result<Listed> list_uses(const StateReader& state, std::string_view id_or_negotiation, const Period& period,
                         std::uint64_t after, std::size_t limit) {
  const auto id = agreement_id(state, id_or_negotiation);
  if (!id) { return id.error(); }
  auto [first, end] = numbers_of(state, *id, period);
  first = std::max(first, after < UINT64_MAX ? after + 1 : after);
  Listed listed{Json::array(), {}};
  if (first >= end) { return listed; }
  const auto until = std::min<std::uint64_t>(end, first + limit);
  scan(state, line_key(*id, first), line_key(*id, until), [&](const std::string&, Json line) {
    listed.items.push(std::move(line));
    return true;
  });
  if (until < end) { listed.next = std::to_string(until - 1); }
  return listed;
}

Result<json::Value> read_use(const StateReader& state, std::string_view id_or_negotiation, std::string_view use) {
  const auto id = agreement_id(state, id_or_negotiation);
  if (!id) { return id.error(); }
  if (auto found = stored(state, use_key(*id, use))) { return std::move(*found); }
  return failure(ErrorKind::not_found, "UNKNOWN_USE", "agreement " + *id + " has no use " + std::string(use));
}

Result<json::Value> read_statement(const StateReader& state, std::string_view id_or_negotiation, const Period& period,
                                   std::int64_t now) {
  const auto agreement = read_agreement(state, id_or_negotiation, now);
  if (!agreement) { return agreement.error(); }
  const auto id = word(*agreement, "agreement");
  const auto [first, end] = numbers_of(state, id, period);
  if (end - first > kStatementUsesMax) {
    return failure(ErrorKind::too_large, "TOO_MANY_USES",
                   "a statement counts at most " + std::to_string(kStatementUsesMax) + " uses, this period has " +
                       std::to_string(end - first) + "; ask for a shorter one");
  }
  UseCounts counts;
  scan(state, line_key(id, first), line_key(id, end), [&](const std::string&, const Json& line) {
    counts.add(line);
    return true;
  });
  auto duties = list_duties(state, id, now);
  if (!duties) { return duties.error(); }
  auto statement = Json::object();
  statement.set("agreement", text(id));
  for (const auto* name : {"dataset", "provider", "consumer"}) { statement.set(name, text(word(*agreement, name))); }
  statement.set("state", text(word(*agreement, "state")));
  if (period.from > 0) { statement.set("from", text(production::time_text(period.from))); }
  if (period.to != INT64_MAX) { statement.set("to", text(production::time_text(period.to))); }
  statement.set("asOf", text(production::time_text(now))).set("uses", counts.json());
  set_amounts(statement, *agreement->find("document")->find("policy"), *duties);
  statement.set("duties", std::move(*duties));
  return statement;
}

json::Value count_uses(const std::vector<json::Value>& lines) {
  UseCounts counts;
  for (const auto& line : lines) { counts.add(line); }
  return counts.json();
}

std::vector<std::string> use_columns() {
  return {"time", "height", "transaction", "id", "kind", "action", "purpose", "decision"};
}

std::vector<std::string> use_row(const json::Value& line) {
  return {production::time_text(integer(line, "time")),
          std::to_string(integer(line, "height")),
          word(line, "transaction"),
          word(line, "id"),
          word(line, "kind"),
          word(line, "action"),
          word(line, "purpose"),
          word(line, "decision")};
}

}  // namespace keten::usage
