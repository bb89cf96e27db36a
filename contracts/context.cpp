#include "contracts/contract.h"
#include "contracts/fuel.h"
#include "contracts/history_rows.h"
#include "contracts/overlay.h"
#include "core/check.h"
#include "core/limits.h"

namespace keten::contracts {

std::vector<std::optional<Bytes>> StateReader::get_many(std::span<const Bytes> keys) const {
  std::vector<std::optional<Bytes>> values;
  values.reserve(keys.size());
  for (const auto& key : keys) { values.push_back(get(key)); }
  return values;
}

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
                 const StateReader& state, std::uint64_t fuel_limit, packages::ModuleStore* modules)
    : block_(block),
      transaction_(transaction),
      caller_(caller),
      index_(index),
      state_(state),
      fuel_left_(fuel_limit),
      modules_(modules),
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

Context::Within::Within(Context& context, std::string_view contract) : context_(context), prefix_(to_bytes(contract)) {
  prefix_.push_back('/');
  prefix_.swap(context_.prefix_);
}

std::optional<Bytes> Context::get(ByteView key) { return read(full_key(key)); }

std::optional<Bytes> Context::read(const Bytes& full_key) {
  charge(fuel::kGet);
  const auto own = writes_.find(full_key);
  auto value = own != writes_.end() ? own->second : state_.get(full_key);
  if (value) { charge(value->size() * fuel::kReadByte); }
  return value;
}

packages::ModuleStore& Context::modules() const {
  CHECK(modules_ != nullptr);
  return *modules_;
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
  const auto paid = [&](ByteView key, ByteView value) {
    charge(fuel::kScanStep + (key.size() + value.size()) * fuel::kReadByte);
    return visit(key.subspan(prefix_.size()), value);
  };
  Overlay(state_, writes_).scan_past(full_key(first), full_end, paid, [&] { charge(fuel::kScanStep); });
}

void Context::emit(ContractEvent event) {
  charge(fuel::kEvent + (event.kind.size() + event.subject.size() + event.data.size()) * fuel::kEventByte);
  events_.push_back(std::move(event));
}

void Context::index(Bytes key, Bytes value) {
  charge(fuel::kIndexEntry + (key.size() + value.size()) * fuel::kIndexByte);
  index_entries_.push_back({std::move(key), std::move(value)});
}

Head& Context::touched(const Entity& entity) {
  const auto [place, is_new] = heads_.try_emplace(head_key(entity.kind, entity.id));
  auto& [head, state_key] = place->second;
  if (is_new) {
    const bool is_own = as_text(prefix_) == transaction_.body.contract + "/";
    if (is_own && ++own_heads_ > limits::kEntitiesPerTransactionMax) {
      throw Abort{failure(ErrorKind::too_large, "TOO_MANY_ENTITIES",
                          "the transaction is about more than " + std::to_string(limits::kEntitiesPerTransactionMax) +
                              " entities; divide it")};
    }
    charge(fuel::kHead);
    if (const auto stored = state_.get(place->first)) {
      const auto decoded = Head::decode(*stored);
      CHECK(decoded.ok());
      head = *decoded;
    } else {
      head.chain = history_begin(entity.kind, entity.id);
    }
  }
  if (!entity.state_key.empty()) { state_key = full_key(entity.state_key); }
  return head;
}

std::uint64_t Context::add_entry(const Entity& entity, std::uint64_t event, const Hash& content) {
  charge(fuel::kHistoryEntry);
  auto& head = touched(entity);
  head.chain = next_chain(head.chain, {.number = ++head.count,
                                       .height = block_.height,
                                       .time = block_.time,
                                       .transaction = transaction_.id,
                                       .event = event,
                                       .content = content});
  head.height = block_.height;
  return head.count;
}

void Context::add_history_row(const Entity& entity, std::uint64_t number, history_rows::Row row) {
  row.height = block_.height;
  row.transaction = index_;
  index(history_rows::key(entity.kind, entity.id, number), history_rows::encode(row));
}

void Context::about(const Entity& entity, std::uint64_t event, const Fact& fact) {
  CHECK(fact.fields.size() <= kFactFieldsMax);
  const auto number = add_entry(entity, event, fact_content(fact));
  history_rows::Row row;
  row.event = event;
  row.what = fact.what;
  for (const auto field : fact.fields) { row.fields.push_back(to_bytes(field)); }
  add_history_row(entity, number, std::move(row));
}

void Context::about_call(const Entity& entity, std::string_view what, std::uint64_t event) {
  const auto& body = transaction_.body;
  const Fact fact{what, {as_bytes(body.method), as_bytes(caller_.organisation), body.arguments}};
  if (transaction_.id.is_zero()) {
    return about(entity, event, fact);
  }  // a step of the block itself: there is no transaction
  const auto number = add_entry(entity, event, fact_content(fact));
  history_rows::Row row;
  row.event = event;
  row.kept = history_rows::Kept::call;
  row.what = what;
  add_history_row(entity, number, std::move(row));
}

void Context::about_put(const Entity& entity, const Hash& content) {
  history_rows::Row row;
  row.kept = history_rows::Kept::put;
  add_history_row(entity, add_entry(entity, 0, content), std::move(row));
}

void Context::write_heads() {
  for (auto& [key, pending] : heads_) {
    auto& [head, state_key] = pending;
    if (!state_key.empty()) {
      const auto own = writes_.find(state_key);
      const auto value = own != writes_.end() ? own->second : state_.get(state_key);
      charge(value ? value->size() * fuel::kReadByte : 0);
      head.state = value ? entity_state_digest(*value) : Hash{};
    }
    auto value = head.encode();
    charge((key.size() + value.size()) * fuel::kWrittenByte);
    writes_.insert_or_assign(key, std::move(value));
  }
  heads_.clear();
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
  heads_ = std::move(savepoint.heads);
  own_heads_ = savepoint.own_heads;
  events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(savepoint.events), events_.end());
  index_entries_.erase(index_entries_.begin() + static_cast<std::ptrdiff_t>(savepoint.index_entries),
                       index_entries_.end());
}

}  // namespace keten::contracts
