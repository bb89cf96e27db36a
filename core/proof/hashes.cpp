#include "core/proof/hashes.h"

#include <algorithm>

#include "core/hash.h"
#include "core/history_fact.h"

namespace keten::proof {

Hash receipt_leaf(const Receipt& receipt) {
  Writer writer;
  receipt.encode(writer);
  return Hasher("keten/receipt/1").fixed(ByteView(writer.bytes())).finish();
}

Hash transaction_leaf(const TransactionId& id, const Signature& signature) {
  const Hash signature_hash = Hasher("keten/signature/1").fixed(signature).finish();
  return Hasher("keten/payload-leaf/1").fixed(id).fixed(signature_hash).finish();
}

TransactionId transaction_id(ByteView body) { return Hasher("keten/transaction/1").sized(body).finish(); }

bool verify_map_path(ByteView key, const std::optional<ByteView>& value, const MapPath& path, const Hash& root) {
  const std::size_t depth = path.siblings.size();
  if (depth > kMapDepthMax) { return false; }
  const Hash name = map_key(key);
  Hash hash;  // a subtree without keys: zero
  if (value) {
    if (path.other) { return false; }
    hash = map_leaf(name, map_value(*value));
  } else if (path.other) {
    if (path.other->key == name) { return false; }
    for (std::size_t bit = 0; bit < depth; ++bit) {
      if (map_bit(path.other->key, bit) != map_bit(name, bit)) { return false; }
    }
    hash = map_leaf(path.other->key, path.other->value);
  }
  for (std::size_t bit = depth; bit-- > 0;) {
    const auto& sibling = path.siblings[bit];
    hash = map_bit(name, bit) ? map_node(sibling, hash) : map_node(hash, sibling);
  }
  return map_root(hash) == root;
}

Bytes head_key(const Entity& entity) { return keten::head_key(entity.kind, entity.id); }

Hash history_begin(const Entity& entity) { return keten::history_begin(entity.kind, entity.id); }

Hash history_next(const Hash& chain, std::uint64_t number, const HistoryEntry& entry, const Hash& content) {
  return next_chain(chain, {number, entry.height, entry.time, entry.transaction, entry.event, content});
}

Hash record_content(const RecordContent& content) {
  return Hasher("keten/record-history/1").sized(ByteView(content.key)).sized(ByteView(content.value)).finish();
}

Hash fact_content(const FactContent& content) {
  return keten::fact_content({content.what, {content.fields.begin(), content.fields.end()}});
}

Hash epcis_content(const EpcisEvent& event) {
  Hasher hasher("keten/epcis-history/1");
  hasher.fixed(event.digest).number(event.flags).sized(event.organisation).sized(event.event_id);
  hasher.number(event.names.size());
  for (const auto& name : event.names) { hasher.number(name.roles).sized(name.key); }
  return hasher.finish();
}

Hash epcis_text_digest(ByteView text) { return Hasher("keten/epcis-event/1").sized(text).finish(); }

}  // namespace keten::proof
