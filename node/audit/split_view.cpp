#include "node/audit/split_view.h"

#include <algorithm>
#include <iterator>

#include "core/encoding.h"
#include "node/audit/block_check.h"

namespace keten::audit {
namespace {

Error refuse(const std::string& source, const std::string& why) {
  return invalid("SPLIT_VIEW_INVALID", source + ": " + why);
}

Status check_chain(const SplitView& split, const FinalizedChain& chain) {
  if (chain.headers.empty()) { return refuse(chain.source, "there is no header"); }
  const BlockHeader* parent = nullptr;
  for (const auto& header : chain.headers) {
    if (header.chain_id != split.chain || header.epoch != split.epoch) {
      return refuse(chain.source, "block " + header.id().hex() + " is of another chain or epoch");
    }
    const bool follows = parent == nullptr || (header.parent == parent->id() && header.height == parent->height.next());
    if (!follows) { return refuse(chain.source, "block " + header.id().hex() + " does not follow the one before"); }
    parent = &header;
  }
  if (const auto wrong = check_finalization(*parent, chain.finalization, split.chain, split.validators)) {
    return refuse(chain.source, wrong->message + ": expected " + wrong->expected + ", found " + wrong->found);
  }
  return kDone;
}

const Signature& signature_of(const Certificate& certificate, ValidatorIndex index) {
  const auto signers = certificate.signer_indices();
  const auto place = std::ranges::find(signers, index) - signers.begin();
  return certificate.signatures.at(static_cast<std::size_t>(place));
}

json::Value number(std::uint64_t value) { return json::Value::number(std::to_string(value)); }

template <typename Encoded>
json::Value hex(const Encoded& value) {
  Writer writer;
  value.encode(writer);
  return json::Value::string(to_hex(writer.bytes()));
}

json::Value chain_json(const FinalizedChain& chain) {
  auto headers = json::Value::array();
  for (const auto& header : chain.headers) { headers.push(hex(header)); }
  return json::Value::object()
      .set("source", json::Value::string(chain.source))
      .set("block", json::Value::string(chain.headers.front().id().hex()))
      .set("headers", std::move(headers))
      .set("finalization", hex(chain.finalization));
}

}  // namespace

std::vector<ValidatorIndex> SplitView::signed_both() const {
  const auto one = first.finalization.signer_indices();
  const auto other = second.finalization.signer_indices();
  std::vector<ValidatorIndex> both;
  std::ranges::set_intersection(one, other, std::back_inserter(both));
  return both;
}

std::vector<Evidence> SplitView::evidence() const {
  std::vector<Evidence> found;
  const auto& one = first.finalization;
  const auto& other = second.finalization;
  if (one.subject.view != other.subject.view) { return found; }
  for (const auto signer : signed_both()) {
    auto evidence = Evidence::of({one.subject, signer, signature_of(one, signer)},
                                 {other.subject, signer, signature_of(other, signer)});
    if (verify_evidence(evidence, epoch, chain, validators)) { found.push_back(std::move(evidence)); }
  }
  return found;
}

Status check(const SplitView& split) {
  for (const auto* chain : {&split.first, &split.second}) {
    if (auto good = check_chain(split, *chain); !good) { return good; }
  }
  const auto& one = split.first.headers.front();
  const auto& other = split.second.headers.front();
  if (one.height != other.height || one.parent != other.parent || one.id() == other.id()) {
    return refuse(split.first.source + " and " + split.second.source,
                  "expected two different blocks of one height behind one parent");
  }
  return kDone;
}

json::Value SplitView::to_json() const {
  auto members = json::Value::array();
  for (const auto& validator : validators.members()) {
    members.push(json::Value::object()
                     .set("organisation", json::Value::string(validator.organisation))
                     .set("node", json::Value::string(validator.node))
                     .set("key", json::Value::string(key_text(validator.key)))
                     .set("weight", number(validator.weight)));
  }
  auto both = json::Value::array();
  for (const auto index : signed_both()) {
    const auto& validator = validators.at(index);
    both.push(json::Value::object()
                  .set("index", number(index.value))
                  .set("organisation", json::Value::string(validator.organisation))
                  .set("node", json::Value::string(validator.node))
                  .set("key", json::Value::string(key_text(validator.key))));
  }
  auto pieces = json::Value::array();
  for (const auto& one : evidence()) {
    const auto key = evidence_key(one);
    pieces.push(json::Value::object()
                    .set("id", json::Value::string(one.id().hex()))
                    .set("kind", json::Value::string(std::string(key ? evidence_name(key->kind) : "")))
                    .set("signer", number(one.first.signer.value))
                    .set("bytes", hex(one)));
  }
  return json::Value::object()
      .set("kind", json::Value::string("split-view"))
      .set("version", number(1))
      .set("chain_id", json::Value::string(chain.hex()))
      .set("epoch", number(epoch.value))
      .set("height", number(first.headers.front().height.value))
      .set("parent", json::Value::string(first.headers.front().parent.hex()))
      .set("validators", std::move(members))
      .set("set_id", json::Value::string(validators.id().hex()))
      .set("first", chain_json(first))
      .set("second", chain_json(second))
      .set("signed_both", std::move(both))
      .set("evidence", std::move(pieces));
}

}  // namespace keten::audit
