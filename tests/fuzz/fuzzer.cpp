#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/check.h"
#include "tests/fuzz/targets.h"

// One program for each target: KETEN_FUZZ_TARGET is its name. libFuzzer brings the main function.

namespace {
const keten::fuzz::Target& target() {
  static const auto* found = keten::fuzz::find_target(KETEN_FUZZ_TARGET);
  CHECK(found != nullptr);
  return *found;
}
}  // namespace

/// KETEN_FUZZ_SEEDS=DIR writes the seeds there and ends.
extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*arguments*/) {
  if (const char* folder = std::getenv("KETEN_FUZZ_SEEDS"); folder != nullptr) {
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const auto& seed : keten::fuzz::seeds(KETEN_FUZZ_TARGET)) {
      std::ofstream file(std::filesystem::path(folder) / ("seed" + std::to_string(number++)), std::ios::binary);
      file << keten::as_text(seed);
    }
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  target().run({bytes, size});
  return 0;
}
