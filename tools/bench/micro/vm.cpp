// The virtual machine: instructions per second, what a call and a small rule cost, how fast modules are checked and translated.
// tools/bench/vm_ratio.py compiles the guests, runs these and wabt's interpreter on the same modules, and gives ratios.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "contracts/vm/instance.h"
#include "core/check.h"
#include "tests/differential/module_generator.h"

namespace {

using namespace keten;
using vm::assembler::Code;

constexpr auto i32 = vm::ValueType::i32;
constexpr std::uint64_t kFuel = std::uint64_t{1} << 60U;

/// A guest's exported function "run", with every instruction counted as an item.
void vm_guest(benchmark::State& state, const std::string& name) {
  const char* folder = std::getenv("KETEN_VM_GUESTS");
  std::ifstream file(std::string(folder != nullptr ? folder : ".") + "/" + name + ".wasm", std::ios::binary);
  if (!file) {
    return state.SkipWithError("no module; tools/bench/vm_ratio.py compiles them and sets KETEN_VM_GUESTS");
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const auto module = vm::compile(as_bytes(bytes), {});
  vm::Limits counting;
  counting.count_instructions = true;
  const auto counted = vm::compile(as_bytes(bytes), {}, counting);
  if (!module || !counted) { return state.SkipWithError("the module was refused"); }
  const auto function = *(*module)->find_function("run");
  const auto instructions = vm::Instance(*counted).call(function, {}, kFuel).fuel_used;
  vm::Instance instance(*module);
  std::uint64_t value = 0;
  for (auto _ : state) {
    const auto outcome = instance.call(function, {}, kFuel);
    CHECK(outcome.returned());
    value = outcome.value;
    instance.reset();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(instructions));
  state.counters["value"] = static_cast<double>(value);
  state.counters["instructions"] = static_cast<double>(instructions);
}
BENCHMARK_CAPTURE(vm_guest, fib, std::string("fib"));
BENCHMARK_CAPTURE(vm_guest, sieve, std::string("sieve"));
BENCHMARK_CAPTURE(vm_guest, sha256, std::string("sha256"));

/// A function that adds two numbers, in an instance that is put back after every call.
void vm_call_overhead(benchmark::State& state) {
  vm::assembler::Module module;
  module.memory = {static_cast<std::uint32_t>(state.range(0)), 64};
  module.functions.push_back({{{i32, i32}, i32}, Code().get(0).get(1).op(0x6A), {}, "f"});
  vm::Instance instance(*vm::compile(module.encode(), {}));
  const std::uint64_t arguments[] = {3, 4};
  for (auto _ : state) {
    benchmark::DoNotOptimize(instance.call(0, arguments, 1000));
    instance.reset();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(vm_call_overhead)->Arg(2)->Arg(64);

/// Answers a read with 222 bytes written into the guest.
class Reads final : public vm::Host {
 public:
  vm::HostResult call(std::uint32_t /*offer*/, vm::HostCall& call) override {
    if (!call.charge(700)) { return vm::HostResult::out_of_fuel(); }
    return call.write(call.u32(0), record_) ? vm::HostResult::i32(222)
                                            : vm::HostResult::trap(vm::Trap::out_of_bounds_memory_access);
  }

 private:
  Bytes record_ = Bytes(222, 7);
};

/// Two reads through the host, then a checksum over what was read: 7,000 instructions in all.
void vm_small_rule(benchmark::State& state) {
  const std::vector<vm::Offer> offers = {{"keten", "get", {{i32}, i32}}};
  vm::assembler::Module module;
  module.imports = {{"keten", "get", {{i32}, i32}}};
  module.memory = {2, 4};
  // Locals: place, end, sum, rounds.
  module.functions.push_back({{{}, i32},
                              Code()
                                  .i32(1024)
                                  .call(0)
                                  .op(0x1A)
                                  .i32(4096)
                                  .call(0)
                                  .i32(4096)
                                  .op(0x6A)
                                  .set(1)
                                  .i32(2)
                                  .set(3)
                                  .begin(0x03)
                                  .i32(4096 - 4)
                                  .set(0)
                                  .begin(0x03)
                                  .get(2)
                                  .i32(5)
                                  .op(0x77)
                                  .get(0)
                                  .access(0x2D, 4)
                                  .op(0x73)
                                  .set(2)
                                  .get(0)
                                  .i32(1)
                                  .op(0x6A)
                                  .tee(0)
                                  .get(1)
                                  .i32(8)
                                  .op(0x6B)
                                  .op(0x49)
                                  .br_if(0)
                                  .end()
                                  .get(3)
                                  .i32(1)
                                  .op(0x6B)
                                  .tee(3)
                                  .br_if(0)
                                  .end()
                                  .get(2),
                              {i32, i32, i32, i32},
                              "f"});
  vm::Limits counting;
  counting.count_instructions = true;
  Reads host;
  const auto instructions =
      vm::Instance(*vm::compile(module.encode(), offers, counting)).call(1, {}, kFuel, host).fuel_used - 2 * 700;
  vm::Instance instance(*vm::compile(module.encode(), offers));
  for (auto _ : state) {
    const auto outcome = instance.call(1, {}, 100'000, host);
    CHECK(outcome.returned());
    instance.reset();
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["instructions"] = static_cast<double>(instructions);
}
BENCHMARK(vm_small_rule);

/// Decoding, validation and translation of generated modules.
void vm_compile(benchmark::State& state) {
  std::vector<Bytes> modules;
  std::int64_t bytes = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    vm::Choices choices(seed);
    modules.push_back(vm::generate_module(choices).encode());
    bytes += static_cast<std::int64_t>(modules.back().size());
  }
  for (auto _ : state) {
    for (const auto& module : modules) { CHECK(vm::compile(module, {}).ok()); }
  }
  state.SetBytesProcessed(state.iterations() * bytes);
}
BENCHMARK(vm_compile);

}  // namespace
