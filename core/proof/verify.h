#pragma once

#include <optional>
#include <string_view>

#include "core/proof/proof.h"
#include "core/proof/trust_root.h"
#include "core/proof/verdict.h"

namespace keten::proof {

/// Checks everything that a proof says, down to the trust root: pure, total, no byte of the file is ignored. Hashes first,
/// signatures last. Reasons: PROOF_MALFORMED; PROOF_OTHER_CHAIN and PROOF_OTHER_EPOCH (another trust root is
/// needed); PROOF_INVALID (it contradicts itself, the message says where); PROOF_OTHER_SUBJECT (it is about something else than
/// `expected`: Verdict::is_about).
Result<Verdict> verify(ByteView file, const TrustRoot& root, std::optional<std::string_view> expected = std::nullopt);

/// Whether a block is final by the validators of its epoch, signatures included. PROOF_INVALID says what does not hold.
[[nodiscard]] Status check_final(const FinalBlock& block, const ChainId& chain, const ValidatorSet& validators);

/// A file that begins at an earlier epoch, without the hand-overs before `epoch`: what a later checkpoint can verify. The same
/// bytes when nothing is to be left out. Fails with PROOF_MALFORMED, PROOF_OTHER_EPOCH.
Result<Bytes> begin_at(ByteView file, Epoch epoch);

}  // namespace keten::proof
