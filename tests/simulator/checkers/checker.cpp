#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {

std::string text_of(NodeNumber index) { return "validator " + index.text(); }

std::string text_of(const Subject& subject) {
  auto text = std::string(vote_name(subject.kind)) + " view " + subject.view.text();
  if (subject.kind != VoteKind::nullify) { text += " block " + short_text(subject.block); }
  return text;
}

std::string short_text(const Hash& hash) { return hash.hex().substr(0, 8); }

}  // namespace keten::simulator
