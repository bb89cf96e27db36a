#include "core/genesis.h"

#include <algorithm>
#include <set>

#include "core/block.h"
#include "core/encoding.h"
#include "core/genesis_json.h"
#include "core/hash.h"
#include "core/limits.h"
#include "core/merkle.h"
#include "core/names.h"

namespace keten {
namespace {

constexpr Roles kKnownRoles{Role::validator, Role::admin,     Role::submitter,
                            Role::auditor,   Role::publisher, Role::capture};

void hash_organisation(Hasher& hasher, const GenesisOrganisation& organisation) {
  hasher.sized(organisation.name).number(organisation.keys.size());
  for (const auto& key : organisation.keys) {
    hasher.sized(key.name).fixed(key.key).number(key.roles.bits()).fixed(key.possession);
  }
  hasher.number(organisation.validators.size());
  for (const auto& validator : organisation.validators) {
    hasher.sized(validator.node)
        .fixed(validator.key)
        .fixed(validator.possession)
        .sized(validator.tls_certificate)
        .sized(validator.peer_address);
  }
}

Error genesis_error(std::string message) { return invalid("GENESIS_INVALID", std::move(message)); }

Status check_key(const std::string& where, const PublicKey& key, const Hash& possession_hash,
                 const Signature& possession, std::set<PublicKey>& seen) {
  if (!is_valid_public_key(key)) { return genesis_error(where + ": expected a valid Ed25519 key of prime order"); }
  if (!seen.insert(key).second) { return genesis_error(where + ": this key is listed twice; every key has one owner"); }
  if (!verify(key, possession_hash.view(), possession)) {
    return genesis_error(where + ": the proof of possession does not hold; make the member card again with keten init");
  }
  return kDone;
}

Status check_organisation(const GenesisOrganisation& organisation, std::set<PublicKey>& keys,
                          std::set<std::string>& nodes) {
  const std::string where = "organisation " + organisation.name;
  if (!is_name(organisation.name)) {
    return genesis_error("organisation name: expected 1 to 64 letters, digits, '-', '_' or '.', found '" +
                         organisation.name.substr(0, 64) + "'");
  }
  std::set<std::string> names;
  bool has_admin = false;
  for (const auto& key : organisation.keys) {
    if (!is_name(key.name) || !names.insert(key.name).second) {
      return genesis_error(where + ": key name '" + key.name.substr(0, 64) + "' is malformed or used twice");
    }
    if (key.roles.has(Role::capture) && !are_user_roles(key.roles)) {
      return genesis_error(where + " key " + key.name + ": a capture key is held by a node and may have no other role");
    }
    if (!are_user_roles(key.roles)) {
      return genesis_error(where + " key " + key.name + ": expected admin, submitter, auditor, publisher or capture");
    }
    has_admin = has_admin || key.roles.has(Role::admin);
    auto checked =
        check_key(where + " key " + key.name, key.key,
                  key_possession_hash(organisation.name, key.name, key.key, key.roles), key.possession, keys);
    if (!checked) { return checked; }
  }
  if (!has_admin) { return genesis_error(where + ": expected at least one key with the role admin"); }
  for (const auto& validator : organisation.validators) {
    const std::string at = where + " validator " + validator.node;
    if (!is_name(validator.node) || !nodes.insert(validator.node).second) {
      return genesis_error(at + ": node name is malformed or used twice");
    }
    auto checked =
        check_key(at, validator.key,
                  key_possession_hash(organisation.name, validator.node, validator.key, Roles{Role::validator}),
                  validator.possession, keys);
    if (!checked) { return checked; }
    if (validator.tls_certificate.find("BEGIN CERTIFICATE") == std::string::npos ||
        validator.tls_certificate.size() > kCertificateBytesMax) {
      return genesis_error(at + ": tls_certificate: expected one PEM certificate");
    }
    if (validator.peer_address.find(':') == std::string::npos || validator.peer_address.size() > kAddressBytesMax) {
      return genesis_error(at + ": peer_address: expected host:port, found '" + validator.peer_address.substr(0, 64) +
                           "'");
    }
  }
  return kDone;
}

}  // namespace

bool are_user_roles(Roles roles) {
  if (roles.has(Role::capture)) { return roles == Roles{Role::capture}; }
  return roles.bits() != 0 && !roles.has(Role::validator) && (roles.bits() & ~kKnownRoles.bits()) == 0;
}

ChainId Genesis::chain_id() const {
  Hasher hasher("keten/genesis/1");
  hasher.sized(chain_name).number(time);
  for (const auto& field : parameter_fields()) { hasher.number(parameters.*field.value); }
  hasher.number(organisations.size());
  for (const auto& organisation : organisations) { hash_organisation(hasher, organisation); }
  return hasher.finish();
}

ValidatorSet Genesis::validators() const {
  std::vector<Validator> members;
  for (const auto& organisation : organisations) {
    for (const auto& validator : organisation.validators) {
      const NodeNumber number{static_cast<std::uint16_t>(members.size())};
      members.push_back({organisation.name, validator.node, validator.key, 1, number});
    }
  }
  return ValidatorSet(std::move(members));
}

Status Genesis::check() const {
  if (!is_name(chain_name)) {
    return genesis_error("chain: expected a name of 1 to 64 letters, digits, '-', '_' or '.'");
  }
  if (auto checked = check_parameters(parameters); !checked) { return genesis_error(checked.error().message); }
  std::set<std::string> names;
  std::set<std::string> nodes;
  std::set<PublicKey> keys;
  for (const auto& organisation : organisations) {
    if (auto checked = check_organisation(organisation, keys, nodes); !checked) { return checked; }
    if (!names.insert(organisation.name).second) {
      return genesis_error("organisation " + organisation.name + " is listed twice");
    }
  }
  if (nodes.empty() || nodes.size() > limits::kValidatorsMax) {
    return genesis_error("expected 1 to " + std::to_string(limits::kValidatorsMax) + " validators, found " +
                         std::to_string(nodes.size()));
  }
  return kDone;
}

Status Genesis::check_signed() const {
  if (auto checked = check(); !checked) { return checked; }
  const Hash digest = genesis_signing_hash(chain_id());
  std::string missing;
  for (const auto& organisation : organisations) {
    const bool has_signed = std::any_of(signatures.begin(), signatures.end(), [&](const GenesisSignature& signature) {
      const bool is_admin = std::any_of(organisation.keys.begin(), organisation.keys.end(), [&](const GenesisKey& key) {
        return key.key == signature.key && key.roles.has(Role::admin);
      });
      return signature.organisation == organisation.name && is_admin &&
             verify(signature.key, digest.view(), signature.signature);
    });
    if (!has_signed) { missing += (missing.empty() ? "" : ", ") + organisation.name; }
  }
  if (!missing.empty()) {
    return failure(ErrorKind::refused, "GENESIS_UNSIGNED",
                   "expected a valid admin signature of every organisation; missing: " + missing +
                       "; each signs with: keten genesis sign FILE --home DIR");
  }
  return kDone;
}

Hash key_possession_hash(std::string_view organisation, std::string_view name, const PublicKey& key, Roles roles) {
  return Hasher("keten/key-possession/1").sized(organisation).sized(name).fixed(key).number(roles.bits()).finish();
}

Hash genesis_signing_hash(const ChainId& chain) { return Hasher("keten/genesis-signature/1").fixed(chain).finish(); }

BlockHeader genesis_header(const Genesis& genesis) {
  BlockHeader header;
  header.chain_id = genesis.chain_id();
  header.time = genesis.time;
  header.payload_root = merkle_root({});
  return header;
}

}  // namespace keten
