#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/policy.h"
#include "core/json.h"
#include "core/result.h"

namespace keten::usage {

/// Reads an ODRL 2.2 policy in JSON-LD: compact, array and expanded forms; an `@graph` with one policy. What is wrong is
/// refused with POLICY_INVALID and the places; what is merely unknown is listed in Policy::unknown.
/// Further reasons: POLICY_CONTEXT, POLICY_TOO_LARGE, COLLECTION_CYCLE.
/// `names`: words of a surrounding document; the policy's own `@context` comes on top. `profiles`: those that it may name beside
/// the built-in ones; their terms are known to it then.
Result<Policy> read_policy(const json::Value& document, const Names& names = {}, const Profiles& profiles = {});

/// ODRL's core and IDS, whose terms every policy may use.
bool is_built_in_profile(std::string_view iri);

/// What a policy must be before anybody signs it (ODRL 2.2, 2.1 to 2.8): an id, at least one rule, an action and a
/// target in each, parties as its type demands, values that fit their operands, nothing unknown. Empty: all well.
std::vector<Violation> strict_violations(const Policy& policy);

/// The policy with the rules that it inherits, its parents' first. Fails with POLICY_INHERITANCE when one of them is not in
/// `known` (by uid), inherits from itself, lies deeper than kInheritanceDepthMax, or has another conflict strategy.
Result<Policy> with_inherited(const Policy& policy, const std::map<std::string, Policy, std::less<>>& known);

/// Whether following the pairs from member to collection comes back to where it began.
bool has_cycle(const std::vector<std::pair<std::string, std::string>>& parts);

}  // namespace keten::usage
