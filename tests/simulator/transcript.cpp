#include "tests/simulator/transcript.h"

#include "tests/simulator/checkers/checker.h"

namespace keten::simulator {
namespace {

std::string words(const Vote& vote) { return text_of(vote.subject); }

std::string words(const Certificate& certificate) {
  std::string signers;
  for (const auto index : certificate.signer_indices()) { signers += (signers.empty() ? "" : ",") + index.text(); }
  return "certificate " + text_of(certificate.subject) + " by " + signers;
}

std::string words(const pipeline::ProposalMessage& message) {
  const auto& header = message.proposal.header;
  return "proposal view " + message.proposal.view.text() + " parent view " + message.proposal.parent_view.text() +
         " block " + short_text(header.id()) + " height " + header.height.text() + " with " +
         std::to_string(message.leaves.size()) + " transactions, " +
         std::to_string(message.proposal.justification.size()) + " certificates";
}

std::string words(const consensus::Status& status) {
  return "status view " + status.view.text() + " floor view " + status.floor_view.text() + " height " +
         status.floor_height.text() + " executed " + status.executed_height.text();
}

std::string words(const consensus::CertificateRequest& request) {
  return "certificate request from view " + request.from_view.text();
}

std::string words(const consensus::CertificateResponse& response) {
  std::string result = "certificate response:";
  for (const auto& certificate : response.certificates) { result += " [" + text_of(certificate.subject) + "]"; }
  return result;
}

std::string words(const pipeline::PayloadRequest& request) {
  return "payload request of block " + short_text(request.block) +
         (request.indices.empty() ? ", whole" : ", " + std::to_string(request.indices.size()) + " transactions");
}

std::string words(const pipeline::PayloadResponse& response) {
  return "payload of block " + short_text(response.block_id) +
         (response.block != nullptr ? ", whole"
                                    : ", " + std::to_string(response.transactions.size()) + " transactions");
}

std::string words(const pipeline::BlockRequest& request) {
  return "block request " + request.from.text() + " to " + request.to.text();
}

std::string words(const pipeline::BlockResponse& response) {
  return "blocks from " + response.from.text() + ", " + std::to_string(response.blocks.size()) +
         (response.path.empty() ? "" : ", path of " + std::to_string(response.path.size()));
}

std::string words(const Evidence& evidence) {
  return "evidence: " + text_of(evidence.first.subject) + " and " + text_of(evidence.second.subject) + " by " +
         evidence.first.signer.text();
}

std::string words(const consensus::RecoveryRequest& request) {
  return "recovery request, nonce " + short_text(request.nonce);
}

std::string words(const consensus::RecoveryReply& reply) {
  return "recovery reply: view " + reply.view.text() + ", nonce " + short_text(reply.nonce);
}

std::string words(const pipeline::TransactionBatch& batch) {
  return std::to_string(batch.transactions.size()) + " transactions";
}

}  // namespace

std::string describe(const pipeline::PeerMessage& message) {
  return std::visit([](const auto& content) { return words(content); }, message);
}

}  // namespace keten::simulator
