#include "contracts/sdk/module_check.h"

#include <boost/test/unit_test.hpp>

#include "contracts/guest_functions.h"
#include "contracts/sdk/describe.h"
#include "contracts/sdk/frames.h"
#include "tests/unit/vm/assembler.h"

namespace keten::sdk {
namespace {

using vm::assembler::Code;
constexpr auto i32 = vm::ValueType::i32;

vm::assembler::Module plain() {
  vm::assembler::Module module;
  module.memory = {1, 1};
  module.functions.push_back({{}, Code(), {}, "on_event"});
  return module;
}

BOOST_AUTO_TEST_SUITE(module_check)

BOOST_AUTO_TEST_CASE(a_module_that_the_ledger_takes_is_described) {
  const auto report = check_module(plain().encode());
  BOOST_TEST(report.accepted());
  BOOST_TEST(report.functions == 1U);
  BOOST_TEST(report.memory_pages_max == 1U);
  BOOST_REQUIRE(report.entries.size() == 1U);
  BOOST_TEST(report.entries[0] == "on_event");
}

BOOST_AUTO_TEST_CASE(what_runs_when_a_module_is_published_is_run) {
  auto module = plain();
  Code code;
  code.bytes = {0x00};  // unreachable
  module.functions.push_back({{}, code, {}, "_initialize"});
  const auto traps = check_module(module.encode());
  BOOST_REQUIRE(traps.complaints.size() == 1U);
  BOOST_TEST(traps.complaints[0].reason == "MODULE_INITIALIZE");
  BOOST_TEST(traps.complaints[0].message.find("trap") != std::string::npos);
  module.functions.back().code.bytes = {0x03, 0x40, 0x0C, 0x00, 0x0B};  // loop br 0 end
  BOOST_TEST(!check_module(module.encode()).accepted());
  module.functions.back().code.bytes = {0x01};  // nop
  BOOST_TEST(check_module(module.encode()).accepted());
}

BOOST_AUTO_TEST_CASE(every_forbidden_import_is_named_with_what_to_use_instead) {
  auto module = plain();
  module.imports.push_back({"keten", "block_height", {{}, vm::ValueType::i64}});
  module.imports.push_back({"wasi_snapshot_preview1", "clock_time_get", {{i32}, i32}});
  module.imports.push_back({"wasi_snapshot_preview1", "fd_write", {{i32}, i32}});
  const auto report = check_module(module.encode());
  BOOST_REQUIRE(report.complaints.size() == 2U);
  BOOST_TEST(report.complaints[0].reason == "MODULE_IMPORT");
  BOOST_TEST(report.complaints[0].message.find("clock_time_get") != std::string::npos);
  BOOST_TEST(report.complaints[0].advice.find("tx.time_ms()") != std::string::npos);
  BOOST_TEST(report.complaints[1].advice.find("keten::require") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(floating_point_is_explained_with_its_function) {
  auto module = plain();
  Code code;
  code.bytes = {0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x1A};  // f64.const 0, drop
  module.functions.push_back({{}, code, {}, ""});
  const auto report = check_module(module.encode());
  BOOST_REQUIRE(report.complaints.size() == 1U);
  BOOST_TEST(report.complaints[0].reason == "MODULE_OUTSIDE_SUBSET");
  BOOST_TEST(report.complaints[0].message.ends_with("in function 1"));
  BOOST_TEST(report.complaints[0].advice.find("unordered_map") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_stack_above_data_is_refused) {
  const auto with_stack = [](std::uint32_t top) {
    auto module = plain();
    module.globals.push_back({i32, true, top});
    module.data = {{1024, to_bytes("data")}};
    return check_module(module.encode());
  };
  BOOST_TEST(with_stack(1024).accepted());
  BOOST_TEST(with_stack(1024).stack_bytes == 1024U);
  const auto report = with_stack(65536);
  BOOST_REQUIRE(report.complaints.size() == 1U);
  BOOST_TEST(report.complaints[0].reason == "SDK_STACK_NOT_FIRST");
  BOOST_TEST(report.complaints[0].advice == "link with -Wl,--stack-first");
}

BOOST_AUTO_TEST_CASE(a_module_without_an_entry_is_refused) {
  auto module = plain();
  module.functions[0].name = "keten_describe";
  const auto report = check_module(module.encode());
  BOOST_REQUIRE(report.complaints.size() == 1U);
  BOOST_TEST(report.complaints[0].reason == "SDK_NO_ENTRY");
}

BOOST_AUTO_TEST_CASE(what_is_no_module_is_refused_wherever_it_ends) {
  const auto whole = plain().encode();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    BOOST_TEST(!check_module(ByteView(whole).first(length)).accepted());
  }
}

BOOST_AUTO_TEST_CASE(a_module_that_does_not_describe_itself_says_so) {
  const auto module = vm::compile(plain().encode(), contracts::guest::offers());
  BOOST_REQUIRE(module.ok());
  BOOST_TEST(describe_module(*module).error().reason == "SDK_NOT_DESCRIBED");
}

BOOST_AUTO_TEST_CASE(frames_come_back_as_they_were_and_halves_do_not) {
  const Frame frame = {"host", std::string("\0i", 2), ""};
  const auto bytes = encode_frame(frame);
  BOOST_TEST((decode_frame(std::string_view(bytes).substr(4)) == frame));
  for (std::size_t length = 0; length + 4 < bytes.size(); ++length) {
    BOOST_TEST(!decode_frame(std::string_view(bytes).substr(4, length)).has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace keten::sdk
