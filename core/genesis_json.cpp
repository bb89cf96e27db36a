#include "core/genesis_json.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "core/limits.h"

namespace keten {
namespace {

using json::Kind;
using json::Value;

Error wrong(const std::string& pointer, const std::string& expected, const std::string& found) {
  Error error =
      invalid("GENESIS_INVALID", (pointer.empty() ? "/" : pointer) + ": expected " + expected + ", found " + found);
  error.violations.push_back({pointer, expected, found});
  return error;
}

std::string kind_text(const Value* value) {
  if (value == nullptr) { return "nothing"; }
  switch (value->kind()) {
    case Kind::null: return "null";
    case Kind::boolean: return "a boolean";
    case Kind::number: return "a number";
    case Kind::string: return "a string";
    case Kind::array: return "an array";
    case Kind::object: return "an object";
  }
  return "something else";
}

/// An object with exactly these members: the first error is kept, reads after it yield defaults.
class Fields {
 public:
  Fields(const Value& value, std::string pointer, const std::vector<std::string_view>& names)
      : value_(value), pointer_(std::move(pointer)) {
    if (!value.is(Kind::object)) {
      fail(wrong(pointer_, "an object", kind_text(&value)));
      return;
    }
    for (const auto& [name, member] : value.members()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        fail(wrong(json::pointer_add(pointer_, name), "no such member", "'" + name.substr(0, 64) + "'"));
      }
    }
  }

  std::string text(std::string_view name) {
    const auto* member = find(name, Kind::string, "a string");
    return member == nullptr ? std::string() : member->text();
  }

  std::uint64_t number(std::string_view name) {
    const auto* member = find(name, Kind::number, "a whole number");
    if (member == nullptr) { return 0; }
    const auto integer = member->as_integer();
    if (!integer || *integer < 0) {
      fail(wrong(at(name), "a whole number, not negative", member->text()));
      return 0;
    }
    return static_cast<std::uint64_t>(*integer);
  }

  PublicKey key(std::string_view name) {
    auto key = parse_key_text(text(name));
    if (key) { return *key; }
    fail(wrong(at(name), "a key like ed25519:<64 hexadecimal digits>", key.error().message));
    return {};
  }

  Signature signature(std::string_view name) {
    auto signature = Signature::from_hex(text(name));
    if (signature) { return *signature; }
    fail(wrong(at(name), "128 hexadecimal digits", signature.error().message));
    return {};
  }

  const std::vector<Value>& list(std::string_view name) {
    static const std::vector<Value> kNone;
    const auto* member = find(name, Kind::array, "an array");
    return member == nullptr ? kNone : member->items();
  }

  const Value* object(std::string_view name) { return find(name, Kind::object, "an object"); }

  void fail(Error error) {
    if (!error_) { error_ = std::move(error); }
  }
  [[nodiscard]] std::string at(std::string_view name) const { return json::pointer_add(pointer_, name); }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const Value* find(std::string_view name, Kind kind, const std::string& expected) {
    if (error_) { return nullptr; }
    const auto* member = value_.find(name);
    if (member == nullptr || !member->is(kind)) {
      fail(wrong(at(name), expected, kind_text(member)));
      return nullptr;
    }
    return member;
  }

  const Value& value_;
  std::string pointer_;
  std::optional<Error> error_;
};

Value roles_to_json(Roles roles) {
  Value list = Value::array();
  for (auto& name : role_names(roles)) { list.push(Value::string(std::move(name))); }
  return list;
}

Roles roles_from(Fields& fields, std::string_view name) {
  std::uint8_t bits = 0;
  for (const auto& item : fields.list(name)) {
    auto role = parse_role(item.is(Kind::string) ? item.text() : std::string_view{});
    if (!role) {
      fields.fail(wrong(fields.at(name), "names of roles", role.error().message));
      return Roles{};
    }
    bits = static_cast<std::uint8_t>(bits | static_cast<std::uint8_t>(*role));
  }
  return Roles{bits};
}

Result<Parameters> parameters_from_json(const Value& value, const std::string& pointer) {
  std::vector<std::string_view> names;
  for (const auto& field : parameter_fields()) { names.push_back(field.name); }
  Fields fields(value, pointer, names);
  Parameters parameters;
  for (const auto& field : parameter_fields()) { parameters.*field.value = fields.number(field.name); }
  if (fields.error()) { return *fields.error(); }
  return parameters;
}

Value parameters_to_json(const Parameters& parameters) {
  Value object = Value::object();
  for (const auto& field : parameter_fields()) {
    object.set(std::string(field.name), Value::number(static_cast<std::int64_t>(parameters.*field.value)));
  }
  return object;
}

}  // namespace

Value organisation_to_json(const GenesisOrganisation& organisation) {
  Value keys = Value::array();
  for (const auto& key : organisation.keys) {
    keys.push(Value::object()
                  .set("name", Value::string(key.name))
                  .set("key", Value::string(key_text(key.key)))
                  .set("roles", roles_to_json(key.roles))
                  .set("possession", Value::string(key.possession.hex())));
  }
  Value validators = Value::array();
  for (const auto& validator : organisation.validators) {
    validators.push(Value::object()
                        .set("node", Value::string(validator.node))
                        .set("key", Value::string(key_text(validator.key)))
                        .set("possession", Value::string(validator.possession.hex()))
                        .set("tls_certificate", Value::string(validator.tls_certificate))
                        .set("peer_address", Value::string(validator.peer_address)));
  }
  return Value::object()
      .set("name", Value::string(organisation.name))
      .set("keys", std::move(keys))
      .set("validators", std::move(validators));
}

Result<GenesisOrganisation> organisation_from_json(const Value& value, const std::string& pointer) {
  Fields fields(value, pointer, {"name", "keys", "validators"});
  GenesisOrganisation organisation;
  organisation.name = fields.text("name");
  std::size_t index = 0;
  for (const auto& item : fields.list("keys")) {
    Fields key(item, json::pointer_add(fields.at("keys"), std::to_string(index++)),
               {"name", "key", "roles", "possession"});
    organisation.keys.push_back(
        {key.text("name"), key.key("key"), roles_from(key, "roles"), key.signature("possession")});
    if (key.error()) { return *key.error(); }
  }
  index = 0;
  for (const auto& item : fields.list("validators")) {
    Fields validator(item, json::pointer_add(fields.at("validators"), std::to_string(index++)),
                     {"node", "key", "possession", "tls_certificate", "peer_address"});
    organisation.validators.push_back({validator.text("node"), validator.key("key"), validator.signature("possession"),
                                       validator.text("tls_certificate"), validator.text("peer_address")});
    if (validator.error()) { return *validator.error(); }
  }
  if (fields.error()) { return *fields.error(); }
  return organisation;
}

std::string Genesis::to_json() const {
  Value members = Value::array();
  for (const auto& organisation : organisations) { members.push(organisation_to_json(organisation)); }
  Value signed_by = Value::array();
  for (const auto& signature : signatures) {
    signed_by.push(Value::object()
                       .set("organisation", Value::string(signature.organisation))
                       .set("key", Value::string(key_text(signature.key)))
                       .set("signature", Value::string(signature.signature.hex())));
  }
  return json::pretty(Value::object()
                          .set("keten_genesis", Value::number(1))
                          .set("chain", Value::string(chain_name))
                          .set("time_ms", Value::number(static_cast<std::int64_t>(time)))
                          .set("parameters", parameters_to_json(parameters))
                          .set("organisations", std::move(members))
                          .set("signatures", std::move(signed_by))) +
         "\n";
}

Result<Genesis> Genesis::from_json(std::string_view text) {
  json::ParseLimits limits;
  limits.bytes = 8 * 1024 * 1024;
  auto document = json::parse(text, limits);
  if (!document) { return document.error(); }
  Fields fields(*document, "", {"keten_genesis", "chain", "time_ms", "parameters", "organisations", "signatures"});
  Genesis genesis;
  const auto version = fields.number("keten_genesis");
  if (version != 1) { fields.fail(wrong("/keten_genesis", "1", std::to_string(version))); }
  genesis.chain_name = fields.text("chain");
  genesis.time = fields.number("time_ms");
  if (const auto* parameters = fields.object("parameters"); parameters != nullptr) {
    auto decoded = parameters_from_json(*parameters, "/parameters");
    if (!decoded) { return decoded.error(); }
    genesis.parameters = *decoded;
  }
  std::size_t index = 0;
  for (const auto& item : fields.list("organisations")) {
    auto organisation = organisation_from_json(item, "/organisations/" + std::to_string(index++));
    if (!organisation) { return organisation.error(); }
    genesis.organisations.push_back(std::move(*organisation));
  }
  index = 0;
  for (const auto& item : fields.list("signatures")) {
    Fields signature(item, "/signatures/" + std::to_string(index++), {"organisation", "key", "signature"});
    genesis.signatures.push_back(
        {signature.text("organisation"), signature.key("key"), signature.signature("signature")});
    if (signature.error()) { return *signature.error(); }
  }
  if (fields.error()) { return *fields.error(); }
  return genesis;
}

std::string member_card_json(const GenesisOrganisation& organisation) {
  return json::pretty(Value::object()
                          .set("keten_member", Value::number(1))
                          .set("organisation", organisation_to_json(organisation))) +
         "\n";
}

Result<GenesisOrganisation> parse_member_card(std::string_view text) {
  auto document = json::parse(text);
  if (!document) { return document.error(); }
  Fields fields(*document, "", {"keten_member", "organisation"});
  const auto version = fields.number("keten_member");
  if (version != 1) { fields.fail(wrong("/keten_member", "1", std::to_string(version))); }
  const auto* organisation = fields.object("organisation");
  if (fields.error()) { return *fields.error(); }
  return organisation_from_json(*organisation, "/organisation");
}

}  // namespace keten
