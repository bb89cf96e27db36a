#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "contracts/governance/arguments.h"
#include "tests/simulator/founding.h"
#include "tests/simulator/validator.h"

namespace keten::simulator {

/// The companies' administrators: one change after the other is proposed, approved and waited for, whatever breaks meanwhile.
/// Machines join in the order of their numbers; validators leave, get new keys; a parameter changes.
class Governors {
 public:
  /// Borrows all.
  Governors(const Founding& founding, KeyRing& keys, Schedule& schedule, Witness& witness, Random random);

  /// Once, before the start; borrowed.
  void use(std::vector<std::unique_ptr<Validator>>& validators) { validators_ = &validators; }
  void start();
  /// Nothing new from now on.
  void finish() { is_finished_ = true; }
  /// What is agreed and has not begun; empty when nothing is.
  [[nodiscard]] std::string left() const;

 private:
  struct Rotation {
    NodeNumber node;
    KeyPair key;
  };
  struct Intention {
    std::variant<governance::ProposeChange, Rotation> what;
    Time since = 0;
    Time submit_at = 0;
  };
  void act();
  void intend(const Membership& membership);
  void pursue(Validator& best);
  [[nodiscard]] bool is_done(const Membership& membership) const;
  void submit(const std::string& organisation, std::string_view method, Bytes arguments, Height now);
  /// The machine that executed most.
  [[nodiscard]] Validator* best() const;

  const Founding& founding_;
  KeyRing& keys_;
  Schedule& schedule_;
  Witness& witness_;
  Random random_;
  std::vector<std::unique_ptr<Validator>>* validators_ = nullptr;
  std::optional<Intention> intention_;
  std::map<NodeNumber, std::uint64_t> rotations_;
  bool is_finished_ = false;
};

}  // namespace keten::simulator
