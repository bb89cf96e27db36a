#include "contracts/usage/ledger_records.h"

#include <algorithm>

#include "contracts/packages/module_store.h"
#include "contracts/usage/vocabulary.h"
#include "core/check.h"
#include "core/hash.h"

namespace keten::usage {

std::string dataset_key(std::string_view dataset) { return "dataset/" + std::string(dataset); }
std::string negotiation_key(std::string_view id) { return "negotiation/" + std::string(id); }
std::string open_negotiations_key(std::string_view provider, std::string_view consumer) {
  return "open/" + std::string(provider) + "/" + std::string(consumer);
}
std::string terms_key(std::string_view negotiation) { return "terms/" + std::string(negotiation); }
std::string profile_key(std::string_view iri) { return "profile/" + std::string(iri); }
std::string profile_version_key(std::string_view iri, std::uint32_t version) {
  constexpr std::size_t kDigits = 6;
  const auto digits = std::to_string(version);
  return "profile-version/" + std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits + "/" +
         std::string(iri);
}
std::string agreement_key(std::string_view id) { return "agreement/" + std::string(id); }
std::string payment_key(std::string_view agreement, std::string_view payment) {
  return "payment/" + std::string(agreement) + "/" + std::string(payment);
}
std::string transfer_key(std::string_view id) { return "transfer/" + std::string(id); }
std::string claims_of(std::string_view about, std::string_view issuer) {
  return "claim/" + std::string(about) + "/" + std::string(issuer) + "/";
}
std::string due_key(std::uint64_t time, std::string_view what) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string key = "due/";
  for (unsigned shift = 64; shift > 0;) {
    shift -= 4;
    key += kDigits[(time >> shift) & 15U];
  }
  return key + "/" + std::string(what);
}
std::string counters_key(std::string_view agreement) { return "counters/" + std::string(agreement); }
std::string duty_key(std::string_view agreement, std::size_t number) {
  auto digits = std::to_string(number);
  return "duty/" + std::string(agreement) + "/" + std::string(4 - std::min<std::size_t>(4, digits.size()), '0') +
         digits;
}
std::string use_key(std::string_view agreement, std::string_view use) {
  return "use/" + std::string(agreement) + "/" + std::string(use);
}

std::string line_key(std::string_view agreement, std::uint64_t number) {
  constexpr std::size_t kDigits = 12;
  const auto digits = std::to_string(number);
  return "line/" + std::string(agreement) + "/" + std::string(kDigits - std::min(kDigits, digits.size()), '0') + digits;
}

json::Value line_of(const json::Value& use_record) {
  static const Names kNames;
  auto line = json::Value::object();
  const auto copy = [&](const json::Value& from, const char* name) {
    if (const auto* member = from.find(name)) { line.set(name, *member); }
  };
  const auto& use = *use_record.find("use");
  copy(use, "id");
  copy(use, "action");
  if (const auto* statements = use.find("statements")) {
    for (const auto& [operand, value] : statements->members()) {
      if (odrl_word(kNames.term(operand)) == "purpose") { line.set("purpose", json::Value::string(value.text())); }
    }
  }
  for (const auto* name : {"number", "kind", "decision", "transaction", "height", "time"}) { copy(use_record, name); }
  // What was corrected is told of, and counts for nothing.
  if (use_record.find("correctedBy") != nullptr) {
    line.set("decision", json::Value::string(use_record.find("void") != nullptr ? "void" : "corrected"));
  }
  return line;
}

std::optional<json::Value> Records::get(const std::string& key) {
  const auto bytes = context_.get(as_bytes(key));
  if (!bytes) { return std::nullopt; }
  context_.charge(bytes->size() * kFuelPerRecordByte);
  auto record = json::parse(as_text(*bytes));
  CHECK(record.ok());  // only this contract writes here
  return std::move(*record);
}

std::shared_ptr<const json::Value> Records::read(const std::string& key) {
  const auto bytes = context_.get(as_bytes(key));
  if (!bytes) { return nullptr; }
  context_.charge(bytes->size() * kFuelPerRecordByte);
  auto* const store = context_.modules_if_any();
  const auto hash = store == nullptr ? Hash{} : Hasher("keten/usage-record/1").sized(*bytes).finish();
  if (store != nullptr) {
    if (auto kept = store->made(hash)) { return std::static_pointer_cast<const json::Value>(kept); }
  }
  auto record = json::parse(as_text(*bytes));
  CHECK(record.ok());
  const auto parsed = std::make_shared<const json::Value>(std::move(*record));
  constexpr std::size_t kMemoryPerByte = 16;  // of JSON that was read
  if (store != nullptr) { store->keep_made(hash, parsed, bytes->size() * kMemoryPerByte); }
  return parsed;
}

std::string Records::text(const std::string& key) {
  const auto bytes = context_.get(as_bytes(key));
  if (!bytes) { return {}; }
  context_.charge(bytes->size() * kFuelPerRecordByte);
  return std::string(as_text(*bytes));
}

void Records::set(const std::string& key, const json::Value& record) {
  context_.put(as_bytes(key), to_bytes(json::canonical(record)));
}

void Records::set(const std::string& key, const json::Value& record, const Entity& entity) {
  auto bytes = to_bytes(json::canonical(record));
  context_.about({.kind = entity.kind, .id = entity.id, .state_key = entity.is_state ? as_bytes(key) : ByteView{}},
                 next_event(), Fact{"usage.record", {as_bytes(key), bytes}});
  context_.put(as_bytes(key), std::move(bytes));
}

void Records::about(std::string_view kind, std::string_view id, const std::string& key, const json::Value& record) {
  const auto bytes = to_bytes(json::canonical(record));
  context_.about({.kind = kind, .id = id}, next_event(), Fact{"usage.record", {as_bytes(key), bytes}});
}

void Records::begin_agreement(std::string_view id, const json::Value& record, std::string_view document) {
  const auto bytes = to_bytes(json::canonical(record));
  context_.about({.kind = "agreement", .id = id}, next_event(), Fact{"usage.agreement", {bytes, as_bytes(document)}});
}

void Records::stamp(json::Value& record) const {
  record.set("transaction", json::Value::string(context_.transaction().id.hex()))
      .set("height", json::Value::number(static_cast<std::int64_t>(context_.block().height.value)))
      .set("time", json::Value::number(static_cast<std::int64_t>(context_.block().time)));
}

void Records::emit(const std::string& what, const std::string& subject) {
  std::string kind = "usage.";
  for (const char c : what) { kind += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
  context_.emit({.kind = std::move(kind), .subject = subject, .data = {}});
}

std::vector<std::pair<Bytes, json::Value>> Records::duties(std::string_view agreement) {
  std::vector<std::pair<Bytes, json::Value>> result;
  const auto first = "duty/" + std::string(agreement) + "/";
  const auto end = "duty/" + std::string(agreement) + "0";  // the character behind '/'
  context_.scan(as_bytes(first), as_bytes(end), [&](ByteView key, ByteView value) {
    auto record = json::parse(as_text(value));
    CHECK(record.ok());
    result.emplace_back(to_bytes(key), std::move(*record));
    return true;
  });
  return result;
}

}  // namespace keten::usage
