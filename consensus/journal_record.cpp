#include "consensus/journal_record.h"

namespace keten::consensus {

namespace {

enum class RecordType : std::uint8_t {
  own_vote = 1,
  held_certificate = 2,
  floor = 3,
  quarantine = 4,
  readmission = 5,
  contradiction = 6,
  evidence = 7
};

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

void write(Writer& writer, const Quarantine& record) {
  write_type(writer, RecordType::quarantine);
  writer.u8(static_cast<std::uint8_t>(record.cause));
  writer.u8(record.vote ? 1 : 0);
  if (record.vote) { record.vote->encode(writer); }
}

void write(Writer& writer, const Readmission& record) {
  write_type(writer, RecordType::readmission);
  writer.number(record.epoch);
  writer.number(record.first);
}

void write(Writer& writer, const Contradiction& record) {
  write_type(writer, RecordType::contradiction);
  record.one.encode(writer);
  record.other.encode(writer);
}

void write(Writer& writer, const Evidence& record) {
  write_type(writer, RecordType::evidence);
  record.encode(writer);
}

Quarantine read_quarantine(Reader& reader) {
  Quarantine record;
  const auto cause = reader.u8();
  if (cause < 1 || cause > static_cast<std::uint8_t>(QuarantineCause::foreign_vote)) { reader.fail(); }
  record.cause = static_cast<QuarantineCause>(cause);
  const auto has_vote = reader.u8();
  if (has_vote > 1) { reader.fail(); }
  if (has_vote == 1) { record.vote = Vote::decode(reader); }
  return record;
}

}  // namespace

std::string_view quarantine_name(QuarantineCause cause) {
  switch (cause) {
    case QuarantineCause::journal_lost: return "its vote journal is missing beside other data";
    case QuarantineCause::journal_corrupt: return "its vote journal is damaged";
    case QuarantineCause::journal_behind: return "its vote journal ends before what this machine has executed";
    case QuarantineCause::unknown_past: return "it has no data, and the chain runs already";
    case QuarantineCause::foreign_vote:
      return "its key signed a vote that its journal does not hold: another process uses the key, or the data is an "
             "old copy";
  }
  return "unknown";
}

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
    case RecordType::quarantine: return finish(read_quarantine(reader));
    case RecordType::readmission: {
      const auto epoch = reader.number<Epoch>();
      return finish(Readmission{.epoch = epoch, .first = reader.number<View>()});
    }
    case RecordType::contradiction: {
      auto one = Certificate::decode(reader);
      return finish(Contradiction{.one = std::move(one), .other = Certificate::decode(reader)});
    }
    case RecordType::evidence: return finish(Evidence::decode(reader));
  }
  return invalid("JOURNAL_RECORD_UNKNOWN", "journal record: expected type 1 to 7, found " + std::to_string(type));
}

}  // namespace keten::consensus
