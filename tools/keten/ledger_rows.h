#pragma once

#include <map>
#include <optional>
#include <string>

#include "client/ledger_client.h"
#include "contracts/contract.h"

namespace keten::tools {

/// Whether a page holds what was asked for: rows in [first, end) of one height (0: any), in the order of their keys. An empty `end` is
/// no bound. Fails with RESPONSE_MALFORMED.
[[nodiscard]] Status check_page(const client::StatePage& page, ByteView first, ByteView end, Height height);

/// A node's state after one height, the newest of the first read. Rows come as they are asked for, a bounded page at a time, and are
/// kept; so a program that looks at one thing reads one thing. Throws storage::ReadFailure when the node cannot be asked or has no
/// longer that height (STATE_GONE), or answers something else (RESPONSE_MALFORMED). What the node says is not proved.
class LedgerRows final : public contracts::StateReader {
 public:
  /// Borrows the ledger.
  explicit LedgerRows(const client::LedgerClient& ledger) : ledger_(&ledger) {}

  /// Reads something when nothing was read yet.
  [[nodiscard]] Height height() const;
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  /// An empty `end` is the end of the contract's namespace.
  void scan(ByteView first, ByteView end, const Visit& visit) const override;

 private:
  [[nodiscard]] client::StatePage page(std::string contract, Bytes first, Bytes end, std::uint32_t limit) const;

  const client::LedgerClient* ledger_;
  mutable Height height_;
  mutable std::map<Bytes, std::optional<Bytes>> known_;
};

}  // namespace keten::tools
