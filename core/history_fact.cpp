#include "core/history_fact.h"

#include "core/hash.h"

namespace keten {

Hash fact_content(const Fact& fact) {
  Hasher hasher("keten/history-fact/1");
  hasher.sized(fact.what).number(fact.fields.size());
  for (const auto field : fact.fields) { hasher.sized(field); }
  return hasher.finish();
}

}  // namespace keten
