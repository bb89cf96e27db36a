#pragma once
// What a rule sees: the judged event, its parameters, the agreement, items, members. A rule only reads and finds.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <keten/state.hpp>

namespace keten {

/// A JSON document that the ledger holds, or a part of it. Paths are member names and indexes joined by `/`
/// (`readPoint/id`, `epcList/0`); the empty path is this part itself. `~1` stands for a slash in a name, `~0` for `~`.
class View {
 public:
  enum class Source : std::uint8_t { event, parameters, agreement, item, member };
  explicit View(Source source, std::string subject = {}, std::string path = {})
      : source_(source), subject_(std::move(subject)), path_(std::move(path)) {}

  /// Texts raw, numbers in canonical decimal form, booleans true or false, objects and arrays as JSON.
  [[nodiscard]] std::optional<std::string> find(std::string_view path = {}) const {
    if (path_.empty()) { return find_whole(path); }
    if (path.empty()) { return find_whole(path_); }
    // On the stack: memory that is taken before what is found is given back by nobody.
    char few[kFew];
    const auto bytes = path_.size() + 1 + path.size();
    if (bytes > kFew) { return find_whole(join(path)); }
    path_.copy(few, path_.size());
    few[path_.size()] = '/';
    path.copy(few + path_.size() + 1, path.size());
    return find_whole({few, bytes});
  }
  /// Empty when there is none.
  [[nodiscard]] std::string text(std::string_view path = {}) const { return find(path).value_or(std::string()); }
  [[nodiscard]] bool has(std::string_view path) const { return find(path).has_value(); }
  [[nodiscard]] bool is_true(std::string_view path) const { return find(path) == "true"; }
  /// Empty also for what is no number or too fine for a Decimal.
  [[nodiscard]] std::optional<Decimal> decimal(std::string_view path = {}) const {
    const auto found = find(path);
    return found ? Decimal::parse(*found) : std::nullopt;
  }
  /// Of a number that an event or item has; empty also for one that cannot be read. `has` tells this from absence.
  [[nodiscard]] std::optional<Range> range(std::string_view path = {}) const {
    const auto found = find(path);
    return found ? Range::parse(*found) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view path = {}) const {
    const auto found = decimal(path);
    if (!found || found->units() % Decimal::kOne != 0) { return std::nullopt; }
    const auto whole = found->units() / Decimal::kOne;
    if (whole > INT64_MAX || whole < INT64_MIN) { return std::nullopt; }
    return static_cast<std::int64_t>(whole);
  }
  /// Milliseconds since 1970.
  [[nodiscard]] std::optional<std::int64_t> time(std::string_view path = {}) const {
    const auto found = find(path);
    return found ? parse_time(*found) : std::nullopt;
  }
  /// Members of the array or object; empty when it is none.
  [[nodiscard]] std::optional<std::size_t> size(std::string_view path = {}) const {
    const auto full = join(path);
    std::int32_t found = -1;
    switch (source_) {
      case Source::event: found = abi::event_count(full); break;
      case Source::parameters: found = abi::parameter_count(full); break;
      case Source::agreement: found = abi::agreement_count(full); break;
      case Source::item: found = abi::item_count(subject_, full); break;
      case Source::member: break;
    }
    return found < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(found));
  }
  /// Members of the array or object; 0 when it is none.
  [[nodiscard]] std::size_t count(std::string_view path = {}) const { return size(path).value_or(0); }
  [[nodiscard]] View at(std::string_view path) const { return View(source_, subject_, join(path)); }
  [[nodiscard]] View at(std::string_view path, std::size_t index) const {
    auto full = join(path);
    char digits[24];
    if (!full.empty()) { full += '/'; }
    full.append(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof(digits), index).ptr - digits));
    return View(source_, subject_, std::move(full));
  }
  /// Visits its elements, one by one, without keeping them: `visit(view)`.
  template <typename Visit>
  void visit(std::string_view path, const Visit& visit) const {
    const auto elements = count(path);
    for (std::size_t i = 0; i < elements; ++i) { visit(at(path, i)); }
  }
  /// Its elements, one by one.
  [[nodiscard]] std::vector<View> each(std::string_view path = {}) const {
    std::vector<View> all;
    const auto elements = count(path);
    all.reserve(elements);
    for (std::size_t i = 0; i < elements; ++i) { all.push_back(at(path, i)); }
    return all;
  }
  /// The texts of an array of texts.
  [[nodiscard]] std::vector<std::string> texts(std::string_view path = {}) const {
    std::vector<std::string> all;
    const auto elements = count(path);
    all.reserve(elements);
    each_path(path, elements, [&](std::string_view one) { all.push_back(find_whole(one).value_or(std::string())); });
    return all;
  }
  [[nodiscard]] bool lists(std::string_view path, std::string_view text) const {
    for (const auto& one : texts(path)) {
      if (one == text) { return true; }
    }
    return false;
  }

 protected:
  /// Visits the whole paths of so many elements, without a view of each: lists have up to 10,000.
  template <typename Visit>
  void each_path(std::string_view path, std::size_t elements, const Visit& visit) const {
    auto one = join(path);
    if (!one.empty()) { one += '/'; }
    const auto begin = one.size();
    char digits[24];
    for (std::size_t i = 0; i < elements; ++i) {
      one.resize(begin);
      one.append(digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof(digits), i).ptr - digits));
      visit(std::string_view(one));
    }
  }
  [[nodiscard]] std::optional<std::string> find_whole(std::string_view full) const {
    return detail::ask([&](void* out, std::size_t room) {
      switch (source_) {
        case Source::event: return abi::event_get(full, out, room);
        case Source::parameters: return abi::parameter_get(full, out, room);
        case Source::agreement: return abi::agreement_get(full, out, room);
        case Source::item: return abi::item_get(subject_, full, out, room);
        case Source::member: return abi::member_get(subject_, full, out, room);
      }
      return std::int32_t{-1};
    });
  }

 private:
  [[nodiscard]] std::string join(std::string_view path) const {
    std::string full;
    full.reserve(path_.size() + path.size() + kIndexBytes);
    full += path_;
    if (!path.empty() && !path_.empty()) { full += '/'; }
    full += path;
    return full;
  }
  static constexpr std::size_t kFew = 256;
  static constexpr std::size_t kIndexBytes = 24;  // a slash, and the index that may follow
  Source source_;
  std::string subject_;
  std::string path_;
};

/// The ledger's spelling of the name of an item, lot, product, place or party: what events have. People write EPC URIs, and
/// Digital Links of their own domains. Empty for what is no URI.
[[nodiscard]] inline std::optional<std::string> item_name(std::string_view uri) {
  if (uri.find(':') == std::string_view::npos) { return std::nullopt; }
  return detail::ask([&](void* out, std::size_t room) { return abi::item_name(uri, out, room); });
}
/// Whether an item is what `name` names, or belongs to it: a lot or an instance of that product. Both in the ledger's spelling.
[[nodiscard]] inline bool is_of(std::string_view item, std::string_view name) {
  return item.starts_with(name) && (item.size() == name.size() || item[name.size()] == '/');
}
/// An order of names that begin alike: by size, then from the end, where they differ soon.
struct ByName {
  bool operator()(std::string_view left, std::string_view right) const {
    return left.size() != right.size() ? left.size() < right.size() : from_end(left.data(), right.data(), left.size()) < 0;
  }
  static int from_end(const char* left, const char* right, std::size_t bytes) {
    while (bytes > 0) {
      --bytes;
      if (left[bytes] != right[bytes]) { return left[bytes] < right[bytes] ? -1 : 1; }
    }
    return 0;
  }
};
/// Several such names, found without a comparison of each with each: an event has up to 10,000 items.
class Names {
 public:
  Names() = default;
  explicit Names(std::vector<std::string> names) : names_(std::move(names)) {
    std::sort(names_.begin(), names_.end(), ByName());
  }
  [[nodiscard]] bool empty() const { return names_.empty(); }
  /// Whether the item is one of these or belongs to one of them, as `is_of` says.
  [[nodiscard]] bool has(std::string_view item) const {
    auto place = names_.begin();
    while (place != names_.end() && place->size() <= item.size()) {
      const auto size = place->size();
      const auto end = std::upper_bound(place, names_.end(), size,
                                        [](std::size_t wanted, const std::string& one) { return wanted < one.size(); });
      if (item.size() == size || item[size] == '/') {
        place = std::lower_bound(place, end, item.data(), [&](const std::string& one, const char* wanted) {
          return ByName::from_end(one.data(), wanted, size) < 0;
        });
        if (place != end && ByName::from_end(place->data(), item.data(), size) == 0) { return true; }
      }
      place = end;
    }
    return false;
  }

 private:
  std::vector<std::string> names_;  ///< by size, then from the end
};

/// One entry of an event's lists.
struct EventItem {
  enum class Part : std::uint8_t { listed, parent, child, input, output };
  std::string id;  ///< canonical Digital Link, or the URI as it is
  Part part = Part::listed;
  bool of_class = false;          ///< from a quantity list: a lot or a product
  bool has_quantity = false;      ///< of a class: there is one, though perhaps none that can be read
  std::optional<Range> quantity{};  ///< of a class; may be negative: the JSON schema of EPCIS 2.0 asks for any number
  std::string unit{};  ///< UN/CEFACT Rec 20; empty for a count
};

/// One sensor report.
struct SensorReport {
  View view;                    ///< all its members
  std::string type;             ///< Temperature
  std::string unit;             ///< UN/CEFACT Rec 20
  bool is_readable = true;      ///< each of its values could be read
  std::optional<Range> values;  ///< lowest and highest of value, minValue, maxValue, meanValue, percValue; empty when it has none of them

  explicit SensorReport(View report) : view(std::move(report)), type(view.text("type")), unit(view.text("uom")) {
    for (const char* name : {"value", "minValue", "maxValue", "meanValue", "percValue"}) {
      const auto text = view.find(name);
      if (!text) { continue; }
      const auto found = Range::parse(*text);
      is_readable = is_readable && found.has_value();
      if (!found) { continue; }
      if (!values) { values = found; }
      values->least = std::min(values->least, found->least);
      values->most = std::max(values->most, found->most);
    }
  }
  [[nodiscard]] std::optional<Decimal> highest() const { return values ? std::optional(values->most) : std::nullopt; }
  [[nodiscard]] std::optional<Decimal> lowest() const { return values ? std::optional(values->least) : std::nullopt; }
};

/// The EPCIS event that is judged, with the member names of EPCIS 2.0. Words of the CBV are bare (`shipping`).
class Event : public View {
 public:
  Event() : View(Source::event) {}

  [[nodiscard]] std::string type() const { return text("type"); }
  [[nodiscard]] std::string action() const { return text("action"); }
  [[nodiscard]] std::string biz_step() const { return text("bizStep"); }
  [[nodiscard]] std::string disposition() const { return text("disposition"); }
  [[nodiscard]] std::optional<std::int64_t> time_ms() const { return time("eventTime"); }

  /// Everything that the event names, in the order of its lists.
  [[nodiscard]] std::vector<EventItem> items() const {
    using Part = EventItem::Part;
    std::vector<EventItem> all;
    if (const auto parent = find("parentID")) { all.push_back({*parent, Part::parent}); }
    add(all, Part::listed, "epcList", "quantityList");
    add(all, Part::child, "childEPCs", "childQuantityList");
    add(all, Part::input, "inputEPCList", "inputQuantityList");
    add(all, Part::output, "outputEPCList", "outputQuantityList");
    return all;
  }
  [[nodiscard]] std::vector<EventItem> items(EventItem::Part part) const {
    using Part = EventItem::Part;
    std::vector<EventItem> some;
    switch (part) {
      case Part::listed: add(some, part, "epcList", "quantityList"); break;
      case Part::parent:
        if (const auto parent = find("parentID")) { some.push_back({*parent, part}); }
        break;
      case Part::child: add(some, part, "childEPCs", "childQuantityList"); break;
      case Part::input: add(some, part, "inputEPCList", "inputQuantityList"); break;
      case Part::output: add(some, part, "outputEPCList", "outputQuantityList"); break;
    }
    return some;
  }
  /// Reports of all sensor elements; of one type (`Temperature`) when it is named.
  [[nodiscard]] std::vector<SensorReport> sensor_reports(std::string_view type = {}) const {
    std::vector<SensorReport> all;
    visit_reports([&](SensorReport report) {
      if (type.empty() || report.type == type) { all.push_back(std::move(report)); }
    });
    return all;
  }
  /// Visits the reports of all sensor elements without keeping them: an event has room for 20,000.
  template <typename Visit>
  void visit_reports(const Visit& visit_report) const {
    visit("sensorElementList", [&](const View& element) {
      element.visit("sensorReport", [&](View report) { visit_report(SensorReport(std::move(report))); });
    });
  }

 private:
  void add(std::vector<EventItem>& all, EventItem::Part part, std::string_view epcs, std::string_view quantities) const {
    const auto items = count(epcs);
    const auto classes = count(quantities);
    all.reserve(all.size() + items + classes);
    each_path(epcs, items, [&](std::string_view path) {
      all.push_back({find_whole(path).value_or(std::string()), part});
    });
    if (classes == 0) { return; }
    for (const auto& one : each(quantities)) {
      const auto quantity = one.find("quantity");
      all.push_back({one.text("epcClass"), part, true, quantity.has_value(),
                     quantity ? Range::parse(*quantity) : std::nullopt, one.text("uom")});
    }
  }
};

/// A part of a lot: where so much of it is.
struct Holding {
  enum class Kind : std::uint8_t { held, moving, packed };
  Kind kind = Kind::held;
  std::string holder;           ///< who has it, or has sent it
  std::string container;        ///< of what is packed
  std::string unit;             ///< UN/CEFACT Rec 20; empty for a count
  std::optional<Range> amount;  ///< negative: more left than arrived. Empty for one that cannot be read
};

/// What the ledger said about an item or lot before the event. docs/audit.md says what each answer means.
class Item : public View {
 public:
  explicit Item(std::string id) : View(Source::item, std::move(id)) {}
  /// Some event about it is recorded.
  [[nodiscard]] bool known() const { return has("events"); }
  [[nodiscard]] bool born() const { return is_true("born"); }
  [[nodiscard]] bool alive() const { return find("alive") != "false"; }
  [[nodiscard]] bool in_transit() const { return is_true("inTransit"); }
  [[nodiscard]] std::string possessor() const { return text("possessor"); }
  [[nodiscard]] std::string container() const { return text("container"); }
  /// It belongs to its container for long (AssociationEvent), and is packed in none.
  [[nodiscard]] bool is_part_of_assembly() const { return text("bond") == "association"; }
  /// Of a lot: the parts of one kind.
  [[nodiscard]] std::vector<Holding> holdings(Holding::Kind kind) const {
    const char* const word = kind == Holding::Kind::held ? "held" : kind == Holding::Kind::moving ? "moving" : "packed";
    std::vector<Holding> all;
    for (const auto& one : each("holdings")) {
      if (one.text("kind") != word) { continue; }
      all.push_back({kind, one.text("holder"), one.text("container"), one.text("unit"), one.range("amount")});
    }
    return all;
  }
  [[nodiscard]] std::string disposition() const { return text("disposition"); }
};

/// The first whole characters of a UTF-8 text, at most so many bytes.
[[nodiscard]] inline std::string_view shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) { return text; }
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) { --bytes; }
  return text.substr(0, bytes);
}

/// One judgement. `finding` is all that a rule can do; without one the event is accepted.
class Rule {
 public:
  [[nodiscard]] const Event& event() const { return event_; }
  [[nodiscard]] const View& parameters() const { return parameters_; }
  [[nodiscard]] const View& agreement() const { return agreement_; }
  [[nodiscard]] Item item(std::string id) const { return Item(std::move(id)); }
  [[nodiscard]] View member(std::string organisation) const {
    return View(View::Source::member, std::move(organisation));
  }
  /// The organisation that records the event.
  [[nodiscard]] Party recorder() const { return Tx::sender_organisation(); }
  [[nodiscard]] std::int64_t time_ms() const { return abi::block_time_ms(); }

  /// So many are found as are kept: whoever walks a long list may stop.
  [[nodiscard]] bool full() const { return found_ >= kFindings; }

  /// Something is wrong. `code` is 1 to 64 letters, digits, underscores; `message` is for people of both parties. With a
  /// deadline (milliseconds since 1970) the finding must be answered by then. At most 16 are kept of one judgement: later
  /// ones are dropped.
  void finding(std::string_view code, std::string_view message, std::int64_t deadline_ms = 0) const {
    if (++found_ > kFindings) { return; }
    abi::finding(code, shortened(message, kMessageBytes), deadline_ms);
  }

 private:
  static constexpr int kFindings = 16;
  static constexpr std::size_t kMessageBytes = 1024;
  Event event_;
  View parameters_{View::Source::parameters};
  View agreement_{View::Source::agreement};
  mutable int found_ = 0;
};

}  // namespace keten
