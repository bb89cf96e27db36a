#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/production/validation.h"
#include "core/json.h"

namespace keten::production {

/// One element of an event in the shape that its JSON and its XML spelling have in common: lists wrap named elements
/// (`epcList` holds `epc`), arrays are repeated elements, extensions are named `{namespace}name`.
struct EventField {
  std::string name;   ///< empty for an entry of a business transaction, source or destination list
  std::string value;  ///< canonical; empty for an element that only has others inside
  std::vector<EventField> inside;
};

/// What a document says about the names in it.
class DocumentNames {
 public:
  /// Starts with the prefixes of the EPCIS context.
  DocumentNames();

  /// Prefixes of a JSON-LD context: addresses add nothing, later definitions replace earlier ones.
  void add_context(const json::Value& context);
  /// Names of extension members that take no part in comparisons: the values of any member `ignoreFields`, with or
  /// without a prefix, of `holder`. Prefixes must be known before.
  void add_ignored(const json::Value& holder);

  /// `{namespace}name` for a name with a known prefix; else the name itself.
  [[nodiscard]] std::string member_name(std::string_view name) const;
  /// A compact URI with a known prefix in full; else the text itself.
  [[nodiscard]] std::string full_text(std::string_view text) const;
  /// Comments, and what `ignoreFields` lists. `name` is what member_name() gave.
  [[nodiscard]] bool is_ignored(std::string_view name) const;

 private:
  [[nodiscard]] const std::string* namespace_of(std::string_view text) const;

  std::map<std::string, std::string, std::less<>> namespaces_;
  std::set<std::string, std::less<>> ignored_;
};

/// The prefixes and ignored names of a document or of a bare event.
DocumentNames document_names(const json::Value& document);

/// The members of an event in the document's order, every value in its canonical spelling: times in UTC to the
/// millisecond, CBV words and GS1 keys as web addresses, numbers without exponent and needless zeros. What the value
/// is called elsewhere does not matter; docs/formats/event-hash.md, "Values".
/// Precondition: event_field_bytes() allows it.
std::vector<EventField> event_fields(const json::Value& event, const DocumentNames& names);

/// How many bytes of names and values event_fields() would give, at most: a name stands before every entry of its array.
std::size_t event_field_bytes(const json::Value& event, const DocumentNames& names);
/// Beyond it an event is not hashed.
inline constexpr std::size_t kEventFieldBytesMax = 16UL * 1024 * 1024;

}  // namespace keten::production
