#include "tools/keten/ledger_rows.h"

#include <algorithm>
#include <utility>

#include "contracts/overlay.h"
#include "core/check.h"
#include "node/storage/database.h"

namespace keten::tools {
namespace {

constexpr std::uint32_t kPageEntries = 100;

/// A full key is `<contract>/<key>`.
std::pair<std::string, Bytes> divided(ByteView key) {
  const auto slash = std::ranges::find(key, '/');
  CHECK(slash != key.end());
  return {std::string(key.begin(), slash), Bytes(slash + 1, key.end())};
}

Bytes key_of(const std::string& contract, ByteView key) {
  auto whole = to_bytes(contract + "/");
  whole.insert(whole.end(), key.begin(), key.end());
  return whole;
}

}  // namespace

Status check_page(const client::StatePage& page, ByteView first, ByteView end, Height height) {
  const auto refused = [](const std::string& what) {
    return failure(ErrorKind::corrupt, "RESPONSE_MALFORMED", "the node's answer about its state " + what);
  };
  if (height != Height{} && page.found.height != height) {
    return refused("is of height " + page.found.height.text() + ", and it was asked for " + height.text());
  }
  const Bytes* before = nullptr;
  for (const auto& [key, value] : page.found.entries) {
    if (contracts::key_less(key, first) || (!end.empty() && !contracts::key_less(key, end))) {
      return refused("holds a row that it was not asked for");
    }
    if (before != nullptr && !contracts::key_less(*before, key)) { return refused("is not in the order of its keys"); }
    before = &key;
  }
  return kDone;
}

client::StatePage LedgerRows::page(std::string contract, Bytes first, Bytes end, std::uint32_t limit) const {
  const auto from = key_of(contract, first);
  const auto behind = end.empty() ? Bytes{} : key_of(contract, end);
  auto answer = ledger_->state_page({.contract = std::move(contract),
                                     .first = std::move(first),
                                     .end = std::move(end),
                                     .height = height_,
                                     .limit = limit});
  if (!answer) { throw storage::ReadFailure(answer.error()); }
  if (auto kept = check_page(*answer, from, behind, height_); !kept) { throw storage::ReadFailure(kept.error()); }
  height_ = answer->found.height;
  return std::move(*answer);
}

Height LedgerRows::height() const {
  if (height_ == Height{}) { (void)page("governance", to_bytes("current"), to_bytes("currenu"), 1); }
  return height_;
}

std::optional<Bytes> LedgerRows::get(ByteView key) const {
  auto whole = to_bytes(key);
  if (const auto found = known_.find(whole); found != known_.end()) { return found->second; }
  auto [contract, first] = divided(key);
  auto end = first;
  end.push_back(0);
  auto answer = page(std::move(contract), std::move(first), std::move(end), 1);
  auto& entries = answer.found.entries;
  auto value = entries.empty() || entries.front().first != whole ? std::nullopt
                                                                 : std::optional(std::move(entries.front().second));
  known_.emplace(std::move(whole), value);
  return value;
}

void LedgerRows::scan(ByteView first, ByteView end, const Visit& visit) const {
  const auto [contract, begin] = divided(first);
  Bytes behind;
  if (!end.empty() && std::ranges::find(end, '/') != end.end()) {
    auto [contract_of_end, rest] = divided(end);
    if (contract_of_end == contract) { behind = std::move(rest); }
  }
  for (auto from = begin;;) {
    auto answer = page(contract, from, behind, kPageEntries);
    for (auto& [key, value] : answer.found.entries) {
      const auto& kept = known_.insert_or_assign(key, std::move(value)).first->second;
      if (!visit(key, *kept)) { return; }
    }
    if (!answer.more || answer.found.entries.empty()) { return; }
    from = divided(answer.found.entries.back().first).second;
    from.push_back(0);
  }
}

}  // namespace keten::tools
