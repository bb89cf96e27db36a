#include <keten/contract.hpp>

using keten::require;

struct Order {
  std::string id;
  keten::Party seller;
  std::string product;
  std::uint32_t pieces = 0;
  std::string due;         ///< as 2026-03-05T12:00:00Z
  keten::Decimal penalty;  ///< in cents for each hour late, as agreed
  KETEN_MESSAGE(Order, id, seller, product, pieces, due, penalty)
};
struct Which {
  std::string id;
  KETEN_MESSAGE(Which, id)
};
struct Arrival {
  std::string id;
  std::uint32_t pieces = 0;
  KETEN_MESSAGE(Arrival, id, pieces)
};
struct Delivery {
  Order order;
  keten::Party buyer;
  std::string state;  ///< ordered, accepted, shipped, delivered, cancelled
  std::uint32_t arrived = 0;
  std::int64_t due_ms = 0;
  keten::Decimal owed;  ///< by the seller, for lateness
  KETEN_MESSAGE(Delivery, order, buyer, state, arrived, due_ms, owed)
};

/// Orders with a deadline: buyer and seller take turns, block time says who is late.
class Deliveries {
 public:
  Delivery order(keten::Tx& tx, const Order& order) {
    require(!deliveries_.contains(order.id), "order_exists", "there is an order " + order.id + " already");
    require(order.pieces > 0, "no_pieces", "an order is for at least one piece");
    require(!order.penalty.negative(), "penalty_negative", "a penalty is not negative");
    require(order.seller != tx.sender(), "own_seller", "buyer and seller are different companies");
    const auto due = keten::parse_time(order.due);
    require(due.has_value(), "due_unreadable", "expected a time as 2026-03-05T12:00:00Z, found " + order.due);
    require(*due > tx.time_ms(), "due_past", "the deadline is over already");
    Delivery delivery{order, tx.sender(), "ordered", 0, *due, {}};
    return keep(tx, delivery, "ordered");
  }
  Delivery accept(keten::Tx& tx, const Which& which) {
    auto delivery = by_seller(tx, which.id, "ordered");
    require(tx.time_ms() < delivery.due_ms, "too_late", "the deadline is over: only the buyer can cancel now");
    return keep(tx, delivery, "accepted");
  }
  Delivery ship(keten::Tx& tx, const Which& which) {
    auto delivery = by_seller(tx, which.id, "accepted");
    return keep(tx, delivery, "shipped");
  }
  /// By the buyer. What arrives late costs the penalty for each hour that has begun.
  Delivery confirm(keten::Tx& tx, const Arrival& arrival) {
    auto delivery = by_buyer(tx, arrival.id);
    require(delivery.state == "shipped", "not_shipped", "the order is " + delivery.state);
    require(arrival.pieces > 0 && arrival.pieces <= delivery.order.pieces - delivery.arrived, "pieces_wrong",
            "expected 1 to " + keten::text_of(delivery.order.pieces - delivery.arrived) + " pieces, found " +
                keten::text_of(arrival.pieces));
    delivery.arrived += arrival.pieces;
    const auto late_ms = tx.time_ms() - delivery.due_ms;
    if (late_ms > 0) {
      const std::int64_t hours = (late_ms + keten::kHourMs - 1) / keten::kHourMs;
      delivery.owed = delivery.order.penalty * keten::Decimal(hours);
    }
    return keep(tx, delivery, delivery.arrived == delivery.order.pieces ? "delivered" : "shipped");
  }
  /// By the buyer: before it is accepted, or when nothing was shipped by the deadline.
  Delivery cancel(keten::Tx& tx, const Which& which) {
    auto delivery = by_buyer(tx, which.id);
    const bool missed = delivery.state == "accepted" && tx.time_ms() >= delivery.due_ms;
    require(delivery.state == "ordered" || missed, "not_cancellable",
            "the order is " + delivery.state + " and its deadline " + delivery.order.due);
    return keep(tx, delivery, "cancelled");
  }

 private:
  Delivery by_seller(const keten::Tx& tx, const std::string& id, std::string_view state) const {
    auto delivery = deliveries_.at(id, "order_unknown");
    require(delivery.order.seller == tx.sender(), "not_seller", "only " + delivery.order.seller + " may do this");
    require(delivery.state == state, "wrong_state",
            "the order is " + delivery.state + ", expected " + std::string(state));
    return delivery;
  }
  Delivery by_buyer(const keten::Tx& tx, const std::string& id) const {
    auto delivery = deliveries_.at(id, "order_unknown");
    require(delivery.buyer == tx.sender(), "not_buyer", "only " + delivery.buyer + " may do this");
    return delivery;
  }
  Delivery keep(keten::Tx& tx, Delivery& delivery, std::string_view state) {
    delivery.state = state;
    deliveries_.put(delivery.order.id, delivery);
    tx.emit(state, delivery.order.id, delivery);
    return delivery;
  }
  keten::Map<Delivery> deliveries_{"deliveries"};
};

KETEN_CONTRACT(Deliveries, "delivery", "1.0.0", order, accept, ship, confirm, cancel)
