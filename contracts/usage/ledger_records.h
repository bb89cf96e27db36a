#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "contracts/contract.h"
#include "core/json.h"

namespace keten::usage {

// Keys behind `usage/`: docs/formats/usage.md.
std::string dataset_key(std::string_view dataset);
std::string negotiation_key(std::string_view id);
/// How many negotiations of these two are open.
std::string open_negotiations_key(std::string_view provider, std::string_view consumer);
/// The document on the table of a negotiation, canonical.
std::string terms_key(std::string_view negotiation);
/// The newest version of a profile, and the terms of one version, canonical.
std::string profile_key(std::string_view iri);
std::string profile_version_key(std::string_view iri, std::uint32_t version);
std::string agreement_key(std::string_view id);
std::string payment_key(std::string_view agreement, std::string_view payment);
std::string transfer_key(std::string_view id);
/// Claims of an issuer about an organisation begin with this; operands follow.
std::string claims_of(std::string_view about, std::string_view issuer);
/// What has to be done until a time, in its order: `what` is the key of a duty or a use.
std::string due_key(std::uint64_t time, std::string_view what);
std::string counters_key(std::string_view agreement);
std::string duty_key(std::string_view agreement, std::size_t number);
std::string use_key(std::string_view agreement, std::string_view use);
/// Numbers count from 1 in the order of recording, so lines of a period lie beside each other.
std::string line_key(std::string_view agreement, std::uint64_t number);

/// What statements need of a use's record: id, number, kind, action, purpose, decision, and where it was recorded.
json::Value line_of(const json::Value& use_record);

// Part of the protocol, beside contracts/fuel.h.
inline constexpr std::uint64_t kFuelPerArgumentByte = 50;
inline constexpr std::uint64_t kFuelPerTermsByte = 50;  ///< reading terms
inline constexpr std::uint64_t kFuelPerJudgedPart =
    300;  ///< judging one use: of weight_of its rules, and more for collections
inline constexpr std::uint64_t kFuelPerRecordByte = 20;  ///< of a record that is read

/// What the contract keeps: JSON in canonical form under text keys. Borrows the context.
class Records {
 public:
  explicit Records(contracts::Context& context) : context_(context) {}

  [[nodiscard]] std::optional<json::Value> get(const std::string& key);
  /// The same for what seldom changes: the record is parsed once as long as it is kept, and paid for each time. Null for none.
  [[nodiscard]] std::shared_ptr<const json::Value> read(const std::string& key);
  void set(const std::string& key, const json::Value& record);

  struct Entity {
    std::string_view kind;
    std::string_view id;
    bool is_state = false;  ///< the record is what the entity's head says about it
  };
  /// Also in the history of the entity.
  void set(const std::string& key, const json::Value& record, const Entity& entity);
  /// In the history of another entity.
  void about(std::string_view kind, std::string_view id, const std::string& key, const json::Value& record);
  /// The first fact of an agreement's history, `usage.agreement`: its record and its document, so that the history needs no other source.
  void begin_agreement(std::string_view id, const json::Value& record, std::string_view document);
  /// Numbers what is recorded about entities; 0 is the contract `agreements`' own.
  std::uint64_t next_event() { return ++events_; }
  void put(const std::string& key, std::string_view bytes) { context_.put(as_bytes(key), to_bytes(bytes)); }
  [[nodiscard]] std::string text(const std::string& key);
  void erase(const std::string& key) { context_.erase(as_bytes(key)); }
  /// Transaction, height and time of the last change.
  void stamp(json::Value& record) const;
  /// `usage.<what>`.
  void emit(const std::string& what, const std::string& subject);

  /// Keys and records of an agreement's duties, in order.
  [[nodiscard]] std::vector<std::pair<Bytes, json::Value>> duties(std::string_view agreement);

 private:
  contracts::Context& context_;
  std::uint64_t events_ = 0;
};

}  // namespace keten::usage
