#pragma once

#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/vm/instance.h"
#include "contracts/vm/reader.h"
#include "tests/unit/vm/assembler.h"

namespace keten::vm {

inline constexpr auto i32 = ValueType::i32;
inline constexpr auto i64 = ValueType::i64;
inline constexpr std::uint64_t kPlenty = 100'000'000;

inline Module compiled(const assembler::Module& module, std::span<const Offer> offers = {}, const Limits& limits = {}) {
  auto result = compile(module.encode(), offers, limits);
  BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
  return *result;
}

/// One function, called by both ways of dispatch, which must agree in everything.
inline Outcome run(const Module& module, std::string_view name, const std::vector<std::uint64_t>& arguments = {},
                   std::uint64_t fuel = kPlenty) {
  const auto function = module->find_function(name);
  BOOST_REQUIRE(function.has_value());
  Instance threaded(module, Dispatch::threaded);
  Instance switched(module, Dispatch::switched);
  const auto first = threaded.call(*function, arguments, fuel);
  const auto second = switched.call(*function, arguments, fuel);
  BOOST_TEST(first.text() == second.text());
  BOOST_TEST(first.value == second.value);
  BOOST_TEST(first.fuel_used == second.fuel_used);
  BOOST_TEST(to_hex(threaded.memory()) == to_hex(switched.memory()));
  return first;
}

inline assembler::Module one_function(FunctionType type, assembler::Code code, std::vector<ValueType> locals = {}) {
  assembler::Module module;
  module.functions.push_back({std::move(type), std::move(code), std::move(locals), "f"});
  return module;
}

}  // namespace keten::vm
