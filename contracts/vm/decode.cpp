#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "contracts/vm/module.h"
#include "contracts/vm/opcodes.h"
#include "contracts/vm/reader.h"
#include "contracts/vm/translate.h"

// The sections of a module in the order of the binary format (WebAssembly core specification 1.0, section 5.5).
namespace keten::vm {
namespace {

constexpr std::uint32_t kPagesOfAddressSpace = 65'536;

struct Decoder {
  Reader in;
  std::span<const Offer> offers;
  Program program;
  std::vector<std::uint32_t> declared;                           ///< type of each function with a body
  std::vector<std::pair<std::size_t, ElementSegment>> elements;  ///< with the place in the module
  std::vector<std::size_t> data_places;
  std::uint32_t table_entries = 0;
  bool code_seen = false;

  Decoder(ByteView bytes, std::span<const Offer> host, const Limits& limits) : in(bytes), offers(host) {
    program.limits = limits;
  }

  void run(std::size_t size);
  void section(std::uint8_t id);
  void types();
  void imports();
  void functions();
  void tables();
  void memories();
  void globals();
  void exports();
  void start();
  void element_segments();
  void codes();
  void data_segments();
  void place_segments();

  std::optional<ValueType> value_type(const char* what);
  FunctionType function_type();
  std::uint64_t constant(ValueType expected);
  struct Range {
    std::uint32_t low = 0;
    std::optional<std::uint32_t> high;
  };
  Range range(const char* what, std::uint32_t ceiling);
  void invalid(std::size_t offset, const std::string& text) { in.fail(kInvalid, offset, text); }
  void outside(std::size_t offset, const std::string& what) {
    in.fail(kOutside, offset, what + " is not part of the subset");
  }
  void over(std::size_t offset, const std::string& text) { in.fail(kOverLimit, offset, text); }
};

std::optional<ValueType> Decoder::value_type(const char* what) {
  const auto start = in.offset();
  const auto code = in.byte(what);
  if (in.failed()) { return std::nullopt; }
  switch (code) {
    case 0x7F: return ValueType::i32;
    case 0x7E: return ValueType::i64;
    case 0x7D:
    case 0x7C: outside(start, fmt::format("{} of floating point", what)); return std::nullopt;
    case 0x7B: outside(start, fmt::format("{} of SIMD", what)); return std::nullopt;
    case 0x70:
    case 0x6F: outside(start, fmt::format("{} of reference types", what)); return std::nullopt;
    default: in.malformed(start, fmt::format("i32 or i64 as {}", what), hex_byte(code)); return std::nullopt;
  }
}

FunctionType Decoder::function_type() {
  FunctionType type;
  const auto start = in.offset();
  const auto form = in.byte("a function type");
  // Structures, arrays, and groups and families of types.
  if (!in.failed() && (form == 0x5F || form == 0x5E || form == 0x50 || form == 0x4F || form == 0x4E)) {
    outside(start, "a type of garbage collection");
    return type;
  }
  if (!in.failed() && form != 0x60) { in.malformed(start, "0x60 before a function type", hex_byte(form)); }
  const auto parameters = in.count("number of parameters", program.limits.locals);
  for (std::uint32_t i = 0; i < parameters && !in.failed(); ++i) {
    if (const auto one = value_type("a parameter")) { type.parameters.push_back(*one); }
  }
  const auto results_at = in.offset();
  const auto results = in.count("number of results", 0xFFFF'FFFF);
  if (!in.failed() && results > 1) { outside(results_at, "a function with several results (multi-value)"); }
  if (results == 1) { type.result = value_type("a result"); }
  return type;
}

void Decoder::types() {
  const auto count = in.count("number of types", program.limits.types, 2);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) { program.types.push_back(function_type()); }
  if (in.failed()) { return; }
  // Equal types are one type for call_indirect, however often they are written.
  std::vector<std::uint32_t> order(program.types.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) { order[i] = i; }
  const auto key = [this](std::uint32_t i) { return std::tie(program.types[i].parameters, program.types[i].result); };
  std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    return key(left) != key(right) ? key(left) < key(right) : left < right;
  });
  program.canonical.resize(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool same = i > 0 && program.types[order[i]] == program.types[order[i - 1]];
    program.canonical[order[i]] = same ? program.canonical[order[i - 1]] : order[i];
  }
}

void Decoder::imports() {
  const auto count = in.count("number of imports", program.limits.imports, 4);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const auto start = in.offset();
    const auto module = in.name("the module of an import");
    const auto name = in.name("the name of an import");
    const auto kind_at = in.offset();
    const auto kind = in.byte("the kind of an import");
    if (in.failed()) { return; }
    if (kind >= 1 && kind <= 3) {
      static constexpr const char* kKinds[] = {"", "table", "memory", "global"};
      outside(kind_at, fmt::format("an imported {} (\"{}\" \"{}\")", kKinds[kind], module, name));
      return;
    }
    if (kind == 4) {
      outside(kind_at, fmt::format("an imported tag (exceptions; \"{}\" \"{}\")", module, name));
      return;
    }
    if (kind != 0) {
      in.malformed(kind_at, "0 to 4 as the kind of an import", hex_byte(kind));
      return;
    }
    const auto type = in.u32("the type of an imported function");
    if (in.failed()) { return; }
    if (type >= program.types.size()) {
      invalid(start, fmt::format("expected a type below {}, found {}", program.types.size(), type));
      return;
    }
    const auto offer = std::find_if(offers.begin(), offers.end(),
                                    [&](const Offer& one) { return one.module == module && one.name == name; });
    if (offer == offers.end()) {
      in.fail(
          kImport, start,
          fmt::format("the host has no function \"{}\" \"{}\"; the documentation lists those it has", module, name));
      return;
    }
    if (offer->type != program.types[type]) {
      in.fail(kImport, start,
              fmt::format("the host's \"{}\" \"{}\" is {}, the module imports it as {}", module, name,
                          name_of(offer->type), name_of(program.types[type])));
      return;
    }
    program.imports.push_back(static_cast<std::uint32_t>(offer - offers.begin()));
    FunctionCode function;
    function.type = program.canonical[type];
    program.functions.push_back(function);
  }
}

void Decoder::functions() {
  const auto count = in.count("number of functions", program.limits.functions);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const auto start = in.offset();
    const auto type = in.u32("the type of a function");
    if (in.failed()) { return; }
    if (type >= program.types.size()) {
      invalid(start, fmt::format("expected a type below {}, found {}", program.types.size(), type));
      return;
    }
    FunctionCode function;
    function.type = program.canonical[type];
    program.functions.push_back(function);
    declared.push_back(type);
  }
}

Decoder::Range Decoder::range(const char* what, std::uint32_t ceiling) {
  Range result;
  const auto start = in.offset();
  const auto flags = in.byte("the form of the limits");
  if (!in.failed() && flags > 1) { in.malformed(start, "0 or 1 as the form of the limits", hex_byte(flags)); }
  result.low = in.u32("a minimum");
  if (flags == 1) { result.high = in.u32("a maximum"); }
  if (in.failed()) { return {}; }
  if (result.low > ceiling || (result.high && *result.high > ceiling)) {
    invalid(start, fmt::format("a {} has at most {} units", what, ceiling));
  } else if (result.high && *result.high < result.low) {
    invalid(start, fmt::format("the maximum of a {}, {}, is below its minimum, {}", what, *result.high, result.low));
  }
  return result;
}

void Decoder::tables() {
  const auto start = in.offset();
  const auto count = in.count("number of tables", 0xFFFF'FFFF, 3);
  if (count > 1) { return outside(start, "a second table (reference types)"); }
  if (count == 0) { return; }
  const auto type_at = in.offset();
  const auto type = in.byte("the type of a table");
  if (type == 0x6F) { return outside(type_at, "a table of reference types"); }
  if (!in.failed() && type != 0x70) { return in.malformed(type_at, "0x70 as the type of a table", hex_byte(type)); }
  const auto limits = range("table", 0xFFFF'FFFF);
  if (in.failed()) { return; }
  if (limits.low > program.limits.table_entries) {
    return over(type_at, fmt::format("table: at most {} entries are allowed, found {}", program.limits.table_entries,
                                     limits.low));
  }
  program.has_table = true;
  table_entries = limits.low;
}

void Decoder::memories() {
  const auto start = in.offset();
  const auto count = in.count("number of memories", 0xFFFF'FFFF, 2);
  if (count > 1) { return outside(start, "a second memory (multi-memory)"); }
  if (count == 0) { return; }
  const auto place = in.offset();
  const auto limits = range("memory", kPagesOfAddressSpace);
  if (in.failed()) { return; }
  const auto allowed = program.limits.memory_pages;
  const auto high = limits.high.value_or(kPagesOfAddressSpace);
  if (program.limits.memory_maximum_required && !limits.high) {
    return outside(place, "a memory without a declared maximum");
  }
  if (limits.low > allowed || (program.limits.memory_maximum_required && high > allowed)) {
    return over(place,
                fmt::format("memory: at most {} pages of 64 KiB are allowed, found a minimum of {} and a maximum of {}",
                            allowed, limits.low, high));
  }
  program.has_memory = true;
  program.memory_pages = limits.low;
  program.memory_pages_max = std::min(high, allowed);
}

/// One constant and the end. Later versions of the specification allow more, which the subset leaves out.
std::uint64_t Decoder::constant(ValueType expected) {
  std::uint64_t value = 0;
  std::uint32_t constants = 0;
  while (!in.failed()) {
    const auto start = in.offset();
    const auto opcode = in.byte("a constant expression");
    if (in.failed()) { break; }
    if (opcode == 0x0B) {
      if (constants == 1) { return value; }
      invalid(start, fmt::format("expected one constant of {}, found {}", name_of(expected), constants));
    } else if (opcode == 0x23) {
      const auto index = in.u32("the index of a global");
      if (index < program.globals.size() && !program.globals[index].is_mutable) {
        outside(start, "a constant expression that reads a global (extended constant expressions)");
      } else {
        invalid(start, fmt::format("expected a constant global below {}, found {}", program.globals.size(), index));
      }
    } else if ((opcode >= 0x6A && opcode <= 0x6C) || (opcode >= 0x7C && opcode <= 0x7E)) {
      outside(start, "a constant expression that computes (extended constant expressions)");
    } else if (opcode == 0x43 || opcode == 0x44) {
      outside(start, "a constant of floating point");
    } else if (opcode == 0xD0 || opcode == 0xD2 || opcode == 0xFD) {
      outside(start, opcode == 0xFD ? "a constant of SIMD" : "a constant of reference types");
    } else if (opcode != 0x41 && opcode != 0x42) {
      invalid(start,
              fmt::format("expected i32.const or i64.const in a constant expression, found {}", opcode_name(opcode)));
    } else {
      const auto type = opcode == 0x41 ? ValueType::i32 : ValueType::i64;
      value = opcode == 0x41 ? static_cast<std::uint32_t>(in.s32("a constant"))
                             : static_cast<std::uint64_t>(in.s64("a constant"));
      ++constants;
      if (!in.failed() && type != expected) {
        invalid(start, fmt::format("expected a constant of {}, found {}", name_of(expected), name_of(type)));
      }
    }
  }
  return 0;
}

void Decoder::globals() {
  const auto count = in.count("number of globals", program.limits.globals, 4);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    Global global;
    const auto type = value_type("a global");
    const auto mutable_at = in.offset();
    const auto is_mutable = in.byte("whether a global is mutable");
    if (in.failed()) { return; }
    if (is_mutable > 1) {
      return in.malformed(mutable_at, "0 or 1 for the mutability of a global", hex_byte(is_mutable));
    }
    global.type = *type;
    global.is_mutable = is_mutable == 1;
    global.initial = constant(global.type);
    program.globals.push_back(global);
  }
}

void Decoder::exports() {
  const auto count = in.count("number of exports", program.limits.exports, 3);
  std::set<std::string_view> names;
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const auto start = in.offset();
    const auto name = in.name("the name of an export");
    const auto kind_at = in.offset();
    const auto kind = in.byte("the kind of an export");
    if (!in.failed() && kind > 3) { return in.malformed(kind_at, "0 to 3 as the kind of an export", hex_byte(kind)); }
    const auto index = in.u32("the index of an export");
    if (in.failed()) { return; }
    const std::size_t counts[] = {program.functions.size(), program.has_table ? 1U : 0U, program.has_memory ? 1U : 0U,
                                  program.globals.size()};
    if (index >= counts[kind]) {
      return invalid(kind_at,
                     fmt::format("export \"{}\": expected an index below {}, found {}", name, counts[kind], index));
    }
    if (!names.insert(name).second) { return invalid(start, fmt::format("the name \"{}\" is exported twice", name)); }
    program.exports.push_back({std::string(name), static_cast<ExternKind>(kind), index});
  }
  std::sort(program.exports.begin(), program.exports.end(),
            [](const Export& left, const Export& right) { return left.name < right.name; });
}

void Decoder::start() {
  const auto place = in.offset();
  const auto function = in.u32("the start function");
  if (in.failed()) { return; }
  if (function >= program.functions.size()) {
    return invalid(place, fmt::format("expected a function below {}, found {}", program.functions.size(), function));
  }
  if (program.type_of(function) != FunctionType{}) {
    return invalid(place, "expected a start function of type () -> (), found " + name_of(program.type_of(function)));
  }
  outside(place, "a start function");
}

void Decoder::element_segments() {
  const auto count = in.count("number of element segments", program.limits.segments, 3);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const auto place = in.offset();
    const auto form = in.u32("the form of an element segment");
    if (in.failed()) { return; }
    if (form > 7) { return in.malformed(place, "0 to 7 as the form of an element segment", std::to_string(form)); }
    if (form != 0) {
      return outside(place, (form & 1U) != 0 ? "a passive element segment" : "an element segment of reference types");
    }
    if (!program.has_table) { return invalid(place, "an element segment needs a table"); }
    ElementSegment segment;
    segment.offset = static_cast<std::uint32_t>(constant(ValueType::i32));
    const auto entries = in.count("number of elements", 0xFFFF'FFFF);
    for (std::uint32_t k = 0; k < entries && !in.failed(); ++k) {
      const auto start = in.offset();
      const auto function = in.u32("the index of a function");
      if (!in.failed() && function >= program.functions.size()) {
        return invalid(start,
                       fmt::format("expected a function below {}, found {}", program.functions.size(), function));
      }
      segment.functions.push_back(function);
    }
    elements.emplace_back(place, std::move(segment));
  }
}

void Decoder::codes() {
  code_seen = true;
  const auto place = in.offset();
  const auto count = in.count("number of function bodies", 0xFFFF'FFFF);
  if (in.failed()) { return; }
  if (count != declared.size()) {
    return in.malformed(place, fmt::format("{} function bodies, as declared", declared.size()), std::to_string(count));
  }
  Translator translator(in, program);
  for (std::uint32_t i = 0; i < program.imports.size(); ++i) { translator.host_call(i); }
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const auto size_at = in.offset();
    const auto size = in.u32("the size of a function body");
    const auto outer = in.enter(size, "a function body");
    if (!in.failed() && size > program.limits.body_bytes) {
      over(size_at,
           fmt::format("function body: at most {} bytes are allowed, found {}", program.limits.body_bytes, size));
    }
    if (!in.failed()) { translator.body(static_cast<std::uint32_t>(program.imports.size()) + i); }
    in.leave(outer, "function body");
  }
}

void Decoder::data_segments() {
  const auto count = in.count("number of data segments", program.limits.segments, 2);
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const auto place = in.offset();
    const auto form = in.u32("the form of a data segment");
    if (in.failed()) { return; }
    if (form > 2) { return in.malformed(place, "0 to 2 as the form of a data segment", std::to_string(form)); }
    if (form == 1) { return outside(place, "a passive data segment"); }
    if (form == 2) { return outside(place, "a data segment of a numbered memory"); }
    if (!program.has_memory) { return invalid(place, "a data segment needs a memory"); }
    DataSegment segment;
    segment.offset = static_cast<std::uint32_t>(constant(ValueType::i32));
    const auto size = in.u32("the size of a data segment");
    segment.bytes = to_bytes(in.take(size, "a data segment"));
    program.data.push_back(std::move(segment));
    data_places.push_back(place);
  }
}

/// What instantiation would do with segments that lie outside: it traps, always, so the module is refused at once.
void Decoder::place_segments() {
  program.table.assign(table_entries, kNoFunction);
  for (const auto& [place, segment] : elements) {
    if (std::uint64_t{segment.offset} + segment.functions.size() > program.table.size()) {
      in.fail(kSegment, place,
              fmt::format("elements {} to {} lie outside the table of {} entries", segment.offset,
                          segment.offset + segment.functions.size(), program.table.size()));
      return;
    }
    std::copy(segment.functions.begin(), segment.functions.end(), program.table.begin() + segment.offset);
  }
  const auto memory = std::uint64_t{program.memory_pages} * kPageBytes;
  for (std::size_t i = 0; i < program.data.size(); ++i) {
    const auto& segment = program.data[i];
    if (std::uint64_t{segment.offset} + segment.bytes.size() > memory) {
      in.fail(kSegment, data_places[i],
              fmt::format("{} bytes of data at {} lie outside the memory of {} bytes", segment.bytes.size(),
                          segment.offset, memory));
      return;
    }
  }
}

void Decoder::section(std::uint8_t id) {
  switch (id) {
    case 1: return types();
    case 2: return imports();
    case 3: return functions();
    case 4: return tables();
    case 5: return memories();
    case 6: return globals();
    case 7: return exports();
    case 8: return start();
    case 9: return element_segments();
    case 10: return codes();
    default: return data_segments();
  }
}

void Decoder::run(std::size_t size) {
  if (size > program.limits.module_bytes) {
    return over(0, fmt::format("module: at most {} bytes are allowed, found {}", program.limits.module_bytes, size));
  }
  static constexpr std::uint8_t kPreamble[] = {0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00};
  for (std::size_t i = 0; i < sizeof(kPreamble) && !in.failed(); ++i) {
    const auto found = in.byte("the preamble of a module");
    if (!in.failed() && found != kPreamble[i]) {
      in.malformed(i, i < 4 ? "the bytes 00 61 73 6d of a WebAssembly module" : "version 1", hex_byte(found));
    }
  }
  std::uint8_t last = 0;
  while (!in.failed() && in.remaining() > 0) {
    const auto start = in.offset();
    const auto id = in.byte("a section");
    const auto length = in.u32("the size of a section");
    const auto outer = in.enter(length, "a section");
    if (in.failed()) { return; }
    if (id == 0) {
      (void)in.name("the name of a custom section");
      (void)in.take(in.remaining(), "a custom section");
    } else if (id == 12) {
      outside(start, "a count of data segments (passive segments)");
    } else if (id == 13) {
      outside(start, "a section of tags (exceptions)");
    } else if (id > 13) {
      in.malformed(start, "a section from 0 to 12", std::to_string(id));
    } else if (id <= last) {
      in.malformed(start, fmt::format("a section after section {}", last), std::to_string(id));
    } else {
      last = id;
      section(id);
    }
    in.leave(outer, "section");
  }
  if (!in.failed() && !code_seen) {
    if (!declared.empty()) {
      return in.malformed(in.offset(), fmt::format("{} function bodies, as declared", declared.size()), "none");
    }
    Translator translator(in, program);
    for (std::uint32_t i = 0; i < program.imports.size(); ++i) { translator.host_call(i); }
  }
  if (!in.failed()) { place_segments(); }
}

}  // namespace

const Export* Program::find_export(std::string_view name) const {
  const auto found = std::lower_bound(exports.begin(), exports.end(), name,
                                      [](const Export& one, std::string_view wanted) { return one.name < wanted; });
  return found != exports.end() && found->name == name ? &*found : nullptr;
}

std::optional<std::uint32_t> Program::find_function(std::string_view name) const {
  const auto* found = find_export(name);
  if (found == nullptr || found->kind != ExternKind::function) { return std::nullopt; }
  return found->index;
}

Result<Module> compile(ByteView bytes, std::span<const Offer> offers, const Limits& limits) {
  Decoder decoder(bytes, offers, limits);
  decoder.run(bytes.size());
  if (decoder.in.failed()) { return decoder.in.error(); }
  decoder.program.code.shrink_to_fit();
  return Module(std::make_shared<const Program>(std::move(decoder.program)));
}

}  // namespace keten::vm
