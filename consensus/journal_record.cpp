#include "consensus/journal_record.h"

namespace keten::consensus {

namespace {

enum class RecordType : std::uint8_t { own_vote = 1, held_certificate = 2, floor = 3 };

void write_type(Writer& writer, RecordType type) { writer.u8(static_cast<std::uint8_t>(type)); }

void write(Writer& writer, const OwnVote& record) {
  write_type(writer, RecordType::own_vote);
  record.vote.encode(writer);
}

void write(Writer& writer, const HeldCertificate& record) {
  write_type(writer, RecordType::held_certificate);
  record.certificate.encode(writer);
}

void write(Writer& writer, const Floor& record) {
  write_type(writer, RecordType::floor);
  record.finalization.encode(writer);
  writer.fixed(record.block);
  writer.number(record.height);
  writer.number(record.view);
}

}  // namespace

Bytes encode_record(const JournalRecord& record) {
  Writer writer;
  std::visit([&](const auto& one) { write(writer, one); }, record);
  return writer.take();
}

Result<JournalRecord> decode_record(ByteView bytes) {
  Reader reader(bytes);
  const auto finish = [&](auto record) -> Result<JournalRecord> {
    if (auto end = reader.finish("journal record"); !end) { return end.error(); }
    return JournalRecord{std::move(record)};
  };
  const auto type = reader.u8();
  switch (static_cast<RecordType>(type)) {
    case RecordType::own_vote: return finish(OwnVote{Vote::decode(reader)});
    case RecordType::held_certificate: return finish(HeldCertificate{Certificate::decode(reader)});
    case RecordType::floor: {
      Floor floor;
      floor.finalization = Certificate::decode(reader);
      floor.block = reader.fixed<BlockId>();
      floor.height = reader.number<Height>();
      floor.view = reader.number<View>();
      return finish(std::move(floor));
    }
  }
  return invalid("JOURNAL_RECORD_UNKNOWN", "journal record: expected type 1, 2 or 3, found " + std::to_string(type));
}

}  // namespace keten::consensus
