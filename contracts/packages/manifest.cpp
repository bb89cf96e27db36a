#include "contracts/packages/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "contracts/packages/limits.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/names.h"

namespace keten::packages {
namespace {

using json::Kind;
using json::Value;

constexpr std::string_view kAbi = "keten_abi_1";

Error wrong(std::string_view what, std::string message) {
  return invalid("MANIFEST_INVALID", "manifest.json: " + std::string(what) + ": " + std::move(message));
}

bool is_entry_name(std::string_view text) {
  return !text.empty() && text.size() <= limits::kEntryNameBytesMax && std::ranges::all_of(text, [](char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') || one == '_';
  });
}

Value entries_json(const std::vector<Entry>& entries) {
  auto result = Value::object();
  for (const auto& entry : entries) {
    result.set(entry.name, Value::object().set("fuel", Value::number(static_cast<std::int64_t>(entry.fuel))));
  }
  return result;
}

/// The members that must be there, and no others.
Status check_members(const Value& object, std::string_view what, std::initializer_list<std::string_view> expected) {
  std::string names;
  for (const auto name : expected) { names += (names.empty() ? "" : ", ") + std::string(name); }
  if (!object.is(Kind::object)) { return wrong(what, "expected an object with " + names); }
  for (const auto name : expected) {
    if (object.find(name) == nullptr) { return wrong(what, "has no member " + std::string(name)); }
  }
  for (const auto& [name, value] : object.members()) {
    if (std::ranges::find(expected, name) == expected.end()) {
      return wrong(what, "unknown member '" + name + "'; expected " + names);
    }
  }
  return kDone;
}

Result<std::uint64_t> read_fuel(const Value& value, std::string_view what) {
  const auto fuel = value.as_integer();
  if (!fuel || *fuel < 1 || static_cast<std::uint64_t>(*fuel) > keten::limits::kFuelPerTransactionMax) {
    return wrong(what, "expected units of fuel from 1 to " + std::to_string(keten::limits::kFuelPerTransactionMax));
  }
  return static_cast<std::uint64_t>(*fuel);
}

Result<std::vector<Entry>> read_entries(const Value& object, std::string_view what) {
  if (!object.is(Kind::object)) { return wrong(what, "expected an object with one member for each function"); }
  if (object.members().size() > limits::kEntriesMax) {
    return wrong(what, "at most " + std::to_string(limits::kEntriesMax) + " functions, found " +
                           std::to_string(object.members().size()));
  }
  std::vector<Entry> result;
  for (const auto& [name, value] : object.members()) {
    if (!is_entry_name(name)) { return wrong(what, "a name is 1 to 64 letters, digits and underscores"); }
    const auto place = std::string(what) + "." + name;
    if (auto members = check_members(value, place, {"fuel"}); !members) { return members.error(); }
    const auto fuel = read_fuel(*value.find("fuel"), place);
    if (!fuel) { return fuel.error(); }
    result.push_back({name, *fuel});
  }
  return result;
}

Result<std::string> read_text(const Value& object, std::string_view member, std::size_t most) {
  const auto text = object.find_string(member);
  if (!text || text->size() > most) {
    return wrong(member, "expected a text of at most " + std::to_string(most) + " bytes");
  }
  return std::string(*text);
}

Result<Hash> read_hash(const Value& object, std::string_view member) {
  const auto text = object.find_string(member);
  const auto hash = text ? Hash::from_hex(*text) : Result<Hash>(invalid("", ""));
  if (!hash) { return wrong(member, "expected a hash of 64 hexadecimal digits"); }
  return *hash;
}

Status read_files(const Value& files, Manifest& manifest) {
  if (auto members = check_members(files, "files", {"README.md", "contract.wasm", "schema.json"}); !members) {
    return members;
  }
  for (const auto& [name, place] : {std::pair<std::string_view, Hash*>{"README.md", &manifest.readme},
                                    {"contract.wasm", &manifest.module},
                                    {"schema.json", &manifest.schema}}) {
    const auto hash = read_hash(files, name);
    if (!hash) { return hash.error(); }
    *place = *hash;
  }
  return kDone;
}

Status read_functions(const Value& root, Manifest& manifest) {
  auto methods = read_entries(*root.find("methods"), "methods");
  if (!methods) { return methods.error(); }
  auto rules = read_entries(*root.find("rules"), "rules");
  if (!rules) { return rules.error(); }
  if (methods->empty() && rules->empty()) { return wrong("methods", "a package has at least one method or rule"); }
  manifest.methods = std::move(*methods);
  manifest.rules = std::move(*rules);
  const auto& migration = *root.find("migration");
  if (migration.is(Kind::null)) { return kDone; }
  if (auto members = check_members(migration, "migration", {"entry", "fuel"}); !members) { return members; }
  const auto entry = migration.find_string("entry");
  if (!entry || !is_entry_name(*entry)) {
    return wrong("migration.entry", "expected the name of an exported function");
  }
  const auto fuel = read_fuel(*migration.find("fuel"), "migration.fuel");
  if (!fuel) { return fuel.error(); }
  manifest.migration = Entry{std::string(*entry), *fuel};
  if (manifest.method(*entry) != nullptr || manifest.rule(*entry) != nullptr) {
    return wrong("migration.entry", "'" + std::string(*entry) + "' is a method or a rule as well");
  }
  return kDone;
}

const Entry* find(const std::vector<Entry>& entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::name);
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

std::string Version::text() const {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

Result<Version> Version::parse(std::string_view text) {
  Version version;
  const auto* at = text.data();
  const auto* const end = at + text.size();
  for (auto* number : {&version.major, &version.minor, &version.patch}) {
    const auto read = std::from_chars(at, end, *number);
    if (read.ec != std::errc{}) { break; }
    at = read.ptr;
    if (number != &version.patch && at != end && *at == '.') { ++at; }
  }
  const auto most = std::max({version.major, version.minor, version.patch});
  if (at != end || version.text() != text || most > limits::kVersionNumberMax) {
    return invalid("VERSION_INVALID", "expected MAJOR.MINOR.PATCH, as in 1.0.0, each at most 999999");
  }
  return version;
}

const Entry* Manifest::method(std::string_view entry) const { return find(methods, entry); }
const Entry* Manifest::rule(std::string_view entry) const { return find(rules, entry); }

std::string Manifest::encode() const {
  auto files = Value::object();
  files.set("README.md", Value::string(readme.hex()));
  files.set("contract.wasm", Value::string(module.hex()));
  files.set("schema.json", Value::string(schema.hex()));
  auto root = Value::object();
  root.set("abi", Value::string(std::string(kAbi)));
  root.set("build", Value::string(build));
  root.set("files", std::move(files));
  root.set("methods", entries_json(methods));
  root.set("migration", migration ? Value::object()
                                        .set("entry", Value::string(migration->name))
                                        .set("fuel", Value::number(static_cast<std::int64_t>(migration->fuel)))
                                  : Value());
  root.set("name", Value::string(name));
  root.set("publisher", Value::string(publisher));
  root.set("rules", entries_json(rules));
  root.set("source", Value::string(source.hex()));
  root.set("version", Value::string(version.text()));
  return json::canonical(root);
}

Result<Manifest> Manifest::decode(std::string_view text) {
  const auto parsed = json::parse(text, {.depth = 8, .bytes = limits::kManifestBytesMax, .values = 1024});
  if (!parsed) { return wrong("", parsed.error().message); }
  const auto& root = *parsed;
  if (auto members = check_members(
          root, "",
          {"abi", "build", "files", "methods", "migration", "name", "publisher", "rules", "source", "version"});
      !members) {
    return members.error();
  }
  if (root.find_string("abi") != kAbi) { return wrong("abi", "expected " + std::string(kAbi)); }
  Manifest manifest;
  for (const auto& [member, place, most] :
       {std::tuple<std::string_view, std::string*, std::size_t>{"build", &manifest.build, limits::kRecipeBytesMax},
        {"name", &manifest.name, limits::kNameBytesMax},
        {"publisher", &manifest.publisher, keten::limits::kNameBytesMax}}) {
    auto value = read_text(root, member, most);
    if (!value) { return value.error(); }
    *place = std::move(*value);
  }
  if (!is_package_name(manifest.name)) {
    return wrong("name", "expected a lower-case letter, then at most 31 lower-case letters, digits, '_' and '-'");
  }
  if (!is_name(manifest.publisher)) { return wrong("publisher", "expected the name of an organisation"); }
  const auto version = Version::parse(root.find_string("version").value_or(""));
  if (!version) { return wrong("version", version.error().message); }
  manifest.version = *version;
  const auto source = read_hash(root, "source");
  if (!source) { return source.error(); }
  manifest.source = *source;
  if (auto files = read_files(*root.find("files"), manifest); !files) { return files.error(); }
  if (auto functions = read_functions(root, manifest); !functions) { return functions.error(); }
  if (manifest.encode() != text) {
    return wrong("", "is not in canonical form (RFC 8785): members in order, no spaces, hashes in lower case");
  }
  return manifest;
}

bool is_package_name(std::string_view text) {
  const auto is_lower = [](char one) { return one >= 'a' && one <= 'z'; };
  return !text.empty() && text.size() <= limits::kNameBytesMax && is_lower(text.front()) &&
         std::ranges::all_of(
             text, [&](char one) { return is_lower(one) || (one >= '0' && one <= '9') || one == '_' || one == '-'; });
}

Hash file_hash(ByteView content) { return Hasher("keten/package/file/1").sized(content).finish(); }
Hash package_hash(std::string_view manifest) { return Hasher("keten/package/1").sized(manifest).finish(); }
Hash package_signing_hash(const Hash& package) { return Hasher("keten/package/signature/1").fixed(package).finish(); }

}  // namespace keten::packages
