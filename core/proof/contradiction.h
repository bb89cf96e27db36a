#pragma once

#include <optional>
#include <string>

#include "core/proof/proof.h"

/// What cannot be true of one chain, at any distance: a verified proof shows blocks of its chain, each by a final block, and two
/// chains that part somewhere differ in one of them. docs/formats/proof.md, "Light client".
namespace keten::proof {

/// Why a block that was seen final and the final blocks that a verified proof shows cannot be of one chain, as a sentence. None when
/// nothing in them says so: that is no promise that they are of one.
[[nodiscard]] std::optional<std::string> contradiction(const BlockHeader& seen, const Proof& shown);

/// The same of two proofs that were verified against one trust root, whatever their heights and what they are about.
[[nodiscard]] std::optional<std::string> contradiction(const Proof& one, const Proof& other);

/// The greatest height of which two proofs without contradiction show the same block: up to there their chains are one. None when
/// they show no block that both have.
[[nodiscard]] std::optional<Height> meeting(const Proof& one, const Proof& other);

}  // namespace keten::proof
