#pragma once

#include <optional>

#include "core/proof/proof.h"

/// What a verifier hashes beside core/commitment.h. docs/formats/proof.md, "Hashes".
namespace keten::proof {

Hash receipt_leaf(const Receipt& receipt);
/// Leaf of the payload root.
Hash transaction_leaf(const TransactionId& id, const Signature& signature);
TransactionId transaction_id(ByteView body);

/// True when, by this path, the map under `root` holds `key` with `value`, or, without a value, does not hold it.
[[nodiscard]] bool verify_map_path(ByteView key, const std::optional<ByteView>& value, const MapPath& path,
                                   const Hash& root);

/// Full key of an entity's head.
Bytes head_key(const Entity& entity);
Hash history_begin(const Entity& entity);
/// `number` counts from 1.
Hash history_next(const Hash& chain, std::uint64_t number, const HistoryEntry& entry, const Hash& content);

Hash record_content(const RecordContent& content);
Hash fact_content(const FactContent& content);
Hash epcis_content(const EpcisEvent& event);
Hash epcis_text_digest(ByteView text);

}  // namespace keten::proof
