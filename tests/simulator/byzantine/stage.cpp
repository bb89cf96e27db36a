#include "tests/simulator/byzantine/stage.h"

#include <algorithm>

#include "core/merkle.h"

namespace keten::simulator::byzantine {
namespace {

constexpr std::size_t kCertificatesKept = 400;
constexpr std::size_t kVotesKept = 256;
constexpr std::size_t kProposalsKept = 40;
constexpr std::size_t kBlocksKept = 80;

}  // namespace

Stage::Stage(const Surroundings& around, NodeNumber self, Random random)
    : around_(around),
      self_(self),
      random_(random),
      elector_(around.founding.chain_id(), Epoch{}, around.founding.validators().size()) {}

Recipients Stage::others() const {
  Recipients result;
  for (std::uint16_t i = 0; i < validators(); ++i) {
    if (i != self_.value) { result.push_back({i}); }
  }
  return result;
}

Recipients Stage::some_others() {
  auto result = others();
  for (auto i = result.size() - 1; i > 0; --i) { std::swap(result[i], result[random_.below(i + 1)]); }
  if (result.size() > 1) { result.resize(random_.between(1, result.size() - 1)); }
  return result;
}

NodeNumber Stage::one_other() {
  const auto all = others();
  return all[random_.below(all.size())];
}

Milliseconds Stage::wall_ms() const { return founding().genesis().time + 1000 + around_.schedule.now() / kMillisecond; }

void Stage::send(NodeNumber to, const Message& message) {
  if (to == self_) { return; }
  around_.witness.sent(self_, to, message);
  around_.network.send(self_, to, std::make_shared<const Message>(message));
}

void Stage::send(std::optional<NodeNumber> to, const Message& message) {
  if (to) { return send(*to, message); }
  send(others(), message);
}

void Stage::send(const Recipients& to, const Message& message) {
  for (const auto one : to) { send(one, message); }
}

Vote Stage::sign(const Subject& subject) const {
  return sign(subject, founding().chain_id(), founding().validators().id());
}

Vote Stage::sign(const Subject& subject, const ChainId& chain, const SetId& set) const {
  const auto& key = founding().validators().at(place()).key;
  return {subject, place(), around_.keys.keys_of(self_).find(key)->sign(subject.signing_hash(chain, set))};
}

void Stage::sign(pipeline::ProposalMessage& message) const {
  message.proposal.leader_notarize = sign(message.proposal.subject()).signature;
}

pipeline::ProposalMessage Stage::with_payload(pipeline::ProposalMessage message,
                                              std::vector<TransactionPointer> transactions) {
  auto& header = message.proposal.header;
  header.payload_bytes = 0;
  for (const auto& one : transactions) { header.payload_bytes += static_cast<std::uint32_t>(one->envelope.size()); }
  header.transaction_count = static_cast<std::uint32_t>(transactions.size());
  message.leaves = payload_leaves(transactions);
  header.payload_root = merkle_root(message.leaves);
  sign(message);
  made_[header.id()] = std::make_shared<const Block>(Block{header, std::move(transactions), {}});
  return message;
}

pipeline::ProposalMessage Stage::with_header(pipeline::ProposalMessage message,
                                             const std::function<void(BlockHeader&)>& change) {
  const auto known = block(message.proposal.header.id());
  change(message.proposal.header);
  const auto& header = message.proposal.header;
  sign(message);
  if (known != nullptr) { made_[header.id()] = std::make_shared<const Block>(Block{header, known->transactions, {}}); }
  return message;
}

TransactionPointer Stage::any_transaction() {
  const auto& stock = founding().transactions();
  return stock[random_.below(stock.size())];
}

void Stage::heard(const Message& message) {
  note(message);
  if (const auto* vote = std::get_if<Vote>(&message)) {
    votes_.push_back(*vote);
    if (votes_.size() > kVotesKept) { votes_.pop_front(); }
  }
}

void Stage::said(const Message& message) {
  note(message);
  if (const auto* vote = std::get_if<Vote>(&message)) { view_ = std::max(view_, vote->subject.view); }
  if (const auto* status = std::get_if<consensus::Status>(&message)) { view_ = std::max(view_, status->view); }
}

void Stage::note(const Message& message) {
  if (const auto* certificate = std::get_if<Certificate>(&message)) {
    note(*certificate);
  } else if (const auto* proposal = std::get_if<pipeline::ProposalMessage>(&message)) {
    for (const auto& one : proposal->proposal.justification) { note(one); }
    proposals_.try_emplace(proposal->proposal.view, *proposal);
    if (proposals_.size() > kProposalsKept) { proposals_.erase(proposals_.begin()); }
  } else if (const auto* response = std::get_if<consensus::CertificateResponse>(&message)) {
    for (const auto& one : response->certificates) { note(one); }
  }
}

void Stage::note(const Certificate& certificate) {
  certificates_.try_emplace(certificate.subject, certificate);
  while (certificates_.size() > kCertificatesKept) {
    const auto oldest = std::ranges::min_element(certificates_, {}, [](const auto& one) { return one.first.view; });
    certificates_.erase(oldest);
  }
}

void Stage::stored(const BlockPointer& block) { keep(block->header.id(), block); }

void Stage::keep(const BlockId& id, BlockPointer block) {
  if (!blocks_.emplace(id, std::move(block)).second) { return; }
  blocks_order_.push_back(id);
  if (blocks_order_.size() <= kBlocksKept) { return; }
  blocks_.erase(blocks_order_.front());
  blocks_order_.pop_front();
}

const Certificate* Stage::certificate(VoteKind kind, View view) const {
  const auto found = certificates_.lower_bound({kind, Epoch{}, view, {}, {}});
  const bool matches = found != certificates_.end() && found->first.kind == kind && found->first.view == view;
  return matches ? &found->second : nullptr;
}

BlockPointer Stage::block(const BlockId& id) const {
  if (const auto found = blocks_.find(id); found != blocks_.end()) { return found->second; }
  const auto found = made_.find(id);
  return found == made_.end() ? nullptr : found->second;
}

}  // namespace keten::simulator::byzantine
