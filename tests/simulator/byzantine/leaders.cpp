#include <algorithm>
#include <map>
#include <set>

#include "tests/simulator/byzantine/characters.h"

// Leaders whose blocks are at the edge of what is valid, or behind it.
namespace keten::simulator::byzantine {
namespace {

/// Changes every proposal of its own once, and repeats it so.
class BlockBender : public Character {
 public:
  using Character::Character;

  void say(std::optional<NodeNumber> to, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal == nullptr) { return stage_.send(to, message); }
    const auto view = proposal->proposal.view;
    if (!sent_.contains(view)) {
      acted();
      auto bent = bend(*proposal);
      (is_valid_ ? good_ : bad_).insert(bent.proposal.header.id());
      sent_.emplace(view, std::move(bent));
    }
    stage_.send(to, sent_.at(view));
  }
  /// Valid: an honest validator votes for it. Invalid: one has it, and none ever votes for it.
  void honest_vote(const Subject& subject, NodeNumber /*signer*/) override {
    if (subject.kind == VoteKind::notarize && good_.erase(subject.block) > 0) { worked(); }
  }
  void arrived(NodeNumber /*at*/, const Message& message) override {
    const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message);
    if (proposal != nullptr && bad_.erase(proposal->proposal.header.id()) > 0) { worked(); }
  }

 protected:
  [[nodiscard]] virtual pipeline::ProposalMessage bend(const pipeline::ProposalMessage& message) = 0;
  [[nodiscard]] std::vector<TransactionPointer> transactions_of(const pipeline::ProposalMessage& message) const {
    const auto block = stage_.block(message.proposal.header.id());
    return block == nullptr ? std::vector<TransactionPointer>{} : block->transactions;
  }
  void is_valid(bool valid) { is_valid_ = valid; }

 private:
  bool is_valid_ = false;
  std::map<View, pipeline::ProposalMessage> sent_;
  std::set<BlockId> good_;
  std::set<BlockId> bad_;
};

/// Block times at both ends of what is allowed, and one step beyond.
class TimeBender final : public BlockBender {
 public:
  using BlockBender::BlockBender;

 protected:
  pipeline::ProposalMessage bend(const pipeline::ProposalMessage& message) override {
    const auto parent = stage_.block(message.proposal.header.parent);
    const auto parent_time = parent != nullptr ? parent->header.time : message.proposal.header.time - 1;
    const auto drift = stage_.founding().genesis().parameters.clock_drift_ms_max;
    const auto choice = stage_.random().below(5);
    is_valid(choice < 3);
    return stage_.with_header(message, [&](BlockHeader& header) {
      switch (choice) {
        case 0: header.time = parent_time + 1; break;
        case 1: header.time = std::max(header.time, stage_.wall_ms() + drift - 100); break;
        case 2: header.time = std::max(header.time, stage_.wall_ms() + drift + 200); break;
        case 3: header.time = parent_time; break;
        default: header.time = stage_.wall_ms() + 1000 * drift; break;
      }
    });
  }
};

/// As large as it gets: full blocks, one transaction more, too many certificates.
class Glutton final : public BlockBender {
 public:
  using BlockBender::BlockBender;

  void act() override {
    consensus::CertificateRequest request;
    request.from_view = {1};
    stage_.send(stage_.one_other(), request);
    if (stage_.proposals().empty()) { return; }
    const auto& newest = stage_.proposals().rbegin()->second.proposal;
    for (int i = 0; i < 4; ++i) {
      stage_.send(stage_.one_other(), pipeline::PayloadRequest{newest.header.id(), {}});
      stage_.send(stage_.one_other(), pipeline::BlockRequest{Height{1}, newest.header.height});
    }
  }

 protected:
  pipeline::ProposalMessage bend(const pipeline::ProposalMessage& message) override {
    const auto most = stage_.founding().genesis().parameters.block_transactions_max;
    const auto choice = stage_.random().below(3);
    auto result = message;
    auto transactions = transactions_of(message);
    const auto fill = choice == 0 ? most : most + 1;
    is_valid(false);
    if (choice < 2) {
      while (transactions.size() < fill) { transactions.push_back(stage_.any_transaction()); }
      return stage_.with_payload(result, std::move(transactions));
    }
    auto& justification = result.proposal.justification;
    while (!justification.empty() && justification.size() <= 2 * 34) { justification.push_back(justification.front()); }
    return result;
  }
};

/// Transactions that no block may hold: forged, of a stranger, expired, twice, final already, or other bytes than said.
class BadPayload final : public BlockBender {
 public:
  using BlockBender::BlockBender;

 protected:
  pipeline::ProposalMessage bend(const pipeline::ProposalMessage& message) override {
    auto transactions = transactions_of(message);
    if (transactions.size() > 5) { transactions.resize(5); }
    const auto choice = stage_.random().below(7);
    is_valid(false);
    switch (choice) {
      case 0:
        transactions.push_back(find([&](const Transaction& one) { return !stage_.founding().is_signed(one); }));
        break;
      case 1:
        transactions.push_back(find([&](const Transaction& one) {
          return stage_.founding().is_signed(one) && !stage_.founding().is_valid(one);
        }));
        break;
      case 2:
        transactions.push_back(
            find([](const Transaction& one) { return one.body.valid_until == Founding::kEarlyExpiry; }));
        if (message.proposal.header.height <= Founding::kEarlyExpiry) { is_valid(true); }
        break;
      case 3:
        if (transactions.empty()) { transactions.push_back(stage_.any_transaction()); }
        transactions.push_back(transactions.front());
        break;
      case 4:
        if (const auto parent = stage_.block(message.proposal.header.parent);
            parent != nullptr && !parent->transactions.empty()) {
          transactions.push_back(parent->transactions.front());
        } else {
          is_valid(true);
        }
        break;
      default:
        return stage_.with_header(stage_.with_payload(message, transactions), [&](BlockHeader& header) {
          switch (choice) {
            case 5: header.payload_bytes += 1; break;
            default: header.payload_root.bytes[0] ^= 1U; break;
          }
        });
    }
    return stage_.with_payload(message, std::move(transactions));
  }

 private:
  template <typename Condition>
  TransactionPointer find(Condition condition) {
    for (;;) {
      if (auto one = stage_.any_transaction(); condition(*one)) { return one; }
    }
  }
};

/// Binds a result that nobody computed, or one of a height that nobody has executed.
class RootLiar final : public BlockBender {
 public:
  using BlockBender::BlockBender;

 protected:
  pipeline::ProposalMessage bend(const pipeline::ProposalMessage& message) override {
    is_valid(false);
    const auto choice = stage_.random().below(4);
    return stage_.with_header(message, [&](BlockHeader& header) {
      switch (choice) {
        case 0: header.state_root.bytes[0] ^= 1U; break;
        case 1: header.executed_height = header.height; break;
        case 2: header.executed_height = header.height.previous(); break;
        default: header.executed_height = {}; break;
      }
    });
  }
};

}  // namespace

MakeCharacter time_bender() { return make_character<TimeBender>; }
MakeCharacter glutton() { return make_character<Glutton>; }
MakeCharacter bad_payload() { return make_character<BadPayload>; }
MakeCharacter root_liar() { return make_character<RootLiar>; }

}  // namespace keten::simulator::byzantine
