#include "tests/simulator/byzantine/actor.h"

namespace keten::simulator::byzantine {

Actor::Actor(const Surroundings& around, NodeNumber self, Random random, const std::vector<std::size_t>& chosen,
             Tally& tally)
    : stage_(around, self, random) {
  for (const auto place : chosen) { characters_.push_back(kinds()[place].make(stage_, tally.at(place))); }
}

void Actor::start() {
  act();
  if (characters_.size() > 1) { change_mood(); }
}

void Actor::act() {
  characters_[mood_]->act();
  stage_.later(stage_.random().between(20 * kMillisecond, 300 * kMillisecond), [this] { act(); });
}

void Actor::change_mood() {
  mood_ = stage_.random().below(characters_.size());
  stage_.later(stage_.random().between(500 * kMillisecond, 10 * kSecond), [this] { change_mood(); });
}

void Actor::say(std::optional<NodeNumber> to, const Message& message) {
  stage_.said(message);
  characters_[mood_]->say(to, message);
}

bool Actor::hear(NodeNumber from, const Message& message) {
  stage_.heard(message);
  if (!characters_[mood_]->hear(from, message)) { return false; }
  const auto* request = std::get_if<pipeline::PayloadRequest>(&message);
  return request == nullptr || !answer(from, *request);
}

/// For a block of its own making, which the pipeline inside does not know.
bool Actor::answer(NodeNumber from, const pipeline::PayloadRequest& request) {
  if (!stage_.made(request.block)) { return false; }
  const auto block = stage_.block(request.block);
  pipeline::PayloadResponse response;
  response.block_id = request.block;
  if (request.indices.empty()) {
    response.block = block;
  } else {
    for (const auto index : request.indices) {
      if (index >= block->transactions.size()) { continue; }
      response.indices.push_back(index);
      response.transactions.push_back(block->transactions[index]);
    }
  }
  say(from, response);
  return true;
}

void Actor::arrived(NodeNumber at, const Message& message) {
  for (const auto& one : characters_) { one->arrived(at, message); }
}
void Actor::honest_vote(const Subject& subject, NodeNumber signer) {
  for (const auto& one : characters_) { one->honest_vote(subject, signer); }
}
void Actor::honest_certificate(const Certificate& certificate) {
  for (const auto& one : characters_) { one->honest_certificate(certificate); }
}
void Actor::exposed() {
  for (const auto& one : characters_) { one->exposed(); }
}

}  // namespace keten::simulator::byzantine
