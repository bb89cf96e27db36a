#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// More of everything than anybody wants: transactions of all kinds, votes of views far ahead, requests.
class Flooder final : public Character {
 public:
  using Character::Character;

  void act() override {
    acted();
    auto& random = stage_.random();
    pipeline::TransactionBatch batch;
    for (std::uint64_t i = random.below(20); i > 0; --i) { batch.transactions.push_back(stage_.any_transaction()); }
    stage_.send(stage_.some_others(), batch);
    for (int i = 0; i < 20; ++i) {
      Subject subject{
          static_cast<VoteKind>(random.between(1, 3)), {}, {stage_.view().value + random.below(30)}, {}, {}};
      if (random.chance(100)) { subject.view = {~std::uint64_t{0} - random.below(3)}; }
      if (subject.kind != VoteKind::nullify) { subject.block.bytes[0] = static_cast<std::uint8_t>(random.next()); }
      stage_.send(stage_.one_other(), stage_.sign(subject));
    }
    stage_.send(stage_.one_other(), consensus::CertificateRequest{{}, {random.below(stage_.view().value + 1)}});
    stage_.send(stage_.one_other(), pipeline::BlockRequest{Height{random.below(5)}, Height{~std::uint64_t{0}}});
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* vote = std::get_if<Vote>(&message);
    if (vote != nullptr && vote->subject.view.value > stage_.view().value + 10) { worked(); }
  }
};

}  // namespace

MakeCharacter flooder() { return make_character<Flooder>; }

}  // namespace keten::simulator::byzantine
