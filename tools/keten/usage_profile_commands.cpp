// keten usage profile: words that an organisation adds to ODRL, version by version.
#include <ostream>

#include "client/keystore.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/profile.h"
#include "core/limits.h"
#include "tools/keten/usage_profile_options.h"
#include "tools/keten/usage_session.h"

namespace keten::tools {
namespace {

std::string text_of(const json::Value& record, std::string_view name) {
  return std::string(record.find_string(name).value_or(""));
}

std::string number_of(const json::Value& record, std::string_view name) {
  const auto* number = record.find(name);
  return number == nullptr ? "" : number->text();
}

}  // namespace

int run_usage_profile_register(Console& console, const UsageProfileOptions& options) {
  const auto content = client::read_file(options.definition, limits::kJsonBytesMax);
  if (!content) { return console.fail(content.error(), options.definition); }
  auto definition = json::parse(*content);
  if (!definition) { return console.fail(definition.error(), options.definition); }
  // What is wrong is told by its place, before anything is sent.
  if (auto profile = usage::read_profile(*definition); !profile) {
    return console.fail(profile.error(), options.definition);
  }
  auto arguments = json::Value::object();
  arguments.set("profile", text_value(options.subject)).set("definition", std::move(*definition));
  return run_usage_call(console, options, "profile", arguments);
}

int run_usage_profile_list(Console& console, const UsageProfileOptions& options) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto found = session->ledger.state("usage", as_bytes(usage::profile_key(options.subject)));
  if (!found) { return console.fail(found.error()); }
  Table table({{"PROFILE"}, {"OWNER"}, {"VERSION", Table::Align::right}, {"HASH"}});
  auto list = json::Value::array();
  for (const auto& [key, value] : found->entries) {
    auto record = json::parse(as_text(value));
    if (!record) { return console.fail(record.error()); }
    table.add({printable(text_of(*record, "profile")), printable(text_of(*record, "owner")),
               number_of(*record, "version"), text_of(*record, "hash").substr(0, 16)});
    list.push(std::move(*record));
  }
  if (options.output == OutputForm::json) {
    console.out << json::pretty(list) << "\n";
  } else {
    console.out << (table.empty() ? "no profiles\n" : table.text());
  }
  return kSuccess;
}

int run_usage_profile_show(Console& console, const UsageProfileOptions& options) {
  const auto session = open_usage_session(options);
  if (!session) { return console.fail(session.error()); }
  const auto newest = read_usage_record(*session, usage::profile_key(options.subject));
  if (!newest) { return console.fail(newest.error()); }
  const auto last = static_cast<std::uint32_t>(newest->find("version")->as_integer().value_or(0));
  const auto version = options.version == 0 ? last : options.version;
  const auto definition = read_usage_record(*session, usage::profile_version_key(options.subject, version));
  if (!definition) { return console.fail(definition.error()); }
  auto answer = json::Value::object();
  answer.set("profile", text_value(options.subject))
      .set("owner", *newest->find("owner"))
      .set("version", number_value(std::uint64_t{version}))
      .set("newest", number_value(std::uint64_t{last}))
      .set("hash", text_value(usage::profile_hash(json::canonical(*definition)).hex()))
      .set("definition", *definition);
  console.out << json::pretty(answer) << "\n";
  return kSuccess;
}

}  // namespace keten::tools
