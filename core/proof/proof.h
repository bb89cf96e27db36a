#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/commitment.h"
#include "core/ids.h"
#include "core/receipt.h"
#include "core/transaction.h"
#include "core/validator_set.h"

/// What a `.ketenproof` file holds. Decoded means: well-formed and within limits, nothing of it checked. docs/formats/proof.md.
namespace keten::proof {

inline constexpr std::size_t kProofBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kHandOversMax = 10'000;
inline constexpr std::size_t kHistoriesMax = 20'000;      ///< in one trace
inline constexpr std::size_t kEntriesMax = 1'000'000;     ///< in all histories of one file
inline constexpr std::size_t kEventsMax = 200'000;        ///< in one file
inline constexpr std::size_t kEventNamesMax = 20'000;     ///< of one event
inline constexpr std::size_t kIdentifierBytesMax = 4096;  ///< entity, event id

/// A block with the votes that make it final.
struct FinalBlock {
  BlockHeader header;
  Certificate finalization;
  friend bool operator==(const FinalBlock&, const FinalBlock&) = default;
};

/// The sealing block of one epoch, final by that epoch's own validators, and the validators of the next one.
struct HandOver {
  BlockHeader header;
  Certificate finalization;
  std::vector<Validator> members;
};

/// The hashes K and V of an entry of the map.
struct MapLeaf {
  Hash key;
  Hash value;
  friend bool operator==(const MapLeaf&, const MapLeaf&) = default;
};

/// From the top of the map down to a subtree with at most one key.
struct MapPath {
  std::vector<Hash> siblings;
  std::optional<MapLeaf> other;  ///< the one leaf there, when it is another key's
};

struct Entity {
  std::string kind;  ///< `item`, `lot`, `record` ...
  std::string id;    ///< any bytes
  friend auto operator<=>(const Entity&, const Entity&) = default;
};

/// A block of the chain.
struct BlockProof {
  BlockHeader header;
  Hash receipts_root;
  std::vector<Hash> mountain_path;
};

struct TransactionProof {
  BlockHeader header;
  Hash receipts_root;
  std::vector<Hash> mountain_path;
  std::uint32_t index = 0;
  Bytes body;
  Signature signature;
  std::vector<Payload> payloads;
  std::vector<Hash> payload_path;
  Receipt receipt;
  std::vector<Hash> receipt_path;
};

struct EntryProof {
  Bytes key;
  std::optional<Bytes> value;  ///< none: proved to be absent
  MapPath path;
};

/// What a contract recorded, in its own words: core/history_fact.h.
struct FactContent {
  std::string what;
  std::vector<Bytes> fields;
};
struct RecordContent {
  Bytes key;
  Bytes value;
};
/// Place in Proof::events.
struct EventPlace {
  std::uint32_t place = 0;
};

struct HistoryEntry {
  Height height;
  Milliseconds time = 0;  ///< of the block
  TransactionId transaction;
  std::uint32_t event = 0;
  std::variant<Hash, EventPlace, RecordContent, FactContent> content;
};

struct HistoryProof {
  Entity entity;
  Head head;
  MapPath path;
  std::vector<HistoryEntry> entries;
};

/// Roles of a name in an event: docs/formats/production.md, "Index".
namespace role {
inline constexpr std::uint32_t kParent = 2;
inline constexpr std::uint32_t kChild = 4;
inline constexpr std::uint32_t kInput = 8;
inline constexpr std::uint32_t kOutput = 16;
}  // namespace role

struct EpcisName {
  std::uint32_t roles = 0;
  std::string key;
};
struct EpcisEvent {
  Hash digest;
  std::uint32_t flags = 0;  ///< 1: declares an error
  std::string organisation;
  std::string event_id;
  std::vector<EpcisName> names;
  Bytes text;  ///< may be empty: not in this file
};

struct StateProof {
  Entity entity;
  Head head;
  MapPath path;
  Bytes value;
};

struct AbsenceProof {
  Entity entity;
  MapPath path;
};

enum class Direction : std::uint8_t { back = 0, forward = 1 };

struct TraceProof {
  Direction direction = Direction::back;
  Entity entity;
  std::vector<HistoryProof> histories;
};

using Statement =
    std::variant<TransactionProof, EntryProof, HistoryProof, StateProof, AbsenceProof, TraceProof, BlockProof>;

struct Proof {
  ChainId chain_id;
  Epoch first_epoch;
  std::vector<HandOver> hand_overs;
  BlockHeader anchor;
  Certificate finalization;
  Commitments commitments;
  std::vector<EpcisEvent> events;
  Statement statement;
  /// That the chain of the anchor passes through a block that whoever asked has seen.
  std::optional<BlockProof> via{};
};

/// The one encoding.
Bytes encode(const Proof& proof);

/// Fails with PROOF_MALFORMED for everything but that one encoding, or over a limit. Checks no hash and no signature.
Result<Proof> decode(ByteView bytes);

}  // namespace keten::proof
