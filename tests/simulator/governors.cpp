#include "tests/simulator/governors.h"

#include <algorithm>

#include "contracts/governance/views.h"

namespace keten::simulator {

using governance::AddValidator;
using governance::ProposeChange;
using governance::RemoveValidator;
using governance::SetParameter;

namespace {

constexpr Time kPatience = 15 * kSecond;
constexpr Time kAgain = 1500 * kMillisecond;
constexpr std::uint64_t kValidBlocks = 60;

const EpochRules& rules_to_come(const Membership& membership) {
  return membership.pending ? membership.pending->rules : membership.current;
}

}  // namespace

Governors::Governors(const Founding& founding, KeyRing& keys, Schedule& schedule, Witness& witness, Random random)
    : founding_(founding), keys_(keys), schedule_(schedule), witness_(witness), random_(random) {}

void Governors::start() {
  schedule_.after(random_.between(200 * kMillisecond, 700 * kMillisecond), [this] {
    act();
    start();
  });
}

Validator* Governors::best() const {
  Validator* best = nullptr;
  for (const auto& one : *validators_) {
    const bool is_better = one->is_up() && (best == nullptr || one->executed_height() > best->executed_height());
    if (is_better) { best = one.get(); }
  }
  return best;
}

std::string Governors::left() const {
  const auto* one = best();
  if (one == nullptr || !one->membership()->pending) { return {}; }
  return "epoch " + one->membership()->pending->rules.epoch.text() + " is agreed and has not begun";
}

void Governors::act() {
  auto* one = best();
  if (one == nullptr || one->executed_height() == Height{}) { return; }
  const auto& membership = *one->membership();
  if (intention_ && (is_done(membership) || schedule_.now() > intention_->since + kPatience)) { intention_.reset(); }
  if (intention_) { return pursue(*one); }
  if (!is_finished_ && !membership.pending && random_.chance(300)) { intend(membership); }
}

void Governors::intend(const Membership& membership) {
  const auto& members = membership.current.validators.members();
  const auto& some = members[random_.below(members.size())];
  const NodeNumber next{static_cast<std::uint16_t>(membership.nodes.back().number.value + 1)};
  ProposeChange proposal;
  switch (random_.below(5)) {
    case 0:
    case 1: {
      if (next.value >= validators_->size()) { return; }
      proposal.changes.push_back(
          AddValidator{founding_.organisation_of(next), founding_.card(next, founding_.node_key(next, 0))});
      // Often somebody else makes room.
      if (random_.chance(400)) {
        proposal.changes.push_back(RemoveValidator{some.node, governance::Afterwards::follows});
      }
      break;
    }
    case 2: proposal.changes.push_back(RemoveValidator{some.node, governance::Afterwards::follows}); break;
    case 3: proposal.changes.push_back(SetParameter{"execution_lag_max", random_.between(16, 48)}); break;
    default: {
      const auto key = founding_.node_key(some.number, ++rotations_[some.number]);
      keys_.add(some.number, key);
      witness_.remark("* " + some.node + " gets a new key");
      intention_ = Intention{Rotation{some.number, key}, schedule_.now(), 0};
      return;
    }
  }
  witness_.remark("* the companies agree on " + std::to_string(proposal.changes.size()) + " changes");
  intention_ = Intention{std::move(proposal), schedule_.now(), 0};
}

bool Governors::is_done(const Membership& membership) const {
  const auto& rules = rules_to_come(membership);
  if (const auto* rotation = std::get_if<Rotation>(&intention_->what)) {
    return rules.validators.find(rotation->key.public_key()).has_value();
  }
  const auto& change = std::get<ProposeChange>(intention_->what).changes.front();
  if (const auto* added = std::get_if<AddValidator>(&change)) {
    return rules.validators.find(added->validator.key).has_value();
  }
  if (const auto* removed = std::get_if<RemoveValidator>(&change)) {
    return std::ranges::none_of(rules.validators.members(),
                                [&](const keten::Validator& one) { return one.node == removed->node; });
  }
  const auto* parameter = std::get_if<SetParameter>(&change);
  return parameter != nullptr && rules.parameters.execution_lag_max == parameter->value;
}

void Governors::pursue(Validator& best) {
  if (schedule_.now() < intention_->submit_at) { return; }
  intention_->submit_at = schedule_.now() + kAgain;
  const auto height = best.executed_height();
  if (const auto* rotation = std::get_if<Rotation>(&intention_->what)) {
    const auto organisation = founding_.organisation_of(rotation->node);
    const auto card = founding_.card(rotation->node, rotation->key);
    const governance::RotateValidator call{card.node, card.key, card.possession};
    return submit(organisation, governance::kRotateValidator, call.encode(), height);
  }
  const auto proposal = std::get<ProposeChange>(intention_->what).encode();
  const auto snapshot = best.disk().database().snapshot();
  for (const auto& change :
       governance::read_changes(snapshot->column(storage::Column::state), governance::WhichChanges::open, 16)) {
    if (change.record.proposal != proposal) { continue; }
    for (const auto& organisation : change.missing) {
      submit(organisation, governance::kApprove, governance::ApproveChange{change.id, change.digest()}.encode(),
             height);
    }
    return;
  }
  const auto& organisations = founding_.genesis().organisations;
  submit(organisations[random_.below(organisations.size())].name, governance::kPropose, proposal, height);
}

void Governors::submit(const std::string& organisation, std::string_view method, Bytes arguments, Height now) {
  auto& machine = *validators_->at(random_.below(validators_->size()));
  if (!machine.is_up()) { return; }
  auto transaction = founding_.govern(organisation, founding_.admin(organisation),
                                      {.method = method,
                                       .arguments = std::move(arguments),
                                       .valid_until = now.plus(kValidBlocks),
                                       .salt = random_.next()});
  machine.handle(pipeline::Submitted{kOwnTicket, {std::move(transaction)}});
}

}  // namespace keten::simulator
