#include "contracts/packages/packages_contract.h"

#include <array>

#include "contracts/method_table.h"
#include "contracts/packages/lifecycle.h"
#include "contracts/packages/limits.h"
#include "core/encoding.h"

namespace keten::packages {
namespace {

template <typename Arguments>
Status check_shape(ByteView bytes) {
  const auto arguments = Arguments::decode(bytes);
  return arguments ? kDone : Status(arguments.error());
}

enum class Registered : bool { as_of_the_block_before, still };

template <typename Arguments, Result<Bytes> (*run)(Session&, const Arguments&), Registered registered>
Result<Bytes> execute_with(Session& session) {
  const auto arguments = Arguments::decode(session.context().transaction().body.arguments);
  if (!arguments) { return arguments.error(); }
  if (registered == Registered::still) {
    if (auto checked = session.check_still_registered(); !checked) { return checked.error(); }
  }
  return run(session, *arguments);
}

struct Method {
  std::string_view name;
  Roles roles;
  std::size_t payloads;
  Status (*check)(ByteView);
  Result<Bytes> (*execute)(Session&);
};

constexpr Roles kAdmin{Role::admin};
constexpr Roles kPublisher{Role::publisher};
constexpr Roles kEither{Role::admin, Role::publisher};

constexpr std::array kMethods{
    Method{kPublish, kPublisher, 1, check_shape<Publish>, execute_with<Publish, publish, Registered::still>},
    Method{kWithdraw, kPublisher, 0, check_shape<ThePackage>, execute_with<ThePackage, withdraw, Registered::still>},
    Method{kApprove, kAdmin, 0, check_shape<ThePackage>, execute_with<ThePackage, approve, Registered::still>},
    Method{kActivate, kEither, 0, check_shape<Activate>, execute_with<Activate, activate, Registered::still>},
    Method{kUpgrade, kEither, 0, check_shape<Upgrade>, execute_with<Upgrade, upgrade, Registered::still>},
    Method{kVote, kAdmin, 0, check_shape<Vote>, execute_with<Vote, vote, Registered::still>},
    Method{kCall, Roles{Role::submitter}, 0, check_shape<Call>,
           execute_with<Call, call, Registered::as_of_the_block_before>},
};

Result<const Method*> find_method(std::string_view name) {
  return contracts::find_method(kContractName, kMethods, name);
}

}  // namespace

Bytes VoteOutcome::encode() const {
  Writer writer;
  writer.u8(is_decided ? 1 : 0);
  writer.u32(votes);
  writer.u32(needed);
  return writer.take();
}

Result<VoteOutcome> VoteOutcome::decode(ByteView bytes) {
  Reader reader(bytes);
  VoteOutcome result;
  result.is_decided = reader.u8() != 0;
  result.votes = reader.u32();
  result.needed = reader.u32();
  if (auto end = reader.finish("outcome of a vote"); !end) { return end.error(); }
  return result;
}

std::string_view PackagesContract::name() const { return kContractName; }

Result<Roles> PackagesContract::allowed_roles(std::string_view method) const {
  const auto found = find_method(method);
  if (!found) { return found.error(); }
  return (*found)->roles;
}

Status PackagesContract::check(const Transaction& transaction) const {
  const auto method = find_method(transaction.body.method);
  if (!method) { return method.error(); }
  if (transaction.payloads.size() != (*method)->payloads) {
    return invalid("ARGUMENTS_INVALID", (*method)->payloads == 0
                                            ? "contracts." + transaction.body.method + " takes no payload"
                                            : "contracts.publish takes one payload, the package file");
  }
  return (*method)->check(transaction.body.arguments);
}

Result<Bytes> PackagesContract::execute(contracts::Context& context) const {
  const auto method = find_method(context.transaction().body.method);
  if (!method) { return method.error(); }
  Session session(context);
  return (*method)->execute(session);
}

}  // namespace keten::packages
