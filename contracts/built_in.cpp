#include "contracts/agreements/agreements_contract.h"
#include "contracts/governance/governance_contract.h"
#include "contracts/packages/packages_contract.h"
#include "contracts/production/production_contract.h"
#include "contracts/record_contract.h"
#include "contracts/registry.h"
#include "contracts/rule_judge.h"
#include "contracts/usage/usage_contract.h"

namespace keten::contracts {

Registry built_in_contracts() {
  Registry registry;
  registry.add(std::make_unique<agreements::AgreementsContract>());
  registry.add(std::make_unique<governance::GovernanceContract>());
  registry.add(std::make_unique<packages::PackagesContract>());
  registry.add(std::make_unique<production::ProductionContract>(std::make_unique<RuleJudge>()));
  registry.add(std::make_unique<RecordContract>());
  registry.add(std::make_unique<usage::UsageContract>());
  return registry;
}

}  // namespace keten::contracts
