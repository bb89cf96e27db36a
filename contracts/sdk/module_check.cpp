#include "contracts/sdk/module_check.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "contracts/guest_functions.h"
#include "contracts/packages/module_store.h"
#include "contracts/vm/reader.h"

namespace keten::sdk {
namespace {

/// What a forbidden import usually comes from.
struct Facility {
  std::string_view import;
  std::string_view advice;
};
constexpr std::array<Facility, 9> kFacilities = {{
    {"fd_write",
     "assert, printf, std::cout, std::stoi or an exception's text: use keten::require, keten::text_of, "
     "keten::Decimal::parse, and compile with -DNDEBUG -fno-exceptions"},
    {"fd_close", "the C library's files, often through <iostream> or <cstdio>: a contract has no files"},
    {"fd_seek", "the C library's files, often through <iostream> or <cstdio>: a contract has no files"},
    {"fd_read", "reading files or std::cin: a contract gets its input from its arguments"},
    {"clock_time_get", "std::chrono::system_clock or time(): use tx.time_ms() or rule.time_ms()"},
    {"random_get", "std::random_device or rand(): nothing on a ledger is random"},
    {"environ_get", "getenv or std::locale: a contract has no environment"},
    {"environ_sizes_get", "getenv or std::locale: a contract has no environment"},
    {"proc_exit", "exit or std::abort: use keten::abort(code, message)"},
}};
constexpr std::string_view kFloats =
    "floating point: double and float, printf, std::stod, and std::unordered_map and std::unordered_set (their load "
    "factor). Use keten::Decimal or integers, keten::Map or std::map";

/// What the decoder does not keep: names, and where function bodies lie. Stops at the first thing it does not know.
struct Outline {
  struct Import {
    std::string module;
    std::string name;
    std::uint8_t kind = 0;
  };
  struct Body {
    std::size_t first = 0;
    std::size_t end = 0;
  };
  std::vector<Import> imports;
  std::vector<Body> bodies;
  std::map<std::uint32_t, std::string> names;

  explicit Outline(ByteView bytes) {
    vm::Reader in(bytes);
    in.take(8, "the header");
    while (in.remaining() > 0) {
      const auto id = in.byte("a section");
      const auto length = in.u32("its length");
      if (in.failed() || length > in.remaining()) { return; }
      const auto first = in.offset();
      section(id, bytes.subspan(first, length), first);
      in.take(length, "a section");
    }
  }

  [[nodiscard]] std::string function_at(std::size_t offset) const {
    for (std::size_t i = 0; i < bodies.size(); ++i) {
      if (offset < bodies[i].first || offset >= bodies[i].end) { continue; }
      std::uint32_t index = static_cast<std::uint32_t>(i);
      for (const auto& import : imports) { index += import.kind == 0 ? 1U : 0U; }
      const auto name = names.find(index);
      return name == names.end() ? fmt::format("function {}", index) : name->second;
    }
    return {};
  }

 private:
  void section(std::uint8_t id, ByteView bytes, std::size_t start) {
    vm::Reader in(bytes);
    if (id == 2) {
      const auto count = in.u32("imports");
      for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        Import import;
        import.module = std::string(in.name("a module"));
        import.name = std::string(in.name("a name"));
        import.kind = in.byte("a kind");
        if (import.kind != 0) { return; }
        in.u32("a type");
        if (!in.failed()) { imports.push_back(std::move(import)); }
      }
    } else if (id == 10) {
      const auto count = in.u32("bodies");
      for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        const auto length = in.u32("a length");
        const auto first = start + in.offset();
        in.take(length, "a body");
        if (!in.failed()) { bodies.push_back({first, first + length}); }
      }
    } else if (id == 0 && in.name("a custom section") == "name") {
      while (in.remaining() > 0) {
        const auto kind = in.byte("a subsection");
        const auto length = in.u32("its length");
        const auto part = in.take(length, "a subsection");
        if (in.failed()) { return; }
        if (kind == 1) { function_names(part); }
      }
    }
  }
  void function_names(ByteView bytes) {
    vm::Reader in(bytes);
    const auto count = in.u32("names");
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
      const auto index = in.u32("an index");
      auto name = std::string(in.name("a name"));
      if (!in.failed()) { names[index] = std::move(name); }
    }
  }
};

std::optional<std::size_t> place_of(std::string_view message) {
  if (!message.starts_with("byte ")) { return std::nullopt; }
  std::size_t place = 0;
  const auto digits = message.substr(5);
  const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), place);
  return end.ec == std::errc{} ? std::optional(place) : std::nullopt;
}

Complaint refusal(const Error& error, const Outline& outline) {
  Complaint complaint{error.reason, error.message, {}};
  if (const auto place = place_of(error.message)) {
    const auto function = outline.function_at(*place);
    if (!function.empty()) { complaint.message += ", in " + function; }
  }
  if (error.message.find("f32") != std::string::npos || error.message.find("f64") != std::string::npos ||
      error.message.find("floating point") != std::string::npos) {
    complaint.advice = kFloats;
  } else if (error.reason == vm::kOverLimit && error.message.find("emory") != std::string::npos) {
    complaint.advice = "link with -Wl,--max-memory=4194304 or less";
  }
  return complaint;
}

/// Every import that is not offered, not only the first.
void complain_of_imports(const Outline& outline, ModuleReport& report) {
  const auto offers = contracts::guest::offers();
  for (const auto& import : outline.imports) {
    const bool offered = std::any_of(offers.begin(), offers.end(), [&](const vm::Offer& one) {
      return one.module == import.module && one.name == import.name;
    });
    if (offered) { continue; }
    const auto facility = std::find_if(kFacilities.begin(), kFacilities.end(),
                                       [&](const Facility& one) { return one.import == import.name; });
    report.complaints.push_back(
        {std::string(vm::kImport),
         fmt::format("imports {}.{}, which the ledger does not offer", import.module, import.name),
         facility == kFacilities.end() ? "a function that is declared and nowhere defined becomes an import; "
                                         "docs/contracts.md lists what is offered"
                                       : std::string(facility->advice)});
  }
}

/// clang's stack pointer is global 0. With --stack-first it starts below all data, and an overflow traps.
void look_at_stack(const vm::Program& program, ModuleReport& report) {
  if (program.globals.empty() || !program.globals.front().is_mutable ||
      program.globals.front().type != vm::ValueType::i32) {
    return;
  }
  const auto top = static_cast<std::uint32_t>(program.globals.front().initial);
  report.stack_bytes = top;
  for (const auto& segment : program.data) {
    if (segment.offset >= top || segment.bytes.empty()) { continue; }
    report.stack_bytes = 0;
    report.complaints.push_back(
        {"SDK_STACK_NOT_FIRST",
         fmt::format("the stack grows down from {} into the data at {}: an overflow would overwrite it silently", top,
                     segment.offset),
         "link with -Wl,--stack-first"});
    return;
  }
}

}  // namespace

ModuleReport check_module(ByteView bytes) {
  ModuleReport report;
  report.bytes = bytes.size();
  const Outline outline(bytes);
  for (const auto& import : outline.imports) { report.imports.push_back(import.module + "." + import.name); }
  complain_of_imports(outline, report);
  const auto module = vm::compile(bytes, contracts::guest::offers());
  if (!module) {
    if (module.error().reason != vm::kImport || report.complaints.empty()) {
      report.complaints.push_back(refusal(module.error(), outline));
    }
    return report;
  }
  const auto& program = **module;
  report.functions = static_cast<std::uint32_t>(program.functions.size() - program.imports.size());
  report.memory_pages = program.memory_pages;
  report.memory_pages_max = program.memory_pages_max;
  for (const auto& one : program.exports) {
    if (one.kind == vm::ExternKind::function && program.type_of(one.index) == vm::FunctionType{}) {
      report.entries.push_back(one.name);
    }
  }
  look_at_stack(program, report);
  const bool callable = std::any_of(report.entries.begin(), report.entries.end(), [](const std::string& name) {
    return name != "keten_describe" && name != "_initialize";
  });
  if (!callable) {
    report.complaints.push_back({"SDK_NO_ENTRY", "exports no function without parameters and results",
                                 "name the methods in KETEN_CONTRACT or the rules in KETEN_RULES"});
  }
  // As publishing does, which runs it once.
  if (const auto guest = packages::make_guest(packages::Manifest{}, bytes); !guest) {
    report.complaints.push_back(
        {guest.error().reason, guest.error().message,
         "it runs constructors of globals: make what they work out constant, or work it out in the call"});
  }
  return report;
}

}  // namespace keten::sdk
