#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contracts/packages/manifest.h"
#include "core/bytes.h"
#include "core/keys.h"
#include "core/result.h"

/// The file that a package is: a POSIX ustar archive of which every byte is determined by its content, so that
/// anybody can list it and nobody can change it. docs/formats/packages.md, "File".
namespace keten::packages {

struct PackageSignature {
  std::string organisation;
  PublicKey key;
  Signature signature;  ///< over package_signing_hash(hash of the package)
  friend bool operator==(const PackageSignature&, const PackageSignature&) = default;
};

struct Package {
  Manifest manifest;
  Bytes module;                              ///< contract.wasm
  Bytes schema;                              ///< schema.json: an object
  Bytes readme;                              ///< README.md: UTF-8
  std::vector<PackageSignature> signatures;  ///< ascending by organisation and key

  [[nodiscard]] Hash hash() const { return package_hash(manifest.encode()); }
  /// Adds a signature, or replaces that of the same key.
  void sign(std::string organisation, const KeyPair& key);

  /// Precondition: the manifest has the hashes of the parts, and every part is within its limit.
  [[nodiscard]] Bytes encode() const;
  /// Takes exactly what `encode` gives, with hashes and signatures that hold; whose the keys are, it cannot know. Fails with
  /// PACKAGE_MALFORMED, PACKAGE_TOO_LARGE, PACKAGE_HASH_MISMATCH, PACKAGE_SIGNATURE or MANIFEST_INVALID.
  static Result<Package> decode(ByteView file);
  /// The same, but for whether signatures hold: for who has to be paid before each is verified.
  static Result<Package> read(ByteView file);
  /// Fails with PACKAGE_SIGNATURE.
  [[nodiscard]] Status check_signatures() const;
};

/// `NAME-VERSION.ketenpkg`.
[[nodiscard]] std::string package_file_name(const Manifest& manifest);

}  // namespace keten::packages
