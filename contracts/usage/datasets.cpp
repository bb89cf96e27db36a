#include "contracts/production/entity.h"
#include "contracts/usage/methods.h"

namespace keten::usage {
namespace {

using Json = json::Value;

void keep(const Call& call, Json& record, const std::string& dataset, std::string_view event) {
  call.records.stamp(record);
  call.records.set(dataset_key(dataset), record, {.kind = "dataset", .id = dataset, .is_state = true});
  call.records.emit(std::string(event), dataset);
}

}  // namespace

Status check_own_name(std::string_view beginning, const std::string& name, const std::string& organisation) {
  const std::string begins(beginning);
  // What an item, lot or place is called names nothing else: a proof about one would pass for one about the other.
  if (name.starts_with("urn:epc:") || production::digital_link(name)) {
    return invalid("NAME_OF_AN_ITEM",
                   name + " is the GS1 key of an item, lot, product or place; expected an IRI of its own, as " +
                       begins + organisation + ":NAME");
  }
  if (!name.starts_with(begins) || name.starts_with(begins + organisation + ":")) { return kDone; }
  return forbidden("NAME_RESERVED", "names that begin with " + begins + "NAME: are those of NAME; " + organisation +
                                        " may use " + begins + organisation + ":");
}

Result<Json> own_dataset(const Call& call, const std::string& dataset) {
  auto record = call.records.get(dataset_key(dataset));
  if (!record) { return not_found("UNKNOWN_DATASET", "no dataset " + dataset + " is registered"); }
  const auto owner = record->find_string("owner").value_or("");
  if (owner == call.organisation()) { return std::move(*record); }
  return forbidden("NOT_THE_OWNER", dataset + " belongs to " + std::string(owner) + ", not to " + call.organisation());
}

Result<Bytes> register_dataset(const Call& call) {
  const auto& arguments = call.arguments;
  const auto& organisation = call.organisation();
  std::int64_t version = 1;
  auto record = Json::object();
  if (call.records.get(dataset_key(arguments.dataset))) {
    auto before = own_dataset(call, arguments.dataset);
    if (!before) { return before.error(); }
    version += before->find("version")->as_integer().value_or(0);
    record = std::move(*before);
  } else if (auto name = check_own_name(kDatasetNames, arguments.dataset, organisation); !name) {
    return name.error();
  }
  auto classification = Json::array();
  for (const auto& one : arguments.classification) { classification.push(text(one)); }
  record.set("dataset", text(arguments.dataset))
      .set("owner", text(organisation))
      .set("custodian", text(arguments.other.empty() ? organisation : arguments.other))
      .set("commitment", text(arguments.commitment))
      .set("classification", std::move(classification))
      .set("version", Json::number(version));
  keep(call, record, arguments.dataset, "registered");
  return to_bytes(json::canonical(Json::object().set("version", Json::number(version))));
}

/// An offer to oneself takes an earlier one back.
Result<Bytes> transfer(const Call& call) {
  auto record = own_dataset(call, call.arguments.dataset);
  if (!record) { return record.error(); }
  const bool takes_back = call.arguments.other == call.organisation();
  if (takes_back) {
    record->remove("offeredTo");
  } else {
    record->set("offeredTo", text(call.arguments.other));
  }
  keep(call, *record, call.arguments.dataset, takes_back ? "transfer_withdrawn" : "transfer_offered");
  return Bytes{};
}

/// Ownership passes when the new owner says so too: a slip in a name loses nothing.
Result<Bytes> take(const Call& call) {
  const auto& dataset = call.arguments.dataset;
  auto record = call.records.get(dataset_key(dataset));
  if (!record) { return not_found("UNKNOWN_DATASET", "no dataset " + dataset + " is registered"); }
  if (record->find_string("offeredTo").value_or("") != call.organisation()) {
    return forbidden("NOT_OFFERED",
                     dataset + " was not offered to " + call.organisation() + "; its owner transfers it first");
  }
  record->set("owner", text(call.organisation())).remove("offeredTo");
  keep(call, *record, dataset, "transferred");
  return Bytes{};
}

}  // namespace keten::usage
