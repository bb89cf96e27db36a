#include "contracts/governance/genesis_state.h"

#include "contracts/governance/records.h"
#include "core/check.h"

namespace keten::governance {
namespace {

/// Before height 0 there is nothing.
class EmptyState : public contracts::StateReader {
 public:
  [[nodiscard]] std::optional<Bytes> get(ByteView /*key*/) const override { return std::nullopt; }
  void scan(ByteView /*first*/, ByteView /*end*/, const Visit& /*visit*/) const override {}
};

}  // namespace

contracts::WriteSet genesis_state(const Genesis& genesis) {
  const EmptyState nothing;
  StateStore store(nothing);
  Records records(store);
  for (const auto& organisation : genesis.organisations) {
    OrganisationRecord record;
    for (const auto& key : organisation.keys) {
      ++record.keys;
      if (key.roles.has(Role::admin)) { ++record.admins; }
      records.set_key(key.key, {{organisation.name, key.name, key.roles}, {}, {}});
      records.set_user(organisation.name, key.name, key.key);
    }
    for (const auto& validator : organisation.validators) {
      records.set_key(validator.key, {{organisation.name, validator.node, Roles{Role::validator}}, {}, {}});
      const auto number = records.take_node_number();
      CHECK(number.has_value());
      NodeRecord node;
      node.organisation = organisation.name;
      node.name = validator.node;
      node.standing = Standing::validating;
      node.keys = {validator.key};
      node.tls_certificates = {validator.tls_certificate};
      node.peer_address = validator.peer_address;
      records.set_node(*number, node);
    }
    records.set_organisation(organisation.name, record);
    records.count_organisation();
  }
  records.set_epoch(Epoch{0}, {Height{0}, genesis.parameters, genesis.validators().members()});
  records.set_current_epoch(Epoch{0});
  return store.take_writes();
}

}  // namespace keten::governance
