#include <keten/contract.hpp>

// Messages are JSON objects outside; each lists its members once.
struct Add {
  std::string name;
  std::uint32_t amount = 0;
  KETEN_MESSAGE(Add, name, amount)
};
struct Counter {
  keten::Party owner;
  std::uint32_t total = 0;
  KETEN_MESSAGE(Counter, owner, total)
};

/// Counters by name; only the organisation that began one may add to it.
class Counters {
 public:
  Counter add(keten::Tx& tx, const Add& message) {
    auto counter = counters_.find(message.name).value_or(Counter{tx.sender(), 0});
    keten::require(counter.owner == tx.sender(), "not_owner", "only " + counter.owner + " may add to this counter");
    keten::require(counter.total + message.amount >= counter.total, "too_large", "a counter ends at 4294967295");
    counter.total += message.amount;
    counters_.put(message.name, counter);
    tx.emit("added", message.name, counter);
    return counter;
  }

 private:
  keten::Map<Counter> counters_{"counters"};
};

KETEN_CONTRACT(Counters, "@NAME@", "0.1.0", add)
