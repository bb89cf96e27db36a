#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/vocabulary.h"
#include "core/ids.h"
#include "core/json.h"
#include "core/result.h"

/// What a community adds to ODRL (ODRL Information Model 2.2, 4 "ODRL Profiles"): actions and left operands of its own.
namespace keten::usage {

// Part of the protocol.
inline constexpr std::size_t kProfileBytesMax = 8 * 1024;  ///< of one version, canonical
inline constexpr std::size_t kProfileTermsMax = 128;       ///< actions and operands of one version
inline constexpr std::size_t kProfileIriBytesMax = 256;    ///< of a profile, and of a term
inline constexpr std::size_t kProfilesMax = 4;             ///< of one policy
inline constexpr std::uint32_t kProfileVersionsMax = 10'000;

/// Whose word counts for an operand.
enum class OperandSource : std::uint8_t {
  claim,    ///< an issuer's: contract method `claim`
  request,  ///< also that of who asks, when no issuer has said anything
};

struct ProfileOperand {
  OperandType type = OperandType::text;
  std::vector<Operator> operators;  ///< others are unknown
  OperandSource source = OperandSource::claim;
};

struct Profile {
  std::map<std::string, std::string, std::less<>> actions;  ///< IRI, and that of the action that it is a part of
  std::map<std::string, ProfileOperand, std::less<>> operands;
};

/// Reads `{"actions": {IRI: action that it is a part of}, "operands": {IRI: {"type": text|decimal|time|duration, "operators": [...],
/// "source"?: claim|request}}}`; either may be missing, not both. Fails with PROFILE_INVALID and the places: nothing that ODRL or the
/// ledger knows already, no circles, the limits above.
Result<Profile> read_profile(const json::Value& terms);
/// Of canonical bytes.
Hash profile_hash(std::string_view canonical);

/// The terms of a profile by its IRI; null: it is unknown.
using Profiles = std::function<std::shared_ptr<const Profile>(const std::string& iri)>;

}  // namespace keten::usage
