#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/ids.h"

namespace keten::usage {

/// Fields of a document that one commitment may stand for.
inline constexpr std::size_t kSealedFieldsMax = 256;
inline constexpr std::size_t kSealedValueBytesMax = 64 * 1024;

/// Random for each field: without it nobody can try out the values that a field may have.
using FieldSalt = FixedBytes<32, struct FieldSaltTag>;

/// A field of a document that stays off the chain. Secret.
struct SealedField {
  std::string name;
  std::string value;  ///< JSON, canonical
  FieldSalt salt;
};

/// `keten/sealed-field/1` over salt, what the document is about, name and value. docs/formats/usage.md, "Sealed fields".
[[nodiscard]] Hash field_commitment(std::string_view about, const SealedField& field);

/// What the ledger holds: `keten/sealed-fields/1` over what the document is about and the commitments of its fields, in order.
[[nodiscard]] Hash fields_commitment(std::string_view about, const std::vector<Hash>& fields);

}  // namespace keten::usage
