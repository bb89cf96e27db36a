#include "contracts/sdk/describe.h"

#include "contracts/guest_functions.h"

namespace keten::sdk {
namespace {

constexpr std::uint64_t kFuel = 100'000'000;

class NoState final : public contracts::StateReader {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView /*key*/) const override { return std::nullopt; }
  void scan(ByteView /*first*/, ByteView /*end*/, const Visit& /*visit*/) const override {}
};

}  // namespace

Result<json::Value> describe_module(const vm::Module& module) {
  if (!module->find_function("keten_describe")) {
    return invalid("SDK_NOT_DESCRIBED",
                   "expected the export keten_describe, found none: use KETEN_CONTRACT or KETEN_RULES");
  }
  const contracts::BlockContext block{};
  const Transaction transaction{};
  const contracts::Caller caller{};
  const NoState state;
  contracts::Context context(block, transaction, caller, 0, state, kFuel);
  vm::Instance instance(module);
  const auto answer =
      contracts::guest::call(context, instance, {.method = "keten_describe", .arguments = {}, .fuel_max = kFuel});
  if (!answer) { return answer.error(); }
  auto description = json::parse(as_text(*answer));
  if (!description) {
    return invalid("SDK_NOT_DESCRIBED", "keten_describe answers no JSON: " + description.error().message);
  }
  if (!description->is(json::Kind::object)) {
    return invalid("SDK_NOT_DESCRIBED", "keten_describe answers JSON that is no object");
  }
  return description;
}

}  // namespace keten::sdk
