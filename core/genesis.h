#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/ids.h"
#include "core/keys.h"
#include "core/parameters.h"
#include "core/roles.h"
#include "core/validator_set.h"

namespace keten {

struct GenesisKey {
  std::string name;  ///< of the user or device; unique in its organisation
  PublicKey key;
  Roles roles;
  Signature possession;  ///< by `key` over the member card's key line; docs/formats.md, "Genesis"
  friend bool operator==(const GenesisKey&, const GenesisKey&) = default;
};

struct GenesisValidator {
  std::string node;
  PublicKey key;
  Signature possession;
  std::string tls_certificate;  ///< PEM, self-signed: the pin for peer connections
  std::string peer_address;     ///< host:port
  friend bool operator==(const GenesisValidator&, const GenesisValidator&) = default;
};

struct GenesisOrganisation {
  std::string name;
  std::vector<GenesisKey> keys;
  std::vector<GenesisValidator> validators;
  friend bool operator==(const GenesisOrganisation&, const GenesisOrganisation&) = default;
};

/// One organisation's admin key over the chain id: "I have checked this genesis".
struct GenesisSignature {
  std::string organisation;
  PublicKey key;
  Signature signature;
  friend bool operator==(const GenesisSignature&, const GenesisSignature&) = default;
};

/// The founding document, a JSON file that every organisation signs. The chain id is the hash of its canonical
/// encoding without the signatures.
struct Genesis {
  std::string chain_name;
  Milliseconds time = 0;
  Parameters parameters;
  std::vector<GenesisOrganisation> organisations;
  std::vector<GenesisSignature> signatures;

  [[nodiscard]] ChainId chain_id() const;
  /// In order of organisations, then of their validators.
  [[nodiscard]] ValidatorSet validators() const;
  [[nodiscard]] std::string to_json() const;
  /// Strict: unknown members, wrong types and values out of range are refused with a JSON pointer. Does not check signatures.
  static Result<Genesis> from_json(std::string_view text);

  /// Names unique, keys valid, distinct and possessed, at least one admin per organisation, sizes within limits.
  [[nodiscard]] Status check() const;
  /// check() and a valid admin signature of every organisation. Fails with GENESIS_UNSIGNED naming who is missing.
  [[nodiscard]] Status check_signed() const;
};

/// What each company hands to whoever collects the genesis: its organisation with one node, from `keten init`.
std::string member_card_json(const GenesisOrganisation& organisation);
Result<GenesisOrganisation> parse_member_card(std::string_view text);

/// The roles that a user's key may have: at least one, never validator; capture stands alone.
[[nodiscard]] bool are_user_roles(Roles roles);
inline constexpr std::size_t kCertificateBytesMax = 16 * 1024;  ///< of a PEM text
inline constexpr std::size_t kAddressBytesMax = 256;

/// What `GenesisKey::possession` and `GenesisValidator::possession` sign.
Hash key_possession_hash(std::string_view organisation, std::string_view name, const PublicKey& key, Roles roles);
/// What `GenesisSignature::signature` signs.
Hash genesis_signing_hash(const ChainId& chain);

/// The block at height 0 that the first real block builds on: no transactions, time of the genesis.
struct BlockHeader genesis_header(const Genesis& genesis);

}  // namespace keten
