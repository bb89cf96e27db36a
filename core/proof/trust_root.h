#pragma once

#include <string>
#include <string_view>

#include "core/genesis.h"
#include "core/ids.h"
#include "core/validator_set.h"

namespace keten::proof {

/// What an auditor trusts before reading a proof: a chain, and who validated one of its epochs.
struct TrustRoot {
  ChainId chain_id;
  Epoch epoch;
  ValidatorSet validators;
  Height since;   ///< the sealing block that began the epoch; 0 for the genesis
  BlockId block;  ///< id of that block, or of the genesis header
  bool is_genesis = false;
};

/// Epoch 0. Precondition: genesis.check_signed(), or the caller trusts the file as it is.
TrustRoot trust_root(const Genesis& genesis);

/// A JSON file that pins a later epoch, so that hand-overs before it need not be kept. docs/formats/proof.md, "Checkpoint".
std::string checkpoint_json(const TrustRoot& root);
/// Strict. Fails with CHECKPOINT_INVALID.
Result<TrustRoot> parse_checkpoint(std::string_view text);

}  // namespace keten::proof
