#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "tests/simulator/byzantine/stage.h"

namespace keten::simulator::byzantine {

/// What a character did and what came of it, over all runs.
struct Deeds {
  std::uint64_t acts = 0;     ///< deviations from the protocol
  std::uint64_t effects = 0;  ///< of them, proven to have reached honest validators as intended
};

/// One way to be faulty. It stands between an honest pipeline and the network: `say` is all that this pipeline wants to
/// send, `hear` all that arrives for it. What honest validators then receive, vote and send is told back, so that the
/// character can prove that it had an effect.
class Character {
 public:
  /// Both are borrowed.
  Character(Stage& stage, Deeds& deeds) : stage_(stage), deeds_(deeds) {}
  virtual ~Character() = default;
  Character(const Character&) = delete;
  Character& operator=(const Character&) = delete;

  virtual void say(std::optional<NodeNumber> to, const Message& message) { stage_.send(to, message); }
  /// False keeps the message from the pipeline inside.
  virtual bool hear(NodeNumber /*from*/, const Message& /*message*/) { return true; }
  /// Every few dozen to hundred milliseconds.
  virtual void act() {}

  // Proofs. `arrived` is told of this validator's messages only, at running honest validators.
  virtual void arrived(NodeNumber /*at*/, const Message& /*message*/) {}
  virtual void honest_vote(const Subject& /*subject*/, NodeNumber /*signer*/) {}
  virtual void honest_certificate(const Certificate& /*certificate*/) {}
  /// An honest validator found out that this one contradicts itself.
  virtual void exposed() {}

 protected:
  void acted() { ++deeds_.acts; }
  void worked() { ++deeds_.effects; }
  Stage& stage_;

 private:
  Deeds& deeds_;
};

using MakeCharacter = std::unique_ptr<Character> (*)(Stage& stage, Deeds& deeds);
struct Kind {
  std::string_view name;
  MakeCharacter make;
};
/// All there are; README.md says what each does.
std::span<const Kind> kinds();

inline constexpr std::size_t kKindsMax = 48;
using Tally = std::array<Deeds, kKindsMax>;  ///< by place in kinds()

template <typename Type>
std::unique_ptr<Character> make_character(Stage& stage, Deeds& deeds) {
  return std::make_unique<Type>(stage, deeds);
}

}  // namespace keten::simulator::byzantine
