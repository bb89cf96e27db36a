#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/differential/calls.h"
#include "tests/differential/module_generator.h"

// keten_vm_modules FOLDER FIRST_SEED COUNT: writes generated modules as SEED.wasm and to standard output, for each call in turn,
//   SEED FUNCTION RESULT DIGEST
// where RESULT is i32:N, i64:N, nothing or trap, and DIGEST that of the memory afterwards. A module's list ends before the first
// call that runs out of fuel or of stack: other engines have no such limits.
namespace {

using namespace keten;

std::string result_of(const vm::Program& program, std::uint32_t function, const vm::Outcome& outcome) {
  if (!outcome.returned()) { return "trap"; }
  const auto& type = program.type_of(function);
  return type.result ? std::string(vm::name_of(*type.result)) + ":" + std::to_string(outcome.value) : "nothing";
}

std::uint64_t number(const char* text) {
  std::uint64_t value = 0;
  std::from_chars(text, text + std::strlen(text), value);
  return value;
}

}  // namespace

int main(int count, char** values) {
  if (count != 4) {
    std::fputs("usage: keten_vm_modules FOLDER FIRST_SEED COUNT\n", stderr);
    return 2;
  }
  const std::filesystem::path folder = values[1];
  const auto first = number(values[2]);
  for (auto seed = first; seed < first + number(values[3]); ++seed) {
    vm::Choices choices(seed);
    const auto bytes = vm::generate_module(choices).encode();
    const auto module = vm::compile(bytes, {});
    if (!module) {
      std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed), module.error().message.c_str());
      return 1;
    }
    std::ofstream(folder / (std::to_string(seed) + ".wasm"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    vm::Instance instance(*module);
    for (const auto function : vm::exported_functions(**module)) {
      const auto outcome = instance.call(function, {}, vm::kCallFuel);
      if (outcome.ending == vm::Ending::out_of_fuel || outcome.trap == vm::Trap::call_stack_exhausted) { break; }
      std::printf(
          "%llu %s %s %u\n", static_cast<unsigned long long>(seed),
          ("g" + std::to_string(function + vm::exported_functions(**module).size() - (*module)->functions.size()))
              .c_str(),
          result_of(**module, function, outcome).c_str(), vm::digest(instance.memory()));
    }
  }
  return 0;
}
