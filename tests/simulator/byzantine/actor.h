#pragma once

#include <memory>
#include <vector>

#include "tests/simulator/byzantine/character.h"

namespace keten::simulator::byzantine {

/// A faulty validator: an honest pipeline whose messages are made by one to three characters, one at a time.
class Actor {
 public:
  /// `kinds` are places in kinds(). Borrows the tally.
  Actor(const Surroundings& around, NodeNumber self, Random random, const std::vector<std::size_t>& kinds,
        Tally& tally);

  void start();
  void say(std::optional<NodeNumber> to, const Message& message);
  /// False keeps the message from the pipeline inside.
  bool hear(NodeNumber from, const Message& message);
  void stored(const BlockPointer& block) { stage_.stored(block); }
  void arrived(NodeNumber at, const Message& message);
  void honest_vote(const Subject& subject, NodeNumber signer);
  void honest_certificate(const Certificate& certificate);
  void exposed();

 private:
  void act();
  void change_mood();
  [[nodiscard]] bool answer(NodeNumber from, const pipeline::PayloadRequest& request);

  Stage stage_;
  std::vector<std::unique_ptr<Character>> characters_;
  std::size_t mood_ = 0;
};

}  // namespace keten::simulator::byzantine
