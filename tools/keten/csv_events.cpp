#include "tools/keten/csv_events.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

#include "client/csv.h"
#include "contracts/production/document.h"
#include "contracts/production/event_hash.h"
#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"
#include "core/json.h"
#include "core/limits.h"
#include "tools/keten/csv_values.h"

namespace keten::tools {
namespace {

using client::CsvCell;
using json::Value;

constexpr std::string_view kContext = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// One transaction: small enough to be final in one block with those of others.
constexpr std::size_t kBatchEvents = 200;
constexpr std::size_t kBatchBytes = 300'000;
constexpr std::size_t kBatchItems = 2'000;
constexpr std::size_t kEventBytesMax = 900'000;

constexpr std::array<std::pair<std::string_view, ImportProfile>, 5> kProfiles{
    {{"receiving", ImportProfile::receiving},
     {"shipping", ImportProfile::shipping},
     {"commissioning", ImportProfile::commissioning},
     {"transformation", ImportProfile::transformation},
     {"aggregation", ImportProfile::aggregation}}};

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) { return {}; }
  return text.substr(begin, text.find_last_not_of(" \t\n") - begin + 1);
}

Value text(std::string_view value) { return Value::string(std::string(value)); }

class Faults {
 public:
  void add(client::TextPlace place, std::string_view column, std::string message) {
    list_.push_back({place, std::string(column), std::move(message)});
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] bool are_enough() const { return list_.size() > kImportFaultsMax; }
  /// The first of them in the order of their places.
  void move_to(ImportFile& file) {
    const auto order = [](const ImportFault& fault) {
      return std::tie(fault.place.line, fault.place.column, fault.column, fault.message);
    };
    std::ranges::sort(list_, {}, order);
    const auto twice = std::ranges::unique(list_, {}, order);
    list_.erase(twice.begin(), twice.end());
    file.more_faults = file.more_faults || list_.size() > kImportFaultsMax;
    if (list_.size() > kImportFaultsMax) { list_.resize(kImportFaultsMax); }
    file.faults = std::move(list_);
  }

 private:
  std::vector<ImportFault> list_;
};

/// Letters that must be changed, added or left out to make one word of the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) { row[j] = j; }
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j < row.size(); ++j) {
      const auto above = row[j];
      row[j] = std::min({row[j - 1] + 1, above + 1, diagonal + (left[i - 1] == right[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row.back();
}

/// The cells of a table by their headings.
class Sheet {
 public:
  Sheet(const client::CsvTable& table, ImportProfile profile, Faults& faults) : table_(table) {
    const auto columns = import_columns(profile);
    const auto& heading = table.rows.front();
    for (std::size_t i = 0; i < heading.size(); ++i) {
      std::string name(trimmed(heading[i].text));
      std::ranges::transform(name, name.begin(), [](char each) {
        return each >= 'A' && each <= 'Z' ? static_cast<char>(each - 'A' + 'a') : each == ' ' ? '_' : each;
      });
      const bool is_known = std::ranges::any_of(columns, [&](const ImportColumn& one) { return one.name == name; });
      if (!is_known) {
        faults.add(heading[i].place, name, unknown(name, columns));
      } else if (!columns_.emplace(name, i).second) {
        faults.add(heading[i].place, name, "the column is there twice; remove one");
      }
    }
    for (const auto& [name, is_required] : columns) {
      if (is_required && !columns_.contains(std::string(name))) {
        faults.add({}, name, "the column is missing; the first row names the columns, see the templates");
      }
    }
  }

  [[nodiscard]] std::size_t rows() const { return table_.rows.size(); }
  [[nodiscard]] const CsvCell& first_cell(std::size_t row) const { return table_.rows[row].front(); }
  [[nodiscard]] std::size_t line(std::size_t row) const { return first_cell(row).place.line; }
  /// Null when there is no such column, or nothing in it.
  [[nodiscard]] const CsvCell* cell(std::size_t row, std::string_view name) const {
    const auto column = columns_.find(name);
    if (column == columns_.end()) { return nullptr; }
    const auto& cell = table_.rows[row][column->second];
    return trimmed(cell.text).empty() ? nullptr : &cell;
  }

 private:
  static std::string unknown(const std::string& name, const std::vector<ImportColumn>& columns) {
    if (name.empty()) { return "a column without heading; name it or remove it"; }
    const auto nearest =
        std::ranges::min_element(columns, {}, [&](const ImportColumn& one) { return distance(name, one.name); });
    if (distance(name, nearest->name) <= 2) {
      return "unknown column; did you mean " + std::string(nearest->name) + "?";
    }
    std::string known;
    for (const auto& one : columns) { known += (known.empty() ? "" : ", ") + std::string(one.name); }
    return "unknown column; remove it, the profile has: " + known;
  }

  const client::CsvTable& table_;
  std::map<std::string, std::size_t, std::less<>> columns_;
};

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

/// The rows of each event, in the order of their first rows.
std::vector<std::vector<std::size_t>> group_rows(const Sheet& sheet, ImportProfile profile, Faults& faults) {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::string, std::size_t> known;
  const auto said = [&](std::size_t row, std::string_view name) {
    const auto* cell = sheet.cell(row, name);
    return cell == nullptr ? std::string() : std::string(trimmed(cell->text));
  };
  for (std::size_t row = 1; row < sheet.rows(); ++row) {
    auto key = said(row, "event");
    if (key.empty() && profile == ImportProfile::transformation) {
      faults.add(sheet.first_cell(row).place, "event",
                 "the cell is empty; give all rows of one transformation the same name, such as a batch number");
      continue;
    }
    if (key.empty() && profile == ImportProfile::aggregation) {
      key = "\n" + said(row, "container") + "\n" + said(row, "event_time") + "\n" + said(row, "action");
    }
    const auto [group, is_new] = known.emplace(key.empty() ? "\n" + std::to_string(row) : key, groups.size());
    if (is_new) { groups.emplace_back(); }
    groups[group->second].push_back(row);
  }
  return groups;
}

std::size_t items_in(const Value& event) {
  std::size_t count = 1;
  for (const auto& [name, value] : event.members()) {
    if (value.is(json::Kind::array)) { count += value.items().size(); }
  }
  return count;
}

Value context_value() { return Value::array().push(text(kContext)); }

/// Documents of whole events. The time of making is that of the newest event, so that a file makes the same ones each time.
class Batches {
 public:
  explicit Batches(std::vector<ImportBatch>& batches) : batches_(batches) {}

  void add(const Value& event, ImportEvent told) {
    const auto bytes = json::serialize(event).size();
    const auto items = items_in(event);
    if (!told_.empty() &&
        (told_.size() == kBatchEvents || bytes_ + bytes > kBatchBytes || items_ + items > kBatchItems)) {
      close();
    }
    bytes_ += bytes;
    items_ += items;
    newest_ = std::max(newest_, production::parse_time(event.find_string("eventTime").value_or("")).value_or(0));
    events_.push(event);
    told_.push_back(std::move(told));
  }

  void close() {
    if (told_.empty()) { return; }
    const auto document = Value::object()
                              .set("@context", context_value())
                              .set("type", text("EPCISDocument"))
                              .set("schemaVersion", text("2.0"))
                              .set("creationDate", text(production::time_text(newest_)))
                              .set("epcisBody", Value::object().set("eventList", std::move(events_)));
    batches_.push_back({json::serialize(document), std::move(told_)});
    events_ = Value::array();
    told_.clear();
    bytes_ = items_ = 0;
    newest_ = 0;
  }

 private:
  std::vector<ImportBatch>& batches_;
  Value events_ = Value::array();
  std::vector<ImportEvent> told_;
  std::size_t bytes_ = 0;
  std::size_t items_ = 0;
  production::EventTime newest_ = 0;
};

/// The event with its id as the second member, where people look for it.
Value with_id(const Value& event, const std::string& id) {
  auto named = Value::object();
  for (const auto& [name, value] : event.members()) {
    named.set(name, value);
    if (name == "type") { named.set("eventID", text(id)); }
  }
  return named;
}

}  // namespace

std::optional<ImportProfile> import_profile(std::string_view name) {
  for (const auto& [known, profile] : kProfiles) {
    if (known == name) { return profile; }
  }
  return std::nullopt;
}

std::vector<ImportColumn> import_columns(ImportProfile profile) {
  std::vector<ImportColumn> columns{{"event_time", true}, {"location", true}};
  const auto add = [&](std::initializer_list<std::string_view> names) {
    for (const auto name : names) { columns.push_back({name, false}); }
  };
  if (profile == ImportProfile::transformation) { columns.insert(columns.begin(), {{"event", true}, {"role", true}}); }
  if (profile == ImportProfile::aggregation) {
    columns.insert(columns.end(), {{"container", true}, {"action", false}});
  }
  add({"gtin", "lot", "quantity", "unit"});
  switch (profile) {
    case ImportProfile::receiving: add({"from_party", "from_location", "to_party", "to_location"}); break;
    case ImportProfile::shipping: add({"to_party", "to_location", "from_party", "from_location"}); break;
    case ImportProfile::commissioning:
      add({"description", "country", "harvest_start", "harvest_end", "best_before", "expiry", "species", "catch_area"});
      break;
    case ImportProfile::transformation: add({"description", "country", "best_before", "expiry", "step"}); break;
    case ImportProfile::aggregation: break;
  }
  add({"document_type", "document", "document_issuer", "serial", "sscc", "epc"});
  if (profile != ImportProfile::transformation) { add({"event"}); }
  return columns;
}

ImportFile read_event_table(std::string_view content, ImportProfile profile, std::string_view offset) {
  ImportFile file;
  Faults faults;
  const auto table = client::parse_csv(content, {.faults = kImportFaultsMax});
  file.more_faults = table.more_faults;
  for (const auto& [place, message] : table.faults) { faults.add(place, "", message); }
  if (table.rows.size() < 2 && faults.empty()) {
    faults.add({}, "", "expected a row of headings and rows below it, found none; see the templates");
  }
  if (!faults.empty()) {
    faults.move_to(file);
    return file;
  }
  const Sheet sheet(table, profile, faults);
  if (!faults.empty()) {
    faults.move_to(file);
    return file;
  }
  production::DocumentNames names;
  std::map<std::string, std::size_t> known;
  Batches batches(file.batches);
  for (const auto& rows : group_rows(sheet, profile, faults)) {
    if (faults.are_enough()) { break; }
    const auto event = EventBuilder(sheet, profile, offset, faults, rows).build();
    if (!faults.empty()) { continue; }
    ImportEvent told;
    for (const auto row : rows) { told.lines.push_back(sheet.line(row)); }
    const auto place = sheet.first_cell(rows.front()).place;
    std::vector<Violation> violations;
    production::validate_event(event, "", production::Profile::strict, violations);
    for (const auto& violation : violations) {
      faults.add(place, violation.pointer, "expected " + violation.expected + ", found " + violation.found);
    }
    if (json::serialize(event).size() > kEventBytesMax || items_in(event) > kBatchItems) {
      faults.add(place, "event", "one event has at most " + std::to_string(kBatchItems) + " items; split it");
    }
    told.id = production::event_hash(event, names);
    const auto [earlier, is_new] = known.emplace(told.id, place.line);
    if (!is_new) {
      faults.add(place, "",
                 "says the same as line " + std::to_string(earlier->second) +
                     "; remove it, or, if it happened twice, tell the two apart by event_time");
    }
    const auto named = with_id(event, told.id);
    batches.add(named, std::move(told));
  }
  batches.close();
  if (!faults.empty()) { file.batches.clear(); }
  faults.move_to(file);
  return file;
}

ImportFile read_event_json(std::string_view content, production::Profile profile) {
  ImportFile file;
  const auto document = production::read_document(content, profile);
  if (!document) {
    const auto& error = document.error();
    for (const auto& violation : error.violations) {
      file.faults.push_back({client::place_of(content, violation.pointer), violation.pointer,
                             "expected " + violation.expected + ", found " + violation.found});
    }
    // A text that is no JSON has its place in the message.
    if (error.violations.empty()) { file.faults.push_back({{}, "", error.message}); }
    return file;
  }
  const auto parsed = json::parse(content);
  const auto hashed = production::hash_events(*parsed);
  if (!hashed) {
    file.faults.push_back({{}, "", hashed.error().message});
    return file;
  }
  ImportBatch batch;
  auto events = Value::array();
  bool is_changed = false;
  for (std::size_t i = 0; i < document->events.size(); ++i) {
    const auto& event = document->events[i];
    is_changed |= event.id.empty();
    batch.events.push_back({event.id.empty() ? (*hashed)[i].hash : event.id,
                            {client::place_of(content, production::event_pointer(document->kind, i)).line}});
    events.push(event.id.empty() ? with_id(event.value, batch.events.back().id) : event.value);
  }
  batch.document = std::string(content);
  if (is_changed && document->kind == production::DocumentKind::event) {
    batch.document = json::serialize(events.items().front());
  } else if (is_changed) {
    auto root = *parsed;
    auto body = *root.find("epcisBody");
    if (document->kind == production::DocumentKind::query_document) {
      auto results = *body.find("queryResults");
      auto inner = *results.find("resultsBody");
      inner.set("eventList", std::move(events));
      results.set("resultsBody", std::move(inner));
      body.set("queryResults", std::move(results));
    } else {
      body.set("eventList", std::move(events));
    }
    root.set("epcisBody", std::move(body));
    batch.document = json::serialize(root);
  }
  if (batch.document.size() > limits::kCaptureBytesMax) {
    file.faults.push_back({{}, "", "the document is too long with the ids that its events get; split it"});
    return file;
  }
  if (!batch.events.empty()) { file.batches.push_back(std::move(batch)); }
  return file;
}

}  // namespace keten::tools
