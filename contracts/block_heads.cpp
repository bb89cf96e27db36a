#include "contracts/block_heads.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "contracts/history_rows.h"
#include "core/check.h"

namespace keten::contracts {

void BlockHeads::about(std::string_view kind, std::string_view id, Bytes state_key, const Fact& fact) {
  const auto [place, is_new] = heads_.try_emplace(head_key(kind, id));
  auto& [head, key] = place->second;
  if (is_new) {
    if (const auto stored = state_.get(place->first)) {
      const auto decoded = Head::decode(*stored);
      CHECK(decoded.ok());
      head = *decoded;
    } else {
      head.chain = history_begin(kind, id);
    }
  }
  key = std::move(state_key);
  const auto event = events_++;
  head.chain = next_chain(head.chain, {.number = ++head.count,
                                       .height = block_.height,
                                       .time = block_.time,
                                       .transaction = {},
                                       .event = event,
                                       .content = fact_content(fact)});
  head.height = block_.height;
  history_rows::Row row;
  row.height = block_.height;
  row.transaction = history_rows::kNoTransaction;
  row.event = event;
  row.what = fact.what;
  for (const auto field : fact.fields) { row.fields.push_back(to_bytes(field)); }
  rows_.push_back({history_rows::key(kind, id, head.count), history_rows::encode(row)});
}

void BlockHeads::finish(WriteSet& writes, std::vector<IndexEntry>& index) {
  for (auto& [key, touched] : heads_) {
    auto& [head, state_key] = touched;
    const auto own = writes.find(state_key);
    const auto value = own != writes.end() ? own->second : state_.get(state_key);
    head.state = value ? entity_state_digest(*value) : Hash{};
    writes.insert_or_assign(key, head.encode());
  }
  std::ranges::move(rows_, std::back_inserter(index));
  heads_.clear();
  rows_.clear();
}

}  // namespace keten::contracts
