#include "tools/keten/spec_suite.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "contracts/vm/instance.h"
#include "contracts/vm/reader.h"
#include "core/json.h"

namespace keten::tools {
namespace {

constexpr std::uint64_t kFuel = 4'000'000'000;
constexpr std::uint32_t kPages = 1024;
constexpr std::uint32_t kCallDepth = 20'000;
constexpr std::uint32_t kSlots = 1U << 20U;
constexpr std::string_view kShared = "state shared with a module outside the subset";

struct Loaded {
  vm::Module module;
  std::unique_ptr<vm::Instance> instance;
  std::vector<std::pair<Loaded*, std::uint32_t>> imported;  ///< by offer; null: one of spectest's functions
  /// A module that was left out may have changed its memory, table or globals: nothing that is expected of it can be judged.
  bool is_shared = false;
};

/// What a value must be, or an argument.
struct Typed {
  vm::ValueType type = vm::ValueType::i32;
  std::uint64_t value = 0;
};

std::string text_of(vm::ValueType type, std::uint64_t value) { return fmt::format("{} {}", vm::name_of(type), value); }

/// The suite's host: `spectest` prints nothing, other modules are called as they are.
class SpecHost final : public vm::Host {
 public:
  explicit SpecHost(const Loaded& caller) : caller_(caller) {}
  vm::HostResult call(std::uint32_t offer, vm::HostCall& call) override {
    const auto& [target, function] = caller_.imported[offer];
    if (target == nullptr) { return vm::HostResult::done(); }
    if (target->instance->running()) {
      return vm::HostResult::error(failure(ErrorKind::unsupported, "REENTRANT", "a call back into a module that runs"));
    }
    const auto& type = target->module->type_of(function);
    std::vector<std::uint64_t> arguments;
    for (std::size_t i = 0; i < type.parameters.size(); ++i) { arguments.push_back(call.u64(i)); }
    SpecHost host(*target);
    auto outcome = target->instance->call(function, arguments, call.fuel_left(), host);
    if (outcome.ending == vm::Ending::out_of_fuel || !call.charge(outcome.fuel_used)) {
      return vm::HostResult::out_of_fuel();
    }
    if (outcome.ending == vm::Ending::trapped) { return vm::HostResult::trap(outcome.trap); }
    if (outcome.ending == vm::Ending::host_error) { return vm::HostResult::error(std::move(*outcome.failure)); }
    return vm::HostResult::i64(outcome.value);
  }

 private:
  const Loaded& caller_;
};

/// Names in the file are bytes, each written as a character of its own.
std::string as_single_bytes(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if ((first == 0xC2 || first == 0xC3) && i + 1 < text.size()) {
      const auto low = static_cast<unsigned char>(text[++i]) & 0x3FU;
      result += static_cast<char>((first & 3U) << 6U | low);
    } else {
      result += text[i];
    }
  }
  return result;
}

/// What of WebAssembly a refused module needs, in a few words.
std::string feature_in(const Error& error) {
  if (error.reason == vm::kImport) { return "imports of functions that are not there"; }
  for (const auto* feature :
       {"floating point", "SIMD", "reference types", "multi-value", "passive", "threads", "exceptions",
        "start function", "imported table", "imported memory", "imported global", "tail calls", "numbered memory",
        "multi-memory", "garbage collection", "extended constant expressions"}) {
    if (error.message.find(feature) != std::string::npos) { return feature; }
  }
  return error.message.substr(error.message.find(':') + 2);
}

bool is_outside(const Error& error) {
  return error.reason == vm::kOutside || error.reason == vm::kOverLimit || error.reason == vm::kImport;
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code ignored;
  std::ifstream file(path, std::ios::binary);
  if (!file || !std::filesystem::is_regular_file(path, ignored)) {
    return failure(ErrorKind::not_found, "FILE_NOT_FOUND", path.string() + " is no file that can be read");
  }
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

class Suite {
 public:
  explicit Suite(std::filesystem::path folder) : folder_(std::move(folder)) {}
  void run(const json::Value& command);
  SpecCounts take() { return std::move(counts_); }

 private:
  Result<std::string> content(const json::Value& command) const;
  Result<vm::Module> compile(const std::string& content);
  void register_as(const json::Value& command);
  void share(const std::string& content);
  void spread_shared();
  void forget_unnamed();
  void load(const json::Value& command);
  void refuse(const json::Value& command, std::string_view kind);
  void check(const json::Value& command, std::string_view kind);
  std::optional<vm::Outcome> act(const json::Value& action, std::optional<vm::ValueType>& type);
  std::optional<std::vector<Typed>> values(const json::Value* list);
  void prepare_offers();

  void pass() { ++counts_.passed; }
  void fail(const std::string& text) { counts_.failures.push_back(fmt::format("line {}: {}", line_, text)); }
  void leave_out(const std::string& feature) { ++counts_.outside[feature]; }

  std::filesystem::path folder_;
  SpecCounts counts_;
  std::int64_t line_ = 0;
  std::vector<std::unique_ptr<Loaded>> loaded_;
  Loaded* current_ = nullptr;
  std::string why_not_;  ///< there is no current module
  std::map<std::string, Loaded*> named_;
  std::map<std::string, std::string> unnamed_;  ///< names of modules that were left out, with the reason
  std::map<std::string, Loaded*> registered_;
  std::set<std::string> left_out_;  ///< names under which such modules were registered
  std::vector<vm::Offer> offers_;
  std::vector<std::pair<Loaded*, std::uint32_t>> targets_;
};

void Suite::prepare_offers() {
  offers_ = {{"spectest", "print", {}},
             {"spectest", "print_i32", {{vm::ValueType::i32}, {}}},
             {"spectest", "print_i64", {{vm::ValueType::i64}, {}}}};
  targets_.assign(offers_.size(), {nullptr, 0});
  for (const auto& [name, module] : registered_) {
    for (const auto& one : module->module->exports) {
      if (one.kind != vm::ExternKind::function) { continue; }
      offers_.push_back({name, one.name, module->module->type_of(one.index)});
      targets_.emplace_back(module, one.index);
    }
  }
}

Result<std::string> Suite::content(const json::Value& command) const {
  return read_file(folder_ / command.find_string("filename").value_or(""));
}

Result<vm::Module> Suite::compile(const std::string& content) {
  vm::Limits limits;
  limits.memory_maximum_required = false;
  limits.memory_pages = kPages;
  limits.call_depth = kCallDepth;
  limits.slots = kSlots;
  prepare_offers();
  return vm::compile(as_bytes(content), offers_, limits);
}

/// Whether these bytes may import from a module of that name.
bool mentions(const std::string& content, const std::string& name) {
  return content.find(static_cast<char>(name.size() & 0x7FU) + name) != std::string::npos ||
         (name.size() > 0x7FU && content.find(name) != std::string::npos);
}

/// What a module outside the subset does to those that it imports from, and these to others, is not known.
void Suite::share(const std::string& content) {
  for (const auto& [name, module] : registered_) { module->is_shared |= mentions(content, name); }
  spread_shared();
}

void Suite::spread_shared() {
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& one : loaded_) {
      for (const auto offer : one->module->imports) {
        auto* target = one->imported[offer].first;
        if (target == nullptr || target->is_shared == one->is_shared) { continue; }
        target->is_shared = one->is_shared = changed = true;
      }
    }
  }
}

/// Nothing can name the last module any more.
void Suite::forget_unnamed() {
  if (loaded_.empty() || loaded_.back().get() != current_) { return; }
  const auto is_it = [this](const auto& one) { return one.second == current_; };
  if (std::any_of(named_.begin(), named_.end(), is_it) || std::any_of(registered_.begin(), registered_.end(), is_it)) {
    return;
  }
  loaded_.pop_back();
}

void Suite::register_as(const json::Value& command) {
  const std::string as(command.find_string("as").value_or(""));
  const auto name = command.find_string("name");
  auto* module = name ? named_[std::string(*name)] : current_;
  if (module == nullptr) {
    registered_.erase(as);
    left_out_.insert(as);
    return leave_out(why_not_.empty() ? "a module that was left out" : why_not_);
  }
  left_out_.erase(as);
  registered_[as] = module;
  pass();
}

void Suite::load(const json::Value& command) {
  const std::string name(command.find_string("name").value_or(""));
  forget_unnamed();
  current_ = nullptr;
  named_.erase(name);
  if (command.find_string("module_type").value_or("") == "text") {
    why_not_ = "the text format";
    if (!name.empty()) { unnamed_[name] = why_not_; }
    return leave_out(why_not_);
  }
  const auto bytes = content(command);
  if (!bytes) {
    why_not_ = "a module that cannot be read";
    if (!name.empty()) { unnamed_[name] = why_not_; }
    return fail(bytes.error().message);
  }
  auto module = compile(*bytes);
  if (!module) {
    const bool outside = is_outside(module.error());
    if (outside) { share(*bytes); }
    why_not_ = outside ? feature_in(module.error()) : "a module that was refused";
    if (!name.empty()) { unnamed_[name] = why_not_; }
    return outside ? leave_out(why_not_) : fail("a valid module was refused: " + module.error().message);
  }
  loaded_.push_back(std::make_unique<Loaded>(Loaded{*module, std::make_unique<vm::Instance>(*module), targets_}));
  current_ = loaded_.back().get();
  spread_shared();
  if (!name.empty()) { named_[name] = current_; }
  pass();
}

/// Assertions about modules that must not come to run.
void Suite::refuse(const json::Value& command, std::string_view kind) {
  if (command.find_string("module_type").value_or("") == "text") { return leave_out("the text format"); }
  const auto bytes = content(command);
  if (!bytes) { return fail(bytes.error().message); }
  const auto module = compile(*bytes);
  if (module) { return fail(fmt::format("{}: the module was accepted", kind)); }
  const auto& reason = module.error().reason;
  const auto is_left_out = [&](const std::string& name) { return mentions(*bytes, name); };
  if (reason == vm::kImport && std::any_of(left_out_.begin(), left_out_.end(), is_left_out)) {
    return leave_out("imports from a module outside the subset");
  }
  if (kind == "assert_unlinkable" && reason == vm::kImport) { return pass(); }
  // Invalid until version 3 of the specification, and here in all of them.
  if (kind == "assert_invalid" && command.find_string("text").value_or("") == "multiple memories") { return pass(); }
  if (is_outside(module.error())) {
    if (kind == "assert_uninstantiable") { share(*bytes); }
    return leave_out(feature_in(module.error()));
  }
  const bool refused = reason == vm::kMalformed || reason == vm::kInvalid;
  const bool right = kind == "assert_uninstantiable" || kind == "assert_unlinkable" ? reason == vm::kSegment : refused;
  return right ? pass() : fail(fmt::format("{}: refused for another reason: {}", kind, module.error().message));
}

std::optional<std::vector<Typed>> Suite::values(const json::Value* list) {
  std::vector<Typed> result;
  if (list == nullptr || !list->is(json::Kind::array)) { return result; }
  for (const auto& item : list->items()) {
    Typed one;
    const auto type = item.find_string("type").value_or("");
    const auto value = item.find_string("value").value_or("");
    if (type != "i32" && type != "i64") { return std::nullopt; }
    one.type = type == "i32" ? vm::ValueType::i32 : vm::ValueType::i64;
    std::from_chars(value.data(), value.data() + value.size(), one.value);
    result.push_back(one);
  }
  return result;
}

/// What calling or reading gives; nothing when it was counted as failed or outside already.
std::optional<vm::Outcome> Suite::act(const json::Value& action, std::optional<vm::ValueType>& type) {
  auto* module = current_;
  std::string why = why_not_;
  if (const auto name = action.find_string("module")) {
    const auto found = named_.find(std::string(*name));
    module = found == named_.end() ? nullptr : found->second;
    const auto left_out = unnamed_.find(std::string(*name));
    if (module == nullptr) { why = left_out == unnamed_.end() ? "" : left_out->second; }
  }
  if (module == nullptr && why.empty()) {
    fail("there is no such module");
    return std::nullopt;
  }
  if (module == nullptr || module->is_shared) {
    leave_out(module == nullptr ? why : std::string(kShared));
    return std::nullopt;
  }
  const std::string field(action.find_string("field").value_or(""));
  const auto* found = module->module->find_export(field);
  if (found == nullptr) { found = module->module->find_export(as_single_bytes(field)); }
  if (found == nullptr) {
    fail("there is no export " + field);
    return std::nullopt;
  }
  vm::Outcome outcome;
  if (action.find_string("type").value_or("") == "get") {
    if (found->kind != vm::ExternKind::global) {
      fail(field + " is no global");
      return std::nullopt;
    }
    type = module->module->globals[found->index].type;
    outcome.value = module->instance->global(found->index);
    return outcome;
  }
  const auto arguments = values(action.find("args"));
  if (!arguments) {
    leave_out("arguments of other types");
    return std::nullopt;
  }
  if (found->kind != vm::ExternKind::function) {
    fail(field + " is no function");
    return std::nullopt;
  }
  const auto& signature = module->module->type_of(found->index);
  std::vector<std::uint64_t> plain;
  std::vector<vm::ValueType> types;
  for (const auto& one : *arguments) {
    plain.push_back(one.value);
    types.push_back(one.type);
  }
  if (types != signature.parameters) {
    fail(fmt::format("{} is {}, the suite calls it with {} arguments", field, vm::name_of(signature), plain.size()));
    return std::nullopt;
  }
  type = signature.result;
  SpecHost host(*module);
  return module->instance->call(found->index, plain, kFuel, host);
}

void Suite::check(const json::Value& command, std::string_view kind) {
  const auto* action = command.find("action");
  if (action == nullptr) { return fail("a command without an action"); }
  std::optional<vm::ValueType> type;
  const auto expected = values(command.find("expected"));
  const auto outcome = act(*action, type);
  if (!outcome) { return; }
  if (kind == "assert_trap" || kind == "assert_exhaustion") {
    const auto text = command.find_string("text").value_or("");
    const auto found = vm::name_of(outcome->trap);
    const bool same = outcome->ending == vm::Ending::trapped && (text.starts_with(found) || found.starts_with(text));
    return same ? pass() : fail(fmt::format("expected the trap \"{}\", found: {}", text, outcome->text()));
  }
  if (!outcome->returned()) { return fail(fmt::format("expected a result, found: {}", outcome->text())); }
  if (kind == "action") { return pass(); }
  if (!expected) { return leave_out("results of other types"); }
  const auto found = type ? text_of(*type, outcome->value) : std::string("nothing");
  const auto wanted =
      expected->empty() ? std::string("nothing") : text_of(expected->front().type, expected->front().value);
  return expected->size() <= 1 && found == wanted ? pass() : fail(fmt::format("expected {}, found {}", wanted, found));
}

void Suite::run(const json::Value& command) {
  const auto* line = command.find("line");
  line_ = line == nullptr ? 0 : line->as_integer().value_or(0);
  const auto kind = command.find_string("type").value_or("");
  if (kind.empty()) { return fail("expected an object with the type of a command"); }
  if (kind == "module") {
    load(command);
  } else if (kind == "register") {
    register_as(command);
  } else if (kind == "assert_invalid" || kind == "assert_malformed" || kind == "assert_unlinkable" ||
             kind == "assert_uninstantiable") {
    refuse(command, kind);
  } else if (kind == "assert_return" || kind == "assert_trap" || kind == "assert_exhaustion" || kind == "action") {
    check(command, kind);
  } else {
    leave_out(fmt::format("the command {}", kind));
  }
}

}  // namespace

std::size_t SpecCounts::outside_count() const {
  std::size_t result = 0;
  for (const auto& [feature, count] : outside) { result += count; }
  return result;
}

Result<SpecCounts> run_spec_suite(const std::filesystem::path& json_file) {
  const auto text = read_file(json_file);
  if (!text) { return text.error(); }
  const auto document = json::parse(*text, {.depth = 32, .bytes = 256U << 20U, .values = 50'000'000});
  if (!document) { return document.error(); }
  const auto* commands = document->find("commands");
  if (commands == nullptr || !commands->is(json::Kind::array)) {
    return invalid("NO_COMMANDS", json_file.string() + " has no list \"commands\"; make it with wast2json FILE.wast");
  }
  Suite suite(json_file.parent_path());
  for (const auto& command : commands->items()) { suite.run(command); }
  return suite.take();
}

}  // namespace keten::tools
