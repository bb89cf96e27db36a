#include <algorithm>

#include "tests/simulator/byzantine/characters.h"

namespace keten::simulator::byzantine {
namespace {

/// Answers with blocks, paths, certificates and payloads that are not what was asked for.
class CorruptServer final : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    auto changed = message;
    bool is_corrupt = true;
    if (auto* blocks = std::get_if<pipeline::BlockResponse>(&changed)) {
      corrupt(*blocks);
    } else if (auto* payload = std::get_if<pipeline::PayloadResponse>(&changed)) {
      corrupt(*payload);
    } else if (auto* certificates = std::get_if<consensus::CertificateResponse>(&changed)) {
      corrupt(*certificates);
    } else {
      is_corrupt = false;
    }
    if (is_corrupt) {
      acted();
      ++sent_;
    }
    stage_.send(to, changed);
  }
  /// Asked or not: as if it had far more than anybody.
  void act() override {
    consensus::Status status;
    status.view = stage_.view();
    status.floor_height = {stage_.view().value + 20};
    status.floor_view = stage_.view();
    stage_.send(stage_.one_other(), status);
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const bool is_answer = std::holds_alternative<pipeline::BlockResponse>(message) ||
                           std::holds_alternative<pipeline::PayloadResponse>(message) ||
                           std::holds_alternative<consensus::CertificateResponse>(message);
    if (is_answer && sent_ > 0) { worked(); }
  }

 private:
  [[nodiscard]] BlockPointer other_body(const BlockPointer& block) {
    auto changed = *block;
    if (changed.transactions.empty() || stage_.random().chance(300)) {
      changed.transactions.push_back(stage_.any_transaction());
    } else {
      changed.transactions.pop_back();
    }
    if (stage_.random().chance(300)) { ++changed.header.time; }
    return std::make_shared<const Block>(std::move(changed));
  }

  void corrupt(pipeline::BlockResponse& response) {
    auto& random = stage_.random();
    if (response.blocks.empty()) { return; }
    auto& one = response.blocks[random.below(response.blocks.size())];
    switch (random.below(9)) {
      case 0: one = other_body(one); break;
      case 1: response.blocks.pop_back(); break;
      case 2: std::ranges::reverse(response.blocks); break;
      case 3: response.finalization.reset(); break;
      case 4:
        if (response.finalization) { response.finalization->subject.block = one->header.parent; }
        break;
      case 5:
        if (response.finalization && !response.finalization->signatures.empty()) {
          response.finalization->signatures.front().bytes[0] ^= 1U;
        }
        break;
      case 6:
        if (!response.path.empty()) { response.path.pop_back(); }
        break;
      case 7: response.path.push_back(one->header); break;
      case 8: {  // a chain of its own behind the true one, under the true finalization
        auto header = response.blocks.back()->header;
        header.parent = header.id();
        ++header.height;
        ++header.view;
        response.blocks.push_back(
            std::make_shared<const Block>(Block{header, response.blocks.back()->transactions, {}}));
        break;
      }
    }
  }

  void corrupt(pipeline::PayloadResponse& response) {
    auto& random = stage_.random();
    if (response.block != nullptr) {
      response.block = other_body(response.block);
      return;
    }
    if (response.transactions.empty()) { return; }
    const auto place = random.below(response.transactions.size());
    switch (random.below(4)) {
      case 0: response.transactions[place] = stage_.any_transaction(); break;
      case 1: response.indices[place] += 1000; break;
      case 2: response.transactions.pop_back(); break;
      case 3:
        response.indices.push_back(response.indices[place]);
        response.transactions.push_back(response.transactions[place]);
        break;
    }
  }

  void corrupt(consensus::CertificateResponse& response) {
    auto& random = stage_.random();
    switch (random.below(4)) {
      case 0:
        for (auto& header : response.headers) { ++header.time; }
        break;
      case 1: std::ranges::reverse(response.certificates); break;
      case 2:
        for (auto& one : response.certificates) { ++one.subject.view; }
        break;
      case 3: response.certificates.clear(); break;
    }
  }

  std::uint64_t sent_ = 0;
};

}  // namespace

MakeCharacter corrupt_server() { return make_character<CorruptServer>; }

}  // namespace keten::simulator::byzantine
