#include "core/proof/light_client.h"

#include <utility>

#include "core/bytes.h"
#include "core/encoding.h"
#include "core/json.h"
#include "core/proof/contradiction.h"
#include "core/proof/verify.h"

namespace keten::proof {
namespace {

using json::Kind;
using json::Value;

Error wrong(const std::string& expected) {
  return invalid("LIGHT_CLIENT_INVALID", "what was kept about a chain is damaged: expected " + expected);
}

template <typename Encoded>
Value hex(const Encoded& value) {
  Writer writer;
  value.encode(writer);
  return Value::string(to_hex(writer.bytes()));
}

template <typename Encoded>
std::optional<Encoded> from(const Value& object, std::string_view name) {
  const auto text = object.find_string(name);
  if (!text) { return std::nullopt; }
  const auto bytes = from_hex(*text);
  if (!bytes) { return std::nullopt; }
  Reader reader(*bytes);
  auto value = Encoded::decode(reader);
  if (!reader.ok() || reader.remaining() != 0) { return std::nullopt; }
  return value;
}

}  // namespace

std::string LightClient::to_json() const {
  auto result = Value::object();
  result.set("keten_light_client", Value::number(1));
  // What checkpoint_json() writes is JSON.
  result.set("checkpoint", *json::parse(checkpoint_json(root_)));
  if (newest_) {
    auto block = Value::object();
    block.set("header", hex(newest_->header)).set("finalization", hex(newest_->finalization));
    result.set("newest", std::move(block));
  }
  return json::pretty(result) + "\n";
}

Result<LightClient> LightClient::from_json(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) { return wrong("JSON; " + value.error().message); }
  const auto* version = value->is(Kind::object) ? value->find("keten_light_client") : nullptr;
  const auto* checkpoint = value->is(Kind::object) ? value->find("checkpoint") : nullptr;
  const auto* newest = value->is(Kind::object) ? value->find("newest") : nullptr;
  if (version == nullptr || version->as_integer() != 1 || checkpoint == nullptr ||
      value->members().size() != (newest == nullptr ? 2U : 3U)) {
    return wrong("exactly keten_light_client (1), checkpoint, and perhaps newest");
  }
  auto root = parse_checkpoint(json::serialize(*checkpoint));
  if (!root) { return wrong("a checkpoint; " + root.error().message); }
  LightClient client(std::move(*root));
  if (newest == nullptr) { return client; }
  const bool is_object = newest->is(Kind::object) && newest->members().size() == 2;
  auto header = is_object ? from<BlockHeader>(*newest, "header") : std::nullopt;
  auto finalization = is_object ? from<Certificate>(*newest, "finalization") : std::nullopt;
  if (!header || !finalization) { return wrong("newest with header and finalization in hexadecimal"); }
  FinalBlock block{std::move(*header), std::move(*finalization)};
  if (block.header.epoch != client.root_.epoch || block.header.height <= client.root_.since) {
    return wrong("a newest block of the epoch of the checkpoint");
  }
  if (auto checked = check_final(block, client.root_.chain_id, client.root_.validators); !checked) {
    return wrong("a newest block that is final; " + checked.error().message);
  }
  client.newest_ = std::move(block);
  return client;
}

std::optional<std::string> LightClient::contradicts(const Proof& proof) const {
  if (!newest_) { return std::nullopt; }
  if (auto what = contradiction(newest_->header, proof)) { return what; }
  const auto& shown = proof.anchor;
  if (shown.epoch < root_.epoch && shown.height > root_.since) {
    return "block " + shown.id().hex() + " at height " + shown.height.text() + " is of epoch " + shown.epoch.text() +
           ", which ended at height " + root_.since.text();
  }
  // Each epoch begins once. What only the caller's root says of it nobody has signed.
  for (const auto& hand_over : proof.hand_overs) {
    if (hand_over.header.epoch.next() == root_.epoch && hand_over.header.id() != root_.block) {
      return "epoch " + root_.epoch.text() + " began with block " + root_.block.hex() + " and with block " +
             hand_over.header.id().hex();
    }
  }
  return std::nullopt;
}

Result<LightClient::Answer> LightClient::accept(ByteView file, std::optional<std::string_view> expected) {
  const auto root = root_;
  return accept(file, root, expected);
}

Result<LightClient::Answer> LightClient::accept(ByteView file, const TrustRoot& root,
                                                std::optional<std::string_view> expected) {
  if (root.chain_id != root_.chain_id) {
    return failure(ErrorKind::refused, "PROOF_OTHER_CHAIN", "this client follows chain " + root_.chain_id.hex());
  }
  if (root.epoch == root_.epoch && root.block != root_.block) {
    return invalid("CHECKPOINT_INVALID", "it says that epoch " + root.epoch.text() + " began with block " +
                                             root.block.hex() + ", and what was seen of the chain that it began with " +
                                             root_.block.hex());
  }
  auto verdict = verify(file, root, expected);
  if (!verdict) { return verdict.error(); }
  auto proof = decode(file);
  if (!proof) { return proof.error(); }
  Answer answer{std::move(*verdict), std::move(*proof), std::nullopt, false, false};
  FinalBlock shown{answer.proof.anchor, answer.proof.finalization};
  if (auto what = contradicts(answer.proof)) {
    answer.contradiction = Contradiction{*newest_, std::move(shown), std::move(*what)};
    return answer;
  }
  // That the blocks at that height, and the parent of the one above, are the block itself is what contradicts() has asked.
  const auto& via = answer.proof.via;
  const bool is_linked = !newest_ || (via && via->header.height == newest_->header.height) ||
                         shown.header.height == newest_->header.height ||
                         shown.header.height == newest_->header.height.next();
  answer.is_unlinked = !is_linked && shown.header.executed_height >= newest_->header.height;
  answer.is_behind = newest_ && shown.header.height < newest_->header.height;
  if (is_linked && !answer.is_behind && answer.verdict.newest.epoch >= root_.epoch) {
    // A root of the epoch that we know already is the same, but may be known to be the genesis.
    if (answer.verdict.newest.epoch > root_.epoch) { root_ = answer.verdict.newest; }
    newest_ = std::move(shown);
  }
  return answer;
}

}  // namespace keten::proof
