#include "contracts/usage/methods.h"
#include "contracts/usage/transfer.h"

namespace keten::usage {
namespace {

using Json = json::Value;

struct Process {
  std::string id;
  Json record;
};

Result<Process> process_of(const Call& call) {
  const auto& arguments = call.arguments;
  if (arguments.transfer_move == TransferMove::request) {
    auto record = Json::object();
    const auto id = call.context.transaction().id.hex();
    record.set("id", text(id))
        .set("agreement", text(arguments.subject))
        .set("state", text(state_name(TransferState::none)));
    if (!arguments.format.empty()) { record.set("format", text(arguments.format)); }
    return Process{id, std::move(record)};
  }
  auto found = call.records.get(transfer_key(arguments.subject));
  if (!found) { return not_found("UNKNOWN_TRANSFER", "there is no transfer " + arguments.subject); }
  return Process{arguments.subject, std::move(*found)};
}

}  // namespace

/// Data begins to flow, and flows on after a suspension, only while the agreement is in force. It may be stopped at any time.
Result<Bytes> move_data(const Call& call) {
  auto process = process_of(call);
  if (!process) { return process.error(); }
  auto& [id, record] = *process;
  const auto move = call.arguments.transfer_move;
  const std::string agreement_id(record.find_string("agreement").value_or(""));
  const bool begins = move == TransferMove::request || move == TransferMove::start;
  const auto agreement = begins ? find_active(call.context, call.records, agreement_id)
                                : find_agreement(call.context, call.records, agreement_id);
  if (!agreement) { return agreement.error(); }
  const auto& organisation = call.organisation();
  if (organisation != agreement->provider && organisation != agreement->consumer) {
    return forbidden("NOT_A_PARTY", organisation + " is no party of agreement " + agreement_id);
  }
  const auto side = organisation == agreement->provider ? Side::provider : Side::consumer;
  const auto state =
      transfer_state_of_name(record.find_string("state").value_or("")).value_or(TransferState::terminated);
  const auto next = after(state, move, side);
  if (!next) {
    return refused("ILLEGAL_MOVE", std::string(side == Side::provider ? "the provider" : "the consumer") + " cannot " +
                                       std::string(move_name(move)) + " a transfer that is " +
                                       std::string(state_name(state)) + " (Dataspace Protocol 2025-1)");
  }
  record.set("state", text(state_name(*next)));
  if (!call.arguments.reason.empty()) { record.set("reason", text(call.arguments.reason)); }
  call.records.stamp(record);
  call.records.set(transfer_key(id), record, {.kind = kAgreementKind, .id = agreement_id});
  call.records.emit("transfer_" + std::string(state_name(*next)), id);
  return to_bytes(json::canonical(Json::object().set("transfer", text(id)).set("state", text(state_name(*next)))));
}

}  // namespace keten::usage
