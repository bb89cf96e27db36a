#pragma once

#include <string>
#include <utility>
#include <vector>

#include "contracts/guest_functions.h"
#include "contracts/packages/package_file.h"
#include "tests/unit/core/sample_network.h"
#include "tests/unit/vm/assembler.h"

/// Packages that tests publish: written down, not compiled.
namespace keten::packages::test {

using vm::assembler::Code;

/// Numbers of the host functions, which are all imported in the order of the offers.
inline std::uint32_t host(std::string_view name) {
  const auto offers = contracts::guest::offers();
  for (std::uint32_t i = 0; i < offers.size(); ++i) {
    if (offers[i].name == name) { return i; }
  }
  return 0xFFFF'FFFF;
}

inline constexpr std::uint32_t kKey = 1024;  ///< of the text "calls"
inline constexpr std::uint32_t kValue = 2048;

/// Adds `step` to the four bytes under "calls" and sets them as its result.
inline Code count_by(std::uint32_t step) {
  return Code()
      .i32(kKey)
      .i32(5)
      .i32(kValue)
      .i32(4)
      .call(host("state_get"))
      .op(0x1A)  // drop
      .i32(kValue)
      .i32(kValue)
      .access(0x28)  // load
      .i32(step)
      .op(0x6A)      // add
      .access(0x36)  // store
      .i32(kKey)
      .i32(5)
      .i32(kValue)
      .i32(4)
      .call(host("state_put"))
      .i32(kValue)
      .i32(4)
      .call(host("set_result"));
}

inline Code for_ever() { return Code().begin(0x03).br(0).end(); }

/// Puts a value of 60,000 zero bytes under "calls".
inline Code put_much() { return Code().i32(kKey).i32(5).i32(4096).i32(60'000).call(host("state_put")); }

inline Bytes module_of(const std::vector<std::pair<std::string, Code>>& functions) {
  vm::assembler::Module module;
  for (const auto& offer : contracts::guest::offers()) {
    module.imports.push_back({std::string(offer.module), std::string(offer.name), offer.type});
  }
  module.memory = {1, 1};
  module.data = {{kKey, to_bytes("calls")}};
  for (const auto& [name, code] : functions) { module.functions.push_back({{}, code, {}, name}); }
  return module.encode();
}

struct Made {
  std::string name = "counter";
  Version version{1, 0, 0};
  std::string publisher = sample::organisation_name(0);
  std::vector<Entry> methods{{"count", 100'000}};
  std::vector<Entry> rules = {};
  std::optional<Entry> migration = std::nullopt;
  Bytes module = module_of({{"count", count_by(1)}});
};

/// Signed by the publisher's key `publisher`.
inline Package make(const Made& made = {}) {
  Package package;
  package.module = made.module;
  package.schema = to_bytes("{}");
  package.readme = to_bytes("# " + made.name + "\n");
  auto& manifest = package.manifest;
  manifest.name = made.name;
  manifest.version = made.version;
  manifest.publisher = made.publisher;
  manifest.methods = made.methods;
  manifest.rules = made.rules;
  manifest.migration = made.migration;
  manifest.module = file_hash(package.module);
  manifest.schema = file_hash(package.schema);
  manifest.readme = file_hash(package.readme);
  manifest.source = sample::hash_of("counter.c");
  manifest.build = "by hand";
  package.sign(made.publisher, sample::key_pair(made.publisher + "/publisher"));
  return package;
}

}  // namespace keten::packages::test
