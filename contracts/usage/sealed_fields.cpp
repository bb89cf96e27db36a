#include "contracts/usage/sealed_fields.h"

#include "core/hash.h"

namespace keten::usage {

Hash field_commitment(std::string_view about, const SealedField& field) {
  return Hasher("keten/sealed-field/1").fixed(field.salt).sized(about).sized(field.name).sized(field.value).finish();
}

Hash fields_commitment(std::string_view about, const std::vector<Hash>& fields) {
  Hasher hasher("keten/sealed-fields/1");
  hasher.sized(about).number(fields.size());
  for (const auto& field : fields) { hasher.fixed(field); }
  return hasher.finish();
}

}  // namespace keten::usage
