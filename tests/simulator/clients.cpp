#include "tests/simulator/clients.h"

#include <algorithm>

namespace keten::simulator {
namespace {

constexpr Time kPatience = 3 * kSecond;
/// Clients stop for a while when so much is not final: a run is about faults, not about a long queue.
constexpr std::size_t kWaitingMax = 60;

}  // namespace

Clients::Clients(const Founding& founding, Schedule& schedule, Witness& witness, Counters& counters, Random random,
                 Load load)
    : founding_(founding),
      schedule_(schedule),
      witness_(witness),
      counters_(counters),
      random_(random),
      load_(load),
      next_(random_.below(Founding::kTransactions)) {}

void Clients::start() {
  submit_fresh();
  schedule_.after(kSecond, [this] { submit_again(); });
}

void Clients::finish(std::uint64_t fresh, Time interval) {
  fresh_left_ = fresh;
  load_ = {interval, 1, 0};
}

void Clients::one_more() {
  fresh_left_ = 1;
  submit_fresh();
}

TransactionPointer Clients::take_fresh(bool must_become_final) {
  while (taken_ < Founding::kTransactions) {
    ++taken_;
    const auto& transaction = founding_.transactions()[next_++ % Founding::kTransactions];
    const bool can = founding_.is_valid(*transaction) && transaction->body.valid_until == Founding::kExpiry;
    if (can || !must_become_final) { return transaction; }
  }
  return nullptr;
}

void Clients::submit_fresh() {
  if (fresh_left_ && *fresh_left_ == 0) { return; }
  schedule_.after(random_.between(load_.interval / 2, load_.interval * 3 / 2), [this] { submit_fresh(); });
  if (!fresh_left_ && waiting_.size() >= kWaitingMax) { return; }
  std::vector<TransactionPointer> batch;
  const auto count = random_.between(1, load_.batch_max);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto transaction = take_fresh(fresh_left_.has_value());
    if (transaction == nullptr) { return; }
    // A faulty validator that found it in the stock may have put it into a block before.
    const bool is_open = founding_.is_valid(*transaction) && !known_final_.contains(transaction->id);
    if (is_open) { waiting_[transaction->id] = {transaction, schedule_.now()}; }
    batch.push_back(std::move(transaction));
  }
  if (fresh_left_) { --*fresh_left_; }
  counters_.count(Happening::submitted, batch.size());
  if (random_.chance(load_.twice_per_mille)) {
    counters_.count(Happening::submitted_twice, batch.size());
    submit(batch);
  }
  submit(std::move(batch));
}

void Clients::submit_again() {
  std::vector<TransactionPointer> late;
  for (auto& [id, waiting] : waiting_) {
    if (waiting.submitted + kPatience > schedule_.now()) { continue; }
    waiting.submitted = schedule_.now();
    late.push_back(waiting.transaction);
  }
  if (!late.empty()) {
    counters_.count(Happening::submitted_again, late.size());
    submit(std::move(late));
  }
  schedule_.after(kSecond, [this] { submit_again(); });
}

void Clients::submit(std::vector<TransactionPointer> transactions) {
  auto& validator = *validators_->at(random_.below(validators_->size()));
  if (!validator.is_up()) { return; }  // refused connection: the next attempt finds another
  for (const auto& transaction : transactions) { witness_.submitted(validator.self(), transaction->id); }
  const auto ticket = next_ticket_++;
  tickets_[ticket] = {transactions};
  validator.handle(pipeline::Submitted{ticket, std::move(transactions)});
}

void Clients::answered(NodeNumber at, const pipeline::Admission& admission) {
  const auto ticket = tickets_.find(admission.ticket);
  if (ticket == tickets_.end()) { return; }  // somebody else's
  const auto& transaction = *ticket->second.transactions.at(admission.index);
  if (admission.status.ok()) {
    counters_.count(Happening::admitted);
    if (!founding_.is_valid(transaction)) {
      witness_.broken("only_valid_transactions", text_of(at) + " admitted a forged transaction");
    }
  } else {
    counters_.count(founding_.is_valid(transaction) ? Happening::refused : Happening::forged_refused);
  }
}

void Clients::became_final(NodeNumber /*at*/, const Block& block) {
  if (block.header.height <= newest_final_) { return; }
  newest_final_ = block.header.height;
  for (const auto& transaction : block.transactions) {
    waiting_.erase(transaction->id);
    final_.push_back(transaction->id);
    known_final_.insert(transaction->id);
  }
  std::erase_if(waiting_,
                [&](const auto& entry) { return entry.second.transaction->body.valid_until <= newest_final_; });
}

std::string Clients::left() const {
  if (fresh_left_.value_or(0) > 0) { return "clients still submit"; }
  if (waiting_.empty()) { return {}; }
  return std::to_string(waiting_.size()) + " transactions are not final, the first is " +
         short_text(waiting_.begin()->first);
}

}  // namespace keten::simulator
