#include "tools/keten/governance_words.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "contracts/governance/records.h"
#include "contracts/governance/views.h"
#include "contracts/state_row.h"
#include "core/keys.h"
#include "tools/keten/one_entry.h"

namespace keten::tools {
namespace {

namespace gov = governance;

std::string until(const Height& ended, const char* still, const char* no_longer) {
  return ended == Height{} ? std::string(still) : no_longer + ended.text();
}

std::vector<std::string> words(gov::Records& records, std::string_view kind, ByteView rest) {
  std::vector<std::string> lines;
  std::uint64_t number = 0;
  for (const auto byte : rest.first(std::min<std::size_t>(rest.size(), 8))) { number = number << 8U | byte; }
  if (kind == "epoch" && rest.size() == 8) {
    const auto record = records.epoch(Epoch{number});
    if (!record) { return lines; }
    lines.push_back(fmt::format("epoch {} begins with the block behind height {}", number, record->since.value));
    lines.push_back(fmt::format("{} validators:", record->validators.size()));
    for (const auto& one : record->validators) {
      lines.push_back(
          fmt::format("  {}/{} with key {}, weight {}", one.organisation, one.node, key_text(one.key), one.weight));
    }
    for (const auto& field : parameter_fields()) {
      lines.push_back(fmt::format("{} {}", field.name, record->parameters.*field.value));
    }
  } else if (kind == "organisation") {
    const auto record = records.organisation(as_text(rest));
    if (!record) { return lines; }
    lines.push_back(fmt::format("organisation {}: joined at height {}, {}", as_text(rest), record->joined.value,
                                until(record->left, "is a member", "left at height ")));
    lines.push_back(fmt::format("{} valid keys, {} of them may govern", record->keys, record->admins));
  } else if (kind == "key") {
    const auto key = PublicKey::from(rest);
    const auto record = key ? records.key(*key) : std::nullopt;
    if (!record) { return lines; }
    std::string roles;
    for (const auto& role : role_names(record->registered.roles)) { roles += (roles.empty() ? "" : ", ") + role; }
    lines.push_back(fmt::format("{} of {}/{}: roles {}, since height {}, {}", key_text(*key),
                                record->registered.organisation, record->registered.name,
                                roles.empty() ? "none" : roles, record->since.value,
                                until(record->revoked, "valid", "revoked at height ")));
  } else if (kind == "node" && rest.size() == 2) {
    const auto record = records.node(NodeNumber{static_cast<std::uint16_t>(number)});
    if (!record) { return lines; }
    std::string keys;
    for (const auto& key : record->keys) { keys += (keys.empty() ? "" : ", ") + key_text(key); }
    lines.push_back(fmt::format("node {}/{}: {} since height {}, key {}{}", record->organisation, record->name,
                                gov::standing_name(record->standing), record->since.value, keys.empty() ? "none" : keys,
                                record->peer_address.empty() ? "" : ", at " + record->peer_address));
  }
  return lines;
}

}  // namespace

std::vector<std::string> governance_words(ByteView key, ByteView value) {
  const auto text = as_text(key);
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) { return {}; }
  auto full = to_bytes(std::string_view("governance/"));
  full.insert(full.end(), key.begin(), key.end());
  const OneEntry entry(std::move(full), Bytes(value.begin(), value.end()));
  gov::StateStore store(entry);
  gov::Records records(store);
  try {
    return words(records, text.substr(0, slash), key.subspan(slash + 1));
  } catch (const contracts::MalformedState&) { return {}; }
}

}  // namespace keten::tools
