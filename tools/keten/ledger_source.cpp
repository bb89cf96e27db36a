#include "tools/keten/ledger_source.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "client/ledger_client.h"
#include "core/encoding.h"
#include "node/audit/directory_source.h"
#include "node/audit/epoch_entry.h"
#include "tools/keten/governance.h"

namespace keten::tools {
namespace {

Error forged(std::string reason, std::string message) {
  return failure(ErrorKind::corrupt, std::move(reason), std::move(message));
}

/// A running node's gRPC API, up to the height that it had executed at the beginning.
class EndpointSource final : public audit::LedgerSource {
 public:
  EndpointSource(std::string name, client::LedgerClient ledger, audit::Tip tip)
      : name_(std::move(name)), ledger_(std::move(ledger)), tip_(tip) {}

  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] audit::Tip tip() const override { return tip_; }
  [[nodiscard]] Result<audit::SourceBlock> block(Height height) const override {
    return fetch(height, client::LedgerClient::BlockContent::transactions);
  }
  [[nodiscard]] Result<audit::SourceBlock> header(Height height) const override {
    return fetch(height, client::LedgerClient::BlockContent::ids);
  }
  [[nodiscard]] Result<std::optional<std::vector<Receipt>>> receipts(Height /*height*/) const override {
    return std::optional<std::vector<Receipt>>{};
  }
  [[nodiscard]] Result<EpochEntry> epoch(Epoch epoch) const override {
    const auto state = GovernanceState::read(ledger_);
    if (!state) { return state.error(); }
    return audit::read_epoch_entry(*state, epoch);
  }

 private:
  [[nodiscard]] Result<audit::SourceBlock> fetch(Height height, client::LedgerClient::BlockContent content) const {
    auto found = ledger_.block(height, content);
    if (!found) {
      // It said that it has executed this height: then it must have the block.
      if (found.error().kind != ErrorKind::not_found) { return found.error(); }
      return forged("BLOCK_MISSING", "the node has executed height " + tip_.height.text() +
                                         " and does not give the block: " + found.error().message);
    }
    if (found->header.id() != found->id) {
      return forged("BLOCK_DIFFERS",
                    "the node calls it " + found->id.hex() + ", its header is " + found->header.id().hex());
    }
    auto block = std::make_shared<Block>();
    block->header = found->header;
    audit::SourceBlock source;
    for (std::size_t i = 0; i < found->transactions.size(); ++i) {
      source.bytes += found->transactions[i].size();
      auto transaction = decode_transaction(found->transactions[i]);
      if (!transaction) {
        return forged(transaction.error().reason,
                      "transaction number " + std::to_string(i) + ": " + transaction.error().message);
      }
      block->transactions.push_back(std::move(*transaction));
    }
    block->evidence = std::move(found->evidence);
    source.block = std::move(block);
    if (!found->finalization.empty()) {
      Reader reader(found->finalization);
      auto finalization = Certificate::decode(reader);
      if (auto end = reader.finish("finalization"); !end) {
        return forged("FINALIZATION_INVALID", end.error().message);
      }
      // The node gives a descendant's where there is no own one; that stands at its own height.
      if (finalization.subject.block == found->id) { source.finalization = std::move(finalization); }
    }
    if (!found->state_root.is_zero()) {
      source.result = audit::StoredResult{found->state_root, found->receipts_root, found->commitments};
    }
    return source;
  }

  std::string name_;
  client::LedgerClient ledger_;
  audit::Tip tip_;
};

}  // namespace

Result<std::unique_ptr<audit::LedgerSource>> open_ledger(const std::string& where, TargetOptions target,
                                                         const ChainId& chain) {
  std::error_code ignored;
  if (!where.empty() && std::filesystem::is_directory(where, ignored)) {
    auto source = audit::DirectorySource::open(where, chain);
    if (!source) { return source.error(); }
    return std::unique_ptr<audit::LedgerSource>(std::move(*source));
  }
  if (where.find('/') != std::string::npos) {
    return failure(ErrorKind::not_found, "LEDGER_MISSING", "there is no directory " + where);
  }
  if (where.find(':') != std::string::npos) {
    target.endpoint = where;
    target.state.clear();
  } else if (!where.empty()) {
    target.node = where;
  }
  const auto found = find_target(target);
  if (!found) { return found.error(); }
  auto ledger = found->ledger();
  if (!ledger) { return ledger.error(); }
  const auto status = ledger->status();
  if (!status) { return status.error(); }
  if (status->chain_id != chain) {
    return failure(
        ErrorKind::refused, "WRONG_CHAIN",
        found->node.grpc + " is of chain " + status->chain_id.hex() + ", the genesis is of chain " + chain.hex());
  }
  const audit::Tip tip{status->executed_height, status->state_root};
  return std::unique_ptr<audit::LedgerSource>(
      std::make_unique<EndpointSource>(found->node.name + " at " + found->node.grpc, std::move(*ledger), tip));
}

}  // namespace keten::tools
