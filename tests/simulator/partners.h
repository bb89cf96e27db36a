#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "contracts/packages/package_file.h"
#include "tests/simulator/founding.h"
#include "tests/simulator/validator.h"

namespace keten::simulator {

/// Two companies with a signed rule between them: one publishes a tiny package, all approve it, it is activated, both sign an agreement
/// under it; then one captures events that the rule flags with a deadline, and calls the contract. So code in WebAssembly, its state,
/// findings and what time alone does run under all faults. What is next follows from the state of the machine that executed most.
class Partners {
 public:
  /// Borrows all.
  Partners(const Founding& founding, Schedule& schedule, Witness& witness, Counters& counters, Random random);

  /// Once, before the start; borrowed.
  void use(std::vector<std::unique_ptr<Validator>>& validators) { validators_ = &validators; }
  void start();
  /// Nothing new from now on. Counts what was reached.
  void finish();

 private:
  void act();
  void approve(const contracts::StateReader& state);
  void agree(const contracts::StateReader& state);
  void work();
  void submit(const std::string& organisation, const KeyPair& key, Founding::Call call);
  /// The machine that executed most.
  [[nodiscard]] Validator* best() const;

  const Founding& founding_;
  Schedule& schedule_;
  Witness& witness_;
  Counters& counters_;
  Random random_;
  std::vector<std::unique_ptr<Validator>>* validators_ = nullptr;
  packages::Package package_;
  std::string document_;  ///< of the agreement, canonical
  Height now_;
  bool is_finished_ = false;
  std::uint64_t events_ = 0;
};

}  // namespace keten::simulator
