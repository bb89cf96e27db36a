#include "contracts/contract.h"
#include "contracts/fuel.h"
#include "contracts/overlay.h"

namespace keten::contracts {

void StateReader::scan_back(ByteView first, ByteView end, const Visit& visit) const {
  std::vector<std::pair<Bytes, Bytes>> rows;
  scan(first, end, [&](ByteView key, ByteView value) {
    rows.emplace_back(to_bytes(key), to_bytes(value));
    return true;
  });
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (!visit(row->first, row->second)) { return; }
  }
}

Context::Context(const BlockContext& block, const Transaction& transaction, const Caller& caller, std::uint32_t index,
                 const StateReader& state, std::uint64_t fuel_limit)
    : block_(block),
      transaction_(transaction),
      caller_(caller),
      index_(index),
      state_(state),
      fuel_left_(fuel_limit),
      prefix_(to_bytes(transaction.body.contract)) {
  prefix_.push_back('/');
}

Bytes Context::full_key(ByteView key) const {
  Bytes full;
  full.reserve(prefix_.size() + key.size());
  full.insert(full.end(), prefix_.begin(), prefix_.end());
  full.insert(full.end(), key.begin(), key.end());
  return full;
}

std::optional<Bytes> Context::get(ByteView key) {
  charge(fuel::kGet);
  const auto full = full_key(key);
  const auto own = writes_.find(full);
  auto value = own != writes_.end() ? own->second : state_.get(full);
  if (value) { charge(value->size() * fuel::kReadByte); }
  return value;
}

void Context::put(ByteView key, Bytes value) {
  auto full = full_key(key);
  charge(fuel::kPut + (full.size() + value.size()) * fuel::kWrittenByte);
  writes_.insert_or_assign(std::move(full), std::move(value));
}

void Context::erase(ByteView key) {
  auto full = full_key(key);
  charge(fuel::kErase + full.size() * fuel::kWrittenByte);
  writes_.insert_or_assign(std::move(full), std::nullopt);
}

void Context::scan(ByteView first, ByteView end, const StateReader::Visit& visit) {
  charge(fuel::kScan);
  auto full_end = full_key(end);
  if (end.empty()) { full_end.back() = '/' + 1; }  // the first key behind the namespace
  Overlay(state_, writes_).scan(full_key(first), full_end, [&](ByteView key, ByteView value) {
    charge(fuel::kScanStep + (key.size() + value.size()) * fuel::kReadByte);
    return visit(key.subspan(prefix_.size()), value);
  });
}

void Context::emit(ContractEvent event) {
  charge(fuel::kEvent + (event.kind.size() + event.subject.size() + event.data.size()) * fuel::kEventByte);
  events_.push_back(std::move(event));
}

void Context::index(Bytes key, Bytes value) {
  charge(fuel::kIndexEntry + (key.size() + value.size()) * fuel::kIndexByte);
  index_entries_.push_back({std::move(key), std::move(value)});
}

void Context::charge(std::uint64_t fuel) {
  if (fuel > fuel_left_) {
    fuel_left_ = 0;
    throw Abort{failure(ErrorKind::refused, "OUT_OF_FUEL",
                        "the transaction's fuel_limit of " + std::to_string(transaction_.body.fuel_limit) +
                            " does not pay for what it does; sign it again with a higher limit")};
  }
  fuel_left_ -= fuel;
}

void Context::roll_back(Savepoint savepoint) {
  writes_ = std::move(savepoint.writes);
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(savepoint.events), events_.end());
  index_entries_.erase(index_entries_.begin() + static_cast<std::ptrdiff_t>(savepoint.index_entries),
                       index_entries_.end());
}

}  // namespace keten::contracts
