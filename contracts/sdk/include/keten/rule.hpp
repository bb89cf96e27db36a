#pragma once
// What a rule sees: the judged event, its parameters, the agreement, items, members. A rule only reads and finds.

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
    const auto full = join(path);
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
  /// Empty when there is none.
  [[nodiscard]] std::string text(std::string_view path = {}) const { return find(path).value_or(std::string()); }
  [[nodiscard]] bool has(std::string_view path) const { return find(path).has_value(); }
  [[nodiscard]] bool is_true(std::string_view path) const { return find(path) == "true"; }
  /// Empty also for what is no number or too fine for a Decimal.
  [[nodiscard]] std::optional<Decimal> decimal(std::string_view path = {}) const {
    const auto found = find(path);
    return found ? Decimal::parse(*found) : std::nullopt;
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
  /// Members of the array or object; 0 when it is none.
  [[nodiscard]] std::size_t count(std::string_view path = {}) const {
    const auto full = join(path);
    std::int32_t found = -1;
    switch (source_) {
      case Source::event: found = abi::event_count(full); break;
      case Source::parameters: found = abi::parameter_count(full); break;
      case Source::agreement: found = abi::agreement_count(full); break;
      case Source::item: found = abi::item_count(subject_, full); break;
      case Source::member: break;
    }
    return found < 0 ? 0 : static_cast<std::size_t>(found);
  }
  [[nodiscard]] View at(std::string_view path) const { return View(source_, subject_, join(path)); }
  [[nodiscard]] View at(std::string_view path, std::size_t index) const {
    auto full = join(path);
    if (!full.empty()) { full += '/'; }
    return View(source_, subject_, full + text_of(index));
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
    for (const auto& one : each(path)) { all.push_back(one.text()); }
    return all;
  }
  [[nodiscard]] bool lists(std::string_view path, std::string_view text) const {
    for (const auto& one : texts(path)) {
      if (one == text) { return true; }
    }
    return false;
  }

 private:
  [[nodiscard]] std::string join(std::string_view path) const {
    if (path.empty() || path_.empty()) { return path_ + std::string(path); }
    return path_ + "/" + std::string(path);
  }
  Source source_;
  std::string subject_;
  std::string path_;
};

/// One entry of an event's lists.
struct EventItem {
  enum class Part : std::uint8_t { listed, parent, child, input, output };
  std::string id;  ///< canonical Digital Link, or the URI as it is
  Part part = Part::listed;
  bool of_class = false;            ///< from a quantity list: a lot or a product
  std::optional<Decimal> quantity;  ///< of a class, when given
  std::string unit;                 ///< UN/CEFACT Rec 20; empty for a count
};

/// One sensor report, with the time that it is about.
struct SensorReport {
  View view;                       ///< all its members
  std::string unit;                ///< UN/CEFACT Rec 20
  std::optional<std::int64_t> ms;  ///< of the report, else of its sensor element
  [[nodiscard]] std::optional<Decimal> highest() const { return either("maxValue"); }
  [[nodiscard]] std::optional<Decimal> lowest() const { return either("minValue"); }

 private:
  [[nodiscard]] std::optional<Decimal> either(std::string_view extreme) const {
    auto found = view.decimal(extreme);
    return found ? found : view.decimal("value");
  }
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
    if (const auto parent = find("parentID")) { all.push_back({*parent, Part::parent, false, {}, {}}); }
    add(all, Part::listed, "epcList", "quantityList");
    add(all, Part::child, "childEPCs", "childQuantityList");
    add(all, Part::input, "inputEPCList", "inputQuantityList");
    add(all, Part::output, "outputEPCList", "outputQuantityList");
    return all;
  }
  [[nodiscard]] std::vector<EventItem> items(EventItem::Part part) const {
    std::vector<EventItem> some;
    for (auto& one : items()) {
      if (one.part == part) { some.push_back(std::move(one)); }
    }
    return some;
  }
  /// Reports of all sensor elements; of one type (`Temperature`) when it is named.
  [[nodiscard]] std::vector<SensorReport> sensor_reports(std::string_view type = {}) const {
    std::vector<SensorReport> all;
    for (const auto& element : each("sensorElementList")) {
      const auto element_time = element.time("sensorMetadata/time");
      for (const auto& report : element.each("sensorReport")) {
        if (!type.empty() && report.text("type") != type) { continue; }
        const auto own_time = report.time("time");
        all.push_back({report, report.text("uom"), own_time ? own_time : element_time});
      }
    }
    return all;
  }

 private:
  void add(std::vector<EventItem>& all, EventItem::Part part, std::string_view epcs, std::string_view quantities) const {
    for (const auto& one : each(epcs)) { all.push_back({one.text(), part, false, {}, {}}); }
    for (const auto& one : each(quantities)) {
      all.push_back({one.text("epcClass"), part, true, one.decimal("quantity"), one.text("uom")});
    }
  }
};

/// What the ledger said about an item or lot before the event. docs/audit.md says what each answer means.
class Item : public View {
 public:
  explicit Item(std::string id) : View(Source::item, std::move(id)) {}
  /// Some event about it is recorded.
  [[nodiscard]] bool known() const { return has(""); }
  [[nodiscard]] bool born() const { return is_true("born"); }
  [[nodiscard]] bool alive() const { return find("alive") != "false"; }
  [[nodiscard]] bool in_transit() const { return is_true("inTransit"); }
  [[nodiscard]] std::string possessor() const { return text("possessor"); }
  [[nodiscard]] std::string container() const { return text("container"); }
  [[nodiscard]] std::string disposition() const { return text("disposition"); }
};

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

  /// Something is wrong. `code` is 1 to 64 letters, digits, underscores; `message` is for people of both parties. With a
  /// deadline (milliseconds since 1970) the finding must be answered by then. At most 16 are kept of one judgement: later
  /// ones are dropped.
  void finding(std::string_view code, std::string_view message, std::int64_t deadline_ms = 0) const {
    if (++found_ > kFindings) { return; }
    abi::finding(code, message.substr(0, whole_characters(message)), deadline_ms);
  }

 private:
  static constexpr int kFindings = 16;
  static constexpr std::size_t kMessageBytes = 1024;
  static std::size_t whole_characters(std::string_view text) {
    if (text.size() <= kMessageBytes) { return text.size(); }
    std::size_t end = kMessageBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) { --end; }
    return end;
  }
  Event event_;
  View parameters_{View::Source::parameters};
  View agreement_{View::Source::agreement};
  mutable int found_ = 0;
};

}  // namespace keten
