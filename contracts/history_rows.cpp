#include "contracts/history_rows.h"

#include "core/encoding.h"

namespace keten::contracts::history_rows {
namespace {

constexpr std::size_t kFieldBytesMax = 0xFFFF'FFFF;
constexpr std::size_t kNameBytesMax = 64;

void append(Bytes& out, std::uint64_t value) {
  for (unsigned shift = 64; shift > 0; shift -= 8) { out.push_back(static_cast<std::uint8_t>(value >> (shift - 8))); }
}

}  // namespace

Bytes key(std::string_view kind, std::string_view id, std::uint64_t number) {
  auto result = to_bytes("h/");
  result.insert(result.end(), kind.begin(), kind.end());
  result.push_back(0);
  append(result, id.size());  // so that no id is the beginning of another one's keys
  result.insert(result.end(), id.begin(), id.end());
  append(result, number);
  return result;
}

Bytes encode(const Row& row) {
  Writer writer;
  writer.u8(static_cast<std::uint8_t>(row.kept));
  writer.number(row.height);
  writer.u32(row.transaction);
  writer.u64(row.event);
  writer.sized(row.what);
  writer.u8(static_cast<std::uint8_t>(row.fields.size()));
  for (const auto& field : row.fields) { writer.sized(ByteView(field)); }
  return writer.take();
}

std::optional<Row> decode(ByteView bytes) {
  Reader reader(bytes);
  Row row;
  const auto kept = reader.u8();
  if (kept > static_cast<std::uint8_t>(Kept::put)) { return std::nullopt; }
  row.kept = static_cast<Kept>(kept);
  row.height = reader.number<Height>();
  row.transaction = reader.u32();
  row.event = reader.u64();
  row.what = reader.text(kNameBytesMax);
  const std::size_t count = reader.u8();
  if (count > kFactFieldsMax) { return std::nullopt; }
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    row.fields.push_back(to_bytes(reader.sized(kFieldBytesMax)));
  }
  if (!reader.ok() || reader.remaining() != 0) { return std::nullopt; }
  return row;
}

}  // namespace keten::contracts::history_rows
