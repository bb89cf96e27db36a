#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "contracts/execute.h"
#include "contracts/governance/member_history.h"
#include "contracts/governance/records.h"
#include "contracts/history_rows.h"
#include "core/commitment.h"
#include "tests/unit/contracts/ledger_fixture.h"

namespace keten::governance::test {

/// After every block: the history of each member folds to its head, ends with what the state says, and names each of its records.
class MemberHistories {
 public:
  void keep(const contracts::BlockResult& result, Height height, Milliseconds time,
            const keten::test::MapState& state) {
    times_[height] = time;
    for (const auto& receipt : result.receipts) { transactions_[height].push_back(receipt.transaction); }
    for (const auto& row : result.index_entries) { rows_[row.key] = row.value; }
    std::map<std::string, std::map<Bytes, Bytes>> records;
    contracts::WriteSet all;
    for (const auto& [key, value] : state.entries) { all.emplace(key, value); }
    for (const auto& record : member_records(all)) { records[record.organisation][record.key] = record.value; }
    for (const auto& [organisation, expected] : records) {
      BOOST_TEST((newest_records(organisation, state) == expected), "history of member " << organisation);
    }
  }

 private:
  std::map<Bytes, Bytes> newest_records(const std::string& organisation, const keten::test::MapState& state) const {
    namespace rows = contracts::history_rows;
    std::map<Bytes, Bytes> newest;
    const auto stored = state.get(head_key(kMemberKind, organisation));
    BOOST_REQUIRE_MESSAGE(stored.has_value(), "no head of " << organisation);
    const auto head = Head::decode(*stored);
    auto chain = history_begin(kMemberKind, organisation);
    Height last;
    for (std::uint64_t number = 1; number <= head->count; ++number) {
      const auto row = rows::decode(rows_.at(rows::key(kMemberKind, organisation, number)));
      BOOST_REQUIRE(row.has_value());
      const bool is_of_block = row->transaction == rows::kNoTransaction;
      chain = next_chain(
          chain, {.number = number,
                  .height = row->height,
                  .time = times_.at(row->height),
                  .transaction = is_of_block ? TransactionId{} : transactions_.at(row->height).at(row->transaction),
                  .event = row->event,
                  .content = fact_content({row->what, {row->fields.begin(), row->fields.end()}})});
      newest[row->fields.at(0)] = row->fields.at(1);
      last = row->height;
    }
    BOOST_TEST((chain == head->chain), "history of member " << organisation);
    BOOST_TEST((last == head->height));
    BOOST_TEST((entity_state_digest(newest[member_key(organisation)]) == head->state));
    return newest;
  }

  std::map<Height, Milliseconds> times_;
  std::map<Height, std::vector<TransactionId>> transactions_;
  std::map<Bytes, Bytes> rows_;
};

}  // namespace keten::governance::test
