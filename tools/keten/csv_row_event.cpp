#include "tools/keten/csv_row_event.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"
#include "tools/keten/csv_values.h"

namespace keten::tools {
namespace {

using client::CsvCell;
using json::Value;

Value text(std::string_view value) { return Value::string(std::string(value)); }

/// An item of one row.
struct Item {
  std::string id;
  std::string quantity;  ///< of a class only
  std::string unit;
  friend auto operator<=>(const Item&, const Item&) = default;
};

/// Makes one event of the rows that tell it.
class EventBuilder {
 public:
  EventBuilder(const Sheet& sheet, ImportProfile profile, std::string_view offset, Faults& faults,
               std::vector<std::size_t> rows)
      : sheet_(sheet), profile_(profile), offset_(offset), faults_(faults), rows_(std::move(rows)) {}

  Value build() {
    const bool is_transformation = profile_ == ImportProfile::transformation;
    event_.set("type", text(is_transformation                        ? "TransformationEvent"
                            : profile_ == ImportProfile::aggregation ? "AggregationEvent"
                                                                     : "ObjectEvent"));
    if (const auto time = value("event_time", Need::always, [&](auto cell) { return cell_time(cell, offset_); })) {
      event_.set("eventTime", text(time->text)).set("eventTimeZoneOffset", text(time->offset));
    }
    switch (profile_) {
      case ImportProfile::receiving: observe("receiving", "in_progress"); break;
      case ImportProfile::shipping: observe("shipping", "in_transit"); break;
      case ImportProfile::commissioning: commission(); break;
      case ImportProfile::transformation: transform(); break;
      case ImportProfile::aggregation: aggregate(); break;
    }
    const auto place = value("location", Need::always, [](auto cell) { return cell_gln(cell, GlnUse::place); });
    if (place) {
      event_.set("readPoint", Value::object().set("id", text(*place)));
      // What was shipped is nowhere until it is received.
      if (profile_ != ImportProfile::shipping) { event_.set("bizLocation", Value::object().set("id", text(*place))); }
    }
    add_document();
    return std::move(event_);
  }

 private:
  enum class Need { sometimes, always };

  /// The cell that tells `name` about the event: the rows of one event must not contradict each other.
  const CsvCell* shared(std::string_view name, Need need) {
    const CsvCell* found = nullptr;
    for (const auto row : rows_) {
      const auto* cell = sheet_.cell(row, name);
      if (cell == nullptr) { continue; }
      if (found == nullptr) {
        found = cell;
      } else if (trimmed(found->text) != trimmed(cell->text)) {
        faults_.add(cell->place, name,
                    "differs from line " + std::to_string(found->place.line) +
                        " of the same event; leave it empty here, or give the rows other names in column event");
      }
    }
    if (found == nullptr && need == Need::always) {
      faults_.add(sheet_.first_cell(rows_.front()).place, name, "the cell is empty, and every event needs it");
    }
    return found;
  }

  /// What `read` makes of that cell; nothing, and reported, when it is wrong.
  template <typename Read>
  auto read_cell(const CsvCell* cell, std::string_view name, Read&& read)
      -> std::optional<std::decay_t<decltype(read(std::string_view()).value())>> {
    if (cell == nullptr) { return std::nullopt; }
    auto result = read(trimmed(cell->text));
    if (!result) {
      faults_.add(cell->place, name, result.error().message);
      return std::nullopt;
    }
    return std::move(*result);
  }
  template <typename Read>
  auto value(std::string_view name, Need need, Read&& read)
      -> std::optional<std::decay_t<decltype(read(std::string_view()).value())>> {
    return read_cell(shared(name, need), name, std::forward<Read>(read));
  }

  std::optional<Item> item(std::size_t row) {
    const auto at = [&](std::string_view name) { return sheet_.cell(row, name); };
    const auto refuse = [&](const CsvCell& cell, std::string_view column, std::string message) {
      faults_.add(cell.place, column, std::move(message));
      return std::nullopt;
    };
    std::vector<std::string_view> ways;
    for (const std::string_view name : {"gtin", "sscc", "epc"}) {
      if (at(name) != nullptr) { ways.push_back(name); }
    }
    if (ways.empty()) {
      return refuse(sheet_.first_cell(row), "", "the row names no item; fill gtin with lot or serial, or sscc, or epc");
    }
    if (ways.size() > 1) {
      return refuse(*at(ways[1]), ways[1], "the row names an item in " + std::string(ways[0]) + " already; keep one");
    }
    for (const std::string_view name : {"lot", "serial"}) {
      if (at(name) != nullptr && ways[0] != "gtin") { return refuse(*at(name), name, "only together with gtin"); }
    }
    std::optional<std::string> id;
    if (ways[0] == "gtin") {
      id = trade_item(row);
    } else if (ways[0] == "sscc") {
      id = read_cell(at("sscc"), "sscc", cell_container);
    } else {
      id = read_cell(at("epc"), "epc", cell_uri);
    }
    if (!id) {
      // What else is wrong in the row is told now, and not in the next try.
      (void)read_cell(at("quantity"), "quantity", cell_quantity);
      (void)read_cell(at("unit"), "unit", cell_unit);
      return std::nullopt;
    }
    return with_amount(row, std::move(*id));
  }

  std::optional<std::string> trade_item(std::size_t row) {
    const auto* lot = sheet_.cell(row, "lot");
    const auto* serial = sheet_.cell(row, "serial");
    const auto* gtin_cell = sheet_.cell(row, "gtin");
    if (lot != nullptr && serial != nullptr) {
      faults_.add(serial->place, "serial",
                  "the row has a lot already; a serial number names one thing, keep one of both");
      return std::nullopt;
    }
    if (lot == nullptr && serial == nullptr) {
      faults_.add(gtin_cell->place, "gtin",
                  "a product without lot or serial number cannot be traced; fill one of both");
      return std::nullopt;
    }
    const auto gtin = read_cell(gtin_cell, "gtin", cell_gtin);
    const auto part =
        lot != nullptr ? read_cell(lot, "lot", cell_component) : read_cell(serial, "serial", cell_component);
    if (!gtin || !part) { return std::nullopt; }
    const auto link = cell_uri("https://id.gs1.org/01/" + *gtin + (lot != nullptr ? "/10/" : "/21/") + *part);
    return link ? std::optional(*link) : std::nullopt;
  }

  std::optional<Item> with_amount(std::size_t row, std::string id) {
    const auto* quantity = sheet_.cell(row, "quantity");
    const auto* unit = sheet_.cell(row, "unit");
    Item item{std::move(id), {}, {}};
    if (!is_class(item.id) && (quantity != nullptr || unit != nullptr)) {
      const bool one_thing = quantity != nullptr && unit == nullptr && trimmed(quantity->text) == "1";
      if (!one_thing) {
        const auto& cell = quantity != nullptr ? *quantity : *unit;
        faults_.add(cell.place, quantity != nullptr ? "quantity" : "unit",
                    "one single thing has no quantity and no unit; leave them empty");
        return std::nullopt;
      }
    }
    if (!is_class(item.id)) { return item; }
    if (quantity == nullptr) {
      faults_.add(sheet_.first_cell(row).place, "quantity", "the cell is empty; of a lot it must be said how much");
      return std::nullopt;
    }
    const auto amount = read_cell(quantity, "quantity", cell_quantity);
    const auto code = read_cell(unit, "unit", cell_unit);
    if (!amount || (unit != nullptr && !code)) { return std::nullopt; }
    item.quantity = *amount;
    item.unit = code.value_or("");
    return item;
  }

  /// Puts the items of these rows into `single` and `classes`, sorted, so that the order of rows does not matter.
  void add_items(const std::vector<std::size_t>& rows, std::string_view single, std::string_view classes) {
    std::map<std::string, std::size_t> lines;
    std::vector<Item> items;
    for (const auto row : rows) {
      auto one = item(row);
      if (!one) { continue; }
      const auto [known, is_new] = lines.emplace(one->id + " " + one->unit, sheet_.line(row));
      if (!is_new) {
        faults_.add(
            sheet_.first_cell(row).place, "",
            "the same item as in line " + std::to_string(known->second) + " of this event; put the sum into one row");
        continue;
      }
      items.push_back(std::move(*one));
    }
    std::ranges::sort(items);
    auto names = Value::array();
    auto amounts = Value::array();
    for (const auto& one : items) {
      if (one.quantity.empty()) {
        names.push(text(one.id));
        continue;
      }
      auto amount = Value::object().set("epcClass", text(one.id)).set("quantity", Value::number(one.quantity));
      if (!one.unit.empty()) { amount.set("uom", text(one.unit)); }
      amounts.push(std::move(amount));
    }
    if (!names.items().empty()) { event_.set(std::string(single), std::move(names)); }
    if (!amounts.items().empty()) { event_.set(std::string(classes), std::move(amounts)); }
  }

  void observe(std::string_view step, std::string_view disposition) {
    event_.set("action", text("OBSERVE")).set("bizStep", text(step)).set("disposition", text(disposition));
    add_items(rows_, "epcList", "quantityList");
    const bool ships = profile_ == ImportProfile::shipping;
    add_parties("sourceList", "source", "from");
    add_parties("destinationList", "destination", "to");
    const std::string other = ships ? "to" : "from";
    if (shared(other + "_party", Need::sometimes) == nullptr &&
        shared(other + "_location", Need::sometimes) == nullptr) {
      faults_.add(sheet_.first_cell(rows_.front()).place, ships ? "to_party" : "from_party",
                  ships ? "to whom? fill to_party or to_location" : "from whom? fill from_party or from_location");
    }
  }

  void add_parties(std::string_view list, std::string_view member, const std::string& prefix) {
    auto parties = Value::array();
    const auto add = [&](std::string_view type, const std::string& column, GlnUse use) {
      const auto id = value(column, Need::sometimes, [&](auto cell) { return cell_gln(cell, use); });
      if (id) { parties.push(Value::object().set("type", text(type)).set(std::string(member), text(*id))); }
    };
    add("possessing_party", prefix + "_party", GlnUse::party);
    add("location", prefix + "_location", GlnUse::place);
    if (!parties.items().empty()) { event_.set(std::string(list), std::move(parties)); }
  }

  void commission() {
    add_items(rows_, "epcList", "quantityList");
    // CBV 2.0: what has a serial number is commissioned, of a lot an amount comes into being.
    const bool has_single = event_.find("epcList") != nullptr;
    if (has_single && event_.find("quantityList") != nullptr) {
      faults_.add(sheet_.first_cell(rows_.front()).place, "event",
                  "an event makes either lots or single things; give them other names in column event");
    }
    event_.set("action", text("ADD"))
        .set("bizStep", text(has_single ? "commissioning" : "creating_class_instance"))
        .set("disposition", text("active"));
    add_master_data();
  }

  /// Instance and lot master data: of what this event makes.
  void add_master_data() {
    auto data = Value::object();
    const auto plain = [](auto cell) -> Result<std::string> { return std::string(cell); };
    const auto country = [](auto cell) -> Result<std::string> {
      const bool is_code =
          cell.size() == 2 && std::ranges::all_of(cell, [](char each) { return each >= 'A' && each <= 'Z'; });
      if (is_code) { return std::string(cell); }
      return invalid("IMPORT_INVALID",
                     "expected a country code of two letters such as NL, found \"" + std::string(cell) + "\"");
    };
    const auto add = [&](std::string_view column, std::string_view name, auto&& read) {
      if (const auto found = value(column, Need::sometimes, read)) { data.set(std::string(name), text(*found)); }
    };
    add("description", "cbvmda:descriptionShort", plain);
    add("country", "cbvmda:countryOfOrigin", country);
    add("best_before", "cbvmda:bestBeforeDate", cell_date);
    add("expiry", "cbvmda:itemExpirationDate", cell_date);
    add("harvest_start", "gs1:harvestDateStart", cell_date);
    add("harvest_end", "gs1:harvestDateEnd", cell_date);
    add("species", "gs1:fishType", plain);
    if (const auto areas = value("catch_area", Need::sometimes, plain)) {
      auto list = Value::array();
      std::string_view rest(*areas);
      while (!(rest = trimmed(rest)).empty()) {
        const auto end = std::min(rest.find(' '), rest.size());
        list.push(text(rest.substr(0, end)));
        rest.remove_prefix(end);
      }
      data.set("gs1:catchZone", std::move(list));
    }
    if (!data.members().empty()) { event_.set("ilmd", std::move(data)); }
  }

  void transform() {
    std::vector<std::size_t> inputs;
    std::vector<std::size_t> outputs;
    for (const auto row : rows_) {
      const auto* role = sheet_.cell(row, "role");
      const auto name = role == nullptr ? std::string_view() : trimmed(role->text);
      if (name == "input" || name == "output") {
        (name == "input" ? inputs : outputs).push_back(row);
      } else {
        faults_.add(role == nullptr ? sheet_.first_cell(row).place : role->place, "role",
                    "expected input or output, found \"" + std::string(name) + "\"");
      }
    }
    for (const auto& [list, name] : {std::pair{&inputs, "input"}, std::pair{&outputs, "output"}}) {
      if (list->empty()) {
        faults_.add(sheet_.first_cell(rows_.front()).place, "role",
                    "the event has no " + std::string(name) +
                        "; a transformation has rows of both roles with one name in column event");
      }
    }
    add_items(inputs, "inputEPCList", "inputQuantityList");
    add_items(outputs, "outputEPCList", "outputQuantityList");
    const bool makes_single = event_.find("outputEPCList") != nullptr;
    const auto step = value("step", Need::sometimes, [](auto cell) -> Result<std::string> {
      if (production::is_standard_word(production::Vocabulary::biz_step, cell)) { return std::string(cell); }
      return invalid("IMPORT_INVALID",
                     "expected a business step of the CBV such as packing or creating_class_instance, found \"" +
                         std::string(cell) + "\"");
    });
    event_.set("bizStep", text(step.value_or(makes_single ? "commissioning" : "creating_class_instance")))
        .set("disposition", text("active"));
    add_master_data();
  }

  void aggregate() {
    if (const auto parent = value("container", Need::always, cell_container)) { event_.set("parentID", text(*parent)); }
    const auto action = value("action", Need::sometimes, [](auto cell) -> Result<std::string> {
      if (cell == "pack" || cell == "unpack") { return std::string(cell); }
      return invalid("IMPORT_INVALID", "expected pack or unpack, found \"" + std::string(cell) + "\"");
    });
    const bool packs = action.value_or("pack") == "pack";
    add_items(rows_, "childEPCs", "childQuantityList");
    event_.set("action", text(packs ? "ADD" : "DELETE"))
        .set("bizStep", text(packs ? "packing" : "unpacking"))
        .set("disposition", text("in_progress"));
  }

  void add_document() {
    const auto* number = shared("document", Need::sometimes);
    const auto type = value("document_type", Need::sometimes, [](auto cell) -> Result<std::string> {
      if (production::is_standard_word(production::Vocabulary::biz_transaction_type, cell)) {
        return std::string(cell);
      }
      return invalid("IMPORT_INVALID", "expected a kind of document such as po, desadv, recadv, bol or inv, found \"" +
                                           std::string(cell) + "\"");
    });
    const auto* issuer = shared("document_issuer", Need::sometimes);
    if (number == nullptr) {
      for (const std::string_view name : {"document_type", "document_issuer"}) {
        const auto* cell = shared(name, Need::sometimes);
        if (cell != nullptr) { faults_.add(cell->place, name, "only together with column document"); }
      }
      return;
    }
    auto id = std::string(trimmed(number->text));
    if (!production::is_uri(id)) {
      if (issuer == nullptr) {
        faults_.add(number->place, "document",
                    "a number is unique only with who gave it: fill document_issuer with a GLN, or write a URI here");
        return;
      }
      // CBV 2.0, section 8.5.2: the GLN of who issued it, and its number.
      const auto gln = read_cell(issuer, "document_issuer", [](auto cell) { return cell_gln(cell, GlnUse::party); });
      const auto component = read_cell(number, "document", cell_document);
      if (!gln || !component) { return; }
      if (trimmed(issuer->text).find(':') != std::string_view::npos) {
        faults_.add(issuer->place, "document_issuer", "expected a GLN of 13 digits");
        return;
      }
      id = "urn:epcglobal:cbv:bt:" + std::string(trimmed(issuer->text)) + ":" + *component;
    }
    auto entry = Value::object();
    if (type) { entry.set("type", text(*type)); }
    event_.set("bizTransactionList", Value::array().push(entry.set("bizTransaction", text(id))));
  }

  /// The number of a document inside a URN (RFC 8141): what may not stand there is percent-encoded.
  static Result<std::string> cell_document(std::string_view cell) {
    constexpr std::string_view kLiteral = "-._~!$'()*,;=:@+";
    constexpr std::string_view kHexadecimal = "0123456789ABCDEF";
    std::string encoded;
    for (const char each : cell) {
      const auto byte = static_cast<unsigned char>(each);
      const bool is_plain =
          (each >= '0' && each <= '9') || (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z');
      if (is_plain || kLiteral.find(each) != std::string_view::npos) {
        encoded += each;
      } else {
        encoded += {'%', kHexadecimal[byte >> 4U], kHexadecimal[byte & 15U]};
      }
    }
    return encoded;
  }

  const Sheet& sheet_;
  ImportProfile profile_;
  std::string_view offset_;
  Faults& faults_;
  std::vector<std::size_t> rows_;
  Value event_ = Value::object();
};

}  // namespace

Value event_of_rows(const Sheet& sheet, ImportProfile profile, std::string_view offset, Faults& faults,
                    std::vector<std::size_t> rows) {
  return EventBuilder(sheet, profile, offset, faults, std::move(rows)).build();
}

}  // namespace keten::tools
