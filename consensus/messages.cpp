#include "consensus/messages.h"

#include "core/limits.h"

namespace keten::consensus {

Subject Proposal::subject() const {
  return {.kind = VoteKind::notarize, .epoch = epoch, .view = view, .parent_view = parent_view, .block = header.id()};
}

void Proposal::encode(Writer& writer) const {
  writer.number(epoch);
  writer.number(view);
  writer.number(parent_view);
  header.encode(writer);
  writer.fixed(leader_notarize);
  writer.u32(static_cast<std::uint32_t>(justification.size()));
  for (const auto& certificate : justification) { certificate.encode(writer); }
}

Result<Proposal> Proposal::decode(ByteView bytes) {
  Reader reader(bytes);
  Proposal proposal;
  proposal.epoch = reader.number<Epoch>();
  proposal.view = reader.number<View>();
  proposal.parent_view = reader.number<View>();
  proposal.header = BlockHeader::decode(reader);
  proposal.leader_notarize = reader.fixed<Signature>();
  const auto count = reader.u32();
  if (count > limits::kJustificationMax) {
    return invalid("PROPOSAL_MALFORMED", "at most " + std::to_string(limits::kJustificationMax) +
                                             " certificates in a justification, found " + std::to_string(count));
  }
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    proposal.justification.push_back(Certificate::decode(reader));
  }
  if (auto end = reader.finish("proposal"); !end) { return invalid("PROPOSAL_MALFORMED", end.error().message); }
  return proposal;
}

}  // namespace keten::consensus
