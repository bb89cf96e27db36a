#include "core/proof/proof.h"

#include <algorithm>
#include <string_view>
#include <type_traits>
#include <utility>

#include "keten/v1/proof.pb.h"

#include "core/encoding.h"
#include "core/history_fact.h"
#include "core/limits.h"
#include "core/merkle.h"
#include "core/names.h"
#include "core/proof/wire_limits.h"

namespace keten::proof {
namespace {

constexpr std::size_t kWeightMax = 0x7FFF'FFFF;

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }
template <std::size_t N, typename Tag>
std::string text_of(const FixedBytes<N, Tag>& value) {
  return text_of(value.view());
}
template <typename T>
std::string encoded(const T& value) {
  Writer writer;
  value.encode(writer);
  return text_of(writer.bytes());
}

// ---- writing

void write(const std::vector<Hash>& hashes, google::protobuf::RepeatedPtrField<std::string>* target) {
  for (const auto& hash : hashes) { target->Add(text_of(hash)); }
}

void write(const MapPath& path, v1::MapPath* target) {
  write(path.siblings, target->mutable_siblings());
  if (path.other) {
    target->set_other_key(text_of(path.other->key));
    target->set_other_value(text_of(path.other->value));
  }
}

void write(const HandOver& hand_over, v1::HandOver* target) {
  target->set_header(encoded(hand_over.header));
  target->set_finalization(encoded(hand_over.finalization));
  for (const auto& member : hand_over.members) {
    auto* one = target->add_members();
    one->set_organisation(member.organisation);
    one->set_node(member.node);
    one->set_key(text_of(member.key));
    one->set_weight(member.weight);
  }
}

void write(const EpcisEvent& event, v1::EpcisEvent* target) {
  target->set_digest(text_of(event.digest));
  target->set_flags(event.flags);
  target->set_organisation(event.organisation);
  target->set_event_id(event.event_id);
  for (const auto& name : event.names) {
    auto* one = target->add_names();
    one->set_roles(name.roles);
    one->set_key(name.key);
  }
  target->set_text(text_of(event.text));
}

void write(const HistoryProof& history, v1::HistoryProof* target) {
  target->set_kind(history.entity.kind);
  target->set_id(history.entity.id);
  target->set_head(text_of(history.head.encode()));
  write(history.path, target->mutable_path());
  for (const auto& entry : history.entries) {
    auto* one = target->add_entries();
    one->set_height(entry.height.value);
    one->set_time_ms(entry.time);
    one->set_transaction(text_of(entry.transaction));
    one->set_event(entry.event);
    if (const auto* digest = std::get_if<Hash>(&entry.content)) { one->set_digest(text_of(*digest)); }
    if (const auto* event = std::get_if<EventPlace>(&entry.content)) { one->set_epcis(event->place); }
    if (const auto* record = std::get_if<RecordContent>(&entry.content)) {
      one->mutable_record()->set_key(text_of(record->key));
      one->mutable_record()->set_value(text_of(record->value));
    }
    if (const auto* fact = std::get_if<FactContent>(&entry.content)) {
      one->mutable_fact()->set_what(fact->what);
      for (const auto& field : fact->fields) { one->mutable_fact()->add_fields(text_of(field)); }
    }
  }
}

void write(const BlockProof& proof, v1::BlockProof* target) {
  target->set_header(encoded(proof.header));
  target->set_receipts_root(text_of(proof.receipts_root));
  write(proof.mountain_path, target->mutable_mountain_path());
}

struct StatementWriter {
  v1::Proof& target;

  void operator()(const TransactionProof& proof) const {
    auto* one = target.mutable_transaction();
    one->set_header(encoded(proof.header));
    one->set_receipts_root(text_of(proof.receipts_root));
    write(proof.mountain_path, one->mutable_mountain_path());
    one->set_index(proof.index);
    one->set_body(text_of(proof.body));
    one->set_signature(text_of(proof.signature));
    for (const auto& payload : proof.payloads) {
      auto* part = one->add_payloads();
      part->set_salt(text_of(payload.salt));
      part->set_content(text_of(payload.content));
    }
    write(proof.payload_path, one->mutable_payload_path());
    one->set_receipt(encoded(proof.receipt));
    write(proof.receipt_path, one->mutable_receipt_path());
  }
  void operator()(const BlockProof& proof) const { write(proof, target.mutable_block()); }
  void operator()(const EntryProof& proof) const {
    auto* one = target.mutable_entry();
    one->set_key(text_of(proof.key));
    one->set_present(proof.value.has_value());
    if (proof.value) { one->set_value(text_of(*proof.value)); }
    write(proof.path, one->mutable_path());
  }
  void operator()(const HistoryProof& proof) const { write(proof, target.mutable_history()); }
  void operator()(const StateProof& proof) const {
    auto* one = target.mutable_state();
    one->set_kind(proof.entity.kind);
    one->set_id(proof.entity.id);
    one->set_head(text_of(proof.head.encode()));
    write(proof.path, one->mutable_path());
    one->set_value(text_of(proof.value));
  }
  void operator()(const AbsenceProof& proof) const {
    auto* one = target.mutable_absence();
    one->set_kind(proof.entity.kind);
    one->set_id(proof.entity.id);
    write(proof.path, one->mutable_path());
  }
  void operator()(const TraceProof& proof) const {
    auto* one = target.mutable_trace();
    one->set_direction(static_cast<std::uint32_t>(proof.direction));
    one->set_kind(proof.entity.kind);
    one->set_id(proof.entity.id);
    for (const auto& history : proof.histories) { write(history, one->add_histories()); }
  }
};

// ---- reading: the first thing that is wrong is kept, everything behind it yields empty values

class Decoder {
 public:
  void fail(std::string what) {
    if (problem_.empty()) { problem_ = std::move(what); }
  }
  void expect(bool holds, std::string_view what) {
    if (!holds) { fail(std::string(what)); }
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

  template <typename Fixed>
  Fixed fixed(const std::string& source, std::string_view what) {
    auto value = Fixed::from(as_bytes(source));
    if (!value) {
      fail(std::string(what) + ": " + value.error().message);
      return {};
    }
    return *value;
  }

  /// A value in canonical encoding, and nothing behind it.
  template <typename T>
  T canonical(const std::string& source, std::string_view what) {
    Reader reader(as_bytes(source));
    auto value = T::decode(reader);
    if (auto end = reader.finish(what); !end) { fail(end.error().message); }
    return value;
  }

  Head head(const std::string& source) {
    auto value = Head::decode(as_bytes(source));
    if (!value) {
      fail("head: " + value.error().message);
      return {};
    }
    return *value;
  }

  std::vector<Hash> hashes(const google::protobuf::RepeatedPtrField<std::string>& source, std::size_t most,
                           std::string_view what) {
    std::vector<Hash> result;
    if (static_cast<std::size_t>(source.size()) > most) {
      fail(std::string(what) + ": at most " + std::to_string(most) + " hashes, found " + std::to_string(source.size()));
      return result;
    }
    result.reserve(static_cast<std::size_t>(source.size()));
    for (const auto& one : source) { result.push_back(fixed<Hash>(one, what)); }
    return result;
  }

  MapPath map_path(bool present, const v1::MapPath& source) {
    expect(present, "path: expected one, found none");
    MapPath path;
    path.siblings = hashes(source.siblings(), kMapDepthMax, "path.siblings");
    if (!source.other_key().empty() || !source.other_value().empty()) {
      path.other = MapLeaf{fixed<Hash>(source.other_key(), "path.other_key"),
                           fixed<Hash>(source.other_value(), "path.other_value")};
    }
    return path;
  }

  Entity entity(const std::string& kind, const std::string& id) {
    expect(is_name(kind) && kind.size() <= kHeadKindBytesMax,
           "kind: expected 1 to 16 letters, digits, '-', '_' or '.'");
    expect(!id.empty() && id.size() <= kIdentifierBytesMax, "id: expected 1 to 4096 bytes");
    return {kind, id};
  }

  HandOver hand_over(const v1::HandOver& source) {
    HandOver result{canonical<BlockHeader>(source.header(), "hand_overs.header"),
                    canonical<Certificate>(source.finalization(), "hand_overs.finalization"),
                    {}};
    const auto count = static_cast<std::size_t>(source.members_size());
    expect(count >= 1 && count <= limits::kValidatorsMax, "hand_overs.members: expected 1 to 100");
    std::uint64_t total = 0;
    for (const auto& member : source.members()) {
      expect(is_name(member.organisation()) && is_name(member.node()), "hand_overs.members: expected names");
      expect(member.weight() >= 1, "hand_overs.members.weight: expected at least 1");
      total += member.weight();
      result.members.push_back({member.organisation(),
                                member.node(),
                                fixed<PublicKey>(member.key(), "hand_overs.members.key"),
                                member.weight(),
                                {}});
    }
    expect(total <= kWeightMax + 1, "hand_overs.members: the weights exceed 2^31");
    return result;
  }

  EpcisEvent event(const v1::EpcisEvent& source) {
    EpcisEvent result;
    result.digest = fixed<Hash>(source.digest(), "events.digest");
    result.flags = source.flags();
    result.organisation = source.organisation();
    result.event_id = source.event_id();
    expect(source.event_id().size() <= kIdentifierBytesMax, "events.event_id: at most 4096 bytes");
    expect(source.organisation().size() <= limits::kNameBytesMax, "events.organisation: at most 64 bytes");
    if (static_cast<std::size_t>(source.names_size()) > kEventNamesMax) {
      fail("events.names: at most 20000");
      return result;
    }
    for (const auto& name : source.names()) {
      expect(name.key().size() <= kIdentifierBytesMax, "events.names.key: at most 4096 bytes");
      result.names.push_back({name.roles(), name.key()});
    }
    result.text = to_bytes(source.text());
    return result;
  }

  HistoryProof history(const v1::HistoryProof& source) {
    HistoryProof result;
    result.entity = entity(source.kind(), source.id());
    result.head = head(source.head());
    result.path = map_path(source.has_path(), source.path());
    entries_ += static_cast<std::size_t>(source.entries_size());
    if (entries_ > kEntriesMax) {
      fail("entries: at most 1000000 in one file");
      return result;
    }
    for (const auto& entry : source.entries()) { result.entries.push_back(history_entry(entry)); }
    return result;
  }

  TransactionProof transaction(const v1::TransactionProof& source) {
    TransactionProof result;
    result.header = canonical<BlockHeader>(source.header(), "transaction.header");
    result.receipts_root = fixed<Hash>(source.receipts_root(), "transaction.receipts_root");
    result.mountain_path = hashes(source.mountain_path(), kMerklePathMax, "transaction.mountain_path");
    result.index = source.index();
    result.body = to_bytes(source.body());
    result.signature = fixed<Signature>(source.signature(), "transaction.signature");
    expect(static_cast<std::size_t>(source.payloads_size()) <= limits::kPayloadsMax,
           "transaction.payloads: at most 16");
    for (const auto& payload : source.payloads()) {
      result.payloads.push_back(
          {fixed<decltype(Payload::salt)>(payload.salt(), "transaction.payloads.salt"), to_bytes(payload.content())});
    }
    result.payload_path = hashes(source.payload_path(), kMerklePathMax, "transaction.payload_path");
    result.receipt = canonical<Receipt>(source.receipt(), "transaction.receipt");
    result.receipt_path = hashes(source.receipt_path(), kMerklePathMax, "transaction.receipt_path");
    return result;
  }

  EntryProof entry(const v1::EntryProof& source) {
    EntryProof result;
    expect(!source.key().empty() && source.key().size() <= 2 * kIdentifierBytesMax, "entry.key: 1 to 8192 bytes");
    result.key = to_bytes(source.key());
    if (source.present()) { result.value = to_bytes(source.value()); }
    expect(source.present() || source.value().empty(), "entry.value: an absent entry has none");
    result.path = map_path(source.has_path(), source.path());
    return result;
  }

  BlockProof block(const v1::BlockProof& source) {
    return {canonical<BlockHeader>(source.header(), "block.header"),
            fixed<Hash>(source.receipts_root(), "block.receipts_root"),
            hashes(source.mountain_path(), kMerklePathMax, "block.mountain_path")};
  }

  Statement statement(const v1::Proof& source) {
    switch (source.statement_case()) {
      case v1::Proof::kTransaction: return transaction(source.transaction());
      case v1::Proof::kEntry: return entry(source.entry());
      case v1::Proof::kHistory: return history(source.history());
      case v1::Proof::kState: {
        const auto& state = source.state();
        return StateProof{entity(state.kind(), state.id()), head(state.head()),
                          map_path(state.has_path(), state.path()), to_bytes(state.value())};
      }
      case v1::Proof::kAbsence:
        return AbsenceProof{entity(source.absence().kind(), source.absence().id()),
                            map_path(source.absence().has_path(), source.absence().path())};
      case v1::Proof::kTrace: return trace(source.trace());
      case v1::Proof::kBlock: return block(source.block());
      case v1::Proof::STATEMENT_NOT_SET: break;
    }
    fail("statement: expected one, found none or one of a later version of the format");
    return AbsenceProof{};
  }

 private:
  HistoryEntry history_entry(const v1::HistoryEntry& source) {
    HistoryEntry result;
    result.height = Height{source.height()};
    result.time = source.time_ms();
    result.transaction = fixed<TransactionId>(source.transaction(), "entries.transaction");
    result.event = source.event();
    switch (source.content_case()) {
      case v1::HistoryEntry::kDigest: result.content = fixed<Hash>(source.digest(), "entries.digest"); break;
      case v1::HistoryEntry::kEpcis: result.content = EventPlace{source.epcis()}; break;
      case v1::HistoryEntry::kRecord:
        result.content = RecordContent{to_bytes(source.record().key()), to_bytes(source.record().value())};
        break;
      case v1::HistoryEntry::kFact: result.content = fact(source.fact()); break;
      case v1::HistoryEntry::CONTENT_NOT_SET: fail("entries.content: expected one, found none"); break;
    }
    return result;
  }

  FactContent fact(const v1::FactContent& source) {
    FactContent result;
    expect(is_name(source.what()), "entries.fact.what: expected a name");
    if (static_cast<std::size_t>(source.fields_size()) > kFactFieldsMax) {
      fail("entries.fact.fields: at most 16");
      return result;
    }
    result.what = source.what();
    for (const auto& field : source.fields()) { result.fields.push_back(to_bytes(field)); }
    return result;
  }

  TraceProof trace(const v1::TraceProof& source) {
    TraceProof result;
    expect(source.direction() <= 1, "trace.direction: expected 0 (back) or 1 (forward)");
    result.direction = source.direction() == 0 ? Direction::back : Direction::forward;
    result.entity = entity(source.kind(), source.id());
    if (static_cast<std::size_t>(source.histories_size()) > kHistoriesMax) {
      fail("trace.histories: at most 20000");
      return result;
    }
    for (const auto& one : source.histories()) { result.histories.push_back(history(one)); }
    return result;
  }

  std::size_t entries_ = 0;
  std::string problem_;
};

Error malformed(std::string what) {
  return invalid("PROOF_MALFORMED", std::move(what) + "; the file is damaged or not a proof of this format");
}

}  // namespace

Bytes encode(const Proof& proof) {
  v1::Proof message;
  message.set_version(1);
  message.set_chain_id(text_of(proof.chain_id));
  message.set_first_epoch(proof.first_epoch.value);
  for (const auto& hand_over : proof.hand_overs) { write(hand_over, message.add_hand_overs()); }
  message.set_anchor_header(encoded(proof.anchor));
  message.set_anchor_finalization(encoded(proof.finalization));
  message.set_mountain_root(text_of(proof.commitments.mountain_root));
  message.set_map_root(text_of(proof.commitments.map_root));
  message.set_rest(text_of(proof.commitments.rest));
  for (const auto& event : proof.events) { write(event, message.add_events()); }
  std::visit(StatementWriter{message}, proof.statement);
  if (proof.via) { write(*proof.via, message.mutable_via()); }
  return to_bytes(message.SerializeAsString());
}

Result<Proof> decode(ByteView bytes) {
  if (bytes.size() > kProofBytesMax) {
    return failure(ErrorKind::too_large, "PROOF_MALFORMED",
                   "at most " + std::to_string(kProofBytesMax) + " bytes, found " + std::to_string(bytes.size()));
  }
  if (auto checked = check_wire_limits(bytes); !checked) { return checked.error(); }
  v1::Proof message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return malformed("expected a serialized keten.v1.Proof, found bytes that do not parse");
  }
  message.DiscardUnknownFields();
  bool is_canonical = message.ByteSizeLong() == bytes.size();
  if (is_canonical) {
    Bytes again(bytes.size());
    message.SerializeWithCachedSizesToArray(again.data());
    is_canonical = std::equal(again.begin(), again.end(), bytes.begin());
  }
  if (!is_canonical) {
    return malformed("expected the deterministic protobuf encoding without unknown or repeated fields");
  }

  Decoder decoder;
  Proof proof;
  decoder.expect(message.version() == 1, "version: expected 1");
  proof.chain_id = decoder.fixed<ChainId>(message.chain_id(), "chain_id");
  proof.first_epoch = Epoch{message.first_epoch()};
  if (static_cast<std::size_t>(message.hand_overs_size()) > kHandOversMax) {
    return malformed("hand_overs: at most " + std::to_string(kHandOversMax));
  }
  for (const auto& one : message.hand_overs()) { proof.hand_overs.push_back(decoder.hand_over(one)); }
  proof.anchor = decoder.canonical<BlockHeader>(message.anchor_header(), "anchor_header");
  proof.finalization = decoder.canonical<Certificate>(message.anchor_finalization(), "anchor_finalization");
  proof.commitments = {decoder.fixed<Hash>(message.mountain_root(), "mountain_root"),
                       decoder.fixed<Hash>(message.map_root(), "map_root"),
                       decoder.fixed<Hash>(message.rest(), "rest")};
  if (static_cast<std::size_t>(message.events_size()) > kEventsMax) {
    return malformed("events: at most " + std::to_string(kEventsMax));
  }
  for (const auto& one : message.events()) { proof.events.push_back(decoder.event(one)); }
  proof.statement = decoder.statement(message);
  if (message.has_via()) { proof.via = decoder.block(message.via()); }
  if (!decoder.problem().empty()) { return malformed(decoder.problem()); }
  return proof;
}

}  // namespace keten::proof
