#include "consensus/messages.h"

#include "core/hash.h"
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

Hash RecoveryReply::signing_hash(const ChainId& chain, const SetId& set, ValidatorIndex asker,
                                 ValidatorIndex replier) const {
  return Hasher("keten/recovery/1")
      .fixed(chain)
      .fixed(set)
      .number(epoch.value)
      .number(asker.value)
      .number(replier.value)
      .fixed(nonce)
      .number(view.value)
      .number(has_sealed ? 1 : 0)
      .finish();
}

void RecoveryReply::encode(Writer& writer) const {
  writer.number(epoch);
  writer.fixed(nonce);
  writer.number(view);
  writer.u8(has_sealed ? 1 : 0);
  writer.u8(proof ? 1 : 0);
  if (proof) { proof->encode(writer); }
  writer.fixed(signature);
}

RecoveryReply RecoveryReply::decode(Reader& reader) {
  RecoveryReply reply;
  reply.epoch = reader.number<Epoch>();
  reply.nonce = reader.fixed<Hash>();
  reply.view = reader.number<View>();
  const auto has_sealed = reader.u8();
  const auto has_proof = reader.u8();
  if (has_sealed > 1 || has_proof > 1) { reader.fail(); }
  reply.has_sealed = has_sealed == 1;
  if (has_proof == 1) { reply.proof = Certificate::decode(reader); }
  reply.signature = reader.fixed<Signature>();
  return reply;
}

}  // namespace keten::consensus
