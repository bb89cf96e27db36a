#include "contracts/governance/evidence_state.h"

#include <optional>
#include <string_view>

#include "contracts/governance/views.h"
#include "core/encoding.h"

namespace keten::governance {
namespace {

constexpr std::string_view kPrefix = "governance/evidence/";
constexpr std::string_view kBehindPrefix = "governance/evidence0";  // '0' follows '/'

void put_big_endian(Bytes& key, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) { key.push_back(static_cast<std::uint8_t>(value >> (8U * i))); }
}

Result<RecordedEvidence> decode(ByteView value) {
  Reader reader(value);
  RecordedEvidence recorded;
  recorded.height = reader.number<Height>();
  recorded.evidence = Evidence::decode(reader);
  if (auto end = reader.finish("recorded evidence"); !end) { return end.error(); }
  auto key = evidence_key(recorded.evidence);
  if (!key) { return key.error(); }
  recorded.key = *key;
  return recorded;
}

json::Value number(std::uint64_t value) { return json::Value::number(static_cast<std::int64_t>(value)); }

json::Value to_json(const Vote& vote) {
  auto value = json::Value::object();
  value.set("kind", json::Value::string(std::string(vote_name(vote.subject.kind))));
  if (vote.subject.kind != VoteKind::nullify) {
    value.set("parentView", number(vote.subject.parent_view.value));
    value.set("block", json::Value::string(vote.subject.block.hex()));
  }
  value.set("signature", json::Value::string(vote.signature.hex()));
  return value;
}

}  // namespace

Bytes evidence_entry(const EvidenceKey& key) {
  auto entry = to_bytes(kPrefix);
  put_big_endian(entry, key.epoch.value, 8);
  put_big_endian(entry, key.signer.value, 2);
  entry.push_back(static_cast<std::uint8_t>(key.kind));
  return entry;
}

void record_evidence(const contracts::StateReader& state, const contracts::BlockContext& block,
                     contracts::WriteSet& writes) {
  for (const auto& one : block.evidence) {
    const auto key = evidence_key(one);
    if (!key) { continue; }  // no validator votes for such a block
    auto entry = evidence_entry(*key);
    if (state.get(entry)) { continue; }
    Writer writer;
    writer.number(block.height);
    one.encode(writer);
    writes[std::move(entry)] = writer.take();
  }
}

Result<std::vector<RecordedEvidence>> read_evidence(const contracts::StateReader& state) {
  std::vector<RecordedEvidence> all;
  std::optional<Error> broken;
  state.scan(as_bytes(kPrefix), as_bytes(kBehindPrefix), [&](ByteView, ByteView value) {
    auto one = decode(value);
    if (!one) {
      broken = one.error();
      return false;
    }
    all.push_back(std::move(*one));
    return true;
  });
  if (broken) { return *broken; }
  return all;
}

json::Value to_json(const contracts::StateReader& state, const RecordedEvidence& recorded) {
  const auto& key = recorded.key;
  auto value = json::Value::object();
  value.set("id", json::Value::string(recorded.evidence.id().hex()));
  value.set("kind", json::Value::string(std::string(evidence_name(key.kind))));
  value.set("epoch", number(key.epoch.value));
  value.set("view", number(recorded.evidence.first.subject.view.value));
  value.set("validator", number(key.signer.value));
  if (const auto epoch = read_epoch(state, key.epoch); epoch && key.signer.value < epoch->record.validators.size()) {
    const auto& signer = epoch->record.validators[key.signer.value];
    value.set("organisation", json::Value::string(signer.organisation));
    value.set("node", json::Value::string(signer.node));
  }
  value.set("height", number(recorded.height.value));
  value.set("first", to_json(recorded.evidence.first));
  value.set("second", to_json(recorded.evidence.second));
  return value;
}

}  // namespace keten::governance
