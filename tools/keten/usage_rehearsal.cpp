#include "tools/keten/usage_rehearsal.h"

#include <optional>
#include <utility>

#include "contracts/contract.h"
#include "contracts/usage/ledger_records.h"
#include "contracts/usage/usage_contract.h"
#include "core/hash.h"
#include "core/limits.h"

namespace keten::tools {
namespace {

constexpr std::uint64_t kFuel = 150'000'000;
/// Whoever has given a use this id cannot rehearse under that agreement: USE_ID_USED.
constexpr std::string_view kUseId = "?rehearsed";

/// The state of a node after one block, asked for entry by entry. A node that fails ends the execution.
class NodeState final : public contracts::StateReader {
 public:
  NodeState(const client::LedgerClient& ledger, Height height) : ledger_(ledger), height_(height) {}

  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override {
    auto end = to_bytes(key);
    end.push_back(0);
    std::optional<Bytes> found;
    scan(key, end, [&](ByteView, ByteView value) {
      found = to_bytes(value);
      return false;
    });
    return found;
  }

  void scan(ByteView first, ByteView end, const Visit& visit) const override {
    const std::string contract(as_text(first).substr(0, as_text(first).find('/')));
    const auto skip = contract.size() + 1;
    client::StateRange range;
    range.contract = contract;
    range.first = to_bytes(first.subspan(skip));
    if (end.size() > skip) { range.end = to_bytes(end.subspan(skip)); }
    range.height = height_;
    for (bool more = true; more;) {
      const auto page = ledger_.state_page(range);
      if (!page) { throw contracts::Abort{page.error()}; }
      more = page->more && !page->found.entries.empty();
      for (const auto& [key, value] : page->found.entries) {
        if (!visit(key, value)) { return; }
        range.first = to_bytes(ByteView(key).subspan(skip));
        range.first.push_back(0);
      }
    }
  }

 private:
  const client::LedgerClient& ledger_;
  Height height_;
};

}  // namespace

Result<RehearsedUse> rehearse_use(const UsageSession& session, const std::string& agreement,
                                  const std::string& consumer, json::Value use) {
  const auto height = session.status.executed_height;
  const auto block = session.ledger.block(height);
  if (!block) { return block.error(); }
  use.set("id", text_value(std::string(kUseId)));
  const auto arguments = json::Value::object()
                             .set("agreement", text_value(agreement))
                             .set("uses", json::Value::array().push(std::move(use)));
  Transaction transaction;
  transaction.body.organisation = consumer;
  transaction.body.contract = "usage";
  transaction.body.method = "permit";
  transaction.body.arguments = to_bytes(json::canonical(arguments));
  transaction.id = Hasher("keten/rehearsal/1").sized(transaction.body.arguments).finish();
  const usage::UsageContract contract;
  if (auto checked = contract.check(transaction); !checked) { return checked.error(); }
  const NodeState state(session.ledger, height);
  const contracts::BlockContext now{session.status.chain_id, height, block->header.time};
  const contracts::Caller caller{consumer, {}, Roles{Role::submitter}, {}};
  try {
    contracts::Context context(now, transaction, caller, 0, state, kFuel);
    const auto result = contract.execute(context);
    if (!result) { return result.error(); }
    RehearsedUse rehearsed;
    rehearsed.time = block->header.time;
    const auto writes = context.take_writes();
    const auto written = writes.find(to_bytes("usage/" + usage::use_key(agreement, kUseId)));
    if (written == writes.end() || !written->second) {
      return failure(ErrorKind::corrupt, "NOT_REHEARSED", "the contract has recorded no use");
    }
    auto record = json::parse(as_text(*written->second));
    if (!record) { return record.error(); }
    rehearsed.record = std::move(*record);
    const auto before = state.get(as_bytes("usage/" + usage::counters_key(agreement)));
    auto counters = before ? json::parse(as_text(*before)) : Result<json::Value>(json::Value::object());
    if (!counters) { return counters.error(); }
    rehearsed.counters = std::move(*counters);
    return rehearsed;
  } catch (const contracts::Abort& abort) { return abort.error; }
}

}  // namespace keten::tools
