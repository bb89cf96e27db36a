// keten contract package, sign, show: packages before any ledger sees them.
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "client/keystore.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/views.h"
#include "tools/keten/options.h"
#include "tools/keten/packages.h"

namespace keten::tools {
namespace {

using packages::Entry;
using packages::Package;

constexpr std::uint64_t kFuelOfEntry = 10'000'000;

Result<Entry> parse_entry(const std::string& text) {
  const auto equals = text.find('=');
  Entry entry{text.substr(0, equals), kFuelOfEntry};
  if (equals == std::string::npos) { return entry; }
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + equals + 1, end, entry.fuel);
  if (read.ec != std::errc{} || read.ptr != end) {
    return invalid("USAGE", fmt::format("expected NAME or NAME=FUEL, found '{}'", printable(text)));
  }
  return entry;
}

Result<std::vector<Entry>> parse_entries(const std::vector<std::string>& texts) {
  std::vector<Entry> result;
  for (const auto& text : texts) {
    auto entry = parse_entry(text);
    if (!entry) { return entry.error(); }
    result.push_back(std::move(*entry));
  }
  std::ranges::sort(result, {}, &Entry::name);
  const auto twice = std::ranges::adjacent_find(result, {}, &Entry::name);
  if (twice != result.end()) { return invalid("USAGE", "'" + printable(twice->name) + "' is named twice"); }
  return result;
}

/// What the SDK's description says: `"methods": {NAME: ...}, "rules": [NAME, ...]`. False when the schema is none.
bool take_described(ByteView schema, packages::Manifest& manifest) {
  const auto described = json::parse(as_text(schema));
  if (!described) { return false; }
  const auto* methods = described->find("methods");
  const auto* rules = described->find("rules");
  if (methods == nullptr || !methods->is(json::Kind::object) || rules == nullptr || !rules->is(json::Kind::array)) {
    return false;
  }
  for (const auto& [name, message] : methods->members()) { manifest.methods.push_back({name, kFuelOfEntry}); }
  for (const auto& rule : rules->items()) {
    if (rule.is(json::Kind::string)) { manifest.rules.push_back({rule.text(), kFuelOfEntry}); }
  }
  std::ranges::sort(manifest.methods, {}, &Entry::name);
  std::ranges::sort(manifest.rules, {}, &Entry::name);
  return true;
}

/// Functions of type () -> () that are not a compiler's own.
std::vector<Entry> exported_methods(const vm::Program& program) {
  std::vector<Entry> result;
  for (const auto& each : program.exports) {
    if (each.kind != vm::ExternKind::function || program.type_of(each.index) != vm::FunctionType{}) { continue; }
    if (each.name.starts_with('_') || each.name.starts_with("keten_")) { continue; }
    result.push_back({each.name, kFuelOfEntry});
  }
  std::ranges::sort(result, {}, &Entry::name);
  return result;
}

Result<Bytes> read_part(const std::string& file, std::string_view otherwise) {
  if (file.empty()) { return to_bytes(otherwise); }
  const auto content = client::read_file(file);
  if (!content) { return content.error(); }
  return to_bytes(*content);
}

Result<Package> make_package(const PackageOptions& options) {
  Package package;
  auto module = read_part(options.file, "");
  if (!module) { return module.error(); }
  package.module = std::move(*module);
  const auto compiled = packages::make_guest({}, package.module);
  if (!compiled) { return compiled.error(); }
  auto schema = read_part(options.schema_file, "{}\n");
  if (!schema) { return schema.error(); }
  package.schema = std::move(*schema);
  auto readme = read_part(options.readme_file, "# " + options.name + "\n");
  if (!readme) { return readme.error(); }
  package.readme = std::move(*readme);
  auto& manifest = package.manifest;
  manifest.name = options.name;
  const auto version = packages::Version::parse(options.version);
  if (!version) { return version.error(); }
  manifest.version = *version;
  manifest.publisher = options.publisher;
  auto methods = parse_entries(options.methods);
  if (!methods) { return methods.error(); }
  manifest.methods = std::move(*methods);
  auto rules = parse_entries(options.rules);
  if (!rules) { return rules.error(); }
  manifest.rules = std::move(*rules);
  if (!options.migration.empty()) {
    auto migration = parse_entry(options.migration);
    if (!migration) { return migration.error(); }
    manifest.migration = std::move(*migration);
  }
  if (manifest.methods.empty() && manifest.rules.empty() && !take_described(package.schema, manifest)) {
    manifest.methods = exported_methods((*compiled)->instance.program());
  }
  if (manifest.migration) {
    std::erase_if(manifest.methods, [&](const Entry& each) { return each.name == manifest.migration->name; });
  }
  if (!options.source_file.empty()) {
    const auto source = client::read_file(options.source_file);
    if (!source) { return source.error(); }
    manifest.source = packages::file_hash(as_bytes(*source));
  }
  manifest.build = options.build;
  manifest.module = packages::file_hash(package.module);
  manifest.schema = packages::file_hash(package.schema);
  manifest.readme = packages::file_hash(package.readme);
  // Everything that a ledger would refuse.
  if (auto checked = packages::Manifest::decode(manifest.encode()); !checked) { return checked.error(); }
  if (auto guest = packages::make_guest(manifest, package.module); !guest) { return guest.error(); }
  return package;
}

Status write_package(const Package& package, const std::string& file, client::Existing existing) {
  const auto bytes = package.encode();
  if (auto checked = Package::decode(bytes); !checked) { return checked.error(); }
  return client::write_file(file, as_text(bytes), client::FileAccess::everyone, existing);
}

std::string entries_text(const std::vector<Entry>& entries) {
  std::string result;
  for (const auto& entry : entries) {
    result += (result.empty() ? "" : ", ") + fmt::format("{} (fuel {})", entry.name, entry.fuel);
  }
  return result.empty() ? "none" : result;
}

int print_package(Console& console, const Package& package, OutputForm output, std::string_view first_line) {
  const auto& manifest = package.manifest;
  if (output == OutputForm::json) {
    auto signatures = json::Value::array();
    for (const auto& signature : package.signatures) {
      signatures.push(json::Value::object()
                          .set("organisation", text_value(signature.organisation))
                          .set("key", text_value(key_text(signature.key))));
    }
    console.out << json::pretty(packages::to_json(manifest)
                                    .set("package", text_value(package.hash().hex()))
                                    .set("signatures", std::move(signatures)))
                << "\n";
    return kSuccess;
  }
  if (!first_line.empty()) { console.out << first_line << "\n"; }
  console.out << fmt::format("{} {} of {}, package {}\n", manifest.name, manifest.version.text(), manifest.publisher,
                             package.hash().hex());
  console.out << fmt::format("  module     {} bytes\n", package.module.size());
  console.out << fmt::format("  methods    {}\n", entries_text(manifest.methods));
  console.out << fmt::format("  rules      {}\n", entries_text(manifest.rules));
  if (manifest.migration) { console.out << fmt::format("  migration  {}\n", entries_text({*manifest.migration})); }
  if (!manifest.source.is_zero()) { console.out << fmt::format("  source     {}\n", manifest.source.hex()); }
  if (!manifest.build.empty()) { console.out << fmt::format("  build      {}\n", printable(manifest.build)); }
  for (const auto& signature : package.signatures) {
    console.out << fmt::format("  signed     by {} of {}\n", key_text(signature.key), signature.organisation);
  }
  if (package.signatures.empty()) { console.out << "  signed     by nobody yet: keten contract sign FILE\n"; }
  return kSuccess;
}

}  // namespace

int run_contract_package(Console& console, const PackageOptions& options) {
  const auto package = make_package(options);
  if (!package) { return console.fail(package.error()); }
  const auto file = options.out.empty() ? packages::package_file_name(package->manifest) : options.out;
  if (auto written = write_package(*package, file, client::Existing::replace); !written) {
    return console.fail(written.error());
  }
  return print_package(console, *package, options.output, "Written: " + file);
}

int run_contract_sign(Console& console, const PackageOptions& options) {
  auto package = read_package(options.file);
  if (!package) { return console.fail(package.error()); }
  auto organisation = package->manifest.publisher;
  auto key_file = options.key_file;
  if (key_file.empty()) {
    auto named = options.target;
    if (named.user.empty()) { named.user = "publisher@" + organisation; }
    if (named.user.starts_with('@')) { named.user = "publisher" + named.user; }
    const auto target = find_target(named);
    if (!target) {
      return console.fail(target.error(), "a publisher's key is made with: keten keys add publisher --roles publisher");
    }
    if (!target->node.organisation.empty()) { organisation = target->node.organisation; }
    key_file = HomeFiles{target->node.home}.key(named.user.substr(0, named.user.find('@'))).string();
  }
  const auto key = client::read_key_file(key_file);
  if (!key) {
    return console.fail(key.error(), "a publisher's key is made with: keten keys add publisher --roles publisher");
  }
  package->sign(organisation, *key);
  if (auto written = write_package(*package, options.file, client::Existing::replace); !written) {
    return console.fail(written.error());
  }
  return print_package(console, *package, options.output, "Signed: " + options.file);
}

int run_contract_show(Console& console, const PackageOptions& options) {
  const auto package = read_package(options.file);
  if (!package) { return console.fail(package.error()); }
  if (auto guest = packages::make_guest(package->manifest, package->module); !guest) {
    return console.fail(guest.error());
  }
  return print_package(console, *package, options.output, "");
}

}  // namespace keten::tools
