#include "core/proof/wire_limits.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/commitment.h"
#include "core/history_fact.h"
#include "core/limits.h"
#include "core/merkle.h"
#include "core/proof/proof.h"

namespace keten::proof {
namespace {

/// The messages of proto/keten/v1/proof.proto; `bytes` for what has no fields.
enum class Part : std::uint8_t {
  proof,
  hand_over,
  member,
  map_path,
  transaction,
  payload,
  block,
  entry,
  history,
  history_entry,
  record,
  fact,
  event,
  name,
  state,
  absence,
  trace,
  bytes,
  number,
};

struct Field {
  std::uint32_t number;
  Part part;
  std::size_t most = 1;   ///< in one message
  std::size_t least = 0;  ///< bytes of each
};

constexpr std::size_t kHashBytes = 32;
// What each holds at least: the fields of a fixed size that may not be missing, with tag and length.
constexpr std::size_t kHandOverBytesMin = 2 * 34;
constexpr std::size_t kMemberBytesMin = 34;
constexpr std::size_t kEntryBytesMin = 34;
constexpr std::size_t kEventBytesMin = 34;
constexpr std::size_t kHistoryBytesMin = 83;

constexpr std::array kProof = {
    Field{1, Part::number},       Field{2, Part::bytes},
    Field{3, Part::number},       Field{4, Part::hand_over, kHandOversMax, kHandOverBytesMin},
    Field{5, Part::bytes},        Field{6, Part::bytes},
    Field{7, Part::bytes},        Field{8, Part::bytes},
    Field{9, Part::bytes},        Field{10, Part::event, kEventsMax, kEventBytesMin},
    Field{11, Part::transaction}, Field{12, Part::entry},
    Field{13, Part::history},     Field{14, Part::state},
    Field{15, Part::absence},     Field{16, Part::trace},
    Field{17, Part::block},       Field{18, Part::block},
};
constexpr std::array kHandOver = {Field{1, Part::bytes}, Field{2, Part::bytes},
                                  Field{3, Part::member, limits::kValidatorsMax, kMemberBytesMin}};
constexpr std::array kMember = {Field{1, Part::bytes}, Field{2, Part::bytes}, Field{3, Part::bytes},
                                Field{4, Part::number}};
constexpr std::array kMapPath = {Field{1, Part::bytes, kMapDepthMax, kHashBytes}, Field{2, Part::bytes},
                                 Field{3, Part::bytes}};
constexpr std::array kTransaction = {
    Field{1, Part::bytes},
    Field{2, Part::bytes},
    Field{3, Part::bytes, kMerklePathMax, kHashBytes},
    Field{4, Part::number},
    Field{5, Part::bytes},
    Field{6, Part::bytes},
    Field{7, Part::payload, limits::kPayloadsMax, kHashBytes},
    Field{8, Part::bytes, kMerklePathMax, kHashBytes},
    Field{9, Part::bytes},
    Field{10, Part::bytes, kMerklePathMax, kHashBytes},
};
constexpr std::array kPayload = {Field{1, Part::bytes}, Field{2, Part::bytes}};
constexpr std::array kBlock = {Field{1, Part::bytes}, Field{2, Part::bytes},
                               Field{3, Part::bytes, kMerklePathMax, kHashBytes}};
constexpr std::array kEntry = {Field{1, Part::bytes}, Field{2, Part::number}, Field{3, Part::bytes},
                               Field{4, Part::map_path}};
constexpr std::array kHistory = {Field{1, Part::bytes}, Field{2, Part::bytes}, Field{3, Part::bytes},
                                 Field{4, Part::map_path}, Field{5, Part::history_entry, kEntriesMax, kEntryBytesMin}};
constexpr std::array kHistoryEntry = {Field{1, Part::number}, Field{2, Part::number}, Field{3, Part::bytes},
                                      Field{4, Part::number}, Field{5, Part::bytes},  Field{6, Part::number},
                                      Field{7, Part::record}, Field{8, Part::fact}};
constexpr std::array kRecord = {Field{1, Part::bytes}, Field{2, Part::bytes}};
constexpr std::array kFact = {Field{1, Part::bytes}, Field{2, Part::bytes, kFactFieldsMax}};
constexpr std::array kEvent = {Field{1, Part::bytes},
                               Field{2, Part::number},
                               Field{3, Part::bytes},
                               Field{4, Part::bytes},
                               Field{5, Part::name, kEventNamesMax},
                               Field{6, Part::bytes}};
constexpr std::array kName = {Field{1, Part::number}, Field{2, Part::bytes}};
constexpr std::array kState = {Field{1, Part::bytes}, Field{2, Part::bytes}, Field{3, Part::bytes},
                               Field{4, Part::map_path}, Field{5, Part::bytes}};
constexpr std::array kAbsence = {Field{1, Part::bytes}, Field{2, Part::bytes}, Field{3, Part::map_path}};
constexpr std::array kTrace = {Field{1, Part::number}, Field{2, Part::bytes}, Field{3, Part::bytes},
                               Field{4, Part::history, kHistoriesMax, kHistoryBytesMin}};

std::span<const Field> fields_of(Part part) {
  switch (part) {
    case Part::proof: return kProof;
    case Part::hand_over: return kHandOver;
    case Part::member: return kMember;
    case Part::map_path: return kMapPath;
    case Part::transaction: return kTransaction;
    case Part::payload: return kPayload;
    case Part::block: return kBlock;
    case Part::entry: return kEntry;
    case Part::history: return kHistory;
    case Part::history_entry: return kHistoryEntry;
    case Part::record: return kRecord;
    case Part::fact: return kFact;
    case Part::event: return kEvent;
    case Part::name: return kName;
    case Part::state: return kState;
    case Part::absence: return kAbsence;
    case Part::trace: return kTrace;
    case Part::bytes:
    case Part::number: break;
  }
  return {};
}

class Walk {
 public:
  /// False when something is wrong; problem() tells what.
  bool message(Part part, ByteView bytes) {
    const auto fields = fields_of(part);
    std::array<std::size_t, kProof.size()> counts{};
    while (!bytes.empty()) {
      const auto tag = varint(bytes);
      if (!tag) { return fail("a field that is cut off"); }
      std::size_t place = 0;
      while (place < fields.size() && fields[place].number != *tag >> 3U) { ++place; }
      const auto expected = place == fields.size() || fields[place].part != Part::number ? 2U : 0U;
      if (place == fields.size() || (*tag & 7U) != expected) {
        return fail("field " + std::to_string(*tag >> 3U) + " of a kind that the format does not have there");
      }
      const auto& field = fields[place];
      if (++counts.at(place) > field.most) {
        return fail("field " + std::to_string(field.number) + " more often than " + std::to_string(field.most) +
                    (field.most == 1 ? " time" : " times"));
      }
      if (!value(field, bytes)) { return false; }
    }
    return true;
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool value(const Field& field, ByteView& bytes) {
    const auto number = varint(bytes);
    if (!number) { return fail("a number that is cut off or too long"); }
    if (field.part == Part::number) { return true; }
    if (*number > bytes.size()) { return fail("a field that is cut off"); }
    if (*number < field.least) {
      return fail("field " + std::to_string(field.number) + " shorter than " + std::to_string(field.least) + " bytes");
    }
    const auto content = bytes.first(static_cast<std::size_t>(*number));
    bytes = bytes.subspan(content.size());
    if (field.part == Part::history_entry && ++entries_ > kEntriesMax) { return fail("more than 1000000 entries"); }
    if (field.part == Part::name && ++names_ > kNamesMax) { return fail("more than 1000000 names of events"); }
    return field.part == Part::bytes || message(field.part, content);
  }

  static std::optional<std::uint64_t> varint(ByteView& bytes) {
    constexpr std::size_t kVarintBytesMax = 10;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < kVarintBytesMax && i < bytes.size(); ++i) {
      value |= static_cast<std::uint64_t>(bytes[i] & 0x7FU) << (7 * i);
      if ((bytes[i] & 0x80U) == 0) {
        bytes = bytes.subspan(i + 1);
        return value;
      }
    }
    return std::nullopt;
  }

  bool fail(std::string what) {
    problem_ = std::move(what);
    return false;
  }

  std::size_t entries_ = 0;
  std::size_t names_ = 0;
  std::string problem_;
};

}  // namespace

Status check_wire_limits(ByteView file) {
  Walk walk;
  if (walk.message(Part::proof, file)) { return kDone; }
  return invalid("PROOF_MALFORMED", "found " + walk.problem() + "; the file is damaged or not a proof of this format");
}

}  // namespace keten::proof
