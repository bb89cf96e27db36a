#include <optional>
#include <string>
#include <utility>

#include "contracts/history_rows.h"
#include "contracts/record_contract.h"
#include "core/limits.h"
#include "node/query/proof_parts.h"

namespace keten::query {
namespace {

namespace rows = contracts::history_rows;

Error damaged(const proof::Entity& entity, const std::string& what) {
  return failure(ErrorKind::corrupt, "STORAGE_CORRUPT", "history of " + entity.kind + " " + entity.id + ": " + what);
}

/// What one row of the index leads to.
class Entries {
 public:
  explicit Entries(const LedgerView& view) : view_(view) {}

  Result<proof::HistoryEntry> entry(const rows::Row& row) {
    proof::HistoryEntry result;
    if (auto read = read_block(row.height); !read) { return read.error(); }
    result.height = row.height;
    result.time = time_;
    // What the genesis says is in no transaction.
    if (row.height.value > 0 && row.transaction < receipts_.size()) {
      result.transaction = receipts_[row.transaction].transaction;
    }
    result.event = static_cast<std::uint32_t>(row.event);
    if (row.kept == rows::Kept::here) {
      result.content = proof::FactContent{row.what, row.fields};
      return result;
    }
    const auto transaction = view_.transaction_at({row.height, row.transaction});
    if (!transaction) { return transaction.error(); }
    const auto& body = (*transaction)->body;
    if (row.kept == rows::Kept::call) {
      result.content =
          proof::FactContent{row.what, {to_bytes(body.method), to_bytes(body.organisation), body.arguments}};
      return result;
    }
    auto put = contracts::RecordPut::decode(body.arguments);
    if (!put) { return put.error(); }
    result.content = proof::RecordContent{std::move(put->key), std::move(put->value)};
    return result;
  }

 private:
  Status read_block(Height height) {
    if (height_ == height) { return kDone; }
    const auto record = view_.record(height);
    if (!record) { return record.error(); }
    receipts_.clear();
    if (height.value > 0) {
      auto receipts = view_.receipts(height);
      if (!receipts) { return receipts.error(); }
      receipts_ = std::move(*receipts);
    }
    time_ = record->header.time;
    height_ = height;
    return kDone;
  }

  const LedgerView& view_;
  std::optional<Height> height_;
  Milliseconds time_ = 0;
  std::vector<Receipt> receipts_;
};

}  // namespace

Result<proof::HistoryProof> Histories::recorded(const proof::Entity& entity) {
  auto result = head(entity);
  if (!result) { return result.error(); }
  const auto count = result->head.count;
  if (count > kProofEntriesMax) {
    return failure(ErrorKind::too_large, "PROOF_TOO_LARGE",
                   "at most " + std::to_string(kProofEntriesMax) + " entries fit into one proof; " + entity.kind + " " +
                       entity.id + " has " + std::to_string(count));
  }
  std::optional<Error> problem;
  Entries entries(view_);
  std::size_t bytes = 0;
  view_.index().scan(rows::key(entity.kind, entity.id, 1), rows::key(entity.kind, entity.id, count + 1),
                     [&](ByteView, ByteView value) {
                       const auto row = rows::decode(value);
                       auto entry = row ? entries.entry(*row) : damaged(entity, "a row of the index is none");
                       if (!entry) {
                         problem = entry.error();
                         return false;
                       }
                       bytes += value.size();
                       if (bytes > proof::kProofBytesMax) {
                         problem = failure(ErrorKind::too_large, "PROOF_TOO_LARGE",
                                           entity.kind + " " + entity.id + " has more to show than a proof may hold");
                         return false;
                       }
                       result->entries.push_back(std::move(*entry));
                       return true;
                     });
  if (problem) { return *problem; }
  if (result->entries.size() != count) {
    return damaged(entity, "expected " + std::to_string(count) + " rows in the index, found " +
                               std::to_string(result->entries.size()) +
                               "; remove the folder state, and the node builds it again from its blocks");
  }
  return result;
}

}  // namespace keten::query
