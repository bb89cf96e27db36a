#include "contracts/governance/views.h"

#include <algorithm>
#include <tuple>

#include "contracts/governance/voices.h"
#include "contracts/state_row.h"

namespace keten::governance {
namespace {

using json::Value;

Value number(std::uint64_t value) { return Value::number(static_cast<std::int64_t>(value)); }
Value text(std::string value) { return Value::string(std::move(value)); }

Value list(const auto& words) {
  Value result = Value::array();
  for (const auto& word : words) { result.push(text(std::string(word))); }
  return result;
}

std::string joined(const std::set<std::string>& words) {
  std::string result;
  for (const auto& word : words) { result += (result.empty() ? "" : ", ") + word; }
  return result;
}

Value to_json(const Parameters& parameters) {
  Value result = Value::object();
  for (const auto& field : parameter_fields()) { result.set(std::string(field.name), number(parameters.*field.value)); }
  return result;
}

const Validator* find(const std::vector<Validator>& validators, NodeNumber node) {
  const auto found = std::ranges::find(validators, node, &Validator::number);
  return found == validators.end() ? nullptr : &*found;
}

/// Everyone who joins must be ready, and a quorum; the others are named while the quorum is not reached.
void count_ready(ValidatorsView& view, const EpochRecord& current) {
  const ValidatorSet next(view.pending->validators);
  std::uint64_t ready = 0;
  for (const auto& validator : next.members()) {
    if (view.pending->ready.contains(validator.number)) { ready += validator.weight; }
  }
  for (const auto& validator : next.members()) {
    if (view.pending->ready.contains(validator.number)) { continue; }
    const bool joins = find(current.validators, validator.number) == nullptr;
    if (joins || !next.has_quorum(ready)) { view.awaited.push_back(validator.node); }
  }
  view.next_set = next.id();
  view.ready_needed = next.quorum_weight();
}

ChangeView view_of(const Voices& voices, ChangeId id, ChangeRecord record) {
  ChangeView view;
  view.id = id;
  if (auto proposal = ProposeChange::decode(record.proposal)) { view.proposal = std::move(*proposal); }
  view.approving = voices.approving(record.approvals);
  for (const auto& voice : voices.organisations()) {
    if (!record.approvals.contains(voice)) { view.missing.insert(voice); }
  }
  view.needed = voices.needed();
  view.record = std::move(record);
  return view;
}

}  // namespace

std::string_view standing_name(Standing standing) {
  switch (standing) {
    case Standing::joining: return "joining";
    case Standing::validating: return "validating";
    case Standing::following: return "following";
    case Standing::left: return "left";
  }
  return "unknown";
}

ValidatorsView read_validators(const contracts::StateReader& state) {
  StateStore store(state);
  Records records(store);
  const auto current = records.current();
  const Voices voices(records);
  ValidatorsView view;
  view.epoch = records.current_epoch();
  view.since = current.since;
  view.set = ValidatorSet(current.validators).id();
  view.parameters = current.parameters;
  view.pending = records.pending();
  view.voices = voices.organisations();
  view.approvals_needed = voices.needed();
  if (view.pending) { count_ready(view, current); }
  for (auto& [number, record] : records.nodes()) {
    if (record.standing == Standing::left) { continue; }
    NodeView node{.number = number, .record = record, .key = {}, .next_key = {}, .is_ready = false};
    if (const auto* validator = find(current.validators, number)) { node.key = validator->key; }
    if (view.pending) {
      if (const auto* next = find(view.pending->validators, number)) { node.next_key = next->key; }
      node.is_ready = view.pending->ready.contains(number);
    }
    view.nodes.push_back(std::move(node));
  }
  return view;
}

std::optional<EpochView> read_epoch(const contracts::StateReader& state, Epoch epoch) {
  StateStore store(state);
  auto record = Records(store).epoch(epoch);
  if (!record) { return std::nullopt; }
  return EpochView{epoch, std::move(*record)};
}

std::string ChangeView::progress() const {
  auto result = std::to_string(approving.size()) + " of " + std::to_string(needed) + " approvals";
  if (!approving.empty()) { result += ": " + joined(approving); }
  if (record.status != ChangeStatus::open || approving.size() >= needed) { return result; }
  const auto still = needed - approving.size();
  result += "; missing ";
  result += still == missing.size() ? "" : still == 1 ? "one of " : std::to_string(still) + " of ";
  return result + joined(missing);
}

std::optional<ChangeView> read_change(const contracts::StateReader& state, ChangeId id) {
  StateStore store(state);
  Records records(store);
  auto record = records.change(id);
  if (!record) { return std::nullopt; }
  return view_of(Voices(records), id, std::move(*record));
}

std::vector<ChangeView> read_changes(const contracts::StateReader& state, WhichChanges which, std::size_t limit) {
  StateStore store(state);
  Records records(store);
  const Voices voices(records);
  std::vector<ChangeId> ids;
  if (which == WhichChanges::open) {
    ids = records.open_changes();
    std::ranges::reverse(ids);
  } else {
    for (auto id = records.next_change_id(); id.value > 1 && ids.size() < limit;) {
      id = id.previous();
      ids.push_back(id);
    }
  }
  std::vector<ChangeView> views;
  for (const auto id : ids) {
    if (views.size() >= limit) { break; }
    if (auto record = records.change(id)) { views.push_back(view_of(voices, id, std::move(*record))); }
  }
  return views;
}

std::vector<KeyView> read_keys(const contracts::StateReader& state, std::string_view organisation) {
  constexpr std::string_view kFirst = "governance/key/";
  constexpr std::string_view kEnd = "governance/key0";  // '0' follows '/'
  std::vector<KeyView> keys;
  state.scan(as_bytes(kFirst), as_bytes(kEnd), [&](ByteView entry, ByteView value) {
    auto record = decode_key_record(value);
    if (organisation.empty() || record.registered.organisation == organisation) {
      keys.push_back({contracts::row_value(PublicKey::from(entry.subspan(kFirst.size())), "key"), std::move(record)});
    }
    return true;
  });
  std::ranges::sort(keys, [](const KeyView& left, const KeyView& right) {
    const auto rank = [](const KeyView& view) {
      const auto& record = view.record;
      return std::tie(record.registered.organisation, record.registered.name, record.since, view.key);
    };
    return rank(left) < rank(right);
  });
  return keys;
}

json::Value to_json(const ValidatorsView& view) {
  Value nodes = Value::array();
  for (const auto& node : view.nodes) {
    Value one = Value::object()
                    .set("number", number(node.number.value))
                    .set("node", text(node.record.name))
                    .set("organisation", text(node.record.organisation))
                    .set("standing", text(std::string(standing_name(node.record.standing))))
                    .set("since", number(node.record.since.value))
                    .set("peerAddress", text(node.record.peer_address))
                    .set("key", node.key ? text(key_text(*node.key)) : Value())
                    .set("tlsCertificates", list(node.record.tls_certificates));
    Value former = Value::array();
    for (const auto& key : node.record.keys) {
      if (key != node.key && key != node.next_key) { former.push(text(key_text(key))); }
    }
    one.set("formerKeys", std::move(former));
    if (view.pending) {
      one.set("nextKey", node.next_key ? text(key_text(*node.next_key)) : Value())
          .set("ready", Value::boolean(node.is_ready));
    }
    nodes.push(std::move(one));
  }
  Value result = Value::object()
                     .set("epoch", number(view.epoch.value))
                     .set("since", number(view.since.value))
                     .set("setId", text(view.set.hex()))
                     .set("voices", list(view.voices))
                     .set("approvalsNeeded", number(view.approvals_needed))
                     .set("parameters", to_json(view.parameters))
                     .set("nodes", std::move(nodes));
  if (!view.pending) { return result.set("pending", Value()); }
  return result.set("pending", Value::object()
                                   .set("epoch", number(view.epoch.value + 1))
                                   .set("setId", text(view.next_set->hex()))
                                   .set("frozen", Value::boolean(view.pending->is_frozen()))
                                   .set("ready", number(view.pending->ready.size()))
                                   .set("readyNeeded", number(view.ready_needed))
                                   .set("awaited", list(view.awaited))
                                   .set("parameters", to_json(view.pending->parameters)));
}

json::Value introduction_json(const ValidatorsView& view, Height height) {
  Value nodes = Value::array();
  for (const auto& node : view.nodes) {
    Value keys = Value::array();
    if (node.key) { keys.push(text(key_text(*node.key))); }
    for (const auto& key : node.record.keys) {
      if (key != node.key) { keys.push(text(key_text(key))); }
    }
    nodes.push(Value::object()
                   .set("number", number(node.number.value))
                   .set("node", text(node.record.name))
                   .set("peerAddress", text(node.record.peer_address))
                   .set("keys", std::move(keys))
                   .set("tlsCertificates", list(node.record.tls_certificates)));
  }
  return Value::object()
      .set("keten_peers", number(1))
      .set("height", number(height.value))
      .set("nodes", std::move(nodes));
}

json::Value to_json(const EpochView& view) {
  Value validators = Value::array();
  for (const auto& validator : view.record.validators) {
    validators.push(Value::object()
                        .set("number", number(validator.number.value))
                        .set("node", text(validator.node))
                        .set("organisation", text(validator.organisation))
                        .set("key", text(key_text(validator.key)))
                        .set("weight", number(validator.weight)));
  }
  return Value::object()
      .set("epoch", number(view.epoch.value))
      .set("since", number(view.record.since.value))
      .set("setId", text(ValidatorSet(view.record.validators).id().hex()))
      .set("parameters", to_json(view.record.parameters))
      .set("validators", std::move(validators));
}

json::Value to_json(const ChangeView& view) {
  Value changes = Value::array();
  for (const auto& change : view.proposal.changes) { changes.push(text(describe(change))); }
  return Value::object()
      .set("change", number(view.id.value))
      .set("status", text(std::string(change_status_name(view.record.status))))
      .set("changes", std::move(changes))
      .set("reason", text(view.proposal.reason))
      .set("proposer", text(view.record.proposer))
      .set("proposerKey", text(key_text(view.record.key)))
      .set("height", number(view.record.height.value))
      .set("time", number(view.record.time))
      .set("expires", number(view.record.expires))
      .set("closed", number(view.record.closed.value))
      .set("approvals", list(view.record.approvals))
      .set("counted", number(view.approving.size()))
      .set("needed", number(view.needed))
      .set("missing", list(view.missing))
      .set("progress", text(view.progress()))
      .set("digest", text(view.digest().hex()))
      .set("proposal", text(to_hex(view.record.proposal)));
}

json::Value to_json(const KeyView& view) {
  const auto& record = view.record;
  Value roles = Value::array();
  for (const auto& role : role_names(record.registered.roles)) { roles.push(text(role)); }
  return Value::object()
      .set("organisation", text(record.registered.organisation))
      .set("name", text(record.registered.name))
      .set("key", text(key_text(view.key)))
      .set("roles", std::move(roles))
      .set("valid", Value::boolean(record.is_valid()))
      .set("since", number(record.since.value))
      .set("revoked", number(record.revoked.value));
}

}  // namespace keten::governance
