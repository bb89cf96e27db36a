#include "core/block.h"

#include "core/hash.h"
#include "core/limits.h"
#include "core/merkle.h"

namespace keten {

void BlockHeader::encode(Writer& writer) const {
  writer.u16(version);
  writer.fixed(chain_id);
  writer.number(epoch);
  writer.number(view);
  writer.number(height);
  writer.fixed(parent);
  writer.u16(proposer.value);
  writer.u64(time);
  writer.fixed(payload_root);
  writer.u32(payload_bytes);
  writer.u32(transaction_count);
  writer.number(executed_height);
  writer.fixed(state_root);
  writer.fixed(next_set);
  writer.fixed(evidence_root);
}

BlockHeader BlockHeader::decode(Reader& reader) {
  BlockHeader header;
  header.version = reader.u16();
  header.chain_id = reader.fixed<Hash>();
  header.epoch = reader.number<Epoch>();
  header.view = reader.number<View>();
  header.height = reader.number<Height>();
  header.parent = reader.fixed<Hash>();
  header.proposer = ValidatorIndex{reader.u16()};
  header.time = reader.u64();
  header.payload_root = reader.fixed<Hash>();
  header.payload_bytes = reader.u32();
  header.transaction_count = reader.u32();
  header.executed_height = reader.number<Height>();
  header.state_root = reader.fixed<Hash>();
  header.next_set = reader.fixed<Hash>();
  header.evidence_root = reader.fixed<Hash>();
  return header;
}

BlockId BlockHeader::id() const {
  Writer writer;
  writer.reserve(288);
  encode(writer);
  return Hasher("keten/header/1").fixed(writer.bytes()).finish();
}

Bytes Block::encode() const {
  std::size_t payload_bytes = 0;  // as it is: the header's own figure may be anything
  for (const auto& transaction : transactions) { payload_bytes += transaction->envelope.size(); }
  Writer writer;
  writer.reserve(300 + transactions.size() * 4 + payload_bytes);
  header.encode(writer);
  writer.u32(static_cast<std::uint32_t>(transactions.size()));
  for (const auto& transaction : transactions) { writer.u32(static_cast<std::uint32_t>(transaction->envelope.size())); }
  for (const auto& transaction : transactions) { writer.raw(transaction->envelope); }
  if (!header.evidence_root.is_zero()) {
    writer.u32(static_cast<std::uint32_t>(evidence.size()));
    for (const auto& one : evidence) { one.encode(writer); }
  }
  return writer.take();
}

Result<Block> Block::decode(ByteView bytes) {
  Reader reader(bytes);
  Block block;
  block.header = BlockHeader::decode(reader);
  const std::size_t count = reader.u32();
  if (count > limits::kBlockTransactionsMax) {
    return invalid("BLOCK_MALFORMED", "at most " + std::to_string(limits::kBlockTransactionsMax) +
                                          " transactions, found " + std::to_string(count));
  }
  std::vector<std::uint32_t> sizes(count);
  for (auto& size : sizes) { size = reader.u32(); }
  block.transactions.reserve(count);
  for (const auto size : sizes) {
    const auto envelope = reader.raw(size);
    if (!reader.ok()) { break; }
    auto transaction = decode_transaction(envelope);
    if (!transaction) { return transaction.error(); }
    block.transactions.push_back(std::move(*transaction));
  }
  if (!block.header.evidence_root.is_zero()) {
    const std::size_t found = reader.u32();
    if (found > limits::kBlockEvidenceMax) {
      return invalid("BLOCK_MALFORMED", "at most " + std::to_string(limits::kBlockEvidenceMax) +
                                            " pieces of evidence, found " + std::to_string(found));
    }
    for (std::size_t i = 0; i < found && reader.ok(); ++i) { block.evidence.push_back(Evidence::decode(reader)); }
  }
  if (auto end = reader.finish("block"); !end) { return invalid("BLOCK_MALFORMED", end.error().message); }
  return block;
}

bool Block::payload_matches() const {
  std::uint64_t total = 0;
  for (const auto& transaction : transactions) { total += transaction->envelope.size(); }
  return header.transaction_count == transactions.size() && header.payload_bytes == total &&
         header.payload_root == merkle_root(payload_leaves(transactions)) &&
         header.evidence_root == keten::evidence_root(evidence);
}

std::vector<Hash> payload_leaves(const std::vector<TransactionPointer>& transactions) {
  std::vector<Hash> leaves;
  leaves.reserve(transactions.size());
  for (const auto& transaction : transactions) { leaves.push_back(transaction->leaf); }
  return leaves;
}

}  // namespace keten
