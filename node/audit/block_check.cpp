#include "node/audit/block_check.h"

#include <fmt/format.h>

#include "core/evidence.h"
#include "core/merkle.h"

namespace keten::audit {

std::optional<Finding> check_block(const SourceBlock& source, Height height, const ChainId& chain,
                                   const std::vector<Receipt>& receipts) {
  const auto& block = *source.block;
  const auto& header = block.header;
  Finding finding{.reason = {}, .message = {}, .height = height, .block = header.id()};
  const auto wrong = [&](std::string reason, std::string message, std::string expected, std::string found) {
    finding.reason = std::move(reason);
    finding.message = std::move(message);
    finding.expected = std::move(expected);
    finding.found = std::move(found);
    return finding;
  };
  const auto name = [&](std::uint32_t index) {
    finding.index = index;
    finding.transaction = block.transactions[index]->id;
    finding.contract = block.transactions[index]->body.contract;
  };
  if (header.height != height) {
    return wrong("BLOCK_MISPLACED", "another height's block is kept here", "height " + height.text(),
                 "height " + header.height.text());
  }
  if (header.chain_id != chain) {
    return wrong("WRONG_CHAIN", "the block is of another chain", chain.hex(), header.chain_id.hex());
  }
  if (!block.payload_matches()) {
    // Receipts name the transactions in order: where they differ is the wrong one.
    for (std::uint32_t i = 0; i < block.transactions.size(); ++i) {
      const bool differs = i < receipts.size() && receipts[i].transaction != block.transactions[i]->id;
      if (!differs && has_valid_signature(*block.transactions[i])) { continue; }
      name(i);
      return wrong("TRANSACTION_DIFFERS", "the header does not commit to this transaction",
                   i < receipts.size() ? receipts[i].transaction.hex() : "a valid signature",
                   block.transactions[i]->id.hex());
    }
    if (header.evidence_root != keten::evidence_root(block.evidence)) {
      return wrong("EVIDENCE_DIFFERS", "the header does not commit to the evidence of the block",
                   header.evidence_root.hex(), keten::evidence_root(block.evidence).hex());
    }
    return wrong("PAYLOAD_DIFFERS", "the header does not commit to these transactions",
                 fmt::format("{} transactions, {} bytes, root {}", header.transaction_count, header.payload_bytes,
                             header.payload_root.hex()),
                 fmt::format("{} transactions, root {}", block.transactions.size(),
                             merkle_root(payload_leaves(block.transactions)).hex()));
  }
  for (std::uint32_t i = 0; i < block.transactions.size(); ++i) {
    if (has_valid_signature(*block.transactions[i])) { continue; }
    name(i);
    const auto& body = block.transactions[i]->body;
    return wrong("SIGNATURE_INVALID", "the transaction is not signed by its sender",
                 "a signature of " + key_text(body.sender) + " of " + body.organisation,
                 block.transactions[i]->signature.hex());
  }
  return std::nullopt;
}

std::optional<Finding> check_finalization(const BlockHeader& header, const Certificate& finalization,
                                          const ChainId& chain, const ValidatorSet& set) {
  const auto wrong = [&](std::string message, std::string expected, std::string found) {
    return Finding{.reason = "FINALIZATION_INVALID",
                   .message = std::move(message),
                   .height = header.height,
                   .block = header.id(),
                   .expected = std::move(expected),
                   .found = std::move(found)};
  };
  const auto& subject = finalization.subject;
  if (subject.kind != VoteKind::finalize) {
    return wrong("the certificate is of other votes", "finalize", std::string(vote_name(subject.kind)));
  }
  if (subject.epoch != header.epoch) {
    return wrong("the certificate is of another epoch", "epoch " + header.epoch.text(),
                 "epoch " + subject.epoch.text());
  }
  if (subject.block != header.id()) {
    return wrong("the certificate is of another block", header.id().hex(), subject.block.hex());
  }
  // A sealing block is proposed again in later views until it is final; every other one in its own only.
  const bool is_sealing = !header.next_set.is_zero();
  if (is_sealing ? subject.view < header.view : subject.view != header.view) {
    return wrong("the certificate is of another view", "view " + header.view.text(), "view " + subject.view.text());
  }
  if (!is_well_formed(finalization, set)) {
    std::uint64_t weight = 0;
    for (const auto index : finalization.signer_indices()) {
      if (set.contains(index)) { weight += set.weight(index); }
    }
    return wrong("the certificate is no quorum of the epoch's validators",
                 fmt::format("weight {} of {}", set.quorum_weight(), set.total_weight()),
                 fmt::format("weight {} by {} signatures", weight, finalization.signatures.size()));
  }
  const auto digest = subject.signing_hash(chain, set.id());
  const auto signers = finalization.signer_indices();
  for (std::size_t i = 0; i < signers.size(); ++i) {
    const auto& validator = set.at(signers[i]);
    if (verify(validator.key, digest.view(), finalization.signatures[i])) { continue; }
    return wrong("a vote in the certificate is not signed by its validator",
                 "a signature of " + validator.organisation + "/" + validator.node, finalization.signatures[i].hex());
  }
  return std::nullopt;
}

}  // namespace keten::audit
