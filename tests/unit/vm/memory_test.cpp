#include "tests/unit/vm/run_module.h"

namespace keten::vm {
namespace {

using assembler::Code;

assembler::Module with_memory(std::uint32_t pages = 1, std::uint32_t pages_max = 2) {
  assembler::Module module;
  module.memory = {pages, pages_max};
  return module;
}

struct Load {
  std::uint8_t opcode;
  ValueType type;
  std::uint32_t width;
  std::uint64_t result;  ///< of the bytes 81 82 83 84 85 86 87 88
};
const std::vector<Load> kLoads = {
    {0x28, i32, 4, 0x8483'8281},           {0x29, i64, 8, 0x8887'8685'8483'8281},
    {0x2C, i32, 1, 0xFFFF'FF81},           {0x2D, i32, 1, 0x81},
    {0x2E, i32, 2, 0xFFFF'8281},           {0x2F, i32, 2, 0x8281},
    {0x30, i64, 1, 0xFFFF'FFFF'FFFF'FF81}, {0x31, i64, 1, 0x81},
    {0x32, i64, 2, 0xFFFF'FFFF'FFFF'8281}, {0x33, i64, 2, 0x8281},
    {0x34, i64, 4, 0xFFFF'FFFF'8483'8281}, {0x35, i64, 4, 0x8483'8281},
};
struct Store {
  std::uint8_t opcode;
  ValueType type;
  std::uint32_t width;
};
const std::vector<Store> kStores = {{0x36, i32, 4}, {0x37, i64, 8}, {0x3A, i32, 1}, {0x3B, i32, 2},
                                    {0x3C, i64, 1}, {0x3D, i64, 2}, {0x3E, i64, 4}};

BOOST_AUTO_TEST_SUITE(vm_memory)

BOOST_AUTO_TEST_CASE(loads_read_little_endian_and_extend_as_their_names_say) {
  for (const auto& load : kLoads) {
    auto module = with_memory();
    module.data = {{100, {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88}}};
    module.functions.push_back({{{i32}, load.type}, Code().get(0).access(load.opcode, 90), {}, "register"});
    module.functions.push_back({{{i32}, load.type}, Code().i32(40).access(load.opcode, 60), {}, "constant"});
    const auto program = compiled(module);
    BOOST_TEST(run(program, "register", {10}).value == load.result);
    BOOST_TEST(run(program, "constant", {0}).value == load.result);
  }
}

BOOST_AUTO_TEST_CASE(stores_write_little_endian_and_no_byte_more) {
  for (const auto& store : kStores) {
    const std::uint64_t value = store.type == i32 ? 0xF1E2'D3C4 : 0xF1E2'D3C4'B5A6'9788;
    auto module = with_memory();
    module.functions.push_back(
        {{{i32, store.type}, {}}, Code().get(0).get(1).access(store.opcode, 20), {}, "registers"});
    module.functions.push_back(
        {{{i32}, {}}, Code().get(0).constant(store.type, value).access(store.opcode, 20), {}, "value"});
    module.functions.push_back({{{store.type}, {}}, Code().i32(20).get(0).access(store.opcode, 10), {}, "address"});
    module.functions.push_back(
        {{{}, {}}, Code().i32(20).constant(store.type, value).access(store.opcode, 10), {}, "both"});
    module.functions.push_back(
        {{{i32}, {}}, Code().get(0).constant(store.type, ~std::uint64_t{0}).access(store.opcode, 20), {}, "minus"});
    const auto program = compiled(module);
    Bytes expected(64, 0);
    for (std::uint32_t i = 0; i < store.width; ++i) { expected[30 + i] = static_cast<std::uint8_t>(value >> (8 * i)); }
    const std::vector<std::pair<std::string, std::vector<std::uint64_t>>> calls = {
        {"registers", {10, value}}, {"value", {10}}, {"address", {value}}, {"both", {}}};
    for (const auto& [name, arguments] : calls) {
      Instance instance(program);
      BOOST_TEST(instance.call(*program->find_function(name), arguments, kPlenty).text() == "returned");
      BOOST_TEST(to_hex(instance.memory().first(64)) == to_hex(expected), name);
      instance.reset();
      BOOST_TEST(to_hex(instance.memory().first(64)) == to_hex(Bytes(64, 0)), name);
    }
    Instance instance(program);
    const std::uint64_t ten = 10;
    BOOST_TEST(instance.call(*program->find_function("minus"), {&ten, 1}, kPlenty).text() == "returned");
    BOOST_TEST(instance.memory()[30 + store.width - 1] == 0xFF);
    BOOST_TEST(instance.memory()[30 + store.width] == 0);
  }
}

BOOST_AUTO_TEST_CASE(an_access_beyond_the_memory_traps_at_the_first_byte_outside) {
  for (const auto& load : kLoads) {
    auto module = with_memory();
    module.functions.push_back({{{i32}, load.type}, Code().get(0).access(load.opcode), {}, "f"});
    module.functions.push_back({{{i32}, load.type}, Code().get(0).access(load.opcode, 0xFFFF'FFFF), {}, "far"});
    module.functions.push_back(
        {{{}, load.type}, Code().i32(0xFFFF'FFFF).access(load.opcode, 0xFFFF'FFFF), {}, "constant"});
    const auto program = compiled(module);
    BOOST_TEST(run(program, "f", {kPageBytes - load.width}).text() == "returned");
    BOOST_TEST(run(program, "f", {kPageBytes - load.width + 1}).text() ==
               "trap: out of bounds memory access in function 0");
    BOOST_TEST(name_of(run(program, "f", {0xFFFF'FFFF}).trap) == "out of bounds memory access");
    BOOST_TEST(name_of(run(program, "far", {0xFFFF'FFFF}).trap) == "out of bounds memory access");
    BOOST_TEST(name_of(run(program, "constant").trap) == "out of bounds memory access");
  }
  for (const auto& store : kStores) {
    auto module = with_memory();
    module.functions.push_back({{{i32, store.type}, {}}, Code().get(0).get(1).access(store.opcode), {}, "f"});
    module.functions.push_back(
        {{{i32}, {}}, Code().get(0).constant(store.type, 1).access(store.opcode, 1), {}, "value"});
    const auto program = compiled(module);
    BOOST_TEST(run(program, "f", {kPageBytes - store.width, 1}).text() == "returned");
    BOOST_TEST(name_of(run(program, "f", {kPageBytes - store.width + 1, 1}).trap) == "out of bounds memory access");
    BOOST_TEST(name_of(run(program, "value", {kPageBytes - store.width}).trap) == "out of bounds memory access");
  }
}

BOOST_AUTO_TEST_CASE(memory_grows_to_its_maximum_and_new_pages_are_zero) {
  auto module = with_memory(1, 3);
  module.functions.push_back({{{i32}, i32}, Code().get(0).memory(0x40), {}, "grow"});
  module.functions.push_back({{{}, i32}, Code().memory(0x3F), {}, "size"});
  module.functions.push_back({{{i32, i32}, {}}, Code().get(0).get(1).access(0x3A), {}, "put"});
  module.functions.push_back({{{i32}, i32}, Code().get(0).access(0x2D), {}, "at"});
  Instance instance(compiled(module));
  const auto call = [&](const char* name, const std::vector<std::uint64_t>& arguments) {
    return instance.call(*instance.program().find_function(name), arguments, kPlenty);
  };
  BOOST_TEST(call("size", {}).value == 1U);
  BOOST_TEST(call("grow", {3}).value == 0xFFFF'FFFFU);
  BOOST_TEST(call("grow", {0xFFFF'FFFF}).value == 0xFFFF'FFFFU);
  BOOST_TEST(call("grow", {0}).value == 1U);
  BOOST_TEST(call("grow", {2}).value == 1U);
  BOOST_TEST(call("size", {}).value == 3U);
  BOOST_TEST(call("put", {3 * kPageBytes - 1, 5}).text() == "returned");
  BOOST_TEST(call("at", {3 * kPageBytes - 1}).value == 5U);
  instance.reset();
  BOOST_TEST(call("size", {}).value == 1U);
  BOOST_TEST(call("grow", {2}).value == 1U);
  BOOST_TEST(call("at", {3 * kPageBytes - 1}).value == 0U);
}

BOOST_AUTO_TEST_CASE(copying_and_filling_check_their_bounds_before_they_write) {
  auto module = with_memory();
  module.data = {{0, {1, 2, 3, 4, 5, 6, 7, 8}}};
  module.functions.push_back({{{i32, i32, i32}, {}}, Code().get(0).get(1).get(2).memory_copy(), {}, "copy"});
  module.functions.push_back({{{i32, i32, i32}, {}}, Code().get(0).get(1).get(2).memory_fill(), {}, "fill"});
  const auto program = compiled(module);
  const auto after = [&](const char* name, const std::vector<std::uint64_t>& arguments, std::string_view ending) {
    Instance instance(program);
    BOOST_TEST(instance.call(*program->find_function(name), arguments, kPlenty).text() == ending);
    const auto text = to_hex(instance.memory().first(12));
    instance.reset();
    BOOST_TEST(to_hex(instance.memory().first(12)) == "010203040506070800000000");
    return text;
  };
  BOOST_TEST(after("copy", {2, 0, 6}, "returned") == "010201020304050600000000");
  BOOST_TEST(after("copy", {0, 2, 6}, "returned") == "030405060708070800000000");
  BOOST_TEST(after("copy", {0, kPageBytes, 0}, "returned") == "010203040506070800000000");
  BOOST_TEST(after("copy", {0, kPageBytes - 1, 2}, "trap: out of bounds memory access in function 0") ==
             "010203040506070800000000");
  BOOST_TEST(after("copy", {0xFFFF'FFFF, 0, 0}, "trap: out of bounds memory access in function 0") ==
             "010203040506070800000000");
  BOOST_TEST(after("fill", {1, 0x1FF, 3}, "returned") == "01ffffff0506070800000000");
  BOOST_TEST(after("fill", {kPageBytes, 1, 0}, "returned") == "010203040506070800000000");
  BOOST_TEST(after("fill", {kPageBytes - 1, 1, 2}, "trap: out of bounds memory access in function 1") ==
             "010203040506070800000000");
}

BOOST_AUTO_TEST_CASE(a_reset_puts_back_every_byte_also_where_a_write_crosses_pieces) {
  auto module = with_memory(2, 2);
  Bytes pattern(4096);
  for (std::size_t i = 0; i < pattern.size(); ++i) { pattern[i] = static_cast<std::uint8_t>(i * 7 + 1); }
  module.data = {{500, pattern}};
  module.functions.push_back({{{i32, i64}, {}}, Code().get(0).get(1).access(0x37), {}, "f"});
  Instance instance(compiled(module));
  const auto before = to_hex(instance.memory());
  for (const std::uint64_t address : {1017U, 1023U, 1020U, 2047U, 4590U, 65'535U, 131'064U}) {
    const std::uint64_t arguments[] = {address, ~std::uint64_t{0}};
    BOOST_TEST(instance.call(0, arguments, kPlenty).text() == "returned");
    if (address > 4000) { instance.reset(); }
  }
  instance.reset();
  BOOST_TEST((to_hex(instance.memory()) == before));
}

BOOST_AUTO_TEST_CASE(what_is_kept_is_what_a_reset_goes_back_to) {
  auto module = with_memory(1, 2);
  module.globals = {{i32, true, 1}};
  module.functions.push_back({{{i32, i64}, {}}, Code().get(0).get(1).access(0x37).i32(2).op(0x24, 0), {}, "f"});
  Instance instance(compiled(module));
  const std::uint64_t first[] = {1020, 0x1111'1111'1111'1111};
  instance.call(0, first, kPlenty);
  instance.keep();
  const auto kept = to_hex(instance.memory());
  const std::uint64_t second[] = {1022, 0x2222'2222'2222'2222};
  instance.call(0, second, kPlenty);
  BOOST_TEST((to_hex(instance.memory()) != kept));
  instance.reset();
  BOOST_TEST((to_hex(instance.memory()) == kept));
  BOOST_TEST(instance.global(0) == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm
