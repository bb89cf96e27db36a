#include "tools/keten/evidence_file.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/encoding.h"
#include "core/keys.h"
#include "core/limits.h"
#include "core/proof/light_client.h"
#include "core/proof/verify.h"
#include "node/audit/split_view.h"
#include "tools/keten/console.h"

namespace keten::tools {
namespace {

using json::Kind;
using json::Value;

constexpr const char* kNotWho =
    "which of them did wrong: more validators than may be faulty; who has signed both is where to begin to ask";
constexpr const char* kNotRoot =
    "that the genesis or checkpoint is the right one: compare the chain id with your partners";

Error wrong(const std::string& expected) {
  return invalid("EVIDENCE_FILE_INVALID", "expected " + expected + "; the file is damaged or made up");
}

Error other_epoch(const Epoch& epoch) {
  return failure(ErrorKind::refused, "EVIDENCE_OTHER_EPOCH",
                 "it was signed by validators of epoch " + epoch.text() +
                     ", which do not follow from what you trust; give the genesis or a checkpoint of that epoch");
}

template <typename Encoded>
std::optional<Encoded> decoded(const Value* source) {
  if (source == nullptr || !source->is(Kind::string)) { return std::nullopt; }
  const auto bytes = from_hex(source->text());
  if (!bytes) { return std::nullopt; }
  Reader reader(*bytes);
  auto value = Encoded::decode(reader);
  if (!reader.finish("").ok()) { return std::nullopt; }
  return value;
}

std::string names_of(const std::vector<Validator>& validators) {
  std::string names;
  for (const auto& one : validators) { names += (names.empty() ? "" : ", ") + one.organisation + "/" + one.node; }
  return names.empty() ? "nobody" : names;
}

std::vector<Validator> signers_of(const Certificate& certificate, const ValidatorSet& set) {
  std::vector<Validator> result;
  for (const auto index : certificate.signer_indices()) { result.push_back(set.at(index)); }
  return result;
}

std::vector<Validator> in_both(const std::vector<Validator>& one, const std::vector<Validator>& other) {
  std::set<PublicKey> keys;
  for (const auto& validator : other) { keys.insert(validator.key); }
  std::vector<Validator> result;
  for (const auto& validator : one) {
    if (keys.contains(validator.key)) { result.push_back(validator); }
  }
  return result;
}

std::optional<audit::FinalizedChain> chain_of(const Value& document, std::string_view name) {
  const auto* object = document.find(name);
  const auto* headers = object != nullptr && object->is(Kind::object) ? object->find("headers") : nullptr;
  if (headers == nullptr || !headers->is(Kind::array)) { return std::nullopt; }
  audit::FinalizedChain chain;
  chain.source = std::string(object->find_string("source").value_or(name));
  for (const auto& one : headers->items()) {
    auto header = decoded<BlockHeader>(&one);
    if (!header) { return std::nullopt; }
    chain.headers.push_back(std::move(*header));
  }
  auto finalization = decoded<Certificate>(object->find("finalization"));
  if (!finalization) { return std::nullopt; }
  chain.finalization = std::move(*finalization);
  return chain;
}

/// The validators are those of the trust root, whatever the document lists.
Result<EvidenceVerdict> split_view(const Value& document, const proof::TrustRoot& root) {
  auto first = chain_of(document, "first");
  auto second = chain_of(document, "second");
  if (!first || !second || first->headers.empty()) {
    return wrong("first and second with headers and finalization in hexadecimal");
  }
  const auto epoch = first->headers.front().epoch;
  if (epoch != root.epoch) { return other_epoch(epoch); }
  const audit::SplitView split{root.chain_id, epoch, root.validators, std::move(*first), std::move(*second)};
  if (auto checked = audit::check(split); !checked) {
    return wrong("two finalized chains; " + checked.error().message);
  }
  const auto& one = split.first.headers.front();
  const auto& other = split.second.headers.front();
  EvidenceVerdict verdict{"split view of chain " + root.chain_id.hex() + " at height " + one.height.text(), {}, {}};
  verdict.proved.push_back("behind block " + one.parent.hex() + " validators of epoch " + epoch.text() +
                           " have made both block " + one.id().hex() + " and block " + other.id().hex() + " final");
  std::vector<Validator> both;
  for (const auto index : split.signed_both()) { both.push_back(root.validators.at(index)); }
  verdict.proved.push_back("signed both: " + names_of(both));
  std::vector<Validator> guilty;
  for (const auto& piece : split.evidence()) { guilty.push_back(root.validators.at(piece.first.signer)); }
  if (!guilty.empty()) {
    verdict.proved.push_back("voted for both in one view, which no honest validator does: " + names_of(guilty));
  } else {
    verdict.not_proved.emplace_back(kNotWho);
  }
  verdict.not_proved.emplace_back(kNotRoot);
  return verdict;
}

/// Of an epoch, as the trust root or a verified proof that begins there has it.
std::optional<proof::TrustRoot> known_epoch(Epoch epoch, const proof::TrustRoot& root, const proof::Proof& proof) {
  if (epoch == root.epoch) { return root; }
  for (const auto& [header, finalization, members] : proof.hand_overs) {
    if (header.epoch.next() != epoch) { continue; }
    return proof::TrustRoot{root.chain_id, epoch, ValidatorSet(members), header.height, header.id(), false};
  }
  return std::nullopt;
}

Result<EvidenceVerdict> contradiction(const Value& document, const proof::TrustRoot& root) {
  const auto* seen = document.find("seen");
  const auto bytes = from_hex(document.find_string("proof").value_or(""));
  const auto header =
      seen != nullptr && seen->is(Kind::object) ? decoded<BlockHeader>(seen->find("header")) : std::nullopt;
  if (!header || !bytes || bytes->empty()) {
    return wrong("seen with header and finalization, and proof, in hexadecimal");
  }
  auto file = proof::begin_at(*bytes, root.epoch);
  if (!file) { return file.error(); }
  if (const auto verified = proof::verify(*file, root); !verified) { return verified.error(); }
  const auto proof = proof::decode(*file);
  if (!proof) { return proof.error(); }
  // Who must have signed what was seen, and where its epoch began, is not for the document to say.
  const auto epoch = known_epoch(header->epoch, root, *proof);
  if (!epoch) { return other_epoch(header->epoch); }

  auto known = Value::object();
  auto newest = Value::object();
  for (const auto* name : {"header", "finalization"}) {
    if (const auto* value = seen->find(name); value != nullptr) { newest.set(name, *value); }
  }
  known.set("keten_light_client", Value::number(1))
      .set("checkpoint", *json::parse(proof::checkpoint_json(*epoch)))
      .set("newest", std::move(newest));
  auto client = proof::LightClient::from_json(json::serialize(known));
  if (!client) { return wrong("a block that was seen final; " + client.error().message); }
  const auto answer = client->accept(*file, root);
  if (!answer) { return wrong("two blocks that can be compared; " + answer.error().message); }
  if (!answer->contradiction) {
    return wrong("two final blocks that cannot both be; nothing in these two contradicts");
  }
  const auto& found = *answer->contradiction;
  EvidenceVerdict verdict{"contradiction on chain " + root.chain_id.hex(), {found.what}, {}};
  const auto one = signers_of(found.seen.finalization, epoch->validators);
  const auto other = signers_of(found.shown.finalization, answer->verdict.newest.validators);
  verdict.proved.push_back("block " + found.seen.header.id().hex() + " at height " + found.seen.header.height.text() +
                           " is final by " + names_of(one));
  verdict.proved.push_back("block " + found.shown.header.id().hex() + " at height " + found.shown.header.height.text() +
                           " is final by " + names_of(other));
  verdict.proved.push_back("signed both: " + names_of(in_both(one, other)));
  verdict.not_proved.emplace_back(kNotWho);
  verdict.not_proved.emplace_back(kNotRoot);
  return verdict;
}

Value list_of(const std::vector<std::string>& sentences) {
  auto list = Value::array();
  for (const auto& sentence : sentences) { list.push(text_value(sentence)); }
  return list;
}

}  // namespace

std::string EvidenceVerdict::text() const {
  std::string text = subject + "\n\nproved\n";
  for (const auto& sentence : proved) { text += "  " + printable(sentence) + "\n"; }
  text += "\nnot proved\n";
  for (const auto& sentence : not_proved) { text += "  " + printable(sentence) + "\n"; }
  return text;
}

Value EvidenceVerdict::to_json() const {
  return Value::object()
      .set("verified", Value::boolean(true))
      .set("subject", text_value(subject))
      .set("proved", list_of(proved))
      .set("not_proved", list_of(not_proved));
}

// A proof begins with the tag of its version.
bool is_evidence_file(std::string_view text) { return text.starts_with('{'); }

Result<EvidenceVerdict> verify_evidence_file(std::string_view text, const proof::TrustRoot& root) {
  const auto document = json::parse(text);
  if (!document) { return wrong("JSON; " + document.error().message); }
  if (!document->is(Kind::object)) { return wrong("an object"); }
  const auto kind = document->find_string("kind").value_or("");
  const auto* version = document->find("version");
  if (version == nullptr || version->as_integer() != 1) { return wrong("version 1"); }
  if (document->find_string("chain_id") != root.chain_id.hex()) {
    return failure(ErrorKind::refused, "PROOF_OTHER_CHAIN", "it is not about chain " + root.chain_id.hex());
  }
  if (kind == "split-view") { return split_view(*document, root); }
  if (kind == "contradiction") { return contradiction(*document, root); }
  return wrong("kind split-view or contradiction");
}

}  // namespace keten::tools
