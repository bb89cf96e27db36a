#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tests/scenarios/network.h"

// What is watched in a scenario, and what it shows.
namespace keten::scenarios {
namespace {

void require(bool holds, const std::string& what) {
  if (!holds) { throw std::logic_error("invariant broken: " + what); }
}

/// Nothing for the first one.
std::string epoch_text(Epoch epoch) { return epoch.value == 0 ? "" : "epoch " + epoch.text() + " "; }

std::string describe(const Subject& subject) {
  return std::string(vote_name(subject.kind)) + " " + subject.view.text();
}

}  // namespace

std::string kind_of(const consensus::Message& message) {
  struct Namer {
    std::string operator()(const Vote& vote) const { return std::string(vote_name(vote.subject.kind)); }
    std::string operator()(const Certificate& certificate) const {
      switch (certificate.subject.kind) {
        case VoteKind::notarize: return "notarization";
        case VoteKind::nullify: return "nullification";
        case VoteKind::finalize: return "finalization";
      }
      return "certificate";
    }
    std::string operator()(const consensus::Proposal&) const { return "proposal"; }
    std::string operator()(const consensus::Status&) const { return "status"; }
    std::string operator()(const consensus::CertificateRequest&) const { return "request"; }
    std::string operator()(const consensus::CertificateResponse&) const { return "response"; }
    std::string operator()(const Evidence&) const { return "evidence"; }
    std::string operator()(const consensus::RecoveryRequest&) const { return "recovery-request"; }
    std::string operator()(const consensus::RecoveryReply&) const { return "recovery-reply"; }
  };
  return std::visit(Namer{}, message);
}

// What the protocol forbids, watched on the wire and across restarts.
void Network::check_cast(std::size_t number, const Vote& vote) {
  auto& one = node(number);
  const auto& subject = vote.subject;
  const bool durable = std::any_of(one.journal.begin(), one.journal.end(), [&](const auto& record) {
    const auto* own = std::get_if<consensus::OwnVote>(&record);
    return own != nullptr && own->vote == vote;
  });
  require(durable, std::to_string(number) + " sent " + describe(subject) + " before it was durable");
  auto& cast = one.cast[{subject.epoch, subject.view}];
  const auto same = cast.find(subject.kind);
  require(same == cast.end() || same->second == subject, std::to_string(number) + " voted twice: " + describe(subject));
  cast[subject.kind] = subject;
  require(!(cast.contains(VoteKind::nullify) && cast.contains(VoteKind::finalize)),
          std::to_string(number) + " both nullified and finalized view " + subject.view.text());
  if (cast.contains(VoteKind::notarize) && cast.contains(VoteKind::finalize)) {
    require(cast[VoteKind::notarize].block == cast[VoteKind::finalize].block,
            std::to_string(number) + " finalized another block than it notarized in view " + subject.view.text());
  }
}

// What a scenario shows

std::vector<std::string> Network::state() const {
  std::vector<std::string> lines;
  for (std::size_t number = 0; number < size(); ++number) {
    const auto* one = engine(number);
    std::string line = "stopped";
    if (one != nullptr) {
      line = epoch_text(nodes_[number].epoch) + "view " + one->view().text() + " leader " +
             std::to_string(number_of(nodes_[number].epoch, one->leader(one->view()))) + " finalized height " +
             one->floor().height.text() +
             (one->halted()           ? " votes no more"
              : one->is_quarantined() ? " in quarantine"
                                      : "") +
             (index_of(nodes_[number].epoch, number) ? "" : " follows");
    }
    lines.push_back(line);
  }
  const bool agree = std::all_of(lines.begin(), lines.end(), [&](const auto& line) { return line == lines.front(); });
  if (agree) { return {lines.front()}; }
  for (std::size_t number = 0; number < size(); ++number) {
    lines[number] = std::to_string(number) + ": " + lines[number];
  }
  return lines;
}

std::vector<std::string> Network::chain() const {
  std::vector<std::string> lines;
  for (const auto& [height, header] : final_) {
    lines.push_back("height " + height.text() + " " + epoch_text(header.epoch) + "view " + header.view.text() +
                    " transactions " + std::to_string(header.transaction_count) +
                    (header.next_set.is_zero() ? "" : " seals"));
  }
  return lines;
}

std::vector<std::string> Network::votes(std::size_t number) const {
  std::vector<std::string> lines;
  for (const auto& [place, kinds] : nodes_.at(number).cast) {
    for (const auto& [kind, subject] : kinds) { lines.push_back(epoch_text(subject.epoch) + describe(subject)); }
  }
  return lines;
}

std::vector<std::string> Network::take_alarms() { return std::exchange(alarms_, {}); }
std::map<std::string, std::uint64_t> Network::take_traffic() { return std::exchange(traffic_, {}); }

}  // namespace keten::scenarios
