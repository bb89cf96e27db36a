#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/ids.h"
#include "core/proof/proof.h"

namespace keten::proof {

enum class QuestionKind : std::uint8_t {
  transaction,  ///< with its receipt
  entry,        ///< of governance: members, keys, nodes, epochs
  history,      ///< all events of an item or lot
  state,        ///< of an item or lot
  absence,      ///< nothing was ever recorded of an item or lot
  trace,        ///< the histories of a whole lineage
};

/// What a node is asked to prove.
inline constexpr std::string_view kContractKind = "contract";    ///< by its name
inline constexpr std::string_view kAgreementKind = "agreement";  ///< 64 hexadecimal digits

struct Question {
  QuestionKind kind = QuestionKind::transaction;
  TransactionId transaction;
  Bytes entry;         ///< full state key
  std::string entity;  ///< an EPC or class, URN or Digital Link; else the id of an entity of `entity_kind`
  /// Of state and absence: kContractKind or kAgreementKind. Empty: an item or lot, by its id.
  std::string entity_kind{};
  Direction direction = Direction::back;
  /// The proof has to hold in the state after this height, or a later one. None: in the newest, so an entity that changed since the
  /// newest final block bound a state cannot be proved yet.
  std::optional<Height> at_least{};
  Epoch first_epoch;  ///< of the trust root that it will be checked against; 0: the genesis
};

}  // namespace keten::proof
