#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/proof/trust_root.h"
#include "core/receipt.h"
#include "core/result.h"
#include "core/transaction.h"

namespace keten::tools {

/// A use that the ledger permitted before it happened: what `keten usage request --permit-file` writes is the proof of its transaction.
struct Permit {
  std::string consumer;  ///< the organisation that asked, and signed
  std::string agreement;
  std::string dataset;
  std::string use;                    ///< its id, once in an agreement: who serves data serves it once
  std::string action;                 ///< as it was asked for
  Milliseconds time = 0;              ///< of the block that permitted it
  std::optional<std::int64_t> until;  ///< when the permission ends by its own conditions, milliseconds
};

/// What a connector that holds data is asked for; empty members are not compared.
struct PermitDemand {
  std::string agreement;
  std::string dataset;
  std::string consumer;
  std::string action;
  std::string use;
  std::int64_t now = 0;         ///< milliseconds
  std::int64_t age_max_ms = 0;  ///< an older decision does not count: the agreement may have ended since
};

/// The permitted uses of a request, from its body and its receipt. Fails with PERMIT_INVALID when it is no executed request for uses.
[[nodiscard]] Result<std::vector<Permit>> permits_of(const TransactionBody& body, const Receipt& receipt,
                                                     Milliseconds time);

/// The first of them that allows what is asked for. Fails with PERMIT_DENIED, PERMIT_OTHER_AGREEMENT, PERMIT_OTHER_DATASET,
/// PERMIT_OTHER_PARTY, PERMIT_OTHER_ACTION, PERMIT_OTHER_USE, PERMIT_EXPIRED, PERMIT_FROM_THE_FUTURE.
[[nodiscard]] Result<Permit> choose_permit(const std::vector<Permit>& permits, const PermitDemand& demand);

/// A proof file against the genesis or a checkpoint, without any node. Fails like proof::verify() and the two above.
[[nodiscard]] Result<Permit> verify_permit(ByteView file, const proof::TrustRoot& root, const PermitDemand& demand);

}  // namespace keten::tools
