#include <algorithm>
#include <iterator>
#include <limits>
#include <vector>

#include "contracts/usage/duties.h"
#include "contracts/usage/methods.h"
#include "contracts/usage/usage_contract.h"
#include "core/check.h"

namespace keten::usage {
namespace {

using contracts::Context;

constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kIdDigits = 64;

struct Due {
  std::string key;   ///< of the deadline
  std::string what;  ///< key of the duty or use
};

/// Oldest first.
std::vector<Due> due_before(Context& context, Milliseconds time) {
  std::vector<Due> due;
  const auto end = due_key(time, "");
  context.scan(as_bytes("due/"), as_bytes(end), [&](ByteView key, ByteView) {
    const std::string text(as_text(key));
    due.push_back({text, text.substr(std::string_view("due/").size() + kTimeDigits + 1)});
    return due.size() < kDueAtOnce;
  });
  return due;
}

void log_is_missing(Context& context, Records& records, const Agreement& agreement, Duties& duties,
                    const std::string& key) {
  auto use = records.get(key);
  CHECK(use.has_value());
  const std::string id(use->find("use")->find_string("id").value_or(""));
  const auto deadline = static_cast<Milliseconds>(use->find("logBy")->as_integer().value_or(0));
  const auto finding = record_finding(context, records, agreement,
                                      {.code = "log_missing",
                                       .message = "use " + id + " was not logged in time",
                                       .subject = id,
                                       .organisation = agreement.consumer,
                                       .deadline = deadline});
  use->set("finding", json::Value::number(static_cast<std::int64_t>(finding)));
  records.set(key, *use, {.kind = kAgreementKind, .id = agreement.id});
  duties.log_missing(std::string(use->find_string("logDuty").value_or("")), 1);
  records.emit("log_missing", agreement.id);
}

}  // namespace

std::vector<contracts::ContractEvent> chase(const contracts::StateReader& state, const contracts::BlockContext& block,
                                            std::uint32_t index, contracts::WriteSet& writes,
                                            std::vector<contracts::IndexEntry>& rows) {
  // The block's own step: nobody has sent it and nobody pays for it, so it is bounded by kDueAtOnce.
  Transaction nobody;
  nobody.body.contract = "usage";
  const contracts::Caller caller;
  Context context(block, nobody, caller, index, state, std::numeric_limits<std::uint64_t>::max());
  Records records(context);
  for (const auto& [deadline, what] : due_before(context, block.time)) {
    records.erase(deadline);
    const auto slash = what.find('/');
    const auto id = what.substr(slash + 1, kIdDigits);
    const auto agreement = find_agreement(context, records, id);
    CHECK(agreement.ok());
    Duties duties(context, records, *agreement);
    if (what.starts_with("use/")) {
      log_is_missing(context, records, *agreement, duties, what);
      continue;
    }
    for (auto& duty : duties.all()) {
      if (duty.key == what && duty.is_open()) { duties.mark_overdue(duty, static_cast<std::int64_t>(block.time)); }
    }
  }
  context.write_heads();
  for (auto& [key, value] : context.take_writes()) { writes.insert_or_assign(key, std::move(value)); }
  std::ranges::move(context.index_entries(), std::back_inserter(rows));
  return std::move(context.events());
}

}  // namespace keten::usage
