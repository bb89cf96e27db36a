#include "contracts/governance/amendments.h"

#include <algorithm>
#include <utility>

#include "core/check.h"
#include "core/limits.h"

namespace keten::governance {
namespace {

constexpr std::uint64_t kFuelPerSignature = 150'000;  // of a new key, and whether it is of prime order
/// A key that comes or goes makes another Directory once the block is executed: 57 us when a million keys are registered.
constexpr std::uint64_t kFuelPerDirectoryKey = 50'000;

/// Below it one faulty validator can stop or fork the chain. A chain that was founded with fewer may stay so.
constexpr std::size_t kValidatorsLeast = 4;

Error refused(std::string reason, std::string message) {
  return failure(ErrorKind::refused, std::move(reason), std::move(message));
}

Error unknown(std::string reason, std::string message) {
  return failure(ErrorKind::not_found, std::move(reason), std::move(message));
}

Error taken(std::string reason, std::string message) {
  return failure(ErrorKind::conflict, std::move(reason), std::move(message));
}

std::string owner_text(const KeyRecord& record) {
  return record.registered.organisation + "/" + record.registered.name;
}

/// Founding documents hold certificates that were never decoded; those that cannot be are compared as text.
bool is_same_certificate(std::string_view left, std::string_view right) {
  const auto left_der = certificate_der(left);
  const auto right_der = certificate_der(right);
  if (!left_der || !right_der) { return left == right; }
  return *left_der == *right_der;
}

}  // namespace

Status Amendments::open_pending() {
  if (pending_) { return kDone; }
  current_ = records_.current();
  auto pending = records_.pending();
  if (pending && pending->is_frozen()) {
    return refused("EPOCH_FROZEN", "the validators of the next epoch were fixed at height " + pending->frozen.text() +
                                       " and it is about to begin; send this again in a few seconds");
  }
  if (!pending) {
    pending.emplace();
    pending->parameters = current_->parameters;
    pending->validators = current_->validators;
  }
  validators_before_ = pending->validators;
  pending_ = std::move(pending);
  return kDone;
}

Status Amendments::finish() {
  if (!pending_) { return kDone; }
  const auto& next = pending_->validators;
  const auto least = std::min(kValidatorsLeast, current_->validators.size());
  if (next.size() < least) {
    return refused("TOO_FEW_VALIDATORS", "the next epoch would have " + std::to_string(next.size()) +
                                             " validators, at least " + std::to_string(least) +
                                             " are needed; add another one in the same change");
  }
  if (next.size() > limits::kValidatorsMax) {
    return refused("TOO_MANY_VALIDATORS", "the next epoch would have " + std::to_string(next.size()) +
                                              " validators, at most " + std::to_string(limits::kValidatorsMax) +
                                              " are possible");
  }
  const ValidatorSet set(next);
  if (current_->validators.size() >= kValidatorsLeast) {
    std::uint64_t present = 0;
    for (const auto& validator : next) {
      if (current_validator(validator.number)) { present += validator.weight; }
    }
    if (!set.has_quorum(present)) {
      return refused("QUORUM_AT_RISK",
                     "of the " + std::to_string(next.size()) + " validators of the next epoch only " +
                         std::to_string(present) + " validate today, but " + std::to_string(set.quorum_weight()) +
                         " are a quorum; change fewer at a time, and the others when that epoch has begun");
    }
  }
  if (auto checked = check_parameters(pending_->parameters); !checked) { return checked; }

  if (next == current_->validators && pending_->parameters == current_->parameters) {
    records_.erase_pending();
    return kDone;
  }
  if (next != validators_before_) { pending_->ready.clear(); }
  records_.set_pending(*pending_);
  return kDone;
}

Status Amendments::apply(const Change& change) {
  struct Apply {
    Amendments& amendments;
    Status operator()(const AddOrganisation& change) const { return amendments.add(change); }
    Status operator()(const RemoveOrganisation& change) const { return amendments.remove(change); }
    Status operator()(const AddValidator& change) const { return amendments.add(change); }
    Status operator()(const RemoveValidator& change) const { return amendments.remove(change); }
    Status operator()(const SetParameter& change) const { return amendments.set(change); }
    Status operator()(const AddMemberKey& change) const {
      return amendments.add_user_key(change.organisation, change.key);
    }
  };
  return std::visit(Apply{*this}, change);
}

Status Amendments::add(const AddOrganisation& change) {
  if (const auto known = records_.organisation(change.name)) {
    return taken("ORGANISATION_EXISTS", known->is_member() ? "there is an organisation " + change.name
                                                           : "organisation " + change.name + " left at height " +
                                                                 known->left.text() + "; names are not used again");
  }
  if (records_.organisation_count() >= limits::kOrganisationsMax) {
    return refused("TOO_MANY_ORGANISATIONS",
                   "at most " + std::to_string(limits::kOrganisationsMax) + " organisations are possible");
  }
  OrganisationRecord record;
  record.joined = height();
  records_.set_organisation(change.name, record);
  records_.count_organisation();
  for (const auto& key : change.keys) {
    if (auto added = add_user_key(change.name, key); !added) { return added; }
  }
  return kDone;
}

Status Amendments::remove(const RemoveOrganisation& change) {
  if (auto member = require_member(change.name); !member) { return member; }
  for (auto& [number, node] : records_.nodes()) {
    if (node.organisation != change.name || node.standing == Standing::left) { continue; }
    const bool validates =
        std::ranges::any_of(open_pending() ? pending_->validators : records_.current().validators,
                            [number = number](const Validator& validator) { return validator.number == number; });
    if (!validates && node.standing == Standing::validating) {  // leaves already; now not even as a follower
      if (auto opened = open_pending(); !opened) { return opened; }
      pending_->leaving[number] = Afterwards::leaves;
      continue;
    }
    if (auto removed = remove_node({number, node}, Afterwards::leaves); !removed) { return removed; }
  }
  for (const auto& key : records_.users(change.name)) {
    const auto record = records_.key(key);
    CHECK(record.has_value());
    records_.erase_user(change.name, record->registered.name);
    context_.charge(kFuelPerDirectoryKey);
    records_.revoke_key(key, height());
  }
  auto record = *records_.organisation(change.name);
  record.keys = 0;
  record.admins = 0;
  record.left = height();
  records_.set_organisation(change.name, record);
  return kDone;
}

Status Amendments::add(const AddValidator& change) {
  const auto& validator = change.validator;
  if (auto member = require_member(change.organisation); !member) { return member; }
  if (const auto known = find_node(validator.node)) {
    return taken("NODE_EXISTS",
                 "there is a node " + validator.node + " of " + known->record.organisation + "; choose another name");
  }
  const Roles roles{Role::validator};
  if (auto key = check_new_key(change.organisation, validator.node, roles, validator.key, validator.possession); !key) {
    return key;
  }
  if (auto certificate = check_new_certificate(validator.tls_certificate, std::nullopt); !certificate) {
    return certificate;
  }
  if (auto address = check_new_address(validator.peer_address, std::nullopt); !address) { return address; }
  if (auto opened = open_pending(); !opened) { return opened; }
  const auto number = records_.take_node_number();
  if (!number) {
    return refused("TOO_MANY_NODES", "all " + std::to_string(limits::kNodesMax) + " node numbers are used");
  }
  NodeRecord node;
  node.organisation = change.organisation;
  node.name = validator.node;
  node.standing = Standing::joining;
  node.since = height();
  node.keys = {validator.key};
  node.tls_certificates = {validator.tls_certificate};
  node.peer_address = validator.peer_address;
  records_.set_node(*number, node);
  records_.set_key(validator.key, {{change.organisation, validator.node, roles}, height(), {}});
  pending_->validators.push_back({change.organisation, validator.node, validator.key, 1, *number});
  return kDone;
}

Status Amendments::remove(const RemoveValidator& change) {
  auto node = find_node(change.node);
  if (!node) { return node.error(); }
  return remove_node(std::move(*node), change.afterwards);
}

Status Amendments::remove_node(FoundNode node, Afterwards afterwards) {
  auto& [number, record] = node;
  if (record.standing == Standing::following) {
    if (afterwards == Afterwards::follows) {
      return refused("NOT_A_VALIDATOR", "node " + record.name + " is a follower already");
    }
    record.standing = Standing::left;
    record.since = height();
    record.tls_certificates.clear();
    records_.set_node(number, record);
    return kDone;
  }
  if (auto opened = open_pending(); !opened) { return opened; }
  auto& next = pending_->validators;
  const auto found =
      std::ranges::find_if(next, [number = number](const Validator& each) { return each.number == number; });
  if (found == next.end()) {
    return refused("NOT_A_VALIDATOR", "node " + record.name + " is no validator of the next epoch");
  }
  const auto present = current_validator(number);
  const auto key = found->key;
  next.erase(found);
  if (!present || present->key != key) { records_.revoke_key(key, height()); }
  if (present) {
    pending_->leaving[number] = afterwards;
    if (present->key != key) {  // it is known by the key that it votes with
      std::erase(record.keys, key);
      records_.set_node(number, record);
    }
    return kDone;
  }
  record.standing = afterwards == Afterwards::follows ? Standing::following : Standing::left;
  record.since = height();
  if (record.standing == Standing::left) { record.tls_certificates.clear(); }
  records_.set_node(number, record);
  return kDone;
}

Status Amendments::set(const SetParameter& change) {
  if (auto opened = open_pending(); !opened) { return opened; }
  const auto* field = find_parameter(change.parameter);
  CHECK(field != nullptr);  // checked with the shape
  auto& value = pending_->parameters.*field->value;
  if (value == change.value) {
    return refused("NOTHING_CHANGES", change.parameter + " is " + std::to_string(value) + " already");
  }
  value = change.value;
  return kDone;
}

Status Amendments::rotate(std::string_view organisation, const RotateValidator& arguments) {
  auto node = find_own_node(organisation, arguments.node);
  if (!node) { return node.error(); }
  auto& [number, record] = *node;
  const Roles roles{Role::validator};
  if (auto key = check_new_key(record.organisation, record.name, roles, arguments.key, arguments.possession); !key) {
    return key;
  }
  if (auto opened = open_pending(); !opened) { return opened; }
  auto& next = pending_->validators;
  const auto found =
      std::ranges::find_if(next, [number = number](const Validator& each) { return each.number == number; });
  if (found == next.end()) {
    return refused("NOT_A_VALIDATOR",
                   "node " + record.name + " is no validator of the next epoch; it has no key to rotate");
  }
  const auto present = current_validator(number);
  const bool waits = !present || present->key != found->key;
  if (auto checked = waits ? check_pause(record.name, found->key) : check_pause(organisation); !checked) {
    return checked;
  }
  if (waits) {  // never voted and never will
    records_.revoke_key(found->key, height());
    std::erase(record.keys, found->key);
  }
  found->key = arguments.key;
  record.keys.insert(record.keys.begin(), arguments.key);
  if (record.keys.size() > limits::kFormerKeysMax) { record.keys.pop_back(); }
  records_.set_node(number, record);
  records_.set_key(arguments.key, {{record.organisation, record.name, roles}, height(), {}});
  return kDone;
}

Status Amendments::check_pause(const std::string& node, const PublicKey& key) {
  const auto since = records_.key(key)->since;
  const auto until = since.plus(kRotationPauseBlocks);
  if (height() >= until) { return kDone; }
  return refused("ROTATED_JUST_NOW", "node " + node + " was given a key at height " + since.text() + "; " +
                                         "another one can take its place from height " + until.text() + " on");
}

/// A rotation begins an epoch by the word of one admin, so an organisation waits after one that did. Keys that wait begin
/// one epoch together, and the key that a node came with was the members' decision.
Status Amendments::check_pause(std::string_view organisation) {
  for (const auto& [number, node] : records_.nodes()) {
    if (node.organisation != organisation) { continue; }
    const auto present = current_validator(number);
    if (!present || node.keys.back() == present->key) { continue; }  // the oldest is the one that it came with
    if (auto checked = check_pause(node.name, present->key); !checked) { return checked; }
  }
  return kDone;
}

Status Amendments::update(std::string_view organisation, const UpdateNode& arguments) {
  auto node = find_own_node(organisation, arguments.node);
  if (!node) { return node.error(); }
  auto& [number, record] = *node;
  bool changes = false;
  if (!arguments.tls_certificate.empty()) {
    if (auto checked = check_new_certificate(arguments.tls_certificate, number); !checked) { return checked; }
    auto& pins = record.tls_certificates;
    changes = pins.empty() || !is_same_certificate(pins.front(), arguments.tls_certificate) ||
              (arguments.former == FormerCertificate::ends && pins.size() > 1);
    std::erase_if(pins, [&](const std::string& pin) { return is_same_certificate(pin, arguments.tls_certificate); });
    pins.resize(std::min<std::size_t>(pins.size(), arguments.former == FormerCertificate::stays ? 1 : 0));
    pins.insert(pins.begin(), arguments.tls_certificate);
  }
  if (!arguments.peer_address.empty() && arguments.peer_address != record.peer_address) {
    if (auto checked = check_new_address(arguments.peer_address, number); !checked) { return checked; }
    record.peer_address = arguments.peer_address;
    changes = true;
  }
  if (!changes) {
    return refused("NOTHING_CHANGES", "node " + record.name + " has this certificate and this address already");
  }
  records_.set_node(number, record);
  return kDone;
}

Status Amendments::add_user_key(const std::string& organisation, const GenesisKey& key) {
  if (auto member = require_member(organisation); !member) { return member; }
  auto record = *records_.organisation(organisation);
  if (record.keys >= limits::kKeysPerOrganisationMax) {
    return refused("TOO_MANY_KEYS", "organisation " + organisation + " has " + std::to_string(record.keys) +
                                        " keys, the most that are possible; revoke one first");
  }
  if (const auto user = records_.user(organisation, key.name)) {
    return taken("NAME_TAKEN", organisation + " has a key named " + key.name + " (" + key_text(*user) +
                                   "); revoke it first or choose another name");
  }
  if (auto checked = check_new_key(organisation, key.name, key.roles, key.key, key.possession); !checked) {
    return checked;
  }
  ++record.keys;
  if (key.roles.has(Role::admin)) { ++record.admins; }
  records_.set_organisation(organisation, record);
  records_.set_key(key.key, {{organisation, key.name, key.roles}, height(), {}});
  records_.set_user(organisation, key.name, key.key);
  return kDone;
}

Status Amendments::revoke_user_key(const std::string& organisation, const PublicKey& key) {
  const auto known = records_.key(key);
  if (!known || known->registered.organisation != organisation) {
    return unknown("UNKNOWN_KEY", "organisation " + organisation + " has no key " + key_text(key));
  }
  if (!known->is_valid()) {
    return refused("KEY_REVOKED", key_text(key) + " was revoked at height " + known->revoked.text());
  }
  if (known->registered.roles.has(Role::validator)) {
    return refused("NOT_A_USER_KEY", key_text(key) + " is the validator key of node " + known->registered.name +
                                         "; give the node another one with validator.rotate");
  }
  auto record = *records_.organisation(organisation);
  if (known->registered.roles.has(Role::admin)) {
    if (record.admins == 1) {
      return refused("LAST_ADMIN", known->registered.name + " is the last admin key of " + organisation +
                                       "; add another admin before this one is revoked");
    }
    --record.admins;
  }
  --record.keys;
  records_.set_organisation(organisation, record);
  records_.erase_user(organisation, known->registered.name);
  context_.charge(kFuelPerDirectoryKey);
  records_.revoke_key(key, height());
  return kDone;
}

Status Amendments::require_member(const std::string& organisation) {
  const auto record = records_.organisation(organisation);
  if (!record) { return unknown("UNKNOWN_ORGANISATION", "there is no organisation " + organisation); }
  if (!record->is_member()) {
    return refused("ORGANISATION_LEFT", "organisation " + organisation + " left at height " + record->left.text());
  }
  return kDone;
}

Result<Amendments::FoundNode> Amendments::find_node(std::string_view name) {
  for (auto& [number, record] : records_.nodes()) {
    if (record.name == name && record.standing != Standing::left) { return FoundNode{number, record}; }
  }
  return unknown("UNKNOWN_NODE", "there is no node " + std::string(name));
}

Result<Amendments::FoundNode> Amendments::find_own_node(std::string_view organisation, std::string_view name) {
  auto node = find_node(name);
  if (node && node->record.organisation != organisation) {
    return failure(ErrorKind::forbidden, "FOREIGN_NODE",
                   "node " + std::string(name) + " belongs to " + node->record.organisation + ", not to " +
                       std::string(organisation));
  }
  return node;
}

Status Amendments::check_new_key(const std::string& organisation, const std::string& name, Roles roles,
                                 const PublicKey& key, const Signature& possession) {
  context_.charge(kFuelPerSignature + kFuelPerDirectoryKey);
  if (!is_valid_public_key(key)) {
    return invalid("KEY_INVALID",
                   "key of " + name + ": expected a valid Ed25519 key of prime order, found " + key_text(key));
  }
  if (const auto known = records_.key(key)) {
    return taken("KEY_KNOWN", key_text(key) + (known->is_valid() ? " belongs to " : " was revoked; it belonged to ") +
                                  owner_text(*known) + "; a key has one owner and is never registered again");
  }
  if (!verify(key, key_possession_hash(organisation, name, key, roles).view(), possession)) {
    return invalid("KEY_NOT_POSSESSED", "key of " + name + ": the proof of possession does not hold for organisation " +
                                            organisation + ", this name and these roles");
  }
  return kDone;
}

Status Amendments::check_new_certificate(std::string_view pem, std::optional<NodeNumber> owner) {
  for (const auto& [number, record] : records_.nodes()) {
    if (number == owner) { continue; }
    for (const auto& pin : record.tls_certificates) {
      if (is_same_certificate(pin, pem)) {
        return taken("CERTIFICATE_KNOWN",
                     "this TLS certificate belongs to node " + record.name + "; every node has one of its own");
      }
    }
  }
  return kDone;
}

Status Amendments::check_new_address(std::string_view address, std::optional<NodeNumber> owner) {
  for (const auto& [number, record] : records_.nodes()) {
    if (number != owner && record.standing != Standing::left && record.peer_address == address) {
      return taken("ADDRESS_KNOWN", std::string(address) + " is the address of node " + record.name);
    }
  }
  return kDone;
}

std::optional<Validator> Amendments::current_validator(NodeNumber number) const {
  for (const auto& validator : current_->validators) {
    if (validator.number == number) { return validator; }
  }
  return std::nullopt;
}

}  // namespace keten::governance
