#include "node/audit/epoch_entry.h"

#include <string_view>
#include <utility>

#include "core/limits.h"
#include "core/parameters.h"

namespace keten::audit {

Result<LedgerSource::EpochEntry> read_epoch_entry(const contracts::StateReader& state, Epoch epoch) {
  auto key = to_bytes(std::string_view("governance/epoch/"));
  for (int shift = 56; shift >= 0; shift -= 8) { key.push_back(static_cast<std::uint8_t>(epoch.value >> shift)); }
  const auto bytes = state.get(key);
  if (!bytes) { return failure(ErrorKind::not_found, "EPOCH_UNKNOWN", "the node knows no epoch " + epoch.text()); }
  Reader reader(*bytes);
  LedgerSource::EpochEntry entry;
  entry.since = reader.number<Height>();
  for (std::size_t i = 0; i < parameter_fields().size(); ++i) { (void)reader.u64(); }
  const auto count = reader.u32();
  if (count == 0 || count > limits::kValidatorsMax) { reader.fail(); }
  std::vector<Validator> validators;
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    Validator validator;
    validator.number = NodeNumber{reader.u16()};
    validator.organisation = reader.text(limits::kNameBytesMax);
    validator.node = reader.text(limits::kNameBytesMax);
    validator.key = reader.fixed<PublicKey>();
    validator.weight = reader.u32();
    validators.push_back(std::move(validator));
  }
  if (auto end = reader.finish("epoch " + epoch.text()); !end) {
    return failure(ErrorKind::corrupt, "EPOCH_MALFORMED", end.error().message);
  }
  entry.validators = ValidatorSet(std::move(validators));
  return entry;
}

}  // namespace keten::audit
