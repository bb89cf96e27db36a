#include "node/daemon/introduction.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "core/json.h"
#include "core/limits.h"

namespace keten::node {
namespace {

Error wrong(const std::string& message) {
  return invalid("INTRODUCTION_INVALID",
                 "peers.json: " + message + "; a member makes it with keten validators introduce --home DIR");
}

template <typename Read>
Status read_list(const json::Value& node, std::string_view name, Read&& read) {
  const auto* list = node.find(name);
  if (list == nullptr || !list->is(json::Kind::array) || list->items().empty()) {
    return wrong("expected a list " + std::string(name) + " with at least one entry");
  }
  for (const auto& item : list->items()) {
    if (!item.is(json::Kind::string)) { return wrong("expected texts in " + std::string(name)); }
    if (auto taken = read(item.text()); !taken) { return taken; }
  }
  return kDone;
}

/// -1: absent or no whole number.
std::int64_t whole_number(const json::Value* node) { return node == nullptr ? -1 : node->as_integer().value_or(-1); }

Result<peers::PeerEntry> read_node(const json::Value& node) {
  peers::PeerEntry entry;
  const auto number = whole_number(node.find("number"));
  const auto name = node.find_string("node");
  const auto address = node.find_string("peerAddress");
  if (number < 0 || number >= static_cast<std::int64_t>(limits::kNodesMax) || !name || !address) {
    return wrong("expected number, node and peerAddress of every node");
  }
  entry.number = NodeNumber{static_cast<std::uint16_t>(number)};
  entry.name = *name;
  entry.address = *address;
  auto keys = read_list(node, "keys", [&](const std::string& text) -> Status {
    const auto key = parse_key_text(text);
    if (!key) { return wrong(key.error().message); }
    entry.keys.push_back(*key);
    return kDone;
  });
  if (!keys) { return keys.error(); }
  auto certificates = read_list(node, "tlsCertificates", [&](const std::string& pem) -> Status {
    entry.certificates.push_back(pem);
    return kDone;
  });
  if (!certificates) { return certificates.error(); }
  return entry;
}

template <typename T>
void add_missing(std::vector<T>& to, const std::vector<T>& from) {
  for (const auto& one : from) {
    if (std::ranges::find(to, one) == to.end()) { to.push_back(one); }
  }
}

}  // namespace

Result<Introduction> parse_introduction(std::string_view text) {
  const auto document = json::parse(text);
  if (!document) { return wrong(document.error().message); }
  const auto height = whole_number(document->find("height"));
  const auto* nodes = document->find("nodes");
  if (document->find("keten_peers") == nullptr || height < 0 || nodes == nullptr || !nodes->is(json::Kind::array)) {
    return wrong("expected keten_peers, height and nodes");
  }
  Introduction result;
  result.height = Height{static_cast<std::uint64_t>(height)};
  for (const auto& item : nodes->items()) {
    auto entry = read_node(item);
    if (!entry) { return entry.error(); }
    result.nodes.push_back(std::move(*entry));
  }
  // Damage is found at the start, not when the first node is dialled.
  if (const peers::Acquaintances known(result.nodes); !known.problems().empty()) {
    return wrong(known.problems().front());
  }
  return result;
}

Result<std::optional<Introduction>> read_introduction(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) { return std::optional<Introduction>(); }
  std::ostringstream text;
  text << stream.rdbuf();
  auto parsed = parse_introduction(text.str());
  if (!parsed) { return parsed.error(); }
  return std::optional<Introduction>(std::move(*parsed));
}

std::vector<peers::PeerEntry> introduced(std::vector<peers::PeerEntry> entries,
                                         const std::optional<Introduction>& introduction, Height executed) {
  if (!introduction || executed >= introduction->height) { return entries; }
  for (const auto& other : introduction->nodes) {
    const auto found = std::ranges::find(entries, other.number, &peers::PeerEntry::number);
    if (found == entries.end()) {
      entries.push_back(other);
      continue;
    }
    found->address = other.address;
    add_missing(found->certificates, other.certificates);
    // We greet it by the first: it knows its newest key for certain.
    auto keys = other.keys;
    add_missing(keys, found->keys);
    found->keys = std::move(keys);
  }
  return entries;
}

}  // namespace keten::node
