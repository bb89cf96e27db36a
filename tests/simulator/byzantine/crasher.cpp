#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Dies while it sends: some have the message, the others never get it, and nothing follows for a while.
class Crasher final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (is_dead_) { return; }
    if (to || steps_left_-- > 0) { return stage_.send(to, message); }
    acted();
    is_dead_ = true;
    steps_left_ = static_cast<std::int64_t>(stage_.random().below(30));
    has_last_words_ = true;
    stage_.send(stage_.some_others(), message);
    last_index_ = message.index();
    stage_.later(stage_.random().below(6 * kSecond), [this] { is_dead_ = false; });
  }
  bool hear(NodeNumber /*from*/, const Message& /*message*/) override { return !is_dead_; }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    if (is_dead_ && has_last_words_ && message.index() == last_index_) {
      has_last_words_ = false;
      worked();
    }
  }

 private:
  bool is_dead_ = false;
  std::int64_t steps_left_ = 10;
  bool has_last_words_ = false;
  std::size_t last_index_ = 0;
};

}  // namespace

MakeCharacter crasher() { return make_character<Crasher>; }

}  // namespace keten::simulator::byzantine
