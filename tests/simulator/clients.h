#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tests/simulator/founding.h"
#include "tests/simulator/validator.h"

namespace keten::simulator {

/// How much the clients do.
struct Load {
  Time interval = 50 * kMillisecond;  ///< mean, between submissions
  std::uint64_t batch_max = 1;
  std::uint64_t twice_per_mille = 50;  ///< the same transaction at two validators at once
};

/// The companies' devices: they submit stock transactions anywhere, sometimes twice, and submit again what does not become
/// final. They know a transaction is done when any validator calls it final.
class Clients final : public FrontDoor {
 public:
  /// Borrows all.
  Clients(const Founding& founding, Schedule& schedule, Witness& witness, Counters& counters, Random random, Load load);

  /// Once, before anything is submitted; borrowed.
  void use(std::vector<std::unique_ptr<Validator>>& validators) { validators_ = &validators; }
  void start();
  /// From now on only so many fresh transactions, one each interval, that can all become final.
  void finish(std::uint64_t fresh, Time interval);
  /// One more after that. Precondition: nothing is left.
  void one_more();

  void answered(NodeNumber at, const pipeline::Admission& admission) override;
  void became_final(NodeNumber at, const Block& block) override;

  /// What is not final yet and must become so; empty when nothing is.
  [[nodiscard]] std::string left() const;
  [[nodiscard]] const std::vector<TransactionId>& final_transactions() const { return final_; }

 private:
  struct Waiting {
    TransactionPointer transaction;
    Time submitted = 0;
  };
  struct Ticket {
    std::vector<TransactionPointer> transactions;
  };
  void submit_fresh();
  void submit_again();
  void submit(std::vector<TransactionPointer> transactions);
  [[nodiscard]] TransactionPointer take_fresh(bool must_become_final);

  const Founding& founding_;
  Schedule& schedule_;
  Witness& witness_;
  Counters& counters_;
  Random random_;
  Load load_;
  std::vector<std::unique_ptr<Validator>>* validators_ = nullptr;
  std::size_t next_;  ///< in the stock
  std::size_t taken_ = 0;
  std::uint64_t next_ticket_ = 1;
  std::optional<std::uint64_t> fresh_left_;
  Height newest_final_;
  std::map<TransactionId, Waiting> waiting_;  ///< valid, not final, not expired
  std::unordered_map<std::uint64_t, Ticket> tickets_;
  std::vector<TransactionId> final_;
  std::unordered_set<TransactionId, FixedBytesHash> known_final_;
};

}  // namespace keten::simulator
