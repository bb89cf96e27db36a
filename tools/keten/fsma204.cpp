#include "tools/keten/fsma204.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "client/csv.h"
#include "contracts/production/entity.h"
#include "contracts/production/time.h"
#include "contracts/production/vocabulary.h"

namespace keten::tools {
namespace {

using json::Kind;
using json::Value;

/// The columns in their order.
enum Column : std::size_t {
  kEvent,
  kDate,
  kTime,
  kLotCode,
  kProduct,
  kLot,
  kDescription,
  kQuantity,
  kUnit,
  kLocation,
  kLotSource,
  kPreviousSource,
  kPreviousParty,
  kNextRecipient,
  kNextParty,
  kDocumentTypes,
  kDocuments,
  kInputs,
  kInputQuantities,
  kHarvestStart,
  kHarvestEnd,
  kCatchAreas,
  kSpecies,
  kVessel,
  kLogisticUnit,
  kInferred,
  kRecordedBy,
  kEventId,
  kRecordTime,
  kRecordedHeight,
  kLedgerHeight,
  kChainId,
  kColumns
};

std::string text_of(const Value* object, std::string_view name) {
  return object == nullptr ? std::string() : std::string(object->find_string(name).value_or(""));
}
const std::vector<Value>& list_of(const Value* object, std::string_view name) {
  static const std::vector<Value> kNone;
  const auto* member = object == nullptr ? nullptr : object->find(name);
  return member != nullptr && member->is(Kind::array) ? member->items() : kNone;
}
std::string number_of(const Value& object, std::string_view name) {
  const auto* member = object.find(name);
  return member != nullptr && (member->is(Kind::number) || member->is(Kind::string)) ? member->text() : std::string();
}
void append(std::string& list, std::string_view one) {
  if (!one.empty()) { list += (list.empty() ? "" : " ") + std::string(one); }
}

/// A product, lot or thing in an event, with its amount.
struct Item {
  std::string key;
  std::string amount;
  std::string unit;
  std::string container;  ///< not named by the event: it was in there
};

void add_items(const Value& event, std::string_view singles, std::string_view classes, std::vector<Item>& items) {
  for (const auto& epc : list_of(&event, singles)) {
    if (epc.is(Kind::string)) { items.push_back({production::entity_key(epc.text()), {}, {}, {}}); }
  }
  for (const auto& quantity : list_of(&event, classes)) {
    items.push_back({production::entity_key(text_of(&quantity, "epcClass")),
                     number_of(quantity, "quantity"),
                     text_of(&quantity, "uom"),
                     {}});
  }
}

/// `.../01/GTIN` and the lot of a lot's Digital Link; nothing of anything else.
struct LotParts {
  std::string product;
  std::string lot;
};
LotParts lot_parts(std::string_view key) {
  const auto at = key.find("/10/");
  if (!key.starts_with("https://id.gs1.org/01/") || at == std::string_view::npos) { return {}; }
  std::string lot;
  const auto encoded = key.substr(at + 4);
  const auto value = [](char each) { return each <= '9' ? each - '0' : each - 'A' + 10; };
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    // entity_key() writes capital digits.
    if (encoded[i] == '%' && i + 2 < encoded.size()) {
      lot += static_cast<char>(value(encoded[i + 1]) * 16 + value(encoded[i + 2]));
      i += 2;
    } else {
      lot += encoded[i];
    }
  }
  return {std::string(key.substr(0, at)), std::move(lot)};
}

std::string step_of(const Value& event) {
  return production::bare_word(production::Vocabulary::biz_step, text_of(&event, "bizStep"));
}

std::string place_of_event(const Value& event) {
  for (const auto* name : {"readPoint", "bizLocation"}) {
    const auto id = text_of(event.find(name), "id");
    if (!id.empty()) { return production::entity_key(id); }
  }
  return {};
}

std::string party_of(const Value& event, std::string_view list, std::string_view member,
                     std::initializer_list<std::string_view> types) {
  for (const auto type : types) {
    for (const auto& party : list_of(&event, list)) {
      if (production::bare_word(production::Vocabulary::party_type, text_of(&party, "type")) == type) {
        return production::entity_key(text_of(&party, member));
      }
    }
  }
  return {};
}

/// A member of ilmd by its last name, whichever prefix its document uses.
const Value* master_datum(const Value& event, std::string_view name) {
  const auto* data = event.find("ilmd");
  if (data == nullptr || !data->is(Kind::object)) { return nullptr; }
  for (const auto& [member, value] : data->members()) {
    const auto colon = member.rfind(':');
    if (member.substr(colon == std::string::npos ? 0 : colon + 1) == name) { return &value; }
  }
  return nullptr;
}
std::string datum_text(const Value& event, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    const auto* value = master_datum(event, name);
    if (value == nullptr) { continue; }
    if (value->is(Kind::string) || value->is(Kind::number)) { return value->text(); }
    if (!value->is(Kind::array)) { continue; }
    std::string list;
    for (const auto& one : value->items()) {
      if (one.is(Kind::string) || one.is(Kind::number)) { append(list, one.text()); }
    }
    return list;
  }
  return {};
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

/// GS1 US, EPCIS Recommendations for FSMA 204 Critical Tracking Events, release 2.0; empty when it is none of the seven.
std::string_view tracking_event(const Value& event) {
  const auto type = text_of(&event, "type");
  const auto step = step_of(event);
  if (type == "TransformationEvent") { return step == "packing" ? "initial packing" : "transformation"; }
  const auto action = text_of(&event, "action");
  if (type == "ObjectEvent" && action == "ADD") {
    const bool is_catch = !datum_text(event, {"catchZone", "catchArea", "fishType", "vesselID", "vesselName"}).empty();
    return is_catch ? "first land-based receiving" : "harvesting";
  }
  if (action != "OBSERVE" || (type != "ObjectEvent" && type != "AggregationEvent")) { return {}; }
  if (is_one_of(step, {"shipping", "departing", "consigning"})) { return "shipping"; }
  if (is_one_of(step, {"receiving", "arriving", "accepting"})) { return "receiving"; }
  // The way from a harvest or a cooling to the next: it names the recipient.
  if (step == "transporting" && event.find("destinationList") != nullptr) { return "shipping"; }
  if (step == "other" && event.find("sensorElementList") != nullptr) { return "cooling"; }
  return {};
}

/// What the event that made a lot says about it.
struct Origin {
  std::string place;
  std::string description;
};

class Rows {
 public:
  explicit Rows(const Value& extract) : extract_(extract) {}

  Result<std::vector<std::vector<std::string>>> build() {
    const auto* events = extract_.find("events");
    if (events == nullptr || !events->is(Kind::array) || extract_.find("height") == nullptr) {
      return failure(ErrorKind::corrupt, "EXTRACT_MALFORMED", "the node's answer is no extract");
    }
    for (const auto& item : list_of(&extract_, "items")) { wanted_.insert(item.text()); }
    for (const auto& entry : events->items()) {
      const auto* event = entry.find("event");
      if (event == nullptr || !event->is(Kind::object)) {
        return failure(ErrorKind::corrupt, "EXTRACT_MALFORMED", "the node's answer has an entry without event");
      }
      learn_origins(*event);
    }
    for (const auto& entry : events->items()) { add(entry, *entry.find("event")); }
    // By moment, then event, then lot.
    std::ranges::sort(rows_, {}, [](const Row& row) {
      return std::tuple(row.first, std::string_view(row.second[kEventId]), std::string_view(row.second[kLotCode]),
                        std::string_view(row.second[kUnit]));
    });
    std::vector<std::vector<std::string>> cells;
    cells.reserve(rows_.size());
    for (auto& row : rows_) { cells.push_back(std::move(row.second)); }
    return cells;
  }

 private:
  using Row = std::pair<production::EventTime, std::vector<std::string>>;

  void learn_origins(const Value& event) {
    std::vector<Item> made;
    const auto type = text_of(&event, "type");
    if (type == "ObjectEvent" && text_of(&event, "action") == "ADD") {
      add_items(event, "epcList", "quantityList", made);
    } else if (type == "TransformationEvent") {
      add_items(event, "outputEPCList", "outputQuantityList", made);
    }
    for (const auto& item : made) {
      origins_.try_emplace(item.key,
                           Origin{place_of_event(event), datum_text(event, {"descriptionShort", "productName"})});
    }
  }

  [[nodiscard]] bool is_wanted(const Item& item) const { return wanted_.empty() || wanted_.contains(item.key); }

  void add(const Value& entry, const Value& event) {
    const auto kind = tracking_event(event);
    if (kind.empty()) { return; }
    std::vector<Item> items;
    const auto type = text_of(&event, "type");
    if (type == "TransformationEvent") {
      add_items(event, "outputEPCList", "outputQuantityList", items);
    } else if (type == "AggregationEvent") {
      add_items(event, "childEPCs", "childQuantityList", items);
    } else {
      add_items(event, "epcList", "quantityList", items);
    }
    std::set<std::string> opened;
    std::vector<Item> inside;
    for (const auto& content : list_of(&entry, "contents")) {
      opened.insert(text_of(&content, "container"));
      inside.push_back({text_of(&content, "epc"), text_of(&content, "amount"), text_of(&content, "unit"),
                        text_of(&content, "container")});
    }
    if (type == "AggregationEvent" && items.empty() && inside.empty()) {
      items.push_back({production::entity_key(text_of(&event, "parentID")), {}, {}, {}});
    }
    items.insert(items.end(), inside.begin(), inside.end());
    const auto common = about(entry, event, kind);
    for (const auto& item : items) {
      // Of a container whose contents are known its contents are the lots.
      if (opened.contains(item.key) || !is_wanted(item)) { continue; }
      rows_.emplace_back(production::parse_time(text_of(&event, "eventTime")).value_or(0), with_item(common, item));
    }
  }

  std::vector<std::string> about(const Value& entry, const Value& event, std::string_view kind) const {
    std::vector<std::string> row(kColumns);
    const auto time = text_of(&event, "eventTime");
    row[kEvent] = kind;
    row[kDate] = time.substr(0, 10);
    row[kTime] = time;
    row[kLocation] = place_of_event(event);
    row[kPreviousSource] = party_of(event, "sourceList", "source", {"location"});
    row[kPreviousParty] = party_of(event, "sourceList", "source", {"possessing_party", "owning_party"});
    row[kNextRecipient] = party_of(event, "destinationList", "destination", {"location"});
    row[kNextParty] = party_of(event, "destinationList", "destination", {"possessing_party", "owning_party"});
    if (kind == "shipping" && row[kPreviousSource].empty()) { row[kPreviousSource] = row[kLocation]; }
    for (const auto& document : list_of(&event, "bizTransactionList")) {
      append(row[kDocumentTypes],
             production::bare_word(production::Vocabulary::biz_transaction_type, text_of(&document, "type")));
      append(row[kDocuments], text_of(&document, "bizTransaction"));
    }
    std::vector<Item> inputs;
    add_items(event, "inputEPCList", "inputQuantityList", inputs);
    for (const auto& input : inputs) {
      append(row[kInputs], input.key);
      append(row[kInputQuantities], input.amount.empty() ? "-" : input.amount + input.unit);
    }
    row[kHarvestStart] = datum_text(event, {"harvestDateStart", "harvestStartDate"});
    row[kHarvestEnd] = datum_text(event, {"harvestDateEnd", "harvestEndDate"});
    row[kCatchAreas] = datum_text(event, {"catchZone", "catchArea"});
    row[kSpecies] = datum_text(event, {"fishType", "speciesForFisheryStatisticsPurposesName"});
    row[kVessel] = datum_text(event, {"vesselID", "vesselName"});
    row[kRecordedBy] = text_of(&entry, "organisation");
    row[kEventId] = text_of(&event, "eventID");
    row[kRecordTime] = text_of(&event, "recordTime");
    row[kRecordedHeight] = number_of(entry, "height");
    row[kLedgerHeight] = number_of(extract_, "height");
    row[kChainId] = text_of(&extract_, "chainId");
    return row;
  }

  std::vector<std::string> with_item(std::vector<std::string> row, const Item& item) const {
    const bool is_unit = item.key.starts_with("https://id.gs1.org/00/");
    if (is_unit) {
      row[kLogisticUnit] = item.key;  // nobody recorded what is in it
    } else {
      row[kLotCode] = item.key;
      row[kLogisticUnit] = item.container;
    }
    const auto parts = lot_parts(item.key);
    row[kProduct] = parts.product;
    row[kLot] = parts.lot;
    row[kQuantity] = item.amount;
    row[kUnit] = item.unit;
    row[kInferred] = item.container.empty() ? "no" : "yes";
    if (const auto origin = origins_.find(item.key); origin != origins_.end()) {
      row[kDescription] = origin->second.description;
      row[kLotSource] = origin->second.place;
    }
    return row;
  }

  const Value& extract_;
  std::set<std::string> wanted_;
  std::map<std::string, Origin> origins_;
  std::vector<Row> rows_;
};

}  // namespace

const std::vector<std::string>& fsma_columns() {
  static const std::vector<std::string> kNames{"critical_tracking_event",
                                               "event_date",
                                               "event_time",
                                               "traceability_lot_code",
                                               "product",
                                               "lot",
                                               "product_description",
                                               "quantity",
                                               "unit",
                                               "location",
                                               "traceability_lot_code_source",
                                               "previous_source",
                                               "previous_source_party",
                                               "subsequent_recipient",
                                               "subsequent_recipient_party",
                                               "reference_document_types",
                                               "reference_documents",
                                               "input_traceability_lot_codes",
                                               "input_quantities",
                                               "harvest_start",
                                               "harvest_end",
                                               "catch_areas",
                                               "species",
                                               "vessel",
                                               "logistic_unit",
                                               "inferred_from_logistic_unit",
                                               "recorded_by",
                                               "event_id",
                                               "record_time",
                                               "recorded_height",
                                               "ledger_height",
                                               "chain_id"};
  return kNames;
}

Result<std::vector<std::vector<std::string>>> fsma_rows(const Value& extract) { return Rows(extract).build(); }

std::string fsma_table(const std::vector<std::vector<std::string>>& rows) {
  auto table = client::csv_line(fsma_columns());
  for (const auto& row : rows) { table += client::csv_line(row, ',', client::FormulaSafety::on); }
  return table;
}

}  // namespace keten::tools
