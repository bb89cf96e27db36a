// keten contract new, build, check: what a developer does before anything is sent to a ledger.
#include <algorithm>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/guest_functions.h"
#include "contracts/sdk/describe.h"
#include "contracts/sdk/module_check.h"
#include "contracts/sdk/texts.h"
#include "contracts/vm/limits.h"
#include "tools/keten/contract_options.h"
#include "tools/keten/toolchain.h"

namespace keten::tools {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kNameBytesMax = 64;

bool is_name(std::string_view name) {
  const auto ordinary = [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= '0' && one <= '9') || one == '-' || one == '_';
  };
  return !name.empty() && name.size() <= kNameBytesMax && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), ordinary);
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (auto place = text.find(what); place != std::string::npos; place = text.find(what, place + with.size())) {
    text.replace(place, what.size(), with);
  }
  return text;
}

json::Value names_value(const std::vector<std::string>& names) {
  auto all = json::Value::array();
  for (const auto& name : names) { all.push(text_value(name)); }
  return all;
}

json::Value value_of(const std::string& file, const sdk::ModuleReport& report) {
  auto complaints = json::Value::array();
  for (const auto& one : report.complaints) {
    auto entry = json::Value::object();
    entry.set("reason", text_value(one.reason)).set("message", text_value(one.message));
    if (!one.advice.empty()) { entry.set("advice", text_value(one.advice)); }
    complaints.push(std::move(entry));
  }
  return json::Value::object()
      .set("file", text_value(file))
      .set("accepted", json::Value::boolean(report.accepted()))
      .set("bytes", number_value(std::uint64_t{report.bytes}))
      .set("functions", number_value(std::uint64_t{report.functions}))
      .set("memoryPages", number_value(std::uint64_t{report.memory_pages}))
      .set("memoryPagesMax", number_value(std::uint64_t{report.memory_pages_max}))
      .set("stackBytes", number_value(std::uint64_t{report.stack_bytes}))
      .set("imports", names_value(report.imports))
      .set("entries", names_value(report.entries))
      .set("complaints", std::move(complaints));
}

std::string listed(const std::vector<std::string>& names) {
  std::string line;
  for (const auto& name : names) { line += (line.empty() ? "" : " ") + printable(name); }
  return line.empty() ? "none" : line;
}

void show_complaints(std::ostream& out, const sdk::ModuleReport& report) {
  for (const auto& one : report.complaints) {
    out << one.reason << "  " << printable(one.message) << "\n";
    if (!one.advice.empty()) { out << "  <- " << one.advice << "\n"; }
  }
}

}  // namespace

int run_contract_new(Console& console, const ContractNewOptions& options) {
  const fs::path folder = options.folder.empty() ? options.name : options.folder;
  if (!is_name(options.name)) {
    return console.fail(
        invalid("NAME_INVALID", fmt::format("expected a name of 1 to {} lower-case letters, digits, - and _, "
                                            "beginning with a letter, found '{}'",
                                            kNameBytesMax, options.name)));
  }
  if (fs::exists(folder)) {
    return console.fail(failure(
        ErrorKind::conflict, "FOLDER_EXISTS",
        fmt::format("{} is there already; choose another name, or another folder with --folder", folder.string())));
  }
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return console.fail(invalid("FILE_UNWRITABLE", fmt::format("{}: {}", folder.string(), error.message())));
  }
  const std::string prefix = options.contract ? "templates/contract/" : "templates/rule/";
  for (const auto& text : sdk::texts()) {
    if (!text.name.starts_with(prefix)) { continue; }
    auto file = std::string(text.name.substr(prefix.size()));
    file = replaced(replaced(file, "RULE", options.name), "CONTRACT", options.name);
    const auto content = replaced(std::string(text.content), "@NAME@", options.name);
    const auto status =
        client::write_file(folder / file, content, client::FileAccess::everyone, client::Existing::refuse);
    if (!status) { return console.fail(status.error()); }
    console.out << "wrote " << (folder / file).string() << "\n";
  }
  console.out << "next: keten contract test " << folder.string() << "\n";
  return kSuccess;
}

int run_contract_build(Console& console, const ContractBuildOptions& options) {
  const auto contract = contract_folder(options.folder, options.build);
  if (!contract) { return console.fail(contract.error()); }
  const auto toolchain = find_toolchain();
  if (!toolchain) { return console.fail(toolchain.error()); }
  if (const auto status = write_headers(*contract); !status) { return console.fail(status.error()); }
  const auto file = contract->module();
  std::error_code ignored;
  fs::remove(file, ignored);
  if (const auto status = compile_module(*toolchain, *contract, file, Names::stripped); !status) {
    return console.fail(status.error());
  }
  auto bytes = client::read_file(file);
  if (!bytes) { return console.fail(bytes.error()); }
  auto report = sdk::check_module(as_bytes(*bytes));
  if (!report.accepted()) {
    // Once more with the names of its functions, for the explanation only.
    const auto named = contract->build / "named.wasm";
    if (compile_module(*toolchain, *contract, named, Names::kept)) {
      if (const auto with_names = client::read_file(named)) { report = sdk::check_module(as_bytes(*with_names)); }
    }
    show_complaints(console.err, report);
    fs::remove(file, ignored);
    return console.fail(
        invalid("MODULE_REFUSED", "the module compiles, but the ledger would refuse it, for the reasons above"));
  }
  const auto module = vm::compile(as_bytes(*bytes), contracts::guest::offers());
  if (!module) { return console.fail(module.error()); }
  const auto description = sdk::describe_module(*module);
  if (!description) { return console.fail(description.error()); }
  const auto schema = contract->build / "schema.json";
  if (const auto status = client::write_file(schema, json::pretty(*description) + "\n", client::FileAccess::everyone,
                                             client::Existing::replace);
      !status) {
    return console.fail(status.error());
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(value_of(file.string(), report)) << "\n";
  } else {
    console.out << fmt::format("{}  {} bytes, entries: {}\n{}\n", file.string(), report.bytes, listed(report.entries),
                               schema.string());
  }
  return kSuccess;
}

int run_contract_check(Console& console, const ContractCheckOptions& options) {
  const auto bytes = client::read_file(options.file, 4 * vm::Limits{}.module_bytes);
  if (!bytes) { return console.fail(bytes.error()); }
  const auto report = sdk::check_module(as_bytes(*bytes));
  if (options.output == OutputForm::json) {
    console.out << json::pretty(value_of(options.file, report)) << "\n";
    return report.accepted() ? kSuccess : kFailed;
  }
  if (!report.accepted()) {
    show_complaints(console.out, report);
    return kFailed;
  }
  console.out << fmt::format("accepted: {} bytes, {} functions, memory {} to {} pages, stack {} bytes{}\n",
                             report.bytes, report.functions, report.memory_pages, report.memory_pages_max,
                             report.stack_bytes, report.stack_bytes == 0 ? "" : ", below all data")
              << "entries: " << listed(report.entries) << "\nimports: " << listed(report.imports) << "\n";
  return kSuccess;
}

}  // namespace keten::tools
