#include "contracts/vm/opcodes.h"
#include "tests/unit/vm/run_module.h"

// Modules that must be refused: for what they are, what they contain, or what they ask for.
namespace keten::vm {
namespace {

using assembler::Code;
using assembler::put;
using assembler::put_section;
using assembler::put_unsigned;

/// "REASON message", or "accepted".
std::string verdict(const Bytes& bytes, const Limits& limits = {}) {
  const auto result = compile(bytes, {}, limits);
  return result ? "accepted" : result.error().reason + " " + result.error().message;
}
std::string verdict(const assembler::Module& module, const Limits& limits = {}) {
  return verdict(module.encode(), limits);
}
std::string verdict(const Code& code, std::optional<ValueType> result = {}, std::vector<ValueType> locals = {}) {
  auto module = one_function({{}, result}, code, std::move(locals));
  module.memory = {1, 1};
  module.globals = {{i32, false, 0}};
  return verdict(module);
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Bytes module_of(std::uint8_t section, const Bytes& content) {
  auto bytes = assembler::preamble();
  put_section(bytes, section, content);
  return bytes;
}

BOOST_AUTO_TEST_SUITE(vm_bad_module)

BOOST_AUTO_TEST_CASE(bytes_that_are_no_module_are_refused_at_the_first_wrong_byte) {
  BOOST_TEST(verdict(Bytes{}) ==
             "MODULE_MALFORMED byte 0: expected the preamble of a module, found the end of the module");
  BOOST_TEST(verdict(to_bytes("\x7F"
                              "ELF....")) ==
             "MODULE_MALFORMED byte 0: expected the bytes 00 61 73 6d of a WebAssembly module, found 0x7f");
  BOOST_TEST(verdict(Bytes{0, 0x61, 0x73, 0x6D, 2, 0, 0, 0}) ==
             "MODULE_MALFORMED byte 4: expected version 1, found 0x02");
  BOOST_TEST(verdict(assembler::preamble()) == "accepted");
}

BOOST_AUTO_TEST_CASE(every_beginning_of_a_module_is_refused_or_a_module) {
  assembler::Module module;
  module.memory = {1, 2};
  module.table = 3;
  module.globals = {{i64, true, 4}};
  module.functions.push_back({{{i32}, i64}, Code().begin(0x02).get(0).br_if(0).end().op(0x23, 0), {i32}, "f"});
  module.elements = {{1, {0}}};
  module.data = {{5, {1, 2, 3}}};
  const auto bytes = module.encode();
  BOOST_TEST(verdict(bytes) == "accepted");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto text = verdict(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)));
    BOOST_TEST((text == "accepted" || text.starts_with("MODULE_MALFORMED") || text.starts_with("MODULE_INVALID")),
               text);
  }
}

BOOST_AUTO_TEST_CASE(sections_keep_their_order_and_their_sizes) {
  auto twice = module_of(1, {0});
  put_section(twice, 1, {0});
  BOOST_TEST(verdict(twice) == "MODULE_MALFORMED byte 11: expected a section after section 1, found 1");
  BOOST_TEST(verdict(module_of(1, {0, 0})) ==
             "MODULE_MALFORMED byte 11: expected the end of the section, found 1 more bytes");
  BOOST_TEST(verdict(module_of(14, {})) == "MODULE_MALFORMED byte 8: expected a section from 0 to 12, found 14");
  BOOST_TEST(verdict(module_of(3, {1, 0})) == "MODULE_INVALID byte 11: expected a type below 0, found 0");
  auto bodies = module_of(1, {1, 0x60, 0, 0});
  put_section(bodies, 3, {1, 0});
  BOOST_TEST(verdict(bodies) == "MODULE_MALFORMED byte 18: expected 1 function bodies, as declared, found none");
  BOOST_TEST(verdict(module_of(0, {1, 0xFF})) ==
             "MODULE_MALFORMED byte 11: expected the name of a custom section in UTF-8, found other bytes");
}

BOOST_AUTO_TEST_CASE(numbers_have_one_length_limit) {
  BOOST_TEST(contains(verdict(module_of(1, {0x80, 0x80, 0x80, 0x80, 0x80, 0x00})),
                      "at most 32 bits in at most 5 bytes, found a longer form"));
  BOOST_TEST(contains(verdict(module_of(1, {0x80, 0x80, 0x80, 0x80, 0x70})), "found more bits"));
  // A longer form within the limit is allowed: linkers leave room that way.
  BOOST_TEST(verdict(module_of(1, {0x80, 0x80, 0x80, 0x80, 0x00})) == "accepted");
  BOOST_TEST(contains(verdict(Code().op(0x41).op(0x80).op(0x80).op(0x80).op(0x80).op(0x70), i32),
                      "a signed number of 32 bits"));
  BOOST_TEST(contains(verdict(Code().op(0x41).op(0xFF).op(0xFF).op(0xFF).op(0xFF).op(0x0F), i32),
                      "a signed number of 32 bits"));
}

BOOST_AUTO_TEST_CASE(declared_sizes_that_are_not_there_cost_nothing_and_are_refused) {
  for (const auto section : Bytes{1, 2, 3, 4, 5, 6, 7, 9, 10, 11}) {
    const auto text = verdict(module_of(section, {0xFF, 0xFF, 0xFF, 0xFF, 0x0F}));
    BOOST_TEST(text.starts_with("MODULE_MALFORMED"), text);
  }
  auto bytes = assembler::preamble();
  bytes.push_back(1);
  put_unsigned(bytes, 0xFFFF'FFFF);
  BOOST_TEST(verdict(bytes) == "MODULE_MALFORMED byte 14: expected a section of 4294967295 bytes, found 0 bytes");
  Code table;
  table.i32(0).op(0x0E, 0xFFFF'FFFF);
  BOOST_TEST(contains(verdict(table), "that the rest of the section can hold, found 4294967295"));
}

BOOST_AUTO_TEST_CASE(the_operand_stack_is_checked) {
  BOOST_TEST(contains(verdict(Code().i64(1), i32), "end expects i32 on the operand stack, found i64"));
  BOOST_TEST(contains(verdict(Code(), i32), "end expects a value on the operand stack, found none in this block"));
  BOOST_TEST(contains(verdict(Code().i32(1)), "nothing but the result on the operand stack, found 1 more"));
  BOOST_TEST(
      contains(verdict(Code().i32(1).i64(1).op(0x6A), i32), "i32.add expects i32 on the operand stack, found i64"));
  BOOST_TEST(contains(verdict(Code().i32(1).begin(0x02).op(0x1A).end()),
                      "drop expects a value on the operand stack, found none in this block"));
  BOOST_TEST(contains(verdict(Code().i32(1).begin(0x04, assembler::kI32).i32(1).end(), i32),
                      "an else in an if that gives a value"));
  BOOST_TEST(contains(verdict(Code().br(1)), "br expects a label below 1, found 1"));
  BOOST_TEST(contains(verdict(Code().get(0), i32), "local.get expects a local below 0, found 0"));
  BOOST_TEST(contains(verdict(Code().i32(1).op(0x24, 0)),
                      "global.set expects a mutable global, found global 0, which is constant"));
  BOOST_TEST(contains(verdict(Code().call(3)), "call expects a function below 1, found 3"));
  BOOST_TEST(
      contains(verdict(Code().i32(0).call_indirect(0)), "call_indirect expects a table, found a module without one"));
  BOOST_TEST(contains(verdict(Code().i32(0).op(0x28, 3).op(0x00), i32),
                      "i32.load expects an alignment of at most 4 bytes, found 2^3"));
  BOOST_TEST(contains(verdict(Code().i32(1).i64(1).i32(1).op(0x1B), i32),
                      "select expects i64 on the operand stack, found i32"));
  BOOST_TEST(
      contains(verdict(Code().begin(0x02, assembler::kI32).begin(0x02).i32(1).br_table({0, 1}).end().i32(1).end(), i32),
               "labels of one type"));
  BOOST_TEST(contains(verdict(Code().otherwise()), "else expects an if without else, found another block"));
}

BOOST_AUTO_TEST_CASE(every_instruction_outside_the_subset_is_refused_by_its_name) {
  for (unsigned opcode = 0; opcode <= 0xFF; ++opcode) {
    const auto code = static_cast<std::uint8_t>(opcode);
    // Read a type and a second number, tested elsewhere.
    if ((code >= 0x02 && code <= 0x04) || code == 0xFC) { continue; }
    const auto text = verdict(Code().op(0x00).op(code).op(0).op(0).op(0).op(0).op(0));
    if (const auto* feature = outside_feature(code)) {
      BOOST_TEST(text.starts_with("MODULE_OUTSIDE_SUBSET"), opcode_name(code) << ": " << text);
      BOOST_TEST(contains(text, feature), text);
    } else {
      BOOST_TEST(!text.starts_with("MODULE_OUTSIDE_SUBSET"), opcode_name(code) << ": " << text);
    }
  }
  for (std::uint32_t second = 0; second < 20; ++second) {
    const auto text = verdict(Code().op(0x00).op(0xFC, second).op(0).op(0));
    const bool known = outside_feature_fc(second) != nullptr;
    BOOST_TEST(text.starts_with(known ? "MODULE_OUTSIDE_SUBSET" : "MODULE_MALFORMED") == (second != 10 && second != 11),
               text);
  }
}

BOOST_AUTO_TEST_CASE(what_the_subset_leaves_out_is_refused_in_every_section) {
  const auto outside = [](std::uint8_t section, const Bytes& content, const std::string& part) {
    const auto text = verdict(module_of(section, content));
    BOOST_TEST(text.starts_with("MODULE_OUTSIDE_SUBSET"), text);
    BOOST_TEST(contains(text, part), text);
  };
  outside(1, {1, 0x60, 1, 0x7D, 0}, "a parameter of floating point");
  outside(1, {1, 0x60, 0, 1, 0x7B}, "a result of SIMD");
  outside(1, {1, 0x60, 0, 2, 0x7F, 0x7F}, "several results");
  outside(2, {1, 1, 'm', 1, 'n', 2, 0, 1}, "an imported memory (\"m\" \"n\")");
  outside(2, {1, 1, 'm', 1, 'n', 1, 0x70, 0, 1}, "an imported table");
  outside(2, {1, 1, 'm', 1, 'n', 3, 0x7F, 0}, "an imported global");
  outside(4, {1, 0x6F, 0, 1}, "a table of reference types");
  outside(4, {2, 0x70, 0, 1, 0x70, 0, 1}, "a second table");
  outside(5, {1, 0, 1}, "a memory without a declared maximum");
  outside(6, {1, 0x7C, 0, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B}, "a global of floating point");
  outside(6, {1, 0x7F, 0, 0x41, 1, 0x41, 2, 0x6A, 0x0B}, "a constant expression that computes");
  outside(12, {1}, "passive segments");
  assembler::Module start;
  start.functions.push_back({{}, {}, {}, ""});
  auto bytes = start.encode();
  Bytes before(bytes.begin(), bytes.end() - 6);  // without the code section
  put_section(before, 8, {0});
  BOOST_TEST(contains(verdict(before), "a start function is not part of the subset"));
}

BOOST_AUTO_TEST_CASE(limits_hold_at_the_limit_and_not_one_further) {
  const Limits limits;
  const auto with_locals = [](std::uint32_t count) {
    return one_function({{}, {}}, Code(), std::vector<ValueType>(count, i32));
  };
  BOOST_TEST(verdict(with_locals(limits.locals)) == "accepted");
  BOOST_TEST(contains(verdict(with_locals(limits.locals + 1)), "at most 256 are allowed in one function, found 257"));
  const auto nested = [](std::uint32_t depth) {
    Code code;
    for (std::uint32_t i = 0; i < depth; ++i) { code.begin(0x02); }
    for (std::uint32_t i = 0; i < depth; ++i) { code.end(); }
    return one_function({{}, {}}, code);
  };
  BOOST_TEST(verdict(nested(limits.nesting)) == "accepted");
  BOOST_TEST(contains(verdict(nested(limits.nesting + 1)), "nesting of blocks: at most 256 are allowed"));
  const auto high = [](std::uint32_t height) {
    Code code;
    for (std::uint32_t i = 0; i < height; ++i) { code.i32(i); }
    for (std::uint32_t i = 0; i < height; ++i) { code.op(0x1A); }
    return one_function({{}, {}}, code);
  };
  BOOST_TEST(verdict(high(limits.operands)) == "accepted");
  BOOST_TEST(contains(verdict(high(limits.operands + 1)), "operand stack: at most 1024 values are allowed"));
  const auto long_body = [](std::size_t bytes) {
    Code code;
    code.bytes.assign(bytes - 2, 0x01);  // beside the number of locals and the end
    return one_function({{}, {}}, code);
  };
  BOOST_TEST(verdict(long_body(limits.body_bytes)) == "accepted");
  BOOST_TEST(contains(verdict(long_body(limits.body_bytes + 1)),
                      "function body: at most 131072 bytes are allowed, found 131073"));
  assembler::Module memory;
  memory.memory = {limits.memory_pages, limits.memory_pages};
  BOOST_TEST(verdict(memory) == "accepted");
  memory.memory = {1, limits.memory_pages + 1};
  BOOST_TEST(contains(verdict(memory), "memory: at most 64 pages of 64 KiB are allowed"));
  memory.memory = {2, 1};
  BOOST_TEST(contains(verdict(memory), "the maximum of a memory, 1, is below its minimum, 2"));
  assembler::Module table;
  table.table = limits.table_entries;
  BOOST_TEST(verdict(table) == "accepted");
  table.table = limits.table_entries + 1;
  BOOST_TEST(contains(verdict(table), "table: at most 65536 entries are allowed, found 65537"));
  assembler::Module functions;
  for (std::uint32_t i = 0; i < limits.types; ++i) {
    functions.functions.push_back({{}, {}, {}, "f" + std::to_string(i)});
  }
  BOOST_TEST(verdict(functions) == "accepted");
  functions.functions.push_back({{}, {}, {}, ""});
  BOOST_TEST(contains(verdict(functions), "number of types: at most 1024 are allowed, found 1025"));
  auto large = assembler::preamble();
  Bytes custom = {0};
  custom.resize(limits.module_bytes - large.size() - 4);
  put_section(large, 0, custom);
  BOOST_TEST(large.size() == limits.module_bytes);
  BOOST_TEST(verdict(large) == "accepted");
  large.push_back(0);
  BOOST_TEST(contains(verdict(large), "module: at most 524288 bytes are allowed, found 524289"));
}

BOOST_AUTO_TEST_CASE(segments_outside_their_memory_or_table_are_refused) {
  assembler::Module module;
  module.memory = {1, 1};
  module.data = {{kPageBytes - 2, {1, 2}}};
  BOOST_TEST(verdict(module) == "accepted");
  module.data = {{kPageBytes - 1, {1, 2}}};
  BOOST_TEST(verdict(module) ==
             "MODULE_SEGMENT byte 20: 2 bytes of data at 65535 lie outside the memory of 65536 bytes");
  assembler::Module table;
  table.functions.push_back({{}, {}, {}, ""});
  table.table = 2;
  table.elements = {{1, {0, 0}}};
  BOOST_TEST(contains(verdict(table), "MODULE_SEGMENT"));
}

/// Translation may not take more than a fixed multiple of the module, whatever is in it.
BOOST_AUTO_TEST_CASE(bombs_stay_in_proportion) {
  std::vector<Code> bombs(5);
  // Labels far out, each with a value to carry.
  for (int i = 0; i < 200; ++i) { bombs[0].begin(0x02, assembler::kI32); }
  std::vector<std::uint32_t> labels;
  for (std::uint32_t i = 1; i <= 200; ++i) { labels.push_back(i); }
  for (int i = 0; i < 400; ++i) { bombs[0].begin(0x02).i32(1).get(0).br_table(labels).end(); }
  bombs[0].i32(1);
  for (int i = 0; i < 200; ++i) { bombs[0].end(); }
  bombs[0].op(0x1A);
  // One table with as many entries as fit.
  bombs[1].begin(0x02).get(0).br_table(std::vector<std::uint32_t>(120'000, 0)).end();
  // A high stack that is read from a local, again and again made to move.
  for (int i = 0; i < 1000; ++i) { bombs[2].get(0); }
  for (int i = 0; i < 18'000; ++i) { bombs[2].get(0).i32(1).set(0).op(0x1A); }
  for (int i = 0; i < 1000; ++i) { bombs[2].op(0x1A); }
  // Conditional branches with values.
  bombs[3].begin(0x02, assembler::kI32).i32(1).i32(2);
  for (int i = 0; i < 30'000; ++i) { bombs[3].get(0).br_if(0); }
  bombs[3].op(0x1A).end().op(0x1A);
  // Blocks that begin with a high stack.
  for (int i = 0; i < 1000; ++i) { bombs[4].get(0); }
  for (int i = 0; i < 30'000; ++i) { bombs[4].begin(0x02).end(); }
  for (int i = 0; i < 1000; ++i) { bombs[4].op(0x1A); }
  for (std::size_t i = 0; i < bombs.size(); ++i) {
    const auto bytes = one_function({{i32}, {}}, bombs[i]).encode();
    const auto program = compile(bytes, {});
    BOOST_TEST_CONTEXT("bomb " << i) {
      BOOST_REQUIRE_MESSAGE(program.ok(), (program.ok() ? "" : program.error().message));
      BOOST_TEST((*program)->code.size() <= 4 * bytes.size());
      BOOST_TEST(run(*program, "f", {1}, 1'000'000).text().size() > 0U);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::vm
