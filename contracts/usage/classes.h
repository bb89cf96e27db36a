#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "contracts/usage/policy.h"

namespace keten::usage {

/// How a ledger treats a class of conditions.
enum class Treatment : std::uint8_t {
  decided,  ///< by block time, its own counters, and attributes that an issuer has signed
  chased,   ///< an obligation: recorded, with a deadline where it has one, and asked for
};

/// One of the 25 classes of usage control policies of the International Data Spaces (IDS-G, UsageControl/Contract).
struct PolicyClass {
  int number = 0;  ///< 1 to 25
  std::string_view name;
  Treatment treatment = Treatment::decided;
};

struct ClassFinding {
  PolicyClass policy_class;
  std::string rule;  ///< uid of the rule that is of this class
};

/// Which classes the rules are of, by number, each with the first such rule. Class 1 is a permission that only says who
/// may use the data; a payment with `dc:frequency` is a rental (20), one without a sale (19).
std::vector<ClassFinding> classes_of(const Policy& policy);

}  // namespace keten::usage
