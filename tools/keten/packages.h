#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "client/ledger_client.h"
#include "contracts/contract.h"
#include "contracts/packages/package_file.h"
#include "core/result.h"

namespace keten::tools {

/// A package file, and everything in it that can be checked without a ledger. Fails with FILE_UNREADABLE and the reasons
/// of Package::decode.
Result<packages::Package> read_package(const std::string& file);

/// Rows of a node's state, read as they were asked for. Different reads may be of different heights.
class LedgerRows final : public contracts::StateReader {
 public:
  /// Everything of the contract whose key begins with `prefix`, which is without `<contract>/`.
  Status read(const client::LedgerClient& ledger, std::string_view contract, ByteView prefix);
  Status read(const client::LedgerClient& ledger, std::string_view contract, std::string_view prefix) {
    return read(ledger, contract, as_bytes(prefix));
  }
  /// Governance, and of `contracts` what views of the contract need; of all contracts when the name is empty.
  Status read_contract(const client::LedgerClient& ledger, std::string_view name);

  /// Of the newest read.
  [[nodiscard]] Height height() const { return height_; }
  [[nodiscard]] std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView first, ByteView end, const Visit& visit) const override;

 private:
  Height height_;
  std::map<Bytes, Bytes> rows_;
};

}  // namespace keten::tools
