#include <functional>
#include <stdexcept>

#include "tests/unit/vm/run_module.h"

namespace keten::vm {
namespace {

using assembler::Code;

const std::vector<Offer> kOffers = {{"keten", "add", {{i32, i64}, i64}}, {"keten", "note", {{i32, i32}, {}}}};

class SampleHost final : public Host {
 public:
  std::function<HostResult(std::uint32_t, HostCall&)> answer;
  HostResult call(std::uint32_t offer, HostCall& call) override { return answer(offer, call); }
};

assembler::Module importing() {
  assembler::Module module;
  module.types = {{{i32, i64}, i64}};
  module.imports = {{"keten", "add", {{i32, i64}, i64}}};
  module.memory = {1, 1};
  module.table = 1;
  module.elements = {{0, {0}}};
  module.functions.push_back({{{i32, i64}, i64}, Code().i64(1000).get(0).get(1).call(0).op(0x7C), {}, "direct"});
  module.functions.push_back(
      {{{i32, i64}, i64}, Code().i64(1000).get(0).get(1).i32(0).call_indirect(0).op(0x7C), {}, "indirect"});
  return module;
}

BOOST_AUTO_TEST_SUITE(vm_host)

BOOST_AUTO_TEST_CASE(a_host_function_gets_its_arguments_and_gives_a_result_however_it_is_called) {
  SampleHost host;
  host.answer = [](std::uint32_t offer, HostCall& call) {
    BOOST_TEST(offer == 0U);
    return HostResult::i64(call.u32(0) + call.u64(1));
  };
  const auto program = compiled(importing(), kOffers);
  for (const char* name : {"direct", "indirect"}) {
    for (const auto dispatch : {Dispatch::threaded, Dispatch::switched}) {
      Instance instance(program, dispatch);
      const std::uint64_t arguments[] = {7, 0x1'0000'0000};
      const auto outcome = instance.call(*program->find_function(name), arguments, kPlenty, host);
      BOOST_TEST(outcome.text() == "returned");
      BOOST_TEST(outcome.value == 0x1'0000'0000 + 7U + 1000U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_host_function_reads_and_writes_only_inside_the_memory) {
  SampleHost host;
  host.answer = [](std::uint32_t, HostCall& call) {
    BOOST_TEST(call.read(0, kPageBytes).has_value());
    BOOST_TEST(call.read(kPageBytes, 0).has_value());
    BOOST_TEST(!call.read(1, kPageBytes).has_value());
    BOOST_TEST(!call.read(0xFFFF'FFFF, 0xFFFF'FFFF).has_value());
    BOOST_TEST(call.write(kPageBytes - 3, as_bytes("abc")));
    BOOST_TEST(!call.write(kPageBytes - 2, as_bytes("abc")));
    BOOST_TEST(call.write(kPageBytes, {}));
    return HostResult::i64(0);
  };
  Instance instance(compiled(importing(), kOffers));
  const std::uint64_t arguments[] = {0, 0};
  BOOST_TEST(instance.call(*instance.program().find_function("direct"), arguments, kPlenty, host).text() == "returned");
  BOOST_TEST(to_text(instance.memory().last(3)) == "abc");
  instance.reset();
  BOOST_TEST(to_hex(instance.memory().last(3)) == "000000");
}

BOOST_AUTO_TEST_CASE(a_host_function_charges_and_may_end_the_call) {
  SampleHost host;
  Instance instance(compiled(importing(), kOffers));
  const auto function = *instance.program().find_function("direct");
  const std::uint64_t arguments[] = {0, 0};
  host.answer = [](std::uint32_t, HostCall&) { return HostResult::i64(0); };
  const auto plain = instance.call(function, arguments, kPlenty, host).fuel_used;
  host.answer = [](std::uint32_t, HostCall& call) {
    return call.charge(500) ? HostResult::i64(0) : HostResult::out_of_fuel();
  };
  BOOST_TEST(instance.call(function, arguments, kPlenty, host).fuel_used == plain + 500);
  BOOST_TEST(instance.call(function, arguments, plain + 500, host).text() == "returned");
  const auto short_of_one = instance.call(function, arguments, plain + 499, host);
  BOOST_TEST(short_of_one.text() == "out of fuel in function 1");
  BOOST_TEST(short_of_one.fuel_used == plain + 499);
  host.answer = [](std::uint32_t, HostCall&) { return HostResult::trap(Trap::out_of_bounds_memory_access); };
  BOOST_TEST(instance.call(function, arguments, kPlenty, host).text() ==
             "trap: out of bounds memory access in function 1");
  host.answer = [](std::uint32_t, HostCall&) {
    return HostResult::error(invalid("not_holder", "only the holder may ship"));
  };
  const auto refused = instance.call(function, arguments, kPlenty, host);
  BOOST_TEST(refused.text() == "not_holder: only the holder may ship in function 1");
  BOOST_TEST(refused.failure->reason == "not_holder");
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_host_passes_through_and_a_reset_makes_the_instance_good_again) {
  SampleHost host;
  Instance instance(compiled(importing(), kOffers));
  const auto function = *instance.program().find_function("direct");
  const std::uint64_t arguments[] = {1, 2};
  host.answer = [](std::uint32_t, HostCall& call) -> HostResult {
    (void)call.write(0, as_bytes("x"));
    throw std::runtime_error("the disk is gone");
  };
  BOOST_CHECK_THROW(instance.call(function, arguments, kPlenty, host), std::runtime_error);
  BOOST_TEST(instance.running());
  instance.reset();
  BOOST_TEST(instance.memory()[0] == 0);
  host.answer = [](std::uint32_t, HostCall& call) { return HostResult::i64(call.u64(1)); };
  BOOST_TEST(instance.call(function, arguments, kPlenty, host).value == 1002U);
}

BOOST_AUTO_TEST_CASE(a_call_that_was_paused_goes_on_again_and_again_as_if_it_had_run_from_its_beginning) {
  assembler::Module module;
  module.imports = {{"keten", "add", {{i32, i64}, i64}}};
  module.memory = {1, 3};
  module.globals = {{i32, true, 5}};
  // Everything that a pause must keep: a write across two pieces of memory, a global, a page more, registers of both functions.
  auto inner = Code().i32(1020).get(0).access(0x37).i32(77).op(0x24, 0).i32(1).memory(0x40).op(0x1A);
  inner.i32(7).get(0).call(0);
  inner.i32(1020).access(0x29).op(0x7C).op(0x23, 0).op(0xAD).op(0x7C).i32(70'000).i64(9).access(0x37);
  module.functions.push_back({{{i64}, i64}, inner, {}, "inner"});
  module.functions.push_back({{{}, i64}, Code().i64(40).i64(0x0102'0304'0506'0708).call(1).op(0x7C), {}, "outer"});
  const auto program = compiled(module, kOffers);
  const auto function = *program->find_function("outer");
  SampleHost host;
  bool pauses = false;
  host.answer = [&](std::uint32_t, HostCall& call) {
    if (pauses) { return HostResult::pause(); }
    return call.charge(10) ? HostResult::i64(call.u32(0) + call.u64(1)) : HostResult::out_of_fuel();
  };
  for (const auto dispatch : {Dispatch::threaded, Dispatch::switched}) {
    Instance instance(program, dispatch);
    const auto all = instance.call(function, {}, kPlenty, host).fuel_used;
    instance.reset();
    pauses = true;
    const auto begun = instance.call(function, {}, kPlenty, host);
    pauses = false;
    BOOST_TEST(begun.text() == "paused in function 1");
    const auto place = instance.paused();
    BOOST_TEST(place.bytes() < 4096U);
    const auto rest = instance.go_on(kPlenty, host);
    BOOST_TEST(rest.value == 40U + 7 + 2 * 0x0102'0304'0506'0708U + 77);
    BOOST_TEST(begun.fuel_used + rest.fuel_used == all);
    for (auto fuel = begun.fuel_used; fuel <= all; ++fuel) {
      Instance plain(program, dispatch);
      const auto expected = plain.call(function, {}, fuel, host);
      instance.reset();
      const auto found = instance.go_on_from(place, fuel - begun.fuel_used, host);
      BOOST_TEST(found.text() == expected.text());
      BOOST_TEST(found.value == expected.value);
      BOOST_TEST(found.fuel_used + begun.fuel_used == expected.fuel_used);
      BOOST_TEST((to_hex(instance.memory()) == to_hex(plain.memory())));
      BOOST_TEST(instance.global(0) == plain.global(0));
    }
    instance.reset();
    const Instance fresh(program, dispatch);
    BOOST_TEST((to_hex(instance.memory()) == to_hex(fresh.memory())));
    BOOST_TEST(instance.global(0) == 5U);
  }
}

BOOST_AUTO_TEST_CASE(an_import_that_the_host_does_not_offer_is_refused_with_what_it_offers) {
  auto module = importing();
  module.imports[0].name = "random_get";
  const auto unknown = compile(module.encode(), kOffers);
  BOOST_REQUIRE(!unknown.ok());
  BOOST_TEST(unknown.error().reason == kImport);
  BOOST_TEST(unknown.error().message ==
             "byte 38: the host has no function \"keten\" \"random_get\"; the documentation lists those it has");
  module.imports[0] = {"keten", "add", {{i32}, i64}};
  const auto other = compile(module.encode(), kOffers);
  BOOST_REQUIRE(!other.ok());
  BOOST_TEST(other.error().reason == kImport);
  BOOST_TEST(other.error().message.find(
                 "the host's \"keten\" \"add\" is (i32, i64) -> i64, the module imports it as (i32) -> i64") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm
