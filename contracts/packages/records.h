#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "contracts/governance/records.h"
#include "contracts/packages/arguments.h"
#include "contracts/packages/manifest.h"
#include "core/keys.h"

/// What contract `contracts` keeps in the state, typed. Keys are without `contracts/`. docs/formats/packages.md, "State".
namespace keten::packages {

/// A package that was published.
struct PackageRecord {
  std::string name;
  Version version;
  std::string publisher;
  TransactionId transaction;  ///< that published it: its payload is the package file
  Height published;
  Milliseconds expires = 0;                 ///< the last block time at which it may be approved
  std::map<std::string, Height> approvals;  ///< organisations, and when
  Height approved;                          ///< when a quorum was reached, for good; 0: not yet
  std::uint32_t module_bytes = 0;
  [[nodiscard]] bool is_approved() const { return approved != Height{}; }
};

/// One version of a contract, and from which block on it runs.
struct Activation {
  Hash package;
  Version version;
  Height height;
  friend bool operator==(const Activation&, const Activation&) = default;
};

/// A contract: everything published under one name. Its digest stands in the head of kind `contract`.
struct ContractRecord {
  std::string publisher;                ///< the first one's organisation; nobody else can publish under the name
  std::optional<Activation> active;     ///< at the record's last change
  std::optional<Activation> scheduled;  ///< takes its place at its height
  Height frozen;                        ///< 0: it is not
  Height retired;                       ///< 0: it is not
  std::uint64_t quota = 0;              ///< bytes of keys and values in its namespace

  /// What runs in the block of this height; null when nothing does.
  [[nodiscard]] const Activation* running(Height height) const;
};

/// Votes for one motion about one contract: the last one of each organisation.
struct MotionRecord {
  struct Cast {
    std::uint64_t value = 0;
    Milliseconds expires = 0;  ///< the last block time at which it counts
  };
  std::map<std::string, Cast> votes;  ///< by organisation

  /// Who wants this value at this time.
  [[nodiscard]] std::set<std::string> voters(std::uint64_t value, Milliseconds now) const;
};

/// Where they are read and written. Throws contracts::MalformedState when a record cannot be decoded.
class Records {
 public:
  explicit Records(governance::Store& store) : store_(store) {}

  [[nodiscard]] std::optional<ContractRecord> contract(std::string_view name);
  void set_contract(std::string_view name, const ContractRecord& record);
  [[nodiscard]] std::optional<PackageRecord> package(const Hash& package);
  void set_package(const Hash& package, const PackageRecord& record);
  /// The package and everything it brought. Precondition: it is not approved.
  void erase_package(const Hash& package, const PackageRecord& record);
  [[nodiscard]] std::optional<Hash> version(std::string_view name, const Version& version);
  void set_version(std::string_view name, const Version& version, const Hash& package);
  /// Ascending.
  [[nodiscard]] std::vector<std::pair<Version, Hash>> versions(std::string_view name);
  [[nodiscard]] std::vector<std::string> names(std::size_t most, std::string_view after = {});
  void set_files(const Hash& package, std::string_view manifest, Bytes module);
  [[nodiscard]] std::optional<Bytes> manifest(const Hash& package);
  [[nodiscard]] std::optional<MotionRecord> motion(std::string_view name, Motion motion);
  void set_motion(std::string_view name, Motion motion, const MotionRecord& record);
  void erase_motion(std::string_view name, Motion motion);
  /// Packages of the organisation that wait for approval, or did until they expired.
  [[nodiscard]] std::vector<Hash> open(std::string_view publisher);
  void set_open(std::string_view publisher, const std::vector<Hash>& packages);
  /// Names there are.
  [[nodiscard]] std::uint32_t contract_count();
  void set_contract_count(std::uint32_t count);
  /// Bytes of keys and values in a contract's namespace.
  [[nodiscard]] std::uint64_t used(std::string_view name);
  void set_used(std::string_view name, std::uint64_t bytes);

 private:
  governance::Store& store_;
};

/// Keys without `contracts/`.
[[nodiscard]] Bytes contract_key(std::string_view name);
/// `state/NAME/`: what is behind it is the contract's own.
[[nodiscard]] std::string state_prefix(std::string_view name);
/// Full keys: `contracts/` and a key of it.
[[nodiscard]] Bytes full_key(ByteView key);
[[nodiscard]] Bytes manifest_entry(const Hash& package);
[[nodiscard]] Bytes module_entry(const Hash& package);

/// The state of governance, seen by another contract. It cannot be written, and not be scanned.
class GovernanceReader : public governance::Store {
 public:
  using Read = std::function<std::optional<Bytes>(const Bytes& full_key)>;
  explicit GovernanceReader(Read read) : read_(std::move(read)) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) override;
  void put(ByteView key, Bytes value) override;
  void erase(ByteView key) override;
  void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) override;

 private:
  Read read_;
};

/// Plain state under `contracts/`, to look at.
class StateView : public governance::Store {
 public:
  explicit StateView(const contracts::StateReader& state) : state_(state) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) override;
  void put(ByteView key, Bytes value) override;
  void erase(ByteView key) override;
  void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) override;

 private:
  const contracts::StateReader& state_;
};

}  // namespace keten::packages
