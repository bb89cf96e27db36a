#include "tests/simulator/message_bytes.h"

#include "core/encoding.h"

namespace keten::simulator {
namespace {

/// Type, lengths and numbers of a message around its fields.
constexpr std::uint64_t kFrameBytes = 16;
constexpr std::uint64_t kHeaderBytes = 320;

std::uint64_t bytes_of(const std::vector<TransactionPointer>& transactions) {
  std::uint64_t sum = 0;
  for (const auto& transaction : transactions) { sum += transaction->envelope.size() + 4; }
  return sum;
}

std::uint64_t bytes_of(const Certificate& certificate) {
  return 90 + certificate.signers.size() + certificate.signatures.size() * Signature::size;
}

std::uint64_t bytes_of(const BlockPointer& block) {
  return block == nullptr ? 0 : kHeaderBytes + bytes_of(block->transactions);
}

std::uint64_t content(const Certificate& certificate) { return bytes_of(certificate); }
std::uint64_t content(const pipeline::ProposalMessage& message) {
  auto sum = kHeaderBytes + 96 + message.leaves.size() * Hash::size;
  for (const auto& one : message.proposal.justification) { sum += bytes_of(one); }
  return sum;
}
std::uint64_t content(const consensus::CertificateResponse& response) {
  auto sum = response.headers.size() * kHeaderBytes;
  for (const auto& one : response.certificates) { sum += bytes_of(one); }
  return sum;
}
std::uint64_t content(const pipeline::PayloadRequest& request) { return Hash::size + request.indices.size() * 4; }
std::uint64_t content(const pipeline::PayloadResponse& response) {
  return Hash::size + bytes_of(response.block) + bytes_of(response.transactions);
}
std::uint64_t content(const pipeline::BlockResponse& response) {
  auto sum = response.path.size() * kHeaderBytes;
  for (const auto& block : response.blocks) { sum += bytes_of(block); }
  if (response.finalization) { sum += bytes_of(*response.finalization); }
  return sum;
}
std::uint64_t content(const pipeline::TransactionBatch& batch) { return bytes_of(batch.transactions); }
std::uint64_t content(const Vote& /*vote*/) { return 144; }
/// Everything else is a few numbers.
template <typename Message>
std::uint64_t content(const Message& /*message*/) {
  return 48;
}

}  // namespace

std::uint64_t message_bytes(const pipeline::PeerMessage& message) {
  return kFrameBytes + std::visit([](const auto& one) { return content(one); }, message);
}

}  // namespace keten::simulator
