#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/vocabulary.h"
#include "core/json.h"

namespace keten::usage {

/// Members of nodes that are read because others name them, in one policy.
inline constexpr std::size_t kFollowedMax = 65'536;

/// One value, or the members of an array, `@list` or `@set`.
std::vector<const json::Value*> items_of(const json::Value& value);

/// The one member of an array of one.
const json::Value& only(const json::Value& value);

/// What an array of one, or an object with nothing but `@id`, `uid` or `@value`, stands for.
const json::Value& bare(const json::Value& value, const Names& names);

/// The identifier of an object, expanded; empty without one, or when it is no text.
std::string id_of(const json::Value& node, const Names& names);

/// A member of an object or of a node that says more of the same thing.
struct Member {
  std::string name;  ///< Names::member
  const std::string* spelt;
  const json::Value* value;
  std::string place;
  bool of_node = false;  ///< said elsewhere in the document
};

/// What a JSON-LD document says of things in places of their own: nodes of its `@graph` or top array (JSON-LD 1.1, 7:
/// flattened form), and, of rules and conditions that stand inside, those that others only name.
class Nodes {
 public:
  struct Node {
    const json::Value* value;
    std::string pointer;
    bool used = false;
  };

  void add(const json::Value& node, std::string pointer, const Names& names);
  /// Where rules and conditions may stand that others name.
  void inside(const json::Value& policy, std::string pointer) { policy_ = &policy, pointer_ = std::move(pointer); }

  /// Members of an object, and what nodes with its identifier add. Looks inside the policy for `rules` that are named by
  /// nothing but their identifier.
  std::vector<Member> members_of(const json::Value& object, const std::string& pointer, const Names& names,
                                 bool rules = false);
  /// What nodes say of an identifier that stands alone.
  std::vector<Member> members_of(const std::string& iri, const Names& names);

  [[nodiscard]] bool empty() const { return nodes_.empty(); }
  [[nodiscard]] bool has(const std::string& iri) const { return by_id_.contains(iri); }
  [[nodiscard]] const std::vector<Node>& all() const { return nodes_; }
  /// Members that were read because something names their node.
  [[nodiscard]] std::size_t followed() const { return followed_; }

 private:
  void append(Node& node, const Names& names, std::vector<Member>& members);
  void index(const json::Value& value, const std::string& pointer, const Names& names);

  std::vector<Node> nodes_;
  std::multimap<std::string, std::size_t, std::less<>> by_id_;
  std::vector<Node> inner_;
  std::multimap<std::string, std::size_t, std::less<>> inner_by_id_;
  const json::Value* policy_ = nullptr;
  std::string pointer_;
  bool is_indexed_ = false;
  std::size_t followed_ = 0;
};

}  // namespace keten::usage
