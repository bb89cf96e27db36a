// keten contract rehearse: the last blocks of a ledger once more, with another module in the place of one that ran.
#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "contracts/execute.h"
#include "contracts/governance/membership_state.h"
#include "contracts/overlay.h"
#include "contracts/packages/module_store.h"
#include "contracts/packages/records.h"
#include "node/audit/source.h"
#include "node/storage/commit.h"
#include "tools/keten/options.h"
#include "tools/keten/packages.h"
#include "tools/keten/past_ledger.h"

namespace keten::tools {
namespace {

constexpr std::size_t kShownMax = 50;

/// One way in which the blocks may have gone: changes over the ledger as it was before them.
class Track {
 public:
  Track(const contracts::StateBefore& start, contracts::WriteSet changes)
      : changes_(std::move(changes)), state_(start.state, changes_), proofs_(start.proofs, rows_) {}

  contracts::BlockResult run(const Block& block, const contracts::Registry& registry, const Directory& directory) {
    auto result = contracts::execute_block({.state = state_, .proofs = proofs_}, contracts::block_context(block),
                                           block.transactions, registry, directory, &modules_);
    for (const auto& [key, value] : result.writes) { changes_.insert_or_assign(key, value); }
    for (const auto& row : result.proofs) { rows_.insert_or_assign(row.key, row.value); }
    return result;
  }
  [[nodiscard]] const contracts::StateReader& state() const { return state_; }
  [[nodiscard]] const contracts::WriteSet& changes() const { return changes_; }

 private:
  contracts::WriteSet changes_;
  contracts::WriteSet rows_;
  contracts::Overlay state_;
  contracts::Overlay proofs_;
  packages::ModuleStore modules_;
};

struct Change {
  Height height;
  TransactionId transaction;
  std::string what;  ///< contract and method
  Receipt before;
  Receipt after;
  bool events_differ = false;
};

struct Rehearsal {
  std::string replaced;  ///< versions
  Height first;
  Height last;
  std::uint64_t transactions = 0;
  std::uint64_t fuel_before = 0;
  std::uint64_t fuel_after = 0;
  std::uint64_t verdicts = 0;  ///< transactions that one refuses and the other does not, or for another reason
  std::uint64_t results = 0;   ///< the same verdict, another result, or other events
  std::uint64_t fuel = 0;      ///< the same otherwise
  std::vector<Change> changes;
  std::vector<std::string> keys;  ///< of the state, that differ at the end
  std::uint64_t keys_count = 0;
};

/// The rows that put the candidate in the place of published versions of its contract.
Result<contracts::WriteSet> replacement(const contracts::StateReader& state, const packages::Package& candidate,
                                        const std::string& version, std::string& replaced) {
  packages::StateView view(state);
  packages::Records records(view);
  contracts::WriteSet rows;
  for (const auto& [each, hash] : records.versions(candidate.manifest.name)) {
    if (!version.empty() && each.text() != version) { continue; }
    rows[packages::manifest_entry(hash)] = to_bytes(candidate.manifest.encode());
    rows[packages::module_entry(hash)] = candidate.module;
    replaced += (replaced.empty() ? "" : ", ") + each.text();
  }
  if (!rows.empty()) { return rows; }
  return failure(ErrorKind::not_found, "NOTHING_TO_REPLACE",
                 fmt::format("before these blocks no version {}of {} was published; take more blocks back, or fewer",
                             version.empty() ? "" : version + " ", candidate.manifest.name));
}

void compare(const Block& block, const contracts::BlockResult& before, const contracts::BlockResult& after,
             Rehearsal& rehearsal) {
  for (std::size_t i = 0; i < before.receipts.size(); ++i) {
    const auto& one = before.receipts[i];
    const auto& other = after.receipts[i];
    ++rehearsal.transactions;
    rehearsal.fuel_before += one.fuel_used;
    rehearsal.fuel_after += other.fuel_used;
    const auto same = [](const contracts::ContractEvent& left, const contracts::ContractEvent& right) {
      return left.kind == right.kind && left.subject == right.subject && left.data == right.data;
    };
    const bool events_differ = !std::ranges::equal(before.events[i], after.events[i], same);
    const bool verdict_differs = one.succeeded != other.succeeded || one.reason != other.reason;
    const bool result_differs = one.result != other.result || one.writes_digest != other.writes_digest || events_differ;
    if (verdict_differs) {
      ++rehearsal.verdicts;
    } else if (result_differs) {
      ++rehearsal.results;
    } else if (one.fuel_used != other.fuel_used) {
      ++rehearsal.fuel;
    }
    if ((verdict_differs || result_differs) && rehearsal.changes.size() < kShownMax) {
      const auto& body = block.transactions[i]->body;
      rehearsal.changes.push_back({block.header.height, block.transactions[i]->id, body.contract + "." + body.method,
                                   one, other, events_differ});
    }
  }
}

void compare_state(const Track& before, const Track& after, const contracts::WriteSet& replaced, Rehearsal& rehearsal) {
  contracts::WriteSet touched = before.changes();
  touched.insert(after.changes().begin(), after.changes().end());
  for (const auto& [key, value] : touched) {
    if (replaced.contains(key) || before.state().get(key) == after.state().get(key)) { continue; }
    if (++rehearsal.keys_count <= kShownMax) { rehearsal.keys.push_back(printable(as_text(key))); }
  }
}

Result<Rehearsal> rehearse(const audit::LedgerSource& source, const storage::Snapshot& ledger, Height from,
                           const packages::Package& candidate, const std::string& version) {
  const auto start = storage::state_before(ledger);
  Rehearsal rehearsal;
  auto replaced = replacement(start.state, candidate, version, rehearsal.replaced);
  if (!replaced) { return replaced.error(); }
  Track before(start, {});
  Track after(start, *replaced);
  auto membership = governance::read_membership(start.state);
  if (!membership) { return membership.error(); }
  const auto registry = contracts::built_in_contracts();
  rehearsal.first = from.next();
  rehearsal.last = source.tip().height;
  for (auto height = rehearsal.first; height <= rehearsal.last; ++height) {
    const auto read = source.block(height);
    if (!read) { return read.error(); }
    const auto& block = *read->block;
    const auto one = before.run(block, registry, membership->directory);
    if (read->result && read->result->state_root != one.state_root) {
      return failure(ErrorKind::corrupt, "RESULT_DIFFERS",
                     "without the candidate block " + height.text() +
                         " gives another result than the node's: keten audit "
                         "says more");
    }
    compare(block, one, after.run(block, registry, membership->directory), rehearsal);
    if (governance::changes_membership(one.writes)) {
      membership = governance::membership_after(*membership, before.state(), one.writes);
      if (!membership) { return membership.error(); }
    }
  }
  compare_state(before, after, *replaced, rehearsal);
  return rehearsal;
}

std::string verdict(const Receipt& receipt) { return receipt.succeeded ? "ok" : receipt.reason; }

json::Value to_json(const Receipt& receipt) {
  return json::Value::object()
      .set("verdict", text_value(verdict(receipt)))
      .set("message", text_value(receipt.message))
      .set("result", text_value(to_hex(receipt.result)))
      .set("fuel", number_value(receipt.fuel_used));
}

json::Value to_json(const Rehearsal& rehearsal) {
  auto changes = json::Value::array();
  for (const auto& change : rehearsal.changes) {
    changes.push(json::Value::object()
                     .set("height", number_value(change.height.value))
                     .set("transaction_id", text_value(change.transaction.hex()))
                     .set("call", text_value(change.what))
                     .set("before", to_json(change.before))
                     .set("after", to_json(change.after))
                     .set("eventsDiffer", json::Value::boolean(change.events_differ)));
  }
  auto keys = json::Value::array();
  for (const auto& key : rehearsal.keys) { keys.push(text_value(key)); }
  return json::Value::object()
      .set("replaced", text_value(rehearsal.replaced))
      .set("first", number_value(rehearsal.first.value))
      .set("last", number_value(rehearsal.last.value))
      .set("transactions", number_value(rehearsal.transactions))
      .set("verdictsChanged", number_value(rehearsal.verdicts))
      .set("resultsChanged", number_value(rehearsal.results))
      .set("fuelChanged", number_value(rehearsal.fuel))
      .set("fuelBefore", number_value(rehearsal.fuel_before))
      .set("fuelAfter", number_value(rehearsal.fuel_after))
      .set("changes", std::move(changes))
      .set("keysChanged", number_value(rehearsal.keys_count))
      .set("keys", std::move(keys));
}

void print(Console& console, const Rehearsal& rehearsal, const packages::Manifest& candidate) {
  console.out << fmt::format("{} {} in the place of {}, heights {} to {}, {} transactions\n", candidate.name,
                             candidate.version.text(), rehearsal.replaced, rehearsal.first.value, rehearsal.last.value,
                             rehearsal.transactions);
  console.out << fmt::format("  other verdicts {}, other results or events {}, other fuel alone {}\n",
                             rehearsal.verdicts, rehearsal.results, rehearsal.fuel);
  console.out << fmt::format("  fuel {} before, {} with the candidate\n", rehearsal.fuel_before, rehearsal.fuel_after);
  for (const auto& change : rehearsal.changes) {
    console.out << fmt::format("  height {}  {}  {}  {} -> {}{}  fuel {} -> {}\n", change.height.value,
                               shortened(change.transaction.hex()), printable(change.what), verdict(change.before),
                               verdict(change.after), change.events_differ ? ", other events" : "",
                               change.before.fuel_used, change.after.fuel_used);
    if (!change.after.succeeded) { console.out << "      " << printable(change.after.message) << "\n"; }
  }
  console.out << fmt::format("  {} entries of the state differ at the end\n", rehearsal.keys_count);
  for (const auto& key : rehearsal.keys) { console.out << "    " << key << "\n"; }
}

}  // namespace

int run_contract_rehearse(Console& console, const RehearseOptions& options) {
  const auto candidate = read_package(options.file);
  if (!candidate) { return console.fail(candidate.error()); }
  if (auto guest = packages::make_guest(candidate->manifest, candidate->module); !guest) {
    return console.fail(guest.error());
  }
  const auto past = PastLedger::open(
      {.where = options.where, .target = options.target, .genesis = options.genesis, .state_dir = options.state_dir});
  if (!past) { return console.fail(past.error()); }
  const auto& source = (*past)->source();
  const auto tip = source.tip().height;
  if (tip.value < 2) {
    return console.fail(
        failure(ErrorKind::refused, "NOTHING_TO_REHEARSE",
                fmt::format("the ledger is at height {}: rehearse when it has at least two blocks", tip.value)));
  }
  if (options.blocks == 0 || options.blocks >= tip.value) {
    return console.fail(invalid(
        "USAGE", fmt::format("--blocks: expected 1 to {}, the ledger is at height {}", tip.value - 1, tip.value)));
  }
  const Height from{tip.value - options.blocks};

  const auto database = (*past)->up_to(from, console);
  if (!database) { return console.fail(database.error()); }
  try {
    const auto snapshot = (*database)->snapshot();
    const auto rehearsal = rehearse(source, *snapshot, from, *candidate, options.instead_of);
    if (!rehearsal) { return console.fail(rehearsal.error()); }
    if (options.output == OutputForm::json) {
      console.out << json::pretty(to_json(*rehearsal)) << "\n";
    } else {
      print(console, *rehearsal, candidate->manifest);
    }
  } catch (const storage::ReadFailure& failed) { return console.fail(failed.error()); }
  return kSuccess;
}

}  // namespace keten::tools
