#include "contracts/governance/membership_state.h"

#include <algorithm>
#include <array>

#include "contracts/governance/records.h"
#include "core/check.h"
#include "core/encoding.h"

namespace keten::governance {
namespace {

constexpr std::string_view kKeyPrefix = "governance/key/";

/// Keys that are valid: those of users and devices, and those of validators of the current and of the next epoch. Records of
/// revoked keys are kept for ever and are not looked at.
Directory read_directory(Records& records, const EpochRecord& current, const std::optional<PendingRecord>& pending) {
  auto valid = records.users();
  for (const auto& validator : current.validators) { valid.push_back(validator.key); }
  if (pending) {
    for (const auto& validator : pending->validators) { valid.push_back(validator.key); }
  }
  Directory::Keys keys;
  for (const auto& key : valid) {
    auto record = records.key(key);
    CHECK(record && record->is_valid());
    keys.emplace(key, std::move(record->registered));
  }
  return Directory(keys);
}

Directory directory_after(const Directory& before, const contracts::WriteSet& writes) {
  Directory::Changes changes;
  const auto prefix = to_bytes(kKeyPrefix);
  for (auto at = writes.lower_bound(prefix); at != writes.end(); ++at) {
    const auto& [entry, value] = *at;
    if (!as_text(entry).starts_with(kKeyPrefix)) { break; }
    CHECK(value.has_value());  // records of keys are kept for ever
    auto record = decode_key_record(*value);
    auto& change = changes[PublicKey::from(ByteView(entry).subspan(prefix.size())).value()];
    if (record.is_valid()) { change = std::move(record.registered); }
  }
  return changes.empty() ? before : before.with(changes);
}

bool has_prefix(const contracts::WriteSet& writes, std::string_view prefix) {
  const auto first = writes.lower_bound(to_bytes(prefix));
  return first != writes.end() && as_text(first->first).starts_with(prefix);
}

/// Keys apart: the nodes and the rules of both epochs.
bool changes_rules(const contracts::WriteSet& writes) {
  constexpr std::array<std::string_view, 4> kPrefixes{"governance/current", "governance/epoch/", "governance/node/",
                                                      "governance/pending"};
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return has_prefix(writes, prefix); });
}

const Validator* find(const std::vector<Validator>& validators, NodeNumber number) {
  const auto found = std::ranges::find(validators, number, &Validator::number);
  return found == validators.end() ? nullptr : &*found;
}

Node node_of(NodeNumber number, NodeRecord record, const EpochRecord& current,
             const std::optional<PendingRecord>& pending) {
  const auto* validator = find(current.validators, number);
  if (validator == nullptr && pending) { validator = find(pending->validators, number); }
  CHECK(validator != nullptr || !record.keys.empty());
  Node node;
  node.number = number;
  node.organisation = std::move(record.organisation);
  node.name = std::move(record.name);
  node.key = validator != nullptr ? validator->key : record.keys.front();
  node.tls_certificates = std::move(record.tls_certificates);
  node.peer_address = std::move(record.peer_address);
  node.former_keys = std::move(record.keys);
  std::erase(node.former_keys, node.key);
  return node;
}

}  // namespace

namespace {

/// With the directory as `directory` gives it, from the records and the rules of both epochs.
template <typename ReadDirectory>
Result<Membership> read_with(const contracts::StateReader& state, ReadDirectory directory) {
  StateStore store(state);
  Records records(store);
  if (!state.get(as_bytes("governance/current"))) {
    return failure(ErrorKind::corrupt, "STATE_UNKNOWN",
                   "the state holds no governance/current: it was written by another release; remove the folder state, "
                   "and the node builds it again from its blocks");
  }
  const auto epoch = records.current_epoch();
  const auto current = records.current();
  const auto pending = records.pending();
  Membership result{.directory = directory(records, current, pending),
                    .current = {epoch, ValidatorSet(current.validators), current.parameters},
                    .since = current.since,
                    .nodes = {},
                    .pending = std::nullopt,
                    .next = std::nullopt,
                    .next_since = {}};
  for (auto& [number, record] : records.nodes()) {
    if (record.standing == Standing::left) { continue; }
    result.nodes.push_back(node_of(number, record, current, pending));
  }
  if (pending) {
    PendingRules next{.rules = {epoch.next(), ValidatorSet(pending->validators), pending->parameters}, .ready = {}};
    for (const auto& [number, height] : pending->ready) { next.ready.insert(number); }
    if (pending->is_frozen()) {
      result.next = next.rules;
      result.next_since = pending->frozen;
    }
    result.pending = std::move(next);
  }
  return result;
}

}  // namespace

Result<Membership> read_membership(const contracts::StateReader& state) { return read_with(state, read_directory); }

bool changes_membership(const contracts::WriteSet& writes) {
  return has_prefix(writes, kKeyPrefix) || changes_rules(writes);
}

Result<Membership> membership_after(const Membership& before, const contracts::StateReader& state,
                                    const contracts::WriteSet& writes) {
  auto directory = directory_after(before.directory, writes);
  if (changes_rules(writes)) {
    return read_with(state, [&](const auto&...) { return std::move(directory); });
  }
  auto result = before;
  result.directory = std::move(directory);
  return result;
}

contracts::WriteSet begin_next_epoch(const contracts::StateReader& state, Height height, const SetId& next_set) {
  StateStore store(state);
  Records records(store);
  const auto current = records.current();
  const auto pending = records.pending();
  CHECK(pending && pending->is_frozen());
  CHECK(ValidatorSet(pending->validators).id() == next_set);

  for (const auto& validator : current.validators) {
    const auto* next = find(pending->validators, validator.number);
    if (next == nullptr || next->key != validator.key) { records.revoke_key(validator.key, height); }
  }
  for (const auto& [number, afterwards] : pending->leaving) {
    auto node = records.node(number);
    CHECK(node.has_value());
    node->standing = afterwards == Afterwards::follows ? Standing::following : Standing::left;
    node->since = height;
    if (node->standing == Standing::left) { node->tls_certificates.clear(); }
    records.set_node(number, *node);
  }
  for (const auto& validator : pending->validators) {
    auto node = records.node(validator.number);
    CHECK(node.has_value());
    if (node->standing == Standing::validating) { continue; }
    node->standing = Standing::validating;
    node->since = height;
    records.set_node(validator.number, *node);
  }
  const auto epoch = records.current_epoch().next();
  records.set_epoch(epoch, {height, pending->parameters, pending->validators});
  records.set_current_epoch(epoch);
  records.erase_pending();
  return store.take_writes();
}

}  // namespace keten::governance
