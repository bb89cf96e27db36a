#pragma once

#include <cstdint>
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
struct Question {
  QuestionKind kind = QuestionKind::transaction;
  TransactionId transaction;
  Bytes entry;         ///< full state key
  std::string entity;  ///< an EPC or class, URN or Digital Link
  Direction direction = Direction::back;
  Epoch first_epoch;  ///< of the trust root that it will be checked against; 0: the genesis
};

}  // namespace keten::proof
