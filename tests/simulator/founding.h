#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/registry.h"
#include "core/genesis.h"
#include "core/keys.h"
#include "core/transaction.h"

namespace keten::simulator {

/// The true time when a run begins: more than any clock is behind.
inline constexpr Milliseconds kStartsAfterGenesisMs = 2ULL * 60 * 60 * 1000;

/// What all runs with one number of validators share: genesis, keys, contracts and a stock of signed transactions, made
/// once because real signatures are dear. Read-only afterwards, by any thread.
class Founding {
 public:
  static constexpr std::size_t kTransactions = 4096;
  /// A small share of the stock cannot become final: wrong signature, unknown sender, or expiring soon.
  static constexpr std::uint64_t kForgedEvery = 61;
  static constexpr std::uint64_t kStrangerEvery = 67;
  static constexpr std::uint64_t kAboutEvery = 3;  ///< these are about a lot, which has a head
  static constexpr std::uint64_t kExpiringEvery = 23;
  static constexpr Height kExpiry{1990};
  static constexpr Height kEarlyExpiry{25};
  /// Machines that run beside the validators of the genesis and may join later.
  static constexpr std::size_t kSpares = 2;

  explicit Founding(std::size_t validators);

  [[nodiscard]] const Genesis& genesis() const { return genesis_; }
  [[nodiscard]] const ValidatorSet& validators() const { return validators_; }
  [[nodiscard]] const ChainId& chain_id() const { return chain_id_; }
  [[nodiscard]] const std::vector<KeyPair>& validator_keys() const { return validator_keys_; }
  [[nodiscard]] const contracts::Registry& registry() const { return registry_; }
  [[nodiscard]] const std::vector<TransactionPointer>& transactions() const { return transactions_; }
  /// Known without checking: whether the signature of a stock transaction holds.
  [[nodiscard]] bool is_signed(const Transaction& transaction) const { return !forged_.contains(transaction.id); }
  /// The key that a machine votes with after so many rotations.
  [[nodiscard]] KeyPair node_key(NodeNumber number, std::uint64_t rotations) const;
  [[nodiscard]] std::string node_name(NodeNumber number) const { return "node" + number.text(); }
  /// Whose machine it is.
  [[nodiscard]] std::string organisation_of(NodeNumber number) const {
    return genesis_.organisations[number.value % genesis_.organisations.size()].name;
  }
  [[nodiscard]] const KeyPair& admin(const std::string& organisation) const { return admins_.at(organisation); }
  /// The key of its device, which signs stock.
  [[nodiscard]] const KeyPair& device(const std::string& organisation) const { return devices_.at(organisation); }
  /// What one machine brings to a proposal that adds it.
  [[nodiscard]] GenesisValidator card(NodeNumber number, const KeyPair& key) const;
  struct Call {
    std::string_view method;
    Bytes arguments;
    Height valid_until = {};
    std::uint64_t salt = 0;
    std::string_view contract = "governance";
    std::vector<Payload> payloads = {};
  };
  [[nodiscard]] TransactionPointer govern(const std::string& organisation, const KeyPair& key, Call call) const;
  /// Signed, and by a member.
  [[nodiscard]] bool is_valid(const Transaction& transaction) const {
    return is_signed(transaction) && transaction.body.sender != stranger_;
  }

 private:
  void make_transactions(const std::vector<KeyPair>& senders);

  Genesis genesis_;
  ValidatorSet validators_;
  ChainId chain_id_;
  std::vector<KeyPair> validator_keys_;
  contracts::Registry registry_;
  std::vector<TransactionPointer> transactions_;
  std::set<TransactionId> forged_;
  std::map<std::string, KeyPair> admins_;
  std::map<std::string, KeyPair> devices_;
  PublicKey stranger_;
};

}  // namespace keten::simulator
