#include "contracts/usage/document.h"

#include <algorithm>
#include <utility>

namespace keten::usage {
namespace {

using json::Kind;

bool is_name(std::string_view member) { return member == "uid" || member == "@type" || member == "@context"; }

/// An object that only names a thing.
bool is_reference(const std::vector<Member>& members) {
  return std::all_of(members.begin(), members.end(), [](const Member& one) { return is_name(one.name); });
}

}  // namespace

std::vector<const json::Value*> items_of(const json::Value& value) {
  const json::Value* list = &value;
  for (const auto* wrapper : {"@list", "@set"}) {
    if (const auto* inside = list->find(wrapper)) { list = inside; }
  }
  if (!list->is(Kind::array)) { return {list}; }
  std::vector<const json::Value*> items;
  for (const auto& item : list->items()) {
    // `"and": [{"@list": [...]}]`, as expanded documents have it.
    if (item.is(Kind::object) && (item.find("@list") != nullptr || item.find("@set") != nullptr)) {
      for (const auto* inner : items_of(item)) { items.push_back(inner); }
    } else {
      items.push_back(&item);
    }
  }
  return items;
}

const json::Value& only(const json::Value& value) {
  return value.is(Kind::array) && value.items().size() == 1 ? value.items().front() : value;
}

const json::Value& bare(const json::Value& value, const Names& names) {
  const auto& one = only(value);
  if (!one.is(Kind::object) || one.members().size() != 1) { return one; }
  const auto name = names.member(one.members().front().first);
  return name == "uid" || name == "@value" ? only(one.members().front().second) : one;
}

std::string id_of(const json::Value& node, const Names& names) {
  if (!node.is(Kind::object)) { return {}; }
  for (const auto& [name, value] : node.members()) {
    if (names.member(name) != "uid") { continue; }
    const auto& text = bare(value, names);
    if (text.is(Kind::string)) { return names.iri(text.text()); }
  }
  return {};
}

void Nodes::add(const json::Value& node, std::string pointer, const Names& names) {
  by_id_.emplace(id_of(node, names), nodes_.size());
  nodes_.push_back({&node, std::move(pointer)});
}

void Nodes::append(Node& node, const Names& names, std::vector<Member>& members) {
  node.used = true;
  followed_ += node.value->members().size();
  if (followed_ > kFollowedMax) { return; }
  const auto own = members.size();
  for (const auto& [name, value] : node.value->members()) {
    auto member = names.member(name);
    const bool said = member == "uid" && std::any_of(members.begin(), members.begin() + static_cast<long>(own),
                                                     [](const Member& one) { return one.name == "uid"; });
    if (said || member == "@context") { continue; }
    members.push_back({std::move(member), &name, &value, json::pointer_add(node.pointer, name), true});
  }
}

std::vector<Member> Nodes::members_of(const json::Value& object, const std::string& pointer, const Names& names,
                                      bool rules) {
  std::vector<Member> members;
  members.reserve(object.members().size());
  for (const auto& [name, value] : object.members()) {
    members.push_back({names.member(name), &name, &value, json::pointer_add(pointer, name)});
  }
  const bool reference = is_reference(members);
  if (nodes_.empty() && !(rules && reference)) { return members; }
  const auto id = id_of(object, names);
  if (id.empty()) { return members; }
  const auto [first, last] = by_id_.equal_range(id);
  for (auto at = first; at != last; ++at) {
    auto& node = nodes_[at->second];
    if (node.value != &object) { append(node, names, members); }
  }
  if (first != last || !rules || !reference || policy_ == nullptr) { return members; }
  if (!std::exchange(is_indexed_, true)) { index(*policy_, pointer_, names); }
  const auto [begin, end] = inner_by_id_.equal_range(id);
  for (auto at = begin; at != end; ++at) { append(inner_[at->second], names, members); }
  return members;
}

std::vector<Member> Nodes::members_of(const std::string& iri, const Names& names) {
  std::vector<Member> members;
  if (nodes_.empty()) { return members; }
  const auto [first, last] = by_id_.equal_range(iri);
  for (auto at = first; at != last; ++at) { append(nodes_[at->second], names, members); }
  return members;
}

void Nodes::index(const json::Value& value, const std::string& pointer, const Names& names) {
  if (value.is(Kind::array)) {
    for (std::size_t i = 0; i < value.items().size(); ++i) {
      index(value.items()[i], json::pointer_add(pointer, std::to_string(i)), names);
    }
  }
  if (!value.is(Kind::object)) { return; }
  const bool says = std::any_of(value.members().begin(), value.members().end(),
                                [&](const auto& member) { return !is_name(names.member(member.first)); });
  if (auto id = id_of(value, names); says && !id.empty()) {
    inner_by_id_.emplace(std::move(id), inner_.size());
    inner_.push_back({&value, pointer});
  }
  for (const auto& [name, member] : value.members()) { index(member, json::pointer_add(pointer, name), names); }
}

}  // namespace keten::usage
