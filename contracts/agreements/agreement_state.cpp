#include "contracts/agreements/agreement_state.h"

#include <algorithm>
#include <utility>

#include "contracts/production/time.h"
#include "contracts/state_row.h"
#include "core/encoding.h"

namespace keten::agreements {
namespace {

using contracts::expect_row;
using contracts::row_value;
using contracts::StateReader;
using json::Value;

Value text(std::string_view value) { return Value::string(std::string(value)); }
Value number(std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); }
Value time_value(Milliseconds time) { return text(production::time_text(static_cast<std::int64_t>(time))); }

AgreementRecord decoded(ByteView bytes) {
  auto record = row_value(decode_agreement(bytes), "agreement");
  expect_row(!record.versions.empty(), "versions of an agreement");
  return record;
}
FindingRecord decoded_finding(ByteView bytes) { return row_value(decode_finding(bytes), "finding"); }

/// The id behind a prefix.
AgreementId id_in(ByteView key, std::size_t prefix) {
  return row_value(AgreementId::from(key.subspan(prefix)), "id of an agreement");
}

Value signatures_json(const VersionRecord& version) {
  auto list = Value::array();
  for (const auto& one : version.signatures) {
    list.push(Value::object()
                  .set("organisation", text(one.organisation))
                  .set("key", text(key_text(one.key)))
                  .set("height", number(one.height.value))
                  .set("time", time_value(one.time)));
  }
  return list;
}

std::string_view status_text(VersionStatus status) {
  switch (status) {
    case VersionStatus::open: return "open";
    case VersionStatus::agreed: return "agreed";
    case VersionStatus::withdrawn: return "withdrawn";
  }
  return {};
}

Value version_json(const StateReader& state, const Agreement& agreement, std::uint32_t version) {
  const auto& record = agreement.record.versions.at(version - 1);
  auto value = Value::object();
  value.set("version", number(version))
      .set("hash", text(record.hash.hex()))
      .set("status", text(status_text(record.status)))
      .set("signatures", signatures_json(record));
  if (record.status == VersionStatus::open) {
    auto missing = Value::array();
    for (const auto& party : agreement.record.parties) {
      if (!record.has_signed(party)) { missing.push(text(party)); }
    }
    value.set("missing", std::move(missing));
  }
  if (record.status == VersionStatus::agreed) { value.set("inForceFrom", time_value(record.in_force_from())); }
  if (!record.withdrawn_by.empty()) { value.set("withdrawnBy", text(record.withdrawn_by)); }
  value.set("document", row_value(json::parse(read_version(state, agreement.id, version)), "document of a version"));
  return value;
}

}  // namespace

std::optional<Agreement> read_agreement_record(const StateReader& state, const AgreementId& id) {
  const auto stored = state.get(full_key(agreement_key(id)));
  if (!stored) { return std::nullopt; }
  Agreement agreement{id, decoded(*stored)};
  if (const auto count = state.get(full_key(findings_key(id)))) { agreement.record.findings = Reader(*count).u64(); }
  return agreement;
}

std::string read_version(const StateReader& state, const AgreementId& id, std::uint32_t version) {
  const auto stored = state.get(full_key(document_key(id, version)));
  return stored ? to_text(*stored) : std::string();
}

std::optional<InForce> in_force(const StateReader& state, const AgreementId& id, Milliseconds time) {
  const auto agreement = read_agreement_record(state, id);
  const auto version = agreement ? agreement->record.version_in_force(time) : 0;
  if (version == 0) { return std::nullopt; }
  const auto canonical = read_version(state, id, version);
  return InForce{id, version, row_value(parse_document(canonical), "document of a version"), canonical.size()};
}

std::vector<AgreementId> agreed_by(const StateReader& state, std::string_view organisation) {
  std::vector<AgreementId> ids;
  const auto prefix = full_key(agreed_of(organisation));
  state.scan(prefix, end_of(prefix), [&](ByteView key, ByteView) {
    ids.push_back(id_in(key, prefix.size()));
    return true;
  });
  return ids;
}

std::vector<InForce> in_force(const StateReader& state, std::string_view organisation, Milliseconds time) {
  std::vector<InForce> result;
  for (const auto& id : agreed_by(state, organisation)) {
    if (auto one = in_force(state, id, time)) { result.push_back(std::move(*one)); }
  }
  return result;
}

std::vector<Agreement> list_agreements(const StateReader& state, std::string_view organisation,
                                       const AgreementId& after, std::size_t limit) {
  const auto prefix = organisation.empty() ? full_key(to_bytes("agreement/")) : full_key(of_party(organisation));
  auto first = prefix;
  if (!after.is_zero()) {
    first.insert(first.end(), after.bytes.begin(), after.bytes.end());
    first.push_back(0);
  }
  std::vector<AgreementId> ids;
  state.scan(first, end_of(prefix), [&](ByteView key, ByteView) {
    if (ids.size() == limit) { return false; }
    ids.push_back(id_in(key, prefix.size()));
    return true;
  });
  std::vector<Agreement> result;
  for (const auto& id : ids) {
    auto one = read_agreement_record(state, id);
    expect_row(one.has_value(), "agreement of a party");
    result.push_back(std::move(*one));
  }
  return result;
}

std::optional<Finding> read_finding(const StateReader& state, const FindingId& id) {
  const auto stored = state.get(full_key(finding_key(id)));
  if (!stored) { return std::nullopt; }
  return Finding{id, decoded_finding(*stored)};
}

std::vector<Finding> list_findings(const StateReader& state, const AgreementId& id, std::uint64_t before,
                                   std::size_t limit) {
  const auto agreement = read_agreement_record(state, id);
  std::vector<Finding> result;
  if (!agreement) { return result; }
  auto next = agreement->record.findings;
  if (before != 0) { next = std::min(next, before - 1); }
  for (; next > 0 && result.size() < limit; --next) {
    auto one = read_finding(state, {id, next});
    expect_row(one.has_value(), "finding");
    result.push_back(std::move(*one));
  }
  return result;
}

Value to_json(const StateReader& state, const Agreement& agreement, Milliseconds time) {
  const auto& record = agreement.record;
  const auto current = record.version_in_force(time);
  const auto shown = current != 0                   ? current
                     : record.agreed_version() != 0 ? record.agreed_version()
                                                    : static_cast<std::uint32_t>(record.versions.size());
  auto parties = Value::array();
  for (const auto& party : record.parties) { parties.push(text(party)); }
  auto value = Value::object();
  value.set("id", text(agreement.id.hex()))
      .set("state", text(state_name(record, time)))
      .set("parties", std::move(parties))
      .set("current", version_json(state, agreement, shown));
  // What all have signed and has not begun, and what waits for signatures.
  if (const auto agreed = record.agreed_version(); agreed > shown) {
    value.set("next", version_json(state, agreement, agreed));
  }
  if (const auto open = record.open_version(); open != 0 && open != shown) {
    value.set("amendment", version_json(state, agreement, open));
  }
  if (record.terminated != 0) {
    value.set("terminated", Value::object()
                                .set("by", text(record.terminated_by))
                                .set("time", time_value(record.terminated))
                                .set("ends", time_value(record.ends))
                                .set("reason", text(record.reason)));
  }
  value.set("versions", number(record.versions.size())).set("findings", number(record.findings));
  return value;
}

Value to_json(const Finding& finding, Milliseconds time) {
  const auto& record = finding.record;
  auto value = Value::object();
  value.set("id", text(finding.id.text()))
      .set("agreement", text(finding.id.agreement.hex()))
      .set("version", number(record.version))
      .set("rule", number(record.rule))
      .set("package", text(record.package))
      .set("status", text(status_name(record.status)))
      .set("code", text(record.code))
      .set("message", text(record.message))
      .set("organisation", text(record.organisation))
      .set("eventID", text(record.event_id))
      .set("height", number(record.height.value))
      .set("transaction", number(record.transaction))
      .set("event", number(record.event))
      .set("time", time_value(record.time));
  if (record.deadline != 0) {
    const bool is_late = record.overdue != 0 || (record.status == FindingStatus::open && time > record.deadline);
    value.set("deadline", time_value(record.deadline)).set("overdue", Value::boolean(is_late));
    if (record.overdue != 0) { value.set("overdueSince", time_value(record.overdue)); }
  }
  auto statements = Value::array();
  for (const auto& one : record.statements) {
    auto entry = Value::object();
    entry.set("status", text(status_name(one.status)))
        .set("organisation", text(one.organisation))
        .set("key", text(key_text(one.key)))
        .set("height", number(one.height.value))
        .set("time", time_value(one.time));
    if (!one.event_id.empty()) { entry.set("eventID", text(one.event_id)); }
    entry.set("text", text(one.text));
    statements.push(std::move(entry));
  }
  value.set("statements", std::move(statements));
  return value;
}

}  // namespace keten::agreements
