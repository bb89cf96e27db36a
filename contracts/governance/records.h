#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "contracts/contract.h"
#include "contracts/governance/arguments.h"
#include "core/directory.h"
#include "core/genesis.h"
#include "core/validator_set.h"

/// What governance keeps in the state, typed. Keys are without `governance/`. docs/formats/governance.md, "State".
namespace keten::governance {

/// A company. Names are never used again.
struct OrganisationRecord {
  std::uint32_t keys = 0;    ///< valid keys of its users and devices
  std::uint32_t admins = 0;  ///< of these, how many may govern
  Height joined;
  Height left;  ///< 0: it is a member
  [[nodiscard]] bool is_member() const { return left == Height{}; }
};

/// A key of a user, device or validator. Keys are never registered again.
struct KeyRecord {
  RegisteredKey registered;
  Height since;
  Height revoked;  ///< 0: valid
  [[nodiscard]] bool is_valid() const { return revoked == Height{}; }
};

enum class Standing : std::uint8_t {
  joining = 0,     ///< in the pending rules only
  validating = 1,  ///< in the current set
  following = 2,   ///< may connect
  left = 3,
};

struct NodeRecord {
  std::string organisation;
  std::string name;
  Standing standing = Standing::joining;
  Height since;                               ///< of its standing
  std::vector<PublicKey> keys;                ///< newest first, at most limits::kFormerKeysMax
  std::vector<std::string> tls_certificates;  ///< newest first, at most two; none when it left
  std::string peer_address;
};

/// Rules of one epoch; kept for ever, so that every past set can be looked up.
struct EpochRecord {
  Height since;  ///< its first block is the next one
  Parameters parameters;
  std::vector<Validator> validators;
};

/// The rules of the next epoch.
struct PendingRecord {
  Parameters parameters;
  std::vector<Validator> validators;
  std::map<NodeNumber, Afterwards> leaving;  ///< validators of the current set
  std::map<NodeNumber, Height> ready;        ///< and the block that recorded it
  Height frozen;                             ///< the block that made it complete; 0: still open
  [[nodiscard]] bool is_frozen() const { return frozen != Height{}; }
};

enum class ChangeStatus : std::uint8_t { open = 0, applied = 1, withdrawn = 2, expired = 3 };
[[nodiscard]] std::string_view change_status_name(ChangeStatus status);

struct ChangeRecord {
  std::string proposer;  ///< organisation
  PublicKey key;         ///< that signed the proposal
  Height height;
  Milliseconds time = 0;     ///< of that block
  Milliseconds expires = 0;  ///< the last block time at which it may be approved
  ChangeStatus status = ChangeStatus::open;
  Height closed;                    ///< 0: open
  std::set<std::string> approvals;  ///< organisations
  Bytes proposal;                   ///< arguments of change.propose
};

/// Where records are read and written: a Context while a transaction runs, plain state otherwise.
class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual std::optional<Bytes> get(ByteView key) = 0;
  virtual void put(ByteView key, Bytes value) = 0;
  virtual void erase(ByteView key) = 0;
  virtual void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) = 0;
};

class ContextStore : public Store {
 public:
  explicit ContextStore(contracts::Context& context) : context_(context) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) override { return context_.get(key); }
  void put(ByteView key, Bytes value) override { context_.put(key, std::move(value)); }
  void erase(ByteView key) override { context_.erase(key); }
  void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) override {
    context_.scan(first, end, visit);
  }

 private:
  contracts::Context& context_;
};

/// Reads a state and collects what is written, under full keys. A scan sees the state only.
class StateStore : public Store {
 public:
  explicit StateStore(const contracts::StateReader& state) : state_(state) {}
  [[nodiscard]] std::optional<Bytes> get(ByteView key) override;
  void put(ByteView key, Bytes value) override;
  void erase(ByteView key) override;
  void scan(ByteView first, ByteView end, const contracts::StateReader::Visit& visit) override;
  [[nodiscard]] contracts::WriteSet take_writes() { return std::move(writes_); }

 private:
  const contracts::StateReader& state_;
  contracts::WriteSet writes_;
};

/// Typed reads and writes. Throws contracts::MalformedState when a record cannot be decoded.
class Records {
 public:
  explicit Records(Store& store) : store_(store) {}

  [[nodiscard]] std::optional<OrganisationRecord> organisation(std::string_view name);
  void set_organisation(std::string_view name, const OrganisationRecord& record);
  [[nodiscard]] std::uint32_t organisation_count();

  [[nodiscard]] std::optional<KeyRecord> key(const PublicKey& key);
  void set_key(const PublicKey& key, const KeyRecord& record);
  void revoke_key(const PublicKey& key, Height height);
  /// The valid key of a user or device.
  [[nodiscard]] std::optional<PublicKey> user(std::string_view organisation, std::string_view name);
  void set_user(std::string_view organisation, std::string_view name, const PublicKey& key);
  void erase_user(std::string_view organisation, std::string_view name);
  [[nodiscard]] std::vector<PublicKey> users(std::string_view organisation);
  /// Of all organisations.
  [[nodiscard]] std::vector<PublicKey> users();

  [[nodiscard]] std::map<NodeNumber, NodeRecord> nodes();
  [[nodiscard]] std::optional<NodeRecord> node(NodeNumber number);
  void set_node(NodeNumber number, const NodeRecord& record);

  [[nodiscard]] Epoch current_epoch();
  void set_current_epoch(Epoch epoch);
  [[nodiscard]] std::optional<EpochRecord> epoch(Epoch epoch);
  [[nodiscard]] EpochRecord current();
  void set_epoch(Epoch epoch, const EpochRecord& record);
  [[nodiscard]] std::optional<PendingRecord> pending();
  void set_pending(const PendingRecord& record);
  void erase_pending();

  [[nodiscard]] std::optional<ChangeRecord> change(ChangeId id);
  void set_change(ChangeId id, const ChangeRecord& record);
  /// Ascending.
  [[nodiscard]] std::vector<ChangeId> open_changes();
  void set_open_changes(const std::vector<ChangeId>& ids);

  [[nodiscard]] ChangeId take_change_id();
  [[nodiscard]] ChangeId next_change_id();
  /// None when all are used.
  [[nodiscard]] std::optional<NodeNumber> take_node_number();
  void count_organisation();

 private:
  struct Counters {
    std::uint32_t organisations = 0;
    std::uint32_t nodes = 0;
    ChangeId next_change{1};
  };
  [[nodiscard]] Counters counters();
  /// `first` is a prefix.
  [[nodiscard]] std::vector<PublicKey> users_from(const Bytes& first);
  void set_counters(const Counters& counters);

  Store& store_;
};

/// Aborts when the bytes are none: the state is our own.
[[nodiscard]] KeyRecord decode_key_record(ByteView bytes);
[[nodiscard]] NodeRecord decode_node_record(ByteView bytes);

/// Full keys, for reads outside of execution.
[[nodiscard]] Bytes key_entry(const PublicKey& key);
[[nodiscard]] Bytes node_entry(NodeNumber number);
[[nodiscard]] Bytes epoch_entry(Epoch epoch);

}  // namespace keten::governance
