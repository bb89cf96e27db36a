#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/proof/proof.h"

namespace keten::proof {

enum class QuestionKind : std::uint8_t {
  transaction,  ///< with its receipt
  entry,        ///< of governance: members, keys, nodes, epochs
  history,      ///< everything recorded of an entity
  state,        ///< what the ledger holds of an entity
  absence,      ///< nothing was ever recorded of an entity
  trace,        ///< the histories of a whole lineage
  block,        ///< its header, in the chain
};

// Kinds of entities but items and lots, and how an id is spelled.
inline constexpr std::string_view kContractKind = "contract";    ///< its name
inline constexpr std::string_view kAgreementKind = "agreement";  ///< 64 hexadecimal digits
inline constexpr std::string_view kDatasetKind = "dataset";      ///< as it was registered
inline constexpr std::string_view kMemberKind = "member";        ///< name of the organisation
inline constexpr std::string_view kRecordKind = "record";        ///< organisation, '/', subject
inline constexpr std::array<std::string_view, 5> kEntityKinds = {kContractKind, kAgreementKind, kDatasetKind,
                                                                 kMemberKind, kRecordKind};

/// What a node is asked to prove.

struct Question {
  QuestionKind kind = QuestionKind::transaction;
  TransactionId transaction;
  Bytes entry;         ///< full state key
  std::string entity;  ///< an EPC or class, URN or Digital Link; else the id of an entity of `entity_kind`
  /// Of history, state and absence: one of kEntityKinds. Empty: an item or lot, by its id.
  std::string entity_kind{};
  Height block{};
  /// A block that was seen: the answer shows which one its chain passes through at this height. Where its state does not reach so far,
  /// it does not.
  std::optional<Height> via{};
  Direction direction = Direction::back;
  /// The proof has to hold in the state after this height, or a later one. None: in the newest, so an entity that changed since the
  /// newest final block bound a state cannot be proved yet. An absence always holds in the newest too.
  std::optional<Height> at_least{};
  Epoch first_epoch;  ///< of the trust root that it will be checked against; 0: the genesis
};

}  // namespace keten::proof
