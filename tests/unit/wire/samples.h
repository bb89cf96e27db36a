#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/block.h"
#include "core/certificate.h"
#include "core/transaction.h"
#include "node/pipeline/messages.h"

namespace keten::samples {

inline KeyPair key(std::uint8_t number) {
  KeySeed seed;
  seed.bytes.fill(number);
  return KeyPair::from_seed(seed);
}

inline Hash hash(std::uint8_t number) {
  Hash value;
  value.bytes.fill(number);
  return value;
}

inline TransactionPointer transaction(std::uint8_t number, std::size_t argument_bytes = 20) {
  TransactionBody body;
  body.chain_id = hash(1);
  body.organisation = "FarmCo";
  body.sender = key(7).public_key();
  body.valid_until = {100};
  body.salt.bytes.fill(number);
  body.fuel_limit = 1000;
  body.contract = "record";
  body.method = "put";
  body.arguments = Bytes(argument_bytes, number);
  return sign_transaction(body, {Payload{{}, to_bytes("content")}}, key(7));
}

inline Vote vote(VoteKind kind) {
  Vote vote;
  vote.subject.kind = kind;
  vote.subject.epoch = {1};
  vote.subject.view = {5};
  if (kind != VoteKind::nullify) {
    vote.subject.parent_view = {4};
    vote.subject.block = hash(9);
  }
  vote.signer = {2};
  vote.signature.bytes.fill(3);
  return vote;
}

inline Certificate certificate(VoteKind kind) {
  Certificate certificate;
  certificate.subject = vote(kind).subject;
  certificate.signers = {0x07};
  certificate.signatures.resize(3);
  certificate.signatures[1].bytes.fill(8);
  return certificate;
}

inline BlockPointer block(std::uint64_t height, std::vector<TransactionPointer> transactions) {
  Block block;
  block.header.chain_id = hash(1);
  block.header.height = {height};
  block.header.view = {height};
  block.header.transaction_count = static_cast<std::uint32_t>(transactions.size());
  for (const auto& one : transactions) {
    block.header.payload_bytes += static_cast<std::uint32_t>(one->envelope.size());
  }
  block.transactions = std::move(transactions);
  return std::make_shared<const Block>(std::move(block));
}

inline pipeline::ProposalMessage proposal() {
  pipeline::ProposalMessage message;
  message.proposal.epoch = {1};
  message.proposal.view = {6};
  message.proposal.parent_view = {4};
  message.proposal.header = block(3, {transaction(1), transaction(2)})->header;
  message.proposal.leader_notarize.bytes.fill(4);
  message.proposal.justification = {certificate(VoteKind::notarize), certificate(VoteKind::nullify)};
  message.leaves = {transaction(1)->leaf, transaction(2)->leaf};
  return message;
}

/// One of every kind, with every optional part present at least once.
inline std::vector<pipeline::PeerMessage> messages() {
  const auto whole = block(4, {transaction(1), transaction(2)});
  return {
      vote(VoteKind::notarize),
      vote(VoteKind::nullify),
      certificate(VoteKind::finalize),
      proposal(),
      consensus::Status{{1}, {2}, {3}, {4}, {5}, true},
      consensus::CertificateRequest{{1}, {7}},
      consensus::CertificateResponse{{certificate(VoteKind::finalize), certificate(VoteKind::nullify)},
                                     {whole->header, block(5, {})->header}},
      pipeline::PayloadRequest{hash(3), {}},
      pipeline::PayloadRequest{hash(3), {0, 5, 1999}},
      pipeline::PayloadResponse{whole->header.id(), whole, {}, {}},
      pipeline::PayloadResponse{hash(3), nullptr, {1, 3}, {transaction(1), transaction(3)}},
      pipeline::BlockRequest{{3}, {9}},
      pipeline::BlockResponse{{4}, {whole, block(5, {})}, certificate(VoteKind::finalize), {}},
      pipeline::BlockResponse{{4}, {whole}, certificate(VoteKind::finalize), {block(5, {})->header}},
      pipeline::TransactionBatch{{transaction(1), transaction(2)}},
  };
}

}  // namespace keten::samples
