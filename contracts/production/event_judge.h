#pragma once

#include <memory>

#include "contracts/contract.h"
#include "contracts/production/event.h"
#include "contracts/production/event_summary.h"
#include "core/result.h"

namespace keten::production {

/// Who has a say in what is recorded: the rules of agreements.
class EventJudge {
 public:
  /// The events of one transaction, one after another.
  class Sitting {
   public:
    virtual ~Sitting() = default;
    /// Before anything of the event is written, so that the state is that before it. An error refuses the event.
    [[nodiscard]] virtual Status judge(const Event& event, const EventSummary& summary) = 0;
    /// The event of the last call was recorded: what was found about it is kept.
    virtual void recorded() = 0;
  };
  virtual ~EventJudge() = default;
  [[nodiscard]] virtual std::unique_ptr<Sitting> sit(contracts::Context& context) const = 0;
};

}  // namespace keten::production
