#include "core/proof/trust_root.h"

#include <set>

#include "core/block.h"
#include "core/json.h"
#include "core/limits.h"
#include "core/names.h"

namespace keten::proof {
namespace {

using json::Kind;
using json::Value;

Error wrong(const std::string& pointer, const std::string& expected) {
  return invalid("CHECKPOINT_INVALID", (pointer.empty() ? "/" : pointer) + ": expected " + expected);
}

bool has_exactly(const Value& value, const std::set<std::string_view>& names) {
  if (!value.is(Kind::object) || value.members().size() != names.size()) { return false; }
  for (const auto& [name, member] : value.members()) {
    if (!names.contains(name)) { return false; }
  }
  return true;
}

std::optional<std::uint64_t> number(const Value& object, std::string_view name) {
  const auto* member = object.find(name);
  if (member == nullptr) { return std::nullopt; }
  const auto integer = member->as_integer();
  if (!integer || *integer < 0) { return std::nullopt; }
  return static_cast<std::uint64_t>(*integer);
}

std::string_view text(const Value& object, std::string_view name) { return object.find_string(name).value_or(""); }

Result<Validator> validator(const Value& value, const std::string& pointer) {
  if (!has_exactly(value, {"organisation", "node", "key", "weight"})) {
    return wrong(pointer, "an object with organisation, node, key and weight");
  }
  Validator result;
  result.organisation = text(value, "organisation");
  result.node = text(value, "node");
  if (!is_name(result.organisation) || !is_name(result.node)) { return wrong(pointer, "names"); }
  const auto key = parse_key_text(text(value, "key"));
  if (!key || !is_valid_public_key(*key)) {
    return wrong(pointer + "/key", "a valid key, ed25519:<64 hexadecimal digits>");
  }
  result.key = *key;
  const auto weight = number(value, "weight");
  if (!weight || *weight < 1 || *weight > 0x7FFF'FFFF) { return wrong(pointer + "/weight", "a whole number from 1"); }
  result.weight = static_cast<std::uint32_t>(*weight);
  return result;
}

}  // namespace

TrustRoot trust_root(const Genesis& genesis) {
  return {genesis.chain_id(), Epoch{0}, genesis.validators(), Height{0}, genesis_header(genesis).id(), true};
}

std::string checkpoint_json(const TrustRoot& root) {
  Value members = Value::array();
  for (const auto& one : root.validators.members()) {
    Value member = Value::object();
    member.set("organisation", Value::string(one.organisation))
        .set("node", Value::string(one.node))
        .set("key", Value::string(key_text(one.key)))
        .set("weight", Value::number(static_cast<std::int64_t>(one.weight)));
    members.push(std::move(member));
  }
  Value since = Value::object();
  since.set("height", Value::number(static_cast<std::int64_t>(root.since.value)))
      .set("block", Value::string(root.block.hex()));
  Value result = Value::object();
  result.set("keten_checkpoint", Value::number(1))
      .set("chain_id", Value::string(root.chain_id.hex()))
      .set("epoch", Value::number(static_cast<std::int64_t>(root.epoch.value)))
      .set("since", std::move(since))
      .set("validators", std::move(members));
  return json::pretty(result);
}

Result<TrustRoot> parse_checkpoint(std::string_view source) {
  const auto parsed = json::parse(source);
  if (!parsed) { return invalid("CHECKPOINT_INVALID", parsed.error().message); }
  const auto& value = *parsed;
  if (!has_exactly(value, {"keten_checkpoint", "chain_id", "epoch", "since", "validators"}) ||
      number(value, "keten_checkpoint") != 1) {
    return wrong("", "exactly keten_checkpoint (1), chain_id, epoch, since and validators");
  }
  TrustRoot root;
  const auto chain = ChainId::from_hex(text(value, "chain_id"));
  if (!chain) { return wrong("/chain_id", "64 hexadecimal digits"); }
  root.chain_id = *chain;
  const auto epoch = number(value, "epoch");
  if (!epoch) { return wrong("/epoch", "a whole number"); }
  root.epoch = Epoch{*epoch};
  const auto& since = *value.find("since");
  const auto height = number(since, "height");
  const auto block = BlockId::from_hex(text(since, "block"));
  if (!has_exactly(since, {"height", "block"}) || !height || !block) {
    return wrong("/since", "height and block, the id of the block that began the epoch");
  }
  root.since = Height{*height};
  root.block = *block;
  const auto& list = *value.find("validators");
  if (!list.is(Kind::array) || list.items().empty() || list.items().size() > limits::kValidatorsMax) {
    return wrong("/validators", "1 to 100 validators");
  }
  std::vector<Validator> members;
  std::set<PublicKey> keys;
  std::uint64_t total = 0;
  for (const auto& item : list.items()) {
    const auto pointer = "/validators/" + std::to_string(members.size());
    auto member = validator(item, pointer);
    if (!member) { return member.error(); }
    if (!keys.insert(member->key).second) { return wrong(pointer + "/key", "a key that is not listed twice"); }
    total += member->weight;
    members.push_back(std::move(*member));
  }
  if (total > 0x8000'0000ULL) { return wrong("/validators", "weights of at most 2^31 together"); }
  root.validators = ValidatorSet(std::move(members));
  return root;
}

}  // namespace keten::proof
