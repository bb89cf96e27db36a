#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/result.h"

/// What a package says about itself, and what its publisher signs. docs/formats/packages.md, "Manifest".
namespace keten::packages {

/// MAJOR.MINOR.PATCH of semantic versioning, without suffixes: there is one order and one spelling.
struct Version {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::uint32_t patch = 0;
  friend auto operator<=>(const Version&, const Version&) = default;

  [[nodiscard]] std::string text() const;
  /// Fails with VERSION_INVALID.
  static Result<Version> parse(std::string_view text);
};

/// An exported function of type () -> () and the most fuel that one run of it may use.
struct Entry {
  std::string name;
  std::uint64_t fuel = 0;
  friend bool operator==(const Entry&, const Entry&) = default;
};

struct Manifest {
  std::string name;
  Version version;
  std::string publisher;           ///< organisation
  std::vector<Entry> methods;      ///< what `contracts.call` may call; ascending by name
  std::vector<Entry> rules;        ///< what an agreement may name; ascending by name
  std::optional<Entry> migration;  ///< run once by `contracts.upgrade`, over the state of the version before
  Hash module;                     ///< file_hash of contract.wasm
  Hash schema;                     ///< of schema.json
  Hash readme;                     ///< of README.md
  Hash source;                     ///< file_hash of what it was built from; zero when the publisher does not say
  std::string build;               ///< how to build the same bytes again; UTF-8, may be empty
  friend bool operator==(const Manifest&, const Manifest&) = default;

  /// Null when there is none of that name.
  [[nodiscard]] const Entry* method(std::string_view entry) const;
  [[nodiscard]] const Entry* rule(std::string_view entry) const;

  /// Canonical JSON (RFC 8785): the bytes that are hashed.
  [[nodiscard]] std::string encode() const;
  /// Takes exactly what `encode` gives. Fails with MANIFEST_INVALID.
  static Result<Manifest> decode(std::string_view text);
};

/// A lower-case letter, then up to 31 lower-case letters, digits, `_` and `-`.
[[nodiscard]] bool is_package_name(std::string_view text);

/// Of one file of a package.
[[nodiscard]] Hash file_hash(ByteView content);
/// What names a package everywhere: it covers every file but the signatures.
[[nodiscard]] Hash package_hash(std::string_view manifest);
/// What an Ed25519 signature of a package covers. Without chain: a package may be published on several.
[[nodiscard]] Hash package_signing_hash(const Hash& package);

}  // namespace keten::packages
