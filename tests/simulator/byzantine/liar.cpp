#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Says that it stands far ahead, then far behind, then nowhere; and never has what it claims.
class Liar final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    if (std::holds_alternative<pipeline::BlockResponse>(message) && stage_.random().chance(700)) { return; }
    auto changed = message;
    if (auto* status = std::get_if<consensus::Status>(&changed)) {
      acted();
      auto& random = stage_.random();
      const auto lie = [&](std::uint64_t value) {
        switch (random.below(5)) {
          case 0: return std::uint64_t{0};
          case 1: return value + random.below(100);
          case 2: return ~std::uint64_t{0} - random.below(3);
          case 3: return value > 5 ? value - random.below(5) : value;
          default: return value;
        }
      };
      status->view = {lie(status->view.value)};
      status->floor_view = {lie(status->floor_view.value)};
      status->floor_height = {lie(status->floor_height.value)};
      status->executed_height = {lie(status->executed_height.value)};
      status->wants_progress = random.chance(500);
    }
    stage_.send(to, changed);
  }
  /// The height that a receiver hears goes back.
  void arrived(NodeNumber at, const Message& message) override {
    const auto* status = std::get_if<consensus::Status>(&message);
    if (status == nullptr) { return; }
    auto& last = last_[at];
    if (status->floor_height < last) { worked(); }
    last = status->floor_height;
  }

 private:
  std::map<NodeNumber, Height> last_;
};

}  // namespace

MakeCharacter liar() { return make_character<Liar>; }

}  // namespace keten::simulator::byzantine
