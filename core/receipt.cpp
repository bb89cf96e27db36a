#include "core/receipt.h"

#include "core/limits.h"

namespace keten {

void Receipt::encode(Writer& writer) const {
  writer.fixed(transaction);
  writer.u8(succeeded ? 1 : 0);
  writer.sized(reason);
  writer.sized(message);
  writer.u64(fuel_used);
  writer.fixed(writes_digest);
  writer.sized(result);
  writer.number(valid_until);
}

Receipt Receipt::decode(Reader& reader) {
  Receipt receipt;
  receipt.transaction = reader.fixed<TransactionId>();
  const auto succeeded = reader.u8();
  if (succeeded > 1) { reader.fail(); }
  receipt.succeeded = succeeded == 1;
  receipt.reason = reader.text(256);
  receipt.message = reader.text(64 * 1024);
  receipt.fuel_used = reader.u64();
  receipt.writes_digest = reader.fixed<Hash>();
  receipt.result = to_bytes(reader.sized(limits::kTransactionBytesMax));
  receipt.valid_until = reader.number<Height>();
  return receipt;
}

Bytes encode_receipts(const std::vector<Receipt>& receipts) {
  Writer writer;
  writer.u32(static_cast<std::uint32_t>(receipts.size()));
  for (const auto& receipt : receipts) { receipt.encode(writer); }
  return writer.take();
}

Result<std::vector<Receipt>> decode_receipts(ByteView bytes) {
  Reader reader(bytes);
  const std::size_t count = reader.u32();
  if (count > limits::kBlockTransactionsMax) { reader.fail(); }
  std::vector<Receipt> receipts;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) { receipts.push_back(Receipt::decode(reader)); }
  if (auto end = reader.finish("receipts"); !end) { return end.error(); }
  return receipts;
}

}  // namespace keten
